"""How the session stands with each venue, and with the services that tell of the weather."""

from __future__ import annotations

import msgspec

from engine.core.events import LinkReport
from engine.core.ids import VenueId
from engine.core.units import Money, Nanos


class LinkLine(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of a venue."""

    channel: str
    """``market``, ``account`` or ``directory``."""
    up: bool
    since: Nanos | None
    why: str


class ConnectionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One venue, or one service that tells of the weather."""

    venue: VenueId
    title: str
    state: str
    """live, ageing, stale, down or off."""
    why: str
    links: tuple[LinkLine, ...]
    report: LinkReport | None
    """Measured; None before the first."""
    age_s: float | None
    """Since its last frame; of a weather service, since it last told something new."""
    books_live: int
    books_stale: int
    trades: bool
    reconciled: bool
    cash: Money | None
    collateral: str
    can: tuple[str, ...]
    stations: int | None = None
    """A weather service: how many stations it is asked about. None for a venue."""
    next_at: Nanos | None = None
    """When it will be asked again."""
    cash_at: Nanos | None = None
    """When the venue said what `cash` is; None on paper, where our own ledger does."""
    told: str = ""
    """What it is asked for, kind by kind, and what is not asked of it."""


class ConnectionsView(msgspec.Struct, frozen=True, kw_only=True):
    """All venues of the session, then the weather services."""

    rows: tuple[ConnectionLine, ...]
    mode: str
    armed_until: Nanos | None
    """Live orders may leave until then; None while disarmed."""
    now: Nanos
