"""Orders while the network fails: never doubled, never lost, and what is not known is shown as not known.

The faults are those of the sandbox's desk: cut before anything was done, silence, done and then cut or silent, 429,
5xx before and after.
"""

from __future__ import annotations

import random
from decimal import Decimal

from engine.core.commands import Amend, Cancel, Tif
from engine.core.ids import DERIBIT, DERIVE, InstrumentId
from engine.core.order import Status
from engine.core.units import Leg, Qty, Side, Ticks
from tests.conformance.held import truthful
from tests.conformance.session import Session
from tests.conformance.venues import Entry, each
from tests.scale import FULL, scale

EACH = each()
BEFORE = ("drop", "half_open", "throttle", "error")
"""Nothing was done."""
AFTER = ("reset_after", "lost_reply", "error_after")
"""It was done, and nobody said so."""


@EACH
def test_an_order_that_never_arrived_ends_as_rejected(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        here.stage.fault(kind, entry, entry.places)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - here.step(name), entry.qty(10))
        await here.ends(order)
        assert order.status is Status.REJECTED
        assert len(here.stage.placed(entry)) == 1, "it was sent again"
        assert here.stage.orders(entry) == []
        await truthful(here, entry)

    play_all(entry, BEFORE, scenario)


@each(always=(DERIBIT, DERIVE))
def test_an_order_whose_answer_was_lost_is_found(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        here.stage.fault(kind, entry, entry.places)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - here.step(name), entry.qty(10))
        await here.until(lambda: here.stage.orders(entry))
        await here.stands(order, Status.CANCELED if entry.dies and kind == "reset_after" else Status.WORKING)
        await truthful(here, entry)
        if not order.ended:
            await here.cancel(order)
        assert len(here.stage.placed(entry)) == 1
        await truthful(here, entry)

    play_all(entry, AFTER, scenario)


@EACH
def test_what_a_lost_order_traded_is_booked_once(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        here.stage.fault(kind, entry, entry.places)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_ask, entry.qty(10), tif=Tif.IOC)
        await here.stands(order, Status.FILLED)
        assert len(here.stage.placed(entry)) == 1
        await truthful(here, entry)

    play_all(entry, AFTER, scenario)


