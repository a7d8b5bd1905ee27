"""The ladder of one outcome: of the embedded exchange drawn from the maker's curve, of a venue from its book."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.ids import EMBEDDED, YOU, InstrumentId, MarketId, embedded, outcome_of
from engine.core.units import TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Money, Qty, Ticks
from engine.kernel.modelling import opinion
from engine.kernel.project import gates, names, quotes
from engine.kernel.project.listed import instruments
from engine.kernel.project.listed import ladder as listed
from engine.kernel.results import mark
from engine.kernel.state import TAPE_NS
from engine.portfolio.position import Position
from engine.views.market import LadderRow, LadderView

if TYPE_CHECKING:
    from engine.core.fee_rule import FeeRule
    from engine.exchange.market import Market
    from engine.kernel.state import State


def view(state: State, symbol: str) -> LadderView | None:
    """Return the ladder of an instrument by its symbol; None when there is no such instrument."""
    found = instruments.find(state, symbol)
    if found is not None:
        return listed.view(state, found)
    instrument = InstrumentId(EMBEDDED, symbol)
    try:
        market_id, outcome = outcome_of(instrument)
    except ValueError:
        return None
    market = state.exchange.markets.get(market_id)
    if market is None or outcome not in market.contract.tradable:
        return None
    contract = market.contract
    quoted = quotes.best(market, outcome)
    held = _held(state, instrument)
    fair = opinion(state, market)
    model = None if fair is None else fair.chances[outcome]
    mood, why = _mood(state, market)
    lamps = gates.lamps(state, EMBEDDED)
    refusing = [code for code, lamp in lamps.items() if lamp == "REFUSING"]
    label = f" {names.outcome(contract, outcome)}" if contract.brackets else ""
    return LadderView(
        instrument=instrument,
        title=f"{contract.place}{label}" if contract.brackets else contract.title,
        subtitle=market.id,
        status=market.status,
        state=mood,
        why=why,
        rows=_rows(state, market, outcome, model, held),
        best_bid=quoted.bid,
        best_ask=quoted.ask,
        last=market.ticks(outcome) if market.trades else None,
        fair=None if model is None else 100.0 * model,
        average=_average(held),
        breakeven=_breakeven(held),
        position=Qty(held[0].qty - held[1].qty),
        position_text=_position_text(held),
        position_pnl=_pnl(state, instrument, held),
        curve=True,
        b=market.b,
        max_loss=market.subsidy,
        closes=contract.closes,
        gates_ok=sum(lamp == "OK" for lamp in lamps.values()),
        gates_near=sum(lamp == "NEAR" for lamp in lamps.values()),
        refusing=halter if (halter := state.session.halted_by) in refusing else next(iter(refusing), ""),
    )


Held = tuple[Position, Position]


def _held(state: State, instrument: InstrumentId) -> Held:
    return state.book.get(instrument, Leg.YES), state.book.get(instrument, Leg.NO)


def _mood(state: State, market: Market) -> tuple[str, str]:
    session = state.session
    if session.halted_by:
        by, why = session.halted_by, session.halted_why
        return "halted", why if why and by != YOU else f"halted by {by}" + (f" ({why})" if why else "")
    if market.status != "open":
        return "stale", f"The market is {market.status}: its last prices."
    if not session.storage_ok:
        return "stale", "The disk takes no writes."
    return "live", ""


def _rows(state: State, market: Market, outcome: int, model: float | None, held: Held) -> tuple[LadderRow, ...]:
    here = market.prices[outcome]
    depth = state.exchange.depth(market.id, outcome, quotes.CENTS)
    prints = _prints(state, market.id, outcome)
    rows = []
    for index in range(98, -1, -1):
        cents = index + 1
        ticks = quotes.CENTS[index]
        cum = depth[index]
        up = ticks > here * TICKS_PER_UNIT
        inner = depth[index - 1] if up and index else depth[index + 1] if not up and index < 98 else 0.0
        level = cum if (inner <= 0) is up else cum - inner
        sold, bought = prints.get(ticks, (None, None))
        rows.append(
            LadderRow(
                price=ticks,
                bid=None if up else quotes.shares(-level),
                ask=quotes.shares(level) if up else None,
                cum_bid=None if up else quotes.shares(-cum),
                cum_ask=quotes.shares(cum) if up else None,
                mine_bid="",
                mine_bid_state="",
                mine_ask="",
                mine_ask_state="",
                sold=sold,
                bought=bought,
                edge=_edge(model, cents, market.fee),
                exit=_exit(held, cents, market.fee_rate),
            )
        )
    return tuple(rows)


def _edge(model: float | None, cents: int, rule: FeeRule) -> float | None:
    """Return the better of buying YES and buying NO at a row, in cents, fees counted."""
    yes, no = quotes.edge_yes(model, float(cents), rule), quotes.edge_no(model, float(cents), rule)
    if model is None or yes is None or no is None:
        return None
    return yes if cents <= 100.0 * model else no


def _exit(held: Held, cents: int, rate: Decimal) -> Money | None:
    """Return the result of closing both legs at a row's price, the fee on the proceeds counted."""
    yes, no = held
    if not yes.qty and not no.qty:
        return None
    price = Decimal(cents) / 100
    proceeds = yes.qty * price + no.qty * (1 - price)
    return Money(proceeds * (1 - rate) - yes.cost - no.cost)


def _prints(state: State, market: MarketId, outcome: int) -> dict[Ticks, tuple[Qty | None, Qty | None]]:
    """Return what was sold and bought at each whole cent within the tape's window."""
    found: dict[Ticks, list[Decimal]] = {}
    tape = state.tape(embedded(market, outcome))
    for one in reversed(tape):
        if state.now - one.at > TAPE_NS:
            break
        row = Ticks(min(99, max(1, round(one.ticks / TICKS_PER_CENT))) * TICKS_PER_CENT)
        sums = found.setdefault(row, [Decimal(0), Decimal(0)])
        sums[one.bought] += one.qty
    return {
        row: (quotes.shares(float(s)) if s else None, quotes.shares(float(b)) if b else None)
        for row, (s, b) in found.items()
    }


def _average(held: Held) -> float | None:
    """Return the average entry in cents of YES, of the larger leg."""
    yes, no = held
    if yes.qty >= no.qty and yes.average is not None:
        return 100.0 * float(yes.average)
    return None if no.average is None else 100.0 * (1.0 - float(no.average))


def _breakeven(held: Held) -> float | None:
    """Return the price of YES in cents at which closing the larger leg pays back cost and fees."""
    yes, no = held
    one = yes if yes.qty >= no.qty else no
    if not one.qty:
        return None
    cents = 100.0 * float((one.cost + one.fees) / one.qty)
    return cents if one is yes else 100.0 - cents


def _position_text(held: Held) -> str:
    yes, no = held
    parts = []
    for name, one in (("YES", yes), ("NO", no)):
        if one.qty and one.average is not None:
            parts.append(f"{one.qty.normalize():f} {name} @ {100 * one.average:.1f}")
    return " · ".join(parts)


def _pnl(state: State, instrument: InstrumentId, held: Held) -> Money | None:
    if not held[0].qty and not held[1].qty:
        return None
    total = Decimal(0)
    for leg, one in zip((Leg.YES, Leg.NO), held, strict=True):
        price = mark(state, instrument, leg)
        if price is None:
            return None
        total += one.qty * Decimal(price) - one.cost
    return Money(total)
