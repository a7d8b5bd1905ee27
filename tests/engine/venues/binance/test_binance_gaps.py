"""Gaps over real sockets: nothing twice, nothing missing, or said so."""

from __future__ import annotations

import pytest

from engine.core.events import BooksStale, LinkReport, Trade
from tests.engine.venues.binance.exchange import BTC, ETH, ids, run
from tests.engine.venues.wires import now, until


@pytest.mark.parametrize("needs_key", [False, True])
def test_a_gap_is_mended_before_what_follows_it_is_told(needs_key):
    async def check(feed, exchange, room):
        exchange.needs_key = needs_key
        await until(lambda: exchange.sockets)
        await exchange.trade(2)
        await exchange.trade(1_500, silent=True)
        await exchange.trade(2)
        await until(lambda: len(room.of(Trade)) == 1_504)
        assert feed.gaps.mended == 1_500
        await until(lambda: room.of(LinkReport)[-1].gaps == 1)
        assert room.of(LinkReport)[-1].resyncs == 1

    room = run(check)
    assert ids(room) == list(range(101, 1_605))
    assert room.of(BooksStale) == []


def test_a_trade_from_far_ahead_is_refused_and_counted_and_told_as_the_venue_has_it_afterwards():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(2)
        await exchange.trade(when=now() // 1_000_000 + 3_600_000)
        await exchange.trade(2)
        await until(lambda: len(room.of(Trade)) == 5)
        await until(lambda: room.of(LinkReport)[-1].errors == 1)
        (stream,) = feed.streams.all
        assert "a trade from 3,6" in stream.link.stats.last_error
        assert " s after it came" in stream.link.stats.last_error

    room = run(check)
    assert ids(room) == [101, 102, 103, 104, 105]
    assert max(trade.venue_time for trade in room.of(Trade)) < 2_000 * 1_000_000


def test_how_far_ahead_counts_by_the_venues_clock_and_what_is_fetched_is_held_to_it_too():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await until(lambda: room.of(LinkReport)[-1].skew_ms is not None)  # a minute behind ours
        await exchange.trade(1)
        await exchange.trade(when=now() // 1_000_000 - 20_000)  # forty seconds ahead of theirs
        exchange.row = lambda n: {"id": n, "price": "1", "qty": "1", "time": now() // 1_000_000, "isBuyerMaker": False}
        await exchange.trade(1)
        await until(lambda: len(room.of(Trade)) == 2)
        await until(lambda: room.of(BooksStale))
        await until(lambda: room.of(LinkReport)[-1].errors == 2)

    room = run(check)
    assert ids(room) == [101, 103]
    assert [one.why for one in room.of(BooksStale)] == ["1 trades were missed"]


def test_what_cannot_be_mended_is_told():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        exchange.lost = range(102, 105)
        await exchange.trade(5, silent=True)
        await exchange.trade(1)
        await until(lambda: len(room.of(Trade)) == 4)
        await exchange.trade(6_000, silent=True)
        await exchange.trade(2)
        await until(lambda: len(room.of(Trade)) == 6)

    room = run(check)
    assert ids(room) == [101, 105, 106, 107, 6_108, 6_109]
    assert [(stale.instruments, stale.why) for stale in room.of(BooksStale)] == [
        ((BTC,), "3 trades were missed"),
        ((BTC,), "6,000 trades were missed"),
    ]


def test_one_trade_with_an_id_far_ahead_silences_nothing():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(2)
        exchange.last, known = 10**15, exchange.last
        await exchange.trade(1)
        exchange.last = known
        await exchange.trade(3)
        await until(lambda: len(room.of(Trade)) == 5)

    room = run(check)
    assert ids(room) == [101, 102, 103, 104, 105]
    assert room.of(BooksStale) == []


async def paused_in_a_gap(feed, exchange, room):
    """Follow a pair, miss five trades of it, let it go while they are fetched, and follow it again."""
    await until(lambda: exchange.sockets)
    await exchange.trade(1)
    await until(lambda: room.of(Trade))
    exchange.free.clear()
    await exchange.trade(5, silent=True)
    await exchange.trade(1)
    await until(lambda: feed.gaps.mending)
    feed.want(frozenset({ETH}))
    await until(lambda: len(exchange.said) == 1)
    feed.want(frozenset({BTC, ETH}))
    await until(lambda: len(exchange.said) == 2)
    await exchange.trade(1)


def test_a_gap_of_before_a_pause_is_not_told_after_what_came_since():
    async def check(feed, exchange, room):
        await paused_in_a_gap(feed, exchange, room)
        await until(lambda: 108 in ids(room))
        exchange.free.set()
        await until(lambda: not feed.gaps.mending)

    room = run(check, wanted=(BTC, ETH))
    assert ids(room) == [101, 108]


def test_a_gap_of_after_a_pause_is_mended_though_what_was_missing_before_it_was_still_being_fetched():
    async def check(feed, exchange, room):
        await paused_in_a_gap(feed, exchange, room)
        await exchange.trade(3, silent=True)
        await exchange.trade(1)
        await until(lambda: feed.gaps.waiting)
        exchange.free.set()  # and nothing more trades
        await until(lambda: 112 in ids(room))

    room = run(check, wanted=(BTC, ETH))
    assert ids(room) == [101, 108, 109, 110, 111, 112]


def test_gaps_of_a_pair_that_is_followed_no_more_stay_counted():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        await exchange.trade(5, silent=True)
        await exchange.trade(1)
        await until(lambda: len(room.of(Trade)) == 7)
        await until(lambda: room.of(LinkReport)[-1].gaps == 1)
        feed.want(frozenset({ETH}))
        await until(lambda: "BTCUSDT" not in feed.gaps.tapes)
        told = len(room.of(LinkReport))
        await until(lambda: len(room.of(LinkReport)) > told)
        assert room.of(LinkReport)[-1].gaps == 1

    run(check)


def test_trades_without_room_are_told_as_missing():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        await until(lambda: room.of(Trade))
        room.full = True
        await exchange.trade(3)
        await until(lambda: feed.streams.all[0].link.stats.overflow)
        room.full = False
        await until(lambda: room.of(BooksStale))

    room = run(check)
    assert room.of(BooksStale)[0].why == "trades found no room"


def test_what_was_fetched_without_room_is_told_as_missing_too():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        await until(lambda: room.of(Trade))
        exchange.slow_s = 0.2
        await exchange.trade(5, silent=True)
        await exchange.trade(1)
        await until(lambda: feed.gaps.tapes["BTCUSDT"].gap)
        room.full = True
        await until(lambda: room.refused)
        await until(lambda: not feed.gaps.tapes["BTCUSDT"].gap)
        room.full = False
        await until(lambda: room.of(BooksStale))

    room = run(check)
    assert room.of(BooksStale)[0].why == "trades found no room"
