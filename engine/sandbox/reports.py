"""What the simulated stations say: METAR and SPECI as their remarks carry them, and the daily climate report.

Only the text is made here; the reading comes from it by the same parser that reads real reports. Groups
and hours follow FMH-1 and what stations really send: T on every report, P when it was wet since the last
routine one, 1 and 2 at the six-hourly ones, 4 with the last of the local standard day, SPECI repeating P.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.events import Observed
from engine.core.reading import Reading, ReportKind
from engine.core.units import MINUTE, SECOND, Nanos
from engine.sandbox.places import station_id
from engine.sandbox.sky import DAY_MINUTES, nanos_of
from engine.weather import metar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.snapshot import StationRow
    from engine.sandbox.sky import Floats, Sky, Truth

SOURCE: Final = "DEMO"
HEAVY: Final = 4.0
"""Rain rate in mm/h whose onset is worth a special report."""
GUSTY: Final = 7
"""A gust is told when it exceeds the wind by this many knots."""
PEAK_KT: Final = 26
"""A peak wind is told from here on."""
CLIMATE_AFTER: Final = {"KNYC": 78, "KPHL": 55, "KMDW": 46, "KAUS": 121, "KDEN": 31, "KMIA": 262, "KLAX": 88}
"""Minutes after the local midnight at which a city's climate report is out."""


def hour(sky: Sky, first: int) -> list[Observed]:
    """Return what a region's stations report in the hour from UTC minute `first`, as it arrives."""
    chance = np.random.default_rng((sky.seed, first, sky.region.index, 1))
    late = chance.integers(40, 180, (len(sky.region.stations), 2)).tolist()
    found = [
        Observed(
            at=Nanos(reading.measured_at + late[index][reading.kind is ReportKind.SPECIAL] * SECOND), reading=reading
        )
        for index in range(len(sky.region.stations))
        for reading in spoken(sky, index, first)
    ]
    return sorted(found, key=lambda event: (event.at, event.reading.station))


@lru_cache(maxsize=1024)  # asked for twice: when it is played, and when the crowd wants to know how a market ends
def spoken(sky: Sky, index: int, first: int) -> tuple[Reading, ...]:
    """Return what one station reports in the hour from UTC minute `first`."""
    routine = first + sky.region.stations[index].routine_minute
    special = _onset(sky, index, first, routine)
    found = () if special is None else (report(sky, index, special, ReportKind.SPECIAL),)
    if silent(sky, index, routine):
        return found
    return (*found, report(sky, index, routine, ReportKind.ROUTINE))


def silent(sky: Sky, station: int, minute: int) -> bool:
    """Whether a routine report is lost: one a day, at a station far from home."""
    outer = range(5, len(sky.region.stations))
    if station not in outer:
        return False
    day, column = sky.local(minute)
    chance = np.random.default_rng((sky.seed, day, sky.region.index, 2))
    return station == int(chance.choice(outer)) and column // 60 == int(chance.integers(0, 23))


def climate(sky: Sky, day: int) -> Observed:
    """Return the official report of a local day at the region's home, issued in the night after it."""
    home, truth = sky.region.home, sky.truth(day)
    end = sky.midnight(day + 1)
    issued = end + CLIMATE_AFTER.get(home.id, 60)
    high, low = int(truth.fahrenheit[0].max()), int(truth.fahrenheit[0].min())
    rain = sky.tips(0, sky.midnight(day) - 1, end - 1)
    reading = Reading(
        station=station_id(home),
        measured_at=nanos_of(end),
        kind=ReportKind.CLIMATE,
        source=SOURCE,
        raw=_bulletin(sky, day, issued, high, low, rain, wet=bool(truth.rate[0].max() > 0)),
        high_f=high,
        low_f=low,
    )
    return Observed(at=nanos_of(issued), reading=reading)


