"""The depth heat dock: the book of one instrument over time, with what traded drawn on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.units import SECOND
from engine.views import topics
from engine.views.chart import HeatView
from widgets import formats, states
from widgets.heat_canvas import FEWEST, HeatCanvas
from widgets.plot import PAN
from widgets.plot_panel import PlotPanel
from widgets.toolrow import Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QWidget

    from engine.core.ids import Topic

HELP: Final = (
    "The book over time: blue bids, orange asks, the brighter the larger. White lines are the best prices, circles are"
    " trades: filled bought, hollow sold, dotted unknown; triangles are ours. Hatched times are not known. Wheel or +"
    " and − zoom, arrows move, Page Up and Page Down show more or fewer prices, F follows now and the market, Z changes"
    " the clock. It is recorded as long as somebody looks."
)
PICK: Final = "Pick a market to see its book over time."


class HeatPanel(PlotPanel):
    """The depth heat dock."""

    rests_ms = 500
    area = "heat"

    pick = PICK
    waits = "Waiting for the first book"
    icon = "book"
    canvas: HeatCanvas

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Depth heat", help_text=HELP, parent=parent)
        self.canvas = HeatCanvas()
        self.marks = Switch("trades", "text.strong")
        self.marks.setChecked(True)
        self.marks.clicked.connect(self.canvas.toggle_trades)
        self._fill((self.marks,))

    @override
    def topics(self) -> frozenset[Topic]:
        if self.instrument is None:
            return frozenset()
        return frozenset({topics.heat(self.instrument.symbol, self.zone_asked())})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if view is None and self.instrument is not None:
            self.set_state(states.EMPTY, "No book of this instrument comes here.", icon="book")
            return
        if not isinstance(view, HeatView) or view.instrument != self.instrument:
            return
        self.canvas.show_view(view)
        length = formats.age((view.now - int(view.at[0])) / SECOND) if len(view.at) else ""
        self.set_subtitle(f"{view.title}  {length} · size by brightness")
        self._show_zone(view.zone, view.now)
        if not len(view.at):
            self.set_state(states.LOADING, view.why or "Waiting for the first book")
        else:
            self.set_state(view.state if view.state in states.STATES else states.LIVE, view.why)
        self.canvas.setAccessibleDescription(self.canvas.read_out())

    @override
    def settings(self) -> dict[str, object]:
        return {"zone": self.zone, "rows": self.canvas.rows, "trades": self.canvas.trades}

    @override
    def apply_settings(self, chosen: Mapping[str, object]) -> None:
        self.set_zone(str(chosen.get("zone", self.zone))[:16])
        rows = chosen.get("rows")
        if isinstance(rows, int) and FEWEST <= rows <= 99:
            self.canvas.rows = rows
        if (chosen.get("trades") is False) is self.canvas.trades:
            self.canvas.toggle_trades()
            self.marks.setChecked(self.canvas.trades)

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        canvas = self.canvas
        return {
            "heat.zoom_in": lambda: canvas.zoom(1),
            "heat.zoom_out": lambda: canvas.zoom(-1),
            "heat.earlier": lambda: canvas.pan(-PAN),
            "heat.later": lambda: canvas.pan(PAN),
            "heat.up": lambda: canvas.go_up(1),
            "heat.down": lambda: canvas.go_up(-1),
            "heat.more": lambda: canvas.more_rows(1),
            "heat.fewer": lambda: canvas.more_rows(-1),
            "heat.whole": canvas.show_whole,
            "heat.follow": canvas.go_home,
            "heat.zone": self.turn_zone,
            "heat.trades": self.marks.click,
            "heat.cross_back": lambda: self._cross(-1),
            "heat.cross_on": lambda: self._cross(1),
            "heat.escape": canvas.drop_crosshair,
        }

    def _cross(self, steps: int) -> None:
        view = self.canvas.view
        if view is not None:
            self.canvas.step_crosshair(steps, view.every)
            self.canvas.setAccessibleDescription(self.canvas.read_out())
