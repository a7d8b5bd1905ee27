"""The sheets about one market: listing it, the way from its source to its prices, a basket over its outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.core.ids import Cell
from engine.kernel import drafting
from engine.kernel.project import names
from widgets.basket import BasketTicket
from widgets.basket_legs import Kind
from widgets.create_market import CreateMarketDialog
from widgets.hexmap import MapPanel
from widgets.source_sheet import SourceSheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bridge import Bridge
    from engine.core.ids import InstrumentId, MarketId
    from engine.views.market import MarketDraft


class MarketSheets(QObject):
    """Opens the sheets; each is made when it is first wanted, and kept.

    Parameters
    ----------
    hand : callable
        What the keys of a dock's orders begin with: another text at every call.
    """

    def __init__(self, bridge: Bridge, hand: Callable[[], str]) -> None:
        super().__init__()
        self._bridge = bridge
        self._session = bridge.session
        self._window = bridge.window
        self._hand = hand
        self.listing: CreateMarketDialog | None = None
        self.source: SourceSheet | None = None
        self.basket: BasketTicket | None = None
        self._cell = ""

    def new_market(self) -> None:
        """Open the dialog that lists a contract."""
        state = self._session.kernel.state
        if self.listing is None:
            self.listing = CreateMarketDialog(self._window)
            self.listing.draft.connect(self._preview)
            self.listing.confirmed.connect(self._create)
        chosen = self._bridge.turning.chosen()
        market = None if chosen is None else state.exchange.markets.get(names.market_id(state, chosen))
        cell = self._cell or ("" if market is None else market.contract.cell)
        self._list_at(Cell(cell))
        self.listing.open()

    def picked(self, cell: str) -> None:
        """Note the cell that was clicked on a map: sheets that are open are about it."""
        self._cell = cell
        self._bridge.hedging.picked(cell)
        self._list_at(Cell(cell))

    def hedge(self, cell: str = "") -> None:
        """Open the hedging tool about what the map is about: a cell, else what was picked on it or is marked there."""
        docks = [panel for panel in self._window.panels_made() if isinstance(panel, MapPanel)]
        views = (panel.view() for panel in sorted(docks, key=lambda one: not one.isVisible()))
        seen = next((view for view in views if view is not None), None)
        marked = "" if seen is None else seen.selected or ""
        self._bridge.hedging.open(cell or self._cell or marked, "" if seen is None else seen.market or "")

    def open_basket(
        self, market: MarketId, ticked: tuple[InstrumentId, ...], size: int, kind: Kind = Kind.EQUAL
    ) -> None:
        """Open the basket ticket over a market's ticked outcomes."""
        if self.basket is None:
            self.basket = BasketTicket(self._window)
            self.basket.session = self._hand()
            self.basket.mode = self._session.mode
            self.basket.intent.connect(self._bridge.ask)
            self._bridge.clock.add(self.basket)
        self.basket.open_for(market, ticked, kind, size)

    def level_event(self, instrument: InstrumentId, size: int) -> None:
        """Open the basket that makes every outcome of an instrument's event come to the same."""
        self.open_basket(self._bridge.turning.market(instrument), (), size, Kind.FLAT)

    def show_source(self, market: str, group: int = 1) -> None:
        """Open the sheet that leads from a market's rule and source to its prices."""
        if self.source is None:
            self.source = SourceSheet(self._window)
            self.source.sheet_wanted.connect(self._bridge.exports.export_sheet)
            self._bridge.clock.add(self.source)
        chosen = self._bridge.turning.chosen(group)
        same = chosen is not None and self._bridge.turning.market(chosen) == market
        self.source.set_market(market, chosen if same else None)
        self.source.show()
        self.source.raise_()

    def _list_at(self, cell: Cell) -> None:
        """Have the dialog be about a cell, its days those of the station that would settle it."""
        if self.listing is None:
            return
        self.listing.set_clock(self._session.clock.now(), drafting.offset_of(self._session.kernel.state, cell))
        if cell:
            self.listing.set_cell(cell)

    def _preview(self, draft: MarketDraft) -> None:
        if self.listing is not None:
            self.listing.show_preview(self._session.kernel.preview_market(draft))

    def _create(self, draft: MarketDraft) -> None:
        found = self._session.kernel.draft_market(draft)
        if isinstance(found, str):
            self._window.tell(found)
        else:
            self._bridge.ask(found)
