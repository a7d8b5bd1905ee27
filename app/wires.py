"""What every kind of dock is connected to: a table, so that a new dock is wired by one line of it.

A dock is wired once for each row whose kinds it is one of, in the rows' order.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from app import market_columns, trading
from app.option_desk import FOLLOW
from engine.core.commands import SelfTest
from engine.core.ids import MarketId
from widgets.alarms import AlarmsPanel
from widgets.backtests import BacktestsPanel
from widgets.brackets import BoardPanel
from widgets.connections import ConnectionsPanel
from widgets.decisions import DecisionsPanel
from widgets.down_ladder import DownPanel
from widgets.hexmap import MapPanel
from widgets.ladder import LadderPanel
from widgets.markets import MarketsPanel
from widgets.pnl import PnlPanel
from widgets.recorder import RecorderPanel
from widgets.replaybar import ReplayAsk
from widgets.settlement_notes import NotesPanel
from widgets.settlements import ChainPanel, EvidencePanel, SettlementPanel
from widgets.ticket import TicketPanel
from widgets.weather import StationPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bridge import Bridge
    from widgets.crosshair import Pointed
    from widgets.panel import Panel


def wire(bridge: Bridge, panel: Panel) -> None:
    """Connect a dock to what its kind asks for and shows."""
    for kinds, connect in WIRES:
        if isinstance(panel, kinds):
            connect(bridge, panel)
    tested = getattr(panel, "self_test", None)
    if tested is not None:
        tested.connect(lambda: bridge.ask(SelfTest()))
    pointed = getattr(getattr(panel, "crosshair", panel), "pointed", None)
    if pointed is not None:
        pointed.connect(partial(_pointed, bridge, panel))


def tell_mode(bridge: Bridge, panel: Panel) -> None:
    """Say what money it is before a dock is drawn: a ladder that waits to hear of it would be armed, as on paper."""
    if isinstance(panel, LadderPanel | TicketPanel | BoardPanel):
        panel.set_mode(bridge.session.mode)


def _pointed(bridge: Bridge, source: Panel, where: Pointed | None) -> None:
    """Show in docks of the same link group, and in those of the same instrument, where the pointer is in one."""
    for panel in bridge.window.panels_made():
        show = getattr(getattr(panel, "crosshair", panel), "show_pointed", None)
        if show is None or panel is source:
            continue
        same = where is not None and getattr(panel, "instrument", None) == where.instrument
        if same or (source.link() and panel.link() == source.link()):
            show(where)


def _picks(bridge: Bridge, panel: Panel) -> None:
    panel.selected.connect(bridge.window.coach.picked)


def _has_orders(bridge: Bridge, panel: LadderPanel | TicketPanel | BoardPanel) -> None:
    panel.session = bridge.hand()


def _drafts(bridge: Bridge, panel: LadderPanel | TicketPanel) -> None:
    panel.draft.connect(partial(bridge.answer, panel))


def _to_ticket(bridge: Bridge, panel: LadderPanel | BoardPanel | DownPanel) -> None:
    panel.ticket.connect(bridge.to_ticket)


def _ladder(bridge: Bridge, panel: LadderPanel) -> None:
    trading.begin(panel, bridge.store.now)
    panel.size_changed.connect(partial(_sized, bridge))
    panel.closing.connect(partial(bridge.to_ticket, reach=False))
    panel.basket.connect(lambda one: bridge.sheets.level_event(one, panel.size_now))


def _sized(bridge: Bridge, size: int) -> None:
    """Let boards send as many contracts as was chosen in a ladder."""
    for panel in bridge.window.panels():
        if isinstance(panel, BoardPanel):
            panel.set_size(size)


def _board(bridge: Bridge, panel: BoardPanel) -> None:
    panel.ladder_made.connect(lambda ladder: wire_inner(bridge, ladder, panel))
    panel.set_size(trading.size(bridge.store.now))
    panel.basket.connect(bridge.sheets.open_basket)


def wire_inner(bridge: Bridge, ladder: LadderPanel, board: BoardPanel) -> None:
    """Wire a ladder of those side by side: it turns no other dock, and follows the board it stands in."""
    bridge.inner.append(ladder)
    trading.begin(ladder, bridge.store.now)
    ladder.set_size(board.size_now)
    ladder.session = bridge.hand()
    ladder.set_link(0)
    ladder.set_demo(bridge.session.mode == "demo")
    tell_mode(bridge, ladder)
    ladder.intent.connect(bridge.ask)
    ladder.retargeted.connect(bridge.clock.retarget)
    ladder.draft.connect(partial(bridge.answer, ladder))
    ladder.ticket.connect(bridge.to_ticket)
    ladder.closing.connect(partial(bridge.to_ticket, reach=False))
    ladder.basket.connect(lambda one: bridge.sheets.level_event(one, board.size_now))
    bridge.clock.add(ladder)


def _connections(bridge: Bridge, panel: ConnectionsPanel) -> None:
    panel.keys_wanted.connect(bridge.accounts.open_keys)
    panel.test_wanted.connect(bridge.accounts.test)
    if bridge.session.skies is not None:
        panel.ask_wanted.connect(bridge.session.skies.ask_now)


def _alarms(bridge: Bridge, panel: AlarmsPanel) -> None:
    bridge.alarms.take_in(panel)


def _recorder(bridge: Bridge, panel: RecorderPanel) -> None:
    panel.replay_wanted.connect(bridge.open_replay)


def _backtests(bridge: Bridge, panel: BacktestsPanel) -> None:
    panel.start_wanted.connect(bridge.backtests.start)
    panel.cancel_wanted.connect(bridge.backtests.cancel)


def _decisions(bridge: Bridge, panel: DecisionsPanel) -> None:
    panel.went.connect(lambda position: bridge.window.replay.asked.emit(ReplayAsk("position", position)))


def _markets(bridge: Bridge, panel: MarketsPanel) -> None:
    panel.new_market.connect(bridge.sheets.new_market)
    panel.alert_wanted.connect(bridge.alarms.about)
    market_columns.begin(panel, bridge.store.now)


def _settlement(bridge: Bridge, panel: SettlementPanel) -> None:
    panel.line_chosen.connect(partial(_show_evidence, bridge))


def _show_evidence(bridge: Bridge, market: str) -> None:
    for panel in bridge.window.panels():
        if isinstance(panel, EvidencePanel | NotesPanel):
            panel.show_market(market)


def _records(bridge: Bridge, panel: SettlementPanel | ChainPanel) -> None:
    panel.verify.connect(bridge.chain.verify)
    panel.export.connect(bridge.export_evidence)


def _has_source(bridge: Bridge, panel: StationPanel | BoardPanel | SettlementPanel | EvidencePanel) -> None:
    panel.source_wanted.connect(lambda what: bridge.sheets.show_source(what, panel.link() or 1))


def _station(bridge: Bridge, panel: StationPanel) -> None:
    panel.stations_wanted.connect(partial(bridge.offer_stations, panel))


def _pnl(bridge: Bridge, panel: PnlPanel) -> None:
    panel.set_zone(bridge.session.kernel.state.utc_offset_hours)


def _map(bridge: Bridge, panel: MapPanel) -> None:
    panel.markets_wanted.connect(bridge.window.coach.picked)
    panel.markets_wanted.connect(lambda what: bridge.turning.choose(MarketId(what)))
    panel.cell_clicked.connect(bridge.sheets.picked)
    panel.station_wanted.connect(bridge.to_station)
    panel.hedge_wanted.connect(bridge.sheets.hedge)


def _option(bridge: Bridge, panel: Panel) -> None:
    bridge.options.take_in(panel, bridge.hand())


WIRES: Final[tuple[tuple[Any, Callable[[Bridge, Any], None]], ...]] = (
    ((MarketsPanel, BoardPanel), _picks),
    ((LadderPanel, TicketPanel, BoardPanel), _has_orders),
    ((LadderPanel, TicketPanel), _drafts),
    ((LadderPanel, BoardPanel, DownPanel), _to_ticket),
    (LadderPanel, _ladder),
    (BoardPanel, _board),
    (ConnectionsPanel, _connections),
    (AlarmsPanel, _alarms),
    (RecorderPanel, _recorder),
    (BacktestsPanel, _backtests),
    (DecisionsPanel, _decisions),
    (MarketsPanel, _markets),
    (SettlementPanel, _settlement),
    ((SettlementPanel, ChainPanel), _records),
    ((StationPanel, BoardPanel, SettlementPanel, EvidencePanel), _has_source),
    (StationPanel, _station),
    (PnlPanel, _pnl),
    (MapPanel, _map),
    (FOLLOW, _option),
)
