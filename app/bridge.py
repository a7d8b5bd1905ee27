"""Engine changes to the frame clock, panel intents to commands: the one file that knows both.

Docks of one link group turn together: choosing an outcome in one points ladder, ticket, board, map and station of
the same group at it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from app import evidence, starting, trading
from app.account_page import AccountPage
from app.alarm_desk import AlarmDesk
from app.backtests import Backtests
from app.commands import chain
from app.dialogs import Dialogs
from app.export_desk import ExportDesk
from app.finding import Finding
from app.hedging import Hedging
from app.links import Pins
from app.option_desk import FOLLOW, OptionDesk
from app.setting_store import Store
from engine.core.commands import SelfTest
from engine.core.effects import Level
from engine.core.errors import InputError, StoreError
from engine.core.events import ChainChecked, Kept
from engine.core.ids import EMBEDDED, Cell, FamilyId, InstrumentId, MarketId, embedded
from engine.kernel.project import maps, names
from engine.store import journal
from engine.views import topics
from engine.views.station import StationsView
from widgets.alarms import AlarmsPanel
from widgets.amm import AmmPanel
from widgets.backtests import BacktestsPanel
from widgets.basket import BasketTicket
from widgets.basket_legs import Kind
from widgets.brackets import BoardPanel
from widgets.chart_panel import ChartPanel
from widgets.connections import ConnectionsPanel
from widgets.create_market import CreateMarketDialog
from widgets.decisions import DecisionsPanel
from widgets.down_ladder import DownPanel
from widgets.fills import FillsPanel
from widgets.frame import FrameClock
from widgets.heat import HeatPanel
from widgets.hexmap import MapPanel
from widgets.inventory import InventoryPanel
from widgets.ladder import LadderPanel
from widgets.markets import MarketsPanel
from widgets.orders import OrdersPanel
from widgets.pnl import PnlPanel
from widgets.positions import PositionsPanel
from widgets.quoter import QuoterPanel
from widgets.recorder import RecorderPanel
from widgets.replaybar import ReplayAsk
from widgets.settlements import ChainPanel, EvidencePanel, SettlementPanel
from widgets.source_sheet import SourceSheet
from widgets.tape import TapePanel
from widgets.ticket import TicketPanel
from widgets.toxicity import ToxicityPanel
from widgets.weather import StationPanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.boot import Session
    from app.window import Window
    from app.workspaces import Workspace
    from engine.core.commands import AnyCommand, Place
    from engine.core.events import Event
    from engine.views.market import MarketDraft, Preview
    from widgets.crosshair import Pointed
    from widgets.panel import Panel

GROUPS = {"Updown": 2, "Options": 3}
"""Workspaces whose docks have a link group of their own: windows roll, and options turn no ladder elsewhere."""
SENDS_ONLY = (PositionsPanel, OrdersPanel, FillsPanel)
"""Docks that turn the others but follow nothing."""


class Bridge:
    """Wires one session to one window."""

    def __init__(self, session: Session, window: Window, clock: FrameClock, store: Store | None = None) -> None:
        self.session = session
        self.window = window
        self.clock = clock
        self._chosen: dict[int, InstrumentId] = {}
        """What each link group looks at."""
        self._dialog: CreateMarketDialog | None = None
        self._source: SourceSheet | None = None
        self._basket: BasketTicket | None = None
        self._hands = count(1)
        self._cell = ""
        self.hedging = Hedging(session, window, self.ask)
        self.options = OptionDesk(session, window, self.ask)
        self.store = store or Store(session.profile.settings)
        self._inner: list[LadderPanel] = []
        """Ladders of boards, side by side."""
        self.accounts = Dialogs(session, window, clock, self.ask, keyring=session.vault is not None, store=self.store)
        self.exports = ExportDesk(session, window, self.accounts)
        self.account_page = AccountPage(session, window, clock, self.accounts, self.ask)
        self.backtests = Backtests(session.profile.folder / "backtests", _strategies(session), window)
        self.backtests.changed.connect(lambda: clock.mark(topics.BACKTESTS))
        self.alarms = AlarmDesk(session, window, self.accounts, clock.mark)
        self.finding = Finding(self, window, session.kernel.view)
        self._pins = Pins(window, self._turn, self.finding.rows)
        session.host.listen(self._heard)
        self._wire_spine()
        for one in window.workspaces:
            self._take_in(one)
        trading.follow(self.store, lambda: (*window.panels(), *self._inner))
        window.adopted.connect(self._take_in)
        window.dropped.connect(self._let_go)

    def ask(self, command: AnyCommand) -> None:
        """Put a command to the engine."""
        self.session.host.ask(command)

    def choose(self, what: object, group: int = 1) -> None:
        """Turn the docks of a link group to an instrument, or to the first outcome of a market."""
        instrument = self._instrument(what)
        if instrument is None or self._chosen.get(group) == instrument:
            return
        self._chosen[group] = instrument
        for panel in self.window.panels():
            if panel.link() == group:
                self._turn(panel, instrument)
        self._pins.turn_waiting(instrument)

    def chosen(self, group: int = 1) -> InstrumentId | None:
        """Return what a link group looks at."""
        return self._chosen.get(group)

    def preview(self, place: Place) -> Preview:
        """Return what an order would do now."""
        return self.session.kernel.preview(place)

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

    def _take_in(self, one: Workspace) -> None:
        """Wire the docks of a workspace; those of a clone turn to what their group looks at."""
        for name, panel in one.docks.items():
            self._wire(panel, GROUPS.get(one.drawn.name, 1))
            group = self._pins.restore(f"{one.name}/{name}", panel)
            self._joined(panel, group)

    def _let_go(self, one: Workspace) -> None:
        for panel in one.docks.values():
            self.clock.remove(panel)
            self._pins.forget(panel)
            for ladder in panel.findChildren(LadderPanel):  # side by side in a board
                self.clock.remove(ladder)
                self._inner.remove(ladder)

    def _wire_spine(self) -> None:
        window = self.window
        for part in (
            window.top, window.risk, window.banner, window.replay, window.coach, window.status, window.halt,
            window.toasts, window,
        ):  # fmt: skip
            self.clock.add(part)
        window.risk.intent.connect(self.ask)
        window.halt.intent.connect(self.ask)
        window.intent.connect(self.ask)
        window.create_wanted.connect(self.new_market)
        window.hedge_wanted.connect(self.hedge)
        window.accounts_wanted.connect(self.account_page.open)
        window.arm_wanted.connect(self.accounts.arm)
        preferences = self.accounts.preferences
        window.settings_wanted.connect(lambda: preferences.open())
        for action, key in (("window.theme", "look.theme"), ("window.density", "look.density")):
            window.registry.offer(action, partial(self._turn_setting, key))

    def _turn_setting(self, key: str) -> None:
        self.window.tell(self.accounts.preferences.turn(key))

    def _wire(self, panel: Panel, group: int = 1) -> None:
        panel.set_link(0 if isinstance(panel, SENDS_ONLY) else group)
        panel.set_demo(self.session.mode == "demo")
        panel.intent.connect(self.ask)
        panel.sheet_wanted.connect(self.exports.export_sheet)
        panel.selected.connect(lambda what, one=panel: self._selected(one, what, group))
        if isinstance(panel, MarketsPanel | BoardPanel):
            panel.selected.connect(self.window.coach.picked)
        panel.intent.connect(self.window.coach.asked)
        panel.retargeted.connect(self.clock.retarget)
        panel.link_changed.connect(lambda group, one=panel: self._joined(one, group))
        if isinstance(panel, BoardPanel):
            panel.ladder_made.connect(lambda one, of=panel: self._wire_inner(one, of))
            panel.set_size(trading.size(self.store.now))
        if isinstance(panel, LadderPanel | TicketPanel | BoardPanel):
            panel.session = self._hand()
        if isinstance(panel, LadderPanel | TicketPanel):
            panel.draft.connect(lambda place, one=panel: self._answer(one, place))
        if isinstance(panel, LadderPanel | BoardPanel | DownPanel):
            panel.ticket.connect(self.to_ticket)
        if isinstance(panel, LadderPanel):
            trading.begin(panel, self.store.now)
            panel.size_changed.connect(self._sized)
            panel.closing.connect(partial(self.to_ticket, reach=False))
            panel.basket.connect(lambda one, at=panel: self._hedge_event(one, at.size_now))
        if isinstance(panel, BoardPanel):
            panel.basket.connect(self.open_basket)
        if isinstance(panel, ConnectionsPanel):
            panel.keys_wanted.connect(self.accounts.open_keys)
            panel.test_wanted.connect(self.accounts.test)
            if self.session.skies is not None:
                panel.ask_wanted.connect(self.session.skies.ask_now)
        if isinstance(panel, AlarmsPanel):
            self.alarms.take_in(panel)
        if isinstance(panel, RecorderPanel):
            panel.replay_wanted.connect(self.open_replay)
        if isinstance(panel, BacktestsPanel):
            panel.start_wanted.connect(self.backtests.start)
            panel.cancel_wanted.connect(self.backtests.cancel)
        if isinstance(panel, DecisionsPanel):
            panel.went.connect(lambda position: self.window.replay.asked.emit(ReplayAsk("position", position)))
        if isinstance(panel, MarketsPanel):
            panel.new_market.connect(self.new_market)
            panel.alert_wanted.connect(self.alarms.about)
        if isinstance(panel, SettlementPanel):
            panel.line_chosen.connect(self._show_evidence)
        if isinstance(panel, SettlementPanel | ChainPanel):
            panel.verify.connect(self.verify_chain)
            panel.export.connect(self.export_evidence)
        if isinstance(panel, StationPanel | BoardPanel | SettlementPanel | EvidencePanel):
            panel.source_wanted.connect(lambda what, one=panel: self.show_source(what, one.link() or 1))
        if isinstance(panel, StationPanel):
            panel.stations_wanted.connect(lambda one=panel: self._offer_stations(one))
        if isinstance(panel, PnlPanel):
            panel.set_zone(self.session.kernel.state.utc_offset_hours)
        if isinstance(panel, MapPanel):
            panel.markets_wanted.connect(self.window.coach.picked)
            panel.markets_wanted.connect(lambda what: self.choose(MarketId(what)))
            panel.cell_clicked.connect(self._picked)
            panel.station_wanted.connect(self.to_station)
            panel.hedge_wanted.connect(self.hedge)
        if isinstance(panel, FOLLOW):
            self.options.take_in(panel, self._hand())
        tested = getattr(panel, "self_test", None)
        if tested is not None:
            tested.connect(lambda: self.ask(SelfTest()))
        pointed = getattr(getattr(panel, "crosshair", panel), "pointed", None)
        if pointed is not None:
            pointed.connect(lambda where, one=panel: self._pointed(one, where))
        self.clock.add(panel)

    def _pointed(self, source: Panel, where: Pointed | None) -> None:
        """Show in docks of the same link group, and in those of the same instrument, where the pointer is in one."""
        for panel in self.window.panels():
            show = getattr(getattr(panel, "crosshair", panel), "show_pointed", None)
            if show is None or panel is source:
                continue
            same = where is not None and getattr(panel, "instrument", None) == where.instrument
            if same or (source.link() and panel.link() == source.link()):
                show(where)

    def _hand(self) -> str:
        """Return what keys of orders begin with: two docks may ask for the same at the same price."""
        return f"{self.session.journal.stem}.{next(self._hands)}-"

    def _wire_inner(self, ladder: LadderPanel, board: BoardPanel) -> None:
        """Wire a ladder of those side by side: it turns no other dock, and follows the board it stands in."""
        self._inner.append(ladder)
        trading.begin(ladder, self.store.now)
        ladder.set_size(board.size_now)
        ladder.session = self._hand()
        ladder.set_link(0)
        ladder.set_demo(self.session.mode == "demo")
        ladder.intent.connect(self.ask)
        ladder.retargeted.connect(self.clock.retarget)
        ladder.draft.connect(lambda place: self._answer(ladder, place))
        ladder.ticket.connect(self.to_ticket)
        ladder.closing.connect(partial(self.to_ticket, reach=False))
        ladder.basket.connect(lambda one: self._hedge_event(one, board.size_now))
        self.clock.add(ladder)

    def verify_chain(self) -> None:
        """Have the settlement records on disk recomputed, off the loop, and tell the engine how they stand."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, chain.verify, self.session.ledger, self.session.vault)
        work.add_done_callback(self._verified)

    def _verified(self, done: asyncio.Future[chain.Report]) -> None:
        if done.cancelled():
            return
        try:
            found = done.result()
        except InputError as e:  # the file was moved away, or its key is none: nothing vouches for the records
            found = chain.Report(ok=False, records=0, first_bad=0, head="", checkpoint=None)
            text = str(e)
        else:
            text = "" if found.ok else f"the first bad record is {found.first_bad}"
        proved = found.checkpoint.get("count") if found.checkpoint is not None else None
        proved = proved if isinstance(proved, int) else None
        at = self.session.clock.now()
        self.session.host.learn(ChainChecked(at=at, ok=found.ok, records=found.records, proved=proved, text=text))

    def _heard(self, event: Event) -> None:
        """Verify the chain after every settlement."""
        if isinstance(event, Kept) and any(what.startswith("settled:") for what in event.each):
            self.verify_chain()

    def export_evidence(self, record: int) -> None:
        """Write a settlement record with its evidence beside the ledger, as it was sealed."""
        folder = self.session.profile.folder / "exports"
        try:
            path = evidence.export(self.session.ledger, record, folder)
        except (InputError, StoreError, OSError) as e:
            self.window.tell(f"The evidence was not written: {e}", Level.WARN)
            return
        self.window.tell(f"Record {record} and its evidence: {path}")

    def open_replay(self, name: str) -> None:
        """Replay a recorded session in a program of its own, so that this session goes on."""
        if starting.replay(self.session.profile.folder, self.session.profile.journals / f"{name}{journal.SUFFIX}"):
            self.window.tell(f"Session {name} opens in a window of its own")
        else:
            self.window.tell(f"Session {name} could not be opened in a window of its own", Level.WARN)

    def new_market(self) -> None:
        """Open the dialog that lists a contract."""
        state = self.session.kernel.state
        if self._dialog is None:
            self._dialog = CreateMarketDialog(self.window)
            self._dialog.draft.connect(self._preview_market)
            self._dialog.confirmed.connect(self._create_market)
        self._dialog.set_clock(self.session.clock.now(), state.utc_offset_hours)
        chosen = self.chosen()
        market = None if chosen is None else state.exchange.markets.get(names.market_id(state, chosen))
        cell = self._cell or ("" if market is None else market.contract.cell)
        if cell:
            self._dialog.set_cell(Cell(cell))
        self._dialog.open()

    def hedge(self, cell: str = "") -> None:
        """Open the hedging tool about what the map is about: a cell, else what was picked on it or is marked there."""
        docks = [panel for panel in self.window.panels() if isinstance(panel, MapPanel)]
        views = (panel.view() for panel in sorted(docks, key=lambda one: not one.isVisible()))
        seen = next((view for view in views if view is not None), None)
        marked = "" if seen is None else seen.selected or ""
        self.hedging.open(cell or self._cell or marked, "" if seen is None else seen.market or "")

    def open_basket(
        self, market: MarketId, ticked: tuple[InstrumentId, ...], size: int, kind: Kind = Kind.EQUAL
    ) -> None:
        """Open the basket ticket over a market's ticked outcomes."""
        if self._basket is None:
            self._basket = BasketTicket(self.window)
            self._basket.session = self._hand()
            self._basket.mode = self.session.mode
            self._basket.intent.connect(self.ask)
            self.clock.add(self._basket)
        self._basket.open_for(market, ticked, kind, size)

    def _hedge_event(self, instrument: InstrumentId, size: int) -> None:
        """Open the basket that makes every outcome of an instrument's event come to the same."""
        market = names.market_id(self.session.kernel.state, instrument)
        self.open_basket(market, (), size, Kind.FLAT)

    def show_source(self, market: str, group: int = 1) -> None:
        """Open the sheet that leads from a market's rule and source to its prices."""
        if self._source is None:
            self._source = SourceSheet(self.window)
            self._source.sheet_wanted.connect(self.exports.export_sheet)
            self.clock.add(self._source)
        chosen = self._chosen.get(group)
        state = self.session.kernel.state
        same = chosen is not None and names.market_id(state, chosen) == market
        self._source.set_market(market, chosen if same else None)
        self._source.show()
        self._source.raise_()

    def _offer_stations(self, panel: StationPanel) -> None:
        view = self.session.kernel.view(topics.STATIONS)
        if isinstance(view, StationsView):
            panel.show_stations(view)

    def dialogs(self) -> dict[str, QWidget]:
        """Return the dialogs, for pictures of them."""
        self.new_market()
        self.hedge()
        chosen = self.chosen()
        if chosen is not None:
            self.show_source(names.market_id(self.session.kernel.state, chosen))
        self.accounts.preferences.open()
        found: dict[str, QWidget | None] = {
            "new-market": self._dialog,
            "hedge": self.hedging.dialog,
            "source-sheet": self._source,
        }
        found["settings"] = self.accounts.preferences.dialog
        self.account_page.open()
        found["accounts"] = self.account_page.dialog
        self.alarms.edit(None)
        found["alert-rule"] = self.alarms.rule
        return {name: dialog for name, dialog in found.items() if dialog is not None}

    def _preview_market(self, draft: MarketDraft) -> None:
        if self._dialog is not None:
            self._dialog.show_preview(self.session.kernel.preview_market(draft))

    def _create_market(self, draft: MarketDraft) -> None:
        found = self.session.kernel.draft_market(draft)
        if isinstance(found, str):
            self.window.tell(found)
        else:
            self.ask(found)

    def _picked(self, cell: str) -> None:
        self._cell = cell
        self.hedging.picked(cell)
        if self._dialog is not None:
            self._dialog.set_cell(Cell(cell))

    def _sized(self, size: int) -> None:
        for panel in self.window.panels():
            if isinstance(panel, BoardPanel):
                panel.set_size(size)

    def _show_evidence(self, market: str) -> None:
        for panel in self.window.panels():
            if isinstance(panel, EvidencePanel):
                panel.show_market(market)

    def _answer(self, panel: LadderPanel | TicketPanel, place: Place | None) -> None:
        if place is not None:
            panel.show_preview(self.preview(place))

    def to_ticket(self, place: Place, *, reach: bool = True) -> None:
        """Put an order into a ticket, of the workspace that is seen where it has one; nothing is sent.

        The ticket then has the keyboard, unless whoever asked keeps it (`reach` False).
        """
        if reach:
            self.window.reach("ticket")
        for panel in self.window.current().docks.values():
            if isinstance(panel, TicketPanel):
                panel.load_place(place, self._name(place.instrument))

    def to_station(self, code: str) -> None:
        """Follow a station and show its day."""
        if self.session.skies is not None:
            self.session.skies.watch(code)
        for panel in self.window.panels():
            if isinstance(panel, StationPanel):
                panel.set_station(code)
        self.window.reach("station")

    def _joined(self, panel: Panel, group: int) -> None:
        instrument = self._chosen.get(group)
        if instrument is not None:
            self._turn(panel, instrument)

    def _selected(self, panel: Panel, what: object, group: int) -> None:
        """Turn the group of a dock; a pinned one turns nobody, except those that only ever send."""
        if panel.link() or isinstance(panel, SENDS_ONLY):
            self.choose(what, panel.link() or group)

    def _turn(self, panel: Panel, instrument: InstrumentId) -> None:
        self._pins.turned(panel, instrument)
        market = names.market_id(self.session.kernel.state, instrument)
        if isinstance(
            panel, LadderPanel | DownPanel | TapePanel | ChartPanel | HeatPanel | InventoryPanel | ToxicityPanel
        ):
            panel.set_instrument(instrument)
        elif isinstance(panel, QuoterPanel):
            if instrument.venue != EMBEDDED:
                panel.set_instrument(instrument)
        elif isinstance(panel, FOLLOW):
            self.options.turn(panel, instrument)
        elif isinstance(panel, AmmPanel):
            if instrument.venue == EMBEDDED:  # a venue's book has no curve
                panel.set_instrument(instrument)
        elif isinstance(panel, TicketPanel):
            panel.load(instrument, self._name(instrument))
        elif isinstance(panel, BoardPanel):
            panel.set_market(market)
            panel.show_chosen(instrument)
        elif isinstance(panel, MapPanel):
            if instrument.venue == EMBEDDED or maps.has_cells(self.session.kernel.state, market):
                panel.set_market(market)
        elif isinstance(panel, MarketsPanel):
            panel.show_chosen(instrument)
        elif isinstance(panel, StationPanel):
            station = self._station(market)
            if station:
                panel.set_station(station, market)

    def _station(self, market: MarketId) -> str:
        """Return the station that decides a market, as far as its terms or rules name one."""
        state = self.session.kernel.state
        found = state.exchange.markets.get(market)
        if found is not None:
            return found.contract.stations[0].id
        family = state.families.get(FamilyId(market))
        return "" if family is None else family.station

    def _name(self, instrument: InstrumentId) -> str:
        return names.instrument(self.session.kernel.state, instrument)

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


def _strategies(session: Session) -> list[str]:
    return sorted(str(name) for name in session.kernel.state.strategies.seats)
