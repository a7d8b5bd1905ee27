"""The ladder of one outcome: of the embedded exchange drawn from the maker's curve, of a venue from its book."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.ids import EMBEDDED, YOU, InstrumentId, MarketId, embedded, outcome_of
from engine.core.order import Status
from engine.core.units import TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Money, Qty, Side, Ticks
from engine.kernel.modelling import opinion
from engine.kernel.project import filling, gates, names, odds, own, quotes
from engine.kernel.project.listed import derivative_ladder, instruments
from engine.kernel.project.listed import ladder as listed
from engine.kernel.project.listed.ladder import NONE, Mine, arriving, together, yes_side
from engine.kernel.results import mark
from engine.kernel.state import TAPE_NS
from engine.maths import contracts
from engine.portfolio.position import Position
from engine.views.ladder import LadderRow, LadderView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.fee_rule import FeeRule
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.kernel.state import State
    from engine.orders.register import Order


def view(state: State, symbol: str) -> LadderView | None:
    """Return the ladder of an instrument by its symbol; None when there is no such instrument."""
    found = instruments.find(state, symbol)
    if found is not None:
        return (
            derivative_ladder.view(state, found)
            if contracts.is_derivative(found.instrument)
            else listed.view(state, found)
        )
    instrument = InstrumentId(EMBEDDED, symbol)
    try:
        market_id, outcome = outcome_of(instrument)
    except ValueError:
        return None
    market = state.exchange.markets.get(market_id)
    if market is None or outcome not in market.contract.tradable:
        return None
    contract = market.contract
    quoted = quotes.best(state, market, outcome)
    held = _held(state, instrument)
    fair = opinion(state, market)
    model = None if fair is None else fair.chances[outcome]
    low, high = odds.band(contract, fair, outcome)
    dock, why = mood(state, market)
    lamps = gates.lamps(state, EMBEDDED)
    refusing = [code for code, lamp in lamps.items() if lamp == "REFUSING"]
    nearest = _nearest(state, market, outcome)
    label = f" {names.outcome(contract, outcome)}" if contract.brackets else ""
    return LadderView(
        instrument=instrument,
        title=f"{contract.place}{label}" if contract.brackets else contract.title,
        subtitle=f"phase {market.phase} · {market.id}",
        status=market.status,
        state=dock,
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
        curve=market.book is None,
        b=market.b,
        max_loss=market.subsidy,
        closes=contract.closes,
        gates_ok=sum(lamp == "OK" for lamp in lamps.values()),
        gates_near=sum(lamp == "NEAR" for lamp in lamps.values()),
        refusing=halter if (halter := state.session.halted_by) in refusing else next(iter(refusing), ""),
        phase=market.phase,
        price=quoted.price,
        half_spread=100.0 * state.exchange.hybrid.half(market),
        b_open=market.b_open,
        organic=state.exchange.hybrid.organic(market, state.now) if market.book is not None else None,
        kind=market.kind,
        fill=None if nearest is None else filling.of_rest(state, nearest),
        fill_words="" if nearest is None else _words(nearest),
        fair_low=None if low is None else 100.0 * low,
        fair_high=None if high is None else 100.0 * high,
        orders=own.working(state, instrument, TICKS_PER_UNIT, _row_of) if market.book is not None else (),
        ended=own.ended(state, instrument, TICKS_PER_UNIT, _row_of),
    )


def _row_of(ticks: Ticks, rises: bool) -> Ticks:  # a side
    return quotes.row_of(ticks, up=rises)


def _nearest(state: State, market: Market, outcome: int) -> Rest | None:
    """Return our resting order that the fewest shares are ahead of."""
    own = [one for one in state.exchange.hybrid.of(YOU, market.id) if one.outcome == outcome]
    return min(own, key=state.exchange.hybrid.ahead, default=None)


def _words(one: Rest) -> str:
    return f"{one.side.value.upper()} {one.qty.normalize():f} {one.leg.value} @ {one.price / 100:g}"


Held = tuple[Position, Position]
Prints = dict[Ticks, tuple[Qty | None, Qty | None]]
"""What was sold and bought, by row."""
NO_PRINT: Final = (None, None)


def _held(state: State, instrument: InstrumentId) -> Held:
    return state.book.get(instrument, Leg.YES), state.book.get(instrument, Leg.NO)


def mood(state: State, market: Market) -> tuple[str, str]:
    """Return a dock's state and why, for one market of our own."""
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
    levels = _levels(state.exchange.depth(market.id, outcome, quotes.CENTS), market.prices[outcome] * TICKS_PER_UNIT)
    prints = _prints(state, market.id, outcome)
    bids, asks = (quotes.resting(market, outcome, up=up) for up in (True, False))
    below, above = _sums(bids, best_first=True), _sums(asks, best_first=False)
    mine = _mine(state, market, outcome) if market.book is not None else {}
    edges = None if model is None else _edges(model, market.fee)
    exits = _exits(held, market.fee_rate)
    if not (bids or asks or mine):
        return tuple([_of_the_curve(one, prints, edges, exits) for one in levels])
    rows = []
    for index, ticks, up, level, cum in levels:
        bid, ask = (None, level) if up else (-level, None)
        sold, bought = prints.get(ticks, NO_PRINT)
        bid_side, ask_side = mine.get((ticks, True), NONE), mine.get((ticks, False), NONE)
        rows.append(
            LadderRow(
                price=ticks,
                bid=_both(bid, bids.get(ticks)),
                ask=_both(ask, asks.get(ticks)),
                cum_bid=_both(None if up else -cum, _from(below, ticks, up=True)),
                cum_ask=_both(cum if up else None, _from(above, ticks, up=False)),
                mine_bid=bid_side.text,
                mine_bid_state=bid_side.state,
                mine_bid_ids=bid_side.ids,
                mine_ask=ask_side.text,
                mine_ask_state=ask_side.state,
                mine_ask_ids=ask_side.ids,
                queue_bid=_queue(state, bid_side),
                queue_ask=_queue(state, ask_side),
                rest_bid=bids.get(ticks),
                rest_ask=asks.get(ticks),
                sold=sold,
                bought=bought,
                edge=None if edges is None else edges[index],
                exit=None if exits is None else exits[index],
            )
        )
    return tuple(rows)


