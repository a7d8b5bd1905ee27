"""Derive's market data: one socket with three channels an instrument, statuses by our clock, settlements by asking.

::

    want ─► instruments not known yet are looked up ─► subscribe ─► each channel's status ─► events
      └─ tick, every second: expiries that have come · settlement prices of options that have expired
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.core.errors import VenueError
from engine.core.events import BooksStale, StatusChanged
from engine.core.ids import DERIVE, InstrumentId
from engine.core.units import MINUTE, SECOND
from engine.venues.delivery import deliver
from engine.venues.derive import wire, wire_market
from engine.venues.derive.numbers import number
from engine.venues.derive.wire import Digits, Stamp
from engine.venues.dialling import Dial
from engine.venues.link import Link
from engine.venues.report import Standing, report, reporting

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from engine.core.events import Event, LinkReport
    from engine.core.units import Nanos
    from engine.venues.derive.asking import Calls
    from engine.venues.derive.catalogue import Catalogue
    from engine.venues.derive.directory import Directory
    from engine.venues.derive.endpoints import Endpoints
    from engine.venues.link import LinkStats, Send
    from engine.venues.port import Emit, Now

TICK_S: Final = 1.0
BATCH: Final = 60
"""Channels of one request."""
SETTLED_EVERY: Final = MINUTE
BEAT: Final = "beat"
RETRY_S: Final = 2.0


class ExpiryRow(msgspec.Struct, frozen=True):
    """An expiry, and what its options settled at once that is known."""

    utc_expiry_sec: Stamp
    price: Digits | None = None


class SettledReply(msgspec.Struct, frozen=True):
    """All expiries of a currency."""

    expiries: Annotated[list[ExpiryRow], msgspec.Meta(max_length=wire.MOST)]


SETTLED: Final = msgspec.json.Decoder(SettledReply)


class Public:
    """Says and understands what the market socket carries."""

    def __init__(self, endpoints: Endpoints, market: wire_market.Market, now: Now) -> None:
        self._endpoints = endpoints
        self._market = market
        self._now = now
        self._number = 0
        self._asked: dict[str, tuple[str, ...]] = {}
        """Channels of each request that is not answered yet."""
        self.carried: set[str] = set()
        """Channels that are on."""
        self.refused: dict[str, str] = {}
        """Channels that the venue does not give, and why."""
        self.alone: list[str] = []
        """Channels to be asked for one by one, since a request of several was refused whole."""
        self.renewed = asyncio.Event()
        """A connection has begun, or something is to be asked for again."""

    def dial(self) -> Dial:
        """Return where to connect."""
        return Dial(self._endpoints.socket)

    async def opened(self, send: Send) -> None:
        """Begin anew: nothing is on; the feed asks for what is wanted."""
        self._asked.clear()
        self.carried.clear()
        self.refused.clear()
        self.alone.clear()
        self._market.begin()
        self.renewed.set()

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame tells.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        found = wire.read(raw)
        if isinstance(found, wire.Told):
            return self._market.told(found.channel, found.data, at)
        return self._answered(found, raw)

    def closed(self, why: str) -> Iterable[Event]:
        """Return that every book it carried is stale."""
        stale = self._stale(why)
        self.carried.clear()
        return stale

    def overflowed(self) -> Iterable[Event]:
        """Return that every book it carries is stale; the next of each is whole again."""
        return self._stale("there was no room for what came")

    def beat(self) -> str | None:
        """Ask for the time: what is followed may be quiet, and the answer shows that we are heard."""
        return self.call("public/get_time", {})

    def call(self, method: str, params: dict[str, object]) -> str:
        """Return a request's text under the next number."""
        self._number += 1
        return wire.call(self._number, method, params)

    def subscribe(self, channels: Sequence[str]) -> str:
        """Return the request for some channels, and remember what it is for."""
        text = self.call("subscribe", {"channels": list(channels)})
        self._asked[str(self._number)] = tuple(channels)
        return text

    @property
    def awaited(self) -> set[str]:
        """Channels that were asked for and not answered yet."""
        return {one for channels in self._asked.values() for one in channels}

    def _answered(self, found: wire.Answered, raw: str | bytes) -> Iterable[Event]:
        channels = self._asked.pop(found.id, ())
        if not channels:
            return ()
        if found.error is not None:
            if len(channels) == 1:
                self.refused[channels[0]] = found.error.text
            else:
                self.alone += channels
            self.renewed.set()
            return ()
        status = wire.body(wire.SUBSCRIBED, found.result).status
        for one in channels:
            if status.get(one) == "ok":
                self.carried.add(one)
            else:
                self.refused[one] = status.get(one, "not answered")[:200]
        return ()

    def _stale(self, why: str) -> list[Event]:
        names = sorted({one.split(".")[1] for one in self.carried if one.startswith("orderbook.")})
        instruments = tuple(InstrumentId(DERIVE, name) for name in names)
        return [BooksStale(at=self._now(), venue=DERIVE, instruments=instruments, why=why)] if instruments else []


