"""The simulated day as the Iowa Environmental Mesonet would serve it, its habits included.

The K of four letters is missing, ends are exclusive, an unknown station is a header and nothing else, tables begin
with ``#DEBUG`` lines unless asked not to, and numbers that are missing are the letter M.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, MINUTE, Nanos
from engine.core.when import instant, iso
from engine.sandbox.servers.weather_archive import LONGEST, MINUTES_LATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.events import Observed
    from engine.sandbox.servers.weather_archive import Archive, Degree, Spot

ROUTINE_KINDS: Final = {
    "1": ReportKind.FIVE_MINUTE, "2": ReportKind.ROUTINE, "3": ReportKind.ROUTINE, "4": ReportKind.SPECIAL,
}  # fmt: skip
ALL: Final = frozenset(ReportKind)
DEBUG: Final = "#DEBUG: Format Typ    -> comma\n" + "#DEBUG: simulated, not issued by any weather service\n" * 4
MOST_STATIONS: Final = 200


class IemServer:
    """Handlers over an archive."""

    def __init__(self, archive: Archive) -> None:
        """Serve what an archive holds."""
        self._archive = archive

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.get("/cgi-bin/request/asos.py", self._asos),
            web.get("/cgi-bin/request/asos1min.py", self._minutes),
            web.get("/cgi-bin/afos/retrieve.py", self._texts),
            web.get("/json/cli.py", self._climates),
            web.get("/json/cf6.py", self._climates),
            web.get("/geojson/network.py", self._network),
        ]

    async def _asos(self, request: web.Request) -> web.Response:
        query = request.query
        asked = _list(query.getall("station", []))
        if not 0 < len(asked) <= MOST_STATIONS:
            return _plain("When requesting all-stations, must be less than 24 hours.", 400)
        since, until = _window(query.get("sts", ""), query.get("ets", ""))
        if since is None or until is None:
            return _plain("Invalid times provided.", 422)
        kinds = _list(query.getall("report_type", []))
        columns = [name for name in _list(query.getall("data", [])) if name in COLUMNS] or ["tmpf"]
        wanted = frozenset(ROUTINE_KINDS[kind] for kind in kinds if kind in ROUTINE_KINDS) or ALL
        lines = [",".join(["station", "valid", *columns])]
        for name in asked:
            spot = self._archive.find(name)
            rows = [] if spot is None else self._rows(spot, since, until, wanted)
            lines += [",".join([row["station"], row["valid"], *(row[c] for c in columns)]) for row in rows]
        head = "" if query.get("format", "onlycomma").startswith("only") else DEBUG
        return _plain(head + "\n".join(lines) + "\n")

    def _rows(self, spot: Spot, since: Nanos, until: Nanos, kinds: frozenset[ReportKind]) -> list[dict[str, str]]:
        made = [(r.measured_at, _row(r)) for r in self._archive.readings(spot, since, until, kinds)]
        if ReportKind.FIVE_MINUTE in kinds:
            made += [(d.at, _five(spot, d)) for d in self._archive.degrees(spot, since, until, 5)]
        return [row for _, row in sorted(made, key=lambda pair: pair[0])]

    async def _minutes(self, request: web.Request) -> web.Response:
        query = request.query
        since, until = _window(query.get("sts", ""), query.get("ets", ""))
        if since is None or until is None or until - since > 2 * DAY:
            return _plain("Invalid times provided.", 422)
        lines = ["station,station_name,valid(UTC),tmpf,dwpf,sknt,gust_sknt,precip"]
        for name in _list(query.getall("station", [])):
            spot = self._archive.find(name)
            if spot is None:
                return _plain(f"Unknown station {name[:8]} specified in request.", 422)
            head = f"{_short(spot)},{spot.row.name}"
            rows = self._archive.degrees(spot, since, until, 1, MINUTES_LATE)
            lines += [f"{head},{_stamp(d.at)},{d.fahrenheit},{d.dew_f},M,M,M" for d in rows]
        return _plain("\n".join(lines) + "\n")

    async def _texts(self, request: web.Request) -> web.Response:
        pil = request.query.get("pil", "")[:8]
        spot = self._archive.find(pil[3:])
        make: Callable[[Spot, Observed], str] | None = {"CLI": _bulletin, "DSM": _summary}.get(pil[:3])
        issued = self._archive.climates(spot) if spot is not None and make is not None else []
        since, until = _window(request.query.get("sdate", "1970-01-01"), request.query.get("edate", "2100-01-01"))
        inside = [e for e in issued if (since or 0) <= e.at < (until or e.at + 1)]
        if request.query.get("order", "desc") == "asc":
            inside = inside[::-1]
        if spot is None or make is None or not inside:
            return _plain(f"ERROR: Could not Find: {pil}")
        texts = (f"\001\n{make(spot, event)}\n\003\n" for event in inside)
        return _plain("".join(texts))

    async def _climates(self, request: web.Request) -> web.Response:
        spot = self._archive.find(request.query.get("station", ""))
        year = request.query.get("year", "")
        rows = [] if spot is None else [_result(spot, event) for event in self._archive.climates(spot)]
        inside = [row for row in rows if row["valid"].startswith(year)]
        return web.json_response({"generated_at": iso(self._archive.now()), "results": inside[::-1]})

    async def _network(self, _: web.Request) -> web.Response:
        places = [_place(spot) for spot in self._archive.spots.values()]
        return web.json_response({"type": "FeatureCollection", "features": places, "count": len(places)})


COLUMNS: Final = ("tmpf", "dwpf", "sknt", "gust", "p01i", "peak_wind_gust", "peak_wind_time", "metar")


def _list(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _window(since: str, until: str) -> tuple[Nanos | None, Nanos | None]:
    try:
        opens, closes = instant(since), instant(until)
    except (ValueError, OverflowError):
        return None, None
    return (Nanos(max(opens, closes - LONGEST)), closes) if opens < closes else (None, None)


def _plain(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/plain")


def _stamp(at: Nanos) -> str:
    return iso(at)[:16].replace("T", " ")


def _short(spot: Spot) -> str:
    return spot.row.id[1:] if spot.row.id.startswith("K") else spot.row.id


def _row(reading: Reading) -> dict[str, str]:
    """Return a report as the service prints it: the type word is gone, commas too."""
    tenths = reading.temp_tenths_c
    rain = reading.precip_hundredths_in
    return {
        "station": reading.station[1:] if reading.station.startswith("K") else reading.station,
        "valid": _stamp(reading.measured_at),
        "tmpf": "M" if tenths is None else f"{tenths * 9 / 50 + 32:.2f}",
        "dwpf": "M",
        "sknt": _number(reading.wind_kt),
        "gust": _number(reading.gust_kt),
        "p01i": "M" if rain is None else "T" if reading.trace else f"{rain / 100:.2f}",
        "peak_wind_gust": _number(reading.peak_wind_kt),
        "peak_wind_time": "M" if reading.peak_wind_at is None else _stamp(reading.peak_wind_at),
        "metar": reading.raw.removeprefix("METAR ").removeprefix("SPECI ").replace(",", " "),
    }


def _five(spot: Spot, degree: Degree) -> dict[str, str]:
    """Return a row of the five-minute feed: whole Celsius, and in the report alone."""
    day = datetime.fromtimestamp(degree.at // 1_000_000_000, UTC)
    whole = "/".join(f"{c:03d}".replace("-", "M") if c < 0 else f"{c:02d}" for c in (degree.celsius, degree.dew_c))
    row = dict.fromkeys(COLUMNS, "M")
    text = f"{spot.row.id} {day:%d%H%M}Z AUTO {whole} RMK MADISHF"
    return {**row, "station": _short(spot), "valid": _stamp(degree.at), "metar": text}


def _number(value: int | None) -> str:
    return "M" if value is None else f"{value:.2f}"


def _local(spot: Spot, event: Observed) -> tuple[int, datetime]:
    """Return the local day of a climate report, as counted from 1970 and as a date."""
    day, _ = spot.sky.local(int(event.reading.measured_at // MINUTE) - 1)
    return day, datetime.fromtimestamp(0, UTC) + timedelta(days=day)


def _bulletin(spot: Spot, event: Observed) -> str:
    issued = datetime.fromtimestamp(event.at // 1_000_000_000, UTC)
    return f"000 \nCDUS43 KSIM {issued:%d%H%M}\n{event.reading.raw}\n$$"


def _summary(spot: Spot, event: Observed) -> str:
    day, of_day = _local(spot, event)
    row = spot.sky.truth(day).fahrenheit[spot.index]
    ends = [f"{int(row[at]):2d}{at // 60:02d}{at % 60:02d}" for at in (int(row.argmax()), int(row.argmin()))]
    rain = spot.sky.tips(spot.index, spot.sky.midnight(day) - 1, spot.sky.midnight(day + 1) - 1)
    high, low = int(row.max()), int(row.min())
    return (
        f"{spot.row.id} DS {of_day:%d/%m} {ends[0]}/ {ends[1]}// {high:2d}/ {low:2d}//M/{rain:02d}/" + "-/" * 24 + "="
    )


def _result(spot: Spot, event: Observed) -> dict[str, Any]:
    day, of_day = _local(spot, event)
    issued = datetime.fromtimestamp(event.at // 1_000_000_000, UTC)
    tips = spot.sky.tips(spot.index, spot.sky.midnight(day) - 1, spot.sky.midnight(day + 1) - 1)
    wet = spot.sky.truth(day).rate[spot.index].max() > 0
    return {
        "station": spot.row.id, "valid": f"{of_day:%Y-%m-%d}", "name": spot.row.name, "wfo": "SIM",
        "product": f"{issued:%Y%m%d%H%M}-KSIM-CDUS43-CLI{_short(spot)}",
        "high": event.reading.high_f, "low": event.reading.low_f,
        "precip": "T" if wet and not tips else tips / 100, "snow": "M", "snowdepth": "M",
    }  # fmt: skip


def _place(spot: Spot) -> dict[str, Any]:
    row = spot.row
    return {
        "type": "Feature", "id": _short(spot), "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
        "properties": {"sname": row.name, "sid": _short(spot), "network": "SIM_ASOS", "online": True},
    }  # fmt: skip
