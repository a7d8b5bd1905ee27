"""The simulated day's NBM, ECMWF and JMA: percentiles of a blend, members of an ensemble, hours as JSON.

They are made of the same runs as HRRR and GEFS (`engine.sandbox.model_runs`), in the words of their own services.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
from aiohttp import web

from engine.core.units import HOUR, SECOND, Nanos
from engine.sandbox.model_runs import REACH_HOURS
from engine.sandbox.sky import minute_of
from engine.sources import ecmwf, nbm
from engine.sources.grib_message import Facts
from engine.weather.gridded import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.sandbox.model_runs import ModelRuns
    from engine.sandbox.servers.world import World

OUT_MIN: Final = {"nbm": 70.0, "ecmwf": 440.0}
"""Minutes after a run's hour at which its files are out."""
PERCENTILES: Final = {10: -1.2816, 50: 0.0, 90: 1.2816}
"""And where they lie in a normal law."""
BLENDED: Final = 11
"""Members of which the blend's rain is made."""
DAY_HOURS: Final = 18
"""Of the blend's day, and of its night."""
MOST_PLACES: Final = 50
HOURS: Final = 72
_NBM = re.compile(r"blend\.(\d{8})/(\d\d)/qmd/blend\.t\d\dz\.qmd\.f(\d{3})\.co\.grib2")
_ECMWF = re.compile(r"(\d{8})/(\d\d)z/ifs/0p25/(oper|enfo)/\d{14}-(\d{1,3})h-(?:oper-fc|enfo-ef)\.grib2")

Key = tuple[Nanos, str, int]


def key(bucket: str, path: str) -> Key | None:
    """Return run, stream and hour of a path; None where a bucket has no such file, ever."""
    if bucket == "nbm" and (found := _NBM.fullmatch(path)):
        run, hour = run_of(found[1], found[2]), int(found[3])
        return (run, "", hour) if run is not None and not run // HOUR % nbm.EVERY and 0 < hour <= REACH_HOURS else None
    if bucket == "ecmwf" and (found := _ECMWF.fullmatch(path)):
        run, stream, hour = run_of(found[1], found[2]), found[3], int(found[4])
        far = REACH_HOURS if stream == "enfo" else ecmwf.AHEAD + ecmwf.EVERY
        sound = not hour % ecmwf.STEP and hour <= far
        return (run, stream, hour) if run is not None and not run // HOUR % ecmwf.EVERY and sound else None
    return None


def run_of(day: str, hour: str) -> Nanos | None:
    """Return a run by its day and hour; None where there is no such moment."""
    try:
        at = datetime.strptime(day + hour, "%Y%m%d%H").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Nanos(int(at.timestamp()) * SECOND)


def written(runs: ModelRuns, bucket: str, asked: Key) -> tuple[bytes, bytes]:
    """Return a file and its index; ecCodes makes it."""
    run, stream, hour = asked
    return _blend(runs, run, hour) if bucket == "nbm" else _global(runs, run, stream, hour)


