"""Equity of a few runs on one picture, after fees: what each came to at the right end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from widgets import chart, formats, paint, theme
from widgets.chart import Axes

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.views.backtests import RunLine

TALL: Final = 170
INKS: Final = ("buy", "text.strong", "warn")
"""Of the first, second and third run."""
MOST: Final = len(INKS)
AXIS: Final = 60


class EquityCompare(QWidget):
    """The curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[RunLine, ...] = ()
        self.setMinimumHeight(TALL)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Equity compare")

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, TALL)

    def show_runs(self, runs: tuple[RunLine, ...]) -> None:
        """Show the curves of at most three runs."""
        if runs[:MOST] != self.runs:
            self.runs = runs[:MOST]
            self.setAccessibleDescription("; ".join(f"{one.name} {formats.money(one.net)}" for one in self.runs))
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        x = 10.0
        for one, ink in zip(self.runs, INKS, strict=False):
            p.fillRect(round(x), 13, 14, 2, look.colour(ink))
            words = f"{formats.plain(one.name, 24)} {formats.money(one.net, signed=True)}"
            x = paint.text_at(p, x + 19, 18, words, look.number(10, 500), look.colour(ink)) + 18
        drawn = [one for one in self.runs if one.equity]
        if not drawn:
            words = "Enter on a run puts its curve here" if not self.runs else "No run of these has a valued fill"
            paint.text(p, QRect(0, 0, self.width(), self.height()), words, look.ui(11), look.colour("text.dim"),
                       paint.CENTRE)  # fmt: skip
            return
        axes = _axes(drawn, QRect(10, 28, self.width() - 20 - AXIS, self.height() - 48))
        ticks = chart.steps(axes.low, axes.high, 5)
        chart.grid(p, axes, ticks)
        chart.right_axis(p, axes, ticks, signed=True)
        p.fillRect(axes.plot.x(), round(axes.y(0.0)), axes.plot.width(), 1, look.colour("line.control"))
        for one, ink in zip(self.runs, INKS, strict=False):
            if one.equity:
                points = [(axes.start, 0.0), *_along(one, axes.end)]
                chart.curve(p, axes, points, theme.pen_of(look.colour(ink), 1.4), stepped=True)
        words = "share of each run's time"
        paint.text(p, QRect(10, self.height() - 18, axes.plot.width(), 16), words, look.ui(10), look.colour("text.dim"))


UNIT: Final = 1_000_000


def _along(one: RunLine, end: int) -> list[tuple[int, float]]:
    """Return a curve over the share of its own time: runs over other days lie over each other."""
    first, last = one.equity[0][0], one.equity[-1][0]
    span = max(1, last - first)
    return [*((1 + (at - first) * (end - 1) // span, value) for at, value in one.equity)]


def _axes(runs: list[RunLine], plot: QRect) -> Axes:
    values = [0.0, *(value for one in runs for _, value in one.equity)]
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 1.0
    return Axes(plot, 0, UNIT, low - room, high + room)
