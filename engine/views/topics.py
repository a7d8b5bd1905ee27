"""Names of the views. A topic with a key is one of many: a market, an instrument, a station."""

from __future__ import annotations

from typing import Final

from engine.core.ids import Topic

SPINE: Final = Topic("spine")
FEEDS: Final = Topic("feeds")
NOTICES: Final = Topic("notices")
MARKETS: Final = Topic("markets")
ORDERS: Final = Topic("orders")
FILLS: Final = Topic("fills")
POSITIONS: Final = Topic("positions")
PNL: Final = Topic("pnl")
GATES: Final = Topic("gates")
SETTLEMENTS: Final = Topic("settlements")
STATIONS: Final = Topic("stations")
ALERTS: Final = Topic("alerts")
CONNECTIONS: Final = Topic("connections")
STRATEGIES: Final = Topic("strategies")


def strategy(name: str) -> Topic:
    """Return the topic of one strategy's parameters and reasons."""
    return Topic("strategy", name)


def ladder(symbol: str) -> Topic:
    """Return the topic of the ladder of an instrument, by its symbol."""
    return Topic("ladder", symbol)


def tape(symbol: str) -> Topic:
    """Return the topic of the trades of an instrument."""
    return Topic("tape", symbol)


def board(market: str) -> Topic:
    """Return the topic of the bracket board of a market."""
    return Topic("board", market)


def cells(market: str) -> Topic:
    """Return the topic of the hex map as seen from a market."""
    return Topic("cells", market)


def station(code: str) -> Topic:
    """Return the topic of a station's trace."""
    return Topic("station", code)
