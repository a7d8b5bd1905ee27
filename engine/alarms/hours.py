"""Quiet hours on the clock of a zone: right on the days on which its clocks are put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.core.units import SECOND
from engine.views.alarms import DAY

if TYPE_CHECKING:
    from engine.core.units import Nanos
    from engine.views.alarms import Hours

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def refusal(hours: Hours) -> str:
    """Return in one sentence why hours cannot be; empty when they can."""
    if zone(hours.zone) is None:
        return f"no such time zone: {hours.zone[:60]!r}"
    if not (0 <= hours.starts < DAY and 0 <= hours.ends < DAY):
        return "quiet hours begin and end at a minute of the day"
    return ""


def quiet(hours: Hours, at: Nanos) -> bool:
    """Whether a moment lies within the quiet hours. Those that end when they begin are none."""
    found = zone(hours.zone) if hours.on else None
    if found is None or hours.starts == hours.ends:
        return False
    local = (_EPOCH + timedelta(microseconds=at // (SECOND // 1_000_000))).astimezone(found)
    minute = 60 * local.hour + local.minute
    if hours.starts < hours.ends:
        return hours.starts <= minute < hours.ends
    return minute >= hours.starts or minute < hours.ends


def zone(name: str) -> ZoneInfo | None:
    """Return a zone of the IANA database; None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that is a folder, or leads out of the database
        return None
