"""What all brackets of one event say together, at a fixed cadence: distribution, its motion, who leads.

Market and weather are fused in one filter (`engine.maths.fusion`); brackets that the reports have ruled out leave it
and stay at 0. Beside it a banded autoregression learns each price from its neighbours, half a minute ahead.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.maths import fusion, kinematics, mass, pmf
from engine.maths.kinematics import Motion
from engine.maths.mass import Cusum
from engine.maths.rls import Row
from engine.strategies.bracket_eye import BracketEye
from engine.strategies.pmf_migration import Direction, Migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.features import Quote
    from engine.maths.mass import Centre
    from engine.strategies.bracket_eye import Sample

TAIL_F: Final = 1.5
"""Degrees beyond an open bracket's edge at which its mass is put."""
WANDERS: Final = 1e-4
"""Of the filter, a second."""
FIRST_VARIANCE: Final = 0.05
ALARMED: Final = 100.0
"""Times faster the filter wanders after the centre's alarm, for `ALARM_S`."""
ALARM_S: Final = 60.0
AHEAD_S: Final = 30.0
"""How far the autoregression looks."""
CENTRES: Final = 90
ROUNDING: Final = 1e-9
"""Account currency a second: a fit that says less of a speed says that it stands still."""
STILL: Final = Motion(0.0, 0.0, 0.0, False)


class Sky(NamedTuple):
    """What the weather says of the event."""

    chances: tuple[float, ...]
    """Of each bracket, in order."""
    worth: float
    """Independent draws it counts as, > 0."""
    hazard_5: float | None
    hazard_60: float | None
    """Chance of a new extreme within five minutes and within the hour; None where it cannot be said."""
    running: float | None
    """The day's extreme so far, degrees Fahrenheit."""
    at: float
    """Of the newest report behind it, seconds."""
    sign: int = 1
    """1 where the day's high decides, -1 where its low does."""
    gap: float | None = None
    """How far the temperature is from a new extreme in whole degrees, F; below 0 it is beyond."""
    phase: str = ""
    """``pre_peak``, ``peak`` or ``post_peak``: where the station is in its day's course; empty where unknown."""


class Seen(NamedTuple):
    """One event at one moment."""

    at: float
    brackets: tuple[Sample, ...]
    sky: Sky | None
    sum_mid: float | None
    """None while a live bracket has no mid."""
    fair: tuple[float, ...] | None
    """Fused chances; 0 of what is ruled out."""
    pooled: tuple[float, ...] | None
    """Logarithmic pool of the same two, with the market's weight by volume and hazard."""
    weight: float | None
    """The market's, in the pool."""
    centre: Centre | None
    """Of the market's mids, degrees Fahrenheit, and a second."""
    bend_t: float | None
    """The centre's acceleration over its error."""
    cusum: Cusum
    direction: Direction | None
    """Which way the distribution migrates, once it is believed."""
    velocity: tuple[float, ...]
    acceleration: tuple[float, ...]
    """Of each bracket's mid; 0 where nothing can be said."""
    ahead: tuple[float, ...] | None
    """What the autoregression expects each price to be in half a minute; None until it has learnt."""
    edges: tuple[tuple[float | None, float | None], ...] = ()
    """Of each bracket, whole degrees that are in it; None at the open ends."""


