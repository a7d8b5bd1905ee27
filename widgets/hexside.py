"""What lies around the map: the row of layers above, the sheet of the picked cell beside, the run's line below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h3
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, hexlayers, outlines, paint, theme
from widgets.controls import FlatButton, IconButton

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.core.units import Nanos
    from engine.views.weather import CellLine, CellsView
    from widgets.hexlayers import Layer

_ROW: Final = 18


class Segment(QAbstractButton):
    """One of several choices in a row of tools: framed when it is on."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(words)
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @override
    def sizeHint(self) -> QSize:
        return QSize(round(paint.width(self.text(), theme.current().ui(11, 500))) + 16, 18)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        lit = self.isChecked() or self.underMouse()
        if self.isChecked():
            paint.box(p, self.rect(), look.mix("surface.dock", "buy", "chip"), look.colour("buy"), look.radius())
        elif self.hasFocus():
            paint.box(p, self.rect(), None, look.colour("buy"), look.radius())
        ink = look.colour("text.strong" if lit else "text.muted")
        paint.text(p, self.rect(), self.text(), look.ui(11, 500), ink, paint.CENTRE)


class LayerRow(QWidget):
    """The layers as a segmented row, the event's title at its right."""

    chosen = Signal(object)
    """The layer picked."""

    def __init__(self, layers: Sequence[Layer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self.setFixedHeight(theme.current().size("toolRow"))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(2)
        self.buttons = {layer.key: Segment(layer.title) for layer in layers}
        group = QButtonGroup(self)
        for layer in layers:
            button = self.buttons[layer.key]
            group.addButton(button)
            row.addWidget(button)
            button.clicked.connect(lambda _=False, picked=layer: self.chosen.emit(picked))
        row.addStretch(1)
        next(iter(self.buttons.values())).setChecked(True)

    def set_title(self, title: str) -> None:
        """Set the event's title."""
        words = formats.plain(title, 120)
        if words == self._title:
            return
        self._title = words
        self.setToolTip(formats.tip(self._title))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        left = max(button.geometry().right() for button in self.buttons.values()) + 12
        room = QRect(left, 0, self.width() - left - 8, self.height())
        if room.width() > 60:
            paint.text(p, room, self._title, look.ui(11), look.colour("text.muted"), paint.RIGHT, elide=True)


class SideSheet(QWidget):
    """Facts and evidence of the picked cell."""

    closed = Signal()
    markets_wanted = Signal()
    station_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = self._place = self._station = ""
        self._facts: tuple[tuple[str, str], ...] = ()
        self._evidence: tuple[tuple[str, str, bool], ...] = ()
        self._shown: object = None
        self.setFixedWidth(theme.current().size("mapSide"))
        self._close = IconButton("x", "Close the sheet", 10, self)
        self._close.clicked.connect(self.closed)
        self.markets = FlatButton("Open markets")
        self.station = FlatButton("Station dock")
        self.markets.clicked.connect(self.markets_wanted)
        self.station.clicked.connect(lambda: self.station_wanted.emit(self._station))
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(10, 0, 10, 10)
        column.addStretch(1)
        column.addLayout(row)
        row.setSpacing(8)
        row.addWidget(self.markets, 1)
        row.addWidget(self.station, 1)

    def show_cell(self, view: CellsView, cell: str, lines: Sequence[CellLine], market: str) -> None:
        """Show a cell: of the market's own cell what the engine says of it, of any other what its line holds."""
        own = bool(view.selected) and bool(cell) and _same(view.selected or "", cell)
        facts = view.facts if own and view.facts else hexlayers.facts_of(lines, view)
        settling = [pin.id for pin in view.stations if pin.settles]
        station = settling[0] if own and settling else _inside(view, cell)
        shown = (cell, facts, view.evidence if own else (), station, bool(market))
        if shown == self._shown:
            return
        if cell != self._cell:
            self._place = outlines.load().place(*h3.cell_to_latlng(cell)) if cell else ""
        self._shown, self._station = shown, station
        self._cell, self._facts, self._evidence = shown[:3]
        self.markets.setEnabled(bool(market))
        self.station.setEnabled(bool(station))
        self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value in facts))
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._close.setGeometry(self.width() - 24, 4, 20, 20)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, 1, self.height(), look.colour("line.border"))
        paint.icon(p, 10, 7, "hex", "text.muted")
        paint.text(p, QRect(29, 2, 170, 24), self._cell, look.number(12, 600), look.colour("text.strong"))
        where = self._place or "no county"
        paint.text(p, QRect(10, 24, self.width() - 20, 18), where, look.ui(11), look.colour("text.muted"), elide=True)
        p.fillRect(10, 45, self.width() - 20, 1, look.colour("line.grid"))
        y = self._rows(p, 49, [(name, value, "text.default") for name, value in self._facts])
        if self._evidence:
            y += 4
            p.fillRect(10, y, self.width() - 20, 1, look.colour("line.grid"))
            paint.text(p, QRect(10, y + 4, 200, _ROW), "Evidence", look.ui(11, 600), look.colour("text.strong"))
            self._sources(p, y + 4 + _ROW)

    def _room(self) -> int:
        """Return where the buttons begin: rows that do not fit above are left out."""
        return self.markets.y() - 4

    def _rows(self, p: QPainter, y: int, rows: Sequence[tuple[str, str, str]]) -> int:
        look = theme.current()
        for name, value, tone in rows:
            if y + _ROW > self._room():
                break
            clean = formats.plain(value, 60)
            wide = paint.width(clean, look.number(11))
            ink = "text.dim" if clean == formats.DASH else tone
            paint.text(p, QRect(10, y, self.width() - 20, _ROW), clean, look.number(11), look.colour(ink), paint.RIGHT)
            room = QRectF(10, y, self.width() - 28 - wide, _ROW)
            paint.text(p, room, formats.plain(name, 60), look.ui(11), look.colour("text.muted"), elide=True)
            y += _ROW
        return y

    def _sources(self, p: QPainter, y: int) -> None:
        look = theme.current()
        for source, value, fresh in self._evidence:
            if y + _ROW > self._room():
                break
            paint.connection(p, 14, y + _ROW / 2, "live" if fresh else "off", 3)
            clean = formats.plain(value, 40)
            wide = paint.width(clean, look.number(10))
            paint.text(p, QRect(10, y, self.width() - 20, _ROW), clean, look.number(10), look.colour("text.muted"),
                       paint.RIGHT)  # fmt: skip
            room = QRectF(24, y, self.width() - 42 - wide, _ROW)
            paint.text(p, room, formats.plain(source, 60), look.ui(11), look.colour("text.default"), elide=True)
            y += _ROW


