"""The venues' side of the loopback, in a process of its own: sockets that tell of made-up markets, a taker of orders.

It says when it sent each frame that calls for an order and when each order reached it, on the clock that all
processes of a machine share.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import selectors
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from app.bench import quotes
from app.bench.connectors import Places
from engine.core.ids import BINANCE, KALSHI, VenueId
from engine.core.units import Nanos

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    from websockets.asyncio.server import ServerConnection

START_S: Final = 30.0
"""How long the other process may take to listen."""
TOGETHER: Final = 64
"""Frames put on a socket before others of this process may run."""
STANDS_S: Final = 0.004
"""How long an offer stands."""
TICK_S: Final = 0.001
"""Between two looks at what is due, unless a script says otherwise."""
BARE: Final = b"bare"
"""What is sent back as it came: a round trip with nothing in it."""
_HEAD: Final = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Script:
    """What one venue does, once it is told to go."""

    venue: VenueId
    frames_per_s: float
    seconds: float
    orders_per_s: float = 0.0
    """How often somebody offers what is bought."""
    stands_s: float = STANDS_S
    """How long an offer stands."""
    tick_s: float = TICK_S
    """Between two looks at what is due: no longer than from frame to frame they go one by one, else in sprees."""


@dataclass(slots=True)
class Told:
    """What happened on the venues' side; times in nanoseconds of the machine's steady clock."""

    frames: dict[str, int] = field(default_factory=dict)
    offered: dict[str, list[int]] = field(default_factory=dict)
    arrived: list[int] = field(default_factory=list)
    """When each order's request was read."""


class Peer:
    """The other process, from here."""

    def __init__(self, pipe: Connection, patience_s: float = START_S) -> None:
        self._pipe = pipe
        if not pipe.poll(patience_s):
            raise TimeoutError("the venues' process does not listen")
        self.places = Places(*pipe.recv())

    def go(self, scripts: Sequence[Script]) -> None:
        """Let the venues begin, as soon as each is subscribed to."""
        self._pipe.send(list(scripts))

    async def done(self, patience_s: float) -> Told:
        """Wait until all has been sent; return what happened there."""
        async with asyncio.timeout(patience_s):
            while not self._pipe.poll():  # noqa: ASYNC110 - a pipe wakes no loop on every system
                await asyncio.sleep(0.05)
        told: Told = self._pipe.recv()
        return told


@contextlib.contextmanager
def started() -> Iterator[Peer]:
    """Run the venues' process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_main, args=(there,), daemon=True)
    process.start()
    try:
        yield Peer(here)
    finally:
        here.close()
        process.join(5.0)
        if process.is_alive():
            process.terminate()
            process.join(5.0)


def _main(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt), asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_Venues(pipe).run())


def _loop() -> asyncio.AbstractEventLoop:
    """Return a loop whose pauses are as short as they are meant to be: `epoll` counts whole milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


