"""The settlement backtest as a job: parts that can be done anywhere, kept as they finish, and their report.

A part names what it reads and by which version of the rules; its result is kept under that name, so a job that was
stopped goes on with the parts that are missing, and one that runs again on the same data has nothing to do. Parts
run here one after the other, or on a Dask cluster when its scheduler is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from engine.core.errors import InputError, Unavailable
from engine.research import days, settlement, settlement_days, synthetic
from engine.research.settlement import RULES_VERSION, Measure, Tally, Years

LARGEST: Final = 256_000_000
"""Bytes of a file of station-days, and of kept results."""
WORST: Final = 10
"""Stations named in a report's text."""
HERE: Final = "local"
"""Names a scheduler of this machine's own processes."""
OWN: Final = {"dashboard_address": None, "silence_logs": "CRITICAL"}
"""Of those: no page on a port, and no farewells of workers that lost their scheduler because we closed it."""
PATIENCE_S: Final = 10.0
"""For a scheduler's answer."""
STATION_DAYS: Final = "frames/weather/lcd"
PATTERN: Final = "settlement_pairs_*.json"
DAILY: Final = "meteostat_vs_ncei_daily_pairs.csv"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a part came to."""

    key: str
    source: str
    measure: str
    rows: int
    """Hours there was room for."""
    tallies: tuple[Tally, ...]


class Part(Protocol):
    """One piece of the job; it can be sent to another machine."""

    @property
    def key(self) -> str:
        """What it reads and by which rules; the same key means the same result."""
        ...

    def __call__(self) -> Result:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """Some made-up stations."""

    seed: int
    first: int
    count: int
    days: int

    @property
    def key(self) -> str:
        """Name it."""
        return f"{RULES_VERSION} made {self.seed} {self.first}+{self.count} {self.days}"

    def __call__(self) -> Result:
        """Make them and settle every day."""
        years = synthetic.years(self.seed, self.first, self.count, self.days)
        return _result(self.key, "made up", years)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of station-days, for one measure."""

    file: str
    stamp: str
    measure: Measure
    wet: bool = False
    """Only days on which something measurable fell: on dry ones every rule is right."""

    @property
    def key(self) -> str:
        """Name it."""
        return f"{RULES_VERSION} {'wet ' if self.wet else ''}{self.measure.value} {self.stamp} {self.file}"

    def __call__(self) -> Result:
        """Read and settle it."""
        found = settlement_days.read(_text(Path(self.file)), self.file)
        if self.wet:
            found = tuple(day for day in found if day.rain)
        source = f"METARs of {Path(self.file).name}{', wet days' if self.wet else ''}"
        return _result(self.key, source, settlement_days.arrays(found, self.measure))


@dataclass(frozen=True, slots=True)
class Daily:
    """A table of daily greatest hours beside official highs."""

    file: str
    stamp: str

    @property
    def key(self) -> str:
        """Name it."""
        return f"{RULES_VERSION} daily {self.stamp} {self.file}"

    def __call__(self) -> Result:
        """Read and settle it."""
        years = settlement_days.daily(_text(Path(self.file)), self.file)
        return _result(self.key, "whole Celsius by the hour, daily", years)


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """Hours of a model at the cities whose official highs are of the station that settles."""

    folder: str
    stamp: str

    @property
    def key(self) -> str:
        """Name it."""
        return f"{RULES_VERSION} reanalysis {self.stamp} {self.folder}"

    def __call__(self) -> Result:
        """Read and settle it."""
        found = days.reanalysis(Path(self.folder))
        within = slice(days.BEFORE, days.BEFORE + settlement.HOURS)
        years = settlement_days.hourly((one.series, one.day, one.hours[within], one.official) for one in found)
        return _result(self.key, "hourly reanalysis", years)


def made(seed: int, stations: int, of_days: int, at_once: int) -> tuple[Part, ...]:
    """Return the parts of a made-up world, so many stations in each."""
    firsts = range(0, stations, at_once)
    return tuple(Made(seed, first, min(at_once, stations - first), of_days) for first in firsts)


def recorded(file: Path) -> tuple[Part, ...]:
    """Return the parts of a file of station-days.

    Raises
    ------
    InputError
        If it is not there.
    """
    stamp = _stamp([file])
    whole = tuple(Recorded(str(file), stamp, measure) for measure in Measure)
    return (*whole, Recorded(str(file), stamp, Measure.RAIN, wet=True))


def present(folder: Path) -> tuple[Part, ...]:
    """Return the parts of the recorded sets that a folder of reference data holds.

    Raises
    ------
    InputError
        If it holds none.
    """
    files = sorted((folder / STATION_DAYS).glob(PATTERN))
    parts = [part for file in files for part in recorded(file)]
    table = folder / STATION_DAYS / DAILY
    if table.exists():
        parts.append(Daily(str(table), _stamp([table])))
    model = [folder / days.HIGHS, folder / days.HOURS]
    if all(file.exists() for file in model):
        parts.append(Reanalysis(str(folder), _stamp(model)))
    if not parts:
        raise InputError(f"{folder}: holds neither {STATION_DAYS}/{PATTERN} nor {days.HOURS}")
    return tuple(parts)


