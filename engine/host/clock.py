"""The session's clock: the wall's, or a simulated day's that runs faster.

Only the host reads a clock. Both kinds never run backwards: a wall clock that is set back goes on at half its pace
until the wall has caught up, so that books grow old, timers ring and links are missed meanwhile.
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
        self._slowly: Nanos | None = None
        """By the steady clock, when it was last asked while the wall was behind; None while it is not."""

    def now(self) -> Nanos:
        """Return the wall's time, or what has gone by since it was set back, at half the pace."""
        wall = time.time_ns()
        if self._slowly is None and wall >= self._last:
            self._last = Nanos(wall)
            return self._last
        at = steady()
        if self._slowly is not None:
            self._last = Nanos(self._last + (at - self._slowly) // 2)
        if wall < self._last:
            self._slowly = at
        else:
            self._last, self._slowly = Nanos(wall), None
        return self._last

    def wait(self, until: Nanos) -> float:
        """Return the real seconds until then."""
        left = max(0.0, (until - self.now()) / SECOND)
        return left if self._slowly is None else 2.0 * left


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
