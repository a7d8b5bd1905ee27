"""The grid of a bracket board: where its sums, rows and foot lie, and what the mouse and the keys mean on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.views.board import BoardRow, BoardView
from widgets import board_paint, formats, keymap, theme
from widgets.board_paint import Columns
from widgets.board_picture import BoardPicture
from widgets.controls import FlatButton
from widgets.ladder_keys import Column
from widgets.ladder_mouse import how_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from engine.core.ids import InstrumentId
    from engine.core.units import Money, Nanos

PRICES: Final = {"bid": Column.BID, "bidSize": Column.BID, "ask": Column.ASK, "askSize": Column.ASK}
"""Columns whose cells are pressed as those of a ladder."""
WORDS: Final = {
    "board.buy": "B",
    "board.sell": "S",
    "board.tick": "tick",
    "board.basket": "basket",
    "board.view": "view",
}
SMALL: Final = 930
"""Width in pixels under which rows are lower."""
UNFOLDED: Final = 6
"""Rows that a low board shows before it shows their sums."""


class BoardGrid(QWidget):
    """Sums, rows and foot of one board."""

    row_chosen = Signal(object)
    """A `BoardRow`."""
    wanted = Signal(object, str)
    """A `BoardRow` and ``B`` or ``S``."""
    keyed = Signal(str)
    """``B`` or ``S`` for the selected row, ``tick``, ``basket`` or ``view``."""
    pressed = Signal(object, object, object)
    """A `BoardRow`, `Column` and `How`: a price was clicked, as on a ladder."""
    asked = Signal(object, QPoint)
    """A `BoardRow` and where on the screen: what can be done there."""
    looked_at = Signal()
    """The pointer is over another row or cell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: BoardView | None = None
        self.chosen: object = None
        """Instrument of the selected row."""
        self.first = 0
        self.left = formats.DASH
        self.now: Nanos | None = None
        """The session's time, by which what is shown ages."""
        self.said = ""
        self.hint = ""
        """What the cell under the pointer stands for."""
        self.hover: tuple[int, str] = (-1, "")
        self.ticked: dict[InstrumentId, None] = {}
        """Outcomes that a basket or a what-if is about."""
        self.ends: tuple[Money | None, ...] = ()
        """What each outcome would come to with them bought; empty while none is ticked."""
        self.scale = board_paint.SCALES[0]
        self.leads: tuple[int, int] | None = None
        """Rows of a leader and its follower."""
        """Probability at the right end of the bars."""
        self.folded = False
        """Whether the line of sums gave its room to rows that had none."""
        self._columns = Columns(900)
        self.picture = BoardPicture(self)
        self.source = FlatButton("Source", parent=self)
        self.source.px = theme.current().type("caption")
        self.source.setToolTip("From the rule and its source to the price")
        self.source.hide()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Brackets")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(360, 120)

    def retheme(self) -> None:
        """Write what rows say anew: in another theme, or with numbers written otherwise."""
        self.picture.forget()

    @property
    def columns(self) -> Columns:
        """Where the columns lie."""
        return self._columns

    @property
    def row_height(self) -> int:
        """Height of a row."""
        return theme.current().size("boardRowSmall" if self.width() < SMALL else "boardRow")

    @property
    def top(self) -> int:
        """Where the rows begin."""
        return self.head_tall() + theme.current().size("columnHeader")

    @property
    def rows(self) -> Sequence[BoardRow]:
        """All rows."""
        return () if self.view is None else self.view.rows

    def row_rect(self, index: int) -> QRect:
        """Return where a row lies."""
        return QRect(0, self.top + (index - self.first) * self.row_height, self.width(), self.row_height)

    def visible_rows(self) -> int:
        """Return how many rows are wholly visible."""
        return max(1, (self.foot().y() - self.top) // self.row_height)

    def head_tall(self) -> int:
        """Return how high the line of sums is: nothing where it is folded."""
        return 0 if self.folded else theme.current().size("toolRow")

    def _fold(self) -> None:
        """Give the line of sums to the rows where a low board cannot show the first of them."""
        look = theme.current()
        room = self.foot().y() - look.size("toolRow") - look.size("columnHeader")
        self.folded = room // self.row_height < min(UNFOLDED, len(self.rows))

    def show_view(self, view: BoardView) -> None:
        """Show a view."""
        other = self.view is None or self.view.market != view.market
        self.leads = board_paint.leads(view)
        self.scale = board_paint.scale_of(view, board_paint.SCALES[0] if other else self.scale)
        self.view = view
        self.setToolTip(formats.tip(f"The model is of the official value: {view.doubt}") if view.doubt else "")
        self.source.show()
        self._fold()
        self.first = max(0, min(self.first, len(view.rows) - self.visible_rows()))
        self._speak()
        self.picture.show_view(view, anew=other)

    def show_now(self, now: Nanos) -> None:
        """Let what is shown be older; the view itself is asked for when something of it changes."""
        self.now = now
        self.picture.show_now()

    def in_sight(self) -> range:
        """Return the rows that are seen: whole ones, what fits no more is reached by scrolling."""
        return range(self.first, min(len(self.rows), self.first + self.visible_rows()))

    def update_foot(self) -> None:
        """Paint the last line anew."""
        self.update(self.foot())

    def choose(self, instrument: object) -> None:
        """Select the row of an instrument."""
        if instrument != self.chosen:
            self.chosen = instrument
            self._speak()
            self.update()

    def chosen_row(self) -> BoardRow | None:
        """Return the selected row."""
        return next((r for r in self.rows if r.instrument == self.chosen), None)

    def toggle_tick(self, row: BoardRow) -> None:
        """Tick an outcome, or take its tick off."""
        if row.instrument in self.ticked:
            del self.ticked[row.instrument]
        elif not row.dead:
            self.ticked[row.instrument] = None
        self.looked_at.emit()
        self.update()

    def open_for_orders(self) -> bool:
        """Whether buttons can be pressed at all."""
        return self.view is not None and self.view.state in {"live", "ageing"} and self.view.status in {"open", ""}

    def foot(self) -> QRect:
        """Return where the last line lies."""
        tall = theme.current().size("ladderFooter") + 2
        return QRect(0, self.height() - tall, self.width(), tall)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._columns = Columns(self.width())
        self._fold()
        foot, wide = self.foot(), self.source.sizeHint().width()
        self.source.setGeometry(self.width() - wide - 6, foot.y() + 3, wide, foot.height() - 5)
        self._keep_in_sight(next((i for i, r in enumerate(self.rows) if r.instrument == self.chosen), self.first))
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(event.rect(), theme.current().colour("surface.dock"))
        if self.view is not None:
            self.picture.paint(p, event.region(), self.view)

    def cell_at(self, x: int, y: int) -> tuple[int, str]:
        """Return the row and the button under a point; -1 and empty where there is none."""
        if not self.top <= y < self.foot().y():
            return -1, ""
        index = self.first + (y - self.top) // self.row_height
        if index not in self.in_sight():
            return -1, ""
        rect = self.row_rect(index)
        hit = (w for w in ("B", "S") if self._columns.button(w, rect.y(), rect.height()).contains(x, y))
        column = self._columns.at(x)
        other = column if column in PRICES else ""
        return index, "" if self.rows[index].dead else next(hit, other)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        index, word = self.cell_at(int(event.position().x()), int(event.position().y()))
        if index < 0:
            return
        row = self.rows[index]
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.button() is Qt.MouseButton.RightButton:
            self.asked.emit(row, event.globalPosition().toPoint())
        elif event.button() is not Qt.MouseButton.LeftButton:
            return
        elif word in PRICES:
            self.pressed.emit(row, PRICES[word], how_of(event))
        elif word:
            self.wanted.emit(row, word)
        elif ctrl and self._columns.at(event.position().x()) == "outcome":
            self.toggle_tick(row)
        else:
            self.row_chosen.emit(row)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.cell_at(int(event.position().x()), int(event.position().y())))

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._hover((-1, ""))
        super().leaveEvent(event)

    def _hover(self, cell: tuple[int, str]) -> None:
        if cell != self.hover:
            self.hover = cell
            self.looked_at.emit()
            self.update()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        way = 1 if event.angleDelta().y() > 0 else -1
        self.first = max(0, min(self.first - way, len(self.rows) - self.visible_rows()))
        self.update()
        event.accept()

    def _keep_in_sight(self, index: int) -> None:
        """Scroll as little as shows a row, and no further than the last."""
        seen = self.visible_rows()
        first = min(max(self.first, index - seen + 1), index)
        self.first = max(0, min(first, len(self.rows) - seen))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = keymap.current().action("board", keymap.key_of(event))
        way = {"board.up": -1, "board.down": 1}.get(action, 0)
        word = WORDS.get(action, "")
        if way and self.rows:
            at = next((i for i, r in enumerate(self.rows) if r.instrument == self.chosen), -1)
            index = max(0, min(len(self.rows) - 1, at + way))
            self._keep_in_sight(index)
            self.row_chosen.emit(self.rows[index])
        elif word:
            if not event.isAutoRepeat():
                self.keyed.emit(word)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def _speak(self) -> None:
        row = self.chosen_row()
        if row is None:
            self.setAccessibleName("Bracket board")
            return
        sides = f"bid {formats.cents(row.bid)}, ask {formats.cents(row.ask)}, model {formats.percent(row.model)}"
        self.setAccessibleName(f"Bracket {formats.plain(row.label, 24)}: {sides}")
