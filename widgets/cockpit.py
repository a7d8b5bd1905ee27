"""Up/Down cockpit: the window that runs, its strike and where that is from, value against market, the way here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.core.units import SECOND
from engine.views import topics
from engine.views.status import SpineView
from engine.views.updown import UpDownView
from widgets import formats
from widgets.cockpit_chart import WindowChart
from widgets.cockpit_face import TALL, Face
from widgets.cockpit_facts import OLD_S
from widgets.cockpit_windows import CHIPS, Windows
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING, STALE

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId

_HELP: Final = (
    "The Up/Down window that ends first. The ring runs down to its close. Strike says where it is from: a proxy is the "
    "first Binance price at the start, moved by the basis. Distance is in standard deviations of what is left. The bar "
    "shows the book's middle and, in pink, the model's value. Click a window's name to turn the linked docks to it; "
    "while they look at another window than this one, they stay there when the next begins."
)


class CockpitPanel(Panel):
    """Up/Down cockpit dock. It turns the linked docks to a window, and to the next when that begins.

    Docks that were turned elsewhere since then are left there: nobody's ladder changes its market under the hand.
    """

    rests_ms = 100
    looked: InstrumentId | None = None
    """What the linked docks were turned to last; None before they were."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Up/Down cockpit", help_text=_HELP, parent=parent)
        self.face = Face()
        self.chart = WindowChart()
        self.windows = Windows(self)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.face)
        box.addWidget(self.windows)
        box.addWidget(self.chart, 1)
        self.set_body(page)
        self.set_state(LOADING, "Waiting for the windows")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.UPDOWN, topics.SPINE})

    @override
    def strip_top(self) -> int:
        return TALL + CHIPS  # over the chart's legend: strike and value keep their names

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self.face.offset_hours = self.chart.offset_hours = view.utc_offset_hours
        elif isinstance(view, UpDownView):
            self._show(view)
        elif topic == topics.UPDOWN:
            self.set_state(EMPTY, "No Up/Down window is listed. They come with the Polymarket series of the settings.")

    def _show(self, view: UpDownView) -> None:
        before = self.face.view
        self.face.show_view(view)
        self.chart.show_view(view)
        self.windows.update()
        begins, ends = (formats.utc(at, "%H:%M").removesuffix("Z") for at in (view.start, view.end))
        name = f"{view.asset.upper()} {view.interval} · {begins}–{ends}Z"
        self.set_subtitle(f"{name} · resolves Up if the oracle's close ≥ strike")
        if view.runs and view.stale and view.end - view.now > SECOND:
            self.set_state(STALE, formats.plain(view.stale))
        elif view.runs and view.spot_age_s is not None and view.spot_age_s > OLD_S:
            words = "Binance is silent: distance, value and edges are of its last trade"
            self.set_state(STALE, words, age_s=view.spot_age_s)
        else:
            self.set_state(LIVE)
        if before is None or before.instrument != view.instrument:
            followed = self.looked is None or (before is not None and before.instrument == self.looked)
            if self.link() and followed:
                self.selected.emit(view.instrument)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Know what the linked docks look at."""
        self.looked = instrument
        self.windows.update()
