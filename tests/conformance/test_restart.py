"""A session that dies with orders on their way: the next one finds each at the venue, or that it never left."""

from __future__ import annotations

import asyncio

import pytest

from engine.core.commands import Tif
from engine.core.order import Status
from engine.core.units import Side
from tests.conformance.held import truthful
from tests.conformance.session import Session, session
from tests.conformance.stage import staged
from tests.conformance.venues import Entry, each

EACH = each()


def _play(entry: Entry, folder, first, then) -> None:
    async def whole() -> None:
        async with staged((entry,), folder) as stage:
            async with session(stage) as here:
                await first(here)
                await here.kill()
            stage.world.desk.clear()
            async with session(stage, armed=False) as here:
                await then(here)

    asyncio.run(whole())


@EACH
def test_an_order_that_died_between_disk_and_wire_never_was(entry, tmp_path) -> None:
    async def first(here: Session) -> None:
        name = here.middle(entry)
        here.disk.dies = lambda what: what.startswith("sent:")
        order = await here.place(name, Side.BUY, here.listing(name).book.best_bid, entry.qty(10))
        await here.until(lambda: here.disk.dead)
        assert order.status is Status.SENT

    async def then(here: Session) -> None:
        (order,) = here.register
        await here.ends(order)
        assert order.status is Status.REJECTED
        assert here.stage.orders(entry) == []
        await truthful(here, entry)

    _play(entry, tmp_path, first, then)


@EACH
@pytest.mark.parametrize("takes", [False, True])
def test_an_order_that_arrived_as_we_died_is_found(entry, takes, tmp_path) -> None:
    async def first(here: Session) -> None:
        name = here.middle(entry)
        book = here.listing(name).book
        here.stage.fault("lost_reply", entry, entry.places)
        here.stage.fault("gap", entry, channel="ws", count=0)
        price, tif = (book.best_ask, Tif.IOC) if takes else (book.best_bid, Tif.GTC)
        await here.place(name, Side.BUY, price, entry.qty(10), tif=tif)
        await here.until(lambda: here.stage.orders(entry))

    async def then(here: Session) -> None:
        (order,) = here.register
        await here.stands(order, Status.FILLED if takes else Status.CANCELED if entry.dies else Status.WORKING)
        assert len(here.stage.placed(entry)) == 1
        if not order.ended:
            await here.cancel(order)
        await truthful(here, entry)

    _play(entry, tmp_path, first, then)


@EACH
def test_what_traded_while_we_were_dead_is_booked(entry, tmp_path) -> None:
    async def first(here: Session) -> None:
        name = here.middle(entry)
        order = await here.place(name, Side.BUY, here.listing(name).book.best_ask - here.step(name), entry.qty(20))
        await here.stands(order, Status.WORKING)
        await here.quiet(2)
        if entry.dies:  # what trades once nobody is there meets no order of ours: it trades just before
            here.stage.fault("gap", entry, channel="ws", count=0)
            here.others(name, Side.SELL, order.place.price, entry.qty(8))
            await here.kill()
            return
        await here.kill()
        here.others(name, Side.SELL, order.place.price, entry.qty(8))

    async def then(here: Session) -> None:
        (order,) = here.register
        await here.until(lambda: order.filled == entry.qty(8))
        await here.stands(order, Status.CANCELED if entry.dies else Status.PARTIAL)
        assert order.client
        await truthful(here, entry)
        if not order.ended:
            await here.cancel(order)
        await truthful(here, entry)

    _play(entry, tmp_path, first, then)


@EACH
def test_a_new_session_is_not_armed(entry, tmp_path) -> None:
    async def first(here: Session) -> None:
        await here.quiet(1)

    async def then(here: Session) -> None:
        name = here.middle(entry)
        order = await here.place(name, Side.BUY, here.low(name), entry.qty(10))
        assert order.status is Status.REFUSED
        assert here.stage.placed(entry) == []

    _play(entry, tmp_path, first, then)
