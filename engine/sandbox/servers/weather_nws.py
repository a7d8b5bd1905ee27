"""The simulated day as api.weather.gov would serve it, its habits included.

Who sends no User-Agent is turned away, unknown parameters are an error, coordinates with more than four decimals are
sent elsewhere, rows of the five-minute feed have an empty report, and equal neighbours of a layer are merged.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import h3
from aiohttp import web

from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import instant, iso

if TYPE_CHECKING:
    from engine.core.events import Observed
    from engine.core.reading import Reading
    from engine.sandbox.servers.weather_archive import Archive, Degree, Spot

OFFICE: Final = "SIM"
REACH_KM: Final = 60.0
"""A point farther than this from every simulated station lies outside the simulated country."""
MOST: Final = 500
HALF_DEGREE: Final = 0.15
ROUTINE: Final = frozenset({ReportKind.ROUTINE, ReportKind.SPECIAL})
FRESH: Final = {"observations": 60, "gridpoints": 600, "alerts": 5, "products": 60, "points": 3_600, "zones": 3_600}
"""Seconds for which an answer may be used, by the first part of its path or by ``observations``."""


class NwsServer:
    """Handlers over an archive."""

    def __init__(self, archive: Archive) -> None:
        """Serve what an archive holds."""
        self._archive = archive
        self._spots = list(archive.spots.values())

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve; fixed paths before those that take anything."""
        return [
            web.get("/stations/{station}/observations", self._observations),
            web.get("/stations/{station}/observations/latest", self._latest),
            web.get("/points/{lat},{lon}", self._point),
            web.get("/gridpoints/{office}/{x},{y}", self._grid),
            web.get("/gridpoints/{office}/{x},{y}/stations", self._stations),
            web.get("/alerts/active", self._alerts),
            web.get("/products/types/{kind}/locations/{place}", self._products),
            web.get("/products/{name}", self._product),
        ]

    async def _observations(self, request: web.Request) -> web.Response:
        spot = self._archive.spots.get(request.match_info["station"])
        if spot is None:
            return problem(404, "NotFound", "Not Found")
        query = request.query
        if unknown := set(query) - {"start", "end", "limit", "cursor"}:
            return problem(400, "BadRequest", f"Query parameter {sorted(unknown)[0]!r} is not recognized")
        try:
            now = self._archive.now()
            since = instant(query["start"]) if "start" in query else Nanos(now - DAY)
            until = instant(query["end"]) if "end" in query else Nanos(now + MINUTE)
            most = min(int(query.get("limit", str(MOST))), MOST)
        except (ValueError, OverflowError):
            return problem(400, "BadRequest", "start, end and limit must be times and a number")
        return self._answer({"type": "FeatureCollection", "features": self._rows(spot, since, until)[:most]})

    async def _latest(self, request: web.Request) -> web.Response:
        spot = self._archive.spots.get(request.match_info["station"])
        now = self._archive.now()
        rows = [] if spot is None else self._rows(spot, Nanos(now - 2 * HOUR), Nanos(now + MINUTE))
        return self._answer(rows[0]) if rows else problem(404, "NotFound", "Not Found")

    def _rows(self, spot: Spot, since: Nanos, until: Nanos) -> list[dict[str, Any]]:
        """Return a station's rows, the newest first; Central Park has no five-minute feed."""
        made = [(r.measured_at, _report(spot, r)) for r in self._archive.readings(spot, since, until, ROUTINE)]
        if spot.row.id != "KNYC":
            made += [(d.at, _five(spot, d)) for d in self._archive.degrees(spot, since, until, 5)]
        return [row for _, row in sorted(made, key=lambda pair: -pair[0])]

    async def _point(self, request: web.Request) -> web.Response:
        texts = request.match_info["lat"], request.match_info["lon"]
        try:
            lat, lon = (float(text) for text in texts)
        except ValueError:
            return problem(400, "InvalidParameter", 'Parameter "point" is invalid')
        if any(len(text.partition(".")[2]) > 4 for text in texts):
            raise web.HTTPMovedPermanently(f"/points/{round(lat, 4):g},{round(lon, 4):g}")
        near = min(range(len(self._spots)), key=lambda n: _km(self._spots[n], lat, lon))
        if _km(self._spots[near], lat, lon) > REACH_KM:
            return problem(404, "InvalidPoint", f"Unable to provide data for requested point {texts[0]},{texts[1]}")
        return self._answer({"properties": {
            "gridId": OFFICE, "gridX": near, "gridY": 0, "timeZone": "UTC", "forecastZone": "", "county": "",
        }})  # fmt: skip

    def _cell(self, request: web.Request) -> Spot | None:
        found = request.match_info
        if found["office"] != OFFICE or found["y"] != "0" or not found["x"].isdecimal():
            return None
        number = int(found["x"])
        return self._spots[number] if number < len(self._spots) else None

    async def _grid(self, request: web.Request) -> web.Response:
        spot = self._cell(request)
        if spot is None:
            return problem(404, "InvalidGridpoint", "Not Found")
        now = self._archive.now()
        run = Nanos(now - now % HOUR)
        hours = self._archive.world.outlook.station(spot.sky, spot.index, run).hours
        degrees = [(hour.valid_at, round((hour.p50 - 32) * 5 / 9, 2)) for hour in hours]
        return self._answer({"type": "Feature", "properties": {
            "gridId": OFFICE, "gridX": self._spots.index(spot), "gridY": 0, "updateTime": iso(run),
            "temperature": {"uom": "wmoUnit:degC", "values": _merged(degrees)},
        }})  # fmt: skip

    async def _stations(self, request: web.Request) -> web.Response:
        spot = self._cell(request)
        if spot is None:
            return problem(404, "InvalidGridpoint", "Not Found")
        found = sorted((_km(other, spot.row.lat, spot.row.lon), other.row.id, other) for other in self._spots)
        return self._answer({"type": "FeatureCollection", "features": [
            {"geometry": {"type": "Point", "coordinates": [other.row.lon, other.row.lat]},
             "properties": {"stationIdentifier": other.row.id, "name": other.row.name, "provider": "SIM",
                            "distance": {"unitCode": "wmoUnit:m", "value": km * 1_000}}}
            for km, _, other in found
        ]})  # fmt: skip

    async def _alerts(self, _: web.Request) -> web.Response:
        now = self._archive.now()
        made = [_alert(spot, rate, Nanos(now - now % (30 * MINUTE))) for spot, rate in self._archive.raining()]
        return self._answer({"type": "FeatureCollection", "features": made, "updated": iso(now)})

    async def _products(self, request: web.Request) -> web.Response:
        spot = self._archive.find(request.match_info["place"])
        cli = request.match_info["kind"] == "CLI"
        found = self._archive.climates(spot) if spot is not None and cli else []
        return self._answer({"@graph": [_product(spot, event) for event in found] if spot is not None else []})

    async def _product(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        for spot in self._spots:
            for event in self._archive.climates(spot):
                made = _product(spot, event)
                if made["id"] == name:
                    return self._answer({**made, "productText": f"\n000\n{event.reading.raw}\n$$"})
        return problem(404, "NotFound", "Not Found")

    def _answer(self, document: dict[str, Any]) -> web.Response:
        return web.json_response(document, content_type="application/geo+json")


def problem(status: int, name: str, detail: str) -> web.Response:
    """Return an error as the service words it."""
    body = {
        "title": name, "type": f"https://api.weather.gov/problems/{name}", "status": status, "detail": detail,
        "correlationId": "simulated",
    }  # fmt: skip
    return web.json_response(body, status=status, content_type="application/problem+json")


def fresh(path: str) -> int:
    """Return for how many seconds an answer to a path may be used."""
    kind = "observations" if "/observations" in path else path.split("/")[1]
    return FRESH.get(kind, 0)


def _km(spot: Spot, lat: float, lon: float) -> float:
    return float(h3.great_circle_distance((spot.row.lat, spot.row.lon), (lat, lon)))


def _quantity(value: float | None, unit: str) -> dict[str, Any]:
    return {"unitCode": f"wmoUnit:{unit}", "value": value, "qualityControl": "Z" if value is None else "V"}


def _feature(spot: Spot, at: Nanos, text: str, celsius: float | None, wind_kt: int | None) -> dict[str, Any]:
    wind = None if wind_kt is None else round(wind_kt * 1.852, 3)
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [spot.row.lon, spot.row.lat]},
        "properties": {
            "station": f"https://api.weather.gov/stations/{spot.row.id}", "stationId": spot.row.id,
            "timestamp": iso(at), "rawMessage": text, "temperature": _quantity(celsius, "degC"),
            "windSpeed": _quantity(wind, "km_h-1"), "windGust": _quantity(None, "km_h-1"),
        },
    }  # fmt: skip


