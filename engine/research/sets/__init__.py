"""Recorded data sets from outside, each as events of the engine in the order in which they became known."""

from __future__ import annotations

from typing import Final

from engine.research.sets import kalshi_quotes, kalshi_tapes, polymarket_windows, recording
from engine.research.sets.recording import DataSet

ALL: Final[dict[str, DataSet]] = {
    one.name: one
    for one in (
        kalshi_tapes.WEATHER, kalshi_tapes.CRYPTO, kalshi_quotes.NEW_YORK, kalshi_quotes.MIAMI,
        polymarket_windows.BOOKS, polymarket_windows.LADDER, polymarket_windows.CHAINLINK,
    )
}  # fmt: skip
"""By name; the folder of each has the same."""

__all__ = ["ALL", "DataSet", "recording"]
