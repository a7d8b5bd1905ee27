"""A plane to draw curves in: prices across, values upwards, with axes, a crosshair and what it reads out.

Charts over time are `widgets.plot`; here the horizontal axis is a price, which zooms about a middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import chart, formats, keymap, paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QPen, QWheelEvent

Floats = NDArray[np.float64]

LEFT, TOP, RIGHT, BOTTOM = 10, 26, 52, 18
"""Pixels around the plot; above it lies the legend."""
STEP: Final = 1 / 60
"""Of the width, by which a key moves the crosshair."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where numbers lie in a plot."""

    plot: QRect
    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """Return where a price lies across."""
        return self.plot.x() + (value - self.left) / max(1e-12, self.right - self.left) * self.plot.width()

    def y(self, value: float) -> float:
        """Return where a value lies."""
        share = (value - self.low) / max(1e-12, self.high - self.low)
        return self.plot.y() + (1.0 - share) * self.plot.height()

    def price(self, x: float) -> float:
        """Return the price at a place across."""
        return self.left + (x - self.plot.x()) / max(1, self.plot.width()) * (self.right - self.left)

    def points(self, xs: Floats, ys: Floats) -> QPolygonF:
        """Return a curve as a line; what is not finite is left out."""
        fine = np.isfinite(xs) & np.isfinite(ys)
        return QPolygonF([QPointF(self.x(x), self.y(y)) for x, y in zip(xs[fine], ys[fine], strict=True)])


def curve(p: QPainter, frame: Frame, xs: Floats, ys: Floats, pen: QPen) -> None:
    """Draw a curve within the plot."""
    p.save()
    p.setClipRect(frame.plot)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setPen(pen)
    p.drawPolyline(frame.points(xs, ys))
    p.restore()


def between(p: QPainter, frame: Frame, xs: Floats, upper: Floats, lower: Floats, ground: QColor) -> None:
    """Fill what lies between two curves."""
    p.save()
    p.setClipRect(frame.plot)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(ground)
    edge = frame.points(xs, upper)
    for point in reversed(frame.points(xs, lower).toList()):
        edge.append(point)
    p.drawPolygon(edge)
    p.restore()


def upright(p: QPainter, frame: Frame, value: float | None, colour: str, words: str = "") -> None:
    """Draw a dashed line at a price, with a letter on top."""
    if value is None or not frame.left <= value <= frame.right:
        return
    look, x = theme.current(), round(frame.x(value))
    p.setPen(look.pen(colour, 1.0, (4, 3)))
    p.drawLine(x, frame.plot.y(), x, frame.plot.y() + frame.plot.height())
    if words:
        paint.text_at(p, x + 4, frame.plot.y() + 9, words, look.number(look.type("micro")), look.colour(colour))


