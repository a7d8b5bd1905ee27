"""What is Deribit's own, against its simulated server over real sockets: options, tokens, locks, ends, edits.

What every venue of the suite promises, orders and books under faults among it, the shared cases hold it to. Each test
here ends with everything that was told held against the venue's own orders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Tif
from engine.core.events import (
    Amended,
    AmendRefused,
    CancelRefused,
    LinkChanged,
    LinkReport,
    Marked,
    Pictured,
    StatusChanged,
    Trade,
)
from engine.core.units import SECOND, Leg, Qty, Side, Ticks
from engine.sandbox.option_market import PERPETUAL
from engine.venues.deribit.keys import Keys
from engine.venues.port import Can
from tests.engine.venues.deribit import exchange
from tests.engine.venues.deribit.exchange import KEYS, Desk, trading

Scenario = Callable[..., Awaitable[None]]
BEFORE = ("drop", "half_open", "throttle", "error")
"""Nothing was done."""
AFTER = ("reset_after", "lost_reply", "error_after", "garble")
"""It was done, and nobody said so."""
BUY, CANCEL, EDIT = "WS private/buy", "WS private/cancel", "WS private/edit"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.hasten(monkeypatch)


def play(scenario: Scenario, **fields: Any) -> None:
    async def whole() -> None:
        async with trading(**fields) as desk:
            await scenario(desk)

    asyncio.run(whole())


def play_all(cases: Iterable[Any], scenario: Scenario, *, at_once: int = 5, **fields: Any) -> None:
    """Play a scenario once for each case, a few side by side; every case that fails is named."""
    failed: list[str] = []

    async def one(room: asyncio.Semaphore, number: int, case: Any) -> None:
        async with room:
            try:
                async with trading(**{"seed": number + 1, **fields}) as desk:
                    await scenario(desk, case)
            except Exception as e:  # noqa: BLE001 - told with its case, beside what else failed
                failed.append(f"{case}: {e!r}")

    async def whole() -> None:
        room = asyncio.Semaphore(at_once)
        await asyncio.gather(*(one(room, number, case) for number, case in enumerate(cases)))

    asyncio.run(whole())
    assert not failed, failed


# ---- while nothing goes wrong


def test_an_order_rests_moves_and_is_cancelled() -> None:
    async def scenario(desk: Desk) -> None:
        name = desk.near()
        bid = desk.best(name, Side.BUY)
        mine = await desk.place(name, Side.BUY, bid - 15, "1.5")
        (there,) = desk.working()
        assert (there.price, there.lots, mine.status) == (bid - 15, 15, "working")
        assert desk.server.desk.labels[there.id] == mine.approved.client
        await desk.gateway.amend(desk.known(mine), Ticks(bid - 10), Qty(Decimal(1)))
        assert (there.price, there.lots) == (bid - 10, 10)
        assert isinstance(desk.told[-1], Amended) or desk.of(Amended)
        await desk.truthful()
        await desk.gateway.cancel(desk.known(mine))
        assert mine.status == "canceled"
        await desk.truthful()
        assert Can.CANCEL_ON_DISCONNECT in desk.gateway.capabilities.can

    play(scenario)


def test_orders_that_take_are_filled_at_the_venues_price_and_fee_long_and_short() -> None:
    async def scenario(desk: Desk) -> None:
        name = desk.near()
        bought = await desk.place(name, Side.BUY, desk.best(name, Side.SELL), 2, tif=Tif.IOC)
        sold = await desk.place(name, Side.SELL, desk.best(name, Side.BUY), 5, tif=Tif.IOC)
        perp = await desk.place(PERPETUAL, Side.SELL, desk.best(PERPETUAL, Side.BUY), 100, tif=Tif.IOC)
        assert [one.status for one in (bought, sold, perp)] == ["filled"] * 3
        assert bought.fee > 0
        await desk.truthful()
        pictured = desk.of(Pictured)[-1]
        assert {(one.instrument, one.leg, one.qty) for one in pictured.positions} == {
            (name, Leg.NO, 3), (PERPETUAL, Leg.NO, 100),
        }  # fmt: skip
        assert abs(pictured.cash - desk.pit.equity(exchange.YOU)) < Decimal("0.01")

    play(scenario)


def test_what_an_order_may_be_the_venue_decides_and_says_in_words() -> None:
    async def scenario(desk: Desk) -> None:
        name = desk.near()
        bid, ask = desk.best(name, Side.BUY), desk.best(name, Side.SELL)
        post = await desk.place(name, Side.BUY, ask, 1, post_only=True)
        assert (post.status, post.code) == ("rejected", "post_only")
        assert len(post.why.split()) > 2
        rests = await desk.place(name, Side.BUY, bid, 1, post_only=True)
        assert rests.status == "working"
        more = desk.pit.books[name].asks.total(ask) * desk.pit.instruments[name].lot + 5
        killed = await desk.place(name, Side.BUY, ask, more, tif=Tif.FOK)
        assert (killed.status, killed.filled) == ("rejected", 0)
        part = await desk.place(name, Side.BUY, ask, more, tif=Tif.IOC)
        assert (part.status, part.filled > 0) == ("canceled", True)
        poor = await desk.place(name, Side.SELL, bid, 10_000)
        assert (poor.status, poor.code) == ("rejected", "funds")
        odd = await desk.place(name, Side.BUY, bid, "0.05")
        assert (odd.status, odd.code) == ("rejected", "unsent")
        other_leg = await desk.place(name, Side.BUY, bid, 1, leg=Leg.NO)
        assert other_leg.code == "unsent"
        between = await desk.place(name, Side.BUY, bid - 2, 1)
        assert desk.working()[-1].price == bid - 5, "a purchase is rounded down"
        desk.pit.set_status(name, "paused")
        late = await desk.place(name, Side.BUY, bid - 5, 1)
        assert (late.status, late.code) == ("rejected", "market_closed")
        assert between.status == "working"
        await desk.truthful()

    play(scenario)


def test_books_marks_and_trades_are_the_venues() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.until(lambda: len(desk.of(Marked)) > 20 and desk.of(Trade))
        desk.server.bourse.rate = exchange.STILL
        names = list(desk.books)
        await desk.until(lambda: desk.agrees(names))
        mark = next(one for one in reversed(desk.of(Marked)) if one.mark_iv is not None)
        theirs = desk.server.bourse.market.marked(mark.instrument, mark.venue_time)
        assert mark.mark_iv == pytest.approx(theirs.mark_iv, abs=1e-4)
        assert mark.delta == pytest.approx(theirs.delta)
        ids = [one.trade_id for one in desk.of(Trade)]
        assert len(ids) == len(set(ids))
        await desk.until(lambda: desk.of(LinkReport)[-1].subscribed == 3)
        report = desk.of(LinkReport)[-1]
        assert (report.subscribed, report.sockets, report.gaps) == (3, 2, 0)
        assert report.skew_ms is not None

    play(scenario, rate=100.0)


def test_without_keys_books_come_gathered_and_nothing_else() -> None:
    async def scenario(desk: Desk) -> None:
        assert desk.gateway is None
        channels = [name for one in desk.server.streams.sessions for name in one.channels]
        assert not any(name.endswith(".raw") for name in channels)
        desk.trade(PERPETUAL, Side.BUY, desk.best(PERPETUAL, Side.SELL), 100)
        await desk.until(lambda: desk.agrees([PERPETUAL]))

    play(scenario, keys=None)


def test_with_keys_that_the_venue_does_not_know_there_are_books_and_no_account() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.until(lambda: desk.agrees([PERPETUAL]))
        await desk.until(lambda: desk.links.get("account") is False)
        downs = [one for one in desk.of(LinkChanged) if one.channel == "account"]
        assert not any(one.up for one in downs)
        assert "does not take our key" in downs[-1].why
        refused = await desk.place(PERPETUAL, Side.BUY, 1_000, 10)
        assert (refused.status, refused.code) == ("rejected", "unsent")
        await desk.gateway.picture([])
        assert not desk.of(Pictured)[-1].ok

    play(scenario, keys=Keys("you", "of somebody else"), ready=False)


def test_the_secret_itself_logs_in_where_that_is_wanted() -> None:
    async def scenario(desk: Desk) -> None:
        mine = await desk.place(PERPETUAL, Side.BUY, desk.best(PERPETUAL, Side.BUY), 10)
        assert mine.status == "working"

    play(scenario, keys=Keys(KEYS.client_id, KEYS.client_secret, plain=True))


def test_a_token_is_renewed_and_the_account_stays() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.until(lambda: desk.server.asked.count("public/auth") >= 4, 100)
        mine = await desk.place(PERPETUAL, Side.BUY, desk.best(PERPETUAL, Side.BUY), 10)
        assert mine.status == "working"
        assert not [one for one in desk.of(LinkChanged) if not one.up]

    play(scenario, token_s=8)


def test_a_renewal_that_is_never_answered_ends_the_connection_before_the_token_does() -> None:
    async def scenario(desk: Desk) -> None:
        private = desk.gateway.private
        private._login.renewing = private._now() - 6 * SECOND  # asked for, and forgotten there
        await desk.until(
            lambda: [one.up for one in desk.of(LinkChanged) if one.channel == "account"][1:] == [False, True]
        )
        assert "its login was not renewed" in [one.why for one in desk.of(LinkChanged)]

    play(scenario)


def test_signs_of_life_are_asked_for_and_given() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.until(lambda: desk.server.asked.count("public/test") >= 3)
        assert not [one for one in desk.of(LinkChanged) if not one.up]

    play(scenario)


def test_an_instrument_that_ends_is_settled_at_the_delivery_price() -> None:
    async def scenario(desk: Desk) -> None:
        name = min((one for one in desk.pit.instruments.values() if one.expires), key=lambda one: one.expires).id
        desk.venue.feed.want(frozenset({name}))
        await desk.until(lambda: desk.agrees([name]))
        desk.world.clock.ahead = desk.pit.instruments[name].expires - exchange.now(desk) + 1
        await desk.until(lambda: [one.status for one in desk.of(StatusChanged)][-1:] == ["settled"])
        last = desk.of(StatusChanged)[-1]
        assert last.instrument == name
        assert Decimal(last.result) == next(iter(desk.server.bourse.deliveries.values()))

    play(scenario)


def test_a_lock_of_an_index_pauses_its_markets_and_opens_them_again() -> None:
    async def scenario(desk: Desk) -> None:
        desk.server.lock("btc_usd", locked=True)
        await desk.until(lambda: len([one for one in desk.of(StatusChanged) if one.status == "paused"]) >= 3)
        desk.server.lock("btc_usd", locked=False)
        await desk.until(lambda: len([one for one in desk.of(StatusChanged) if one.status == "open"]) >= 3)

    play(scenario)


def test_too_many_requests_are_held_back_and_a_refusal_stops_everything_for_a_while() -> None:
    async def scenario(desk: Desk) -> None:
        name = desk.near()
        price = desk.best(name, Side.BUY) - 25
        desk.fault("throttle", BUY)
        refused = await desk.place(name, Side.BUY, price, 1)
        assert (refused.status, refused.code) == ("rejected", "throttled")
        assert desk.gateway._rest.budget.held("write") > 0
        await desk.truthful_without_asking()

    play(scenario)


# ---- while the network fails


def test_an_edit_whose_answer_was_lost_leaves_one_order() -> None:
    async def scenario(desk: Desk, kind: str) -> None:
        name = desk.near()
        price = desk.best(name, Side.BUY) - 15
        mine = await desk.place(name, Side.BUY, price, 1)
        desk.fault(kind, EDIT)
        await desk.gateway.amend(desk.known(mine), Ticks(price - 5), Qty(Decimal(2)))
        desk.lift()
        await desk.truthful()
        assert len(desk.floor()) == 1
        assert desk.of(Amended) == [] or mine.status == "canceled"

    play_all(("drop", "throttle", "reset_after", "lost_reply", "garble"), scenario)


def test_without_its_socket_a_cancel_goes_another_way() -> None:
    async def scenario(desk: Desk) -> None:
        name = desk.near()
        mine = await desk.place(name, Side.BUY, desk.best(name, Side.BUY) - 15, 1)
        desk.gateway.private.ready = False  # as between two connections
        await desk.gateway.cancel(desk.known(mine))
        assert mine.status == "canceled"
        refused = await desk.place(name, Side.BUY, desk.best(name, Side.BUY) - 15, 1)
        assert (refused.status, refused.code) == ("rejected", "unsent")
        desk.gateway.private.ready = True
        await desk.truthful()

    play(scenario)


def test_what_is_known_of_an_order_that_was_filled_meanwhile_is_not_that_its_cancel_failed() -> None:
    async def scenario(desk: Desk) -> None:
        name = desk.near()
        price = desk.best(name, Side.SELL) - 5
        mine = await desk.place(name, Side.BUY, price, 1)
        desk.fault("gap", "user", channel="ws", count=9)
        desk.trade(name, Side.SELL, price, 1)
        await desk.gateway.cancel(desk.known(mine))
        await desk.until(lambda: mine.status == "filled")
        assert desk.of(CancelRefused) == []
        await desk.gateway.amend(desk.known(mine), Ticks(price - 5), Qty(Decimal(2)))
        assert desk.of(AmendRefused)
        desk.lift()
        await desk.truthful()

    play(scenario)


def test_a_subscription_that_is_not_given_is_noticed() -> None:
    async def scenario(desk: Desk) -> None:
        desk.server.streams.denied.add(f"book.{desk.near().symbol}.raw")
        desk.server.outlets.close(1012)
        await desk.until(lambda: len([one for one in desk.of(LinkChanged) if one.up]) >= 4)
        await desk.until(lambda: desk.agrees([desk.near()]))
        channels = [name for one in desk.server.streams.sessions for name in one.channels]
        assert f"book.{desk.near().symbol}.100ms" in channels
        desk.server.streams.denied.add("user.changes.option.any.raw")
        desk.server.outlets.close(1012)
        await desk.until(lambda: desk.links.get("account") is False)
        await desk.until(lambda: desk.links.get("account"))
        mine = await desk.place(desk.near(), Side.BUY, desk.best(desk.near(), Side.SELL), 1)
        await desk.until(lambda: mine.filled == 1)
        await desk.truthful()

    play(scenario)


def test_a_shift_of_the_clock_is_no_reason_to_trust_an_old_order() -> None:
    """An order that waits too long on its way is refused by its own time, and its outcome looked up."""

    async def scenario(desk: Desk) -> None:
        name = desk.near()
        desk.fault("latency", BUY, value=1.0)
        sending = asyncio.create_task(desk.place(name, Side.BUY, desk.best(name, Side.BUY) - 15, 1))
        await desk.until(lambda: BUY.removeprefix("WS ") in desk.server.asked)
        desk.world.clock.ahead = 300 * SECOND  # more than a busy machine can be wrong about the venue's clock
        mine = await sending
        assert mine.status == "lost"
        await asyncio.sleep(1.2)  # by now the venue has it before it, and refuses
        await desk.truthful()
        assert mine.status == "absent"

    play(scenario)
