"""National Weather Service, alerts and zone outlines: GeoJSON to alerts and their cells. Pure.

Only one in five alerts has a polygon; the others name zones, each with an address of its outline.

Source: weather-gov/api openapi; a recorded national set of 396 alerts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from engine.core.errors import BadReport
from engine.core.when import instant
from engine.sources.document import decoded
from engine.weather.alerts import Alert, is_zone
from engine.weather.areas import BadArea, Cells, cells_of

MOST: Final = 20_000
"""Alerts in one answer."""
MOST_ZONES: Final = 1_000
"""Of one alert."""
_URL = re.compile(
    r"(?:https://[a-z.]{1,40})?/?zones/(forecast|county|fire|public|coastal|offshore)/([A-Z]{2}[CZ]\d{3})"
)
_CONTROL = re.compile(r"[^\x20-\x7e]")


class _Reference(msgspec.Struct):
    identifier: str | None = ""


class _Geocode(msgspec.Struct):
    UGC: list[str | None] | None = []


class _Properties(msgspec.Struct):
    id: str
    event: str
    sent: str
    messageType: str = "Alert"
    status: str = "Actual"
    severity: str | None = None
    headline: str | None = None
    effective: str | None = None
    onset: str | None = None
    expires: str | None = None
    ends: str | None = None
    geocode: _Geocode | None = None
    affectedZones: list[str | None] | None = []
    references: list[_Reference] | None = []


class _Feature(msgspec.Struct):
    properties: msgspec.Raw
    geometry: Any = None


class _Collection(msgspec.Struct):
    features: list[msgspec.Raw]


class _Outline(msgspec.Struct):
    geometry: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer held."""

    alerts: tuple[Alert, ...]
    """Each id once, in the answer's order."""
    paths: Mapping[str, str]
    """Where the outline of a zone that they name can be had, by its code."""
    skipped: int
    """Features that could not be read, tests, and what never ends."""
    doubled: int
    """Features whose id had come before."""


def parse(body: bytes) -> Answer:
    """Return the alerts of an answer of /alerts or /alerts/active.

    Raises
    ------
    BadReport
        If it is too long, no collection, or holds more than `MOST` alerts.
    """
    rows = decoded(body, _Collection, "a collection of alerts").features
    if len(rows) > MOST:
        raise BadReport(f"more than {MOST} alerts", "")
    paths: dict[str, str] = {}
    by_id: dict[str, Alert] = {}
    skipped = doubled = 0
    for row in rows:
        alert = _alert(row, paths)
        skipped += alert is None
        doubled += alert is not None and alert.id in by_id
        if alert is not None:
            by_id.setdefault(alert.id, alert)
    return Answer(tuple(by_id.values()), paths, skipped, doubled)


def outline(body: bytes) -> Cells:
    """Return the cells of a zone by its document.

    Raises
    ------
    BadReport
        If it is too long or has no outline that can be put on the map.
    """
    try:
        return cells_of(decoded(body, _Outline, "a zone with its outline").geometry)
    except BadArea as e:
        raise BadReport(str(e), body[:200].decode("latin-1")) from e


def path_of(url: str) -> str | None:
    """Return the path of a zone's outline from its address; None unless it is one of this service."""
    found = _URL.fullmatch(url)
    return f"zones/{found[1]}/{found[2]}" if found else None


def _alert(raw: msgspec.Raw, paths: dict[str, str]) -> Alert | None:
    try:
        feature = msgspec.json.decode(raw, type=_Feature)
        row = msgspec.json.decode(feature.properties, type=_Properties)
        sent = instant(row.sent)
        expires = instant(row.expires or row.ends or "")
        found = Alert(
            id=row.id[:200],
            event=_plain(row.event, 80),
            severity=_plain(row.severity or "Unknown", 20),
            headline=_plain(row.headline, 300),
            sent=sent,
            effective=instant(row.effective) if row.effective else sent,
            onset=instant(row.onset) if row.onset else None,
            expires=expires,
            ends=instant(row.ends) if row.ends else None,
            zones=tuple(dict.fromkeys(code for code in _codes(row) if is_zone(code))),
            cells=None if feature.geometry is None else cells_of(feature.geometry),
            replaces=tuple(ref.identifier[:200] for ref in (row.references or ())[:500] if ref.identifier),
            cancelled=row.messageType == "Cancel",
        )
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError, BadArea):
        return None
    if row.status != "Actual" or not row.id:
        return None
    for url in (row.affectedZones or ())[:MOST_ZONES]:
        if path := path_of(url or ""):
            paths.setdefault(path[-6:], path)
    return found


def _codes(row: _Properties) -> list[str]:
    named = row.geocode.UGC if row.geocode else None
    return [code for code in (named or ())[:MOST_ZONES] if code]


def _plain(text: str | None, most: int) -> str:
    return _CONTROL.sub(" ", text or "")[:most]
