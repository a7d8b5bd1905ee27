"""Recorded data sets from outside, each as events of the engine in the order in which they became known."""

from __future__ import annotations

from typing import Final

from engine.research.sets import (
    coin_feed,
    kalshi_passes,
    kalshi_quotes,
    kalshi_tapes,
    option_chains,
    polymarket_windows,
    recording,
    text_products,
    weather_tables,
    window_outcomes,
)
from engine.research.sets.recording import DataSet

ALL: Final[dict[str, DataSet]] = {
    one.name: one
    for one in (
        kalshi_tapes.WEATHER, kalshi_tapes.CRYPTO, kalshi_quotes.NEW_YORK, kalshi_quotes.MIAMI,
        polymarket_windows.BOOKS, polymarket_windows.LADDER, polymarket_windows.CHAINLINK,
    )
}  # fmt: skip
"""Those that orders can be tried on, by name; the folder of each has the same."""
FED: Final[dict[str, DataSet]] = {
    one.name: one
    for one in (
        kalshi_passes.DEPTH, kalshi_passes.HOURLY, option_chains.CHAINS, coin_feed.FEED, window_outcomes.OUTCOMES,
        weather_tables.STATIONS, weather_tables.CLIMATE, text_products.TEXTS,
    )
}  # fmt: skip
"""Those that nothing can be traded on: they feed settlement, fair values and chains."""

__all__ = ["ALL", "FED", "DataSet", "recording"]
