"""The options chain dock: every option of one expiry, calls beside puts, and what a hand on them asks for."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Watch
from engine.core.units import Side
from engine.views import topics
from engine.views.options import ChainView, ExpiriesView, ExpiryLine, OptionSide
from engine.views.sheet import Sheet, moment
from widgets import formats, menus, option_columns
from widgets.expiry_tabs import ExpiryTabs
from widgets.fields import Choice
from widgets.option_grid import OptionGrid
from widgets.option_picture import Spot
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING, STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from engine.core.commands import Tif
    from engine.core.ids import InstrumentId, Topic
    from engine.views.options import ChainRow
    from engine.views.sheet import Value

_numbers = count(1)
HELP: Final = (
    "Calls on the left, puts on the right of the strikes of one expiry; the yellow line is the forward, and what lies "
    "in the money is shaded. A click selects an option and turns the linked ladder to it; a click on a bid or an ask "
    "also puts an order into the ticket: buying at the bid, selling at the ask. Nothing is sent from here.\n\n"
    "Volatilities are those that bid and ask imply at the forward; none is shown where a price tells none. Greeks are "
    "of one unit in dollars: Δ and Γ by a dollar of the forward, V by a point of volatility, Θ by a day. A star marks "
    "working orders.\n\n"
    "B and S put an order into the ticket, Shift+B and Shift+S a leg into the plan."
)
HEADERS: Final = (
    "instrument", "expiry UTC", "expiry ns", "kind", "strike", "currency", "bid", "ask", "mid", "mark", "IV bid %",
    "IV ask %", "IV mark %", "delta", "gamma", "vega $", "theta $", "OI", "qty",
)  # fmt: skip


class WantedLeg(NamedTuple):
    """An option that shall become a leg of the plan."""

    side: Side
    option: OptionSide
    view: ChainView
    strike: float
    put: bool


class WantedOrder(NamedTuple):
    """An order that shall be put into the ticket."""

    instrument: InstrumentId
    side: Side
    price: float | None
    """In the currency of the chain; None where there is none."""
    qty: Decimal | None = None
    """Units; None leaves what the ticket has."""
    tif: Tif | None = None
    """None leaves what the ticket has."""
    reduce_only: bool = False


class OptionsPanel(Panel):
    """Options chain dock."""

    chain_chosen = Signal(str)
    """Key of the chain that is looked at now."""
    leg_wanted = Signal(object)
    """A `WantedLeg`."""
    order_wanted = Signal(object)
    """A `WantedOrder`."""

    area = "options"
    rests_ms = 100

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Options chain", help_text=HELP, parent=parent)
        self.key = ""
        self.who = f"chain {next(_numbers)}"
        """What it watches as: another dock that lets the same chain go takes nothing from this one."""
        self._lines: tuple[ExpiryLine, ...] = ()
        self._asked = ""
        """Key of the chain whose instruments were asked to be followed."""
        self._waiting: InstrumentId | None = None
        self.grid, self.tabs = OptionGrid(), ExpiryTabs()
        self.groups = Choice("Underlying, venue and settlement")
        self.groups.setMinimumWidth(150)
        self.groups.activated.connect(lambda _: self._group_chosen(self.groups.currentText()))
        self.tabs.chosen.connect(self.choose_chain)
        self.grid.moved.connect(self._moved)
        self.grid.pressed.connect(self._pressed)
        self.grid.acted.connect(self._act_on)
        self.grid.asked.connect(self._open_row_menu)
        page, tools = QWidget(), QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(6, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.groups)
        row.addWidget(self.tabs, 1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(tools)
        layout.addWidget(self.grid, 1)
        page.setFocusProxy(self.grid)
        self.set_body(page)
        self.set_state(LOADING, "Waiting for the expiries")

    # What it shows

    @override
    def topics(self) -> frozenset[Topic]:
        key = topics.chain_key(self.key)
        return frozenset({topics.EXPIRIES} | ({topics.chain(key)} if key is not None else set()))

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, ExpiriesView):
            self._show_expiries(view)
        elif isinstance(view, ChainView) and view.key == self.key:
            self._show_chain(view)

    def _show_expiries(self, view: ExpiriesView) -> None:
        self._lines = view.rows
        if not view.rows:
            self.set_state(EMPTY, "No venue of this session lists options.")
            return
        names = list(dict.fromkeys(option_columns.group_of(one) for one in view.rows))
        if names != [self.groups.itemText(n) for n in range(self.groups.count())]:
            self.groups.clear()
            self.groups.addItems(names)
        if self._line() is None:
            self.choose_chain(self._first_key())
        self._show_tabs()

    def _first_key(self) -> str:
        """Return a chain to begin with: one that we hold something of, else the first that a week is left of."""
        held = [one for one in self._lines if one.held]
        later = [one for one in self._lines if one.days >= 7.0]
        return (held or later or list(self._lines))[0].key

    def _line(self) -> ExpiryLine | None:
        return next((one for one in self._lines if one.key == self.key), None)

    def _show_tabs(self) -> None:
        line = self._line()
        if line is None:
            return
        group = option_columns.group_of(line)
        self.groups.setCurrentText(group)
        self.tabs.show_lines([one for one in self._lines if option_columns.group_of(one) == group], self.key)

    def _show_chain(self, view: ChainView) -> None:
        self.grid.show_view(view)
        self.tabs.show_facts(option_columns.facts(view))
        currency = f"prices in {view.currency}" if view.inverse else view.currency
        self.set_subtitle(f"{view.underlying} · {view.venue_title} · {currency} · {len(view.rows)} strikes")
        if not view.rows:
            self.set_state(EMPTY, "No option of this expiry is listed any more.")
        else:
            state = view.state if view.state in STATES else LIVE
            self.set_state(state, view.note)
        if self._asked != view.key:
            self._follow(view.key)
        if self._waiting is not None and self.grid.select_instrument(self._waiting):
            self._waiting = None

    # What the trader does

    def choose_chain(self, key: str) -> None:
        """Look at another chain, and have the desk follow it in place of the one before."""
        if key == self.key or topics.chain_key(key) is None:
            return
        if self._asked == self.key:
            self.let_go()
        self.key = key
        self.grid.show_view(None)
        self.set_state(LOADING, "Waiting for the chain")
        self._follow(key)
        self._show_tabs()
        self.retarget()
        self.chain_chosen.emit(key)

    def let_go(self) -> None:
        """Have the chain followed no more that this dock asked for, unless somebody else wants it."""
        if self._asked:
            self.intent.emit(Watch(what=self._asked, on=False, who=self.who))
            self._asked = ""

    def _follow(self, key: str) -> None:
        self._asked = key
        self.intent.emit(Watch(what=key, who=self.who))

    def _group_chosen(self, name: str) -> None:
        """Go to the same expiry of another group, or the one nearest to it."""
        line = self._line()
        others = [one for one in self._lines if option_columns.group_of(one) == name]
        if others:
            near = min(others, key=lambda one: abs(one.expires - line.expires) if line else 0)
            self.choose_chain(near.key)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Select an option that another dock turned to, if it is in this chain."""
        self._waiting = None if self.grid.select_instrument(instrument) else instrument

    def _moved(self) -> None:
        side = self.grid.side(self.grid.at)
        if side is not None:
            self.selected.emit(side.instrument)

    def _pressed(self, spot: Spot) -> None:
        self._to_ticket(spot, Side.BUY if spot.column == "bid" else Side.SELL, join=True)

    def _to_ticket(self, spot: Spot, side: Side, *, join: bool = False) -> None:
        """Put an order into the ticket: at the own side's best price, or at what the other side asks."""
        one = self.grid.side(spot)
        if one is not None:
            price = one.bid if (side is Side.BUY) == join else one.ask
            self.order_wanted.emit(WantedOrder(one.instrument, side, price))

    def _leg(self, spot: Spot, side: Side) -> None:
        one, view = self.grid.side(spot), self.grid.view
        if one is not None and view is not None:
            strike = float(self.grid.rows[spot.row].strike)
            self.leg_wanted.emit(WantedLeg(side, one, view, strike, spot.put))

    def _act_on(self, action: str) -> None:
        act = self.acts().get(action)
        if act is not None:
            act()

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        at = self.grid.at
        return {
            "options.take": self._moved,
            "options.buy": partial(self._to_ticket, at, Side.BUY),
            "options.sell": partial(self._to_ticket, at, Side.SELL),
            "options.leg_buy": partial(self._leg, at, Side.BUY),
            "options.leg_sell": partial(self._leg, at, Side.SELL),
            "options.sooner": partial(self.tabs.step, -1),
            "options.later": partial(self.tabs.step, 1),
            "options.home": self.grid.go_home,
        }

    def _open_row_menu(self, spot: Spot, where: QPoint) -> None:
        menu = menus.menu(self)
        self.fill_row_menu(menu, spot)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)

    def fill_row_menu(self, menu: QMenu, spot: Spot) -> None:
        """Add what can be done about one option."""
        for words, act in (
            ("Buy, in the ticket", partial(self._to_ticket, spot, Side.BUY)),
            ("Sell, in the ticket", partial(self._to_ticket, spot, Side.SELL)),
            ("Add a bought leg to the plan", partial(self._leg, spot, Side.BUY)),
            ("Add a sold leg to the plan", partial(self._leg, spot, Side.SELL)),
        ):
            menu.addAction(words).triggered.connect(lambda _=False, go=act: go())

    # What others take of it

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (self.sheet,)

    def sheet(self) -> Sheet:
        """Return the chain, one row an option, with every digit that is known."""
        view = self.grid.view
        rows = [] if view is None else [
            _row_of(view, row, kind, one)
            for row in view.rows
            for kind, one in (("C", row.call), ("P", row.put))
            if one is not None
        ]  # fmt: skip
        return Sheet("Options chain", HEADERS, tuple(rows))


def _row_of(view: ChainView, row: ChainRow, kind: str, one: OptionSide) -> tuple[Value, ...]:
    vols = (None if v is None else 100.0 * v for v in (one.bid_iv, one.ask_iv, one.mark_iv))
    return (
        formats.plain(one.instrument.symbol), *moment(view.expires), kind, row.strike, view.currency, one.bid, one.ask,
        one.mid, one.mark, *vols, one.delta, one.gamma, one.vega, one.theta, one.open_interest, one.qty,
    )  # fmt: skip
