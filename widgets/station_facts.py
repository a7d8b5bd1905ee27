"""The lines around a station's chart: the figure that decides, the linked market with its tools, facts and feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QToolTip, QWidget
from typing_extensions import override

from engine.core.units import HOUR
from widgets import formats, menus, paint, station_words, theme
from widgets.controls import FlatButton, IconButton

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent, QPaintEvent

    from engine.views.weather import StationView

_HERO: Final = 52
_ROW: Final = 18
_BESIDE: Final = 262
_NO_LIMIT: Final = (1 << 24) - 1
"""Qt's own largest size of a widget."""
_LATEST: Final = 3 * HOUR
"""An observation older than this is drawn muted."""


class Hero(QWidget):
    """The figure that decides, and the last reading."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: StationView | None = None
        self.setFixedHeight(_HERO)

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        self._view = view
        number, what, since = station_words.hero(view)
        self.setAccessibleName(f"{what} {number} {station_words.unit_of(view)} {since}")
        notes = dict(view.notes)
        self.setToolTip(formats.tip(notes.get("official") or notes.get(what, "")))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._view is None:
            return
        look, view = theme.current(), self._view
        p = QPainter(self)
        number, what, since = station_words.hero(view)
        big = look.ui(look.type("hero"), 600)
        x = paint.text_at(p, 10, 37, number, big, look.colour("text.strong"))
        x = paint.text_at(p, x + 2, 37, station_words.unit_of(view), look.ui(12), look.colour("text.muted")) + 12
        right = self._paint_last(p, view)
        room = QRectF(x, 8, right - x - 8, 18)
        tone = "text.default" if view.official is not None else "text.muted"
        paint.text(p, room, what, look.ui(11), look.colour(tone), elide=True)
        paint.text(p, room.translated(0, 16), since, look.ui(11), look.colour("text.muted"), elide=True)

    def _paint_last(self, p: QPainter, view: StationView) -> float:
        """Write the last reading or the threshold at the right; return where it begins."""
        look = theme.current()
        rain = not station_words.is_temperature(view) and view.threshold is not None
        value = view.threshold if rain else view.last
        words = formats.number(value, 3 if view.unit == "in" and rain else station_words.places_of(view))
        unit = station_words.unit_of(view)
        words = words if words == formats.DASH else f"{'> ' if rain else ''}{words} {unit}"
        strong = look.number(12, 600)
        edge = QRectF(0, 8, self.width() - 10, 18)
        fresh = view.last_at is not None and view.now - view.last_at < _LATEST
        wide = paint.text(p, edge, words, strong, look.colour("text.strong" if fresh else "text.muted"), paint.RIGHT)
        clock = formats.local(view.last_at, view.utc_offset_hours, "%H:%M")
        rate = "" if view.rate is None else f"  {formats.change(view.rate)}/h"
        below = f"last {clock}" if rain else f"{clock}{rate}"
        line = paint.text(p, edge.translated(0, 16), below, look.number(10), look.colour("text.muted"), paint.RIGHT)
        return self.width() - 10 - max(wide, line)


class Bell(IconButton):
    """Whether a crossing of the next edge is told; what it shows is what the engine has said."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bell", "", parent=parent)
        self._on = True
        self.show_on(on=False)

    def is_on(self) -> bool:
        """Whether crossings are told."""
        return self._on

    def show_on(self, *, on: bool) -> None:
        """Take the engine's word."""
        if on != self._on:
            self._on = on
            words = "Crossings of a bracket's edge are told" if on else "Tell when a bracket's edge is crossed"
            self.setAccessibleName(words)
            self.setToolTip(words)
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._on:
            super().paintEvent(event)
            return
        look = theme.current()
        p = QPainter(self)
        side = self.px + 5
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        paint.box(p, box, look.mix("surface.dock", "warn", "chip"), look.colour("warn"), look.radius("mark"))
        paint.icon(p, (self.width() - self.px) // 2, (self.height() - self.px) // 2, "bell", "warn", self.px)
        if self.hasFocus():
            paint.box(p, self.rect().adjusted(1, 1, -1, -1), None, look.colour("buy"))


class Seen(QAbstractButton):
    """The market a day is seen from; pressed it offers the others that the station decides."""

    turned = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._markets: tuple[tuple[str, str], ...] = ()
        self._chosen = ""
        self.setAccessibleName("Market it is seen from")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.current().size("buttonSmall"))
        self.clicked.connect(self._open)

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        words = formats.plain(view.market_title, 80) or "no market linked"
        self._markets, self._chosen = view.markets, view.market or ""
        if words != self.text():
            self.setText(words)
            self.setAccessibleName(f"seen from {words}")
            self.setToolTip(formats.tip(words))
            self.update()

    def menu(self) -> QMenu:
        """Return the markets to choose from."""
        menu = menus.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for key, title in self._markets:
            action = menu.addAction(formats.plain(title, 60).replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(key == self._chosen)
            action.triggered.connect(lambda _on=False, one=key: self.turned.emit(one))
        return menu

    def _open(self) -> None:
        if self._markets:
            self.menu().popup(self.mapToGlobal(self.rect().bottomLeft()))

    @override
    def sizeHint(self) -> QSize:
        return QSize(80, self.height())

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        several = len(self._markets) > 1
        if self.underMouse() and several:
            paint.box(p, self.rect(), look.colour("surface.hover"), None, look.radius())
        tone = "text.default" if self._chosen else "text.dim"
        room = QRectF(4, 0, self.width() - (22 if several else 8), self.height())
        used = paint.text(p, room, self.text(), look.ui(11), look.colour(tone), elide=True)
        if several:
            paint.icon(p, round(4 + used + 4), (self.height() - 10) // 2, "down", "text.muted", 10)
        if self.hasFocus():
            paint.box(p, self.rect(), None, look.colour("buy"), look.radius())


class Tools(QWidget):
    """The market a day is seen from, and what can be done: pick a station, be told, see the source."""

    picking = Signal()
    belled = Signal(bool)
    source = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seen = Seen(parent=self)
        self.pick = IconButton("search", "Pick a station", parent=self)
        self.bell = Bell(parent=self)
        self.button = FlatButton("Source", parent=self)
        self.button.px = theme.current().type("caption")
        self.button.setFixedHeight(theme.current().size("buttonSmall"))
        self.button.setToolTip("From the rule and its source to the price")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(self.seen, 1)
        for part in (self.pick, self.bell, self.button):
            row.addWidget(part)
        self.setFixedHeight(theme.current().size("toolRow"))
        self.pick.clicked.connect(self.picking)
        self.bell.clicked.connect(lambda: self.belled.emit(not self.bell.is_on()))
        self.button.clicked.connect(self.source)

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        self.seen.show_view(view)
        self.button.setEnabled(view.market is not None)
        self.bell.setEnabled(bool(view.levels))
        self.bell.show_on(on=view.bell)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))


