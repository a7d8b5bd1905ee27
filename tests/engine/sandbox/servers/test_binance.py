"""Binance's streams and reads as a plain client meets them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import pairwise

import aiohttp
import pytest
from aiohttp import WSMsgType

from engine.sandbox.servers.binance import BinanceServer
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from tests.engine.sandbox.servers.plain import world


class Client:
    def __init__(self, session, base, server, clock) -> None:
        self.session, self.base, self.server, self.clock = session, base, server, clock

    async def get(self, path):
        async with self.session.get(f"{self.base}/api/v3/{path}") as answer:
            return answer.status, await answer.json(), answer.headers

    def pass_time(self, seconds: float = 10.0) -> None:
        self.clock.move(seconds)
        self.server.world.now()


@asynccontextmanager
async def binance(**more):
    made, clock = world()
    server = BinanceServer(made, **more)
    runner, port = await serve(server.app())
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield Client(session, f"http://127.0.0.1:{port}", server, clock)
    await runner.cleanup()


def on(**more):
    """Run a test's coroutine against a fresh server."""

    def take(test):
        async def go() -> None:
            async with binance(**more) as client:
                await test(client)

        return lambda: asyncio.run(go())

    return take


async def frames(ws) -> list[dict]:
    found = []
    with suppress(TimeoutError):
        while True:
            found.append(await ws.receive_json(timeout=0.05))
    return found


def test_trades_rise_by_one_and_m_is_a_seller() -> None:
    @on()
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/ws/btcusdt@trade") as ws:
            client.pass_time()
            seen = await frames(ws)
        assert len(seen) > 5
        assert [b["t"] - a["t"] for a, b in pairwise(seen)] == [1] * (len(seen) - 1)
        assert {f["e"] for f in seen} == {"trade"}
        for frame, trade in zip(seen, client.server.trades, strict=False):
            assert frame["m"] is (trade.taker.value == "sell")
            assert Decimal(frame["p"]) == Decimal(trade.price) / 100
            assert Decimal(frame["q"]) == Decimal(trade.lots) / 10**8

    go()


def test_a_combined_stream_wraps_data_and_no_replies() -> None:
    @on()
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/stream?streams=btcusdt@trade/btcusdt@bookTicker") as ws:
            await ws.send_json({"method": "LIST_SUBSCRIPTIONS", "params": [], "id": 3})
            assert await ws.receive_json() == {"result": ["btcusdt@trade", "btcusdt@bookTicker"], "id": 3}
            client.pass_time()
            seen = await frames(ws)
            assert {f["stream"] for f in seen} == {"btcusdt@trade", "btcusdt@bookTicker"}
            assert "e" not in next(f["data"] for f in seen if f["stream"].endswith("bookTicker"))

    go()


def test_streams_come_and_go_on_one_socket() -> None:
    @on()
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/ws") as ws:
            client.pass_time()
            assert await frames(ws) == []
            await ws.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade", "nopeusdt@trade"], "id": 1})
            assert await ws.receive_json() == {"result": None, "id": 1}
            client.pass_time()
            assert {f["e"] for f in await frames(ws)} == {"aggTrade"}
            await ws.send_json({"method": "UNSUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": "x"})
            assert await ws.receive_json() == {"result": None, "id": "x"}
            client.pass_time()
            assert await frames(ws) == []
            for text, code in (("{", 3), ("{}", 2), ('{"method":"DANCE"}', 2)):
                await ws.send_str(text)
                assert (await ws.receive_json())["code"] == code

    go()


def test_microseconds_where_asked_for() -> None:
    @on()
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/stream?streams=btcusdt@trade&timeUnit=MICROSECOND") as ws:
            client.pass_time()
            assert len(str((await frames(ws))[0]["data"]["T"])) == 16

    go()


