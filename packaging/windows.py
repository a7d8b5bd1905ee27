"""Pictures of the Up/Down workspace while its strategies trade a simulated afternoon on paper; `scenes` makes them."""

import resources
from engine.core.commands import SetParameter, StrategyState
from engine.core.snapshot import StationRow
from engine.core.when import instant
from engine.sandbox.session import PureSession
from engine.views import topics
from widgets.cockpit import CockpitPanel
from widgets.strategies import StrategiesPanel

START = instant("2026-07-03T15:00:00Z")
QUIET_S = 400
"""Until volatility is known and a whole window has begun."""
TRADED_S = 1_570
"""Into the middle of a later window."""
RATE, COIN_RATE = 2.0, 4.0
UPDOWN = ("latency_arb", "certainty_capture", "strike_misalign", "lp_extreme")


def session():
    """Return a session whose strategies have traded for some windows."""
    stations = tuple(StationRow(**facts) for facts in resources.load_stations())
    found = PureSession(11, START, stations, rate=RATE, coin_rate=COIN_RATE)
    found.run(QUIET_S)
    found.switch(StrategyState.PAPER, *UPDOWN)
    found.switch(StrategyState.SHADOW, "convexity_fade")
    for name in UPDOWN:
        found.ask(SetParameter(strategy=name, name="most_shares", value="60"))
    found.run(TRADED_S)
    return found


def pictures(folder, seen):
    """Save the cockpit, and the strategies with their reasons and the parameters of the first."""
    kernel = session().kernel
    cockpit, strategies = CockpitPanel(), StrategiesPanel()
    for panel in (cockpit, strategies):
        panel.set_link(2)
    seen(cockpit, kernel, (topics.SPINE, topics.UPDOWN), (1_290, 430), folder / "updown-cockpit.png")
    seen(strategies, kernel, (topics.SPINE, topics.STRATEGIES), (1_290, 262), folder / "updown-strategies.png")
