"""How poisonous the flow of one market has been over the last hour, and what became of the maker's fills in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, Topic
from engine.core.units import HOUR
from engine.views import topics
from engine.views.quoter import ToxicityLine, ToxicityView
from widgets import chart, formats, paint, theme
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.core.units import Nanos
    from engine.views.quoter import MarkoutLine

HELP: Final = (
    "Above, the toxicity of the flow over the last hour: 1 is as usual; from the yellow line on the quotes are widened,"
    " from the orange one they are pulled. Below, what the market maker's own fills of this session came to after two"
    " times: bars up are in its favour. It follows the market that is looked at, else shows the most poisonous one."
)
NOTHING: Final = "The market maker was given no market."
RIGHT: Final = 40
AXIS: Final = 18
HEAD: Final = 20
BAR: Final = 18


class Flow(QWidget):
    """Two plots: toxicity over time, and markouts by horizon."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line: ToxicityLine | None = None
        self.now: Nanos | None = None
        self.setMinimumSize(180, 120)
        self.setAccessibleName("Toxicity and markout")

    def show_line(self, line: ToxicityLine | None, now: Nanos | None) -> None:
        """Show a market."""
        self.line, self.now = line, now
        self.setAccessibleDescription(", ".join(said(line)))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p, line = QPainter(self), self.line
        p.fillRect(self.rect(), theme.current().colour("surface.dock"))
        if line is None or self.now is None:
            return
        half = (self.height() - HEAD) * 3 // 5
        self._over_time(p, QRect(8, HEAD, self.width() - 8 - RIGHT, half - AXIS), line, self.now)
        top = HEAD + half + HEAD
        self._markouts(p, QRect(8, top, self.width() - 8 - RIGHT, self.height() - top - AXIS), line)

    def _over_time(self, p: QPainter, plot: QRect, line: ToxicityLine, now: Nanos) -> None:
        look = theme.current()
        now_words = formats.DASH if line.sigma is None else formats.number(line.sigma, 2)
        head = QRect(8, 0, self.width() - 16, HEAD)
        paint.text(p, head, f"σ tox {now_words}", look.ui(11, 500), look.colour("fair"))
        levels = [(value, tone, word) for value, tone, word in (
            (line.widen_at, "warn", "widen"), (line.pull_at, "danger", "pull")) if value is not None]  # fmt: skip
        seen = [sigma for _, sigma in line.trail] + [value for value, _, _ in levels]
        axes = chart.Axes(plot, now - HOUR, now, 1.0, max(seen, default=1.0) * 1.1 + 0.1)
        ticks = chart.steps(axes.low, axes.high, 4)
        chart.grid(p, axes, ticks)
        chart.right_axis(p, axes, ticks)
        for value, tone, word in levels:
            chart.level(p, axes, value, theme.pen_of(look.colour(tone), 1.0, (4, 3)))
            room = QRect(plot.x(), round(axes.y(value)) - 13, plot.width(), 12)
            paint.text(p, room, f"{word} {formats.exact(value, 2)}", look.number(9), look.colour(tone))
        chart.curve(p, axes, list(line.trail), theme.pen_of(look.colour("fair"), 1.4))
        for share, words in ((0.0, "−60 m"), (0.5, "−30 m"), (1.0, "now")):
            at = QRect(plot.x() + round(share * plot.width()) - 30, plot.bottom() + 3, 60, 12)
            at.moveLeft(max(plot.x(), min(at.x(), plot.right() - 59)))
            align = paint.LEFT if not share else paint.RIGHT if share == 1 else paint.CENTRE
            paint.text(p, at, words, look.number(9), look.colour("text.muted"), align)

    def _markouts(self, p: QPainter, plot: QRect, line: ToxicityLine) -> None:
        look = theme.current()
        head = QRect(8, plot.y() - HEAD, self.width() - 16, HEAD)
        x = head.x() + paint.text(p, head, "markout c", look.ui(11, 500), look.colour("text.muted")) + 10
        for words, tone in (("buys", "buy"), ("sells", "sell")):
            x += paint.text(p, QRect(round(x), head.y(), 40, HEAD), words, look.ui(11, 500), look.colour(tone)) + 8
        total = sum(one.buys + one.sells for one in line.marks[:1])
        paint.text(p, head, f"n {total}", look.number(9), look.colour("text.muted"), paint.RIGHT)
        known = [abs(value) for one in line.marks for value in (one.bought, one.sold) if value is not None]
        most = max(known, default=0.0)
        if plot.height() < BAR or not most:
            words = "None of its fills has been marked yet"
            paint.text(p, plot, words, look.ui(11), look.colour("text.dim"), paint.CENTRE)
            return
        axes = chart.Axes(plot, 0, 1, -1.2 * most, 1.2 * most)
        chart.grid(p, axes, [-most, most])
        chart.right_axis(p, axes, [-most, 0.0, most], signed=True)
        p.fillRect(plot.x(), round(axes.y(0.0)), plot.width(), 1, look.colour("line.control"))
        for at, one in enumerate(line.marks):
            self._pair(p, axes, plot.x() + plot.width() * (2 * at + 1) // (2 * len(line.marks)), one)

    def _pair(self, p: QPainter, axes: chart.Axes, x: int, one: MarkoutLine) -> None:
        look = theme.current()
        for value, tone, left in ((one.bought, "buy", x - BAR - 1), (one.sold, "sell", x + 1)):
            if value is not None:
                zero, top = round(axes.y(0.0)), round(axes.y(value))
                p.fillRect(left, min(zero, top), BAR, max(1, abs(zero - top)), look.colour(tone))
        label = QRect(x - 40, axes.plot.bottom() + 3, 80, 12)
        words = formats.age(one.seconds)
        paint.text(p, label, words, look.number(9), look.colour("text.muted"), paint.CENTRE)


def said(line: ToxicityLine | None) -> list[str]:
    """Return what the dock says of a market, in words."""
    if line is None:
        return []
    found = [f"toxicity {formats.DASH if line.sigma is None else formats.number(line.sigma, 2)}"]
    for one in line.marks:
        for side, count, value in (("buys", one.buys, one.bought), ("sells", one.sells, one.sold)):
            cents = formats.DASH if value is None else f"{formats.number(value, 2, signed=True)}c"
            found.append(f"{count} {side} after {formats.age(one.seconds)} {cents}")
    return found


class ToxicityPanel(Panel):
    """Toxicity and markouts of one market that is made."""

    rests_ms = 500

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Toxicity and markout", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self._view: ToxicityView | None = None
        self.flow = Flow()
        self.set_body(self.flow)
        self.set_state(LOADING, "Waiting for the market maker")

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Turn to the market of an instrument, if it is made."""
        if instrument != self.instrument:
            self.instrument = instrument
            self._draw()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.TOXICITY})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if isinstance(view, ToxicityView):
            self._view = view
            self._draw()

    def _draw(self) -> None:
        view = self._view
        if view is None:
            return
        worst = max(view.rows, key=lambda row: row.sigma or 0.0, default=None)
        line = next((row for row in view.rows if row.instrument == self.instrument), worst)
        self.set_subtitle("" if line is None else line.name)
        self.flow.show_line(line, view.now)
        self.set_state(EMPTY if line is None else LIVE, NOTHING if line is None else "", icon="layers")
