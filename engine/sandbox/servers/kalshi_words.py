"""The floor in Kalshi's words: objects of its REST answers and frames. Pure.

Prices are dollars in four decimals, counts contracts in two, times ISO 8601 with microseconds in REST and both
seconds and milliseconds on sockets. Field names are those of the official client of October 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from engine.core.units import SECOND, TICK, TICKS_PER_UNIT, Lots, Nanos, Side, Ticks
from engine.sandbox.floor_order import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.instrument import Family, Instrument
    from engine.sandbox.floor_account import Holding
    from engine.sandbox.floor_book import FloorBook
    from engine.sandbox.floor_order import FillMade, Order, Traded

Json = dict[str, Any]

MICROS: Final = 1_000
MILLIS: Final = 1_000_000
STATUSES: Final = {
    "unopened": "initialized", "open": "active", "paused": "inactive", "closed": "closed", "determined": "determined",
    "settled": "finalized",
}  # fmt: skip
"""Ours to the field's word."""
FILTERS: Final = {
    "unopened": {"unopened"}, "open": {"open"}, "paused": {"paused"}, "closed": {"closed", "determined"},
    "settled": {"settled"},
}  # fmt: skip
"""The filter's word to ours: not the field's."""
ORDER_STATES: Final = {
    State.RESTING: "resting", State.FILLED: "executed", State.CANCELED: "canceled", State.EXPIRED: "canceled",
}  # fmt: skip
REASONS: Final = {
    "decrease": "Decrease", "amend": "Amend", "self": "SelfTradeCancel", "expiry": "ExpiryCancel",
    "close": "CloseCancel", "halt": "HaltCancel", "trade": "Trade",
}  # fmt: skip
STRUCTURES: Final = {100: "linear_cent", 10: "deci_cent"}
"""Labels by step; the ranges are what counts."""
DISCLAIMER: Final = (
    "Not all weather data is the same. The official and final value used to determine this market is the highest "
    "temperature as reported by the source named in the rules above."
)


def dollars(ticks: int) -> str:
    """Return a price in dollars, four decimals."""
    return f"{ticks // TICKS_PER_UNIT}.{ticks % TICKS_PER_UNIT:04d}"


def money(amount: Decimal, places: int = 6) -> str:
    """Return a sum in dollars with so many decimals."""
    return f"{amount:.{places}f}"


def count(lots: int) -> str:
    """Return contracts, two decimals, with a minus where it is one."""
    sign, lots = ("-", -lots) if lots < 0 else ("", lots)
    return f"{sign}{lots // 100}.{lots % 100:02d}"


def iso(at: Nanos | None) -> str | None:
    """Return a time with microseconds and Z."""
    if at is None:
        return None
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{at % SECOND // MICROS:06d}Z"


def whole_iso(at: Nanos | None) -> str | None:
    """Return a time in whole seconds with Z."""
    return None if at is None else f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%S}Z"


