"""The chance of each official whole degree, given the day so far and a forecast. Pure; made anew for each report.

The official high is the higher of two: of what was, as far as reports tell it, and of what is still to come. What
was is exact where six-hour groups cover it; elsewhere the thermometer was read at moments, and the day's own
maximum lay a degree or two further out on nearly half of the days (R4), so the running high is never certain to
hold before the 24-hour group. What is to come follows the residual model, drawn towards the forecast by how well
each of the two usually does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.contract import Unit
from engine.maths import normal
from engine.weather import degrees, forecast, nowcast, residual
from engine.weather.degrees import Degrees, Part
from engine.weather.possible import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.contract import Contract
    from engine.weather.forecast import Quantiles
    from engine.weather.possible import Possible
    from engine.weather.residual import Sky, Table

HOURLY_HIGH: Final = {0: 29 / 52, 1: 20 / 52, 2: 3 / 52}
"""Official high less the highest hourly T group, F: settlement sheet §5, 52 days of KATL."""
HOURLY_LOW: Final = {0: 39 / 52, -1: 13 / 52}
"""Official low less the lowest hourly T group, F: the same days."""
OFTEN_HIGH: Final = {0: 5 / 7, 1: 2 / 7}
"""Official high less what the highest five-minute report in whole Celsius may mean: 7 recorded station-days without
a gap at midday, three stations, January and February 2026."""
OFTEN_LOW: Final = {0: 5 / 7, -1: 2 / 7}
"""Taken to be as the high's: of those days no official low is recorded."""
AFTER_GROUP: Final = {0: 105 / 108, -1: 3 / 108}
"""Official low less that of the 24-hour group, F: settlement sheet §5, 108 days; the high never differed."""
LEAST_SPREAD: Final = 0.5
"""F: no forecast is surer than this of a thermometer that keeps whole degrees."""

Gap = dict[int, float]


class Guess(NamedTuple):
    """A forecast of the day's high or low, F."""

    law: Quantiles
    whole_day: bool
    """It is of the whole day, what is past included, not of the hours still to come."""


class Day(NamedTuple):
    """What is known of a station's day."""

    known: Possible
    seen: Sky | None
    """The last temperature and its trend; None before the first report, or where the window is no whole day."""
    guess: Guess | None


def chances(contract: Contract, law: Degrees) -> tuple[float, ...] | None:
    """Return the chance of every outcome of a contract on an official value, F; None where degrees do not decide it.

    A threshold in Celsius is compared as the oracle does, after the whole degree Fahrenheit is known; brackets are
    whole degrees Fahrenheit.
    """
    if contract.threshold is not None:
        level = contract.threshold
        if contract.unit is Unit.CELSIUS:
            level = level * 9 / 5 + 32
        yes = law.where(lambda degree: degree > level)
        return yes, 1.0 - yes
    if contract.unit is not Unit.FAHRENHEIT:
        return None
    return tuple(law.within(bracket.low, bracket.high) for bracket in contract.brackets)


def spread(day: Day) -> float:
    """Return the standard deviation of what is still to come, F; 0 where nothing is."""
    parts = to_come(day.known.sign, day.seen, day.guess, HOURLY_HIGH if day.known.sign > 0 else HOURLY_LOW)
    return math.sqrt(math.fsum(part.weight * part.sd * part.sd for part in parts))


def official(
    known: Possible,
    seen: Sky | None,
    guess: Guess | None = None,
    *,
    moved: float = 0.0,
    table: Table | None = None,
    gap: Mapping[int, float] | None = None,
) -> Degrees | None:
    """Return the law of the official value; None where neither reports nor a forecast say anything.

    Parameters
    ----------
    known : Possible
        What the reports leave possible.
    seen : Sky, optional
        The last temperature and its trend; None before the day's first report.
    guess : Guess, optional
        The forecast to lean on.
    moved : float, F
        By how much to shift what is still to come.
    table : Table, optional
        Coefficients other than the shipped ones.
    gap : mapping of degrees to chance, optional
        How far beyond its hourly reports the day went, other than the shipped law.
    """
    if known.official:
        named = degrees.any_of(known.official)
        by_group = known.sign < 0 and all(claim.origin is Origin.DAY for claim in known.named)
        return degrees.sure(named.last).shifted(AFTER_GROUP) if by_group else named
    hourly = dict(gap) if gap is not None else HOURLY_HIGH if known.sign > 0 else HOURLY_LOW
    parts = [Part(w, mean + moved, sd) for w, mean, sd in to_come(known.sign, seen, guess, hourly, table)]
    if not parts:
        return None
    coming = degrees.rounded(parts).shifted(hourly)
    was = past(known, hourly)
    if was is None:
        return coming
    found = (degrees.higher if known.sign > 0 else degrees.lower)(was, coming)
    return _beyond(found, known.sign, known.bound)


