"""Rysk's requests: a socket for each asset, each request told with the option it is for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError, WireError
from engine.core.events import LinkChanged, Listed, QuoteRequested
from engine.core.ids import RYSK
from engine.venues.dialling import Dial
from engine.venues.link import Link
from engine.venues.report import Standing, report, reporting
from engine.venues.rysk import wire

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from engine.core.events import Event, LinkReport
    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.venues.link import LinkStats, Send
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest
    from engine.venues.rysk.endpoints import Endpoints

ASSETS: Final = "/api/assets"
AGAIN_S: Final = 300.0
"""Between two looks at which assets there are."""
RETRY_S: Final = 5.0
SILENCE_S: Final = 86_400.0
MOST: Final = 32
"""Assets followed at once."""
LISTED: Final = 5_000
"""Options told of that are remembered as told."""
Assets = dict[str, wire.Asset]
"""By address in small letters; filled as they are read."""


class _Stream:
    """The requests for one asset."""

    def __init__(self, feed: RyskFeed, address: str) -> None:
        self._feed = feed
        self.address = address
        self.up = False
        self.unknown = 0
        self.link = Link(RYSK, "market", self, feed.now, feed.rng, silence_s=SILENCE_S)
        self.task: asyncio.Task[None] | None = None

    def dial(self) -> Dial:
        return Dial(f"{self._feed.where.socket.rstrip('/')}/rfqs/{self.address}")

    async def opened(self, send: Send) -> None:
        """Say nothing: the address has said which requests are wanted."""

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        found = wire.read(raw)
        if isinstance(found, wire.Rfq):
            return self._feed.asked(found, at)
        self.unknown += 1
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        return ()

    def overflowed(self) -> Iterable[Event]:
        return ()

    def beat(self) -> str | None:
        return None


class RyskFeed:
    """Emits `Listed` and `QuoteRequested`; there are no books."""

    def __init__(self, where: Endpoints, rest: Rest, known: Assets, now: Now, rng: random.Random) -> None:
        self.where = where
        self.now = now
        self.rng = rng
        self.known = known
        self._rest = rest
        self._streams: dict[str, _Stream] = {}
        self._told: dict[str, None] = {}
        self._up: bool | None = None
        self._emit: Emit | None = None

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Take note of nothing: every request is told."""

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """There is no book to ask for."""

    async def run(self, emit: Emit) -> None:
        """Follow the requests of every asset until cancelled."""
        self._emit, self._up = emit, None
        self._told.clear()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(reporting(emit, self.now, self._report))
                while True:
                    wait = AGAIN_S if await self._look(group) else RETRY_S
                    await asyncio.sleep(wait)
        finally:
            self._streams.clear()
            await self._rest.close()

    async def _look(self, group: asyncio.TaskGroup) -> bool:
        """Read which assets there are, and follow each; False where they could not be read."""
        try:
            found = wire.assets(await self._rest.read(ASSETS), self.where.chain_id)
        except (VenueError, WireError) as e:
            if not self._streams:
                self._say(up=False, why=f"its assets cannot be read: {e}"[:200])
            return False
        self.known.update(found)
        wanted = {s.lower() for s in self.where.assets}
        follow = [a for a in found.values() if a.active and (not wanted or a.symbol.lower() in wanted)][:MOST]
        for asset in follow:
            if asset.address not in self._streams:
                stream = self._streams[asset.address] = _Stream(self, asset.address)
                stream.task = group.create_task(stream.link.run(self._passer(stream)))
        for address in [a for a in self._streams if a not in {one.address for one in follow}]:
            gone = self._streams.pop(address)
            if gone.task is not None:
                gone.task.cancel()
        return True

    def asked(self, found: wire.Rfq, at: Nanos) -> list[Event]:
        """Return a request, after the option it is for."""
        asset = self.known.get(found.terms.asset)
        told: list[Event] = []
        if asset is not None:
            family, instrument = wire.listing(found.terms, asset)
            if instrument.id.symbol not in self._told:
                while len(self._told) >= LISTED:
                    del self._told[next(iter(self._told))]
                self._told[instrument.id.symbol] = None
                told.append(Listed(at=at, family=family, instruments=(instrument,)))
        told.append(QuoteRequested(at=at, request=wire.request(found, asset, self.where, at)))
        return told

    def _passer(self, stream: _Stream) -> Emit:
        def passed(event: Event) -> bool:
            if not isinstance(event, LinkChanged):
                return self._emit is not None and self._emit(event)
            stream.up = event.up
            self._say(up=any(one.up for one in self._streams.values()), why=event.why)
            return True

        return passed

    def _say(self, *, up: bool, why: str) -> None:
        """Tell of all streams as one: it is up while any is."""
        if up is not self._up and self._emit is not None:
            self._up = up
            self._emit(LinkChanged(at=self.now(), venue=RYSK, up=up, channel="market", why="" if up else why))

    def _report(self, at: Nanos) -> LinkReport:
        stats: list[LinkStats] = [one.link.stats for one in self._streams.values()]
        standing = Standing(host=self._rest.host, subscribed=len(self._streams))
        return report(RYSK, at, stats, self._rest, standing)
