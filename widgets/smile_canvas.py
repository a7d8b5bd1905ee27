"""Pictures of volatility: the smile of an expiry with its market, the surface as a heat map, the term structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from widgets import formats, paint, plane, smile_points, theme
from widgets.plane import Frame, Plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from engine.views.options import ExpiryLine
    from widgets.smile_points import Fitted, Heat, Points

CURVE: Final = 121
BAR: Final = 4
"""Half the width of the marks at bid and ask."""
DEAR: Final = 1_000.0
"""A forward from which the place of the pointer is told in whole units."""
NAMES: Final = 62
"""Pixels for the names of expiries beside the heat map."""


class SmileCanvas(Plane):
    """Volatilities by strike: what bids and asks imply, the mark, the smile through them, and what we hold."""

    named = "Smile"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: Points | None = None
        self.fitted: Fitted | None = None
        self.others: tuple[Fitted, ...] = ()
        self.reach = 0.30
        """Half the range of strikes, of the forward."""

    def show_smile(self, points: Points | None, fitted: Fitted | None, others: Sequence[Fitted]) -> None:
        """Show an expiry, and the smiles of others behind it."""
        self.points, self.fitted, self.others = points, fitted, tuple(others)
        if self.cross is not None:
            self.setAccessibleDescription(self.words_at(self.cross))
        self.update()

    def rescale(self, action: str) -> bool:
        """Show fewer or more strikes; say whether that was asked."""
        factor = {"plane.narrower": 0.8, "plane.wider": 1.25}.get(action)
        if factor is None:
            return False
        self.reach = min(max(self.reach * factor, 0.04), 0.9)
        self.update()
        return True

    def _strikes(self, points: Points) -> tuple[float, float]:
        low = max(points.forward * (1.0 - self.reach), float(points.strikes[0]) * 0.98)
        high = min(points.forward * (1.0 + self.reach), float(points.strikes[-1]) * 1.02)
        return (low, high) if low < high else (points.forward * 0.9, points.forward * 1.1)

    @override
    def frame(self) -> Frame | None:
        points = self.points
        if points is None:
            return None
        left, right = self._strikes(points)
        inside = (points.strikes >= left) & (points.strikes <= right)
        some = [row[inside] for row in (points.bid, points.ask, points.mark)]
        if self.fitted is not None:
            some.append(smile_points.vols(self.fitted, np.linspace(left, right, 31)))
        known = np.concatenate(some)
        known = known[np.isfinite(known)]
        if not known.size:
            return None
        low, high = float(known.min()), float(known.max())
        room = max(0.02, high - low) * 0.12
        return Frame(self.plot(), left, right, 100.0 * (low - room), 100.0 * (high + room))

    @override
    def words_at(self, price: float) -> str:
        points = self.points
        if points is None:
            return ""
        at = int(np.abs(points.strikes - price).argmin())
        model = None if self.fitted is None else float(smile_points.vols(self.fitted, np.array([price]))[0])
        sides = " / ".join(formats.points(_known(row[at])) for row in (points.bid, points.ask))
        strike = formats.exact(float(points.strikes[at]))
        here = formats.number(price, 0 if points.forward >= DEAR else 3)
        return f"{here}: model {formats.percent(model)} · {strike}: {sides}"

    @override
    def draw(self, p: QPainter, frame: Frame) -> None:
        points = self.points
        if points is None:
            return
        look = theme.current()
        plane.axes(p, frame, " %")
        xs = np.linspace(frame.left, frame.right, CURVE)
        for n, one in enumerate(self.others):
            plane.curve(p, frame, xs, 100.0 * smile_points.vols(one, xs), look.pen("text.dim", 1.0))
            self._name_other(p, frame, one, (n + 0.5) / len(self.others))
        if self.fitted is not None:
            curve = 100.0 * smile_points.vols(self.fitted, xs)
            off = 100.0 * max(self.fitted.smile.rmse, 0.0005)
            plane.between(p, frame, xs, curve + off, curve - off, look.mix("surface.dock", "fair", 0.2))
            plane.curve(p, frame, xs, curve, look.pen("fair", 1.6))
        plane.upright(p, frame, points.forward, "warn", "F")
        self._market(p, frame, points)
        self._ours(p, frame, points)
        plane.legend(p, QRect(10, 4, self.width() - 20, 18), self._legend())

    def _legend(self) -> list[tuple[str, str, Sequence[float]]]:
        found: list[tuple[str, str, Sequence[float]]] = []
        if self.fitted is not None:
            one = self.fitted.smile
            words = f"{one.name} fit, rmse {formats.number(100.0 * one.rmse, 2)} pt"
            found.append((words, "fair", ()))
        found += [("IV bid", "buy", ()), ("IV ask", "sell", ()), ("mark", "text.default", (2, 2))]
        if self.points is not None and self.points.qty.any():
            found.append(("my legs", "text.strong", ()))
        return found

    def _name_other(self, p: QPainter, frame: Frame, one: Fitted, share: float) -> None:
        """Name a curve in its own part of the width, so that no two names meet."""
        look = theme.current()
        at = frame.left + share * 0.9 * (frame.right - frame.left)
        y = frame.y(100.0 * float(smile_points.vols(one, np.array([at]))[0]))
        if frame.plot.y() + 8 < y < frame.plot.bottom() - 2:
            paint.text_at(p, frame.x(at), round(y) - 3, one.points.title, look.number(look.type("micro")),
                          look.colour("text.dim"))  # fmt: skip

    def _market(self, p: QPainter, frame: Frame, points: Points) -> None:
        """Draw a line from the bid's volatility to the ask's at each strike, with a mark at both ends."""
        look = theme.current()
        for strike, bid, ask, mark in zip(points.strikes, points.bid, points.ask, points.mark, strict=True):
            if not frame.left <= strike <= frame.right:
                continue
            x = round(frame.x(strike))
            ends = [round(frame.y(100.0 * vol)) for vol in (bid, ask) if np.isfinite(vol)]
            if len(ends) == 2:
                p.fillRect(x, min(ends), 1, abs(ends[0] - ends[1]) + 1, look.colour("text.muted"))
            for vol, colour in ((bid, "buy"), (ask, "sell")):
                if np.isfinite(vol):
                    p.fillRect(x - BAR, round(frame.y(100.0 * vol)), 2 * BAR + 1, 2, look.colour(colour))
            if np.isfinite(mark):
                p.fillRect(x - 1, round(frame.y(100.0 * mark)) - 1, 3, 3, look.colour("text.default"))

    def _ours(self, p: QPainter, frame: Frame, points: Points) -> None:
        look = theme.current()
        font = look.number(look.type("micro"))
        for strike, qty, mark in zip(points.strikes, points.qty, points.mark, strict=True):
            if not qty or not np.isfinite(mark) or not frame.left <= strike <= frame.right:
                continue
            x, y, colour = frame.x(strike), frame.y(100.0 * mark), look.colour("buy" if qty > 0 else "sell")
            p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
            p.setBrush(look.colour("surface.dock"))
            p.setPen(theme.pen_of(colour, 1.6))
            p.drawEllipse(QPointF(x, y), 4.5, 4.5)
            p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            words = formats.exact(float(qty), 4, signed=True)
            wide = round(paint.width(words, font))
            left, top = round(x - wide / 2), round(y) + 7
            p.fillRect(left - 2, top, wide + 4, 12, look.colour("surface.dock"))  # the quotes' whiskers stand there
            paint.text_at(p, left, top + 9, words, font, colour)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class HeatCanvas(QWidget):
    """The surface as a heat map: expiries down, moneyness across, volatility as shade and number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heat: Heat | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(180, 90)
        self.setAccessibleName("Volatility surface")

    def show_heat(self, heat: Heat | None) -> None:
        """Show another surface."""
        self.heat = heat
        if heat is not None:
            low, high = formats.percent(float(heat.vols.min())), formats.percent(float(heat.vols.max()))
            self.setAccessibleDescription(f"{len(heat.titles)} expiries, volatility from {low} to {high}")
        self.update()

    def columns(self) -> list[int]:
        """Return which columns of the grid are shown: as many as numbers fit."""
        room = max(1, (self.width() - NAMES - 10) // 44)
        count = smile_points.MONEYNESS.size
        step = next((one for one in (1, 2, 4, 12) if (count - 1) // one + 1 <= room), count - 1)
        return list(range(0, count, step))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        heat = self.heat
        if heat is None:
            return
        shown, small = self.columns(), look.number(look.type("caption"))
        left, top, wide = NAMES, 24, (self.width() - NAMES - 10) / len(self.columns())
        tall = min(44.0, (self.height() - top - 22) / len(heat.titles))
        low, high = float(heat.vols[:, shown].min()), float(heat.vols[:, shown].max())
        for n, title in enumerate(heat.titles):
            y = top + n * tall
            room = QRectF(4, y, NAMES - 10, tall)
            paint.text(p, room, title, small, look.colour("text.default"), paint.RIGHT)
            for m, column in enumerate(shown):
                vol = float(heat.vols[n, column])
                cell = QRectF(round(left + m * wide), round(y), round(wide) - 1, round(tall) - 1)
                ground = shade((vol - low) / max(1e-9, high - low))
                p.fillRect(cell, ground)
                ink = QColor(Qt.GlobalColor.black if luminance(ground) > 0.179 else Qt.GlobalColor.white)
                if tall >= 14:
                    paint.text(p, cell, formats.points(vol), small, ink, paint.CENTRE)
        for m, column in enumerate(shown):
            words = f"{formats.number(100.0 * smile_points.MONEYNESS[column], 0, signed=True)} %"
            room = QRectF(left + m * wide, 4, wide, 18)
            paint.text(p, room, words, small, look.colour("text.muted"), paint.CENTRE)
        self._foot(p, heat, top + len(heat.titles) * tall)

    def _foot(self, p: QPainter, heat: Heat, y: float) -> None:
        look = theme.current()
        words = "volatility %, strike against the forward"
        if heat.calendars:
            some = "1 calendar is" if heat.calendars == 1 else f"{heat.calendars} calendars are"
            words += f" · {some} free by the fits, and lifted here"
        room = QRectF(NAMES, y + 2, self.width() - NAMES - 8, 18)
        paint.text(p, room, words, look.ui(look.type("caption")), look.colour("text.muted"), elide=True)


def shade(share: float) -> QColor:
    """Return the colour of a share from 0 to 1 on the map's scale."""
    stops = theme.current().section("hex")["stops"]
    at = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    n = min(int(at), len(stops) - 2)
    return theme.mixed(QColor(stops[n]), QColor(stops[n + 1]), at - n)


def luminance(colour: QColor) -> float:
    """Return the relative luminance of a colour, 0 to 1, as WCAG defines it."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class TermCanvas(Plane):
    """Volatility at the forward by the days to expiry."""

    named = "Term structure"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[ExpiryLine, ...] = ()
        self.key = ""

    def show_lines(self, lines: Sequence[ExpiryLine], key: str) -> None:
        """Show the expiries of one group of chains."""
        self.lines = tuple(one for one in lines if one.atm_iv is not None and one.days > 0.0)
        self.key = key
        self.update()

    def _xy(self) -> tuple[plane.Floats, plane.Floats]:
        xs = np.array([one.days for one in self.lines])
        return xs, np.array([100.0 * (one.atm_iv or 0.0) for one in self.lines])

    @override
    def frame(self) -> Frame | None:
        if not self.lines:
            return None
        xs, ys = self._xy()
        room = max(1.0, float(np.ptp(ys))) * 0.2
        return Frame(self.plot(), 0.0, float(xs.max()) * 1.06, float(ys.min()) - room, float(ys.max()) + room)

    @override
    def words_at(self, price: float) -> str:
        if not self.lines:
            return ""
        near = min(self.lines, key=lambda one: abs(one.days - price))
        return f"{formats.number(near.days, 1)} d: {formats.percent(near.atm_iv)}"

    @override
    def draw(self, p: QPainter, frame: Frame) -> None:
        look = theme.current()
        plane.axes(p, frame, " %")
        xs, ys = self._xy()
        plane.curve(p, frame, xs, ys, look.pen("fair", 1.6))
        font = look.number(look.type("micro"))
        for line, x, y in zip(self.lines, xs, ys, strict=True):
            taken = line.key == self.key
            paint.diamond(p, frame.x(x), frame.y(y), 5 if taken else 3, look.colour("warn" if taken else "fair"))
            words = formats.points(line.atm_iv)
            paint.text_at(p, frame.x(x) - 8, round(frame.y(y)) - 8, words, font, look.colour("text.muted"))
        plane.legend(p, QRect(10, 4, self.width() - 20, 18), [("volatility at the forward, by days", "fair", ())])
