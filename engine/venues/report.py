"""How a venue's connections do, once a second: what its chip and the Connections dock show."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.events import LinkReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.ids import VenueId
    from engine.core.units import Nanos
    from engine.venues.link import LinkStats
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

EVERY_S = 1.0


@dataclass(slots=True)
class Standing:
    """What only the venue's feed knows of itself; it keeps this current."""

    subscribed: int = 0
    queued: int = 0
    keys: str = ""
    host: str = ""
    maintenance_until: Nanos | None = None
    skipped: int = 0
    """What its lists hold that could not be read."""


def report(venue: VenueId, at: Nanos, links: Sequence[LinkStats], rest: Rest | None, standing: Standing) -> LinkReport:
    """Return the sums over a venue's sockets, with its REST side's clock and budget."""
    latencies = [link.latency_ms for link in links if link.latency_ms is not None]
    if not latencies and rest is not None and rest.timing.latency_ms is not None:
        latencies = [rest.timing.latency_ms]
    return LinkReport(
        at=at,
        venue=venue,
        latency_ms=statistics.median(latencies) if latencies else None,
        frames=sum(link.frames for link in links),
        gaps=sum(link.gaps for link in links),
        resyncs=sum(link.resyncs for link in links),
        reconnects=sum(link.reconnects for link in links),
        overflow=sum(link.overflow for link in links),
        errors=sum(link.errors for link in links) + standing.skipped,
        queued=standing.queued,
        skew_ms=None if rest is None else rest.timing.skew_ms,
        read_room=_room(rest, "read"),
        write_room=_room(rest, "write"),
        cancel_room=_room(rest, "cancel"),
        sockets=sum(link.up for link in links),
        subscribed=standing.subscribed,
        keys=standing.keys,
        host=standing.host,
        maintenance_until=standing.maintenance_until,
    )


async def reporting(emit: Emit, now: Now, make: Callable[[Nanos], LinkReport], every_s: float = EVERY_S) -> None:
    """Emit a report every so often until cancelled; one that finds no room is the next one's to tell."""
    while True:
        emit(make(now()))
        await asyncio.sleep(every_s)


def _room(rest: Rest | None, bucket: str) -> float | None:
    return rest.budget.room(bucket) if rest is not None and bucket in rest.budget else None
