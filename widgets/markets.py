"""Markets as a tree: sections, markets, and their outcomes with what they are bid and asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QHBoxLayout, QMenu, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Role
from engine.core.ids import InstrumentId, MarketId, Topic
from engine.core.units import Nanos
from engine.views import topics as t
from engine.views.market import MarketRow, MarketsView
from engine.views.status import SpineView
from widgets import formats, paint, theme
from widgets.controls import FlatButton, IconButton, SlimBar
from widgets.fields import Field
from widgets.market_lines import MARKET, OUTCOME, SECTION, Line, lines, time_left
from widgets.panel import EMPTY, LIVE, LOADING, Panel

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

COLUMNS: Final = (("close", 52), ("over", 36), ("edge c", 42), ("pos", 36))
"""From the left; the name takes the rest."""
ARROW: Final = 20
NEW: Final = "New market…"
HELP: Final = (
    "Enter or a click turns the linked docks to a market. Left and Right close and open one, / filters, * stars. "
    "over: sum of asks minus 100c. edge: best of buying YES or NO at the model, after fees."
)


class MarketsList(QAbstractScrollArea):
    """The painted lines."""

    taken = Signal(object)
    """A `Line` was clicked or Enter pressed on it."""
    turned = Signal(object, bool)
    """A market's line shall be open or closed."""
    starred = Signal(object)
    """A market's star shall be switched."""
    asked = Signal(object, QPoint)
    """A line, and where on the screen: what can be done with it."""
    searched = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self.now = Nanos(0)
        self.chosen: InstrumentId | None = None
        self.at = 0
        """Index of the line with the keyboard."""
        self._hover = -1
        self.setFrameShape(self.Shape.NoFrame)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Markets")
        self.setMinimumSize(200, 60)

    @property
    def row(self) -> int:
        """Height of a line."""
        return theme.current().size("tableRow")

    def show_lines(self, shown: tuple[Line, ...]) -> None:
        """Show other lines."""
        if shown != self.lines:
            self.lines = shown
            self.at = max(0, min(self.at, len(shown) - 1))
            self._range()
            self.viewport().update()

    def choose(self, instrument: InstrumentId | None) -> None:
        """Mark the line of an instrument as selected."""
        self.chosen = instrument
        self.viewport().update()

    def line_rect(self, index: int) -> QRect:
        """Return where a line lies."""
        return QRect(0, index * self.row - self.verticalScrollBar().value(), self.viewport().width(), self.row)

    def spans(self) -> list[tuple[str, int, int]]:
        """Return name, left and width of the number columns."""
        x = self.viewport().width() - sum(w for _, w in COLUMNS)
        spans = []
        for name, wide in COLUMNS:
            spans.append((name, x, wide))
            x += wide
        return spans

    def marked(self, line: Line) -> bool:
        """Whether a line is the selected one: an outcome, or the closed market that holds it."""
        if line.kind == SECTION or self.chosen is None:
            return False
        if line.kind == MARKET and line.open and line.branches:
            return False
        return any(r.instrument == self.chosen for r in line.rows)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._range()
        super().resizeEvent(event)

    def _range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self.row)
        bar.setRange(0, max(0, len(self.lines) * self.row - self.viewport().height()))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self.viewport())
        p.fillRect(self.viewport().rect(), theme.current().colour("surface.dock"))
        first = self.verticalScrollBar().value() // self.row
        last = first + self.viewport().height() // self.row + 2
        for i, line in enumerate(self.lines[first:last], first):
            self._paint_line(p, i, line)

    def _paint_line(self, p: QPainter, index: int, line: Line) -> None:
        look = theme.current()
        rect = self.line_rect(index)
        if line.kind == SECTION:
            p.fillRect(rect, look.colour("surface.header"))
            room = rect.adjusted(8, 0, -8, 0)
            paint.text(p, room, line.name, look.ui(11, 600), look.colour("text.muted"), elide=True)
            return
        marked = self.marked(line)
        if marked or index == self._hover:
            p.fillRect(rect, look.colour("surface.selected" if marked else "surface.hover"))
        paint.line_below(p, rect, look.colour("line.grid"))
        if marked:
            p.fillRect(rect.x(), rect.y(), 2, rect.height() - 1, look.colour("buy"))
        self._paint_name(p, rect, line, marked=marked)
        for name, x, wide in self.spans():
            text, tone = self._cell(line, name)
            tone = "text.muted" if marked and tone == "text.dim" else tone
            room = QRect(x, rect.y(), wide - 6, rect.height() - 1)
            paint.text(p, room, text, look.number(11, 500 if name == "pos" else 400), look.colour(tone), paint.RIGHT)
        if index == self.at and self.hasFocus():
            paint.frame(p, rect.adjusted(0, 0, 0, -1), look.colour("line.control"))

    def _paint_name(self, p: QPainter, rect: QRect, line: Line, *, marked: bool) -> None:
        look = theme.current()
        right = self.spans()[0 if line.kind == MARKET else 1][1] - 4
        middle = rect.y() + (rect.height() - 1) // 2
        y = round(paint.baseline(rect.y(), rect.height() - 1, 11))
        if line.kind == MARKET:
            if line.branches:
                paint.icon(p, 6, middle - 5, "down" if line.open else "right", "text.muted", 11)
            font = look.ui(11, 600 if line.open or marked else 500)
            ended = line.first.status not in {"open", ""}
            x = 22.0
            name = paint.elided(line.name, font, right - x - (14 if line.starred else 0))
            x = paint.text_at(p, x, y, name, font, look.colour("text.dim" if ended else "text.strong")) + 6
            station = formats.plain(line.first.station, 8)
            if station and x + paint.width(station, look.number(10)) <= right - (14 if line.starred else 0):
                x = paint.text_at(p, x, y, station, look.number(10), look.colour("text.dim")) + 5
            if line.starred:
                paint.icon(p, min(round(x), right - 11), middle - 5, "star", "warn", 11)
            if not line.branches:
                return
        else:
            self._paint_outcome(p, rect, line, right, marked=marked)

    def _paint_outcome(self, p: QPainter, rect: QRect, line: Line, right: int, *, marked: bool) -> None:
        look = theme.current()
        y = round(paint.baseline(rect.y(), rect.height() - 1, 11))
        row, font = line.first, look.number(11, 400)
        prices = ((formats.cents(row.bid, 0), "buy"), (" / ", "text.dim"), (formats.cents(row.ask, 0), "sell"))
        wide = sum(paint.width(text, font) for text, _ in prices)
        label = look.number(11, 600 if marked else 500)
        ink = look.colour("text.strong" if marked else "text.default")
        x = paint.text_at(p, 34, y, paint.elided(line.name, label, right - 34 - wide - 10), label, ink)
        x = max(x + 10, 92.0)
        if x + wide > right:
            x = right - wide
        for text, tone in prices:
            dim = text == formats.DASH
            x = paint.text_at(p, x, y, text, font, look.colour("text.dim" if dim else tone))

    def _cell(self, line: Line, name: str) -> tuple[str, str]:
        """Return text and colour of a number column."""
        if name == "close":
            if line.kind == OUTCOME:
                return "", "text.default"
            text = time_left(line.first.closes, self.now, line.first.status)
            return text, "text.default" if line.first.status in {"open", ""} else "warn"
        if name == "over":
            if line.kind == OUTCOME:
                return "", "text.default"
            return _known(formats.number(line.overround, 1, signed=True), "text.default")
        if name == "pos":
            if not line.position:
                return "", "text.default"
            return formats.brief(line.position, signed=True), "buy" if line.position > 0 else "sell"
        return _known(formats.number(line.edge, 1, signed=True), paint.pnl_colour(line.edge))

    def index_at(self, y: int) -> int:
        """Return the line under a height of the viewport; -1 where there is none."""
        index = (y + self.verticalScrollBar().value()) // self.row
        return index if 0 <= index < len(self.lines) and y >= 0 else -1

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(int(event.position().y()))
        if index < 0 or self.lines[index].kind == SECTION:
            return
        self.at = index
        line = self.lines[index]
        if event.button() is Qt.MouseButton.RightButton:
            self.asked.emit(line, event.globalPosition().toPoint())
        elif line.branches and event.position().x() < ARROW:
            self.turned.emit(line.market, not line.open)
        elif event.button() is Qt.MouseButton.LeftButton:
            self.taken.emit(line)
        self.viewport().update()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered(self.index_at(int(event.position().y())))

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._hovered(-1)
        super().leaveEvent(event)

    def _hovered(self, index: int) -> None:
        if index != self._hover:
            self._hover = index
            self.viewport().update()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key
        line = self.lines[self.at] if self.lines else None
        way = {key.Key_Up: -1, key.Key_Down: 1, key.Key_PageUp: -10, key.Key_PageDown: 10}.get(key(event.key()), 0)
        if way:
            self._step(way)
        elif event.key() == key.Key_Slash:
            self.searched.emit()
        elif line is None or line.kind == SECTION:
            super().keyPressEvent(event)
        elif event.key() in {key.Key_Return, key.Key_Enter, key.Key_Space}:
            self.taken.emit(line)
        elif event.key() in {key.Key_Left, key.Key_Right}:
            self.turned.emit(line.market, event.key() == key.Key_Right)
        elif event.key() == key.Key_Asterisk:
            self.starred.emit(line.market)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()
        super().focusInEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.viewport().update()
        super().focusOutEvent(event)

    def _step(self, way: int) -> None:
        """Move the keyboard's line, past the sections, and keep it in view."""
        at = max(0, min(len(self.lines) - 1, self.at + way)) if self.lines else 0
        while 0 <= at < len(self.lines) and self.lines[at].kind == SECTION:
            at += 1 if way > 0 or at == 0 else -1
        if not 0 <= at < len(self.lines):
            return
        self.at = at
        rect, bar = self.line_rect(at), self.verticalScrollBar()
        if rect.y() < 0:
            bar.setValue(bar.value() + rect.y())
        elif rect.bottom() >= self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() + 1 - self.viewport().height())
        self.setAccessibleDescription(self.lines[at].name)
        self.viewport().update()


