"""What the Up/Down lines lay out in idle moments changes nothing that is done: two sessions live through the same.

One has idle moments, one has none. Every step's effects are held against each other's in full, and at the end what the
lines remember, and what orders leave behind.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from engine.core import codec
from engine.core.commands import Cancel, Halt, ReduceOnly, SetStrategy, StrategyState
from engine.core.effects import Submit
from engine.core.events import BookDelta, BooksStale, Kept, LinkChanged, Pictured
from engine.core.ids import POLYMARKET, StrategyId
from engine.core.units import SECOND, Lots, Money, Nanos, Side, Ticks
from engine.maths.binary import digital
from engine.strategies.context import Context
from engine.strategies.said import Want, Why
from engine.strategies.updown import UpDown
from engine.strategies.updown_sizing import Account
from tests.engine.kernel.strategies.updown_desk import BEGINS, Desk
from tests.scale import scale

STRIKE = 68_000.0
NAMES = ("latency_arb", "certainty_capture", "convexity_fade", "strike_misalign", "lp_extreme", "cross_timeframe")
PARTS = 4
UNTIL_DONE = 1_000
FEWEST = 40
"""So many have orders that find what was laid out."""


class Counted(UpDown):
    """The engine, which counts how often it is asked for a size."""

    sized = 0

    def size(self, context: Context, want: Want) -> Want | Why:
        self.sized += 1
        return super().size(context, want)


class Idle(Desk):
    """A session with idle moments, or without; what it did in full."""

    def __init__(self, *, idle: bool, seed: int | None = None, mode: str = "paper", **more: Any) -> None:
        self.idle, self.moments = idle, None if seed is None else random.Random(seed)
        self.did: list[bytes] = []
        self.laid = self.short = self.ahead = 0
        self.rests = True
        super().__init__(mode, **more)

    def registry(self) -> Any:
        self.engine = Counted()
        return (self.engine,)

    def do(self, event: Any) -> list[Any]:
        if self.rests and (self.moments is None or self.moments.random() < 0.8):
            self.rest(UNTIL_DONE if self.moments is None else self.moments.choice((2, 4, UNTIL_DONE, UNTIL_DONE)))
        waiting = self.state.pending.get(event.what[5:]) if type(event) is Kept else None
        measured = waiting is not None and waiting.sums is not None and waiting.sums.total is self.state.total
        measured = measured and waiting is not None and waiting.turn == self.state.turn
        ready = self.state.envelopes.ready.values()
        laid = any(one is not None and isinstance(one.laid, Account) for one in ready)
        foreseen = [one.ahead for one in ready if one is not None and one.ahead is not None]
        places = [next_.place for one in foreseen for next_ in one.orders if next_ is not None]
        before, known = self.state.next_order, len(self.state.register)
        effects = super().do(event)
        self.laid += laid and self.state.next_order > before
        self.short += measured and any(type(effect) is Submit for effect in effects)
        new = itertools.islice(self.state.register, known, None)
        self.ahead += sum(any(order.place is place for place in places) for order in new)
        self.did.append(codec.digest(list(effects)))
        return effects

    def rest(self, moments: int = UNTIL_DONE) -> None:
        """Have idle moments, in the session that has them."""
        for _ in range(moments):
            if not (self.idle and self.kernel.prepare()):
                break

    def left(self) -> tuple[Any, ...]:
        """Return what orders leave behind, and what each line remembers."""
        state, seats = self.state, [self.seat(name) for name in NAMES]
        return (
            list(state.register), [(key, str(loss)) for key, loss in state.venue_losses.items()], str(state.venue_loss),
            list(state.pressed), list(state.pending), state.next_order, state.session, state.flows, state.gates,
            {venue: list(desk.sent) for venue, desk in state.desks.items()}, state.strategies.by_order,
            [(one.last, one.last_at, one.refused, one.real.days, one.shadow.days) for one in seats],
            [(one.orders, one.house.side, one.shadow_house.side) for one in self.engine.order],
            [(one.digest.hexdigest(), one.reasons, one.refusals, one.last_said, one.orders) for one in seats],
            [self.engine.shows(state.strategies.context, StrategyId(name)) for name in NAMES],
        )  # fmt: skip


def both(work: Callable[[Idle], None], **more: Any) -> Idle:
    """Let two sessions live through the same; return the one with idle moments."""
    one, other = (Idle(idle=idle, **more) for idle in (True, False))
    for session in (one, other):
        work(session)
    assert one.did == other.did
    assert one.left() == other.left()
    assert (other.laid, other.short, other.ahead) == (0, 0, 0)
    return one


def warm(desk: Idle) -> None:
    for n in range(21):
        desk.trade_at(BEGINS - 20 * SECOND + n * SECOND, STRIKE * (1 + 6e-5 * (n % 2)), 1e-6)


def by_chance(desk: Idle, seed: int) -> None:
    """Prices, offers, lines and what they are told, fills and pictures: all by chance, orders not seldom."""
    chance, price = random.Random(seed), STRIKE
    warm(desk)
    for name in NAMES:
        if chance.random() < 0.7:
            desk.switch(name, chance.choice(("paper", "paper", "paper", "shadow")))
            desk.told(name, "profile", "seed")
            desk.told(name, "most_shares", chance.choice(("5", "10", "250")))
    name, cents = desk.windows[0], [-0.05, -0.03, 0.0, 0.01, 0.02, 0.1]
    for _ in range(60):
        at, what = desk.at + int(chance.expovariate(2.0) * SECOND), chance.random()
        if what < 0.5:
            price *= 1 + chance.gauss(0.0, 6e-5 if chance.random() < 0.9 else 4e-4)
            desk.trade_at(at, round(price, 2), 1e-5)
        elif what < 0.9:
            desk.to(at)
            left = max(1.0, (BEGINS - desk.at) / SECOND + 300.0)
            up = min(0.97, max(0.03, digital(price, STRIKE, 6e-5, left).p_up))
            ask = min(0.98, max(0.02, round(up + chance.choice(cents), 2)))
            desk.quote_up(ask, min(0.99, round(max(1 - ask + 0.01, 1 - up + chance.choice(cents)), 2)))
        elif what < 0.94:
            desk.tell(
                Pictured(at=desk.at, venue=POLYMARKET, asked_at=desk.at, cash=Money(Decimal(chance.choice((100, 999)))))
            )
        elif what < 0.97:
            desk.switch(chance.choice(NAMES), chance.choice(("off", "paper", "shadow")))
        else:
            desk.run(11)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_was_laid_out_changes_nothing_of_what_is_done(part: int) -> None:
    laid = short = 0
    for seed in range(part, max(scale(400), FEWEST), PARTS):
        one = both(lambda desk, seed=seed: by_chance(desk, seed), seed=seed)  # type: ignore[misc]
        laid, short = laid + one.laid, short + one.short
    assert laid
    assert short


def rise(desk: Idle, cents: float, at: int) -> None:
    """Let the price rise above an Up share that has not followed."""
    desk.to(at)
    desk.quote_up(0.60 + cents, 0.42)
    desk.trade_at(at + 1, STRIKE + 60.0, 1e-6)


def twice(desk: Idle, between: Callable[[Idle], Any] = lambda _: None) -> None:
    """Two orders of S1: the second finds what was laid out after the first, but for what comes between."""
    warm(desk)
    desk.switch("latency_arb")
    desk.told("latency_arb", "profile", "seed")
    desk.told("latency_arb", "most_shares", "10")
    rise(desk, 0.0, BEGINS + 60 * SECOND)
    desk.run(1)
    desk.beat()
    between(desk)
    rise(desk, 0.01, BEGINS + 65 * SECOND)


def test_the_second_order_of_a_line_finds_it() -> None:
    one = both(twice)
    assert (len(one.orders()), one.laid) == (2, 1)


def test_what_was_laid_out_on_another_day_is_reckoned_anew() -> None:
    def over(desk: Idle) -> None:
        while desk.idle and desk.kernel.prepare():
            pass
        for one in desk.state.envelopes.ready.values():
            if one is not None and isinstance(one.laid, Account):
                one.laid = one.laid._replace(exposure=1e9, own=1e9, until=desk.at)

    one = both(lambda desk: twice(desk, over))
    assert (len(one.orders()), one.laid) == (2, 1)


def _stale(desk: Idle) -> None:
    desk.tell(BooksStale(at=desk.at, venue=POLYMARKET, why="gap", instruments=(desk.windows[0],)))


def _delta(desk: Idle) -> None:
    one = BookDelta(at=desk.at, instrument=desk.windows[0], side=Side.BUY, price=Ticks(1_000), lots=Lots(10**9))
    desk.do(one)


@pytest.mark.parametrize(
    ("stirred", "short", "sent"),
    [
        (lambda d: None, 1, 2), (_delta, 1, 2), (_stale, 0, 1), (lambda d: d.ask(Halt(why="x"), gap=0), 0, 1),
        (lambda d: d.ask(ReduceOnly(on=True), gap=0), 0, 1),
        (lambda d: d.ask(Cancel(order=d.orders()[-1].id), gap=0), 0, 1),
        (lambda d: d.tell(LinkChanged(at=d.at, venue=POLYMARKET, up=False, channel="account", why="x")), 0, 1),
        (lambda d: setattr(d.seat("latency_arb"), "halted", "x"), 0, 1),
        (lambda d: setattr(d.state, "total", d.state.total - 5_000), 0, 2),
    ],
)  # fmt: skip
def test_what_comes_between_an_order_and_the_disk_is_seen(stirred: Any, short: int, sent: int) -> None:
    def work(desk: Idle) -> None:
        twice(desk, lambda one: setattr(one, "DISK", Nanos(SECOND // 20)))
        stirred(desk)
        desk.run(5)

    one = both(work)
    assert one.short == short
    assert len([effect for effect in one.asked if type(effect) is Submit]) == sent


def test_an_order_is_not_sent_once_the_disk_took_long() -> None:
    def work(desk: Idle) -> None:
        twice(desk, lambda one: setattr(one, "DISK", Nanos(30 * SECOND)))
        desk.run(40)

    one = both(work)
    assert len([effect for effect in one.asked if type(effect) is Submit]) == 1


def test_a_line_that_only_listens_lays_out_nothing() -> None:
    def work(desk: Idle) -> None:
        twice(desk, lambda one: one.ask(SetStrategy(strategy=StrategyId("latency_arb"), to=StrategyState.SHADOW)))

    assert both(work).laid == 0
