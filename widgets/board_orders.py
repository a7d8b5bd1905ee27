"""What a click on a price of a bracket board asks for: as on a ladder, with the best prices for rows. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.commands import Place, Tif
from engine.core.ids import EMBEDDED
from engine.core.units import TICKS_PER_UNIT, Leg, Qty, Side, Ticks
from widgets import formats
from widgets.ladder_keys import Column, How, Offer

if TYPE_CHECKING:
    from engine.views.board import BoardRow, BoardView

ZERO = Decimal(0)
CELLS = {"bid": Column.BID, "bidSize": Column.BID, "ask": Column.ASK, "askSize": Column.ASK}


def offer(view: BoardView, row: BoardRow, column: Column, size: int, how: How = How.LIMIT) -> Offer:
    """Return the order that a click on a price stands for, and why it may not go if it may not.

    Left of the middle buys YES at the bid, right of it sells YES at the ask, or buys NO where none is held. To take is
    to trade with the other side at once, no more than it shows.
    """
    buys, taking = column is Column.BID, how is How.TAKE
    own, other = (row.bid, row.ask) if buys else (row.ask, row.bid)
    stands = (row.ask_size if buys else row.bid_size) or Qty(ZERO)
    price = other if taking else own
    held = Qty(max(row.position if not buys else -row.position, ZERO))
    leg, side = Leg.YES, Side.BUY
    qty = Qty(min(Decimal(size), stands)) if taking and stands else Qty(Decimal(size))
    if how is How.CLOSE:
        leg, side, qty = (Leg.NO if buys else Leg.YES), Side.SELL, held
    elif not buys:
        leg, side = (Leg.YES, Side.SELL) if held else (Leg.NO, Side.BUY)
        qty = Qty(min(qty, held)) if held else qty
    at = None if price is None else price if leg is Leg.YES else Ticks(TICKS_PER_UNIT - price)
    place = Place(
        instrument=row.instrument, side=side, leg=leg, price=at, qty=qty, tif=Tif.IOC if taking else Tif.GTC,
        reduce_only=side is Side.SELL, origin="board",
    )  # fmt: skip
    return Offer(place, _why(view, row, place, stands=stands, taking=taking))


def _why(view: BoardView, row: BoardRow, place: Place, *, stands: Qty, taking: bool) -> str:
    if place.price is None:
        return f"{formats.plain(row.label, 24)} has no price there"
    if place.side is Side.SELL and not place.qty:
        return f"no {place.leg.value} to close"
    if taking and not stands:
        return "nothing to take"
    if row.instrument.venue == EMBEDDED and view.phase == 1 and not taking:
        return "orders cannot rest on the curve: Ctrl+click, B or S takes"
    return ""


def hint(view: BoardView, row: BoardRow, word: str, size: int) -> str:
    """Return what the cell under the pointer stands for, in one line: an order, or what if the outcome happens."""
    if word in CELLS:
        what = offer(view, row, CELLS[word], size)
        return f"{what.words}{f': {what.why}' if what.why else ''}"
    if row.if_wins is None or view.worst is None or view.best is None:
        return ""
    label, ends = formats.plain(row.label, 24), (formats.money(view.worst, signed=True), view.worst_label)
    at_risk = formats.money(abs(min(view.worst, ZERO)))
    return (
        f"if {label} happens {formats.money(row.if_wins, signed=True)} · worst {formats.plain(ends[1], 24)} {ends[0]}"
        f" · best {formats.plain(view.best_label, 24)} {formats.money(view.best, signed=True)} · at risk {at_risk}"
    )
