"""Market data of an exchange by way of CCXT: books watched where the library can, asked for where it cannot.

::

    want ─► a task an instrument ─► watch_order_book or fetch_order_book ─► whole books
      └─ check, every half minute: what is watched against a book that is asked for

The library does not look for gaps, and merges a second snapshot into the first: what it keeps of a book may be wrong
for ever. A book that crosses itself is stale at once; one whose best prices differ from a fresh book twice in a row is
stale too, and the library's connections are closed, so that it begins anew.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import Unavailable, VenueError, WireError
from engine.core.events import BookSnapshot, BooksStale, LinkChanged, LinkReport, Marked
from engine.core.units import Nanos, Ticks
from engine.venues.ccxt import markets
from engine.venues.ccxt.library import meaning
from engine.venues.ccxt.markets import number

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.venues.ccxt.directory import Directory
    from engine.venues.ccxt.library import Client
    from engine.venues.ccxt.markets import Spec
    from engine.venues.port import Emit, Now

DEPTH: Final = 20
PACE_S: Final = 0.1
"""Between two books of an instrument: each is whole."""
POLL_S: Final = 2.0
CHECK_S: Final = 30.0
PATIENCE: Final = 2
"""Checks for which a book may be missing before it is begun anew."""
AGAIN_S: Final = 1.0
"""Until a second look at a book that differed."""
MARK_S: Final = 5.0
REPORT_S: Final = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


class CcxtFeed:
    """Emits books and marks of one exchange."""

    def __init__(self, client: Client, directory: Directory, now: Now, rng: random.Random, *, keys: str = "") -> None:
        self._client = client
        self._directory = directory
        self._now = now
        self._rng = rng
        self._keys = keys
        self._wanted: frozenset[InstrumentId] = frozenset()
        self._changed = asyncio.Event()
        self._last: dict[InstrumentId, BookSnapshot] = {}
        self._anew: dict[InstrumentId, asyncio.Event] = {}
        """Set where a book is to be watched from its beginning."""
        self._emit: Emit | None = None
        self._up: bool | None = None
        self._frames = self._gaps = self._resyncs = self._errors = 0

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Replace the set of instruments followed; survives reconnection."""
        self._wanted = frozenset(one for one in instruments if one.venue == self._client.venue)
        self._changed.set()

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """Let the next book of these be told, though it be what was told before."""
        for one in instruments:
            self._last.pop(one, None)

    async def run(self, emit: Emit) -> None:
        """Follow what is wanted until cancelled."""
        self._emit, self._up, wait = emit, None, FIRST_WAIT_S
        self._last.clear()
        while True:
            try:
                async with self._client.used() as exchange:
                    wait = FIRST_WAIT_S
                    await self._follow(exchange)
            except Unavailable as e:
                self._say(up=False, why=str(e))
                await asyncio.Event().wait()  # nothing that happens in this session brings it
            except VenueError as e:
                self._say(up=False, why=f"its markets cannot be read: {e}"[:200])
            await asyncio.sleep(self._rng.uniform(0.5, 1.0) * wait)
            wait = min(2 * wait, LONGEST_WAIT_S)

    async def _follow(self, exchange: Any) -> None:  # noqa: ANN401 - a class of the library
        """Keep a task for every instrument that is wanted."""
        tasks: dict[InstrumentId, asyncio.Task[None]] = {}
        reporting = asyncio.ensure_future(self._reporting())
        try:
            while True:
                self._changed.clear()
                for name in [one for one in tasks if one not in self._wanted]:
                    tasks.pop(name).cancel()
                    self._last.pop(name, None)
                for name in sorted(self._wanted - tasks.keys()):
                    spec = self._directory.learn(exchange, name.symbol)
                    if spec is not None:
                        tasks[name] = asyncio.ensure_future(self._instrument(exchange, spec))
                waiting = asyncio.ensure_future(self._changed.wait())
                done, _ = await asyncio.wait([waiting, *tasks.values()], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                for one in done - {waiting}:
                    one.result()  # a task ends only by a fault of ours
        finally:
            for task in (reporting, *tasks.values()):
                task.cancel()
            await asyncio.gather(reporting, *tasks.values(), return_exceptions=True)

    async def _instrument(self, exchange: Any, spec: Spec) -> None:  # noqa: ANN401 - a class of the library
        async with asyncio.TaskGroup() as group:
            watches = bool(exchange.has.get("watchOrderBook"))
            group.create_task(self._watching(exchange, spec) if watches else self._polling(exchange, spec))
            if watches and exchange.has.get("fetchOrderBook"):
                group.create_task(self._checking(exchange, spec))
            if exchange.has.get("fetchTicker"):
                group.create_task(self._marking(exchange, spec))

    async def _watching(self, exchange: Any, spec: Spec) -> None:  # noqa: ANN401 - a class of the library
        anew = self._anew[spec.id] = asyncio.Event()

        async def next_book() -> None:
            watch = asyncio.ensure_future(exchange.watch_order_book(spec.symbol))
            begun = asyncio.ensure_future(anew.wait())
            try:
                await asyncio.wait([watch, begun], return_when=asyncio.FIRST_COMPLETED)
                if anew.is_set() or watch.cancelled():  # closing its connections cancels what the library waits for
                    anew.clear()
                else:
                    self._take(spec, watch.result())
            finally:
                for task in (watch, begun):
                    task.cancel()
                await asyncio.gather(watch, begun, return_exceptions=True)
            await asyncio.sleep(PACE_S)

        await self._for_ever(spec, next_book)

    async def _polling(self, exchange: Any, spec: Spec) -> None:  # noqa: ANN401 - a class of the library
        async def next_book() -> None:
            self._take(spec, await exchange.fetch_order_book(spec.symbol, DEPTH))
            await asyncio.sleep(POLL_S)

        await self._for_ever(spec, next_book)

    async def _for_ever(self, spec: Spec, once: Callable[[], Awaitable[None]]) -> None:
        """Do something again and again; what the library raises makes the book stale, and is waited out."""
        wait = FIRST_WAIT_S
        while True:
            try:
                await once()
                wait = FIRST_WAIT_S
            except WireError as e:
                self._gaps += 1
                self._stale(spec, str(e))
                await asyncio.sleep(PACE_S)
            except Exception as e:  # noqa: BLE001 - `meaning` raises what is none of the library's
                self._errors += 1
                why = str(meaning(self._client.venue, e))
                self._stale(spec, why)
                self._say(up=False, why=why)
                await asyncio.sleep(self._rng.uniform(0.5, 1.0) * wait)
                wait = min(2 * wait, LONGEST_WAIT_S)

    async def _checking(self, exchange: Any, spec: Spec) -> None:  # noqa: ANN401 - a class of the library
        """Hold what is watched against a book that is asked for; what differs twice, or never came, is begun anew."""
        waited = 0
        while True:
            await asyncio.sleep(CHECK_S)
            waited = waited + 1 if spec.id not in self._last else 0
            wrong = waited >= PATIENCE
            if not wrong and await self._differs(exchange, spec):
                await asyncio.sleep(AGAIN_S)
                wrong = await self._differs(exchange, spec)
            if wrong:
                waited = 0
                self._resyncs += 1
                self._stale(spec, "the book that is watched is not the exchange's own")
                self._anew[spec.id].set()
                await _begin_anew(exchange, spec)

    async def _differs(self, exchange: Any, spec: Spec) -> bool:  # noqa: ANN401 - a class of the library
        """Whether the best prices that are watched are neither those before nor those after a fresh book's."""
        before = _best(self._last.get(spec.id))
        try:
            raw = await self._client.ask(lambda: exchange.fetch_order_book(spec.symbol, DEPTH))
            fresh = _best(markets.snapshot(spec, raw, self._now()))
        except VenueError:
            return False  # nothing to hold it against
        after = _best(self._last.get(spec.id))
        return before is not None and after is not None and fresh not in (before, after)

    async def _marking(self, exchange: Any, spec: Spec) -> None:  # noqa: ANN401 - a class of the library
        while True:
            try:
                ticker = await self._client.ask(lambda: exchange.fetch_ticker(spec.symbol))
                self._tell([marked(spec, ticker, self._now())])
            except (VenueError, ValueError):
                self._errors += 1  # a mark that is missing shows as none
            await asyncio.sleep(MARK_S)

    def _take(self, spec: Spec, book: Mapping[str, Any]) -> None:
        """Tell a book, if it is another than the last; raises WireError for one that cannot be."""
        self._frames += 1
        found = markets.snapshot(spec, book, self._now())
        last = self._last.get(spec.id)
        self._say(up=True)
        if last is not None and (last.bids, last.asks) == (found.bids, found.asks):
            return
        if self._tell([found]):
            self._last[spec.id] = found

    def _stale(self, spec: Spec, why: str) -> None:
        if self._last.pop(spec.id, None) is not None:
            self._tell([BooksStale(at=self._now(), venue=self._client.venue, instruments=(spec.id,), why=why[:200])])

    def _say(self, *, up: bool, why: str = "") -> None:
        if self._up is not up:
            self._up = up
            venue = self._client.venue
            self._tell([LinkChanged(at=self._now(), venue=venue, up=up, channel="market", why=why[:200])])

    def _tell(self, events: Iterable[Event]) -> bool:
        assert self._emit is not None
        return all(self._emit(event) for event in events)

    async def _reporting(self) -> None:
        while True:
            self._tell(
                [
                    LinkReport(
                        at=self._now(),
                        venue=self._client.venue,
                        frames=self._frames,
                        gaps=self._gaps,
                        resyncs=self._resyncs,
                        errors=self._errors,
                        sockets=int(bool(self._up)),
                        subscribed=len(self._wanted),
                        keys=self._keys,
                        host=f"{self._client.where.exchange} by CCXT",
                    )
                ]
            )
            await asyncio.sleep(REPORT_S)


async def _begin_anew(exchange: Any, spec: Spec) -> None:  # noqa: ANN401 - a class of the library
    """Let the library forget a book and its connections: the next watch connects, and gets a snapshot."""
    exchange.orderbooks.pop(spec.symbol, None)
    for url in list(exchange.clients):
        await exchange.clients.pop(url).close()


def marked(spec: Spec, ticker: Mapping[str, Any], at: Nanos) -> Marked:
    """Return a ticker as a mark; ValueError where a number is none."""
    mark = ticker.get("markPrice")
    index = ticker.get("indexPrice")
    stamp = ticker.get("timestamp")
    return Marked(
        at=at,
        instrument=spec.id,
        price=None if mark is None else number(mark),
        index=None if index is None else number(index),
        bid=_tick(spec, ticker.get("bid")),
        ask=_tick(spec, ticker.get("ask")),
        volume=None if ticker.get("baseVolume") is None else number(ticker["baseVolume"]),
        venue_time=Nanos(int(number(stamp)) * markets.MS) if stamp else None,
    )


def _tick(spec: Spec, price: object) -> Ticks | None:
    if not price:
        return None
    return Ticks(int((number(price) / spec.instrument.unit).to_integral_value()))


def _best(book: BookSnapshot | None) -> tuple[Ticks | None, Ticks | None] | None:
    if book is None:
        return None
    return (book.bids[0][0] if book.bids else None, book.asks[0][0] if book.asks else None)
