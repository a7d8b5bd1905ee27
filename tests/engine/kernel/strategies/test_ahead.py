"""An order that a line was likely to want goes the short way, and nothing tells: neither an effect nor what is left.

Two sessions live through the same, one with idle moments in which each line's next orders are laid out, one without
any. Each step's effects are held against each other's in full, and at the end whatever orders leave behind.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.commands import (
    Arm,
    Cancel,
    Disarm,
    Halt,
    Place,
    ReduceOnly,
    SetLimit,
    SetParameter,
    SetStrategy,
    StrategyState,
    Tif,
)
from engine.core.effects import Submit
from engine.core.events import Accepted, BookDelta, BooksStale, Canceled, Filled, LinkChanged, Pictured, Rejected
from engine.core.ids import POLYMARKET, FamilyId, StrategyId, VenueOrderId
from engine.core.units import SECOND, Leg, Lots, Money, Nanos, Qty, Side, Ticks
from engine.kernel import probing
from engine.maths.binary import digital
from engine.risk.limits import SPECS
from engine.risk.two_tier import Gate
from engine.strategies import updown_ahead
from engine.strategies.sight import DOWN, UP
from engine.strategies.updown_lines import S5
from engine.strategies.updown_lines import SPECS as LINES
from tests.engine.kernel.strategies.test_updown_laid import NAMES, STRIKE, Idle, both, rise, warm
from tests.engine.kernel.strategies.updown_desk import BEGINS
from tests.scale import scale

PARTS = 4
FEWEST = 40
S1 = StrategyId("latency_arb")
RATES = ("0", "0.07")


def lots(shares: float) -> Lots:
    """Shares as the window's book counts them."""
    return Lots(int(shares * 10**6))


def put(desk: Idle, side: Side, price: float, shares: float) -> None:
    """Change one level of the window's book, in dollars of Up."""
    one = BookDelta(
        at=desk.at, instrument=desk.windows[0], side=side, price=Ticks(round(price * 10_000)), lots=lots(shares)
    )
    desk.do(one)


def answered(chance: random.Random) -> Callable[[Any, Submit], None]:
    """Return a venue that fills, rejects, kills or keeps orders by chance."""

    def sends(desk: Any, effect: Submit) -> None:
        order, place, what = effect.order.order, effect.order.place, chance.random()
        told: list[Any] = [Accepted(at=desk.at, order=order, venue_order=VenueOrderId(f"v-{order}"))]
        qty, each = place.qty, Decimal(place.price) / 10_000
        if what < 0.2:
            told = [Rejected(at=desk.at, order=order, code="x", text="no")]
        elif what < 0.5:
            cost = Money(qty * each)
            told.append(Filled(at=desk.at, order=order, trade_id=f"t-{order}", price=each, qty=qty, cost=cost,
                               fee=Money(Decimal("0.01")), maker=False))  # fmt: skip
        elif what < 0.9:
            told.append(Canceled(at=desk.at, order=order, why="killed"))
        for n, event in enumerate(told):
            desk.after(desk.LATENCY * (n + 1), lambda event=event: desk.tell(event))

    return sends


