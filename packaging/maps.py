"""Pictures of the map: chance of the event, a later hour by the slider, alerts; and alerts against orders.

Made by `scenes.py`, from the simulated day as `days.py` plays it, with a few purchases of ours.
"""

from decimal import Decimal

import days

from engine.core.commands import Place
from engine.core.events import Asked
from engine.core.ids import embedded
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Nanos, Qty, Side
from engine.core.when import instant
from engine.views import topics
from widgets.alerts import AlertsPanel
from widgets.hexmap import MapPanel

AT = instant("2026-07-03T22:56:00Z")
"""Heat since the morning, and storms on their way."""
LATER = 21
"""Hour of the day, local standard time, whose forecast is shown."""
SIZE = (1044, 560)


def bought(kernel, at):
    """Buy a little of every open market of Chicago."""
    for number, market in enumerate(list(kernel.state.exchange.markets.values())):
        if market.status == "open" and market.contract.title.startswith(("CHI", "ORD")):
            place = Place(
                instrument=embedded(market.id, 0 if not market.contract.brackets else 2), side=Side.BUY, leg=Leg.YES,
                qty=Qty(Decimal(10)), intent=f"scene-{number}",
            )  # fmt: skip
            days._do(kernel, Asked(at=at, command=place, pressed_at=Nanos((number + 1) * MINUTE)), [])


def pictures(folder, picture):
    """Take the pictures; `picture` draws a widget with views by topic and saves it."""
    kernel = days.played(AT)
    bought(kernel, Nanos(AT + SECOND))
    market = next(m for m in kernel.state.exchange.markets.values() if m.contract.title.startswith("CHI high"))
    for name, layer in (("event", "probability"), ("hour", "p50"), ("alerts", "alerts")):
        dock = MapPanel(now=lambda: kernel.state.now)
        dock.set_market(market.id)
        dock.layers.buttons[layer].click()
        dock.resize(*SIZE)
        if name == "hour":
            dock.render(topics.cells(market.id), kernel.view(topics.cells(market.id)))
            opens = market.contract.opens
            dock.run.slider.setValue(dock.view().hours.index(Nanos(opens + LATER * HOUR)))
        picture(dock, kernel, tuple(dock.topics()), SIZE, folder / f"map-{name}.png")
    picture(AlertsPanel(), kernel, (topics.ALERTS,), (1044, 230), folder / "alerts-orders.png")
