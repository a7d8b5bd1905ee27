"""A backtest: strategies over the parts of a data set, through the live kernel and the paper gateways' simulator.

Every part starts with an empty account and ends settled. What comes back is plain data: fills with what each was
decided on, results by day, and the digest of everything the kernel answered, which the same run gives again.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core import codec
from engine.core.commands import SetParameter, StrategyState, Teach
from engine.core.errors import InputError
from engine.core.events import Filled
from engine.core.ids import KALSHI, POLYMARKET, StrategyId
from engine.core.snapshot import Snapshot
from engine.core.units import HOUR, SECOND, Leg, Nanos, Side
from engine.host.backtest import Backtest
from engine.orders.simulate import Latency, Simulator
from engine.research import sets
from engine.research.sets.recording import Assumed
from engine.strategies import bracket_momentum, market_maker
from engine.strategies.base import LONGEST_LESSON
from engine.strategies.momentum_model import MODEL as CLASSIFIER
from engine.venues import registry

if TYPE_CHECKING:
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.orders.register import Order
    from engine.research.fast.scripts import Recorder
    from engine.research.sets.recording import Part

MAKER: Final = StrategyId(market_maker.NAME)
MOMENTUM: Final = bracket_momentum.NAME
SALT: Final = "b5e0c4d3a291"
PULSE: Final = Nanos(2 * SECOND)
AFTER: Final = HOUR
"""Played on after the last event, so that what is under way comes home."""
MILLISECOND: Final = 1_000_000


class Fills(msgspec.Struct, frozen=True, kw_only=True):
    """How orders are thought to fill."""

    model: str = "queue"
    """``queue``: behind all that stands, eaten by trades; ``touch``: first in line, and no further than the touch."""
    out_ms: float = 35.0
    back_ms: float = 15.0
    jitter_ms: float = 5.0
    """Mean of what comes on top each way, exponentially distributed."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is run; two equal plans over equal data give equal results."""

    data: str
    """Name of a set."""
    strategies: tuple[str, ...]
    parameters: tuple[tuple[str, str, str], ...] = ()
    """(strategy, name, value)."""
    fills: Fills = Fills()
    assumed: Assumed = Assumed()
    seed: int = 1
    parts: tuple[str, ...] = ()
    """Names; all when empty."""
    model: str = ""
    """File of the classifier that `bracket_momentum` is taught; every machine that plays a part reads it there."""
    model_digest: str = ""
    """Of the file's bytes; a file that is another one by then is refused."""
    stamp: str = ""
    """Of the set's files and of the program, as `stamp` has it: what was kept of others is not what this would give."""

    @property
    def key(self) -> str:
        """Return a short name that only plans share which play a part alike, whichever parts they name."""
        alike = msgspec.to_builtins(msgspec.structs.replace(self, parts=(), model=""))
        del alike["model"]
        if not self.model_digest:  # as it was before there were models
            del alike["model_digest"]
        if not self.stamp:  # as it was before data were told apart
            del alike["stamp"]
        return hashlib.blake2b(msgspec.json.encode(alike, order="sorted"), digest_size=6).hexdigest()


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fill."""

    at: int
    strategy: str
    instrument: str
    side: str
    leg: str
    price: Decimal
    """Per share of the leg."""
    qty: Decimal
    cost: Decimal
    fee: Decimal
    maker: bool
    fair: float | None
    """What the strategy held a share of the leg to be worth when it sent the order; 0 to 1."""
    mid: float | None
    """Of the leg when the order was sent; 0 to 1."""
    won: bool | None
    """Whether the leg paid; None where nobody knows."""


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy's UTC day."""

    strategy: str
    day: int
    """Days since 1970."""
    gross: Decimal
    fees: Decimal


class MarkRow(msgspec.Struct, frozen=True, kw_only=True):
    """What prices did some seconds after a strategy's fills."""

    strategy: str
    seconds: int
    cents: float
    """Sum over shares; divide by `shares`."""
    shares: float


class PartResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a part came to."""

    name: str
    rows: int
    events: int
    """Stepped, timers and answers included."""
    orders: int
    fills: tuple[FillRow, ...]
    days: tuple[DayRow, ...]
    marks: tuple[MarkRow, ...]
    groups: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    silent: tuple[tuple[str, str, int], ...]
    """(strategy, code, how often), most first: why nothing was said."""
    digest: str


def stamp(folder: Path, program: str, apart: Collection[Path] = ()) -> str:
    """Return what tells a folder's files, by names, sizes and times of change, and a program from others.

    Files that are hidden are none of the data, nor those `apart`.

    Raises
    ------
    InputError
        If a file cannot be looked at.
    """
    whole = hashlib.blake2b(program.encode(), digest_size=8)
    try:
        for file in sorted(one for one in folder.rglob("[!.]*") if one.is_file() and one not in apart):
            stat = file.stat()
            whole.update(f"\n{file.relative_to(folder).as_posix()} {stat.st_size} {stat.st_mtime_ns}".encode())
    except OSError as e:
        raise InputError(f"{e.filename}: cannot be read ({e.strerror})") from e
    return whole.hexdigest()


def data_set(name: str) -> sets.recording.DataSet:
    """Return a set by name.

    Raises
    ------
    InputError
        If there is none of that name; those there are, are named.
    """
    found = sets.ALL.get(name)
    if name in sets.FED:
        raise InputError(f"{name}: nothing in it can be traded on; it feeds settlement, fair values or chains")
    if found is None:
        raise InputError(f"{name}: no such data set; there are {', '.join(sorted(sets.ALL))}")
    return found


def chosen(plan: Plan, folder: Path) -> Iterator[Part]:
    """Yield a plan's parts, in order.

    Raises
    ------
    InputError
        If the set holds none of them.
    """
    found = 0
    try:
        data = data_set(plan.data)
        wanted = (frozenset(plan.parts),) if data.narrow else ()
        for part in data.parts(folder, plan.assumed, *wanted):
            if not plan.parts or part.name in plan.parts:
                found += 1
                yield part
    except (ArithmeticError, AttributeError, KeyError, IndexError, OSError, TypeError, ValueError) as e:
        raise InputError(f"{folder}: is no {plan.data} ({type(e).__name__}: {e})") from e
    if found < max(1, len(plan.parts)):
        raise InputError(f"{folder}: holds {found} of the parts of {plan.data} that were asked for")


def run(plan: Plan, part: Part, recorder: Recorder | None = None) -> PartResult:
    """Play a part.

    Parameters
    ----------
    recorder : Recorder, optional
        Writes down what is asked of its venue, and what fills.

    Raises
    ------
    InputError
        If a strategy or a parameter is none.
    """
    events = read(part) if recorder is None else recorder.feed(read(part))
    first = next(events)
    desk = _Desk()
    chance = random.Random(f"{plan.seed} {part.name}")
    delays = Latency(
        out=int(plan.fills.out_ms * MILLISECOND), back=int(plan.fills.back_ms * MILLISECOND),
        jitter=int(plan.fills.jitter_ms * MILLISECOND),
    )  # fmt: skip
    touch = plan.fills.model == "touch"
    draws = dict.fromkeys((KALSHI, POLYMARKET), chance.random)
    if recorder is not None:
        draws[recorder.venue] = recorder.drawing(chance.random)
    snapshot = Snapshot(
        profile="backtest", mode="paper", account_name="backtest", salt=SALT, venues=registry.ROWS, beat=Nanos(SECOND)
    )
    desk.session = session = Backtest(
        snapshot, first.at, itertools.chain([first], events),
        {venue: Simulator(venue, draws[venue], delays, touch=touch) for venue in draws},
        heard=desk.hear if recorder is None else _both(desk, recorder), pulse=PULSE,
    )  # fmt: skip
    _set_up(plan, part, session)
    session.run_out(AFTER)
    return _result(part, session, desk)


def read(part: Part) -> Iterator[Event]:
    """Yield a part's events; what its file holds instead of them is told, and not by a name of ours."""
    try:
        yield from part.events()
    except (ArithmeticError, AttributeError, KeyError, IndexError, TypeError, ValueError) as e:
        raise InputError(f"{part.name}: a row of it cannot be read ({type(e).__name__}: {e})") from e


def _both(desk: _Desk, recorder: Recorder) -> Callable[[Event, Sequence[AnyEffect]], None]:
    def hear(event: Event, effects: Sequence[AnyEffect]) -> None:
        desk.hear(event, effects)
        recorder.hear(event, effects)

    return hear


class _Desk:
    """Looks on: digests what the kernel answers, and keeps every fill with what it was decided on."""

    def __init__(self) -> None:
        self.whole = hashlib.blake2b(digest_size=16)
        self.fills: list[FillRow] = []
        self.session: Backtest | None = None

    def hear(self, event: Event, effects: Sequence[AnyEffect]) -> None:
        """Take one step in."""
        self.whole.update(codec.digest(effects))
        if type(event) is not Filled or self.session is None:
            return
        order = self.session.state.register.get(event.order)
        if order is None:
            return
        place = order.place
        each = event.cost / event.qty
        self.fills.append(
            FillRow(
                at=event.at, strategy=str(place.strategy or ""), instrument=_text(place.instrument),
                side=place.side.name, leg=place.leg.name, price=each, qty=event.qty, cost=event.cost, fee=event.fee,
                maker=event.maker, won=None, mid=None if order.mid is None else order.mid / 100,
                fair=_held(order, float(each)),
            )
        )  # fmt: skip


