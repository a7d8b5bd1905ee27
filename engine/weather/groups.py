"""Which six-hour and 24-hour groups a climate day still gets, and which of its hours they speak of. Pure.

Six-hour groups come with the routine reports before 00, 06, 12 and 18 UTC, so that where the local standard day does
not begin with one of them the first group straddles midnight and tells nothing sure (R3). The 24-hour group of local
midnight names the official value (R4).

Source: FMH-1; settlement sheet R3, R4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather.climate_day import SIX_HOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

LATE: Final = 30
"""Routine reports made after this minute are those of the next full hour."""
GRACE: Final = 15 * MINUTE
"""A group whose report is overdue by more than this is not waited for any more."""


class Group(NamedTuple):
    """One group to come."""

    hours: int
    """6 or 24."""
    starts: Nanos
    """Of the time it speaks of."""
    at: Nanos
    """When its report is made; the time it speaks of ends then."""


def to_come(opens: Nanos, closes: Nanos, routine_minute: int, now: Nanos, heard: Nanos | None) -> tuple[Group, ...]:
    """Return the groups still to come that lie wholly inside a climate day, by time; the day's own is the last.

    Parameters
    ----------
    opens, closes : Nanos
        The local standard day.
    routine_minute : int, 0 to 59
        Minute of the hour at which the station's routine reports are made.
    now : Nanos
    heard : Nanos, optional
        When its last routine report was made: what that should have carried is not to come any more.
    """
    since = max(now - GRACE, opens if heard is None else heard)
    found = [group for group in _six_hourly(opens, closes, routine_minute) if group.at > since]
    midnight = Nanos(_made(closes, routine_minute))
    if midnight > since:
        found.append(Group(24, opens, midnight))
    return tuple(found)


def _six_hourly(opens: Nanos, closes: Nanos, minute: int) -> Iterator[Group]:
    for hour in range(-(-opens // SIX_HOURS), closes // SIX_HOURS + 1):
        at = _made(hour * SIX_HOURS, minute)
        if at - SIX_HOURS >= opens and at < closes:
            yield Group(6, Nanos(at - SIX_HOURS), Nanos(at))


def _made(full_hour: int, minute: int) -> int:
    """Return when the routine report of a full hour is made."""
    return full_hour - HOUR + minute * MINUTE if minute > LATE else full_hour + minute * MINUTE
