"""The painted part of a bracket board: sums, rows and foot, and what the mouse and the keys mean on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.views.board import BoardRow, BoardView
from widgets import board_paint, board_rows, formats, keymap, paint, theme
from widgets.board_paint import Columns
from widgets.controls import FlatButton
from widgets.ladder_keys import Column
from widgets.ladder_mouse import how_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from engine.core.ids import InstrumentId
    from engine.core.units import Money, Nanos
    from widgets.board_rows import RowLook

PRICES: Final = {"bid": Column.BID, "bidSize": Column.BID, "ask": Column.ASK, "askSize": Column.ASK}
"""Columns whose cells are pressed as those of a ladder."""
WORDS: Final = {
    "board.buy": "B",
    "board.sell": "S",
    "board.tick": "tick",
    "board.basket": "basket",
    "board.view": "view",
}
GROUND: Final = "ground"
"""All that decides the whole picture."""
HEAD: Final = "head"
FOOT: Final = "foot"
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
        self._places = (0, 0)
        """Decimals of the sizes bid and asked."""
        self._looks: dict[int, tuple[BoardRow, float, Columns, RowLook]] = {}
        """What rows say, and of what that was told."""
        self._shown: dict[object, object] = {}
        """How the parts looked with the last view, rows by their index; all else that changes has all painted."""
        self._lower = QRegion()
        self._second = QTimer(self, singleShot=True, interval=0)
        self._second.timeout.connect(self._update_lower)
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
        self._looks.clear()

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
        return self._head_tall() + theme.current().size("columnHeader")

    @property
    def rows(self) -> Sequence[BoardRow]:
        """All rows."""
        return () if self.view is None else self.view.rows

    def row_rect(self, index: int) -> QRect:
        """Return where a row lies."""
        return QRect(0, self.top + (index - self.first) * self.row_height, self.width(), self.row_height)

    def visible_rows(self) -> int:
        """Return how many rows are wholly visible."""
        return max(1, (self._foot().y() - self.top) // self.row_height)

    def _head_tall(self) -> int:
        return 0 if self.folded else theme.current().size("toolRow")

    def _fold(self) -> None:
        """Give the line of sums to the rows where a low board cannot show the first of them."""
        look = theme.current()
        room = self._foot().y() - look.size("toolRow") - look.size("columnHeader")
        self.folded = room // self.row_height < min(UNFOLDED, len(self.rows))

    def show_view(self, view: BoardView) -> None:
        """Show a view."""
        other = self.view is None or self.view.market != view.market
        self.leads = board_paint.leads(view)
        self.scale = board_paint.scale_of(view, board_paint.SCALES[0] if other else self.scale)
        self.view = view
        places = board_paint.places(view)
        if places != self._places:
            self._places = places
            self._looks.clear()
        self.setToolTip(formats.tip(f"The model is of the official value: {view.doubt}") if view.doubt else "")
        self.source.show()
        self._fold()
        self.first = max(0, min(self.first, len(view.rows) - self.visible_rows()))
        self._speak()
        was, self._shown = self._shown, self._looking(view)
        if other or was.get(GROUND) != self._shown[GROUND]:
            self.update()
        else:
            self._update_in_two([part for part, look in self._shown.items() if was.get(part) != look])

    def _looking(self, view: BoardView) -> dict[object, object]:
        """Return how each part looks now; what the hand does to them has all painted, and is left out."""
        found: dict[object, object] = {
            GROUND: (self.first, len(view.rows), self.size(), self._columns, self.scale, theme.current(), self.folded),
            HEAD: self._head(view),
            FOOT: (board_paint.foot(view, self.left), view.mean_trail),
        }
        on = self.open_for_orders()
        for at in self._in_sight():
            found[at] = self._look(at), self._leads(at), view.rows[at].instrument in self.ticked, on
        return found

    def _head(self, view: BoardView) -> tuple[object, ...]:
        return board_paint.ages(view, self.now), board_paint.sums(view), view.unit, bool(self.ends)

    def show_now(self, now: Nanos) -> None:
        """Let what is shown be older; the view itself is asked for when something of it changes."""
        self.now = now
        if self.view is not None and HEAD in self._shown and self._shown[HEAD] != self._head(self.view):
            self._shown[HEAD] = self._head(self.view)
            self.update(0, 0, self.width(), self._head_tall())

    def _in_sight(self) -> range:
        """Return the rows that are seen: whole ones, what fits no more is reached by scrolling."""
        return range(self.first, min(len(self.rows), self.first + self.visible_rows()))

    def _look(self, index: int) -> RowLook:
        """Return what a row says; told anew where the row, or where its columns lie, is another."""
        row = self.rows[index]
        if self.ends:
            row = structs.replace(row, if_wins=self.ends[index])
        kept = self._looks.get(index)
        if kept is None or kept[0] != row or kept[1] != self.scale or kept[2] is not self._columns:
            said = board_rows.told(row, self._columns, self.scale, self._places)
            kept = self._looks[index] = row, self.scale, self._columns, said
        return kept[3]

    def _leads(self, index: int) -> int:
        return 0 if self.leads is None else (index == self.leads[0]) - (index == self.leads[1])

    def _update_in_two(self, parts: Sequence[object]) -> None:
        """Paint parts of the head and of upper rows, and when the loop has turned those of the lower ones."""
        middle = self.first + len(self._in_sight()) // 2
        for part in parts:
            if part == HEAD:
                self.update(0, 0, self.width(), self.top)
            elif part == FOOT or (isinstance(part, int) and part > middle):
                self._lower += self._foot() if part == FOOT else self.row_rect(int(part))
            elif isinstance(part, int):
                self.update(self.row_rect(part))
        if not self._lower.isEmpty():
            self._second.start()

    def _update_lower(self) -> None:
        self.update(self._lower)
        self._lower = QRegion()

    def update_foot(self) -> None:
        """Paint the last line anew."""
        self.update(self._foot())

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

    def _foot(self) -> QRect:
        tall = theme.current().size("ladderFooter") + 2
        return QRect(0, self.height() - tall, self.width(), tall)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._columns = Columns(self.width())
        self._fold()
        foot, wide = self._foot(), self.source.sizeHint().width()
        self.source.setGeometry(self.width() - wide - 6, foot.y() + 3, wide, foot.height() - 5)
        self._keep_in_sight(next((i for i, r in enumerate(self.rows) if r.instrument == self.chosen), self.first))
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, region = theme.current(), event.region()
        p = QPainter(self)
        p.fillRect(event.rect(), look.colour("surface.dock"))
        view = self.view
        if view is None:
            return
        if region.intersects(QRect(0, 0, self.width(), self.top)):
            self._paint_head(p, view)
        foot = self._foot()
        p.setClipRect(0, self.top, self.width(), foot.y() - self.top)
        for i in self._in_sight():
            if region.intersects(self.row_rect(i)):
                self._paint_row(p, i, view.rows[i])
        p.setClipping(False)
        room = QRect(0, self.top, self.width(), foot.y() - self.top)
        paint.thumb(p, room, self._in_sight(), len(view.rows))
        if region.intersects(foot):
            self._paint_foot(p, foot, view)

    def _paint_head(self, p: QPainter, view: BoardView) -> None:
        look = theme.current()
        if not self.folded:
            head = QRect(0, 0, self.width(), look.size("toolRow"))
            age = board_paint.ages(view, self.now)
            room = head.adjusted(0, 0, -10, 0)
            used = paint.text(p, room, age, look.number(10), look.colour("text.muted"), paint.RIGHT) if age else 0.0
            board_paint.line(p, head.adjusted(0, 0, -round(used) - 14, 0), board_paint.sums(view))
            paint.line_below(p, head, look.colour("line.border"))
        names = QRect(0, self._head_tall(), self.width(), look.size("columnHeader"))
        board_paint.header(p, names, self._columns, view.unit, self.scale, what_if=bool(self.ends))

    def _paint_row(self, p: QPainter, index: int, row: BoardRow) -> None:
        rect = self.row_rect(index)
        hovered = self.hover[0] == index
        selected = row.instrument == self.chosen
        board_rows.row_of(
            p,
            rect,
            self._look(index),
            self._columns,
            selected=selected,
            hovered=hovered,
            scale=self.scale,
            leads=self._leads(index),
        )
        if row.instrument in self.ticked:
            board_rows.tick(p, rect)
        if not row.dead:
            hot = self.hover[1] if hovered else ""
            board_rows.buttons(p, rect, self._columns, on=self.open_for_orders(), hot=hot)

    def _paint_foot(self, p: QPainter, foot: QRect, view: BoardView) -> None:
        look = theme.current()
        p.fillRect(foot, look.colour("surface.header"))
        p.fillRect(foot.x(), foot.y(), foot.width(), 1, look.colour("line.border"))
        if self.said:
            words = foot.adjusted(8, 0, -self.source.width() - 16, 0)
            paint.text(p, words, self.said, look.ui(11, 500), look.colour("danger.text"), elide=True)
            return
        if self.hint and self.hover[0] >= 0:
            words = foot.adjusted(8, 0, -self.source.width() - 16, 0)
            paint.text(p, words, self.hint, look.ui(11, 500), look.colour("text.default"), elide=True)
            return
        room = foot.adjusted(0, 0, -self.source.width() - 12, 0)
        parts = board_paint.foot(view, self.left)
        after = next(at for at, part in enumerate(parts, 1) if part[0] == "dμ/dt")
        x = board_paint.line(p, room, parts[:after])
        if x + board_paint.TRAIL < room.x() + room.width():
            x = board_paint.migration(p, x, room, view.mean_trail)
        board_paint.line(p, room, parts[after:], x - room.x())

    def cell_at(self, x: int, y: int) -> tuple[int, str]:
        """Return the row and the button under a point; -1 and empty where there is none."""
        if not self.top <= y < self._foot().y():
            return -1, ""
        index = self.first + (y - self.top) // self.row_height
        if index not in self._in_sight():
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
