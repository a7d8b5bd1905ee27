"""Orders moved where the venue cannot amend: taken back, their end waited for, and only what is left placed anew.

Nothing is out twice. The new order is weighed before the old one is touched, and again before it is sent; it is sent
once the venue has said that the old one is gone and a picture of the account, asked for after that, has brought its
last fills. Where that does not come, or the old order ended another way, nothing is sent and it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.core.effects import Level
from engine.core.order import Status
from engine.core.units import SECOND, Nanos, Qty
from engine.kernel import asking, inflight, taping
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.commands import Amend, Place
    from engine.core.ids import InstrumentId, OrderId
    from engine.kernel.state import State
    from engine.orders.register import Order

PATIENCE: Final = 30 * SECOND
"""How long the end of the old order, and the picture after it, are waited for."""
CODE: Final = "MOVE"
WANTED: Final = "to be moved to "
"""What the reason of an order that is being moved begins with: a session that ends meanwhile leaves it to the next."""
STAYS: Final = frozenset({Status.WORKING, Status.PARTIAL})


@dataclass(slots=True)
class Moving:
    """An order on its way from one price to another, by way of a cancel."""

    place: Place
    """The order as it will be placed, for all that is wanted in the end."""
    pressed_at: Nanos
    until: Nanos
    looked: bool = False
    """It is gone, and the account was asked for since."""


def begin(state: State, one: Order, asked: Amend, pressed_at: Nanos) -> None:
    """Take an order back, to place it anew where it is wanted."""
    desk = state.desks[one.place.instrument.venue]
    first = (one.place.intent or one.id).partition(">")[0]  # an order moved often keeps a short name
    intent = f"{first}>{state.next_order}"
    place = structs.replace(one.place, price=asked.price, qty=asked.qty, intent=intent, budget=None)
    first_gone = f"{desk.facts.title} cannot amend: order {one.id} is taken back first"
    text = f"{first_gone}, then {taping.told(state, place)} is sent"
    state.out.notice(Level.INFO, text, CODE, one.place.instrument.symbol)
    one.why = f"{WANTED}{taping.told(state, place)}"
    inflight.take_back(state, one)
    state.shifting[one.id] = Moving(place, pressed_at, Nanos(state.now + desk.real(PATIENCE)))


def let_go(state: State, where: Callable[[InstrumentId], bool]) -> None:
    """Place nothing anew in some instruments: what was to be moved there is wanted no more."""
    for number, wanted in list(state.shifting.items()):
        if where(wanted.place.instrument):
            del state.shifting[number]


def go_on(state: State) -> list[Moving]:
    """Return what is to be placed by now; give up, and say so, what cannot be any more."""
    ready: list[Moving] = []
    for number, wanted in list(state.shifting.items()):
        one = state.register.get(number)
        why = "it is not known any more" if one is None else _over(state, one, wanted)
        if why:
            give_up(state, number, why)
        elif one is not None and one.status is Status.CANCELED:
            _gone(state, one, wanted, ready)
    return ready


def remind(state: State, one: Order) -> None:
    """Say of an order that the last session was moving when it ended: nothing will be sent in its place."""
    if one.why.startswith(WANTED):
        wanted = one.why.removeprefix(WANTED)
        text = f"order {one.id} was being moved when the last session ended: {wanted} was not sent, send it yourself"
        state.out.notice(Level.WARN, text, CODE, one.place.instrument.symbol)


def give_up(state: State, number: OrderId, why: str) -> None:
    """Place nothing anew for an order, and say why; one that is not being moved is left alone."""
    wanted = state.shifting.pop(number, None)
    if wanted is not None:
        symbol = wanted.place.instrument.symbol
        state.out.notice(Level.WARN, f"order {number} was not moved: {why}", CODE, symbol)
        state.out.dirty(topics.ladder(symbol))


def _over(state: State, one: Order, wanted: Moving) -> str:
    """Return why an order will not be moved any more; empty while it may."""
    if one.status is Status.LOST:
        return "what became of its cancel is not known"
    if one.ended and one.status is not Status.CANCELED:
        return f"it is {one.status.value}"
    if one.ended and one.filled >= (wanted.place.qty or 0):
        return f"{one.filled.normalize():f} of it have traded"
    if one.status in STAYS:
        state.taken_back.discard(one.id)
        return f"the venue did not take it back{f' ({one.why})' if one.why else ''}"
    return "the venue was silent for too long" if state.now >= wanted.until else ""


def _gone(state: State, one: Order, wanted: Moving, ready: list[Moving]) -> None:
    """Ask for the account after an order's end, and once that has come let what is left be placed."""
    desk = state.desks[one.place.instrument.venue]
    if not wanted.looked:
        wanted.looked = True
        asking.look(state, desk, only=one)
    elif desk.looking is None and desk.reconciled:
        del state.shifting[one.id]
        wanted.place = structs.replace(wanted.place, qty=Qty((wanted.place.qty or one.filled) - one.filled))
        ready.append(wanted)
