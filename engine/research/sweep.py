"""A sweep: the same days again and again, with each combination of parameters; through the whole kernel or compiled.

A piece is one part of a set and some points of the grid, so that a part is read and packed once for many of them.
What is kept of a run is what it came to, day by day; all of it is plain data, and the same wherever it was run.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import InputError
from engine.core.ids import KALSHI, POLYMARKET
from engine.core.units import DAY, SECOND
from engine.research import backtest, backtest_report, job, verdicts
from engine.research.backtest import PartResult, Plan
from engine.research.verdicts import Share, Sharpe

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId, VenueId
    from engine.core.instrument import Instrument
    from engine.research.fast.packing import Packed
    from engine.research.fast.rules import Rule
    from engine.research.sets.recording import Part

RULES: Final = ("quotes", "takes")
"""Rules of the compiled path; every other name is a strategy's, and goes through the whole kernel."""
KNOBS: Final = {
    "size": Decimal(10), "most": Decimal(100), "away": Decimal(0), "lean": Decimal(20), "apart": Decimal(1),
}  # fmt: skip
"""Of a rule, and what each is unless it is said: contracts of an order; contracts held at most; cents behind the best
price, or the widest spread that is crossed; per cent by which one side outweighs the other; seconds between acts."""
LATENCY: Final = "latency"
"""Milliseconds to the venue: an axis of either path; the way back is half."""
MOST_POINTS: Final = 100_000
AT_ONCE: Final = 64
"""Points to a piece on the compiled path."""


