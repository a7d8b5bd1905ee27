"""When Kalshi is shut for maintenance: Thursdays from three to five in the morning, New York time. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.core.units import HOUR, Nanos
from engine.core.when import at_minute, utc_day
from engine.venues.kalshi.numbers import moment

if TYPE_CHECKING:
    from engine.venues.kalshi.wire_markets import StatusReply

THURSDAY: Final = 3
SUNDAY: Final = 6
FIRST_HOUR: Final = 3
LAST_HOUR: Final = 5
_STANDARD: Final = 5
"""Hours that New York is behind UTC in winter."""


def summer(day: date) -> bool:
    """Whether New York's clocks are an hour ahead at three in the morning of a day."""
    begins = _sunday(day.year, 3, second=True)
    ends = _sunday(day.year, 11, second=False)
    return begins <= day < ends


def scheduled(at: Nanos) -> Nanos | None:
    """Return when the maintenance that runs at an instant ends; None outside of it."""
    day = utc_day(at)
    if day.weekday() != THURSDAY:
        return None
    behind = _STANDARD - summer(day)
    begins, ends = at_minute(day, FIRST_HOUR + behind, 0), at_minute(day, LAST_HOUR + behind, 0)
    return ends if begins <= at < ends else None


def until(at: Nanos, status: StatusReply | None) -> Nanos | None:
    """Return until when nothing can be traded, by the exchange's own word where we have it; None while it trades.

    Raises
    ------
    ValueError
        If the time it names is none.
    """
    if status is None:
        return scheduled(at)
    if status.exchange_active and status.trading_active:
        return None
    stated = moment(status.exchange_estimated_resume_time)
    return stated if stated is not None and stated > at else scheduled(at) or Nanos(at + HOUR)


def _sunday(year: int, month: int, *, second: bool) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(SUNDAY - first.weekday()) % 7 + (7 if second else 0))
