"""Polymarket's public CLOB reads over the sandbox floor: markets, books, prices and the facts an order needs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from engine.core.ids import POLYMARKET
from engine.core.units import TICKS_PER_UNIT, Leg, Side, Ticks
from engine.core.when import iso
from engine.sandbox.floor_order import Notice, Traded, of_leg
from engine.sandbox.servers.polymarket_books import Wire, best, plain, price_text, summary
from engine.sandbox.servers.polymarket_http import Refusal, answer, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.sandbox.floor_book import FloorBook
    from engine.sandbox.servers.polymarket_catalogue import PolyEvent, PolyMarket
    from engine.sandbox.servers.polymarket_desk import Desk

NO_BOOK = "No orderbook exists for the requested token id"
MOST_BOOKS = 500
CAP_BPS = 1_000
"""What `/fee-rate` and Gamma state for a market with fees: a cap in the units of V1, no rate."""


class Wanted(msgspec.Struct):
    """One item of a request for many tokens."""

    token_id: str
    side: str = ""


class Reads:
    """Handlers that need no signature."""

    def __init__(self, desk: Desk) -> None:
        """Read from a desk's floor and catalogue."""
        self._desk = desk
        self._catalogue = desk.catalogue
        self._floor = desk.floor
        self._lasts: dict[tuple[InstrumentId, Leg], tuple[str, str]] = {}
        """Price and taker's side of each token's last trade."""
        for tape in desk.floor.tape.values():
            for trade in tape:
                self._hear(trade)
        desk.floor.listeners.append(self._hear)

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.get("/ok", self._ok),
            web.get("/time", self._time),
            web.get("/version", self._version),
            web.get("/markets", self._markets),
            web.get("/sampling-markets", self._markets),
            web.get("/simplified-markets", self._simplified),
            web.get("/sampling-simplified-markets", self._simplified),
            web.get("/markets/{condition}", self._market),
            web.get("/clob-markets/{condition}", self._clob_market),
            web.get("/markets-by-token/{token}", self._by_token),
            web.get("/book", self._one(self.book)),
            web.post("/books", self._books),
            *self._both("/midpoint", "/midpoints", self._mid, lambda found: found["mid"]),
            *self._both("/spread", "/spreads", self._spread, lambda found: found["spread"]),
            web.get("/price", self._price),
            web.post("/prices", self._prices),
            web.get("/last-trade-price", self._one(self._last)),
            web.post("/last-trades-prices", self._last_many),
            web.get("/tick-size", self._one(lambda m, _: {"minimum_tick_size": self._tick(m)})),
            web.get("/tick-size/{token_id}", self._one(lambda m, _: {"minimum_tick_size": self._tick(m)})),
            web.get("/neg-risk", self._one(lambda m, _: {"neg_risk": self._instrument(m).fact("neg_risk") == "true"})),
            web.get("/fee-rate", self._one(lambda m, _: {"base_fee": self._cap(m)})),
            web.get("/fees/builder-fees/{code}", self._no_builder),
            web.get("/prices-history", self._history),
        ]

    def book(self, market: PolyMarket, leg: Leg) -> Wire:
        """Return a token's whole book."""
        instrument, book = self._instrument(market), self._book(market)
        return summary(market, instrument, book, leg, self._floor.at, self.last(market, leg))

    def last(self, market: PolyMarket, leg: Leg) -> str:
        """Return the price of a token's own last trade; empty before the first."""
        return self._lasts.get((market.id, leg), ("", ""))[0]

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Traded) and notice.instrument.venue == POLYMARKET:
            for leg in {notice.taker.leg, notice.maker.leg}:
                side = "BUY" if (notice.way is Side.BUY) is (leg is Leg.YES) else "SELL"
                self._lasts[notice.instrument, leg] = price_text(of_leg(leg, notice.price)), side

    # -- handlers ------------------------------------------------------------------------------------------

    async def _ok(self, _: web.Request) -> web.Response:
        return answer("OK")

    async def _time(self, _: web.Request) -> web.Response:
        return answer(self._desk.wall() // 1_000_000_000)

    async def _version(self, _: web.Request) -> web.Response:
        return answer({"version": 2})

    async def _no_builder(self, _: web.Request) -> web.Response:
        raise Refusal(404, "builder not found")

    async def _markets(self, request: web.Request) -> web.Response:
        found = [self.market(event, market) for event, market in self._catalogue.markets()]
        return answer(page(found, request.query.get("next_cursor", "")))

    async def _simplified(self, request: web.Request) -> web.Response:
        kept = ("condition_id", "rewards", "tokens", "active", "closed", "archived", "accepting_orders")
        found = [self.market(event, market) for event, market in self._catalogue.markets()]
        return answer(
            page([{k: row[k] for k in kept} for row in found], request.query.get("next_cursor", ""))
        )  # fmt: skip

    async def _market(self, request: web.Request) -> web.Response:
        return answer(self.market(*self._condition(request)))

    async def _clob_market(self, request: web.Request) -> web.Response:
        _, market = self._condition(request)
        instrument = self._instrument(market)
        found: Wire = {
            "c": market.condition,
            "t": [{"t": t, "o": o} for t, o in zip(market.tokens, market.outcomes, strict=True)],
            "mts": self._tick(market),
            "mos": float(market.least),
            "nr": instrument.fact("neg_risk") == "true",
            "mbf": self._cap(market),
            "tbf": self._cap(market),
        }
        if instrument.fee.rate:
            found["fd"] = {
                "r": float(instrument.fee.rate),
                "e": float(instrument.fee.exponent),
                "to": instrument.fee.taker_only,
            }
        return answer(found)

    async def _by_token(self, request: web.Request) -> web.Response:
        market, _ = self._token(request.match_info["token"])
        first, second = market.tokens
        return answer(
            {"condition_id": market.condition, "primary_token_id": first, "secondary_token_id": second}
        )  # fmt: skip

    async def _books(self, request: web.Request) -> web.Response:
        return answer([self.book(market, leg) for market, leg, _ in await self._many(request)])

    async def _price(self, request: web.Request) -> web.Response:
        market, leg = self._token(request.query.get("token_id", ""))
        found = self._of_side(market, leg, request.query.get("side", ""))
        if found is None:
            raise Refusal(404, NO_BOOK)
        return answer({"price": found})

    async def _prices(self, request: web.Request) -> web.Response:
        found: dict[str, dict[str, str]] = {}
        for market, leg, side in await self._many(request):
            price = self._of_side(market, leg, side)
            if price is not None:
                found.setdefault(market.token(leg), {})[side] = price
        return answer(found)

    async def _last_many(self, request: web.Request) -> web.Response:
        many = await self._many(request)
        return answer([self._last(market, leg) | {"token_id": market.token(leg)} for market, leg, _ in many])

    async def _history(self, request: web.Request) -> web.Response:
        market, leg = self._token(request.query.get("market", ""))
        since, until = (request.query.get(k, d) for k, d in (("startTs", "0"), ("endTs", "9999999999")))
        if not (since.isdecimal() and until.isdecimal()):
            raise Refusal(400, "invalid filters: startTs and endTs are seconds")
        tape = self._floor.tape[market.id] if self._instrument(market).status == "open" else []
        points = [(t.at // 1_000_000_000, float(price_text(of_leg(leg, t.price)))) for t in tape]
        return answer({"history": [{"t": t, "p": p} for t, p in points if int(since) <= t <= int(until)]})

    # -- shapes --------------------------------------------------------------------------------------------

    def market(self, event: PolyEvent, market: PolyMarket) -> Wire:
        """Return the long form of a market."""
        instrument = self._instrument(market)
        payout = self._floor.payouts.get(market.id)
        ended = instrument.status in ("closed", "determined", "settled")
        return {
            "enable_order_book": True,
            "active": True,
            "closed": ended,
            "archived": False,
            "accepting_orders": instrument.status == "open",
            "accepting_order_timestamp": iso(event.listed),
            "minimum_order_size": float(market.least),
            "minimum_tick_size": self._tick(market),
            "condition_id": market.condition,
            "question_id": market.question_id,
            "question": market.question,
            "description": event.text,
            "market_slug": market.slug,
            "end_date_iso": iso(event.ends),
            "game_start_time": None,
            "seconds_delay": market.delay_s,
            "fpmm": "",
            "maker_base_fee": self._cap(market),
            "taker_base_fee": self._cap(market),
            "notifications_enabled": True,
            "neg_risk": bool(event.neg_risk),
            "neg_risk_market_id": event.neg_risk,
            "neg_risk_request_id": "",
            "icon": "",
            "image": "",
            "rewards": {"rates": None, "min_size": 0, "max_spread": 0},
            "is_50_50_outcome": payout == Decimal("0.5"),
            "tokens": [self._outcome(market, leg, payout) for leg in Leg],
            "tags": [tag.label for tag in event.tags],
        }

    def _outcome(self, market: PolyMarket, leg: Leg, payout: Decimal | None) -> Wire:
        worth = payout if leg is Leg.YES or payout is None else 1 - payout
        price = float(self.middle(market, leg)) if worth is None else float(worth)
        return {
            "token_id": market.token(leg),
            "outcome": market.outcome(leg),
            "price": price,
            "winner": worth == 1,
        }

    def middle(self, market: PolyMarket, leg: Leg) -> Decimal:
        """Return the middle of a token's best prices; an empty side counts as the end of the scale."""
        bid, ask = best(self._book(market), leg)
        return Decimal((bid or 0) + (TICKS_PER_UNIT if ask is None else ask)) / (2 * TICKS_PER_UNIT)

    def _mid(self, market: PolyMarket, leg: Leg) -> Wire:
        if best(self._book(market), leg) == (None, None):
            raise Refusal(404, NO_BOOK)
        return {"mid": plain(self.middle(market, leg))}

    def _spread(self, market: PolyMarket, leg: Leg) -> Wire:
        bid, ask = best(self._book(market), leg)
        return {"spread": price_text(Ticks((TICKS_PER_UNIT if ask is None else ask) - (bid or 0)))}

    def _last(self, market: PolyMarket, leg: Leg) -> Wire:
        price, side = self._lasts.get((market.id, leg), ("0.5", ""))
        return {"price": price, "side": side}

    def _of_side(self, market: PolyMarket, leg: Leg, side: str) -> str | None:
        if side not in ("BUY", "SELL"):
            raise Refusal(400, "Invalid side")
        bid, ask = best(self._book(market), leg)
        price = bid if side == "BUY" else ask
        return None if price is None else price_text(price)

    # -- finding -------------------------------------------------------------------------------------------

    def _instrument(self, market: PolyMarket) -> Instrument:
        return self._floor.instruments[market.id]

    def _book(self, market: PolyMarket) -> FloorBook:
        return self._floor.books[market.id]

    def _tick(self, market: PolyMarket) -> float:
        return self._instrument(market).grid[0].step / TICKS_PER_UNIT

    def _cap(self, market: PolyMarket) -> int:
        return CAP_BPS if self._instrument(market).fee.rate else 0

    def _condition(self, request: web.Request) -> tuple[PolyEvent, PolyMarket]:
        name = request.match_info["condition"]
        found = self._catalogue.market(name)
        if found is None or found[1].condition != name:
            raise Refusal(404, "market not found")
        return found

    def _token(self, token: str) -> tuple[PolyMarket, Leg]:
        if not token.isdecimal():
            raise Refusal(400, "Invalid token id")
        market = self._catalogue.of_token(token)
        if market is None:
            raise Refusal(404, NO_BOOK)
        return market, market.leg(token)

    async def _many(self, request: web.Request) -> list[tuple[PolyMarket, Leg, str]]:
        try:
            wanted = msgspec.json.decode(await request.read(), type=list[Wanted])
        except msgspec.DecodeError as e:
            raise Refusal(400, "Invalid payload") from e
        if len(wanted) > MOST_BOOKS:
            raise Refusal(400, "Payload exceeds the limit")
        found = [(self._catalogue.of_token(w.token_id), w) for w in wanted]
        return [(market, market.leg(w.token_id), w.side) for market, w in found if market is not None]

    def _one(self, of: Callable[[PolyMarket, Leg], Wire]) -> Any:  # noqa: ANN401 - aiohttp's handler type
        async def handler(request: web.Request) -> web.Response:
            token = request.match_info.get("token_id") or request.query.get("token_id", "")
            return answer(of(*self._token(token)))

        return handler

    def _both(
        self, one: str, many: str, of: Callable[[PolyMarket, Leg], Wire], value: Callable[[Wire], str]
    ) -> tuple[web.RouteDef, web.RouteDef]:
        async def handler(request: web.Request) -> web.Response:
            found = await self._many(request)
            return answer({market.token(leg): value(of(market, leg)) for market, leg, _ in found})

        return web.get(one, self._one(of)), web.post(many, handler)
