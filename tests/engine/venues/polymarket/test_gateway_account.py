"""The account on Polymarket over a real socket: its keys, its picture, its stream, and signs of life."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from engine.core.events import (
    Canceled,
    Filled,
    FillReversed,
    LinkChanged,
    Pictured,
)
from engine.core.ids import OrderId
from engine.core.units import SECOND, Leg, Nanos
from tests.engine.venues.polymarket.desk import IT, PRIVATE, Desk, approved, known, playing, run
from tests.fakes.polymarket import CONDITION, KEYS, NO, YES


def test_api_keys_are_derived_and_where_there_are_none_made() -> None:
    async def work(known_before: bool) -> None:
        async with playing(known=known_before) as desk:
            asked = [(m, p) for m, p, _ in desk.fake.asked if p.startswith("/auth")]
            assert asked == [("GET", "/auth/derive-api-key")] + [("POST", "/auth/api-key")] * (not known_before)

    asyncio.run(work(True))
    asyncio.run(work(False))


def test_a_picture_finds_orders_of_an_earlier_session_by_the_id_they_must_have() -> None:
    async def work() -> None:
        async with playing() as earlier:
            fake = earlier.fake
            for n, fill in ((1, "0"), (2, "30"), (3, "100")):
                fake.fill = fill
                await earlier.gateway.submit(approved(n))
            fake.positions = [{"asset": NO, "conditionId": CONDITION, "size": 7, "avgPrice": 0.4, "outcomeIndex": 1}]
            fake.shares[YES] = "130000000"
            desk = Desk(fake)
            told: list[object] = []
            desk.gateway._emit = lambda event: told.append(event) or True
            early = Nanos(approved(2).at - 4 * SECOND)  # approved so long before it was sent
            asked = [known(approved(n), **({"sent_at": early} if n == 2 else {})) for n in (1, 2, 3, 4)]
            await desk.gateway.picture(asked)
            (picture,) = told
            await desk.gateway.close()
            assert isinstance(picture, Pictured)
            assert picture.ok, picture.why
            seen = {one.order: (one.status, one.filled) for one in picture.orders}
            assert seen == {
                OrderId("o-1"): ("working", 0),
                OrderId("o-2"): ("working", 30),
                OrderId("o-3"): ("filled", 100),
                OrderId("o-4"): ("absent", 0),
            }
            assert sum(fill.qty for fill in picture.fills) == 130
            held = {(one.instrument, one.leg): one.qty for one in picture.positions}
            assert held == {(IT, Leg.YES): 130, (IT, Leg.NO): 7}
            assert picture.cash == 100  # the balance includes what our orders bind

    run(work)


def test_a_picture_holds_every_position_of_an_account_that_has_more_than_a_page_of_them() -> None:
    async def work() -> None:
        async with playing() as desk:
            desk.fake.positions = [
                {"asset": str(10_000 + n), "conditionId": f"0x{n:064x}", "size": n % 3, "avgPrice": 0.4,
                 "outcomeIndex": 0}
                for n in range(1_200)
            ]  # fmt: skip
            await desk.gateway.picture([])
            (picture,) = await desk.comes(Pictured)
            assert picture.ok, picture.why
            assert len(picture.positions) == 800

    run(work)


@pytest.mark.parametrize(("failed", "seen"), [(False, ("canceled", 40)), (True, ("absent", 0))])
def test_a_picture_counts_what_the_channel_told_of_a_cancelled_order_before_its_trades_are_listed(failed, seen) -> None:
    async def work() -> None:
        async with playing() as desk:
            order = approved()
            await desk.gateway.submit(order)
            (name,) = desk.fake.orders
            if failed:
                trade = desk.fake.trade(name, "40", maker=True)
                await desk.comes(Filled)
                desk.fake.say(trade | {"event_type": "trade", "status": "FAILED"})
                await desk.comes(FillReversed)
            desk.fake.trades.clear()  # the list trails
            row = desk.fake.orders[name] | {"size_matched": "40", "status": "CANCELED"}
            desk.fake.live.discard(name)
            desk.fake.say(row | {"event_type": "order", "type": "CANCELLATION"})
            await desk.comes(Canceled)
            await desk.gateway.picture([known(order)])
            (picture,) = await desk.comes(Pictured)
            (one,) = picture.orders
            assert (one.status, one.filled) == seen

    run(work)


def test_an_order_that_arrives_while_it_is_asked_about_is_not_taken_for_one_that_ended() -> None:
    async def work() -> None:
        async with playing(script=deque(["held"]), fill="40") as desk:
            fake, order = desk.fake, approved()
            fake.answer = asyncio.Event()
            sending = asyncio.create_task(desk.gateway.submit(order))
            await desk.until(lambda: fake.sent("POST", "/order"))
            looking = asyncio.create_task(desk.gateway.picture([known(order)]))
            await desk.until(lambda: any(path.startswith("/data/order/") for _, path, _ in fake.asked))
            fake.arrive.set()  # the venue had said that it does not have it; now it comes, and trades in part
            await desk.comes(Filled)
            fake.answer.set()
            await asyncio.gather(sending, looking)
            (picture,) = await desk.comes(Pictured)
            (one,) = picture.orders
            assert (one.status, one.filled) == ("absent", 40)
            assert fake.live

    run(work)


def test_a_picture_that_cannot_be_had_whole_is_none() -> None:
    async def work() -> None:
        async with playing(cash="money") as desk:
            await desk.gateway.picture([])
            (picture,) = await desk.comes(Pictured)
            assert not picture.ok
            assert not picture.orders
            assert picture.cash is None

    run(work)


def test_the_venue_hears_from_us_while_orders_may_rest() -> None:
    async def work() -> None:
        async with playing(beat="another's") as desk:
            await asyncio.sleep(0.2)
            assert desk.fake.beats == 0
            await desk.gateway.submit(approved())
            await desk.until(lambda: desk.fake.beats >= 3)

    run(work)


def test_the_account_link_comes_up_and_says_when_it_falls() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.comes(LinkChanged)
            assert desk.of(LinkChanged)[-1].up
            for socket in list(desk.fake.user):
                await socket.close()
            await desk.until(lambda: not desk.of(LinkChanged)[-1].up)
            await desk.until(lambda: desk.of(LinkChanged)[-1].up)

    run(work)


def test_no_secret_is_in_what_is_told_or_shown() -> None:
    async def work() -> None:
        async with playing() as desk:
            desk.fake.script.extend(["401", "garbage", "500"])
            for n in range(3):
                await desk.gateway.submit(approved(n))
            shown = repr(desk.told) + repr(desk.gateway._signer.credentials) + repr(desk.venue)
            for secret in (KEYS["secret"], KEYS["passphrase"], str(PRIVATE), f"{PRIVATE:x}"):
                assert secret not in shown

    run(work)
