"""The depth heat dock: the book of one instrument over time, with what traded drawn on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.units import SECOND
from engine.views import topics
from engine.views.chart import HeatView
from widgets import formats, keymap, panel, timeaxis
from widgets.chart_panel import next_zone
from widgets.heat_canvas import FEWEST, HeatCanvas
from widgets.plot import PAN
from widgets.toolrow import Switch, ToolRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtGui import QKeyEvent

    from engine.core.ids import InstrumentId, Topic
    from widgets.crosshair import Pointed

HELP: Final = (
    "The book over time: blue bids, orange asks, the brighter the larger. White lines are the best prices, circles are"
    " trades: filled bought, hollow sold, dotted unknown; triangles are ours. Hatched times are not known. Wheel or +"
    " and − zoom, arrows move, Page Up and Page Down show more or fewer prices, F follows now and the market, Z changes"
    " the clock. It is recorded as long as somebody looks."
)
PICK: Final = "Pick a market to see its book over time."


class HeatPanel(panel.Panel):
    """The depth heat dock."""

    rests_ms = 500
    area = "heat"

    pointed = Signal(object)
    """A `Pointed` of the crosshair, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Depth heat", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.zone = ""
        self.canvas = HeatCanvas()
        self.marks = Switch("trades", "text.strong")
        self.marks.setChecked(True)
        self.clock = Switch("local", checkable=False)
        self.clock.setToolTip("Which clock the time axis is of")
        self.follows = Switch("Follow")
        self.follows.setChecked(True)
        self.tools = ToolRow((self.marks,), (self.follows, self.clock))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tools)
        column.addWidget(self.canvas, 1)
        body.setFocusProxy(self.canvas)
        self.set_body(body)
        self.marks.clicked.connect(self.canvas.toggle_trades)
        self.clock.clicked.connect(self.turn_zone)
        self.follows.clicked.connect(lambda: self.canvas.follow(on=self.follows.isChecked()))
        self.canvas.moved.connect(lambda: self.follows.setChecked(self.canvas.window_.follow))
        self.canvas.pointed.connect(self.pointed)
        self.canvas.keyed.connect(self._key)
        self.set_state(panel.EMPTY, PICK, icon="book")

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.canvas.show_view(None)
        self.set_subtitle("")
        if instrument is None:
            self.set_state(panel.EMPTY, PICK, icon="book")
        else:
            self.set_state(panel.LOADING, "Waiting for the first book")
        self.retarget()

    def set_zone(self, code: str) -> None:
        """Show times by another clock."""
        if code != self.zone:
            self.zone = code
            self.retarget()

    def turn_zone(self) -> None:
        """Go to the next clock there is."""
        view = self.canvas.view
        if view is not None:
            self.set_zone(next_zone(view.zones, view.zone).code)

    def show_pointed(self, where: Pointed | None) -> None:
        """Show where another dock points."""
        self.canvas.show_pointed(where)

    @override
    def topics(self) -> frozenset[Topic]:
        if self.instrument is None:
            return frozenset()
        return frozenset({topics.heat(self.instrument.symbol, self.zone or topics.STATION_CLOCK)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if view is None and self.instrument is not None:
            self.set_state(panel.EMPTY, "No book of this instrument comes here.", icon="book")
            return
        if not isinstance(view, HeatView) or view.instrument != self.instrument:
            return
        self.canvas.show_view(view)
        length = formats.age((view.now - int(view.at[0])) / SECOND) if len(view.at) else ""
        self.set_subtitle(f"{view.title}  {length} · size by brightness")
        name = timeaxis.name(view.zone, view.now)
        if name != self.clock.text():
            self.clock.set_words(name)
            self.tools.lay_out()
        if not len(view.at):
            self.set_state(panel.LOADING, view.why or "Waiting for the first book")
        else:
            self.set_state(view.state if view.state in panel.STATES else panel.LIVE, view.why)
        self.canvas.setAccessibleDescription(self.canvas.read_out())

    @override
    def strip_top(self) -> int:
        return self.tools.height()

    def settings(self) -> dict[str, object]:
        """Return what the trader chose, for the saved layout."""
        return {"zone": self.zone, "rows": self.canvas.rows, "trades": self.canvas.trades}

    def apply_settings(self, chosen: Mapping[str, object]) -> None:
        """Take what was chosen before; what is not known is left out."""
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

    def _key(self, event: QKeyEvent) -> None:
        act = self.acts().get(keymap.current().action(self.area, keymap.key_of(event)))
        if act is not None:
            act()
            event.accept()