class Axis(msgspec.Struct, frozen=True):
    """A parameter and the values it takes."""

    name: str
    values: tuple[str, ...]


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """What is swept; `plan` has one strategy or rule, and what of it stays as it is."""

    plan: Plan
    axes: tuple[Axis, ...]

    @property
    def points(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """Return every combination, the last axis running fastest."""
        names = [axis.name for axis in self.axes]
        return tuple(tuple(zip(names, one, strict=True)) for one in product(*(axis.values for axis in self.axes)))

    @property
    def count(self) -> int:
        """How many combinations there are; none is made for it."""
        return math.prod(len(axis.values) for axis in self.axes)

    def some(self, first: int, count: int) -> tuple[tuple[tuple[str, str], ...], ...]:
        """Return some of `points`, without making those before."""
        return tuple(self._point(number) for number in range(first, min(first + count, self.count)))

    def _point(self, number: int) -> tuple[tuple[str, str], ...]:
        found = []
        for axis in reversed(self.axes):
            number, place = divmod(number, len(axis.values))
            found.append((axis.name, axis.values[place]))
        return tuple(reversed(found))

    @property
    def compiled(self) -> bool:
        """Whether it is of a rule."""
        return self.plan.strategies[0] in RULES


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What one point came to on one part."""

    point: tuple[tuple[str, str], ...]
    part: str
    events: int
    orders: int
    fills: int
    valued: int
    """Of them, those whose market's end is known; the sums below are of these."""
    won: int
    """Of those, fills that brought more than they cost."""
    gross: Decimal
    fees: Decimal
    days: tuple[tuple[int, Decimal], ...]
    """(day since 1970, net)."""
    digest: str
    """Of its fills."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A point over all parts that were run."""

    point: tuple[tuple[str, str], ...]
    parts: int
    orders: int
    fills: int
    valued: int
    gross: Decimal
    fees: Decimal
    net: Decimal
    wins: Share | None
    sharpe: Sharpe | None
    """Of daily results."""
    deflated: float | None
    """Chance that it is above what the luckiest of all points would show if none were worth anything."""
    digest: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some points on one part."""

    sweep: Sweep
    folder: str
    part: str
    first: int
    count: int

    @property
    def key(self) -> str:
        """Name it: the axes' values, not their place in the grid."""
        some = self.sweep.some(self.first, self.count)
        of = hashlib.blake2b(msgspec.json.encode((self.sweep.plan.key, some)), digest_size=8).hexdigest()
        return f"{of} {self.part}"

    def __call__(self) -> tuple[Came, ...]:
        """Run them."""
        plan = msgspec.structs.replace(self.sweep.plan, parts=(self.part,))
        part = _read(plan, self.folder)
        points = self.sweep.some(self.first, self.count)
        if self.sweep.compiled:
            packed = _packed(plan, self.folder)
            return tuple(_fast(plan, part, packed, point) for point in points)
        return tuple(_whole(plan, part, point) for point in points)


def run(
    sweep: Sweep,
    folder: Path,
    store: job.Store[tuple[Came, ...]],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Came, ...]:
    """Run every point on every part, and return what is done, part by part in the order of the grid.

    As `engine.research.job.run`, whose parameters the last four are.

    Raises
    ------
    Unavailable
        If an extra is asked for and not installed, or a scheduler does not answer.
    InputError
        If the data, the grid, a strategy or a parameter is not what it should be.
    """
    check(sweep)
    count, at_once = sweep.count, AT_ONCE if sweep.compiled else 1
    pieces = [
        Piece(sweep, str(folder.resolve()), part.name, first, min(at_once, count - first))
        for part in backtest.chosen(sweep.plan, folder)
        for first in range(0, count, at_once)
    ]
    found = job.run(pieces, store, jobs=jobs, scheduler=scheduler, told=told, stopped=stopped)
    return tuple(one for some in found for one in some)


def store(file: Path | None) -> job.Store[tuple[Came, ...]]:
    """Return where pieces of sweeps are kept."""
    return job.Store(file, tuple[Came, ...])


def check(sweep: Sweep) -> None:
    """Refuse a sweep that cannot be run.

    Raises
    ------
    InputError
        The reason, in one sentence.
    """
    names = [axis.name for axis in sweep.axes]
    if len(set(names)) != len(names) or any(not axis.values for axis in sweep.axes):
        raise InputError("--grid: each parameter once, with at least one value")
    if sweep.count > MOST_POINTS:
        raise InputError(f"--grid: {sweep.count} points are more than {MOST_POINTS}")
    said = [*names, *(name for _, name, _ in sweep.plan.parameters)]
    if sweep.compiled:
        unknown = [name for name in said if name not in {*KNOBS, LATENCY}]
        if unknown:
            raise InputError(f"--grid {unknown[0]}: no parameter of a rule; there are {', '.join(KNOBS)}, {LATENCY}")
    values = [value for axis in sweep.axes for value in axis.values if sweep.compiled or axis.name == LATENCY]
    for value in [*values, *(v for _, _, v in sweep.plan.parameters if sweep.compiled)]:
        if not _number(value).is_finite() or not 0 <= _number(value) <= 10**9:
            raise InputError(f"--grid: {value} is no number of at most 1000000000")


def lines(sweep: Sweep, came: Sequence[Came]) -> tuple[Line, ...]:
    """Return the points, best net first."""
    shelves: defaultdict[tuple[tuple[str, str], ...], list[Came]] = defaultdict(list)
    for one in came:
        shelves[one.point].append(one)
    daily = {point: _daily(some) for point, some in shelves.items()}
    trials = [found for days in daily.values() if (found := verdicts.per_period(days)) is not None]
    rows = [_line(point, shelves[point], daily[point], trials) for point in sweep.points if point in shelves]
    return tuple(sorted(rows, key=lambda one: (-one.net, one.point)))


def _line(
    point: tuple[tuple[str, str], ...], some: Sequence[Came], days: Sequence[float], trials: Sequence[float]
) -> Line:
    gross, fees = sum((one.gross for one in some), Decimal(0)), sum((one.fees for one in some), Decimal(0))
    valued = sum(one.valued for one in some)
    return Line(
        point=point, parts=len(some), orders=sum(one.orders for one in some), fills=sum(one.fills for one in some),
        valued=valued, gross=gross, fees=fees, net=gross - fees,
        wins=verdicts.share(sum(one.won for one in some), valued), sharpe=verdicts.sharpe(days),
        deflated=verdicts.deflated(days, trials),
        digest=hashlib.blake2b("".join(one.digest for one in some).encode(), digest_size=16).hexdigest(),
    )  # fmt: skip


def _daily(some: Sequence[Came]) -> list[float]:
    """Return the results of the days from the first with a fill to the last; one without any brought nothing."""
    days: defaultdict[int, Decimal] = defaultdict(Decimal)
    for one in some:
        for day, net in one.days:
            days[day] += net
    return verdicts.daily({day: float(net) for day, net in days.items()})


_last: list[tuple[object, Part]] = []
"""The part that this process read last, and packed last: pieces of one part come one after the other."""
_last_packed: list[tuple[object, Packed]] = []


def _read(plan: Plan, folder: str) -> Part:
    wanted = (plan.data, plan.assumed, plan.parts, folder)
    if not _last or _last[0][0] != wanted:
        _last[:] = [(wanted, next(backtest.chosen(plan, Path(folder))))]
    return _last[0][1]


def _packed(plan: Plan, folder: str) -> Packed:
    from engine.research.fast import packing

    wanted = (plan.data, plan.assumed, plan.parts, folder)
    if not _last_packed or _last_packed[0][0] != wanted:
        _last_packed[:] = [(wanted, packing.pack(backtest.read(_read(plan, folder)), venue_of(plan.data)))]
    return _last_packed[0][1]


def venue_of(data: str) -> VenueId:
    """Return the venue whose orders a set can fill."""
    return POLYMARKET if data.startswith("polymarket") else KALSHI


def _whole(plan: Plan, part: Part, point: tuple[tuple[str, str], ...]) -> Came:
    """Run a point through the whole kernel."""
    who = plan.strategies[0]
    fills = plan.fills
    for name, value in point:
        if name == LATENCY:
            fills = msgspec.structs.replace(fills, out_ms=float(value), back_ms=float(value) / 2)
    told = tuple((who, name, value) for name, value in point if name != LATENCY)
    return came(
        point, backtest.run(msgspec.structs.replace(plan, fills=fills, parameters=plan.parameters + told), part)
    )


def came(point: tuple[tuple[str, str], ...], result: PartResult) -> Came:
    """Return what a backtest of one part came to."""
    values = [(fill, value) for fill in result.fills if (value := backtest_report.result(fill)) is not None]
    fees = sum((fill.fee for fill, _ in values), Decimal(0))
    days: defaultdict[int, Decimal] = defaultdict(Decimal)
    for fill, value in values:
        days[fill.at // DAY] += value
    return Came(
        point=point, part=result.name, events=result.events, orders=result.orders, fills=len(result.fills),
        valued=len(values), won=sum(value > 0 for _, value in values),
        gross=sum((value for _, value in values), Decimal(0)) + fees, fees=fees, days=tuple(sorted(days.items())),
        digest=hashlib.blake2b(msgspec.json.encode(result.fills), digest_size=16).hexdigest(),
    )  # fmt: skip


def _fast(plan: Plan, part: Part, packed: Packed, point: tuple[tuple[str, str], ...]) -> Came:
    """Run a point of a rule through the kernels."""
    from engine.orders.simulate import Latency
    from engine.research.fast import running

    knobs = KNOBS | {name: _number(value) for _, name, value in plan.parameters}
    knobs |= {name: _number(value) for name, value in point}
    out = float(knobs.get(LATENCY, Decimal(str(plan.fills.out_ms))))
    back = out / 2 if LATENCY in knobs else plan.fills.back_ms
    milli = SECOND // 1_000
    delays = Latency(out=int(out * milli), back=int(back * milli), jitter=int(plan.fills.jitter_ms * milli))
    way = running.Fast(latency=delays, touch=plan.fills.model == "touch", seed=f"{plan.seed} {part.name}")
    if not packed.instruments:
        raise InputError(f"{part.name}: lists no market of {packed.venue}")
    rule = _rule(plan.strategies[0], knobs, packed.instruments[0])
    until = packed.until + backtest.AFTER
    return fast_came(point, part, packed, running.play(packed, way, until=until, rule=rule), part.results)


def _rule(name: str, knobs: Mapping[str, Decimal], terms: Instrument) -> Rule:
    from engine.research.fast import rules

    return rules.Rule(
        kind=rules.QUOTES if name == "quotes" else rules.TAKES, size=int(knobs["size"] / terms.lot),
        most=int(knobs["most"] / terms.lot), away=int(knobs["away"] / 100 / terms.unit), lean=int(knobs["lean"] * 10),
        apart=int(knobs["apart"] * SECOND), legs=1,
    )  # fmt: skip


def fast_came(
    point: tuple[tuple[str, str], ...], part: Part, packed: Packed, played: object, results: Mapping[InstrumentId, str]
) -> Came:
    """Return what a run of the kernels came to, as `came` does of a backtest through the whole kernel."""
    from engine.research.fast import accounts

    sums = accounts.settle(packed, played, results)  # type: ignore[arg-type] # numba's module is not read for types
    return Came(point=point, part=part.name, events=len(packed.rows), **sums)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")
