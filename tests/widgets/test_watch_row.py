"""Watchlists in the markets dock: made, filled, ordered, shown and emptied with keys and menus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from engine.core.ids import MarketId
from engine.views import topics as t
from tests.widgets import views_sample as sample
from widgets.market_lines import MARKET
from widgets.market_paint import cell
from widgets.markets import MarketsPanel
from widgets.watchlists import Watched, Watchlist, Watchlists

ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
KEY = Qt.Key


class Trader:
    def __init__(self, qtbot):
        self.lists = Watchlists()
        self.panel = MarketsPanel()
        self.panel.set_watchlists(self.lists)
        qtbot.addWidget(self.panel)
        self.panel.resize(292, 480)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.panel.activateWindow()
        self.panel.render(t.MARKETS, sample.markets())
        self.panel.list.setFocus()

    def go(self, name):
        self.panel.list.at = self.names.index(name)

    def key(self, key, held=NONE):
        QTest.keyClick(self.panel.list, key, held)

    def name(self, words):
        QTest.keyClicks(self.panel._watch.naming, words)
        QTest.keyClick(self.panel._watch.naming, KEY.Key_Return)

    @property
    def names(self):
        return [line.name for line in self.panel.list.lines]

    @property
    def markets(self):
        return [line.name for line in self.panel.list.lines if line.kind == MARKET]

    def menu(self, fill, words):
        menu = QMenu(self.panel)
        fill(menu)
        action = next(a for a in menu.actions() if a.text() == words)
        action.trigger()
        menu.deleteLater()


@pytest.fixture
def trader(qtbot):
    return Trader(qtbot)


def test_the_first_market_that_is_watched_asks_for_a_list(trader) -> None:
    trader.go("Austin")
    trader.key(KEY.Key_W)
    naming = trader.panel._watch.naming
    assert naming.isVisible()
    assert naming.hasFocus()
    assert not trader.panel.filter.isVisible()
    trader.name("South")
    assert [m.title for m in trader.lists.find("South").markets] == ["Austin"]
    assert trader.panel.filter.isVisible()
    assert trader.panel.list.hasFocus()
    trader.go("Miami")
    trader.key(KEY.Key_W)
    trader.go("Austin")
    trader.key(KEY.Key_W)
    assert [m.title for m in trader.lists.find("South").markets] == ["Miami"]


def test_a_list_is_shown_in_its_order_and_keys_change_it(trader) -> None:
    trader.lists.take([Watchlist("Mine", tuple(Watched(MarketId(f"ATMX-{s}"), s) for s in ("KMIA", "KAUS", "KDEN")))])
    trader.panel.show_watchlist("mine")
    assert trader.names[0] == "Mine"
    assert trader.markets == ["Miami", "Austin", "Denver"]
    trader.go("Denver")
    trader.key(KEY.Key_Up, ALT)
    assert trader.markets == ["Miami", "Denver", "Austin"]
    trader.key(KEY.Key_Up, ALT)
    trader.key(KEY.Key_Up, ALT)
    assert trader.markets == ["Denver", "Miami", "Austin"]
    trader.key(KEY.Key_W)
    assert trader.markets == ["Miami", "Austin"]
    trader.panel.grab()
    trader.panel.show_watchlist("")
    assert trader.markets[0] == "Chicago"


def test_a_market_that_is_gone_stays_in_its_list_and_turns_nothing(trader) -> None:
    gone = Watched(MarketId("KXHIGHCHI-26JUL02"), "Chicago Jul 2", "KMDW", "kalshi")
    trader.lists.take([Watchlist("Mine", (gone, Watched(sample.CHI, "Chicago")))])
    chosen = []
    trader.panel.selected.connect(chosen.append)
    trader.panel.show_watchlist("Mine")
    line = next(one for one in trader.panel.list.lines if one.name == "Chicago Jul 2")
    assert cell(line, "close", trader.panel.list.now, trader.panel.list.extra) == ("delisted", "warn")
    assert cell(line, "edge c", trader.panel.list.now, trader.panel.list.extra)[0] == "—"
    trader.go("Chicago Jul 2")
    trader.key(KEY.Key_Return)
    assert chosen == []
    assert "no longer listed" in trader.panel._tip.text()
    trader.panel.grab()
    trader.key(KEY.Key_W)
    assert not trader.lists.find("Mine").has(gone.market)


def test_menus_make_rename_and_delete_lists_and_fill_them(trader) -> None:
    row = trader.panel._watch
    trader.menu(row.choices, "New list…")
    trader.name("Mine")
    assert (row.shown, trader.panel._header.subtitle) == ("Mine", "Mine")
    assert (trader.markets, trader.panel.list.nothing) == ([], "An empty list: W puts a market in.")
    trader.panel.grab()
    trader.menu(row.choices, "Rename…")
    trader.name("Ours")
    assert trader.lists.names() == ["Ours"]
    chicago = next(r for r in sample.markets().rows if r.event == "Chicago")
    row._put("Ours", chicago, trader.panel.tell, on=True)
    assert trader.lists.find("Ours").has(sample.CHI)
    row.show_list("Ours")
    trader.menu(lambda menu: row.fill(menu, chicago, trader.panel.tell), "Remove from “Ours”")
    assert not trader.lists.find("Ours").has(sample.CHI)
    trader.menu(row.choices, "Delete…")
    assert trader.lists.names() == ["Ours"]
    trader.panel._act("Delete")
    assert trader.lists.names() == []
    assert row.shown == ""
    assert trader.markets[0] == "Chicago"


def test_a_name_that_is_taken_is_said_and_escape_gives_up(trader) -> None:
    trader.lists.make("Mine")
    trader.panel._watch.ask_name()
    trader.name("mine")
    assert trader.panel._watch.naming.isVisible()
    assert "already" in trader.panel._tip.text()
    QTest.keyClick(trader.panel._watch.naming, KEY.Key_Escape)
    assert not trader.panel._watch.naming.isVisible()
    assert trader.panel.filter.isVisible()
    assert trader.lists.names() == ["Mine"]


def test_every_dock_shows_the_same_lists(qtbot, trader) -> None:
    other = MarketsPanel()
    qtbot.addWidget(other)
    other.set_watchlists(trader.lists)
    trader.lists.make("Mine")
    other.show_watchlist("Mine")
    trader.lists.delete("Mine")
    assert other._watch.shown == ""
