"""One window with every dock of the program, without a session behind it, and the file it is kept in."""

from __future__ import annotations

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import hosts
from app.desktop import Desktop
from app.window import Window
from engine.core.units import Nanos
from tests.app.program import PLAIN


class Desk:
    """A window, its desktop, and the file they are kept in."""

    def __init__(self, qtbot, path, docks=hosts.SPLITTERS) -> None:
        self.window = Window(lambda: Nanos(0), docks)
        assert self.window.without_docks == ""
        qtbot.addWidget(self.window)
        self.path = path
        self.window.resize(1920, 1080)
        self.window.choose(0)
        self.desktop = Desktop(self.window, path)
        self.window.arrange_with(self.desktop)
        self.wrong = self.desktop.restore()
        with qtbot.waitExposed(self.window):
            self.window.show()

    @property
    def here(self):
        return self.window.current()

    def key(self, key, modifier=PLAIN, widget=None) -> None:
        QTest.keyClick(widget or QApplication.focusWidget() or self.window, key, modifier)

    def places(self, key="tree") -> list[tuple[str, ...]]:
        from app.arrangement import places

        tree = self.here._seen()
        return [one.docks for one in places(tree)] if tree else []

    def heads(self) -> list[str]:
        """The first dock of each place."""
        return [docks[0] for docks in self.places()]

    def said(self) -> str:
        return self.window.toasts.toasts[-1].row.text if self.window.toasts.toasts else ""

    def out(self, name="ladder"):
        return self.window.moving.windows[self.here.name, name]

    def end(self) -> None:
        self.desktop._timer.stop()
        self.window.wind_up()


def desks(qtbot, folder):
    """Yield what opens a window over a file of a folder; each ends with its test."""
    made = []

    def make(path=folder / "layout.json", docks=hosts.SPLITTERS) -> Desk:
        made.append(Desk(qtbot, path, docks))
        return made[-1]

    yield make
    for one in made:
        one.end()
