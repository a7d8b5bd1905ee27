"""Opening a venue's socket: where to, within what time, how large its frames may be, and in words why it ended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from typing_extensions import override
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import CloseCode

from engine.core.errors import VenueError
from engine.net import tls
from engine.venues.frames import Connection

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST: Final = 1 << 20
"""Bytes of the largest frame that is taken."""
PING_S: Final = 5.0
"""Between two pings, and for how long an answer is awaited: a half-open peer is noticed within twice this."""
OPEN_S: Final = 10.0
CLOSE_S: Final = 1.0
FRAMES_AHEAD: Final = 64
"""Frames the socket may hold for us before it stops reading."""
RETRY_AFTER_MOST_S: Final = 3_600.0

_socket_log = logging.getLogger(f"{__name__}.socket")
_socket_log.setLevel(logging.ERROR)  # below that the library writes headers, signatures among them


@dataclass(frozen=True, slots=True)
class Dial:
    """Where to connect, and what to say of ourselves."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


async def connected(dial: Dial, open_s: float, ping_s: float, max_size: int) -> Connection:
    """Return an open socket.

    Raises
    ------
    OSError, WebSocketException
        What the network or the venue did; `explained` has it in words.
    """
    socket = await _Dialer(
        dial.url,
        additional_headers=dict(dial.headers),
        user_agent_header="atmx",
        compression=None,
        open_timeout=open_s,
        ping_interval=ping_s,
        ping_timeout=ping_s,
        close_timeout=CLOSE_S,
        max_size=max_size,
        max_queue=FRAMES_AHEAD,
        logger=_socket_log,
        create_connection=Connection,
        ssl=tls.context() if dial.url.startswith("wss:") else None,
    )
    assert isinstance(socket, Connection)
    return socket


async def greet(dial: Dial, open_s: float = OPEN_S) -> float:
    """Open a socket, ping once, close it; return the round trip in milliseconds.

    Raises
    ------
    OSError, WebSocketException
        What the network or the venue did; `explained` has it in words.
    """
    socket = await connected(dial, open_s, open_s, LARGEST)
    try:
        async with asyncio.timeout(open_s):
            return await (await socket.ping()) * 1_000
    finally:
        await socket.close()


def explained(error: Exception, open_s: float = OPEN_S, ping_s: float = PING_S, max_size: int = LARGEST) -> str:
    """Return one sentence on a connection's end, in our words: a venue's own may be anything."""
    if isinstance(error, InvalidStatus):
        return f"the venue answered HTTP {error.response.status_code} instead of opening the stream"
    if isinstance(error, ConnectionClosed):
        return _ending(error, ping_s, max_size)
    if isinstance(error, WebSocketException):
        return "the venue did not open the stream"
    if isinstance(error, TimeoutError):
        return f"no connection within {open_s:g} s"
    if isinstance(error, VenueError):
        return str(error)[:200]
    return "cannot be reached"


def retry_after(error: Exception) -> float:
    """Return for how many seconds a venue that opened no stream wants to be left alone; 0 if it does not say."""
    text = error.response.headers.get("Retry-After") if isinstance(error, InvalidStatus) else None
    if text is None or not text.strip().isdecimal() or len(text) > 9:
        return 0.0
    return min(float(text), RETRY_AFTER_MOST_S)


class _Dialer(connect):
    """Connects where it was told to: a redirect is a failure, since a signature must reach nobody else."""

    @override
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _ending(error: ConnectionClosed, ping_s: float, max_size: int) -> str:
    if error.sent is not None and error.rcvd is None:
        if error.sent.code == CloseCode.MESSAGE_TOO_BIG:
            return f"a message was larger than {max_size} bytes"
        if error.sent.code == CloseCode.INTERNAL_ERROR:
            return f"no answer to a ping within {ping_s:g} s"
        return f"the stream broke the protocol ({int(error.sent.code)})"
    if error.rcvd is not None:
        return f"the venue closed the stream ({int(error.rcvd.code)})"
    return "the connection was cut"
