"""Markets as a tree: sections, markets, and their outcomes with what they are bid and asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Role, SetPhase
from engine.core.ids import InstrumentId, MarketId, Topic
from engine.views import topics as t
from engine.views.market import MarketRow, MarketsView
from engine.views.status import SpineView
from widgets import formats, view_sheets
from widgets.controls import FlatButton, IconButton
from widgets.fields import Field
from widgets.market_lines import MARKET, Line, lines
from widgets.markets_list import Heads, MarketsList
from widgets.panel import EMPTY, LIVE, LOADING, Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.views.sheet import Sheet

NEW: Final = "New market…"
PHASES: Final = {2: "To phase 2: orders rest", 3: "To phase 3: b falls, the curve quotes a spread"}
"""An operator brings a market on; there is no way back."""
HELP: Final = (
    "Enter or a click turns the linked docks to a market. Left and Right close and open one, / filters, * stars. "
    "over: sum of asks minus 100c. edge: best of buying YES or NO at the model, after fees."
)


class MarketsPanel(Panel):
    """The markets dock."""

    rests_ms = 250
    area = "markets"

    new_market = Signal()
    """The operator wants to list a market."""
    starred_changed = Signal(object)
    """The ids of all starred markets, sorted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Markets", help_text=HELP, parent=parent)
        self._rows: tuple[MarketRow, ...] = ()
        self._open: set[MarketId] = set()
        self._stars: set[MarketId] = set()
        self._unfolded: InstrumentId | None = None
        """The instrument whose market was unfolded for it; the trader may fold it again."""
        self._role = Role.TRADER
        self._seen = False
        self.filter = Field("Filter markets", number=False)
        self.filter.setPlaceholderText("Filter   /  name, station, cell")
        self.only = IconButton("star", "Only starred markets")
        self.only.setCheckable(True)
        self.list = MarketsList()
        self.new = FlatButton(NEW)
        self.new.icon_name = "plus"
        self._lay_out()
        self._wire()
        self.set_state(LOADING, "Waiting for the markets")

    def _lay_out(self) -> None:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 4, 4)
        top.setSpacing(2)
        self.filter.setFixedHeight(22)
        top.addWidget(self.filter, 1)
        top.addWidget(self.only)
        layout.addLayout(top)
        layout.addWidget(Heads(self.list))
        layout.addWidget(self.list, 1)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(8, 4, 8, 4)
        foot.addStretch(1)
        foot.addWidget(self.new)
        layout.addWidget(self._foot)
        self._foot.hide()
        body.setFocusProxy(self.list)
        self.set_body(body)

    def _wire(self) -> None:
        self.filter.textChanged.connect(self._refresh)
        self.filter.returnPressed.connect(self.list.setFocus)
        self.only.toggled.connect(self._only_starred)
        self.list.taken.connect(self._take)
        self.list.turned.connect(self._turn)
        self.list.starred.connect(self.star)
        self.list.asked.connect(self._open_choices)
        self.list.searched.connect(self.filter.setFocus)
        self.new.clicked.connect(self.new_market)
        self.acted.connect(lambda _state, words: self.new_market.emit() if words == NEW else None)

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (lambda: view_sheets.markets(self._rows),)

    # What the window calls

    def set_role(self, role: Role) -> None:
        """Let an operator list markets."""
        if role is not self._role:
            self._role = role
            self._foot.setVisible(role is Role.OPERATOR)
            self._refresh()

    def show_chosen(self, instrument: InstrumentId | None) -> None:
        """Show what the linked docks turned to, without telling others."""
        self.list.choose(instrument)
        if self._open_chosen():
            self._refresh()

    def _open_chosen(self) -> bool:
        """Unfold the market that was turned to, once it is known; return whether that is news."""
        if self.list.chosen == self._unfolded:
            return False
        market = next((r.market for r in self._rows if r.instrument == self.list.chosen), None)
        if market is None:
            return False
        self._unfolded = self.list.chosen
        self._open.add(market)
        return True

    def set_stars(self, stars: object) -> None:
        """Take the starred markets of the last session."""
        self._stars = {MarketId(str(s)) for s in stars} if isinstance(stars, (list, tuple, set, frozenset)) else set()
        self._refresh()

    def stars(self) -> tuple[MarketId, ...]:
        """Return the starred markets, sorted."""
        return tuple(sorted(self._stars))

    def star(self, market: MarketId) -> None:
        """Switch a market's star."""
        self._stars ^= {market}
        self.starred_changed.emit(self.stars())
        self._refresh()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({t.SPINE, t.MARKETS})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self.set_role(Role.OPERATOR if view.role == Role.OPERATOR.value else Role.TRADER)
            if view.now // 60_000_000_000 != self.list.now // 60_000_000_000:
                self.list.now = view.now
                self.list.viewport().update()
        elif isinstance(view, MarketsView):
            if view.rows and not self._rows:
                self._open.add(view.rows[0].market)
            self._rows = view.rows
            self._seen = True
            self._open_chosen()
            self._refresh()

    def _refresh(self) -> None:
        self.set_count(len({r.market for r in self._rows}) or None)
        if not self._rows and self._seen:
            operator = self._role is Role.OPERATOR
            self.set_state(EMPTY, "No markets are listed.", actions=(NEW,) if operator else (), icon="book")
        elif self._rows:
            self.set_state(LIVE)
        shown = lines(
            self._rows,
            self._open,
            self._stars,
            formats.plain(self.filter.text(), 60),
            only_starred=self.only.isChecked(),
        )
        self.list.show_lines(shown)

    @override
    def find_field(self) -> QWidget | None:
        return self.filter

    # What it asks for

    def _only_starred(self, only: bool) -> None:
        self.filter.setPlaceholderText(
            "Starred   /  name, station, cell" if only else "Filter   /  name, station, cell"
        )
        self._refresh()

    def _take(self, line: Line) -> None:
        if line.kind == MARKET and line.branches and not line.open:
            self._turn(line.market, opened=True)
        self.list.choose(line.instrument)
        self.selected.emit(line.instrument)

    def _turn(self, market: MarketId, opened: bool) -> None:
        if opened:
            self._open.add(market)
        else:
            self._open.discard(market)
        self._refresh()

    def fill(self, menu: QMenu, line: Line) -> None:
        """Put into a menu what can be done with a line."""
        menu.addAction("Show", lambda: self._take(line))
        menu.addAction("Unstar" if line.market in self._stars else "Star", lambda: self.star(line.market))
        if self._role is Role.OPERATOR:
            menu.addSeparator()
            menu.addAction(NEW, self.new_market.emit)
            for phase, words in PHASES.items():
                if line.first.phase is not None and phase > line.first.phase:
                    asked = SetPhase(market=line.market, phase=phase)
                    menu.addAction(words, lambda asked=asked: self.intent.emit(asked))  # type: ignore[misc]

    def _open_choices(self, line: Line, where: QPoint) -> None:
        """Pop up what can be done with a line; never a nested loop."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName("markets.choices")
        self.fill(menu, line)
        menu.popup(where)
