"""Watchlists on disk: in a file of the profile, written as soon as they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from PySide6.QtCore import QObject

from app.kept import Kept, Versioned
from engine.core.effects import Level
from engine.core.ids import MarketId
from widgets.watchlists import LONGEST_NAME, MOST_LISTS, MOST_MARKETS, Watched, Watchlist

if TYPE_CHECKING:
    from pathlib import Path

    from app.window import Window

SCHEMA: Final = 1

Text = Annotated[str, msgspec.Meta(max_length=200)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A market of a list."""

    market: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    title: Text = ""
    station: Text = ""
    venue: Text = ""


class One(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A list."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    markets: Annotated[tuple[Entry, ...], msgspec.Meta(max_length=MOST_MARKETS)] = ()


class File(Versioned, kw_only=True, frozen=True, omit_defaults=True):
    """All lists."""

    lists: Annotated[tuple[One, ...], msgspec.Meta(max_length=MOST_LISTS)] = ()


class Watching(QObject):
    """Keeps the watchlists of a window in a file.

    Parameters
    ----------
    path : Path or None
        None keeps nothing, as in safe mode.
    """

    def __init__(self, window: Window, path: Path | None) -> None:
        super().__init__(window)
        self._window = window
        self._kept = None if path is None else Kept(path, File, SCHEMA, "watchlists")

    def restore(self) -> None:
        """Take the lists of the profile, and keep them from now on."""
        if self._kept is None:
            return
        found, wrong = self._kept.load()
        if wrong:
            self._window.tell(wrong, Level.WARN)
        self._window.watchlists.take([_list(one) for one in found.lists])
        self._window.watchlists.changed.connect(self._save)

    def _save(self) -> None:
        lists = tuple(_file(one) for one in self._window.watchlists.lists())
        wrong = "" if self._kept is None else self._kept.save(File(schema=SCHEMA, lists=lists))
        if wrong:
            self._window.tell(wrong, Level.WARN)


def _list(one: One) -> Watchlist:
    markets = {m.market: Watched(MarketId(m.market), m.title or m.market, m.station, m.venue) for m in one.markets}
    return Watchlist(one.name, tuple(markets.values()))


def _file(one: Watchlist) -> One:
    entries = (Entry(market=m.market, title=m.title, station=m.station, venue=m.venue) for m in one.markets)
    return One(name=one.name, markets=tuple(entries))
