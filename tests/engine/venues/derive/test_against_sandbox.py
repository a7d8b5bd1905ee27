"""Derive's gateway and feed against its sandbox, which checks every signature: orders, lost answers, cut links."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.events import (
    Accepted,
    Amended,
    BooksStale,
    Canceled,
    Filled,
    Lost,
    Marked,
    Rejected,
    StatusChanged,
    Trade,
)
from engine.core.ids import DERIVE, InstrumentId
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.sandbox.servers.derive_auth import Session, address_of
from tests.engine.venues.derive.stage import DEPOSIT, MINE, PERP, SESSION, Stage, hasten, now, played


@pytest.fixture(autouse=True)
def _hasty(monkeypatch) -> None:
    hasten(monkeypatch)


def test_orders_do_what_they_say() -> None:
    async def scenario(here: Stage) -> None:
        rests = await here.order(Side.BUY, 2400, 2)
        (there,) = here.ours()
        assert (there.status, there.price, there.amount, there.label) == ("open", 2400, 2, rests)
        assert there.max_fee == Decimal("104.5"), "3 · 2 · 0.0003 · 2500, and 0.1 on the least that can trade"
        await here.gateway.cancel(here.known(rests))
        assert (here.words(rests), there.status) == (["Accepted", "Canceled"], "cancelled")

        takes = await here.order(Side.BUY, 2501, 1, Tif.IOC)
        (fill,) = here.of(takes, Filled)
        (theirs,) = here.floor.accounts[MINE].fills
        assert (fill.price, fill.qty, fill.fee, fill.maker) == (2501, 1, theirs.fee, False)

        part = await here.order(Side.BUY, 2501, 100, Tif.IOC)
        await here.until(lambda: here.of(part, Canceled))
        room = sum(one.qty for one in here.of(part, Filled))
        assert here.words(part)[-1] == "Canceled"
        assert 0 < room < 100

        for words, fields in (
            ("post-only", {"post_only": True}),
            ("whole", {"tif": Tif.FOK}),
        ):
            name = await here.order(Side.BUY, 2502, 300, **fields)
            (no,) = here.of(name)
            assert isinstance(no, Rejected)
            assert words in no.text
        closes = await here.order(Side.SELL, 2499, 1, Tif.IOC, reduce_only=True)
        assert [one.qty for one in here.of(closes, Filled)] == [1]
        pictured = await here.picture(rests, takes)
        assert [(one.leg, one.qty) for one in pictured.positions] == [(Leg.YES, room)]
        assert pictured.cash == here.floor.accounts[MINE].cash
        assert {one.order: one.status for one in pictured.orders} == {rests: "canceled", takes: "filled"}

    played(scenario, feed=False)


def test_what_cannot_be_sent_is_refused_before_anything_leaves() -> None:
    async def scenario(here: Stage) -> None:
        unknown = InstrumentId(DERIVE, "ETH-NONE")
        for name in (
            await here.order(Side.BUY, 2400, 1, instrument=unknown),
            await here.order(Side.BUY, 2400, 1, reduce_only=True),
            await here.order(Side.BUY, 2400, 1, Tif.GTD, until=1),
            await here.order(Side.BUY, 2400, "0.0000000000001"),
        ):
            (no,) = here.of(name)
            assert (type(no), no.code) == (Rejected, "unsent")
            assert len(no.text.split()) > 3
        assert here.sent("private/order") == 0

    played(scenario, feed=False)


def test_a_short_is_sold_and_shown_as_the_other_leg() -> None:
    async def scenario(here: Stage) -> None:
        sold = await here.order(Side.SELL, 2499, 1, Tif.IOC)
        assert [one.price for one in here.of(sold, Filled)] == [2499]
        pictured = await here.picture()
        assert [(one.leg, one.qty, one.average) for one in pictured.positions] == [(Leg.NO, 1, 2499)]
        back = await here.order(Side.SELL, 2501, 1, Tif.IOC, leg=Leg.NO)
        assert [one.price for one in here.of(back, Filled)] == [2501], "selling what is held short buys"
        assert (await here.picture()).positions == ()

    played(scenario, feed=False)


@pytest.mark.parametrize("kind", ["drop", "error", "throttle", "half_open"])
def test_an_order_that_never_arrived_is_lost_or_refused_and_then_found_absent(kind) -> None:
    async def scenario(here: Stage) -> None:
        here.fault(kind, "/private/order")
        name = await here.order(Side.BUY, 2400, 1)
        assert here.words(name) == (["Rejected"] if kind == "throttle" else ["Lost"])
        assert here.sent("private/order") == 0
        assert here.ours() == []
        if kind != "throttle":
            pictured = await here.picture(name)
            assert [one.status for one in pictured.orders] == ["absent"]

    played(scenario, feed=False)


@pytest.mark.parametrize("kind", ["reset_after", "lost_reply", "error_after", "garble", "9000"])
def test_an_order_whose_answer_was_lost_is_told_by_its_channel_and_never_sent_again(kind) -> None:
    async def scenario(here: Stage) -> None:
        if kind == "9000":
            here.server.timeouts = 1
        else:
            here.fault(kind, "/private/order")
        name = await here.order(Side.BUY, 2501, 1)
        await here.until(lambda: here.of(name, Filled))
        assert len(here.of(name, Accepted)) == 1
        assert len(here.of(name, Filled)) == 1
        assert here.sent("private/order") == 1
        pictured = await here.picture(name)
        assert [one.status for one in pictured.orders] == ["filled"]
        assert len(here.of(name, Filled)) == 1, "the picture's fill is the same one"

    played(scenario, feed=False)


def test_an_order_that_is_lost_in_silence_is_found_by_its_label() -> None:
    async def scenario(here: Stage) -> None:
        here.fault("drop", channel="ws")
        await here.until(lambda: not here.link("account"))
        here.fault("error", channel="connect", count=0)
        here.fault("reset_after", "/private/order")
        name = await here.order(Side.BUY, 2400, 1)
        assert here.words(name) == ["Lost"]
        pictured = await here.picture(name)
        (seen,) = pictured.orders
        assert (seen.order, seen.status, seen.price, seen.qty) == (name, "working", 240_000, 1)
        here.world.desk.clear()
        await here.gateway.cancel(here.known(name))
        assert here.words(name)[-1] == "Canceled"
        assert [one.status for one in here.ours()] == ["cancelled"]

    played(scenario, feed=False)


@pytest.mark.parametrize("kind", ["drop", "error", "reset_after", "error_after", "9000"])
def test_a_cancel_whose_answer_was_lost_is_settled(kind) -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, 2400, 1)
        if kind == "9000":
            here.server.timeouts = 1
        else:
            here.fault(kind, "/private/cancel")
        await here.gateway.cancel(here.known(name))
        if kind in {"drop", "error"}:
            assert here.words(name) == ["Accepted", "Lost"]
            await here.gateway.cancel(here.known(name))
        await here.until(lambda: here.of(name, Canceled))
        assert [one.status for one in here.ours()] == ["cancelled"]

    played(scenario, feed=False)


def test_a_cancel_of_what_has_filled_tells_the_fill() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, "2500.5", 2)
        here.fault("gap", f"{MINE}.", "ws", count=0)  # nothing of it is told
        here.trade("2500.5", 2, buys=False)
        await here.gateway.cancel(here.known(name))
        await here.until(lambda: here.of(name, Filled))
        assert here.words(name) == ["Accepted", "Filled"]
        assert here.of(name, Filled)[0].maker

    played(scenario, feed=False)


def test_a_replacement_moves_the_order_and_keeps_its_fills() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, "2500.5", 5)
        here.trade("2500.5", 2, buys=False)
        await here.until(lambda: here.of(name, Filled))
        await here.gateway.amend(here.known(name), Ticks(249_950), Qty(Decimal(6)))
        assert [one.status for one in here.ours()] == ["cancelled", "open"]
        assert (here.ours()[1].amount, here.ours()[1].price) == (4, Decimal("2499.5"))
        assert "Amended" in here.words(name)
        assert "Canceled" not in here.words(name), "the first of its two orders ended, it did not"
        here.trade("2499.5", 4, buys=False)
        await here.until(lambda: len(here.of(name, Filled)) == 2)
        pictured = await here.picture(name)
        assert [(one.qty, one.filled, one.status) for one in pictured.orders] == [(6, 6, "filled")]

    played(scenario, feed=False)


def test_what_filled_in_an_earlier_session_counts_once_when_a_picture_shows_it_again() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, "2500.5", 5)
        here.trade("2500.5", 2, buys=False)
        await here.until(lambda: here.of(name, Filled))
        async with here.anew():
            await here.picture(name)
            await here.gateway.amend(here.known(name), Ticks(249_950), Qty(Decimal(6)))
            assert [(one.qty, one.price) for one in here.of(name, Amended)] == [(6, 249_950)]
            assert (here.ours()[1].amount, here.ours()[1].filled) == (4, 0)

    played(scenario, feed=False)


def test_a_replacement_in_a_later_session_takes_no_more_and_lives_no_longer_than_what_it_replaces() -> None:
    async def scenario(here: Stage) -> None:
        ends = Nanos((now() // SECOND + 3_600) * SECOND)
        name = await here.order(Side.BUY, 2400, 1, Tif.GTD, until=ends, post_only=True)
        async with here.anew():
            await here.gateway.amend(here.known(name), Ticks(240_100), Qty(Decimal(1)))
            assert [(one.expiry_s, one.tif) for one in here.ours()] == [(ends // SECOND, "post_only")] * 2
        async with here.anew():
            await here.gateway.amend(here.known(name), Ticks(250_200), Qty(Decimal(1)))
            await here.until(lambda: here.of(name, Canceled))
        assert not here.of(name, Filled)

    played(scenario, feed=False)


def test_a_replacement_of_which_more_has_filled_than_we_know_is_refused() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, "2500.5", 5)
        here.fault("gap", f"{MINE}.", "ws", count=0)
        here.trade("2500.5", 2, buys=False)
        await here.gateway.amend(here.known(name), Ticks(249_950), Qty(Decimal(6)))
        assert here.words(name)[-1] == "AmendRefused"
        assert [one.status for one in here.ours()] == ["open"]

    played(scenario, feed=False)


def test_a_replacement_while_whose_index_is_asked_for_the_order_trades_is_refused() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, "2500.5", 5)
        async with here.anew():
            await here.picture(name)
            here.fault("latency", "/public/get_ticker", value=0.2)
            moving = asyncio.create_task(here.gateway.amend(here.known(name), Ticks(249_950), Qty(Decimal(5))))
            await asyncio.sleep(0.1)
            here.trade("2500.5", 2, buys=False)
            await moving
            assert here.words(name)[-1] == "AmendRefused"
            assert [(one.status, one.amount - one.filled) for one in here.ours()] == [("open", 3)]

    played(scenario, feed=False)


def test_a_replacement_that_is_taken_back_and_not_placed_ends_the_order() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, 2400, 1, post_only=True)
        await here.gateway.amend(here.known(name), Ticks(250_200), Qty(Decimal(1)))
        await here.until(lambda: here.of(name, Canceled))
        assert here.words(name) == ["Accepted", "AmendRefused", "Canceled"]
        assert [one.status for one in here.ours()] == ["cancelled"]

    played(scenario, feed=False)


@pytest.mark.parametrize("kind", ["drop", "reset_after"])
def test_a_replacement_whose_answer_was_lost_is_settled_by_a_picture(kind) -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, 2400, 1)
        here.fault(kind, "/private/replace")
        await here.gateway.amend(here.known(name), Ticks(240_100), Qty(Decimal(2)))
        assert here.of(name, Lost)
        (seen,) = (await here.picture(name)).orders
        assert (seen.price, seen.qty, seen.status) == (
            (240_000, 1, "working") if kind == "drop" else (240_100, 2, "working")
        )
        await here.gateway.cancel(here.known(name))
        await here.until(lambda: here.of(name, Canceled))
        assert all(one.status == "cancelled" for one in here.ours())

    played(scenario, feed=False)


def test_a_picture_from_before_a_replacement_does_not_bring_the_old_order_back() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, 2400, 1)
        here.fault("latency", "/private/get_trade_history", value=0.25)
        looking = asyncio.create_task(here.picture(name))
        await here.until(lambda: here.sent("private/get_open_orders"))
        await here.gateway.amend(here.known(name), Ticks(240_100), Qty(Decimal(1)))
        assert (await looking).ok
        here.floor.cancel(here.ours()[1])
        here.server.publish()
        await here.until(lambda: here.of(name, Canceled))

    played(scenario, feed=False)


def test_what_filled_before_a_replacement_nobody_answered_counts_in_a_picture() -> None:
    async def scenario(here: Stage) -> None:
        name = await here.order(Side.BUY, "2500.5", 5)
        here.trade("2500.5", 2, buys=False)
        await here.until(lambda: here.of(name, Filled))
        here.fault("gap", f"{MINE}.", "ws", count=0)  # nor does the channel tell
        here.fault("reset_after", "/private/replace")
        await here.gateway.amend(here.known(name), Ticks(250_000), Qty(Decimal(5)))
        assert here.of(name, Lost)
        for _ in range(2):
            (seen,) = (await here.picture(name)).orders
            assert (seen.price, seen.qty, seen.filled, seen.status) == (250_000, 5, 2, "working")

    played(scenario, feed=False)


def test_protection_is_kept_by_the_wallet_and_a_short_cut_empties_the_book() -> None:
    async def scenario(here: Stage) -> None:
        await here.until(lambda: here.server.wallets.find(here.keys.owner).protects)
        name = await here.order(Side.BUY, 2400, 1)
        here.fault("drop", channel="ws")
        await here.until(lambda: not here.link("account"))
        await here.until(lambda: here.link("account"))
        assert [one.reason for one in here.ours()] == ["cancel_on_disconnect"]
        pictured = await here.picture(name)
        assert [one.status for one in pictured.orders] == ["canceled"]

    played(scenario, feed=False, protect=True)


def test_who_is_not_let_in_is_told_why() -> None:
    async def scenario(here: Stage) -> None:
        wallet = here.server.wallets.find(here.keys.owner)
        wallet.sessions.clear()
        here.fault("drop", channel="ws")
        await here.until(lambda: any("session key" in getattr(one, "why", "") for one in here.told))
        name = await here.order(Side.BUY, 2400, 1)
        (no,) = here.of(name)
        assert (no.code, type(no)) == ("auth", Rejected)
        assert not (await here.picture()).ok
        address = address_of(SESSION)
        wallet.sessions[address] = Session(address, expires_s=1)
        name = await here.order(Side.BUY, 2400, 1)
        assert "expired" in here.of(name)[0].text

    played(scenario, feed=False)


def test_books_marks_and_trades_follow_the_floor() -> None:
    async def scenario(here: Stage) -> None:
        names = list(here.floor.contracts)
        await here.follow(*names)
        assert here.agrees()
        here.trade(2501, "0.5", buys=True)
        await here.until(lambda: any(isinstance(one, Trade) for one in here.told))
        (trade,) = [one for one in here.told if isinstance(one, Trade)]
        assert (trade.price, trade.lots, trade.taker) == (250_100, 500, Side.BUY)
        await here.until(here.agrees)
        marks = {one.instrument.symbol: one for one in here.told if isinstance(one, Marked)}
        assert set(marks) == set(names)
        call = next(name for name in names if name.endswith("-2500-C"))
        assert marks[call].index == 2500
        assert marks[call].mark_iv == pytest.approx(0.6)
        assert 0.4 < marks[call].delta < 0.6
        assert marks["ETH-PERP"].funding == pytest.approx(8 * 0.0000125)
        here.venue.feed.want(frozenset({PERP}))
        await here.until(lambda: all(len(s.channels) <= 4 for s in here.server.sockets))

    played(scenario)


@pytest.mark.parametrize("kind", ["gap", "duplicate", "reorder", "latency"])
def test_a_frame_out_of_place_never_leaves_a_wrong_book(kind) -> None:
    async def scenario(here: Stage) -> None:
        await here.follow("ETH-PERP")
        for n in range(3):
            here.fault(kind, "orderbook", "ws", value=0.02 if kind == "latency" else 0.0)
            here.trade(2400 + n, 1, buys=True)
            here.trade(2600 + n, 1, buys=False)
        here.trade(2390, 1, buys=True)
        await here.until(here.agrees)

    played(scenario)


@pytest.mark.parametrize("kind", ["drop", "close", "half_open"])
def test_books_of_a_cut_link_are_stale_until_they_come_again(kind) -> None:
    async def scenario(here: Stage) -> None:
        await here.follow("ETH-PERP", "ETH-USDC")
        here.fault(kind, channel="ws", count=4)
        await here.until(lambda: any(isinstance(one, BooksStale) for one in here.told))
        here.world.desk.clear()
        here.trade(2400, 1, buys=True)
        await here.until(here.agrees)
        here.books[PERP] = None
        here.venue.feed.again(frozenset({PERP}))
        await here.until(here.agrees)

    played(scenario)


def test_options_close_at_their_hour_and_settle_at_what_the_venue_says() -> None:
    async def scenario(here: Stage) -> None:
        await here.follow(*(name for name in here.floor.contracts if name.endswith(("-2400-C", "-2600-C"))))
        first = min(one.expiry_s for one in here.floor.contracts.values() if one.expiry_s)

        def results() -> dict[str, str]:
            return {
                one.instrument.symbol: one.result for one in here.told if isinstance(one, StatusChanged) and one.result
            }

        await here.until(lambda: len(results()) >= 2)
        price = here.floor.settled[first]
        assert {Decimal(result) for result in list(results().values())[:2]} == {price}
        closed = [one for one in here.told if isinstance(one, StatusChanged) and one.status == "closed"]
        assert {one.instrument.symbol for one in closed} >= set(results())

    played(scenario, speed=2_000_000.0)


def test_nothing_is_asked_faster_than_the_account_may() -> None:
    async def scenario(here: Stage) -> None:
        await here.until(lambda: here.gateway.capabilities.orders_per_second == pytest.approx(16.0))
        names = [await here.order(Side.BUY, 2400, 1) for _ in range(12)]
        assert all(here.words(one) == ["Accepted"] for one in names)
        assert here.floor.accounts[MINE].cash == DEPOSIT

    played(scenario, feed=False, tps=20)
