"""The map dock: the hexagons of one event through one layer, a side sheet of the picked cell, a slider over the hours.

Everything is painted natively from shipped outlines: the map needs no network and no browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import MarketId
from engine.views import topics
from engine.views.weather import CellsView
from widgets import hexlayers, panel, states, theme
from widgets.hexcanvas import MapCanvas
from widgets.hexhours import RunStrip
from widgets.hexside import LayerRow, SideSheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent

    from engine.core.ids import Topic
    from engine.core.units import Nanos

_NARROW: Final = 700
"""Below this width the side sheet is hidden."""
_LOW: Final = 260
"""Below this height of the map its facts would run into its buttons: it is hidden, too."""
_HELP: Final = (
    "Cells of the event, coloured by the chosen layer. Wheel or + and − zoom, drag or arrows move, Home returns."
    " Click a cell to link it. Cells without a value are only outlined. The slider below shows one hour of forecast,"
    " observations and alerts: arrows go by the hour, End returns to the whole window."
)


NOT_HERE: Final = "No market was picked yet whose place has forecast cells."


class MapPanel(panel.Panel):
    """The hex map as seen from one market.

    Parameters
    ----------
    now : callable, optional
        The session's clock, for the age of the forecast; without it the age is unknown.
    """

    rests_ms = 250
    area = "map"

    cell_clicked = Signal(str)
    """The H3 cell that was clicked."""
    markets_wanted = Signal(str)
    """The market of the picked cell, to be opened."""
    station_wanted = Signal(str)
    """The station whose dock is to be opened."""
    hedge_wanted = Signal(str)
    """The cell that is to be hedged."""

    def __init__(self, now: Callable[[], Nanos] | None = None, parent: QWidget | None = None) -> None:
        super().__init__("Map", help_text=_HELP, parent=parent)
        self._market = MarketId("")
        self._view: CellsView | None = None
        self._hour: Nanos | None = None
        self._sheet_closed = False
        self.canvas = MapCanvas()
        self.layers = LayerRow(hexlayers.layers(theme.current().section("hex")["saturatesAtCents"]))
        self.sheet = SideSheet()
        self.run = RunStrip(now)
        self.set_body(self._stack())
        self.setFocusProxy(self.canvas)
        self.layers.chosen.connect(self.canvas.show_layer)
        self.canvas.cell_clicked.connect(self._clicked)
        self.canvas.moved.connect(self._show_cell)
        self.sheet.closed.connect(self._close_sheet)
        self.sheet.markets_wanted.connect(self._open_markets)
        self.sheet.station_wanted.connect(self.station_wanted)
        self.sheet.hedge_wanted.connect(self.hedge_wanted)
        self.run.slider.hour_chosen.connect(self.set_hour)
        self.set_state(states.LOADING, "Waiting for the cells of this event")

    def _stack(self) -> QWidget:
        body = QWidget()
        middle = QHBoxLayout()
        column = QVBoxLayout(body)
        for layout in (middle, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self.sheet)
        column.addWidget(self.layers)
        column.addLayout(middle, 1)
        column.addWidget(self.run)
        return body

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.cells(self._market, self._hour)})

    def whole(self) -> Topic:
        """Return the topic that is said to be out of date, whichever hour is shown."""
        return topics.cells(self._market)

    def set_hour(self, hour: Nanos | None) -> None:
        """Show one hour of forecast, observations and alerts; None shows the whole window."""
        if hour != self._hour:
            self._hour = hour
            self.run.slider.pick(hour)
            self.retarget()

    def hour(self) -> Nanos | None:
        """Return the hour shown."""
        return self._hour

    def view(self) -> CellsView | None:
        """Return what is shown."""
        return self._view

    def set_market(self, market: str) -> None:
        """Show the map as seen from a market; empty shows it without one."""
        if market != self._market:
            self._market, self._hour = MarketId(market), None
            self.run.slider.pick(None)
            self.set_state(states.LOADING, "Waiting for the cells of this event")
            self.retarget()

    def market(self) -> str:
        """Return the market it is seen from."""
        return self._market

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, CellsView) or topic not in self.topics():
            return
        moved = self._view is None or view.market != self._view.market
        self._view = view
        if not view.cells and not view.stations:
            words = "No forecast cells and no stations yet." if view.market else NOT_HERE
            self.set_state(states.EMPTY, words, icon="hex")
            return
        if self._hour is not None and self._hour not in view.hours:
            self.set_hour(None)  # the window moved on, or is another one
        self.set_state(states.LIVE)
        self.canvas.show_view(view)
        if moved or not self.canvas.selected:
            self.canvas.select(view.selected or "")
        self.layers.set_title(view.title)
        self.run.show_run(view)
        self._show_cell()

    def select(self, cell: str) -> None:
        """Mark a cell and show its facts."""
        self.canvas.select(cell)
        self._sheet_closed = False
        self._show_cell()

    def _clicked(self, cell: str) -> None:
        self.select(cell)
        self.cell_clicked.emit(cell)
        market = self._market_at(cell)
        if market:
            self.selected.emit(market)

    def _show_cell(self) -> None:
        if self._view is None:
            return
        self.set_subtitle(f"H3 resolution {self.canvas.cells.resolution()}")
        cell = self.canvas.selected
        self.sheet.show_cell(self._view, cell, self.canvas.cells.lines_at(cell), self._market_at(cell))
        self._fit()

    def _close_sheet(self) -> None:
        self._sheet_closed = True
        self._fit()

    def _open_markets(self) -> None:
        market = self._market_at(self.canvas.selected)
        if market:
            self.markets_wanted.emit(market)

    def _market_at(self, cell: str) -> str:
        """Return the market of a cell, that of the view first; empty when it has none."""
        view, cells = self._view, self.canvas.cells
        if view is not None and view.market and cells.drawn(view.selected or "") == cells.drawn(cell) != "":
            return view.market
        return next((line.market for line in cells.lines_at(cell) if line.market), "")

    def _fit(self) -> None:
        roomy = self.width() >= _NARROW and self.canvas.height() >= _LOW
        self.sheet.setVisible(roomy and bool(self.canvas.selected) and not self._sheet_closed)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
