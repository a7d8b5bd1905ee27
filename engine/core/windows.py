"""Up/Down windows on the clock: which is running, when it ends, what comes next.

Windows begin at whole multiples of their length since 1970, and the venue names them by that second.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.core.units import SECOND, Nanos

LENGTHS_S: Final = {"5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400}
OPENING_S: Final = {"5m": 15, "15m": 30, "1h": 120, "4h": 300}
"""How long a window counts as just opened."""
AHEAD_S: Final = {"5m": 10, "15m": 15, "1h": 30, "4h": 60}
"""How long before its start a window's books are subscribed."""
AFTER_S: Final = {"5m": 10, "15m": 10, "1h": 15, "4h": 30}
"""How long a window runs on after its end, for what comes late."""


class Window(NamedTuple):
    """One window of one asset."""

    asset: str
    interval: str
    start: Nanos
    end: Nanos

    @property
    def slug(self) -> str:
        """The name the venue gives it; hourly ones have another there, found by their series."""
        return f"{self.asset}-updown-{self.interval}-{self.start // SECOND}"

    @property
    def opening_ends(self) -> Nanos:
        """Until when it counts as just opened."""
        return Nanos(self.start + OPENING_S[self.interval] * SECOND)

    @property
    def next(self) -> Window:
        """The window that begins where this ends."""
        return Window(self.asset, self.interval, self.end, Nanos(self.end + self.end - self.start))

    def left_s(self, now: Nanos) -> float:
        """Return the seconds until it ends; negative after."""
        return (self.end - now) / SECOND

    def elapsed_s(self, now: Nanos) -> float:
        """Return the seconds since it began; negative before."""
        return (now - self.start) / SECOND

    def runs(self, now: Nanos) -> bool:
        """Whether a moment lies in it; its end lies in the next."""
        return self.start <= now < self.end


def running(now: Nanos, interval: str, asset: str = "btc") -> Window:
    """Return the window a moment lies in.

    Raises
    ------
    ValueError
        If there are no windows of that length.
    """
    if interval not in LENGTHS_S:
        msg = f"no windows of {interval!r}; there are {', '.join(LENGTHS_S)}"
        raise ValueError(msg)
    span = LENGTHS_S[interval] * SECOND
    start = now // span * span
    return Window(asset, interval, Nanos(start), Nanos(start + span))