@EACH
def test_a_cancel_whose_answer_was_lost_is_settled(entry, play_all) -> None:
    async def scenario(here: Session, entry: Entry, kind: str) -> None:
        name = here.middle(entry)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid - here.step(name), entry.qty(10))
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
        blind = here.stage.fault("error", entry, entry.looks, count=0)
        price = bid - here.step(name)
        order = await here.place(name, Side.BUY, price, entry.qty(10), intent="once")
        await here.quiet(8)
        if order.status is Status.LOST:  # a stream that tells of orders may have told of this one
            again = await here.place(name, Side.BUY, price, entry.qty(10), intent="once")
            other = await here.place(name, Side.BUY, price - here.step(name), entry.qty(11))
            assert again is order
            assert other.status is Status.REFUSED
        assert len(here.stage.placed(entry)) == 1
        here.stage.world.desk.clear(lost)
        here.stage.world.desk.clear(blind)
        await here.stands(order, Status.CANCELED if entry.dies else Status.WORKING)
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_fill_that_comes_before_the_answer_counts_once(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name = here.middle(entry)
        here.stage.fault("lost_reply", entry, entry.places, value=0.3)  # told by the stream, and cut a while after
        order = await here.place(name, Side.BUY, here.listing(name).book.best_ask, entry.qty(10))
        await here.stands(order, Status.FILLED)
        await here.quiet(8)
        assert (order.status, order.filled) == (Status.FILLED, entry.qty(10))
        await truthful(here, entry)

    play(entry, scenario)


@EACH
def test_a_partial_fill_races_a_cancel(entry, play) -> None:
    async def scenario(here: Session, entry: Entry) -> None:
        name, stage = here.middle(entry), here.stage
        price = here.listing(name).book.best_ask - here.step(name)
        order = await here.place(name, Side.BUY, price, entry.qty(20))
        await here.stands(order, Status.WORKING)
        stage.fault("latency", entry, entry.cancels, value=0.05)
        here.ask(Cancel(order=order.id))
        await here.stands(order, Status.CANCELING)
        here.others(name, Side.SELL, price, entry.qty(8))
        await here.ends(order)
        assert (order.status, order.filled) == (Status.CANCELED, entry.qty(8))
        await truthful(here, entry)

    play(entry, scenario)


KINDS = ("latency", "drop", "half_open", "reset_after", "lost_reply", "throttle", "error", "error_after")
DERIVATIVES = ("garble",)
"""What the storms of contracts meet besides: an answer that cannot be read."""


@each(always=(DERIBIT, DERIVE))
def test_whatever_the_network_does_the_books_of_both_sides_agree(entry, play_all) -> None:
    """Orders, amendments and cancels in a storm of faults, the other side trading, streams cut.

    At venues of contracts in ``make test`` a hundredth: their full numbers are `make full-conformance`'s.
    """
    seeds = range(scale(100) if entry.outcomes else max(1, scale(100) if FULL else scale(20)))
    print(f"{entry.id}: seeds {seeds.start} to {seeds.stop - 1}")
    play_all(entry, seeds, _storm)


async def _storm(here: Session, entry: Entry, seed: int) -> None:
    rng, stage = random.Random(f"{seed} {entry.id}"), here.stage
    for kind in KINDS if entry.outcomes else KINDS + DERIVATIVES:
        for match in entry.meets:
            value = 0.05 if kind == "latency" else 0.0
            stage.fault(kind, entry, match, count=0, chance=0.16 / len(entry.meets), value=value)
    stage.fault("drop", entry, entry.looks, count=0, chance=0.05)
    for kind in ("drop", "close", "half_open"):
        stage.fault(kind, entry, channel="ws", after=rng.randrange(1, 60), chance=0.2)
    server = stage.servers[entry.id]
    for number in range(12):
        if entry.id == DERIVE:
            server.timeouts = int(rng.random() < 0.1)  # done, and answered with 9000
        await _act(here, entry, rng, number)
        await here.quiet(rng.uniform(0.0, 1.5))
    stage.world.desk.clear()
    if entry.id == DERIVE:
        server.timeouts = 0
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
    working = [one for one in here.register.open() if one.status in {Status.WORKING, Status.PARTIAL}]
    does = rng.random()
    if does < 0.55 or not working:
        tif = rng.choice([Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK])
        side, leg, price = _wanted(here, entry, name, rng)
        hundredths = Decimal(number) / 100 if entry.outcomes else 0  # so that no two are alike
        await here.place(
            name, side, price, entry.qty(10 + (0 if entry.outcomes else number)) + hundredths, leg=leg, tif=tif
        )
    elif does < 0.7:
        here.ask(Cancel(order=rng.choice(working).id))
    elif does < 0.8:
        one = rng.choice(working)
        by = here.step(name) * (-1 if one.place.side is Side.BUY else 1)
        here.ask(Amend(order=one.id, price=Ticks(one.place.price + by), qty=Qty(one.quantity)))
    else:
        _trades(here, entry, rng)


def _wanted(here: Session, entry: Entry, name: InstrumentId, rng: random.Random) -> tuple[Side, Leg, int]:
    """Return a side and a price at the other side's best or a few steps away from it."""
    bids, asks = here.theirs(name)
    away = rng.choice([0, 0, 1, 3]) * here.step(name)
    if entry.outcomes:
        leg = rng.choice([Leg.YES, Leg.YES, Leg.NO])
        best = (asks or [(6_000, 0)])[0][0] if leg is Leg.YES else 10_000 - (bids or [(4_000, 0)])[0][0]
        return Side.BUY, leg, best - away
    side = rng.choice(list(Side))
    return (side, Leg.YES, asks[0][0] - away) if side is Side.BUY else (side, Leg.YES, bids[0][0] + away)


def _trades(here: Session, entry: Entry, rng: random.Random) -> None:
    """Let the other side meet one of our resting orders, wholly or in part."""
    resting = here.stage.working(entry)
    if resting:
        one = rng.choice(resting)
        back = Side.SELL if one.way is Side.BUY else Side.BUY
        lot = here.listing(one.instrument).instrument.step
        part = max(lot, int(one.left * rng.choice([Decimal("0.4"), Decimal(1)]) / lot) * lot)
        here.stage.truth(entry).trade(one.instrument, back, one.price, part)