class _Heads(QWidget):
    """Column names over the list."""

    def __init__(self, over: MarketsList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = over
        self.setFixedHeight(theme.current().size("columnHeader"))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        font, ink = look.ui(look.type("caption"), 500), look.colour("text.muted")
        paint.text(p, QRect(8, 0, 100, self.height()), "market", font, ink)
        for name, x, wide in self._over.spans():
            paint.text(p, QRect(x, 0, wide - 6, self.height()), name, font, ink, paint.RIGHT)
        paint.line_below(p, self.rect(), look.colour("line.border"))


class MarketsPanel(Panel):
    """The markets dock."""

    new_market = Signal()
    """The operator wants to list a market."""
    starred_changed = Signal(object)
    """The ids of all starred markets, sorted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Markets", help_text=HELP, parent=parent)
        self._rows: tuple[MarketRow, ...] = ()
        self._open: set[MarketId] = set()
        self._stars: set[MarketId] = set()
        self._unfolded: InstrumentId | None = None
        """The instrument whose market was unfolded for it; the trader may fold it again."""
        self._role = Role.TRADER
        self._seen = False
        self.filter = Field("Filter markets", number=False)
        self.filter.setPlaceholderText("Filter   /  name, station, cell")
        self.only = IconButton("star", "Only starred markets")
        self.only.setCheckable(True)
        self.list = MarketsList()
        self.new = FlatButton(NEW)
        self.new.icon_name = "plus"
        self._lay_out()
        self._wire()
        self.set_state(LOADING, "Waiting for the markets")

    def _lay_out(self) -> None:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 4, 4)
        top.setSpacing(2)
        self.filter.setFixedHeight(22)
        top.addWidget(self.filter, 1)
        top.addWidget(self.only)
        layout.addLayout(top)
        layout.addWidget(_Heads(self.list))
        layout.addWidget(self.list, 1)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(8, 4, 8, 4)
        foot.addStretch(1)
        foot.addWidget(self.new)
        layout.addWidget(self._foot)
        self._foot.hide()
        body.setFocusProxy(self.list)
        self.set_body(body)

    def _wire(self) -> None:
        self.filter.textChanged.connect(self._refresh)
        self.filter.returnPressed.connect(self.list.setFocus)
        self.only.toggled.connect(self._only_starred)
        self.list.taken.connect(self._take)
        self.list.turned.connect(self._turn)
        self.list.starred.connect(self.star)
        self.list.asked.connect(self._open_choices)
        self.list.searched.connect(self.filter.setFocus)
        self.new.clicked.connect(self.new_market)
        self.acted.connect(lambda _state, words: self.new_market.emit() if words == NEW else None)

    # What the window calls

    def set_role(self, role: Role) -> None:
        """Let an operator list markets."""
        if role is not self._role:
            self._role = role
            self._foot.setVisible(role is Role.OPERATOR)
            self._refresh()

    def show_chosen(self, instrument: InstrumentId | None) -> None:
        """Show what the linked docks turned to, without telling others."""
        self.list.choose(instrument)
        if self._open_chosen():
            self._refresh()

    def _open_chosen(self) -> bool:
        """Unfold the market that was turned to, once it is known; return whether that is news."""
        if self.list.chosen == self._unfolded:
            return False
        market = next((r.market for r in self._rows if r.instrument == self.list.chosen), None)
        if market is None:
            return False
        self._unfolded = self.list.chosen
        self._open.add(market)
        return True

    def set_stars(self, stars: object) -> None:
        """Take the starred markets of the last session."""
        self._stars = {MarketId(str(s)) for s in stars} if isinstance(stars, (list, tuple, set, frozenset)) else set()
        self._refresh()

    def stars(self) -> tuple[MarketId, ...]:
        """Return the starred markets, sorted."""
        return tuple(sorted(self._stars))

    def star(self, market: MarketId) -> None:
        """Switch a market's star."""
        self._stars ^= {market}
        self.starred_changed.emit(self.stars())
        self._refresh()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({t.SPINE, t.MARKETS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self.set_role(Role.OPERATOR if view.role == Role.OPERATOR.value else Role.TRADER)
            if view.now // 60_000_000_000 != self.list.now // 60_000_000_000:
                self.list.now = view.now
                self.list.viewport().update()
        elif isinstance(view, MarketsView):
            if view.rows and not self._rows:
                self._open.add(view.rows[0].market)
            self._rows = view.rows
            self._seen = True
            self._open_chosen()
            self._refresh()

    def _refresh(self) -> None:
        self.set_count(len({r.market for r in self._rows}) or None)
        if not self._rows and self._seen:
            operator = self._role is Role.OPERATOR
            self.set_state(EMPTY, "No markets are listed.", actions=(NEW,) if operator else (), icon="book")
        elif self._rows:
            self.set_state(LIVE)
        shown = lines(
            self._rows,
            self._open,
            self._stars,
            formats.plain(self.filter.text(), 60),
            only_starred=self.only.isChecked(),
        )
        self.list.show_lines(shown)

    # What it asks for

    def _only_starred(self, only: bool) -> None:
        self.filter.setPlaceholderText(
            "Starred   /  name, station, cell" if only else "Filter   /  name, station, cell"
        )
        self._refresh()

    def _take(self, line: Line) -> None:
        if line.kind == MARKET and line.branches and not line.open:
            self._turn(line.market, opened=True)
        self.list.choose(line.instrument)
        self.selected.emit(line.instrument)

    def _turn(self, market: MarketId, opened: bool) -> None:
        if opened:
            self._open.add(market)
        else:
            self._open.discard(market)
        self._refresh()

    def _open_choices(self, line: Line, where: QPoint) -> None:
        """Pop up what can be done with a line; never a nested loop."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName("markets.choices")
        menu.addAction("Show", lambda: self._take(line))
        menu.addAction("Unstar" if line.market in self._stars else "Star", lambda: self.star(line.market))
        if self._role is Role.OPERATOR:
            menu.addSeparator()
            menu.addAction(NEW, self.new_market.emit)
        menu.popup(where)


def _known(text: str, tone: str) -> tuple[str, str]:
    return text, "text.dim" if text == formats.DASH else tone
