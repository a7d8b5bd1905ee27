"""Observations to the set of possible official highs and lows, with where each number comes from. Pure.

A T group, a six-hour and a 24-hour group name one whole degree Fahrenheit; a body in whole Celsius names a set. A
six-hour group whose hours lie inside the local standard day is exact for them. One that straddles midnight belongs
to neither day as a value, but no part of its hours can have been further out: it caps, and never feeds, the bound.

Source: settlement sheet R1-R6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from engine.core.reading import Reading, ReportKind
from engine.core.units import DAY, MINUTE, Nanos
from engine.weather import climate_day
from engine.weather.climate_day import SIX_HOURS, fahrenheit, fahrenheit_set, is_midnight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.weather.climate_day import Extreme

SEAM: Final = 12 * MINUTE
"""Groups follow each other at :51 to :56; a gap or a rest up to this long is none."""


class Origin(Enum):
    """Which part of which report a number comes from."""

    TENTHS = "T group"
    BODY = "whole Celsius"
    SIX_HOURS = "6-hour group"
    STRADDLING = "6-hour group across midnight"
    DAY = "24-hour group"
    CLIMATE = "climate report"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one number of one report says."""

    values: tuple[int, ...]
    """Whole degrees Fahrenheit that it may mean, ascending."""
    origin: Origin
    reported_at: Nanos
    starts: Nanos
    """Of the time it speaks of; a moment starts when it ends."""

    @property
    def text(self) -> str:
        """The number and its origin, such as ``71 or 72 °F by whole Celsius``."""
        return f"{' or '.join(map(str, self.values))} °F by {self.origin.value}"


@dataclass(frozen=True, slots=True)
class Possible:
    """The high, or the low, of one station's day as far as reported; whole degrees Fahrenheit."""

    sign: int
    """1 for the high, -1 for the low."""
    claims: tuple[Claim, ...] = field(compare=False)
    """Every number that speaks of the day, by time."""
    bound: int | None
    """The official high is at least, the official low at most this."""
    by: Claim | None = field(compare=False)
    """The first claim that set the bound."""
    exact: int | None
    """Of the hours that six-hour groups cover."""
    sampled: tuple[int, ...]
    """What the furthest moment outside those hours may mean; empty where there is none."""
    by_tenths: bool
    """Whether `sampled` is the word of a T group, which was made once an hour."""
    cap: int | None
    """Until `until` nothing further out can have been; None while some hour is not covered by a group."""
    until: Nanos
    """End of what the reports speak of."""
    ended: bool
    """Whether they speak of the day to its last minute."""
    named: tuple[Claim, ...]
    """What the 24-hour group of midnight and the climate report say; empty while still open."""
    official: tuple[int, ...]
    """The values they leave, ascending; two where they disagree, or where the group alone tells of a low."""

    @property
    def so_far(self) -> tuple[int, ...]:
        """Possible official values of the day until now, ascending; without a cap only what the reports name."""
        if self.official:
            return self.official
        if self.bound is None:
            return ()
        if self.cap is not None:
            low, high = sorted((self.bound, self.cap))
            return tuple(range(low, high + 1))
        return tuple(v for v in sorted({self.bound, *self.sampled}) if self.sign * (v - self.bound) >= 0)


