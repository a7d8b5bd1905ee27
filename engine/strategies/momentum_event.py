"""One day of temperatures as momentum follows it: its brackets, what is seen and decided of them, what was entered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.core.units import SECOND
from engine.strategies.event_eye import EventEye

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Family, Instrument
    from engine.strategies.bracket_momentum import Decision
    from engine.strategies.event_eye import Seen


class Event:
    """One family that is watched."""

    __slots__ = (
        "closes_s", "decision", "entered", "eye", "family", "leaving", "members", "memory_s", "recorded_s", "sampled_s",
        "seen", "station",
    )  # fmt: skip

    def __init__(self, family: Family, members: tuple[Instrument, ...], memory_s: float) -> None:
        self.family = family.id
        self.station = family.station
        self.members = members
        self.closes_s = (family.closes or 0) / SECOND
        self.memory_s = memory_s
        self.eye = EventEye(_edges(members), memory_s)
        self.sampled_s = self.recorded_s = -math.inf
        self.seen: Seen | None = None
        self.decision: Decision | None = None
        self.entered: dict[InstrumentId, tuple[float, float | None]] = {}
        """When each position was first bought, and the hazard then."""
        self.leaving: frozenset[int] = frozenset()
        """Brackets of which something is to be sold."""

    def renewed(self, family: Family, members: tuple[Instrument, ...]) -> bool:
        """Take in what the venue says anew of the same brackets; False, and nothing taken in, where it lists others."""
        if [m.id for m in members] != [m.id for m in self.members] or _edges(members) != self.eye.edges:
            return False
        self.station, self.members, self.closes_s = family.station, members, (family.closes or 0) / SECOND
        return True


def _edges(members: tuple[Instrument, ...]) -> tuple[tuple[float | None, float | None], ...]:
    return tuple(
        (None if m.strike is None else m.strike.low, None if m.strike is None else m.strike.high) for m in members
    )
