"""Picks a station: a list that a few letters of a code or a name make short.

Those that decide a market stand first, then those that were heard of. Keys: up, down, Enter, Escape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.fields import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from engine.views.station import StationRowLine, StationsView

ROWS: Final = 12
TALL: Final = 20
WIDE: Final = 320
LONGEST: Final = 40


class StationPicker(QFrame):
    """A field and the stations that fit what is typed in it."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Stations")
        self._rows: tuple[StationRowLine, ...] = ()
        self.field = Field("Station", number=False)
        self.field.setPlaceholderText("code or name")
        self.field.setMaxLength(LONGEST)
        self.list = Matches()
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 6, 6, 6)
        box.setSpacing(6)
        box.addWidget(self.field)
        box.addWidget(self.list)
        self.setFixedWidth(WIDE)
        self.field.textEdited.connect(self._narrow)
        self.list.picked.connect(self._take)

    def offer(self, view: StationsView, under: QWidget) -> None:
        """Open under a widget with these stations."""
        self._rows = view.rows
        self.list.now = view.now
        self.field.clear()
        self._narrow("")
        self.adjustSize()
        self.move(under.mapToGlobal(QPoint(0, under.height())))
        self.show()
        self.activateWindow()
        self.field.setFocus()

    def matches(self, typed: str) -> list[StationRowLine]:
        """Return the stations that fit a text: codes first, then names; as offered where nothing is typed."""
        wanted = typed.strip().casefold()
        if not wanted:
            return list(self._rows[:ROWS])
        codes = [row for row in self._rows if wanted in row.id.casefold()]
        names = [row for row in self._rows if wanted in row.name.casefold() and row not in codes]
        return [*codes, *names][:ROWS]

    def _narrow(self, typed: str) -> None:
        self.list.show_rows(self.matches(typed))

    def _take(self, code: str) -> None:
        self.hide()
        self.picked.emit(code)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if way:
            self.list.move_by(way)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.list.take()
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowDeactivate:
            self.hide()
        return super().event(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.raised"))
        paint.frame(p, self.rect(), look.colour("line.control"))


class Matches(QWidget):
    """The stations that fit, one a row."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[StationRowLine] = ()
        self.now = 0
        self.at = 0
        self.setFixedHeight(ROWS * TALL)
        self.setMouseTracking(True)

    def show_rows(self, rows: Sequence[StationRowLine]) -> None:
        """Show other rows, the first of them chosen."""
        self.rows, self.at = rows, 0
        self._speak()
        self.update()

    def move_by(self, way: int) -> None:
        """Choose the next row or the one before."""
        self.at = max(0, min(len(self.rows) - 1, self.at + way))
        self._speak()
        self.update()

    def take(self) -> None:
        """Pick the chosen row."""
        if self.rows:
            self.picked.emit(self.rows[self.at].id)

    def _speak(self) -> None:
        row = self.rows[self.at] if self.rows else None
        self.setAccessibleName("no such station" if row is None else f"{row.id} {row.name} {row.last}")

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = int(event.position().y()) // TALL
        if 0 <= at < len(self.rows) and at != self.at:
            self.at = at
            self.update()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = int(event.position().y()) // TALL
        if 0 <= at < len(self.rows):
            self.at = at
            self.take()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        if not self.rows:
            paint.text(p, self.rect(), "no such station", look.ui(11), look.colour("text.dim"), paint.CENTRE)
        for n, row in enumerate(self.rows):
            rect = QRect(0, n * TALL, self.width(), TALL)
            if n == self.at:
                p.fillRect(rect, look.colour("surface.selected"))
                p.fillRect(rect.x(), rect.y(), 2, rect.height(), look.colour("buy"))
            self._paint_row(p, rect, row)

    def _paint_row(self, p: QPainter, rect: QRect, row: StationRowLine) -> None:
        look = theme.current()
        paint.text(p, rect.adjusted(8, 0, 0, 0), row.id, look.number(11, 500), look.colour("text.strong"))
        age = "" if row.last_at is None else formats.age(max(0, self.now - row.last_at) / 1e9)
        words = f"{row.last}  {age}" if age else formats.DASH
        inner = rect.adjusted(0, 0, -8, 0)
        tone = look.colour("text.muted" if age else "text.dim")
        used = paint.text(p, inner, words, look.number(10), tone, paint.RIGHT)
        room = QRect(54, rect.y(), round(inner.width() - 54 - used - 8), rect.height())
        name = formats.plain(row.name, 60) + (f" · {row.markets}" if row.markets else "")
        paint.text(p, room, name, look.ui(11), look.colour("text.default"), elide=True)
