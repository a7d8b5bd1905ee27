"""National Weather Service, what leads to the rest: points, stations near a cell, lists of products. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.units import Nanos
from engine.core.when import instant
from engine.sources.document import decoded

_ZONE = re.compile(r"([A-Z]{2}[CZ]\d{3})$")
_STATION = re.compile(r"[A-Z0-9]{3,5}")
_PRODUCT = re.compile(r"[A-Za-z0-9-]{8,64}")


class _PointFacts(msgspec.Struct):
    gridId: str
    gridX: int
    gridY: int
    timeZone: str = ""
    forecastZone: str = ""
    county: str = ""


class _Point(msgspec.Struct):
    properties: _PointFacts


class _Distance(msgspec.Struct):
    value: float | None = None


class _StationFacts(msgspec.Struct):
    stationIdentifier: str
    name: str = ""
    provider: str | None = ""
    distance: _Distance | None = None


class _Where(msgspec.Struct):
    coordinates: list[float]


class _Station(msgspec.Struct):
    properties: _StationFacts
    geometry: _Where


class _Stations(msgspec.Struct):
    features: list[msgspec.Raw]


class _Listed(msgspec.Struct):
    id: str
    issuanceTime: str
    productCode: str = ""
    issuingOffice: str = ""


class _Graph(msgspec.Struct):
    graph: list[msgspec.Raw] = msgspec.field(name="@graph")


class _Product(_Listed):
    productText: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a place lies in the service's grid."""

    office: str
    x: int
    y: int
    zone: str
    """IANA name."""
    forecast_zone: str
    county: str


@dataclass(frozen=True, slots=True)
class Near:
    """A station near a cell."""

    id: StationId
    name: str
    lat: float
    lon: float
    provider: str
    metres: float | None


@dataclass(frozen=True, slots=True)
class Product:
    """A text product, or its entry in a list, where it has no text."""

    id: str
    issued_at: Nanos
    code: str
    office: str
    text: str = ""


def point(body: bytes) -> Point:
    """Return where a point lies.

    Raises
    ------
    BadReport
        If it is too long or no point.
    """
    found = decoded(body, _Point, "a point").properties
    zones = [match[1] if (match := _ZONE.search(url)) else "" for url in (found.forecastZone, found.county)]
    if not re.fullmatch(r"[A-Z]{3}", found.gridId):
        raise BadReport("a point without a grid", body[:200].decode("latin-1"))
    return Point(found.gridId, found.gridX, found.gridY, found.timeZone[:40], zones[0], zones[1])


def stations(body: bytes) -> tuple[Near, ...]:
    """Return the stations of an answer that can be read, the nearest first as the service sorts them.

    Raises
    ------
    BadReport
        If it is too long or no collection.
    """
    rows = decoded(body, _Stations, "a collection of stations").features
    return tuple(found for found in map(_near, rows) if found is not None)


def products(body: bytes) -> tuple[Product, ...]:
    """Return the entries of a list of products that can be read, the newest first.

    Raises
    ------
    BadReport
        If it is too long or no list.
    """
    rows = decoded(body, _Graph, "a list of products").graph
    found = (_listed(row) for row in rows)
    return tuple(sorted((p for p in found if p is not None), key=lambda product: -product.issued_at))


def product(body: bytes) -> Product:
    """Return a product with its text.

    Raises
    ------
    BadReport
        If it is too long or no product.
    """
    row = decoded(body, _Product, "a product")
    try:
        issued_at = instant(row.issuanceTime)
    except (ValueError, OverflowError) as e:
        raise BadReport("a product without a time of issue", body[:200].decode("latin-1")) from e
    return Product(row.id[:64], issued_at, row.productCode[:6], row.issuingOffice[:6], row.productText)


def _near(raw: msgspec.Raw) -> Near | None:
    try:
        row = msgspec.json.decode(raw, type=_Station)
    except msgspec.DecodeError:
        return None
    facts, place = row.properties, row.geometry.coordinates
    if not _STATION.fullmatch(facts.stationIdentifier) or len(place) < 2:
        return None
    metres = facts.distance.value if facts.distance else None
    provider = (facts.provider or "")[:40]
    return Near(StationId(facts.stationIdentifier), facts.name[:80], place[1], place[0], provider, metres)


def _listed(raw: msgspec.Raw) -> Product | None:
    try:
        row = msgspec.json.decode(raw, type=_Listed)
        issued_at = instant(row.issuanceTime)
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
    if not _PRODUCT.fullmatch(row.id):
        return None
    return Product(row.id, issued_at, row.productCode[:6], row.issuingOffice[:6])
