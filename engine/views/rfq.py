"""Requests for quotes as the blotter shows them: what was asked, what we said, what became of it.

Prices are dollars for one unit of the underlying; sizes are units of it. None is unknown and shown as a dash.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.units import Nanos

STATES = ("PENDING", "QUOTED", "EXECUTED", "HEDGED", "FAILED", "CANCELLED")
"""Of a request, in the order of its life; CANCELLED is every end without a trade."""
SIGNED = ("signed", "paper", "no", "DUMMY")
"""How a quote stands: signed with our key; on paper, where nothing is signed; none; shown without a price to go by."""


class RfqLegLine(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a request."""

    name: str
    """Such as ``ETH 9 Oct 26 3000 C``."""
    underlying: str
    expires: Nanos
    strike: Decimal
    put: bool
    taker_side: str
    """``buy`` or ``sell``."""
    qty: Decimal
    hedge_price: float | None
    """What its hedge would cost or bring a unit, walked through the hedge venue's book."""
    price: Decimal | None
    """Ours."""


class RfqStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a request's history."""

    at: Nanos
    what: str
    """``RECEIVED``, ``PRICED``, ``QUOTED``, ``SIGNED``, ``CONFIRMED``, ``HEDGE``, ``FILL``, ``HEDGED``…"""
    text: str


class RfqLine(msgspec.Struct, frozen=True, kw_only=True):
    """One request, newest first in the blotter."""

    id: str
    """The source's own."""
    trace: str
    """Names it in every command and in every line of the event log."""
    at: Nanos
    source: str
    """Title of where it came from, such as ``Rysk`` or ``By hand``."""
    taker: str
    taker_side: str
    """``buy`` or ``sell``: of the package, of its first leg's side where legs differ."""
    legs: tuple[RfqLegLine, ...]
    size: Decimal
    """Units of the package."""
    our_side: str
    """What we would do."""
    our_quote: Decimal | None
    """Dollars a unit; None before it is priced, and where it cannot be."""
    hedge_price: float | None
    edge_bps: float | None
    """Of the hedge's price: all that the quote is better for us than it."""
    edge: float | None
    """Dollars, of the whole size, hedge fees taken off."""
    fair: float | None
    """Dollars a unit by the venue's mark; None without one."""
    valid_until: Nanos | None
    """Of our newest quote."""
    until: Nanos | None
    """Of the request itself."""
    apr: float | None
    """Per cent a year, simple: of the spot for calls, of the strike for puts; of single options only."""
    signed: str
    """One of `SIGNED`."""
    best: bool | None
    """Whether ours is the best quote so far; None where the source has not said."""
    best_price: Decimal | None
    state: str
    """One of `STATES`."""
    hedge_plan: str
    """Such as ``sell 1.0 ETH-9OCT26-3000-C on Deribit``; empty where nothing is to be hedged."""
    hedged: float | None
    """Share of the plan that is filled, 0 to 1; None before there is one."""
    why: str
    """Why it stands as it does, in one sentence; empty while there is nothing to say."""
    can_quote: bool
    can_pass: bool
    can_close: bool
    """A hedge failed, and `CloseTrade` may end it."""
    quotes: int
    """Signed or simulated for it so far."""


class RfqView(msgspec.Struct, frozen=True, kw_only=True):
    """The blotter and the desk behind it."""

    rows: tuple[RfqLine, ...]
    state: str
    """Of the desk's line in the registry: ``off``, ``shadow``, ``paper`` or ``live``."""
    sends: bool
    """Quotes leave in this session: signed when live, to the simulated taker on paper."""
    why: str
    """Why nothing is quoted; empty while the desk quotes."""
    auto: bool
    """It quotes by itself; else each quote waits for `Quote`."""
    live_quotes: int
    """That may still be taken."""
    unhedged: int
    """Trades whose hedge is not done."""
    failed: int
    facts: tuple[tuple[str, str], ...]
    """What the desk is told, in words: edge, validity, limits."""
    now: Nanos


class RfqChain(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its whole history."""

    line: RfqLine
    steps: tuple[RfqStep, ...]
    """Oldest first."""