def _blend(runs: ModelRuns, run: Nanos, hour: int) -> tuple[bytes, bytes]:
    from engine.sources.grib_decode import coded  # where ecCodes is

    body, index = b"", []
    day = datetime.fromtimestamp(run // SECOND, UTC)
    for number, (what, facts, field) in enumerate(_percentiles(runs, run, hour), 1):
        words = f"{facts.start // 60}-{facts.end // 60} hour {facts.kind} fcst"
        index.append(f"{number}:{len(body)}:d={day:%Y%m%d%H}:{what}:{words}:{facts.percentile}% level")
        body += coded(facts, field)
    return body, "\n".join([*index, ""]).encode()


def _percentiles(runs: ModelRuns, run: Nanos, hour: int) -> Iterator[tuple[str, Facts, Field]]:
    """Yield the percentiles that end at an hour: rain of each of the windows, the extreme of a day or a night."""
    ends = (run // HOUR + hour) % 24
    for length in nbm.RAIN_HOURS:
        if hour >= length and ends % nbm.EVERY == 0:
            fields = [runs.rain(run, hour - length, hour, member, coarse=True) for member in range(BLENDED)]
            amounts = np.stack([one.values for one in fields])
            for percent in PERCENTILES:
                values = np.quantile(amounts, percent / 100, axis=0)
                facts = _facts(run, hour - length, hour, (0, 1, 8), "acc", percentile=percent)
                yield "APCP:surface", facts, _like(fields[0], values)
    kind = {nbm.WARM_HOURS[1] % 24: "max", nbm.COLD_HOURS[1] % 24: "min"}.get(ends, "")
    if kind and hour >= DAY_HOURS:
        fields = [runs.kelvin(run, h, coarse=True) for h in range(hour - DAY_HOURS, hour + 1)]
        extreme = np.stack([one.values for one in fields]).max(0) if kind == "max" else (
            np.stack([one.values for one in fields]).min(0)
        )  # fmt: skip
        for percent, z in PERCENTILES.items():
            facts = _facts(run, hour - DAY_HOURS, hour, (0, 0, 0), kind, 2.0, percentile=percent)
            yield "TMP:2 m above ground", facts, _like(fields[0], extreme + z * runs.apart(hour))


def _global(runs: ModelRuns, run: Nanos, stream: str, hour: int) -> tuple[bytes, bytes]:
    from engine.sources.grib_decode import coded  # where ecCodes is

    body, index = b"", []
    at = datetime.fromtimestamp(run // SECOND, UTC)
    for name, facts, field in _members(runs, run, stream, hour):
        message = coded(facts, field)
        row = {
            "_offset": len(body), "_length": len(message), "date": f"{at:%Y%m%d}", "time": f"{at:%H%M}",
            "step": str(hour), "param": name, "type": "pf" if stream == "enfo" else "fc", "levtype": "sfc",
        }  # fmt: skip
        if facts.member is not None:
            row["number"] = str(facts.member)
        index.append(json.dumps(row))
        body += message
    return body, "\n".join([*index, ""]).encode()


def _members(runs: ModelRuns, run: Nanos, stream: str, hour: int) -> Iterator[tuple[str, Facts, Field]]:
    if stream == "oper":
        yield "2t", _facts(run, hour, hour, (0, 0, 0), "", 2.0), runs.kelvin(run, hour, coarse=True)
        return
    for member in ecmwf.MEMBERS:
        if hour:
            facts = _facts(run, 0, hour, (0, 1, 8), "acc", member=member)
            yield "tp", facts, runs.rain(run, 0, hour, member, coarse=True)


def _like(field: Field, values: np.ndarray) -> Field:
    return Field(field.grid, values, field.i0, field.j0)


def _facts(
    run: Nanos, start: int, end: int, parameter: tuple[int, int, int], kind: str, level: float = 0.0,
    percentile: int | None = None, member: int | None = None,
) -> Facts:  # fmt: skip
    return Facts(
        run=run, start=60 * start, end=60 * end, kind=kind, parameter=parameter, name="", unit="",
        level_kind="heightAboveGround" if level else "surface", level=level, percentile=percentile, member=member,
    )  # fmt: skip


def hours(world: World, places: Sequence[tuple[float, float]], now: Nanos) -> list[dict[str, object]]:
    """Return the temperature of places, hour by hour from the day's midnight, as Open-Meteo tells it."""
    midnight = now // (24 * HOUR) * 24 * HOUR
    times = [Nanos(midnight + n * HOUR) for n in range(HOURS)]
    return [
        {
            "hourly_units": {"time": "unixtime", "temperature_2m": "°F"},
            "hourly": {"time": [at // SECOND for at in times], "temperature_2m": _curve(world, one, other, times)},
        }
        for one, other in places
    ]


def _curve(world: World, lat: float, lon: float, times: Sequence[Nanos]) -> list[float]:
    sky = min(world.skies, key=lambda s: (s.region.home.lat - lat) ** 2 + (s.region.home.lon - lon) ** 2)
    plane, inland = sky.region.plane([(lat, lon)]), sky.region.inland([(lat, lon)])
    found = []
    for at in times:
        minute = minute_of(at)
        day, _ = sky.local(minute)
        found.append(round(float(sky.temperature(plane, inland, np.array([float(minute)]), day)[0, 0]), 1))
    return found


def answer(world: World, query: Mapping[str, str], now: Nanos) -> web.Response:
    """Answer a question about places as Open-Meteo would; one that it cannot read is refused with its reason."""
    places = _places(query)
    units = tuple(query.get(name, "") for name in ("hourly", "temperature_unit", "timeformat"))
    if places is None or units != ("temperature_2m", "fahrenheit", "unixtime"):
        return web.json_response({"error": True, "reason": "Parameters are missing or of no such value."}, status=400)
    told = hours(world, places, now)
    return web.json_response(told[0] if len(told) == 1 else told)


def _places(query: Mapping[str, str]) -> list[tuple[float, float]] | None:
    try:
        lat, lon = ([float(part) for part in query[name].split(",")] for name in ("latitude", "longitude"))
    except (KeyError, ValueError):
        return None
    sound = (
        len(lat) == len(lon) <= MOST_PLACES and all(abs(one) <= 90 for one in lat) and all(abs(x) <= 180 for x in lon)
    )
    return list(zip(lat, lon, strict=True)) if sound else None
