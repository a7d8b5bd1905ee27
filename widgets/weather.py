"""The station dock: what one station has measured today, against what the linked market asks, and what may come.

The engine's ages are as old as its last word; while the dock is seen it asks again once a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Ring
from engine.core.ids import StationId
from engine.core.units import SECOND
from engine.views import topics
from engine.views.board import BoardView
from engine.views.status import SpineView
from engine.views.weather import StationView
from widgets import panel, states
from widgets.station_facts import Facts, Hero, Tools
from widgets.station_odds import Odds
from widgets.station_picker import StationPicker
from widgets.station_trace import Trace

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.core.ids import Topic
    from engine.views.station import StationsView

_WIDE: Final = 560
"""From this width on the facts stand beside the chart."""
_WIDER: Final = 780
"""From here on the law stands between them."""
_LAW: Final = 240
_LEAST: Final = (160, 160)
_NO_LIMIT: Final = (1 << 24) - 1
_AGAIN_MS: Final = 1_000
_NOBODY: Final = "Pick a market, a station on the map, or one by its code."
_PICK: Final = "Pick a station"


class StationPanel(panel.Panel):
    """One station over its climate day."""

    rests_ms = 250

    source_wanted = Signal(str)
    """The market whose way from source to price is asked for."""
    stations_wanted = Signal()
    """A list of stations to pick from; `show_stations` answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        help_text = (
            "Discs are exact readings, rings whole degrees Celsius that may be either of two Fahrenheit values, the"
            " thin line a five-minute feed. The running high is a bound: the official one may still lie beyond it;"
            " yellow degrees are what it can have been so far, pink bars the model's law, under them the better"
            " edge of YES (Y) or NO (N) after fees. Hours are local standard time. The bell tells when an edge of"
            " a bracket is crossed."
        )
        super().__init__("Station", help_text=help_text, parent=parent)
        self._station = StationId("")
        self._market = ""
        self._view: StationView | None = None
        self._asked = QElapsedTimer()
        self._asked.start()
        self.hero = Hero()
        self.tools = Tools()
        self.trace = Trace()
        self.odds = Odds()
        self.facts = Facts()
        self.picker = StationPicker(self)
        body = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom, body)
        column = QVBoxLayout()
        for layout in (self._halves, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        for part in (self.hero, self.tools):
            column.addWidget(part)
        column.addWidget(self.trace, 1)
        self._left = column
        self._halves.addLayout(column, 1)
        self._halves.addWidget(self.odds)
        self._halves.addWidget(self.facts)
        self.set_body(body)
        body.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        body.setAccessibleName("Station")
        body.setMinimumSize(*_LEAST)  # not that of its parts: in a low place they share what there is
        self._wire()
        self._nobody()

    def _wire(self) -> None:
        self.tools.picking.connect(self._pick)
        self.tools.belled.connect(self._ring)
        self.tools.source.connect(self._source)
        self.tools.seen.turned.connect(self._turn)
        self.picker.picked.connect(self.set_station)
        self.acted.connect(lambda _state, words: self._pick() if words == _PICK else None)

    def _nobody(self) -> None:
        self.set_state(states.EMPTY, _NOBODY, icon="target", actions=(_PICK,))

    @override
    def strip_top(self) -> int:
        return self.hero.height()  # the running high stays in sight, whatever its age

    @override
    def topics(self) -> frozenset[Topic]:
        if not self._station:
            return frozenset()
        linked = None if self._view is None else self._view.market
        books = () if linked is None else (topics.board(linked),)
        return frozenset({topics.station(self._station, self._market), topics.SPINE, *books})

    def set_station(self, code: str, market: str = "") -> None:
        """Show another station, seen from a market if one is named; no code shows none."""
        if (code, market) == (self._station, self._market):
            return
        other = code != self._station
        self._station, self._market = StationId(code), market
        if other:
            self._view = None
            self.set_subtitle(code)
            if code:
                self.set_state(states.LOADING, f"Waiting for reports of {code}")
            else:
                self._nobody()
        self.retarget()

    def station(self) -> str:
        """Return the station it shows."""
        return self._station

    def show_stations(self, view: StationsView) -> None:
        """Offer stations to pick from."""
        self.picker.offer(view, self.tools if self.tools.isVisible() else self)

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if isinstance(view, SpineView):
            self._ask_again(view)
            return
        if isinstance(view, BoardView):
            if self._view is not None and view.market == self._view.market:
                self.odds.show_prices(view)
            return
        if view is None and topic in self.topics():
            self.set_state(states.EMPTY, f"{self._station} is not in the station list", icon="target", actions=(_PICK,))
        if not isinstance(view, StationView) or topic not in self.topics():
            return
        before = None if self._view is None else self._view.market
        self._view = view
        self._asked.restart()
        newest = max([view.last_at or 0, *(points[-1].at for points in (view.trace, view.often) if points)])
        age = (view.now - newest) / 1e9 if newest else None
        self.set_subtitle(f"{view.id} {view.name}")
        self.set_state(view.state if view.state in states.STATES else states.LIVE, view.why, age_s=age)
        for part in (self.hero, self.tools, self.trace, self.odds, self.facts):
            part.show_view(view)
        if view.market != before:
            self.odds.show_prices(None)
            self.retarget()

    def _ask_again(self, spine: SpineView) -> None:
        """Ask for the day again when its ages have grown by a second, and a real second has passed."""
        shown = self._view
        if shown is not None and spine.now - shown.now >= SECOND and self._asked.elapsed() >= _AGAIN_MS:
            self._asked.restart()
            self.retarget()

    def _pick(self) -> None:
        self.stations_wanted.emit()

    def _ring(self, on: bool) -> None:  # a Qt signal's argument
        if self._station:
            self.intent.emit(Ring(station=self._station, on=on))

    def _turn(self, market: str) -> None:
        """See the day from another market, with the docks of the link group or alone."""
        if self.link():
            self.selected.emit(market)
        self.set_station(self._station, market)

    def _source(self) -> None:
        if self._view is not None and self._view.market is not None:
            self.source_wanted.emit(self._view.market)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(event.size().width())
        super().resizeEvent(event)

    def _arrange(self, width: int) -> None:
        """Stack all parts, or put facts beside the chart, or the law between them too."""
        wide, wider = width >= _WIDE, width >= _WIDER
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._halves.direction() != way:
            self._halves.setDirection(way)
            self.facts.stand(beside=wide)
        between = self._halves.indexOf(self.odds) >= 0
        if between != (wider or not wide):
            (self._left if between else self._halves).addWidget(self.odds)
            if not between:
                self._halves.removeWidget(self.odds)
                self._halves.insertWidget(1, self.odds)
        self.odds.setMinimumWidth(_LAW if wider else 0)
        self.odds.setMaximumWidth(_LAW if wider else _NO_LIMIT)
        self.odds.setMaximumHeight(_NO_LIMIT if wider else self.odds.sizeHint().height())
