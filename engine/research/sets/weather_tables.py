"""Weather beside the markets: five-minute observations with what providers foretold, and official highs over years.

Only what somebody could have known at the time becomes an event. A reanalysis, and a file of forecasts that joins the
shortest lead times, are known days later: they have rows to learn climates from, and no events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError
from engine.core.events import Observed
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import instant
from engine.research.sets import recording
from engine.research.sets.recording import Assumed, DataSet, Part, nothing, one, table
from engine.weather import climate_day

if TYPE_CHECKING:
    from engine.core.events import Event

KNOWN_AFTER: Final = 5 * MINUTE
"""From an observation to where it could be read: five-minute reports are passed on so late."""
REPORT: Final = 10 * HOUR
"""From the end of a climate day to its final report."""
OFFSETS: Final = {"KNYC": -5, "KMIA": -5, "KMDW": -6, "KAUS": -6}
"""Hours of local standard time."""
CITIES: Final = {"ny": "KNYC", "fl": "KMIA", "il": "KMDW", "tx": "KAUS"}
SETTLES: Final = {"KXHIGHNY": "KNYC", "KXHIGHMIA": "KMIA", "KXHIGHAUS": "KAUS"}
"""Series whose file is of the station that settles; Chicago's is O'Hare's, and of the others nobody has looked."""
HOTTEST: Final = Decimal(140)
COLDEST: Final = Decimal(-100)
FORETOLD: Final = ("eval_history.csv", "predictions_history.csv", "intraday_forecasts.csv")
OBSERVED: Final = "observations.csv"
CHECK: Final = "daily_high_check.csv"
HIGHS: Final = "acis_daily_high_20cities.csv"
LATER: Final = (
    "openmeteo_archive_hourly_5cities.csv",
    "openmeteo_historical_forecast_daily.csv",
    "openmeteo_historical_forecast_hourly.csv",
)


@dataclass(frozen=True, slots=True)
class CheckedDay:
    """A city's climate day: what the observations came to, and what was official by either source."""

    station: str
    day: date
    most: Decimal
    observations: int
    cli: int | None
    acis: int


def checked(folder: Path) -> tuple[CheckedDay, ...]:
    """Return the days that the set's author held against the official highs."""
    file = folder / CHECK
    return tuple(
        recording.made(file, number, _checked, row)
        for number, row in enumerate(table(file, "climate_day_lst", "city", "max_obs_f", "acis_high_f"), 2)
    )


def official(folder: Path) -> dict[tuple[str, date], int]:
    """Return the climate report's high by station and day, as decisions were settled on it."""
    found: dict[tuple[str, date], int] = {}
    for row in table(one(folder, FORETOLD[0]), "trade_date", "city", "settlement_tmax_f"):
        if row["settlement_tmax_f"]:
            key = CITIES[row["city"]], date.fromisoformat(row["trade_date"])
            value = int(_degrees(row["settlement_tmax_f"]).to_integral_value(ROUND_HALF_UP))
            if found.setdefault(key, value) != value:
                raise InputError(f"{folder}/{FORETOLD[0]}: {key[0]} {key[1]} settled at {found[key]} and at {value}")
    return found


def observed(folder: Path) -> dict[str, tuple[Reading, ...]]:
    """Return the observations by station and time; five-minute rows are whole degrees Celsius."""
    file = one(folder, OBSERVED)
    shelves: dict[str, list[Reading]] = {}
    for number, row in enumerate(table(file, "obs_time_utc", "city", "stid", "temp_f"), 2):
        made = recording.made(file, number, _reading, row)
        shelf = shelves.setdefault(made.station, [])
        if shelf and made.measured_at <= shelf[-1].measured_at:
            raise InputError(f"{file}: line {number}: {made.station} is not after the row before")
        shelf.append(made)
    return {station: tuple(shelf) for station, shelf in sorted(shelves.items())}


