"""Alerts of the weather service: what stands, what it lies over, and how orders went with it."""

from __future__ import annotations

import msgspec

from engine.core.ids import Cell, MarketId
from engine.core.units import Money, Nanos


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """One alert; every text is the service's own, plain and cut."""

    id: str
    event: str
    severity: str
    rank: int
    """5 Extreme, 4 Severe, 3 Moderate, 2 Minor, 1 anything else."""
    headline: str
    sent: Nanos
    effective: Nanos
    onset: Nanos | None
    over_at: Nanos
    cells: frozenset[Cell]
    """Where it lies: cells of mixed resolution, a parent for all its children; empty while unknown."""


class StandingAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert in force, and what of ours it lies over."""

    alert: AlertLine
    km2: float | None
    """None while its area is unknown."""
    markets: tuple[tuple[MarketId, str], ...]
    """Open markets whose cell, or whose station's cell, it lies on: id and title."""
    positions: int
    """How many of these we hold something of."""
    worst: Money | None
    """Our worst loss on them together; None where we hold nothing."""


class AlertHour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of the graph of alerts against orders."""

    opens: Nanos
    minutes: float
    """So much of it has passed, at least one."""
    alerts: int
    """In force at some time of it."""
    orders: int
    """Of all accounts on our own exchange, and ours on venues."""
    ours: int
    under: int
    """Of the orders, on a cell that an alert lay on when they were sent."""
    ours_under: int


class AlertsView(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard of alerts against orders."""

    now: Nanos
    utc_offset_hours: int
    known: int
    """Alerts ever told of in this session; 0 is not the same as none in force."""
    standing: tuple[StandingAlert, ...]
    """Those over something of ours first, then by severity, then oldest first."""
    hours: tuple[AlertHour, ...]
    """Oldest first; the last one runs."""
