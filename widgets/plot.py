"""What charts and heat maps have in common: a stretch of time under wheel, mouse and keys, and a crosshair.

The crosshair is where the pointer is, else where a dock beside it points, else where the keys have put it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget
from typing_extensions import override

from engine.core.units import Nanos
from widgets import formats, paint, theme, timeaxis, unseen
from widgets.chart import Axes
from widgets.crosshair import Pointed
from widgets.timewindow import TimeWindow

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QColor,
        QEnterEvent,
        QHideEvent,
        QKeyEvent,
        QMouseEvent,
        QPaintEvent,
        QShowEvent,
        QWheelEvent,
    )

    from engine.core.ids import InstrumentId
    from engine.core.zone import Zone

ZOOM: Final = 1.25
"""Of one step of the wheel or the keys."""
PAN: Final = 0.1
RIGHT: Final = 54
"""Room for labels beside the plot."""
LEFT: Final = 8


class Plot(QWidget):
    """A picture over time. A subclass says where its plot lies, paints it, and tells what lies at a point."""

    pointed = Signal(object)
    """A `Pointed`, or None when the pointer left."""
    keyed = Signal(object)
    """A `QKeyEvent`; accepted by whoever uses it."""
    moved = Signal()
    """Another stretch of time is shown, or it follows now, or no longer."""

    def __init__(self, span: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.window_ = TimeWindow(0, span)
        self._mine: QPointF | None = None
        """Where the pointer is."""
        self._theirs: Pointed | None = None
        self._drag: QPointF | None = None
        self._key: tuple[object, ...] = ()
        self._picture = QPixmap()
        self._unseen = unseen.timer(self, self._let_go)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 60)

    # What a subclass gives

    def instrument(self) -> InstrumentId | None:
        """Return what it shows."""
        raise NotImplementedError

    def now(self) -> int:
        """Return the time of what it shows."""
        raise NotImplementedError

    def first(self) -> int:
        """Return the oldest moment it knows of."""
        raise NotImplementedError

    def axes(self) -> Axes:
        """Return its main plot."""
        raise NotImplementedError

    def words_at(self, spot: QPointF) -> str:
        """Return what lies at a point, for a tool tip; empty for nothing."""
        raise NotImplementedError

    def picture_key(self) -> tuple[object, ...]:
        """Return what the picture under the crosshair depends on, besides size and time."""
        raise NotImplementedError

    def paint_picture(self, p: QPainter) -> None:
        """Paint all that does not go with the pointer."""
        raise NotImplementedError

    def paint_over(self, p: QPainter) -> None:
        """Paint the crosshair and what goes with it."""
        raise NotImplementedError

    def _grab(self, spot: QPointF) -> bool:
        """Take hold of what lies at a point, in the place of the picture; return whether there is anything."""
        return False

    # Painting

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        key = (self.picture_key(), self.window_, self.size(), ratio, id(theme.current()))
        if key != self._key:
            self._key = key
            picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(theme.current().colour("surface.dock"))
            painter = QPainter(picture)
            self.paint_picture(painter)
            painter.end()
            self._picture = picture
        p = QPainter(self)
        p.drawPixmap(0, 0, self._picture)
        self.paint_over(p)

    def forget_picture(self) -> None:
        """Paint everything anew the next time, whether or not anything changed."""
        self._key = ()

    def retheme(self) -> None:
        """Paint everything anew: in another theme, or with numbers written otherwise."""
        self.forget_picture()

    def _let_go(self) -> None:
        self._key, self._picture = (), QPixmap()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        self._unseen.stop()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._unseen.start()

    # What is shown of time

    def set_window(self, window: TimeWindow) -> None:
        """Show another stretch of time."""
        if window != self.window_:
            self.window_ = window
            self.moved.emit()
            self.update()

    def zoom(self, steps: float, share: float = 0.5) -> None:
        """Zoom in by steps, out by negative ones, around a share of the width."""
        self.set_window(self.window_.zoomed(ZOOM**-steps, share, self.now()))

    def pan(self, share: float) -> None:
        """Go to later by a share of the width."""
        self.set_window(self.window_.panned(share, self.now()))

    def follow(self, *, on: bool = True) -> None:
        """Go with the time, or stand still."""
        self.set_window(self.window_.following(self.now(), on=on))

    def show_whole(self) -> None:
        """Show all there is."""
        self.set_window(self.window_.whole(self.first(), self.now()))

    # The crosshair

    def crosshair(self) -> tuple[int | None, float | None]:
        """Return the moment and the price of the crosshair; None each for none."""
        axes = self.axes()
        if self._mine is not None:
            if not axes.plot.isValid() or not QRectF(axes.plot).adjusted(0, 0, 0, 400).contains(self._mine):
                return None, None
            share = (self._mine.x() - axes.plot.x()) / max(1, axes.plot.width())
            at = int(axes.start + share * (axes.end - axes.start))
            if self._mine.y() > axes.plot.bottom():
                return at, None
            up = 1 - (self._mine.y() - axes.plot.y()) / max(1, axes.plot.height())
            return at, axes.low + up * (axes.high - axes.low)
        if self._theirs is not None and self._theirs.instrument == self.instrument():
            return self._theirs.at, self._theirs.price
        return None if self._theirs is None else self._theirs.at, None

    def show_pointed(self, where: Pointed | None) -> None:
        """Show where another dock points."""
        if where != self._theirs:
            self._theirs = where
            self.update()

    def step_crosshair(self, steps: int, span: int) -> None:
        """Move the crosshair by keys, by whole bars; it begins at now."""
        instrument = self.instrument()
        if instrument is None:
            return
        at = self.crosshair()[0]
        at = self.now() if at is None else at + steps * span
        self._mine = None
        where = Pointed(instrument, Nanos(min(max(at, self.window_.start), self.window_.end)))
        self.show_pointed(where)
        self.pointed.emit(where)

    def drop_crosshair(self) -> None:
        """Take the crosshair away."""
        self._mine = self._theirs = None
        self.pointed.emit(None)
        self.update()

    def _tell(self) -> None:
        instrument = self.instrument()
        at, price = self.crosshair()
        self.pointed.emit(None if instrument is None or at is None else Pointed(instrument, at, price))

    def draw_crosshair(self, p: QPainter, axes: Axes, zone: Zone, price_words: str, bottom: int) -> None:
        """Draw the crosshair with its moment under the plot and its price beside it."""
        at, price = self.crosshair()
        look = theme.current()
        pen = look.pen("text.muted", 1.0, (2, 2))
        if at is not None and axes.start <= at <= axes.end:
            x = round(axes.x(at))
            p.setPen(pen)
            p.drawLine(x, axes.plot.y(), x, bottom)
            _tag(p, x, bottom + 1, timeaxis.moment(zone, at), self.width(), look.colour("text.default"))
        if price is not None and axes.low <= price <= axes.high:
            y = round(axes.y(price))
            p.setPen(pen)
            p.drawLine(axes.plot.x(), y, axes.plot.right(), y)
            rect = QRect(axes.plot.right() + 2, y - 8, RIGHT - 4, 16)
            paint.box(p, rect, look.colour("text.default"), None, look.radius("mark"))
            font = look.number(look.type("caption"), 600)
            paint.text(p, rect, price_words, font, look.colour("text.onFill"), paint.CENTRE)

    # Mouse and keys

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.keyed.emit(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        plot = self.axes().plot
        if abs(turned.x()) > abs(turned.y()):
            self.pan(-PAN * turned.x() / 120)
        elif turned.y():
            share = (event.position().x() - plot.x()) / max(1, plot.width())
            self.zoom(turned.y() / 120, min(max(share, 0.0), 1.0))
        event.accept()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and not self._grab(event.position()):
            self._drag = event.position()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            moved = event.position().x() - self._drag.x()
            self._drag = event.position()
            self.pan(-moved / max(1, self.axes().plot.width()))
        self._mine = event.position()
        self._tell()
        self.update()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.follow()

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self._theirs = None
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        self._mine = None
        self.pointed.emit(None)
        self.update()
        super().leaveEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), formats.tip(self.words_at(QPointF(event.pos()))), self)
            return True
        return super().event(event)


def _tag(p: QPainter, x: int, y: int, words: str, most: int, ground: QColor) -> None:
    look = theme.current()
    font = look.number(look.type("micro"), 500)
    wide = round(paint.width(words, font)) + 8
    rect = QRect(min(max(x - wide // 2, 0), most - wide), y, wide, 15)
    paint.box(p, rect, ground, None, look.radius("mark"))
    paint.text(p, rect, words, font, look.colour("text.onFill"), paint.CENTRE)
