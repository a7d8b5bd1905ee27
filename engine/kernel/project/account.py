"""Orders, fills, positions and the result."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core import unpriced
from engine.core.ids import EMBEDDED, outcome_of
from engine.core.order import Status
from engine.core.units import Leg, Money
from engine.kernel import results
from engine.kernel.options import holding
from engine.kernel.project import names
from engine.kernel.project.listed import account as listed
from engine.kernel.project.listed import derivative, greeks, instruments
from engine.portfolio.outcomes import span
from engine.views.account import (
    FillLine,
    FillsView,
    OrderLine,
    OrdersView,
    PnlPoint,
    PnlView,
    PositionLine,
    PositionsView,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId, MarketId, VenueId
    from engine.core.snapshot import FillRow
    from engine.kernel.state import State
    from engine.orders.register import Order
    from engine.portfolio.position import Position

ROWS: Final = 200
EARLIER: Final = "Markets that ended long ago"
"""Row of what those brought together that were let go (`engine.kernel.forgetting`)."""
WORDS: Final = {
    Status.PARTIAL: "Part",
    Status.SENT: "Sending",
    Status.WORKING: "Working",
    Status.AMENDING: "Amending",
    Status.CANCELING: "Cancelling",
    Status.LOST: "Unknown",
    Status.FILLED: "Filled",
    Status.CANCELED: "Cancelled",
    Status.EXPIRED: "Expired",
    Status.REJECTED: "Rejected",
    Status.REFUSED: "Refused",
}


def orders(state: State) -> OrdersView:
    """Return the blotter, newest first: of older orders only those that can still trade."""
    newest = state.register.newest(ROWS)
    seen = {one.id for one in newest}
    shown = [*(one for one in state.register.open() if one.id not in seen), *newest]
    rows = tuple(line(state, one) for one in reversed(shown))
    return OrdersView(rows=rows, older=len(state.register) - len(rows))


def line(state: State, one: Order) -> OrderLine:
    """Return an order as the blotter has it."""
    asked = one.place
    average = None if one.average is None else 100.0 * float(one.average)
    price = None if asked.price is None else asked.price / 100.0
    side, currency = f"{asked.side.value.upper()} {asked.leg.value}", ""
    listing = derivative.of(state, asked.instrument)
    if listing is not None:
        side, currency = derivative.side(asked.side, asked.leg), greeks.currency(listing.instrument)
        average = derivative.average_of(one)
        price = None if asked.price is None else float(asked.price * listing.instrument.unit)
    return OrderLine(
        id=one.id,
        at=one.sent_at,
        mode=state.session.mode,
        venue=asked.instrument.venue,
        instrument=asked.instrument,
        market=names.instrument(state, asked.instrument),
        side=side,
        qty=one.quantity,
        filled=one.filled,
        price=price,
        average=average,
        tif=asked.tif.value,
        status=one.status.value,
        word=word(one),
        ends=one.ended,
        edge=one.edge,
        fee=None if any(fill.fee_in for fill in one.trades.values()) else one.fee,
        why=one.why,
        origin=asked.origin,
        strategy=_strategy(state, asked),
        intent=asked.intent,
        currency=currency,
    )


def _strategy(state: State, asked: Place) -> str:
    if asked.strategy is None:
        return ""
    seat = state.strategies.seats.get(asked.strategy)
    return asked.strategy if seat is None else seat.spec.title


def word(one: Order) -> str:
    """Return where an order stands, in the blotter's word."""
    if one.status is Status.PARTIAL or (one.status is Status.CANCELED and one.filled):
        quantity = "—" if one.quantity is None else f"{one.quantity.normalize():f}"
        return f"Part {one.filled.normalize():f}/{quantity}"
    return WORDS[one.status]


def fills(state: State) -> FillsView:
    """Return our fills, newest first."""
    rows = tuple(_fill(state, row) for row in reversed(state.fills))
    return FillsView(rows=rows, older=state.fills_known - len(rows))


def _fill(state: State, row: FillRow) -> FillLine:
    listing = derivative.of(state, row.instrument)
    signed = listing is not None
    return FillLine(
        trade_id=row.trade_id,
        at=row.at,
        market=names.instrument(state, row.instrument),
        instrument=row.instrument,
        side=derivative.side(row.side, row.leg) if signed else f"{row.side.value.upper()} {row.leg.value}",
        qty=row.qty,
        price=float(row.price) if signed else 100.0 * float(row.price),
        fee=None if unpriced.fee_of(row.tag) else row.fee,
        slippage=row.slippage,
        realised=row.realised,
        tag=row.tag,
        currency="" if listing is None else greeks.currency(listing.instrument),
    )


