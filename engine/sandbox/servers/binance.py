"""Binance's public spot market data on the sandbox: streams, raw and combined, and the reads to mend a gap with.

The server pings with a payload and cuts who does not return it; a socket lives a day at most, which can be made to
end at once; a shutdown is announced. Asking too often costs weight, then 429, then 418.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from engine.core.units import MINUTE, SECOND, Nanos
from engine.sandbox.servers import binance_words as words
from engine.sandbox.servers.doors import Outlet, Outlets, guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.sandbox.coin import CoinTrade
    from engine.sandbox.servers.doors import Handler
    from engine.sandbox.servers.world import World

Json = dict[str, Any]

VENUE: Final = "binance"
KEPT: Final = 200_000
"""Trades that can still be asked for."""
PING_S: Final = 20.0
PONG_S: Final = 60.0
LIFE_S: Final = 86_400.0
MESSAGES: Final = 5
"""A second, pings and pongs among them."""
STREAMS: Final = 1_024
LARGEST: Final = 1_000
WEIGHTS: Final = {"ping": 1, "time": 1, "exchangeInfo": 20, "trades": 25, "historicalTrades": 25, "aggTrades": 4}
BANNED_AFTER: Final = 50
"""Requests over the limit until the address is banned."""
SHUTDOWN: Final = "!serverShutdown"
TOO_FAST: Final = 1008
DAY_OVER: Final = 1000


class Wrong(Exception):
    """A bad parameter, in Binance's numbers."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.body = {"code": code, "msg": text}


class Control(msgspec.Struct):
    """A client's message."""

    method: str
    params: list[str] = []
    id: int | str | None = None


class Socket:
    """One connection and its streams."""

    def __init__(self, outlet: Outlet, streams: list[str], *, combined: bool, unit: int) -> None:
        self.outlet = outlet
        self.streams = dict.fromkeys(streams)
        self._combined = combined
        self._unit = unit

    def trade(self, found: CoinTrade, now: Nanos) -> None:
        """Tell of a trade on every stream that carries it."""
        payloads: dict[str, Callable[[], Json]] = {
            "btcusdt@trade": lambda: words.trade(found, now, self._unit),
            "btcusdt@aggTrade": lambda: words.agg_trade(found, now, self._unit),
            "btcusdt@bookTicker": lambda: words.book_ticker(found),
        }
        for stream in self.streams:
            if stream in payloads:
                self.send(stream, payloads[stream]())

    def send(self, stream: str, payload: Json) -> None:
        """Send a payload, wrapped where the connection is a combined one."""
        frame = {"stream": stream, "data": payload} if self._combined else payload
        self.outlet.put(msgspec.json.encode(frame).decode(), stream.rpartition("@")[2])

    def answer(self, text: str) -> None:
        """Answer a control message; replies are never wrapped."""
        try:
            asked = msgspec.json.decode(text, type=Control)
        except msgspec.ValidationError as e:
            self._reply({"code": 2, "msg": f"Invalid request: {e}"})
            return
        except msgspec.DecodeError as e:
            self._reply({"code": 3, "msg": f"Invalid JSON: {e}"})
            return
        if asked.method == "SUBSCRIBE" and len(self.streams) + len(asked.params) <= STREAMS:
            self.streams |= dict.fromkeys(asked.params)
        elif asked.method == "UNSUBSCRIBE":
            self.streams = {s: None for s in self.streams if s not in asked.params}
        elif asked.method == "LIST_SUBSCRIPTIONS":
            self._reply({"result": list(self.streams), "id": asked.id})
            return
        else:
            self._reply({"code": 2, "msg": f"Invalid request: unknown variant `{asked.method[:40]}`"})
            return
        self._reply({"result": None, "id": asked.id})

    def _reply(self, frame: Json) -> None:
        self.outlet.put(msgspec.json.encode(frame).decode(), "reply")


