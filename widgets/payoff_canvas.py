"""Pictures of a position along the price of its underlying: what it comes to, its greeks, and a grid of shifts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.maths import payoff, stress
from widgets import formats, paint, plane, theme
from widgets.plane import Floats, Frame, Plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from engine.maths.payoff import Payoff, Sums
    from engine.maths.stress import Told
    from widgets.option_legs import Position

YEAR_D: Final = 365.0
POINTS: Final = 241
LIMITLESS: Final = "unlimited"


class Curves(NamedTuple):
    """Everything drawn of a position."""

    position: Position
    days: float
    """On from now, of the dashed curve."""
    payoff: Payoff
    on: Floats
    """Dollars, `days` from now."""

    def sums(self) -> Sums:
        """Return the greeks along the prices on that day."""
        return payoff.sums(self.position.legs, self.payoff.spots, self.days / YEAR_D)


def curves_of(position: Position, reach: float, days: float) -> Curves | None:
    """Return the curves of a position over `reach` of the price either side; None without a leg.

    The dashed curve is never later than the first expiry.
    """
    if not position.legs:
        return None
    low, high = position.spot * (1.0 - reach), position.spot * (1.0 + reach)
    found = payoff.payoff(position.legs, position.spot, low, high, POINTS)
    last = payoff.first_expiry(position.legs) * YEAR_D
    on = min(days, last)
    result = payoff.result(position.legs, found.spots, on / YEAR_D)
    return Curves(position, on, found, result)


def facts(curves: Curves) -> tuple[tuple[str, str, str], ...]:
    """Return what a position is in numbers: name, words and colour of each."""
    one = curves.payoff
    evens = ", ".join(formats.number(price, 0 if price >= 1_000.0 else 2) for price in one.break_evens)
    paid = "debit" if one.debit >= 0.0 else "credit"
    loss = LIMITLESS if one.max_loss == -math.inf else formats.money(one.max_loss, places=0)
    win = LIMITLESS if one.max_win == math.inf else formats.money(one.max_win, places=0)
    return (
        (paid, formats.money(abs(one.debit), places=0), "text.default"),
        ("max loss", loss, "loss"),
        ("max win", win, "profit"),
        ("break-even", evens or formats.DASH, "text.default"),
    )


class PayoffCanvas(Plane):
    """What a position comes to at expiry and on a day before, along the price."""

    named = "Payoff"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: Curves | None = None

    def show_curves(self, curves: Curves | None) -> None:
        """Show another position."""
        self.curves = curves
        if self.cross is not None:
            self.setAccessibleDescription(self.words_at(self.cross))
        self.update()

    @override
    def frame(self) -> Frame | None:
        curves = self.curves
        if curves is None:
            return None
        xs, both = curves.payoff.spots, np.concatenate([curves.payoff.at_end, curves.on, [0.0]])
        low, high = float(both.min()), float(both.max())
        room = max(1e-6, high - low) * 0.08
        return Frame(self.plot(), float(xs[0]), float(xs[-1]), low - room, high + room)

    @override
    def words_at(self, price: float) -> str:
        curves = self.curves
        if curves is None:
            return ""
        at_end, on = (float(np.interp(price, curves.payoff.spots, row)) for row in (curves.payoff.at_end, curves.on))
        change = formats.number(100.0 * (price / curves.position.spot - 1.0), 1, signed=True)
        day = "today" if curves.days < 0.5 else f"+{curves.days:.0f} d"
        here = formats.number(price, 0 if curves.position.spot >= 1_000.0 else 3)
        return (
            f"{here} ({change} %): expiry {formats.money(at_end, signed=True, places=0)}"
            f" · {day} {formats.money(on, signed=True, places=0)}"
        )

    @override
    def draw(self, p: QPainter, frame: Frame) -> None:
        curves = self.curves
        if curves is None:
            return
        look = theme.current()
        xs, end = curves.payoff.spots, curves.payoff.at_end
        zero = np.zeros(xs.shape)
        plane.between(p, frame, xs, np.maximum(end, 0.0), zero, look.mix("surface.dock", "profit", 0.16))
        plane.between(p, frame, xs, zero, np.minimum(end, 0.0), look.mix("surface.dock", "loss", 0.16))
        plane.axes(p, frame, signed=True)
        p.fillRect(frame.plot.x(), round(frame.y(0.0)), frame.plot.width(), 1, look.colour("text.muted"))
        plane.curve(p, frame, xs, curves.on, look.pen("fair", 1.4, (5, 3)))
        plane.curve(p, frame, xs, end, look.pen("text.strong", 1.6))
        plane.upright(p, frame, curves.position.spot, "warn", "now")
        for price in curves.payoff.break_evens:
            if frame.left <= price <= frame.right:
                paint.triangle(p, frame.x(price), frame.y(0.0), 6, look.colour("text.strong"))
        day = "today" if curves.days < 0.5 else f"in {curves.days:.0f} days"
        lines = [("at expiry", "text.strong", ()), (day, "fair", (5, 3)), ("price now", "warn", (4, 3))]
        plane.legend(p, QRect(10, 4, self.width() - 20, 18), lines)


class GreekCanvas(Plane):
    """One greek of a position along the price."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        self.named = f"{title} along the price"
        super().__init__(parent)
        self.name, self.title = name, title
        self.curves: Curves | None = None
        self._values: Floats = np.zeros(0)
        self.setMinimumSize(120, 70)

    def show_curves(self, curves: Curves | None) -> None:
        """Show another position."""
        self.curves = curves
        self._values = np.zeros(0) if curves is None else getattr(curves.sums(), self.name)
        if self.name == "gamma":
            self._values = 1e5 * self._values
        self.update()

    def values(self) -> Floats:
        """Return the greek along the prices; gamma by the hundred-thousandth."""
        return self._values

    @override
    def frame(self) -> Frame | None:
        if self.curves is None:
            return None
        xs, values = self.curves.payoff.spots, np.append(self.values(), 0.0)
        low, high = float(values.min()), float(values.max())
        room = max(1e-9, high - low) * 0.1
        return Frame(self.plot(), float(xs[0]), float(xs[-1]), low - room, high + room)

    @override
    def words_at(self, price: float) -> str:
        if self.curves is None:
            return ""
        value = float(np.interp(price, self.curves.payoff.spots, self.values()))
        return f"{formats.number(price, 0 if price >= 1_000.0 else 3)}: {formats.number(value, 2, signed=True)}"

    @override
    def draw(self, p: QPainter, frame: Frame) -> None:
        if self.curves is None:
            return
        look = theme.current()
        plane.axes(p, frame, signed=True)
        p.fillRect(frame.plot.x(), round(frame.y(0.0)), frame.plot.width(), 1, look.colour("text.muted"))
        plane.curve(p, frame, self.curves.payoff.spots, self.values(), look.pen("fair", 1.4))
        plane.upright(p, frame, self.curves.position.spot, "warn")
        plane.legend(p, QRect(10, 4, self.width() - 20, 18), [(self.title, "fair", ())])


