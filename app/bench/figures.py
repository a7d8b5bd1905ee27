"""Samples to figures: median, p99, count, and the bar and the moonshot a figure is held against."""

from __future__ import annotations

import time
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Figure = dict[str, Any]
"""`median`, `p99`, `unit`, `n`; where there is a bar also `bar`, `of` (which of the two it is held against), `ok`, and
`moonshot`; where both have a bar these are pairs. Of rates, where more is better, `p99` is what 99 % of the rounds
reached."""


def of(
    samples: Sequence[float],
    unit: str,
    *,
    bar: float | tuple[float, float] | None = None,
    moonshot: float | tuple[float, float] | None = None,
    held: str = "p99",
    more: bool = False,
    **notes: object,
) -> Figure:
    """Return the figures of samples.

    Parameters
    ----------
    samples : sequence of float, in `unit`, at least one
    bar, moonshot : float, optional
        What must hold on two busy cores, and the best claim worth making. Two numbers are one for the median and one
        for the p99, and both must hold.
    held : {"median", "p99"}
        Which of the two the bar is for.
    more : bool
        More is better: a rate.

    Raises
    ------
    ValueError
        If there are no samples: nothing was measured.
    """
    if not samples:
        msg = "nothing was measured"
        raise ValueError(msg)
    ordered = sorted(samples, reverse=more)
    last = len(ordered) - 1
    figure: Figure = {
        "median": _short(ordered[last // 2]),
        "p99": _short(ordered[ceil(last * 0.99)]),
        "unit": unit,
        "n": len(ordered),
    }
    if isinstance(bar, tuple):
        ok = all(_holds(figure[name], one, more=more) for name, one in zip(("median", "p99"), bar, strict=True))
        figure |= {"bar": list(bar), "of": "both", "ok": ok}
    elif bar is not None:
        figure |= {"bar": bar, "of": held, "ok": _holds(figure[held], bar, more=more)}
    if moonshot is not None:
        figure["moonshot"] = list(moonshot) if isinstance(moonshot, tuple) else moonshot
    return figure | notes


def _holds(figure: float, bar: float, *, more: bool) -> bool:
    return figure >= bar if more else figure <= bar


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


def _short(value: float) -> float:
    """Return four digits that mean something, and whole numbers beyond."""
    return float(f"{value:.4g}") if abs(value) < 1_000 else float(round(value))
