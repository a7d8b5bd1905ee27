"""Deribit in the sandbox: JSON-RPC over WebSocket and over HTTP, on the simulated options.

Requests on a socket pass the fault desk as ``WS method``, those over HTTP as ``GET /api/v2/method``. Sockets that said
so lose their orders with the connection; who does not answer a test request is cut off. A subscription that cannot be
is left out of the answer without a word, as the venue does.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from engine.core.units import Nanos, Side
from engine.sandbox.bourse import Bourse
from engine.sandbox.servers.deribit_desk import Client, Desk, Refused
from engine.sandbox.servers.deribit_reads import Reads
from engine.sandbox.servers.deribit_rfq import Requests
from engine.sandbox.servers.deribit_stream import Session, Streams
from engine.sandbox.servers.doors import AFTER, BEFORE, GARBAGE, HOLD_S, LATENCY_S, Outlet, Outlets, guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from decimal import Decimal

    from engine.sandbox.servers.faults import Fault
    from engine.sandbox.servers.world import World

Json = dict[str, Any]

VENUE: Final = "deribit"
API: Final = "/api/v2"
SOCKET: Final = "/ws/api/v2"
ORDERS: Final = frozenset(
    {"private/buy", "private/sell", "private/edit", "private/cancel", "private/cancel_all", "private/cancel_by_label",
     "private/cancel_all_by_instrument"}
)  # fmt: skip
"""What the matching engine's allowance is for."""
GATHERED_S: Final = 0.1
"""News of channels that are gathered, in seconds of the day's own speed."""
BEATS: Final = 2
"""Test requests that may go unanswered."""


