"""The board of one event: all its brackets, side by side."""

from __future__ import annotations

import msgspec

from engine.core.ids import InstrumentId, MarketId
from engine.core.units import Money, Nanos, Qty, Ticks


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One bracket of an event."""

    instrument: InstrumentId
    label: str
    dead: str
    """Why it cannot win any more; empty while it can."""
    bid: Ticks | None
    bid_size: Qty | None
    ask: Ticks | None
    ask_size: Qty | None
    mid: float | None
    """Cents."""
    change_5m: float | None
    """Cents."""
    implied: float | None
    model: float | None
    model_low: float | None
    model_high: float | None
    edge_yes: float | None
    """Cents after fees."""
    edge_no: float | None
    position: Qty
    average: float | None
    """Cents."""
    pnl: Money | None
    if_wins: Money | None
    implied_low: float | None = None
    """Between which probabilities the methods of taking the excess out of the prices disagree."""
    implied_high: float | None = None
    all_in_yes: float | None = None
    """Cents that a share of YES costs at the ask, the taker's fee included."""
    all_in_no: float | None = None
    """The same of NO, against the bid."""
    locked: str = ""
    """Why it has won as far as its station's reports go; empty while it has not."""


class BoardView(msgspec.Struct, frozen=True, kw_only=True):
    """All brackets of one event."""

    market: MarketId
    title: str
    subtitle: str
    unit: str
    status: str
    state: str
    why: str
    rows: tuple[BoardRow, ...]
    sum_bid: float | None
    """Cents, of the brackets alive."""
    sum_mid: float | None
    sum_ask: float | None
    mids_used: int
    buy_set: float | None
    """Cost in account currency of one share of every outcome, fees included."""
    sell_set: float | None
    mean: float | None
    """Centre of the implied distribution, in the event's unit."""
    mean_per_hour: float | None
    mean_trail: tuple[tuple[Nanos, float], ...]
    """Where the centre has been over the last half hour, oldest first."""
    running: str
    """Running extreme as text, such as ``84 °F``."""
    closes: Nanos
    worst: Money | None
    worst_label: str
    best: Money | None
    best_label: str
    age_s: float | None
    refusing: str = ""
    """Code of the gate that refuses everything now; empty when none does."""
    phase: int | None = None
    """Of an embedded market; as in `LadderView`."""
    buy_qty: Qty | None = None
    """Sets of all YES that can be bought at a profit after exact fees, at the depth that stands."""
    buy_profit: Money | None = None
    sell_qty: Qty | None = None
    """The same of all NO."""
    sell_profit: Money | None = None
    proven_buy: bool = True
    """One of the outcomes is known to happen: a set of all YES is sure to pay."""
    proven_sell: bool = True
    """No two of them can."""
    proof: str = ""
    """How that is known, or why it is not."""
    report: str = ""
    """Newest report of the deciding station, such as ``METAR KMDW``."""
    report_at: Nanos | None = None
    run: str = ""
    """Forecast behind the model's column; empty where none is."""
    run_at: Nanos | None = None
    doubt: str = ""
    """Why the model's column is of something else than what decides here; empty where it is not."""
    asked_at: Nanos | None = None
    """The engine's time of this view: ages are told from it."""
