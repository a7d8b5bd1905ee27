"""The payoff dock: a position's result along the price, today and at expiry, its greeks, and how it stands shifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, Topic
from engine.views import topics
from engine.views.sheet import Sheet
from widgets import formats, paint, payoff_canvas, theme
from widgets.fields import Segments
from widgets.option_legs import Position
from widgets.panel import Panel
from widgets.payoff_canvas import Curves, GreekCanvas, GridCanvas, PayoffCanvas
from widgets.states import EMPTY, LIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QPaintEvent

PAYOFF, GREEKS, GRID = "payoff", "greeks", "grid"
VIEWS: Final = ((PAYOFF, "Payoff"), (GREEKS, "Greeks by spot"), (GRID, "Scenario grid"))
DAYS: Final = (("0", "today"), ("7", "+7 d"), ("14", "+14 d"), ("30", "+30 d"))
WIDEST, NARROWEST = 0.9, 0.05
HELP: Final = (
    "What the legs of the dock beside it come to along the price: solid when the first of them expires, dashed today "
    "or some days on. Triangles are break-evens. Legs that live longer are worth what Black's formula says then; each "
    "keeps its volatility. Fees are not in it. Greeks by spot are those of the dashed day. The grid says what would be "
    "gained against now if price and volatility jumped.\n\nV goes to the next view, + and - change the range, Left and "
    "Right move the crosshair."
)


class FactsLine(QWidget):
    """Debit, greatest loss and win, break-evens; and which legs are in no curve."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts: tuple[tuple[str, str, str], ...] = ()
        self.missing = ""
        self.setFixedHeight(theme.current().size("toolRow"))

    def show_facts(self, facts: tuple[tuple[str, str, str], ...], missing: str) -> None:
        """Show names, words and colours, and what is left out."""
        self.facts, self.missing = facts, missing
        spoken = ", ".join(f"{name} {words}" for name, words, _ in facts)
        self.setAccessibleName(f"Position: {spoken or 'none'}")
        self.setToolTip(formats.tip(missing))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        x, base = 10.0, round(paint.baseline(0, self.height(), 11))
        for name, words, colour in self.facts:
            if x + paint.width(name, look.ui(11)) + paint.width(words, look.number(11, 600)) + 5 > self.width():
                return
            x = paint.text_at(p, x, base, name, look.ui(11), look.colour("text.muted")) + 5
            x = paint.text_at(p, x, base, words, look.number(11, 600), look.colour(colour)) + 14
        if self.missing:
            room = QRect(round(x), 0, self.width() - round(x) - 8, self.height())
            paint.text(p, room, self.missing, look.ui(11), look.colour("warn"), paint.RIGHT, elide=True)


class PayoffPanel(Panel):
    """Payoff dock. It shows the position that a legs dock of its workspace tells."""

    area = "plane"
    rests_ms = 500
    told = Signal(object, object)
    """A topic and its view that legs are made from: a legs dock behind another tab hears of it from here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Payoff", help_text=HELP, parent=parent)
        self.position: Position | None = None
        self.curves: Curves | None = None
        self.reach = 0.3
        self.views = Segments("View", VIEWS, height=20)
        self.days = Segments("Day of the dashed curve", DAYS, number=True, height=20)
        self.canvas, self.grid, self.facts = PayoffCanvas(), GridCanvas(), FactsLine()
        self.greeks = [
            GreekCanvas(name, title)
            for name, title in (("delta", "Δ coins"), ("gamma", "Γ e−5"), ("vega", "V $/pt"), ("theta", "Θ $/day"))
        ]
        four = QWidget()
        square = QGridLayout(four)
        square.setContentsMargins(0, 0, 0, 0)
        square.setSpacing(0)
        for n, one in enumerate(self.greeks):
            square.addWidget(one, n // 2, n % 2)
        self.pages = QStackedWidget()
        for page in (self.canvas, four, self.grid):
            self.pages.addWidget(page)
        tools, body = QWidget(), QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(6, 3, 6, 3)
        row.setSpacing(10)
        row.addWidget(self.views)
        row.addStretch(1)
        row.addWidget(self.days)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part, stretch in ((tools, 0), (self.pages, 1), (self.facts, 0)):
            layout.addWidget(part, stretch)
        body.setFocusProxy(self.canvas)
        self.set_body(body)
        self.views.chosen.connect(lambda _: self._turned())
        self.days.chosen.connect(lambda _: self._show())
        for plane in (self.canvas, *self.greeks):
            plane.acted.connect(self._act_on)
            plane.pointed.connect(self._pointed)
        self._show()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.GREEKS, topics.EXPIRIES})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        """Draw nothing: what it shows comes from the legs, which are told what is new."""
        self.told.emit(topic, view)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Instruments turn nothing here: the legs tell what is shown."""

    def show_position(self, position: Position | None) -> None:
        """Show the legs of a dock beside it; None where there are none."""
        self.position = position
        self._show()

    def _show(self) -> None:
        position, days = self.position, float(self.days.value() or 0)
        self.curves = None if position is None else payoff_canvas.curves_of(position, self.reach, days)
        self._draw()
        if position is None or self.curves is None:
            left_out = () if position is None else position.missing
            why = "No leg is held or planned." if not left_out else "Nothing is known of the volatility of these legs."
            self.set_state(EMPTY, why)
            self.facts.show_facts((), "")
            self.set_subtitle("")
            return
        missing = f"not in it: {', '.join(position.missing)}" if position.missing else ""
        self.facts.show_facts(payoff_canvas.facts(self.curves), missing)
        legs = "1 leg" if len(position.legs) == 1 else f"{len(position.legs)} legs"
        self.set_subtitle(f"{position.underlying} · {legs}")
        self.set_state(LIVE)

    def _draw(self) -> None:
        """Draw the page that is seen; the others are drawn when they are turned to."""
        view = self.views.value()
        if view == PAYOFF:
            self.canvas.show_curves(self.curves)
        elif view == GREEKS:
            for one in self.greeks:
                one.show_curves(self.curves)
        else:
            self.grid.show_position(self.position, float(self.days.value() or 0))

    def _turned(self) -> None:
        self.pages.setCurrentIndex([key for key, _ in VIEWS].index(self.views.value()))
        self._draw()

    def _pointed(self, price: float | None) -> None:
        """Show the same price in all pictures."""
        for one in (self.canvas, *self.greeks):
            one.point(price)

    def _act_on(self, action: str) -> None:
        factor = {"plane.narrower": 0.8, "plane.wider": 1.25}.get(action)
        if factor is not None:
            self.reach = min(max(self.reach * factor, NARROWEST), WIDEST)
            self._show()
        elif action == "plane.next":
            keys = [key for key, _ in VIEWS]
            self.views.set_value(keys[(keys.index(self.views.value()) + 1) % len(keys)])
            self._turned()

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        return {
            "plane.next": lambda: self._act_on("plane.next"),
            "plane.wider": lambda: self._act_on("plane.wider"),
            "plane.narrower": lambda: self._act_on("plane.narrower"),
        }

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (self.sheet,)

    def sheet(self) -> Sheet:
        """Return the curves as rows."""
        headers = ("price", "at expiry $", "on the day $", "delta", "gamma", "vega $", "theta $")
        return Sheet("Payoff", headers, () if self.curves is None else tuple(payoff_canvas.rows_of(self.curves)))
