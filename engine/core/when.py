"""Instants as people and files write them: ISO 8601 in UTC with Z."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos

EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
"""Proleptic day number of 1 January 1970."""
MONDAY: Final = 4
"""Of the days since 1970, which began on a Thursday."""
DAYS_A_WEEK: Final = 7
FARTHEST: Final = 1 << 63
"""Nanoseconds from 1970 that neither the journal nor the ledger can hold: the years 1677 and 2262."""


def iso(at: Nanos) -> str:
    """Return an instant such as ``2026-07-03T17:53:00Z``; a fraction only where there is one."""
    seconds, rest = divmod(at, SECOND)
    whole = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{whole:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def instant(text: str) -> Nanos:
    """Return the instant an ISO 8601 text names; a text without an offset is UTC.

    Raises
    ------
    ValueError
        If the text is no date and time, or one that does not fit in 64 bits of nanoseconds.
    """
    stated = datetime.fromisoformat(text)
    aware = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    gap = aware - datetime.fromtimestamp(0, UTC)
    at = gap.days * DAY + gap.seconds * SECOND + gap.microseconds * 1_000
    if not -FARTHEST <= at < FARTHEST:
        msg = f"beyond what can be kept: {text[:40]!r}"
        raise ValueError(msg)
    return Nanos(at)


def at_minute(day: date, hour: int, minute: int) -> Nanos:
    """Return the instant of an hour and minute of a UTC day."""
    return Nanos((day.toordinal() - EPOCH_DAY) * DAY + hour * HOUR + minute * MINUTE)


def day_start(at: Nanos) -> Nanos:
    """Return 00:00 UTC of an instant's day: a day's result, loss limit and cap are counted from there."""
    return Nanos(at // DAY * DAY)


def week_start(at: Nanos) -> Nanos:
    """Return Monday 00:00 UTC of an instant's week, from where the week's result and loss limit are counted."""
    day = at // DAY
    return Nanos((day - (day - MONDAY) % DAYS_A_WEEK) * DAY)


def utc_day(at: Nanos) -> date:
    """Return the UTC day an instant lies in.

    Raises
    ------
    ValueError, OverflowError
        If it lies outside the calendar's years 1 to 9999.
    """
    return date.fromordinal(EPOCH_DAY + at // DAY)
