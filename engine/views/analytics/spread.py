"""The spread, as a computed column: what a round trip at once would give away, before fees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import TICKS_PER_UNIT
from engine.views.analytics.column import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.views.market import MarketRow


def spread(rows: Sequence[MarketRow]) -> float | None:
    """Return the ask less the bid in cents; of a market, that of its narrowest outcome."""
    found = [row.ask - row.bid for row in rows if row.ask is not None and row.bid is not None]
    return min(found) * 100 / TICKS_PER_UNIT if found else None


COLUMN: Final = Column(
    key="spread", header="spread", exported="spread c", of=spread, width=40,
    help="Ask less bid, in cents; of a market, that of its narrowest outcome.",
)  # fmt: skip
