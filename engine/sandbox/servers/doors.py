"""Where a simulated venue meets the network: requests and sockets, each through the fault desk.

`guard` wraps every request of an aiohttp application; an `Outlet` carries the frames of one socket. Both do what the
desk has ordered: cut, stay silent, answer with an error, leave frames out, double them or swap them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from engine.sandbox.servers.faults import Fault, FaultDesk

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Refuse = Callable[[int], web.Response]
    """Returns an error in the venue's own words."""

GARBAGE: Final = b'\xff\xfe\x00<html><b>{"half": [1, ' * 40
"""What a broken proxy may answer with."""
HOLD_S: Final = 3600.0
"""How long a silent connection is kept."""
LATENCY_S: Final = 0.25
ROOM: Final = 20_000
"""Frames that may wait for a slow reader before it is cut off."""
SWAP_S: Final = 0.5
"""A frame held back waits at most so long for the one it changes places with."""
BEFORE: Final = ("latency", "drop", "half_open", "throttle", "error")
AFTER: Final = ("duplicate", "reset_after", "lost_reply", "error_after", "garble")
ON_FRAME: Final = ("latency", "drop", "half_open", "gap", "duplicate", "reorder", "close")
SLOW_READER: Final = 1008
GOING_AWAY: Final = 1001


def guard(desk: FaultDesk, venue: str, refuse: Refuse, spared: frozenset[str] = frozenset()) -> object:
    """Return the middleware that puts a venue's requests through the desk.

    Parameters
    ----------
    refuse : callable
        Status to response: 429, any 5xx, 503 for maintenance.
    spared : set of str
        Paths that answer during maintenance.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        what = f"{request.method} {request.path}"
        channel = "connect" if request.headers.get("Upgrade", "").lower() == "websocket" else "rest"
        if desk.maintains(venue) and request.path not in spared:
            desk.note("maintenance", venue, channel, what)
            return refuse(503)
        for fault in desk.take(venue, channel, what, BEFORE):
            answer = await _before(request, fault, refuse)
            if answer is not None:
                return answer
        if channel == "connect":
            return await handler(request)
        response = await handler(request)
        for fault in desk.take(venue, channel, what, AFTER):
            if fault.kind == "duplicate":
                await handler(request)  # as a proxy does that tries again by itself; its answer goes nowhere
            else:
                return await _after(request, response, fault, refuse)
        return response

    return middleware


async def _before(request: web.Request, fault: Fault, refuse: Refuse) -> web.StreamResponse | None:
    if fault.kind == "latency":
        await asyncio.sleep(fault.value or LATENCY_S)
        return None
    if fault.kind == "throttle":
        return refuse(429)
    if fault.kind == "error":
        return refuse(int(fault.value) or 500)
    if fault.kind == "half_open":
        await asyncio.sleep(fault.value or HOLD_S)
    return _cut(request)


async def _after(
    request: web.Request, response: web.StreamResponse, fault: Fault, refuse: Refuse
) -> web.StreamResponse:
    if fault.kind == "error_after":
        return refuse(int(fault.value) or 502)
    if fault.kind == "garble":
        return web.Response(body=GARBAGE, content_type=response.content_type)
    if fault.kind == "lost_reply":
        await asyncio.sleep(fault.value or HOLD_S)
    return _cut(request)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # goes nowhere: the connection is cut


class Outlet:
    """One socket: frames in order of `put`, through the desk, at the pace of its reader."""

    def __init__(self, desk: FaultDesk, venue: str, request: web.Request, ws: web.WebSocketResponse) -> None:
        """Take a socket that was made with ``autoping=False``."""
        self.ws = ws
        self.frozen = False
        self.pong = b""
        """Payload of the client's last pong."""
        self.heard = 0
        """Messages of the client: text, pings and pongs."""
        self._desk = desk
        self._venue = venue
        self._request = request
        self._queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(ROOM)
        self._held: list[str] = []
        self._ended = asyncio.Event()

    def put(self, frame: str, kind: str = "") -> None:
        """Send a frame; `kind` is its type, by which faults find it. A reader that is too slow is cut off."""
        try:
            self._queue.put_nowait((frame, kind))
        except asyncio.QueueFull:
            self.close(SLOW_READER)

    def close(self, code: int = GOING_AWAY) -> None:
        """Close with a code, without waiting for what is queued."""
        self._ended.set()
        self._closing = asyncio.get_running_loop().create_task(self._close(code))

    def cut(self) -> None:
        """Cut the connection without a word."""
        self._ended.set()
        if self._request.transport is not None:
            self._request.transport.abort()

    def strike(self, fault: Fault) -> bool:
        """Do what a fault orders for a whole socket; False when it is not for this one."""
        if fault.venue not in ("", self._venue) or self._ended.is_set() or self.frozen:
            return False
        self._desk.note(fault.kind, self._venue, "ws", "socket")
        self._strike(fault)
        return True

    async def messages(self) -> AsyncIterator[str]:
        """Yield what the client says until it leaves; pings are answered unless the socket is half open."""
        async for message in self.ws:
            if self.frozen:
                continue
            self.heard += 1
            if message.type is WSMsgType.PONG:
                self.pong = bytes(message.data)
            elif message.type is WSMsgType.PING:
                with suppress(ConnectionError):
                    await self.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                yield message.data
            elif message.type is WSMsgType.BINARY:
                yield message.data.decode("utf-8", "replace")

    async def ping(self, payload: bytes) -> None:
        """Send a protocol ping, unless the socket is half open."""
        if not self.frozen and not self.ws.closed:
            with suppress(ConnectionError):
                await self.ws.ping(payload)

    async def run(self) -> None:
        """Write until the socket ends; run it as a task beside `messages`."""
        with suppress(ConnectionError, RuntimeError):
            while not self._ended.is_set() and not self.ws.closed:
                await self._write()

    async def _write(self) -> None:
        try:
            frame, kind = await asyncio.wait_for(self._queue.get(), SWAP_S if self._held else None)
        except TimeoutError:
            await self._release()
            return
        copies = 1
        for fault in self._desk.take(self._venue, "ws", kind, ON_FRAME):
            if fault.kind == "latency":
                await asyncio.sleep(fault.value or LATENCY_S)
            elif fault.kind == "gap":
                copies = 0
            elif fault.kind == "duplicate":
                copies = 2
            elif fault.kind == "reorder":
                self._held.append(frame)
                return
            else:
                self._strike(fault)
        if self.frozen or self._ended.is_set():
            return
        for _ in range(copies):
            await self.ws.send_str(frame)
        await self._release()

    async def _release(self) -> None:
        held, self._held = self._held, []
        for frame in held:
            if not self.frozen:
                await self.ws.send_str(frame)

    def _strike(self, fault: Fault) -> None:
        if fault.kind == "half_open":
            self.frozen = True
        elif fault.kind == "drop":
            self.cut()
        else:
            self.close(int(fault.value) or GOING_AWAY)

    async def _close(self, code: int) -> None:
        with suppress(ConnectionError, RuntimeError):
            await self.ws.close(code=code)


