"""The picture of a chart: bars, middle and fair value, our orders and fills; under them volume, and what decides it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from typing_extensions import override

from engine.core.units import HOUR, MINUTE
from widgets import chart, chart_paint, chart_words, formats, paint, theme, timeaxis
from widgets.chart import Axes
from widgets.plot import LEFT, RIGHT, Plot

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

    from engine.core.ids import InstrumentId
    from engine.views.chart import ChartView, OrderMark

SERIES: Final = (
    ("bars", "price", "text.default"), ("mid", "mid", "buy"), ("fair", "fair", "fair"),
    ("under", "underlying", "text.strong"), ("volume", "volume", "line.control"), ("mine", "mine", "text.muted"),
)  # fmt: skip
"""Key, word in the legend, colour."""
TOP: Final = 20
"""Room of the line that reads out the crosshair."""
NEAR: Final = 5
"""Pixels from a mark within which it is meant."""
PANES: Final = 200
"""Least height with a pane for what decides."""
STRIP: Final = 120
"""Least height with volume."""
LEAST: Final = 40
"""Pixels of a plot below which nothing is drawn."""
ROOM: Final = 0.08
SHOWN: Final = 300
"""Bars that fit a chart when it is first seen."""
ORDER_PENS: Final = {"working": (), "partial": (), "moved": (1, 3)}
"""Others wait for an answer: dashed."""


@dataclass(frozen=True, slots=True)
class Panes:
    """Where the parts of a chart lie."""

    main: QRect
    volume: QRect
    under: QRect


@dataclass(slots=True)
class Moving:
    """An order of ours that is being dragged."""

    order: OrderMark
    price: float = field(default=0.0)


class ChartCanvas(Plot):
    """The bars of one instrument."""

    move_wanted = Signal(object, float)
    """An `OrderMark`, and the price of YES that it was dragged to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SHOWN * MINUTE, parent)
        self.view: ChartView | None = None
        self.shown = {key for key, _, _ in SERIES}
        self.percent = False
        """Prices as probabilities in per cent, where that is what they are."""
        self.moving: Moving | None = None
        self.setAccessibleName("Chart")

    def show_view(self, view: ChartView | None) -> None:
        """Show the bars as they stand now."""
        before = self.view
        self.view = view
        if view is not None:
            if before is None or before.interval != view.interval or before.instrument != view.instrument:
                span = SHOWN * (int(view.ends[0] - view.at[0]) if len(view.at) else MINUTE)
                known = self.now() - self.first()
                self.window_ = replace(self.window_, span=min(span, max(known * 5 // 4, span // 10)), follow=True)
                self.moved.emit()
            self.window_ = self.window_.at(self.now())
        self.update()

    def toggle(self, key: str) -> None:
        """Show a series, or no more."""
        self.shown ^= {key}
        self.update()

    def set_percent(self, percent: bool) -> None:  # a setter of one thing
        """Write prices as probabilities."""
        self.percent = percent
        self.update()

    # What the plot asks

    @override
    def instrument(self) -> InstrumentId | None:
        return None if self.view is None else self.view.instrument

    @override
    def now(self) -> int:
        """Return the time; of what ended longer ago than is in sight, when the last was known of it."""
        view = self.view
        if view is None:
            return 0
        newest = int(view.ends[-1]) if len(view.at) else view.now
        return view.now if view.now - newest < self.window_.span else newest

    @override
    def first(self) -> int:
        return self.now() - HOUR if self.view is None or not len(self.view.at) else int(self.view.at[0])

    def panes(self) -> Panes:
        """Return where the parts lie; what is too low goes without."""
        wide, tall = self.width() - LEFT - RIGHT, self.height() - TOP - timeaxis.HEIGHT
        view = self.view
        under = view is not None and view.under is not None and "under" in self.shown and tall >= PANES
        low = tall * 30 // 100 if under else 0
        main = QRect(LEFT, TOP, wide, tall - low - (8 if under else 0))
        strip = main.height() * 14 // 100 if "volume" in self.shown and tall >= STRIP else 0
        volume = QRect(LEFT, main.bottom() + 1 - strip, wide, strip)
        return Panes(main, volume, QRect(LEFT, TOP + tall - low, wide, low))

    @override
    def axes(self) -> Axes:
        low, high = self._range()
        return Axes(self.panes().main, self.window_.start, self.window_.end, low, high)

    def price_words(self, price: float | None) -> str:
        """Return a price as the axis writes it."""
        view = self.view
        if view is None or price is None:
            return formats.DASH
        if not view.binary:
            return formats.number(price, 2)
        return f"{formats.number(price, 1)} %" if self.percent else formats.number(price, 1)

    def _range(self) -> tuple[float, float]:
        """Return the prices between which everything in sight lies."""
        view = self.view
        found: list[float] = []
        if view is not None:
            first, last = chart_paint.in_sight(view, self.window_.start, self.window_.end)
            if "bars" in self.shown:
                found += _ends(view.low[first:last], view.high[first:last])
            for key, line in (("mid", view.mid), ("fair", view.fair)):
                if key in self.shown:
                    inside = (line.at >= self.window_.start) & (line.at <= self.window_.end)
                    found += _ends(line.value[inside])
            if "mine" in self.shown and found:
                found += [mark.price for mark in view.orders]
        if not found:
            return (0.0, 100.0) if view is None or view.binary else (0.0, 1.0)
        low, high = min(found), max(found)
        room = max((high - low) * ROOM, 1.0 if view is not None and view.binary else abs(high) * 1e-4)
        if view is not None and view.binary:
            return max(0.0, low - room), min(100.0, high + room)
        return low - room, high + room

    # Painting

    @override
    def picture_key(self) -> tuple[object, ...]:
        moving = None if self.moving is None else (self.moving.order, self.moving.price)
        return id(self.view), frozenset(self.shown), self.percent, moving

    @override
    def paint_picture(self, p: QPainter) -> None:
        view, axes, panes = self.view, self.axes(), self.panes()
        if view is None or axes.plot.height() < LEAST or axes.plot.width() < LEAST:
            return
        chart_paint.ground(p, axes, view, panes.under)
        ticks = chart.steps(axes.low, axes.high, max(2, axes.plot.height() // 34))
        chart.grid(p, axes, ticks)
        chart_paint.volume(p, view, panes.volume, axes.start, axes.end)
        self._paint_prices(p, axes, view)
        chart_paint.under(p, view, panes.under, axes.start, axes.end)
        if "mine" in self.shown:
            self._paint_mine(p, axes, view)
        tags = self.tags(axes, view)
        chart.right_axis(p, axes, ticks, tags=[value for value, _ in tags])
        for value, tone in tags:
            chart.tag(p, axes, value, self.price_words(value), tone)
        foot = Axes(panes.under if panes.under.height() else axes.plot, axes.start, axes.end, 0.0, 1.0)
        timeaxis.draw(p, foot, view.zone)
        timeaxis.draw_name(p, foot, QRect(0, foot.plot.bottom() + 2, self.width(), timeaxis.HEIGHT), view.zone)
        self._paint_unit(p, axes)

    @override
    def paint_over(self, p: QPainter) -> None:
        view, axes, panes = self.view, self.axes(), self.panes()
        if view is None or axes.plot.height() < LEAST or axes.plot.width() < LEAST:
            return
        bottom = (panes.under if panes.under.height() else axes.plot).bottom() + 1
        self.draw_crosshair(p, axes, view.zone, self.price_words(self.crosshair()[1]), bottom)
        self._paint_read_out(p)

    def _paint_prices(self, p: QPainter, axes: Axes, view: ChartView) -> None:
        look = theme.current()
        p.save()
        p.setClipRect(axes.plot.adjusted(0, -1, 1, 1))
        if "mid" in self.shown:
            chart_paint.line(p, axes, view.mid, chart.pen("mid"), stepped=True)
        if "bars" in self.shown:
            chart_paint.bars(p, axes, view)
        if "fair" in self.shown:
            chart_paint.line(p, axes, view.fair, theme.pen_of(look.colour("fair"), 1.4), stepped=True)
        p.restore()

    def _paint_mine(self, p: QPainter, axes: Axes, view: ChartView) -> None:
        look = theme.current()
        for mark in view.orders:
            price = self.moving.price if self.moving is not None and self.moving.order.order == mark.order else None
            if price is not None:
                chart_paint.order(p, axes, mark, price, ink=look.colour("order.pending"), dash=(1, 3))
            dash = ORDER_PENS.get(mark.state, (4, 3))
            chart_paint.order(p, axes, mark, mark.price, ink=None, dash=dash)
        p.save()
        p.setClipRect(axes.plot.adjusted(0, -6, 6, 6))
        for fill in view.fills:
            if axes.start <= fill.at <= axes.end:
                tone = look.colour("buy" if fill.up else "sell")
                y = axes.y(fill.price) + (6 if fill.up else -6)
                paint.triangle(p, axes.x(fill.at), y, 9, tone, points="up" if fill.up else "down")
        p.restore()

    def tags(self, axes: Axes, view: ChartView) -> list[tuple[float, str]]:
        """Return the last values that are written on the axis, and their colours; one that would hide another is not.

        The most important come first.
        """
        wanted = []
        if "fair" in self.shown and len(view.fair.value):
            wanted.append((float(view.fair.value[-1]), "fair"))
        if "mid" in self.shown and len(view.mid.value):
            wanted.append((float(view.mid.value[-1]), "buy"))
        if "bars" in self.shown and view.last is not None:
            wanted.append((view.last, "text.default"))
        taken: list[tuple[float, str]] = []
        for value, tone in reversed(wanted):
            if axes.low <= value <= axes.high and all(abs(axes.y(value) - axes.y(other)) >= 17 for other, _ in taken):
                taken.append((value, tone))
        return taken

    def _paint_unit(self, p: QPainter, axes: Axes) -> None:
        look = theme.current()
        view = self.view
        words = "" if view is None or not view.binary else "% of YES" if self.percent else "c YES"
        room = QRect(axes.plot.right() + 4, 2, RIGHT - 4, TOP - 4)
        paint.text(p, room, words, look.ui(look.type("micro")), look.colour("text.muted"))

    def read_out(self) -> list[tuple[str, str]]:
        """Return what the crosshair's bar says, else the last one's, as words and the names of their colours."""
        return chart_words.read_out(self.view, self.crosshair()[0], self.price_words, percent=self.percent)

    def _paint_read_out(self, p: QPainter) -> None:
        look = theme.current()
        x, most = float(LEFT), self.width() - RIGHT
        for words, tone in self.read_out():
            font = look.number(look.type("caption"))
            wide = paint.width(words, font)
            if x + wide > most:
                break
            paint.text_at(p, x, 14, words, font, look.colour(tone))
            x += wide + 9

    # What lies where

    def order_at(self, spot: QPointF) -> OrderMark | None:
        """Return the order of ours whose line is at a point."""
        view, axes = self.view, self.axes()
        if view is None or "mine" not in self.shown or not axes.plot.contains(spot.toPoint()):
            return None
        near = min(view.orders, key=lambda mark: abs(axes.y(mark.price) - spot.y()), default=None)
        return near if near is not None and abs(axes.y(near.price) - spot.y()) <= NEAR else None

    @override
    def words_at(self, spot: QPointF) -> str:
        view, axes = self.view, self.axes()
        if view is None:
            return ""
        order = self.order_at(spot)
        if order is not None:
            return f"{order.words}. Drag it to move it." if order.movable else order.words
        if "mine" in self.shown:
            for fill in view.fills:
                if abs(axes.x(fill.at) - spot.x()) <= NEAR + 1 and abs(axes.y(fill.price) - spot.y()) <= 2 * NEAR + 2:
                    return f"{fill.words}, {timeaxis.moment(view.zone, fill.at)}"
        at = self.crosshair()[0]
        hole = next((h for h in view.holes if at is not None and h.start <= at < h.end), None)
        return "" if hole is None else f"Nothing known: {hole.why}"

    # An order that is dragged

    @override
    def _grab(self, spot: QPointF) -> bool:
        order = self.order_at(spot)
        if order is None or not order.movable:
            return False
        self.moving = Moving(order, order.price)
        return True

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.moving is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.moving.price = self._carried(self.moving.order, event.position())
            self.update()
            return
        self.moving = None  # it was let go where nobody told us, such as in a dialog that came up
        over = self.order_at(event.position())
        self.setCursor(
            Qt.CursorShape.SizeVerCursor if over is not None and over.movable else Qt.CursorShape.CrossCursor
        )
        super().mouseMoveEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        moving, self.moving = self.moving, None
        if moving is not None:
            self.update()
            price = self._carried(moving.order, event.position())
            if event.button() is Qt.MouseButton.LeftButton and abs(price - moving.order.price) >= 0.5:
                self.move_wanted.emit(moving.order, price)
        super().mouseReleaseEvent(event)

    def _carried(self, order: OrderMark, spot: QPointF) -> float:
        """Return the price an order is held at; outside the prices that are seen its own: there it is let go of."""
        axes = self.axes()
        up = 1 - (spot.y() - axes.plot.y()) / max(1, axes.plot.height())
        if not self.rect().contains(spot.toPoint()) or not 0.0 <= up <= 1.0:
            return order.price
        return float(min(99, max(1, round(axes.low + up * (axes.high - axes.low)))))

    def let_go(self) -> None:
        """Let go of an order that is being dragged; with none, drop the crosshair."""
        if self.moving is None:
            self.drop_crosshair()
        self.moving = None
        self.update()


def _ends(*values: NDArray[np.float64]) -> list[float]:
    """Return the lowest and highest of what is known."""
    whole = np.concatenate(values)
    whole = whole[np.isfinite(whole)]
    return [float(whole.min()), float(whole.max())] if len(whole) else []
