"""Our orders on Kalshi while they live: what the venue's words say of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.commands import Tif
from engine.core.events import Canceled, Expired
from engine.core.units import SECOND
from engine.venues import ours
from engine.venues.kalshi.numbers import qty
from engine.venues.kalshi.wire_account import Fact

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.units import Nanos, Qty
    from engine.venues.kalshi.wire import UserOrderMsg

_TIMED_OUT: Final = frozenset({"ExpiryCancel", "CloseCancel"})
REPLACED: Final = "Amend"
"""Why the venue cancels an order in whose place it puts another."""
_WHY: Final = {
    "SelfTradeCancel": "it would have traded with an order of our own",
    "MarginCancel": "there was not enough cash for it",
    "HaltCancel": "the market was paused",
    "PostOnlyCrossCancel": "a post-only order would have traded at once",
    "ReduceOnlyCancel": "nothing was left to reduce",
}


@dataclass(slots=True)
class Mine(ours.Mine):
    """One order of ours."""

    held_back: list[UserOrderMsg] = field(default_factory=list)
    """Ends that came while it was being moved: the venue may have put another order in its place."""
    ends: int | None = None
    """When its time runs out, in unix seconds; None where it lasts."""
    ends_known: bool = False
    """Whether that is known: not of an order of an earlier session."""
    unsure: bool = False
    """The answer to a move was lost: the end of the venue's order that we know may not be the end of ours."""


class Ours(ours.Ours[Mine, Fact]):
    """All orders of ours that this session has named; the venue's id becomes part of a path."""

    def __init__(self) -> None:
        super().__init__(Mine)

    @override
    def add(self, order: Approved) -> Mine:
        mine, place = super().add(order), order.place
        if place.tif is Tif.GTD and place.until is not None:
            mine.ends = place.until // SECOND
        mine.ends_known = True
        return mine

    def update(self, msg: UserOrderMsg, at: Nanos) -> list[Event]:
        """Take in how an order stands; return what is news. ValueError where a count is none."""
        mine = self.find(msg.client_order_id, msg.order_id)
        if mine is None:
            return []
        filled = qty(msg.fill_count_fp or "0")
        if msg.status == "resting":
            events = self.accepted(mine, msg.order_id, at)
            self.filled_by(mine, filled, at)
            return events
        if mine.moving:
            mine.held_back.append(msg)
            return []
        if mine.venue_order and mine.venue_order != msg.order_id:
            return []  # it was moved, and this is what it was moved from
        events = self.accepted(mine, msg.order_id, at)
        self.filled_by(mine, filled, at)
        if msg.status == "canceled" and msg.last_update_reason != REPLACED:
            return events + self.end(mine, msg.last_update_reason or "", at)
        return events

    def end(self, mine: Mine, reason: str, at: Nanos) -> list[Event]:
        """Take in that what is left of an order is gone; it is told once its fills were."""
        if reason in _TIMED_OUT:
            return self.ends(mine, Expired(at=at, order=mine.order))
        return self.ends(mine, Canceled(at=at, order=mine.order, why=_WHY.get(reason, "")))

    def moved(self, mine: Mine, venue_order: str, total: Qty | None, at: Nanos) -> list[Event]:
        """Take in the answer to an amend (`total` None: refused); return what is news, held ends included."""
        mine.moving = False
        events: list[Event] = []
        if total is not None:
            mine.qty, mine.unsure = total, False
            events += self.accepted(mine, venue_order, at)
        held, mine.held_back = mine.held_back, []
        for msg in held:
            events += self.update(msg, at)
        return events
