"""Samples to figures: median, p99, count, and the bar a figure is held against."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Figure = dict[str, Any]


def of(samples: Sequence[float], unit: str, *, bar: float | None = None, **more: object) -> Figure:
    """Return the figures of samples.

    Parameters
    ----------
    samples : sequence of float, in `unit`
    bar : float, optional
        What the p99 (for a single figure: the median) should stay under on two cores.
    """
    ordered = sorted(samples)
    last = len(ordered) - 1
    figure: Figure = {
        "median": round(ordered[last // 2], 4),
        "p99": round(ordered[min(last, int(len(ordered) * 0.99))], 4),
        "unit": unit,
        "n": len(ordered),
    }
    if bar is not None:
        figure["bar"] = bar
    return figure | more


def each(work: Callable[[], object], count: int, *, warm: int = 100, scale: float = 1e-3) -> list[float]:
    """Return the time of every call, in nanoseconds times `scale` (microseconds by default)."""
    for _ in range(warm):
        work()
    clock = time.perf_counter_ns
    samples = []
    for _ in range(count):
        began = clock()
        work()
        samples.append((clock() - began) * scale)
    return samples


def rounds(work: Callable[[], int], repeats: int, *, warm: int = 1) -> list[float]:
    """Return how many a second each round did; `work` returns how many it did."""
    found = []
    for index in range(repeats + warm):
        began = time.perf_counter_ns()
        done = work()
        if index >= warm:
            found.append(done * 1e9 / (time.perf_counter_ns() - began))
    return found
