"""The spine, the feeds and the notices."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.units import Money, Nanos


class SpineGreeks(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of one underlying in options, futures and perpetuals; None while a position's are not known."""

    underlying: str
    delta: float | None
    """Coins."""
    gamma: float | None
    """Coins that delta moves by as the underlying moves a hundredth."""
    vega: float | None
    """Dollars for a point of volatility."""
    theta: float | None
    """Dollars a day."""
    unknown: tuple[str, ...] = ()
    """Positions whose greeks are not known."""


class SpineView(msgspec.Struct, frozen=True, kw_only=True):
    """What is always on screen: mode, risk, result, work."""

    mode: str
    """``paper``, ``demo``, ``live`` or ``replay``."""
    account_name: str
    role: str
    now: Nanos
    """The session's clock; of a demo day, the day's own."""
    place: str
    utc_offset_hours: int
    """Local standard time of `place`."""
    cash: Money
    equity: Money
    """Cash and positions at their marks."""
    at_risk: Money
    """Worst-case loss over all joint outcomes, orders in flight at worst; never negative."""
    at_risk_limit: Decimal | None
    """None, as the others, while it waits for the balances that it is a share of."""
    day: Money
    """Realised + unrealised - fees since the session's day began."""
    day_fees: Money
    day_limit: Decimal | None
    """Negative: the loss at which trading stops."""
    week: Money
    week_limit: Decimal | None
    working: int
    cancelling: int
    unknown: int
    open: int
    """Positions."""
    next_close: str
    """Name of the market that closes next; empty when there is none."""
    next_close_at: Nanos | None
    gates_ok: int
    gates_near: int
    gates_refusing: int
    halted_by: str
    """Gate or person; empty when not halted."""
    halted_why: str
    halted_at: Nanos | None
    reduce_only: bool
    storage_ok: bool
    last_sequence: int
    subsidies: Money
    """Worst-case subsidy the house stands to lose over all open markets."""
    subsidies_limit: Decimal
    greeks: tuple[SpineGreeks, ...] = ()
    """By underlying; empty while none is held."""
    armed_until: Nanos | None = None
    """Until when live orders leave; None while none does."""


class FeedChip(msgspec.Struct, frozen=True, kw_only=True):
    """One connection in the status bar."""

    name: str
    state: str
    """live, ageing, stale, down or off."""
    text: str
    """Latency or age, ready to show."""
    tip: str


class FeedsView(msgspec.Struct, frozen=True, kw_only=True):
    """All connections."""

    chips: tuple[FeedChip, ...]
    demo: bool


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of the log."""

    id: int
    at: Nanos
    level: int
    code: str
    text: str
    subject: str
    times: int
    """How often it came in a row."""


class NoticesView(msgspec.Struct, frozen=True, kw_only=True):
    """The log, oldest first, and what is new since the trader looked."""

    rows: tuple[NoticeRow, ...]
    warnings: int
