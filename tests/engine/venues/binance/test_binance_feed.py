"""The feed over real sockets: one stream, renewed in time, nothing twice, nothing missing, or said so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from urllib.parse import parse_qsl, urlsplit

import pytest

from engine.core.errors import VenueRefused
from engine.core.events import BooksStale, LinkChanged, LinkReport, Listed, Trade
from engine.core.ids import BINANCE, InstrumentId
from engine.core.instrument import Payoff
from engine.net.budget import Bucket, Budget
from engine.venues.binance.directory import BinanceDirectory
from engine.venues.binance.endpoints import Endpoints
from engine.venues.binance.feed import BinanceFeed
from engine.venues.binance.venue import build
from engine.venues.rest import Rest
from tests.engine.venues.wires import Room, now, reply, running, sockets, speaking, until

BTC = InstrumentId(BINANCE, "BTCUSDT")
ETH = InstrumentId(BINANCE, "ETHUSDT")


class Exchange:
    """A Binance of our own: it counts trades, and remembers them for those who ask."""

    def __init__(self) -> None:
        self.last = 100
        self.sockets = []
        self.said = []
        self.asked = []
        self.pongs = []
        self.needs_key = False
        self.lost = range(0)
        self.down = False
        self.slow_s = 0.0
        self.free = asyncio.Event()
        """Until then trades that are asked for wait."""
        self.free.set()

    async def socket(self, socket):
        self.sockets.append(socket)
        async for message in socket:
            self.said.append(json.loads(message))
            await socket.send(json.dumps({"result": None, "id": self.said[-1]["id"]}))

    async def trade(self, n=1, symbol="BTCUSDT", *, to=None, silent=False, when=None):
        """Trade `n` times; tell everybody, or some, or nobody. `when` is what a frame says of its time, in ms."""
        for _ in range(n):
            self.last += 1
            frame = {
                "e": "trade",
                "s": symbol,
                "t": self.last,
                "p": "10.50",
                "q": "1.0",
                "T": 1_000 + self.last if when is None else when,
                "m": False,
            }
            wrapped = json.dumps({"stream": f"{symbol.lower()}@trade", "data": frame})
            for socket in () if silent else to or self.sockets:
                with contextlib.suppress(Exception):
                    await socket.send(wrapped)

    async def rest(self, reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            url = urlsplit(head.split()[1].decode())
            asked = dict(parse_qsl(url.query))
            self.asked.append((url.path, asked))
            await asyncio.sleep(self.slow_s)
            if url.path.endswith("Trades"):
                await self.free.wait()
            writer.write(reply(*self.answer(url.path, asked)))
            await writer.drain()

    def answer(self, path, asked):
        if self.down:
            return 503, b""
        if path == "/api/v3/exchangeInfo":
            symbols = json.loads(asked["symbols"])
            if "NOSUCH" in symbols:
                return 400, b'{"code":-1121,"msg":"Invalid symbol."}'
            return 200, json.dumps({"symbols": [self.symbol(symbol) for symbol in symbols]}).encode()
        if path == "/api/v3/time":
            return 200, json.dumps({"serverTime": now() // 1_000_000 - 60_000}).encode()
        if path == "/api/v3/historicalTrades":
            if self.needs_key:
                return 401, b'{"code":-2014,"msg":"API-key format invalid."}'
            first = int(asked["fromId"])
            ids = range(first, min(first + int(asked["limit"]), self.last + 1))
            return 200, json.dumps([self.row(n) for n in ids if n not in self.lost]).encode()
        if path == "/api/v3/aggTrades":
            ids = [n for n in range(1, self.last + 1) if int(asked["startTime"]) <= 1_000 + n <= int(asked["endTime"])]
            rows = [{"a": n, "p": "10.50", "q": "1", "f": n, "l": n, "T": 1_000 + n, "m": False} for n in ids]
            return 200, json.dumps(rows[: int(asked["limit"])]).encode()
        return 404, b""

    def row(self, n):
        return {"id": n, "price": "10.50", "qty": "1.0", "time": 1_000 + n, "isBuyerMaker": False}

    def symbol(self, name):
        filters = [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01000000"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001000"},
        ]
        return {"symbol": name, "status": "TRADING", "baseAsset": name[:-4], "quoteAsset": "USDT", "filters": filters}


def _run(check, wanted=(BTC,), **options):
    """Run a feed against an exchange until `check` returns; return what it emitted."""

    async def main():
        exchange, room = Exchange(), Room()
        async with sockets(exchange.socket) as stream, speaking(exchange.rest) as port:
            feed = _feed(Endpoints(f"http://127.0.0.1:{port}", stream), **options)
            feed.want(frozenset(wanted))
            async with running(feed.run(room)):
                await check(feed, exchange, room)
        return room

    return asyncio.run(main())


def _feed(endpoints, **options):
    budget = Budget({"read": Bucket(10_000, 10_000)})
    rng = random.Random(7)
    rest = Rest(BINANCE, endpoints.rest, now, budget=budget, rng=rng, timeout_s=2.0)
    return BinanceFeed(
        endpoints, rest, BinanceDirectory(rest, now), now, rng, **{"first_wait_s": 0.01, "overlap_s": 2.0, **options}
    )


def _ids(room):
    return [int(trade.trade_id) for trade in room.of(Trade)]


def _links(room):
    return [event.up for event in room.of(LinkChanged)]


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

    room = _run(check)
    (listed,) = room.of(Listed)
    (pair,) = listed.instruments
    assert (pair.id, pair.title, pair.payoff, str(pair.unit), str(pair.step)) == (
        BTC, "BTC/USDT", Payoff.LINEAR, "0.01", "0.00001",
    )  # fmt: skip
    assert _ids(room) == [101, 102, 103]
    assert _links(room) == [True]


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
        await until(lambda: _links(room) == [True, False])
        feed.want(frozenset({BTC}))
        await until(lambda: _links(room) == [True, False, True])
        assert [(one["method"], one["params"]) for one in exchange.said] == [
            ("SUBSCRIBE", ["ethusdt@trade"]),
            ("UNSUBSCRIBE", ["btcusdt@trade"]),
        ]

    _run(check)


def test_a_ping_is_answered_with_its_own_payload():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        assert await asyncio.wait_for(await exchange.sockets[0].ping(b"1790000000000"), 5) >= 0

    _run(check)


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

    room = _run(check)
    assert _ids(room) == list(range(101, 1_605))
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

    room = _run(check)
    assert _ids(room) == [101, 102, 103, 104, 105]
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

    room = _run(check)
    assert _ids(room) == [101, 103]
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

    room = _run(check)
    assert _ids(room) == [101, 105, 106, 107, 6_108, 6_109]
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

    room = _run(check)
    assert _ids(room) == [101, 102, 103, 104, 105]
    assert room.of(BooksStale) == []


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

    room = _run(check)
    assert _ids(room) == list(range(101, 125))
    assert _links(room) == [True, False, True]


def test_a_stream_is_renewed_before_it_is_cut_and_each_trade_told_once():
    async def check(feed, exchange, room):
        async def trading():
            while len(exchange.sockets) < 3:
                await exchange.trade(1)
                await asyncio.sleep(0.005)

        await until(lambda: exchange.sockets)
        await trading()
        last = exchange.last
        await until(lambda: _ids(room)[-1] == last)
        await until(lambda: exchange.sockets[0].close_code is not None)

    room = _run(check, life_s=0.5)
    ids = _ids(room)
    assert ids == list(range(ids[0], ids[-1] + 1))
    assert _links(room) == [True], "two streams overlapped: the link was never down"


def test_what_is_wanted_while_the_stream_is_being_opened_is_followed_too():
    async def main():
        exchange, room, slow = Exchange(), Room(), asyncio.Event()

        async def hesitates(connection, request):
            await slow.wait()

        async with (
            sockets(exchange.socket, process_request=hesitates) as stream,
            speaking(exchange.rest) as port,
        ):
            feed = _feed(Endpoints(f"http://127.0.0.1:{port}", stream))
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

    room = _run(check)
    assert [trade.instrument for trade in room.of(Trade)] == [BTC, ETH]
    assert _links(room) == [True]


def test_a_gap_of_before_a_pause_is_not_told_after_what_came_since():
    async def check(feed, exchange, room):
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
        await until(lambda: 108 in _ids(room))
        exchange.free.set()
        await until(lambda: not feed.gaps.mending)

    room = _run(check, wanted=(BTC, ETH))
    assert _ids(room) == [101, 108]


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

    room = _run(check)
    assert _ids(room) == [101, 102, 103, 104]
    assert _links(room) == [True]


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

    assert _links(_run(check, overlap_s=0.3)) == [True]


def test_one_unknown_pair_does_not_hide_the_others():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await until(lambda: len(room.of(Listed)) == 2)
        assert exchange.sockets[0].request.path == "/stream?streams=btcusdt@trade/ethusdt@trade"

    _run(check, wanted=(BTC, InstrumentId(BINANCE, "NOSUCH"), ETH))


def test_while_pairs_cannot_be_looked_up_the_link_is_down_and_says_why(monkeypatch):
    monkeypatch.setattr("engine.venues.rest.FIRST_WAIT_S", 0.001)
    monkeypatch.setattr("engine.venues.binance.feed.RETRY_S", (0.01, 0.02))

    async def main():
        exchange, room = Exchange(), Room()
        exchange.down = True
        async with sockets(exchange.socket) as stream, speaking(exchange.rest) as port:
            feed = _feed(Endpoints(f"http://127.0.0.1:{port}", stream))
            feed.want(frozenset({BTC}))
            async with running(feed.run(room)):
                await until(lambda: room.of(LinkChanged))
                assert "cannot be looked up" in room.of(LinkChanged)[0].why
                exchange.down = False
                await until(lambda: exchange.sockets)
        assert _links(room)[:2] == [False, True]

    asyncio.run(main())


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

    room = _run(check)
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

    room = _run(check)
    assert room.of(BooksStale)[0].why == "trades found no room"


def test_a_feed_can_be_run_again_and_says_that_it_is_up():
    async def main():
        exchange, room = Exchange(), Room()
        async with sockets(exchange.socket) as stream, speaking(exchange.rest) as port:
            feed = _feed(Endpoints(f"http://127.0.0.1:{port}", stream))
            feed.want(frozenset({BTC}))
            for runs in (1, 2):
                async with running(feed.run(room)):
                    await until(lambda runs=runs: len(_links(room)) == runs)
        assert _links(room) == [True, True]

    asyncio.run(main())


def test_a_complaint_of_the_stream_is_counted():
    async def check(feed, exchange, room):
        await until(lambda: exchange.sockets)
        await exchange.sockets[0].send('{"code":2,"msg":"Invalid request"}')
        await until(lambda: feed.streams.all[0].link.stats.errors)

    _run(check)


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
