"""The account on Kalshi against a real server: its picture, its stream, its level and its order groups."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec
import pytest

from engine.core.errors import VenueRefused
from engine.core.events import (
    Filled,
    LinkChanged,
    Pictured,
)
from engine.core.units import Leg, Side
from tests.engine.venues.kalshi.desk import INSTRUMENT, Desk, known, order, run
from tests.fakes.kalshi import FakeKalshi, serving


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


@pytest.mark.parametrize("ending", ["channel", "overflow", "unsubscribed"])
def test_a_stream_that_the_venue_ended_is_opened_anew_and_the_account_told_as_down(ending) -> None:
    async def scenario(here: Desk) -> None:
        speaker = here.venue.sockets[0]
        await here.until(lambda: "user_orders" in speaker.channels)
        if ending == "unsubscribed":
            speaker.numbered("fill", "unsubscribed", None)
        else:
            code = 25 if ending == "overflow" else 10
            speaker.say({"type": "error", "sid": speaker.channels["fill"], "msg": {"code": code, "msg": "x"}})
        await here.until(lambda: [e.up for e in here.of(LinkChanged)] == [True, False, True])
        assert here.of(LinkChanged)[1].why.startswith("our fills and orders are not told")
        sent = order()
        await here.gateway.submit(sent)
        (resting,) = here.venue.orders.values()
        here.venue.fill(resting, "4.00")
        await here.until(lambda: here.of(Filled))

    run(scenario)


def test_an_account_whose_fills_the_venue_does_not_tell_is_not_up() -> None:
    async def scenario() -> None:
        async with serving(FakeKalshi(refuses={"fill"})) as venue:
            here = Desk(venue)
            async with here.running():
                await here.until(lambda: here.of(LinkChanged))
                await here.until(lambda: venue.handshakes == 2)
                assert not any(e.up for e in here.of(LinkChanged))
                venue.refuses.clear()
                await here.until(lambda: here.of(LinkChanged)[-1].up)

    asyncio.run(scenario())


def test_a_subscription_that_is_never_answered_is_given_up() -> None:
    async def scenario() -> None:
        async with serving(FakeKalshi(silent={"user_orders"})) as venue:
            here = Desk(venue)
            here.gateway._link._beat_s = 0.05
            async with here.running():
                await here.until(lambda: here.of(LinkChanged))
                assert not here.of(LinkChanged)[-1].up
                venue.silent.clear()
                here.gateway._link._beat_s = 10.0
                await here.until(lambda: here.of(LinkChanged)[-1].up)

    asyncio.run(scenario())


def test_a_trade_of_somebody_elses_order_makes_the_account_unknown() -> None:
    async def scenario(here: Desk) -> None:
        here.venue.place({"ticker": INSTRUMENT.symbol, "client_order_id": "web", "side": "ask", "price": "0.70",
                          "count": "9.00", "time_in_force": "good_till_canceled"})  # fmt: skip
        (theirs,) = here.venue.orders.values()
        here.venue.fill(theirs, "9.00")
        await here.until(lambda: here.of(Pictured))
        (told,) = here.of(Pictured)
        assert not told.ok
        assert told.why == "an order that is not from here traded: the account is read again"

    run(scenario)


def test_the_accounts_own_level_sets_the_budget() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.gateway.capabilities.orders_per_second == 100)

    run(scenario, tier="premier")


def test_a_usage_level_that_could_not_be_read_at_the_start_is_asked_for_again(monkeypatch) -> None:
    monkeypatch.setattr("engine.venues.kalshi.gateway.TIER_AGAIN_S", 0.01)

    async def scenario(here: Desk) -> None:
        await here.until(lambda: any(path == "/account/limits" for _, path, _ in here.venue.asked))
        assert here.gateway.capabilities.orders_per_second == 8
        here.venue.tier = "premier"
        await here.until(lambda: here.gateway.capabilities.orders_per_second == 100)

    run(scenario, tier="unsaid")


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
