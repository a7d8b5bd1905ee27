"""The sheet that covers a halt: where it lies, and the gates that are shown under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from app.splits import GUTTER

if TYPE_CHECKING:
    from app.window import Window


LOW: Final = 900
"""Windows that are not as tall have the sheet in three lines: each place under it is short of room."""


class HaltCover(QObject):
    """Lays the halt sheet over the top of the column in the middle, where the docks make room for it."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._before: dict[str, str] = {}
        """By workspace: the dock that stood where the gates are shown during a halt."""
        window.halt.resized.connect(self.place)

    def follow(self) -> None:
        """Show or hide the sheet, as trading is halted or not."""
        halt = self._window.halt
        if halt.halted() != halt.isVisible():
            halt.setVisible(halt.halted())
            self._turn_to_gates(halted=halt.halted())
            self.place_later()
        self.place()

    def come(self) -> None:
        """Bring the sheet to the front, with the keyboard."""
        self._window.come_up()
        self._window.halt.setFocus()

    def place_later(self) -> None:
        """Lay the sheet again once the docks have found their places."""
        QTimer.singleShot(0, self, self.place)

    def place(self) -> None:
        """Lay the sheet where the seen workspace has room for it."""
        halt = self._window.halt
        halt.set_low(self._window.height() < LOW)
        tall = halt.sizeHint().height() if halt.isVisible() else 0
        for one in self._window.workspaces:
            one.make_room(tall + GUTTER if tall else 0)
        if tall:
            current = self._window.current()
            middle = current.middle()
            corner = current.mapTo(self._window, middle.topLeft())
            halt.setGeometry(corner.x(), corner.y(), middle.width(), tall)
            halt.raise_()

    def _turn_to_gates(self, *, halted: bool) -> None:
        """Show the gates under the sheet, where they stand behind the map, and afterwards what was there before."""
        for one in self._window.workspaces:
            mates = one.beside("gates")
            if "map" not in mates:  # they may stand behind what is traded on: that stays in front
                continue
            front = next((name for name in mates if one.docks[name] in one.seen()), "")
            if halted and front != "gates":
                self._before[one.name] = front
                one.show_dock("gates")
            elif not halted and front == "gates" and one.name in self._before:
                one.show_dock(self._before[one.name])
        if not halted:
            self._before.clear()
