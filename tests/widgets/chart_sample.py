"""A chart view with everything in it: bars, a hole, a line that parts, orders, fills, levels, three clocks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from engine.core import zone
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Side, Ticks
from engine.maths.bars import INTERVALS
from engine.views.chart import ChartView, FillMark, HeatView, Hole, LevelMark, Line, MomentMark, OrderMark

NOW = Nanos(1_783_100_000 * SECOND // MINUTE * MINUTE)
ONE = InstrumentId(KALSHI, "KXHIGHCHI-B86")
CHICAGO = zone.of(ZoneInfo("America/Chicago"))
ZONES = (CHICAGO, zone.UTC_ZONE, zone.fixed(-6, name="KMDW LST UTC−6"))
BUY = OrderMark(
    OrderId("o1"), 40.0, Side.BUY, Leg.YES, Ticks(4_000), Decimal(10), Decimal(6), "partial", "BUY 6 YES @ 40, partial",
    True,
)  # fmt: skip
SELL = OrderMark(
    OrderId("o2"), 48.0, Side.SELL, Leg.NO, Ticks(5_200), Decimal(10), Decimal(10), "canceling",
    "BUY 10 NO @ 52, canceling", False,
)  # fmt: skip


def line(name: str, unit: str, at: Any, value: Any, parts: tuple[int, ...] = ()) -> Line:
    """A line that begins anew at the points of these numbers."""
    joined = np.ones(len(at), bool)
    joined[[0, *parts]] = False
    return Line(name=name, unit=unit, at=np.array(at, np.int64), value=np.array(value, np.float64), joined=joined)


def view(count: int = 120, interval: str = "1m", **terms: Any) -> ChartView:
    """Bars up to now whose prices run from 44 up and down."""
    span = INTERVALS[interval]
    at = (NOW // span - np.arange(count)[::-1]) * span
    close = 44.0 + 4.0 * np.sin(np.arange(count) / 9.0)
    opened = np.r_[44.0, close[:-1]]
    trades = np.where(np.arange(count) % 7 == 3, 0, 5)
    bars = [np.where(trades > 0, values, np.nan) for values in (opened, close + 1.0, close - 1.0, close)]
    high = np.maximum(bars[1], bars[0])
    low = np.minimum(bars[2], bars[0])
    hole = Hole(Nanos(int(at[count // 2])), Nanos(int(at[count // 2 + 4])), "a gap in the sequence")
    given: dict[str, Any] = {
        "instrument": ONE, "title": "Chicago 86-87 °F", "state": "live", "why": "", "interval": interval,
        "zone": CHICAGO, "zones": ZONES, "now": NOW, "binary": True, "at": at, "ends": at + span, "open": bars[0],
        "high": high, "low": low, "close": bars[3], "trades": trades, "volume": trades * 10.0,
        "signed": np.where(np.arange(count) % 2, 10.0, -10.0) * (trades > 0),
        "mid": line("mid", "c", at, close + 0.3, (count // 2,)), "fair": line("fair", "c", at, close * 0 + 46.0),
        "under": line("KMDW", "°F", at[::20], 80.0 + np.arange(len(at[::20]))),
        "under_levels": (LevelMark(86.0, "86-87", True), LevelMark(84.0, "84-85")), "holes": (hole,),
        "orders": (BUY, SELL),
        "fills": (FillMark(Nanos(int(at[-20])), 41.0, True, 10.0, "Bought 10 YES at 41"),),
        "moments": (MomentMark(Nanos(NOW + 4 * MINUTE), "closes"),), "bid": 43.0, "ask": 45.0,
        "last": float(close[-1]), "since": "all that is on disk",
    } | terms  # fmt: skip
    return ChartView(**given)


def heat(count: int = 60, **terms: Any) -> HeatView:
    """Books around 44 cents, a column a second, a hole of ten seconds in the middle."""
    at = NOW - np.arange(count)[::-1] * SECOND
    at[: count // 2] -= 10 * SECOND
    bids, asks = np.zeros((count, 99), np.float32), np.zeros((count, 99), np.float32)
    for cent in range(30, 44):
        bids[:, cent - 1] = 10 * (cent - 29)
    for cent in range(45, 60):
        asks[:, cent - 1] = 10 * (60 - cent)
    given: dict[str, Any] = {
        "instrument": ONE, "title": "Chicago 86-87 °F", "state": "live", "why": "", "zone": CHICAGO, "zones": ZONES,
        "now": NOW, "every": SECOND, "at": at.astype(np.int64), "bids": bids, "asks": asks,
        "best_bid": np.full(count, 43.0, np.float32), "best_ask": np.full(count, 45.0, np.float32),
        "trades_at": at[::10].astype(np.int64), "trades_price": np.full(len(at[::10]), 44.0, np.float32),
        "trades_qty": np.arange(1, len(at[::10]) + 1).astype(np.float32),
        "trades_side": np.array([(1, -1, 0)[n % 3] for n in range(len(at[::10]))], np.int8),
        "orders": (BUY,), "fills": (FillMark(Nanos(int(at[-10:][0])), 43.0, True, 10.0, "Bought 10 YES at 43"),),
        "since": "recorded since it was first looked at",
    } | terms  # fmt: skip
    return HeatView(**given)
