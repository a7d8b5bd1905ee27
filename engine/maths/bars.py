"""Trades and quotes gathered into bars: what a chart draws, built as they come, bounded in room.

A bar is of one stretch of a clock. Stretches of up to an hour are counted from UTC's and are gathered directly; longer
ones begin by a clock of the wall (`engine.core.zone`) and are merged from quarters of an hour, so that a day of 23 or
25 hours is one bar. A stretch in which nothing was known has no bar: a chart shows what is missing as missing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from engine.core.units import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.zone import Zone

INTERVALS: Final[dict[str, int]] = {
    "1s": SECOND, "5s": 5 * SECOND, "15s": 15 * SECOND, "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR,
    "4h": 4 * HOUR, "1d": DAY,
}  # fmt: skip
QUARTER: Final = 15 * MINUTE
ROOMS: Final[dict[int, int]] = {
    SECOND: 1_200, 5 * SECOND: 1_200, 15 * SECOND: 1_200, MINUTE: 1_440, 5 * MINUTE: 1_440, QUARTER: 3_072,
    HOUR: 1_080,
}  # fmt: skip
"""Bars kept of each stretch: twenty minutes of seconds, a day of minutes, a month of quarters, 45 days of hours."""


class Print(NamedTuple):
    """A trade, as far as bars ask."""

    at: int
    price: float
    qty: float
    bought: bool | None
    """It lifted the price; None where nobody says."""


class Quote(NamedTuple):
    """What was seen of a market at a moment."""

    at: int
    until: int
    """How long it is known to hold."""
    mid: float | None
    fair: float | None = None
    fair_until: int = 0
    """The same of the fair value."""


class Bar(msgspec.Struct, gc=False):
    """One stretch: the trades in it, and the last that was seen of the market."""

    at: int
    """When the stretch began."""
    open: float = 0.0
    """Of trades, as are high, low and close; they mean nothing while `trades` is 0."""
    high: float = 0.0
    low: float = 0.0
    close: float = 0.0
    trades: int = 0
    volume: float = 0.0
    signed: float = 0.0
    """Bought less sold; trades of unknown direction count in neither."""
    first: int = 0
    """When the market was first seen in it; 0 for never."""
    until: int = 0
    """Until when the last that was seen is known to hold."""
    fair_until: int = 0
    mid: float | None = None
    fair: float | None = None

    def take(self, one: Print) -> None:
        """Count a trade, the latest so far."""
        if not self.trades:
            self.open = self.high = self.low = one.price
        self.high, self.low, self.close = max(self.high, one.price), min(self.low, one.price), one.price
        self.trades += 1
        self.volume += one.qty
        if one.bought is not None:
            self.signed += one.qty if one.bought else -one.qty

    def see(self, seen: Quote) -> None:
        """Note what is seen of the market, the latest so far."""
        self.first = self.first or seen.at
        self.until, self.mid, self.fair, self.fair_until = seen.until, seen.mid, seen.fair, seen.fair_until

    def add(self, later: Bar) -> None:
        """Take in a bar of the same stretch, or of the stretch that follows in a longer one."""
        if later.trades:
            if not self.trades:
                self.open, self.high, self.low = later.open, later.high, later.low
            self.high, self.low, self.close = max(self.high, later.high), min(self.low, later.low), later.close
            self.trades += later.trades
            self.volume += later.volume
            self.signed += later.signed
        if later.first:
            self.first = self.first or later.first
            self.until, self.mid, self.fair, self.fair_until = later.until, later.mid, later.fair, later.fair_until


class Bars:
    """The bars of one instrument, of every stretch up to an hour. Time does not go back: what is late counts as now."""

    __slots__ = ("_first", "_kept", "_now")

    def __init__(self) -> None:
        self._kept: dict[int, deque[Bar]] = {span: deque(maxlen=room) for span, room in ROOMS.items()}
        self._now = 0
        self._first: int | None = None

    def take(self, one: Print) -> None:
        """Count a trade."""
        self._now = max(self._now, one.at)
        self._first = self._now if self._first is None else self._first
        for span, kept in self._kept.items():
            _last(kept, self._now // span * span).take(one)

    def see(self, seen: Quote) -> None:
        """Note what was seen of the market."""
        self._now = max(self._now, seen.at)
        for span, kept in self._kept.items():
            _last(kept, self._now // span * span).see(seen)

    def cut(self, at: int) -> None:
        """Hold what was seen last no longer than until a moment: from then on it cannot be trusted."""
        for kept in self._kept.values():
            if kept:
                kept[-1].until, kept[-1].fair_until = min(kept[-1].until, at), min(kept[-1].fair_until, at)

    def precede(self, older: Iterable[Print]) -> None:
        """Put trades before all that is known, given in the order they came; of what finds no room the oldest go."""
        other = Bars()
        for one in older:
            other.take(one)
        for span, kept in self._kept.items():
            kept_now = joined(list(other._kept[span]), list(kept))
            self._kept[span] = deque(kept_now, maxlen=ROOMS[span])
        self._now = max(self._now, other._now)

    def of(self, span: int, zone: Zone) -> list[Bar]:
        """Return the bars of a stretch of `INTERVALS`, oldest first; they are not to be changed."""
        kept = self._kept.get(span)
        return list(kept) if kept is not None else merged(self._kept[QUARTER], span, zone)

    def first_print(self) -> int | None:
        """Return when the oldest trade came that was counted live; None before any."""
        return self._first

    def first(self) -> int | None:
        """Return when the oldest bar that is kept began; None without any."""
        return min((kept[0].at for kept in self._kept.values() if kept), default=None)


def _last(kept: deque[Bar], at: int) -> Bar:
    if not kept or kept[-1].at < at:
        kept.append(Bar(at))
    return kept[-1]


def merged(bars: Iterable[Bar], span: int, zone: Zone) -> list[Bar]:
    """Return longer bars made of shorter ones, each from where a clock says that it begins."""
    found: list[Bar] = []
    ends = 0
    for one in bars:
        if not found or one.at >= ends:
            begins = zone.floor(one.at, span)
            ends = zone.after(begins, span)
            found.append(Bar(begins))
        found[-1].add(one)
    return found


def joined(older: Sequence[Bar], newer: Sequence[Bar]) -> list[Bar]:
    """Return two runs of bars as one; the stretches that both know are added up, the older run's trades first."""
    if not newer:
        return list(older)
    cut = bisect_left(older, newer[0].at, key=lambda one: one.at)
    head, both = list(older[:cut]), {one.at: one for one in older[cut:]}
    for one in newer:
        before = both.pop(one.at, None)
        if before is None:
            head.append(one)
            continue
        before.add(one)
        head.append(before)
    return sorted([*head, *both.values()], key=lambda one: one.at) if both else head


def joins(before: Bar, after: Bar) -> bool:
    """Whether a line may lead from what one bar last saw of the market to what the next first saw."""
    return bool(before.first) and bool(after.first) and after.first <= before.until


def fair_joins(before: Bar, after: Bar) -> bool:
    """Whether the same may be said of the fair value."""
    return bool(before.first) and bool(after.first) and after.first <= before.fair_until
