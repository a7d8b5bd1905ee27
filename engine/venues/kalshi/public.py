"""Kalshi's public stream: books, trades and news of markets, as one socket's talk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.core.events import BookDelta
from engine.core.ids import KALSHI
from engine.venues.dialling import Dial
from engine.venues.kalshi import wire
from engine.venues.link import Link
from engine.venues.sockets import without_links

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.kalshi.endpoints import Endpoints
    from engine.venues.kalshi.sids import Sids
    from engine.venues.kalshi.sign import Signer
    from engine.venues.link import Send
    from engine.venues.port import Emit, Now


class Public:
    """One socket. The first of a feed tells whether the market link is up; further ones only carry more books."""

    def __init__(
        self, endpoints: Endpoints, signer: Signer, sids: Sids, now: Now, rng: random.Random, *, quiet: bool
    ) -> None:
        self.sids = sids
        self.link = Link(KALSHI, "market", self, now, rng)
        self.started = False
        self._quiet = quiet
        self._endpoints = endpoints
        self._signer = signer
        self._now = now
        self._wake = asyncio.Event()
        self._errors = 0
        """Of `sids`, those that the link has counted."""
        self._number = 1 << 30  # apart from the numbers that `Sids` gives its commands

    @property
    def carries(self) -> frozenset[str]:
        """Return what it follows."""
        return self.sids.wanted

    async def run(self, emit: Emit) -> None:
        """Keep the socket, and send what the talk on it calls for, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.link.run(without_links(emit) if self._quiet else emit))
            tasks.create_task(self._sending())

    def want(self, markets: frozenset[str]) -> None:
        """Follow exactly these markets on this socket."""
        self.sids.want(markets, self._now())
        self._wake.set()

    def again(self, markets: frozenset[str]) -> list[Event]:
        """Ask for whole books of these; return what follows."""
        events = self.sids.again(markets, self._now())
        self._wake.set()
        return events

    def tick(self, at: Nanos) -> None:
        """Look what is overdue, about once a second."""
        why = self.sids.tick(at)
        if why:
            self.link.drop(why)
        self._wake.set()

    # ---- the talk

    def dial(self) -> Dial:
        """Return where to connect, freshly signed."""
        headers = self._signer.headers("GET", self._endpoints.socket_path, self._now())
        return Dial(self._endpoints.socket, headers)

    async def opened(self, send: Send) -> None:
        """Subscribe to everything that is wanted."""
        self.sids.opened(self._now())
        for text in self._taken():
            await send(text)

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame means.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        sids = self.sids
        events = sids.frame(raw, at)
        if len(events) == 1 and type(events[0]) is BookDelta:  # in its place, as nearly all are: nothing else changed
            return events
        if sids.outbox:
            self._wake.set()
        if sids.errors != self._errors:
            self.link.stats.errors += sids.errors - self._errors
            self._errors = sids.errors
        self._count()
        return events

    def closed(self, why: str) -> Iterable[Event]:
        """Return that none of its books is to be trusted."""
        return self.sids.closed(self._now(), why)

    def overflowed(self) -> Iterable[Event]:
        """Return that none of its books is to be trusted, and ask for them whole."""
        events = self.sids.overflowed(self._now())
        self._wake.set()
        return events

    def beat(self) -> str | None:
        """Ask for the subscriptions: quiet markets say nothing for long, and the answer shows that we are heard."""
        self._number += 1
        return wire.command(self._number, "list_subscriptions", {})

    async def _sending(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for text in self._taken():
                await self.link.send(text)  # down: what was asked is asked anew at the next opening

    def _taken(self) -> list[str]:
        taken, self.sids.outbox[:] = list(self.sids.outbox), []
        self._count()
        return taken

    def _count(self) -> None:
        self.link.stats.gaps, self.link.stats.resyncs = self.sids.gaps, self.sids.resyncs
