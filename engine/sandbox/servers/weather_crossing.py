"""The simulated day as Visual Crossing's timeline would serve it: one station's five-minute rows, or days.

A key is asked for and charged: each row of minutes is a record of its daily allowance, and errors are plain text.
Central Park's rows repeat its hourly value, and `stations` says where a row came from.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import h3
from aiohttp import web

from engine.core.units import DAY, HOUR, SECOND, Nanos
from engine.core.when import at_minute

if TYPE_CHECKING:
    from engine.sandbox.servers.weather_archive import Archive, Degree, Spot

ALLOWANCE: Final = 10_000
"""Records a key may be charged in a day of the simulated clock."""
MOST_DAYS: Final = 15
HOURLY: Final = frozenset({"KNYC"})
"""Stations without a five-minute feed."""


class CrossingServer:
    """Handlers over an archive."""

    def __init__(self, archive: Archive) -> None:
        """Serve what an archive holds."""
        self._archive = archive
        self._spent: dict[tuple[str, int], int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [web.get("/timeline/{place}/{first}/{last}", self._timeline)]

    async def _timeline(self, request: web.Request) -> web.Response:
        key = request.query.get("key", "")
        if not key:
            return plain(401, "No session or key found")
        spot = self._spot(request.match_info["place"])
        try:
            first, last = (date.fromisoformat(request.match_info[name]) for name in ("first", "last"))
        except ValueError:
            return plain(400, "Bad API Request:Invalid dates")
        if spot is None or not 0 <= (last - first).days < MOST_DAYS:
            return plain(400, "Bad API Request:Invalid location or dates")
        days = [self._day(spot, first + timedelta(days=n)) for n in range((last - first).days + 1)]
        if "minutes" not in request.query.get("include", "minutes"):
            days = [{name: value for name, value in day.items() if name != "hours"} for day in days]
        cost = sum(len(hour["minutes"]) for day in days for hour in day.get("hours", ())) or len(days)
        if not self._charged(key, cost):
            return plain(429, "Maximum daily cost exceeded")
        place = {"latitude": spot.row.lat, "longitude": spot.row.lon, "address": request.match_info["place"]}
        return web.json_response({"queryCost": cost, "timezone": "Z", "tzoffset": 0.0, **place, "days": days})

    def _spot(self, place: str) -> Spot | None:
        """Return the station that a place names, or the nearest to its coordinates."""
        lat, comma, lon = place.partition(",")
        if not comma:
            return self._archive.spots.get(place.removeprefix("stn:"))
        try:
            at = float(lat), float(lon)
        except ValueError:
            return None
        return min(
            self._archive.spots.values(), key=lambda spot: h3.great_circle_distance((spot.row.lat, spot.row.lon), at)
        )

    def _charged(self, key: str, cost: int) -> bool:
        """Charge a key; False when its allowance would not do."""
        today = key, int(self._archive.now() // DAY)
        spent = self._spent.get(today, 0) + cost
        if spent > ALLOWANCE:
            return False
        self._spent = {today: spent, **{who: sum_ for who, sum_ in self._spent.items() if who[1] == today[1]}}
        self._spent[today] = spent
        return True

    def _day(self, spot: Spot, day: date) -> dict[str, Any]:
        opens = at_minute(day, 0, 0)
        rows = list(self._archive.degrees(spot, opens, Nanos(opens + DAY), 5))
        hours = [
            {"datetimeEpoch": at * HOUR // SECOND, "minutes": _minutes(spot, list(group))}
            for at, group in groupby(rows, key=lambda row: row.at // HOUR)
        ]
        degrees = [row.fahrenheit for row in rows]
        return {
            "datetime": f"{day}", "datetimeEpoch": opens // SECOND, "source": "obs", "stations": [spot.row.id],
            "tempmax": max(degrees, default=0), "tempmin": min(degrees, default=0), "hours": hours,
        }  # fmt: skip


def plain(status: int, text: str) -> web.Response:
    """Return an error as the service words it."""
    return web.Response(status=status, text=text, content_type="text/plain")


def refuse(status: int) -> web.Response:
    """Return what the fault desk orders, in the service's words."""
    return plain(status, "Maximum concurrency exceeded" if status == 429 else "Internal error")


def _minutes(spot: Spot, rows: list[Degree]) -> list[dict[str, Any]]:
    """Return an hour's rows, all with its first value where the station reports but once an hour."""
    shown = [rows[0]] * len(rows) if spot.row.id in HOURLY else rows
    return [
        {
            "datetime": f"{datetime.fromtimestamp(row.at // SECOND, UTC):%H:%M:%S}", "datetimeEpoch": row.at // SECOND,
            "temp": _tenths(seen.celsius), "dew": _tenths(seen.dew_c), "stations": [spot.row.id],
        }
        for row, seen in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _tenths(celsius: int) -> float:
    """Return whole degrees of the five-minute feed as the service shows them: tenths of a degree Fahrenheit."""
    return round(celsius * 1.8 + 32.0, 1)