class DeriveFeed:
    """Emits books, marks, trades and statuses.

    Parameters
    ----------
    private : LinkStats, optional
        The account's socket, whose numbers belong to the same report.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        calls: Calls,
        directory: Directory,
        catalogue: Catalogue,
        now: Now,
        rng: random.Random,
        *,
        private: LinkStats | None = None,
        keys: str = "",
        tick_s: float = TICK_S,
    ) -> None:
        self._calls = calls
        self._directory = directory
        self._catalogue = catalogue
        self._now = now
        self._tick_s = tick_s
        self._private = private
        self._wanted: frozenset[str] = frozenset()
        self._market = wire_market.Market(catalogue)
        self._public = Public(endpoints, self._market, now)
        self._link = Link(DERIVE, "market", self._public, now, rng)
        self._standing = Standing(host=calls.rest.host, keys=keys)
        self._unknown: set[str] = set()
        self._over: dict[str, str] = {}
        """What was told of an instrument that ended: its status."""
        self._asked_at: Nanos | None = None

    async def run(self, emit: Emit) -> None:
        """Follow what is wanted until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(reporting(emit, self._now, self._report))
                tasks.create_task(self._link.run(emit))
                tasks.create_task(self._following(emit))
                tasks.create_task(self._minding(emit))
        finally:
            await self._calls.rest.close()

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""
        self._wanted = frozenset(one.symbol for one in instruments if one.venue == DERIVE)
        self._public.renewed.set()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Ask for whole books of these: to be subscribed anew brings one at once."""
        suspect = [one.symbol for one in instruments if one.venue == DERIVE and one.symbol in self._wanted]
        self._market.forget(suspect)
        for symbol in suspect:
            self._public.carried.discard(wire_market.channels(symbol)[0])
        self._public.renewed.set()

    async def _following(self, emit: Emit) -> None:
        """Keep the socket's channels on what is wanted."""
        while True:
            await self._public.renewed.wait()
            self._public.renewed.clear()
            if not await self._look_up(emit):
                await asyncio.sleep(RETRY_S)
                self._public.renewed.set()
                continue
            if self._link.stats.up:
                await self._subscribe()

    async def _look_up(self, emit: Emit) -> bool:
        """Have every instrument that is wanted described; False where the venue cannot be asked."""
        missing = [one for one in sorted(self._wanted - self._unknown) if self._catalogue.find(one) is None]
        if not missing:
            return True
        try:
            await deliver(emit, await self._directory.look(missing))
        except VenueError:
            return False
        self._unknown |= {one for one in missing if self._catalogue.find(one) is None}
        return True

    async def _subscribe(self) -> None:
        public = self._public
        wanted = [
            channel
            for symbol in sorted(self._wanted)
            if self._catalogue.find(symbol) is not None and symbol not in self._over
            for channel in wire_market.channels(symbol)
        ]
        alone, public.alone = public.alone, []
        asked = public.carried | public.awaited | public.refused.keys() | set(alone)
        missing = [one for one in wanted if one not in asked]
        for start in range(0, len(missing), BATCH):
            await self._link.send(public.subscribe(missing[start : start + BATCH]))
        for one in alone:
            if one in wanted:
                await self._link.send(public.subscribe([one]))
        spare = sorted(public.carried - set(wanted))
        if spare:
            public.carried -= set(spare)
            await self._link.send(public.call("unsubscribe", {"channels": spare}))
        self._standing.subscribed = len(self._wanted)

    async def _minding(self, emit: Emit) -> None:
        """See to what nobody announces: expiries, and what options settled at."""
        while True:
            await asyncio.sleep(self._tick_s)
            at = self._now()
            for event in self._closings(at):
                emit(event)
            if self._undecided() and (self._asked_at is None or at - self._asked_at >= SETTLED_EVERY):
                self._asked_at = at
                for event in await self._settlements():
                    emit(event)

    def _closings(self, at: Nanos) -> list[Event]:
        """Return that options whose time has come are closed."""
        events: list[Event] = []
        for symbol in sorted(self._wanted - self._over.keys()):
            spec = self._catalogue.find(symbol)
            if spec is None or spec.instrument.expires is None or at < spec.instrument.expires:
                continue
            self._over[symbol] = "closed"
            self._public.renewed.set()
            events.append(StatusChanged(at=at, instrument=spec.id, status="closed", closes=spec.instrument.expires))
        return events

    def _undecided(self) -> list[str]:
        return [symbol for symbol in sorted(self._wanted) if self._over.get(symbol) == "closed"]

    async def _settlements(self) -> list[Event]:
        """Return the prices at which options that have expired were settled, as far as the venue says."""
        events: list[Event] = []
        specs = [spec for one in self._undecided() if (spec := self._catalogue.find(one)) is not None]
        for currency in sorted({spec.instrument.fact("currency") for spec in specs}):
            try:
                reply = await self._calls.ask(
                    "public/get_option_settlement_prices", {"currency": currency}, SETTLED
                )  # fmt: skip
                prices = {
                    row.utc_expiry_sec: wire.understood(number, row.price, row.price)
                    for row in reply.expiries
                    if row.price is not None
                }
            except VenueError:
                continue  # asked again in a minute
            for spec in specs:
                one = spec.instrument
                price = prices.get((one.expires or 0) // SECOND)
                if one.fact("currency") != currency or price is None:
                    continue
                self._over[one.id.symbol] = "settled"
                events.append(
                    StatusChanged(at=self._now(), instrument=one.id, status="settled", result=f"{price:f}")
                )  # fmt: skip
        return events

    def _report(self, at: Nanos) -> LinkReport:
        links = [self._link.stats, *([] if self._private is None else [self._private])]
        self._link.stats.gaps = self._market.crossed
        return report(DERIVE, at, links, self._calls.rest, self._standing)
