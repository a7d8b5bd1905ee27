"""What tests of connections need: servers on 127.0.0.1 that do as they are told, and a talk that remembers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from engine.core.errors import WireError
from engine.core.events import BooksStale, Event, Trade
from engine.core.ids import InstrumentId, VenueId
from engine.core.units import Lots, Nanos, Ticks
from engine.venues.dialling import Dial
from engine.venues.link import Send

VENUE = VenueId("test")
ONE = InstrumentId(VENUE, "ONE")
PATIENCE_S = 8.0


def now() -> Nanos:
    return Nanos(time.time_ns())


class Room:
    """An engine's inbox: takes what comes until it is told to be full."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.full = False
        self.refused = 0

    def __call__(self, event: Event) -> bool:
        if self.full:
            self.refused += 1
            return False
        self.events.append(event)
        return True

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]


class Talker:
    """A talk whose frames are trade numbers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.dials = 0
        self.endings: list[str] = []
        self.hello: str | None = "subscribe"
        self.beats: str | None = None

    def dial(self) -> Dial:
        self.dials += 1
        return Dial(self.url, {"x-attempt": str(self.dials)})

    async def opened(self, send: Send) -> None:
        if self.hello is not None:
            await send(self.hello)

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        if not raw.isdigit():
            raise WireError(VENUE, "no number", raw)
        return [Trade(at=at, instrument=ONE, price=Ticks(int(raw)), lots=Lots(1))]

    def closed(self, why: str) -> Iterable[Event]:
        self.endings.append(why)
        return [self._stale(why)]

    def overflowed(self) -> Iterable[Event]:
        return [self._stale("overflow")]

    def beat(self) -> str | None:
        return self.beats

    def _stale(self, why: str) -> Event:
        return BooksStale(at=now(), venue=VENUE, instruments=(ONE,), why=why)


@contextlib.asynccontextmanager
async def sockets(handler: Callable[[ServerConnection], Awaitable[None]], **options: Any) -> AsyncIterator[str]:
    """Serve a socket; what a client's going away does to `handler` is no fault."""

    async def quietly(socket: ServerConnection) -> None:
        with contextlib.suppress(OSError, Exception):
            await handler(socket)

    async with serve(quietly, "127.0.0.1", 0, close_timeout=0.2, **options) as server:
        yield f"ws://127.0.0.1:{port(server)}"


@contextlib.asynccontextmanager
async def speaking(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve bare bytes; yield the port. No connection outlives it."""
    tasks: set[asyncio.Task[None]] = set()

    async def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]  # a handler runs as a task
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handler(reader, writer)
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(kept, "127.0.0.1", 0)
    try:
        yield port(server)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@contextlib.asynccontextmanager
async def answers(*replies: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Web]:
    """Serve HTTP by hand: the n-th request gets the n-th reply, the last one again and again."""
    web = Web(list(replies))
    async with speaking(web.serve) as number:
        web.url = f"http://127.0.0.1:{number}"
        yield web


class Web:
    """A server that says what it was given to say, byte by byte."""

    def __init__(self, replies: list[bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]]) -> None:
        self.replies = replies
        self.url = ""
        self.seen: list[bytes] = []
        """Requests, head and body."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((line[15:] for line in head.lower().splitlines() if line.startswith(b"content-length:")), 0)
            self.seen.append(head + await reader.readexactly(int(length)))
            reply = self.replies[min(len(self.seen), len(self.replies)) - 1]
            if not isinstance(reply, bytes):
                await reply(writer)
                continue
            writer.write(reply)
            await writer.drain()


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def port(server: Any) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


async def until(true: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Let the loop turn until something holds."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[asyncio.Future[None]]:
    """Run something beside the test, and see that it ends when it is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, PATIENCE_S)
