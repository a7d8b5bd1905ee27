"""What a click or a key in a ladder asks for: the real order in words, or why it may not go.

Pure: the view, the hand and a place on the grid in; an `Offer` out. Left column buys YES at the row; the
right column sells YES when some is held and else buys NO at 100 - p, which is the same bet from nothing.
On a maker's curve alone nothing can rest: every order is IOC, and a row the price has not reached is refused.
Of an option or a future, which has no other share, the right column sells, short where nothing is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Place, Tif
from engine.core.ids import MarketId, outcome_of
from engine.core.units import TICK, TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Money, Qty, Side, Ticks
from widgets import formats, protect

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.views.ladder import LadderRow, LadderView, Scale

PRESETS: Final = (1, 5, 10, 25, 50, 100)
STEPS: Final = (1, 5, 10, 25, 50, 100, 250, 500, 1000)
TRADES: Final = frozenset({"live", "ageing"})
REDUCES: Final = frozenset({"stale", "halted", "refusing"})


class Column(IntEnum):
    """The side of the grid a click or the cursor is on."""

    BID = 0
    ASK = 1


class How(Enum):
    """What the trader means by the click."""

    LIMIT = "limit"
    TAKE = "take"
    """At most what is there, now; may cross further than the protect offset."""
    CLOSE = "close"
    """The size that closes the position."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a click would do; `why` is set when it may not."""

    place: Place
    why: str = ""
    scale: Scale | None = None

    @property
    def words(self) -> str:
        """The real order, such as ``BUY 10 NO @ 58``."""
        return order_words(self.place, self.scale)


def order_words(place: Place, scale: Scale | None = None) -> str:
    """Return an order in the words of the money button, without its cost."""
    size = "" if place.qty is None else f"{place.qty.normalize():f} "
    at = "any price" if place.price is None else f"@ {price_text(place.price, scale)}"
    return f"{place.side.name} {size}{place.leg.value} {at}" if scale is None else f"{place.side.name} {size}{at}"


def price_text(price: Ticks, scale: Scale | None) -> str:
    """Return a price in the words of an order: in cents, or of a derivative as it is quoted, ``0.0505 BTC``."""
    return cents_text(price) if scale is None else f"{bare_price(price, scale)} {formats.plain(scale.currency, 6)}"


def bare_price(price: Ticks, scale: Scale | None) -> str:
    """Return a price for a row, without what it is in."""
    return formats.cents(price) if scale is None else formats.number(price * scale.unit, scale.places)


def span_text(ticks: int, scale: Scale | None) -> str:
    """Return how far a price is from another: in cents, ``3c``, or of a derivative as it is quoted."""
    if scale is None:
        return f"{cents_text(Ticks(ticks))}c"
    return f"{formats.number(ticks * scale.unit, scale.places)} {formats.plain(scale.currency, 6)}"


def cents_text(price: Ticks) -> str:
    """Return a price in cents, with decimals only off the whole cent."""
    whole, off = divmod(price, TICKS_PER_CENT)
    return f"{Decimal(price) / TICKS_PER_CENT:f}" if off else f"{whole}"


def crosses(through: int, scale: Scale | None = None) -> str:
    """Return why a plain click that goes this many units of the price past the best one may not."""
    return f"crosses {span_text(through, scale)}: Ctrl+click to take"


def offer(view: LadderView, row: LadderRow, column: Column, size: int, how: How = How.LIMIT) -> Offer:
    """Return the order that a click on a cell stands for, and why it may not go if it may not."""
    if view.scale is not None:
        place, why = _quoted(view, view.scale, row, column, Qty(size * view.scale.step), how)
    else:
        place, why = _order(view, row, column, Qty(Decimal(size)), how)
    why = why or shut(view, reduces=reduces(view, place.side)) or _reach(view, row, column, how)
    return Offer(place, why, view.scale)


def reduces(view: LadderView, side: Side) -> bool:
    """Whether an order of a side can only make what is held less: any sale of shares, what closes a derivative."""
    if view.scale is None:
        return side is Side.SELL
    return view.position > 0 if side is Side.SELL else view.position < 0