def high(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Possible:
    """Return what the day's high may be by the reports of one station, corrections already chosen."""
    return _possible(1, readings, opens, closes)


def low(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Possible:
    """Return what the day's low may be by the reports of one station, corrections already chosen."""
    return _possible(-1, readings, opens, closes)


def _possible(sign: int, readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Possible:
    official = (climate_day.high if sign > 0 else climate_day.low)(readings, opens, closes)
    claims = tuple(claim for reading in readings for claim in _claims(sign, reading, opens, closes))
    feeding = [claim for claim in claims if claim.origin is not Origin.STRADDLING]
    spans = [claim for claim in feeding if claim.origin is Origin.SIX_HOURS]
    moments = [claim for claim in feeding if claim.origin is not Origin.SIX_HOURS and not _covered(claim, spans)]
    sampled = _furthest(sign, moments)
    caps = [claim for claim in claims if claim.origin in (Origin.SIX_HOURS, Origin.STRADDLING)]
    until = Nanos(min(closes, max((claim.reported_at for claim in claims), default=opens)))
    return Possible(
        sign=sign,
        claims=claims,
        bound=official.bound,
        by=_first(sign, feeding, official.bound),
        exact=_extreme(sign, [claim.values[0] for claim in spans]),
        sampled=sampled,
        by_tenths=all(c.origin is Origin.TENTHS for c in moments if set(c.values) & set(sampled)),
        cap=_cap(sign, caps, opens, until),
        until=until,
        ended=until == closes,
        named=tuple(_named(sign, official, readings, closes)),
        official=official.left(sign),
    )


def _named(sign: int, official: Extreme, readings: Sequence[Reading], closes: Nanos) -> Iterator[Claim]:
    """Yield what names the official value, each by the last report that does."""
    opens = Nanos(closes - DAY)
    for reading in reversed(readings):
        group = reading.max24_tenths_c if sign > 0 else reading.min24_tenths_c
        if official.midnight is not None and group is not None and is_midnight(reading.measured_at, closes):
            yield Claim((official.midnight,), Origin.DAY, reading.measured_at, opens)
            break
    for reading in reversed(readings):
        value = reading.high_f if sign > 0 else reading.low_f
        if official.climate is not None and value is not None and reading.measured_at == closes:
            yield Claim((official.climate,), Origin.CLIMATE, reading.measured_at, opens)
            break


def _claims(sign: int, reading: Reading, opens: Nanos, closes: Nanos) -> Iterator[Claim]:
    at = reading.measured_at
    if reading.kind is ReportKind.CLIMATE or reading.relayed:
        return
    six = reading.max6_tenths_c if sign > 0 else reading.min6_tenths_c
    if six is not None and at > opens and at - SIX_HOURS < closes:
        inside = at - SIX_HOURS >= opens and at < closes
        origin = Origin.SIX_HOURS if inside else Origin.STRADDLING
        yield Claim((fahrenheit(six),), origin, at, Nanos(at - SIX_HOURS))
    if not opens <= at < closes:
        return
    if reading.temp_tenths_c is not None:
        yield Claim((fahrenheit(reading.temp_tenths_c),), Origin.TENTHS, at, at)
    elif reading.temp_whole_c is not None:
        yield Claim(fahrenheit_set(reading.temp_whole_c), Origin.BODY, at, at)


def _covered(moment: Claim, spans: Sequence[Claim]) -> bool:
    return any(span.starts < moment.reported_at <= span.reported_at for span in spans)


def _extreme(sign: int, values: Sequence[int]) -> int | None:
    return max(values, key=lambda v: sign * v, default=None)


def _certain(sign: int, claim: Claim) -> int:
    return claim.values[0] if sign > 0 else claim.values[-1]


def _furthest(sign: int, moments: Sequence[Claim]) -> tuple[int, ...]:
    """Return the values the extreme of several sets may have: none short of the surest, each in some set."""
    surest = _extreme(sign, [_certain(sign, claim) for claim in moments])
    if surest is None:
        return ()
    return tuple(sorted({v for claim in moments for v in claim.values if sign * (v - surest) >= 0}))


def _first(sign: int, claims: Sequence[Claim], bound: int | None) -> Claim | None:
    return next((claim for claim in claims if bound is not None and _certain(sign, claim) == bound), None)


def _cap(sign: int, groups: Sequence[Claim], opens: Nanos, until: Nanos) -> int | None:
    """Return the furthest value of groups that cover all of a time without a gap."""
    reached: int = opens
    for group in sorted(groups, key=lambda claim: claim.starts):
        if group.starts > reached + SEAM:
            return None
        reached = max(reached, group.reported_at)
    if not groups or reached < until - SEAM:
        return None
    return _extreme(sign, [group.values[0] for group in groups])
