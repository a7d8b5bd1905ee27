"""Orders and amendments that are on disk leave for their venue, unless something came between or it took too long.

Nothing leaves before its row is on disk: `Kept` releases `Submit` and `Replace`, and what may have stopped it since is
looked at once more. So after a crash an order is in the ledger or was never sent, and its client id is in both places.
A disk that was full takes what waited minutes later: what was wanted then, at the price of then, is not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Replace, Submit
from engine.core.events import AmendRefused, Canceled, Rejected
from engine.core.ids import OrderId
from engine.core.order import Status
from engine.core.snapshot import LIVE
from engine.core.units import SECOND
from engine.kernel import answering, inflight, weighing
from engine.kernel.live import armed

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.units import Nanos
    from engine.kernel.desks import Pending
    from engine.kernel.state import State

SENT: Final = "sent:"
MOVED: Final = "moved:"
"""What a `Keep` says back: an order, or an amendment, is on disk."""
PATIENCE: Final = 5 * SECOND
"""How long the disk may take."""
AS_SENT: Final = Status.SENT


def kept(state: State, what: str) -> bool:
    """An order or an amendment is on disk: send it; False when `what` is something else."""
    if what.startswith(SENT):
        _send(state, what[len(SENT) :])  # type: ignore[arg-type]
    elif what.startswith(MOVED):
        _move(state, OrderId(what.removeprefix(MOVED)))
    else:
        return False
    return True


def never_kept(state: State, what: str) -> None:
    """An order's row can never be written: it was not sent, and will not be."""
    if not what.startswith(SENT):
        return
    order = OrderId(what.removeprefix(SENT))
    if state.pending.pop(order, None) is not None:
        text = "it could not be written down, and was not sent"
        answering.take(state, Rejected(at=state.now, order=order, code="unsent", text=text))


def _send(state: State, order: OrderId) -> None:
    waiting, one = state.pending.pop(order, None), state.register.get(order)
    if waiting is None or one is None:
        return
    if one.status is not AS_SENT:
        if one.ended:
            return
        answering.take(state, Canceled(at=state.now, order=order, why="taken back before it was sent"))
        return
    why = _outlived(state, waiting) or stopped(
        state, waiting.approved.place, waiting.approved.at, reducing=waiting.reducing, hedging=waiting.hedging
    )
    if why:
        answering.take(state, Rejected(at=state.now, order=order, code="unsent", text=why))
        return
    one.moved_at = state.now
    state.out.want(Submit(order=waiting.approved))  # its time is the ledger's: an id made of it can be made again


def _outlived(state: State, waiting: Pending) -> str:
    until = waiting.approved.place.until
    return "its time ran out before it was sent" if until is not None and state.now >= until else ""


def stopped(state: State, place: Place, at: Nanos, *, reducing: bool, hedging: bool = False) -> str:
    """Return what came between the approval of an order or an amendment and its sending; empty when nothing did."""
    session = state.session
    desk, listing = state.desks[place.instrument.venue], state.listings[place.instrument]
    if session.halted_by and not reducing:
        return f"trading was halted by {session.halted_by} before it was sent"
    if session.reduce_only and not (reducing or hedging):
        return "only what reduces passes since before it was sent"
    seat = None if place.strategy is None else state.strategies.seats.get(place.strategy)
    if seat is not None and seat.halted:
        return f"{place.strategy} was halted before it was sent: {seat.halted}"
    if session.mode == LIVE and not armed(state):
        return "live trading was disarmed before it was sent"
    if not desk.open:
        return f"the venue's link went down before it was sent: {weighing.link_down(desk)}"
    if not desk.reconciled:
        return f"the account had to be reconciled before it was sent: {desk.why}"
    if listing.stale:
        return f"the book went stale before it was sent: {listing.stale}"
    if listing.status != "open":
        return f"the market was {listing.status} before it was sent"
    if state.now - at > desk.real(PATIENCE):
        return f"the disk took more than {PATIENCE // SECOND} s, and what was asked for then is not sent now"
    return ""


def _move(state: State, order: OrderId) -> None:
    asked, one = state.moving.pop(order, None), state.register.get(order)
    if asked is None or one is None or one.status is not Status.AMENDING:
        return  # it ended, or was taken back
    why = stopped(state, asked.place, asked.at, reducing=asked.reducing)
    if why:
        answering.take(state, AmendRefused(at=state.now, order=order, code=f"unsent — {why}"))
        return
    one.moved_at = state.now
    state.out.want(Replace(known=inflight.known_of(one), price=asked.price, qty=asked.qty))
