"""Watchlists: markets the trader gathered under names of his own, in his own order.

A market stays in its lists when its venue no longer lists it: it is shown as gone until the trader removes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import MarketId
    from engine.views.market import MarketRow

MOST_LISTS: Final = 20
MOST_MARKETS: Final = 500
"""Of one list."""
LONGEST_NAME: Final = 40
LONGEST: Final = 90


@dataclass(frozen=True, slots=True)
class Watched:
    """A market in a list, and what it was called when it was put there."""

    market: MarketId
    title: str
    station: str = ""
    venue: str = ""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Markets under a name, in the trader's order."""

    name: str
    markets: tuple[Watched, ...] = ()

    def has(self, market: MarketId) -> bool:
        """Whether a market is in it."""
        return any(one.market == market for one in self.markets)


class Watchlists(QObject):
    """All lists of a trader, in the order they were made. What cannot be done is said, as a sentence."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lists: tuple[Watchlist, ...] = ()

    def lists(self) -> tuple[Watchlist, ...]:
        """Return every list."""
        return self._lists

    def names(self) -> list[str]:
        """Return what the lists are called."""
        return [one.name for one in self._lists]

    def find(self, name: str) -> Watchlist | None:
        """Return a list by its name; case does not matter."""
        return next((one for one in self._lists if one.name.casefold() == name.casefold()), None)

    def take(self, lists: Sequence[Watchlist]) -> None:
        """Take the lists of an earlier session; two of one name are one."""
        found: dict[str, Watchlist] = {}
        for one in lists:
            first = found.get(one.name.casefold(), Watchlist(one.name))
            new = tuple(m for m in one.markets if not first.has(m.market))
            found[one.name.casefold()] = replace(first, markets=(*first.markets, *new)[:MOST_MARKETS])
        self._put(tuple(found.values())[:MOST_LISTS])

    def make(self, name: str) -> str:
        """Make an empty list; return why not, or nothing."""
        clean, why = self._free(name)
        if not why and len(self._lists) >= MOST_LISTS:
            why = f"There are {MOST_LISTS} lists already; delete one first."
        if not why:
            self._put((*self._lists, Watchlist(clean)))
        return why

    def rename(self, name: str, to: str) -> str:
        """Give a list another name; return why not, or nothing."""
        one = self.find(name)
        if one is None:
            return f"There is no list “{formats.plain(name, LONGEST_NAME)}”."
        clean, why = self._free(to, but=one)
        if not why:
            self._swap(one, replace(one, name=clean))
        return why

    def delete(self, name: str) -> None:
        """Delete a list; its markets stay where they are."""
        self._put(tuple(one for one in self._lists if one is not self.find(name)))

    def add(self, name: str, row: MarketRow) -> str:
        """Put a market at the end of a list; return why not, or nothing."""
        one = self.find(name)
        if one is None:
            return f"There is no list “{formats.plain(name, LONGEST_NAME)}”."
        if one.has(row.market):
            return ""
        if len(one.markets) >= MOST_MARKETS:
            return f"“{one.name}” has {MOST_MARKETS} markets; remove one first."
        self._swap(one, replace(one, markets=(*one.markets, watched(row))))
        return ""

    def remove(self, name: str, market: MarketId) -> None:
        """Take a market out of a list."""
        one = self.find(name)
        if one is not None and one.has(market):
            self._swap(one, replace(one, markets=tuple(m for m in one.markets if m.market != market)))

    def move(self, name: str, market: MarketId, way: int) -> bool:
        """Move a market up (-1) or down (1) in a list; return whether there was room."""
        one = self.find(name)
        at = next((n for n, m in enumerate(one.markets) if m.market == market), -1) if one is not None else -1
        to = at + way
        if one is None or at < 0 or not 0 <= to < len(one.markets):
            return False
        order = list(one.markets)
        order[at], order[to] = order[to], order[at]
        self._swap(one, replace(one, markets=tuple(order)))
        return True

    def _free(self, name: str, but: Watchlist | None = None) -> tuple[str, str]:
        """Return a name as it is kept, and why it cannot be."""
        clean = " ".join(formats.plain(name, LONGEST_NAME).split())
        if not clean:
            return "", "A list needs a name."
        taken = self.find(clean)
        return clean, "" if taken is None or taken is but else f"There is a list “{taken.name}” already."

    def _swap(self, old: Watchlist, new: Watchlist) -> None:
        self._put(tuple(new if one is old else one for one in self._lists))

    def _put(self, lists: tuple[Watchlist, ...]) -> None:
        if lists != self._lists:
            self._lists = lists
            self.changed.emit()


def watched(row: MarketRow) -> Watched:
    """Return a market as it is kept in a list."""
    title, station = formats.plain(row.event, LONGEST), formats.plain(row.station, LONGEST)
    return Watched(row.market, title, station, str(row.instrument.venue))
