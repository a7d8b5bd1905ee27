"""The 52 real station-days of Atlanta: every report of the day and its neighbours' hours, and what was official."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from engine.core.reading import Reading
from engine.core.units import Nanos
from engine.core.when import instant
from engine.weather import climate_day, metar
from tests.shared import shared

PAIRS = "frames/weather/lcd/settlement_pairs_KATL_2020.json"


@dataclass(frozen=True)
class Day:
    date: date
    opens: Nanos
    closes: Nanos
    readings: tuple[Reading, ...]
    reports: tuple[tuple[str, str], ...]
    high_f: int
    low_f: int
    rain_in: str


def days() -> list[Day]:
    return [_day(stated) for stated in json.loads(shared(PAIRS).read_text())]


def _day(stated: dict) -> Day:
    day = date.fromisoformat(stated["date"])
    opens, closes = climate_day.window(day, stated["lst_utc_offset_hours"])
    return Day(
        date=day,
        opens=opens,
        closes=closes,
        readings=tuple(metar.parse(text, instant(at)) for at, text in stated["reports"]),
        reports=tuple((at, text) for at, text in stated["reports"]),
        high_f=stated["official_high_f"],
        low_f=stated["official_low_f"],
        rain_in=stated["official_precip"],
    )
