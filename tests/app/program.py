"""The program as a test runs it: the terminal on the test's own loop, and hands that touch it as a trader would."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app import cli, crash, paths
from app.bridge import Bridge
from app.logs import open_logs
from app.terminal import Terminal
from app.window import Window
from engine.core.order import Status
from engine.kernel.state import State
from engine.orders.register import Order
from engine.store import database
from engine.views import topics
from widgets.ladder_keys import Column, reach
from widgets.market_lines import OUTCOME

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
RIGHT = Qt.MouseButton.RightButton
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PATIENCE_S = 10.0
"""How long something may take on a busy machine."""
CALM = ("--demo", "--speed", "1")
"""A demo day so slow that prices stand while a test looks at them."""
WIDE, SMALL = (1920, 1080), (1366, 768)
"""Sizes of the window on both sides of where its docks are arranged otherwise."""


class Program:
    """A running terminal. What a test does to it as a trader goes through `click` and `key`, which count."""

    def __init__(self, folder: Path, options: tuple[str, ...], logs: Any) -> None:
        argv = ["--profile", str(folder), *options]
        self.profile = paths.profile(folder)
        self.terminal = Terminal(cli._parser(argv).parse_args(argv), logs)
        self.inputs = 0
        self.code: int | None = None

    @property
    def window(self) -> Window:
        assert self.terminal.window is not None
        return self.terminal.window

    @property
    def bridge(self) -> Bridge:
        assert self.terminal.bridge is not None
        return self.terminal.bridge

    @property
    def state(self) -> State:
        assert self.terminal.session is not None
        return self.terminal.session.kernel.state

    def dock(self, name: str) -> Any:
        """Return a dock of the workspace that is seen."""
        return self.window.current().docks[name]

    def orders(self, status: Status | None = None) -> list[Order]:
        """Return the orders of this session and the ones before, oldest first."""
        return [order for order in self.state.register if status in {None, order.status}]

    def held(self) -> Decimal:
        """Return how many shares are held in all."""
        rows = self.terminal.view(topics.POSITIONS)
        return sum((row.qty for row in getattr(rows, "rows", ())), Decimal(0))

    # Hands

    def click(
        self,
        widget: QWidget,
        where: QPoint | QRect | None = None,
        button: Qt.MouseButton = LEFT,
        modifier: Qt.KeyboardModifier = PLAIN,
    ) -> None:
        """Press and let go the mouse on a widget that is seen."""
        assert widget.isVisible(), f"{widget} is not on screen"
        self.inputs += 1
        pos = where.center() if isinstance(where, QRect) else where or widget.rect().center()
        QTest.mouseClick(widget, button, modifier, pos)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN, widget: QWidget | None = None) -> None:
        """Press and let go a key where the keyboard is, or in a widget."""
        self.inputs += 1
        QTest.keyClick(widget or QApplication.focusWidget() or self.window, key, modifier)

    def type(self, field: QWidget, words: str) -> None:
        """Put words in the place of what a field holds."""
        self.click(field)
        field.selectAll()  # type: ignore[attr-defined]
        QTest.keyClicks(field, words)

    async def halt(self) -> None:
        """Halt by the key, and wait until its sheet is there."""
        await self.active()
        self.key(Qt.Key.Key_K, Qt.KeyboardModifier(CTRL | SHIFT), widget=self.window)
        await self.until(self.window.halt.isVisible)
        await self.breathe()

    async def active(self) -> None:
        """Wait until the window has the keyboard: before, Qt gives none of its shortcuts what is pressed."""
        await self.until(self.window.isActiveWindow)

    def inside(self, widget: QWidget) -> QRect:
        """Return where a widget lies in the window."""
        return QRect(widget.mapTo(self.window, QPoint(0, 0)), widget.size())

    def covered(self, widget: QWidget, by: QWidget) -> bool:
        """Whether a part of a widget lies under another."""
        return self.inside(by).intersects(self.inside(widget))

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        """Let the program run until something holds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not true():
            assert loop.time() < end, f"this never came: {inspect.getsource(true).strip()}; {self._said()}"
            assert self.code is None, "the program has ended"
            await asyncio.sleep(0.01)

    def _said(self) -> str:
        """Return what the program says of itself, for a test that fails."""
        if self.terminal.session is None:
            return "no session"
        notices = [row.text for row in self.terminal.view(topics.NOTICES).rows[-5:]]  # type: ignore[attr-defined]
        docks = self.window.workspaces[0].docks
        money, focus = docks["ticket"].money, QApplication.focusWidget()
        return (
            f"ladder: {docks['ladder'].footer.text()}; ticket: {money.manner}, {money.words}; focus: {focus}, "
            f"active: {QApplication.activeWindow()}, popup: {QApplication.activePopupWidget()}; "
            f"{self.orders()}; {notices}"
        )

    async def breathe(self, seconds: float = 0.1) -> None:
        """Let the program run, and draw what it has to."""
        await asyncio.sleep(seconds)

    # What a trader sees first

    async def ready(self) -> None:
        """Wait until the docks show a market."""
        await self.until(lambda: self.terminal.bridge is not None and self.bridge.turning.chosen() is not None)
        docks = self.window.workspaces[0].docks
        ladder, markets = docks["ladder"], docks["markets"]
        await self.until(lambda: ladder.view is not None or not ladder.isVisible())
        await self.until(
            lambda: len(markets.list.lines) > 1 or not markets.isVisible()
        )  # on a busy machine it is later

    async def outcome(self) -> Any:
        """Return the first line of an outcome that can be bought and sold, once there is one."""
        listed = self.dock("markets").list

        def found() -> list[Any]:
            return [line for line in listed.lines if line.kind == OUTCOME and line.first.bid and line.first.ask]

        await self.until(found)
        return found()[0]

    async def take(self, line: Any) -> None:
        """Click a line of the markets' list and wait for the ladder."""
        listed = self.dock("markets").list
        self.click(listed.viewport(), listed.line_rect(listed.lines.index(line)).center())
        await self.until(lambda: self.dock("ladder").view is not None)
        await self.breathe()

    def buy_cell(self) -> QRect:
        """Return where a click buys all of the size: the bid column at the row that reaches so far."""
        ladder = self.dock("ladder")
        row = reach(ladder.view, Column.BID, ladder.size_now)
        return ladder.grid.cell_rect(ladder.view.rows.index(row), "bid")

    async def still(self, want: Callable[[], QRect | None]) -> QRect:
        """Return a cell of the ladder once what it shows there is what the engine has now, to be clicked at once.

        Prices move while a test looks for its row: what is clicked then may be another price's, or trade less than
        it showed. Between this answer and a click that follows it without an `await` nothing can move.
        """
        ladder, kernel = self.dock("ladder"), self.terminal.session.kernel  # type: ignore[union-attr]
        found: list[QRect] = []

        def stands() -> bool:
            view = ladder.view
            if view is None or ladder.instrument is None or not ladder.isVisible():
                return False
            now = kernel.view(topics.ladder(ladder.instrument.symbol))
            where = want() if [(r.bid, r.ask) for r in now.rows] == [(r.bid, r.ask) for r in view.rows] else None
            if where is not None and ladder.grid.rect().contains(where.center()):
                found.append(where)
            return bool(found)

        await self.until(stands)
        return found[-1]

    async def click_row(self, cents: int, column: str, button: Qt.MouseButton = LEFT, held: Any = PLAIN) -> None:
        """Click a cell of the ladder by its price, once the ladder shows what the engine has; scrolls to it."""
        grid = self.dock("ladder").grid

        def cell() -> QRect | None:
            index = next((i for i, r in enumerate(grid.view.rows) if r.price == cents * 100), -1)
            if index >= 0 and not grid.first <= index < grid.first + grid.visible_rows():
                grid.scroll_to(index - grid.visible_rows() // 2)
            return None if index < 0 else grid.cell_rect(index, column)

        self.click(grid, await self.still(cell), button, held)

    async def buy(self) -> None:
        """Buy on the ladder with one click and wait for the fill."""
        before = len(self.orders(Status.FILLED))
        self.click(self.dock("ladder").grid, await self.still(self.buy_cell))
        await self.until(lambda: len(self.orders(Status.FILLED)) > before)

    async def menu(self, words: str) -> None:
        """Open the window's menu and choose an entry that can be chosen."""
        menu = await self.opened_menu()
        action = next(action for action in menu.actions() if action.text() == words)
        assert action.isEnabled(), words
        self.click(menu, menu.actionGeometry(action))
        await self.breathe()

    async def opened_menu(self) -> QMenu:
        """Open the window's menu."""
        self.click(self.window.top.menu)
        await self.until(lambda: QApplication.activePopupWidget() is not None)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        return menu


@contextlib.asynccontextmanager
async def program(folder: Path, *options: str, hook: bool = False) -> AsyncIterator[Program]:
    """Start the terminal on a profile; afterwards close its window and see it end with 0.

    With `hook` exceptions that nobody caught go to the terminal, as they do outside a test.
    """
    profile = paths.profile(folder).make()
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        logs = stack.enter_context(open_logs(profile.logs))
        one = Program(folder, options, logs)
        if hook:
            stack.enter_context(crash.hooked(one.terminal.report, loop))
        run = loop.create_task(one.terminal.main())
        run.add_done_callback(lambda done: setattr(one, "code", -1 if done.cancelled() else done.result()))
        try:
            await one.until(lambda: one.terminal.window is not None)
            yield one
            one.window.close()
            assert await asyncio.wait_for(run, PATIENCE_S) == 0
        finally:
            if not run.done():
                run.cancel()
                await asyncio.wait([run])
            one.window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def meta(folder: Path) -> dict[str, str]:
    """Return what the ledger says of the session itself."""
    with database.reader(folder / "ledger-paper.db") as connection:
        return dict(connection.execute("SELECT key, value FROM meta"))
