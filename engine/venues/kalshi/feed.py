"""Kalshi's market data: one subscription for all brackets, statuses by news and by clock, a report every second.

::

    want ─► sockets ─► books, trades, news ─► events
              │  past the venue's limit a further socket
              └─ tick, every second: overdue books · openings and closes · markets to read again · maintenance
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError, WireError
from engine.core.ids import KALSHI
from engine.core.units import MINUTE
from engine.venues.kalshi import maintenance, wire, wire_markets
from engine.venues.kalshi.endpoints import CALL
from engine.venues.kalshi.hours import Hours
from engine.venues.kalshi.polled import Polled
from engine.venues.kalshi.public import Public
from engine.venues.kalshi.sids import Sids
from engine.venues.report import Standing, report, reporting
from engine.venues.sockets import Sockets, tell

if TYPE_CHECKING:
    import random

    from engine.core.events import LinkReport
    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.venues.kalshi.directory import Directory
    from engine.venues.kalshi.endpoints import Endpoints
    from engine.venues.kalshi.sign import Signer
    from engine.venues.link import LinkStats
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

SOCKETS_MOST: Final = 8
MARKETS_PER_SOCKET: Final = 1_000
"""Until the venue itself says that it is too many."""
READ_EVERY: Final = MINUTE
"""How often markets that trade no more, but are not settled, are read; the news may have been missed."""
STATUS_EVERY: Final = MINUTE
TICK_S: Final = 1.0


class KalshiFeed:
    """Emits books, trades, statuses, grids; polls where there is no key to sign with.

    Parameters
    ----------
    signer : Signer, optional
        Without one there is no stream.
    private : LinkStats, optional
        The account's socket, whose numbers belong to the same report.
    per_socket : int
        Markets on one socket.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        rest: Rest,
        directory: Directory,
        signer: Signer | None,
        now: Now,
        rng: random.Random,
        *,
        private: LinkStats | None = None,
        keys: str = "",
        per_socket: int = MARKETS_PER_SOCKET,
        tick_s: float = TICK_S,
    ) -> None:
        self.hours = Hours()
        self._endpoints = endpoints
        self._rest = rest
        self._directory = directory
        self._signer = signer
        self._now = now
        self._rng = rng
        self._private = private
        self._per_socket = per_socket
        self._tick_s = tick_s
        self._wanted: frozenset[str] = frozenset()
        self._assigned: frozenset[str] = frozenset()
        self._sockets: Sockets[Public] = Sockets(now, tick_s)
        self._polled = Polled(rest, now, rng, self._traded) if signer is None else None
        self._unread: set[str] = set()
        self._read_at: Nanos | None = None
        self._status: wire_markets.StatusReply | None = None
        self._status_at: Nanos | None = None
        self._standing = Standing(host=endpoints.host, keys=keys)

    async def run(self, emit: Emit) -> None:
        """Follow what is wanted until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(reporting(emit, self._now, self._report))
                tasks.create_task(self._reading(emit))
                tasks.create_task(self._asking_status())
                if self._polled is not None:
                    tasks.create_task(self._polled.run(emit))
                await self._minding(tasks, emit)
        finally:
            await self._rest.close()

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""
        wanted = frozenset(one.symbol for one in instruments if one.venue == KALSHI)
        self._unread |= wanted - self._wanted
        self._wanted = wanted
        self.hours.keep(wanted)
        self._assign()
        self._sockets.wake()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Ask for whole books of these, which are not to be trusted."""
        suspect = frozenset(one.symbol for one in instruments if one.venue == KALSHI)
        self._sockets.again(suspect)

    def _traded(self) -> frozenset[str]:
        """Return what is wanted and may still trade: books of the others are gone."""
        return frozenset(ticker for ticker in self._wanted if not self.hours.over(ticker))

    def _assign(self) -> None:
        """Give every wanted market to a socket: to the first that has room, to a new one when none has."""
        if self._signer is None:
            return
        self._assigned = self._traded()
        left = set(self._assigned)
        if not self._sockets.all:
            self._sockets.all.append(self._socket(self._signer))
        for number, socket in enumerate(self._sockets.all):
            kept = left & (socket.sids.wanted - socket.sids.refused)
            left -= kept
            room = (socket.sids.limit or self._per_socket) - len(kept)
            taken = set(sorted(left - socket.sids.refused)[: max(room, 0)])
            left -= taken
            socket.want(frozenset(kept | taken))
            if left and number + 1 == len(self._sockets.all) < SOCKETS_MOST:
                self._sockets.all.append(self._socket(self._signer))

    def _socket(self, signer: Signer) -> Public:
        first = not self._sockets.all
        sids = Sids(hours=self.hours, lifecycle=first)
        return Public(self._endpoints, signer, sids, self._now, self._rng, quiet=not first)

    async def _minding(self, tasks: asyncio.TaskGroup, emit: Emit) -> None:
        """See to what nobody announces, every second and whenever something is wanted."""
        if self._signer is not None and not self._sockets.all:
            self._assign()
        await self._sockets.mind(tasks, emit, self._tick)

    def _tick(self, emit: Emit) -> None:
        at = self._now()
        tell(self.hours.due(at), emit)
        for socket in self._sockets.all:
            socket.tick(at)
            if socket.sids.lost_news:
                socket.sids.lost_news = False
                self._unread |= socket.sids.wanted
        if self._traded() != self._assigned or any(socket.sids.refused for socket in self._sockets.all):
            self._assign()
        if self._read_at is None or at - self._read_at >= READ_EVERY:
            self._read_at = at
            everything = self._polled is not None  # no stream, so no news
            self._unread |= {t for t in self._wanted if everything or self._undecided(t)}
        self._standing.subscribed = sum(socket.sids.carried for socket in self._sockets.all) or (
            len(self._traded()) if self._polled is not None else 0
        )
        try:
            self._standing.maintenance_until = maintenance.until(at, self._status)
        except ValueError:
            self._standing.maintenance_until = maintenance.scheduled(at)

    def _undecided(self, ticker: str) -> bool:
        day = self.hours.days.get(ticker)
        return day is None or day.status in {"closed", "determined"}

    async def _reading(self, emit: Emit) -> None:
        """Read the objects of markets whose status is not known for sure."""
        while True:
            asked = sorted(self._unread & self._wanted)
            self._unread.clear()
            if asked:
                try:
                    await self._read(asked, emit)
                except VenueError:
                    self._unread |= set(asked)
            await asyncio.sleep(self._tick_s)

    async def _read(self, asked: list[str], emit: Emit) -> None:
        at = self._now()
        for market in await self._directory.markets(asked):
            if market.ticker not in self._wanted:
                continue
            try:
                changed = wire.understood(self.hours.learn, market.ticker, market, at)
            except WireError:  # it is read again in a while, and keeps no other from being read
                continue
            if changed is not None:
                emit(changed)

    async def _asking_status(self) -> None:
        """Ask whether the exchange trades; an answer we do not get leaves the schedule to say it."""
        while True:
            try:
                raw = await self._rest.read("/exchange/status", cost=CALL)
                self._status = wire.body(wire_markets.STATUS, raw)
            except VenueError:
                self._status = None
            await asyncio.sleep(STATUS_EVERY / 1_000_000_000)

    def _report(self, at: Nanos) -> LinkReport:
        links = [socket.link.stats for socket in self._sockets.all]
        if self._polled is not None:
            links.append(self._polled.stats)
        if self._private is not None:
            links.append(self._private)
        self._standing.skipped = self._directory.skipped.count
        return report(KALSHI, at, links, self._rest, self._standing)
