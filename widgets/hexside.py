"""What lies around the map: the row of layers above, the sheet of the picked cell beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h3
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import Cell
from engine.weather import areas
from widgets import formats, hexlayers, outlines, paint, theme
from widgets.controls import FlatButton, IconButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from engine.views.alerts import AlertLine
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
    hedge_wanted = Signal(str)
    """The cell, to be hedged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell = self._place = self._station = ""
        self._alerts: tuple[AlertLine, ...] = ()
        self._offset = 0
        self._facts: tuple[tuple[str, str], ...] = ()
        self._evidence: tuple[tuple[str, str, bool], ...] = ()
        self._shown: object = None
        self.setFixedWidth(theme.current().size("mapSide"))
        self._close = IconButton("x", "Close the sheet", 10, self)
        self._close.clicked.connect(self.closed)
        self.hedge = FlatButton("Hedge this place…")
        self.hedge.clicked.connect(lambda: self.hedge_wanted.emit(self._cell))
        self.markets = FlatButton("Open markets")
        self.station = FlatButton("Station dock")
        self.markets.clicked.connect(self.markets_wanted)
        self.station.clicked.connect(lambda: self.station_wanted.emit(self._station))
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(10, 0, 10, 10)
        column.setSpacing(6)
        column.addStretch(1)
        column.addWidget(self.hedge)
        column.addLayout(row)
        row.setSpacing(8)
        row.addWidget(self.markets, 1)
        row.addWidget(self.station, 1)

    def show_cell(self, view: CellsView, cell: str, lines: Sequence[CellLine], market: str) -> None:
        """Show a cell: of the market's own cell what the engine says of it, of any other what its line holds."""
        own = bool(view.selected) and bool(cell) and _same(view.selected or "", cell)
        facts = view.facts if own and view.facts else hexlayers.facts_of(lines, view)
        if own and view.hour is not None:
            facts = (*hexlayers.hour_facts(lines, view), *facts)
        settling = [pin.id for pin in view.stations if pin.settles]
        station = settling[0] if own and settling else _inside(view, cell)
        inside = [line.cell for line in lines] or [Cell(cell)]
        over = tuple(one for one in view.alerts if cell and any(areas.touches(one.cells, part) for part in inside))
        shown = (cell, facts, view.evidence if own else (), over, station, bool(market))
        if shown == self._shown:
            return
        if cell != self._cell:
            self._place = outlines.load().place(*h3.cell_to_latlng(cell)) if cell else ""
        self._shown, self._station = shown, station
        self._cell, self._facts, self._evidence, self._alerts = shown[:4]
        self._offset = view.utc_offset_hours
        self.markets.setEnabled(bool(market))
        self.station.setEnabled(bool(station))
        told = [f"{name} {value}" for name, value in facts]
        self.setAccessibleDescription(", ".join([*told, *(self._warning(one) for one in over)]))
        self.setToolTip(formats.tip(" · ".join(one.headline for one in over)))
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
        if self._alerts:
            y = self._warnings(p, y + 4)
        if self._evidence:
            y += 4
            p.fillRect(10, y, self.width() - 20, 1, look.colour("line.grid"))
            paint.text(p, QRect(10, y + 4, 200, _ROW), "Evidence", look.ui(11, 600), look.colour("text.strong"))
            self._sources(p, y + 4 + _ROW)

    def _warning(self, one: AlertLine) -> str:
        return f"{one.severity}: {one.event} until {formats.local(one.over_at, self._offset, '%H:%M')}"

    def _warnings(self, p: QPainter, y: int) -> int:
        """List the alerts that stand on the cell, gravest first, with the square of their severity."""
        look = theme.current()
        tones = look.section("hex")["alerts"]
        p.fillRect(10, y, self.width() - 20, 1, look.colour("line.grid"))
        paint.text(p, QRect(10, y + 4, 200, _ROW), "Alerts", look.ui(11, 600), look.colour("text.strong"))
        y += 4 + _ROW
        small, words = look.number(10), look.ui(11)
        for one in self._alerts:
            event = formats.plain(one.event, 60)
            until = f"{formats.plain(one.severity, 8)[:3]} {formats.local(one.over_at, self._offset, '%H:%M')}"
            beside = self.width() - 42 - paint.width(until, small)
            over = paint.width(event, words) > beside  # the time then stands under it
            if y + _ROW * (1 + over) > self._room():
                break
            square = QRect(10, y + 5, 8, 8)
            p.fillRect(square, QColor(tones[one.rank - 1]))
            if one.rank >= look.section("hex")["hatchFrom"]:
                paint.hatch(p, square, look.hatch("grave"))
            room = QRectF(24, y, self.width() - 34 if over else beside, _ROW)
            paint.text(p, room, event, words, look.colour("text.default"), elide=True)
            y += _ROW * over
            paint.text(p, QRect(10, y, self.width() - 20, _ROW), until, small, look.colour("text.muted"), paint.RIGHT)
            y += _ROW
        return y

    def _room(self) -> int:
        """Return where the buttons begin: rows that do not fit above are left out."""
        return self.hedge.y() - 4

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