class EventEye:
    """Watches one event's brackets.

    Parameters
    ----------
    edges : sequence of (low, high), degrees Fahrenheit
        In their order; None at the open ends.
    memory_s : float, seconds, > 0
        How fast the past of prices is forgotten.
    """

    __slots__ = (
        "_alarm_until", "_centres", "_cusum", "_filter", "_filter_at", "_kept", "_learnt", "_mean", "_memory",
        "_migration", "_quotes", "_rows", "_sky_at", "_times", "_waiting", "brackets", "edges", "values",
    )  # fmt: skip

    def __init__(
        self, edges: Sequence[tuple[float | None, float | None]], memory_s: float = kinematics.TICKS_H
    ) -> None:
        self.edges = tuple(edges)
        self._memory = memory_s
        self.values = tuple(_value(low, high) for low, high in edges)
        self.brackets = tuple(BracketEye(memory_s) for _ in edges)
        self._filter: fusion.State | None = None
        self._kept: tuple[int, ...] = tuple(range(len(edges)))
        """Which brackets the filter still holds."""
        self._filter_at = 0.0
        self._quotes: tuple[Quote | None, ...] = ()
        self._sky_at = -math.inf
        """Of the report the filter took in last: one counts once."""
        self._alarm_until = -math.inf
        self._cusum = Cusum()
        self._mean: float | None = None
        self._migration = Migration()
        self._times: deque[float] = deque(maxlen=CENTRES)
        self._centres: deque[float] = deque(maxlen=CENTRES)
        self._rows = tuple(Row([0.0] * _width(j, len(edges))) for j in range(len(edges)))
        self._waiting: deque[tuple[float, tuple[tuple[float, ...], ...]]] = deque(maxlen=256)
        """What the rows were asked, until the answer has come."""
        self._learnt = 0

    def forget(self) -> None:
        """Begin anew with prices, flow and arrivals, after a time in which nobody looked; what was learnt stays."""
        for eye in self.brackets:
            eye.forget()
        self._lose()

    def sample(self, at: float, sky: Sky | None) -> Seen:
        """Return what is seen at a moment in seconds, not before the last one."""
        seen = tuple(eye.sample(at) for eye in self.brackets)
        mids = [one.mid for one in seen]
        dead = set() if sky is None else {j for j, p in enumerate(sky.chances) if p <= 0.0}
        live = tuple(j for j in range(len(seen)) if j not in dead)
        whole = len(live) > 1 and all(mids[j] is not None for j in live)
        if not whole:
            self._lose()
            return self._blind(at, seen, sky)
        prices = [0.0 if j in dead else mids[j] or 0.0 for j in range(len(seen))]
        motions = [STILL if one.motion is None else one.motion for one in seen]
        centre = mass.centre(self.values, prices, [m.v for m in motions], [m.a for m in motions])
        self._move(at, centre)
        fair = self._fuse(at, seen, prices, live, sky)
        weight = pooled = None
        if sky is not None:
            volume = sum(one.volume for one in seen)
            weight = fusion.market_weight(volume, sky.hazard_60 or 0.0)
            pooled = _pooled(prices, sky.chances, live, weight)
        bend = kinematics.bend_t(self._times, self._centres, self._memory)
        direction = self._migration.update(centre.speed or 0.0, centre.acceleration or 0.0, bend or 0.0)
        return Seen(
            at=at, brackets=seen, sky=sky, sum_mid=math.fsum(prices), fair=fair, pooled=pooled, weight=weight,
            centre=centre, bend_t=bend, cusum=self._cusum, direction=direction,
            velocity=tuple(m.v if abs(m.v) > ROUNDING else 0.0 for m in motions),
            acceleration=tuple(m.a for m in motions),
            ahead=self._foresee(at, prices, motions, sky), edges=self.edges,
        )  # fmt: skip

    def _blind(self, at: float, seen: tuple[Sample, ...], sky: Sky | None) -> Seen:
        still = (0.0,) * len(seen)
        return Seen(
            at=at, brackets=seen, sky=sky, sum_mid=None, fair=None, pooled=None, weight=None, centre=None, bend_t=None,
            cusum=self._cusum, direction=None, velocity=still, acceleration=still, ahead=None,
            edges=self.edges,
        )  # fmt: skip

    def _lose(self) -> None:
        """A price is missing: motion is not told across the hole, and nothing is learnt from it."""
        self._times.clear()
        self._centres.clear()
        self._waiting.clear()
        self._mean = None
        self._cusum = Cusum()
        self._migration = Migration()

    def _move(self, at: float, centre: Centre) -> None:
        if not self._times or at > self._times[-1]:
            self._times.append(at)
            self._centres.append(centre.mean)
        step = 0.0 if self._mean is None else centre.mean - self._mean
        self._mean = centre.mean
        self._cusum = mass.cusum(self._cusum, step)
        if self._cusum.alarm:
            self._alarm_until = at + ALARM_S

    def _fuse(
        self, at: float, seen: Sequence[Sample], prices: Sequence[float], live: tuple[int, ...], sky: Sky | None
    ) -> tuple[float, ...]:
        """Let the filter wander, drop what is ruled out, and take in prices and a new report."""
        market = pmf.normalise([prices[j] for j in live])
        state = self._filter
        if state is not None and not set(live) <= set(self._kept):
            state = None  # a correction brought a bracket back
        if state is None:
            state = fusion.start(market, FIRST_VARIANCE)
        elif live != self._kept:
            state = fusion.keep(state, [self._kept.index(j) for j in live])
        if self._filter is not None:
            wanders = WANDERS * (ALARMED if at < self._alarm_until else 1.0)
            state = fusion.walk(state, wanders, max(at - self._filter_at, 0.0))
        quotes = tuple(eye.quote for eye in self.brackets)
        if quotes != self._quotes:  # a price that stood still says nothing new
            state = fusion.see_market(state, market, [_error(seen[j]) for j in live])
            self._quotes = quotes
        if sky is not None and sky.at > self._sky_at:
            state = fusion.see_weather(state, pmf.normalise([sky.chances[j] for j in live]), sky.worth)
            self._sky_at = sky.at
        self._filter, self._filter_at, self._kept = state, at, live
        chances = dict(zip(live, state.p, strict=True))
        return tuple(chances.get(j, 0.0) for j in range(len(seen)))

    def _foresee(
        self, at: float, prices: Sequence[float], motions: Sequence[Motion], sky: Sky | None
    ) -> tuple[float, ...] | None:
        """Learn from what came of the question of half a minute ago, and ask again."""
        if sky is None or sky.hazard_60 is None:
            self._waiting.clear()  # an input is missing
            return None
        asked = tuple(_regressors(j, prices, motions, sky) for j in range(len(prices)))
        due = None
        while self._waiting and at - self._waiting[0][0] >= AHEAD_S:
            due = self._waiting.popleft()
        if due is not None:
            for row, x, y in zip(self._rows, due[1], prices, strict=True):
                row.learn(x, y)
            self._learnt += 1
        self._waiting.append((at, asked))
        if self._learnt < 60:
            return None
        raw = [min(max(row.predict(x), 0.0), 1.0) for row, x in zip(self._rows, asked, strict=True)]
        return tuple(pmf.normalise(raw)) if math.fsum(raw) > 0.0 else None


