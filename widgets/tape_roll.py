"""The rows of a tape, painted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.crosshair import Pointed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from engine.views.tape import TapeRow, TapeView

_MINE: Final = 3
"""Width of the edge that marks a trade of ours."""
TIME, LABEL, PRICE, QTY, SIDE, SUM = "time", "market", "price c", "qty", "side", "cum Δ"
WIDTHS: Final = {TIME: 92, LABEL: 116, PRICE: 58, QTY: 64, SIDE: 56, SUM: 66}
LEFT: Final = frozenset({TIME, LABEL, SIDE})


class Roll(QWidget):
    """The rows of the tape."""

    keyed = Signal(object)
    """A `QKeyEvent`; accepted by whoever uses it."""
    pointed = Signal(object)
    """A `Pointed`, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: TapeView | None = None
        self._next: TapeView | None = None
        self._sums: Sequence[Decimal] = ()
        self._top = 0
        self._cursor: int | None = None
        self._held = False
        self._asked = False
        """Other trades than those that are shown were asked for: the next ones do not wait."""
        self._marked: int | None = None
        """The moment that another dock points at."""
        self.named = False
        """Each row says its market."""
        self.summed = True
        """Rows say what was bought less what was sold so far: nothing is left out."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Trades, newest first")

    def view(self) -> TapeView | None:
        """Return what it shows; None before the first trades."""
        return self._view

    def show_view(self, view: TapeView | None) -> None:
        """Take new trades; while the pointer is on the tape they wait."""
        self._next = view
        if self._held and not self._asked and view is not None and self._view is not None:
            return
        self._asked = False
        self._view = view
        self._sums = () if view is None else sums(view.rows)
        if view is None:
            self._top, self._cursor = 0, None
        self.update()

    def expect(self) -> None:
        """Show the next trades at once, though the pointer is here: they are filtered otherwise."""
        self._asked = True

    def rows(self) -> tuple[TapeRow, ...]:
        """Return the rows as they are shown."""
        return () if self._view is None else self._view.rows[self._top :]

    def visible_rows(self) -> int:
        """Return how many whole rows fit."""
        look = theme.current()
        return max(0, (self.height() - look.size("columnHeader")) // look.size("tableRow"))

    def columns(self) -> list[tuple[str, int]]:
        """Return the columns that fit, and how wide each is: the sum goes first, then the market's name."""
        wanted = [TIME, *([LABEL] if self.named else []), PRICE, QTY, SIDE, *([SUM] if self.summed else [])]
        for optional in (SUM, LABEL):
            if optional in wanted and sum(WIDTHS[one] for one in wanted) + 8 > self.width():
                wanted.remove(optional)
        spare = self.width() - 8 - sum(WIDTHS[one] for one in wanted)
        return [(one, WIDTHS[one] + (max(0, spare) if one == LABEL else 0)) for one in wanted]

    def move_cursor(self, steps: int) -> None:
        """Go to another row; the tape stands still there until the newest is asked for."""
        rows = () if self._view is None else self._view.rows
        if not rows:
            return
        at = self._top if self._cursor is None else self._cursor + steps
        self._cursor = at = min(max(at, 0), len(rows) - 1)
        self._top = min(self._top, at)
        if at >= self._top + self.visible_rows():
            self._top = at - self.visible_rows() + 1
        self.setAccessibleDescription(", ".join(text for text, _ in self._texts(at)))
        self.pointed.emit(self._pointed(rows[at]))
        self.update()

    def go_home(self) -> None:
        """Show the newest trades."""
        self._top, self._cursor = 0, None
        self.pointed.emit(None)
        self.update()

    def show_pointed(self, where: Pointed | None) -> None:
        """Mark the trade of the moment that another dock points at."""
        at = None if where is None else where.at
        if at != self._marked:
            self._marked = at
            self.update()

    def marked(self) -> TapeRow | None:
        """Return the last trade up to the moment that another dock points at; None where there is none."""
        rows = () if self._view is None else self._view.rows
        if self._marked is None:
            return None
        return next((row for row in rows if row.at <= self._marked), None)

    def _pointed(self, row: TapeRow) -> Pointed | None:
        instrument = row.instrument or (None if self._view is None else self._view.instrument)
        return None if instrument is None else Pointed(instrument, row.at, _value(row))

    def _row_at(self, y: float) -> int | None:
        look = theme.current()
        index = int(y - look.size("columnHeader")) // look.size("tableRow") + self._top
        rows = () if self._view is None else self._view.rows
        return index if y >= look.size("columnHeader") and index < len(rows) else None

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.keyed.emit(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._row_at(event.position().y())
        view = self._view
        self.pointed.emit(None if index is None or view is None else self._pointed(view.rows[index]))
        super().mouseMoveEvent(event)

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self._held = True
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._held = False
        self.pointed.emit(None)
        self.show_view(self._next)
        super().leaveEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        most = 0 if self._view is None else max(0, len(self._view.rows) - self.visible_rows())
        steps = -1 if event.angleDelta().y() > 0 else 1
        self._top = min(most, max(0, self._top + 3 * steps))
        self.update()
        event.accept()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        head = look.size("columnHeader")
        p.fillRect(0, 0, self.width(), head, look.colour("surface.header"))
        x = 8
        zone = "" if self._view is None else f" {formats.zone(self._view.utc_offset_hours)}"
        for name, wide in self.columns():
            align = paint.LEFT if name in LEFT else paint.RIGHT
            words = name + zone if name == TIME else name
            paint.text(p, QRect(x, 0, wide - 8, head), words, look.ui(10, 500), look.colour("text.muted"), align)
            x += wide
        marked = self.marked()
        for index, row in enumerate(self.rows()[: self.visible_rows()]):
            rect = QRect(0, head + index * look.size("tableRow"), self.width(), look.size("tableRow"))
            at = self._top + index
            if at == self._cursor or row is marked:
                p.fillRect(rect, look.colour("surface.selected"))
            if row.mine:
                p.fillRect(rect.x(), rect.y(), _MINE, rect.height(), look.colour("mode.paper"))
            self._paint_row(p, rect, at)

    def _texts(self, at: int) -> list[tuple[str, QColor]]:
        """Return a row's cells and their colours, in the order of the columns."""
        look, view = theme.current(), self._view
        if view is None:
            return []
        row = view.rows[at]
        tone = look.colour("text.muted" if row.bought is None else "buy" if row.bought else "sell")
        side = formats.DASH if row.bought is None else f"{formats.UP} up" if row.bought else f"{formats.DOWN} down"
        many = f" ×{row.count}" if row.count > 1 else ""
        summed = self._sums[at] if self.summed and at < len(self._sums) else None
        cells = {
            TIME: (formats.local(row.at, view.utc_offset_hours, "%H:%M:%S.%3"), look.colour("text.muted")),
            LABEL: (formats.plain(row.label, 60), look.colour("text.default")),
            PRICE: (formats.number(_value(row), 1 if row.binary else 2), look.colour("text.strong")),
            QTY: (formats.quantity(row.qty), look.colour("text.default")),
            SIDE: (side + many, tone),
            SUM: (formats.brief(summed, signed=True), look.colour("text.muted")),
        }
        return [cells[name] for name, _ in self.columns()]

    def _paint_row(self, p: QPainter, rect: QRect, at: int) -> None:
        look = theme.current()
        x = 8
        for (name, wide), (text, colour) in zip(self.columns(), self._texts(at), strict=True):
            align = paint.LEFT if name in LEFT else paint.RIGHT
            room = QRect(x, rect.y(), wide - 8, rect.height())
            if name == LABEL:
                paint.text(p, room, text, look.ui(11), colour, align, elide=True)
            else:
                paint.text(p, room, text, look.number(11), colour, align)
            x += wide
        paint.line_below(p, rect, look.colour("line.grid"))


def _value(row: TapeRow) -> float:
    """Return a row's price in cents, or in its own money."""
    return row.price / 100 if row.value is None else row.value


def sums(rows: Sequence[TapeRow]) -> list[Decimal]:
    """Return for each row, newest first, what was bought less what was sold since the oldest."""
    found: list[Decimal] = []
    for row in reversed(rows):
        signed = row.qty if row.bought else -row.qty
        before = found[-1] if found else row.qty - row.qty
        found.append(before if row.bought is None else before + signed)
    return found[::-1]
