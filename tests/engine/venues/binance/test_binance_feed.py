"""The feed over real sockets: what is wanted is looked up and followed."""

from __future__ import annotations

import asyncio
import random

import pytest

from engine.core.errors import VenueRefused
from engine.core.events import LinkChanged, LinkReport, Listed, Trade
from engine.core.ids import BINANCE, InstrumentId
from engine.core.instrument import Payoff
from engine.venues.binance.endpoints import Endpoints
from engine.venues.binance.venue import build
from tests.engine.venues.binance.exchange import BTC, ETH, Exchange, feed_of, ids, links, run
from tests.engine.venues.wires import Room, now, running, sockets, speaking, until


def test_pairs_are_looked_up_then_followed_on_one_stream():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.trade(3)
        await until(lambda: len(room.of(Trade)) == 3)
        await until(lambda: room.of(LinkReport)[-1].frames == 3)
        report = room.of(LinkReport)[-1]
        assert (report.sockets, report.subscribed, report.host) == (1, 1, "127.0.0.1")
        assert report.skew_ms == pytest.approx(60_000, abs=5_000), "a minute; an answer may take a busy machine seconds"
        assert exchange.sockets[0].request.path == "/stream?streams=btcusdt@trade"

    room = run(check)
    (listed,) = room.of(Listed)
    (pair,) = listed.instruments
    assert (pair.id, pair.title, pair.payoff, str(pair.unit), str(pair.step)) == (
        BTC, "BTC/USDT", Payoff.LINEAR, "0.01", "0.00001",
    )  # fmt: skip
    assert ids(room) == [101, 102, 103]
    assert links(room) == [True]


def test_what_is_wanted_may_change_on_the_living_stream():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await until(lambda: room.of(LinkChanged))
        feed.want(frozenset({BTC, ETH}))
        await until(lambda: len(exchange.said) == 1)
        feed.want(frozenset({ETH}))
        await until(lambda: len(exchange.said) == 2)
        await exchange.trade(1)
        await exchange.trade(1, "ETHUSDT")
        await until(lambda: room.of(Trade))
        assert [trade.instrument for trade in room.of(Trade)] == [ETH]
        feed.want(frozenset())
        await until(lambda: links(room) == [True, False])
        feed.want(frozenset({BTC}))
        await until(lambda: links(room) == [True, False, True])
        assert [(one["method"], one["params"]) for one in exchange.said] == [
            ("SUBSCRIBE", ["ethusdt@trade"]),
            ("UNSUBSCRIBE", ["btcusdt@trade"]),
        ]

    run(check)


def test_one_unknown_pair_does_not_hide_the_others():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await until(lambda: len(room.of(Listed)) == 2)
        assert exchange.sockets[0].request.path == "/stream?streams=btcusdt@trade/ethusdt@trade"

    run(check, wanted=(BTC, InstrumentId(BINANCE, "NOSUCH"), ETH))


def test_while_pairs_cannot_be_looked_up_the_link_is_down_and_says_why(monkeypatch):
    monkeypatch.setattr("engine.venues.rest.FIRST_WAIT_S", 0.001)
    monkeypatch.setattr("engine.venues.binance.feed.RETRY_S", (0.01, 0.02))

    async def main():
        exchange, room = Exchange(), Room()
        exchange.down = True
        async with sockets(exchange.socket) as stream, speaking(exchange.rest) as port:
            feed = feed_of(Endpoints(f"http://127.0.0.1:{port}", stream))
            feed.want(frozenset({BTC}))
            async with running(feed.run(room)):
                await until(lambda: room.of(LinkChanged))
                assert "cannot be looked up" in room.of(LinkChanged)[0].why
                exchange.down = False
                await until(lambda: exchange.sockets)
        assert links(room)[:2] == [False, True]

    asyncio.run(main())


def test_the_directory_finds_a_pair_by_its_name_or_its_coin():
    async def main():
        exchange = Exchange()
        async with speaking(exchange.rest) as port:
            venue = build(Endpoints(f"http://127.0.0.1:{port}", ""), None, now, random.Random(1))
            try:
                found = await venue.directory.find("btc, ETHUSDT")
                with pytest.raises(VenueRefused) as refused:
                    await venue.directory.find("NOSUCH")
                for nonsense in ("", "../../x", "B" * 50):
                    with pytest.raises(VenueRefused):
                        await venue.directory.find(nonsense)
            finally:
                await venue.feed._rest.close()
        assert venue.gateway is None
        assert [one.family.id for one in found] == ["binance:BTCUSDT", "binance:ETHUSDT"]
        assert refused.value.code == "-1121"

    asyncio.run(main())
