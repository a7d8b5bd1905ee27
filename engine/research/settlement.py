"""Years of hourly observations against official values: how often each rule is right, and how often it cannot say.

A market is settled by a rule on what a station reported. What a rule is worth shows on the past: on station-days
whose official value is known, a rule either settles or, when too few hours were reported, disputes; where it
settles it is right or off by some degrees.

Hours are kept hour by hour, shape `(stations, 24, days)`: the greatest of a day is then 23 maxima of whole rows,
twenty times as fast as along days. Degrees are compared as whole numbers, rounded as stations round
(`engine.weather.climate_day.fahrenheit`); they are kept in float32, where they are exact and NaN is at hand.

Source: settlement sheet §5 and §6 (estimators and how they came out on 108 station-days), H3 sheet rule 5 (coverage).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOURS: Final = 24
FARTHEST: Final = 3
"""Differences beyond it are counted with it."""
COVERAGE: Final = Fraction(9, 10)
RULES_VERSION: Final = "settlement-2"
"""Raised when the same observations could come out otherwise: kept results of another version are not used."""

Values = NDArray[np.float32]


_FIVE, _NINE, _TEN, _FIFTY, _SHIFT = (np.float32(n) for n in (5, 9, 10, 50, 1_625))
"""As float32, so that nothing is widened."""


class Measure(Enum):
    """What is settled."""

    HIGH = "high"
    LOW = "low"
    RAIN = "rain"


class Unit(Enum):
    """What hours are stated in; official values are whole F, or inches to the hundredth."""

    CELSIUS = "C"
    """Exact to the tenth, as in a METAR's T group."""
    FAHRENHEIT = "F"
    """To the tenth, as from a model."""
    INCH = "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """Evidence and truth of some stations over the same number of local-standard days; NaN is missing."""

    measure: Measure
    unit: Unit
    stations: tuple[str, ...]
    hours: Values
    """Shape `(stations, 24, days)`: what the routine report of each hour said; `(stations, 0, days)` where only
    values of whole days are known, and then there are no rules on hours."""
    official: Values
    """Shape `(stations, days)`."""
    further: tuple[tuple[str, Values], ...] = ()
    """More evidence of the same kind by name, such as 6-hour groups, each `(stations, some, days)`; every rule adds
    one to those before. It asks for the hours' coverage too."""
    alone: tuple[tuple[str, Values], ...] = ()
    """Values of the whole day by name, such as the 24-hour group of midnight, each `(stations, days)`; each is a
    rule of its own and stands without the hours."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        count, hours, days = self.hours.shape
        wanted = {"official": (self.official.shape, (count, days))}
        wanted |= {name: ((one.shape[0], one.shape[2]), (count, days)) for name, one in self.further}
        wanted |= {name: (one.shape, (count, days)) for name, one in self.alone}
        wrong = [name for name, (shape, right) in wanted.items() if shape != right]
        if hours not in (0, HOURS) or count != len(self.stations) or wrong:
            msg = f"{count} stations of {hours} hours and {days} days do not fit {len(self.stations)} names, {wrong}"
            raise ValueError(msg)
        if (self.measure is Measure.RAIN) != (self.unit is Unit.INCH):
            msg = f"{self.measure.value} is not measured in {self.unit.value}"
            raise ValueError(msg)

    @property
    def rows(self) -> int:
        """How many hours there is room for."""
        return self.hours.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How one rule came out at one station, or over many."""

    station: str
    rule: str
    days: int
    """With an official value."""
    settled: int
    differences: tuple[int, ...]
    """Settled days by estimate less official, -3 and less to +3 and more, in whole degrees or hundredths."""

    @property
    def disputed(self) -> int:
        """Days on which the rule could not say."""
        return self.days - self.settled

    @property
    def right(self) -> int:
        """Settled days that equal the official value."""
        return self.differences[FARTHEST]

    @property
    def near(self) -> int:
        """Settled days at most one off."""
        return sum(self.differences[FARTHEST - 1 : FARTHEST + 2])

    @property
    def accuracy(self) -> float | None:
        """Share of the settled days that are right."""
        return self.right / self.settled if self.settled else None

    @property
    def dispute_rate(self) -> float | None:
        """Share of the days that are disputed."""
        return self.disputed / self.days if self.days else None


def tallies(years: Years, coverage: Fraction = COVERAGE) -> tuple[Tally, ...]:
    """Return how every rule came out at every station, by station and rule.

    Parameters
    ----------
    years : Years
    coverage : Fraction in [0, 1]
        Least share of a day's hours that a rule on the hours asks for.
    """
    least = ceil(coverage * HOURS)
    return tuple(tally for station in range(len(years.stations)) for tally in _station(years, station, least))


def totals(parts: Iterable[Tally], name: str = "all") -> tuple[Tally, ...]:
    """Return the sum over stations by rule, in the order the rules first came."""
    sums: dict[str, list[Tally]] = {}
    for tally in parts:
        sums.setdefault(tally.rule, []).append(tally)
    return tuple(_sum(name, rule, found) for rule, found in sums.items())


