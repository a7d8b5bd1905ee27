"""What open positions and orders come to if the weather, or a coin, comes out one way or another."""

from __future__ import annotations

import msgspec

from engine.core.units import Money


class ScenarioLine(msgspec.Struct, frozen=True, kw_only=True):
    """One event with something of ours in it."""

    key: str
    """One line has it: a market, a family, or an instrument of none."""
    name: str
    known: bool
    """The model says what its outcomes' chances are; else it is counted at its worst."""
    mean: float | None
    """Account currency over all members; None where nobody knows."""
    worst: float
    worst_outcome: str
    result: float
    """In the worst member."""
    outcome: str


class GroupLine(msgspec.Struct, frozen=True, kw_only=True):
    """Events that go together."""

    kind: str
    """``station's day``, ``neighbourhood``, ``underlying`` or ``event``."""
    name: str
    events: int
    loss: Money
    """Worst loss of all of them, open orders filled."""
    share: float | None
    """Of the limit of CORRELATED."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """How many members end in [low, high), account currency."""

    low: float
    high: float
    count: int


class SpotLine(msgspec.Struct, frozen=True, kw_only=True):
    """What all windows of a coin come to if they end with it at a price."""

    price: float
    change: float
    result: float


class SpotGrid(msgspec.Struct, frozen=True, kw_only=True):
    """One coin."""

    coin: str
    spot: float
    windows: int
    unknown: int
    """Windows without a known strike, counted at their worst."""
    lines: tuple[SpotLine, ...]


class ScenariosView(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `members` is 0 while nothing is open."""

    members: int
    law: str
    """How the members go together, in one sentence."""
    mean: float
    at_95: float
    """One member in twenty ends at or below it."""
    at_99: float
    tail: float
    """Mean of the worst twentieth."""
    worst: float
    best: float
    bars: tuple[Bar, ...]
    lines: tuple[ScenarioLine, ...]
    unknown: int
    """Events that are counted at their worst since no model speaks of them."""
    unknown_loss: float
    orders: int
    """Open orders that are counted as filled where they lose."""
    joint: Money
    """Worst loss of all events together, whatever goes with whatever."""
    groups: tuple[GroupLine, ...]
    spots: tuple[SpotGrid, ...]
