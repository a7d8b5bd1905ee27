"""The options market maker as its dock shows it: what each instrument is quoted at, and everything that made it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import InstrumentId
from engine.core.units import Nanos


class OptionQuoterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument. Prices are in the currency it is quoted in; None is unknown."""

    instrument: InstrumentId
    name: str
    venue: str
    state: str
    """``OFF``, ``QUOTING``, ``ONE_SIDE``, ``WAITING``, ``BLOCKED``, ``PULLED`` or ``SHADOW``."""
    note: str
    best_bid: float | None
    best_ask: float | None
    mid: float | None
    mark: float | None
    iv: float | None
    """Mark's, a fraction a year."""
    half: float | None
    """Half of our spread."""
    skew: float | None
    """By which both sides are moved for what is held."""
    want_bid: float | None
    want_ask: float | None
    bid: float | None
    """Ours that works."""
    ask: float | None
    held: Decimal
    """Units, short negative."""
    room: Decimal
    """Most units either way."""
    delta: float | None
    """Of what is held, coins."""
    gamma: float | None
    vega: float | None
    fills: int
    """Of this session."""
    marked: int
    """Of them, those whose edge is known."""
    edge: Decimal | None
    """Dollars that they brought against the mark of their moment, fees taken off; None while there is none."""
    fees: Decimal
    """Of those, dollars."""
    updated_at: Nanos | None


class OptionQuoterView(msgspec.Struct, frozen=True, kw_only=True):
    """All instruments that are named."""

    rows: tuple[OptionQuoterLine, ...]
    state: str
    sends: bool
    why: str
    markets: str
    """As they are named in its parameter."""
    pulled: bool
    facts: tuple[tuple[str, str], ...]
    now: Nanos
