"""What charts and depth heat maps show: bars, lines, marks and columns of books. Frozen; arrays are not to be changed.

Prices of what pays 1 or nothing are in cents, others in the account's currency; unknown values in arrays are nan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    import numpy as np
    from numpy.typing import NDArray

    from engine.core.ids import InstrumentId, OrderId
    from engine.core.units import Leg, Nanos, Side, Ticks
    from engine.core.zone import Zone


class Hole(NamedTuple):
    """A time of which nothing is known."""

    start: Nanos
    end: Nanos
    why: str


class OrderMark(NamedTuple):
    """An order of ours that works, or is on its way."""

    order: OrderId
    price: float
    """Of YES."""
    side: Side
    """Of the book of YES it lies on."""
    leg: Leg
    ticks: Ticks | None
    """Its own price, of its leg."""
    qty: Decimal | None
    """Its whole quantity."""
    rest: Decimal | None
    state: str
    """As in `LadderRow.mine_bid_state`."""
    words: str
    """Such as ``BUY 10 YES @ 43, working``."""
    movable: bool
    """It can be asked to move: nothing else was asked of it."""


class FillMark(NamedTuple):
    """A fill of ours."""

    at: Nanos
    price: float
    """Of YES."""
    up: bool
    """YES was bought, or NO sold."""
    qty: float
    words: str


class LevelMark(NamedTuple):
    """A price at which something is decided."""

    value: float
    words: str
    strong: bool = False
    """It is the linked instrument's own."""


class MomentMark(NamedTuple):
    """A moment at which something is decided."""

    at: Nanos
    words: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line:
    """A line over time. Where `joined` is false it begins anew: what lies between is not known."""

    name: str
    unit: str
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    joined: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChartView:
    """The bars of one instrument, and what is drawn on them."""

    instrument: InstrumentId
    title: str
    state: str
    """Dock state: loading, live, stale, halted."""
    why: str
    interval: str
    zone: Zone
    zones: tuple[Zone, ...]
    """All that may be chosen: this machine's, UTC, and the station's standard time where one decides."""
    now: Nanos
    binary: bool
    at: NDArray[np.int64]
    """When each bar begins."""
    ends: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    trades: NDArray[np.int64]
    volume: NDArray[np.float64]
    signed: NDArray[np.float64]
    mid: Line
    """At the end of each bar in which the market was seen."""
    fair: Line
    under: Line | None
    """What the instrument is decided by."""
    under_levels: tuple[LevelMark, ...]
    holes: tuple[Hole, ...]
    orders: tuple[OrderMark, ...]
    fills: tuple[FillMark, ...]
    moments: tuple[MomentMark, ...]
    bid: float | None
    ask: float | None
    last: float | None
    since: str
    """How far back it goes, and from what."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HeatView:
    """Books of one instrument over time: a column a moment, a row a cent, from 1 to 99."""

    instrument: InstrumentId
    title: str
    state: str
    why: str
    zone: Zone
    zones: tuple[Zone, ...]
    now: Nanos
    every: int
    """Nanoseconds from one column to the next; where two lie further apart nothing was seen between them."""
    at: NDArray[np.int64]
    """Of each column, ascending."""
    bids: NDArray[np.float32]
    """Shares at each cent, shape (columns, 99)."""
    asks: NDArray[np.float32]
    best_bid: NDArray[np.float32]
    """Cents."""
    best_ask: NDArray[np.float32]
    trades_at: NDArray[np.int64]
    trades_price: NDArray[np.float32]
    trades_qty: NDArray[np.float32]
    trades_side: NDArray[np.int8]
    """1 lifted the price, -1 pressed it, 0 is not known."""
    orders: tuple[OrderMark, ...]
    fills: tuple[FillMark, ...]
    since: str
