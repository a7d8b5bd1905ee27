"""What Polymarket lists: events by slug, windows by the clock, rows of events by series, whole topics by tag.

``btc-updown-5m`` is the running window and the next, whose slugs follow from the clock; any other name is looked up
as an event, then as a market, then as a series; ``tag:weather`` lists a topic. Answers are remembered for a while,
windows and events that were not there for moments only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueRefused, WireError
from engine.core.ids import POLYMARKET
from engine.core.units import MINUTE, SECOND, Nanos
from engine.venues.polymarket import listing, wire_gamma, wire_orders
from engine.venues.polymarket.cache import Cache
from engine.venues.skipped import Skipped, name_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.events import Listed
    from engine.venues.polymarket.facts import Facts
    from engine.venues.port import Now
    from engine.venues.rest import Rest

WINDOW: Final = re.compile(r"(?P<asset>[a-z0-9]{2,12})-updown-(?P<length>5m|15m|4h)")
LENGTHS_S: Final = {"5m": 300, "15m": 900, "4h": 14_400}
SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
LISTED_LIFE: Final = Nanos(MINUTE)
ABSENT_LIFE: Final = Nanos(5 * SECOND)
PAGES: Final = 20
PER_PAGE: Final = 100
MOST: Final = 60
"""Families of a series or topic that are returned: the next to end come first."""


class Directory:
    """Looks events up in Gamma."""

    def __init__(self, gamma: Rest, facts: Facts, now: Now) -> None:
        self._gamma = gamma
        self._facts = facts
        self._now = now
        self.skipped = Skipped()
        """Events of a series or topic that could not be read while others could."""
        self._found: Cache[str, tuple[Listed, ...]] = Cache(now, 512, LISTED_LIFE)
        self._absent: Cache[str, bool] = Cache(now, 512, ABSENT_LIFE)

    async def find(self, what: str) -> Sequence[Listed]:
        """Return the live families of a window, event, market, series or ``tag:`` topic; none when there are none.

        Raises
        ------
        VenueError
            If the venue cannot be asked or its answer not be read.
        VenueRefused
            If the name can be none of these.
        """
        name = what.strip().removeprefix(f"{POLYMARKET}:")
        if not SLUG.fullmatch(name.removeprefix("tag:")):
            raise VenueRefused(POLYMARKET, "name", "an event's slug is letters, digits and hyphens")
        known = self._found.fresh(name)
        if known is not None:
            return known
        found = await self._find(name)
        if found:
            self._found.put(name, found)
        return found

    async def _find(self, name: str) -> tuple[Listed, ...]:
        window = WINDOW.fullmatch(name)
        if window is not None:
            return await self._windows(window["asset"], window["length"])
        if name.startswith("tag:"):
            return await self._list({"tag_slug": name.removeprefix("tag:")})
        return await self._by_slug(name) or await self._by_series(name)

    async def _windows(self, asset: str, length: str) -> tuple[Listed, ...]:
        """Return the running window and the next; they are listed a day ahead."""
        slugs = window_slugs(asset, length, self._now())
        return tuple([one for slug in slugs for one in await self._by_slug(slug)])

    async def _by_slug(self, slug: str) -> tuple[Listed, ...]:
        """Return the event of a slug, or the one of a market of that slug."""
        if self._absent.fresh(slug):
            return ()
        raw = await self._ask(f"/events/slug/{slug}")
        if raw is not None:
            return await self._complete([listing.listed(e, self._now()) for e in wire_gamma.events(raw)])
        raw = await self._ask(f"/markets/slug/{slug}")
        if raw is None:
            self._absent.put(slug, True)
            return ()
        market = wire_gamma.market(raw)
        event = market.events[0].slug if market.events else ""
        whole = await self._ask(f"/events/slug/{event}") if SLUG.fullmatch(event) else None
        if whole is None:
            return await self._complete([listing.of_market(market, self._now())])
        return await self._complete([listing.listed(e, self._now()) for e in wire_gamma.events(whole)])

    async def _by_series(self, slug: str) -> tuple[Listed, ...]:
        raw = await self._ask("/series", {"slug": slug})
        number = None if raw is None else wire_gamma.series_id(raw, slug)
        return () if number is None else await self._list({"series_id": number})

    async def _list(self, filters: dict[str, str]) -> tuple[Listed, ...]:
        """Return what a filter lists and is not closed, page by page."""
        params: dict[str, object] = {"closed": "false", "limit": PER_PAGE, "order": "endDate", "ascending": "true"}
        found: list[Listed | None] = []
        failed: WireError | None = None
        cursor = ""
        for _ in range(PAGES):
            raw = await self._gamma.read(
                "/events/keyset", params | filters | ({"after_cursor": cursor} if cursor else {})
            )
            rows, after = wire_gamma.page(raw)
            for row in rows:
                try:
                    found.append(listing.listed(wire_gamma.event(row), self._now()))
                except WireError as e:  # one that cannot be read must not hide the others
                    self.skipped.add(name_in(row, "slug"), str(e))
                    failed = failed or e
            if not after or after in (cursor, wire_orders.LAST_CURSOR) or not rows or len(found) >= MOST:
                break
            cursor = after
        if failed is not None and not found:
            raise failed
        return await self._complete(found[:MOST])

    async def _complete(self, found: Sequence[Listed | None]) -> tuple[Listed, ...]:
        return tuple([await self._facts.complete(one) for one in found if one is not None])

    async def _ask(self, path: str, params: dict[str, object] | None = None) -> bytes | None:
        """Return an answer; None where the venue knows no such thing."""
        try:
            return await self._gamma.read(path, params)
        except VenueRefused as e:
            if e.code in {"404", "422"}:
                return None
            raise


def window_slugs(asset: str, length: str, now: Nanos, ahead: int = 1) -> list[str]:
    """Return the slugs of the running window and of the next `ahead`: they begin at whole multiples of their length."""
    span = LENGTHS_S[length]
    start = now // SECOND // span * span
    return [f"{asset}-updown-{length}-{start + n * span}" for n in range(ahead + 1)]
