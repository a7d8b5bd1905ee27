"""The model of Japan's weather service, as Open-Meteo passes it on: temperatures of stations, hour by hour.

The Japan Meteorological Agency has no public bucket that is known here. Open-Meteo is free for non-commercial use
alone, which trading for oneself may not be: this model is off unless it is asked for by name, and says so.

The answer tells no run and no spread; p10 and p90 are what such forecasts were off by.

Source: Open-Meteo, JMA API.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from engine.core.errors import BadReport, NoAnswer
from engine.core.events import GridForecast, StationForecast
from engine.core.units import HOUR, SECOND, Nanos
from engine.sources import forecasts
from engine.sources.document import decoded
from engine.sources.forecasts import Wanted, about, sigma_f
from engine.sources.http import Client, Manner, Param, Reply

if TYPE_CHECKING:
    from engine.core.snapshot import StationRow

BASE: Final = "https://api.open-meteo.com/v1"
NAME: Final = "JMA"
NOTE: Final = (
    "Open-Meteo passes JMA's model on for non-commercial use only: whoever names it in the settings says it is"
)
CREDIT: Final = "Open-Meteo, CC BY 4.0; open-meteo.com; model of the Japan Meteorological Agency"
MANNER: Final = Manner(every_s=2.0, tries=3, largest=4 << 20)
ASKED_AT_ONCE: Final = 50
"""Places in one question."""
MOST_HOURS: Final = 400
DAYS: Final = "3"
FAHRENHEIT: Final = "°F"


class _Units(msgspec.Struct):
    time: str
    temperature_2m: str


class _Hourly(msgspec.Struct):
    time: list[int]
    temperature_2m: list[float | None]


class _Place(msgspec.Struct):
    hourly_units: _Units
    hourly: _Hourly


class _Refusal(msgspec.Struct):
    reason: str = ""


@dataclass(slots=True)
class OpenMeteo:
    """JMA's model behind the port of `engine.sources.forecasts`; stations only."""

    client: Client
    now: Callable[[], Nanos]
    _told: tuple[tuple[bytes, ...], tuple[str, ...], tuple[StationForecast, ...]] = ((), (), ())

    @property
    def name(self) -> str:
        """As `Forecasts.name`."""
        return NAME

    @property
    def credit(self) -> str:
        """As `Forecasts.credit`."""
        return CREDIT

    async def stations(self, rows: Sequence[StationRow]) -> tuple[StationForecast, ...]:
        """As `Forecasts.stations`."""
        bodies: list[bytes] = []
        found: list[StationForecast] = []
        for first in range(0, len(rows), ASKED_AT_ONCE):
            group = rows[first : first + ASKED_AT_ONCE]
            answer = await self.client.get("jma", _question(group))
            bodies.append(answer.body)
            for row, place in zip(group, parse(answer.body, len(group)), strict=True):
                found += self._event(row, place, answer.asked_at)
        key = tuple(bodies), tuple(row.id for row in rows)
        if self._told[:2] != key:
            self._told = (*key, tuple(found))
        return self._told[2]

    async def grid(self, wanted: Wanted) -> GridForecast:
        """Refuse: a grid is thousands of places, and the service is free for a few."""
        raise forecasts.refused(NAME, wanted.metric, "Open-Meteo is asked for stations, not for cells")

    def _event(self, row: StationRow, place: dict[Nanos, float], at: Nanos) -> tuple[StationForecast, ...]:
        """Return a station's hours from now on as an event; nothing where all are past."""
        times = [time for time in sorted(place) if time > at - HOUR]
        if not times:
            return ()
        middles = np.array([place[time] for time in times])
        sigmas = np.concatenate([sigma_f(max((time - at) / HOUR, 0.0), None, 1) for time in times])
        quantiles = about(middles, sigmas).T[:, :, None]
        return forecasts.station_events([row], quantiles, times, at, f"{NAME} via Open-Meteo", "usual error", CREDIT)


def parse(body: bytes, count: int) -> list[dict[Nanos, float]]:
    """Return degrees Fahrenheit by time for each of the places asked about.

    Raises
    ------
    BadReport
        If it is no such answer, of other places or in other units.
    """
    what = "an answer of Open-Meteo"
    places = decoded(body, list[_Place], what) if count > 1 else [decoded(body, _Place, what)]  # one comes alone
    if len(places) != count:
        raise BadReport(f"an answer of Open-Meteo about {len(places)} places, not {count}", "")
    return [_hours(place) for place in places]


def _hours(place: _Place) -> dict[Nanos, float]:
    units, hourly = place.hourly_units, place.hourly
    if (units.time, units.temperature_2m) != ("unixtime", FAHRENHEIT):
        raise BadReport(f"an answer of Open-Meteo in {units.temperature_2m[:10]!r} by {units.time[:10]!r}", "")
    if len(hourly.time) != len(hourly.temperature_2m) or len(hourly.time) > MOST_HOURS:
        raise BadReport(f"an answer of Open-Meteo of {len(hourly.time)} times", "")
    return {
        Nanos(time * SECOND): value
        for time, value in zip(hourly.time, hourly.temperature_2m, strict=True)
        if value is not None and abs(value) < 200 and 0 < time < 1 << 33
    }


def _question(rows: Sequence[StationRow]) -> list[Param]:
    return [
        ("latitude", ",".join(f"{row.lat:.4f}" for row in rows)),
        ("longitude", ",".join(f"{row.lon:.4f}" for row in rows)),
        ("hourly", "temperature_2m"),
        ("temperature_unit", "fahrenheit"),
        ("timeformat", "unixtime"),
        ("forecast_days", DAYS),
    ]


def judge(name: str, reply: Reply) -> NoAnswer | None:
    """Return what a refusal of the service says."""
    if reply.status != 400:
        return None
    try:
        said = msgspec.json.decode(reply.body[:4_000], type=_Refusal).reason
    except msgspec.DecodeError:
        return None
    line = " ".join("".join(c if " " <= c <= "~" else " " for c in said).split())[:160]
    return NoAnswer(name, f"{name} refuses: {line or 'the question'}", status=400, lasting=True)
