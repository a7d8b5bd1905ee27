"""Orders while the network fails: never doubled, never lost, and what is not known is shown as not known.

The faults are those of the sandbox's desk: cut before anything was done, silence, done and then cut or silent, 429,
5xx before and after.
"""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.core.commands import Amend, Cancel, Tif
from engine.core.order import Status
from engine.core.units import Leg, Qty, Side, Ticks
from tests.conformance.session import Session, truthful
from tests.conformance.venues import TRADING, Entry
from tests.scale import scale

EACH = pytest.mark.parametrize("entry", TRADING, ids=lambda one: one.id)
BEFORE = ("drop", "half_open", "throttle", "error")
"""Nothing was done."""
AFTER = ("reset_after", "lost_reply", "error_after")
"""It was done, and nobody said so."""


@EACH
def test_an_order_that_never_arrived_ends_as_rejected(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        here.stage.fault(kind, entry, entry.places)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - 100, 10)
        await here.ends(order)
        assert order.status is Status.REJECTED
        assert len(here.stage.placed(entry)) == 1, "it was sent again"
        assert here.stage.orders(entry) == []
        await truthful(here, entry)

    play_all(entry, BEFORE, scenario)


@EACH
def test_an_order_whose_answer_was_lost_is_found(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        here.stage.fault(kind, entry, entry.places)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - 100, 10)
        await here.until(lambda: here.stage.orders(entry))
        await here.stands(order, Status.WORKING)
        await truthful(here, entry)
        await here.cancel(order)
        assert len(here.stage.placed(entry)) == 1
        await truthful(here, entry)

    play_all(entry, AFTER, scenario)


@EACH
def test_what_a_lost_order_traded_is_booked_once(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        here.stage.fault(kind, entry, entry.places)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_ask, 10, tif=Tif.IOC)
        await here.stands(order, Status.FILLED)
        assert len(here.stage.placed(entry)) == 1
        await truthful(here, entry)

    play_all(entry, AFTER, scenario)


@EACH
def test_a_cancel_whose_answer_was_lost_is_settled(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - 100, 10)
        await here.stands(order, Status.WORKING)
        here.stage.fault(kind, entry, entry.cancels)
        here.ask(Cancel(order=order.id))
        await here.until(lambda: order.ended or "REFUSED_BY_VENUE" in here.codes())
        if not order.ended:  # a definite no, such as "asked too often": it is the trader's again
            await here.cancel(order)
        assert order.status is Status.CANCELED
        assert here.stage.working(entry) == []
        await truthful(here, entry)

    play_all(entry, BEFORE + AFTER, scenario)


@EACH
def test_while_an_outcome_is_unknown_nothing_more_is_let_through_there(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        bid = here.listing(name).book.best_bid
        lost = here.stage.fault("reset_after", entry, entry.places)
        blind = here.stage.fault("error", entry, "GET ", count=0)
        order = await here.place(name, Side.BUY, bid - 100, 10, intent="once")
        await here.quiet(8)
        if order.status is Status.LOST:  # a stream that tells of orders may have told of this one
            again = await here.place(name, Side.BUY, bid - 100, 10, intent="once")
            other = await here.place(name, Side.BUY, bid - 200, 11)
            assert again is order
            assert other.status is Status.REFUSED
        assert len(here.stage.placed(entry)) == 1
        here.stage.world.desk.clear(lost)
        here.stage.world.desk.clear(blind)
        await here.stands(order, Status.WORKING)
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_fill_that_comes_before_the_answer_counts_once(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        here.stage.fault("lost_reply", entry, entry.places, value=0.3)  # told by the stream, and cut a while after
        order = await here.place(name, Side.BUY, here.listing(name).book.best_ask, 10)
        await here.stands(order, Status.FILLED)
        await here.quiet(8)
        assert (order.status, order.filled) == (Status.FILLED, 10)
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_partial_fill_races_a_cancel(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name, stage = here.middle(entry), here.stage
        price = here.listing(name).book.best_ask - 100
        order = await here.place(name, Side.BUY, price, 20)
        await here.stands(order, Status.WORKING)
        stage.fault("latency", entry, entry.cancels, value=0.05)
        here.ask(Cancel(order=order.id))
        await here.stands(order, Status.CANCELING)
        stage.trade(name, Side.SELL, price, int(8 / stage.world.floor.instruments[name].lot))
        await here.ends(order)
        assert (order.status, order.filled) == (Status.CANCELED, 8)
        await truthful(here, entry)

    play(entry, scenario)


KINDS = ("latency", "drop", "half_open", "reset_after", "lost_reply", "throttle", "error", "error_after")


@EACH
def test_whatever_the_network_does_the_books_of_both_sides_agree(entry, play_all) -> None:
    """Orders, amendments and cancels in a storm of faults, the other side trading, streams cut."""
    seeds = range(scale(100))
    print(f"{entry.id}: seeds {seeds.start} to {seeds.stop - 1}")
    play_all(entry, seeds, _storm)


async def _storm(here: Session, entry: Entry, seed: int) -> None:
    rng, stage = random.Random(f"{seed} {entry.id}"), here.stage
    for kind in KINDS:
        for match in (entry.places, entry.cancels):
            value = 0.05 if kind == "latency" else 0.0
            stage.fault(kind, entry, match, count=0, chance=0.08, value=value)
    stage.fault("drop", entry, "GET ", count=0, chance=0.05)
    for kind in ("drop", "close", "half_open"):
        stage.fault(kind, entry, channel="ws", after=rng.randrange(1, 60), chance=0.2)
    for number in range(12):
        await _act(here, entry, rng, number)
        await here.quiet(rng.uniform(0.0, 1.5))
    stage.world.desk.clear()
    await here.quiet(15)  # until a stream that is half open must have been noticed
    await here.ready()
    await truthful(here, entry)
    for order in list(here.register.open()):
        here.ask(Cancel(order=order.id))
    await here.until(lambda: not list(here.register.open()))
    assert stage.working(entry) == []
    await truthful(here, entry)


async def _act(here: Session, entry: Entry, rng: random.Random, number: int) -> None:
    """Do one of the things that a trader or the other side does."""
    name = next(iter(one.place.instrument for one in here.register), None) or here.middle(entry)
    bids, asks = here.stage.book(name)
    working = [one for one in here.register.open() if one.status in {Status.WORKING, Status.PARTIAL}]
    does = rng.random()
    if does < 0.55 or not working:
        qty, leg = Decimal(10) + Decimal(number) / 100, rng.choice([Leg.YES, Leg.YES, Leg.NO])
        best = (asks or [(6_000, 0)])[0][0] if leg is Leg.YES else 10_000 - (bids or [(4_000, 0)])[0][0]
        price = best - rng.choice([0, 0, 100, 300])
        tif = rng.choice([Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK])
        await here.place(name, Side.BUY, price, qty, leg=leg, tif=tif)
    elif does < 0.7:
        here.ask(Cancel(order=rng.choice(working).id))
    elif does < 0.8:
        one = rng.choice(working)
        here.ask(Amend(order=one.id, price=Ticks(one.place.price - 100), qty=Qty(one.quantity)))
    else:
        _trades(here, entry, rng)


def _trades(here: Session, entry: Entry, rng: random.Random) -> None:
    """Let the other side meet one of our resting orders, wholly or in part."""
    resting = here.stage.working(entry)
    if resting:
        one = rng.choice(resting)
        back = Side.SELL if one.way is Side.BUY else Side.BUY
        here.stage.trade(one.instrument, back, one.price, max(1, int(one.left * rng.choice([0.4, 1.0]))))
