"""How each metric is measured, in which whole unit it settles, and when its stations conflict.

`settlement_outcome` is the design's rule on prepared hourly rows. `RULES` is the product's: what one station
measured over a window, in the unit the station itself counts in.

Source: LMSR sheet 3.1, 3.2 and the head of §3; H3 sheet rules 4-6; settlement sheet R1-R7 and §6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from engine.core.contract import Metric, Unit
from engine.core.reading import Reading
from engine.core.units import DAY, Nanos
from engine.weather import climate_day, observed
from engine.weather.climate_day import Extreme
from engine.weather.observed import Coverage

RATIO: Final = 0.20
TEMPERATURE_SPREAD_K: Final = Fraction(2)
SHOWN: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `settlement_outcome` finds; `reason` is a code, `spread` the ratio of range to mean."""

    outcome: str
    reason: str | None
    value: float | None
    spread: float | None = None


def settlement_outcome(
    metric: str,
    threshold: float,
    obs: Mapping[str, Sequence[tuple[float, float | None]]],
    min_stations: int = 1,
    ratio: float = RATIO,
) -> Outcome:
    """Return YES, NO or DISPUTED for hourly rows by station; a row is (hour, value), None missing.

    Tests in order: no station, no value at all (an outage), too few stations with values, stations too far
    apart. Precipitation adds up the most of each hour, since a gauge's sum is repeated within the hour; snow is
    a sum, a low is a minimum, everything else a maximum. Equal to the threshold is NO.
    """
    if not obs:
        return Outcome("DISPUTED", "no_stations", None)
    measured = [value for rows in obs.values() if (value := _aggregate(metric, rows)) is not None]
    if not measured:
        return Outcome("DISPUTED", "outage", None)
    if len(measured) < min_stations:
        return Outcome("DISPUTED", "min_stations", None)
    mean = math.fsum(measured) / len(measured)
    spread = (max(measured) - min(measured)) / mean if len(measured) > 1 and mean > 0 else None
    if spread is not None and spread > ratio:
        return Outcome("DISPUTED", "conflict", mean, spread)
    return Outcome("YES" if mean > threshold else "NO", None, mean, spread)


def _aggregate(metric: str, rows: Sequence[tuple[float, float | None]]) -> float | None:
    held = [(hour, value) for hour, value in rows if value is not None]
    if not held:
        return None
    if metric == "precipitation":
        hours: dict[float, float] = {}
        for hour, value in held:
            hours[hour] = max(hours.get(hour, value), value)
        return math.fsum(hours.values())
    values = [value for _, value in held]
    if metric == "snow":
        return math.fsum(values)
    return min(values) if metric == "temp_min" else max(values)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one station measured over a window, in whole native units."""

    value: int | None
    coverage: Coverage
    independent: bool = False
    """Whether the value stands without the routine reports: a climate report's does."""
    contradiction: str = ""
    """Why its own sources disagree; empty when they do not."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """A contract's unit as a multiple of the native one: unit = factor · native + offset."""

    factor: Fraction
    offset: Fraction = Fraction(0)

    def stated(self, native: Fraction | int) -> Decimal:
        """Return a native value in the contract's unit, to four decimals."""
        exact = self.factor * native + self.offset
        shown = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(SHOWN, ROUND_HALF_EVEN)
        return _plain(shown)

    def native(self, threshold: Decimal) -> Fraction:
        """Return a threshold in native units, exactly."""
        return (Fraction(threshold) - self.offset) / self.factor


@dataclass(frozen=True, slots=True)
class Rule:
    """One metric's rule."""

    measure: Callable[[Sequence[Reading], Nanos, Nanos], Measured]
    so_far: Callable[[Sequence[Reading], Nanos, Nanos], int | None]
    """What has been measured of an unfinished window, at least (a low: at most)."""
    scales: Mapping[Unit, Scale]
    ratio_floor: Fraction | None
    """Native mean from which the ratio test holds; None: kelvin between stations instead."""
    words: str
    part_words: str = ""
    """Of a window that is no whole day, where that is measured otherwise."""

    def said(self, opens: Nanos, closes: Nanos) -> str:
        """Return in words what counts over a window."""
        return self.part_words if self.part_words and closes - opens != DAY else self.words


