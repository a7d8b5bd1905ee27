"""What the local API says and takes: prices and money as decimal strings, times in ISO form with Z.

These shapes are promised to scripts: fields are added, never changed. The OpenAPI document is made from them.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.core.commands import Tif
from engine.core.units import Leg, Side

LONGEST = 120
Symbol = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST, pattern=r"^[!-~]+$")]
Amount = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?$")]
"""A decimal number without sign or exponent."""
Key = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Moment = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$",
        description="UTC, such as 2026-11-22T18:00:00Z",
    ),
]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is said."""


class Error(Answer, frozen=True, kw_only=True):
    """Why something was not done."""

    error: str


class Status(Answer, frozen=True, kw_only=True):
    """The session."""

    version: str
    mode: Literal["demo", "paper", "live", "replay"]
    now: str
    """The session's clock; of a demo day, the day's own."""
    account: str
    cash: str
    equity: str
    at_risk: str
    day: str
    """Result since the session's day began."""
    halted_by: str
    reduce_only: bool
    armed_until: str | None
    api_orders: Literal["off", "on", "not for this arming"]


class Outcome(Answer, frozen=True, kw_only=True):
    """One outcome that can be traded; a market's are together, in their order."""

    venue: str
    symbol: str
    market: str
    event: str
    label: str
    group: str
    station: str
    status: str
    closes: str
    bid: str | None
    ask: str | None
    currency: str
    """What bid and ask are in: of an option it may be the coin."""
    model: float | None
    """The model's probability."""
    edge: str | None
    """Best of buying YES and NO at the model, after fees."""
    position: str
    """YES less NO."""
    volume: str


class Level(Answer, frozen=True, kw_only=True):
    """One price of a book."""

    price: str
    qty: str


class Prices(Answer, frozen=True, kw_only=True):
    """The book of one outcome, best first; of YES."""

    venue: str
    symbol: str
    title: str
    state: str
    """live, ageing, stale, loading, error or halted."""
    why: str
    bids: list[Level]
    asks: list[Level]
    last: str | None
    fair: str | None


class Trade(Answer, frozen=True, kw_only=True):
    """One trade."""

    at: str
    price: str
    qty: str
    bought: bool | None
    """It lifted the price of YES; null where nobody says."""
    mine: bool


class Order(Answer, frozen=True, kw_only=True):
    """One order of ours."""

    id: str
    key: str
    """As it was given here; empty of one from elsewhere."""
    at: str
    venue: str
    symbol: str
    side: str
    """``BUY YES``, ``SELL NO``…"""
    qty: str | None
    filled: str
    price: str | None
    average: str | None
    tif: str
    status: str
    ended: bool
    fee: str | None
    """None where it is not known in dollars."""
    why: str
    origin: str


class Fill(Answer, frozen=True, kw_only=True):
    """One fill of ours."""

    trade: str
    at: str
    venue: str
    symbol: str
    side: str
    qty: str
    price: str
    fee: str | None
    """None where it is not known in dollars."""
    realised: str


class Position(Answer, frozen=True, kw_only=True):
    """What we hold of one leg of an outcome."""

    venue: str
    symbol: str
    name: str
    leg: str
    qty: str
    average: str
    mark: str | None
    unrealised: str | None
    realised: str
    max_loss: str | None


class Gate(Answer, frozen=True, kw_only=True):
    """One risk gate."""

    code: str
    meaning: str
    used: str
    limit: str
    state: str
    last_refusal: str


class Settlement(Answer, frozen=True, kw_only=True):
    """One market that waits or has settled."""

    market: str
    name: str
    rule: str
    closes: str
    outcome: str
    reason: str
    record: int | None


class Strategy(Answer, frozen=True, kw_only=True):
    """One line of the registry."""

    name: str
    title: str
    state: str
    sends: bool
    halted: str


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order. A key that was used before returns the order it became, and sends nothing."""

    key: Key
    venue: Symbol
    symbol: Symbol
    side: Side
    leg: Leg = Leg.YES
    qty: Amount
    price: Amount | None = None
    """Worst price a share of the leg; without one any price within the collar is taken."""
    tif: Tif = Tif.IOC
    post_only: bool = False
    reduce_only: bool = False


class Create(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A market of the embedded exchange: YES pays 1 if the metric passes the threshold in the window."""

    cell: Symbol
    """H3 index, at the resolution of the map's markets."""
    metric: Literal["precipitation", "temp_max", "temp_min", "wind_gust", "snow"]
    unit: Literal["mm", "in", "F", "C", "kt"]
    threshold: Amount
    opens: Moment
    closes: Moment
    b: Amount | None = None
    """Liquidity in shares; without it, from the forecast's spread."""


class Created(Answer, frozen=True, kw_only=True):
    """The market that was asked for."""

    market: str
    b: float
    """Liquidity in shares."""
    subsidy: str
    """What the house can lose on it."""
