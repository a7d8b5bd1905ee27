"""The stream over real sockets: renewed in time, nothing lost by it, nothing told twice."""

from __future__ import annotations

import asyncio

from engine.core.events import Listed, Trade
from engine.venues.binance.endpoints import Endpoints
from tests.engine.venues.binance.exchange import BTC, ETH, Exchange, feed_of, ids, links, run
from tests.engine.venues.wires import Room, running, sockets, speaking, until


def test_a_ping_is_answered_with_its_own_payload():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        assert await asyncio.wait_for(await exchange.sockets[0].ping(b"1790000000000"), 5) >= 0

    run(check)


def test_a_cut_stream_loses_nothing():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(3)
        await until(lambda: len(room.of(Trade)) == 3)
        exchange.sockets.pop().transport.abort()
        await exchange.trade(20, silent=True)
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        await until(lambda: len(room.of(Trade)) == 24)

    room = run(check)
    assert ids(room) == list(range(101, 125))
    assert links(room) == [True, False, True]


def test_a_stream_is_renewed_before_it_is_cut_and_each_trade_told_once():
    async def check(feed, exchange, room):
        async def trading():
            while len(exchange.sockets) < 3:
                await exchange.trade(1)
                await asyncio.sleep(0.005)

        await until(lambda: exchange.sockets)
        await trading()
        last = exchange.last
        await until(lambda: ids(room)[-1] == last)
        await until(lambda: exchange.sockets[0].close_code is not None)

    room = run(check, life_s=0.5)
    told = ids(room)
    assert told == list(range(told[0], told[-1] + 1))
    assert links(room) == [True], "two streams overlapped: the link was never down"


def test_what_is_wanted_while_the_stream_is_being_opened_is_followed_too():
    async def main():
        exchange, room, slow = Exchange(), Room(), asyncio.Event()

        async def hesitates(connection, request):
            await slow.wait()

        async with (
            sockets(exchange.socket, process_request=hesitates) as stream,
            speaking(exchange.rest) as port,
        ):
            feed = feed_of(Endpoints(f"http://127.0.0.1:{port}", stream))
            feed.want(frozenset({BTC}))
            async with running(feed.run(room)):
                await until(lambda: feed.streams.all)
                await asyncio.sleep(0.05)  # it has said whom it calls, and waits for the answer
                feed.want(frozenset({ETH}))
                await until(lambda: len(room.of(Listed)) == 2)
                slow.set()
                await until(lambda: len(exchange.said) == 2)
        return exchange

    exchange = asyncio.run(main())
    assert exchange.sockets[0].request.path == "/stream?streams=btcusdt@trade"
    assert [(one["method"], one["params"]) for one in exchange.said] == [
        ("SUBSCRIBE", ["ethusdt@trade"]),
        ("UNSUBSCRIBE", ["btcusdt@trade"]),
    ]


def test_what_is_wanted_while_a_second_stream_cannot_be_opened_is_followed_on_the_first():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        feed.streams.endpoints = Endpoints(feed.streams.endpoints.rest, "ws://127.0.0.1:9")  # nobody is there
        feed.streams.renew()
        await until(lambda: len(feed.streams.all) == 2)
        feed.want(frozenset({BTC, ETH}))
        await until(lambda: exchange.said)
        assert exchange.said[0]["params"] == ["ethusdt@trade"]
        await until(lambda: len(feed.streams.all) == 1)
        await exchange.trade(1, "ETHUSDT")
        await until(lambda: len(room.of(Trade)) == 2)

    room = run(check)
    assert [trade.instrument for trade in room.of(Trade)] == [BTC, ETH]
    assert links(room) == [True]


def test_a_server_that_is_about_to_leave_is_left_at_once():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        await exchange.sockets[0].send('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}')
        await until(lambda: len(exchange.sockets) == 2)
        await exchange.trade(2)
        await until(lambda: exchange.sockets[0].close_code is not None)
        await exchange.trade(1)
        await until(lambda: len(room.of(Trade)) == 4)

    room = run(check)
    assert ids(room) == [101, 102, 103, 104]
    assert links(room) == [True]


def test_the_old_stream_is_kept_while_the_new_one_does_not_stand():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(1)
        await until(lambda: room.of(Trade))
        old = feed.streams.all[0]
        feed.streams.endpoints = Endpoints(feed.streams.endpoints.rest, "ws://127.0.0.1:9")
        assert not await feed.streams.roll()
        assert feed.streams.all == [old]
        await exchange.trade(1)
        await until(lambda: len(room.of(Trade)) == 2)

    assert links(run(check, overlap_s=0.3)) == [True]


def test_a_feed_can_be_run_again_and_says_that_it_is_up():
    async def main():
        exchange, room = Exchange(), Room()
        async with sockets(exchange.socket) as stream, speaking(exchange.rest) as port:
            feed = feed_of(Endpoints(f"http://127.0.0.1:{port}", stream))
            feed.want(frozenset({BTC}))
            for runs in (1, 2):
                async with running(feed.run(room)):
                    await until(lambda runs=runs: len(links(room)) == runs)
        assert links(room) == [True, True]

    asyncio.run(main())


def test_a_complaint_of_the_stream_is_counted():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.sockets[0].send('{"code":2,"msg":"Invalid request"}')
        await until(lambda: feed.streams.all[0].link.stats.errors)

    run(check)