def axes(p: QPainter, frame: Frame, words: str = "", *, signed: bool = False) -> None:
    """Draw the lines across, values beside the right edge and prices under the plot; `words` follow each value."""
    look, plot = theme.current(), frame.plot
    font, ink = look.number(look.type("micro")), look.colour("text.muted")
    ticks = chart.steps(frame.low, frame.high, max(2, plot.height() // 34))
    for tick in ticks:
        y = round(frame.y(tick))
        p.fillRect(plot.x(), y, plot.width(), 1, look.colour("line.grid"))
        said = formats.number(tick, chart.places(ticks), signed=signed) + words
        paint.text(p, QRectF(plot.right() + 6, y - 7, RIGHT - 6, 14), said, font, ink)
    prices = chart.steps(frame.left, frame.right, max(2, plot.width() // 70))
    bottom = plot.y() + plot.height()
    p.fillRect(plot.x(), bottom, plot.width(), 1, look.colour("line.control"))
    for price in prices:
        x = round(frame.x(price))
        p.fillRect(x, plot.y(), 1, plot.height(), look.colour("line.grid"))
        p.fillRect(x, bottom, 1, 3, look.colour("line.control"))
        said = price_words(price, prices)
        wide = paint.width(said, font)
        left = min(max(x - wide / 2, plot.x()), plot.right() + 1 - wide)
        paint.text_at(p, left, bottom + 13, said, font, ink)


def price_words(price: float, among: Sequence[float]) -> str:
    """Return a price on an axis: in thousands, ``56k``, where all of them are."""
    step = among[1] - among[0] if len(among) > 1 else price
    if step >= 100.0 and price >= 1_000.0:
        return f"{formats.number(price / 1_000.0, 0 if step % 1_000.0 == 0.0 else 1)}k"
    return formats.number(price, chart.places(among))


def legend(p: QPainter, room: QRect, entries: Sequence[tuple[str, str, Sequence[float]]]) -> None:
    """Write names with a sample of their line: name, colour, dashes; those that do not fit are left out."""
    look, x = theme.current(), float(room.x())
    font, base = look.ui(look.type("caption")), round(paint.baseline(room.y(), room.height(), look.type("caption")))
    for words, colour, dash in entries:
        if x + 18 + paint.width(words, font) > room.x() + room.width():
            return
        p.setPen(look.pen(colour, 1.6, dash))
        p.drawLine(QPointF(x, base - 3), QPointF(x + 14, base - 3))
        x = paint.text_at(p, x + 18, base, words, font, look.colour("text.muted")) + 12


class Plane(QWidget):
    """A picture with a crosshair at a price. A subclass says its frame, paints it and tells what lies at a price."""

    named = "Picture"
    pointed = Signal(object)
    """The price under the crosshair; None once there is none."""
    acted = Signal(str)
    """An action of the area ``plane`` that is not the crosshair's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cross: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(180, 90)
        self.setAccessibleName(self.named)

    def frame(self) -> Frame | None:
        """Return where numbers lie; None while there is nothing to draw."""
        raise NotImplementedError

    def draw(self, p: QPainter, frame: Frame) -> None:
        """Draw the picture under the crosshair."""
        raise NotImplementedError

    def words_at(self, price: float) -> str:
        """Return what lies at a price, in one line."""
        raise NotImplementedError

    def plot(self) -> QRect:
        """Return where curves lie."""
        return QRect(LEFT, TOP, max(20, self.width() - LEFT - RIGHT), max(20, self.height() - TOP - BOTTOM))

    def point(self, price: float | None) -> None:
        """Move the crosshair, and say what lies there."""
        if price != self.cross:
            self.cross = price
            self.setAccessibleDescription("" if price is None else self.words_at(price))
            self.pointed.emit(price)
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        frame = self.frame()
        if frame is None:
            return
        self.draw(p, frame)
        if self.cross is not None and frame.left <= self.cross <= frame.right:
            self._cross(p, frame, self.cross)

    def _cross(self, p: QPainter, frame: Frame, price: float) -> None:
        look, x = theme.current(), round(frame.x(price))
        p.fillRect(x, frame.plot.y(), 1, frame.plot.height(), look.colour("text.dim"))
        words, font = self.words_at(price), look.number(look.type("caption"))
        wide = round(paint.width(words, font)) + 12
        left = max(2, min(x - wide // 2, self.width() - wide - 2))
        tag = QRect(left, frame.plot.y() + 12, wide, 17)
        paint.box(p, tag, look.colour("surface.raised"), look.colour("line.control"), look.radius())
        paint.text(p, tag, words, font, look.colour("text.strong"), paint.CENTRE)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame, where = self.frame(), event.position().toPoint()
        inside = frame is not None and frame.plot.contains(where)
        self.point(frame.price(where.x()) if frame is not None and inside else None)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.point(None)
        super().leaveEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.acted.emit("plane.narrower" if event.angleDelta().y() > 0 else "plane.wider")
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action, frame = keymap.current().action("plane", keymap.key_of(event)), self.frame()
        way = {"plane.left": -1, "plane.right": 1}.get(action, 0)
        if way and frame is not None:
            span = frame.right - frame.left
            at = 0.5 * (frame.left + frame.right) if self.cross is None else self.cross + way * STEP * span
            self.point(min(max(at, frame.left), frame.right))
        elif action == "plane.escape" and self.cross is not None:
            self.point(None)
        elif action:
            self.acted.emit(action)
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)
