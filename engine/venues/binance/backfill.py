"""Trades that the stream left out, asked for by their ids; where that needs a key, by their time, aggregated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.errors import AuthFailed, VenueRefused
from engine.venues.binance import wire_rest

if TYPE_CHECKING:
    from engine.venues.binance.tape import Gap
    from engine.venues.binance.wire import Print, Scale
    from engine.venues.port import Now
    from engine.venues.rest import Rest

COST: Final = 25.0
AGG_COST: Final = 4.0
_MS: Final = 1_000_000


async def fetch(rest: Rest, symbol: str, gap: Gap, now: Now, scale: Scale) -> list[Print]:
    """Return what the venue still has of a gap, whole where it has it, oldest first.

    Raises
    ------
    VenueError
        If the venue cannot be asked or its answer not be read.
    """
    try:
        found = await _by_id(rest, symbol, gap, now, scale)
    except (AuthFailed, VenueRefused):  # older deployments want a key for it
        found = await _by_time(rest, symbol, gap, now, scale)
    return [one for one in found if gap.first <= one.first and one.last <= gap.last]


async def _by_id(rest: Rest, symbol: str, gap: Gap, now: Now, scale: Scale) -> list[Print]:
    found: list[Print] = []
    first = gap.first
    while first <= gap.last:
        limit = min(gap.last - first + 1, wire_rest.PAGE)
        params = {"symbol": symbol, "fromId": first, "limit": limit}
        page = wire_rest.trades(await rest.read("/api/v3/historicalTrades", params, cost=COST), symbol, now(), scale)
        if not page or page[-1].last < first:
            break
        found += page
        first = page[-1].last + 1
    return found


async def _by_time(rest: Rest, symbol: str, gap: Gap, now: Now, scale: Scale) -> list[Print]:
    """Ask for the time between the trades around the gap, a page at a time."""
    assert gap.after.venue_time is not None
    assert gap.before.venue_time is not None
    begin, end = gap.after.venue_time // _MS, gap.before.venue_time // _MS
    found: list[Print] = []
    while begin <= end:
        params = {"symbol": symbol, "startTime": begin, "endTime": end, "limit": wire_rest.PAGE}
        page = wire_rest.agg_trades(await rest.read("/api/v3/aggTrades", params, cost=AGG_COST), symbol, now(), scale)
        seen = found[-1].last if found else gap.first - 1
        fresh = [one for one in page if one.first > seen]
        found += fresh
        newest = page[-1].trade.venue_time if page else None
        if not fresh or newest is None or found[-1].last >= gap.last or newest // _MS < begin:
            break
        begin = newest // _MS  # several may share a millisecond
    return found
