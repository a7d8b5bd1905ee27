"""What each link group looks at, and how every kind of dock is turned to it.

Choosing an outcome in one dock points ladder, ticket, board, map and station of the same group at it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtWidgets import QApplication

from app.links import Pins
from app.option_desk import FOLLOW
from engine.core.ids import EMBEDDED, FamilyId, InstrumentId, MarketId, embedded
from engine.kernel.project import maps, names
from engine.maths import contracts
from engine.views import topics
from widgets.amm import AmmPanel
from widgets.brackets import BoardPanel
from widgets.chart_panel import ChartPanel
from widgets.cockpit import CockpitPanel
from widgets.down_ladder import DownPanel
from widgets.fills import FillsPanel
from widgets.heat import HeatPanel
from widgets.hexmap import MapPanel
from widgets.inventory import InventoryPanel
from widgets.ladder import LadderPanel
from widgets.markets import MarketsPanel
from widgets.option_maker import OptionMakerPanel
from widgets.orders import OrdersPanel
from widgets.positions import PositionsPanel
from widgets.quoter import QuoterPanel
from widgets.tape import TapePanel
from widgets.ticket import TicketPanel
from widgets.toxicity import ToxicityPanel
from widgets.weather import StationPanel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.boot import Session
    from app.option_desk import OptionDesk
    from app.window import Window
    from engine.views.market import MarketRow
    from widgets.panel import Panel

GROUPS: Final = {"Updown": 2, "Options": 3}
"""Workspaces whose docks have a link group of their own: windows roll, and options turn no ladder elsewhere."""
SENDS_ONLY: Final = (PositionsPanel, OrdersPanel, FillsPanel)
"""Docks that turn the others but follow nothing."""


class Turning:
    """Turns the docks of a window, by link group.

    Parameters
    ----------
    rows : callable
        The outcomes that are listed now.
    """

    def __init__(
        self, session: Session, window: Window, options: OptionDesk, rows: Callable[[], Sequence[MarketRow]]
    ) -> None:
        self.session = session
        self.window = window
        self.options = options
        self.pins = Pins(window, self.turn, rows, lambda one: one in session.kernel.state.listings)
        self._chosen: dict[int, InstrumentId] = {}

    def chosen(self, group: int = 1) -> InstrumentId | None:
        """Return what a link group looks at."""
        return self._chosen.get(group)

    def choose(self, what: object, group: int = 1, by: Panel | None = None) -> None:
        """Turn the docks of a link group to an instrument, or to the first outcome of a market.

        A dock that has the keyboard while another one turns it, `by` itself such as the cockpit as a window ends, takes
        no key for an order for a moment: it was meant for what stood there.
        """
        instrument = self._instrument(what)
        if instrument is None or self._chosen.get(group) == instrument:
            return
        self._chosen[group] = instrument
        at = QApplication.focusWidget()
        for panel in self.window.panels_made():
            if panel.link() == group:
                self.turn(panel, instrument)
                if by not in {None, panel} and at is not None and panel.isAncestorOf(at):
                    panel.hold_off()
        self.pins.turn_waiting(instrument)

    def choose_first(self) -> bool:
        """Look at the market that settles first, if nothing is chosen yet; return whether there is one."""
        if self.chosen() is not None:
            return True
        view = self.session.kernel.view(topics.MARKETS)
        rows = [row for row in getattr(view, "rows", ()) if row.status == "open" and row.mid is not None]
        if not rows:
            return False
        brackets = [row for row in rows if row.label and row.event == self.session.kernel.state.place]
        brackets = brackets or [row for row in rows if row.label and row.station]
        likely = max(brackets or rows, key=lambda row: row.mid or 0.0)
        self.choose(likely.instrument)
        return True

    def selected(self, panel: Panel, what: object, group: int) -> None:
        """Turn the group of a dock; a pinned one turns nobody, except those that only ever send."""
        if panel.link() or isinstance(panel, SENDS_ONLY):
            self.choose(what, panel.link() or group, panel)

    def joined(self, panel: Panel, group: int) -> None:
        """Turn a dock to what the group looks at that it was put in."""
        instrument = self._chosen.get(group)
        if instrument is not None:
            self.turn(panel, instrument)

    def turn(self, panel: Panel, instrument: InstrumentId) -> None:
        """Turn one dock to an instrument, as far as its kind can show it."""
        self.pins.turned(panel, instrument)
        for kinds, turn in TURNS:
            if isinstance(panel, kinds):
                turn(self, panel, instrument)
                return

    def market(self, instrument: InstrumentId) -> MarketId:
        """Return the market that an outcome is one of."""
        return names.market_id(self.session.kernel.state, instrument)

    def name(self, instrument: InstrumentId) -> str:
        """Return what a trader calls an instrument."""
        return names.instrument(self.session.kernel.state, instrument)

    def station(self, market: MarketId) -> str:
        """Return the station that decides a market, as far as its terms or rules name one."""
        state = self.session.kernel.state
        found = state.exchange.markets.get(market)
        if found is not None:
            return found.contract.stations[0].id
        family = state.families.get(FamilyId(market))
        return "" if family is None else family.station

    def _instrument(self, what: object) -> InstrumentId | None:
        if isinstance(what, InstrumentId):
            return what
        state = self.session.kernel.state
        if not isinstance(what, str):
            return None
        market = MarketId(what)
        chosen = next((i for i in self._chosen.values() if names.market_id(state, i) == market), None)
        if what in state.exchange.markets:
            return chosen or embedded(market, 0)
        family = state.families.get(FamilyId(what))
        return chosen or (None if family is None or not family.members else family.members[0])


class _Shows(Protocol):
    def set_instrument(self, instrument: InstrumentId) -> None: ...


def _as_it_is(_turning: Turning, panel: _Shows, instrument: InstrumentId) -> None:
    panel.set_instrument(instrument)


def _where(embedded_one: bool, _turning: Turning, panel: _Shows, instrument: InstrumentId) -> None:
    """Turn a dock that shows only our own exchange, or only venues: a venue's book has no curve."""
    if (instrument.venue == EMBEDDED) is embedded_one:
        panel.set_instrument(instrument)


