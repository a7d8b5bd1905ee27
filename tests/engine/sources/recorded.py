"""The recorded bodies of api.weather.gov: their clocks are markers such as ``date:now -44 seconds / PT13H``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from engine.core.when import instant
from tests.shared import shared

NOW = datetime(2026, 7, 15, 20, 0, tzinfo=UTC)
AT = instant("2026-07-15T20:00:00Z")
_MARKER = re.compile(rb"(date|day):now(:hour)? ([-+]?\d+) (second|minute|hour|day)s?(?: / (P[0-9DTHM]+))?")


_TODAY = re.compile(rb"date:today (\d\d):(\d\d):([-+]\d+) ([-+]\d+) hours")


def nws(file: str) -> bytes:
    """Return a recorded body with its markers replaced by times around `NOW`."""
    raw = shared(f"frames/weather/nws/{file}").read_bytes()
    return _TODAY.sub(_hour, _MARKER.sub(_time, raw))


def _hour(found: re.Match[bytes]) -> bytes:
    hour, minute, offset, more = (int(part) for part in found.groups())
    at = NOW.replace(hour=hour, minute=minute) + timedelta(hours=more - offset)
    return at.isoformat().encode()


def _time(found: re.Match[bytes]) -> bytes:
    start = NOW.replace(hour=0) if found[1] == b"day" else NOW
    at = start + timedelta(**{f"{found[4].decode()}s": int(found[3])})
    return at.isoformat().encode() + (b"/" + found[5] if found[5] else b"")