def climates(sky: Sky, since: Nanos) -> Iterator[Observed]:
    """Yield the climate reports of a region's home from the local day of `since` on, for ever."""
    day, _ = sky.local(since // MINUTE)
    while True:
        yield climate(sky, day)
        day += 1


def observations(skies: Sequence[Sky], start: Nanos) -> Iterator[Observed]:
    """Yield what all stations report, as it arrives; what was reported before `start` that day comes at `start`."""
    first = min(sky.midnight(sky.local(start // MINUTE)[0]) for sky in skies)
    while True:
        batch = [event for sky in skies for event in hour(sky, first)]
        for event in sorted(batch, key=lambda event: event.at):
            yield event if event.at >= start else Observed(at=start, reading=event.reading)
        first += 60


def report(sky: Sky, index: int, minute: int, kind: ReportKind) -> Reading:
    """Return the report of a station at a UTC minute."""
    row, (truth, column) = sky.region.stations[index], sky.at(minute)
    routine, since = kind is ReportKind.ROUTINE, _last_routine(row, minute)
    fahrenheit = int(truth.fahrenheit[index, column])
    wind, gust = _wind(truth, index, column)
    peak, peak_at = _peak(sky.gusts(index, since, minute), minute)
    rates = sky.rates(index, since - 1, minute)
    wet = bool(rates[1:].max() > 0)
    tips = sky.tips(index, since, minute) if wet else None
    extremes = _extremes(sky, index, minute) if routine else (None,) * 4
    high6, low6, high24, low24 = extremes
    remarks = [
        "AO2",
        *([f"PK WND {_from(sky, minute):03d}{peak:02d}/{_clock(peak_at, minute)}"] if peak else []),
        *_begun(rates, since, minute),
        *([f"SLP{round(_hpa(sky, minute) * 10) % 1000:03d}"] if routine else []),
        *([f"P{tips:04d}"] if tips is not None else []),
        *(_totals(sky, index, minute) if routine else []),
        f"T{_signed(_tenths(fahrenheit))}{_signed(_tenths(_dew(truth, index, column)))}",
        *([f"1{_signed(high6)}", f"2{_signed(low6)}"] if high6 is not None and low6 is not None else []),
        *([f"4{_signed(high24)}{_signed(low24)}"] if high24 is not None and low24 is not None else []),
        *(_tendency(sky, minute) if routine else []),
        *(["$"] if sky.faulty == row.id else []),
    ]
    head = "METAR" if routine else "SPECI"
    stamp = datetime.fromtimestamp(minute * 60, UTC)
    body = f"{row.id} {stamp:%d%H%M}Z {_wind_text(_from(sky, minute), wind, gust)} {_sky_text(truth, index, column)}"
    whole = f"{_whole(fahrenheit)}/{_whole(_dew(truth, index, column))}".replace("-", "M")
    pressure = f"A{round(_hpa(sky, minute) / 33.8639 * 100):04d}"
    raw = f"{head} {body} {whole} {pressure} RMK {' '.join(remarks)}"
    return metar.parse(raw, nanos_of(minute), source=SOURCE, routine_minute=row.routine_minute)


def _onset(sky: Sky, index: int, first: int, routine: int) -> int | None:
    rates = sky.rates(index, first - 1, first + 55)
    starts = np.flatnonzero((rates[1:] >= HEAVY) & (rates[:-1] < HEAVY))
    minute = first + int(starts[0]) + 1 if len(starts) else None
    return None if minute is None or abs(minute - routine) < 4 else minute


def _last_routine(row: StationRow, minute: int) -> int:
    since = minute - minute % 60 + row.routine_minute
    return since if since < minute else since - 60


def _extremes(sky: Sky, index: int, minute: int) -> tuple[int | None, int | None, int | None, int | None]:
    six = day = None
    if minute // 60 % 6 == 5:
        six = sky.fahrenheit(index, minute - 360, minute)
    _, column = sky.local(minute)
    if column >= DAY_MINUTES - 60:
        day = sky.fahrenheit(index, minute - column - 1, minute)
    return *_ends(six), *_ends(day)


def _ends(values: Floats | None) -> tuple[int | None, int | None]:
    return (None, None) if values is None else (_tenths(int(values.max())), _tenths(int(values.min())))


def _wind(truth: Truth, index: int, column: int) -> tuple[int, int | None]:
    wind = round(float(truth.wind[index, column]))
    gust = round(float(truth.gust[index, max(0, column - 9) : column + 1].max()))
    wind = wind if wind >= 3 else 0
    return wind, gust if gust >= max(14, wind + GUSTY) else None


def _peak(gusts: Floats, minute: int) -> tuple[int | None, int]:
    peak = round(float(gusts.max()))
    return (peak if peak >= PEAK_KT else None), minute - len(gusts) + 1 + int(gusts.argmax())


def _clock(then: int, now: int) -> str:
    return f"{then % 60:02d}" if then // 60 == now // 60 else f"{then // 60 % 24:02d}{then % 60:02d}"


def _begun(rates: Floats, since: int, minute: int) -> list[str]:
    wet = rates > 0
    if not wet.any():
        return []
    turns = np.flatnonzero(wet[1:] != wet[:-1])
    marks = "".join(f"{'B' if wet[t + 1] else 'E'}{_clock(since + int(t), minute)}" for t in turns)
    return [f"RA{marks}"] if marks else []


def _totals(sky: Sky, index: int, minute: int) -> list[str]:
    found = []
    if minute // 60 % 3 == 2:
        span = 360 if minute // 60 % 6 == 5 else 180
        if sky.rates(index, minute - span, minute).max() > 0:
            found.append(f"6{sky.tips(index, minute - span, minute):04d}")
    if minute // 60 % 24 == 11 and sky.rates(index, minute - DAY_MINUTES, minute).max() > 0:
        found.append(f"7{sky.tips(index, minute - DAY_MINUTES, minute):04d}")
    return found


def _tendency(sky: Sky, minute: int) -> list[str]:
    if minute // 60 % 3 != 2:
        return []
    change = round((_hpa(sky, minute) - _hpa(sky, minute - 180)) * 10)
    return [f"5{'2' if change > 0 else '7' if change < 0 else '4'}{abs(change):03d}"]


def _hpa(sky: Sky, minute: int) -> float:
    day, column = sky.local(minute)
    part = column / DAY_MINUTES
    mean = sky.draw(day).hpa * (1 - part) + sky.draw(day + 1).hpa * part
    return mean + 1.2 * math.cos((column / 60 - 10) / 6 * math.pi)  # the tide of the atmosphere, twice a day


def _from(sky: Sky, minute: int) -> int:
    day, column = sky.local(minute)
    part = column / DAY_MINUTES
    mean = sky.draw(day).wind_from * (1 - part) + sky.draw(day + 1).wind_from * part
    return round(mean / 10) * 10 % 360 or 360


def _wind_text(towards: int, wind: int, gust: int | None) -> str:
    gusting = f"G{gust:02d}" if gust else ""
    return f"{towards if wind else 0:03d}{wind:02d}{gusting}KT"


def _sky_text(truth: Truth, index: int, column: int) -> str:
    rate = float(truth.rate[index, column])
    if rate == 0:
        soon = float(truth.rate[index, max(0, column - 45) : column + 45].max())
        return "10SM SCT040 BKN080 BKN200" if soon > 0 else "10SM FEW050 SCT250"
    if rate < 2.5:
        return "10SM -RA SCT035 BKN060 OVC110"
    if rate < 7.6:
        return "4SM RA BR BKN028 OVC060"
    return "1 1/2SM +TSRA BR BKN022CB OVC045" if rate > 15 else "2SM +RA BR BKN024 OVC050"


def _dew(truth: Truth, index: int, column: int) -> int:
    return math.floor(float(truth.dew_f[index, column]) + 0.5)


def _tenths(fahrenheit: int) -> int:
    return ((fahrenheit - 32) * 100 + 9) // 18  # half up, in integers


def _whole(fahrenheit: int) -> str:
    return f"{((fahrenheit - 32) * 10 + 9) // 18:03d}".removeprefix("0")


def _signed(tenths: int) -> str:
    return f"{int(tenths < 0)}{abs(tenths):03d}"


def _bulletin(sky: Sky, day: int, issued: int, high: int, low: int, rain: int, *, wet: bool) -> str:
    home, truth = sky.region.home, sky.truth(day)
    zone = timedelta(hours=home.utc_offset_hours)
    local = datetime.fromtimestamp(issued * 60, UTC) + zone
    of_day = datetime.fromtimestamp(day * 86_400, UTC)
    times = [of_day + timedelta(minutes=int(at)) for at in (truth.fahrenheit[0].argmax(), truth.fahrenheit[0].argmin())]
    amount = f"{rain / 100:.2f}" if rain or not wet else "T"
    return "\n".join(
        [
            f"CLI{home.id[1:]}",
            "",
            "CLIMATE REPORT",
            "SIMULATED DAY, NOT ISSUED BY ANY WEATHER SERVICE",
            f"{_civil(local)} LST {local:%a %b %d %Y}".upper(),
            "",
            "...................................",
            "",
            f"...THE {home.name} CLIMATE SUMMARY FOR {of_day:%B} {of_day.day} {of_day.year}...".upper(),
            "",
            "WEATHER ITEM   OBSERVED TIME",
            "                VALUE   (LST)",
            ".............................",
            "TEMPERATURE (F)",
            " YESTERDAY",
            f"  MAXIMUM      {high:6d}   {_civil(times[0]):>8}",
            f"  MINIMUM      {low:6d}   {_civil(times[1]):>8}",
            "",
            "PRECIPITATION (IN)",
            f"  YESTERDAY    {amount:>6}",
            "",
        ]
    )


def _civil(time: datetime) -> str:
    return f"{time.hour % 12 or 12}{time:%M} {'AM' if time.hour < 12 else 'PM'}"
