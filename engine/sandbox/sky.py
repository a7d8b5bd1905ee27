"""The weather of a simulated day: temperature, showers and wind of a region, minute by minute.

Each local day is drawn from its own generator, so any day can be looked at without the ones before,
and the same seed always has the same weather. Between the draws everything is a smooth function of
place and time: a cosine from morning low to afternoon high, a lake breeze that fades inland, and
showers that cross the region as Gaussian cells, rain hard, cool the air and push gusts ahead.

Minutes count from 1970 UTC. Stations see whole degrees Fahrenheit and gauge tips of a hundredth of
an inch, as an automated station does inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.units import MINUTE, Nanos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.sandbox.places import Region

    Floats = NDArray[np.float64]

DAY_MINUTES: Final = 1440
TIP_MM: Final = 0.254
"""One tip of the gauge: a hundredth of an inch."""
WET: Final = 0.2
"""Rain rate in mm/h below which nothing falls."""
AFTERNOON: Final = (13, 16)
"""Local hours in which every Chicago day has a gauge that gets wet and one that stays dry."""
PEAK_HOUR: Final = 15.0
LOW_HOUR: Final = 5.0
RAMP: Final = 180
"""Minutes over which rain that fell still cools the air."""
FAULT_F: Final = 8
"""What a thermometer whose fan has stopped reads too high."""

T0, X0, Y0, VX, VY, RADIUS, PEAK, HALF = range(8)
"""A storm: minute of its peak, place then (km), velocity (km/min), radius (km), mm/h, half its life (min)."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What chance decides about one local day of a region."""

    high: float
    low: float
    breeze: float
    """Degrees Fahrenheit that the lake takes from its shore at most."""
    storms: Floats
    wind_from: float
    wind_kt: float
    dew: float
    hpa: float


@dataclass(frozen=True, slots=True)
class Truth:
    """One local day at every station of a region, shape (stations, 1440) each."""

    fahrenheit: Floats
    """Whole degrees."""
    dew_f: Floats
    rate: Floats
    """mm/h."""
    fallen: Floats
    """mm since the day began."""
    wind: Floats
    gust: Floats
    """kt."""


