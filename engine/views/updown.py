"""The Up/Down window that is looked at: time, prices, strike and its source, value against the market, the house."""

from __future__ import annotations

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Nanos


class Point(msgspec.Struct, frozen=True):
    """One moment of a window."""

    at: Nanos
    spot: float
    p_up: float | None
    mid: float | None
    """Of Up, 0 to 1."""


class FillMark(msgspec.Struct, frozen=True):
    """A fill of ours in the window."""

    at: Nanos
    up: bool
    """Up was bought, or Down sold."""
    price: float
    """Of Up, 0 to 1."""
    qty: float


class WindowChip(msgspec.Struct, frozen=True):
    """A window that is listed."""

    instrument: InstrumentId
    title: str
    """Such as ``5m 19:30``; UTC."""
    running: bool
    over: bool = False
    """It has ended; one that neither runs nor is over is still to begin."""


class UpDownView(msgspec.Struct, frozen=True, kw_only=True):
    """One window, and the spot price under it."""

    instrument: InstrumentId
    asset: str
    interval: str
    start: Nanos
    end: Nanos
    now: Nanos
    runs: bool
    """False before it begins."""
    source_text: str
    """Who decides, as the venue states it."""
    spot: float | None
    spot_age_s: float | None
    """Real seconds since the last trade reached us."""
    rate: float
    """Trades a second over 30 s."""
    vwap: float | None
    strike: float | None
    strike_source: str
    """``Binance, a proxy`` or ``oracle, as published``; empty while there is none."""
    beta: float
    """Oracle less spot."""
    pairs: int
    """Windows it was learnt from."""
    z: float | None
    sigma: float | None
    """A root second; None while it has too few samples."""
    sigma_year: float | None
    samples: int
    p_up: float | None
    bid: float | None
    """Of Up, 0 to 1."""
    ask: float | None
    up_edge: float | None
    """Value less offer, cents a share."""
    down_edge: float | None
    stale: str
    """Why its book is not to be trusted; empty while it is."""
    house: str
    """``UP``, ``DOWN`` or empty."""
    house_at: Nanos | None
    regime: str
    dominant: float | None
    """Share of the ticks of 30 s in the direction that prevails; None without any."""
    path: tuple[Point, ...]
    fills: tuple[FillMark, ...]
    windows: tuple[WindowChip, ...]
