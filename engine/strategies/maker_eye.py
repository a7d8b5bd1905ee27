"""What a market maker learns of one market: its pace, how poisonous its flow is, what became of his own fills.

He watches before he quotes: first how often prices and trades come (which sets his times), then enough returns to
know an ordinary one. What he learnt is saved and taken up again by a later start. Toxicity goes on being sampled while
he quotes; fills are marked at two horizons, and what they taught fades with time alone.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import Side
from engine.maths import toxicity, warmup
from engine.maths.logit import logit
from engine.maths.toxicity import Saved, Settings, Toxicity
from engine.maths.warmup import Pace

if TYPE_CHECKING:
    from engine.maths.toxicity import Sample

MOVED: Final = 1e-3
"""A change of the logit that counts as one of the price."""
LEAST_MOVES, LEAST_TRADES = 50, 20
"""Seen before the market's pace is read off them."""
RETURNS: Final = 5_000
"""Kept at most."""
GAPS: Final = 2_000
RATE_S: Final = 60
CROWD_S: Final = 6 * 3_600
BUCKET_S: Final = 300
FILLS: Final = 500
"""Fills that wait to be marked, at most."""
TRAIL, TRAIL_S = 361, 10.0
"""An hour of toxicity, a sample in ten seconds."""
DAY_S: Final = 86_400.0


class Phase(Enum):
    """How far the maker has come with a market."""

    __hash__ = object.__hash__

    OBSERVING = "observing"
    CALIBRATING = "calibrating"
    QUOTING = "quoting"


class Terms(NamedTuple):
    """How he learns; seconds where a time is meant."""

    min_returns: int = 360
    max_warmup_s: float = 7_200.0
    default: Pace = Pace(5.0, 30.0, 1_800.0, 10.0, 60.0)
    """Of a market that was too quiet to set a pace."""
    settings: Settings = Settings()


class Learnt(NamedTuple):
    """What a later start continues from."""

    market: str
    at: float
    """Seconds, when it was saved."""
    pace: Pace
    sigma_base: float
    """Ordinary size of a return a sample, logits."""
    returns: int
    tox: tuple[float, float]
    toxicity: Saved
    since: float = 0.0
    """When the market was first made, seconds; 0 is not known."""


