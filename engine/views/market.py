"""The markets tree, and what listing another market would mean."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.contract import Bracket, Metric, Sources, Unit
from engine.core.ids import Cell, InstrumentId, MarketId
from engine.core.units import Money, Nanos, Qty, Ticks


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome in the markets tree."""

    instrument: InstrumentId
    market: MarketId
    group: str
    """Section of the tree, such as ``Weather · daily high``."""
    event: str
    """Name of the market, such as ``Chicago``."""
    station: str
    label: str
    """Outcome: ``86-87``, or empty for a YES/NO market."""
    cell: str
    status: str
    closes: Nanos
    bid: Ticks | None
    ask: Ticks | None
    mid: float | None
    """Price of YES in cents."""
    model: float | None
    """Model probability."""
    edge: float | None
    """Best of buying YES and NO at the model, in cents after fees."""
    overround: float | None
    """Sum of asks minus 1, in cents; of a market, on its first row."""
    position: Qty
    """YES minus NO."""
    volume: Qty
    phase: int | None = None
    """Of an embedded market; as in `LadderView`."""
    currency: str = ""
    """What an option, a future or a perpetual is quoted in; what is in cents above is unknown of it."""
    bid_text: str = ""
    """Its best bid as it is quoted; empty without one."""
    ask_text: str = ""
    near: bool = False
    """The option of its expiry that is nearest to the money."""


class MarketsView(msgspec.Struct, frozen=True, kw_only=True):
    """All markets, grouped: rows of one market are together, in outcome order."""

    rows: tuple[MarketRow, ...]


class MarketDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A contract as an operator has filled it in; exactly one of `threshold` and `brackets` is set."""

    cell: Cell
    metric: Metric
    unit: Unit
    threshold: Decimal | None
    brackets: tuple[Bracket, ...]
    opens: Nanos
    closes: Nanos
    b: float | None
    """Liquidity in shares; None takes it from the forecast's spread."""
    prior: tuple[float, ...] | None
    """Opening probability of each outcome; empty is even, None takes the forecast's."""
    sources: Sources | msgspec.UnsetType = msgspec.UNSET
    """Who gives the stations' values, in order; unset, the metric's own rule says."""
    phase: int = 1
    kind: str = ""
    """Code of its marchetype (`engine.maths.marchetypes`); empty when nobody said."""


class SubsidyPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What creating a market would mean, shown before it is confirmed."""

    stations: tuple[str, ...]
    """One line each: id, distance, weight."""
    tier: str
    refused: str
    """Why it cannot be listed; empty when it can."""
    iqr: float | None
    reference: float | None
    """Median, or the climatological IQR for temperatures."""
    b: float | None
    subsidy: Money | None
    """Worst case of this market."""
    subsidies_after: Money | None
    """Sum over all open markets with it."""
    subsidies_limit: Decimal
    prices: tuple[tuple[str, float], ...]
    """Opening probability of each outcome."""
    rule: str
    """The settlement rule in words."""
