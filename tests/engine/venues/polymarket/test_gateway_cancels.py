"""Cancels on Polymarket over a real socket: what traded before is found, what is not known stays unknown."""

from __future__ import annotations

from decimal import Decimal

from engine.core.events import (
    Accepted,
    AmendRefused,
    Canceled,
    CancelRefused,
    Filled,
    Lost,
    Pictured,
)
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import Qty, Ticks
from tests.engine.venues.polymarket.desk import Desk, approved, known, playing, run


def test_a_cancel_is_answered_by_the_venue() -> None:
    async def work() -> None:
        async with playing(tell=False) as desk:
            order = approved()
            await desk.gateway.submit(order)
            desk.fake.script.extend(["reset_before", "reset_after"])  # a cancel may be repeated
            await desk.gateway.cancel(known(order))
            await desk.until(lambda: desk.of(Canceled) or desk.of(Lost))
            assert not desk.fake.live
            assert len(desk.of(Accepted)) == 1

    run(work)


def test_a_cancel_of_what_has_filled_finds_the_fill_and_settles_nothing_else() -> None:
    async def work() -> None:
        async with playing(tell=False) as desk:
            order = approved()
            await desk.gateway.submit(order)
            (name,) = desk.fake.orders
            desk.fake.trade(name, "100", maker=True)
            await desk.gateway.cancel(known(order))
            (filled,) = await desk.comes(Filled)
            assert filled.qty == 100
            assert not desk.of(Canceled)
            assert not desk.of(CancelRefused)

    run(work)


def test_a_cancel_of_an_order_nobody_knows_leaves_it_unknown() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.cancel(known(approved()))
            await desk.comes(Lost)
            assert not desk.of(Canceled)

    run(work)


def test_many_are_cancelled_in_one_request() -> None:
    async def work() -> None:
        async with playing(tell=False) as desk:
            orders = [approved(n) for n in range(3)]
            for order in orders:
                await desk.gateway.submit(order)
            await desk.gateway.cancel_many([known(order) for order in orders])
            assert len(desk.of(Canceled)) == 3
            assert [len(body) for body in desk.fake.sent("DELETE", "/orders")] == [3]

    run(work)


def test_one_whose_market_cannot_be_looked_up_keeps_no_other_from_being_cancelled() -> None:
    async def work() -> None:
        async with playing() as desk:
            orders = [approved(n) for n in (1, 2)]
            for order in orders:
                await desk.gateway.submit(order)
            stranger = known(approved(3), instrument=InstrumentId(POLYMARKET, "0x" + "d" * 64))
            await desk.gateway.cancel_many([stranger, *map(known, orders)])
            assert {event.order for event in await desk.comes(Canceled, 2)} == {"o-1", "o-2"}
            assert [event.order for event in desk.told if isinstance(event, Lost | CancelRefused)] == ["o-3"]
            assert desk.fake.live == set()

    run(work)


def test_what_orders_of_an_earlier_session_had_traded_is_known_after_they_were_cancelled_together() -> None:
    async def work() -> None:
        async with playing(tell=False) as earlier:
            fake, desk, orders = earlier.fake, Desk(earlier.fake), [approved(n) for n in (1, 2)]
            for order in orders:
                await earlier.gateway.submit(order)
            for name in list(fake.orders):
                fake.trade(name, "40", maker=True)
            desk.gateway._emit = desk.emit
            some = [known(order, venue_order=name) for order, name in zip(orders, fake.orders, strict=True)]
            await desk.gateway.cancel_many(some)
            assert [event.order for event in desk.of(Canceled)] == ["o-1", "o-2"]
            await desk.gateway.picture([])
            assert {(fill.order, fill.qty) for fill in desk.of(Pictured)[0].fills} == {("o-1", 40), ("o-2", 40)}
            await desk.gateway.close()

    run(work)


def test_an_order_whose_market_cannot_be_looked_up_is_asked_back_all_the_same() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved())
            (name,) = desk.fake.orders
            nowhere = InstrumentId(POLYMARKET, "0x" + "d" * 64)
            await desk.gateway.cancel(known(approved(2), instrument=nowhere, venue_order=name))
            assert desk.fake.live == set()
            assert [event.order for event in desk.of(Lost)] == ["o-2"], "what it traded is not known"

    run(work)


def test_there_is_no_amending() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.amend(known(approved()), Ticks(5_000), Qty(Decimal(1)))
            assert await desk.comes(AmendRefused)

    run(work)
