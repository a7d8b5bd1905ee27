"""Every dock of the terminal, by name: the one place that says how each is made.

A workspace's own modules are imported when it is first wanted: the window is painted before the others are read.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from widgets.alarms import AlarmsPanel
from widgets.alerts import AlertsPanel
from widgets.amm import AmmPanel
from widgets.brackets import BoardPanel
from widgets.chart_panel import ChartPanel
from widgets.connections import ConnectionsPanel
from widgets.fills import FillsPanel
from widgets.gates import GatesPanel
from widgets.health import HealthPanel
from widgets.heat import HeatPanel
from widgets.hexmap import MapPanel
from widgets.ladder import LadderPanel
from widgets.latency import LatencyPanel
from widgets.log import LogPanel
from widgets.markets import MarketsPanel
from widgets.orders import OrdersPanel
from widgets.pnl import PnlPanel
from widgets.positions import PositionsPanel
from widgets.scenarios import ScenariosPanel
from widgets.settlements import SettlementPanel
from widgets.tape import TapePanel
from widgets.ticket import TicketPanel
from widgets.weather import StationPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.units import Nanos
    from widgets.panel import Panel

Docks = dict[str, "Callable[[], Panel]"]
"""What makes each dock, by name."""


def weather(now: Callable[[], Nanos]) -> Docks:
    """Return what makes the docks of the Weather workspace."""
    return {
        "markets": MarketsPanel,
        "station": StationPanel,
        "map": partial(MapPanel, now),
        "board": BoardPanel,
        "ladder": LadderPanel,
        "ticket": TicketPanel,
        "positions": PositionsPanel,
        "orders": OrdersPanel,
        "fills": FillsPanel,
        "pnl": PnlPanel,
        "tape": TapePanel,
        "chart": ChartPanel,
        "heat": HeatPanel,
        "curve": AmmPanel,
        "gates": GatesPanel,
        "scenarios": ScenariosPanel,
        "alerts": AlertsPanel,
        "rules": AlarmsPanel,
        "connections": ConnectionsPanel,
        "latency": LatencyPanel,
        "health": HealthPanel,
        "settlements": SettlementPanel,
        "log": LogPanel,
    }


def updown() -> Docks:
    """Return what makes the docks of the Up/Down workspace."""
    from widgets.cockpit import CockpitPanel
    from widgets.down_ladder import DownPanel
    from widgets.strategies import StrategiesPanel

    return {
        "cockpit": CockpitPanel,
        "down": DownPanel,
        "strategies": StrategiesPanel,
        "markets": MarketsPanel,
        "chart": ChartPanel,
        "heat": HeatPanel,
        "ladder": LadderPanel,
        "ticket": TicketPanel,
        "tape": TapePanel,
        "positions": PositionsPanel,
        "orders": OrdersPanel,
        "fills": FillsPanel,
        "pnl": PnlPanel,
        "gates": GatesPanel,
        "connections": ConnectionsPanel,
        "latency": LatencyPanel,
        "log": LogPanel,
    }


def options() -> Docks:
    """Return what makes the docks of the Options workspace."""
    from widgets.hedging import HedgingPanel
    from widgets.legs import LegsPanel
    from widgets.option_chain import OptionsPanel
    from widgets.option_gaps import OptionGapsPanel
    from widgets.option_maker import OptionMakerPanel
    from widgets.option_ticket import OptionTicketPanel
    from widgets.payoff import PayoffPanel
    from widgets.rfq import RfqPanel
    from widgets.smile import SmilePanel
    from widgets.strategies import StrategiesPanel

    return {
        "options": OptionsPanel,
        "smile": SmilePanel,
        "legs": LegsPanel,
        "payoff": PayoffPanel,
        "rfq": RfqPanel,
        "option_ticket": OptionTicketPanel,
        "ladder": LadderPanel,
        "hedges": HedgingPanel,
        "option_maker": OptionMakerPanel,
        "gaps": OptionGapsPanel,
        "orders": partial(OrdersPanel, cents=False),
        "positions": partial(PositionsPanel, cents=False),
        "fills": partial(FillsPanel, cents=False),
        "pnl": PnlPanel,
        "gates": GatesPanel,
        "strategies": StrategiesPanel,
        "connections": ConnectionsPanel,
        "log": LogPanel,
    }


def making() -> Docks:
    """Return what makes the docks of the Making workspace."""
    from widgets.inventory import InventoryPanel
    from widgets.option_maker import OptionMakerPanel
    from widgets.quoter import QuoterPanel
    from widgets.strategies import StrategiesPanel
    from widgets.toxicity import ToxicityPanel

    return {
        "quoter": QuoterPanel,
        "option_maker": OptionMakerPanel,
        "inventory": InventoryPanel,
        "toxicity": ToxicityPanel,
        "ladder": LadderPanel,
        "ticket": TicketPanel,
        "tape": TapePanel,
        "chart": ChartPanel,
        "heat": HeatPanel,
        "strategies": StrategiesPanel,
        "positions": PositionsPanel,
        "orders": OrdersPanel,
        "fills": FillsPanel,
        "pnl": PnlPanel,
        "gates": GatesPanel,
        "log": LogPanel,
    }


def settle(now: Callable[[], Nanos]) -> Docks:
    """Return what makes the docks of the Settle workspace."""
    from widgets.oversight import OversightPanel
    from widgets.payouts import PayoutsPanel
    from widgets.settlement_notes import NotesPanel
    from widgets.settlements import ChainPanel, EvidencePanel

    return {
        "settlements": SettlementPanel,
        "chain": ChainPanel,
        "evidence": EvidencePanel,
        "payouts": PayoutsPanel,
        "oversight": OversightPanel,
        "health": HealthPanel,
        "notes": NotesPanel,
        "positions": PositionsPanel,
        "fills": FillsPanel,
        "map": partial(MapPanel, now),
        "log": LogPanel,
    }


def research(now: Callable[[], Nanos]) -> Docks:
    """Return what makes the docks of the Research workspace."""
    from widgets.backtests import BacktestsPanel
    from widgets.decisions import DecisionsPanel
    from widgets.journal import JournalPanel
    from widgets.recorder import RecorderPanel
    from widgets.strategies import StrategiesPanel

    return {
        "board": BoardPanel,
        "markets": MarketsPanel,
        "chart": ChartPanel,
        "ladder": LadderPanel,
        "map": partial(MapPanel, now),
        "tape": TapePanel,
        "decisions": DecisionsPanel,
        "journal": JournalPanel,
        "backtests": BacktestsPanel,
        "positions": PositionsPanel,
        "orders": OrdersPanel,
        "fills": FillsPanel,
        "pnl": PnlPanel,
        "strategies": StrategiesPanel,
        "recorder": RecorderPanel,
        "log": LogPanel,
    }