class MakerEye:
    """Watches one market; times are seconds, prices those of YES."""

    __slots__ = (
        "_base", "_crowd", "_gaps", "_last_move", "_last_trade", "_marks", "_moves", "_rates", "_returns",
        "_sampled_at", "_sigma", "_since", "_terms", "_told", "hurt", "known", "marked", "market", "marks", "pace",
        "phase", "sample", "tox", "trail",
    )  # fmt: skip

    def __init__(self, market: str, terms: Terms | None = None) -> None:
        self._terms = terms or Terms()
        self.market = market
        self.phase = Phase.OBSERVING
        self.pace = self._terms.default
        self.sample: Sample | None = None
        """The newest step of the toxicity, with all that made it."""
        self.marked = self.hurt = 0
        """Fills marked at the first horizon, and how many of them were regretted."""
        self.tox = (0.0, 0.0)
        """Averages of what our fills lost by the two horizons, logits."""
        self.known = 0
        """Returns seen, what an earlier session learnt included."""
        self.trail: deque[tuple[float, float]] = deque(maxlen=TRAIL)
        """When, and the toxicity then: at most one in `TRAIL_S`, for looking at."""
        self.marks: dict[tuple[int, Side], tuple[int, float]] = {}
        """Fills of this session by horizon and side of YES: how many were marked, and the sum of what each came to."""
        self._base = 0.0
        """What an earlier session found ordinary."""
        self._sigma = self._fresh(None)
        self._since: float | None = None
        self._sampled_at: float | None = None
        self._moves: deque[float] = deque(maxlen=GAPS)
        self._gaps: deque[float] = deque(maxlen=GAPS)
        self._last_move: tuple[float, float] | None = None
        self._last_trade: float | None = None
        self._returns: deque[float] = deque(maxlen=RETURNS)
        self._rates: deque[tuple[int, int]] = deque(maxlen=RATE_S + 1)
        self._crowd: deque[tuple[int, int]] = deque(maxlen=CROWD_S // BUCKET_S + 1)
        self._marks: deque[tuple[float, int, Side, float]] = deque(maxlen=2 * FILLS)
        self._told: deque[tuple[int, Side, float, float, bool]] = deque(maxlen=2 * FILLS)
        """Horizon, side and price of fills that were marked, what each came to, and whether it was regretted."""

    @property
    def wanted(self) -> int:
        """Returns that are enough to quote on."""
        return self._terms.min_returns

    @property
    def sigma(self) -> float:
        """The toxicity multiplier, >= 1."""
        return self._sigma.sigma

    @property
    def sigma_base(self) -> float:
        """Ordinary size of a return a sample, logits; an earlier session's until this one has seen enough."""
        return warmup.base_sigma(self._returns) if len(self._returns) >= LEAST_MOVES or not self._base else self._base

    def ordinary(self, rate: float) -> None:
        """Learn how many trades a second count as ordinary, > 0."""
        self._terms = self._terms._replace(settings=self._terms.settings._replace(rate_ref=rate))
        self._sigma.settings = self._sigma.settings._replace(rate_ref=rate)

    def trade(self, at: float) -> None:
        """Take in that somebody traded."""
        if self._last_trade is not None and at > self._last_trade:
            self._gaps.append(at - self._last_trade)
        self._last_trade = at
        _count(self._rates, int(at))
        _count(self._crowd, int(at // BUCKET_S))

    def fill(self, side: Side, price: float, at: float) -> None:
        """Take in a fill of ours: `side` of YES, a fill of NO being the other side at 1 minus its price."""
        for horizon, wait in enumerate((self.pace.first_markout_s, self.pace.second_markout_s)):
            self._marks.append((at + wait, horizon, side, price))

    def unfill(self, side: Side, price: float) -> None:
        """Take back a fill that never was: it is not marked, and where it was it counts no more.

        What a mark has taught stays, and fades with time as all of it does.
        """
        for horizon in range(2):
            waits = next((m for m in reversed(self._marks) if m[1:] == (horizon, side, price)), None)
            if waits is not None:
                self._marks.remove(waits)
                continue
            told = next((m for m in reversed(self._told) if m[:3] == (horizon, side, price)), None)
            if told is not None:
                self._told.remove(told)
                self._count(*told, -1)

    def rate(self, at: float) -> float:
        """Return trades a second over the last minute."""
        return sum(count for second, count in self._rates if second > int(at) - RATE_S) / RATE_S

    def crowd(self, at: float) -> float:
        """Return the stand-in for different traders, where the venue does not count them: root of six hours' trades."""
        oldest = int(at // BUCKET_S) - CROWD_S // BUCKET_S
        return math.sqrt(sum(count for bucket, count in self._crowd if bucket > oldest))

    def look(self, mid: float | None, at: float) -> None:
        """Take in the mid price, or that there is none, some time after the last look."""
        if self._since is None:
            self._since = at
        if mid is None:
            self._sampled_at = self._last_move = None  # no return is counted across a hole
            self._marks = deque((one for one in self._marks if one[0] > at), 2 * FILLS)  # and no fill is marked
            return
        self._watch_moves(mid, at)
        every = 1.0 if self.phase is Phase.OBSERVING else self.pace.sample_s
        if self._sampled_at is None:
            self._sigma.start(mid)
            self._sampled_at = at
        elif at - self._sampled_at >= every - 1e-9:
            self._take(mid, at, at - self._sampled_at)
            self._sampled_at = at
        self._go_on(at)

    def learnt(self, at: float) -> Learnt:
        """Return what a later start continues from."""
        return Learnt(self.market, at, self.pace, self.sigma_base, self.known, self.tox, self._sigma.saved())

    def take_up(self, found: Learnt, at: float) -> str:
        """Continue from what an earlier session learnt; return a warning in a sentence, empty for none.

        Raises
        ------
        ValueError
            If it is of another market, or is not whole.
        """
        if found.market != self.market:
            msg = f"what was learnt is of {found.market}, not of {self.market}"
            raise ValueError(msg)
        numbers = (*found.pace, found.sigma_base, *found.tox, found.toxicity.sigma)
        if not (all(math.isfinite(x) and x >= 0.0 for x in numbers) and min(found.pace) > 0.0):
            msg = f"what was learnt of {found.market} holds a number that cannot be"
            raise ValueError(msg)
        self.pace, self.tox, self.known, self._base = found.pace, found.tox, found.returns, found.sigma_base
        self._sigma = self._fresh(found.toxicity)
        self._sampled_at = None
        self.phase = Phase.QUOTING if found.returns >= self._terms.min_returns else Phase.CALIBRATING
        hours = (at - found.at) / 3_600.0
        return f"{self.market}: calibration is {hours:.0f} hours old" if at - found.at > DAY_S else ""

    def _fresh(self, saved: Saved | None) -> Toxicity:
        given = self._terms.settings
        return Toxicity(given._replace(fast_s=self.pace.fast_s, slow_s=self.pace.slow_s), saved)

    def _watch_moves(self, mid: float, at: float) -> None:
        here = logit(mid)
        if self._last_move is None:
            self._last_move = (here, at)
        elif abs(here - self._last_move[0]) > MOVED:
            self._moves.append(at - self._last_move[1])
            self._last_move = (here, at)

    def _take(self, mid: float, at: float, dt_s: float) -> None:
        self._mark(mid, at, dt_s)
        step = self._sigma.sample(mid, dt_s, self.rate(at), self.tox)
        if step is not None:
            self.sample = step
            if not self.trail or at - self.trail[-1][0] >= TRAIL_S:
                self.trail.append((at, self._sigma.sigma))
            self._returns.append(step.r)
            self.known += 1

    def _mark(self, mid: float, at: float, dt_s: float) -> None:
        """Mark the fills whose time has come; without any, what was learnt fades."""
        hurt: tuple[list[float], list[float]] = ([], [])
        later = []
        while self._marks:
            one = self._marks.popleft()
            if one[0] <= at:
                lost = toxicity.adverse(toxicity.markout(one[2], one[3], mid))
                hurt[one[1]].append(lost)
                went = mid - one[3] if one[2] is Side.BUY else one[3] - mid
                told = (*one[1:], went, lost > 0.0)
                self._told.append(told)
                self._count(*told, 1)
            else:
                later.append(one)
        self._marks.extend(later)
        means = [math.fsum(one) / len(one) if one else 0.0 for one in hurt]
        first, second = (
            toxicity.blended(tox, mean, dt_s, self.pace.fast_s) for tox, mean in zip(self.tox, means, strict=True)
        )
        self.tox = (first, second)

    def _count(self, horizon: int, side: Side, price: float, went: float, hurt: bool, times: int) -> None:
        """Count what a fill came to, or with `times` -1 count it no more."""
        count, came = self.marks.get((horizon, side), (0, 0.0))
        self.marks[horizon, side] = count + times, came + times * went
        if horizon == 0:
            self.marked += times
            self.hurt += times * hurt

    def _go_on(self, at: float) -> None:
        waited = at - (self._since if self._since is not None else at)
        terms = self._terms
        if self.phase is Phase.OBSERVING and waited >= min(600.0, 0.2 * terms.max_warmup_s):
            self._set_pace()
            self.phase = Phase.CALIBRATING
        if self.phase is Phase.CALIBRATING and (self.known >= terms.min_returns or waited >= terms.max_warmup_s):
            self.phase = Phase.QUOTING

    def _set_pace(self) -> None:
        """Read the market's times off what was observed; a market too quiet for that keeps the usual ones.

        Returns of one second are not those of the pace: calibration counts from nothing.
        """
        if len(self._moves) >= LEAST_MOVES and len(self._gaps) >= LEAST_TRADES:
            self.pace = warmup.pace(self._moves, self._gaps, _half_life(self._returns), _cluster(self._returns))
        self._sigma = self._fresh(None)
        self._sampled_at = None
        self._returns.clear()
        self.known, self._base = 0, 0.0


def _count(buckets: deque[tuple[int, int]], bucket: int) -> None:
    if buckets and buckets[-1][0] == bucket:
        buckets[-1] = (bucket, buckets[-1][1] + 1)
    else:
        buckets.append((bucket, 1))


def _half_life(returns: deque[float]) -> float:
    """Return seconds (samples are one apart) until returns no longer resemble each other."""
    return float(_lag(list(returns), 0.5, 60))


def _cluster(returns: deque[float]) -> float:
    """Return seconds that lively times last: the first lag at which sizes of returns resemble each other little."""
    return float(_lag([abs(r) for r in returns], 0.2, 300))


def _lag(row: list[float], below: float, most: int) -> int:
    n = len(row)
    if n < 2:
        return 1
    mean = math.fsum(row) / n
    left = [x - mean for x in row]
    whole = math.fsum(x * x for x in left)
    if whole <= 0.0:
        return 1
    for lag in range(1, min(most, n - 1) + 1):
        if math.fsum(a * b for a, b in zip(left, left[lag:], strict=False)) / whole < below:
            return lag
    return min(most, n - 1)