def _held(order: Order, price: float) -> float | None:
    """Return what a share of its leg was held to be worth; by its edge where its strategy did not say."""
    if order.fair is not None:
        return order.fair
    return None if order.edge is None else _fair(price, order.edge / 100, order.place.side)


def _fair(price: float, edge: float, side: Side) -> float:
    return min(1.0, max(0.0, price + edge if side is Side.BUY else price - edge))


def _set_up(plan: Plan, part: Part, session: Backtest) -> None:
    seats = session.state.strategies.seats
    unknown = [name for name in plan.strategies if name not in seats]
    if unknown:
        raise InputError(f"--strategy {unknown[0]}: no such strategy; there are {', '.join(sorted(map(str, seats)))}")
    asked = list(plan.parameters)
    if MAKER in plan.strategies and not any(who == MAKER and name == "markets" for who, name, _ in asked):
        asked.append((MAKER, "markets", ",".join(one.symbol for one in itertools.islice(part.results, 16))))
    if plan.model:
        _teach(plan, session)
        asked.insert(0, (MOMENTUM, "classifier", "on"))
    for who, name, value in asked:
        before = len(session.notices)
        session.ask(SetParameter(strategy=StrategyId(who), name=name, value=value))
        told = session.notices[before:]
        if who not in seats or any(notice.level.name in {"WARN", "DANGER"} for notice in told):
            raise InputError(f"--set {who}.{name}={value}: {told[-1].text if told else 'no such strategy'}")
    session.switch(StrategyState.PAPER, *plan.strategies)


def model_digest(body: bytes) -> str:
    """Return what a plan names a model's file by."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def lesson(file: Path) -> bytes:
    """Return a model's file.

    Raises
    ------
    InputError
        If it is not there, or is larger than any that is read.
    """
    try:
        if file.stat().st_size > LONGEST_LESSON:
            raise InputError(f"{file}: is no model, it is larger than {LONGEST_LESSON // 1024} KB")
        return file.read_bytes()
    except OSError as e:
        raise InputError(f"{file}: the model cannot be read ({e.strerror})") from e


def _teach(plan: Plan, session: Backtest) -> None:
    body = lesson(Path(plan.model))
    if model_digest(body) != plan.model_digest:
        raise InputError(f"{plan.model}: the model is not the one that the run began with")
    before = len(session.notices)
    session.ask(Teach(strategy=StrategyId(MOMENTUM), name=CLASSIFIER, body=body.decode("utf-8", "replace")))
    told = [notice for notice in session.notices[before:] if notice.level.name in {"WARN", "DANGER"}]
    if told:
        raise InputError(f"{plan.model}: {told[-1].text}")


def _result(part: Part, session: Backtest, desk: _Desk) -> PartResult:
    seats = [seat for seat in session.state.strategies.seats.values() if seat.real.days]
    ended = {_text(one): result for one, result in part.results.items()}
    return PartResult(
        name=part.name, rows=part.rows, events=session.steps, orders=session.orders,
        fills=tuple(msgspec.structs.replace(fill, won=_won(fill, ended)) for fill in desk.fills),
        days=tuple(
            DayRow(strategy=str(seat.name), day=number, gross=day.realised, fees=day.fees)
            for seat in seats
            for number, day in sorted(seat.real.days.items())
            if day.realised or day.fees or day.fills
        ),
        marks=tuple(
            MarkRow(strategy=str(seat.name), seconds=seconds, cents=float(100 * mark.value), shares=float(mark.qty))
            for seat in seats
            for seconds, mark in zip((5, 60, 300), seat.real.markouts, strict=True)
            if mark.qty
        ),
        groups=part.groups, notes=part.notes,
        silent=tuple((str(seat.name), code, n) for seat in seats for code, n in _most(seat.reasons)),
        digest=desk.whole.hexdigest(),
    )  # fmt: skip


def _text(one: InstrumentId) -> str:
    return f"{one.venue}:{one.symbol}"


def _most(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:5]


def _won(fill: FillRow, ended: Mapping[str, str]) -> bool | None:
    result = ended.get(fill.instrument)
    return None if result not in {"yes", "no"} else (result == "yes") == (fill.leg == Leg.YES.name)
