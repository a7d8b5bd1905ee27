"""The list of the markets tree: its lines under hand and keyboard, and the column names over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, MarketId
from engine.core.units import MINUTE, Nanos
from engine.views.analytics.column import Column
from widgets import keymap, paint, theme
from widgets.controls import SlimBar
from widgets.market_lines import MARKET, SECTION, Line
from widgets.market_paint import LineLook, look_of, paint_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

COLUMNS: Final = (("close", 58), ("over", 36), ("edge c", 42), ("pos", 36))
"""From the left; the name takes the rest."""
NAME: Final = 76
"""Least width of it where computed columns are shown."""
ARROW: Final = 20
STEPS: Final = {"markets.up": -1, "markets.down": 1, "markets.page_up": -10, "markets.page_down": 10}


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
        before, top = self.lines, self.verticalScrollBar().value()
        self.lines = shown
        self.at = _found(before, self.at, shown)
        self.at = max(0, min(self.at, len(shown) - 1))
        self._range()
        if top:  # what comes and goes above moves nothing under the pointer
            first = top // self.row
            self.verticalScrollBar().setValue(top + (_found(before, first, shown) - first) * self.row)
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
        """Return the lines that are wholly seen: what fits no more is reached by scrolling, as in tables."""
        top, tall = self.verticalScrollBar().value(), self.viewport().height()
        if tall < 2 * self.row:
            return range(top // self.row, min(len(self.lines), top // self.row + 1))
        return range(-(-top // self.row), min(len(self.lines), (top + tall) // self.row))

    def _look(self, line: Line) -> LineLook:
        return look_of(line, self.now, [name for name, _ in self.shown()], self.extra, marked=self.marked(line))

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
            rect = self.line_rect(at)
            if region.intersects(rect):
                line = self._looks.get(at) or self._look(self.lines[at])
                paint_line(p, rect, line, spans, hovered=at == self._hover, focused=at == self.at and self.hasFocus())

    def index_at(self, y: int) -> int:
        """Return the line under a height of the viewport; -1 where there is none."""
        index = (y + self.verticalScrollBar().value()) // self.row
        return index if index in self._in_sight() and y >= 0 else -1

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


def _found(before: tuple[Line, ...], at: int, now: tuple[Line, ...]) -> int:
    """Return where the line that stood at a place is now; the place itself where it is gone."""
    if not 0 <= at < len(before):
        return at
    one = _identity(before[at])
    if at < len(now) and _identity(now[at]) == one:
        return at
    return next((n for n, line in enumerate(now) if _identity(line) == one), at)


def _identity(line: Line) -> tuple[object, ...]:
    """Return what makes it the same line whatever its numbers are."""
    if line.kind == SECTION:
        return line.kind, line.name
    return line.kind, line.market, line.first.instrument if line.kind != MARKET else None


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
