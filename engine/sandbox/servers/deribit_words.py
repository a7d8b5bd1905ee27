"""The simulated options in Deribit's words: instruments, books, tickers, orders, trades, accounts. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.instrument import Payoff
from engine.core.units import Nanos, Side
from engine.sandbox.floor_order import Life, State

if TYPE_CHECKING:
    from engine.core.events import Marked
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.sandbox.floor_account import Account
    from engine.sandbox.floor_book import FloorBook
    from engine.sandbox.floor_order import FillMade, Order, Traded
    from engine.sandbox.pit import Pit

Json = dict[str, Any]

MS: Final = 1_000_000
NEVER_MS: Final = 32_503_708_800_000
STATES: Final = {"open": "open", "paused": "halted", "closed": "closed", "settled": "archivized"}
LIVES: Final = {Life.GTC: "good_til_cancelled", Life.IOC: "immediate_or_cancel", Life.FOK: "fill_or_kill"}
ORDER_STATES: Final = {
    State.RESTING: "open", State.FILLED: "filled", State.CANCELED: "cancelled", State.EXPIRED: "cancelled",
}  # fmt: skip
REASONS: Final = {"user": "user_request", "self": "self_trade_prevention", "disconnect": "cancel_on_disconnect"}
BTC_INDEX: Final = "btc_usd"


def ms(at: Nanos) -> int:
    """Return a time in milliseconds."""
    return at // MS


def number(value: Decimal | float) -> float | int:
    """Return a number as JSON has it."""
    found = float(value)
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


def instrument(one: Instrument) -> Json:
    """Return an instrument as `get_instruments` lists it."""
    option = one.payoff is not Payoff.LINEAR
    bands = one.grid
    row: Json = {
        "kind": "option" if option else "future",
        "instrument_name": one.id.symbol,
        "instrument_type": "reversed",
        "instrument_id": sum(map(ord, one.id.symbol)),
        "base_currency": one.underlying,
        "quote_currency": one.underlying if option else "USD",
        "counter_currency": "USD",
        "settlement_currency": one.settles_in,
        "settlement_period": "perpetual" if one.expires is None else "week",
        "price_index": BTC_INDEX,
        "contract_size": 1.0 if option else 10.0,
        "min_trade_amount": number(one.least),
        "tick_size": number(bands[0].step * one.unit),
        "tick_size_steps": [
            {"above_price": number(band.start * one.unit), "tick_size": number(band.step * one.unit)}
            for band in bands[1:]
        ],
        "block_trade_tick_size": number(one.unit),
        "block_trade_min_trade_amount": 25 if option else 200_000,
        "block_trade_commission": 0.0003,
        "maker_commission": number(one.fee.maker_rate),
        "taker_commission": number(one.fee.rate),
        "max_liquidation_commission": 0.0075,
        "expiration_timestamp": NEVER_MS if one.expires is None else ms(one.expires),
        "creation_timestamp": 1_700_000_000_000,
        "is_active": one.status in {"open", "paused"},
        "state": STATES[one.status],
        "rfq": False,
    }
    if option:
        row |= {"option_type": one.payoff.value, "strike": number(one.exercise or Decimal(0)), "max_leverage": 1}
    else:
        row |= {"max_leverage": 50, "future_type": "reversed"}
    return row


def levels(one: Instrument, half: list[tuple[int, int]]) -> list[list[float | int]]:
    """Return levels as price and amount."""
    return [[number(price * one.unit), number(lots * one.lot)] for price, lots in half]


def order_book(one: Instrument, book: FloorBook, mark: Marked, depth: int, change: int) -> Json:
    """Return what `get_order_book` answers."""
    bids, asks = (levels(one, [*half.levels(depth)]) for half in (book.bids, book.asks))
    return ticker(one, book, mark) | {"bids": bids, "asks": asks, "change_id": change}


def ticker(one: Instrument, book: FloorBook, mark: Marked) -> Json:
    """Return a ticker; an empty side is null."""
    bid, ask = book.bids.best, book.asks.best
    row: Json = {
        "instrument_name": one.id.symbol,
        "timestamp": ms(mark.at),
        "state": STATES[one.status],
        "mark_price": number(mark.price or Decimal(0)),
        "index_price": number(mark.index or Decimal(0)),
        "estimated_delivery_price": number(mark.index or Decimal(0)),
        "best_bid_price": None if bid is None else number(bid * one.unit),
        "best_bid_amount": 0 if bid is None else number(book.bids.total(bid) * one.lot),
        "best_ask_price": None if ask is None else number(ask * one.unit),
        "best_ask_amount": 0 if ask is None else number(book.asks.total(ask) * one.lot),
        "open_interest": number(mark.open_interest or Decimal(0)),
        "settlement_price": None,
        "last_price": None,
        "min_price": number(one.grid[0].start * one.unit),
        "max_price": number(one.grid[-1].stop * one.unit),
        "stats": {"high": None, "low": None, "price_change": None, "volume": 0, "volume_usd": 0},
    }
    if one.payoff is Payoff.LINEAR:
        return row | {"funding_8h": mark.funding, "current_funding": 0, "interest_value": 0}
    percent = None if mark.mark_iv is None else round(mark.mark_iv * 100, 2)
    greeks = {"delta": mark.delta, "gamma": mark.gamma, "vega": mark.vega, "theta": mark.theta, "rho": 0}
    return row | {
        "mark_iv": percent, "bid_iv": percent if bid is not None else 0, "ask_iv": percent if ask is not None else 0,
        "underlying_price": number(mark.forward or Decimal(0)), "underlying_index": one.id.symbol.rpartition("-")[0],
        "interest_rate": 0, "greeks": greeks,
    }  # fmt: skip


def order(one: Instrument, found: Order, label: str, reason: str = "", **more: object) -> Json:
    """Return an order."""
    shares = found.filled * one.lot
    cost = found.taken_cost + found.made_cost
    row: Json = {
        "order_id": found.id,
        "order_state": ORDER_STATES[found.state],
        "order_type": "limit",
        "instrument_name": one.id.symbol,
        "direction": found.side.value,
        "amount": number(found.lots * one.lot),
        "contracts": number(found.lots * one.lot),
        "filled_amount": number(shares),
        "average_price": number(cost / shares) if shares else 0,
        "price": number(found.price * one.unit),
        "label": label,
        "time_in_force": LIVES[found.life],
        "creation_timestamp": ms(found.placed_at),
        "last_update_timestamp": ms(found.changed_at),
        "post_only": False, "reject_post_only": False, "reduce_only": False, "replaced": False, "api": True,
        "web": False, "mmp": False, "is_liquidation": False, "risk_reducing": False, "user_id": 7,
    } | more  # fmt: skip
    return row | ({"cancel_reason": REASONS.get(reason, reason)} if row["order_state"] == "cancelled" else {})


def print_(one: Instrument, trade: Traded, number_: int, index: Decimal) -> Json:
    """Return a public trade."""
    return {
        "trade_id": trade.trade_id, "trade_seq": number_, "instrument_name": one.id.symbol, "timestamp": ms(trade.at),
        "price": number(trade.price * one.unit), "amount": number(trade.lots * one.lot),
        "direction": trade.way.value, "tick_direction": 0, "index_price": number(index),
        "mark_price": number(trade.price * one.unit),
    }  # fmt: skip


def fill(one: Instrument, made: FillMade, label: str, number_: int, pit: Pit) -> Json:
    """Return a trade of an account; its fee is in the money it settles in, at the index of now."""
    price, qty = made.price * one.unit, made.lots * one.lot
    return {
        "trade_id": made.trade_id, "trade_seq": number_, "order_id": made.order.id, "label": label,
        "instrument_name": one.id.symbol, "timestamp": ms(made.at), "price": number(price), "amount": number(qty),
        "contracts": number(qty), "direction": made.order.way.value, "liquidity": "M" if made.maker else "T",
        "fee": number(pit.coin_fee(one, price, qty, maker=made.maker)), "fee_currency": one.settles_in,
        "index_price": number(pit.index(one)), "mark_price": number(price), "state": "filled", "order_type": "limit",
        "post_only": False, "reduce_only": False, "matching_id": None, "tick_direction": 0, "api": True,
        "profit_loss": None, "self_trade": False, "mmp": False, "risk_reducing": False,
    }  # fmt: skip


def position(one: Instrument, account: Account, name: InstrumentId, entry: Decimal, index: Decimal) -> Json:
    """Return a position; a short one's size is below 0."""
    held = account.holding(name)
    size = (held.yes - held.no) * one.lot
    return {
        "instrument_name": name.symbol, "kind": "option" if one.payoff is not Payoff.LINEAR else "future",
        "size": number(size), "direction": "zero" if not size else "buy" if size > 0 else "sell",
        "average_price": number(entry), "mark_price": number(entry), "index_price": number(index),
        "floating_profit_loss": 0, "realized_profit_loss": 0, "total_profit_loss": 0, "initial_margin": 0,
        "maintenance_margin": 0, "delta": 0,
    }  # fmt: skip