def times(at: Nanos) -> Json:
    """Return what a frame says of its time."""
    return {"ts": at // SECOND, "ts_ms": at // MILLIS}


def sides(way: Side) -> Json:
    """Return an order's direction in the two words that are not going away."""
    return {"outcome_side": "yes" if way is Side.BUY else "no", "book_side": "bid" if way is Side.BUY else "ask"}


def levels(book: FloorBook, depth: int = 0) -> tuple[list[list[str]], list[list[str]]]:
    """Return bids on YES and bids on NO, best last, as price and count."""
    yes = [[dollars(p), count(n)] for p, n in reversed(book.bids.levels(depth))]
    no = [[dollars(TICKS_PER_UNIT - p), count(n)] for p, n in reversed(book.asks.levels(depth))]
    return yes, no


def top(book: FloorBook) -> Json:
    """Return the best quotes; 0 and 1 without a size are none."""
    bid, ask = book.bids.best, book.asks.best
    yes_bid, yes_ask = bid or Ticks(0), Ticks(TICKS_PER_UNIT) if ask is None else ask
    return {
        "yes_bid_dollars": dollars(yes_bid),
        "yes_ask_dollars": dollars(yes_ask),
        "yes_bid_size_fp": count(0 if bid is None else book.bids.total(bid)),
        "yes_ask_size_fp": count(0 if ask is None else book.asks.total(ask)),
    }


def ranges(instrument: Instrument) -> list[Json]:
    """Return where orders may lie; the venue's own ranges include 0 and 1, at which nothing trades."""
    last = len(instrument.grid) - 1
    return [
        {
            "start": dollars(0 if index == 0 else band.start),
            "end": dollars(TICKS_PER_UNIT if index == last else instrument.grid[index + 1].start),
            "step": dollars(band.step),
        }
        for index, band in enumerate(instrument.grid)
    ]


def structure(instrument: Instrument) -> str:
    """Return the label of its ranges."""
    return STRUCTURES.get(instrument.grid[0].step, "custom") if len(instrument.grid) == 1 else "banded"


def market(instrument: Instrument, book: FloorBook, tally: Tally, value: str) -> Json:
    """Return a Market; `value` is what was measured, empty before it is determined."""
    best = top(book)
    kind = instrument.fact("strike_type")
    strike = instrument.strike
    low, high = (None, None) if strike is None else (strike.low, strike.high)
    floor = None if low is None else (low - 1 if kind == "greater" else low)
    cap = None if high is None else (high + 1 if kind == "less" else high)
    yes_ask = Ticks(TICKS_PER_UNIT) if book.asks.best is None else book.asks.best
    found: Json = {
        "ticker": instrument.id.symbol,
        "event_ticker": instrument.fact("event"),
        "market_type": "binary",
        "title": instrument.title,
        "subtitle": instrument.label,
        "yes_sub_title": instrument.label,
        "no_sub_title": instrument.label,
        "created_time": iso(instrument.opens),
        "updated_time": iso(instrument.opens),
        "open_time": whole_iso(instrument.opens),
        "close_time": whole_iso(instrument.closes),
        "expected_expiration_time": whole_iso(instrument.closes),
        "expiration_time": whole_iso(instrument.expires),
        "latest_expiration_time": whole_iso(instrument.expires),
        "settlement_timer_seconds": 3600,
        "status": STATUSES[instrument.status],
        **best,
        "no_bid_dollars": dollars(TICKS_PER_UNIT - yes_ask),
        "no_ask_dollars": dollars(TICKS_PER_UNIT - (book.bids.best or 0)),
        "last_price_dollars": dollars(tally.last),
        "previous_price_dollars": "0.0000",
        "previous_yes_bid_dollars": "0.0000",
        "previous_yes_ask_dollars": "0.0000",
        "volume_fp": count(tally.volume),
        "volume_24h_fp": count(tally.volume),
        "open_interest_fp": count(tally.interest),
        "liquidity_dollars": "0.0000",
        "notional_value_dollars": "1.0000",
        "result": instrument.result,
        "can_close_early": True,
        "early_close_condition": "This market will close and expire after the source reports.",
        "settlement_bounds_type": "default",
        "expiration_value": value,
        "strike_type": kind,
        "rules_primary": instrument.rules,
        "rules_secondary": DISCLAIMER,
        "price_level_structure": structure(instrument),
        "price_ranges": ranges(instrument),
        "exchange_index": 0,
    }
    if floor is not None:
        found["floor_strike"] = floor
    if cap is not None:
        found["cap_strike"] = cap
    if instrument.status == "settled":
        found["settlement_value_dollars"] = "1.0000" if instrument.result == "yes" else "0.0000"
        found["settlement_ts"] = whole_iso(instrument.closes)
    return found


def event(family: Family, instrument: Instrument) -> Json:
    """Return an EventData without its markets, from its family and any of its instruments."""
    return {
        "event_ticker": instrument.fact("event"),
        "series_ticker": instrument.fact("series"),
        "title": family.title,
        "sub_title": family.subtitle,
        "collateral_return_type": "MECNET",
        "mutually_exclusive": family.exclusive,
        "category": "Climate and Weather",
        "strike_date": whole_iso(instrument.closes),
        "available_on_brokers": True,
        "settlement_sources": [{"name": instrument.source, "url": instrument.fact("source_url")}],
        "last_updated_ts": iso(instrument.opens),
        "product_metadata": {},
        "exchange_index": 0,
    }


def series(instrument: Instrument) -> Json:
    """Return the Series of one of its instruments."""
    city = instrument.fact("city")
    return {
        "ticker": instrument.fact("series"),
        "frequency": "daily",
        "title": f"Highest temperature in {city}",
        "category": "Climate and Weather",
        "categories": ["Climate and Weather"],
        "tags": ["Daily temperature"],
        "settlement_sources": [{"name": instrument.source, "url": instrument.fact("source_url")}],
        "contract_url": "",
        "contract_terms_url": "",
        "product_metadata": {},
        "fee_type": "quadratic",
        "fee_multiplier": 1,
        "additional_prohibitions": [],
        "last_updated_ts": iso(instrument.opens),
        "exchange_index": 0,
    }


def order(found: Order, user: str) -> Json:
    """Return an Order."""
    yes = found.way is Side.BUY
    said: Json = {
        "order_id": found.id,
        "user_id": user,
        "client_order_id": found.client,
        "ticker": found.instrument.symbol,
        "side": "yes" if yes else "no",
        "action": "buy",
        **sides(found.way),
        "type": "limit",
        "status": ORDER_STATES[found.state],
        "yes_price_dollars": dollars(found.price),
        "no_price_dollars": dollars(TICKS_PER_UNIT - found.price),
        "fill_count_fp": count(found.filled),
        "remaining_count_fp": count(found.left),
        "initial_count_fp": count(found.lots),
        "taker_fill_cost_dollars": money(found.taken_cost),
        "maker_fill_cost_dollars": money(found.made_cost),
        "taker_fees_dollars": money(found.taken_fees),
        "maker_fees_dollars": money(found.made_fees),
        "created_time": iso(found.placed_at),
        "last_update_time": iso(found.changed_at),
        "self_trade_prevention_type": "taker_at_cross" if found.meeting.value == "taker" else "maker",
        "cancel_order_on_pause": False,
        "subaccount_number": 0,
        "exchange_index": 0,
    }
    if found.expires is not None:
        said["expiration_time"] = iso(found.expires)
    if found.tag:
        said["order_group_id"] = found.tag
    return said


def user_order(found: Order, user: str, why: str, state: State, left: Lots, filled: Lots) -> Json:
    """Return the message of the user_orders channel, as the order stood when it changed."""
    said = order(found, user)
    for name in ("action", "type", "no_price_dollars", "last_update_time", "expiration_time", "cancel_order_on_pause"):
        said.pop(name, None)
    said |= {
        "is_yes": found.way is Side.BUY,
        "status": ORDER_STATES[state],
        "remaining_count_fp": count(left),
        "fill_count_fp": count(filled),
        "created_ts_ms": found.placed_at // MILLIS,
        "last_updated_ts_ms": found.changed_at // MILLIS,
    }
    if found.expires is not None:
        said["expiration_ts_ms"] = found.expires // MILLIS
    if why in REASONS:
        said["last_update_reason"] = REASONS[why]
    return said


def trade(found: Traded) -> Json:
    """Return what REST and socket say of a trade alike."""
    return {
        "trade_id": found.trade_id,
        "yes_price_dollars": dollars(found.price),
        "no_price_dollars": dollars(TICKS_PER_UNIT - found.price),
        "count_fp": count(found.lots),
        "taker_side": "yes" if found.way is Side.BUY else "no",
        "taker_outcome_side": "yes" if found.way is Side.BUY else "no",
        "taker_book_side": "bid" if found.way is Side.BUY else "ask",
        "is_block_trade": False,
    }


def fill(found: FillMade) -> Json:
    """Return what REST and socket say of a fill alike."""
    return {
        "trade_id": found.trade_id,
        "order_id": found.order.id,
        "market_ticker": found.order.instrument.symbol,
        "exchange_index": 0,
        "is_taker": not found.maker,
        "side": "yes" if found.order.way is Side.BUY else "no",
        "action": "buy",
        **sides(found.order.way),
        "yes_price_dollars": dollars(found.price),
        "count_fp": count(found.lots),
        "fee_cost": money(found.fee),
        "ts": found.at // SECOND,
    }


def rest_fill(found: FillMade) -> Json:
    """Return a Fill of GET /portfolio/fills."""
    return fill(found) | {
        "fill_id": str(uuid5(NAMESPACE_URL, f"{found.trade_id}/{found.order.id}")),
        "ticker": found.order.instrument.symbol,
        "no_price_dollars": dollars(TICKS_PER_UNIT - found.price),
        "created_time": iso(found.at),
        "subaccount_number": 0,
    }


def position(symbol: str, held: Holding) -> Json:
    """Return a MarketPosition."""
    return {
        "ticker": symbol,
        "exchange_index": 0,
        "total_traded_dollars": money(held.traded, 4),
        "position_fp": count(held.net),
        "market_exposure_dollars": money(held.paid, 4),
        "realized_pnl_dollars": money(held.realised, 4),
        "fees_paid_dollars": money(held.fees, 4),
        "last_updated_ts": iso(Nanos(held.changed_at)),
    }


def market_position(symbol: str, held: Holding, user: str) -> Json:
    """Return the message of the market_positions channel."""
    return {
        "user_id": user,
        "market_ticker": symbol,
        "position_fp": count(held.net),
        "position_cost_dollars": money(held.paid),
        "realized_pnl_dollars": money(held.realised),
        "fees_paid_dollars": money(held.fees),
        "volume_fp": count(held.volume),
        "subaccount": 0,
    }


def event_position(event_ticker: str, holdings: Iterable[Holding]) -> Json:
    """Return an EventPosition."""
    all_of = list(holdings)
    return {
        "event_ticker": event_ticker,
        "total_cost_dollars": money(sum((h.traded for h in all_of), Decimal(0)), 4),
        "total_cost_shares_fp": count(sum(h.volume for h in all_of)),
        "event_exposure_dollars": money(sum((h.paid for h in all_of), Decimal(0)), 4),
        "realized_pnl_dollars": money(sum((h.realised for h in all_of), Decimal(0)), 4),
        "fees_paid_dollars": money(sum((h.fees for h in all_of), Decimal(0)), 4),
    }


def cents(amount: Decimal) -> int:
    """Return a sum in whole cents, down."""
    return int((amount * 100).to_integral_value(ROUND_FLOOR))


def averages(found: Order) -> Json:
    """Return what a create reply says of the immediate fills; nothing without any."""
    if not found.filled:
        return {}
    shares = found.filled * Decimal("0.01")
    paid = found.taken_cost / shares
    price = paid if found.way is Side.BUY else 1 - paid
    return {"average_fill_price": money(price), "average_fee_paid": money(found.taken_fees / shares)}


class Tally:
    """What a market has traded."""

    __slots__ = ("interest", "last", "last_lots", "notional", "volume")

    def __init__(self) -> None:
        self.last = Ticks(0)
        self.last_lots = Lots(0)
        self.volume = Lots(0)
        self.interest = Lots(0)
        self.notional = Decimal(0)

    def add(self, found: Traded, interest: Lots) -> None:
        """Count a trade; `interest` is what is outstanding after it."""
        self.last, self.last_lots, self.interest = found.price, found.lots, interest
        self.volume = Lots(self.volume + found.lots)
        self.notional += found.price * TICK * found.lots / 100


def ticker(symbol: str, market_id: str, book: FloorBook, tally: Tally, at: Nanos) -> Json:
    """Return the message of the ticker channel."""
    return {
        "market_ticker": symbol,
        "market_id": market_id,
        "price_dollars": dollars(tally.last),
        **top(book),
        "last_trade_size_fp": count(tally.last_lots),
        "volume_fp": count(tally.volume),
        "open_interest_fp": count(tally.interest),
        "dollar_volume": int(tally.notional),
        "dollar_open_interest": tally.interest // 100,
        **times(at),
        "time": whole_iso(at),
    }
