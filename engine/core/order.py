"""An order and its life, as one transition table.

After each move the filled quantity decides: all of it is FILLED; some of it turns WORKING into PARTIAL. News
that comes late or twice never breaks anything: a fill is counted by its trade id in every state, the ended
ones too; a second Accepted changes nothing; a FillReversed takes its fill back.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from engine.core.commands import Amend, Cancel
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    Lost,
    Rejected,
)


class Status(Enum):
    """Where an order stands."""

    __hash__ = object.__hash__  # as in `Side`: a key of tables that every news of an order is looked up in

    SENT = "sent"
    WORKING = "working"
    PARTIAL = "partial"
    AMENDING = "amending"
    CANCELING = "canceling"
    LOST = "lost"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REFUSED = "refused"
    """By one of our own gates: it never left."""


S = Status
ENDS: Final = frozenset({S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED, S.REFUSED})
GONE: Final[dict[type, Status]] = {
    Canceled: S.CANCELED,
    Expired: S.EXPIRED,
    Rejected: S.REJECTED,
    Lost: S.LOST,
}
TRANSITIONS: Final[dict[Status, dict[type, Status]]] = {
    S.SENT: {**GONE, Accepted: S.WORKING, Filled: S.PARTIAL, Cancel: S.CANCELING},
    S.WORKING: {
        **GONE,
        Accepted: S.WORKING,
        Filled: S.PARTIAL,
        Cancel: S.CANCELING,
        Amend: S.AMENDING,
    },
    S.PARTIAL: {
        **GONE,
        Accepted: S.PARTIAL,
        Filled: S.PARTIAL,
        Cancel: S.CANCELING,
        Amend: S.AMENDING,
    },
    S.AMENDING: {
        **GONE,
        Accepted: S.AMENDING,
        Filled: S.AMENDING,
        Cancel: S.CANCELING,
        Amended: S.WORKING,
        AmendRefused: S.WORKING,
    },
    S.CANCELING: {
        **GONE,
        Accepted: S.CANCELING,
        Filled: S.CANCELING,
        CancelRefused: S.WORKING,
        Amended: S.CANCELING,
        AmendRefused: S.CANCELING,
    },
    S.LOST: {**GONE, Accepted: S.WORKING, Filled: S.PARTIAL, Cancel: S.LOST},
}