def by_chance(desk: Idle, seed: int) -> None:
    """Prices, offers and how much stands there, lines, limits, answers: all by chance, orders not seldom."""
    chance, price = random.Random(seed), STRIKE
    desk.sends = answered(random.Random(seed + 1))
    warm(desk)
    for name in NAMES:
        if chance.random() < 0.6:
            desk.switch(name, chance.choice(("paper", "paper", "paper", "shadow")))
            desk.told(name, "profile", chance.choice(("seed", "seed", "paced")))
            desk.told(name, "most_shares", chance.choice(("5", "10", "250")))
    cents = [-0.08, -0.05, -0.04, -0.03, -0.02, 0.0, 0.01, 0.1]
    for _ in range(50):
        at, what = desk.at + int(chance.expovariate(0.5) * SECOND), chance.random()
        left = max(1.0, (BEGINS - desk.at) / SECOND + 300.0)
        up = min(0.97, max(0.03, digital(price, STRIKE, 6e-5, left).p_up))
        if what < 0.5:
            price *= 1 + chance.gauss(0.0, 6e-5 if chance.random() < 0.8 else 4e-4)
            desk.trade_at(at, round(price, 2), 1e-5)
        elif what < 0.75:
            desk.to(at)
            ask = min(0.98, max(0.02, round(up + chance.choice(cents), 2)))
            desk.quote_up(ask, min(0.99, round(max(1 - ask + 0.01, 1 - up + chance.choice(cents)), 2)))
        elif what < 0.9:
            side, off = chance.choice(list(Side)), chance.choice((-0.03, -0.01, -0.001, 0.001, 0.01, 0.03))
            put(desk, side, min(0.98, max(0.02, round(up + off, 3))), chance.choice((0, 4, 7, 30, 1e5)))
        elif what < 0.93:
            desk.tell(
                Pictured(at=desk.at, venue=POLYMARKET, asked_at=desk.at, cash=Money(Decimal(chance.choice((100, 999)))))
            )
        elif what < 0.96:
            desk.switch(chance.choice(NAMES), chance.choice(("off", "paper", "shadow")))
        elif what < 0.98:
            one = Place(instrument=desk.windows[0], side=Side.BUY, leg=chance.choice(list(Leg)), price=Ticks(3_000),
                        qty=Qty(Decimal(5)), tif=Tif.GTC)  # fmt: skip
            desk.ask(one, gap=0.5)
        else:
            desk.run(11)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_was_laid_out_changes_nothing_of_what_is_done(part: int) -> None:
    orders = ahead = sized = 0
    for seed in range(part, max(scale(400), FEWEST), PARTS):
        one = both(lambda desk, seed=seed: by_chance(desk, seed), seed=seed, rate=RATES[seed // PARTS % 2])  # type: ignore[misc]
        orders, ahead, sized = orders + len(one.orders()), ahead + one.ahead, sized + one.engine.sized
    print(orders, ahead, sized)
    assert ahead


Work = Callable[[Idle], Any]


def spoken(
    work: Work = lambda _: None, *, price: float = 60.0, ask: float = 0.60, most: str = "10", **more: Any
) -> Idle:
    """Have S1 speak after all was laid out and something happened since; return the session with idle moments."""

    def live(desk: Idle) -> None:
        warm(desk)
        desk.ask(Arm(typed="LIVE desk"), gap=0.1)
        to = StrategyState.LIVE if desk.live else StrategyState.PAPER
        desk.ask(SetStrategy(strategy=S1, to=to, typed="LIVE desk"), gap=0.01)
        desk.told(S1, "profile", "seed")
        desk.told(S1, "most_shares", most)
        rise(desk, 0.0, BEGINS + 60 * SECOND)
        desk.run(3)
        desk.to(BEGINS + 65 * SECOND)
        desk.quote_up(ask, round(1.02 - ask, 3))
        desk.rest()
        desk.rests, desk.ahead, desk.engine.sized = False, 0, 0
        work(desk)
        desk.trade_at_now(STRIKE + price)
        desk.run(0.2)

    return both(live, **more)


def test_the_next_order_of_a_line_is_laid_out() -> None:
    one = spoken()
    assert (len(one.orders()), one.ahead) == (2, 1)


def _ask(command: Any) -> Work:
    return lambda desk: desk.ask(command, gap=0)


def _set(what: str, value: Any) -> Work:
    return lambda desk: setattr(desk.state, what, value(getattr(desk.state, what)))


def _late(seconds: float) -> Work:
    return lambda desk: setattr(desk, "at", Nanos(desk.at + int(seconds * SECOND)))


def _seen(what: Callable[[Any], Any]) -> Work:
    return lambda desk: what(desk.engine.windows[desk.windows[0]])


def _pressed(seconds: float, *, again: bool = False) -> Work:
    def work(desk: Idle) -> None:
        at, steady = desk.state.strategies.steady
        like = probing.likeness(replace(desk.orders()[-1].place, price=Ticks(6_000))) if again else ("like",)
        desk.state.pressed.append((steady + int((desk.state.now - at)) - int(seconds * SECOND), like))

    return work


LAID_OUT, RECKONED, LONG = range(3)
CHANGES: dict[str, tuple[Work, int]] = {
    "nothing": (lambda _: None, LAID_OUT),
    "behind the offer": (lambda d: put(d, Side.BUY, 0.2, 5), LAID_OUT),
    "at the offer": (lambda d: put(d, Side.SELL, 0.60, 50), LAID_OUT),
    "less than is wanted at the offer": (lambda d: put(d, Side.SELL, 0.60, 7), RECKONED),
    "too little at the offer": (lambda d: put(d, Side.SELL, 0.60, 0.5), LONG),
    "a lower offer": (lambda d: put(d, Side.SELL, 0.598, 50), LAID_OUT),
    "a much lower offer": (lambda d: put(d, Side.SELL, 0.585, 50), RECKONED),
    "a bid gone": (lambda d: put(d, Side.BUY, 0.58, 0), LONG),
    "an offer gone": (lambda d: put(d, Side.SELL, 0.60, 0), LONG),
    "a book that crosses": (lambda d: put(d, Side.BUY, 0.61, 5), LONG),
    "stale": (lambda d: d.tell(BooksStale(at=d.at, venue=POLYMARKET, why="gap", instruments=(d.windows[0],))), LONG),
    "halted": (_ask(Halt(why="x")), LONG),
    "reduce only": (_ask(ReduceOnly(on=True)), LONG),
    "cancelled": (lambda d: d.ask(Cancel(order=d.orders()[-1].id), gap=0), LONG),
    "told another edge": (_ask(SetParameter(strategy=S1, name="least_edge", value="0.4")), LONG),
    "told fewer shares": (_ask(SetParameter(strategy=S1, name="most_shares", value="7")), LONG),
    "a limit by command": (_ask(SetLimit(gate="ORDER_QTY", value=Decimal(1), why="")), LONG),
    "off": (lambda d: d.switch(S1, "off"), LONG),
    "in the shadow": (lambda d: d.switch(S1, "shadow"), LONG),
    "a cut": (lambda d: d.tell(LinkChanged(at=d.at, venue=POLYMARKET, up=False, channel="account", why="x")), LONG),
    "a picture": (lambda d: d.tell(Pictured(at=d.at, venue=POLYMARKET, asked_at=d.at, cash=Money(Decimal(30)))), LONG),
    "stopped": (lambda d: setattr(d.seat(S1), "halted", "x"), LONG),
    "refused before": (lambda d: setattr(d.seat(S1), "refused", "STALE"), LONG),
    "refused for messages": (lambda d: setattr(d.seat(S1), "refused", "MESSAGE_RATIO"), LONG),
    "total": (_set("total", lambda one: one - 5_000), LONG),
    "loss": (_set("loss", lambda one: one + 5_000), LONG),
    "losses on venues": (_set("venue_loss", lambda one: one + 5_000), LONG),
    "the day's base": (_set("day_base", lambda one: one + 5_000), LONG),
    "the week's base": (_set("week_base", lambda one: one + 5_000), LONG),
    "another order's number": (_set("next_order", lambda one: one + 1), LONG),
    "an opinion": (lambda d: d.state.opinions.update({_family(d): None}), LAID_OUT),
    "pressed before": (_pressed(30), LAID_OUT),
    "pressed just now": (_pressed(1), LAID_OUT),
    "pressed later": (_pressed(-1), LONG),
    "the same pressed just now": (_pressed(1, again=True), LONG),
    "pressed as often as may be": (lambda d: [_pressed(1.5)(d) for _ in range(1_000)], LONG),
    "sent just now": (lambda d: d.state.desks[POLYMARKET].sent.append(d.at), LAID_OUT),
    "sent as often as may be": (lambda d: d.state.desks[POLYMARKET].sent.extend([d.at] * 100), LONG),
    "the house is up": (_seen(lambda one: one.house.stands(UP)), LAID_OUT),
    "the house is down": (_seen(lambda one: (setattr(one.house, "side", None), one.house.stands(DOWN))), LONG),
    "a halt": (lambda d: d.engine._halts.begin(True, Gate.DAILY_LOSS, d.at), LONG),
    "a halt in the shadow": (lambda d: d.engine._halts.begin(False, Gate.DAILY_LOSS, d.at), LONG),
    "a second": (_late(1), LAID_OUT),
    "the book not heard of": (_late(10), LONG),
    "an hour": (_late(3_600), LONG),
    "a day": (_late(86_400), LONG),
}  # fmt: skip


LIVE: dict[str, tuple[Work, int]] = {
    "nothing": (lambda _: None, LAID_OUT),
    "less than is wanted at the offer": (lambda d: put(d, Side.SELL, 0.60, 7), RECKONED),
    "disarmed": (_ask(Disarm(why="x")), LONG),
    "no longer armed": (lambda d: setattr(d.state.session, "armed_until", None), LONG),
    "armed until now": (lambda d: setattr(d.state.session, "armed_until", d.at), LONG),
    "slept": (lambda d: setattr(d.state, "beat_at", Nanos(d.at - 3_600 * SECOND)), LONG),
}  # fmt: skip


def _family(desk: Idle) -> Any:
    return FamilyId(desk.state.listings[desk.windows[0]].instrument.family)


def way_of(one: Idle) -> int:
    short = len(one.orders()) == 2 and not one.engine.sized
    return LAID_OUT if one.ahead else RECKONED if short else LONG


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("rate", RATES)
def test_what_moves_between_the_laying_out_and_the_order_is_seen(what: str, rate: str) -> None:
    work, way = CHANGES[what]
    assert way_of(spoken(work, rate=rate)) == way


@pytest.mark.parametrize("what", LIVE)
def test_live_it_is_seen_whether_orders_may_leave(what: str) -> None:
    work, way = LIVE[what]
    assert way_of(spoken(work, mode="live", rate="0.07")) == way


@pytest.mark.parametrize("code", sorted(SPECS))
def test_every_limit_that_is_set_since_is_seen(code: str) -> None:
    spec = SPECS[code]
    for value in (spec.lowest, spec.highest):
        assert spoken(lambda desk, value=value: desk.state.limits.set(code, value)).ahead == 0  # type: ignore[misc]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("most", ["3", "10", "250"])
def test_its_size_is_what_the_line_gives_it_at_any_edge(rate: str, most: str) -> None:
    chance, ahead, orders = random.Random(f"{rate} {most}"), 0, 0
    for _ in range(max(scale(60), 12)):
        ask, price = round(chance.uniform(0.1, 0.9), 2), chance.uniform(-80.0, 120.0)
        stands = chance.choice((2, 8, 30, 1e6))
        one = spoken(lambda desk: put(desk, Side.SELL, ask, stands), price=price, ask=ask, most=most, rate=rate)  # noqa: B023
        ahead, orders = ahead + one.ahead, orders + len(one.orders()) - 1
    assert 0 < ahead <= orders


def test_the_traders_own_order_is_laid_out_before_those_of_lines() -> None:
    def both_order(desk: Idle) -> None:
        one = Place(instrument=desk.windows[0], side=Side.BUY, price=Ticks(3_000), qty=Qty(Decimal(5)), tif=Tif.IOC)
        desk.ask(one, gap=0.5)
        desk.run(1)
        desk.ask(one, gap=3)
        desk.run(1)
        desk.beat()
        wanted, state = len(desk.state.envelopes.wanted), desk.state
        assert wanted == 2
        for _ in range(wanted + 1):
            desk.rest(1)
        usual = state.envelopes.ready.get((desk.windows[0], None))
        assert (usual is not None and usual.usual is not None) is desk.idle

    spoken(both_order)


def test_every_line_that_buys_at_the_offer_has_its_steps() -> None:
    assert {spec.name for spec in LINES} - set(updown_ahead.PARTS) == {S5}