def shut(view: LadderView, *, reduces: bool) -> str:
    """Return why no order may leave for this instrument now; empty when it may."""
    if view.status not in {"open", ""}:
        return f"market {view.status}: no orders"
    if view.state in TRADES and not view.refusing:
        return ""
    if reduces and (view.state in REDUCES or view.state in TRADES):
        return ""
    if view.refusing:
        return f"{view.refusing} refuses: {view.why}" if view.why else f"{view.refusing} refuses every opening order"
    return f"{view.state}: {view.why}" if view.why else f"{view.state}: no orders"


def market_of(instrument: InstrumentId | None) -> MarketId | None:
    """Return the market an instrument belongs to: its own where the symbol names no outcome."""
    if instrument is None:
        return None
    try:
        return outcome_of(instrument)[0]
    except ValueError:
        return MarketId(instrument.symbol)


def best_row(view: LadderView, column: Column) -> LadderRow | None:
    """Return the row nearest to the other side that has something to trade against: bid or ask."""
    if column is Column.ASK:
        return next((r for r in reversed(view.rows) if r.ask), None)
    return next((r for r in view.rows if r.bid), None)


def row_at(view: LadderView, price: Ticks) -> LadderRow | None:
    """Return the row of a price."""
    return next((r for r in view.rows if r.price == price), None)


def reach(view: LadderView, side: Column, size: int) -> LadderRow | None:
    """Return the nearest row up to which `size` can be bought (bid column) or sold, within the protect offset.

    On a maker's curve the best row alone rarely has the size: its price moves with every share.
    """
    buys = side is Column.BID
    best = best_row(view, Column.ASK if buys else Column.BID)
    if best is None:
        return None
    start, way, at = protect.place(view, best.price), -1 if buys else 1, best
    for index in range(start, start + way * (protect.ticks() + 1), way):
        if not 0 <= index < len(view.rows):
            break
        at = view.rows[index]
        if ((at.cum_ask if buys else at.cum_bid) or 0) >= size:
            break
    return at


def short(view: LadderView, place: Place) -> Qty | None:
    """Return how much of an order for now there is up to its price, where that is less than it wants."""
    row = row_at(view, yes_price(place))
    if row is None or place.qty is None or place.tif is Tif.GTC:
        return None
    there = (row.cum_ask if rises(place) else row.cum_bid) or Qty(Decimal(0))
    return there if there < place.qty else None


def rises(place: Place) -> bool:
    """Whether an order lifts the price of YES: buys it, or sells NO."""
    return (place.side is Side.BUY) == (place.leg is Leg.YES)


def yes_price(place: Place) -> Ticks:
    """Return an order's price as one of YES; an open price is 0 or 1."""
    if place.price is None:
        return Ticks(TICKS_PER_UNIT if rises(place) else 0)
    return place.price if place.leg is Leg.YES else Ticks(TICKS_PER_UNIT - place.price)


def edge_of(view: LadderView, place: Place) -> float | None:
    """Return the edge of a purchase as its row says it, where the row speaks of the side that is bought."""
    row = row_at(view, yes_price(place))
    if row is None or view.fair is None or place.side is Side.SELL:
        return None
    below = row.price <= view.fair * TICKS_PER_CENT
    return row.edge if below == rises(place) else None


def closing(view: LadderView) -> Place | None:
    """Return the sale of the larger leg at what the market pays for it now; None when nothing is held."""
    if view.scale is not None:
        long = view.position > 0
        price = view.best_bid if long else view.best_ask
        side = Side.SELL if long else Side.BUY
        whole = _straight(view, side, price, Qty(abs(view.position)), How.CLOSE)
        return msgspec.structs.replace(whole, tif=Tif.IOC) if view.position else None
    leg = Leg.YES if held(view, Leg.YES) else Leg.NO
    qty = held(view, leg)
    if not qty:
        return None
    best = view.best_bid if leg is Leg.YES else view.best_ask
    price = None if best is None else best if leg is Leg.YES else Ticks(TICKS_PER_UNIT - best)
    return Place(
        instrument=view.instrument,
        side=Side.SELL,
        leg=leg,
        price=price,
        qty=qty,
        tif=Tif.IOC,
        reduce_only=True,
        origin="ladder",
    )


def held(view: LadderView, leg: Leg) -> Qty:
    """Return how much of a leg can be sold."""
    return Qty(max(view.position if leg is Leg.YES else -view.position, Decimal(0)))


