"""Orders on Polymarket over a real socket: nothing is doubled, nothing is lost, whatever the network does."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.events import (
    Accepted,
    AmendRefused,
    Canceled,
    CancelRefused,
    Filled,
    FillReversed,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import POLYMARKET, InstrumentId, OrderId
from engine.core.instrument import Known
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.venues.polymarket import ordering
from engine.venues.polymarket.keys import PolymarketKeys
from engine.venues.polymarket.venue import build
from tests.fakes.polymarket import CONDITION, KEYS, NO, YES, FakePolymarket, serving

IT = InstrumentId(POLYMARKET, CONDITION)
PRIVATE = 0x5EED_0000_1234
PATIENCE_S = 5.0


class Desk:
    """A gateway, what it told, and the venue it talks to."""

    def __init__(self, fake: FakePolymarket) -> None:
        self.fake = fake
        self.told: list[object] = []
        keys = PolymarketKeys(PRIVATE)
        self.venue = build(fake.endpoints(), keys, lambda: Nanos(time.time_ns()), random.Random(1))
        self.gateway = self.venue.gateway
        assert self.gateway is not None
        self.gateway._chasing.pauses_s = (0.05, 0.1, 0.2)
        self.gateway._upkeep.beat_s = 0.05
        self.gateway._clob._timeout_s = 1.0
        fake.address = self.gateway._signer.wallet.address

    def emit(self, event: object) -> bool:
        self.told.append(event)
        return True

    def of(self, kind: type) -> list:
        return [event for event in self.told if isinstance(event, kind)]

    async def until(self, condition) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - the condition is another's, who tells nobody
                await asyncio.sleep(0.005)

    async def comes(self, kind: type, count: int = 1) -> list:
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


@asynccontextmanager
async def playing(**settings):
    async with serving(FakePolymarket(**settings)) as fake:
        desk = Desk(fake)
        desk.running = asyncio.create_task(desk.gateway.run(desk.emit))
        try:
            await desk.until(lambda: fake.user)
            yield desk
        finally:
            desk.running.cancel()
            await asyncio.gather(desk.running, return_exceptions=True)


def approved(number: int = 1, **changes) -> Approved:
    wanted = {"instrument": IT, "side": Side.BUY, "price": Ticks(5_600), "qty": Qty(Decimal(100)), "tif": Tif.GTC}
    place = Place(**(wanted | changes))
    at = Nanos(1_786_123_456_789 * 10**6 + number)
    return Approved(order=OrderId(f"o-{number}"), place=place, gates=(), client=f"salt-{number}", at=at)


def known(order: Approved, **changes) -> Known:
    place = order.place
    wanted = {"client": order.client, "order": order.order, "instrument": IT, "side": place.side, "leg": place.leg,
              "price": place.price, "qty": place.qty, "filled": Qty(Decimal(0)), "sent_at": order.at}  # fmt: skip
    return Known(**(wanted | changes))


def run(work) -> None:
    asyncio.run(work())


def test_an_order_rests_under_the_id_it_was_signed_to_have() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved())
            (accepted, *_) = await desk.comes(Accepted)
            (name,) = desk.fake.orders
            assert accepted.venue_order == name
            (body,) = desk.fake.sent("POST", "/order")
            assert body["owner"] == KEYS["apiKey"]
            assert body["order"]["makerAmount"] == "56000000"
            assert body["order"]["takerAmount"] == "100000000"
            assert body["order"]["salt"] == ordering.salt_of("salt-1")
            assert body["order"]["timestamp"] == "1786123450000"
            assert "postOnly" not in body

    run(work)


def test_api_keys_are_derived_and_where_there_are_none_made() -> None:
    async def work(known_before: bool) -> None:
        async with playing(known=known_before) as desk:
            asked = [(m, p) for m, p, _ in desk.fake.asked if p.startswith("/auth")]
            assert asked == [("GET", "/auth/derive-api-key")] + [("POST", "/auth/api-key")] * (not known_before)

    asyncio.run(work(True))
    asyncio.run(work(False))


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("not enough balance / allowance", "funds"),
        ("invalid post-only order: order crosses book", "post_only"),
        ("the market is not yet ready to process new orders", "not_ready"),
        ("words nobody ever saw", "refused"),
        ("425", "restarting"),
        ("429", "throttled"),
        ("401", "auth"),
        ("post_only", "post_only_mode"),
        ("version", "version"),
    ],
)
def test_a_definite_no_is_a_rejection(step, code) -> None:
    async def work() -> None:
        async with playing() as desk:
            desk.fake.script.append(step)
            await desk.gateway.submit(approved())
            (rejected,) = await desk.comes(Rejected)
            assert rejected.code == code
            assert "nobody ever saw" not in rejected.text
            assert not desk.fake.orders
            assert not desk.of(Lost)

    run(work)


@pytest.mark.parametrize("step", ["reset_after", "late", "500_after", "garbage"])
def test_an_order_whose_answer_is_lost_is_found_by_its_id_and_never_sent_again(step) -> None:
    async def work() -> None:
        async with playing(tell=False) as desk:
            desk.fake.script.append(step)
            await desk.gateway.submit(approved())
            assert len(await desk.comes(Lost)) == 1
            (accepted,) = await desk.comes(Accepted)
            assert list(desk.fake.orders) == [accepted.venue_order]
            assert len(desk.fake.sent("POST", "/order")) == 1

    run(work)


@pytest.mark.parametrize(
    ("step", "told", "made"),
    [("", Accepted, 1), ("429", Rejected, 0), ("401", Rejected, 0), ("words nobody ever saw", Rejected, 0),
     ("reset_after", Lost, 1), ("garbage", Lost, 1), ("500", Lost, 0)],
)  # fmt: skip
def test_begun_at_once_an_order_meets_the_same_ends_and_is_sent_once(step, told, made) -> None:
    async def work() -> None:
        async with playing(tell=False) as desk:
            gateway = desk.gateway
            assert gateway.begin(approved()) is None, "an instrument that has to be asked for is left to submit"
            await gateway._facts.get(IT)
            assert gateway.begin(approved(tif=Tif.GTD)) is None, "so is what the venue has no order for"
            await gateway._clob.warm()
            if step:
                desk.fake.script.append(step)
            rest = gateway.begin(approved())
            assert rest is not None
            assert not desk.told or all(type(event) is LinkChanged for event in desk.told)
            await rest()
            assert [type(event) for event in desk.told if isinstance(event, Accepted | Rejected | Lost)][:1] == [told]
            assert len(desk.fake.orders) == made
            assert len(desk.fake.sent("POST", "/order")) == 1

    run(work)


@pytest.mark.parametrize("count", [1, 2])
def test_an_order_on_the_wire_while_the_gateway_ends_is_lost_and_holds_up_nobody(count) -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway._facts.get(IT)
            await desk.gateway._clob.warm()
            desk.fake.script.append("late")
            rests = [asyncio.ensure_future(desk.gateway.begin(approved(n))()) for n in range(count)]
            await asyncio.sleep(0.02)
            desk.running.cancel()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(desk.running, *rests, return_exceptions=True)
            desk.running = asyncio.create_task(desk.gateway.run(desk.emit))  # as whoever keeps it running does
            assert all(rest.exception() is None for rest in rests)
            assert {event.order for event in desk.of(Lost)} == {f"o-{n}" for n in range(count)}

    run(work)


def test_orders_that_cannot_be_put_into_a_request_keep_nobody_waiting() -> None:
    async def work() -> None:
        async with playing() as desk:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
            await desk.comes(LinkChanged)
            signer = desk.gateway._signer
            signer.credentials = replace(signer.credentials, api_key="\ud800")
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(desk.gateway.submit(approved(n)) for n in (1, 2)))
            assert [event.order for event in desk.of(Lost)] == ["o-1", "o-2"]
            assert desk.fake.sent("POST", "/order") == desk.fake.sent("POST", "/orders") == []

    run(work)


def test_orders_begun_in_one_moment_go_out_together() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway._facts.get(IT)
            await asyncio.gather(*(desk.gateway.begin(approved(n))() for n in range(17)))
            assert [len(batch) for batch in desk.fake.sent("POST", "/orders")] == [15, 2]
            assert len({event.order for event in await desk.comes(Accepted, 17)}) == 17
            assert len(desk.fake.orders) == 17

    run(work)


@pytest.mark.parametrize("step", ["reset_before", "500"])
def test_an_order_that_may_have_arrived_is_lost_and_stays_so_where_it_is_not_found(step) -> None:
    async def work() -> None:
        async with playing(tell=False) as desk:
            desk.fake.script.append(step)
            await desk.gateway.submit(approved())
            await desk.comes(Lost)
            await asyncio.sleep(0.5)
            assert not desk.of(Accepted)
            assert not desk.of(Rejected)
            await desk.gateway.picture([known(approved())])
            (picture,) = await desk.comes(Pictured)
            assert [seen.status for seen in picture.orders] == ["absent"]
            assert len(desk.fake.sent("POST", "/order")) == 1

    run(work)


def test_where_nobody_listens_nothing_was_sent() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway._facts.get(IT)
            await desk.gateway._clob.close()
            desk.gateway._clob._root = desk.gateway._clob._root.copy_with(port=1)
            await desk.gateway.submit(approved())
            (rejected,) = await desk.comes(Rejected)
            assert rejected.code == "unsent"

    run(work)


@pytest.mark.parametrize(
    "changes",
    [
        {"price": Ticks(5_650)},
        {"qty": Qty(Decimal("0.001"))},
        {"tif": Tif.GTD},
        {"tif": Tif.GTD, "until": Nanos(1_786_123_500 * SECOND)},
        {"tif": Tif.IOC, "post_only": True},
        {"qty": None},
    ],
)
def test_what_the_venue_has_no_order_for_is_never_sent(changes) -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved(**changes))
            (rejected,) = await desk.comes(Rejected)
            assert rejected.code == "unsent"
            assert not desk.fake.sent("POST", "/order")

    run(work)


def test_orders_of_one_moment_go_out_together_and_are_judged_one_by_one() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway._facts.get(IT)
            await asyncio.gather(
                *(desk.gateway.submit(approved(n)) for n in range(17)), desk.gateway.submit(approved(3))
            )
            assert [len(batch) for batch in desk.fake.sent("POST", "/orders")] == [15, 3]
            assert len(desk.fake.orders) == 17
            assert len({event.order for event in desk.of(Accepted)}) == 17
            assert {event.order for event in desk.of(Lost)} <= {OrderId("o-3")}  # the same order: it stands already

    run(work)


def test_a_batch_may_hold_a_refusal_without_an_order_id() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway._facts.get(IT)
            desk.fake.script.append("not enough balance / allowance")
            await asyncio.gather(*(desk.gateway.submit(approved(n)) for n in range(2)))
            assert [event.code for event in await desk.comes(Rejected, 2)] == ["funds", "funds"]

    run(work)


def test_what_matches_at_once_is_told_by_its_trades_and_the_rest_is_gone() -> None:
    async def work() -> None:
        async with playing(fill="40") as desk:
            await desk.gateway.submit(approved(tif=Tif.IOC))
            (filled,) = await desk.comes(Filled)
            assert (filled.qty, filled.cost, filled.maker) == (Decimal(40), Decimal("22.40"), False)
            await desk.comes(Canceled)
            await asyncio.sleep(0.4)
            assert len(desk.of(Filled)) == 1
            assert len(desk.of(Canceled)) == 1

    run(work)


def test_trades_that_nobody_tells_of_are_asked_for() -> None:
    async def work() -> None:
        async with playing(fill="40", tell=False) as desk:
            await desk.gateway.submit(approved(tif=Tif.IOC))
            (filled,) = await desk.comes(Filled)
            assert filled.trade_id == "trade-1"
            await desk.comes(Canceled)

    run(work)


def test_an_immediate_order_that_finds_nothing_is_rejected() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved(tif=Tif.IOC))
            (rejected,) = await desk.comes(Rejected)
            assert rejected.code == "not_filled"

    run(work)


def test_a_fill_counts_once_and_one_that_fails_is_taken_back_for_good() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved())
            await desk.comes(Accepted)
            (name,) = desk.fake.orders
            trade = desk.fake.trade(name, "5", maker=True)
            for status in ("MATCHED", "MINED", "RETRYING", "FAILED", "MATCHED", "FAILED"):
                desk.fake.say(trade | {"event_type": "trade", "status": status})
            (back,) = await desk.comes(FillReversed)
            (filled,) = desk.of(Filled)
            assert filled.trade_id == back.trade_id == f"{trade['id']}:{name}"
            assert filled.maker
            assert filled.fee == 0
            desk.fake.trade(name, "1", maker=True)
            await desk.comes(Filled, 2)
            assert len(desk.of(FillReversed)) == 1

    run(work)


def test_fees_are_those_the_market_states() -> None:
    async def work() -> None:
        async with playing(fill="100", fee={"r": 0.05, "e": 1, "to": True}) as desk:
            await desk.gateway.submit(approved(tif=Tif.FOK))
            (filled,) = await desk.comes(Filled)
            assert filled.fee == Decimal("1.232")

    run(work)


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
            await desk.gateway._upkeep.credentials()
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


def test_orders_of_a_newer_version_are_signed_anew_once() -> None:
    async def work() -> None:
        async with playing() as desk:
            desk.fake.script.append("version")
            desk.fake.version, desk.fake.contract = "3", desk.fake.endpoints().exchange_v3
            await desk.gateway.submit(approved())
            await desk.comes(Accepted)
            assert len(desk.fake.sent("POST", "/order")) == 2
            assert len(desk.fake.orders) == 1
            assert not desk.of(Rejected)

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