def test_a_gap_is_filled_by_number() -> None:
    @on()
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/ws/btcusdt@trade") as ws:
            client.server.world.desk.add(Fault(kind="gap", venue="binance", channel="ws", match="trade", after=2))
            client.pass_time()
            seen = [f["t"] for f in await frames(ws)]
        missing = seen[1] + 1
        assert seen[2] == missing + 1
        status, rows, _ = await client.get(f"historicalTrades?symbol=BTCUSDT&fromId={missing}&limit=2")
        assert (status, [r["id"] for r in rows]) == (200, [missing, missing + 1])
        assert Decimal(rows[0]["quoteQty"]) == pytest.approx(Decimal(rows[0]["price"]) * Decimal(rows[0]["qty"]))
        _, rows, _ = await client.get(f"aggTrades?symbol=BTCUSDT&fromId={missing}&limit=1")
        assert rows == [], "aggregated trades have numbers of their own"
        _, rows, _ = await client.get("aggTrades?symbol=BTCUSDT&limit=1000")
        (number,) = [r["a"] for r in rows if r["f"] == missing]
        _, rows, _ = await client.get(f"aggTrades?symbol=BTCUSDT&fromId={number}&limit=1")
        assert (rows[0]["f"], rows[0]["l"]) == (missing, missing)
        _, newest, _ = await client.get("trades?symbol=BTCUSDT&limit=3")
        assert [r["id"] for r in newest] == [t.id for t in list(client.server.trades)[-3:]]
        since = newest[0]["time"]
        _, rows, _ = await client.get(f"aggTrades?symbol=BTCUSDT&startTime={since}&endTime={since + 100_000}")
        assert rows[0]["T"] >= since

    go()


def test_facts_errors_and_weight() -> None:
    @on()
    async def go(client) -> None:
        _, info, found = await client.get("exchangeInfo?symbol=BTCUSDT")
        assert info["symbols"][0]["filters"][0]["tickSize"] == "0.01000000"
        assert found["X-MBX-USED-WEIGHT-1M"] == "20"
        _, said, _ = await client.get("time")
        assert said == {"serverTime": client.clock.at // 1_000_000}
        status, said, _ = await client.get("trades?symbol=NOPE")
        assert (status, said["code"]) == (400, -1121)
        status, said, _ = await client.get("trades?symbol=BTCUSDT&limit=x")
        assert (status, said["code"]) == (400, -1100)
        statuses = [(await client.get("trades?symbol=BTCUSDT&limit=1"))[0] for _ in range(290)]
        assert statuses.count(429) >= 45
        assert statuses[-1] == 418
        _, said, found = await client.get("ping")
        assert said["code"] == -1003
        assert int(found["Retry-After"]) <= 60
        client.clock.move(61)
        assert (await client.get("ping"))[0] == 200

    go()


def test_pings_want_their_payload_back() -> None:
    @on(ping_s=0.02, pong_s=0.05)
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/ws/btcusdt@trade", autoping=False) as ws:
            message = await ws.receive(timeout=1)
            assert message.type is WSMsgType.PING
            assert message.data.isdigit()
            await ws.pong(b"something else")
            while message.type is WSMsgType.PING:
                message = await ws.receive(timeout=1)
            assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)
        async with client.session.ws_connect(f"{client.base}/ws/btcusdt@trade") as ws:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ws.receive(), 0.2)  # its own time-out begins anew with each ping

    go()


def test_a_day_ends_on_demand_and_a_shutdown_is_announced() -> None:
    @on()
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/ws/btcusdt@trade") as ws:
            client.server.end_day()
            assert (await ws.receive(timeout=1)).data == 1000
        async with client.session.ws_connect(f"{client.base}/stream?streams=btcusdt@trade") as ws:
            client.server.announce_shutdown()
            said = await ws.receive_json(timeout=1)
            assert (said["stream"], said["data"]["e"]) == ("!serverShutdown", "serverShutdown")
            assert (await ws.receive(timeout=1)).type is WSMsgType.CLOSE

    go()


def test_a_socket_lives_a_day_at_most() -> None:
    @on(ping_s=0.02, life_s=0.05)
    async def go(client) -> None:
        async with client.session.ws_connect(f"{client.base}/ws/btcusdt@trade") as ws:
            assert (await ws.receive(timeout=1)).data == 1000

    go()
