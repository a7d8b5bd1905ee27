"""Markets, stations and typed orders for the palette: what a session knows, as entries, and what taking one does."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from app import typed
from app.commander import MOST
from app.setting_list import SETTINGS
from engine.core.ids import EMBEDDED
from engine.core.units import Side
from engine.venues import registry
from engine.views import topics
from engine.views.market import MarketsView
from engine.views.station import StationsView
from widgets import formats, fuzzy
from widgets.actions import DOCKS
from widgets.ladder_keys import order_words
from widgets.markets import MarketsPanel
from widgets.palette_rows import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.bridge import Bridge
    from app.window import Window
    from engine.core.commands import Place
    from engine.core.ids import InstrumentId, Topic, VenueId
    from engine.views.market import MarketRow

OF_MARKETS: Final = ("board", "ladder", "ticket", "map", "station", "tape", "curve")
"""Docks that turn to a market: a code of theirs and the market's name goes to both at once."""
MOST_SHOWN: Final = 8
_CODES: Final = {code: (name, title) for name, title, _, code in DOCKS if name in OF_MARKETS}


class Finding:
    """Adds what a session knows to the palette of its window."""

    def __init__(self, bridge: Bridge, window: Window, view: Callable[[Topic], object]) -> None:
        self._bridge = bridge
        self._window = window
        self._view = view
        self._orders: list[Place] = []
        """What the last typed text could be, by number."""
        add = window.commander.add
        add("market", self._markets, self._to_market, self._shown)
        add("outcome", self._outcomes, self._to_outcome)
        add("station", self._stations, bridge.to_station)
        add("list", self._lists, self._to_list)
        add("setting", self._settings, self._to_setting)
        add("order", lambda: (), self._to_ticket, self._typed, remembered=False)

    def rows(self) -> Sequence[MarketRow]:
        """Return the outcomes of all markets."""
        view = self._view(topics.MARKETS)
        return view.rows if isinstance(view, MarketsView) else ()

    def _markets(self) -> list[Entry]:
        found = []
        for market, group in groupby(self.rows(), key=lambda row: row.market):
            first = next(group)
            detail = _where(first, first.group)
            found.append(Entry(f"market:{market}", formats.plain(first.event, 60), "market", formats.plain(detail, 90)))
        return found

    def _outcomes(self) -> list[Entry]:
        rows = [row for row in self.rows() if row.label][:MOST]
        return [
            Entry(f"outcome:{_key(row.instrument)}", f"{row.event} {row.label}", "outcome", _where(row), weight=-2.0)
            for row in rows
        ]

    def _stations(self) -> list[Entry]:
        view = self._view(topics.STATIONS)
        rows = view.rows if isinstance(view, StationsView) else ()
        return [
            Entry(
                f"station:{row.id}",
                f"{row.id} {formats.plain(row.name, 60)}",
                "station",
                _markets(row.markets),
                weight=-4.0,
            )
            for row in rows
        ]

    def _lists(self) -> list[Entry]:
        lists = self._window.watchlists.lists()
        return [Entry(f"list:{one.name}", one.name, "watchlist", f"{len(one.markets)} markets") for one in lists]

    def _to_list(self, name: str) -> None:
        self._window.reach("markets")
        for dock in self._window.current().docks.values():
            if isinstance(dock, MarketsPanel):
                dock.show_watchlist(name)

    def _settings(self) -> list[Entry]:
        return [
            Entry(f"setting:{key}", one.title, "setting", f"{one.page} · {key}", weight=-3.0)
            for key, one in SETTINGS.items()
        ]

    def _to_setting(self, key: str) -> None:
        preferences = self._bridge.accounts.preferences
        preferences.open()
        if preferences.dialog is not None:
            preferences.dialog.search.setText(key)

    def _shown(self, query: str) -> list[Entry]:
        """Return ``bb chi`` as a dock and the markets that the rest names."""
        code, _, rest = query.strip().casefold().partition(" ")
        if code not in _CODES or not rest.strip():
            return []
        name, title = _CODES[code]
        markets = self._markets()
        ranked = fuzzy.rank(rest, [fuzzy.ready(f"{one.words} {one.detail}") for one in markets], MOST_SHOWN)
        return [
            Entry(f"market:{name}|{markets[at].id.partition(':')[2]}", f"{title}: {markets[at].words}", "market",
                  markets[at].detail)
            for at, _ in ranked
        ]  # fmt: skip

    def _typed(self, query: str) -> list[Entry]:
        """Return what an order in words would be in the ticket."""
        order = typed.parse(query)
        if order is None:
            return []
        chosen = self._bridge.turning.chosen(self._window.group())
        rows = self.rows()
        market = next((row.market for row in rows if row.instrument == chosen), None)
        found = typed.orders(order, rows, market, chosen)
        self._orders = [place for _, place in found]
        return [
            Entry(
                f"order:{n}",
                f"{order_words(place)}  {row.event} {row.label}",
                "ticket",
                f"{_where(row)} · {_how(place)}",
            )
            for n, (row, place) in enumerate(found)
        ]

    def _to_market(self, what: str) -> None:
        dock, bar, market = what.rpartition("|")
        rows = [row for row in self.rows() if row.market == market]
        if not rows:
            self._window.tell(f"{formats.plain(market, 60)} is no longer listed.")
            return
        likely = max(rows, key=lambda row: -1.0 if row.mid is None else row.mid)
        self._bridge.turning.choose(likely.instrument, self._window.group())
        if bar:
            self._window.reach(dock)

    def _to_outcome(self, what: str) -> None:
        row = next((row for row in self.rows() if _key(row.instrument) == what), None)
        if row is None:
            self._window.tell(f"{formats.plain(what, 60)} is no longer listed.")
        else:
            self._bridge.turning.choose(row.instrument, self._window.group())

    def _to_ticket(self, number: str) -> None:
        place = self._orders[int(number)]
        self._bridge.turning.choose(place.instrument, self._window.group())
        self._bridge.to_ticket(place)


def venue_title(venue: VenueId) -> str:
    """Return what a venue is called; one that only the simulated day has goes by its id."""
    known = {one.id: one.title for one in registry.ROWS}
    return "own exchange" if venue == EMBEDDED else known.get(venue, venue.capitalize())


def _where(row: MarketRow, group: str = "") -> str:
    """Return station, section and venue, each once."""
    venue = venue_title(row.instrument.venue)
    parts = (row.station, group, "" if venue in group else venue)
    return formats.plain(" · ".join(part for part in parts if part), 90)


def _markets(count: int) -> str:
    return f"decides {count} market{'s' if count > 1 else ''}" if count else ""


def _key(instrument: InstrumentId) -> str:
    return f"{instrument.venue}|{instrument.symbol}"


def _how(place: Place) -> str:
    less = ", sells what is held" if place.side is Side.SELL else ""
    return f"fills the ticket{less}; nothing is sent"