def _value(low: float | None, high: float | None) -> float:
    if low is None and high is None:
        msg = "a bracket open at both ends is no bracket"
        raise ValueError(msg)
    if low is None:
        return (high or 0.0) - TAIL_F
    return low + TAIL_F if high is None else 0.5 * (low + high)


def _pooled(
    prices: Sequence[float], chances: Sequence[float], live: tuple[int, ...], weight: float
) -> tuple[float, ...]:
    """Return the pool over the live brackets; 0 for the others."""
    mixed = pmf.pool(pmf.normalise([prices[j] for j in live]), pmf.normalise([chances[j] for j in live]), weight)
    found = dict(zip(live, mixed, strict=True))
    return tuple(found.get(j, 0.0) for j in range(len(prices)))


def _error(one: Sample) -> float:
    """Return the standard error of a mid: uniform within the spread, and the tick's rounding."""
    half = 0.5 * (one.spread or 0.0)
    return math.sqrt(half * half / 3.0 + 0.01 * 0.01 / 12.0)


def _width(j: int, count: int) -> int:
    """Return how many regressors bracket j has: 1, itself and its neighbours, its speed, the sky's two."""
    return 5 + (j > 0) + (j < count - 1)


def _regressors(j: int, prices: Sequence[float], motions: Sequence[Motion], sky: Sky) -> tuple[float, ...]:
    near = tuple(prices[i] for i in (j - 1, j + 1) if 0 <= i < len(prices))
    return (1.0, prices[j], *near, motions[j].v, sky.hazard_60 or 0.0, sky.chances[j])