def positions(state: State) -> PositionsView:
    """Return all positions and their total."""
    rows = tuple(_position(state, i, leg, p) for i, leg, p in state.book.held())
    unrealised = results.unrealised(state)
    book = state.book
    return PositionsView(
        rows=rows,
        unrealised=unrealised,
        realised=book.realised,
        fees=book.fees,
        net=Money(book.realised + unrealised - book.fees),
        max_loss=results.at_risk(state),
        provisional=bool(state.unpriced),
    )


def _position(state: State, instrument: InstrumentId, leg: Leg, held: Position) -> PositionLine:
    if instrument.venue != EMBEDDED:
        line = listed.position(state, instrument, leg, held)
        return msgspec.structs.replace(line, fees=None, net=None) if instrument in state.unpriced else line
    market_id, outcome = outcome_of(instrument)
    market = state.exchange.markets[market_id]
    mark = results.mark(state, instrument, leg)
    gain = None if mark is None else Money(held.qty * Decimal(mark) - held.cost)
    reach = span([(outcome, leg, held.qty)], held.cost, len(market.contract.outcomes))
    return PositionLine(
        instrument=instrument,
        market=market_id,
        name=names.instrument(state, instrument),
        leg=leg.value,
        qty=held.qty,
        average=100.0 * float(held.average or 0),
        mark=None if mark is None else 100.0 * mark,
        mark_from="curve" if market.status == "open" else "last",
        unrealised=gain,
        realised=held.realised,
        fees=held.fees,
        net=None if gain is None else Money(gain + held.realised - held.fees),
        max_loss=reach.loss,
        max_win=reach.best,
        closes=market.contract.closes,
        source=f"{market.contract.stations[0].id} {market.status}",
    )


def pnl(state: State) -> PnlView:
    """Return the curve of the day and what each market made."""
    unrealised = results.unrealised(state)
    points = [_point(p.at, p.realised, p.unrealised, p.fees) for p in state.curve if p.at >= state.day_from]
    points.append(_point(state.now, state.book.realised, unrealised, state.book.fees))
    return PnlView(
        points=tuple(points),
        by_market=tuple(_by_market(state)),
        total=Money(state.book.realised + unrealised - state.book.fees),
        realised=state.book.realised,
        unrealised=unrealised,
        fees=state.book.fees,
        provisional=bool(state.unpriced),
    )


def _by_market(state: State) -> Iterator[tuple[str, Money]]:
    """Yield what each market made, by its name; where several have one name, their ids tell them apart."""
    made: dict[tuple[VenueId, MarketId], Decimal] = {}
    called: dict[tuple[VenueId, MarketId], str] = {}
    for instrument, leg, held in state.book.every():
        key = instrument.venue, names.market_id(state, instrument)
        made[key] = made.get(key, Decimal(0)) + held.realised + _open_gain(state, instrument, leg, held) - held.fees
        called[key] = names.market(state, instrument)
    count = Counter(called.values())
    for key, name in called.items():
        yield name if count[name] == 1 else f"{name} · {key[1]}", Money(made[key])
    if state.book.past is not None:
        yield EARLIER, state.book.past


def _open_gain(state: State, instrument: InstrumentId, leg: Leg, held: Position) -> Decimal:
    listing = derivative.of(state, instrument)
    if listing is not None:
        return (holding.unrealised(state, listing) or Decimal(0)) if held.qty else Decimal(0)
    mark = _mark(state, instrument, leg)
    return held.qty * Decimal(mark) - held.cost if mark is not None and held.qty else Decimal(0)


def _mark(state: State, instrument: InstrumentId, leg: Leg) -> float | None:
    if instrument.venue == EMBEDDED:
        return results.mark(state, instrument, leg)
    listing = state.listings.get(instrument)
    return None if listing is None else instruments.mark(listing, leg)[0]


def _point(at: int, realised: Decimal, unrealised: Decimal, fees: Decimal) -> PnlPoint:
    return PnlPoint(
        at=at,  # type: ignore[arg-type]
        total=float(realised + unrealised - fees),
        realised=float(realised),
        unrealised=float(unrealised),
        fees=float(fees),
    )
