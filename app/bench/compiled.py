"""The compiled kernels under measurement: a million made-up events, and a sweep on one core and on two."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.bench import figures, quotes, replay, trader
from engine.core.ids import KALSHI
from engine.research import job
from engine.research.fast import packing, rules, running

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from engine.research.fast.packing import Packed

EVENTS: Final = 1_000_000
ROUNDS: Final = 7
BAR, MOONSHOT = 15_000_000.0, 30_000_000.0
SCALING_BAR, SCALING_MOONSHOT = 1.6, 1.9
PIECES: Final = 16
RUNS: Final = 150
"""Of a day to a piece: a second or so, as a point of a sweep takes."""
DAY: Final = 100_000
TAKER: Final = rules.Rule(
    rules.TAKES, size=100, most=1 << 40, away=10_000, lean=0, apart=replay.ORDERS_APART * replay.APART, legs=1
)
"""Looks at the touch after every event, and takes as often as the strategy of `replay`."""


def _day(count: int) -> Packed:
    bench = replay.Bench()
    made = quotes.ALL[KALSHI](lambda: bench.at)
    return packing.pack([*trader.ready(made, bench.at), bench.whole(), *replay.stream(bench, count)], KALSHI)


def _rate(rule: rules.Rule) -> Figure:
    packed, samples, orders = _day(EVENTS), [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        orders = running.play(packed, running.Fast(), until=packed.until, rule=rule).orders
        samples.append(len(packed.rows) * 1e9 / (time.perf_counter_ns() - began))
    return figures.of(
        samples, "events/s", bar=BAR, moonshot=MOONSHOT, held="median", more=True, orders=orders, load=_load()
    )


def replay_compiled() -> Figure:
    """Measure events a second through compiled book, queue, delays and fees, nobody trading."""
    return _rate(rules.Rule())


def replay_compiled_rule() -> Figure:
    """Measure the same with a rule that looks at the touch after every event, and takes now and then."""
    return _rate(TAKER)


class Piece:
    """A day, played some times."""

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def key(self) -> str:
        """Name it."""
        return str(self.number)

    def __call__(self) -> int:
        """Play it."""
        packed = _day(DAY // 10)
        return sum(running.play(packed, running.Fast(), until=packed.until, rule=TAKER).orders for _ in range(RUNS))


def sweep_scaling() -> Figure:
    """Measure how much sooner two processes end a sweep than one, their start included."""
    pieces, samples, found = [Piece(number) for number in range(PIECES)], [], []
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as folder:
        for number in range(3):
            took = []
            for jobs in (1, 2):
                began = time.perf_counter()
                found.append(job.run(pieces, job.Store(Path(folder) / f"{number}{jobs}", int), jobs=jobs))
                took.append(time.perf_counter() - began)
            samples.append(took[0] / took[1])
    if any(one != found[0] for one in found):
        msg = "two processes did not come to the same as one"
        raise ValueError(msg)
    return figures.of(samples, "x", bar=SCALING_BAR, moonshot=SCALING_MOONSHOT, held="median", more=True, load=_load())


def _load() -> float:
    return round(os.getloadavg()[0], 1)


ALL: Final = {
    "replay_compiled": replay_compiled,
    "replay_compiled_rule": replay_compiled_rule,
    "sweep_scaling": sweep_scaling,
}
