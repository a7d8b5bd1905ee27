"""A Binance of our own on 127.0.0.1, and a feed that follows it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from urllib.parse import parse_qsl, urlsplit

from engine.core.events import LinkChanged, Trade
from engine.core.ids import BINANCE, InstrumentId
from engine.net.budget import Bucket, Budget
from engine.venues.binance.directory import BinanceDirectory
from engine.venues.binance.endpoints import Endpoints
from engine.venues.binance.feed import BinanceFeed
from engine.venues.rest import Rest
from tests.engine.venues.wires import Room, now, reply, running, sockets, speaking

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


def run(check, wanted=(BTC,), **options):
    """Run a feed against an exchange until `check` returns; return what it emitted."""

    async def main():
        exchange, room = Exchange(), Room()
        async with sockets(exchange.socket) as stream, speaking(exchange.rest) as port:
            feed = feed_of(Endpoints(f"http://127.0.0.1:{port}", stream), **options)
            feed.want(frozenset(wanted))
            async with running(feed.run(room)):
                await check(feed, exchange, room)
        return room

    return asyncio.run(main())


def feed_of(endpoints, **options):
    budget = Budget({"read": Bucket(10_000, 10_000)})
    rng = random.Random(7)
    rest = Rest(BINANCE, endpoints.rest, now, budget=budget, rng=rng, timeout_s=2.0)
    return BinanceFeed(
        endpoints, rest, BinanceDirectory(rest, now), now, rng, **{"first_wait_s": 0.01, "overlap_s": 2.0, **options}
    )


def ids(room):
    return [int(trade.trade_id) for trade in room.of(Trade)]


def links(room):
    return [event.up for event in room.of(LinkChanged)]
