"""What a hedger sees of one underlying: its sums, what is on its way, and where a hedge could trade."""

from __future__ import annotations

from typing import NamedTuple

from engine.options.risk_models import Book
from engine.options.routing import Candidate


class HedgeBook(NamedTuple):
    """One underlying as it stands."""

    underlying: str
    book: Book | None
    """None while the price or a position's greeks are not known."""
    unknown: str
    """The first position whose greeks are not known; empty while all are."""
    delta: float
    gamma: float
    vega: float
    """Dollars a point."""
    gross: float
    """Sum of the options' deltas without their signs."""
    linear: float
    pending: float
    """Delta that hedges of trades still bring."""
    has_options: bool
    candidates: tuple[Candidate, ...]
    breaks: str
    """Positions that differ from a venue's own account."""
    pace: float = 1.0
    """Seconds of the session's clock in a real one."""
