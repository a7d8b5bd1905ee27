"""Our orders on Derive while they live: what the venue's rows say of them, and which row counts. Pure.

A replacement has the label of what it replaces and an id of its own, so one order of ours may be several of the
venue's, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.events import Accepted, Canceled, Expired, Rejected
from engine.core.ids import VenueOrderId
from engine.core.units import Qty
from engine.venues import ours
from engine.venues.derive.wire_account import WHY, WORKING, Fact, size

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.derive.wire_account import OrderRow
    from engine.venues.derive.wire_orders import Terms


@dataclass(slots=True)
class Mine(ours.Mine):
    """One order of ours."""

    terms: Terms | None = None
    """What was sent of it in this session."""
    before: Decimal = Decimal(0)
    """What had filled of those that were replaced."""
    held_back: list[OrderRow] = field(default_factory=list)
    """Ends that came while it was being replaced: another may stand in its place."""
    unsure: str = ""
    """The venue's order that was to be replaced when the answer was lost: that one's end says nothing of ours."""
    turns: int = 0
    """How often a replacement was asked for or answered, or all the venue's rows of it were read."""

    @property
    def stand(self) -> tuple[str, int]:
        """What a question must find unchanged, for its answer to say which of the venue's orders counts."""
        return self.venue_order, self.turns


class Ours(ours.Ours[Mine, Fact]):
    """All orders of ours that this session has named."""

    def __init__(self) -> None:
        super().__init__(Mine)

    def update(self, row: OrderRow, at: Nanos) -> list[Event]:
        """Take in how an order stands; return what is news. ValueError where a count is none."""
        mine = self.find(row.label, row.order_id)
        if mine is None or mine.ended:
            return []
        filled = size(row.filled_amount)
        if row.order_status in WORKING:
            if mine.moving or (mine.venue_order and mine.venue_order != row.order_id):
                return []  # the answer to the replacement says which of them stands
            events = self.accepted(mine, row.order_id, at)
            self.filled_by(mine, mine.before + filled, at)
            return events
        if mine.moving:
            mine.held_back.append(row)
            return []
        if row.order_id == mine.unsure or (mine.venue_order and mine.venue_order != row.order_id):
            return []  # it was replaced, and this is what it was before
        if row.order_status == "rejected" and not filled:
            return self._rejected(mine, row, at)
        events = self.accepted(mine, row.order_id, at)
        self.filled_by(mine, mine.before + filled, at)
        return events + ([] if row.order_status == "filled" else self._end(mine, row, at))

    def moved(self, mine: Mine, stands: OrderRow | None, filled_before: Decimal | None, at: Nanos) -> list[Event]:
        """Take in the answer to a replacement (`stands` None: none came about); return what is news.

        `filled_before` is what had filled of the one that was replaced, None where it was not.
        """
        mine.moving = False
        mine.turns += 1
        events: list[Event] = []
        if stands is not None and filled_before is not None:
            mine.before += filled_before
            mine.qty = Qty(mine.before + size(stands.amount))
            events += self.accepted(mine, stands.order_id, at)
        held, mine.held_back = mine.held_back, []
        for row in [*held, *([stands] if stands is not None else [])]:
            events += self.update(row, at)
        return events

    def moves(self, mine: Mine) -> None:
        """Take in that a replacement is asked for."""
        mine.moving = True
        mine.turns += 1

    def lost(self, mine: Mine) -> None:
        """Take in that the answer to a replacement was lost: which of them stands, a look will say."""
        mine.moving, mine.unsure = False, mine.venue_order
        mine.turns += 1
        mine.held_back.clear()

    def shown(self, mine: Mine, rows: list[OrderRow]) -> None:
        """Take in all the rows that an order of ours had, the last of which counts."""
        if mine.moving:
            return
        mine.unsure = ""
        mine.turns += 1
        mine.before = sum((size(row.filled_amount) for row in rows[:-1]), Decimal(0))
        for row in rows:
            self.named(mine, row.order_id)

    def renamed(self, mine: Mine, before: str, at: Nanos) -> list[Event]:
        """Return what is news where an order has another of the venue's ids than before."""
        if mine.venue_order == before:
            return []
        return [Accepted(at=at, order=mine.order, venue_order=VenueOrderId(mine.venue_order)), *self.caught_up(at)]

    def _end(self, mine: Mine, row: OrderRow, at: Nanos) -> list[Event]:
        if row.order_status == "expired":
            return self.ends(mine, Expired(at=at, order=mine.order))
        return self.ends(mine, Canceled(at=at, order=mine.order, why=WHY.get(row.cancel_reason or "", "")))

    def _rejected(self, mine: Mine, row: OrderRow, at: Nanos) -> list[Event]:
        mine.ended = True
        why = WHY.get(row.cancel_reason or "", "the venue rejected it")
        return [Rejected(at=at, order=mine.order, code=row.cancel_reason or "rejected", text=why)]
