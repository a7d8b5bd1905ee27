"""The scorecard: the calibration curve on the left, the scores of the chosen orders on the right, painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from widgets import formats, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.views.journal import Scorecard

TALL: Final = 170
CURVE: Final = 176
"""Width of the calibration curve with its labels."""
ROW: Final = 18
FIGURES: Final = 180
"""Width that the scores need at least."""
BROAD: Final = 240
"""Width that they have where there is room for the chosen order beside them."""
ORDER: Final = 170
"""Width that the chosen order needs at least."""
HALVES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


class ScorecardView(QWidget):
    """One scorecard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card: Scorecard | None = None
        self.head = ""
        self.told: tuple[str, ...] = ()
        """The chosen order in a few words, and what is told of it."""
        self.setFixedHeight(TALL)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scorecard")

    @override
    def sizeHint(self) -> QSize:
        return QSize(CURVE + FIGURES, TALL)

    def show_card(self, card: Scorecard | None) -> None:
        """Show a scorecard."""
        if card != self.card:
            self.card = card
            self.setAccessibleDescription("; ".join(f"{name} {text}" for name, text, _ in self.figures()))
            self.update()

    def show_order(self, head: str, *told: str) -> None:
        """Show what is told of the chosen order, where there is room."""
        if (head, told) != (self.head, self.told):
            self.head, self.told = head, told
            self.update()

    def figures(self) -> list[tuple[str, str, str]]:
        """Return the scores as name, text and colour; what nobody knows is a dash."""
        card = self.card
        if card is None:
            return []
        skill = None if card.skill is None else 100 * card.skill
        fees = None if card.fee_share is None else 100 * card.fee_share
        return [
            ("Brier, model", formats.number(card.brier, 3), "fair"),
            ("Brier, market", formats.number(card.brier_market, 3), "text.strong"),
            ("Skill vs market", _unit(formats.number(skill, 1, signed=True), " %"), _tone(skill)),
            ("CLV, mean", _unit(formats.number(card.line, 1, signed=True), " c"), _tone(card.line)),
            ("Markout 5 m", _unit(formats.number(card.later, 1, signed=True), " c"), _tone(card.later)),
            ("Fee share", _unit(formats.number(fees, 0), " %"), "text.strong"),
            ("Result, fees off", formats.money(card.result, signed=True), _tone(card.result)),
            ("Orders scored", f"{formats.count(card.scored)} of {formats.count(card.orders)}", "text.strong"),
        ]

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        left = CURVE if self.width() >= CURVE + FIGURES else 0
        if left:
            self._curve(p, QRect(10, 22, CURVE - 48, self.height() - 44))
        beside = self.width() >= left + BROAD + ORDER + 36 and bool(self.head)
        if beside:
            self._order(p, QRect(left + BROAD + 24, 8, self.width() - left - BROAD - 36, self.height() - 16))
        room = QRect(left + 12, 8, BROAD - 12 if beside else self.width() - left - 24, ROW)
        for name, text, colour in self.figures():
            paint.text(p, room, name, look.ui(11), look.colour("text.muted"), elide=True)
            paint.text(p, room, text, look.number(11, 500), look.colour(colour), paint.RIGHT)
            room.translate(0, ROW + 1)

    def _order(self, p: QPainter, room: QRect) -> None:
        look = theme.current()
        paint.text(p, QRect(room.x(), room.y(), room.width(), ROW), self.head, look.ui(11, 600),
                   look.colour("text.strong"), elide=True)  # fmt: skip
        row = QRect(room.x(), room.y() + ROW + 4, room.width(), ROW)
        for one in self.told:
            for line in paint.lines(one, look.ui(11), room.width(), 4):
                if row.bottom() > room.bottom():
                    return
                paint.text(p, row, line, look.ui(11), look.colour("text.default"), elide=True)
                row.translate(0, ROW)
            row.translate(0, 4)

    def _curve(self, p: QPainter, plot: QRect) -> None:
        look = theme.current()
        paint.text(
            p, QRect(plot.x(), 2, CURVE, 18), "forecast % → observed %", look.ui(10), look.colour("text.dim")
        )  # fmt: skip
        grid, dim = look.colour("line.grid"), look.colour("text.dim")
        for share in HALVES:
            x, y = round(_x(plot, share)), round(_y(plot, share))
            p.fillRect(QRect(x, plot.y(), 1, plot.height()), grid)
            p.fillRect(QRect(plot.x(), y, plot.width(), 1), grid)
            words = f"{100 * share:.0f}"
            paint.text(p, QRect(x - 14, plot.bottom() + 3, 28, 14), words, look.number(9), dim, paint.CENTRE)
            paint.text(p, QRect(plot.right() + 6, y - 7, 24, 14), words, look.number(9), dim)
        p.setPen(QPen(look.colour("line.control"), 1))
        p.drawLine(QPointF(_x(plot, 0), _y(plot, 0)), QPointF(_x(plot, 1), _y(plot, 1)))
        bins = () if self.card is None else self.card.bins
        ink = look.colour("fair")
        p.setPen(QPen(ink, 1))
        points = [QPointF(_x(plot, one.said), _y(plot, one.came)) for one in bins]
        for one in bins:
            at = _x(plot, one.said)
            p.drawLine(QPointF(at, _y(plot, one.low)), QPointF(at, _y(plot, one.high)))
        p.drawPolyline(points)
        p.setBrush(look.colour("surface.dock"))
        for point in points:
            p.drawEllipse(QRectF(point.x() - 3, point.y() - 3, 6, 6))


def _x(plot: QRect, share: float) -> float:
    return plot.x() + share * plot.width()


def _y(plot: QRect, share: float) -> float:
    return plot.y() + (1.0 - share) * plot.height()


def _unit(text: str, unit: str) -> str:
    return text if text == formats.DASH else text + unit


def _tone(value: float | None) -> str:
    if value is None:
        return "text.dim"
    sign = formats.direction(value)
    return "profit" if sign > 0 else "loss" if sign < 0 else "text.strong"