class Sky:
    """The weather of one region for one seed."""

    def __init__(self, seed: int, region: Region, *, faulty: str = "") -> None:
        """Take a region; the thermometer of station `faulty` reads `FAULT_F` too high."""
        self.region = region
        self.faulty = faulty
        self.seed = seed
        self._points = [(s.lat, s.lon) for s in region.stations]
        self._plane = region.plane(self._points)
        self._inland = region.inland(self._points)
        self._bias = np.array([[FAULT_F if s.id == faulty else 0] for s in region.stations], dtype=np.float64)
        self._waves = np.stack([_waves(seed, s.id) for s in region.stations])
        self.draw = lru_cache(maxsize=12)(self._draw)
        self.truth = lru_cache(maxsize=6)(self._truth)

    def local(self, minute: int) -> tuple[int, int]:
        """Return the local standard day (counted from 1970) and minute of the day of a UTC minute."""
        return divmod(minute + 60 * self.region.home.utc_offset_hours, DAY_MINUTES)

    def bias(self, station: int) -> float:
        """Return what a station's thermometer reads too high, degrees Fahrenheit."""
        return float(self._bias[station, 0])

    def midnight(self, day: int) -> int:
        """Return the UTC minute at which a local day begins."""
        return day * DAY_MINUTES - 60 * self.region.home.utc_offset_hours

    def storms(self, day: int) -> Floats:
        """Return the storms that can reach into a local day, shape (s, 8)."""
        return np.concatenate([self.draw(d).storms for d in (day - 1, day, day + 1)])

    def temperature(self, plane: Floats, inland: Floats, minutes: Floats, day: int) -> Floats:
        """Return degrees Fahrenheit at points over the minutes of one local day, shape (points, minutes)."""
        before, today, after = (self.draw(d) for d in (day - 1, day, day + 1))
        hour = (minutes - self.midnight(day)) / 60
        curve = _diurnal(hour, (before.high, today.low, today.high, after.low))
        shore = np.exp(-np.maximum(inland, 0.0) / 9.0)
        breeze = shore * today.breeze + np.where(inland < 0, 5.0, 0.0)
        town = 1.5 * np.exp(-(plane**2).sum(1) / 900.0)  # degrees that the city keeps at night
        dark = 0.5 - 0.5 * np.cos((hour - PEAK_HOUR) / 12 * np.pi)
        smooth = 0.8 * np.sin(plane[:, 0] / 31.0 + day) * np.cos(plane[:, 1] / 27.0 - day)
        at_noon = np.clip((hour - 9.5) / 3.0, 0, 1) * np.clip((23.0 - hour) / 4.0, 0, 1)
        field: Floats = curve + (smooth[:, None] + town[:, None] * dark) - breeze[:, None] * at_noon
        return field

    def grid_high(self, plane: Floats, inland: Floats, day: int) -> Floats:
        """Return the day's high at points, from a value every ten minutes, shape (points,)."""
        minutes = self.midnight(day) + np.arange(0, DAY_MINUTES, 10, dtype=np.float64)
        rate = rain(self.storms(day), plane, minutes)
        high: Floats = (self.temperature(plane, inland, minutes, day) - _chill(rate / 6, RAMP // 10)).max(1)
        return high

    def tips(self, station: int, since: int, until: int) -> int:
        """Return the tips of a station's gauge in (since, until]; its bucket is emptied at midnight."""
        first, start = self.local(since)
        last, stop = self.local(until)
        ends = [self._tipped(station, day, stop if day == last else -1) for day in range(first, last + 1)]
        return sum(ends) - self._tipped(station, first, start)

    def at(self, minute: int) -> tuple[Truth, int]:
        """Return the truth of the local day of a UTC minute, and the minute's column."""
        day, column = self.local(minute)
        return self.truth(day), column

    def fahrenheit(self, station: int, since: int, until: int) -> Floats:
        """Return a station's whole degrees Fahrenheit over (since, until], UTC minutes."""
        return self._span("fahrenheit", station, since, until)

    def gusts(self, station: int, since: int, until: int) -> Floats:
        """Return a station's gusts over (since, until], UTC minutes, in knots."""
        return self._span("gust", station, since, until)

    def rates(self, station: int, since: int, until: int) -> Floats:
        """Return a station's rain rates over (since, until], UTC minutes, in mm/h."""
        return self._span("rate", station, since, until)

    def _span(self, field: str, station: int, since: int, until: int) -> Floats:
        first, start = self.local(since + 1)
        last, stop = self.local(until)
        rows = [getattr(self.truth(day), field)[station] for day in range(first, last + 1)]
        joined: Floats = rows[0] if first == last else np.concatenate(rows)
        return joined[start : stop + 1 + (last - first) * DAY_MINUTES]

    def _tipped(self, station: int, day: int, column: int) -> int:
        return int(self.truth(day).fallen[station, column] / TIP_MM)

    def _draw(self, day: int) -> Draw:
        chance = np.random.default_rng((self.seed, day, self.region.index))
        climate = self.region.climate
        high = climate.high + climate.spread * float(np.clip(chance.standard_normal(), -2.2, 2.2))
        low = climate.low + (high - climate.high) / 2 + float(chance.normal(0, 1.5))
        breeze = float(chance.uniform(3, 10))
        wind = float(chance.uniform(180, 290)), float(chance.uniform(6, 12))
        dew = climate.dew + float(chance.normal(0, 1.5))
        hpa = float(chance.normal(1014, 4))
        storms = self._storms(chance, day)
        return Draw(high, min(low, high - 8), breeze, storms, *wind, dew, hpa)

    def _storms(self, chance: np.random.Generator, day: int) -> Floats:
        storms = _showers(chance, self.midnight(day), self.region.climate.showers)
        for _ in range(400 if len(self.region.stations) >= 3 else 0):
            wettest, driest = self._afternoon(storms, day)
            if wettest >= 6.0 and driest <= 0.8:
                break
            storms = _showers(chance, self.midnight(day), self.region.climate.showers)
        return storms

    def _afternoon(self, storms: Floats, day: int) -> tuple[float, float]:
        first, last = (self.midnight(day) + 60 * h for h in AFTERNOON)
        minutes = np.arange(first - 8, last - 8, 4, dtype=np.float64)  # from routine report to routine report
        totals = rain(storms, self._plane[:3], minutes).sum(1) / 15
        return float(totals.max()), float(totals.min())

    def _truth(self, day: int) -> Truth:
        draw, storms = self.draw(day), self.storms(day)
        minutes = self.midnight(day) + np.arange(DAY_MINUTES, dtype=np.float64)
        evening = minutes[0] + np.arange(-RAMP, 0, dtype=np.float64)  # what fell before midnight still cools
        rates = rain(storms, self._plane, np.concatenate([evening, minutes]))
        rate = rates[:, RAMP:]
        push = outflow(storms, self._plane, minutes)
        wobble = np.sin(2 * np.pi * minutes[None, None, :] / self._waves[:, :, :1] + self._waves[:, :, 1:])
        warm = self.temperature(self._plane, self._inland, minutes, day)
        warm = warm + 0.35 * wobble[:, :4].sum(1) - _chill(rates / 60, RAMP)[:, RAMP:]
        fahrenheit = np.floor(warm + 0.5)
        by_day = np.clip(np.sin((minutes - minutes[0]) / DAY_MINUTES * 2 * np.pi - 2.0), -0.5, 1.0)
        wind = np.maximum(draw.wind_kt * (0.8 + 0.4 * by_day) + 1.2 * wobble[:, 3:5].sum(1) + 0.4 * push, 0.0)
        moist = draw.dew + wobble[:, 0] + 3.0 * (1 - np.exp(-_recent(rates / 60, RAMP)[:, RAMP:]))
        return Truth(
            fahrenheit=fahrenheit + self._bias,
            dew_f=np.minimum(moist, fahrenheit - 1.0),
            rate=rate,
            fallen=np.cumsum(rate / 60, axis=1),
            wind=wind,
            gust=wind * (1.22 + 0.1 * wobble[:, 5]) + 0.9 * push,
        )


def minute_of(at: Nanos) -> int:
    """Return the UTC minute an instant lies in."""
    return at // MINUTE


def nanos_of(minute: int) -> Nanos:
    """Return the instant a UTC minute begins."""
    return Nanos(minute * MINUTE)


def rain(storms: Floats, plane: Floats, minutes: Floats) -> Floats:
    """Return the rain rates of storms.

    Parameters
    ----------
    storms : (..., s, 8) float64
        Columns as named above; leading axes are members of an ensemble.
    plane : (p, 2) float64, km
        Points, east and north of the region's centre.
    minutes : (t,) float64
        UTC minutes since 1970, ascending.

    Returns
    -------
    (..., p, t) float64, mm/h
        Zero below `WET`.
    """
    rate = np.zeros((*storms.shape[:-2], len(plane), len(minutes)))
    for part, strength, near in _passing(storms, plane, minutes):
        rate[..., part] += strength * near
    rate[rate < WET] = 0.0
    return rate


def outflow(storms: Floats, plane: Floats, minutes: Floats) -> Floats:
    """Return the knots that air falling out of the storms adds to the wind; arguments and shape as for `rain`."""
    wind = np.zeros((*storms.shape[:-2], len(plane), len(minutes)))
    for part, strength, near in _passing(storms, plane, minutes):
        wind[..., part] = np.maximum(wind[..., part], 0.45 * strength * np.sqrt(np.sqrt(near)))
    return wind


def _passing(storms: Floats, plane: Floats, minutes: Floats) -> Iterator[tuple[slice, Floats, Floats]]:
    """Yield for each storm the minutes it lives in, its strength then (mm/h) and its nearness, 0 to 1."""
    for index in range(storms.shape[-2]):
        s = storms[..., index, :, None]
        since = minutes - s[..., T0, :]
        alive = np.cos(np.clip(since / s[..., HALF, :], -1, 1) * np.pi / 2)
        seen = np.flatnonzero(alive.reshape(-1, len(minutes)).max(0) > 1e-9)
        if not len(seen):
            continue
        part = slice(int(seen[0]), int(seen[-1]) + 1)
        east = (s[..., X0, :] + s[..., VX, :] * since)[..., None, part] - plane[:, :1]
        north = (s[..., Y0, :] + s[..., VY, :] * since)[..., None, part] - plane[:, 1:]
        east *= east
        north *= north
        east += north
        east /= -2 * s[..., RADIUS, :, None] ** 2
        yield part, (s[..., PEAK, :] * alive)[..., None, part], np.exp(east, out=east)


def shower(chance: np.random.Generator, since: int, span: int, count: int) -> Floats:
    """Return storms that peak at any minute of a span, shape (count, 8)."""
    speed, towards = chance.uniform(0.35, 0.8, count), np.radians(chance.normal(75, 20, count))
    return np.stack(
        [
            since + chance.uniform(0, span, count),
            chance.uniform(-45, 30, count),
            chance.uniform(-40, 45, count),
            speed * np.sin(towards),
            speed * np.cos(towards),
            chance.uniform(5, 11, count),
            chance.gamma(3.0, 12.0, count),
            chance.uniform(35, 75, count),
        ],
        axis=1,
    )


def _showers(chance: np.random.Generator, midnight: int, mean: float) -> Floats:
    """Return a day's storms: most in the afternoon."""
    storms = shower(chance, midnight, DAY_MINUTES, int(chance.poisson(1.2 * mean)))
    late = chance.random(len(storms)) < 0.75
    hour = np.clip(chance.normal(15.2, 2.4, len(storms)), 11, 23)
    storms[late, T0] = midnight + 60 * hour[late]
    return storms


def _diurnal(hour: Floats, anchors: tuple[float, float, float, float]) -> Floats:
    last_high, low, high, next_low = anchors
    night = PEAK_HOUR - LOW_HOUR
    fall = 24 - night
    early = low + (last_high - low) * (0.5 + 0.5 * np.cos((hour + fall - LOW_HOUR) / fall * np.pi))
    day = low + (high - low) * (0.5 - 0.5 * np.cos((hour - LOW_HOUR) / night * np.pi))
    late = next_low + (high - next_low) * (0.5 + 0.5 * np.cos((hour - PEAK_HOUR) / fall * np.pi))
    return np.where(hour < LOW_HOUR, early, np.where(hour < PEAK_HOUR, day, late))


def _recent(fallen: Floats, steps: int) -> Floats:
    total = np.cumsum(fallen, axis=1)
    before = np.zeros_like(total)
    before[:, steps:] = total[:, :-steps]
    return total - before


def _chill(fallen: Floats, steps: int) -> Floats:
    chill: Floats = 8.0 * (1 - np.exp(-_recent(fallen, steps) / 2.5))
    return chill


def _waves(seed: int, station: str) -> Floats:
    chance = np.random.default_rng((seed, int.from_bytes(station.encode())))
    periods = np.array([331.0, 143.0, 67.0, 31.0, 17.0, 11.0]) * chance.uniform(0.85, 1.15, 6)
    return np.stack([periods, chance.uniform(0, 2 * np.pi, 6)], axis=1)
