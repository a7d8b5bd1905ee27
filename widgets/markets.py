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
from widgets import market_search, menus, view_sheets
from widgets.controls import FlatButton, IconButton
from widgets.fields import Field
from widgets.market_lines import DELISTED, MARKET, Line, lines
from widgets.markets_list import Heads, MarketsList
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING
from widgets.watch_row import WatchRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.views.analytics.column import Column
    from engine.views.sheet import Sheet
    from widgets.watchlists import Watchlists

NEW: Final = "New market…"
FILTER: Final = "Filter   /  name, station, venue"
STARRED: Final = "Starred   /  name, station, venue"
FILTER_TIP: Final = (
    "Words from name, station, cell, venue, series or outcome; venue: city: series: station: strike: look there alone"
)
PHASES: Final = {2: "To phase 2: orders rest", 3: "To phase 3: b falls, the curve quotes a spread"}
"""An operator brings a market on; there is no way back."""
HELP: Final = (
    "Enter or a click turns the linked docks to a market. Left and Right close and open one, / filters, * stars. "
    "W puts one into the watchlist or out of it; the button before the filter shows one, Alt+Up and Alt+Down order it. "
    "over: sum of asks minus 100c. edge: best of buying YES or NO at the model, after fees."
)


class MarketsPanel(Panel):
    """The markets dock."""

    count_ages = True

    rests_ms = 250
    area = "markets"

    new_market = Signal()
    """The operator wants to list a market."""
    alert_wanted = Signal(object)
    """A `MarketRow` whose price an alert rule is to look at."""
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
        self._watch = WatchRow(self)
        self.filter = Field("Filter markets", number=False)
        self.filter.setMaxLength(market_search.LONGEST)
        self.filter.setPlaceholderText(FILTER)
        self.filter.setToolTip(FILTER_TIP)
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
        top.addWidget(self._watch.button)
        top.addWidget(self.filter, 1)
        top.addWidget(self._watch.naming, 1)
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
        self.list.watched.connect(self._watched)
        self.list.moved.connect(self._moved)
        self._watch.shown_changed.connect(self._refresh)
        self._watch.named.connect(self._named)
        self._watch.wants_delete.connect(self._ask_to_delete)
        self.new.clicked.connect(self.new_market)
        self.acted.connect(lambda _state, words: self.new_market.emit() if words == NEW else None)

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (lambda: view_sheets.markets(self._rows, tuple(self.list.extra.values())),)

    # What the window calls

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show these computed columns, too, in the list and in exports."""
        self.list.set_columns(columns)

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

    def set_watchlists(self, lists: Watchlists) -> None:
        """Use these watchlists; every markets dock has the same."""
        self._watch.set_lists(lists)

    def show_watchlist(self, name: str) -> None:
        """Show a watchlist alone; an empty name shows all markets."""
        self._watch.show_list(name)

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
            self.list.show_time(view.now)
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
            self.filter.text(),
            only_starred=self.only.isChecked(),
            watchlist=self._watch.watchlist(),
        )
        empty = self._watch.watchlist() is not None and not self.filter.text()
        self.list.nothing = "An empty list: W puts a market in." if empty else "No market fits the filter."
        self.set_subtitle(self._watch.shown)
        self.list.show_lines(shown)

    @override
    def find_field(self) -> QWidget | None:
        return self.filter

    # What it asks for

    def _only_starred(self, only: bool) -> None:
        self.filter.setPlaceholderText(STARRED if only else FILTER)
        self._refresh()

    def _watched(self, line: Line) -> None:
        """Put a market into the list that is shown, or the last one, or take it out again."""
        why = self._watch.switch(line.first)
        if why:
            self.tell(why)

    def _moved(self, line: Line, way: int) -> None:
        """Move a market in the list that is shown, the keyboard with it."""
        if self._watch.lists.move(self._watch.shown, line.market, way):
            self.list.go_to(line.market)

    def _named(self, why: str) -> None:
        self.filter.setVisible(not self._watch.naming.isVisible())
        if why:
            self.tell(why)
        elif self.filter.isVisible():
            self.list.setFocus()

    def _ask_to_delete(self, name: str, count: int) -> None:
        many = f"{count} market{'' if count == 1 else 's'}"
        self.ask(f"Delete the list “{name}” with {many}?", "Delete", lambda: self._watch.lists.delete(name))

    def _take(self, line: Line) -> None:
        if line.first.status == DELISTED:
            self.tell(f"{line.name} is no longer listed by its venue. It stays in the list until you remove it.")
            return
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
        if not line.first.currency:  # rules are in cents: one on a derivative would never be known
            menu.addAction("Alert on its price…", lambda: self.alert_wanted.emit(line.first))
        self._watch.fill(menu, line.first, self.tell)
        if self._role is Role.OPERATOR:
            menu.addSeparator()
            menu.addAction(NEW, self.new_market.emit)
            for phase, words in PHASES.items():
                if line.first.phase is not None and phase > line.first.phase:
                    asked = SetPhase(market=line.market, phase=phase)
                    menu.addAction(words, lambda asked=asked: self.intent.emit(asked))  # type: ignore[misc]

    def _open_choices(self, line: Line, where: QPoint) -> None:
        """Pop up what can be done with a line; never a nested loop."""
        menu = menus.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName("markets.choices")
        self.fill(menu, line)
        menu.popup(where)