def _rain(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Measured:
    fell = observed.rain(readings, opens, closes)
    covered = observed.coverage(readings, opens, closes, lambda r: not r.precip_missing)
    note = f"{fell.gaps} gaps in its gauge" if fell.gaps else "trace" if fell.trace and not fell.total else ""
    return Measured(fell.total, covered, note=note)


def _rain_so_far(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    fell = observed.rain(readings, opens, closes)
    return None if fell.total is None and not fell.open_hour else (fell.total or 0) + fell.open_hour


def _extreme(find: Callable[[Sequence[Reading], Nanos, Nanos], Extreme], sign: int) -> Callable[..., Measured]:
    def measure(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Measured:
        found = find(readings, opens, closes)
        covered = observed.coverage(readings, opens, closes, _has_temperature)
        if closes - opens != DAY:  # part of a day has no official extreme: the reports are the measure
            return Measured(found.bound, covered, note="by its reports")
        return Measured(
            value=found.official,
            coverage=covered,
            independent=found.climate is not None,
            contradiction=_contradiction(found, sign),
            note={"cli": "climate report", "metar24h": "24-hour group", None: _unofficial(found)}[found.source],
        )

    return measure


def _unofficial(found: Extreme) -> str:
    return "" if found.bound is None else f"{found.bound} °F so far, not official"


def _contradiction(found: Extreme, sign: int) -> str:
    if found.climate is not None and len(found.left(sign)) > 1:
        return f"climate report {found.climate} °F, 24-hour group {found.midnight} °F"
    if found.official is not None and found.bound is not None and sign * (found.bound - found.official) > 0:
        return f"official {found.official} °F, reports already had {found.bound} °F"
    return ""


def _high_so_far(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    found = climate_day.high(readings, opens, closes)
    return found.bound if found.official is None else found.official


def _low_so_far(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    found = climate_day.low(readings, opens, closes)
    return found.bound if found.official is None else found.official


def _wind(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Measured:
    return Measured(observed.gust(readings, opens, closes), observed.coverage(readings, opens, closes, _has_wind))


def _snow(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Measured:
    official = observed.official_snowfall(readings, opens, closes) is not None
    covered = observed.coverage(readings, opens, closes, lambda _: True)
    fell = observed.snowfall(readings, opens, closes)
    return Measured(fell, covered, independent=official, note="climate report" if official else "")


def _has_temperature(reading: Reading) -> bool:
    return reading.temp_tenths_c is not None or reading.temp_whole_c is not None


def _has_wind(reading: Reading) -> bool:
    return reading.wind_kt is not None or reading.gust_kt is not None


def share(allowed: Decimal) -> str:
    """Return a share that a contract allows in per cent, all its digits."""
    return f"{_plain(allowed * 100)}%"


def share_apart(spread: Fraction | Decimal, *, over: bool) -> str:
    """Return how far stations lie apart in per cent, to a tenth: up where that is `over` what is allowed, else down.

    Rounded to the nearest, what was disputed and what settled both looked like the limit itself.
    """
    tenths = Fraction(spread) * 1_000
    return f"{_plain(Decimal(math.ceil(tenths) if over else math.floor(tenths)) / 10)}%"


def _plain(value: Decimal) -> Decimal:
    """Return it without trailing zeros and without an exponent."""
    whole = value.to_integral_value()
    return whole.quantize(Decimal(1)) if value == whole else value.normalize()


_HUNDREDTH_IN_MM = Fraction(254, 1_000)
_TENTH_IN_MM = Fraction(254, 100)
_FIVE_MM = Fraction(5)
_KNOT_IN_MS = Fraction(1_852, 3_600)
_DEGREES = {Unit.FAHRENHEIT: Scale(Fraction(1)), Unit.CELSIUS: Scale(Fraction(5, 9), Fraction(-160, 9))}

RULES: Final[Mapping[Metric, Rule]] = {
    Metric.PRECIPITATION: Rule(
        measure=_rain,
        so_far=_rain_so_far,
        scales={Unit.MM: Scale(_HUNDREDTH_IN_MM), Unit.INCH: Scale(Fraction(1, 100))},
        ratio_floor=_FIVE_MM / _HUNDREDTH_IN_MM,
        words="the sum of the hourly precipitation (P groups) of routine reports made inside the window, "
        "in hundredths of an inch; a trace counts as zero",
    ),
    Metric.TEMP_MAX: Rule(
        measure=_extreme(climate_day.high, 1),
        so_far=_high_so_far,
        scales=_DEGREES,
        ratio_floor=None,
        words="the official high of the local-standard day in whole °F: the final climate report's, "
        "else that of the 24-hour group of local midnight",
        part_words="the highest temperature that is certain by the reports made inside the window, in whole °F: "
        "T groups and the six-hour groups of times inside it, else the least that a whole °C can mean",
    ),
    Metric.TEMP_MIN: Rule(
        measure=_extreme(climate_day.low, -1),
        so_far=_low_so_far,
        scales=_DEGREES,
        ratio_floor=None,
        words="the official low of the local-standard day in whole °F: the final climate report's, "
        "else that of the 24-hour group of local midnight",
        part_words="the lowest temperature that is certain by the reports made inside the window, in whole °F: "
        "T groups and the six-hour groups of times inside it, else the most that a whole °C can mean",
    ),
    Metric.WIND_GUST: Rule(
        measure=_wind,
        so_far=observed.gust,
        scales={Unit.KNOT: Scale(Fraction(1))},
        ratio_floor=Fraction(5) / _KNOT_IN_MS,
        words="the strongest wind reported inside the window in whole knots: gusts and peak winds, "
        "else the steady wind",
    ),
    Metric.SNOW: Rule(
        measure=_snow,
        so_far=observed.snowfall,
        scales={Unit.MM: Scale(_TENTH_IN_MM), Unit.INCH: Scale(Fraction(1, 10))},
        ratio_floor=_FIVE_MM / _TENTH_IN_MM,
        words="the snowfall of the climate report if the window is its day, else the sum of the six-hour "
        "snowfall groups inside the window, in tenths of an inch",
    ),
}

_SOURCES: Final = {
    Metric.STORM_CATEGORY: "Storm category needs the advisories of the National Hurricane Center, which are not read.",
    Metric.AQI: "Air quality needs the monitors of AirNow (EPA), which are not read.",
}


def missing_source(metric: Metric) -> str | None:
    """Return why a metric cannot be listed, naming the source it lacks; None when it can."""
    return _SOURCES.get(metric)
