"""The stream: lists as they change, a few times a second, over a WebSocket.

::

    GET /v1/stream?of=markets,orders  ─►  {"of": "orders", "rows": […]}   whole, first at once, then after each change

A list is sent whole: who missed one misses nothing once the next is there. A client that does not read is closed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import WSCloseCode, web

from app.local import reading
from app.local.doors import Problem

if TYPE_CHECKING:
    from app.boot import Session
    from engine.core.ids import Topic

EVERY_S: Final = 0.25
MOST_CLIENTS: Final = 8
MOST_INWARD: Final = 1_024
"""Bytes of a frame from the client, which has nothing to say."""
PATIENCE_S: Final = 5.0
"""A frame must be taken within this."""


class Streams:
    """All open streams, and what has changed for each."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._owed: dict[web.WebSocketResponse, set[str]] = {}
        self._names = {topic: name for name, (_, topic, _) in reading.LISTS.items()}

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._owed)

    def mark(self, topic: Topic) -> None:
        """Say that a view is out of date."""
        name = self._names.get(topic) if self._owed else None
        if name is not None:
            for owed in self._owed.values():
                owed.add(name)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one client until it leaves."""
        wanted = _wanted(request.query.get("of", ""))
        if len(self._owed) >= MOST_CLIENTS:
            raise Problem(429, f"{MOST_CLIENTS} streams are open already")
        socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=MOST_INWARD, compress=False)
        await socket.prepare(request)
        self._owed[socket] = set(wanted)
        sender = asyncio.ensure_future(self._send(socket, wanted))
        try:
            async for _ in socket:  # whatever it says; reading it answers pings and sees it leave
                pass
        finally:
            self._owed.pop(socket, None)
            sender.cancel()
        return socket

    async def close(self) -> None:
        """Say good-bye to all."""
        for socket in list(self._owed):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the session ends")

    async def _send(self, socket: web.WebSocketResponse, wanted: frozenset[str]) -> None:
        while not socket.closed:
            owed = self._owed.get(socket, set())
            names = sorted(owed & wanted)
            owed.clear()
            for name in names:
                make = reading.LISTS[name][0]
                frame = msgspec.json.encode({"of": name, "rows": make(self._session)})
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        await socket.send_str(frame.decode())
                except (TimeoutError, ConnectionError):
                    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
                    return
            await asyncio.sleep(EVERY_S)


def _wanted(text: str) -> frozenset[str]:
    names = frozenset(text.split(",")) if text else frozenset(reading.LISTS)
    unknown = names - reading.LISTS.keys()
    if unknown:
        raise Problem(422, f"of names lists out of {', '.join(reading.LISTS)}")
    return names