Level = tuple[int, Ticks, bool, float, float]
"""Index of a cent, its price, whether that is above the curve's, what trades there, and what does up to there."""


def _levels(depth: Sequence[float], here: float) -> list[Level]:
    """Return what the curve trades at every cent, the highest first; `here` is its price in ticks."""
    found = []
    for index in range(98, -1, -1):
        ticks, cum = quotes.CENTS[index], depth[index]
        up = ticks > here
        inner = depth[index - 1] if up and index else depth[index + 1] if not up and index < 98 else 0.0
        found.append((index, ticks, up, cum if (inner <= 0) is up else cum - inner, cum))
    return found


def _of_the_curve(
    one: Level, prints: Prints, edges: Sequence[float | None] | None, exits: Sequence[Money] | None
) -> LadderRow:
    """Return a row of a market in which nothing rests: there are two sizes to it."""
    index, ticks, up, level, cum = one
    size, whole = (quotes.shares(level), quotes.shares(cum)) if up else (quotes.shares(-level), quotes.shares(-cum))
    sold, bought = prints.get(ticks, NO_PRINT)
    return LadderRow(
        price=ticks,
        bid=None if up else size,
        ask=size if up else None,
        cum_bid=None if up else whole,
        cum_ask=whole if up else None,
        mine_bid="",
        mine_bid_state="",
        mine_ask="",
        mine_ask_state="",
        sold=sold,
        bought=bought,
        edge=None if edges is None else edges[index],
        exit=None if exits is None else exits[index],
    )


def _both(curve: float | None, rests: Qty | None) -> Qty | None:
    """Return what the curve and resting orders have together; None where neither has anything."""
    if rests is None:
        return None if curve is None else quotes.shares(curve)
    return quotes.shares(max(curve or 0.0, 0.0) + float(rests))


