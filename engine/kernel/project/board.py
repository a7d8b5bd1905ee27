"""The bracket board of one market with several outcomes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.ids import FamilyId, embedded
from engine.core.units import SECOND, TICKS_PER_UNIT, Leg, Money, Qty, Ticks
from engine.kernel.modelling import opinion
from engine.kernel.project import migration, names, odds, quotes
from engine.kernel.project.listed import board as listed
from engine.kernel.results import mark
from engine.portfolio.outcomes import results, span
from engine.views.board import BoardRow, BoardView

if TYPE_CHECKING:
    from engine.core.contract import Bracket
    from engine.core.ids import MarketId
    from engine.core.units import Nanos
    from engine.exchange.market import Market
    from engine.kernel.state import State


def view(state: State, market_id: MarketId) -> BoardView | None:
    """Return the board of a market; None when it is not known. YES/NO markets have a board of one row."""
    market = state.exchange.markets.get(market_id)
    if market is None:
        return listed.view(state, FamilyId(market_id))
    contract = market.contract
    held = [(o, leg, p.qty) for o, leg, p in state.book.of_market(market.id)]
    cost = sum((p.cost for _, _, p in state.book.of_market(market.id)), Decimal(0))
    wins = results(held, cost, len(contract.outcomes)) if held else None
    rows = tuple(_row(state, market, o, wins) for o in contract.tradable)
    alive = [r for r in rows if not r.dead]
    mids = [r.mid for r in alive if r.mid is not None]
    worst = span(held, cost, len(contract.outcomes)) if held else None
    whole = len(alive) == len(mids) and bool(contract.brackets)
    moved = _moved(state, market)
    mood, why, code = _mood(state, market)
    made = odds.inputs(state, contract, opinion(state, market))
    return BoardView(
        market=market.id,
        title=contract.title,
        subtitle=f"phase {market.phase} · {market.id}",
        unit=names.UNITS[contract.unit],
        status=market.status,
        state=mood,
        why=why,
        rows=rows,
        sum_bid=_sum([r.bid for r in alive]) if whole else None,
        sum_mid=sum(mids) if whole else None,
        sum_ask=_sum([r.ask for r in alive]) if whole else None,
        mids_used=len(mids),
        buy_set=_set(market) if contract.brackets else None,
        sell_set=None,
        mean=_mean(market),
        mean_per_hour=migration.per_hour(moved),
        mean_trail=moved,
        running=odds.running(state, contract),
        closes=contract.closes,
        worst=None if worst is None else worst.worst,
        worst_label="" if worst is None else contract.outcomes[worst.worst_outcome],
        best=None if worst is None else worst.best,
        best_label="" if worst is None else contract.outcomes[worst.best_outcome],
        age_s=_age(state, market),
        refusing=code,
        report=made.report,
        report_at=made.report_at,
        run=made.run,
        run_at=made.run_at,
        asked_at=state.now,
        phase=market.phase,
    )


def _mood(state: State, market: Market) -> tuple[str, str, str]:
    """Return the dock's state, why, and the gate that says so."""
    session = state.session
    if session.halted_by:
        return "halted", f"HALTED by {session.halted_by}", "KILL"
    if market.status != "open":
        return "stale", f"The market is {market.status}: its last prices.", ""
    if not session.storage_ok:
        return "stale", "The disk takes no writes.", "STORAGE"
    return "live", "", ""


def _row(state: State, market: Market, outcome: int, wins: list[Money] | None) -> BoardRow:
    contract = market.contract
    instrument = embedded(market.id, outcome)
    quoted = quotes.best(state, market, outcome)
    formed = opinion(state, market)
    model = None if formed is None else formed.chances[outcome]
    low, high = odds.band(contract, formed, outcome)
    yes, no = state.book.get(instrument, Leg.YES), state.book.get(instrument, Leg.NO)
    larger = yes if yes.qty >= no.qty else no
    pnl = None
    if yes.qty or no.qty:
        price = mark(state, instrument, Leg.YES) or 0.0
        value = yes.qty * Decimal(price) + no.qty * Decimal(1.0 - price)
        pnl = Money(value - yes.cost - no.cost)
    return BoardRow(
        instrument=instrument,
        label=contract.outcomes[outcome] if contract.brackets else names.outcome(contract, outcome),
        dead=odds.dead(state, contract, outcome),
        bid=quoted.bid,
        bid_size=quoted.bid_size,
        ask=quoted.ask,
        ask_size=quoted.ask_size,
        mid=quoted.price,
        change_5m=quotes.change(state, market, outcome),
        implied=market.prices[outcome],
        model=model,
        model_low=low,
        model_high=high,
        all_in_yes=quotes.all_in(market.fee, quoted.ask),
        all_in_no=quotes.all_in(market.fee, None if quoted.bid is None else Ticks(TICKS_PER_UNIT - quoted.bid)),
        edge_yes=quotes.edge_yes(model, quoted.price, market.fee),
        edge_no=quotes.edge_no(model, quoted.price, market.fee),
        position=Qty(yes.qty - no.qty),
        average=None if larger.average is None else 100.0 * float(larger.average),
        pnl=pnl,
        if_wins=None if wins is None else wins[outcome],
        locked=odds.locked(state, contract, outcome),
    )


def _sum(ticks: list[int | None]) -> float | None:  # type: ignore[type-arg,unused-ignore]
    known = [t for t in ticks if t is not None]
    return sum(known) / 100.0 if len(known) == len(ticks) else None


def _set(market: Market) -> float:
    """Return the cost of one share of every outcome: of a maker exactly 1, since prices sum to 1, and the fee."""
    return 1.0 + float(market.fee_rate)


def _mean(market: Market) -> float | None:
    """Return the centre of the implied distribution; an open tail counts a degree and a half beyond its edge."""
    if not market.contract.brackets:
        return None
    return sum(p * _center(b) for p, b in zip(market.prices, market.contract.brackets, strict=True))


def _center(bracket: Bracket) -> float:
    if bracket.low is None:
        return (bracket.high or 0) - 0.5
    return bracket.low + 0.5 if bracket.high is None else (bracket.low + bracket.high) / 2.0


def _moved(state: State, market: Market) -> tuple[tuple[Nanos, float], ...]:
    """Return where the implied centre has been."""
    if not market.contract.brackets:
        return ()
    trails = [tuple(state.trail(embedded(market.id, o))) for o in market.contract.tradable]
    return migration.trail(trails, [_center(b) for b in market.contract.brackets], state.now)


def _age(state: State, market: Market) -> float | None:
    trail = state.trail(embedded(market.id, 0))
    return (state.now - trail[-1][0]) / SECOND if trail else None
