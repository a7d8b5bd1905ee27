"""Polymarket's catalogue (Gamma) over the sandbox: events, markets, series, tags and search.

Lists of a market travel as JSON inside strings, and the listing that pages by offset is gone; both as at the venue.
"""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiohttp import web

from engine.core.units import TICKS_PER_UNIT, Leg, Nanos
from engine.core.when import instant, iso
from engine.sandbox.servers.polymarket_books import Wire, best, compact, plain
from engine.sandbox.servers.polymarket_http import Refusal, answer
from engine.sandbox.servers.polymarket_reads import CAP_BPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.core.instrument import Instrument
    from engine.sandbox.servers.polymarket_catalogue import PolyEvent, PolyMarket, Series, Tag
    from engine.sandbox.servers.polymarket_desk import Desk
    from engine.sandbox.servers.polymarket_reads import Reads

T = TypeVar("T")
MOST: Final = 100
MOST_OFFSET: Final = 2_000
REBATE: Final = 0.25
ENDED: Final = frozenset({"closed", "determined", "settled"})


class Gamma:
    """Handlers of the catalogue; it is public."""

    def __init__(self, desk: Desk, reads: Reads) -> None:
        """Read from a desk's catalogue and floor."""
        self._desk = desk
        self._reads = reads

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve; fixed paths before those that take anything."""
        return [
            web.get("/events", self._events_by_offset),
            web.get("/events/keyset", self._events),
            web.get("/events/slug/{name}", self._event),
            web.get("/events/{name}", self._event),
            web.get("/events/{name}/tags", self._event_tags),
            web.get("/markets", self._markets_by_offset),
            web.get("/markets/keyset", self._markets),
            web.get("/markets/slug/{name}", self._market),
            web.get("/markets/{name}", self._market),
            web.get("/series", self._all_series),
            web.get("/series/{name}", self._series),
            web.get("/tags", self._all_tags),
            web.get("/tags/slug/{name}", self._tag),
            web.get("/tags/{name}", self._tag),
            web.get("/public-search", self._search),
        ]

    # -- handlers ------------------------------------------------------------------------------------------

    async def _events(self, request: web.Request) -> web.Response:
        found = [self.event(e) for e in self._wanted_events(request.query)]
        return answer(_keyset(found, "events", request.query))

    async def _events_by_offset(self, request: web.Request) -> web.Response:
        return answer(_offset([self.event(e) for e in self._wanted_events(request.query)], request.query))

    async def _markets(self, request: web.Request) -> web.Response:
        return answer(_keyset(self._wanted_markets(request.query), "markets", request.query))

    async def _markets_by_offset(self, request: web.Request) -> web.Response:
        return answer(_offset(self._wanted_markets(request.query), request.query))

    async def _event(self, request: web.Request) -> web.Response:
        return answer(self.event(self._find_event(request)))

    async def _event_tags(self, request: web.Request) -> web.Response:
        return answer([_tag(tag) for tag in self._find_event(request).tags])

    async def _market(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = self._desk.catalogue.market(name)
        if found is None or name not in (found[1].slug, str(found[1].number)):
            raise Refusal(404, "not found", type="not found error")
        return answer(self.market(*found))

    async def _all_series(self, request: web.Request) -> web.Response:
        slugs = request.query.getall("slug", [])
        found = self._by_series()
        return answer([self._series_page(s, e) for s, e in found.values() if not slugs or s.slug in slugs])

    async def _series(self, request: web.Request) -> web.Response:
        found = self._by_series().get(request.match_info["name"])
        if found is None:
            raise Refusal(404, "not found", type="not found error")
        return answer(self._series_page(*found))

    async def _all_tags(self, _: web.Request) -> web.Response:
        return answer([_tag(tag) for tag in self._tags().values()])

    async def _tag(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = next((t for t in self._tags().values() if name in (t.slug, t.number)), None)
        if found is None:
            raise Refusal(404, "not found", type="not found error")
        return answer(_tag(found))

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("q", "").lower().split()
        if not words:
            raise Refusal(422, "q is required", type="validation error")
        size = _whole(request.query.get("limit_per_type", "10"), MOST)
        page = _whole(request.query.get("page", "1"), MOST_OFFSET) or 1
        found = [e for e in self._desk.catalogue.events() if all(w in e.title.lower() for w in words)]
        shown = found[(page - 1) * size : page * size]
        more = {"hasMore": page * size < len(found), "totalResults": len(found)}
        return answer({"events": [self.event(e) for e in shown], "pagination": more})

    # -- shapes --------------------------------------------------------------------------------------------

    def event(self, event: PolyEvent) -> Wire:
        """Return an event with its markets."""
        found = self._event_head(event)
        return found | {
            "markets": [self._market_body(event, market) for market in event.markets],
            "tags": [_tag(tag) for tag in event.tags],
            "series": [_series_head(event.series)] if event.series else [],
        }

    def market(self, event: PolyEvent, market: PolyMarket) -> Wire:
        """Return a market with the head of its event."""
        head = self._event_head(event)
        head["series"] = [_series_head(event.series)] if event.series else []
        return self._market_body(event, market) | {"events": [head], "tags": [_tag(tag) for tag in event.tags]}

    def _event_head(self, event: PolyEvent) -> Wire:
        closed = all(self._instrument(m).status in ENDED for m in event.markets)
        found: Wire = {
            "id": event.number,
            "ticker": event.slug,
            "slug": event.slug,
            "title": event.title,
            "description": event.text,
            "resolutionSource": event.source,
            "startDate": iso(event.listed),
            "creationDate": iso(event.listed),
            "endDate": iso(event.ends),
            "image": "",
            "icon": "",
            "active": True,
            "closed": closed,
            "archived": False,
            "new": False,
            "featured": False,
            "restricted": True,
            "liquidity": sum(self._liquidity(m) for m in event.markets),
            "volume": sum(self._volume(m) for m in event.markets),
            "createdAt": iso(event.listed),
            "updatedAt": iso(self._desk.floor.at),
            "enableOrderBook": True,
            "negRisk": bool(event.neg_risk),
            "commentCount": 0,
        }
        if event.neg_risk:
            found |= {"enableNegRisk": True, "negRiskMarketID": event.neg_risk, "negRiskAugmented": False}
        if event.series:
            found["seriesSlug"] = event.series.slug
        if event.starts is not None:
            found["startTime"] = iso(event.starts)
        return found

    def _market_body(self, event: PolyEvent, market: PolyMarket) -> Wire:
        instrument = self._instrument(market)
        ended = instrument.status in ENDED
        bid, ask = best(self._desk.floor.books[market.id], Leg.YES)
        low, high = (bid or 0) / TICKS_PER_UNIT, (TICKS_PER_UNIT if ask is None else ask) / TICKS_PER_UNIT
        volume, liquidity = self._volume(market), self._liquidity(market)
        found: Wire = {
            "id": market.number,
            "question": market.question,
            "conditionId": market.condition,
            "slug": market.slug,
            "resolutionSource": event.source,
            "endDate": iso(event.ends),
            "liquidity": f"{liquidity:.4f}",
            "startDate": iso(event.listed),
            "image": "",
            "icon": "",
            "description": event.text,
            "outcomes": compact(list(market.outcomes)).replace('","', '", "'),
            "outcomePrices": compact(self._prices(market)).replace('","', '", "'),
            "volume": f"{volume:.6f}",
            "active": True,
            "closed": ended,
            "marketMakerAddress": "",
            "createdAt": iso(event.listed),
            "updatedAt": iso(self._desk.floor.at),
            "new": False,
            "featured": False,
            "archived": False,
            "restricted": True,
            "groupItemTitle": market.item,
            "groupItemThreshold": str(event.markets.index(market)),
            "questionID": market.question_id,
            "enableOrderBook": True,
            "orderPriceMinTickSize": instrument.grid[0].step / TICKS_PER_UNIT,
            "orderMinSize": float(market.least),
            "volumeNum": volume,
            "liquidityNum": liquidity,
            "clobTokenIds": compact(list(market.tokens)).replace('","', '", "'),
            "volume24hr": volume,
            "makerBaseFee": CAP_BPS,
            "takerBaseFee": CAP_BPS,
            "acceptingOrders": instrument.status == "open",
            "negRisk": bool(event.neg_risk),
            "spread": round(high - low, 4),
            "bestBid": low,
            "bestAsk": high,
            "lastTradePrice": float(self._reads.last(market, Leg.YES) or 0),
            "umaResolutionStatuses": "[]",
            "secondsDelay": market.delay_s,
            "feesEnabled": bool(instrument.fee.rate),
            "feeType": None,
        }
        if instrument.fee.rate:
            found["feeType"] = market.fee_type
            found["feeSchedule"] = {
                "exponent": int(instrument.fee.exponent),
                "rate": float(instrument.fee.rate),
                "takerOnly": instrument.fee.taker_only,
                "rebateRate": REBATE,
            }
        if event.neg_risk:
            found |= {"negRiskMarketID": event.neg_risk, "negRiskRequestID": ""}
        if event.starts is not None:
            found["eventStartTime"] = iso(event.starts)
        if ended:
            found["closedTime"] = iso(event.ends).replace("T", " ").replace("Z", "+00")
        if instrument.status == "settled":
            found["umaResolutionStatus"] = "resolved"
        return found

    def _prices(self, market: PolyMarket) -> list[str]:
        payout = self._desk.floor.payouts.get(market.id)
        first = self._reads.middle(market, Leg.YES) if payout is None else payout
        return [plain(first), plain(Decimal(1) - first)]

    def _volume(self, market: PolyMarket) -> float:
        return sum(trade.lots for trade in self._desk.floor.tape[market.id]) / 1e6

    def _liquidity(self, market: PolyMarket) -> float:
        book = self._desk.floor.books[market.id]
        bids = sum(price * lots for price, lots in book.bids.levels())
        asks = sum((TICKS_PER_UNIT - price) * lots for price, lots in book.asks.levels())
        return (bids + asks) / 1e10

    def _series_page(self, series: Series, events: Sequence[PolyEvent]) -> Wire:
        return _series_head(series) | {"events": [self._event_head(e) for e in events]}

    # -- finding -------------------------------------------------------------------------------------------

    def _instrument(self, market: PolyMarket) -> Instrument:
        return self._desk.floor.instruments[market.id]

    def _find_event(self, request: web.Request) -> PolyEvent:
        found = self._desk.catalogue.event(request.match_info["name"])
        if found is None:
            raise Refusal(404, "not found", type="not found error")
        return found

    def _by_series(self) -> dict[str, tuple[Series, list[PolyEvent]]]:
        found: dict[str, tuple[Series, list[PolyEvent]]] = {}
        for event in self._desk.catalogue.events():
            if event.series is not None:
                found.setdefault(event.series.number, (event.series, []))[1].append(event)
        return found

    def _tags(self) -> dict[str, Tag]:
        return {tag.number: tag for event in self._desk.catalogue.events() for tag in event.tags}

    def _wanted_events(self, ask: Mapping[str, str]) -> list[PolyEvent]:
        fits = _filter(ask)
        found = [e for e in self._desk.catalogue.events() if fits(e)]
        closed = ask.get("closed")
        if closed is not None:
            found = [e for e in found if self._event_head(e)["closed"] is (closed == "true")]
        return _sorted(found, ask, lambda e: {"endDate": e.ends, "startDate": e.listed}.get(ask.get("order", ""), 0))

    def _wanted_markets(self, ask: Mapping[str, str]) -> list[Wire]:
        fits, closed = _filter(ask), ask.get("closed")
        conditions = _all(ask, "condition_ids")
        tokens = _all(ask, "clob_token_ids")
        found = [
            self.market(event, market)
            for event, market in self._desk.catalogue.markets()
            if fits(event, market.slug)
            and (not conditions or market.condition in conditions)
            and (not tokens or any(t in tokens for t in market.tokens))
        ]
        if closed is not None:
            found = [m for m in found if m["closed"] is (closed == "true")]
        return _sorted(found, ask, lambda m: m.get(ask.get("order", ""), 0))


def _filter(ask: Mapping[str, str]) -> Callable[..., bool]:
    tag, series, slugs = ask.get("tag_slug"), ask.get("series_id"), _all(ask, "slug")
    number = ask.get("tag_id")
    first, last = (_instant(ask.get(k)) for k in ("end_date_min", "end_date_max"))
    active = ask.get("active", "true") != "false" and ask.get("archived", "false") != "true"

    def fits(event: PolyEvent, slug: str = "") -> bool:
        return (
            active
            and (not slugs or (slug or event.slug) in slugs)
            and (tag is None or any(t.slug == tag for t in event.tags))
            and (number is None or any(t.number == number for t in event.tags))
            and (series is None or (event.series is not None and event.series.number == series))
            and (first is None or event.ends >= first)
            and (last is None or event.ends <= last)
        )

    return fits


def _all(ask: Mapping[str, str], key: str) -> list[str]:
    many: Callable[[str, list[str]], list[str]] | None = getattr(ask, "getall", None)
    found = many(key, []) if many is not None else [ask[key]] if key in ask else []
    return [part for text in found for part in text.split(",")]


def _instant(text: str | None) -> Nanos | None:
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError as e:
        raise Refusal(422, "invalid date", type="validation error") from e


def _sorted(found: list[T], ask: Mapping[str, str], key: Callable[[T], Any]) -> list[T]:
    if "order" not in ask:
        return found
    return sorted(found, key=lambda item: (str(type(key(item))), key(item)), reverse=ask.get("ascending") != "true")


def _keyset(found: list[Wire], name: str, ask: Mapping[str, str]) -> Wire:
    size = _whole(ask.get("limit", "20"), MOST) or 20
    start = 0
    if cursor := ask.get("after_cursor"):
        try:
            start = int(base64.urlsafe_b64decode(cursor))
        except (binascii.Error, ValueError) as e:
            raise Refusal(422, "invalid cursor", type="validation error") from e
    page: Wire = {name: found[start : start + size]}
    if start + size < len(found):
        page["next_cursor"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return page


def _offset(found: list[Wire], ask: Mapping[str, str]) -> list[Wire]:
    start = _whole(ask.get("offset", "0"), MOST_OFFSET)
    return found[start : start + (_whole(ask.get("limit", "20"), 500) or 20)]


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) <= most):
        raise Refusal(422, f"a whole number up to {most} was expected", type="validation error")
    return int(text)


def _tag(tag: Tag) -> Wire:
    return {"id": tag.number, "label": tag.label, "slug": tag.slug, "forceShow": False}


def _series_head(series: Series) -> Wire:
    return {
        "id": series.number,
        "ticker": series.slug,
        "slug": series.slug,
        "title": series.title,
        "seriesType": "single",
        "recurrence": series.recurrence,
        "active": True,
        "closed": False,
        "archived": False,
    }
