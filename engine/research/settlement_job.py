"""The settlement backtest as pieces of a job (`engine.research.job`), and their report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from engine.core.errors import InputError
from engine.research import days, job, settlement, settlement_days, synthetic
from engine.research.settlement import RULES_VERSION, Measure, Tally, Years

LARGEST: Final = 256_000_000
"""Bytes of a file of station-days, and of kept results."""
WORST: Final = 10
"""Stations named in a report's text."""
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


Part = job.Piece[Result]


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


class Kept(job.Store[Result]):
    """Results of a job, in a file if there is one."""

    def __init__(self, file: Path | None) -> None:
        super().__init__(file, Result)


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
