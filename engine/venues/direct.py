"""HTTP/1.1 for what must leave at once: a request is one write on a connection that stands ready.

A general HTTP library takes half a millisecond until the first byte of an order is on its way. Here the bytes are
put together and written in one go; what comes back, which has time, is read by h11, which knows the protocol.
Connections are kept, each for one request at a time. Nothing is ever sent twice, no redirect followed, no cookie
kept, no packed answer asked for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import h11
from typing_extensions import override

from engine.net import tls

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT: Final = 8
"""Idle connections kept."""
ALIVE_S: Final = 55.0
"""For how long an idle connection is trusted; venues close theirs after a minute or more."""
SPARE_S: Final = 15.0
"""So long before a connection is no longer trusted another is made for it."""
HINTS: Final = 8
"""Interim answers (1xx) before the real one."""


PRACTICE: Final = {"x-key": "0" * 36, "x-time": "0" * 13, "x-signature": "0" * 344}
"""Headers of a request that is never sent, about as long as signed ones."""
_NOTHING: Final = ("", "content-length: 0\r\n")


class Broken(Exception):
    """A connection ended, or what came on it is no answer; the text says which."""


class TooLarge(Exception):
    """More bytes than an answer may have."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Sending:
    """Whether a request has begun to leave."""

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False


class Line(asyncio.Protocol):
    """One connection. It answers one request at a time."""

    def __init__(self, largest: int) -> None:
        self.idle_since = 0.0
        self.usable = False
        self._largest = largest
        self._transport: asyncio.Transport | None = None
        self._h11 = h11.Connection(h11.CLIENT)
        self._awaited: asyncio.Future[Reply] | None = None
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._hints = 0
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self, method: str, request: bytes, sending: Sending) -> None:
        """Write a request; `answer` is to be awaited then. Raises Broken, with nothing sent, where it has ended."""
        if self._transport is None or not self.usable:
            msg = "the connection was closed"
            raise Broken(msg)
        self._awaited = asyncio.get_running_loop().create_future()
        sending.begun = True
        self._transport.write(request)
        # how an answer ends depends on the method alone: the rest of what was written need not be told
        self._h11.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        self._h11.send(h11.EndOfMessage())

    async def answer(self) -> Reply:
        """Return the answer to what was written.

        Raises
        ------
        Broken, TooLarge
            If the connection ends or the answer cannot be read; the connection is then of no more use.
        """
        assert self._awaited is not None
        try:
            return await self._awaited
        except BaseException:
            self.abort()
            raise
        finally:
            self._awaited = None

    def abort(self) -> None:
        """Close at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    async def wait_closed(self) -> None:
        """Wait until nothing of it is left."""
        await asyncio.shield(self._closed)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.usable = True

    @override
    def data_received(self, data: bytes) -> None:
        self._feed(data)

    @override
    def eof_received(self) -> None:
        self._feed(b"")
        self.usable = False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        self._fail(Broken("the connection was cut"))
        if not self._closed.done():
            self._closed.set_result(None)

    def _feed(self, data: bytes) -> None:
        """Take in what came; what comes unasked ends the connection."""
        if self._awaited is None or self._awaited.done():
            self.abort()
            return
        try:
            self._h11.receive_data(data)
            while self._step(self._h11.next_event()):
                pass
        except h11.RemoteProtocolError:
            self._fail(Broken("an answer that breaks off or cannot be read"))

    def _step(self, event: object) -> bool:
        """Take in one event; False when there is none to come for now."""
        if isinstance(event, h11.Response):
            self._head = event
        elif isinstance(event, h11.InformationalResponse):
            self._hints += 1
            if self._hints > HINTS:
                self._fail(Broken("an answer that never begins"))
                return False
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > self._largest:
                self._fail(TooLarge())
                return False
        elif isinstance(event, h11.EndOfMessage):
            self._complete()
            return False
        else:
            return False
        return True

    def _complete(self) -> None:
        head, body = self._head, bytes(self._body)
        self._head, self._hints = None, 0
        self._body.clear()
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE and not self._h11.trailing_data[0]:
            self._h11.start_next_cycle()
        else:  # the venue closes after it
            self.abort()
        if head is None or self._awaited is None or self._awaited.done():
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        self._awaited.set_result(Reply(head.status_code, headers, body))

    def _fail(self, error: Exception) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(error)


class Direct:
    """Connections to one host.

    Parameters
    ----------
    base_url : str
        Scheme and host; a path is passed over.
    """

    def __init__(self, base_url: str, largest: int) -> None:
        parts = urlsplit(base_url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._largest = largest
        self._idle: list[Line] = []
        self._lines: set[Line] = set()
        netloc = parts.netloc.rpartition("@")[2]
        self._common = (
            f"host: {netloc}\r\nuser-agent: atmx\r\naccept: application/json\r\naccept-encoding: identity\r\n"
        )

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, sending: Sending
    ) -> Reply:
        """Send one request, once.

        Parameters
        ----------
        target : str
            Path and query, already quoted.
        sending : Sending
            Told as soon as the first byte may have left.

        Raises
        ------
        OSError
            If there is no way to the host.
        ValueError
            If a header or the target could be read as more than one line.
        Broken, TooLarge
            As `Line.answer`.
        """
        request = self._encoded(method, target, headers, body)
        line = self._ready() or await self._connect()
        line.write(method, request, sending)
        return await self.answer(line)

    def rehearse(self, method: str, target: str, body: bytes) -> None:
        """Put a request together as `begin` does, for nobody."""
        self._encoded(method, target, PRACTICE, body)

    @property
    def stands(self) -> bool:
        """Whether a connection stands ready."""
        line = self._ready()
        if line is not None:
            self._idle.append(line)
        return line is not None

    def begin(self, method: str, target: str, headers: Mapping[str, str], body: bytes, sending: Sending) -> Line:
        """Write a request on a connection that stands ready, for `answer`; without a turn of the loop.

        Raises
        ------
        ValueError
            As `request`.
        Broken
            With nothing sent, if none does.
        """
        request = self._encoded(method, target, headers, body)
        line = self._ready()
        if line is None:
            msg = "the connection was closed"
            raise Broken(msg)
        line.write(method, request, sending)
        return line

    async def answer(self, line: Line) -> Reply:
        """Return the answer that comes on a connection, and keep it. Raises as `Line.answer`."""
        try:
            reply = await line.answer()
        except BaseException:
            self._drop(line)
            raise
        self._keep(line)
        return reply

    async def warm(self) -> None:
        """See that a connection stands ready, and will for a while. Raises OSError if there is no way to the host."""
        latest = self._ready()
        if latest is not None:
            self._idle.append(latest)
            if asyncio.get_running_loop().time() - latest.idle_since < ALIVE_S - SPARE_S:
                return
        self._keep(await self._connect())

    async def close(self) -> None:
        """Close every connection."""
        lines, self._idle = list(self._lines), []
        self._lines.clear()
        for line in lines:
            line.abort()
        for line in lines:
            await line.wait_closed()

    def _encoded(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        own = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if own.count("\r") != len(headers) or own.count("\n") != len(headers) or not f"{method}{target}".isprintable():
            msg = "a header of more than one line"
            raise ValueError(msg)
        length = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if body else _NOTHING[method == "POST"]
        )
        return f"{method} {target} HTTP/1.1\r\n{self._common}{own}{length}\r\n".encode("ascii") + body

    def _ready(self) -> Line | None:
        """Return an idle connection that stands; the latest, since the others may be about to be closed."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            line = self._idle.pop()
            if line.usable and now - line.idle_since < ALIVE_S:
                return line
            self._drop(line)
        return None

    async def _connect(self) -> Line:
        loop = asyncio.get_running_loop()
        context = tls.context() if self._secure else None
        _, line = await loop.create_connection(
            lambda: Line(self._largest),
            self._host,
            self._port,
            ssl=context,
            server_hostname=self._host if context else None,
        )
        self._lines.add(line)
        return line

    def _keep(self, line: Line) -> None:
        now = asyncio.get_running_loop().time()
        for old in [one for one in self._idle if not one.usable or now - one.idle_since >= ALIVE_S]:
            self._idle.remove(old)
            self._drop(old)
        if not line.usable or len(self._idle) >= KEPT:
            self._drop(line)
            return
        line.idle_since = now
        self._idle.append(line)

    def _drop(self, line: Line) -> None:
        self._lines.discard(line)
        line.abort()
