"""Bracket board of one event: bids, asks, implied against model, and two buttons a row."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.commands import Place, Tif
from engine.core.ids import MarketId, Topic
from engine.core.units import TICKS_PER_UNIT, Leg, Nanos, Qty, Side, Ticks
from engine.views import topics as t
from engine.views.market import BoardRow, BoardView
from engine.views.status import SpineView
from widgets import board_paint, formats, paint, theme
from widgets.board_paint import Columns
from widgets.ladder_keys import order_words
from widgets.panel import EMPTY, LIVE, LOADING, NOT_SAVED, STATES, STORAGE, Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

SAME_MS: Final = 300
SAYS_MS: Final = 4000
SMALL: Final = 930
"""Width in pixels under which rows are lower."""
FOCUS_MS: Final = 500
HELP: Final = (
    "One row an outcome. B buys YES at the ask, S buys NO at the bid, never worse. "
    "Bar: implied by the prices; diamond and whisker: the model. An edge over 8c is hatched: check it first.\n\n"
    "Up and Down select, B and S trade the selected row."
)


class BoardGrid(QWidget):
    """Sums, rows and foot of one board."""

    row_chosen = Signal(object)
    """A `BoardRow`."""
    wanted = Signal(object, str)
    """A `BoardRow` and ``B`` or ``S``."""
    keyed = Signal(str)
    """``B`` or ``S`` for the selected row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: BoardView | None = None
        self.chosen: object = None
        """Instrument of the selected row."""
        self.first = 0
        self.left = formats.DASH
        self.said = ""
        self.hover: tuple[int, str] = (-1, "")
        self.scale = board_paint.SCALES[0]
        """Probability at the right end of the bars."""
        self._columns = Columns(900)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(360, 120)

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
        look = theme.current()
        return look.size("toolRow") + look.size("columnHeader")

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

    def show_view(self, view: BoardView) -> None:
        """Show a view."""
        other = self.view is None or self.view.market != view.market
        self.scale = board_paint.scale_of(view, board_paint.SCALES[0] if other else self.scale)
        self.view = view
        self.first = max(0, min(self.first, len(view.rows) - self.visible_rows()))
        self._speak()
        self.update()

    def choose(self, instrument: object) -> None:
        """Select the row of an instrument."""
        if instrument != self.chosen:
            self.chosen = instrument
            self._speak()
            self.update()

    def chosen_row(self) -> BoardRow | None:
        """Return the selected row."""
        return next((r for r in self.rows if r.instrument == self.chosen), None)

    def open_for_orders(self) -> bool:
        """Whether buttons can be pressed at all."""
        return self.view is not None and self.view.state in {"live", "ageing"} and self.view.status in {"open", ""}

    def _foot(self) -> QRect:
        tall = theme.current().size("ladderFooter") + 2
        return QRect(0, self.height() - tall, self.width(), tall)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._columns = Columns(self.width())
        super().resizeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        view = self.view
        if view is None:
            return
        head = QRect(0, 0, self.width(), look.size("toolRow"))
        age = "" if view.age_s is None else f"age {formats.age(view.age_s)}"
        room = head.adjusted(0, 0, -10, 0)
        used = paint.text(p, room, age, look.number(10), look.colour("text.muted"), paint.RIGHT) if age else 0.0
        board_paint.line(p, head.adjusted(0, 0, -round(used) - 14, 0), board_paint.sums(view))
        paint.line_below(p, head, look.colour("line.border"))
        names = QRect(0, head.height(), self.width(), look.size("columnHeader"))
        board_paint.header(p, names, self._columns, view.unit, self.scale)
        foot = self._foot()
        p.setClipRect(0, self.top, self.width(), foot.y() - self.top)
        for i in range(self.first, min(len(view.rows), self.first + self.visible_rows() + 1)):
            self._paint_row(p, i, view.rows[i])
        p.setClipping(False)
        self._paint_foot(p, foot, view)

    def _paint_row(self, p: QPainter, index: int, row: BoardRow) -> None:
        rect = self.row_rect(index)
        hovered = self.hover[0] == index
        selected = row.instrument == self.chosen
        board_paint.row_of(p, rect, row, self._columns, selected=selected, hovered=hovered, scale=self.scale)
        if not row.dead:
            hot = self.hover[1] if hovered else ""
            board_paint.buttons(p, rect, self._columns, on=self.open_for_orders(), hot=hot)

    def _paint_foot(self, p: QPainter, foot: QRect, view: BoardView) -> None:
        look = theme.current()
        p.fillRect(foot, look.colour("surface.header"))
        p.fillRect(foot.x(), foot.y(), foot.width(), 1, look.colour("line.border"))
        if self.said:
            words = foot.adjusted(8, 0, -8, 0)
            paint.text(p, words, self.said, look.ui(11, 500), look.colour("danger.text"), elide=True)
            return
        board_paint.line(p, foot, board_paint.foot(view, self.left))

    def cell_at(self, x: int, y: int) -> tuple[int, str]:
        """Return the row and the button under a point; -1 and empty where there is none."""
        if not self.top <= y < self._foot().y():
            return -1, ""
        index = self.first + (y - self.top) // self.row_height
        if not 0 <= index < len(self.rows):
            return -1, ""
        rect = self.row_rect(index)
        hit = (w for w in ("B", "S") if self._columns.button(w, rect.y(), rect.height()).contains(x, y))
        return index, "" if self.rows[index].dead else next(hit, "")

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        index, word = self.cell_at(int(event.position().x()), int(event.position().y()))
        if index < 0 or event.button() is not Qt.MouseButton.LeftButton:
            return
        row = self.rows[index]
        if word:
            self.wanted.emit(row, word)
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
            self.update()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        way = 1 if event.angleDelta().y() > 0 else -1
        self.first = max(0, min(self.first - way, len(self.rows) - self.visible_rows()))
        self.update()
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        word = {Qt.Key.Key_B: "B", Qt.Key.Key_S: "S"}.get(Qt.Key(event.key()), "")
        if way and self.rows:
            at = next((i for i, r in enumerate(self.rows) if r.instrument == self.chosen), -1)
            index = max(0, min(len(self.rows) - 1, at + way))
            self.first = min(max(self.first, index - self.visible_rows() + 1), index)
            self.row_chosen.emit(self.rows[index])
        elif word and event.modifiers() == Qt.KeyboardModifier.NoModifier:
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


