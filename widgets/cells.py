"""How a table's cells and column names are painted: one baseline, numbers to the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.tables import CHIP, CODE, DOTS, METER, NOTHING, NUMBER, WORD, Cell

if TYPE_CHECKING:
    from PySide6.QtGui import QFont, QPaintEvent

    from widgets.tableview import RowsTable


_MARKS: Final = frozenset({CHIP, METER, DOTS})
_DOTS: Final = 3
_PITCH: Final = 32
_MORE: Final = 14
"""Pixels of the sign that a table goes on to a side."""


class ColumnHeader(QHeaderView):
    """Column names, 10/500 muted, aligned as their cells; an arrow beside the one that sorts."""

    def __init__(self, table: RowsTable[Any]) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table

    @override
    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), theme.current().size("columnHeader"))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self.viewport())
        look = theme.current()
        p.fillRect(self.viewport().rect(), look.colour("surface.dock"))
        p.fillRect(0, self.height() - 1, self.viewport().width(), 1, look.colour("line.grid"))
        bar, clear = self._table.horizontalScrollBar(), self.viewport().rect()
        if bar.value() > bar.minimum():
            self._paint_more(p, 0, "‹")
            clear.setLeft(_MORE)
        if bar.value() < bar.maximum():
            self._paint_more(p, self.viewport().width() - _MORE, "›")
            clear.setWidth(clear.width() - _MORE)
        for section in range(self.count()):
            seen = QRect() if self.isSectionHidden(section) else self._table.in_sight(section)
            if not seen.isEmpty():
                self._paint_name(p, QRect(seen.x(), 0, seen.width(), self.height()) & clear, section)

    def _paint_more(self, p: QPainter, x: int, sign: str) -> None:
        """Say that there are more columns that way."""
        look, room = theme.current(), QRect(x, 0, _MORE, self.height() - 1)
        paint.text(p, room, sign, look.ui(look.type("body"), 700), look.colour("text.strong"), paint.CENTRE)

    def _paint_name(self, p: QPainter, rect: QRect, section: int) -> None:
        look = theme.current()
        column = self._table.rows.columns[section]
        sorting = self._table.sorting
        sorts = sorting is not None and sorting[0] == section
        font = look.ui(look.type("caption"), 500)
        ink = look.colour("text.strong" if sorts else "text.muted")
        words = column.named()
        if sorting is not None and sorts:
            words += " ▴" if sorting[1] == Qt.SortOrder.AscendingOrder else " ▾"
        room = padded(rect, column.kind, first=self.visualIndex(section) == 0)
        paint.text(p, room, words, font, ink, side(column.kind), elide=True)


class Painting:
    """One painting of the rows in sight, column by column so that fonts and pens change seldom.

    A delegate would be called once a cell with an option to fill in: measured, that is most of its cost.
    """

    def __init__(self, p: QPainter, table: RowsTable[Any], rect: QRect) -> None:
        self._p = p
        self._table = table
        self._look = theme.current()
        self._rows: list[tuple[int, int, int]] = []
        """(place, y, height) of each row that is touched."""
        at = max(0, table.rowAt(max(0, rect.y())))
        bottom = rect.y() + rect.height()
        while at < table.rows.rowCount():
            y, tall = table.rowViewportPosition(at), table.rowHeight(at)
            if y >= bottom or (y > 0 and y + tall - 1 > table.viewport().height()):
                break  # no half rows: what fits no more is reached by scrolling
            if y >= 0 or table.viewport().height() < 2 * tall:  # the last row scrolled to leaves a half at the top
                self._rows.append((at, y, tall))
            at += 1
        chosen = table.selectionModel().selectedRows()
        self._chosen = frozenset(index.row() for index in chosen)

    def grounds(self) -> None:
        """Paint what lies under the cells: selection, the line under each row, the one over the total."""
        p, look, wide = self._p, self._look, self._table.viewport().width()
        selected, grid, edge = look.colour("surface.selected"), look.colour("line.grid"), look.colour("buy")
        for at, y, tall in self._rows:
            if at in self._chosen:
                p.fillRect(0, y, wide, tall - 1, selected)
                p.fillRect(0, y, 2, tall - 1, edge)
            if self._table.rows.is_total(at):
                p.fillRect(0, y - 1, wide, 1, look.colour("line.control"))
            else:
                p.fillRect(0, y + tall - 1, wide, 1, grid)

    def column(self, at: int) -> None:
        """Paint one column's cells."""
        table, column = self._table, self._table.rows.columns[at]
        seen = table.in_sight(at)
        if seen.isEmpty():
            return
        x, wide = seen.x(), seen.width()
        if column.kind in _MARKS:
            for row, y, tall in self._rows:
                cell, chosen = table.rows.cell(row, at), row in self._chosen
                draw_mark(self._p, QRect(x, y, wide, tall), column.kind, cell, chosen=chosen)
            return
        inner = padded(QRect(x, 0, wide, 1), column.kind, first=table.horizontalHeader().visualIndex(at) == 0)
        self._words(at, column.kind, inner.x(), inner.width())

    def _words(self, at: int, kind: str, x: int, wide: int) -> None:
        p, look, cells, chosen = self._p, self._look, self._table.rows.cell, self._chosen
        plain, bold = fonts(kind)
        right, elides = kind == NUMBER, kind == WORD
        px = plain.pixelSize()
        for row, y, tall in self._rows:
            words, colour, _, strong, tip, _ = cells(row, at)
            if not words:
                continue
            font = bold if strong else plain
            if elides:
                words = paint.elided(words, font, wide, told=bool(tip))
            start = x + wide - paint.width(words, font) if right else x
            ink = "text.muted" if colour == "text.dim" and row in chosen else colour
            paint.text_at(p, start, round(paint.baseline(y, tall, px)), words, font, look.colour(ink))


