"""The windows that are listed, as chips under the face of the cockpit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import formats, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from engine.views.updown import WindowChip
    from widgets.cockpit import CockpitPanel

CHIPS: Final = 22


class Windows(QWidget):
    """The windows that are listed, as chips; a click on one, or Left and Right, turn the linked docks to it."""

    def __init__(self, panel: CockpitPanel) -> None:
        super().__init__(panel)
        self.setFixedHeight(CHIPS)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Windows")
        self._panel = panel

    def words(self) -> list[tuple[str, WindowChip]]:
        """Return what each window's chip says."""
        view = self._panel.face.view
        return [
            (formats.plain(one.title, 30) + ("Z" if one.running else "Z over" if one.over else "Z next"), one)
            for one in (() if view is None else view.windows)
        ]

    def places(self) -> list[tuple[QRect, str, WindowChip]]:
        """Return where chips are, as many as there is room for, the one that is looked at among them."""
        font = theme.current().ui(theme.current().type("caption"), 600)
        wide = [(round(paint.width(words, font)) + 14, words, one) for words, one in self.words()]
        at = next((n for n, (_, _, one) in enumerate(wide) if one.instrument == self._panel.looked), 0)
        first, room = 0, self.width() - 12
        while first < at and sum(one + 6 for one, *_ in wide[first : at + 1]) > room:
            first += 1
        found, x = list[tuple[QRect, str, "WindowChip"]](), 12
        for width, words, one in wide[first:]:
            if x + width > self.width() and found:
                break
            found.append((QRect(x, 2, width, 16), words, one))
            x += width + 6
        return found

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, view = theme.current(), self._panel.face.view
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        if view is None:
            return
        for place, words, one in self.places():
            tone = "buy" if one.instrument == view.instrument else "text.muted" if one.running else "text.dim"
            paint.chip(p, place, words, tone)
            if one.instrument == self._panel.looked and one.instrument != view.instrument:
                p.fillRect(place.x(), place.bottom() + 2, place.width(), 2, look.colour("buy"))
        if self.hasFocus():
            paint.box(p, self.rect(), None, look.colour("buy"), look.radius())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            for place, _, one in self.places():
                if place.contains(event.position().toPoint()):
                    self._panel.selected.emit(one.instrument)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        known = [one.instrument for _, one in self.words()]
        if not way or not known:
            super().keyPressEvent(event)
            return
        at = known.index(self._panel.looked) if self._panel.looked in known else 0
        self._panel.selected.emit(known[max(0, min(len(known) - 1, at + way))])
