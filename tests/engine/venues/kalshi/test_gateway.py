"""Orders on Kalshi against a real server: every way an answer may fail to come, and what is told then."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.errors import VenueRefused
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    LinkChanged,
    Lost,
    Pictured,
    Rejected,
)
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Known
from engine.core.units import Leg, Side
from engine.venues.kalshi import venue as kalshi
from tests.fakes.kalshi import FakeKalshi, serving

ORDERS = "/portfolio/events/orders"
INSTRUMENT = InstrumentId(KALSHI, "KXHIGHNY-26AUG29-B84.5")


class Desk:
    """A gateway that runs, and what it told."""

    def __init__(self, venue: FakeKalshi) -> None:
        self.venue = venue
        built = kalshi.build(venue.endpoints(), venue.keys(), time.time_ns, random.Random(7))
        self.gateway = built.gateway
        self.told: list = []

    def goes_wrong(self, fault: str) -> None:
        """Let the next order request meet a fault; who answers late is not waited for."""
        self.venue.script.append(fault)
        if fault == "late":
            self.gateway._rest._timeout_s = 0.3

    def take(self, event) -> bool:
        self.told.append(event)
        return True

    def of(self, *kinds) -> list:
        return [e for e in self.told if isinstance(e, kinds)]

    def orders(self) -> list[str]:
        """Return what was told of orders, in order."""
        return [type(e).__name__ for e in self.told if not isinstance(e, LinkChanged | Pictured)]

    async def until(self, holds, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                await asyncio.sleep(0.005)

    async def up(self) -> None:
        await self.until(lambda: any(e.up for e in self.of(LinkChanged)))
        await self.until(lambda: any("fill" in s.channels for s in self.venue.sockets))


@asynccontextmanager
async def desk(**fields):
    async with serving(FakeKalshi(**fields)) as venue:
        here = Desk(venue)
        running = asyncio.create_task(here.gateway.run(here.take))
        try:
            await here.up()
            yield here
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await here.gateway._rest.close()


def order(client: str = "c1", **fields) -> Approved:
    place = {"instrument": INSTRUMENT, "side": Side.BUY, "price": 5_600, "qty": Decimal(10), "tif": Tif.GTC} | fields
    return Approved(order=f"o-{client}", place=Place(**place), gates=(), client=client, at=time.time_ns())


def known(approved: Approved, venue_order: str = "", filled: str = "0") -> Known:
    place = approved.place
    return Known(
        client=approved.client,
        order=approved.order,
        instrument=place.instrument,
        side=place.side,
        leg=place.leg,
        price=place.price,
        qty=place.qty,
        filled=Decimal(filled),
        sent_at=approved.at,
        venue_order=venue_order,
    )


def run(scenario, **fields) -> None:
    async def whole() -> None:
        async with desk(**fields) as here:
            await scenario(here)

    asyncio.run(whole())


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


# ---- cancels


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


# ---- the account


def test_the_picture_shows_orders_fills_positions_and_cash() -> None:
    async def scenario(here: Desk) -> None:
        sent = order()
        await here.gateway.submit(sent)
        (resting,) = here.venue.orders.values()
        here.venue.fill(resting, "4.00")
        await here.gateway.picture([known(sent)])
        (pictured,) = here.of(Pictured)
        (seen,) = pictured.orders
        assert (seen.qty, seen.filled, seen.status, seen.price) == (10, 4, "working", 5_600)
        (fill,) = pictured.fills
        assert (fill.order, fill.qty, fill.price) == (sent.order, 4, Decimal("0.5600"))
        yes, no = pictured.positions
        assert (yes.leg, yes.qty, yes.average) == (Leg.YES, 4, Decimal("0.56"))
        assert (no.leg, no.qty, no.average) == (Leg.NO, 3, None)
        assert pictured.cash == 100 + Decimal("0.5600") * 6  # the balance is without what our order binds

    positions = [
        {"ticker": INSTRUMENT.symbol, "position_fp": "4.00", "market_exposure_dollars": "2.24"},
        {"ticker": "KX-2", "position_fp": "-3.00"},
        {"ticker": "KX-3", "position_fp": "0.00"},
    ]
    run(scenario, positions=positions)


def test_fills_while_we_were_away_are_in_the_picture_and_release_the_end() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.tell = False
        sent = order()
        await here.gateway.submit(sent)
        (resting,) = here.venue.orders.values()
        here.venue.fill(resting, "4.00")
        here.venue.end(resting)
        await here.gateway.picture([known(sent, "order-1")])
        (pictured,) = here.of(Pictured)
        assert pictured.orders[0].status == "canceled"
        assert [f.qty for f in pictured.fills] == [4]

    run(scenario)


def test_an_order_of_somebody_elses_is_shown_in_terms_of_yes() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.place({"ticker": INSTRUMENT.symbol, "client_order_id": "web", "side": "ask", "price": "0.70",
                          "count": "2.00", "time_in_force": "good_till_canceled"})  # fmt: skip
        await here.gateway.picture([])
        (seen,) = here.of(Pictured)[0].orders
        assert (seen.order, seen.client, seen.side, seen.leg, seen.price) == (None, "web", Side.SELL, Leg.YES, 7_000)

    run(scenario)


def test_every_page_is_read() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.page = 2
        for n in range(5):
            await here.gateway.submit(order(f"c{n}"))
        await here.gateway.picture([])
        assert len(here.of(Pictured)[0].orders) == 5

    run(scenario)


def test_an_account_that_cannot_be_read_is_no_picture() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.balance = "NaN"
        await here.gateway.picture([])
        (pictured,) = here.of(Pictured)
        assert not pictured.ok
        assert pictured.positions is None

    run(scenario)


def test_a_new_connection_subscribes_again_and_says_so() -> None:
    async def scenario(here: Desk) -> None:
        await here.venue.sockets[0].socket.close()
        await here.until(lambda: [e.up for e in here.of(LinkChanged)] == [True, False, True])
        await here.until(lambda: any("fill" in s.channels for s in here.venue.sockets))
        assert all(e.channel == "account" for e in here.of(LinkChanged))
        assert here.venue.handshakes == 2

    run(scenario)


def test_the_accounts_own_level_sets_the_budget() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.gateway.capabilities.orders_per_second == 100)

    run(scenario, tier="premier")


def test_headers_of_orders_are_made_ahead() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: len(here.gateway._ahead) >= 2)
        for n in range(2):
            await here.gateway.submit(order(f"c{n}"))
        assert here.gateway._ahead.served == 2
        assert here.gateway._ahead.late == 0

    run(scenario)


def test_a_group_is_made_changed_and_its_refusal_raised() -> None:
    async def scenario(here: Desk) -> None:
        assert await here.gateway.groups.create(Decimal(50)) == "group-1"
        await here.gateway.groups.limit("group-1", Decimal(20))
        await here.gateway.groups.reset("group-1")
        await here.gateway.groups.trigger("group-1")
        await here.gateway.groups.delete("group-1")
        assert [(m, p) for m, p, _ in here.venue.asked if "order_groups" in p] == [
            ("POST", "/portfolio/order_groups/create"),
            ("PUT", "/portfolio/order_groups/group-1/limit"),
            ("PUT", "/portfolio/order_groups/group-1/reset"),
            ("PUT", "/portfolio/order_groups/group-1/trigger"),
            ("DELETE", "/portfolio/order_groups/group-1"),
        ]
        here.goes_wrong("invalid_parameters")
        with pytest.raises(VenueRefused):
            await here.gateway.groups.create(Decimal(50))

    run(scenario)


def test_orders_and_fills_told_twice_or_late_are_told_once() -> None:
    async def scenario(here: Desk) -> None:
        await here.gateway.submit(order())
        (resting,) = here.venue.orders.values()
        fill = here.venue.fill(resting, "4.00")
        here.venue.push("fill", fill)
        here.venue.push("user_order", resting)
        here.venue.fill(resting, "6.00")
        await here.until(lambda: len(here.of(Filled)) == 2)
        await here.gateway.picture([])
        assert here.orders() == ["Accepted", "Filled", "Filled"]
        assert msgspec.json.encode(here.of(Filled)[0].qty) == b'"4.00"'

    run(scenario)
