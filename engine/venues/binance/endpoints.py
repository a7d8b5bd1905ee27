"""Where Binance is. The market-data hosts need no account and have limits of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Its hosts; the sandbox passes its own."""

    rest: str = "https://data-api.binance.vision"
    stream: str = "wss://data-stream.binance.vision"