def draw_mark(p: QPainter, rect: QRect, kind: str, cell: Cell, *, chosen: bool) -> None:
    """Draw a meter, a chip or dots in the middle of a cell."""
    look = theme.current()
    if cell == NOTHING:
        return
    if kind == DOTS:
        draw_dots(p, rect, round(cell.share or 0))
    elif kind == METER:
        tall = look.size("meter")
        bar = QRect(rect.x() + 6, rect.y() + (rect.height() - 1 - tall) // 2, rect.width() - 12, tall)
        paint.meter(p, bar, cell.share, colour=cell.colour if cell.filled else None)
    elif cell.text:
        tall = look.size("outcomeChipHeight" if rect.height() >= look.size("settlementRow") else "chip")
        box = QRect(rect.x() + 4, rect.y() + (rect.height() - 1 - tall) // 2, rect.width() - 8, tall)
        paint.chip(p, box, cell.text, cell.colour, "surface.selected" if chosen else "surface.dock", filled=cell.filled)


def draw_dots(p: QPainter, rect: QRect, done: int) -> None:
    """Draw steps as dots on a line, filled where done; a dash when none is."""
    look = theme.current()
    if done <= 0:
        paint.text(p, rect, formats.DASH, look.number(11), look.colour("text.dim"), paint.CENTRE)
        return
    y = rect.y() + (rect.height() - 1) / 2
    left = rect.x() + rect.width() / 2 - _PITCH * (_DOTS - 1) / 2
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    for n in range(_DOTS):
        tone = look.colour("good" if n < done else "line.control")
        x = left + n * _PITCH
        p.setPen(theme.pen_of(tone, 1.2))
        if n:
            p.drawLine(round(x - _PITCH + 5), round(y), round(x - 5), round(y))
        p.setBrush(tone if n < done else Qt.BrushStyle.NoBrush)
        p.drawEllipse(QRectF(x - 4.2, y - 4.2, 8.4, 8.4))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def fonts(kind: str) -> tuple[QFont, QFont]:
    """Return the fonts of a kind of cell, plain and bold."""
    look = theme.current()
    px = look.type("body")
    make = look.number if kind in {NUMBER, CODE} else look.ui
    return make(px), make(px, 600)


def side(kind: str) -> Qt.AlignmentFlag:
    """Return how a kind of column is aligned."""
    if kind == NUMBER:
        return paint.RIGHT
    return paint.CENTRE if kind in _MARKS else paint.LEFT


def padded(rect: QRect, kind: str, *, first: bool) -> QRect:
    """Return a cell without its padding: 6 pixels on the aligned side, 8 for words in the first column."""
    look = theme.current()
    if kind == NUMBER:
        return rect.adjusted(2, 0, -look.space("padCell"), 0)
    left = look.space("padFirstCell" if first else "padCell")
    return rect.adjusted(left, 0, -2, 0)