def paid_at_most(place: Place, scale: Scale | None = None) -> Money | None:
    """Return the limit of what a bought quantity costs; None for sales and open prices, and where nothing is paid."""
    if place.side is Side.SELL or place.price is None or place.qty is None:
        return None
    if scale is not None:
        return None if scale.worth is None else Money(place.qty * place.price * scale.unit * scale.worth)
    return Money(place.qty * place.price * TICK)


def step(size: int, way: int) -> int:
    """Return the next size up or down the wand: 1, 5, 10, 25…"""
    if way > 0:
        return next((s for s in STEPS if s > size), size + STEPS[-1])
    if size > 2 * STEPS[-1]:
        return size - STEPS[-1]
    return next((s for s in reversed(STEPS) if s < size), STEPS[0])


def _order(view: LadderView, row: LadderRow, column: Column, size: Qty, how: How) -> tuple[Place, str]:
    if how is How.CLOSE:
        return _closing(view, row, column)
    other = Ticks(TICKS_PER_UNIT - row.price)
    there = row.cum_ask if column is Column.BID else row.cum_bid
    qty, why = size, ""
    if how is How.TAKE:
        qty = min(size, there or Qty(Decimal(0)))
        why = "" if qty > 0 else f"nothing to take at {cents_text(row.price)}"
        qty = qty if qty > 0 else size
    if column is Column.BID:
        return _place(view, Side.BUY, Leg.YES, row.price, qty, how), why
    if owned := held(view, Leg.YES):
        return _place(view, Side.SELL, Leg.YES, row.price, min(qty, owned), how), why
    return _place(view, Side.BUY, Leg.NO, other, qty, how), why


def _quoted(
    view: LadderView, scale: Scale, row: LadderRow, column: Column, size: Qty, how: How
) -> tuple[Place, str]:  # fmt: skip
    """Return the order of a cell where there are no legs: the left column buys, the right one sells."""
    side = Side.BUY if column is Column.BID else Side.SELL
    if how is How.CLOSE:
        qty = Qty(abs(view.position)) if reduces(view, side) else Qty(Decimal(0))
        why = "" if qty else f"nothing {'short' if side is Side.BUY else 'long'} to close"
        return _straight(view, side, row.price, qty, how), why
    if how is How.TAKE:
        there = row.cum_ask if column is Column.BID else row.cum_bid
        whole = Qty(min(size, there or Decimal(0)) // scale.step * scale.step)
        why = "" if whole else f"nothing to take at {price_text(row.price, scale)}"
        return _straight(view, side, row.price, whole or size, how), why
    return _straight(view, side, row.price, size, how), ""


def _straight(view: LadderView, side: Side, price: Ticks | None, qty: Qty, how: How) -> Place:
    return Place(
        instrument=view.instrument,
        side=side,
        price=price,
        qty=qty,
        tif=Tif.IOC if how is How.TAKE else Tif.GTC,
        reduce_only=how is How.CLOSE,
        origin="ladder",
    )


def _closing(view: LadderView, row: LadderRow, column: Column) -> tuple[Place, str]:
    leg = Leg.YES if column is Column.ASK else Leg.NO
    price = row.price if leg is Leg.YES else Ticks(TICKS_PER_UNIT - row.price)
    qty = held(view, leg)
    return _place(view, Side.SELL, leg, price, qty, How.CLOSE), "" if qty else f"no {leg.value} to close"


def _place(view: LadderView, side: Side, leg: Leg, price: Ticks, qty: Qty, how: How) -> Place:
    now = view.curve or how is How.TAKE
    return Place(
        instrument=view.instrument,
        side=side,
        leg=leg,
        price=price,
        qty=qty,
        tif=Tif.IOC if now else Tif.GTC,
        reduce_only=side is Side.SELL,
        origin="ladder",
    )


def _reach(view: LadderView, row: LadderRow, column: Column, how: How) -> str:
    """Why the row is out of reach: too far through the market, or on a curve not through it at all."""
    buys = column is Column.BID
    start = best_row(view, Column.ASK if buys else Column.BID)
    if start is None:
        return "nothing to trade against" if view.curve else ""
    through = row.price - start.price if buys else start.price - row.price
    if how is not How.TAKE and protect.past(view, start.price, row.price, up=buys):
        return crosses(through, view.scale)
    if view.curve and through < 0:
        verb, way = ("buying", "up") if buys else ("selling", "down")
        return f"orders cannot rest on the curve: {verb} starts at {cents_text(start.price)} and goes {way}"
    return ""
