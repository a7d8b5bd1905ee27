"""A backtest's parts as a job: one after the other, on all cores, or on a Dask cluster; kept as they finish.

A part names its plan and its data, so a job that was stopped goes on with what is missing, and wherever a part was
played its result is the same. joblib and Dask are extras, imported when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.core.errors import InputError, Unavailable
from engine.research import backtest
from engine.research.backtest import PartResult, Plan

LARGEST: Final = 1_000_000_000
"""Bytes of kept results."""
Job = tuple[Plan, str, str]
"""Plan, folder and name of a part: all that another process needs."""


class _Kept(msgspec.Struct, frozen=True):
    plan: str
    part: PartResult


class Store:
    """Finished parts in a file, a line each; a last line that was cut off is left out."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.found: dict[tuple[str, str], PartResult] = {}
        if file is not None and file.exists():
            if file.stat().st_size > LARGEST:
                raise InputError(f"{file}: larger than {LARGEST} bytes")
            *whole, last = file.read_bytes().split(b"\n")
            for number, raw in enumerate(whole, 1):
                try:
                    one = msgspec.json.decode(raw, type=_Kept)
                except msgspec.DecodeError as e:
                    raise InputError(f"{file}: line {number} is no result of a part ({e})") from None
                self.found[one.plan, one.part.name] = one.part
            if last:
                file.write_bytes(b"".join(raw + b"\n" for raw in whole))

    def add(self, plan: Plan, part: PartResult) -> None:
        """Keep a result."""
        self.found[plan.key, part.name] = part
        if self.file is not None:
            with self.file.open("ab") as out:
                out.write(msgspec.json.encode(_Kept(plan.key, part)) + b"\n")


def play(job: Job) -> PartResult:
    """Play one part; what another process or machine is sent."""
    plan, folder, name = job
    only = msgspec.structs.replace(plan, parts=(name,))
    (part,) = backtest.chosen(only, Path(folder))
    return backtest.run(plan, part)


def run(
    plan: Plan,
    folder: Path,
    store: Store,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[PartResult, ...]:
    """Play the parts that are not kept, keep them, and return all in their order.

    Parameters
    ----------
    jobs : int
        Processes of this machine; 1 plays here.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``.
    told : callable
        Called with how many parts are done, and of how many.
    stopped : callable
        Asked between parts; after a yes what is finished is kept and returned.

    Raises
    ------
    Unavailable
        If joblib or Dask is asked for and not installed.
    InputError
        If the data, a strategy or a parameter is not what it should be.
    """
    key = plan.key
    if jobs == 1 and scheduler is None:
        order, missing = [], 0
        for part in backtest.chosen(plan, folder):
            order.append(part.name)
            if (key, part.name) not in store.found:
                if stopped():
                    continue
                store.add(plan, backtest.run(plan, part))
                missing += 1
            told(len(order), max(len(order), len(plan.parts)))
    else:
        order = [part.name for part in backtest.chosen(plan, folder)]
        lacking = [(plan, str(folder), name) for name in order if (key, name) not in store.found]
        done = len(order) - len(lacking)
        told(done, len(order))
        for result in _abroad(lacking, jobs, scheduler):
            store.add(plan, result)
            done += 1
            told(done, len(order))
            if stopped():
                break
    return tuple(store.found[key, name] for name in order if (key, name) in store.found)


def _abroad(lacking: Sequence[Job], jobs: int, scheduler: str | None) -> Iterator[PartResult]:
    """Yield results as they come from other processes; the order is theirs, the results are not."""
    joblib = _library("joblib")
    settings: dict[str, Any] = {"backend": "loky", "n_jobs": jobs}
    if scheduler is not None:
        client = _library("distributed").Client(scheduler, timeout="10s")
        settings = {"backend": "dask", "client": client, "n_jobs": max(jobs, 2)}
    with joblib.parallel_config(**settings):
        calls: Iterable[Any] = (joblib.delayed(partial(play, job))() for job in lacking)
        yield from joblib.Parallel(return_as="generator_unordered", batch_size=1)(calls)


def _library(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(name)
    except ImportError:
        raise Unavailable(f"{name} is not installed: pip install 'atmx[research,dask]'") from None
