"""How quick the session is: how long events wait, how long a step takes, how long an order needs to get out.

Samples go into buckets of a fixed grid, 8 to a doubling, so that a figure is right to a twelfth and a sample costs one
addition; one event in eight is measured, every order is. Two minutes' halves make the last minute. Nothing here
reaches the kernel: what is measured differs from run to run.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND
from engine.views.latency import LatencyLine, LatencyView

if TYPE_CHECKING:
    from engine.core.ids import OrderId

FINE: Final = 8
"""Buckets to a doubling."""
SLOTS: Final = 40 * FINE
HALF_NS: Final = 30 * SECOND
EVERY: Final = 8
"""Events of which one is measured."""
ROOM: Final = 512
"""Orders whose answer is waited for."""


class Series:
    """One thing that is timed."""

    __slots__ = ("_born", "_now", "_old", "most", "total")

    def __init__(self) -> None:
        self.total = [0] * SLOTS
        self._old, self._now = [0] * SLOTS, [0] * SLOTS
        self._born = 0
        self.most = 0
        """Longest of the session, nanoseconds."""

    def add(self, nanos: int, at: int) -> None:
        """Take in a duration, measured at a moment of the steady clock."""
        if at - self._born >= HALF_NS:
            self._old = self._now if at - self._born < 2 * HALF_NS else [0] * SLOTS
            self._now, self._born = [0] * SLOTS, at
        slot = slot_of(nanos)
        self.total[slot] += 1
        self._now[slot] += 1
        self.most = max(self.most, nanos)

    def line(self, key: str, name: str, help_text: str, at: int) -> LatencyLine:
        """Return its figures: of the last minute, and of the session."""
        fresh = at - self._born < 2 * HALF_NS
        recent = [a + b for a, b in zip(self._old, self._now, strict=True)] if fresh else [0] * SLOTS
        count, whole = sum(recent), sum(self.total)
        return LatencyLine(
            key=key, name=name, help=help_text, count=count, p50_us=self._within(recent, 0.5),
            p99_us=self._within(recent, 0.99), session=whole, session_p50_us=self._within(self.total, 0.5),
            session_p99_us=self._within(self.total, 0.99),
            most_us=self.most / 1e3 if whole else None,
        )  # fmt: skip

    def _within(self, buckets: list[int], share: float) -> float | None:
        """Return a quantile that is no longer than the longest there was: the top of its bucket may be."""
        found = quantile(buckets, share)
        return None if found is None else min(found, self.most / 1e3)


def slot_of(nanos: int) -> int:
    """Return the bucket of a duration; below 8 ns each has its own."""
    if nanos < FINE:
        return max(nanos, 0)
    shift = nanos.bit_length() - 4
    return min((shift + 1) * FINE + (nanos >> shift) - FINE, SLOTS - 1)


def top_of(slot: int) -> int:
    """Return the longest duration of a bucket, nanoseconds."""
    if slot < FINE:
        return slot
    shift = slot // FINE - 1
    return ((slot % FINE + FINE + 1) << shift) - 1


def quantile(buckets: list[int], share: float) -> float | None:
    """Return a quantile in microseconds, the top of its bucket; None without a sample."""
    whole = sum(buckets)
    if not whole:
        return None
    left = max(1, math.ceil(share * whole))
    for slot, count in enumerate(buckets):
        left -= count
        if left <= 0:
            return top_of(slot) / 1e3
    return None


NAMES: Final = {
    "wait": ("Event waits", "from what a feed received until the engine took it in"),
    "step": ("Event is stepped", "books, strategies, gates and views, in one step of the engine"),
    "out": ("Order goes out", "from the click or the strategy's intent until it was on disk and given to its venue"),
    "answer": ("Venue answers", "from the order's approval until its answer was taken in"),
}


class Latency:
    """What the host measures of one session."""

    __slots__ = ("_answers", "_count", "pace", "series")

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = pace
        """How many times faster than real the session's clock runs."""
        self.series = {key: Series() for key in NAMES}
        self._answers: dict[OrderId, int] = {}
        self._count = 0

    def due(self) -> bool:
        """Whether the next event is one that is measured."""
        self._count += 1
        return self._count % EVERY == 0

    def stepped(self, waited: int, took: int, at: int) -> None:
        """Take in an event: how long it waited by the session's clock, and how long its step took for real."""
        self.series["wait"].add(int(max(waited, 0) / self.pace), at)
        self.series["step"].add(took, at)

    def sent(self, order: OrderId, waited: int, at: int) -> None:
        """Take in that an order was given to its venue, so long after its approval by the session's clock."""
        self.series["out"].add(int(max(waited, 0) / self.pace), at)
        if len(self._answers) >= ROOM:
            self._answers.pop(next(iter(self._answers)))
        self._answers[order] = at - int(max(waited, 0) / self.pace)

    def answered(self, order: OrderId, at: int) -> None:
        """Take in that the venue took an order, or refused it."""
        began = self._answers.pop(order, None)
        if began is not None:
            self.series["answer"].add(at - began, at)

    def view(self, at: int) -> LatencyView:
        """Return all figures."""
        return LatencyView(rows=tuple(self.series[key].line(key, *words, at) for key, words in NAMES.items()))
