"""Deribit's market data: books, tickers and trades on as few sockets as carry them, states by news, ends by clock.

::

    want ─► sockets ─► books, marks, trades, states ─► events
              │  past the venue's limit of channels a further socket
              └─ tick, every second: overdue books · locks of an index · ends · delivery prices
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError, WireError
from engine.core.events import StatusChanged
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import SECOND, Nanos
from engine.venues.deribit import ends, wire, wire_market
from engine.venues.deribit.channels import Channels
from engine.venues.deribit.endpoints import CHANNELS
from engine.venues.deribit.ends import Ends
from engine.venues.deribit.login import Login
from engine.venues.deribit.public import Public
from engine.venues.report import Standing, report, reporting
from engine.venues.sockets import Sockets, tell

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from engine.core.events import Event, LinkReport
    from engine.venues.deribit.directory import Directory
    from engine.venues.deribit.endpoints import Endpoints
    from engine.venues.deribit.keys import Keys
    from engine.venues.link import LinkStats
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

SOCKETS_MOST: Final = 12
"""The venue allows 32 from one address."""
EACH: Final = 3
"""Channels of one instrument."""
PER_SOCKET: Final = (CHANNELS - 20) // EACH
TICK_S: Final = 1.0
LOOK_EVERY: Final = Nanos(60 * SECOND)
"""Between two questions for an instrument that is not known."""


class Feed:
    """Emits books, marks, trades and statuses of what is wanted.

    Parameters
    ----------
    keys : Keys, optional
        With them books come as they change, else gathered over 100 ms.
    private : LinkStats, optional
        The account's socket, whose numbers belong to the same report.
    per_socket : int
        Instruments on one socket.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        rest: Rest,
        directory: Directory,
        keys: Keys | None,
        now: Now,
        rng: random.Random,
        *,
        private: LinkStats | None = None,
        per_socket: int = PER_SOCKET,
        tick_s: float = TICK_S,
    ) -> None:
        self._endpoints = endpoints
        self._rest = rest
        self._directory = directory
        self._keys = keys
        self._now = now
        self._rng = rng
        self._private = private
        self._per_socket = per_socket
        self._tick_s = tick_s
        self._ends = Ends()
        self._listings = -1
        self._unknown: dict[str, Nanos] = {}
        self._wanted: frozenset[str] = frozenset()
        self._sockets: Sockets[Public] = Sockets(now, tick_s)
        self._locked: set[str] = set()
        """Indices whose markets the venue has locked; `` `` alone stands for all."""
        self._standing = Standing(host=endpoints.host, keys=keys.source if keys is not None else "")

    async def run(self, emit: Emit) -> None:
        """Follow what is wanted until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(reporting(emit, self._now, self._report))
                tasks.create_task(self._reading(emit))
                await self._minding(tasks, emit)
        finally:
            await self._rest.close()

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""
        self._wanted = frozenset(one.symbol for one in instruments if one.venue == DERIBIT)
        self._assign()
        self._sockets.wake()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Ask for whole books of these, which are not to be trusted."""
        suspect = frozenset(one.symbol for one in instruments if one.venue == DERIBIT)
        self._sockets.again(suspect)

    def _assign(self) -> None:
        """Give every wanted instrument to a socket: to the one that has it, else to one that has room."""
        left = set(self._wanted)
        for socket in self._sockets.all:
            kept = left & socket.channels.wanted
            left -= kept
            taken = set(sorted(left)[: max(self._per_socket - len(kept), 0)])
            left -= taken
            socket.want(frozenset(kept | taken))
        while left and len(self._sockets.all) < SOCKETS_MOST:
            socket = self._socket()
            taken = set(sorted(left)[: self._per_socket])
            left -= taken
            self._sockets.all.append(socket)
            socket.want(frozenset(taken))
        self._listings = -1

    def _learn(self) -> None:
        """Watch the ends of what is wanted, as far as it was listed by now."""
        if self._listings != self._directory.listings:
            self._listings = self._directory.listings
            known = self._directory.instruments
            self._ends.keep(known[name] for name in sorted(self._wanted) if name in known)

    def _socket(self) -> Public:
        channels = Channels(self._directory, first=not self._sockets.all)
        mine = None if self._keys is None else Login(self._keys, self._now, self._rng)
        found = Public(self._endpoints, channels, mine, self._now, self._rng)
        found.clock = self._rest.timing.learn_time
        return found

    async def _minding(self, tasks: asyncio.TaskGroup, emit: Emit) -> None:
        """See to what nobody announces, every second and whenever something is wanted."""
        if not self._sockets.all:
            self._sockets.all.append(self._socket())
            self._assign()
        await self._sockets.mind(tasks, emit, self._tick)

    def _tick(self, emit: Emit) -> None:
        at = self._now()
        self._learn()
        tell(self._ends.closing(at), emit)
        for socket in self._sockets.all:
            socket.tick(at)
            told, socket.locked[:] = list(socket.locked), []
            for news in told:
                tell(self._platform(news, at), emit)
        self._standing.subscribed = sum(socket.channels.live for socket in self._sockets.all)

    def _platform(self, news: wire.News, at: Nanos) -> Iterable[Event]:
        """Return what a lock of an index, maintenance, or the end of one means."""
        try:
            told = wire.body(wire_market.PLATFORM, news.data)
        except WireError:
            return ()
        index = told.price_index
        locked = bool(told.locked) or told.maintenance
        if locked == (index in self._locked):
            return ()
        (self._locked.add if locked else self._locked.discard)(index)
        known = self._directory.instruments
        some = [known[name] for name in sorted(self._wanted) if name in known]
        some = [one for one in some if not index or one.fact("index") == index]
        word = "paused" if locked else "open"
        return [StatusChanged(at=at, instrument=one.id, status=word) for one in some if not self._over(one.id, at)]

    def _over(self, one: InstrumentId, at: Nanos) -> bool:
        found = self._directory.instruments[one.symbol]
        return found.expires is not None and at >= found.expires

    async def _reading(self, emit: Emit) -> None:
        """Ask for the delivery prices of what has ended, and for what nobody listed; a failure is tried again."""
        while True:
            await self._look()
            for index in self._ends.asks(self._now()):
                try:
                    found = await ends.prices(self._rest, self._now, index)
                except VenueError:
                    continue
                tell(self._ends.delivered(index, found, self._now()), emit)
            await asyncio.sleep(self._tick_s)

    async def _look(self) -> None:
        """Look up wanted instruments that the lists of this session did not have, such as one that has ended."""
        at = self._now()
        for name in sorted(self._wanted - self._directory.instruments.keys()):
            asked = self._unknown.get(name)
            if asked is None or at - asked >= LOOK_EVERY:
                self._unknown[name] = at
                with contextlib.suppress(VenueError):
                    await self._directory.one(name)

    def _report(self, at: Nanos) -> LinkReport:
        links = [socket.link.stats for socket in self._sockets.all]
        if self._private is not None:
            links.append(self._private)
        self._standing.skipped = self._directory.skipped.count
        return report(DERIBIT, at, links, self._rest, self._standing)
