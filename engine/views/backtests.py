"""Saved backtests beside each other, and the one that runs."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.units import Nanos


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """One saved run."""

    name: str
    saved_at: Nanos
    data: str
    strategies: str
    parameters: str
    """What was told other than usual; empty for nothing."""
    fills: str
    """How orders were thought to fill."""
    parts: int
    trades: int
    net: Decimal
    """Dollars after fees."""
    fee_share: float | None
    """Fees over what was won before them; None where nothing was."""
    sharpe: float | None
    drawdown: float
    """Dollars."""
    verdict: str
    equity: tuple[tuple[int, float], ...]
    """Net after each fill."""


class RunningBacktest(msgspec.Struct, frozen=True, kw_only=True):
    """The one that runs, or how the last one ended."""

    name: str
    done: int
    of: int | None
    """Parts; None until the first is done."""
    going: bool
    said: str
    """Why it ended without a report; empty otherwise."""


class BacktestsView(msgspec.Struct, frozen=True, kw_only=True):
    """Runs, newest first."""

    rows: tuple[RunLine, ...]
    running: RunningBacktest | None
    unread: tuple[str, ...]
    """Files of the folder that are no report, by name."""
    strategies: tuple[str, ...]
    """That can be played."""