class Facts(QWidget):
    """Rows of facts, then the feeds with their ages; facts that find no room are left out from the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[station_words.Row, ...] = ()
        self._feeds: tuple[tuple[str, str, str], ...] = ()
        self._notes: dict[str, str] = {}
        self._by: dict[str, str] = {}
        self._beside = False

    def stand(self, *, beside: bool) -> None:
        """Stand beside the chart, as high as it, or below it, as high as its rows."""
        self._beside = beside
        self.setMaximumHeight(_NO_LIMIT if beside else self._height())
        self.setMinimumWidth(_BESIDE if beside else 0)
        self.setMaximumWidth(_BESIDE if beside else _NO_LIMIT)
        self.updateGeometry()

    @override
    def sizeHint(self) -> QSize:
        return QSize(_BESIDE, self._height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._feeds_tall() + 8)

    def _feeds_tall(self) -> int:
        return _ROW * len(self._feeds) + (9 if self._feeds else 0)

    def _height(self) -> int:
        return 8 + _ROW * len(self._rows) + self._feeds_tall()

    def show_view(self, view: StationView) -> None:
        """Take a new view."""
        rows, feeds = station_words.rows_of(view), view.feeds
        self._by = {line.name: line.provider for line in view.inputs if line.provider not in line.name}
        self._notes = {line.name: f"{line.provider}: {line.detail}" for line in view.inputs}
        if (rows, feeds) == (self._rows, self._feeds):
            return
        self._rows, self._feeds = rows, feeds
        self.setAccessibleName(", ".join(f"{name} {value}" for name, value, _ in rows))
        self.stand(beside=self._beside)
        self.update()

    def shown(self) -> tuple[station_words.Row, ...]:
        """Return the facts that find room."""
        return self._rows[: max(0, (self.height() - 8 - self._feeds_tall()) // _ROW)]

    def tip_at(self, y: int) -> str:
        """Return where the number of the row at a height is from."""
        rows = self.shown()
        at = (y - 4) // _ROW
        if 0 <= at < len(rows):
            return rows[at][2]
        below = (y - 4 - len(rows) * _ROW - 8) // _ROW
        return self._notes.get(self._feeds[below][0], "") if 0 <= below < len(self._feeds) else ""

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), formats.tip(self.tip_at(event.pos().y())), self)
            return True
        return super().event(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        along = (1, self.height()) if self._beside else (self.width(), 1)
        p.fillRect(0, 0, *along, look.colour("line.grid"))
        y = 4
        for name, value, _ in self.shown():
            tone = "warn" if name == "Quality flags" else ""
            self._paint_row(p, y, 10, name, value, "text.muted", tone)
            y += _ROW
        if self._feeds:
            y += 4
            p.fillRect(10, y, self.width() - 20, 1, look.colour("line.grid"))
            y += 4
        for name, state, age in self._feeds:
            paint.connection(p, 14, y + _ROW / 2, state, 3)
            self._paint_row(p, y, 26, name, age, "text.default", by=self._by.get(name, ""))
            y += _ROW

    def _paint_row(
        self, p: QPainter, y: int, x: int, name: str, value: str, tone: str, strong: str = "", by: str = ""
    ) -> None:
        look = theme.current()
        clean = formats.plain(value, 60)
        ink = "text.dim" if clean == formats.DASH else strong or ("text.muted" if x > 10 else "text.default")
        row = QRectF(x, y, self.width() - x - 10, _ROW)
        wide = paint.text(p, row, clean, look.number(11), look.colour(ink), paint.RIGHT)
        room = QRectF(x, y, row.width() - wide - 8, _ROW)
        used = paint.text(p, room, formats.plain(name, 60), look.ui(11), look.colour(tone), elide=True)
        if by:
            rest = room.adjusted(used + 7, 0, 0, 0)
            paint.text(p, rest, formats.plain(by, 24), look.ui(10), look.colour("text.muted"), elide=True)