class GridCanvas(QWidget):
    """What would be gained against now if price and volatility jumped; below it days that were or could be bad."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid: Floats | None = None
        self.shocks: tuple[Told, ...] = ()
        self.setMinimumSize(180, 90)
        self.setAccessibleName("Scenario grid")

    def show_position(self, position: Position | None, days: float) -> None:
        """Show another position."""
        if position is None or not position.legs:
            self.grid, self.shocks = None, ()
        else:
            self.grid = stress.grid(position.legs, position.spot, days=days)
            self.shocks = stress.shocks(position.legs, position.spot)
            worst = formats.money(float(self.grid.min()), signed=True, places=0)
            self.setAccessibleDescription(f"worst of the grid {worst}")
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.grid is None:
            return
        p = QPainter(self)
        beside = self.width() >= 620
        wide = self.width() - 250 if beside else self.width() - 8
        self._paint_grid(p, QRect(8, 4, wide - 8, self.height() - 8), self.grid)
        if beside:
            self._paint_shocks(p, QRect(wide + 12, 4, self.width() - wide - 20, self.height() - 8))

    def _paint_grid(self, p: QPainter, room: QRect, grid: Floats) -> None:
        look = theme.current()
        font, ink = look.number(look.type("caption")), look.colour("text.muted")
        left, top = 52, 20
        wide, tall = (room.width() - left) / grid.shape[1], min(30.0, (room.height() - top) / grid.shape[0])
        most = max(1e-9, float(np.abs(grid).max()))
        paint.text(p, QRect(room.x(), room.y(), left - 6, top), "vol \\ price", look.ui(9), ink, paint.RIGHT)
        for n, move in enumerate(stress.MOVES):
            words = f"{formats.number(100.0 * move, 0, signed=True)} %"
            paint.text(p, QRectF(room.x() + left + n * wide, room.y(), wide, top), words, font, ink, paint.CENTRE)
        for m, shift in enumerate(stress.SHIFTS):
            y = room.y() + top + m * tall
            words = f"{formats.number(100.0 * shift, 0, signed=True)} pt"
            paint.text(p, QRectF(room.x(), y, left - 6, tall), words, font, ink, paint.RIGHT)
            for n in range(grid.shape[1]):
                value = float(grid[m, n])
                cell = QRectF(round(room.x() + left + n * wide), round(y), round(wide) - 1, round(tall) - 1)
                p.fillRect(cell, diverging(value / most))
                now = stress.MOVES[n] == 0.0 and shift == 0.0
                if now:
                    paint.frame(p, cell.toRect(), look.colour("text.muted"))
                words = formats.number(value, 0, signed=True) if wide >= 44 else _brief(value)
                paint.text(p, cell, words, font, look.colour("text.strong"), paint.CENTRE)

    def _paint_shocks(self, p: QPainter, room: QRect) -> None:
        look = theme.current()
        paint.text(p, QRect(room.x(), room.y(), room.width(), 20), "Stress, $ against now", look.ui(10, 500),
                   look.colour("text.muted"))  # fmt: skip
        for n, one in enumerate(self.shocks):
            line = QRect(room.x(), room.y() + 20 + n * 20, room.width(), 20)
            if line.bottom() > room.bottom():
                return
            words = formats.number(one.change, 0, signed=True)
            used = paint.text(p, line, words, look.number(11), look.colour(paint.pnl_colour(one.change)), paint.RIGHT)
            shock = one.shock
            told = f"{shock.name} {100 * shock.move:+.0f} % {100 * shock.shift:+.0f} pt".replace("-", formats.MINUS)
            told += f" {shock.days:.0f} d" if shock.days else ""
            left = line.adjusted(0, 0, -round(used) - 8, 0)
            paint.text(p, left, told, look.ui(11), look.colour("text.default"), elide=True)
            paint.line_below(p, line, look.colour("line.grid"))


def _brief(value: float) -> str:
    if abs(value) < 1_000.0:
        return formats.number(value, 0, signed=True)
    return f"{formats.number(value / 1_000.0, 1, signed=True)}k"


def diverging(share: float) -> QColor:
    """Return the colour of a share from -1 to 1: loss, nothing, profit, on the dock's ground."""
    look = theme.current()
    return look.mix("surface.dock", "profit" if share >= 0.0 else "loss", 0.55 * min(1.0, abs(share)))


def rows_of(curves: Curves) -> Sequence[tuple[float, float, float, float, float, float, float]]:
    """Return the curves as rows: price, at expiry, on the day, and four greeks."""
    columns = (curves.payoff.spots, curves.payoff.at_end, curves.on, *curves.sums())
    return [tuple(float(value) for value in row) for row in zip(*columns, strict=True)]  # type: ignore[misc]
