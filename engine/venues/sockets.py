"""The sockets of a feed that may need several: each runs from when there is something for it, and all are minded.

::

    want ─► the feed gives each instrument to a socket ─► wake ─► a socket not started yet is, and a turn is taken
            a turn: every second, and whenever something is wanted; what is overdue drops its socket, which returns
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from engine.core.events import LinkChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.link import Link
    from engine.venues.port import Emit, Now


class Socket(Protocol):
    """One of them."""

    started: bool
    link: Link

    @property
    def carries(self) -> frozenset[str]:
        """Return what it follows, by the venue's names."""

    async def run(self, emit: Emit) -> None:
        """Keep it until cancelled."""

    def again(self, names: frozenset[str], /) -> list[Event]:
        """Ask for whole books of these; return what follows."""

    def tick(self, at: Nanos) -> None:
        """Look what is overdue."""


S = TypeVar("S", bound=Socket)


class Sockets(Generic[S]):
    """All of one feed; `every_s` is between two turns where nothing is wanted meanwhile."""

    def __init__(self, now: Now, every_s: float) -> None:
        self.all: list[S] = []
        self._now = now
        self._every_s = every_s
        self._wake = asyncio.Event()
        self._emit: Emit | None = None

    async def mind(self, tasks: asyncio.TaskGroup, emit: Emit, turn: Callable[[Emit], None]) -> None:
        """Start sockets as they come and take turns, until cancelled."""
        self._emit = emit
        try:
            while True:
                for socket in self.all:
                    if not socket.started:
                        socket.started = True
                        tasks.create_task(socket.run(emit))
                turn(emit)
                await self._wait()
        finally:
            self._emit = None
            self.all.clear()

    def wake(self) -> None:
        """Take a turn soon: something else is wanted."""
        self._wake.set()

    def again(self, suspect: frozenset[str]) -> None:
        """Ask for whole books of these, which are not to be trusted; tell what follows."""
        for socket in self.all:
            events = socket.again(suspect & socket.carries)
            if self._emit is not None:
                tell(events, self._emit)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._every_s):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()


def tell(events: Iterable[Event], emit: Emit) -> None:
    """Hand on events, one by one."""
    for event in events:
        emit(event)


def without_links(emit: Emit) -> Emit:
    """Return an emitter that keeps to itself how this one of several sockets does."""
    return lambda event: isinstance(event, LinkChanged) or emit(event)
