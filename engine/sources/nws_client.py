"""National Weather Service, api.weather.gov: what is asked of it.

Who names nobody is refused (403), unknown parameters are refused (400), and more than four decimals of a coordinate
are sent elsewhere (301). What the service says about freshness is right and is honoured by the client below.

Source: weather-gov/api, general FAQ and openapi.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from engine.core.errors import NoAnswer
from engine.core.ids import StationId
from engine.core.units import Nanos
from engine.core.when import iso
from engine.sources import nws_alerts, nws_grid, nws_observations, nws_places
from engine.sources.http import Client, Manner, Param, Reply, Told
from engine.weather.areas import Cells

BASE: Final = "https://api.weather.gov"
NAME: Final = "NWS"
MANNER: Final = Manner(every_s=0.5, burst=4, at_once=2, tries=3, accept="application/geo+json")
LD: Final = "application/ld+json"
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


class _Problem(msgspec.Struct):
    title: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Nws:
    """The service's documents, each with when we knew it.

    Every method raises `NoAnswer` when nothing came, and `BadReport` when what came is not the document.
    """

    client: Client
    minutes: Mapping[StationId, int] = field(default_factory=dict)
    """Minute of the hour of a station's routine report, where known."""

    async def observations(
        self, station: StationId, since: Nanos | None = None, until: Nanos | None = None, most: int = 500
    ) -> Told[nws_observations.Observations]:
        """Return a station's reports; without bounds those of about a week, as many as asked for."""
        bounds = [(name, iso(at)) for name, at in (("start", since), ("end", until)) if at is not None]
        params: list[Param] = [*bounds, ("limit", str(most))]
        answer = await self.client.get(f"stations/{_safe(station)}/observations", params)
        return Told.of(answer, nws_observations.parse(answer.body, self.minutes))

    async def latest(self, station: StationId) -> Told[nws_observations.Observations]:
        """Return a station's newest report."""
        answer = await self.client.get(f"stations/{_safe(station)}/observations/latest")
        return Told.of(answer, nws_observations.parse(answer.body, self.minutes))

    async def alerts(self, area: str = "", zone: str = "") -> Told[nws_alerts.Answer]:
        """Return the alerts in force, of the whole country, of an area such as ``NY``, or of a zone."""
        where = [(name, _safe(value)) for name, value in (("area", area), ("zone", zone)) if value]
        answer = await self.client.get("alerts/active", [("status", "actual"), *where])
        return Told.of(answer, await asyncio.to_thread(nws_alerts.parse, answer.body))

    async def outline(self, url: str) -> Told[Cells]:
        """Return the cells of a zone by its address or path; only zones of this service are asked for."""
        path = nws_alerts.path_of(url)
        if path is None:
            raise NoAnswer(NAME, f"{NAME}: no zone of this service: {url[:60]!r}", lasting=True)
        answer = await self.client.get(path)
        return Told.of(answer, await asyncio.to_thread(nws_alerts.outline, answer.body))  # some take a second

    async def point(self, lat: float, lon: float) -> Told[nws_places.Point]:
        """Return where a place lies in the grid; places outside the country are a lasting `NoAnswer`."""
        answer = await self.client.get(f"points/{coordinate(lat)},{coordinate(lon)}")
        return Told.of(answer, nws_places.point(answer.body))

    async def grid(self, office: str, x: int, y: int) -> Told[nws_grid.Grid]:
        """Return the layers of a cell."""
        answer = await self.client.get(f"gridpoints/{_safe(office)}/{x},{y}")
        return Told.of(answer, nws_grid.parse(answer.body))

    async def hourly(self, office: str, x: int, y: int) -> Told[tuple[nws_grid.Period, ...]]:
        """Return the forecast of a cell in words, hour by hour."""
        answer = await self.client.get(f"gridpoints/{_safe(office)}/{x},{y}/forecast/hourly")
        return Told.of(answer, nws_grid.periods(answer.body))

    async def stations(self, office: str, x: int, y: int) -> Told[tuple[nws_places.Near, ...]]:
        """Return the stations around a cell, the nearest first."""
        answer = await self.client.get(f"gridpoints/{_safe(office)}/{x},{y}/stations")
        return Told.of(answer, nws_places.stations(answer.body))

    async def products(self, kind: str, location: str) -> Told[tuple[nws_places.Product, ...]]:
        """Return the list of about a week's products, such as ``CLI`` of ``NYC``, the newest first."""
        answer = await self.client.get(f"products/types/{_safe(kind)}/locations/{_safe(location)}", accept=LD)
        return Told.of(answer, nws_places.products(answer.body))

    async def product(self, name: str) -> Told[nws_places.Product]:
        """Return a product with its text, by its id in a list."""
        answer = await self.client.get(f"products/{_safe(name)}", accept=LD)
        return Told.of(answer, nws_places.product(answer.body))


def judge(name: str, reply: Reply) -> NoAnswer | None:
    """Return what a problem document says; 403 is about who asks, not about what."""
    if reply.status == 403:
        why = f"{name} refuses who asks: name a contact in the settings"
        return NoAnswer(name, why, status=403, lasting=True)
    if "problem+json" not in reply.headers.get("content-type", "") or reply.status in MANNER.retried:
        return None
    try:
        said = msgspec.json.decode(reply.body[:20_000], type=_Problem)
    except msgspec.DecodeError:
        return None
    line = " ".join(re.sub(r"[^\x20-\x7e]", " ", said.detail or said.title).split())[:160]
    return NoAnswer(name, f"{name} refuses: {line or reply.status}", status=reply.status, lasting=True)


def coordinate(degrees: float) -> str:
    """Return degrees with at most four decimals and no zeros at their end, as the service wants them."""
    return f"{degrees:.4f}".rstrip("0").rstrip(".")


def _safe(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NoAnswer(NAME, f"{NAME}: nothing is called {name[:20]!r}", lasting=True)
    return name