class _Venues:
    def __init__(self, pipe: Connection) -> None:
        self.told = Told()
        self._pipe = pipe
        self._go = asyncio.Event()
        self._scripts: dict[VenueId, Script] = {}
        self._finished: set[VenueId] = set()
        self._all = asyncio.Event()

    async def run(self) -> None:
        """Listen, go when told, say what happened, and end with the other process."""
        server = await asyncio.get_running_loop().create_server(lambda: _Taker(self.told.arrived), "127.0.0.1", 0)
        async with serve(self._socket, "127.0.0.1", 0, compression=None, max_queue=None, ping_interval=None) as sockets:
            http, ws = (one.sockets[0].getsockname()[1] for one in (server, sockets))
            self._pipe.send((f"http://127.0.0.1:{http}", f"ws://127.0.0.1:{ws}"))
            scripts: list[Script] = await asyncio.to_thread(self._pipe.recv)
            self._scripts = {one.venue: one for one in scripts}
            self._go.set()
            await self._all.wait()
            self._pipe.send(self.told)
            await asyncio.to_thread(self._pipe.poll, None)  # until the other side is gone

    async def _socket(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        venue = VenueId(socket.request.path.split("/")[1])
        if venue not in quotes.ALL:  # an account's socket, on which nothing ever happens
            with contextlib.suppress(ConnectionClosed):
                async for text in socket:
                    if text == "PING":
                        await socket.send("PONG")
            return
        market, pouring = quotes.ALL[venue](_now), None
        if venue == BINANCE:
            pouring = asyncio.create_task(self._pour(venue, market, socket))
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                answers = market.answers(str(text))
                for answer in answers:
                    await socket.send(answer)
                if pouring is None and _carries(venue, str(text)):
                    pouring = asyncio.create_task(self._pour(venue, market, socket))
        if pouring is not None:
            pouring.cancel()

    async def _pour(self, venue: VenueId, market: quotes.Quotes, socket: ServerConnection) -> None:
        await self._go.wait()
        script = self._scripts.get(venue)
        if script is None or venue in self._finished:
            return
        try:
            await self._all_of(script, market, socket)
        finally:  # also where the other side has gone: nobody shall wait for the rest
            self._finished.add(venue)
            if self._finished >= set(self._scripts):
                self._all.set()

    async def _all_of(self, script: Script, market: quotes.Quotes, socket: ServerConnection) -> None:
        offers = asyncio.create_task(self._offer(script, market, socket)) if script.orders_per_s else None
        frames = self.told.frames
        count, began = 0, time.monotonic()
        with contextlib.suppress(ConnectionClosed):
            while (passed := time.monotonic() - began) < script.seconds:
                due = min(int(passed * script.frames_per_s), count + TOGETHER)
                for _ in range(due - count):
                    await socket.send(market.move())
                    frames[script.venue] = frames.get(script.venue, 0) + 1
                late, count = due < int(passed * script.frames_per_s), due
                await asyncio.sleep(0.0 if late else script.tick_s)
        if offers is not None:
            await asyncio.wait([offers])

    async def _offer(self, script: Script, market: quotes.Quotes, socket: ServerConnection) -> None:
        times = self.told.offered.setdefault(script.venue, [])
        frames, venue = self.told.frames, script.venue
        end = time.monotonic() + script.seconds - 0.5
        with contextlib.suppress(ConnectionClosed):
            while time.monotonic() < end:
                await asyncio.sleep(1.0 / script.orders_per_s)
                text = market.offer()
                times.append(time.perf_counter_ns())
                await socket.send(text)
                frames[venue] = frames.get(venue, 0) + 1
                await asyncio.sleep(script.stands_s)
                await socket.send(market.withdraw())
                frames[venue] = frames.get(venue, 0) + 1


class _Taker(asyncio.Protocol):
    """Takes any request; an order is answered as one that found nothing to trade with."""

    def __init__(self, arrived: list[int]) -> None:
        self._arrived = arrived
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        at = time.perf_counter_ns()
        if data == BARE and self._transport is not None:
            self._transport.write(data)
            return
        self._buffer += data
        while (request := self._next()) is not None:
            head, body = request
            line = head.split(b"\r\n", 1)[0].decode("ascii", "replace")
            if line.startswith("POST") and "order" in line:
                self._arrived.append(at)
            self._answer(line, body)

    def _next(self) -> tuple[bytes, bytes] | None:
        head, gap, rest = self._buffer.partition(b"\r\n\r\n")
        if not gap:
            return None
        length = next((int(f[15:]) for f in head.lower().split(b"\r\n") if f.startswith(b"content-length:")), 0)
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return head, rest[:length]

    def _answer(self, line: str, body: bytes) -> None:
        status, content = _content(line, body, len(self._arrived))
        text = json.dumps(content).encode()
        if self._transport is not None:
            self._transport.write(_HEAD % (status, b"OK" if status < 300 else b"Not Found", len(text)) + text)


def _content(line: str, body: bytes, number: int) -> tuple[int, Any]:
    """Return status and document of an answer."""
    method, path, *_ = [*line.split(" "), "", ""]
    if method == "POST" and path.endswith("/events/orders"):
        client = json.loads(body).get("client_order_id", "")
        nothing = {"fill_count": "0.00", "remaining_count": "0.00"}
        return 201, {"order_id": f"bench-{number}", "client_order_id": client} | nothing
    if method == "POST" and path in {"/order", "/orders"}:
        count = 1 if path == "/order" else len(json.loads(body))
        names = [f"0x{number:060x}{n:04x}" for n in range(count)]
        found = [{"success": True, "errorMsg": "", "orderID": name, "status": "unmatched"} for name in names]
        return 200, found[0] if path == "/order" else found
    if path.endswith("/v1/heartbeats"):
        return 200, {"heartbeat_id": "bench"}
    if path.startswith("/api/v3/time"):
        return 200, {"serverTime": _now() // 1_000_000}
    if path == "/time":
        return 200, _now() // 1_000_000_000
    return 404, {}


def _carries(venue: VenueId, text: str) -> bool:
    """Whether a message has a market's changes sent from now on."""
    return '"orderbook_delta"' in text if venue == KALSHI else '"assets_ids"' in text


def _now() -> Nanos:
    return Nanos(time.time_ns())
