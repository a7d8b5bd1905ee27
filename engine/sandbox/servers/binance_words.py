"""Bitcoin's trades in Binance's words. Pure.

Prices and sizes are decimal strings in eight decimals; times are milliseconds, or microseconds where asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.core.units import Side

if TYPE_CHECKING:
    from engine.core.units import Nanos
    from engine.sandbox.coin import CoinTrade

Json = dict[str, Any]

SYMBOL: Final = "BTCUSDT"
MILLIS: Final = 1_000_000
MICROS: Final = 1_000
WEIGHT: Final = 6_000
"""A minute and address."""
AGG_BEHIND: Final = 5_400_000_000
"""By so much the number of an aggregated trade is less than that of the trade: they count on their own."""


def price(cents: int) -> str:
    """Return a price."""
    return f"{cents // 100}.{cents % 100:02d}000000"


def size(lots: int) -> str:
    """Return a quantity of bitcoin."""
    return f"{lots // 10**8}.{lots % 10**8:08d}"


def trade(found: CoinTrade, now: Nanos, unit: int = MILLIS) -> Json:
    """Return the payload of ``@trade``."""
    return {
        "e": "trade", "E": max(now, found.at) // unit, "s": SYMBOL, "t": found.id, "p": price(found.price),
        "q": size(found.lots), "T": found.at // unit, "m": found.taker is Side.SELL, "M": True,
    }  # fmt: skip


def agg_trade(found: CoinTrade, now: Nanos, unit: int = MILLIS) -> Json:
    """Return the payload of ``@aggTrade``; here each trade is one of its own."""
    return {
        "e": "aggTrade", "E": max(now, found.at) // unit, "s": SYMBOL, "a": found.id - AGG_BEHIND,
        "p": price(found.price), "q": size(found.lots), "f": found.id, "l": found.id, "T": found.at // unit,
        "m": found.taker is Side.SELL, "M": True,
    }  # fmt: skip


def book_ticker(found: CoinTrade) -> Json:
    """Return the payload of ``@bookTicker``: no event time, no event name."""
    bid = found.price - 1 if found.taker is Side.BUY else found.price
    return {
        "u": found.id, "s": SYMBOL, "b": price(bid), "B": size(found.lots * 3), "a": price(bid + 1),
        "A": size(found.lots * 2),
    }  # fmt: skip


def rest_trade(found: CoinTrade) -> Json:
    """Return a row of ``/api/v3/trades`` and ``/api/v3/historicalTrades``."""
    quote = found.price * found.lots  # cents times 0.00000001: ten decimals, of which eight are shown
    return {
        "id": found.id, "price": price(found.price), "qty": size(found.lots), "quoteQty": size(quote // 100),
        "time": found.at // MILLIS, "isBuyerMaker": found.taker is Side.SELL, "isBestMatch": True,
    }  # fmt: skip


def rest_agg(found: CoinTrade) -> Json:
    """Return a row of ``/api/v3/aggTrades``."""
    said = agg_trade(found, found.at)
    return {name: said[name] for name in ("a", "p", "q", "f", "l", "T", "m", "M")}


def exchange_info(now: Nanos) -> Json:
    """Return ``/api/v3/exchangeInfo``."""
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "maxPrice": "1000000.00000000",
         "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True,
         "maxNotional": "9000000.00000000", "applyMaxToMarket": False, "avgPriceMins": 5},
    ]  # fmt: skip
    symbol = {
        "symbol": SYMBOL, "status": "TRADING", "baseAsset": "BTC", "baseAssetPrecision": 8, "quoteAsset": "USDT",
        "quotePrecision": 8, "quoteAssetPrecision": 8, "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True, "isMarginTradingAllowed": False, "filters": filters, "permissions": [],
        "permissionSets": [["SPOT"]],
    }  # fmt: skip
    limits = [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT},
        {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000},
    ]
    return {
        "timezone": "UTC", "serverTime": now // MILLIS, "rateLimits": limits, "exchangeFilters": [],
        "symbols": [symbol],
    }  # fmt: skip