class Outlets:
    """All sockets of a venue, so that a fault can hit them at once."""

    def __init__(self, desk: FaultDesk, venue: str) -> None:
        self._desk = desk
        self._venue = venue
        self.open: dict[int, Outlet] = {}
        desk.at_once.append(self.strike)

    async def prepare(self, request: web.Request) -> Outlet:
        """Accept a handshake and return its outlet; give it back to `leave`."""
        ws = web.WebSocketResponse(autoping=False, heartbeat=None, max_msg_size=1 << 20, compress=False)
        await ws.prepare(request)
        outlet = Outlet(self._desk, self._venue, request, ws)
        self.open[id(outlet)] = outlet
        return outlet

    def leave(self, outlet: Outlet) -> None:
        """Forget a socket that has ended."""
        self.open.pop(id(outlet), None)

    def strike(self, fault: Fault) -> int:
        """Let a fault hit sockets that are open: as many as its count says, or all; return how many."""
        hit = 0
        for outlet in list(self.open.values()):
            if fault.kind != "maintenance" and fault.count and hit >= fault.count:
                break
            hit += outlet.strike(fault)
        return hit

    def close(self, code: int = GOING_AWAY) -> None:
        """Close every socket."""
        for outlet in list(self.open.values()):
            outlet.close(code)


async def serve(app: web.Application) -> tuple[web.AppRunner, int]:
    """Serve an application on a free port of 127.0.0.1; return its runner and the port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port: int = runner.addresses[0][1]
    return runner, port
