"""What the market maker holds, market by market, against the room it gives itself: one bar each, the fullest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.views import topics
from engine.views.quoter import QuoterLine, QuoterView
from widgets import formats, paint, theme
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

HELP: Final = (
    "Net YES shares the market maker holds in each market, as a part of the most that is worth holding there: blue is"
    " long, orange short, the dotted lines are full. A market whose room is not reckoned yet has no bar."
)
NOTHING: Final = "The market maker was given no market."
FULLEST: Final = 1.25
"""Of the room, at the edges of the plot: what stands beyond is drawn up to there."""
VALUE: Final = 64
"""Pixels of the numbers on the right."""


class Bars(QWidget):
    """One bar a market from the middle."""

    def __init__(self, panel: InventoryPanel) -> None:
        super().__init__()
        self._panel = panel
        self.rows: tuple[QuoterLine, ...] = ()
        self.first = 0
        """Row at the top."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Inventory by market")

    def show_rows(self, rows: Sequence[QuoterLine]) -> None:
        """Show markets, those that are filled most first; what is not known comes last."""
        self.rows = tuple(sorted(rows, key=lambda row: (row.filled is None, -abs(row.filled or 0.0), row.name)))
        self.setAccessibleDescription(", ".join(f"{row.name} {formats.quantity(row.held)}" for row in self.rows))
        self._scroll_to(self.first)

    def fit(self) -> int:
        """Return how many rows are seen; where not all are, the last line says how many are not."""
        room = max(1, self.height() // self.row_px())
        return room if len(self.rows) <= room else max(1, room - 1)

    def _scroll_to(self, first: int) -> None:
        self.first = max(0, min(first, len(self.rows) - self.fit()))
        self.update()

    def row_px(self) -> int:
        """Return how tall a row is."""
        return theme.current().size("tableRow")

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = int(event.position().y()) // self.row_px()
        if 0 <= at < self.fit() and self.first + at < len(self.rows):
            self._panel.selected.emit(self.rows[self.first + at].instrument)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self._scroll_to(self.first + (-1 if event.angleDelta().y() > 0 else 1))
        event.accept()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scroll_to(self.first)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if not way or not self.rows:
            super().keyPressEvent(event)
            return
        known = [row.instrument for row in self.rows]
        here = self._panel.instrument
        at = known.index(here) + way if here in known else 0
        at = max(0, min(len(known) - 1, at))
        self._scroll_to(min(max(self.first, at - self.fit() + 1), at))
        self._panel.selected.emit(known[at])

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, p, tall = theme.current(), QPainter(self), self.row_px()
        p.fillRect(self.rect(), look.colour("surface.dock"))
        names = min(190, self.width() * 2 // 5)
        plot = QRect(names + 8, 0, max(0, self.width() - names - 16 - VALUE), min(len(self.rows) * tall, self.height()))
        shown = self.rows[self.first : self.first + self.fit()]
        for at, row in enumerate(shown):
            self._row(p, row, QRect(0, at * tall, self.width(), tall), plot)
        if not shown:
            return
        if len(self.rows) > len(shown):
            words = f"{len(self.rows) - len(shown)} more: scroll"
            room = QRect(8, len(shown) * tall, self.width() - 16, tall)
            paint.text(p, room, words, look.ui(11), look.colour("text.muted"))
        middle = plot.center().x()
        p.fillRect(middle, 0, 1, len(shown) * tall, look.colour("line.control"))
        p.setPen(look.pen("warn", 1.0, (2, 3)))
        for way in (-1, 1):
            x = middle + round(way * plot.width() / 2 / FULLEST)
            p.drawLine(x, 0, x, len(shown) * tall)

    def _row(self, p: QPainter, row: QuoterLine, line: QRect, plot: QRect) -> None:
        look = theme.current()
        if row.instrument == self._panel.instrument:
            p.fillRect(line, look.colour("surface.selected"))
            p.fillRect(0, line.y(), 2, line.height(), look.colour("buy"))
        paint.line_below(p, line, look.colour("line.grid"))
        name = QRect(8, line.y(), plot.x() - 12, line.height())
        words = paint.elided(formats.plain(row.name, 60), look.ui(11), name.width(), told=True)  # markets has it whole
        paint.text(p, name, words, look.ui(11), look.colour("text.default"))
        if row.filled is not None and row.held:
            wide = round(min(abs(row.filled), FULLEST) * plot.width() / 2 / FULLEST)
            x = plot.center().x() if row.filled > 0 else plot.center().x() - wide
            p.fillRect(x, line.y() + 5, wide, line.height() - 11, look.colour("buy" if row.filled > 0 else "sell"))
        value = QRect(plot.right() + 4, line.y(), self.width() - plot.right() - 10, line.height())
        ink = "text.muted" if not row.held else "buy" if row.held > 0 else "sell"
        held = formats.quantity(row.held, signed=True) if row.held else "0"
        paint.text(p, value, held, look.number(11), look.colour(ink), paint.RIGHT)


class InventoryPanel(Panel):
    """The market maker's inventory."""

    rests_ms = 250

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Inventory", help_text=HELP, parent=parent)
        self.instrument: object = None
        self.bars = Bars(self)
        self.set_body(self.bars)
        self.set_subtitle("q / qmax")
        self.set_state(LOADING, "Waiting for the market maker")

    def set_instrument(self, instrument: object) -> None:
        """Mark the market of an instrument."""
        if instrument != self.instrument:
            self.instrument = instrument
            self.bars.update()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.QUOTER})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, QuoterView):
            return
        self.bars.show_rows(view.rows)
        self.set_count(len(view.rows))
        self.set_state(LIVE if view.rows else EMPTY, "" if view.rows else NOTHING, icon="layers")
