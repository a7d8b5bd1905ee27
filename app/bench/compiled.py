"""The compiled kernels under measurement: a million made-up events, and a sweep on one core and on two."""

from __future__ import annotations

import os
import statistics
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
JOBS: Final = 2
PIECES: Final = 16
RUNS: Final = 1_200
"""Of a day to a piece: a second or so, as a point of a sweep takes."""
DAY: Final = 30_000
TAKER: Final = rules.Rule(
    rules.TAKES, size=100, most=1 << 40, away=10_000, lean=0, apart=replay.ORDERS_APART * replay.APART, legs=1
)
"""Looks at the touch after every event, and takes as often as the strategy of `replay`."""


def _day(count: int) -> Packed:
    bench = replay.Bench()
    made = quotes.ALL[KALSHI](lambda: bench.at)
    return packing.pack([*trader.ready(made, bench.at), bench.whole(), *replay.stream(bench, count)], KALSHI)


def _rate(rule: rules.Rule) -> Figure:
    packed, cpu, wall, orders = _day(EVENTS), [], [], 0
    for _ in range(ROUNDS):
        began, spent = time.perf_counter_ns(), time.process_time_ns()
        orders = running.play(packed, running.Fast(), until=packed.until, rule=rule).orders
        cpu.append(len(packed.rows) * 1e9 / (time.process_time_ns() - spent))
        wall.append(len(packed.rows) * 1e9 / (time.perf_counter_ns() - began))
    return figures.of(
        cpu, "events/s", bar=BAR, moonshot=MOONSHOT, held="median", more=True, orders=orders, load=_load(),
        note="of CPU time", wall=round(statistics.median(wall)),
    )  # fmt: skip


def replay_compiled() -> Figure:
    """Measure events a CPU second through compiled book, queue, delays and fees, nobody trading."""
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

    def __call__(self) -> list[int]:
        """Play it; return its orders, the process it was done in, and what that and the piece took, in CPU time."""
        began = time.process_time_ns()
        packed = _day(DAY)
        orders = sum(running.play(packed, running.Fast(), until=packed.until, rule=TAKER).orders for _ in range(RUNS))
        now = time.process_time_ns()
        return [orders, os.getpid(), now, now - began]


def sweep_scaling() -> Figure:
    """Measure how much sooner two processes end a sweep than one, their start and the hand-over included.

    By CPU time, so that others on the machine do not decide it: what two free cores would need at most is half of
    all that was spent and half of the longest piece (R. L. Graham, "Bounds on multiprocessing timing anomalies",
    1969). What the clock said stands beside it.
    """
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as folder:
        alone, alone_cpu, alone_wall = _sweep(Path(folder) / "1", 1)
        both, here, both_wall = _sweep(Path(folder) / "2", 2)
    if [one[0] for one in alone] != [one[0] for one in both]:
        msg = "two processes did not come to the same as one"
        raise ValueError(msg)
    workers = {who: max(now for _, one, now, _ in both if one == who) / 1e9 for who in {one[1] for one in both}}
    if len(workers) != JOBS:
        msg = f"{len(workers)} processes shared the work of {JOBS}"
        raise ValueError(msg)
    longest = max(one[3] for one in both) / 1e9
    needs = (here + sum(workers.values()) + (JOBS - 1) * longest) / JOBS
    return figures.of(
        [alone_cpu / needs], "x", bar=SCALING_BAR, moonshot=SCALING_MOONSHOT, held="median", more=True, load=_load(),
        note="of CPU time", wall=round(alone_wall / both_wall, 2), fullest=round(alone_cpu / max(workers.values()), 2),
        seconds=round(alone_cpu, 1),
    )  # fmt: skip


def _sweep(folder: Path, jobs: int) -> tuple[list[list[int]], float, float]:
    """Return what every piece said, and the seconds of CPU time here and of the clock that all took."""
    spent, began = time.process_time(), time.perf_counter()
    found = job.run([Piece(number) for number in range(PIECES)], job.Store(folder, list), jobs=jobs)
    return list(found), time.process_time() - spent, time.perf_counter() - began


def _load() -> float:
    return round(os.getloadavg()[0], 1)


ALL: Final = {
    "replay_compiled": replay_compiled,
    "replay_compiled_rule": replay_compiled_rule,
    "sweep_scaling": sweep_scaling,
}
