"""PlotPanel: what docks have in common that show one instrument over time: whose, on which clock, the crosshair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics
from widgets import keymap, panel, states, timeaxis
from widgets.toolrow import Switch, ToolRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent

    from engine.core.ids import InstrumentId
    from engine.core.units import Nanos
    from engine.core.zone import Zone
    from widgets.chart_canvas import ChartCanvas
    from widgets.crosshair import Pointed
    from widgets.heat_canvas import HeatCanvas


class PlotPanel(panel.Panel):
    """Base of such a dock; a subclass gives its canvas to `_fill`."""

    pointed = Signal(object)
    """A `Pointed` of the crosshair, or None."""
    pick = ""
    """Said where no market was picked."""
    waits = ""
    """Said until the first view comes."""
    icon = ""
    canvas: ChartCanvas | HeatCanvas

    def __init__(self, title: str, *, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(title, help_text=help_text, parent=parent)
        self.instrument: InstrumentId | None = None
        self.zone = ""
        """Code of the clock that was chosen; empty until one was: the station's where one decides, else this one's."""
        self.clock = Switch("local", checkable=False)
        self.clock.setToolTip("Which clock the time axis is of")
        self.follows = Switch("Follow")
        self.follows.setChecked(True)

    def _fill(self, tools: Sequence[QWidget]) -> None:
        """Put the tools above the canvas, and listen to both."""
        canvas = self.canvas
        self.tools = ToolRow(tools, (self.follows, self.clock))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tools)
        column.addWidget(canvas, 1)
        body.setFocusProxy(canvas)
        self.set_body(body)
        self.clock.clicked.connect(self.turn_zone)
        self.follows.clicked.connect(lambda: canvas.follow(on=self.follows.isChecked()))
        canvas.moved.connect(lambda: self.follows.setChecked(canvas.window_.follow))
        canvas.pointed.connect(self.pointed)
        canvas.keyed.connect(self._key)
        self.set_state(states.EMPTY, self.pick, icon=self.icon)

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.canvas.show_view(None)
        self.set_subtitle("")
        if instrument is None:
            self.set_state(states.EMPTY, self.pick, icon=self.icon)
        else:
            self.set_state(states.LOADING, self.waits)
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

    def zone_asked(self) -> str:
        """Return the code of the clock that times are asked for on."""
        return self.zone or topics.STATION_CLOCK

    def _show_zone(self, zone: Zone, now: Nanos) -> None:
        """Name the clock that the axis is of."""
        name = timeaxis.name(zone, now)
        if name != self.clock.text():
            self.clock.set_words(name)
            self.tools.lay_out()

    @override
    def strip_top(self) -> int:
        return self.tools.height()

    def _key(self, event: QKeyEvent) -> None:
        act = self.acts().get(keymap.current().action(self.area, keymap.key_of(event)))
        if act is not None:
            act()
            event.accept()


def next_zone(zones: tuple[Zone, ...], now: Zone) -> Zone:
    """Return the clock after one, the first after the last."""
    codes = [one.code for one in zones]
    return zones[(codes.index(now.code) + 1) % len(zones) if now.code in codes else 0]
