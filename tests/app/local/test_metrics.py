"""Every metric moves: two sessions behind the local server, scraped over sockets while things happen to them."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest
import websockets

from app import boot
from app.wiring import Wired, paper_gateway
from engine.core.commands import Arm, Halt, Release, SetLimit, SetStrategy, StrategyState
from engine.core.events import (
    Alerted,
    BookSnapshot,
    BooksStale,
    ChainChecked,
    Event,
    LinkChanged,
    LinkReport,
    Listed,
    Pictured,
    SourceReport,
)
from engine.core.ids import KALSHI, VenueId
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import HOUR, Lots, Money, Nanos, Ticks
from engine.host.clock import Clock
from engine.host.host import MARKET_ROOM
from engine.venues.port import Venue
from engine.venues.still import StillDirectory, StillFeed
from tests.app.local.served import OPTIONS, Served, metrics, serving
from tests.engine.kernel.venue import FACTS, family, instrument

A60 = (
    "atmx_trades", "atmx_trade_latency_seconds", "atmx_active_markets", "atmx_websocket_clients", "atmx_http_requests",
    "atmx_position_limit_rejections", "atmx_http_request_duration_seconds",
)  # fmt: skip
"""The names of the first design, as `# TYPE` has them: counters without their ``_total``."""
FAST = 6_000.0
"""A day in which the first market settles within a second."""


@dataclass(frozen=True, slots=True)
class Kalshi:
    """One venue on paper, which is told by the test what its feed says."""

    endpoints: Mapping[VenueId, object] = field(default_factory=dict)
    rows: tuple[VenueRow, ...] = (FACTS,)

    def connect(self, clock: Clock, snapshot: Snapshot) -> Wired:
        gateway = paper_gateway(FACTS, clock, random.Random(1))
        return Wired(venues=(Venue(KALSHI, StillFeed(), gateway, StillDirectory()),))

    def events(self, clock: Clock, snapshot: Snapshot) -> Iterator[Event]:
        return iter(())


class Seen:
    """What was scraped: each sample's values, by the name of its metric."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, set[float]]] = {}
        self.sizes = count(5)
        """Of orders: none is like another."""

    async def scrape(self, served: Served) -> dict[str, float]:
        answer = await served.get("/metrics")
        found = metrics(answer)
        for line in answer.text.splitlines():
            if line.startswith("# TYPE"):
                name, kind = line.split()[2:]
                self._take(name, f"{name}_bucket" if kind == "histogram" else name, found)
        return found

    def _take(self, name: str, sample: str, found: dict[str, float]) -> None:
        known = name.removesuffix("_total") in self.values
        of = self.values.setdefault(name.removesuffix("_total"), {})
        now = {key: value for key, value in found.items() if key.partition("{")[0] == sample}
        for key in {*of, *now}:  # a label that is not there yet, or no more, counts nothing
            of.setdefault(key, {0.0} if known else set()).add(now.get(key, 0.0))

    def still(self) -> set[str]:
        """Return the metrics of which no sample was ever at two values."""
        return {name for name, of in self.values.items() if all(len(values) < 2 for values in of.values())}

    async def until(self, served: Served, true: Callable[[dict[str, float]], object]) -> None:
        """Scrape until something holds."""
        async with asyncio.timeout(10.0):
            while not true(await self.scrape(served)):  # noqa: ASYNC110 - what moves says so only when it is scraped
                await asyncio.sleep(0.01)


@pytest.mark.limit(30.0)
async def test_z63_every_metric_is_seen_at_two_values(loop, tmp_path) -> None:
    seen = Seen()
    lag = lambda: None if loop.lag() is None else loop.lag().p99_ms  # noqa: E731

    async def day(served: Served) -> None:
        await seen.scrape(served)
        await traded(served, seen)
        await streamed(served, seen)
        await limited(served, seen)
        await flooded(served, seen)
        await seen.until(served, lambda now: now["atmx_settlements_total"])
        await broken(served, seen)

    async def desk(served: Served) -> None:
        await seen.scrape(served)
        await watched(served, seen)
        await armed(served, seen)

    await serving(tmp_path / "day", day, options=replace(OPTIONS, speed=FAST), lag=lag)
    live = boot.Options(demo=False, live=True, keyring=False, wiring=Kalshi())
    await serving(tmp_path / "desk", desk, options=live, lag=lag, live_orders=lambda: True)
    assert set(A60) <= set(seen.values)
    assert seen.still() == set()


async def traded(served: Served, seen: Seen) -> None:
    """A trade of our own exchange."""
    await order_until(served, seen, lambda: seen.values["atmx_trade_latency_seconds"])


async def order_until(served: Served, seen: Seen, true: Callable[[], object]) -> None:
    """Order until something was seen: on so fast a day the market may close before an order is taken in."""
    async with asyncio.timeout(10.0):
        for number in seen.sizes:
            await served.order(key=f"order-{number:03}", qty=str(number))
            await seen.scrape(served)
            if true():
                return


