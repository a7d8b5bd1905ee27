"""The smile dock: volatility by strike of one expiry or of all, the surface, and the term structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, Topic
from engine.views import topics
from engine.views.options import ChainView, ExpiriesView, ExpiryLine
from engine.views.sheet import Sheet
from widgets import option_columns, smile_points
from widgets.fields import Segments
from widgets.panel import Panel
from widgets.smile_canvas import HeatCanvas, SmileCanvas, TermCanvas
from widgets.states import EMPTY, LIVE, LOADING, STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from widgets.smile_points import Fitted, Points

SMILE, ALL, SURFACE, TERM = "smile", "all", "surface", "term"
VIEWS: Final = ((SMILE, "Smile"), (ALL, "All expiries"), (SURFACE, "Surface"), (TERM, "Term"))
MOST: Final = 12
"""Expiries that are fitted at once."""
HELP: Final = (
    "Marks at each strike are the volatilities that bid and ask of the option out of the money imply; the small square "
    "is the venue's mark. The pink curve is fitted through the middles, nearer where bid and ask are close: SVI where "
    "it leaves no butterfly, else the smile of three parameters that never does. Circles are what you hold. The "
    "surface shows all expiries by strike against the forward, lifted where a calendar spread would be free. V goes "
    "to the next view, + and - change the range, Left and Right move the crosshair."
)


class SmilePanel(Panel):
    """Smile and surface dock; it follows the chain of its link group."""

    area = "plane"
    rests_ms = 1_000

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Smile", help_text=HELP, parent=parent)
        self.key = ""
        self._lines: tuple[ExpiryLine, ...] = ()
        self._points: dict[str, Points] = {}
        self._fitted: dict[str, Fitted] = {}
        self.views = Segments("View", VIEWS, height=20)
        self.views.chosen.connect(lambda _: self._turned())
        self.curve, self.map, self.term = SmileCanvas(), HeatCanvas(), TermCanvas()
        self.pages = QStackedWidget()
        for one in (self.curve, self.map, self.term):
            self.pages.addWidget(one)
        for plane in (self.curve, self.term):
            plane.acted.connect(self._act_on)
        page, tools = QWidget(), QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(6, 3, 6, 3)
        row.addWidget(self.views)
        row.addStretch(1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(tools)
        layout.addWidget(self.pages, 1)
        page.setFocusProxy(self.curve)
        self.set_body(page)
        self.set_state(LOADING, "Waiting for a chain")

    @override
    def topics(self) -> frozenset[Topic]:
        wanted = {self.key} if self.views.value() in {SMILE, TERM} else {self.key, *self._group()}
        keys = (topics.chain_key(one) for one in wanted)
        return frozenset({topics.EXPIRIES, *(topics.chain(one) for one in keys if one is not None)})

    def _group(self) -> list[str]:
        """Return the keys of all expiries beside the one looked at, soonest first."""
        line = next((one for one in self._lines if one.key == self.key), None)
        if line is None:
            return []
        group = option_columns.group_of(line)
        return [one.key for one in self._lines if option_columns.group_of(one) == group][:MOST]

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, ExpiriesView):
            before, self._lines = self._group(), view.rows
            if self._group() != before and self.views.value() in {ALL, SURFACE}:
                self.retarget()
            if not view.rows:
                self.set_state(EMPTY, "No venue of this session lists options.")
        elif isinstance(view, ChainView):
            self._take(view)
        self._show()

    def _take(self, view: ChainView) -> None:
        title = option_columns.expiry_words(view.expires)
        points = smile_points.points_of(view, title)
        if points is None:
            self._points.pop(view.key, None)
            self._fitted.pop(view.key, None)
        else:
            self._points[view.key] = points
            found = smile_points.fitted(view, points)
            if found is None:
                self._fitted.pop(view.key, None)
            else:
                self._fitted[view.key] = found
        if view.key == self.key:
            known = points is not None and bool(np.isfinite([points.bid, points.ask, points.mark]).any())
            state = view.state if view.state in STATES else LIVE
            why = view.note or ("" if known else "No price of this expiry tells a volatility.")
            self.set_state(state if known or state != LIVE else EMPTY, why)
            self.set_subtitle(f"{view.underlying} {title} · {view.venue_title}{self._verdict()}")

    def _verdict(self) -> str:
        found = self._fitted.get(self.key)
        if found is None:
            return ""
        return " · no free butterfly" if found.free else " · a butterfly is free"

    def _show(self) -> None:
        group = self._group()
        others = [self._fitted[key] for key in group if key in self._fitted and key != self.key]
        shown = others if self.views.value() == ALL else []
        self.curve.show_smile(self._points.get(self.key), self._fitted.get(self.key), shown)
        if self.views.value() == SURFACE:
            self.map.show_heat(smile_points.heat([self._fitted[key] for key in group if key in self._fitted]))
        if self.views.value() == TERM:
            self.term.show_lines([one for one in self._lines if one.key in group], self.key)

    def set_chain(self, key: str) -> None:
        """Show the chain that the link group looks at."""
        if key == self.key or topics.chain_key(key) is None:
            return
        self.key = key
        self.set_state(LOADING if key not in self._points else LIVE, "Waiting for the chain")
        self.retarget()
        self._show()

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Options of other chains turn nothing here: the chain tells which expiry is looked at."""

    def _turned(self) -> None:
        self.pages.setCurrentIndex({SURFACE: 1, TERM: 2}.get(self.views.value(), 0))
        self.retarget()
        self._show()

    def _act_on(self, action: str) -> None:
        if action == "plane.next":
            keys = [key for key, _ in VIEWS]
            self.views.set_value(keys[(keys.index(self.views.value()) + 1) % len(keys)])
            self._turned()
        else:
            self.curve.rescale(action)

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        return {one: lambda one=one: self._act_on(one) for one in ("plane.next", "plane.wider", "plane.narrower")}  # type: ignore[misc]

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (self.sheet,)

    def sheet(self) -> Sheet:
        """Return the volatilities of the expiry, with the smile's beside them."""
        points, found = self._points.get(self.key), self._fitted.get(self.key)
        rows = []
        for n, strike in enumerate(() if points is None else points.strikes):
            if points is None:
                break
            market = [float(row[n]) if np.isfinite(row[n]) else None for row in (points.bid, points.ask, points.mark)]
            model = None if found is None else float(smile_points.vols(found, np.array([strike]))[0])
            told = (None if value is None else 100.0 * value for value in (*market, model))
            rows.append((points.title, float(strike), *told, float(points.qty[n])))
        return Sheet(
            "Smile", ("expiry", "strike", "IV bid %", "IV ask %", "IV mark %", "IV model %", "qty"), tuple(rows)
        )