def _derivative(turning: Turning, instrument: InstrumentId) -> bool:
    listing = turning.session.kernel.state.listings.get(instrument)
    return listing is not None and contracts.is_derivative(listing.instrument)


def _as_option(turning: Turning, panel: _Shows, instrument: InstrumentId) -> None:
    """Turn a dock that takes options alone."""
    listing = turning.session.kernel.state.listings.get(instrument)
    if listing is not None and contracts.is_option(listing.instrument):
        panel.set_instrument(instrument)


def _option(turning: Turning, panel: Panel, instrument: InstrumentId) -> None:
    turning.options.turn(panel, instrument)


def _ticket(turning: Turning, panel: TicketPanel, instrument: InstrumentId) -> None:
    if _derivative(turning, instrument):
        panel.put_away(f"{turning.name(instrument)} is ordered from its ladder, options also from workspace 3.")
    else:
        panel.load(instrument, turning.name(instrument))


def _board(turning: Turning, panel: BoardPanel, instrument: InstrumentId) -> None:
    if _derivative(turning, instrument):
        return  # it has no brackets; the board stays with the event it shows
    panel.set_market(turning.market(instrument))
    panel.show_chosen(instrument)


def _map(turning: Turning, panel: MapPanel, instrument: InstrumentId) -> None:
    market = turning.market(instrument)
    if instrument.venue == EMBEDDED or maps.has_cells(turning.session.kernel.state, market):
        panel.set_market(market)


def _markets(_turning: Turning, panel: MarketsPanel, instrument: InstrumentId) -> None:
    panel.show_chosen(instrument)


def _station(turning: Turning, panel: StationPanel, instrument: InstrumentId) -> None:
    market = turning.market(instrument)
    station = turning.station(market)
    if station:
        panel.set_station(station, market)


TURNS: Final[tuple[tuple[Any, Callable[[Turning, Any, InstrumentId], None]], ...]] = (
    (
        (LadderPanel, CockpitPanel, DownPanel, TapePanel, ChartPanel, HeatPanel, InventoryPanel, ToxicityPanel),
        _as_it_is,
    ),
    (QuoterPanel, partial(_where, False)),
    (OptionMakerPanel, _as_option),
    (AmmPanel, partial(_where, True)),
    (FOLLOW, _option),
    (TicketPanel, _ticket),
    (BoardPanel, _board),
    (MapPanel, _map),
    (MarketsPanel, _markets),
    (StationPanel, _station),
)
"""How each kind of dock is turned; a kind that is not here follows nothing."""
