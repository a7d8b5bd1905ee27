"""The markets tree as a flat list of lines: sections, markets, and the outcomes of those that are open. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final

from engine.core.ids import InstrumentId, VenueId
from engine.core.units import HOUR, MINUTE, Nanos, Qty
from engine.views.market import MarketRow
from widgets import formats, market_search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from engine.core.ids import MarketId
    from widgets.watchlists import Watched, Watchlist

SECTION: Final = "section"
MARKET: Final = "market"
OUTCOME: Final = "outcome"
DELISTED: Final = "delisted"
"""Status of a market that only a watchlist still knows."""
MOST_LINES: Final = 1_500
"""So many are shown; the rest is counted."""


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
        """What choosing it turns to: of a market, its likeliest outcome; of an expiry, the option at the money."""
        return max(self.rows, key=lambda r: (r.near, -1.0 if r.mid is None else r.mid)).instrument

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
    watchlist: Watchlist | None = None,
) -> tuple[Line, ...]:
    """Return the lines to show.

    Parameters
    ----------
    rows : sequence of MarketRow
        In the view's order: those of one market together.
    words : str
        As `market_search` reads them; what matches is open.
    watchlist : Watchlist, optional
        Show its markets, in its order, those that are no longer listed included.
    """
    wanted = market_search.parse(words)
    shown: list[Line] = []
    left_out = 0
    for section, markets in _sections(rows, watchlist):
        found: list[Line] = []
        for outcomes in markets:
            market = outcomes[0].market
            fit = market_search.fitting(outcomes, wanted)
            if (only_starred and market not in starred) or not fit:
                continue
            if len(shown) + len(found) >= MOST_LINES:
                left_out += 1
                continue
            found += _market(fit, is_open=market in open_markets or bool(wanted), starred=market in starred)
        if found:
            shown += [Line(SECTION, formats.plain(section, 60), found[0].rows), *found]
    if left_out:
        shown.append(Line(SECTION, f"{left_out} more: type more of the name", shown[-1].rows))
    return tuple(shown)


def _sections(
    rows: Sequence[MarketRow], watchlist: Watchlist | None
) -> Iterator[tuple[str, list[tuple[MarketRow, ...]]]]:
    """Yield each section with the outcomes of its markets; a watchlist is one section."""
    if watchlist is None:
        for section, of_section in groupby(rows, key=lambda r: r.group):
            yield section, [tuple(group) for _, group in groupby(of_section, key=lambda r: r.market)]
        return
    listed = {market: tuple(group) for market, group in groupby(rows, key=lambda r: r.market)}
    yield watchlist.name, [listed.get(one.market) or (_gone(one),) for one in watchlist.markets]


def _gone(one: Watched) -> MarketRow:
    """Return a market of a list that its venue no longer lists: its name, and no number."""
    return MarketRow(
        instrument=InstrumentId(VenueId(one.venue), ""), market=one.market, group="", event=one.title,
        station=one.station, label="", cell="", status=DELISTED, closes=Nanos(0), bid=None, ask=None, mid=None,
        model=None, edge=None, overround=None, position=Qty(Decimal(0)), volume=Qty(Decimal(0)),
    )  # fmt: skip


def time_left(closes: Nanos, now: Nanos, status: str) -> str:
    """Return how long a market is open in the few letters of its column: ``10:26`` hours, ``26m``, ``3 d``."""
    if status not in {"open", ""}:
        return formats.plain(status, 8)
    if not now or not closes:
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
