"""The chart dock: bars of 1 s to 1 d, their worth, what decides them, our orders and fills, on a chosen clock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QActionGroup
from typing_extensions import override

from engine.core.commands import Amend
from engine.core.units import Leg, Qty, Ticks
from engine.maths.bars import INTERVALS
from engine.views import topics
from engine.views.chart import ChartView
from widgets import formats, states, timeaxis
from widgets.chart_canvas import SERIES, ChartCanvas
from widgets.fields import Segments
from widgets.plot import PAN
from widgets.plot_panel import PlotPanel
from widgets.toolrow import Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QMenu, QWidget

    from engine.core.ids import Topic
    from engine.views.chart import OrderMark

HELP: Final = (
    "Prices of one instrument as bars: hollow rose, filled fell. Pink is the model, blue the middle of the book; below"
    " is what decides it. Wheel or + and − zoom, drag or arrows move, Home shows all, F follows now. [ and ] change the"
    " interval, Z the clock, Shift with arrows moves the crosshair. Drag a line of an order to move it: it asks first."
    " Hatched times are not known."
)
PICK: Final = "Pick a market to see its chart."
TICKS: Final = 100
"""Of a cent, on what pays 1 or nothing with a unit of 0.0001."""


class ChartPanel(PlotPanel):
    """The chart dock."""

    rests_ms = 200
    area = "chart"

    pick = PICK
    waits = "Waiting for the first prices"
    icon = "clock"
    canvas: ChartCanvas

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Chart", help_text=HELP, parent=parent)
        self.interval = "1m"
        self.canvas = ChartCanvas()
        self.intervals = Segments("Interval", [(name, name) for name in INTERVALS], number=True, height=18)
        self.intervals.set_value(self.interval)
        self.switches = {key: Switch(words, tone) for key, words, tone in SERIES}
        for key, switch in self.switches.items():
            switch.setChecked(True)
            switch.clicked.connect(partial(self.canvas.toggle, key))
        self.intervals.chosen.connect(self.set_interval)
        self.canvas.move_wanted.connect(self._move)
        self._fill((self.intervals, *self.switches.values()))

    def set_interval(self, interval: str) -> None:
        """Show bars of another length."""
        if interval in INTERVALS and interval != self.interval:
            self.interval = interval
            self.intervals.set_value(interval)
            self.retarget()

    def turn_interval(self, step: int) -> None:
        """Go to the next longer or shorter bars."""
        names = list(INTERVALS)
        self.set_interval(names[min(max(names.index(self.interval) + step, 0), len(names) - 1)])

    @override
    def topics(self) -> frozenset[Topic]:
        if self.instrument is None:
            return frozenset()
        return frozenset({topics.chart(self.instrument.symbol, self.interval, self.zone_asked())})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if view is None and self.instrument is not None:
            self.set_state(states.EMPTY, "There is no such market any more.", icon="clock")
            return
        if not isinstance(view, ChartView) or view.instrument != self.instrument or view.interval != self.interval:
            return
        self.canvas.show_view(view)
        self.set_subtitle(f"{view.title}  {self.interval} · {view.since}")
        self._show_zone(view.zone, view.now)
        empty = not len(view.at) and view.under is None
        if empty:
            self.set_state(states.LOADING, "Nobody has traded here yet, and no price is known.")
        else:
            self.set_state(view.state if view.state in states.STATES else states.LIVE, view.why)
        self.canvas.setAccessibleDescription(", ".join(words for words, _ in self.canvas.read_out()))

    @override
    def fill_menu(self, menu: QMenu) -> None:
        zones = menu.addMenu("Clock")
        group = QActionGroup(menu)
        view = self.canvas.view
        for one in () if view is None else view.zones:
            action = zones.addAction(formats.plain(timeaxis.name(one, view.now if view is not None else 0)))
            action.setCheckable(True)
            action.setChecked(view is not None and one.code == view.zone.code)
            action.triggered.connect(partial(self.set_zone, one.code))
            group.addAction(action)
        for key, words, _ in SERIES:
            action = menu.addAction(f"Show {words}")
            action.setCheckable(True)
            action.setChecked(key in self.canvas.shown)
            action.triggered.connect(partial(self._switch, key))
        percent = menu.addAction("Prices in per cent")
        percent.setCheckable(True)
        percent.setChecked(self.canvas.percent)
        percent.triggered.connect(self.canvas.set_percent)

    @override
    def settings(self) -> dict[str, object]:
        return {
            "interval": self.interval, "zone": self.zone, "percent": self.canvas.percent,
            "hidden": sorted(key for key, _, _ in SERIES if key not in self.canvas.shown),
        }  # fmt: skip

    @override
    def apply_settings(self, chosen: Mapping[str, object]) -> None:
        self.set_interval(str(chosen.get("interval", self.interval)))
        self.set_zone(str(chosen.get("zone", self.zone))[:16])
        self.canvas.set_percent(chosen.get("percent") is True)
        hidden = chosen.get("hidden")
        for key, _, _ in SERIES:
            if isinstance(hidden, list | tuple) and (key in hidden) is (key in self.canvas.shown):
                self._switch(key)

    def _switch(self, key: str) -> None:
        self.canvas.toggle(key)
        self.switches[key].setChecked(key in self.canvas.shown)

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        canvas = self.canvas
        return {
            "chart.zoom_in": lambda: canvas.zoom(1),
            "chart.zoom_out": lambda: canvas.zoom(-1),
            "chart.earlier": lambda: canvas.pan(-PAN),
            "chart.later": lambda: canvas.pan(PAN),
            "chart.whole": canvas.show_whole,
            "chart.follow": canvas.follow,
            "chart.shorter": lambda: self.turn_interval(-1),
            "chart.longer": lambda: self.turn_interval(1),
            "chart.zone": self.turn_zone,
            "chart.percent": lambda: canvas.set_percent(not canvas.percent),
            "chart.cross_back": lambda: self._cross(-1),
            "chart.cross_on": lambda: self._cross(1),
            "chart.escape": canvas.let_go,
        }

    def _cross(self, steps: int) -> None:
        self.canvas.step_crosshair(steps, INTERVALS[self.interval])
        self.canvas.setAccessibleDescription(", ".join(words for words, _ in self.canvas.read_out()))

    def _move(self, mark: OrderMark, price: float) -> None:
        """Ask once whether an order shall move to where it was dragged."""
        if mark.qty is None or mark.ticks is None:
            return
        cents = round(price if mark.leg is Leg.YES else 100 - price)
        per_cent = round(mark.ticks / (mark.price if mark.leg is Leg.YES else 100 - mark.price))
        command = Amend(order=mark.order, price=Ticks(cents * per_cent), qty=Qty(mark.qty))
        words = mark.words.partition(",")[0]
        self.ask(f"Move {words} to {cents}c?", "Move", lambda: self.intent.emit(command))
