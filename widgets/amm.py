"""LMSR curve of an embedded market: price against shares, what the next shares cost, what the maker can lose."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, Topic
from engine.maths import lmsr
from engine.views import topics as t
from engine.views.ladder import LadderView
from widgets import formats, paint, theme
from widgets.panel import Panel
from widgets.states import EMPTY, LOADING, STATES

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

NEXT: Final = (1, 10, 100)
SPAN: Final = 3.0
"""Liquidities b shown to either side of now."""
POINTS: Final = 96
_DISC: Final = tuple((3.5 * cos(pi * i / 8), 3.5 * sin(pi * i / 8)) for i in range(16))
HELP: Final = "The maker's price of YES as shares are bought (right) or sold (left), from where the market stands."


def price_of(view: LadderView) -> float | None:
    """Return the curve's own price in [0, 1]."""
    return None if view.price is None else view.price / 100.0


class Curve(QWidget):
    """Price against shares around now, and the line of figures above it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: LadderView | None = None
        self.setMinimumSize(180, 120)
        self.setAccessibleName("Maker's curve")

    def show_view(self, view: LadderView | None) -> None:
        """Show the curve of a view; None shows none."""
        self.view = view
        self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value in self.figures()))
        self.update()

    def figures(self) -> tuple[tuple[str, str], ...]:
        """Return what is said in words: price, cost of the next shares, liquidity, what the maker can lose."""
        view = self.view
        price = None if view is None else price_of(view)
        if view is None or view.b is None or price is None:
            names = ("price", *(f"next {n}" for n in NEXT), "b", "max loss")
            return tuple((name, formats.DASH) for name in names)
        b = view.b
        costs = ((f"next {n}", formats.money(lmsr.trade_cost(price, float(n), b))) for n in NEXT)
        now = (("b", formats.number(b, 1)),)
        most = (("max loss", formats.money(view.max_loss)),)
        phase = () if view.phase is None else (("phase", str(view.phase)),)
        here = (("price", f"{formats.number(100 * price, 1)} c"),)
        if view.curve:
            return (*here, *costs, *now, *most, *phase)
        spread = (("spread", f"{formats.number(2 * (view.half_spread or 0.0), 1)} c"),) if view.half_spread else ()
        opened = (("opened", formats.number(view.b_open, 1)), ("organic 24 h", formats.number(view.organic, 0)))
        return (*here, *phase, *now, *opened, *most, *spread, *costs)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        x, y = 8.0, round(paint.baseline(0, 24, 11))
        for name, value in self.figures():
            if x + paint.width(name, look.ui(11)) + paint.width(value, look.number(11)) + 5 > self.width() - 8:
                break
            x = paint.text_at(p, x, y, name, look.ui(11), look.colour("text.muted")) + 5
            x = paint.text_at(p, x, y, value, look.number(11, 500), look.colour("text.default")) + 14
        self._paint_curve(p, QRect(8, 32, self.width() - 8 - 34, self.height() - 32 - 20))

    def _paint_curve(self, p: QPainter, area: QRect) -> None:
        look = theme.current()
        view = self.view
        price = None if view is None else price_of(view)
        micro, dim = look.number(look.type("micro")), look.colour("text.dim")
        for cents in (0, 25, 50, 75, 100):
            y = area.bottom() - round(area.height() * cents / 100)
            p.fillRect(area.x(), y, area.width(), 1, look.colour("line.grid"))
            paint.text(p, QRect(area.right() + 4, y - 6, 28, 12), str(cents), micro, dim)
        if view is None or view.b is None or price is None:
            return
        reach = SPAN * view.b
        for share in (0.0, 0.5, 1.0):
            at = max(34, area.x() + round(area.width() * share))
            label = formats.number((2 * share - 1) * reach, 0, signed=True)
            paint.text(p, QRect(at - 30, area.bottom() + 4, 60, 12), label, micro, dim, paint.CENTRE)
        line = QPolygonF()
        for i in range(POINTS + 1):
            shares = (2 * i / POINTS - 1) * reach
            line.append(_at(area, i / POINTS, lmsr.price_after(price, shares, view.b)))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        p.setPen(look.pen("buy", 1.4))
        p.drawPolyline(line)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        here = _at(area, 0.5, price)
        p.fillRect(round(here.x()), area.y(), 1, area.height(), look.colour("line.control"))
        paint.polygon(p, [(here.x() + dx, here.y() + dy) for dx, dy in _DISC], look.colour("text.strong"))
        if view.fair is not None:
            y = round(area.bottom() - area.height() * view.fair / 100)
            p.setPen(look.pen("fair", 1, (2, 3)))
            p.drawLine(area.x(), y, area.right(), y)
            paint.diamond(p, area.right(), y, 4, look.colour("fair"))


class AmmPanel(Panel):
    """The maker's curve of the linked instrument."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Curve", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.curve = Curve()
        self.set_body(self.curve)
        self.set_state(EMPTY, "Pick a market to see its maker's curve", icon="layers")

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.curve.show_view(None)
        self.set_subtitle("")
        if instrument is None:
            self.set_state(EMPTY, "Pick a market to see its maker's curve", icon="layers")
        else:
            self.set_state(LOADING, "Waiting for the first prices")
        self.retarget()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset() if self.instrument is None else frozenset({t.ladder(self.instrument.symbol)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if not isinstance(view, LadderView) or view.instrument != self.instrument:
            return
        self.set_subtitle(view.title)
        self.curve.show_view(view)
        if view.b is not None:
            self.set_state(view.state if view.state in STATES else LOADING, view.why)
        else:
            self.set_state(EMPTY, "This venue keeps a book; there is no maker's curve", icon="layers")


def _at(area: QRect, across: float, price: float) -> QPointF:
    """Return the point of a share of the width and a price in [0, 1]."""
    return QPointF(area.x() + area.width() * across, area.bottom() - area.height() * price)