def past(known: Possible, hourly: Gap) -> Degrees | None:
    """Return the law of the extreme until now; None without a report."""
    further = degrees.higher if known.sign > 0 else degrees.lower
    found = None
    if known.sampled:
        often = OFTEN_HIGH if known.sign > 0 else OFTEN_LOW
        found = degrees.any_of(known.sampled).shifted(hourly if known.by_tenths else often)
    if known.exact is not None:
        exact = degrees.sure(known.exact)
        found = exact if found is None else further(found, exact)
    if found is None:
        return None
    found = _beyond(found, known.sign, known.bound)
    return found if known.cap is None else _beyond(found, -known.sign, known.cap)


def _beyond(law: Degrees, sign: int, bound: int | None) -> Degrees:
    """Return a law without what lies short of a bound: that much of it is at the bound."""
    if bound is None:
        return law
    return (degrees.higher if sign > 0 else degrees.lower)(law, degrees.sure(bound))


def to_come(
    sign: int, seen: Sky | None, guess: Guess | None, hourly: Mapping[int, float], table: Table | None = None
) -> tuple[Part, ...]:
    """Return the law of the furthest reading still to come; empty where nothing is known of it."""
    parts = () if seen is None else residual.ahead(sign, seen, table)
    if guess is None:
        return parts
    mean_gap = math.fsum(step * chance for step, chance in hourly.items())
    sd = max(forecast.sigma(guess.law), LEAST_SPREAD)
    middle = guess.law.p50 - mean_gap
    if seen is None:
        return (Part(1.0, middle, sd),)
    share = residual.open_share(sign, seen.hour, table) if guess.whole_day else 1.0
    return blended(parts, Part(1.0, middle, sd), share)


def blended(parts: tuple[Part, ...], other: Part, most: float) -> tuple[Part, ...]:
    """Return a mixture drawn to another law: a logarithmic pool of the two, each weighed by its inverse variance.

    Parameters
    ----------
    parts : tuple of Part
        All of one mean.
    other : Part
        What is drawn to.
    most : float, 0 to 1
        Share of its weight that the other law gets.
    """
    mean = parts[0].mean
    variance = math.fsum(part.weight * part.sd * part.sd for part in parts)
    if variance <= 0.0:
        return parts
    theirs = other.sd * other.sd
    weight = most * variance / (variance + theirs)
    pull, hold = weight / theirs, (1.0 - weight) / variance
    ours = 1.0 / (pull + hold)
    middle, scale = ours * (pull * other.mean + hold * mean), math.sqrt(ours / variance)
    return tuple(Part(part.weight, middle, part.sd * scale) for part in parts)


def gap(known: Possible, seen: Sky) -> float | None:
    """Return how far the temperature is from a new high, or low, in whole degrees, F; None before the day has one."""
    return None if known.bound is None else known.sign * (known.bound - seen.now_f) + nowcast.HALF


def hazard(known: Possible, seen: Sky, minutes: float, table: Table | None = None) -> float:
    """Return the chance that a report within a time shows a new high, or low; the day's end cuts it short.

    Over an hour a temperature climbs or falls almost steadily, so its end decides: the first passage of a walk
    (`nowcast.hazard`) would count every way there twice, and on recorded hours said 55 % of what came 23 times in 100.
    """
    off = gap(known, seen)
    if off is None:
        return 1.0
    speed, vol = residual.pace(seen, table)
    drift = known.sign * speed
    off = max(off, nowcast.HALF)
    until = min(minutes, 60.0 * seen.left)
    if drift < 0.0:  # past this the chance would fall again, but what was reached stays reached
        until = min(until, off / -drift)
    return 0.0 if until <= 0.0 else normal.cdf((drift * until - off) / (vol * math.sqrt(until)))
