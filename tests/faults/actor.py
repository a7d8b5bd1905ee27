"""A trader's hands gone random: keys, clicks, docks, workspaces, dialogs, cut links, halts, all from one seed.

Every input has a name and says whether it may send an order. What the program asks of its engine is noted with the
input it came from (`tests.faults.asked`).
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMenu, QWidget

from engine.core.events import BooksStale, LinkChanged
from engine.core.ids import BINANCE
from tests.app.program import LEFT, RIGHT, Program
from tests.faults.asked import Ledger
from widgets import keymap
from widgets.actions import ACTIONS, WINDOW, Kind
from widgets.board_ladders import MOST
from widgets.brackets import BoardPanel
from widgets.panel import Panel

TRADES: Final = frozenset({"ladder", "board", "ticket", "positions", "orders", "chart", "option_ticket"})
"""Docks in which a click may send an order, or change one that rests."""
OUTSIDE: Final = frozenset(
    {"recorder", "connections", "log", "strategies", "rules", "evidence", "quoter", "rfq", "hedges"}
)
"""Docks whose buttons start another program, ask the outside, open a folder or switch a strategy on: only looked at."""
NEVER: Final = frozenset(
    {"window.quit", "window.replay", "window.arm", "window.disarm", "window.diagnostics", "window.accounts"}
)
"""They end the session, or reach beyond it."""
DIALOGS: Final = ("window.settings", "window.hotkeys", "window.keys", "window.hedge", "window.new_market")
LAYOUT: Final = (
    "window.layout_out", "window.layout_close", "window.layout_left", "window.layout_right", "window.layout_above",
    "window.layout_below", "window.layout_beside_left", "window.layout_beside_right", "window.layout_beside_above",
    "window.layout_beside_below", "window.layout_lock", "window.layout_undo", "window.layout_reset",
    "window.layout_clone", "window.layout_delete", "window.layout_open", "window.layout_export", "window.layout_import",
    "window.layout_rename",
)  # fmt: skip
QUERIES: Final = ("lad", "cht", "kill", "theme", "buy 5", "next dock", "map", "zzzz", "reduce", "workspace 2", "den")
MOST_CLONES: Final = 2


class Actor:
    """Uses a running program at random; the same seed chooses alike as far as the program answers alike."""

    def __init__(self, desk: Program, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.ledger = Ledger(desk.terminal.session.host)  # type: ignore[union-attr]
        self.last: list[str] = []
        """The inputs so far, the latest last: what a failure is told with."""
        self._cut: list[tuple[Any, str]] = []
        self._page = ""
        """Of the settings at first."""
        self._acts: list[tuple[Callable[[], Awaitable[None] | None], int]] = [
            (self.press, 30), (self.click, 30), (self.turn, 8), (self.move_dock, 8), (self.dialog, 6),
            (self.palette, 4), (self.cut, 3), (self.mend, 3), (self.dress, 2), (self.halt, 1), (self.release, 3),
            (self.write, 4), (self.wheel, 4), (self.row, 6), (self.trade, 14),
        ]  # fmt: skip

    async def act(self) -> None:
        """Do one thing, and let the program answer."""
        act = self.chance.choices([act for act, _ in self._acts], [weight for _, weight in self._acts])[0]
        going = act()
        if going is not None:
            await going
        await self.desk.breathe(self.chance.choice((0.0, 0.01, 0.03)))

    @contextmanager
    def _doing(self, kind: str, words: str, *, may_trade: bool = False) -> Iterator[None]:
        self.last.append(f"{kind} {words}")
        del self.last[:-40]
        with self.ledger.doing(kind, words, may_trade=may_trade):
            yield

    # Where

    def _docks(self) -> list[tuple[str, Panel]]:
        one = self.desk.window.current()
        return [(name, panel) for name, panel in one.docks.items() if panel.isVisible()]

    def _where(self, at: QWidget | None) -> str:
        """Return the name of the dock, or the class of the sheet or dialog, that a widget belongs to."""
        while at is not None:
            for one in self.desk.window.workspaces:
                for name, panel in one.docks.items():
                    if panel is at:
                        return name
            if isinstance(at, QDialog | QMenu) or at is self.desk.window.halt:
                return type(at).__name__
            at = at.parentWidget()
        return ""

    def _may_trade(self, at: QWidget | None) -> bool:
        where = self._where(at)
        return where in TRADES or where in {"HaltSheet", "BasketTicket", "HedgeDialog"}

    # What

    def press(self) -> None:
        """Press the key of an action, in a dock where it works."""
        docks = [(name, panel) for name, panel in self._docks() if name not in OUTSIDE]
        areas = sorted({panel.area for _, panel in docks if panel.area})
        area = self.chance.choice([WINDOW, WINDOW, *areas])
        within = {area, "table"} if area == "blotter" else {area}
        wanted = [a for a in ACTIONS.values() if a.id not in NEVER and a.area in within]
        action = self.chance.choice([a for a in wanted if keymap.current().keys(a.id)])
        if area != WINDOW:
            self.chance.choice([panel for _, panel in docks if panel.area == area]).setFocus()
        key = self.chance.choice(keymap.current().keys(action.id))
        self.key(key, action.id)

    def key(self, key: str, why: str) -> None:
        """Press a key where the keyboard is: it may trade where it stands for an action that may."""
        at = QApplication.focusWidget() or self.desk.window
        dock = _dock_of(at)
        means = keymap.current().action("" if dock is None else dock.area, key)
        money = bool(means) and ACTIONS[means].kind is Kind.MONEY
        own = isinstance(at, QAbstractButton | QLineEdit) and key in {"Space", "Return", "Ctrl+Return"}
        own = own or (key == "Ctrl+Return" and self._where(at) == "BasketTicket")  # its key, wherever in it
        sequence = QKeySequence(key)[0]
        with self._doing(
            "key", f"{key} ({why}) in {self._where(at)}", may_trade=money or (own and self._may_trade(at))
        ):
            QTest.keyClick(at, sequence.key(), sequence.keyboardModifiers())

    def click(self) -> None:
        """Click anywhere in a dock that is seen, on one of its parts or on what has popped up."""
        popup = QApplication.activePopupWidget()
        if popup is not None:
            self._in_popup(popup)
            return
        docks = [(name, panel) for name, panel in self._docks() if name not in OUTSIDE]
        if not docks:
            return
        name, panel = self.chance.choice(docks)
        parts = [p for p in panel.findChildren(QWidget) if p.isVisible() and p.width() > 2 and p.height() > 2]
        part = self.chance.choice([panel, *parts])
        at = QPoint(self.chance.randrange(max(1, part.width())), self.chance.randrange(max(1, part.height())))
        button = self.chance.choices((LEFT, RIGHT), (5, 1))[0]
        words = f"{type(part).__name__} of {name} at {at.x()},{at.y()}, {button.name}"
        with self._doing("click", words, may_trade=name in TRADES):
            QTest.mouseClick(part, button, Qt.KeyboardModifier.NoModifier, at)
            if self.chance.random() < 0.1 and button is LEFT and part.isVisible():
                QTest.mouseDClick(part, button, Qt.KeyboardModifier.NoModifier, at)

    def _in_popup(self, popup: QWidget) -> None:
        items = [a for a in popup.actions() if a.isEnabled() and a.text() and not a.menu()]
        near = self._where(popup.parentWidget())
        safe = [a for a in items if "uit" not in a.text() and "eplay" not in a.text() and "folder" not in a.text()]
        if not isinstance(popup, QMenu) or not safe or self.chance.random() < 0.3 or near in OUTSIDE:
            with self._doing("key", "Esc in a menu"):
                QTest.keyClick(popup, Qt.Key.Key_Escape)
            return
        action = self.chance.choice(safe)
        with self._doing("menu", f"{action.text()} of {near}", may_trade=near in TRADES):
            QTest.mouseClick(popup, LEFT, Qt.KeyboardModifier.NoModifier, popup.actionGeometry(action).center())

    def row(self) -> None:
        """Take an outcome of the markets' list, so that ladder, board and ticket have something to trade."""
        lists = [panel.list for name, panel in self._docks() if name == "markets"]
        lines = [line for one in lists for line in one.lines if line.kind == "outcome"]
        if not lines:
            return
        line = self.chance.choice(lines)
        with self._doing("click", "a line of markets"):
            where = lists[0].line_rect(lists[0].lines.index(line)).center()
            QTest.mouseClick(lists[0].viewport(), LEFT, Qt.KeyboardModifier.NoModifier, where)

    def wheel(self) -> None:
        """Move the mouse over a dock."""
        docks = self._docks()
        if docks:
            name, panel = self.chance.choice(docks)
            with self._doing("pointer", f"over {name}"):
                for _ in range(3):
                    x, y = self.chance.randrange(panel.width()), self.chance.randrange(panel.height())
                    at = panel.childAt(x, y) or panel
                    QTest.mouseMove(at, at.mapFrom(panel, QPoint(x, y)) if at is not panel else QPoint(x, y))

    def turn(self) -> None:
        """Go to another workspace, now and then at another width of the window."""
        window = self.desk.window
        with self._doing("workspace", "chosen"):
            if self.chance.random() < 0.2:
                window.resize(*self.chance.choice(((1366, 768), (1920, 1080), (1600, 900))))
            window.choose(self.chance.randrange(len(window.workspaces)))

    def move_dock(self) -> None:
        """Open, close, move, pop out a dock or put it back; clone, reset or delete a workspace."""
        docks = self._docks()
        if docks:
            self.chance.choice(docks)[1].setFocus()
        action = self.chance.choice(LAYOUT)
        clones = sum(one.is_clone for one in self.desk.window.workspaces)
        if action == "window.layout_clone" and clones >= MOST_CLONES:
            action = "window.layout_delete"
        with self._doing("layout", action):
            self.desk.window.registry.run(action)

    def dialog(self) -> None:
        """Open a dialog, or close what is open."""
        if self.chance.random() < 0.5:
            self.close_all()
            return
        action = self.chance.choice(DIALOGS)
        with self._doing("dialog", action):
            self.desk.window.registry.run(action)

    async def palette(self) -> None:
        """Search for something and take it, which never sends an order."""
        palette = self.desk.window.commander.palette
        with self._doing("palette", "opened"):
            self.desk.window.registry.run("window.palette")
        await self.desk.breathe(0.02)  # no hand types before its window has the keyboard
        if not palette.isVisible():
            return
        words = self.chance.choice(QUERIES)
        with self._doing("palette", words):
            QTest.keyClicks(QApplication.focusWidget() or palette, words)
            QTest.keyClick(QApplication.focusWidget() or palette, Qt.Key.Key_Return)
        if palette.isVisible():
            with self._doing("palette", "left"):
                QTest.keyClick(QApplication.focusWidget() or palette, Qt.Key.Key_Escape)

    def write(self) -> None:
        """Type into a field of a dock."""
        docks = [(name, panel) for name, panel in self._docks() if name not in OUTSIDE]
        fields = [(n, f) for n, p in docks for f in p.findChildren(QLineEdit) if f.isVisible() and f.isEnabled()]
        if fields:
            name, field = self.chance.choice(fields)
            with self._doing("typed", f"into {name}"):
                field.setFocus()
                field.selectAll()
                QTest.keyClicks(field, self.chance.choice(("5", "10", "0", "42", "abc", "-1", "99999999", "1.5", "")))

    def dress(self) -> None:
        """Take the next theme or the next density."""
        action = self.chance.choice(("window.theme", "window.density"))
        with self._doing("look", action):
            self.desk.window.registry.run(action)

    def cut(self) -> None:
        """Cut the link to a venue, or make its books stale."""
        session = self.desk.terminal.session
        assert session is not None
        venues = sorted({one.venue for one in self.desk.state.listings})
        if not venues:
            return
        venue, at = self.chance.choice(venues), session.clock.now()
        if self.chance.random() < 0.5:
            mine = tuple(one for one in self.desk.state.listings if one.venue == venue)[:50]
            with self._doing("stale", venue):
                session.host.insist(BooksStale(at=at, venue=venue, instruments=mine, why="cut by the script"))
            return
        channel = self.chance.choice(("market", "account"))
        with self._doing("cut", f"{venue} {channel}"):
            self._cut.append((venue, channel))
            session.host.insist(LinkChanged(at=at, venue=venue, up=False, channel=channel, why="cut by the script"))

    def mend(self) -> None:
        """Let the links come back that were cut."""
        session = self.desk.terminal.session
        assert session is not None
        for venue, channel in self._cut:
            with self._doing("mended", f"{venue} {channel}"):
                at = session.clock.now()
                session.host.insist(LinkChanged(at=at, venue=venue, up=True, channel=channel))
        self._cut.clear()

    def halt(self) -> None:
        """Press KILL."""
        with self._doing("halt", "by its key"):
            self.desk.window.registry.run("window.kill")

    def release(self) -> None:
        """End a halt as its sheet wants it: the account's name typed."""
        sheet = self.desk.window.halt
        if sheet.isVisible():
            with self._doing("released", "by the name typed"):
                sheet.typed.setText(self.desk.state.session.account_name)
                QTest.keyClick(sheet.typed, Qt.Key.Key_Return)

    async def trade(self) -> None:
        """Want an order as a trader does: nothing in the way, a market taken, the ladder's key or the ticket's."""
        self.close_all()
        self.release()
        if self.chance.random() < 0.5:
            self.desk.window.choose(0)
            self.desk.window.reach("ladder")
            self.row()
        await self.desk.breathe(0.3)
        docks = [(name, panel) for name, panel in self._docks() if name in {"ladder", "ticket", "board"}]
        if not docks:
            return
        name, panel = self.chance.choice(docks)
        panel.setFocus()
        panel.activateWindow()
        money = [a for a in ACTIONS.values() if a.area == name and a.kind is Kind.MONEY]
        action = self.chance.choice(money)
        self.key(self.chance.choice(keymap.current().keys(action.id)), action.id)

    def open_each(self) -> None:
        """Open every dialog once: what is made at its first opening is no leak."""
        for action in (*DIALOGS, "window.palette"):
            with self._doing("dialog", action):
                self.desk.window.registry.run(action)
            self.close_all()
        settings = self.desk.bridge.accounts.preferences.dialog
        assert settings is not None
        self._page = settings.pages.item(0).text()

    async def show_ladders(self) -> None:
        """Show as many ladders side by side in each board as it ever has: it keeps them."""
        window = self.desk.window
        some = [one for one in self.desk.state.listings if one.venue != BINANCE][:MOST]
        assert len(some) == MOST
        for place in range(len(window.workspaces)):
            window.choose(place)
            for board in (one for one in window.current().docks.values() if isinstance(one, BoardPanel)):
                with self._doing("layout", "ladders side by side"):
                    board.toggle_view()
                    assert board.ladders is not None
                    board.ladders.show_outcomes(some, 10)
                    await self.desk.breathe(0.1)
                    board.toggle_view()

    def close_all(self) -> None:
        """Close menus and dialogs."""
        while (popup := QApplication.activePopupWidget()) is not None:
            with self._doing("closed", type(popup).__name__):
                popup.close()
        for one in QApplication.topLevelWidgets():
            if isinstance(one, QDialog) and one.isVisible():
                with self._doing("closed", type(one).__name__):
                    one.reject()
        for sheet in (self.desk.window.commander.palette, self.desk.window.overlay):
            if sheet.isVisible():
                with self._doing("closed", type(sheet).__name__):
                    QTest.keyClick(sheet, Qt.Key.Key_Escape)

    async def rest(self) -> None:
        """Leave things as they were at first: no dialog, no clone, no halt, no cut link, every workspace as drawn."""
        window = self.desk.window
        self.close_all()
        settings = self.desk.bridge.accounts.preferences.dialog
        if settings is not None:  # a search in it shows as many cards as it finds
            settings.turn(self._page)
        self.mend()
        window.resize(1920, 1080)
        for place in reversed(range(len(window.workspaces))):
            window.choose(place)
            with self._doing("layout", "as drawn"):
                if not window.current().unlocked:
                    window.registry.run("window.layout_lock")
                window.registry.run("window.layout_delete" if window.current().is_clone else "window.layout_reset")
        window.choose(0)
        for _ in range(50):
            self.release()
            await self.desk.breathe(0.02)
            if not self.desk.state.session.halted_by:
                break


def _dock_of(at: QWidget | None) -> Panel | None:
    """Return the dock whose keys work at a widget: the innermost, such as a ladder in a bracket board."""
    while at is not None and not isinstance(at, Panel):
        at = at.parentWidget()
    return at
