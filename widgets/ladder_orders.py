"""What moving, copying and cancelling own orders in a ladder asks for. Pure: a view and a hand in, commands out.

An order that works is moved by one `Amend`; how a venue carries that out is the engine's affair. Nothing here makes
a second order out of one, except a copy, which is a new order under a key of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from engine.core.commands import Amend, Cancel, Place
from engine.core.units import TICKS_PER_UNIT, Leg, Qty, Side, Ticks
from widgets import formats, protect
from widgets.ladder_keys import Column, best_row, crosses, price_text, reduces, rises, shut, yes_price

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.commands import AnyCommand
    from engine.views.ladder import LadderRow, LadderView, OwnOrder, Scale

MOVABLE: Final = frozenset({"working", "partial"})
CANCELLABLE: Final = frozenset({"sent", "working", "partial", "amending", "moved", "lost"})
MAY: Final = {
    "sent": "wait for the venue; right click takes it back",
    "working": "drag or Shift+Up/Down moves it, right click or Del cancels it",
    "partial": "drag or Shift+Up/Down moves the rest, right click or Del cancels it",
    "canceling": "cancel is out and not confirmed: it may still fill, and counts as exposure",
    "moved": "its amendment is out and not confirmed: the larger of both counts as exposure",
    "amending": "where it goes once the venue agrees: the larger of both counts as exposure",
    "lost": "its fate is unknown and new orders here are blocked: right click asks the venue",
    "rejected": "click when read, right click to try again in the ticket",
    "refused": "click when read, right click to try again in the ticket",
}
"""What the trader may do with an order in a state."""


class Drag(Enum):
    """What letting go of an order does."""

    MOVE = "move"
    COPY = "copy"
    BRACKET = "bracket"
    """All own orders of the ladder go as far as the one that is held."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Commands that carry a wish out, in their order; `why` is set, and there are none, when it may not be."""

    commands: tuple[AnyCommand, ...] = ()
    why: str = ""


def at(view: LadderView, row: LadderRow, side: Column) -> tuple[OwnOrder, ...]:
    """Return the open orders at a cell, those on their way to it included."""
    ids = row.mine_bid_ids if side is Column.BID else row.mine_ask_ids
    known = {one.id: one for one in view.orders}
    return tuple(known[number] for number in ids if number in known)


def words(one: OwnOrder, scale: Scale | None = None) -> str:
    """Return an order as it is named everywhere, such as ``BUY 4/10 YES @ 42``."""
    size = formats.DASH if one.qty is None else f"{one.qty.normalize():f}"
    done = f"{one.filled.normalize():f}/" if one.filled and one.qty is not None else ""
    price = "" if one.price is None else f" @ {price_text(one.price, scale)}"
    return f"{one.side.name} {done}{size}{'' if scale is not None else f' {one.leg.value}'}{price}"


def told(one: OwnOrder, scale: Scale | None = None) -> str:
    """Return all there is to say of an order in one line: what it is, how it stands, why, and what may be done."""
    why = f" ({formats.plain(one.why, 200)})" if one.why else ""
    may = MAY.get(one.state, "")
    return f"{words(one, scale)} · {one.word}{why}{f' · {may}' if may else ''}"


def moved(view: LadderView, some: Sequence[OwnOrder], by: int, kind: Drag = Drag.MOVE, intent: str = "") -> Moves:
    """Return what takes own orders `by` ticks of YES up or down, or copies them there; all of them, or none.

    A sale of YES that is moved past the protect offset, a copy of a market that is shut, or an order that does not
    work is refused in words.
    """
    if not some:
        return Moves(why="no order of yours there")
    if not by:
        return Moves(why="it is there already")
    idle = next((one for one in some if one.state not in MOVABLE or one.price is None or one.qty is None), None)
    if idle is not None:
        return Moves(why=f"{words(idle, view.scale)} is {idle.word.lower()}: only a working order can be moved")
    why = next((found for one in some if (found := _barred(view, one, by, kind))), "")
    if why:
        return Moves(why=why)
    far = sorted(some, key=lambda one: -(one.row or 0) if by > 0 else (one.row or 0))  # never over one of our own
    return Moves(tuple(_command(view, one, _there(one, by), kind, f"{intent}:{n}") for n, one in enumerate(far)))


def cancels(some: Sequence[OwnOrder]) -> Moves:
    """Return what takes own orders back; one whose cancel is out already is left alone."""
    ids = tuple(Cancel(order=one.id) for one in some if one.state in CANCELLABLE)
    if ids:
        return Moves(ids)
    state = some[0].state if some else "no order"
    return Moves(why=f"nothing to cancel: {state}")


def crossing(view: LadderView, place: Place) -> tuple[OwnOrder, ...]:
    """Return own open orders that an order would trade with."""
    if place.price is None:
        return ()
    up, limit = rises(place), yes_price(place)
    met = ((one, one.row) for one in view.orders if one.rises is not up and one.row is not None)
    return tuple(one for one, row in met if (row <= limit if up else row >= limit))


def _command(view: LadderView, one: OwnOrder, price: Ticks, kind: Drag, intent: str) -> AnyCommand:
    qty = one.qty or Qty(one.filled)
    if kind is not Drag.COPY:
        return Amend(order=one.id, price=price, qty=qty)
    return Place(
        instrument=view.instrument,
        side=one.side,
        leg=one.leg,
        price=price,
        qty=Qty(qty - one.filled),
        intent=intent,
        tif=one.tif,
        post_only=one.post_only,
        reduce_only=view.scale is None and one.side is Side.SELL,
        origin="ladder",
    )


def _there(one: OwnOrder, by: int) -> Ticks:
    """Return an order's price in its own leg, `by` ticks of YES further up."""
    return Ticks((one.price or 0) + (by if one.leg is Leg.YES else -by))


def _barred(view: LadderView, one: OwnOrder, by: int, kind: Drag) -> str:
    """Return why an order may not go there; empty when it may."""
    closed = shut(view, reduces=reduces(view, one.side))
    if closed:
        return closed
    price = _there(one, by)
    if price <= 0 or (view.scale is None and price >= TICKS_PER_UNIT):
        return f"{words(one, view.scale)} would leave the grid"
    best = best_row(view, Column.ASK if one.rises else Column.BID)
    if best is None or one.row is None:
        return ""
    to = one.row + by
    through = to - best.price if one.rises else best.price - to
    return crosses(through, view.scale) if protect.past(view, best.price, Ticks(to), up=one.rises) else ""
