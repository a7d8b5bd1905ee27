"""20,000 messages a second from three venues at once, through links, the bounded inbox, kernel and journal on disk.

What is to be seen: the loop stays free for others, no queue grows beyond its room, and what became of our own orders
is never left out, merged or late, however many quotes come in between. Two seconds of it; a minute with ATMX_FULL=1,
which is what the design asks for.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from app import memory
from app.bench import figures, loopback, peer
from app.bench.peer import Script
from app.bench.session import Session
from app.turns import switching
from engine.core.ids import BINANCE, KALSHI, POLYMARKET
from engine.host.host import MARKET_ROOM

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from engine.core.ids import VenueId

PER_S: Final[dict[VenueId, float]] = {KALSHI: 10_000.0, POLYMARKET: 4_000.0, BINANCE: 6_000.0}
"""Messages; one of Polymarket tells of a level twice, and is the longest."""
ORDERS_PER_S: Final = 10.0
"""On each venue that takes orders."""
FULL_S: Final = 60.0
QUICK_S: Final = 2.0
BESIDE_S: Final = 0.005
"""How often another task of the loop wants its turn."""


def seconds() -> float:
    """Return how long it lasts."""
    return FULL_S if os.environ.get("ATMX_FULL") == "1" else QUICK_S


class Flood(NamedTuple):
    """What was seen."""

    lags: list[float]
    """Milliseconds that the other task waited beyond what it asked for."""
    rates: list[float]
    """Market events stepped a second, second by second."""
    counts: dict[str, int]


@cache
def flooded() -> Flood:
    """Run it once; all figures come from this run."""
    with peer.started() as other, switching(), memory.calmed():
        return asyncio.run(_flooded(other, seconds()))


async def _flooded(other: peer.Peer, lasts: float) -> Flood:
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as folder, loopback.stamping() as left:
        one = Session(tuple(PER_S), other.places, Path(folder))
        await one.open()
        lags: list[float] = []
        rates: list[float] = []
        beside = [asyncio.ensure_future(_beside(lags)), asyncio.ensure_future(_counting(one, rates))]
        try:
            other.go(
                [Script(venue, rate, lasts, ORDERS_PER_S if venue != BINANCE else 0.0) for venue, rate in PER_S.items()]
            )
            told = await other.done(lasts + loopback.PATIENCE_S)
            await one.drained(told)
        finally:
            for task in beside:
                task.cancel()
            await one.close()
        events, inbox = one.seen.events, one.host.market
        counts = {
            "sent": sum(told.frames.values()),
            "stepped": one.seen.stepped,
            "merged": inbox.merged,
            "refused": inbox.refused,
            "deepest": inbox.deepest,
            "room": MARKET_ROOM,
            "stale": len(one.stale()) + events.get("BooksStale", 0),
            "orders": one.seen.asked,
            "requests": len(left.written),
            "accepted": events.get("Accepted", 0),
            "ended": events.get("Canceled", 0),
            "lost": events.get("Lost", 0),
            "reconnects": events.get("LinkChanged", 0),
        }
    return Flood(lags, rates, counts)


async def _beside(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(BESIDE_S)
        lags.append(1e3 * (time.perf_counter() - began - BESIDE_S))


async def _counting(one: Session, rates: list[float]) -> None:
    """Count what is stepped; the pace of a second in which the venues begin or end is left out."""
    before, at = 0, time.perf_counter()
    while True:
        await asyncio.sleep(min(1.0, seconds() / 4))
        now, stepped = time.perf_counter(), one.seen.stepped
        if before:
            rates.append((stepped - before) / (now - at))
        before, at = stepped, now


def flood_lag() -> Figure:
    """How late another task of the loop gets its turn under 20,000 messages a second, all queues bounded."""
    found = flooded()
    return figures.of(found.lags, "ms", bar=50.0, moonshot=10.0, **found.counts)  # type: ignore[arg-type] # notes


def flood_rate() -> Figure:
    """Market events taken from sockets, stepped and journalled a second, and what became of all of them."""
    found = flooded()
    rate = sum(PER_S.values())
    return figures.of(found.rates, "events/s", bar=0.95 * rate, held="median", more=True, **found.counts)


ALL: Final = {"flood_lag": flood_lag, "flood_rate": flood_rate}
