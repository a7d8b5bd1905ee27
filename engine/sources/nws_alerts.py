"""National Weather Service, alerts and zone outlines: GeoJSON to alerts and polygons. Pure.

Only one in five alerts has a polygon; the others name zones, each with an address of its outline.

Source: weather-gov/api openapi; a recorded national set of 396 alerts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from engine.core.errors import BadReport
from engine.core.units import Nanos
from engine.core.when import instant
from engine.sources.document import decoded
from engine.weather.alerts import Alert, Polygon, Ring

MOST: Final = 20_000
"""Alerts in one answer."""
MOST_POINTS: Final = 200_000
"""Of one outline; the largest county has some 20,000."""
_UGC = re.compile(r"[A-Z]{2}[CZ]\d{3}")
_CONTROL = re.compile(r"[^\x20-\x7e\n]")


_NULL: Final = msgspec.Raw(b"null")


class _Reference(msgspec.Struct):
    identifier: str = ""


class _Geocode(msgspec.Struct):
    UGC: list[str] = []


class _Properties(msgspec.Struct):
    id: str
    event: str
    sent: str
    messageType: str = "Alert"
    status: str = "Actual"
    severity: str | None = None
    certainty: str | None = None
    urgency: str | None = None
    headline: str | None = None
    description: str | None = None
    areaDesc: str | None = None
    senderName: str | None = None
    effective: str | None = None
    onset: str | None = None
    expires: str | None = None
    ends: str | None = None
    geocode: _Geocode | None = None
    affectedZones: list[str] = []
    references: list[_Reference] = []


class _Geometry(msgspec.Struct):
    type: str
    coordinates: list[Any] = []
    geometries: list[Any] = []


class _Feature(msgspec.Struct):
    properties: msgspec.Raw
    geometry: msgspec.Raw = _NULL


class _Collection(msgspec.Struct):
    features: list[msgspec.Raw]


class _Outline(msgspec.Struct):
    geometry: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Alerts:
    """What an answer held."""

    alerts: tuple[Alert, ...]
    """Each id once, in the answer's order."""
    skipped: int
    """Features that could not be read, tests and drafts."""
    doubled: int
    """Features whose id had come before."""


def parse(body: bytes, known_at: Nanos) -> Alerts:
    """Return the alerts of an answer of /alerts or /alerts/active.

    Raises
    ------
    BadReport
        If it is too long, no collection, or holds more than `MOST` alerts.
    """
    rows = decoded(body, _Collection, "a collection of alerts").features
    if len(rows) > MOST:
        raise BadReport(f"more than {MOST} alerts", "")
    found = [_alert(row, known_at) for row in rows]
    good = [alert for alert in found if alert is not None]
    by_id = {alert.id: alert for alert in reversed(good)}
    once = [alert for alert in good if by_id.get(alert.id) is alert]
    return Alerts(tuple(once), len(found) - len(good), len(good) - len(once))


def outline(body: bytes) -> tuple[Polygon, ...]:
    """Return the polygons of a zone's document.

    Raises
    ------
    BadReport
        If it is too long or has no outline that can be read.
    """
    found = _polygons(decoded(body, _Outline, "a zone with its outline").geometry)
    if not found:
        raise BadReport("a zone without an outline", body[:200].decode("latin-1"))
    return found


def _alert(raw: msgspec.Raw, known_at: Nanos) -> Alert | None:
    try:
        feature = msgspec.json.decode(raw, type=_Feature)
        row = msgspec.json.decode(feature.properties, type=_Properties)
        sent = instant(row.sent)
        begins = instant(row.onset or row.effective or row.sent)
        ends = instant(row.ends or row.expires or "")
        polygons = _polygons(feature.geometry)
    except (msgspec.DecodeError, ValueError, OverflowError, BadReport):
        return None
    if row.status != "Actual" or not row.id:
        return None
    zones = [code for code in (row.geocode.UGC if row.geocode else []) if _UGC.fullmatch(code)]
    return Alert(
        id=row.id[:200],
        event=_plain(row.event, 80),
        message=row.messageType[:20],
        severity=_plain(row.severity or "Unknown", 20),
        certainty=_plain(row.certainty, 20),
        urgency=_plain(row.urgency, 20),
        headline=_plain(row.headline, 300),
        description=_plain(row.description, 4_000),
        area=_plain(row.areaDesc, 1_000),
        sender=_plain(row.senderName, 80),
        sent_at=sent,
        begins_at=begins,
        ends_at=ends,
        polygons=polygons,
        zones=tuple(dict.fromkeys(zones)),
        zone_urls=tuple(dict.fromkeys(url[:200] for url in row.affectedZones[:1_000])),
        replaces=tuple(ref.identifier[:200] for ref in row.references[:500] if ref.identifier),
        known_at=known_at,
    )


def _plain(text: str | None, most: int) -> str:
    return _CONTROL.sub(" ", text or "")[:most]


def _polygons(raw: msgspec.Raw) -> tuple[Polygon, ...]:
    """Return the polygons of a geometry; () of null or of a kind that has no area.

    Raises
    ------
    BadReport
        If its points cannot be read.
    """
    if bytes(raw).strip() == b"null":
        return ()
    found = tuple(_shapes(decoded(raw, _Geometry, "a geometry")))
    if sum(len(ring) for polygon in found for ring in polygon) > MOST_POINTS:
        raise BadReport(f"an outline of more than {MOST_POINTS} points", "")
    return found


def _shapes(shape: _Geometry) -> Iterator[Polygon]:
    if shape.type == "Polygon":
        yield _polygon(shape.coordinates)
    elif shape.type == "MultiPolygon":
        yield from map(_polygon, shape.coordinates)
    elif shape.type == "GeometryCollection":
        for part in shape.geometries[:1_000]:
            try:
                inner = msgspec.convert(part, _Geometry)
            except msgspec.ValidationError as e:
                raise BadReport("a part that is no geometry", "") from e
            if inner.type in ("Polygon", "MultiPolygon"):
                yield from _shapes(inner)


def _polygon(rings: object) -> Polygon:
    try:
        read = msgspec.convert(rings, list[list[list[float]]])
    except (msgspec.ValidationError, TypeError) as e:
        raise BadReport("a ring without points", "") from e
    if any(len(point) < 2 for ring in read for point in ring):
        raise BadReport("a point of fewer than two numbers", "")
    return tuple(_ring([(point[0], point[1]) for point in ring]) for ring in read)


def _ring(points: list[tuple[float, float]]) -> Ring:
    """Return a ring of longitudes and latitudes as one of latitudes and longitudes, closed."""
    if len(points) < 3 or not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in points):
        raise BadReport("a ring of fewer than three points, or off the Earth", "")
    closed = points if points[0] == points[-1] else [*points, points[0]]
    return tuple((lat, lon) for lon, lat in closed)
