"""Orders on Kalshi against a real server: every way an answer may fail to come, and what is told then."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.events import (
    Accepted,
    Canceled,
    Filled,
    Pictured,
    Rejected,
)
from engine.core.units import Leg, Side
from tests.engine.venues.kalshi.desk import INSTRUMENT, ORDERS, Desk, known, order, run

# ---- what goes out


@pytest.mark.parametrize(
    ("side", "leg", "price", "sent"),
    [
        (Side.BUY, Leg.YES, 5_600, ("bid", "0.5600")),
        (Side.SELL, Leg.YES, 5_600, ("ask", "0.5600")),
        (Side.BUY, Leg.NO, 4_100, ("ask", "0.5900")),
        (Side.SELL, Leg.NO, 4_100, ("bid", "0.5900")),
    ],
)
def test_no_is_bought_by_an_ask_at_one_less_its_price(side, leg, price, sent) -> None:
    async def scenario(here: Desk) -> None:
        await here.gateway.submit(order(side=side, leg=leg, price=price))
        (body,) = here.venue.sent("POST", ORDERS)
        assert (body["side"], body["price"]) == sent
        assert (body["count"], body["time_in_force"]) == ("10.00", "good_till_canceled")
        assert (body["client_order_id"], body["self_trade_prevention_type"]) == ("c1", "taker_at_cross")

    run(scenario)


def test_times_in_force_and_flags_go_out_in_the_venues_words() -> None:
    async def scenario(here: Desk) -> None:
        here.gateway.group = "group-1"
        await here.gateway.submit(order("a", tif=Tif.GTD, until=1_800_000_000_900_000_000, post_only=True))
        await here.gateway.submit(order("b", tif=Tif.IOC, reduce_only=True))
        await here.gateway.submit(order("c", tif=Tif.FOK))
        await here.gateway.submit(order("d", tif=Tif.GTC, reduce_only=True))
        gtd, ioc, fok, resting = here.venue.sent("POST", ORDERS)
        assert (gtd["time_in_force"], gtd["expiration_time"]) == ("good_till_canceled", 1_800_000_000)
        assert gtd["post_only"] is True
        assert gtd["order_group_id"] == "group-1"
        assert (ioc["time_in_force"], ioc["reduce_only"]) == ("immediate_or_cancel", True)
        assert fok["time_in_force"] == "fill_or_kill"
        assert "reduce_only" not in resting  # the venue takes it of orders for now alone: ours holds by the gates

    run(scenario)


@pytest.mark.parametrize(
    "fields",
    [
        {"price": None},
        {"qty": None},
        {"qty": Decimal("0.001")},
        {"price": 0},
        {"price": 10_000},
        {"tif": Tif.IOC, "post_only": True},
        {"tif": Tif.GTD},
    ],
)
def test_what_the_venue_does_not_offer_is_refused_before_anything_is_sent(fields) -> None:
    async def scenario(here: Desk) -> None:
        await here.gateway.submit(order(**fields))
        (told,) = here.of(Rejected)
        assert told.code == "unsent"
        assert here.venue.sent("POST", ORDERS) == []

    run(scenario)


# ---- what comes back


def test_an_accepted_order_is_told_once_and_its_fills_by_trade() -> None:
    async def scenario(here: Desk) -> None:
        await here.gateway.submit(order())
        (resting,) = here.venue.orders.values()
        here.venue.fill(resting, "4.00")
        here.venue.fill(resting, "6.00")
        await here.until(lambda: len(here.of(Filled)) == 2)
        assert here.orders() == ["Accepted", "Filled", "Filled"]
        first = here.of(Filled)[0]
        assert (first.price, first.qty, first.cost) == (Decimal("0.5600"), Decimal(4), Decimal("2.24"))
        assert (first.fee, first.maker, first.order) == (Decimal("0.0175"), False, "o-c1")

    run(scenario)


def test_a_fill_of_no_is_told_at_the_price_of_no() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.fill_at_once = "10.00"
        await here.gateway.submit(order(leg=Leg.NO, price=4_100))
        await here.until(lambda: here.of(Filled))
        (fill,) = here.of(Filled)
        assert (fill.price, fill.cost) == (Decimal("0.4100"), Decimal("4.1"))

    run(scenario)


def test_a_fill_before_the_answer_is_told_after_the_order_was_accepted() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.fill_at_once = "3.00"
        await here.gateway.submit(order())
        await here.until(lambda: here.of(Filled))
        assert here.orders() == ["Accepted", "Filled"]

    run(scenario)


def test_the_rest_of_an_ioc_is_canceled_after_its_fills() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.fill_at_once = "3.00"
        await here.gateway.submit(order(tif=Tif.IOC))
        await here.until(lambda: here.of(Canceled))
        assert here.orders() == ["Accepted", "Filled", "Canceled"]

    run(scenario)


def test_fills_that_the_stream_keeps_to_itself_are_fetched_and_told_before_the_end() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        here.venue.fill_at_once = "3.00"
        await here.gateway.submit(order(tif=Tif.IOC))
        assert here.orders() == ["Accepted"]
        await here.until(lambda: here.of(Canceled))
        assert here.orders() == ["Accepted", "Filled", "Canceled"]

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("429", "throttled"), ("401", "auth"), ("insufficient_balance", "insufficient_balance"),
     ("MARKET_INACTIVE", "market_inactive"), ("a code of tomorrow", "a_code_of_tomorrow")],
)  # fmt: skip
def test_a_definite_no_is_a_rejection_with_its_code(fault, code) -> None:
    async def scenario(here: Desk) -> None:
        here.goes_wrong(fault)
        await here.gateway.submit(order())
        (told,) = here.of(Rejected)
        assert told.code == code
        assert told.text
        assert here.orders() == ["Rejected"]
        assert not here.venue.orders

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "made"),
    [("reset_before", 0), ("reset_after", 1), ("late", 1), ("500", 0), ("500_after", 1), ("garbage", 1)],
)
def test_an_unknown_outcome_is_lost_and_nothing_is_sent_twice(fault, made) -> None:
    async def scenario(here: Desk) -> None:
        here.goes_wrong(fault)
        await here.gateway.submit(order())
        await asyncio.sleep(0.05)
        assert here.orders() == ["Lost"]
        assert len(here.venue.orders) == made
        assert len(here.venue.sent("POST", ORDERS)) == 1

    run(scenario)


@pytest.mark.parametrize(
    ("fault", "told", "made"),
    [("", "Accepted", 1), ("429", "Rejected", 0), ("401", "Rejected", 0), ("insufficient_balance", "Rejected", 0),
     ("reset_before", "Lost", 0), ("reset_after", "Lost", 1), ("late", "Lost", 1), ("500", "Lost", 0)],
)  # fmt: skip
def test_written_at_once_an_order_meets_the_same_ends_and_is_sent_once(fault, told, made) -> None:
    async def scenario(here: Desk) -> None:
        if fault:
            here.goes_wrong(fault)
        await here.gateway._rest.close()
        assert here.gateway.begin(order()) is None, "without a connection that stands it is left to submit"
        await here.gateway._rest.warm()
        before = here.gateway._rest.requests
        rest = here.gateway.begin(order())
        assert rest is not None
        assert here.gateway._rest.requests == before + 1
        await rest()
        assert here.orders() == [told]
        assert len(here.venue.orders) == made
        assert len(here.venue.sent("POST", ORDERS)) == 1
        assert here.gateway._rest.requests == before + 1

    run(scenario)


def test_an_order_that_has_to_wait_or_cannot_be_said_is_not_written_at_once() -> None:
    async def scenario(here: Desk) -> None:
        rest = here.gateway._rest
        await rest.warm()
        assert here.gateway.begin(order(price=None)) is None
        rest.budget.hold("write", 60.0)
        assert here.gateway.begin(order()) is None
        await here.gateway.submit(order())
        assert [event.code for event in here.of(Rejected)] == ["throttled"]
        assert here.venue.sent("POST", ORDERS) == []

    run(scenario)


def test_a_connection_stands_ready_before_the_first_order() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.gateway._rest._direct is not None and here.gateway._rest._direct.stands)
        rest = here.gateway.begin(order())
        assert rest is not None
        await rest()
        assert here.orders() == ["Accepted"]

    run(scenario)


def test_nothing_sent_is_told_as_such() -> None:
    async def scenario(here: Desk) -> None:
        await here.gateway._rest.close()
        here.gateway._rest._root = here.gateway._rest._root.copy_with(port=1)
        await here.gateway.submit(order())
        (told,) = here.of(Rejected)
        assert told.code == "unsent"

    run(scenario)


def test_an_order_that_the_stream_has_told_is_not_lost_with_its_answer() -> None:
    async def scenario(here: Desk) -> None:
        here.goes_wrong("late")
        here.venue.fill_at_once = "1.00"
        await here.gateway.submit(order())
        assert here.orders() == ["Accepted", "Filled"]

    run(scenario)


def test_a_lost_order_is_found_by_its_client_id() -> None:
    async def scenario(here: Desk) -> None:
        here.goes_wrong("reset_after")
        sent = order()
        await here.gateway.submit(sent)
        await here.gateway.picture([known(sent)])
        (pictured,) = here.of(Pictured)
        assert pictured.ok
        (seen,) = pictured.orders
        assert (seen.order, seen.client, seen.status) == (sent.order, "c1", "working")
        assert seen.venue_order == "order-1"

    run(scenario)


def test_a_lost_order_that_never_arrived_is_absent() -> None:
    async def scenario(here: Desk) -> None:
        here.goes_wrong("500")
        sent = order()
        await here.gateway.submit(sent)
        await here.gateway.picture([known(sent)])
        (seen,) = here.of(Pictured)[0].orders
        assert (seen.order, seen.status) == (sent.order, "absent")

    run(scenario)


def test_a_conflict_is_looked_up_by_the_client_id() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.place({"ticker": INSTRUMENT.symbol, "client_order_id": "c1", "side": "bid", "price": "0.56",
                          "count": "10.00", "time_in_force": "good_till_canceled"})  # fmt: skip
        await here.gateway.submit(order())
        assert here.orders() == ["Accepted"]
        assert here.of(Accepted)[0].venue_order == "order-1"

    run(scenario)


def test_a_conflict_with_nothing_to_show_is_lost() -> None:
    async def scenario(here: Desk) -> None:
        here.goes_wrong("409")
        await here.gateway.submit(order())
        assert here.orders() == ["Lost"]

    run(scenario)
