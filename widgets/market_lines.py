"""The markets tree as a flat list of lines: sections, markets, and the outcomes of those that are open. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final

from engine.core.units import HOUR, MINUTE, Nanos, Qty
from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from engine.core.ids import InstrumentId, MarketId
    from engine.views.market import MarketRow

SECTION: Final = "section"
MARKET: Final = "market"
OUTCOME: Final = "outcome"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree."""

    kind: str
    name: str
    rows: tuple[MarketRow, ...]
    open: bool = False
    starred: bool = False

    @property
    def first(self) -> MarketRow:
        """Its first outcome."""
        return self.rows[0]

    @property
    def market(self) -> MarketId:
        """The market it belongs to."""
        return self.rows[0].market

    @property
    def branches(self) -> bool:
        """Whether it has outcomes below it."""
        return self.kind == MARKET and (len(self.rows) > 1 or bool(self.first.label))

    @property
    def instrument(self) -> InstrumentId:
        """What choosing it turns to: of a market, its likeliest outcome."""
        return max(self.rows, key=lambda r: -1.0 if r.mid is None else r.mid).instrument

    @property
    def position(self) -> Qty:
        """YES minus NO over its outcomes."""
        return Qty(sum((r.position for r in self.rows), Decimal(0)))

    @property
    def edge(self) -> float | None:
        """The best edge of its outcomes."""
        return max((r.edge for r in self.rows if r.edge is not None), default=None)

    @property
    def overround(self) -> float | None:
        """Of a market, as its first row says."""
        return self.first.overround if self.kind == MARKET else None


def lines(
    rows: Sequence[MarketRow],
    open_markets: Set[MarketId],
    starred: Set[MarketId],
    words: str = "",
    *,
    only_starred: bool = False,
) -> tuple[Line, ...]:
    """Return the lines to show.

    Parameters
    ----------
    rows : sequence of MarketRow
        In the view's order: those of one market together.
    words : str
        Every word must occur in a market's name, station, cell, section or outcome; what matches is open.
    """
    wanted = words.lower().split()
    shown: list[Line] = []
    for section, of_section in groupby(rows, key=lambda r: r.group):
        found: list[Line] = []
        for market, group in groupby(of_section, key=lambda r: r.market):
            outcomes = tuple(group)
            if (only_starred and market not in starred) or not all(w in _searched(outcomes) for w in wanted):
                continue
            found += _market(outcomes, is_open=market in open_markets or bool(wanted), starred=market in starred)
        if found:
            shown += [Line(SECTION, formats.plain(section, 60), found[0].rows), *found]
    return tuple(shown)


def time_left(closes: Nanos, now: Nanos, status: str) -> str:
    """Return how long a market is open in the few letters of its column: ``10:26`` hours, ``26m``, ``3 d``."""
    if status not in {"open", ""}:
        return formats.plain(status, 8)
    if not now:
        return formats.DASH
    left = max(0, closes - now)
    if left >= 72 * HOUR:
        return f"{left // (24 * HOUR)} d"
    if left < HOUR:
        return f"0:{left // MINUTE:02d}"
    return f"{left // HOUR}:{left % HOUR // MINUTE:02d}"


def _market(outcomes: tuple[MarketRow, ...], *, is_open: bool, starred: bool) -> list[Line]:
    first = outcomes[0]
    head = Line(MARKET, formats.plain(first.event, 60), outcomes, is_open, starred)
    if not head.branches or not is_open:
        return [head]
    return [head, *(Line(OUTCOME, formats.plain(r.label or "YES", 40), (r,)) for r in outcomes)]


def _searched(rows: tuple[MarketRow, ...]) -> str:
    first = rows[0]
    return " ".join([first.event, first.station, first.cell, first.group, *(r.label for r in rows)]).lower()
