"""Six kinds of market, by how much is known of them and when they resolve, and what a market maker expects of each.

What is known sets how fast danger falls away from 50 cents, when it resolves sets how much a crowd calms it: a market
that may end at any time is dangerous at 2 cents too, one that ends on a date is most dangerous while in doubt.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Information(Enum):
    """How much can be known before the end."""

    __hash__ = object.__hash__

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Resolution(Enum):
    """When the market may end."""

    __hash__ = object.__hash__

    ANYTIME = "anytime"
    """As soon as something happens, such as a barrier that is touched."""
    END = "end"
    """On its date only."""


class Range(NamedTuple):
    """What a parameter may be, and what it starts at."""

    low: float
    high: float
    start: float

    def admits(self, value: float) -> bool:
        """Whether a value lies in the range."""
        return self.low <= value <= self.high


class Marchetype(NamedTuple):
    """Parameters of `inventory.structure` for one kind of market."""

    code: str
    information: Information
    resolution: Resolution
    beta: Range
    """How sharply ambiguity falls away from 50 cents."""
    alpha: Range
    """How sharply a crowd calms."""
    reference: float
    """Participants that count as a crowd."""
    floor: float = 0.0
    """Ambiguity that always remains."""


_LOW, _MEDIUM, _HIGH = Information
_ANYTIME, _END = Resolution
MARCHETYPES: Final = {
    one.code: one
    for one in (
        Marchetype("a1", _LOW, _ANYTIME, Range(0.4, 0.7, 0.55), Range(0.6, 1.0, 0.8), 200.0),
        Marchetype("a2", _MEDIUM, _ANYTIME, Range(0.7, 1.0, 0.85), Range(0.9, 1.3, 1.1), 100.0),
        Marchetype("a3", _HIGH, _ANYTIME, Range(0.35, 0.7, 0.5), Range(0.6, 1.0, 0.8), 30.0, 0.25),
        Marchetype("e1", _LOW, _END, Range(0.3, 0.6, 0.45), Range(0.6, 1.0, 0.8), 400.0),
        Marchetype("e2", _MEDIUM, _END, Range(0.9, 1.2, 1.0), Range(1.3, 2.0, 1.5), 50.0),
        Marchetype("e3", _HIGH, _END, Range(1.2, 1.8, 1.5), Range(0.6, 1.0, 0.8), 40.0),
    )
}
"""By code: a for any time, e for the end, then 1 to 3 by information."""
BETA: Final = Range(0.3, 1.8, 0.8)
"""Of any kind: the union of the six."""
ALPHA: Final = Range(0.6, 2.0, 1.0)


def of(information: Information, resolution: Resolution) -> Marchetype:
    """Return the kind of a market."""
    return next(one for one in MARCHETYPES.values() if one.information is information and one.resolution is resolution)
