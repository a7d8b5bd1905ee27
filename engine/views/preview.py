"""The pre-trade card: what an order would do if sent now, and how each gate would stand."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Money, Qty
from engine.views.ladder import FillOdds


class GateLine(msgspec.Struct, frozen=True, kw_only=True):
    """One gate as it would stand after an order."""

    code: str
    used: Decimal | None
    limit: Decimal | None
    refuses: bool
    share: float | None
    """used / limit in [0, 1] or above; None where that means nothing."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The pre-trade card: what an order would do if sent now."""

    instrument: InstrumentId
    words: str
    """What the money button says after the mode, such as ``BUY 10 YES @ 43 $4.30``."""
    qty: Qty | None
    cost: Money | None
    """Paid (negative: received) before the fee."""
    fee: Money | None
    fee_words: str
    average: float | None
    """Cents a share."""
    worst: float | None
    """Marginal price after the order, in cents."""
    max_loss: Money | None
    max_win: Money | None
    breakeven: float | None
    """Probability after fees at which nothing is gained."""
    model: float | None
    edge: float | None
    """Cents a share."""
    edge_money: Money | None
    kelly: float | None
    """Quarter-Kelly share of equity."""
    kelly_qty: Qty | None
    position_after: str
    gates: tuple[GateLine, ...]
    refused_by: str
    """Code of the first gate that refuses; empty when it would pass."""
    refused_why: str
    warnings: tuple[str, ...]
    """Soft doubts to be confirmed in place."""
    confirm: bool
    """Ask once, in place, before sending."""
    intent: str = ""
    """Of the order it answers; empty when not told."""
    fill: FillOdds | None = None
    """Of what would wait; None where nothing would."""
    currency: str = ""
    """What average and worst are in, of an option or a future; empty where they are cents."""
