"""Cancels and moves on Kalshi against a real server: what fills meanwhile is told first, what fails says how."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    Lost,
    Pictured,
)
from engine.core.units import SECOND
from tests.engine.venues.kalshi.desk import INSTRUMENT, ORDERS, Desk, known, order, run


def test_a_cancel_is_told_by_its_answer_alone() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = order()
        await here.gateway.submit(sent)
        await here.gateway.cancel(known(sent))
        assert here.orders() == ["Accepted", "Canceled"]

    run(scenario)


def test_a_cancel_that_raced_a_fill_is_told_after_it() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = order()
        await here.gateway.submit(sent)
        (resting,) = here.venue.orders.values()
        here.venue.fill(resting, "4.00")
        await here.gateway.cancel(known(sent))
        await here.until(lambda: here.of(Canceled))
        assert here.orders() == ["Accepted", "Filled", "Canceled"]

    run(scenario)


def test_a_cancel_that_finds_nothing_is_looked_up_and_finds_the_fill() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = order()
        await here.gateway.submit(sent)
        (resting,) = here.venue.orders.values()
        here.venue.fill(resting, "10.00")
        await here.gateway.cancel(known(sent))
        await here.until(lambda: here.of(Filled))
        assert here.orders() == ["Accepted", "Filled"]

    run(scenario)


def test_an_order_of_an_earlier_session_is_found_and_canceled() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.place({"ticker": INSTRUMENT.symbol, "client_order_id": "c1", "side": "bid", "price": "0.56",
                          "count": "10.00", "time_in_force": "good_till_canceled"})  # fmt: skip
        await here.gateway.cancel(known(order()))
        await here.until(lambda: here.of(Canceled))
        assert here.orders() == ["Accepted", "Canceled"]

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "told", "code"),
    [("MARKET_INACTIVE", CancelRefused, "market_inactive"), ("429", CancelRefused, "throttled"),
     ("500", Lost, None), ("late", Lost, None), ("garbage", Lost, None)],
)  # fmt: skip
def test_a_cancel_that_fails_says_how(fault, told, code) -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = order()
        await here.gateway.submit(sent)
        here.goes_wrong(fault)
        await here.gateway.cancel(known(sent))
        (event,) = here.of(told)
        assert getattr(event, "code", None) == code

    run(scenario)


def test_the_venue_closing_the_market_expires_an_order() -> None:
    async def scenario(here: Desk) -> None:
        await here.gateway.submit(order())
        (resting,) = here.venue.orders.values()
        here.venue.end(resting, "CloseCancel")
        await here.until(lambda: here.of(Expired))
        assert here.orders() == ["Accepted", "Expired"]

    run(scenario)


def test_a_batch_of_cancels_is_read_item_by_item() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = [order(f"c{n}") for n in range(3)]
        for each in sent:
            await here.gateway.submit(each)
        ids = list(here.venue.orders)
        here.venue.fill(here.venue.orders[ids[1]], "10.00")
        await here.gateway.cancel_many([known(each) for each in sent])
        await here.until(lambda: len(here.of(Canceled)) == 2 and here.of(Filled))
        assert {e.order for e in here.of(Canceled)} == {"o-c0", "o-c2"}
        assert len(here.venue.sent("DELETE", f"{ORDERS}/batched")) == 1

    run(scenario)


def test_a_batch_whose_answer_is_lost_loses_each_of_its_orders() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = [order(f"c{n}") for n in range(2)]
        for each in sent:
            await here.gateway.submit(each)
        here.goes_wrong("500_after")
        await here.gateway.cancel_many([known(each) for each in sent])
        assert [e.order for e in here.of(Lost)] == ["o-c0", "o-c1"]

    run(scenario)


def test_a_batch_that_is_cut_off_with_the_session_loses_each_of_its_orders() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = [order(f"c{n}") for n in range(2)]
        for each in sent:
            await here.gateway.submit(each)
        here.venue.script.append("late")
        asking = asyncio.create_task(here.gateway.cancel_many([known(each) for each in sent]))
        await here.until(lambda: here.venue.sent("DELETE", f"{ORDERS}/batched"))
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [e.order for e in here.of(Lost)] == ["o-c0", "o-c1"]

    run(scenario)


# ---- amends


def test_a_move_states_the_whole_quantity_and_is_told() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        await here.gateway.amend(known(sent), 5_700, Decimal(12))
        ((_, path, body),) = [a for a in here.venue.asked if a[1].endswith("/amend")]
        assert path == f"{ORDERS}/order-1/amend"
        assert (body["price"], body["count"], body["side"]) == ("0.5700", "12.00", "bid")
        (told,) = here.of(Amended)
        assert (told.price, told.qty) == (5_700, 12)

    run(scenario)


@pytest.mark.parametrize("session", ["this", "an earlier one"])
def test_a_move_says_again_when_an_order_ends(session) -> None:
    async def scenario(here: Desk) -> None:
        until = time.time_ns() // SECOND * SECOND + 600 * SECOND
        sent = order(tif=Tif.GTD, until=until)
        await here.gateway.submit(sent)
        if session != "this":
            here.gateway._ours.forget(here.gateway._ours.find("c1"))
        await here.gateway.amend(known(sent, "order-1"), 5_700, Decimal(12))
        ((_, _, body),) = [a for a in here.venue.asked if a[1].endswith("/amend")]
        assert body["expiration_time"] == until // SECOND
        assert here.venue.orders["order-1"]["expiration_time"] is not None

    run(scenario)


def test_an_order_of_which_nobody_knows_when_it_ends_is_not_moved() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        here.gateway._ours.forget(here.gateway._ours.find("c1"))
        here.venue.orders["order-1"]["expiration_time"] = "soon"
        await here.gateway.amend(known(sent, "order-1"), 5_700, Decimal(12))
        assert [a for a in here.venue.asked if a[1].endswith("/amend")] == []
        assert here.of(AmendRefused)[0].code == "unsent"

    run(scenario)


def test_an_end_during_a_move_whose_answer_is_lost_is_told_all_the_same() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        here.goes_wrong("late")
        moving = asyncio.create_task(here.gateway.amend(known(sent), 5_700, Decimal(12)))
        await here.until(lambda: any(a[1].endswith("/amend") for a in here.venue.asked))
        (resting,) = here.venue.orders.values()
        here.venue.end(resting, "CloseCancel")
        await moving
        await here.until(lambda: here.of(Expired))
        assert here.orders() == ["Accepted", "Lost", "Expired"]

    run(scenario)


def test_an_id_that_is_no_name_is_never_made_part_of_a_path() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.number = lambda kind: "../../account/limits"
        sent = order()
        await here.gateway.submit(sent)
        assert here.orders() == ["Lost"]
        await here.gateway.cancel(known(sent, "../../account/limits"))
        assert [p for m, p, _ in here.venue.asked if m == "DELETE"] == []

    run(scenario)


def test_making_an_order_smaller_keeps_its_place() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        await here.gateway.amend(known(sent), 5_600, Decimal(4))
        ((_, path, body),) = [a for a in here.venue.asked if a[1].endswith("/decrease")]
        assert (path, body["reduce_by"]) == (f"{ORDERS}/order-1/decrease", "6.00")
        assert here.of(Amended)[0].qty == 4

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "told"), [("invalid_order", AmendRefused), ("429", AmendRefused), ("500", Lost), ("garbage", Lost)]
)
def test_a_move_that_fails_says_how(fault, told) -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        here.goes_wrong(fault)
        await here.gateway.amend(known(sent), 5_700, Decimal(12))
        assert len(here.of(told)) == 1

    run(scenario)


def test_an_order_that_stands_in_the_place_of_another_unheard_is_the_one_that_is_cancelled() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        here.venue.tell, here.venue.renews = False, True
        here.venue.script.append("reset_after")
        await here.gateway.amend(known(sent, "order-1"), 5_500, Decimal(10))
        assert [type(e) for e in here.of(Lost, Amended)] == [Lost]
        await here.gateway.picture([known(sent, "order-1")])
        (seen,) = here.of(Pictured)[-1].orders
        stands = seen.venue_order
        assert (seen.status, seen.price, here.venue.orders[stands]["status"]) == ("working", 5_500, "resting")
        await here.gateway.cancel(known(sent, stands))
        assert here.venue.orders[stands]["status"] == "canceled"
        assert here.orders()[-1] == "Canceled"

    run(scenario)


def test_the_end_of_what_may_have_been_replaced_unheard_is_not_told_as_the_end() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        here.venue.tell, here.venue.renews = False, True
        here.venue.script.append("reset_after")
        await here.gateway.amend(known(sent, "order-1"), 5_500, Decimal(10))
        await here.gateway.cancel(known(sent, "order-1"))  # which was cancelled to be replaced
        assert not here.of(Canceled)
        (stands,) = [e.venue_order for e in here.of(Accepted)][1:]
        assert here.venue.orders[stands]["status"] == "resting"
        here.venue.fill(here.venue.orders[stands], "10.00")
        await here.gateway.picture([known(sent, "order-1")])
        picture = here.of(Pictured)[-1]
        assert [(e.venue_order, e.status, e.filled) for e in picture.orders] == [(stands, "filled", 10)]
        assert [(e.order, e.qty) for e in picture.fills] == [("o-c1", 10)]

    run(scenario)


def test_an_order_that_was_made_smaller_unheard_ends_with_its_cancel() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        here.venue.tell = False
        here.venue.script.append("reset_after")
        await here.gateway.amend(known(sent, "order-1"), 5_600, Decimal(4))
        await here.gateway.picture([known(sent, "order-1")])
        assert [e.qty for e in here.of(Pictured)[-1].orders] == [4]
        await here.gateway.cancel(known(sent, "order-1"))
        assert here.orders() == ["Accepted", "Lost", "Canceled"], "six were taken off, and none of them has traded"

    run(scenario)