class BoardPanel(Panel):
    """The bracket board dock."""

    ticket = Signal(object)
    """A `Place` to be looked at in the ticket first: clicks do not send."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bracket board", help_text=HELP, parent=parent)
        self.market: MarketId | None = None
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self.focus_guard_ms = FOCUS_MS
        self._size = 10
        self._mode = "paper"
        self._count = 0
        self._last: tuple[object, str] = (None, "")
        self._now = Nanos(0)
        self._since_press = QElapsedTimer()
        self._since_front = QElapsedTimer()
        self._unsay = QTimer(self)
        self._unsay.setSingleShot(True)
        self._unsay.timeout.connect(lambda: self._say(""))
        self.grid = BoardGrid()
        self.set_body(self.grid)
        self.grid.row_chosen.connect(self._choose)
        self.grid.wanted.connect(self._want)
        self.grid.keyed.connect(self._key)
        self.set_state(EMPTY, "Pick a market to see its brackets.", icon="layers")

    def set_market(self, market: MarketId | None) -> None:
        """Turn to another market; None to none."""
        if market == self.market:
            return
        self.market = market
        self.grid.view = None
        self.grid.first = 0
        self.set_subtitle("")
        if market is None:
            self.set_state(EMPTY, "Pick a market to see its brackets.", icon="layers")
        else:
            self.set_state(LOADING, "Waiting for the brackets")
        self.retarget()

    def set_size(self, size: int) -> None:
        """Set how many shares a button asks for: the ladder's size."""
        self._size = max(1, size)

    def set_mode(self, mode: str) -> None:
        """Say what money it is; only in paper do the buttons send at once."""
        self._mode = mode

    def show_chosen(self, instrument: object) -> None:
        """Show an instrument's row as selected, without telling others."""
        self.grid.choose(instrument)

    @override
    def topics(self) -> frozenset[Topic]:
        own = () if self.market is None else (t.board(self.market),)
        return frozenset({t.SPINE, *own})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self._mode, self._now = view.mode, view.now
            self._show_left()
        elif isinstance(view, BoardView) and view.market == self.market:
            self.set_subtitle(f"{view.title}  {view.subtitle}" if view.title != self.title else view.subtitle)
            self.grid.show_view(view)
            chip = NOT_SAVED if view.refusing == STORAGE else ""
            self.set_state(view.state if view.state in STATES else LIVE, view.why, age_s=view.age_s, chip=chip)
            self._show_left()

    @override
    def order_areas(self) -> Sequence[QRect]:
        x, wide = self.grid.columns.spans["buttons"]
        return (QRect(x, self.grid.top, wide, self.grid.visible_rows() * self.grid.row_height),)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self._since_front.start()
        return super().event(event)

    def _show_left(self) -> None:
        view = self.grid.view
        left = formats.DASH if view is None or not self._now else formats.duration(view.closes - self._now)
        if left != self.grid.left:
            self.grid.left = left
            self.grid.update()

    def _choose(self, row: BoardRow) -> None:
        self.grid.choose(row.instrument)
        self.selected.emit(row.instrument)

    def _key(self, word: str) -> None:
        row = self.grid.chosen_row()
        if row is None:
            self._say("select a row first")
        elif self._since_front.isValid() and self._since_front.elapsed() < self.focus_guard_ms:
            self._say("key ignored: the window has only just come to the front")
        else:
            self._want(row, word)

    def _want(self, row: BoardRow, word: str) -> None:
        self._choose(row)
        why = self.refusal(row, word)
        if why:
            self._say(why)
            return
        place = self._order(row, word, self._intent(row, word))
        if self._mode not in {"paper", "demo"}:
            self.ticket.emit(place)
            return
        self._say("")
        self.intent.emit(place)

    def refusal(self, row: BoardRow, word: str) -> str:
        """Return why a button of a row may not trade; empty when it may."""
        view = self.grid.view
        if view is None:
            return "no brackets yet"
        if view.status not in {"open", ""}:
            return f"market {formats.plain(view.status, 24)}: no orders"
        if not self.grid.open_for_orders():
            return f"{view.state}: {formats.plain(view.why) or 'no orders'}"
        if row.dead:
            return f"{formats.plain(row.label, 24)} is dead: {formats.plain(row.dead, 60)}"
        if (row.ask if word == "B" else row.bid) is None:
            return f"{formats.plain(row.label, 24)} has no {'ask' if word == 'B' else 'bid'}"
        return ""

    def words(self, row: BoardRow, word: str) -> str:
        """Return the order a button is, in words; empty where it may not trade."""
        return "" if self.refusal(row, word) else order_words(self._order(row, word, ""))

    def _intent(self, row: BoardRow, word: str) -> str:
        """Return the key of a press: the same again for one that follows at once."""
        again = (row.instrument, word) == self._last and self._since_press.isValid()
        if not again or self._since_press.elapsed() >= SAME_MS:
            self._count += 1
            self._since_press.start()
        self._last = (row.instrument, word)
        return f"{row.instrument.symbol}:{word}:{self.session}{self._count}"

    def _order(self, row: BoardRow, word: str, intent: str) -> Place:
        buys = word == "B"
        return Place(
            instrument=row.instrument,
            side=Side.BUY,
            leg=Leg.YES if buys else Leg.NO,
            price=row.ask if buys else Ticks(TICKS_PER_UNIT - (row.bid or 0)),
            qty=Qty(Decimal(self._size)),
            intent=intent,
            tif=Tif.IOC,
            origin="board",
        )

    def _say(self, words: str) -> None:
        if words:
            self._unsay.start(SAYS_MS)
        if words != self.grid.said:
            self.grid.said = words
            self.grid.update()
