"""A hedge of a place: what is asked for, and the basket of markets near it that would pay."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.contract import Metric, Unit
from engine.core.ids import Cell, InstrumentId, MarketId
from engine.core.units import Leg, Money, Qty


class HedgeDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A loss as somebody has described it; exactly one of `cell` and `place` is set."""

    cell: Cell | None
    place: tuple[float, float] | None
    """Latitude and longitude, degrees."""
    metric: Metric
    unit: Unit
    above: bool
    """The loss comes when the value is above the level; else when it is below."""
    level: Decimal | None
    """Where it begins; None takes each market's own."""
    loss: Money
    """To be made up for if every cell pays."""
    budget: Money | None
    """Most to pay, fees included."""
    most_cells: int = 3


class HedgeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase of the basket."""

    instrument: InstrumentId
    market: MarketId
    title: str
    """Of the market, and the bracket where it has brackets."""
    cell: Cell
    leg: Leg
    km: float
    """From the place to the cell's centre."""
    weight: float
    """Share of the loss this cell is to pay, in [0, 1]."""
    qty: Qty
    cost: Money | None
    """Exact, after the purchases before it; None behind one that is refused."""
    fee: Money | None
    average: float | None
    """Cents a share."""
    before: float | None
    """Marginal price, cents."""
    after: float | None
    station: str
    """Nearest of the stations that settle it, and how far from the cell: ``KMDW, 4.8 km``."""


class HedgeLeg(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one purchase."""

    title: str
    leg: Leg
    qty: Qty
    """Asked for."""
    state: str
    """``waiting``, ``bought``, ``refused``, ``unsure`` or ``unsent``."""
    bought: Qty
    cost: Money | None = None
    """Paid, before the fee."""
    fee: Money | None = None
    why: str = ""
    """Why it was refused, or not sent."""


class HedgeDone(msgspec.Struct, frozen=True, kw_only=True):
    """A basket as it is being bought, and at its end."""

    legs: tuple[HedgeLeg, ...]
    over: bool
    """Nothing more is sent, and nothing is waited for."""
    paid: Money
    """So far, fees included."""
    pays_all: Money
    """If it happens in every cell: of cells of which every purchase is in."""
    words: str
    """How it stands, in one or two sentences."""


class HedgeView(msgspec.Struct, frozen=True, kw_only=True):
    """What a hedge would be if it were bought now; nothing was changed to find out."""

    refused: str
    """Why it cannot be bought; empty when it can."""
    lines: tuple[HedgeLine, ...] = ()
    cells: int = 0
    cost: Money | None = None
    """Of all lines before fees; None when one is refused."""
    fee: Money | None = None
    total: Money | None = None
    """What would be paid, and lost at most."""
    at_the_touch: Money | None = None
    """The cost if buying moved no price."""
    pays_all: Money | None = None
    """If it happens in every cell."""
    pays_any: Money | None = None
    """The least it pays if it happens in one cell only."""
    pays_none: Money | None = None
    """If it happens in no cell."""
    notes: tuple[str, ...] = ()
    """How what is bought differs from what is to be hedged, one sentence each."""
