"""The painted lines of the markets tree, and the column names over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, MarketId
from engine.core.units import MINUTE, Nanos
from engine.views.analytics.column import Column, value
from widgets import formats, keymap, paint, theme
from widgets.controls import SlimBar
from widgets.market_lines import MARKET, OUTCOME, SECTION, Line, time_left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from engine.core.units import Ticks

    Spans = list[tuple[str, int, int]]

COLUMNS: Final = (("close", 58), ("over", 36), ("edge c", 42), ("pos", 36))
"""From the left; the name takes the rest."""
NAME: Final = 76
"""Least width of it where computed columns are shown."""
ARROW: Final = 20
STEPS: Final = {"markets.up": -1, "markets.down": 1, "markets.page_up": -10, "markets.page_down": 10}


class LineLook(NamedTuple):
    """How a line looks."""

    kind: str
    name: str
    marked: bool = False
    open: bool = False
    starred: bool = False
    branches: bool = False
    status: str = ""
    station: str = ""
    phase: int | None = None
    derivative: bool = False
    cells: tuple[tuple[str, str], ...] = ()
    """Text and colour of each number column."""
    prices: tuple[str, ...] = ()
    """What is bid and asked, of an outcome."""


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
    watched = Signal(object)
    """A `Line` whose market shall be in the watchlist, or no more."""
    columns_changed = Signal()
    moved = Signal(object, int)
    """A `Line` whose market shall be one up (-1) or down (1) in the watchlist."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self.now = Nanos(0)
        self.chosen: InstrumentId | None = None
        self.at = 0
        """Index of the line with the keyboard."""
        self.nothing = ""
        """What is said where there is no line."""
        self.extra: dict[str, Column] = {}
        """Computed columns by header."""
        self._hover = -1
        self._looks: dict[int, LineLook] = {}
        """How the lines in sight looked when lines were shown last; all else that changes has all painted."""
        self._painted: tuple[object, ...] = ()
        """What decided how all of them looked then, and how far they were scrolled."""
        self._told_nothing = ""
        self.setFrameShape(self.Shape.NoFrame)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Markets")
        self.setMinimumSize(200, 60)

    def retheme(self) -> None:
        """Write the lines anew: in another theme, or with numbers written otherwise."""
        self._looks = {}

    @property
    def row(self) -> int:
        """Height of a line."""
        return theme.current().size("tableRow")

    def show_lines(self, shown: tuple[Line, ...]) -> None:
        """Show other lines."""
        if shown == self.lines and self.nothing == self._told_nothing:
            return
        other, self._told_nothing = len(shown) != len(self.lines) or not shown, self.nothing
        self.lines = shown
        self.at = max(0, min(self.at, len(shown) - 1))
        self._range()
        was, ground = self._looks, (self._ground(), self.verticalScrollBar().value())
        self._looks = {at: self._look(self.lines[at]) for at in self._in_sight()}
        if other or ground != self._painted:
            self._painted = ground
            self.viewport().update()
            return
        for at, look in self._looks.items():
            if was.get(at) != look:
                self.viewport().update(self.line_rect(at))

    def show_time(self, now: Nanos) -> None:
        """Count what is left of each market from another moment."""
        if now // MINUTE != self.now // MINUTE:
            self.now = now
            self.viewport().update()

    def _ground(self) -> tuple[object, ...]:
        """Return what decides how all lines look."""
        return self.viewport().size(), theme.current(), self.chosen, tuple(self.extra), self.now // MINUTE

    def _in_sight(self) -> range:
        first = self.verticalScrollBar().value() // self.row
        return range(first, min(len(self.lines), first + self.viewport().height() // self.row + 2))

    def _look(self, line: Line) -> LineLook:
        """Return all that decides how a line looks, but for what the hand does to it."""
        if line.kind == SECTION:
            return LineLook(line.kind, line.name)
        first, outcome = line.first, line.kind == OUTCOME
        cells = tuple(self._cell(line, name) for name, _ in self.shown())
        prices = (_best(first.bid, first.bid_text), _best(first.ask, first.ask_text)) if outcome else ()
        return LineLook(
            line.kind, line.name, self.marked(line), line.open, line.starred, line.branches, first.status,
            first.station, first.phase, bool(first.currency), cells, prices,
        )  # fmt: skip

    def go_to(self, market: MarketId) -> None:
        """Put the keyboard on a market's line, where it is shown."""
        at = next((n for n, line in enumerate(self.lines) if line.kind == MARKET and line.market == market), None)
        if at is not None:
            self._step(at - self.at)

    def choose(self, instrument: InstrumentId | None) -> None:
        """Mark the line of an instrument as selected."""
        self.chosen = instrument
        self.viewport().update()

    def line_rect(self, index: int) -> QRect:
        """Return where a line lies."""
        return QRect(0, index * self.row - self.verticalScrollBar().value(), self.viewport().width(), self.row)

    def set_columns(self, extra: Sequence[Column]) -> None:
        """Show computed columns before the last one, as far as there is room."""
        self.extra = {one.header: one for one in extra}
        self.viewport().update()
        self.columns_changed.emit()

    def shown(self) -> tuple[tuple[str, int], ...]:
        """Return name and width of the number columns there is room for, from the left."""
        room = self.viewport().width() - NAME - sum(w for _, w in COLUMNS)
        extra: list[tuple[str, int]] = []
        for name, one in self.extra.items():
            if one.width > room:
                break
            extra.append((name, one.width))
            room -= one.width
        return (*COLUMNS[:-1], *extra, COLUMNS[-1])

    def spans(self) -> list[tuple[str, int, int]]:
        """Return name, left and width of the number columns."""
        shown = self.shown()
        x = self.viewport().width() - sum(w for _, w in shown)
        spans = []
        for name, wide in shown:
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
        p, region = QPainter(self.viewport()), event.region()
        p.fillRect(event.rect(), theme.current().colour("surface.dock"))
        if not self.lines and self.nothing:
            look, room = theme.current(), QRect(8, 0, self.viewport().width() - 16, 3 * self.row)
            paint.text(p, room, self.nothing, look.ui(11), look.colour("text.muted"), paint.CENTRE, elide=True)
        spans = self.spans()
        if not self._painted or self._painted[0] != self._ground():
            self._looks = {}
        for at in self._in_sight():
            if region.intersects(self.line_rect(at)):
                self._paint_line(p, at, self._looks.get(at) or self._look(self.lines[at]), spans)

    def _paint_line(self, p: QPainter, index: int, line: LineLook, spans: Spans) -> None:
        look = theme.current()
        rect = self.line_rect(index)
        if line.kind == SECTION:
            p.fillRect(rect, look.colour("surface.header"))
            room = rect.adjusted(8, 0, -8, 0)
            paint.text(p, room, line.name, look.ui(11, 600), look.colour("text.muted"), elide=True)
            return
        marked = line.marked
        if marked or index == self._hover:
            p.fillRect(rect, look.colour("surface.selected" if marked else "surface.hover"))
        paint.line_below(p, rect, look.colour("line.grid"))
        if marked:
            p.fillRect(rect.x(), rect.y(), 2, rect.height() - 1, look.colour("buy"))
        free = 0 if line.kind == MARKET else -1 if line.derivative else 1  # a derivative has neither sum nor edge
        right = spans[free][1] - 4
        if line.kind == MARKET:
            _paint_market(p, rect, line, right)
        else:
            _paint_outcome(p, rect, line, right)
        for (name, x, wide), (text, tone) in zip(spans, line.cells, strict=True):
            tone = "text.muted" if marked and tone == "text.dim" else tone
            room = QRect(x, rect.y(), wide - 6, rect.height() - 1)
            paint.text(p, room, text, look.number(11, 500 if name == "pos" else 400), look.colour(tone), paint.RIGHT)
        if index == self.at and self.hasFocus():
            paint.frame(p, rect.adjusted(0, 0, 0, -1), look.colour("line.control"))

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
        if name in self.extra:
            one = self.extra[name]
            found = value(one, line.rows)
            tone = paint.pnl_colour(found) if one.signed else "text.default"
            return _known(formats.number(found, one.places, signed=one.signed), tone)
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
        action = keymap.current().action("markets", keymap.key_of(event))
        line = self.lines[self.at] if self.lines else None
        if action in STEPS:
            self._step(STEPS[action])
        elif action == "markets.filter":
            self.searched.emit()
        elif line is None or line.kind == SECTION:
            super().keyPressEvent(event)
        elif action == "markets.take":
            self.taken.emit(line)
        elif action in {"markets.fold", "markets.unfold"}:
            self.turned.emit(line.market, action == "markets.unfold")
        elif action == "markets.star":
            self.starred.emit(line.market)
        elif action == "markets.watch":
            self.watched.emit(line)
        elif action in {"markets.move_up", "markets.move_down"}:
            self.moved.emit(line, -1 if action == "markets.move_up" else 1)
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


class Heads(QWidget):
    """Column names over the list."""

    def __init__(self, over: MarketsList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = over
        over.columns_changed.connect(self._explain)
        self.setFixedHeight(theme.current().size("columnHeader"))

    def _explain(self) -> None:
        self.setToolTip("\n".join(f"{name}: {one.help}" for name, one in self._over.extra.items()))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        font, ink = look.ui(look.type("caption"), 500), look.colour("text.muted")
        paint.text(p, QRect(8, 0, 100, self.height()), "market", font, ink)
        for name, x, wide in self._over.spans():
            paint.text(p, QRect(x, 0, wide - 6, self.height()), name, font, ink, paint.RIGHT, elide=True)
        paint.line_below(p, self.rect(), look.colour("line.border"))


def _paint_market(p: QPainter, rect: QRect, line: LineLook, right: int) -> None:
    look = theme.current()
    middle = rect.y() + (rect.height() - 1) // 2
    y = round(paint.baseline(rect.y(), rect.height() - 1, 11))
    if line.branches:
        paint.icon(p, 6, middle - 5, "down" if line.open else "right", "text.muted", 11)
    font, small = look.ui(11, 600 if line.open or line.marked else 500), look.number(10)
    ended = line.status not in {"open", ""}
    room = right - (14 if line.starred else 0)
    name = paint.elided(line.name, font, room - 22.0)
    x = paint.text_at(p, 22.0, y, name, font, look.colour("text.dim" if ended else "text.strong")) + 6
    station = formats.plain(line.station, 8)
    phase = "" if (line.phase or 1) == 1 else f"P{line.phase}"
    if phase and x + paint.width(phase, small) <= room:
        x = paint.text_at(p, x, y, phase, look.number(10, 600), look.colour("text.muted")) + 5
    if station and x + paint.width(station, small) <= room:
        x = paint.text_at(p, x, y, station, small, look.colour("text.dim")) + 5
    if line.starred:
        paint.icon(p, min(round(x), right - 11), middle - 5, "star", "warn", 11)


def _paint_outcome(p: QPainter, rect: QRect, line: LineLook, right: int) -> None:
    look = theme.current()
    y = round(paint.baseline(rect.y(), rect.height() - 1, 11))
    font, (bid, ask) = look.number(11, 400), line.prices
    prices = ((bid, "buy"), (" / ", "text.dim"), (ask, "sell"))
    wide = sum(paint.width(text, font) for text, _ in prices)
    label = look.number(11, 600 if line.marked else 500)
    ink = look.colour("text.strong" if line.marked else "text.default")
    x = paint.text_at(p, 34, y, paint.elided(line.name, label, right - 34 - wide - 10), label, ink)
    x = max(x + 10, 92.0)
    if x + wide > right:
        x = right - wide
    for text, tone in prices:
        x = paint.text_at(p, x, y, text, font, look.colour("text.dim" if text == formats.DASH else tone))


def _best(price: Ticks | None, quoted: str) -> str:
    """Return a best price: in whole cents, or of a derivative as it is quoted."""
    return formats.plain(quoted, 12) or formats.cents(price, 0)


def _known(text: str, tone: str) -> tuple[str, str]:
    return text, "text.dim" if text == formats.DASH else tone
