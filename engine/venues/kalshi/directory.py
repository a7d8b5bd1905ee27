"""What exists on Kalshi: the live events of a series, or one event, with the strikes of their markets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import VenueRefused, WireError
from engine.core.ids import KALSHI
from engine.core.units import MINUTE
from engine.venues.kalshi import listing, salvage, wire, wire_markets
from engine.venues.kalshi.endpoints import CALL
from engine.venues.kalshi.wire_markets import MarketsReply
from engine.venues.skipped import Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.events import Listed
    from engine.core.units import Nanos
    from engine.venues.kalshi.wire_markets import EventData, Market, Series
    from engine.venues.port import Now
    from engine.venues.rest import Rest

LIFE: Final = 10 * MINUTE
"""For how long a series' fees and sources are taken as known."""
ROOM: Final = 512
PAGES_MOST: Final = 25
EVENTS_PAGE: Final = 200
MARKETS_PAGE: Final = 1_000
TICKERS_AT_ONCE: Final = 100
LIVE: Final = ("open", "unopened")
"""The venue's filter words, which are not its status words."""
_NAME: Final = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,127}")


class Directory:
    """Looks events up. All of it is public."""

    def __init__(self, rest: Rest, now: Now) -> None:
        self._rest = rest
        self._now = now
        self._series: dict[str, tuple[Series, Nanos]] = {}
        self.skipped = Skipped()
        """Events and markets that could not be read while others could."""

    async def find(self, what: str) -> Sequence[Listed]:
        """Return the live events of a series (``KXHIGHCHI``), or one event in whatever state (``KXHIGHCHI-26JUL24``).

        A market's ticker finds its event.

        Raises
        ------
        VenueError
            If the venue cannot be asked, does not know it, or its answer cannot be read.
        """
        name = what.strip().upper()
        if not _NAME.fullmatch(name):
            raise VenueRefused(KALSHI, "no_name", "a series or event is named by capital letters, digits and dashes")
        events = [await self._event(name)] if "-" in name else await self._events(name)
        return await self._listed(events)

    async def markets(self, tickers: Sequence[str]) -> list[Market]:
        """Return the market objects of these tickers; those the venue does not know are missing.

        Raises
        ------
        VenueError
            As `find`.
        """
        found: list[Market] = []
        for start in range(0, len(tickers), TICKERS_AT_ONCE):
            asked = ",".join(tickers[start : start + TICKERS_AT_ONCE])
            found += (await self._markets({"tickers": asked})).markets or ()
        return found

    async def _listed(self, events: Sequence[EventData]) -> list[Listed]:
        found: list[Listed] = []
        failed: WireError | None = None
        for event in events:
            series = await self._series_of(event)
            try:
                one = wire.understood(listing.listed, event.event_ticker, event, series, self._now(), self.skipped)
            except WireError as e:
                self.skipped.add(event.event_ticker, str(e))
                failed = e
            else:
                found.append(one)
        if failed is not None and not found:
            raise failed
        return found

    async def _events(self, series: str) -> list[EventData]:
        events: dict[str, EventData] = {}
        for status in LIVE:
            for event in await self._pages(series, status):
                events.setdefault(event.event_ticker, await self._with_markets(event))
        return list(events.values())

    async def _pages(self, series: str, status: str) -> list[EventData]:
        params: dict[str, object] = {
            "series_ticker": series,
            "status": status,
            "with_nested_markets": True,
            "limit": EVENTS_PAGE,
        }
        found: list[EventData] = []
        for _ in range(PAGES_MOST):
            page = salvage.events(await self._rest.read("/events", params, cost=CALL), self.skipped)
            found += page.events or ()
            if not page.cursor or page.cursor == params.get("cursor"):
                return found
            params["cursor"] = page.cursor
        raise WireError(KALSHI, f"more than {PAGES_MOST} pages of events")

    async def _event(self, name: str) -> EventData:
        try:
            raw = await self._rest.read(f"/events/{name}", {"with_nested_markets": True}, cost=CALL)
        except VenueRefused as e:
            if e.code != "404":
                raise
            owner = await self._owner(name)
            raw = await self._rest.read(f"/events/{owner}", {"with_nested_markets": True}, cost=CALL)
        reply = salvage.event(raw, self.skipped)
        if reply.event.markets or not reply.markets:
            return await self._with_markets(reply.event)
        return msgspec.structs.replace(reply.event, markets=reply.markets, unread=reply.unread)

    async def _owner(self, ticker: str) -> str:
        """Return the event of a market."""
        raw = await self._rest.read(f"/markets/{ticker}", cost=CALL)
        event = wire.body(wire_markets.MARKET, raw).market.event_ticker
        if not _NAME.fullmatch(event):
            raise WireError(KALSHI, "a market without an event", raw)
        return event

    async def _with_markets(self, event: EventData) -> EventData:
        """Return an event with its markets; those of a settled one are not nested and have to be asked for."""
        if event.markets:
            return event
        found = await self._markets({"event_ticker": event.event_ticker})
        return msgspec.structs.replace(event, markets=found.markets, unread=event.unread or found.unread)

    async def _markets(self, filter_: dict[str, object]) -> MarketsReply:
        """Return all pages as one."""
        params = {**filter_, "limit": MARKETS_PAGE}
        found: list[Market] = []
        unread = 0
        for _ in range(PAGES_MOST):
            page = salvage.markets(await self._rest.read("/markets", params, cost=CALL), self.skipped)
            found += page.markets or ()
            unread += page.unread
            if not page.cursor or page.cursor == params.get("cursor"):
                return MarketsReply(markets=found, unread=unread)
            params["cursor"] = page.cursor
        raise WireError(KALSHI, f"more than {PAGES_MOST} pages of markets")

    async def _series_of(self, event: EventData) -> Series | None:
        """Return an event's series; None where it names none, or one the venue does not show."""
        name = event.series_ticker or event.event_ticker.partition("-")[0]
        held = self._series.get(name)
        if held is not None and self._now() - held[1] < LIFE:
            return held[0]
        if not _NAME.fullmatch(name):
            return None
        try:
            series = wire.body(wire_markets.SERIES, await self._rest.read(f"/series/{name}", cost=CALL)).series
        except VenueRefused as e:
            if e.code == "404":
                return None
            raise
        self._series.pop(name, None)
        self._series[name] = series, self._now()
        if len(self._series) > ROOM:
            del self._series[next(iter(self._series))]
        return series