class BinanceServer:
    """The venue as an aiohttp application."""

    def __init__(self, world: World, *, ping_s: float = PING_S, pong_s: float = PONG_S, life_s: float = LIFE_S) -> None:
        """Stand on a world; its trades are kept from now on."""
        self.world = world
        self.outlets = Outlets(world.desk, VENUE)
        self.sockets: list[Socket] = []
        self.trades: deque[CoinTrade] = deque(maxlen=KEPT)
        self._ping_s, self._pong_s, self._life_s = ping_s, pong_s, life_s
        self._used: dict[str, tuple[int, int, int]] = {}
        world.crowding.coin_listeners.append(self._hear)

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(
            middlewares=[guard(self.world.desk, VENUE, _refuse), self._answers()],  # type: ignore[list-item]
        )
        reads: dict[str, Callable[[web.Request], Any]] = {
            "ping": lambda _: {},
            "time": lambda _: {"serverTime": self.world.floor.at // words.MILLIS},
            "exchangeInfo": self._info,
            "trades": self._latest,
            "historicalTrades": self._since,
            "aggTrades": self._aggregated,
        }
        for name, read in reads.items():
            app.router.add_get(f"/api/v3/{name}", self._weighed(name, read))
        app.router.add_get("/ws", self._raw)
        app.router.add_get("/ws/{streams:.+}", self._raw)
        app.router.add_get("/stream", self._combined)
        return app

    def end_day(self) -> None:
        """Close every socket as after its twenty-four hours."""
        self.outlets.close(DAY_OVER)

    def announce_shutdown(self) -> None:
        """Tell every socket that its server goes down, and close them a moment later."""
        for socket in self.sockets:
            socket.send(SHUTDOWN, {"e": "serverShutdown", "E": self.world.floor.at // words.MILLIS})
        asyncio.get_running_loop().call_later(0.1, self.outlets.close)

    # reads

    def _answers(self) -> object:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except Wrong as e:
                return web.json_response(e.body, status=400)
            except web.HTTPNotFound:
                return web.Response(text="<html><body><h2>404 Not found</h2></body></html>", status=404)

        return middleware

    def _weighed(self, name: str, read: Callable[[web.Request], Any]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            self.world.now()
            used, over, wait = self._weigh(request.remote or "", WEIGHTS[name])
            weight = {"X-MBX-USED-WEIGHT-1M": str(used), "X-MBX-USED-WEIGHT": str(used)}
            if over:
                status = 418 if over > BANNED_AFTER else 429
                body = {"code": -1003, "msg": "Too much request weight used; current limit is 6000 per 1 MINUTE."}
                return web.json_response(body, status=status, headers=weight | {"Retry-After": str(wait)})
            return web.json_response(read(request), headers=weight)

        return handler

    def _weigh(self, remote: str, weight: int) -> tuple[int, int, int]:
        """Return the weight used this minute, how often it was overstepped, and seconds until the next minute."""
        wall = self.world.wall()
        minute = wall // MINUTE
        seen, used, over = self._used.get(remote, (minute, 0, 0))
        if seen != minute:
            used = over = 0
        used += weight
        over += used > words.WEIGHT
        self._used[remote] = (minute, used, over)
        return used, over, 60 - wall % MINUTE // SECOND

    def _info(self, request: web.Request) -> Json:
        if "symbol" in request.query:
            _symbol(request)
        elif request.query.get("symbols", f'["{words.SYMBOL}"]') != f'["{words.SYMBOL}"]':
            raise Wrong(-1121, "Invalid symbol.")
        return words.exchange_info(self.world.floor.at)

    def _latest(self, request: web.Request) -> list[Json]:
        _symbol(request)
        return [words.rest_trade(t) for t in list(self.trades)[-_limit(request) :]]

    def _since(self, request: web.Request) -> list[Json]:
        _symbol(request)
        return [words.rest_trade(t) for t in self._from(_number(request, "fromId"), _limit(request))]

    def _aggregated(self, request: web.Request) -> list[Json]:
        _symbol(request)
        first, since, until = (_number(request, name) for name in ("fromId", "startTime", "endTime"))
        if first is not None or (since is None and until is None):
            first = None if first is None else first + words.AGG_BEHIND
            return [words.rest_agg(t) for t in self._from(first, _limit(request))]
        inside = [
            t for t in self.trades
            if (since is None or t.at // words.MILLIS >= since) and (until is None or t.at // words.MILLIS <= until)
        ]  # fmt: skip
        return [words.rest_agg(t) for t in inside[: _limit(request)]]

    def _from(self, first: int | None, limit: int) -> list[CoinTrade]:
        if not self.trades or first is None:
            return list(self.trades)[-limit:]
        start = max(0, first - self.trades[0].id)
        return [self.trades[i] for i in range(start, min(start + limit, len(self.trades)))]

    # sockets

    async def _raw(self, request: web.Request) -> web.StreamResponse:
        names = request.match_info.get("streams", "")
        return await self._serve(request, [n for n in names.split("/") if n], combined=False)

    async def _combined(self, request: web.Request) -> web.StreamResponse:
        names = request.query.get("streams", "")
        return await self._serve(request, [n for n in names.split("/") if n], combined=True)

    async def _serve(self, request: web.Request, streams: list[str], *, combined: bool) -> web.StreamResponse:
        self.world.now()
        unit = words.MICROS if request.query.get("timeUnit", "").upper() == "MICROSECOND" else words.MILLIS
        outlet = await self.outlets.prepare(request)
        socket = Socket(outlet, streams[:STREAMS], combined=combined, unit=unit)
        self.sockets.append(socket)
        tasks = [asyncio.create_task(outlet.run()), asyncio.create_task(self._keep(outlet))]
        try:
            async for text in outlet.messages():
                socket.answer(text)
        finally:
            self.sockets.remove(socket)
            self.outlets.leave(outlet)
            for task in tasks:
                task.cancel()
        return outlet.ws

    async def _keep(self, outlet: Outlet) -> None:
        """Ping, want the payload back, watch the pace, and end the day."""
        ticks, step = 0, min(1.0, self._ping_s / 2)
        payload, pinged, asked = b"", 0.0, 0.0
        while True:
            heard = outlet.heard
            await asyncio.sleep(step)
            ticks += 1
            lived = ticks * step
            if outlet.heard - heard > MESSAGES * max(step, 1.0) + 1:
                outlet.close(TOO_FAST)
            if lived >= self._life_s:
                outlet.close(DAY_OVER)
            if payload and outlet.pong != payload and lived - asked >= self._pong_s:
                outlet.close(TOO_FAST)
            if lived - pinged >= self._ping_s:
                pinged = lived
                if not payload or outlet.pong == payload:
                    payload, asked = str(self.world.wall() // words.MILLIS).encode(), lived
                await outlet.ping(payload)

    def _hear(self, found: CoinTrade) -> None:
        self.trades.append(found)
        for socket in self.sockets:
            socket.trade(found, self.world.floor.at)


def _refuse(status: int) -> web.Response:
    if status == 429:
        body = {"code": -1003, "msg": "Too many requests."}
        return web.json_response(body, status=429, headers={"Retry-After": "1"})
    return web.json_response({"code": -1000, "msg": "An unknown error occurred."}, status=status)


def _symbol(request: web.Request) -> None:
    if request.query.get("symbol") != words.SYMBOL:
        raise Wrong(-1121, "Invalid symbol.")


def _limit(request: web.Request) -> int:
    limit = _number(request, "limit")
    if limit is None:
        return 500
    if not limit >= 1:
        raise Wrong(-1100, "Illegal characters found in parameter 'limit'.")
    return min(limit, LARGEST)


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Wrong(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(text)
