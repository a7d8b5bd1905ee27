"""How long a venue takes to answer, and how far our clock is from its own: both from the answers that come anyway."""

from __future__ import annotations

import statistics
from collections import deque
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.core.units import Nanos

REMEMBERED: Final = 32
"""Answers that count, the latest of them."""
_MS: Final = 1_000_000


class Timing:
    """What the latest answers of one host say of the way to it and of its clock."""

    def __init__(self) -> None:
        self._round_trips: deque[float] = deque(maxlen=REMEMBERED)
        self._skews: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    @property
    def latency_ms(self) -> float | None:
        """Median round trip of the latest requests; None before the first."""
        return statistics.median(self._round_trips) if self._round_trips else None

    @property
    def skew_ms(self) -> float | None:
        """Our clock less the venue's; None before the first answer.

        A Date header names a second, so each answer says within which second the difference lies; together they
        say it to some milliseconds. Where they contradict each other a clock was set, and the latest count.
        """
        if not self._skews:
            return None
        low, high = self._skews[-1]
        for least, most in reversed(self._skews):
            if max(low, least) > min(high, most):
                break
            low, high = max(low, least), min(high, most)
        return (low + high) / 2

    def learn_time(self, venue_ms: float, sent: Nanos, received: Nanos) -> None:
        """Take in the venue's own clock, exact to a millisecond, as read between two of ours."""
        self._skews.append((sent / _MS - venue_ms, received / _MS - venue_ms))

    def measure(self, date: str, sent: Nanos, received: Nanos) -> None:
        """Take in how long an answer took, and the time its Date header states, if it states one."""
        self._round_trips.append((received - sent) / _MS)
        try:
            second = parsedate_to_datetime(date).timestamp() * 1_000
        except (ValueError, TypeError, OverflowError):
            return
        self._skews.append((sent / _MS - second - 1_000, received / _MS - second))
