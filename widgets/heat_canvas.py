"""The picture of a book over time, with what traded and what is ours drawn on it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.units import MINUTE, Side
from engine.views.chart import HeatView
from widgets import chart, formats, heat_image, paint, theme, timeaxis
from widgets.chart import Axes
from widgets.plot import LEFT, RIGHT, Plot
from widgets.timewindow import TimeWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QWheelEvent

    from engine.core.ids import InstrumentId

TOP: Final = 20
ROWS: Final = 30
"""Cents shown at first."""
FEWEST: Final = 10
SPAN: Final = 10 * MINUTE
BUBBLE: Final = (1.8, 7.5)
"""Radius of the smallest and the largest trade, pixels."""
BUBBLES: Final = 300
LEAST: Final = 40


class HeatCanvas(Plot):
    """The picture of books over time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SPAN, parent)
        self.view: HeatView | None = None
        self.rows = ROWS
        self.middle: float | None = None
        """Cent in the middle; None goes with the market."""
        self.trades = True
        self.fits = True
        """The stretch of time grows with what is known, until the trader chooses one."""
        self._shades: heat_image.Shaded | None = None
        self.setAccessibleName("Book over time")

    def show_view(self, view: HeatView | None) -> None:
        """Show the books as they are known now."""
        before = self.view
        self.view = view
        self._shades = None if view is None else heat_image.shaded(view)
        if view is not None:
            if before is None or before.instrument != view.instrument:
                self.middle = None
                self.fits = True
            if self.fits and self.window_.follow:  # as long as there is little, all of it
                known = (view.now - self.first()) * 11 // 10
                self.window_ = TimeWindow(view.now, int(min(max(known, 60 * view.every), 600 * view.every)))
            self.window_ = self.window_.at(view.now)
        self.update()

    @override
    def instrument(self) -> InstrumentId | None:
        return None if self.view is None else self.view.instrument

    @override
    def now(self) -> int:
        return 0 if self.view is None else self.view.now

    @override
    def first(self) -> int:
        return self.now() - SPAN if self.view is None or not len(self.view.at) else int(self.view.at[0])

    def shown_rows(self) -> tuple[int, int]:
        """Return the lowest and highest cent that are shown."""
        middle = self.middle
        if middle is None:
            middle = self._market()
        low = min(max(1, round(middle - self.rows / 2)), 100 - self.rows)
        return max(1, low), min(99, max(1, low) + self.rows - 1)

    def _market(self) -> float:
        """Return the middle of the last book that had one."""
        view = self.view
        if view is not None:
            known = np.flatnonzero(np.isfinite(view.best_bid) | np.isfinite(view.best_ask))
            if len(known):
                both = np.array([view.best_bid[known[-1]], view.best_ask[known[-1]]])
                return float(np.nanmean(both))
        return 50.0

    @override
    def axes(self) -> Axes:
        low, high = self.shown_rows()
        plot = QRect(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - timeaxis.HEIGHT)
        return Axes(plot, self.window_.start, self.window_.end, low - 0.5, high + 0.5)

    @override
    def zoom(self, steps: float, share: float = 0.5) -> None:
        self.fits = False
        super().zoom(steps, share)

    @override
    def show_whole(self) -> None:
        self.fits = False
        super().show_whole()

    def more_rows(self, steps: int) -> None:
        """Show more prices, or fewer by negative steps."""
        self.rows = min(99, max(FEWEST, round(self.rows * 1.25**steps)))
        self.update()

    def go_up(self, cents: int) -> None:
        """Go to higher prices, by a number of cents."""
        low, high = self.shown_rows()
        self.middle = min(max((low + high) / 2 + cents, 1.0), 99.0)
        self.update()

    def go_home(self) -> None:
        """Follow now and the market."""
        self.middle = None
        self.follow()
        self.update()

    def toggle_trades(self) -> None:
        """Show trades, or no more."""
        self.trades = not self.trades
        self.update()

    # Painting

    @override
    def picture_key(self) -> tuple[object, ...]:
        return id(self.view), self.shown_rows(), self.trades

    @override
    def paint_picture(self, p: QPainter) -> None:
        view, axes = self.view, self.axes()
        if view is None or self._shades is None or axes.plot.height() < LEAST or axes.plot.width() < LEAST:
            return
        look = theme.current()
        now = round(min(max(axes.x(view.now), axes.plot.x()), axes.plot.right() + 1))
        past = QRect(axes.plot.topLeft(), QSize(now - axes.plot.x(), axes.plot.height()))
        paint.hatch(p, past, look.hatch("dead"))
        future = axes.plot.adjusted(past.width(), 0, 0, 0)
        p.fillRect(future, look.mix("surface.dock", "surface.raised", 0.35))
        self._paint_books(p, axes)
        p.save()
        p.setClipRect(axes.plot.adjusted(0, 0, 1, 1))
        self._paint_best(p, axes, view)
        if self.trades:
            self._paint_trades(p, axes, view)
        self._paint_mine(p, axes, view)
        p.restore()
        ticks = [cent for cent in chart.steps(axes.low, axes.high, max(2, axes.plot.height() // 26)) if cent % 1 == 0]
        chart.right_axis(p, axes, ticks)
        timeaxis.draw(p, axes, view.zone)
        timeaxis.draw_name(p, axes, QRect(0, axes.plot.bottom() + 2, self.width(), timeaxis.HEIGHT), view.zone)
        unit = QRect(axes.plot.right() + 4, 2, RIGHT - 4, TOP - 4)
        paint.text(p, unit, "c YES", look.ui(look.type("micro")), look.colour("text.muted"))

    def _paint_books(self, p: QPainter, axes: Axes) -> None:
        """Lay the books' pixels over the hatch; columns of which nothing is known are left out."""
        if self._shades is None:
            return
        wide = axes.plot.width()
        rows = self.shown_rows()
        pixels = heat_image.picture(self._shades, axes.start, axes.end, wide, rows, _ramps(), 0)
        image = QImage(pixels.data, wide, pixels.shape[0], 4 * wide, QImage.Format.Format_ARGB32_Premultiplied)
        p.drawImage(axes.plot, image)  # rows are stretched, columns are pixels

    def _paint_best(self, p: QPainter, axes: Axes, view: HeatView) -> None:
        shown = heat_image.columns(view.at, view.every, axes.start, axes.end, axes.plot.width())
        p.setPen(theme.current().pen("text.strong", 1.0))
        for prices, shift in ((view.best_bid, 0.5), (view.best_ask, -0.5)):
            for first, last, price in _steps(shown, prices):
                y = round(axes.y(price + shift))
                p.drawLine(axes.plot.x() + first, y, axes.plot.x() + last, y)

    def _paint_trades(self, p: QPainter, axes: Axes, view: HeatView) -> None:
        look = theme.current()
        found = heat_image.gathered(view, axes.start, axes.end, axes.plot.width(), 8, BUBBLES)
        most = max((qty for _, _, qty, _ in found), default=0.0)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        for share, price, qty, side in found:
            radius = BUBBLE[0] + (BUBBLE[1] - BUBBLE[0]) * math.sqrt(qty / most)
            where = QPointF(axes.plot.x() + share * axes.plot.width(), axes.y(price))
            p.setPen(look.pen("text.strong", 1.2, () if side else (1, 2)))
            p.setBrush(look.colour("text.strong") if side > 0 else Qt.BrushStyle.NoBrush)
            p.drawEllipse(where, radius, radius)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_mine(self, p: QPainter, axes: Axes, view: HeatView) -> None:
        look = theme.current()
        for mark in view.orders:
            y = round(axes.y(mark.price))
            p.setPen(look.pen("text.strong", 1.0, (4, 3)))
            p.drawLine(axes.plot.x(), y, axes.plot.right(), y)
            words = formats.UP if mark.side is Side.BUY else formats.DOWN
            size = "" if mark.rest is None else f" {formats.quantity(mark.rest)}"
            font = look.number(look.type("caption"), 600)
            wide = round(paint.width(words + size, font)) + 8
            rect = QRect(axes.plot.right() - wide - 2, y - 7, wide, 14)
            paint.box(p, rect, look.colour("surface.dock"), look.colour("text.strong"), look.radius("mark"))
            paint.text(p, rect, words + size, font, look.colour("text.strong"), paint.CENTRE)
        for fill in view.fills:
            if axes.start <= fill.at <= axes.end:
                tone = look.colour("profit")
                points = "up" if fill.up else "down"
                paint.triangle(p, axes.x(fill.at), axes.y(fill.price), 11, tone, points=points)

    @override
    def paint_over(self, p: QPainter) -> None:
        view, axes = self.view, self.axes()
        if view is None or axes.plot.height() < LEAST or axes.plot.width() < LEAST:
            return
        price = self.crosshair()[1]
        self.draw_crosshair(p, axes, view.zone, formats.number(price, 0), axes.plot.bottom() + 1)
        look = theme.current()
        room = QRectF(LEFT, 0, self.width() - LEFT - RIGHT, TOP)
        font, words = look.number(look.type("caption")), self.read_out()
        if paint.width(words, font) > room.width():
            words = self.read_out(brief=True)
        shown = paint.elided(words, font, room.width(), told=True)  # the tool tip has all of it
        paint.text(p, room, shown, font, look.colour("text.default"))

    def read_out(self, *, brief: bool = False) -> str:
        """Return what the crosshair's book says, else the last one's; in brief without day and zone."""
        view = self.view
        if view is None or not len(view.at):
            return ""
        at, price = self.crosshair()
        n = len(view.at) - 1 if at is None else int(np.searchsorted(view.at, at, "right")) - 1
        if n < 0 or (at is not None and at - int(view.at[n]) >= heat_image.HOLDS * view.every):
            return "not known" if at is not None and at <= view.now else ""
        bid, ask = (formats.number(float(side[n]), 0) for side in (view.best_bid, view.best_ask))
        when = int(view.at[n])
        words = f"{timeaxis.time_of_day(view.zone, when) if brief else timeaxis.moment(view.zone, when)}  {bid} / {ask}"
        if price is None or not 1 <= round(price) <= 99:
            return words
        row = round(price) - 1
        for name, side in (("bid", view.bids), ("ask", view.asks)):
            if side[n, row] > 0:
                words += f"  {formats.number(float(side[n, row]), 0)} {name} at {row + 1}"
        return words

    @override
    def words_at(self, spot: QPointF) -> str:
        view, axes = self.view, self.axes()
        if view is None:
            return ""
        for mark in view.orders:
            if abs(axes.y(mark.price) - spot.y()) <= 4:
                return mark.words
        for fill in view.fills:
            if abs(axes.x(fill.at) - spot.x()) <= 7 and abs(axes.y(fill.price) - spot.y()) <= 7:
                return f"{fill.words}, {timeaxis.moment(view.zone, fill.at)}"
        return self.read_out()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.more_rows(-1 if event.angleDelta().y() > 0 else 1)
            event.accept()
            return
        super().wheelEvent(event)


def _ramps() -> heat_image.Ramp:
    look = theme.current()
    ground = _rgb("surface.dock")
    key = id(look)
    if key not in _RAMPS:
        _RAMPS.clear()
        _RAMPS[key] = heat_image.ramp(ground, _rgb("buy")), heat_image.ramp(ground, _rgb("sell"))
    return _RAMPS[key]


_RAMPS: dict[int, heat_image.Ramp] = {}


def _rgb(name: str) -> tuple[int, int, int]:
    colour = theme.current().colour(name)
    return colour.red(), colour.green(), colour.blue()


def _steps(shown: NDArray[np.int64], prices: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """Return where a price stood as stretches of columns of the screen: first, last, price."""
    here = np.where(shown >= 0, prices[np.maximum(shown, 0)], np.nan) if len(prices) else np.full(len(shown), np.nan)
    cuts = np.flatnonzero(np.diff(np.nan_to_num(here, nan=-1.0))) + 1
    starts = [0, *cuts.tolist(), len(here)]
    return [
        (first, last, float(here[first]))
        for first, last in pairwise(starts)
        if first < len(here) and np.isfinite(here[first])
    ]
