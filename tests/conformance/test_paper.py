"""On paper nothing is sent: a session with real keys, whose venues count any request about an order as a crime."""

from __future__ import annotations

import asyncio

from engine.core.commands import Amend, CancelAll, Halt, Tif
from engine.core.order import Status
from engine.core.units import Qty, Side, Ticks
from tests.conformance.session import session
from tests.conformance.stage import staged
from tests.conformance.venues import Entry, each


@each()
def test_paper_fills_by_the_venues_prices_and_sends_nothing(entry: Entry, tmp_path) -> None:
    async def whole() -> None:
        async with staged((entry,), tmp_path) as stage:
            stage.forbids = lambda asked: entry.acts(asked.method, asked.path)
            async with session(stage, mode="paper") as here:
                name = here.middle(entry)
                book = here.listing(name).book
                below, step = book.best_bid - here.step(name), here.step(name)
                taken = await here.place(name, Side.BUY, book.best_ask, entry.qty(10), tif=Tif.IOC)
                await here.stands(taken, Status.FILLED)
                assert taken.fee > 0
                resting = await here.place(name, Side.BUY, below, entry.qty(20))
                await here.stands(resting, Status.WORKING)
                if entry.amends:
                    here.ask(Amend(order=resting.id, price=Ticks(below - step), qty=Qty(resting.quantity)))
                    await here.until(lambda: resting.place.price == below - step)
                here.ask(CancelAll())
                await here.ends(resting)
                last = await here.place(name, Side.BUY, below, entry.qty(21))
                await here.stands(last, Status.WORKING)
                here.ask(Halt(why="test"))
                await here.ends(last)
                assert stage.orders(entry) == []
            assert stage.requests, "it had a way to the venue"

    asyncio.run(whole())