class DeribitServer:
    """The venue as an aiohttp application."""

    def __init__(self, world: World, clients: Iterable[Client], *, rate: float = 500.0, burst: float = 500.0) -> None:
        """Stand on a world; `rate` and `burst` are what the matching engine takes of an account."""
        self.world = world
        self.bourse = Bourse(world.seed, world.floor.at, world.coin, rate=world.crowding.rate)
        self.desk = Desk(self.bourse, list(clients), world.wall, rate=rate, burst=burst)
        self.outlets = Outlets(world.desk, VENUE)
        self.streams = Streams(self.bourse)
        self.desk.told = self.streams.account
        self.reads = Reads(self.bourse, self.desk, self.streams, world.wall)
        self.requests = Requests(self.bourse, self.desk, self.streams, world.wall)
        self.asked: list[str] = []
        """Methods of all requests on sockets, in their order."""
        world.after.append(self._advance)

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[guard(self.world.desk, VENUE, _refusal)])  # type: ignore[list-item]
        app.router.add_get(SOCKET, self._socket)
        app.router.add_get(API + "/{method:.+}", self._get)
        app.router.add_post(API + "/{method:.*}", self._post)
        app.cleanup_ctx.append(self._gathering)
        return app

    def open_account(self, client: Client, cash: Decimal) -> None:
        """Open an account, and let a key trade on it."""
        self.bourse.pit.open_account(client.account, cash)
        self.desk.clients[client.id] = client

    def lock(self, index: str, *, locked: bool) -> None:
        """Lock the markets of an index, or open them again, and say so."""
        for one in list(self.bourse.pit.instruments.values()):
            if one.status in {"open", "paused"}:
                self.bourse.pit.set_status(one.id, "paused" if locked else "open")
        self.streams.tell("platform_state", {"price_index": index, "locked": locked})

    def _advance(self) -> None:
        self.bourse.run(self.world.clock.now())
        self.streams.flush("raw")

    async def _gathering(self, app: web.Application) -> AsyncIterator[None]:
        async def gather() -> None:
            while True:
                await asyncio.sleep(GATHERED_S / self.world.speed)
                self.streams.flush("100ms")
                self.streams.tickers()

        task = asyncio.create_task(gather())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # ---- over HTTP

    async def _get(self, request: web.Request) -> web.StreamResponse:
        params = {name: _typed(value) for name, value in request.query.items()}
        return self._http(request, request.match_info["method"], params, None, "")

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        try:
            document = json.loads(body)
            method = document.get("method") or request.match_info["method"]
            params, number = document.get("params") or {}, document.get("id")
        except (ValueError, AttributeError):
            return _answer({"error": {"code": -32700, "message": "Parse error"}}, None, self.world.wall(), 400)
        return self._http(request, method, params, number, body)

    def _http(
        self, request: web.Request, method: str, params: Mapping[str, Any], number: object, body: str
    ) -> web.StreamResponse:
        self.world.now()
        header = request.headers.get("Authorization", "")
        client = self.desk.by_header(header, request.method, request.raw_path, body) if header else None
        result = self._do(method, params, client, None)
        self._advance()
        return _answer(result, number, self.world.wall(), 400 if "error" in result else 200)

    # ---- on sockets

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        outlet = await self.outlets.prepare(request)
        session = Session(outlet)
        self.streams.sessions.append(session)
        tasks = [asyncio.create_task(outlet.run()), asyncio.create_task(self._beating(session))]
        try:
            async for text in outlet.messages():
                self.world.now()
                await self._heard(session, outlet, text)
                self._advance()
        finally:
            self.streams.sessions.remove(session)
            self.outlets.leave(outlet)
            self._gone(session)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return outlet.ws

    def _gone(self, session: Session) -> None:
        """Cancel what was to die with its connection."""
        if session.client is not None and session.dies:
            mine = session.orders
            self.desk.cancel_all(session.client.account, lambda one: one.id not in mine, "disconnect")
            self._advance()

    async def _beating(self, session: Session) -> None:
        """Give signs of life and ask for them, once the client wants it."""
        while True:
            await asyncio.sleep((session.heartbeat or 1) / self.world.speed)
            if not session.heartbeat or session.outlet.frozen:
                continue
            session.unanswered += 1
            if session.unanswered > BEATS:
                session.outlet.cut()
            for kind in ("heartbeat", "test_request"):
                session.put({"method": "heartbeat", "params": {"type": kind}}, "heartbeat")

    async def _heard(self, session: Session, outlet: Outlet, text: str) -> None:
        try:
            document = msgspec.json.decode(text)
            method, number = document["method"], document.get("id")
            params = document.get("params") or {}
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            session.put({"error": {"code": -32700, "message": "Parse error"}, "id": None}, "reply")
            return
        self.asked.append(method)
        what = f"WS {method}"
        for fault in self.world.desk.take(VENUE, "rest", what, BEFORE):
            if not await self._before(session, outlet, fault, number):
                return
        if method == "public/test":
            session.unanswered = 0
        result = self._do(method, params, session.client, session)
        for fault in self.world.desk.take(VENUE, "rest", what, AFTER):
            if fault.kind == "duplicate":
                self._do(method, params, session.client, session)
            elif not await self._after(session, outlet, fault, number):
                return
        session.put(_enveloped(result, number, self.world.wall()), "reply")

    async def _before(self, session: Session, outlet: Outlet, fault: Fault, number: object) -> bool:
        if fault.kind == "latency":
            await asyncio.sleep(fault.value or LATENCY_S)
            self.world.now()
            return True
        if fault.kind == "drop":
            outlet.cut()
        elif fault.kind in {"throttle", "error"}:
            error = (10028, "too_many_requests") if fault.kind == "throttle" else (11051, "system_maintenance")
            session.put({"error": {"code": error[0], "message": error[1]}, "id": number}, "reply")
        return False  # half_open: no answer, nothing done

    async def _after(self, session: Session, outlet: Outlet, fault: Fault, number: object) -> bool:
        self._advance()
        if fault.kind == "error_after":
            session.put({"error": {"code": 13888, "message": "timed_out"}, "id": number}, "reply")
        elif fault.kind == "garble":
            session.outlet.put(GARBAGE.decode("latin-1"), "reply")
        elif fault.kind == "reset_after":
            await asyncio.sleep(0)
            outlet.cut()
        elif fault.kind == "lost_reply" and 0 < fault.value < HOLD_S:
            await asyncio.sleep(fault.value)
            outlet.cut()
        return False

    # ---- what is asked

    def _do(self, method: str, params: Mapping[str, Any], client: Client | None, session: Session | None) -> Json:
        if not isinstance(params, dict):
            return {"error": Refused(-32602, "Invalid params").body}
        try:
            return {"result": self._asked(method, params, client, session)}
        except Refused as e:
            return {"error": e.body}

    def _asked(self, method: str, params: Json, client: Client | None, session: Session | None) -> object:
        if session is not None and (method in _ON_SOCKETS or method == "public/auth"):
            return self._of_socket(method, params, session)
        if method == "public/auth":
            return self.desk.grant(params)[1]
        if method.startswith("public/"):
            return self.reads.public(method, params)
        if client is None:
            raise Refused(13009, "unauthorized")
        if method in ORDERS:
            self.desk.spend(client.account)
        if "block_rfq" in method:
            return self.requests.private(method, params, client.account)
        acts: dict[str, Callable[[], Any]] = {
            "private/buy": lambda: self._place(client, session, Side.BUY, params),
            "private/sell": lambda: self._place(client, session, Side.SELL, params),
            "private/edit": lambda: self.desk.edit(client.account, params),
            "private/cancel": lambda: self.desk.cancel(client.account, params.get("order_id")),
            "private/cancel_all": lambda: self.desk.cancel_all(client.account),
            "private/cancel_all_by_instrument": lambda: self.desk.cancel_all(
                client.account, lambda one: one.instrument.symbol != params.get("instrument_name")
            ),
            "private/cancel_by_label": lambda: self.desk.cancel_all(
                client.account, lambda one: self.desk.labels.get(one.id) != params.get("label")
            ),
        }
        return acts[method]() if method in acts else self.reads.private(method, params, client.account)

    def _place(self, client: Client, session: Session | None, side: Side, params: Json) -> Json:
        order, answer = self.desk.place(client.account, side, params)
        if session is not None:
            session.orders.add(order.id)
        return answer

    def _of_socket(self, method: str, params: Json, session: Session) -> object:
        if method == "public/auth":
            session.client, answer = self.desk.grant(params)
            return answer
        if method == "public/set_heartbeat":
            interval = params.get("interval")
            if not isinstance(interval, int) or interval < 10:
                raise Refused(-32602, "Invalid params", param="interval", reason="must be at least 10")
            session.heartbeat, session.unanswered = interval, 0
            return "ok"
        if method.endswith("_cancel_on_disconnect"):
            if session.client is None:
                raise Refused(13009, "unauthorized")
            if method.startswith("private/get"):
                return {"scope": "connection", "enabled": session.dies}
            session.dies = "enable" in method
            return "ok"
        channels = params.get("channels")
        if not isinstance(channels, list):
            raise Refused(-32602, "Invalid params", param="channels", reason="must be a list")
        private = method.startswith("private/")
        if private and session.client is None:
            raise Refused(13009, "unauthorized")
        if method.endswith("unsubscribe"):
            return self.streams.leave(session, channels)
        return self.streams.subscribe(session, channels, private=private)


_ON_SOCKETS: Final = frozenset(
    {"public/set_heartbeat", "public/subscribe", "public/unsubscribe", "private/subscribe", "private/unsubscribe",
     "private/enable_cancel_on_disconnect", "private/disable_cancel_on_disconnect",
     "private/get_cancel_on_disconnect"}
)  # fmt: skip


def _enveloped(result: Json, number: object, wall: Nanos) -> Json:
    us = wall // 1_000
    return {"jsonrpc": "2.0", "id": number, **result, "usIn": us, "usOut": us, "usDiff": 0, "testnet": True}


def _answer(result: Json, number: object, wall: Nanos, status: int) -> web.Response:
    return web.json_response(_enveloped(result, number, wall), status=status)


def _refusal(status: int) -> web.Response:
    code = {429: (10028, "too_many_requests"), 503: (11051, "system_maintenance")}.get(
        status, (11094, "internal_server_error")
    )
    return web.json_response({"jsonrpc": "2.0", "error": {"code": code[0], "message": code[1]}}, status=status)


def _typed(value: str) -> bool | int | str:
    """Return a parameter of an address as JSON would have it."""
    if value in {"true", "false"}:
        return value == "true"
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else value
