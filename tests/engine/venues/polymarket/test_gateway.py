"""Orders on Polymarket over a real socket: nothing is doubled, nothing is lost, whatever the network does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.events import (
    Accepted,
    Canceled,
    Filled,
    FillReversed,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import OrderId
from engine.core.units import SECOND, Nanos, Qty, Ticks
from engine.venues.polymarket import ordering
from tests.engine.venues.polymarket.desk import IT, PATIENCE_S, Desk, approved, known, playing, run
from tests.fakes.polymarket import KEYS, FakePolymarket, serving


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


def test_orders_of_one_moment_wait_no_longer_once_all_have_come() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway._facts.get(IT)
            held = desk.gateway._batches
            rests = [desk.gateway.begin(approved(n)) for n in (1, 2)]
            assert len(held._queue) == 2
            desk.gateway.all_handed()
            assert held._queue == []
            desk.gateway.all_handed()
            await asyncio.gather(*(rest() for rest in rests))
            assert [len(batch) for batch in desk.fake.sent("POST", "/orders")] == [2]
            assert len({event.order for event in await desk.comes(Accepted, 2)}) == 2

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


def test_what_is_signed_follows_a_clock_that_is_set_while_the_session_runs() -> None:
    async def work() -> None:
        async with serving(FakePolymarket()) as fake:
            desk, ahead = Desk(fake), [0]
            upkeep = desk.gateway._upkeep
            upkeep.clock_s, upkeep._now = 0.02, lambda: Nanos(1_786_000_000 * SECOND + ahead[0])
            keeping = asyncio.create_task(upkeep.keeping_time())
            try:
                for off in (100 * SECOND, 0, -100 * SECOND):
                    ahead[0] = off
                    await desk.until(lambda off=off: abs(upkeep._signer.behind - off) <= SECOND)
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
                await desk.gateway.close()

    run(work)


def test_a_trade_of_somebody_elses_order_makes_the_account_unknown() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved())
            await desk.comes(Accepted)
            (name,) = desk.fake.orders
            desk.fake.orders["0xweb"] = desk.fake.orders[name] | {"id": "0xweb"}
            trade = desk.fake.trade("0xweb", "5", maker=True)
            (told,) = await desk.comes(Pictured)
            assert (told.ok, told.why[:34]) == (False, "an order that is not from here tra")
            for status in ("MINED", "CONFIRMED"):
                desk.fake.say(trade | {"event_type": "trade", "status": status})
            desk.fake.trade(name, "5", maker=True)
            await desk.comes(Filled)
            assert len(desk.of(Pictured)) == 1

    run(work)


def test_fees_are_those_the_market_states() -> None:
    async def work() -> None:
        async with playing(fill="100", fee={"r": 0.05, "e": 1, "to": True}) as desk:
            await desk.gateway.submit(approved(tif=Tif.FOK))
            (filled,) = await desk.comes(Filled)
            assert filled.fee == Decimal("1.232")

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
