"""A whole session without its window: store, kernel, host, desks and discovery, on the venues of a stage.

It can end as a session does, or be killed: then what is on disk and at the venues stays, and nothing else.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from engine.core import codec
from engine.core.commands import Arm, Cancel, Place, Tif
from engine.core.effects import AnyRow, Notice
from engine.core.errors import InvariantBroken
from engine.core.events import Event, Opened
from engine.core.ids import InstrumentId
from engine.core.order import Status
from engine.core.snapshot import Snapshot
from engine.core.units import Leg, Nanos, Qty, Side, Ticks
from engine.host.cycle import Cycle, Wish
from engine.host.desks import Desks
from engine.host.host import Host
from engine.kernel import exposing
from engine.kernel.desks import Desk, Listing
from engine.kernel.inflight import known_of
from engine.kernel.step import Kernel
from engine.orders.register import Order
from engine.orders.simulate import Simulator
from engine.store import load, migrations
from engine.store.writer import Writer
from engine.venues import registry
from engine.venues.paper.gateway import PaperGateway
from engine.venues.port import Can, Capabilities, Depth, Venue, on_paper
from tests.conformance.stage import PATIENCE_S, SPEED, Stage
from tests.conformance.venues import Entry

NAME = "desk"
WIDE = (
    ("ORDER_QTY", 1_000_000), ("ORDER_VALUE", 1_000_000), ("DUPLICATE", 0), ("RATE", 1_000), ("RATE_MINUTE", 10_000),
    ("OPEN_ORDERS", 1_000), ("PRICE_COLLAR", 100), ("MARKET_POSITION", 1_000_000), ("CELL_EXPOSURE", 1_000_000),
    ("GROUP_EXPOSURE", 1_000_000), ("EVENT_EXPOSURE", 1_000_000), ("AT_RISK", 1_000_000), ("DAILY_LOSS", -1_000_000),
    ("WEEKLY_LOSS", -1_000_000), ("CLOCK", 20_000),
)  # fmt: skip
"""Limits that no test of a venue should meet; a clock ten times as fast also strays ten times as far."""
SOUND = frozenset({Status.WORKING, Status.PARTIAL, Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED})


class Disk:
    """The store's writer, until the session is killed."""

    def __init__(self, ledger: Path, session: Session, loop: asyncio.AbstractEventLoop) -> None:
        self.dead = False
        self.events: list[tuple[bytes, bytes]] = []
        self.dies: Callable[[str], bool] = lambda what: False
        """Whether the power fails once this is on disk, before anybody hears of it."""
        self._session = session
        self._loop = loop
        self.writer = Writer(ledger, None, on_kept=self._kept, on_trouble=self._trouble)

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        self.events.append((body, digest))

    def keep(self, rows: tuple[AnyRow, ...], then: str) -> None:
        if not self.dead:
            self.writer.keep(rows, then)

    def hold(self, on: bool) -> None:
        self.writer.hold(on)

    def _kept(self, what: list[str]) -> None:
        self._loop.call_soon_threadsafe(self._told, what)

    def _told(self, what: Sequence[str]) -> None:
        if any(self.dies(one) for one in what):
            self.dead = True
        if not self.dead:
            self._session.host.kept(what)

    def _trouble(self, ok: bool, why: str) -> None:
        self._loop.call_soon_threadsafe(self._session.host.store_changed, ok, why)


