"""The session's clock: the wall's, or a simulated day's that runs faster.

Only the host reads a clock. Both kinds never run backwards: a wall clock that is set back stands still until the
time it had reached comes again.
"""

from __future__ import annotations

import time
from typing import Protocol

from engine.core.units import SECOND, Nanos


class Clock(Protocol):
    """What the host needs of a clock."""

    def now(self) -> Nanos:
        """Return the session's time, never less than before."""

    def wait(self, until: Nanos) -> float:
        """Return how many real seconds remain until a time of the session; 0 when it is past."""


def steady() -> Nanos:
    """Return real time since some moment, in nanoseconds, never set."""
    return Nanos(time.monotonic_ns())


class WallClock:
    """UTC as the machine tells it."""

    def __init__(self) -> None:
        self._last = Nanos(time.time_ns())

    def now(self) -> Nanos:
        """Return the wall's time, held when it is set back."""
        self._last = max(self._last, Nanos(time.time_ns()))
        return self._last

    def wait(self, until: Nanos) -> float:
        """Return the real seconds until then."""
        return max(0.0, (until - self.now()) / SECOND)


class DayClock:
    """A simulated day: starts at `start` and runs `speed` times as fast as real time."""

    def __init__(self, start: Nanos, speed: float) -> None:
        self._start = start
        self.speed = speed
        self._origin = steady()

    def now(self) -> Nanos:
        """Return the day's time."""
        return Nanos(self._start + int((steady() - self._origin) * self.speed))

    def wait(self, until: Nanos) -> float:
        """Return the real seconds until then."""
        return max(0.0, (until - self.now()) / SECOND / self.speed)