def _report(spot: Spot, reading: Reading) -> dict[str, Any]:
    text = reading.raw.removeprefix("METAR ").removeprefix("SPECI ")
    tenths = reading.temp_tenths_c
    return _feature(spot, reading.measured_at, text, None if tenths is None else tenths / 10, reading.wind_kt)


def _five(spot: Spot, degree: Degree) -> dict[str, Any]:
    return _feature(spot, degree.at, "", degree.celsius, None)


def _merged(hours: list[tuple[Nanos, float]]) -> list[dict[str, Any]]:
    """Return hourly values as spans, equal neighbours in one."""
    found = []
    for value, group in groupby(hours, key=lambda hour: hour[1]):
        times = [at for at, _ in group]
        found.append({"validTime": f"{iso(times[0])[:-1]}+00:00/PT{len(times)}H", "value": value})
    return found


def _alert(spot: Spot, rate: float, since: Nanos) -> dict[str, Any]:
    """Return a warning around a station at which it pours; the same one for half an hour."""
    lat, lon, off = spot.row.lat, spot.row.lon, HALF_DEGREE
    ring = [[lon - off, lat - off], [lon + off, lat - off], [lon + off, lat + off], [lon - off, lat + off]]
    return {
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {
            "id": f"urn:oid:simulated.{spot.row.id}.{since // MINUTE}", "event": "Flash Flood Warning",
            "status": "Actual", "messageType": "Alert", "severity": "Severe", "certainty": "Likely",
            "urgency": "Immediate", "sent": iso(since), "effective": iso(since), "onset": iso(since),
            "expires": iso(Nanos(since + HOUR)), "ends": None, "areaDesc": spot.row.name, "senderName": "Simulated",
            "headline": f"Flash Flood Warning around {spot.row.name}", "geocode": {"UGC": []}, "affectedZones": [],
            "references": [], "description": f"Simulated: rain of more than {rate // 10 * 10:.0f} mm an hour.",
        },
    }  # fmt: skip


def _product(spot: Spot, event: Observed) -> dict[str, Any]:
    return {
        "id": f"cli-{spot.row.id}-{event.at // MINUTE}", "wmoCollectiveId": "CDUS43", "issuingOffice": "KSIM",
        "issuanceTime": iso(event.at), "productCode": "CLI", "productName": "Climatological Report (Daily)",
    }  # fmt: skip