def _same(one: str, other: str) -> bool:
    """Whether one cell is the other or lies in it."""
    fine, coarse = sorted((one, other), key=h3.get_resolution, reverse=True)
    return bool(h3.cell_to_parent(fine, h3.get_resolution(coarse)) == coarse)


def _inside(view: CellsView, cell: str) -> str:
    """Return a station that lies in a cell; empty when none does."""
    if not cell:
        return ""
    res = h3.get_resolution(cell)
    return next((pin.id for pin in view.stations if h3.latlng_to_cell(pin.lat, pin.lon, res) == cell), "")


class RunStrip(QWidget):
    """The forecast the map is computed from: its name, when it was run, how old it is."""

    def __init__(self, now: Callable[[], Nanos] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._view: CellsView | None = None
        self._said: tuple[str, str, str, str] | None = None
        self.setFixedHeight(theme.current().size("slider"))

    def show_run(self, view: CellsView) -> None:
        """Take the run of a view."""
        self._view = view
        words = self._words()
        if words != self._said:
            self._said = words
            self.update()

    def _words(self) -> tuple[str, str, str, str]:
        """Return run, its time, its age, and how many cells it has."""
        if self._view is None:
            return ("", "", "", "")
        run, at = formats.plain(self._view.run, 40) or formats.DASH, self._view.run_at
        return run, formats.utc(at, "%d %b %H:%M"), self._age(at), f"{formats.count(len(self._view.cells))} cells"

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        if self._view is None:
            return
        paint.icon(p, 10, (self.height() - 13) // 2, "clock", "text.muted")
        y = round(paint.baseline(0, self.height(), 11))
        run, at, age, words = self._words()
        x = paint.text_at(p, 31, y, run, look.ui(11, 500), look.colour("text.strong")) + 10
        for name, value in (("run", at), ("age", age)):
            x = paint.text_at(p, x, y, name, look.ui(11), look.colour("text.muted")) + 5
            x = paint.text_at(p, x, y, value, look.number(11), look.colour("text.default")) + 12
        wide = paint.width(words, look.ui(11))
        if self.width() - 10 - wide > x:
            paint.text_at(p, self.width() - 10 - wide, y, words, look.ui(11), look.colour("text.muted"))

    def _age(self, at: Nanos | None) -> str:
        return formats.DASH if at is None or self._now is None else formats.since(at, self._now())