def by_hour(chronological: Values) -> Values:
    """Return hours in the order of time, shape `(stations, days * 24)`, as `(stations, 24, days)`."""
    count, hours = chronological.shape
    if hours % HOURS:
        msg = f"whole days have a multiple of 24 hours, was {hours}"
        raise ValueError(msg)
    days = hours // HOURS
    found = np.empty((count, HOURS, days), dtype=np.float32)
    for station in range(count):
        found[station] = chronological[station].reshape(days, HOURS).T
    return found


def _sum(name: str, rule: str, found: Sequence[Tally]) -> Tally:
    columns = zip(*(tally.differences for tally in found), strict=True)
    return Tally(
        station=name,
        rule=rule,
        days=sum(tally.days for tally in found),
        settled=sum(tally.settled for tally in found),
        differences=tuple(map(sum, columns)),
    )


def _station(years: Years, station: int, least: int) -> Iterator[Tally]:
    hours = years.hours[station]
    truth = np.rint(years.official[station] * np.float32(_per_unit(years.measure)))
    reported = np.add.reduce(_there(hours).view(np.uint8), axis=0, dtype=np.uint8)  # 24 at most
    days = int(np.count_nonzero(_there(truth)))
    covered = np.where(reported >= least, truth, np.float32(np.nan))
    for rule, estimate, wanted in _estimates(years, station, covered, truth):
        differences = _counts(estimate - wanted)
        yield Tally(
            station=years.stations[station],
            rule=rule,
            days=days,
            settled=sum(differences),
            differences=differences,
        )


def _counts(off: Values) -> tuple[int, ...]:
    """Return how many differences, whole numbers or NaN, there are of each size."""
    inner = [int(np.count_nonzero(off == size)) for size in range(1 - FARTHEST, FARTHEST)]
    return (int(np.count_nonzero(off <= -FARTHEST)), *inner, int(np.count_nonzero(off >= FARTHEST)))


def _estimates(years: Years, station: int, covered: Values, truth: Values) -> Iterator[tuple[str, Values, Values]]:
    """Yield each rule with its estimate of every day and what to hold it against, NaN where it cannot say."""
    if years.hours.size:
        for name, estimate in _by_hours(years, station):
            yield name, estimate, covered
    for name, whole in years.alone:
        yield name, _degrees(whole[station], years.unit), truth


def _by_hours(years: Years, station: int) -> Iterator[tuple[str, Values]]:
    """Yield the rules on hours, each with all evidence of the one before."""
    hours, unit = years.hours[station], years.unit
    if years.measure is Measure.RAIN:
        yield "hourly", _fallen(hours)
        return
    further = np.fmax if years.measure is Measure.HIGH else np.fmin
    edge = further.reduce(hours, axis=0)
    if unit is Unit.CELSIUS:
        yield "whole_c", _fahrenheit(_rounded(_tenths(edge)) * _TEN)
    yield "hourly", _degrees(edge, unit)
    for name, more in years.further:
        edge = further(edge, further.reduce(more[station], axis=0))
        yield name, _degrees(edge, unit)


def _per_unit(measure: Measure) -> int:
    return 100 if measure is Measure.RAIN else 1


def _there(values: Values) -> NDArray[np.bool_]:
    """Return where values are known: NaN alone is not itself, and asking so is faster than asking for it."""
    there: NDArray[np.bool_] = values == values
    return there


def _fallen(hours: Values) -> Values:
    """Return hundredths of an inch; every hour is a whole number of them, a missing one nothing."""
    found: Values = np.add.reduce(np.nan_to_num(_hundredths(hours)), axis=0)
    return found


def _degrees(values: Values, unit: Unit) -> Values:
    """Return whole F, or hundredths of an inch."""
    if unit is Unit.INCH:
        return _hundredths(values)
    tenths = _tenths(values)
    return _fahrenheit(tenths) if unit is Unit.CELSIUS else _rounded(tenths)


def _hundredths(values: Values) -> Values:
    found: Values = np.rint(values * np.float32(100.0))
    return found


def _tenths(values: Values) -> Values:
    found: Values = np.rint(values * _TEN)
    return found


def _rounded(tenths: Values) -> Values:
    """Return whole units, halves up."""
    found: Values = np.floor((tenths + _FIVE) / _TEN)
    return found


def _fahrenheit(tenths_c: Values) -> Values:
    """Return whole F of whole tenths C, halves up: `climate_day.fahrenheit` for arrays.

    Both sides of the division are whole and below 2**24, so that floats hold them exactly, and the nearest quotient
    that is no whole number is 0.02 away from one, far more than a division's error.
    """
    found: Values = np.floor((tenths_c * _NINE + _SHIFT) / _FIFTY)
    return found