def four_cities(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the observations of each station, what providers foretold, and the author's check."""
    settled = official(folder)
    for station, readings in observed(folder).items():
        if not wanted or station in wanted:
            yield Part(
                name=station, rows=len(readings), results={}, events=_observations(station, readings, settled),
                groups=(("station", station),), notes=("known five minutes after each observation",),
            )  # fmt: skip
    for name, rows in (
        ("forecasts", sum(1 for file in FORETOLD for _ in table(one(folder, file)))),
        ("check", len(checked(folder))),
    ):
        if not wanted or name in wanted:
            yield Part(name=name, rows=rows, results={}, events=nothing, notes=("no event: read as tables",))


def daily_highs(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the official highs, known the morning after, and the tables that were known later than that."""
    if not wanted or HIGHS in wanted:
        file = one(folder, HIGHS)
        rows = list(table(file, "ticker", "date", "nws_high"))
        told = [made for n, row in enumerate(rows, 2) if (made := recording.made(file, n, _high, row)) is not None]
        yield Part(
            name=HIGHS, rows=len(rows), results={}, events=_reports(told), groups=(("kind", "official"),),
            notes=("of the three series whose station is known to settle",),
        )  # fmt: skip
    for name in LATER:
        if not wanted or name in wanted:
            rows_of = sum(1 for _ in table(one(folder, name)))
            yield Part(name=name, rows=rows_of, results={}, events=nothing, groups=(("kind", "known later"),),
                       notes=("known only later: for climates, never for a decision of its day",))  # fmt: skip


def _observations(
    station: str, readings: tuple[Reading, ...], settled: dict[tuple[str, date], int]
) -> Callable[[], Iterator[Event]]:
    def events() -> Iterator[Event]:
        told: list[Event] = [Observed(at=Nanos(r.measured_at + KNOWN_AFTER), reading=r) for r in readings]
        told += [_report(station, day, high) for (of, day), high in settled.items() if of == station]
        yield from sorted(told, key=lambda event: event.at)

    return events


def _reports(told: list[Observed]) -> Callable[[], Iterator[Event]]:
    return lambda: iter(sorted(told, key=lambda event: (event.at, event.reading.station)))


def _report(station: str, day: date, high: int) -> Observed:
    _, closes = climate_day.window(day, OFFSETS[station])
    reading = Reading(station=StationId(station), measured_at=closes, kind=ReportKind.CLIMATE, source="CLI", raw="",
                      high_f=high)  # fmt: skip
    return Observed(at=Nanos(closes + REPORT), reading=reading)


def _high(row: dict[str, str]) -> Observed | None:
    day = date.fromisoformat(row["date"])
    value = _degrees(row["nws_high"]) if row["nws_high"] else None
    station = SETTLES.get(row["ticker"])
    return None if station is None or value is None else _report(station, day, int(value))


def _reading(row: dict[str, str]) -> Reading:
    if CITIES.get(row["city"]) != row["stid"]:
        raise ValueError(f"{row['stid'][:8]!r} is not the station of {row['city'][:8]!r}")
    tenths = int(((_degrees(row["temp_f"]) - 32) * 50 / 9).to_integral_value(ROUND_HALF_UP))
    hourly = row["stid"] == "KNYC"
    return Reading(
        station=StationId(row["stid"]), measured_at=instant(row["obs_time_utc"]), source="RECORDED", raw="",
        kind=ReportKind.ROUTINE if hourly else ReportKind.FIVE_MINUTE, temp_tenths_c=tenths if hourly else None,
        temp_whole_c=None if hourly else round(tenths / 10),
    )  # fmt: skip


def _checked(row: dict[str, str]) -> CheckedDay:
    cli = row["cli_high_f_eval"]
    return CheckedDay(
        CITIES[row["city"]], date.fromisoformat(row["climate_day_lst"]), _degrees(row["max_obs_f"]), int(row["n_obs"]),
        int(_degrees(cli)) if cli else None, int(_degrees(row["acis_high_f"])),
    )  # fmt: skip


def _degrees(text: str) -> Decimal:
    found = Decimal(text)
    if not found.is_finite() or not COLDEST <= found <= HOTTEST:
        raise ValueError(f"{text[:20]} is no temperature in F")
    return found


STATIONS: Final = DataSet(
    name="asos-10min-4city-2026-01", title="Observations of four cities, forecasts of eight providers, official highs",
    source="github JHenzi/weatherbots, no licence: local checks only", parts=four_cities, narrow=True,
)  # fmt: skip
CLIMATE: Final = DataSet(
    name="weather-daily-highs", title="Official highs of 19 cities over four years, and temperatures known later",
    source="github maxz073/kalshi-weather, no licence: local checks only; cpratim/Kalshi-Weather-Trading, MIT",
    parts=daily_highs, narrow=True,
)  # fmt: skip
