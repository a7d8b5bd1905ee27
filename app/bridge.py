"""One session wired to one window: engine changes to the frame clock, what docks ask for to the engine."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app import evidence, market_columns, starting, trading, wires, wiring
from app.account_page import AccountPage
from app.alarm_desk import AlarmDesk
from app.backtests import Backtests
from app.chain_watch import ChainWatch
from app.dialogs import Dialogs
from app.export_desk import ExportDesk
from app.finding import Finding
from app.hedging import Hedging
from app.market_sheets import MarketSheets
from app.option_desk import OptionDesk
from app.setting_store import Store
from app.turning import GROUPS, SENDS_ONLY, Turning
from engine.core.effects import Level
from engine.core.errors import InputError, StoreError
from engine.store import journal
from engine.views import topics
from engine.views.station import StationsView
from widgets.frame import FrameClock
from widgets.ladder import LadderPanel
from widgets.option_chain import OptionsPanel
from widgets.ticket import TicketPanel
from widgets.weather import StationPanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.boot import Session
    from app.keys import KeyRing
    from app.window import Window
    from app.workspaces import Workspace
    from engine.core.commands import AnyCommand, Place
    from widgets.panel import Panel


class Bridge(QObject):
    """Wires one session to one window.

    It and its parts are objects of Qt's: of a method of any other object a reference stays behind for each signal that
    was ever connected to it, though the dock that had the signal is long gone.
    """

    def __init__(
        self,
        session: Session,
        window: Window,
        clock: FrameClock,
        store: Store | None = None,
        ring: KeyRing | None = None,
    ) -> None:
        super().__init__()
        self.session = session
        self.window = window
        self.clock = clock
        self._hands = count(1)
        self.store = store or Store(session.profile.settings)
        self.inner: list[LadderPanel] = []
        """Ladders of boards, side by side."""
        self.hedging = Hedging(session, window, self.ask)
        self.options = OptionDesk(session, window, self.ask)
        ring = ring or wiring.key_ring(session.profile, keyring=session.vault is not None)
        self.accounts = Dialogs(session, window, clock, self.ask, ring, store=self.store)
        self.exports = ExportDesk(session, window, self.accounts)
        self.account_page = AccountPage(session, window, clock, self.accounts, self.ask)
        self.backtests = Backtests(session.profile.folder / "backtests", _strategies(session), window)
        self.backtests.changed.connect(lambda: clock.mark(topics.BACKTESTS))
        self.alarms = AlarmDesk(session, window, self.accounts, clock.mark)
        self.finding = Finding(self, window, session.kernel.view)
        self.turning = Turning(session, window, self.options, self.finding.rows)
        self.sheets = MarketSheets(self, self.hand)
        self.chain = ChainWatch(session)
        self._wire_spine()
        for one in window.workspaces:
            if one.is_made:
                self._take_in(one)
        trading.follow(self.store, lambda: (*window.panels_made(), *self.inner))
        market_columns.follow(self.store, window.panels_made)
        window.adopted.connect(self._take_in)
        window.dropped.connect(self._let_go)

    def ask(self, command: AnyCommand) -> None:
        """Put a command to the engine."""
        self.session.host.ask(command)

    def hand(self) -> str:
        """Return what keys of a dock's orders begin with: two docks may ask for the same at the same price."""
        return f"{self.session.journal.stem}.{next(self._hands)}-"

    def answer(self, panel: LadderPanel | TicketPanel, place: Place | None) -> None:
        """Show a dock what its order would do now."""
        if place is not None:
            panel.show_preview(self.session.kernel.preview(place))

    def _take_in(self, one: Workspace) -> None:
        """Wire the docks of a workspace; those that come later turn to what their group looks at."""
        for name, panel in one.docks.items():
            self._wire(panel, GROUPS.get(one.drawn.name, 1))
            group = self.turning.pins.restore(f"{one.name}/{name}", panel)
            self.turning.joined(panel, group)
        chosen = self.turning.chosen()
        if chosen is not None:  # pinned docks wait for no choice that was made before they were
            self.turning.pins.turn_waiting(chosen)

    def _let_go(self, one: Workspace) -> None:
        for panel in one.docks_made().values():
            self.clock.remove(panel)
            self.turning.pins.forget(panel)
            if isinstance(panel, LadderPanel):
                panel.follow.let_go()
            elif isinstance(panel, OptionsPanel):
                panel.let_go()
            for ladder in panel.findChildren(LadderPanel):  # side by side in a board
                ladder.follow.let_go()
                self.clock.remove(ladder)
                self.inner.remove(ladder)

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
        window.create_wanted.connect(self.sheets.new_market)
        window.hedge_wanted.connect(self.sheets.hedge)
        window.accounts_wanted.connect(self.account_page.open)
        window.arm_wanted.connect(self.accounts.arm)
        preferences = self.accounts.preferences
        window.settings_wanted.connect(lambda: preferences.open())
        for action, key in (("window.theme", "look.theme"), ("window.density", "look.density")):
            window.registry.offer(action, partial(self._turn_setting, key))

    def _turn_setting(self, key: str) -> None:
        self.window.tell(self.accounts.preferences.turn(key))

    def _wire(self, panel: Panel, group: int) -> None:
        """Connect what every dock has, then what its kind has."""
        panel.set_link(0 if isinstance(panel, SENDS_ONLY) else group)
        panel.set_demo(self.session.mode == "demo")
        wires.tell_mode(self, panel)
        panel.intent.connect(self.ask)
        panel.intent.connect(self.window.coach.asked)
        panel.sheet_wanted.connect(self.exports.export_sheet)
        panel.selected.connect(lambda what: self.turning.selected(panel, what, group))
        panel.retargeted.connect(self.clock.retarget)
        panel.link_changed.connect(lambda now: self.turning.joined(panel, now))
        wires.wire(self, panel)
        self.clock.add(panel)

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

    def to_ticket(self, place: Place, *, reach: bool = True) -> None:
        """Put an order into a ticket, of the workspace that is seen where it has one; nothing is sent.

        The ticket then has the keyboard, unless whoever asked keeps it (`reach` False). Options have a ticket of their
        own; futures and perpetuals have none.
        """
        if self.options.takes(place):
            return
        if reach:
            self.window.reach("ticket")
        for panel in self.window.current().docks.values():
            if isinstance(panel, TicketPanel):
                panel.load_place(place, self.turning.name(place.instrument))

    def to_station(self, code: str) -> None:
        """Follow a station and show its day."""
        if self.session.skies is not None:
            self.session.skies.watch(code)
        for panel in self.window.panels():
            if isinstance(panel, StationPanel):
                panel.set_station(code)
        self.window.reach("station")

    def offer_stations(self, panel: StationPanel) -> None:
        """Let a dock choose among the stations there are."""
        view = self.session.kernel.view(topics.STATIONS)
        if isinstance(view, StationsView):
            panel.show_stations(view)

    def dialogs(self) -> dict[str, QWidget]:
        """Return the dialogs, for pictures of them."""
        self.sheets.new_market()
        self.sheets.hedge()
        chosen = self.turning.chosen()
        if chosen is not None:
            self.sheets.show_source(self.turning.market(chosen))
        self.accounts.preferences.open()
        self.account_page.open()
        self.alarms.edit(None)
        found: dict[str, QWidget | None] = {
            "new-market": self.sheets.listing,
            "hedge": self.hedging.dialog,
            "source-sheet": self.sheets.source,
            "settings": self.accounts.preferences.dialog,
            "accounts": self.account_page.dialog,
            "alert-rule": self.alarms.rule,
        }
        return {name: dialog for name, dialog in found.items() if dialog is not None}


def _strategies(session: Session) -> list[str]:
    return sorted(str(name) for name in session.kernel.state.strategies.seats)