def _sums(rests: dict[Ticks, Qty], *, best_first: bool) -> list[tuple[Ticks, Qty]]:
    """Return the running sums of resting orders from the best price on."""
    total, found = Decimal(0), []
    for ticks in sorted(rests, reverse=best_first):
        total += rests[ticks]
        found.append((ticks, Qty(total)))
    return found


def _from(sums: list[tuple[Ticks, Qty]], ticks: Ticks, *, up: bool) -> Qty | None:
    """Return the sum up to a price; None before the first order."""
    if not sums:
        return None
    return next((s for at, s in reversed(sums) if (at >= ticks if up else at <= ticks)), None)


def _mine(state: State, market: Market, outcome: int) -> dict[tuple[Ticks, bool], Mine]:
    """Return our orders that rest, or are on their way in or out, by row and side."""
    groups: dict[tuple[Ticks, bool], list[Order]] = {}
    moving: dict[tuple[Ticks, bool], Order] = {}
    for order in state.register.working(embedded(market.id, outcome)):
        price, place = order.place.price, order.place
        if price is None or (order.status is Status.SENT and state.exchange.hybrid.get(order.id) is None):
            continue  # it trades at once, and waits for the disk
        up = yes_side(place) is Side.BUY
        ticks = price if place.leg is Leg.YES else TICKS_PER_UNIT - price
        groups.setdefault((quotes.row_of(ticks, up=up), up), []).append(order)
        if order.amending is not None:
            new = order.amending[0] if place.leg is Leg.YES else Ticks(TICKS_PER_UNIT - order.amending[0])
            moving[quotes.row_of(new, up=up), up] = order
    found = {key: together(orders) for key, orders in groups.items()}
    for key, order in moving.items():
        if order.amending is not None:
            found.setdefault(key, arriving(order, order.amending[1]))
    return found


def _queue(state: State, mine: Mine) -> Qty | None:
    """Return what lies ahead of the first of our orders at a row; exact, since the queue is ours."""
    if not mine.ids:
        return None
    rests = [one for order in mine.ids if (one := state.exchange.hybrid.get(order)) is not None]
    return quotes.shares(min(map(state.exchange.hybrid.ahead, rests))) if rests else None


@lru_cache(maxsize=64)
def _edges(model: float, rule: FeeRule) -> tuple[float | None, ...]:
    """Return for 1 to 99 cents the better of buying YES and buying NO there, in cents, fees counted."""
    return tuple(
        (quotes.edge_yes if cents <= 100.0 * model else quotes.edge_no)(model, float(cents), rule)
        for cents in range(1, 100)
    )


def _exits(held: Held, rate: Decimal) -> tuple[Money, ...] | None:
    """Return for 1 to 99 cents the result of closing both legs there, the fee on the proceeds counted."""
    yes, no = held
    if not yes.qty and not no.qty:
        return None
    kept = 1 - rate
    return tuple(
        Money((yes.qty * price + no.qty * (1 - price)) * kept - yes.cost - no.cost)
        for price in (Decimal(cents) / 100 for cents in range(1, 100))
    )


def _prints(state: State, market: MarketId, outcome: int) -> Prints:
    """Return what was sold and bought at each whole cent within the tape's window."""
    sums: tuple[dict[int, Decimal], dict[int, Decimal]] = {}, {}
    since = state.now - TAPE_NS
    for one in reversed(state.tape(embedded(market, outcome))):
        if one.at < since:
            break
        side, ticks = sums[one.bought], one.ticks
        side[ticks] = side[ticks] + one.qty if ticks in side else one.qty
    found: dict[Ticks, list[Decimal]] = {}
    for bought, side in enumerate(sums):
        for ticks, qty in side.items():
            row = Ticks(min(99, max(1, round(ticks / TICKS_PER_CENT))) * TICKS_PER_CENT)
            found.setdefault(row, [Decimal(0), Decimal(0)])[bought] += qty
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
