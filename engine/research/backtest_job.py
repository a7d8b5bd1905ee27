"""A backtest's parts as pieces of a job: one after the other, on all cores, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.research import backtest, job
from engine.research.backtest import PartResult, Plan

if TYPE_CHECKING:
    from engine.research.sets.recording import Part


class Store(job.Store[PartResult]):
    """Finished parts, in a file if there is one."""

    def __init__(self, file: Path | None) -> None:
        super().__init__(file, PartResult)


@dataclass(frozen=True, slots=True)
class Played:
    """One part of a plan, to be played."""

    plan: Plan
    folder: str
    name: str

    @property
    def key(self) -> str:
        """Name it."""
        return f"{self.plan.key} {self.name}"

    def __call__(self) -> PartResult:
        """Play it."""
        only = msgspec.structs.replace(self.plan, parts=(self.name,))
        return backtest.run(self.plan, next(backtest.chosen(only, Path(self.folder))))


@dataclass(frozen=True, slots=True)
class InHand:
    """One part of a plan that has been read, to be played here."""

    plan: Plan
    part: Part

    @property
    def key(self) -> str:
        """Name it."""
        return f"{self.plan.key} {self.part.name}"

    def __call__(self) -> PartResult:
        """Play it."""
        return backtest.run(self.plan, self.part)


def run(
    plan: Plan,
    folder: Path,
    store: job.Store[PartResult],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[PartResult, ...]:
    """Play the parts that are not kept, keep them, and return all that are, in their order.

    As `engine.research.job.run`, whose parameters the last four are.

    Raises
    ------
    Unavailable
        If joblib or Dask is asked for and not installed, or a scheduler does not answer.
    InputError
        If the data, a strategy or a parameter is not what it should be.
    """
    if jobs == 1 and scheduler is None:
        return _one_by_one(plan, folder, store, told, stopped)
    names = [part.name for part in backtest.chosen(plan, folder)]
    pieces = [Played(plan, str(folder.resolve()), name) for name in names]
    return job.run(pieces, store, jobs=jobs, scheduler=scheduler, told=told, stopped=stopped)


def _one_by_one(
    plan: Plan, folder: Path, store: job.Store[PartResult], told: Callable[[int, int], None],
    stopped: Callable[[], bool],
) -> tuple[PartResult, ...]:  # fmt: skip
    """Play parts as they are read: a set need not fit into memory, and no part of it is read twice."""
    found: list[PartResult] = []
    for number, part in enumerate(backtest.chosen(plan, folder), 1):
        found += job.run([InHand(plan, part)], store, stopped=stopped)
        told(number, max(number, len(plan.parts)))
    return tuple(found)
