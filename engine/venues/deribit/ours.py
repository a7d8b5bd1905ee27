"""Our orders on Deribit while they live: what the venue's rows say of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from engine.core.events import Canceled
from engine.venues import ours
from engine.venues.deribit import wire_orders
from engine.venues.deribit.wire_orders import Fact

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.deribit.wire_orders import Row

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the venue's id of an order looks like."""


@dataclass(slots=True)
class Mine(ours.Mine):
    """One order of ours."""

    post_only: bool | None = None
    """Whether it may only rest; None of an order of an earlier session until the venue has shown it."""
    reduce_only: bool = False


class Ours(ours.Ours[Mine, Fact]):
    """All orders of ours that this session has named; a label is the client id."""

    id_like: ClassVar[re.Pattern[str]] = ID

    def __init__(self) -> None:
        super().__init__(Mine)

    @override
    def add(self, order: Approved) -> Mine:
        """Name a new order, before it is sent."""
        mine = super().add(order)
        mine.post_only, mine.reduce_only = order.place.post_only, order.place.reduce_only
        return mine

    @override
    def accepted(self, mine: Mine, venue_order: str, at: Nanos) -> list[Event]:
        """Take in that the venue has it, under this id; return what is news. ValueError where that is no id."""
        if mine.venue_order != venue_order and not ID.fullmatch(venue_order):
            msg = "an order's id that cannot be"
            raise ValueError(msg)
        return super().accepted(mine, venue_order, at)

    def update(self, row: Row, at: Nanos) -> list[Event]:
        """Take in how an order stands; return what is news. ValueError where a number is none."""
        mine = self.find(row.label, row.order_id)
        if mine is None:
            return []
        if mine.post_only is None:
            mine.post_only, mine.reduce_only = row.post_only, row.reduce_only
        events = self.accepted(mine, row.order_id, at)
        self.filled_by(mine, wire_orders.filled(row), at)
        if row.order_state in {"cancelled", "rejected"}:
            events += self.end(mine, row.cancel_reason, at)
        return events

    def end(self, mine: Mine, reason: str, at: Nanos) -> list[Event]:
        """Take in that what is left of an order is gone, for this reason of the venue's."""
        return self.ends(mine, Canceled(at=at, order=mine.order, why=wire_orders.WHY.get(reason, "")))