async def streamed(served: Served, seen: Seen) -> None:
    where = served.local.address.replace("http", "ws") + "/v1/stream?of=orders"
    head = served.head(served.local.tokens.read)
    async with websockets.connect(where, additional_headers=head, proxy=None):
        await seen.until(served, lambda now: now["atmx_websocket_clients"])


async def limited(served: Served, seen: Seen) -> None:
    """An order beyond what may be held, one while trading is halted, a strategy that is switched."""
    host, state = served.session.host, served.session.kernel.state
    host.ask(SetLimit(gate="MARKET_POSITION", value=Decimal(1), why="less"))
    await order_until(served, seen, lambda: "atmx_position_limit_rejections" not in seen.still())
    host.ask(Halt(why="noon"))
    host.ask(SetStrategy(strategy=next(iter(state.strategies.seats)), to=StrategyState.SHADOW))
    await seen.until(served, lambda now: now["atmx_halted"])
    host.ask(Release(typed=state.session.account_name))


async def flooded(served: Served, seen: Seen) -> None:
    """More events than there is room for, and a larger program."""
    session = served.session
    more = bytearray(64_000_000)
    for at in range(0, len(more), 4_096):
        more[at] = 1
    event = ChainChecked(at=session.clock.now(), ok=True, records=0, proved=None)
    while sum(session.host.emit(event) for _ in range(MARKET_ROOM + 1)) > MARKET_ROOM:
        pass
    await seen.scrape(served)
    del more


async def broken(served: Served, seen: Seen) -> None:
    """A settlement log that does not verify, a disk that is full, a journal that cannot go on."""
    session = served.session
    session.host.learn(ChainChecked(at=session.clock.now(), ok=False, records=1, proved=0, text="changed"))
    session.host.store_changed(False, "the disk is full")
    await seen.until(served, lambda now: not now["atmx_settlement_chain_ok"] and not now["atmx_storage_ok"])
    with sqlite3.connect(session.journal) as journal:
        journal.execute("DROP TABLE events")
    journal.close()
    await seen.until(served, lambda now: now["atmx_recorder_lost_events_total"])


async def watched(served: Served, seen: Seen) -> None:
    """What a venue and a weather service tell of themselves."""
    host, now = served.session.host, served.session.clock.now()
    family_of, one = family(), instrument(closes=Nanos(now + 24 * HOUR))
    found = msgspec.structs.replace(family_of, members=(one.id,))
    host.emit(LinkChanged(at=now, venue=KALSHI, up=True))
    host.emit(Listed(at=now, family=found, instruments=(one,)))
    host.emit(book(now, one.id))
    host.emit(SourceReport(at=now, source="nws", title="api.weather.gov", requests=3))
    host.emit(
        Alerted(at=now, id="a", event="Flood Warning", severity="Severe", sent=now, effective=now,
                expires=Nanos(now + HOUR))
    )  # fmt: skip
    host.emit(
        LinkReport(
            at=now,
            venue=KALSHI,
            latency_ms=9.0,
            skew_ms=1.0,
            frames=7,
            gaps=1,
            resyncs=2,
            reconnects=3,
            errors=4,
            overflow=5,
        )
    )
    await seen.until(served, lambda now: now.get('atmx_books{state="live",venue="kalshi"}'))


def book(at: int, of: Any) -> BookSnapshot:
    return BookSnapshot(
        at=Nanos(at), instrument=of, bids=((Ticks(4_900), Lots(500)),), asks=((Ticks(5_100), Lots(400)),)
    )


async def armed(served: Served, seen: Seen) -> None:
    """The desk is armed; an order reaches the venue and rests there; then its feed falls silent."""
    session = served.session
    host, state = session.host, session.kernel.state
    desk = state.desks[KALSHI]
    async with asyncio.timeout(5.0):
        while not desk.reconciled:  # noqa: ASYNC110 - a beat asks for our account
            await asyncio.sleep(0.01)
    now = session.clock.now()
    host.emit(Pictured(at=now, venue=KALSHI, asked_at=now, cash=Money(Decimal(1_000))))
    host.ask(Arm(typed=f"LIVE {state.session.account_name}"))
    await seen.until(served, lambda now: now["atmx_armed"])
    one = next(iter(state.listings))
    host.emit(book(session.clock.now(), one))
    answer = await served.order(venue=str(KALSHI), symbol=one.symbol, qty="1", price="0.40", tif="GTC")
    assert answer.status_code == 201, answer.text
    await seen.until(served, lambda now: now['atmx_answer_seconds_bucket{le="+Inf"}'])
    host.emit(BooksStale(at=session.clock.now(), venue=KALSHI, instruments=(one,), why="silent"))
    await seen.until(served, lambda now: now.get('atmx_books{state="stale",venue="kalshi"}'))
