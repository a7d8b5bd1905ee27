"""Clocks of the wall: how far from UTC each stands at a moment, and when its minutes, hours and days begin.

A day is as long as its clock says, 23 or 25 hours where it is changed. Settlement days are of a `fixed` clock: local
standard time, which no summer moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.units import DAY, HOUR, SECOND, Nanos

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

_QUARTER: Final = 900
"""Seconds: no clock has been changed within a quarter of an hour since they are changed at all."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Zone:
    """A clock of the wall."""

    code: str
    """What a setting calls it: ``utc``, ``local``, ``station``."""
    offset_s: Callable[[int], int] = field(compare=False, repr=False)
    """Seconds ahead of UTC at a second since 1970."""
    name: Callable[[int], str] = field(compare=False, repr=False)
    """What people call it at that second, such as ``CDT``."""

    def offset(self, at: int) -> int:
        """Return nanoseconds ahead of UTC at a moment."""
        return self.offset_s(at // SECOND) * SECOND

    def wall(self, at: int) -> datetime:
        """Return what the clock shows at a moment, without a zone, to the microsecond."""
        return (_EPOCH + timedelta(microseconds=(at + self.offset(at)) // 1000)).replace(tzinfo=None)

    def floor(self, at: int, span: int) -> Nanos:
        """Return when the stretch of `span` that holds a moment began: whole by this clock, counted from midnight.

        Parameters
        ----------
        at : int, UTC nanoseconds
        span : int, nanoseconds, > 0
            A part of an hour, whole hours that part a day, or whole days. Hours are counted as they pass, so that an
            hour told twice is two; of longer spans the first begins when the clock first shows its hour.
        """
        here = self.offset(at)
        begins = (at + here) // span * span - here
        return Nanos(begins) if span <= HOUR else self._first(begins, here)

    def after(self, start: int, span: int) -> Nanos:
        """Return when the stretch that begins at `start` ends and the next begins."""
        return Nanos(start + span) if span <= HOUR else self.floor(start + span + HOUR, span)

    def _first(self, begins: int, here: int) -> Nanos:
        """Return the first moment at which the clock shows what it would have shown at `begins` in its present state.

        Where it skipped that hour it is the moment at which it jumped.
        """
        before = self.offset(begins - 1)
        if before == here:
            return Nanos(begins)
        other = begins + here - before
        if before > here:  # set back since: it showed the hour earlier, unless only from `begins` on
            return Nanos(other if self.offset(other) == before else begins)
        return Nanos(other if self.offset(other - 1) == before else begins)


def _fixed_name(hours: float) -> str:
    if not hours:
        return "UTC"
    whole, part = divmod(round(abs(hours) * 60), 60)
    sign = "+" if hours > 0 else "\u2212"
    return f"UTC{sign}{whole}:{part:02d}" if part else f"UTC{sign}{whole}"


def fixed(hours: float, code: str = "station", name: str = "") -> Zone:
    """Return a clock that always stands `hours` from UTC, such as a station's local standard time."""
    seconds, words = round(hours * 3600), name or _fixed_name(hours)
    return Zone(code, lambda _: seconds, lambda _: words)


UTC_ZONE: Final = fixed(0, "utc")


def of(info: tzinfo | None, code: str = "local") -> Zone:
    """Return the clock of a `tzinfo`; None is this machine's own, as its system knows it."""

    @lru_cache(maxsize=4_096)
    def known(quarter: int) -> tuple[int, str]:
        then = (_EPOCH + timedelta(seconds=quarter * _QUARTER)).astimezone(info)
        away = then.utcoffset() or timedelta()
        seconds = round(away.total_seconds())
        words = then.tzname() or ""
        short = words if words.isascii() and words.isalpha() and len(words) <= 5 else _fixed_name(seconds / 3600)
        return seconds, short

    return Zone(code, lambda s: known(s // _QUARTER)[0], lambda s: known(s // _QUARTER)[1])


def is_span(span: int) -> bool:
    """Whether `Zone.floor` knows a span: it parts an hour or a day, or is whole days."""
    return span > 0 and (HOUR % span == 0 or (span % HOUR == 0 and (DAY % span == 0 or span % DAY == 0)))