class Session:
    """One session and what a trader could see of it."""

    def __init__(
        self, stage: Stage, *, mode: str = "live", seed: int = 0, ahead: float = 0.0,
        keys: Callable[[Entry], Any] = lambda entry: entry.keys,
    ) -> None:  # fmt: skip
        """Open the ledger of a stage.

        Parameters
        ----------
        ahead : float, seconds
            How far the clock that the venues' requests are signed with is wrong.
        """
        loop = asyncio.get_running_loop()
        self.stage = stage
        self.notices: list[Notice] = []
        self.broken: list[InvariantBroken] = []
        self.kernel = Kernel()
        ledger = stage.folder / f"{mode}.db"
        migrations.apply(ledger)
        rows = tuple(replace(entry.row, orders_per_second=500.0) for entry in stage.entries)
        empty = Snapshot(profile="conformance", mode=mode, account_name=NAME, venues=rows)
        limits = tuple((code, Decimal(value)) for code, value in WIDE)
        self.snapshot = replace(load.load(ledger, empty), limits=limits)
        self.disk = Disk(ledger, self, loop)
        self.host = Host(self._noting(), self.disk, stage.clock, loop, changed=_unseen, broken=self.broken.append)
        rng = random.Random(f"{seed} session")
        venues = [self._venue(entry, keys(entry), rng, mode, ahead) for entry in stage.entries]
        self.desks = Desks(venues, self.host, loop)
        wishes = [Wish(venue=entry.id, what=entry.series) for entry in stage.entries]
        self._cycle = Cycle(wishes, self.desks.venues, self.host)
        self._tasks: list[asyncio.Task[None]] = []
        self._intents = count(1)
        self._ended = False

    def _noting(self) -> Any:
        """Return the kernel; what it tells the trader is noted on the way."""
        session = self

        class Noting:
            def step(self, event: Event) -> Sequence[Any]:
                effects = session.kernel.step(event)
                session.notices += [one for one in effects if isinstance(one, Notice)]
                return effects

        return Noting()

    def _venue(self, entry: Entry, keys: Any, rng: random.Random, mode: str, ahead: float) -> Venue:
        clock, where = self.stage.clock, entry.where(self.stage.hosts[entry.id])
        now = clock.now if not ahead else lambda: Nanos(clock.now() + int(ahead * 1e9))
        made = registry.builder(entry.id)(where, keys, now, rng)
        if mode == "live" or not entry.row.trades:
            return made
        can = Can.NOTHING
        for name in entry.row.can:
            can |= Can[name]
        simulated = Simulator(entry.id, rng.random)
        return on_paper(made, PaperGateway(simulated, Capabilities(Depth.LADDER, can, 50.0, "USD"), clock.now))

    def start(self) -> None:
        """Begin: the ledger's facts first, then the venues."""
        self.disk.writer.start()
        self.host.open(Opened(at=self.stage.clock.now(), snapshot=self.snapshot))
        for venue in self.desks.venues.values():
            if isinstance(venue.gateway, PaperGateway):
                listings = self.kernel.state.listings.values()
                venue.gateway.know(one.instrument for one in listings)
                venue.gateway.resume(known_of(one) for one in self.kernel.state.register.open())
                self.host.listen(venue.gateway.hear)
        self.desks.start()
        self._tasks.append(asyncio.get_running_loop().create_task(self._cycle.run()))

    async def end(self) -> None:
        """End as a session does: what is on its way arrives first."""
        if self._ended:
            return
        self._ended = True
        await self._stop_looking()
        await self.desks.stop(0.5)
        await self._leave()

    async def kill(self) -> None:
        """Die: nothing more is written, and nothing is waited for."""
        if self._ended:
            return
        self._ended = True
        self.disk.dead = True
        await self._stop_looking()
        await self.desks.stop(0.0)
        await self._leave()

    async def _stop_looking(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _leave(self) -> None:
        self.host.stop()
        await asyncio.to_thread(self.disk.writer.stop)
        assert not self.broken, self.broken

    # what a trader does

    def ask(self, command: Any) -> None:
        """Put a command."""
        self.host.ask(command)

    async def place(self, name: InstrumentId, side: Side, price: int, qty: Any, **fields: Any) -> Order:
        """Place an order that rests unless it says otherwise; return it as the register has it."""
        given = {"tif": Tif.GTC, "intent": f"i-{next(self._intents)}"} | fields
        self.ask(Place(instrument=name, side=side, price=Ticks(price), qty=Qty(Decimal(qty)), **given))
        await self.until(lambda: self.register.of_intent(given["intent"]) is not None)
        order = self.register.of_intent(given["intent"])
        assert order is not None
        return order

    async def cancel(self, order: Order) -> None:
        """Take an order back and wait for its end."""
        self.ask(Cancel(order=order.id))
        await self.ends(order)

    async def arm(self) -> None:
        """Let orders leave."""
        self.ask(Arm(typed=f"LIVE {NAME}"))
        await self.until(lambda: self.kernel.state.session.armed_until is not None)

    # what is waited for

    async def until(self, holds: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    assert not self.broken, self.broken
                    await asyncio.sleep(0.005)
        except TimeoutError:
            said = "; ".join(f"{one.code}: {one.text}" for one in self.notices[-8:])
            standing = [(one.id, one.status.value, str(one.filled), one.why) for one in self.register]
            links = {d.venue: {k: (v.up, v.why) for k, v in d.links.items()} for d in self._desks()}
            desks = {d.venue: (d.reconciled, d.why, links[d.venue]) for d in self._desks()}
            raise AssertionError(f"it did not come about; said: {said}; orders: {standing}; desks: {desks}") from None

    async def ready(self, *entries: Entry) -> None:
        """Wait until the venues are reconciled and every book followed is told."""
        for entry in entries or self.stage.entries:
            desk = self.desk(entry)
            await self.until(lambda d=desk: d.market_up and (not d.facts.trades or (d.account_up and d.reconciled)))
            await self.until(lambda d=desk: d.report is not None and d.report.skew_ms is not None)
            await self.until(lambda e=entry: self.books(e) and all(not one.stale for one in self.books(e) if one.top))
            if not entry.outcomes:
                await self.until(lambda e=entry: any(one.book.mid is not None for one in self.books(e)))

    async def ends(self, *orders: Order) -> None:
        """Wait until nothing more can come of these."""
        await self.until(lambda: all(one.ended for one in orders))

    async def stands(self, order: Order, *statuses: Status) -> None:
        """Wait until an order has one of these standings."""
        await self.until(lambda: order.status in statuses)

    async def settles(self) -> None:
        """Wait until no order has an unknown or unanswered outcome, and every account is reconciled."""
        await self.until(
            lambda: (
                not self.kernel.state.pending
                and all(one.status in SOUND for one in self.register if one.status is not Status.REFUSED)
                and all(d.reconciled and not d.differs for d in self._desks() if d.facts.trades)
            ),
            2 * PATIENCE_S,
        )

    async def quiet(self, seconds: float) -> None:
        """Let seconds of the session's clock pass."""
        await asyncio.sleep(seconds / SPEED)

    # what is seen

    @property
    def register(self) -> Any:
        """All orders."""
        return self.kernel.state.register

    def _desks(self) -> list[Desk]:
        return list(self.kernel.state.desks.values())

    def free(self, entry: Entry) -> Decimal | None:
        """Return what the gates take for our free cash."""
        return exposing.free_cash(self.kernel.state, self.desk(entry))

    def desk(self, entry: Entry) -> Desk:
        """Return how we stand with a venue."""
        return self.kernel.state.desks[entry.id]

    def listing(self, name: InstrumentId) -> Listing:
        """Return an instrument and its book."""
        return self.kernel.state.listings[name]

    def books(self, entry: Entry) -> list[Listing]:
        """Return what is followed of a venue."""
        followed = self.desk(entry).followed
        return [one for name, one in self.kernel.state.listings.items() if name in followed]

    def shown(self, name: InstrumentId) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return a book as the kernel has it."""
        book = self.listing(name).book
        return book.levels(Side.BUY), book.levels(Side.SELL)

    def theirs(self, name: InstrumentId) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the venue's own book, in our ticks and lots."""
        one = self.listing(name).instrument
        bids, asks = self.stage.truths[name.venue].levels(name)
        ours = [[(int(price / one.unit), int(qty / one.lot)) for price, qty in side] for side in (bids, asks)]
        return ours[0], ours[1]

    def best(self, name: InstrumentId, side: Side) -> tuple[int, Decimal]:
        """Return the best price of a side by the venue's own book, our ticks, and what stands there."""
        bids, asks = self.theirs(name)
        price, lots = (bids if side is Side.BUY else asks)[0]
        return price, lots * self.listing(name).instrument.lot

    def step(self, name: InstrumentId) -> int:
        """Return the step of a venue's prices, our ticks."""
        entry = next(one for one in self.stage.entries if one.id == name.venue)
        return int(entry.tick / self.listing(name).instrument.unit)

    def low(self, name: InstrumentId) -> int:
        """Return a price of the grid far below every bid, which yet may be asked."""
        entry = next(one for one in self.stage.entries if one.id == name.venue)
        if entry.outcomes:
            return 500
        return int(self.best(name, Side.BUY)[0] * 98 // 100 // self.step(name)) * self.step(name)

    def money(self, name: InstrumentId, price: int) -> Decimal:
        """Return a price of ours as money."""
        return price * self.listing(name).instrument.unit

    def others(self, name: InstrumentId, side: Side, price: int, qty: Decimal) -> str:
        """Let somebody else place an order at a price of ours; return its id."""
        return self.stage.truths[name.venue].trade(name, side, self.money(name, price), qty)

    def nudge(self, entry: Entry, name: InstrumentId) -> None:
        """Change a level far from the middle, and change it back: a frame that shows whether one was missed."""
        self.stage.world.now()  # or the crowd moves the book between the look at it and the order
        step, (bids, asks) = self.step(name), self.theirs(name)
        if entry.outcomes:
            low = self.listing(name).instrument.grid[0].step
            price = max(low, (bids[-1][0] if bids else 2 * low) - low)
        else:
            price = bids[-1][0] - step
        if not asks or price < asks[0][0]:
            side = Side.BUY
        else:  # nobody bids, and somebody sells at the lowest price: what we bid would trade
            side, price = Side.SELL, asks[-1][0] + step
        self.stage.truth(entry).cancel(self.others(name, side, price, entry.qty(100)))

    def agrees(self, entry: Entry) -> bool:
        """Whether every book followed is fresh and the venue's."""
        names = [one.instrument.id for one in self.books(entry)]
        return all(not self.listing(one).stale and self.shown(one) == self.theirs(one) for one in names)

    def held(self, entry: Entry) -> dict[tuple[InstrumentId, Leg], Decimal]:
        """Return our positions as we know them."""
        book = self.kernel.state.book
        return {(one, leg): Decimal(p.qty) for one, leg, p in book.held() if one.venue == entry.id and p.qty}

    def middle(self, entry: Entry) -> InstrumentId:
        """Return the instrument whose book has both sides and the middle nearest to a half."""
        both = [one for one in self.books(entry) if one.book.mid is not None]
        return min(both, key=lambda one: abs((one.book.mid or 0) - 5_000)).instrument.id

    def codes(self) -> list[str]:
        """Return the codes of what was said."""
        return [one.code for one in self.notices]

    def replays(self) -> None:
        """Assert that a fresh kernel, told the same, decides the same."""
        kernel = Kernel()
        for body, digest in self.disk.events:
            assert codec.digest(kernel.step(codec.decode(body))) == digest


def _unseen(_: Any) -> None:
    """Nobody looks at the views."""


@asynccontextmanager
async def session(stage: Stage, *, armed: bool = True, ready: bool = True, **fields: Any) -> AsyncIterator[Session]:
    """Run a session; live ones are armed once they are ready."""
    here = Session(stage, **fields)
    here.start()
    try:
        if ready:
            await here.ready()
        if armed and ready and fields.get("mode", "live") == "live":
            await here.arm()
        yield here
    finally:
        await here.end()
    here.replays()
