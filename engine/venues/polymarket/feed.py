"""Polymarket's market data: as few sockets as hold the markets followed, and books mended over REST.

One socket carries up to a hundred markets (two tokens each). After a connection, a contradiction, or at the kernel's
word a book is asked for whole; the socket's own first books mostly come sooner. Every so often all books are held
against the venue's, since a change that never came may leave the best prices right.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.core.events import LinkChanged, LinkReport
from engine.core.ids import POLYMARKET
from engine.venues.link import Link
from engine.venues.polymarket import wire_market, wire_orders
from engine.venues.polymarket.facts import Facts, Tokens, tokens_of
from engine.venues.polymarket.market_talk import MarketTalk
from engine.venues.polymarket.mirror import VERIFY_NS, Mirror
from engine.venues.report import Standing, report, reporting

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.venues.polymarket.endpoints import Endpoints
    from engine.venues.polymarket.wire_market import Frame
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

MARKETS: Final = 100
"""Of one socket; beyond 400 tokens the venue leaves some without a book, and says nothing."""
AT_ONCE: Final = 100
"""Books of one request."""
FIRST_BOOKS_S: Final = 1.0
"""How long the socket's own books are waited for before they are asked for."""
AGAIN_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
AUDIT_S: Final = 20.0


class Feed:
    """Books, trades and states of the markets followed."""

    def __init__(
        self,
        endpoints: Endpoints,
        clob: Rest,
        facts: Facts,
        now: Now,
        rng: random.Random,
        *,
        standing: Standing | None = None,
        beside: Sequence[Rest] = (),
        account: Link | None = None,
        markets: int = MARKETS,
        audit_s: float = AUDIT_S,
        verify_ns: int = VERIFY_NS,
    ) -> None:
        self.standing = standing or Standing(host=clob.host)
        self._account = account
        """The account's link, to be reported with ours."""
        self._endpoints = endpoints
        self._clob = clob
        self._beside = tuple(beside)
        """Hosts whose connections end with this feed."""
        self._facts = facts
        self._now = now
        self._rng = rng
        self._most = markets
        self._audit_s = audit_s
        self._verify_ns = verify_ns
        self._wanted: frozenset[InstrumentId] = frozenset()
        self._changed = asyncio.Event()
        self._shards: list[_Shard] = []
        self._due: dict[InstrumentId, float] = {}
        self._nudge = asyncio.Event()

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Follow exactly these; survives reconnection."""
        self._wanted = frozenset(name for name in instruments if name.venue == POLYMARKET)
        self._changed.set()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Ask for whole books of these, which are not to be trusted."""
        for name in instruments:
            mirror = self._mirror(name)
            if mirror is not None:
                mirror.distrust("asked for anew")
        self._ask_in(0.0, instruments)

    async def run(self, emit: Emit) -> None:
        """Connect, reconnect, emit, until cancelled."""
        self._shards.clear()
        self._changed.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._arranging(tasks, emit))
                tasks.create_task(self._mending(emit))
                tasks.create_task(self._auditing(emit))
                tasks.create_task(reporting(emit, self._now, self._report))
        finally:
            for host in (self._clob, *self._beside):
                await host.close()

    async def _arranging(self, tasks: asyncio.TaskGroup, emit: Emit) -> None:
        """Carry what is wanted, as it changes; a market that cannot be looked up is tried again."""
        pause = AGAIN_S
        while True:
            await self._changed.wait()
            self._changed.clear()
            if await self._arrange(tasks, emit):
                pause = AGAIN_S
                continue
            await _first(self._changed, pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            self._changed.set()

    async def _arrange(self, tasks: asyncio.TaskGroup, emit: Emit) -> bool:
        wanted = self._wanted
        for shard in self._shards:
            await shard.tell(shard.talk.remove([name for name in shard.talk.mirrors if name not in wanted]))
        carried = {name for shard in self._shards for name in shard.talk.mirrors}
        new, whole = await self._look_up(wanted - carried)
        while new or not self._shards:
            shard = self._roomy(tasks, emit)
            room = self._most - len(shard.talk.mirrors)
            some = {name: new.pop(name) for name in list(new)[:room]}
            await shard.tell(shard.talk.add(some))
            self._ask_in(FIRST_BOOKS_S, some)
        for empty in [shard for shard in self._shards[1:] if not shard.talk.mirrors]:
            self._shards.remove(empty)
            empty.task.cancel()
        self.standing.subscribed = sum(len(shard.talk.mirrors) for shard in self._shards)
        return whole

    async def _look_up(self, names: Iterable[InstrumentId]) -> tuple[dict[InstrumentId, Tokens], bool]:
        """Return the tokens of markets, and whether all could be had."""
        found: dict[InstrumentId, Tokens] = {}
        whole = True
        for name in sorted(names):
            try:
                found[name] = tokens_of(await self._facts.get(name))
            except VenueError:
                whole = False
        return found, whole

    def _roomy(self, tasks: asyncio.TaskGroup, emit: Emit) -> _Shard:
        """Return a socket with room for another market, a new one if need be."""
        for shard in self._shards:
            if len(shard.talk.mirrors) < self._most:
                return shard
        talk = MarketTalk(self._endpoints.ws_market, self._facts, self._now, self._asked, self._verify_ns)
        link = Link(POLYMARKET, "market", talk, self._now, self._rng)
        shard = _Shard(talk, link, tasks.create_task(link.run(lambda event: self._pass(event, emit))))
        self._shards.append(shard)
        return shard

    def _pass(self, event: Event, emit: Emit) -> bool:
        """Let an event through; the market link is up while all of its sockets are."""
        if isinstance(event, LinkChanged) and event.up and not all(shard.link.stats.up for shard in self._shards):
            return True
        return emit(event)

    def _asked(self, names: Iterable[InstrumentId]) -> None:
        self._ask_in(FIRST_BOOKS_S if any(self._fresh(name) for name in names) else 0.0, names)

    def _fresh(self, name: InstrumentId) -> bool:
        mirror = self._mirror(name)
        return mirror is not None and mirror.time is None

    def _ask_in(self, seconds: float, names: Iterable[InstrumentId]) -> None:
        due = asyncio.get_running_loop().time() + seconds
        for name in names:
            self._due[name] = min(due, self._due.get(name, due))
        self._nudge.set()

    def _mirror(self, name: InstrumentId) -> Mirror | None:
        shard = self._carrying(name)
        return None if shard is None else shard.talk.mirrors[name]

    async def _mending(self, emit: Emit) -> None:
        """Ask for whole books of what is stale, as it falls due."""
        loop = asyncio.get_running_loop()
        while True:
            self._nudge.clear()
            left = min(self._due.values(), default=loop.time() + 3_600.0) - loop.time()
            if left > 0:
                await _first(self._nudge, left)
                continue
            due = [name for name, when in self._due.items() if when <= loop.time()][:AT_ONCE]
            for name in due:
                del self._due[name]
            await self._mend([name for name in due if self._stale(name)], emit)

    async def _mend(self, names: list[InstrumentId], emit: Emit) -> None:
        try:
            found = await self._books(names) if names else []
        except VenueError:
            self._ask_in(AGAIN_S, names)
            return
        for frame in found:
            self._take(frame, emit)
        self._ask_in(AGAIN_S, [name for name in names if self._stale(name)])

    def _take(self, frame: Frame, emit: Emit) -> None:
        """Put a book in its place; one that cannot be read or finds no room is asked for again."""
        whose = self._facts.whose.get(frame.asset_id)
        shard = None if whose is None else self._carrying(whose.instrument)
        if shard is None or whose is None:
            return
        try:
            events = shard.talk.whole(frame, self._now())
        except VenueError:
            shard.link.stats.errors += 1
            return
        shard.link.stats.resyncs += 1
        if not all(emit(event) for event in events):
            shard.talk.mirrors[whose.instrument].distrust("its book found no room")

    async def _books(self, names: list[InstrumentId]) -> list[Frame]:
        """Return books of YES; of some of the tokens the venue may silently have none."""
        tokens = [tokens_of(known).yes for name in names if (known := self._facts.known(name)) is not None]
        if len(tokens) == 1:
            return wire_market.books(await self._clob.read("/book", {"token_id": tokens[0]}))
        body = wire_orders.body([{"token_id": token} for token in tokens])
        answer = await self._clob.write("POST", "/books", body, bucket="read")
        return wire_market.books(answer.body) if answer.status == 200 else []

    async def _auditing(self, emit: Emit) -> None:
        """Hold every book against the venue's now and then."""
        while True:
            await asyncio.sleep(self._audit_s)
            live = [name for name in sorted(self._wanted) if self._mirror(name) is not None and not self._stale(name)]
            for names in (live[n : n + AT_ONCE] for n in range(0, len(live), AT_ONCE)):
                await self._audit(names, emit)

    async def _audit(self, names: list[InstrumentId], emit: Emit) -> None:
        try:
            for frame in await self._books(names):
                whose = self._facts.whose.get(frame.asset_id)
                shard = None if whose is None else self._carrying(whose.instrument)
                for event in shard.talk.audit(frame, self._now()) if shard is not None else ():
                    emit(event)
        except VenueError:
            return  # a question in passing: the next one will do

    def _carrying(self, name: InstrumentId) -> _Shard | None:
        return next((shard for shard in self._shards if name in shard.talk.mirrors), None)

    def _stale(self, name: InstrumentId) -> bool:
        shard = self._carrying(name)
        return shard is not None and bool(shard.talk.mirrors[name].stale)

    def _report(self, at: Nanos) -> LinkReport:
        for shard in self._shards:
            shard.link.stats.gaps = shard.talk.gaps
        links = [shard.link for shard in self._shards] + ([self._account] if self._account is not None else [])
        return report(POLYMARKET, at, [link.stats for link in links], self._clob, self.standing)


class _Shard:
    """One socket and what it carries."""

    __slots__ = ("link", "talk", "task")

    def __init__(self, talk: MarketTalk, link: Link, task: asyncio.Task[None]) -> None:
        self.talk = talk
        self.link = link
        self.task = task

    async def tell(self, text: str) -> None:
        """Say something on the socket if it is open; when it opens it says everything anyway."""
        if text:
            await self.link.send(text)


async def _first(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not longer than so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
