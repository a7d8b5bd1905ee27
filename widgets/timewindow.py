"""Which stretch of time a chart shows: zoomed, dragged, or following what happens. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from engine.core.units import DAY, SECOND

LEAST: Final = 10 * SECOND
MOST: Final = 400 * DAY
AHEAD: Final = 0.04
"""Share of the stretch that lies after now while it follows."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A stretch of time; all times are UTC nanoseconds."""

    end: int
    span: int
    follow: bool = True
    """Its end goes with the time."""

    @property
    def start(self) -> int:
        """Return when it begins."""
        return self.end - self.span

    def at(self, now: int) -> TimeWindow:
        """Return it at another time: where it follows, moved along."""
        return replace(self, end=int(now + AHEAD * self.span)) if self.follow else self

    def zoomed(self, factor: float, share: float, now: int) -> TimeWindow:
        """Return it `factor` times as long; the moment at `share` of its width stays where it is.

        One that follows keeps its end at now, wherever the pointer is.
        """
        span = int(min(max(self.span * factor, LEAST), MOST))
        if self.follow:
            return replace(self, span=span).at(now)
        held = self.start + share * self.span
        return replace(self, span=span, end=int(held + (1.0 - share) * span))

    def panned(self, share: float, now: int) -> TimeWindow:
        """Return it moved to later by a share of its length; past now it follows again."""
        end = self.end + int(share * self.span)
        if end >= now + AHEAD * self.span:
            return replace(self, follow=True).at(now)
        return replace(self, end=end, follow=False)

    def following(self, now: int, *, on: bool = True) -> TimeWindow:
        """Return it following, or standing still where it is."""
        return replace(self, follow=on).at(now)

    def whole(self, first: int, now: int) -> TimeWindow:
        """Return what shows all there is, from `first` on."""
        span = int(min(max((now - first) * (1.0 + 2 * AHEAD), LEAST), MOST))
        return TimeWindow(now, span).at(now)
