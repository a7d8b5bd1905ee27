"""What Kalshi's sandbox answers to reads: discovery, books, tape, and an account's orders, fills and positions."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.ids import KALSHI, AccountId, InstrumentId
from engine.core.units import SECOND, Lots, Nanos
from engine.sandbox.floor_order import FillMade, Listing, Notice, Paid, State, Traded
from engine.sandbox.servers import kalshi_words as words
from engine.sandbox.servers.kalshi_auth import flat, nested

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.instrument import Instrument
    from engine.sandbox.crowding import Crowding
    from engine.sandbox.floor import Floor
    from engine.sandbox.floor_account import Holding
    from engine.sandbox.floor_order import Order

Json = dict[str, Any]

PAGE: Final = 100
LARGEST: Final = 1_000
EVENTS: Final = 200
FILLS_KEPT: Final = 50_000
ORDER_STATES: Final = {
    "resting": {State.RESTING}, "executed": {State.FILLED}, "canceled": {State.CANCELED, State.EXPIRED},
}  # fmt: skip


class Reads:
    """The floor as Kalshi shows it."""

    def __init__(self, floor: Floor, crowding: Crowding) -> None:
        """Listen to the floor from now on; what is listed already is known."""
        self.floor = floor
        self.crowding = crowding
        self.tallies: dict[str, words.Tally] = {}
        self.fills: dict[AccountId, list[FillMade]] = {}
        self.payments: dict[AccountId, list[tuple[Paid, Decimal]]] = {}
        """What settlements paid, and what one YES was worth."""
        self.series: dict[str, Instrument] = {}
        """A recent instrument of each series."""
        for instrument in floor.instruments.values():
            self._listed(instrument)
        floor.listeners.append(self.hear)

    def hear(self, notice: Notice) -> None:
        """Keep what REST must show later."""
        if isinstance(notice, Traded) and notice.instrument.venue == KALSHI:
            tally = self.tallies.setdefault(notice.instrument.symbol, words.Tally())
            held = (a.holdings.get(notice.instrument) for a in self.floor.accounts.values())
            tally.add(notice, Lots(sum(h.yes for h in held if h is not None)))
        elif isinstance(notice, FillMade) and notice.order.instrument.venue == KALSHI:
            if self.floor.accounts[notice.order.account].checked:
                kept = self.fills.setdefault(notice.order.account, [])
                kept.append(notice)
                del kept[:-FILLS_KEPT]
        elif isinstance(notice, Paid) and notice.instrument.venue == KALSHI:
            if self.floor.accounts[notice.account].checked:
                paid = (notice, self.floor.payouts[notice.instrument])
                self.payments.setdefault(notice.account, []).append(paid)
        elif isinstance(notice, Listing):
            self._listed(notice.instrument)

    # discovery

    def all_series(self, query: Mapping[str, str]) -> Json:
        """Answer GET /series."""
        rows = [words.series(i) for i in self.series.values()]
        wanted = query.get("category", "")
        return {"series": [row for row in rows if wanted in ("", row["category"])]}

    def one_series(self, name: str) -> Json:
        """Answer GET /series/{s}."""
        if name not in self.series:
            raise nested(404, "not_found", "series not found")
        return {"series": words.series(self.series[name])}

    def events(self, query: Mapping[str, str]) -> Json:
        """Answer GET /events."""
        statuses = _statuses(query)
        nested_markets = query.get("with_nested_markets", "").lower() == "true"
        found = []
        for name, members in self._families().items():
            fits = not statuses or any(i.status in statuses for i in members)
            if fits and query.get("series_ticker", "") in ("", members[0].fact("series")):
                with_markets = nested_markets and not all(i.status == "settled" for i in members)
                found.append(self.event(name, with_markets=with_markets))
        page, cursor = _page(found, query, EVENTS, EVENTS)
        return {"events": page, "milestones": [], "cursor": cursor}

    def event(self, name: str, *, with_markets: bool) -> Json:
        """Return an EventData, or refuse with 404."""
        members = self._families().get(name)
        if members is None:
            raise nested(404, "not_found", "event not found")
        family = self.crowding.families[f"{KALSHI}:{name}"]
        said = words.event(family, members[0])
        return said | ({"markets": [self.market(i) for i in members]} if with_markets else {})

    def one_event(self, name: str, query: Mapping[str, str]) -> Json:
        """Answer GET /events/{e}: markets inside the event or beside it."""
        inside = query.get("with_nested_markets", "").lower() == "true"
        found = self.event(name, with_markets=True)
        markets = found["markets"] if inside else found.pop("markets")
        return {"event": found, "markets": [] if inside else markets}

    def metadata(self, name: str) -> Json:
        """Answer GET /events/{e}/metadata."""
        found = self.event(name, with_markets=True)
        details = [
            {"market_ticker": m["ticker"], "image_url": "", "color_code": ""} for m in found["markets"]
        ]  # fmt: skip
        return {"image_url": "", "market_details": details, "settlement_sources": found["settlement_sources"]}

    def markets(self, query: Mapping[str, str]) -> Json:
        """Answer GET /markets."""
        statuses = _statuses(query)
        tickers = set(filter(None, query.get("tickers", "").split(",")))
        first, last = _seconds(query, "min_close_ts"), _seconds(query, "max_close_ts")
        found = [
            self.market(i)
            for i in self._instruments()
            if (not statuses or i.status in statuses)
            and (not tickers or i.id.symbol in tickers)
            and query.get("event_ticker", "") in ("", i.fact("event"))
            and query.get("series_ticker", "") in ("", i.fact("series"))
            and (first is None or (i.closes or 0) >= first)
            and (last is None or (i.closes or 0) <= last)
        ]
        page, cursor = _page(found, query, PAGE, LARGEST)
        return {"markets": page, "cursor": cursor}

    def market(self, instrument: Instrument) -> Json:
        """Return a Market."""
        offer = self.crowding.offers.get(str(instrument.family))
        over = instrument.status in {"determined", "settled"}
        tally = self.tallies.setdefault(instrument.id.symbol, words.Tally())
        value = offer.value() if over and offer is not None else ""
        return words.market(instrument, self.floor.books[instrument.id], tally, value)

    def found(self, symbol: str) -> Instrument:
        """Return an instrument, or refuse with 404."""
        instrument = self.floor.instruments.get(InstrumentId(KALSHI, symbol))
        if instrument is None:
            raise nested(404, "not_found", "market not found")
        return instrument

    def book(self, symbol: str, query: Mapping[str, str]) -> Json:
        """Answer GET /markets/{t}/orderbook."""
        depth = query.get("depth", "0")
        yes, no = words.levels(self.floor.books[self.found(symbol).id], int(depth) if depth.isdecimal() else 0)
        return {"orderbook_fp": {"yes_dollars": yes, "no_dollars": no}}

    def books(self, symbols: Sequence[str]) -> Json:
        """Answer GET /markets/orderbooks; unknown tickers are left out."""
        known = [s for s in symbols if InstrumentId(KALSHI, s) in self.floor.books]
        return {"orderbooks": [{"ticker": s} | self.book(s, {}) for s in known[:100]]}

    def trades(self, query: Mapping[str, str]) -> Json:
        """Answer GET /markets/trades, newest first."""
        wanted = query.get("ticker", "")
        first, last = _seconds(query, "min_ts"), _seconds(query, "max_ts")
        names = [InstrumentId(KALSHI, wanted)] if wanted else [i.id for i in self._instruments()]
        all_of = sorted((t for name in names for t in self.floor.tape.get(name, [])), key=lambda t: t.at)
        found = [
            words.trade(t) | {"ticker": t.instrument.symbol, "created_time": words.iso(t.at)}
            for t in reversed(all_of)
            if (first is None or t.at >= first) and (last is None or t.at <= last)
        ]
        page, cursor = _page(found, query, PAGE, LARGEST)
        return {"trades": page, "cursor": cursor}

    # accounts

    def balance(self, account: AccountId) -> Json:
        """Answer GET /portfolio/balance: free cash, and what the holdings would fetch."""
        free = self.floor.free(account)
        worth = Decimal(0)
        for name, held in self.floor.accounts[account].holdings.items():
            if name.venue == KALSHI and name in self.floor.books:
                best = self.floor.books[name]
                yes, no = best.bids.best or 0, 10_000 - (best.asks.best or 10_000)
                worth += (held.yes * yes + held.no * no) * Decimal("0.000001")
        return {
            "balance": words.cents(free),
            "balance_dollars": words.money(free, 4),
            "portfolio_value": words.cents(worth),
            "updated_ts": self.floor.at // SECOND,
            "balance_breakdown": [{"exchange_index": 0, "balance": words.money(free, 4)}],
        }

    def positions(self, account: AccountId, query: Mapping[str, str]) -> Json:
        """Answer GET /portfolio/positions."""
        status = query.get("settlement_status", "unsettled")
        rows: list[Json] = []
        events: dict[str, list[Holding]] = {}
        for name, held in self.floor.accounts[account].holdings.items():
            instrument = self.floor.instruments.get(name)
            if name.venue != KALSHI or instrument is None or not held.volume:
                continue
            settled = instrument.status == "settled"
            if (status == "unsettled" and settled) or (status == "settled" and not settled):
                continue
            if query.get("ticker", "") not in ("", name.symbol) or query.get("event_ticker", "") not in (
                "",
                instrument.fact("event"),
            ):
                continue
            if "position" in query.get("count_filter", "") and held.net == 0:
                continue
            rows.append(words.position(name.symbol, held))
            events.setdefault(instrument.fact("event"), []).append(held)
        page, cursor = _page(rows, query, PAGE, LARGEST)
        return {
            "market_positions": page,
            "event_positions": [words.event_position(event, held) for event, held in events.items()],
            "cursor": cursor,
        }

    def account_fills(self, account: AccountId, query: Mapping[str, str]) -> Json:
        """Answer GET /portfolio/fills, newest first."""
        first, last = _seconds(query, "min_ts"), _seconds(query, "max_ts")
        found = [
            words.rest_fill(f)
            for f in reversed(self.fills.get(account, []))
            if query.get("ticker", "") in ("", f.order.instrument.symbol)
            and query.get("order_id", "") in ("", f.order.id)
            and (first is None or f.at >= first)
            and (last is None or f.at <= last)
        ]
        page, cursor = _page(found, query, PAGE, LARGEST)
        return {"fills": page, "cursor": cursor}

    def orders(self, account: AccountId, query: Mapping[str, str], user: str) -> Json:
        """Answer GET /portfolio/orders, newest first."""
        states = ORDER_STATES.get(query.get("status", ""), set(State))
        events = set(filter(None, query.get("event_ticker", "").split(",")))
        found = [
            words.order(order, user)
            for order in reversed(self.own(account))
            if order.state in states
            and query.get("ticker", "") in ("", order.instrument.symbol)
            and (not events or order.instrument.symbol.rpartition("-")[0] in events)
        ]
        page, cursor = _page(found, query, PAGE, LARGEST)
        return {"orders": page, "cursor": cursor}

    def queue(self, account: AccountId, query: Mapping[str, str]) -> Json:
        """Answer GET /portfolio/orders/queue_positions."""
        wanted = set(filter(None, query.get("market_tickers", "").split(",")))
        rows = [
            {"order_id": o.id, "market_ticker": o.instrument.symbol, "queue_position_fp": self.ahead(o)}
            for o in self.own(account)
            if o.state is State.RESTING and (not wanted or o.instrument.symbol in wanted)
        ]
        return {"queue_positions": rows}

    def ahead(self, order: Order) -> str:
        """Return the contracts that trade before a resting order does."""
        return words.count(self.floor.ahead(order.id))

    def settlements(self, account: AccountId, query: Mapping[str, str]) -> Json:
        """Answer GET /portfolio/settlements, newest first."""
        found = [self._settlement(*paid) for paid in reversed(self.payments.get(account, []))]
        page, cursor = _page(found, query, PAGE, LARGEST)
        return {"settlements": page, "cursor": cursor}

    def own(self, account: AccountId) -> list[Order]:
        """Return all orders of an account, ended ones too."""
        return [o for o in self.floor.orders.values() if o.account == account and o.instrument.venue == KALSHI]

    def _settlement(self, paid: Paid, payout: Decimal) -> Json:
        held = self.floor.accounts[paid.account].holding(paid.instrument)
        return {
            "ticker": paid.instrument.symbol,
            "exchange_index": 0,
            "event_ticker": paid.instrument.symbol.rpartition("-")[0],
            "market_result": "yes" if payout == 1 else "no",
            "yes_count_fp": words.count(paid.yes),
            "yes_total_cost_dollars": words.money(held.traded if paid.yes else Decimal(0)),
            "no_count_fp": words.count(paid.no),
            "no_total_cost_dollars": words.money(held.traded if paid.no else Decimal(0)),
            "revenue": words.cents(paid.amount),
            "settled_time": words.iso(paid.at),
            "fee_cost": words.money(held.fees),
            "value": int(payout * 100),
        }

    def _listed(self, instrument: Instrument) -> None:
        if instrument.id.venue == KALSHI:
            self.series[instrument.fact("series")] = instrument

    def _instruments(self) -> list[Instrument]:
        return [i for i in self.floor.instruments.values() if i.id.venue == KALSHI]

    def _families(self) -> dict[str, list[Instrument]]:
        found: dict[str, list[Instrument]] = {}
        for instrument in self._instruments():
            found.setdefault(instrument.fact("event"), []).append(instrument)
        return found


def _statuses(query: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for word in filter(None, query.get("status", "").split(",")):
        if word not in words.FILTERS:
            raise flat(400, "invalid_parameters", details=f"no status {word[:20]!r}")
        found |= words.FILTERS[word]
    return found


def _seconds(query: Mapping[str, str], name: str) -> Nanos | None:
    text = query.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 12:
        raise flat(400, "invalid_parameters", details=f"{name} must be UNIX seconds")
    return Nanos(int(text) * SECOND)


def _page(rows: list[Json], query: Mapping[str, str], usual: int, largest: int) -> tuple[list[Json], str]:
    """Return a page and the cursor of the next, empty at the end."""
    asked = query.get("limit", "")
    limit = int(asked) if asked.isdecimal() and len(asked) < 6 else usual
    if not 1 <= limit <= largest:
        raise flat(400, "invalid_parameters", details=f"limit must be 1 to {largest}")
    try:
        start = int(base64.urlsafe_b64decode(query.get("cursor", "") or "MA==").decode())
    except ValueError as e:
        raise flat(400, "invalid_parameters", details="unreadable cursor") from e
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    return page, base64.urlsafe_b64encode(str(start + limit).encode()).decode() if more else ""