def summary(currency: str, dollars: Decimal, free: Decimal, index: Decimal, limits: Json) -> Json:
    """Return an account in one currency; the sandbox keeps all of its worth in one sum of dollars."""
    held = dollars / index if currency == "BTC" else Decimal(0)
    open_ = free / index if currency == "BTC" else Decimal(0)
    return {
        "currency": currency, "equity": number(held), "balance": number(held), "margin_balance": number(held),
        "available_funds": number(open_), "available_withdrawal_funds": number(open_), "initial_margin": 0,
        "maintenance_margin": 0, "delta_total": 0, "options_delta": 0, "options_gamma": 0, "options_vega": 0,
        "options_theta": 0, "session_upl": 0, "session_rpl": 0, "futures_pl": 0, "options_pl": 0, "fee_balance": 0,
        "margin_model": "cross_sm", "portfolio_margining_enabled": False, "cross_collateral_enabled": True,
        "total_equity_usd": number(dollars), "limits": limits, "type": "main", "username": "you", "id": 7,
    }  # fmt: skip


def limits(rate: float, burst: float) -> Json:
    """Return an account's allowances."""
    return {
        "limits_per_currency": False,
        "non_matching_engine": {"rate": 20, "burst": 100},
        "matching_engine": {"trading": {"total": {"rate": rate, "burst": burst}}},
    }


SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
