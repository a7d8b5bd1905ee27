"""The usual order goes the short way, and nothing tells: not an effect, not a row, not what the kernel remembers.

Two sessions live through the same, one with idle moments in which orders are laid out, one without any. Each step's
effects are held against each other's in full, and at the end whatever an order leaves behind.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core import codec
from engine.core.commands import Arm, Cancel, Disarm, Halt, Place, ReduceOnly, SetLimit, Tif
from engine.core.effects import Keep, Submit
from engine.core.events import Asked, BookDelta, Kept, LinkChanged, StatusChanged
from engine.core.ids import EMBEDDED, KALSHI
from engine.core.units import MINUTE, SECOND, Leg, Lots, Nanos, Qty, Side, Ticks
from engine.kernel import laying, usual
from tests.engine.kernel.test_envelope import Measured
from tests.engine.kernel.test_venue_limits import ONES, Sequence
from tests.engine.kernel.venue import FACTS, FEE, SYMBOLS, Session, instrument, opened
from tests.scale import scale


def left(session: Session) -> tuple[Any, ...]:
    """Return what an order leaves behind in the kernel."""
    state = session.state
    return (
        list(state.register),
        list(state.register.open()),
        [(key, str(loss)) for key, loss in state.venue_losses.items()],
        str(state.venue_loss),
        str(state.loss),
        list(state.pressed),
        {venue: list(desk.sent) for venue, desk in state.desks.items()},
        list(state.pending),
        state.next_order,
        state.strategies.steady,
        state.session,
    )


class Idle:
    """A session with idle moments, or without; what it did in full."""

    kernel: Any
    state: Any

    def lives(self, seed: int | None, *, idle: bool) -> None:
        self.said: list[bytes] = []
        self.idle = idle
        self.moments = None if seed is None else random.Random(seed)
        self.short: dict[str, int] = {"let through": 0, "sent": 0}

    def rest(self) -> None:
        if self.idle and (self.moments is None or self.moments.random() < 0.8):
            while self.kernel.prepare():
                pass
            while self.kernel.foresee() is not None:
                pass

    def did(self, event: Any, effects: list[Any], waiting: Any) -> list[Any]:
        self.said.append(codec.digest(list(effects)))
        for effect in effects:
            if type(effect) is Keep and effect.then.startswith("sent:"):
                self.short["let through"] += self.state.pending[effect.then[5:]].entry is not None
            self.short["sent"] += type(effect) is Submit and waiting
        return effects

    def before(self, event: Any) -> Any:
        if type(event) is Asked or type(event) is Kept:
            self.rest()
        one = self.state.pending.get(event.what[5:]) if type(event) is Kept else None
        if one is None or one.sums is None:
            return False
        return one.turn == self.state.turn and one.sums.total is self.state.total


class One(Idle, Session):
    """One that a test drives."""

    def __init__(self, *, idle: bool, mode: str = "paper", each_second: float = 50.0, **terms: Any) -> None:
        self.lives(None, idle=idle)
        venue = replace(FACTS, orders_per_second=each_second)
        super().__init__(opened(mode, limits=(("DUPLICATE", Decimal(1)),), venues=(venue,)), ready=False)
        self.connect()
        self.list(*[instrument(n, fee=FEE, **terms) for n in range(len(SYMBOLS))])
        self.quote()
        self.run(3)
        if self.live:
            self.ask(Arm(typed="LIVE desk"))

    def do(self, event: Any) -> list[Any]:
        waiting = self.before(event)
        return self.did(event, super().do(event), waiting)


class Habit(Idle, Measured):
    """One to which everything happens by chance, and whoever trades has habits."""

    def __init__(self, seed: int, *, idle: bool) -> None:
        self.lives(seed, idle=idle)
        self.last: Place | None = None
        super().__init__(seed)

    def do(self, event: Any) -> list[Any]:
        waiting = self.before(event)
        return self.did(event, Sequence.do(self, event), waiting)

    def measure(self) -> None:
        self.rest()

    def trade_some(self) -> None:
        chance = self.chance
        if self.last is None or chance.random() < 0.15:
            leg, qty = chance.choice(list(Leg)), chance.choice(("1", "2", "2.0", "5"))
            self.last = self.order(chance.choice((Side.BUY, Side.BUY, Side.SELL)), qty, index=chance.randint(0, 3),
                                   leg=leg, tif=chance.choice((Tif.GTC, Tif.IOC)))  # fmt: skip
        one, what = self.last, chance.random()
        price = Ticks(chance.choice((4_300, 4_500, 4_700, 4_800, 4_900, 5_100, 5_200, 5_500, 5_150, 9_900)))
        one = replace(one, price=price, intent=self.order().intent if chance.random() < 0.95 else one.intent)
        if what < 0.08:
            one = replace(one, tag="other", origin="ladder")
        elif what < 0.12:
            one = replace(one, qty=Qty(Decimal("2.00")))
        elif what < 0.16:
            one = replace(one, post_only=True, tif=Tif.GTC)
        self.ask(one, gap=chance.choice((0.4, 2.1, 3.0, 7.0)))
        if chance.random() < 0.15:
            self.stir()  # before it is on disk
        self.run(chance.choice((0.2, 5)))
        if chance.random() < 0.3:
            self.stir()
        if chance.random() < 0.5:
            for order in [o for o in self.state.register.open() if o.place.instrument.venue != EMBEDDED]:
                self.ask(Cancel(order=order.id), gap=0.1)
        self.run(0.2)


def play(seed: int, *, idle: bool) -> Habit:
    session = Habit(seed, idle=idle)
    for _ in range(session.chance.randint(8, 20)):
        session.trade_some()
        if session.chance.random() < 0.2:
            session.change_some()
        if session.chance.random() < 0.3:
            session.fill_some()
        if session.chance.random() < 0.04:
            session.stop_some()
        if session.chance.random() < 0.02:
            session.settle_some()
    return session


@pytest.mark.parametrize("part", range(2))
def test_what_was_laid_out_changes_nothing_of_what_is_done(part: int) -> None:
    short = {"let through": 0, "sent": 0}
    orders = 0
    for seed in range(part * 1_000, part * 1_000 + scale(400) // 2):
        one, other = play(seed, idle=True), play(seed, idle=False)
        assert one.said == other.said, seed
        assert left(one) == left(other), seed
        assert not other.short["let through"]
        orders += len(one.state.register)
        for what, count in one.short.items():
            short[what] += count
    print(orders, short)
    assert min(short.values()) > 30


Work = Callable[[One], None]


def again(session: One, gap: float = 5.0, **terms: Any) -> None:
    """Ask for the order that was asked for before, for all but these terms."""
    session.ask(session.order(**({"price": 4_700, "qty": "2"} | terms)), gap=gap)


def taken(session: One, one: Session | None = None) -> int:
    """Return how many orders went the short way all along."""
    return min(session.short.values())


def both(work: Work, **terms: Any) -> One:
    """Do the same in a session with and in one without idle moments; return the first."""
    sessions = [One(idle=idle, **terms) for idle in (True, False)]
    for session in sessions:
        again(session)
        session.run(0.5)
        for order in list(session.state.register.open()):
            session.ask(Cancel(order=order.id))
        session.run(3)
        again(session, tag="first", origin="ladder")
        session.run(0.5)
        work(session)
        session.run(3)
    one, other = sessions
    assert one.said == other.said
    assert left(one) == left(other)
    return one


@pytest.mark.parametrize("mode", ["paper", "live"])
@pytest.mark.parametrize(
    ("terms", "short"),
    [
        ({}, 2), ({"price": 4_500}, 2), ({"tag": "x", "origin": "y"}, 2), ({"price": 4_750}, 1), ({"price": None}, 1),
        ({"price": 9_000}, 1), ({"qty": "3"}, 1), ({"qty": "2.0"}, 1), ({"qty": None}, 1), ({"side": Side.SELL}, 1),
        ({"leg": Leg.NO}, 1), ({"tif": Tif.IOC}, 1), ({"post_only": True}, 1), ({"reduce_only": True}, 1),
        ({"index": 1}, 1), ({"intent": "i-1"}, 1), ({"gap": 0.5}, 1), ({"gap": 1.5}, 2), ({"by": "alice"}, 1),
        ({"budget": Decimal(5)}, 1), ({"strategy": "alice"}, 1), ({"until": Nanos(2**61), "tif": Tif.GTD}, 1),
    ],
)  # fmt: skip
def test_an_order_of_other_terms_goes_the_long_way(mode: str, terms: dict[str, Any], short: int) -> None:
    assert taken(both(lambda session: again(session, **terms), mode=mode)) == short


@pytest.mark.parametrize(
    ("each_second", "gaps", "short"),
    [
        (50.0, (5, 0.3, 0.3, 0.3), 4), (50.0, (5, 0.3, 0.3, 0.3, 0.3), 4), (50.0, (5, 0.3, 0.3, 0.3, 0.3, 1.5), 5),
        (2.0, (5, 0.3, 0.3), 2), (2.0, (5, 0.3, 0.3, 0.5), 3), (2.5, (5, 0.3, 0.3), 2), (0.5, (5,), 0),
        (0.0, (5, 0.3, 0.3), 3),
    ],
)  # fmt: skip
def test_orders_soon_after_each_other_go_the_short_way_until_they_are_too_many(
    each_second: float, gaps: tuple[float, ...], short: int
) -> None:
    def work(session: One) -> None:
        before = session.short.copy()
        for n, gap in enumerate(gaps):
            again(session, gap, price=4_400 + 100 * (n % 4))
        session.run(1)
        session.short = {what: count - before[what] for what, count in session.short.items()}

    assert taken(both(work, each_second=each_second)) == short


@pytest.mark.parametrize("back", [0.2, 1.5, 2.5, 5.0])
def test_an_order_pressed_before_the_last_one_that_counts_is_put_in_its_place(back: float) -> None:
    """As where it waited to be sent while a strategy's, or another window's, was pressed and sent."""

    def work(session: One) -> None:
        session.pressed -= int((3.0 + back) * SECOND)
        again(session, 3.0, price=4_500)
        times = [at for at, _ in session.state.pressed]
        assert times == sorted(times)

    assert both(work).short["let through"] == 1, "the one before it"


def _book(side: Side, price: int, lots: int) -> Work:
    def work(session: One) -> None:
        session.tell(BookDelta(at=session.at, instrument=ONES[0], side=side, price=Ticks(price), lots=Lots(lots)))

    return work


def _moved(session: One) -> None:
    for price in (4_900, 4_800):
        _book(Side.BUY, price, 0)(session)
    _book(Side.BUY, 1_000, 50)(session)
    for price in (5_100, 5_200):
        _book(Side.SELL, price, 0)(session)
    _book(Side.SELL, 1_500, 50)(session)


@pytest.mark.parametrize(
    ("stirred", "short"),
    [
        (_book(Side.BUY, 4_900, 700), 1), (_book(Side.BUY, 5_300, 700), 0), (_moved, 0),
        (lambda s: setattr(s, "at", Nanos(s.at + MINUTE)), 0),
        (lambda s: s.state.limits.set("ORDER_QTY", Decimal(1)), 0),
        (lambda s: s.state.limits.set("EVENT_EXPOSURE", Decimal(1)), 0),
        (lambda s: s.state.limits.set("RATE_MINUTE", Decimal(1)), 0),
        (lambda s: s.state.limits.set("OPEN_ORDERS", Decimal(1)), 0),
        (lambda s: setattr(s.state, "total", s.state.total - 5_000), 0),
        (lambda s: setattr(s.state, "loss", s.state.loss + 5_000), 0),
        (lambda s: setattr(s.state, "day_base", s.state.day_base + 5_000), 0),
        (lambda s: setattr(s.state, "week_base", s.state.week_base + 5_000), 0),
        (lambda s: setattr(s.state.session, "armed_until", None), 1),
    ],
)  # fmt: skip
def test_what_moves_between_the_laying_out_and_the_order_is_seen(stirred: Any, short: int) -> None:
    def work(session: One) -> None:
        session.run(5)
        session.beat()
        session.rest()
        laid = [one for one in session.state.envelopes.ready.values() if one is not None and one.usual is not None]
        assert bool(laid) is session.idle
        stirred(session)
        session.pressed += 5 * SECOND
        place = session.order(price=4_700, qty="2")
        session.did(
            None, session.kernel.step(Asked(at=session.at, command=place, pressed_at=Nanos(session.pressed))), None
        )

    one = both(work)
    assert one.short["let through"] == 1 + short


@pytest.mark.parametrize(
    ("stirred", "short"),
    [
        (lambda s: None, 2), (lambda s: s.ask(Halt(why="x"), gap=0), 1),
        (lambda s: s.ask(ReduceOnly(on=True), gap=0), 1),
        (lambda s: s.ask(Disarm(why="x"), gap=0), 1), (lambda s: s.drop("account"), 1), (lambda s: s.drop("market"), 1),
        (_book(Side.BUY, 5_300, 700), 1),
        (lambda s: s.tell(StatusChanged(at=s.at, instrument=ONES[0], status="paused")), 1),
        (lambda s: s.ask(Cancel(order=list(s.state.register)[-1].id), gap=0), 1),
        (lambda s: s.ask(SetLimit(gate="DAILY_LOSS", value=Decimal(0), why=""), gap=0), 1),
        (lambda s: setattr(s.state, "total", s.state.total - 5_000), 1),
        (lambda s: s.tell(LinkChanged(at=s.at, venue=KALSHI, up=True, channel="account")), 1),
        (_book(Side.BUY, 4_900, 700), 2),
    ],
)  # fmt: skip
def test_what_comes_between_an_order_and_the_disk_is_seen(stirred: Any, short: int) -> None:
    def work(session: One) -> None:
        session.DISK = Nanos(SECOND // 20)  # type: ignore[misc]
        again(session)
        stirred(session)

    one = both(work, mode="live")
    assert one.short["let through"] == 2
    assert one.short["sent"] == short


def test_the_usual_order_is_not_sent_either_once_the_disk_took_long() -> None:
    def work(session: One) -> None:
        session.DISK = Nanos(30 * SECOND)  # type: ignore[misc]
        again(session)
        order = list(session.state.register)[-1]
        at = Nanos(session.at + 30 * SECOND)
        session.at = at  # nothing else happened meanwhile: it is the first thing that does
        session.do(Kept(at=at, what=f"sent:{order.id}"))
        assert order.why.startswith("unsent — the disk took more than 5 s")

    one = both(work)
    assert one.short["let through"] == 2
    assert one.short["sent"] == 1


def test_every_field_of_an_order_is_one_that_is_looked_at() -> None:
    assert usual.KNOWN
    terms = usual.TERMS
    assert terms[usual.HEAD] == ("by", "instrument", "side", "leg")
    assert terms[usual.TAIL] == ("tif", "until", "post_only", "reduce_only", "strategy")
    assert [terms[n] for n in (usual.PRICE, usual.QTY, usual.BUDGET, usual.INTENT)] == [
        "price",
        "qty",
        "budget",
        "intent",
    ]
    assert laying.AROUND > 0