class Kept:
    """Results of a job in a file, one JSON line each, on disk before the next part begins; none without a file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.results: dict[str, Result] = {}
        if file is not None and file.exists():
            lines = _text(file).splitlines()
            self.results = {result.key: result for line in lines if (result := _kept(line)) is not None}

    def add(self, result: Result) -> None:
        """Keep a result.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        self.results[result.key] = result
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as out:
                out.write(b"\n" + msgspec.json.encode(result) + b"\n")  # ends a line that was torn
                out.flush()
                os.fsync(out.fileno())
        except OSError as e:
            raise InputError(f"{self._file}: cannot be written ({e.strerror})") from e


def run(
    parts: Sequence[Part],
    kept: Kept,
    *,
    scheduler: str | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Result, ...]:
    """Do the parts that are not kept, keep them, and return all in their order.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``, or ``local`` for processes of this machine.
    told : callable
        Called with how many parts are done, and of how many, after each.

    Raises
    ------
    Unavailable
        If a scheduler is named and Dask is not installed, or the scheduler does not answer.
    """
    missing = [part for part in parts if part.key not in kept.results]
    told(len(parts) - len(missing), len(parts))
    found = (part() for part in missing) if scheduler is None else _on_dask(missing, scheduler)
    for done, result in enumerate(found, len(parts) - len(missing) + 1):
        kept.add(result)
        told(done, len(parts))
    return tuple(kept.results[part.key] for part in parts)


def report(results: Iterable[Result]) -> list[dict[str, object]]:
    """Return accuracy and dispute rate by source, measure, rule and station; JSON values only."""
    shelves: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        shelves.setdefault((result.source, result.measure), []).append(result)
    return [
        {
            "source": source,
            "measure": measure,
            "rows": sum(result.rows for result in found),
            "rules": [row(tally) for tally in settlement.totals(_tallies(found))],
            "stations": [{"station": tally.station, **row(tally)} for tally in _tallies(found)],
        }
        for (source, measure), found in shelves.items()
    ]


def row(tally: Tally) -> dict[str, object]:
    """Return a tally's figures, n beside every share."""
    return {
        "rule": tally.rule,
        "days": tally.days,
        "settled": tally.settled,
        "disputed": tally.disputed,
        "dispute_rate": _short(tally.dispute_rate),
        "right": tally.right,
        "accuracy": _short(tally.accuracy),
        "within_one": tally.near,
        "differences": list(tally.differences),
    }


def worst(results: Iterable[Result], rule: str) -> tuple[Tally, ...]:
    """Return the stations at which a rule is right least often, at most `WORST`."""
    found = [tally for result in results for tally in result.tallies if tally.rule == rule and tally.settled]
    return tuple(sorted(found, key=lambda tally: (tally.accuracy or 0.0, tally.station))[:WORST])


def _tallies(results: Iterable[Result]) -> Iterator[Tally]:
    return (tally for result in results for tally in result.tallies)


def _short(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _result(key: str, source: str, years: Years) -> Result:
    measure = years.measure.value
    return Result(key=key, source=source, measure=measure, rows=years.rows, tallies=settlement.tallies(years))


def _on_dask(parts: Sequence[Part], scheduler: str) -> Iterator[Result]:
    """Yield the results as they come back, in any order."""
    try:
        distributed: Any = import_module("dask.distributed")
    except ImportError as e:
        raise Unavailable("--scheduler: Dask is not installed; pip install 'atmx[dask]' brings it") from e
    where: Mapping[str, object] = OWN if scheduler == HERE else {"address": scheduler}
    try:
        client = distributed.Client(timeout=PATIENCE_S, **where)
    except (OSError, TimeoutError, ValueError) as e:
        raise Unavailable(f"--scheduler: no Dask scheduler answers at {scheduler[:80]} ({type(e).__name__})") from e
    with client:
        futures = [client.submit(part, key=part.key, pure=True) for part in parts]
        for _, result in distributed.as_completed(futures, with_results=True):
            yield result


def _kept(line: str) -> Result | None:
    """Return a line's result; None for one that was torn by the end of a process, or is none of ours."""
    try:
        return msgspec.json.decode(line, type=Result)
    except msgspec.DecodeError:
        return None


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"{file}: larger than {LARGEST} bytes")
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as e:
        raise InputError(f"{file}: cannot be read ({e.strerror})") from e


def _stamp(files: Iterable[Path]) -> str:
    """Return sizes and times of change: another text of a file is another part."""
    try:
        return ",".join(f"{stat.st_size}@{stat.st_mtime_ns}" for stat in (file.stat() for file in files))
    except OSError as e:
        raise InputError(f"{e.filename}: cannot be read ({e.strerror})") from e
