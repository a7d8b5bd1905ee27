"""Alerts for the screen: what stands, what it lies over, and hour by hour how many stood and what was traded there.

Orders are counted where they are known: ours of the session as they were sent, other accounts' by their trades on
the embedded exchange, where an order trades at once or not at all. On venues only ours are known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import EMBEDDED, Cell, FamilyId, MarketId, StationId, outcome_of
from engine.core.order import Status
from engine.core.units import HOUR, MINUTE, Money, Nanos
from engine.kernel.weathering import OPEN
from engine.views.alerts import AlertHour, AlertLine, AlertsView, StandingAlert
from engine.weather import alert_graph, alerts, areas, cells
from engine.weather.alert_graph import OrderAt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.ids import InstrumentId
    from engine.kernel.state import State
    from engine.weather.alerts import Alert

HOURS: Final = 12
"""Of the graph."""
MOST: Final = 200
"""Alerts in force that are listed."""
TEXT: Final = 80


def view(state: State) -> AlertsView:
    """Return the dashboard."""
    standing = sorted((_standing(state, one) for one in state.alerts.standing(state.now)), key=_first)
    return AlertsView(
        now=state.now,
        utc_offset_hours=state.utc_offset_hours,
        known=len(state.alerts),
        standing=tuple(standing[:MOST]),
        hours=_hours(state),
    )


def line(alert: Alert) -> AlertLine:
    """Return an alert for the screen."""
    return AlertLine(
        id=alert.id,
        event=alert.event,
        severity=alert.severity,
        rank=alerts.rank(alert.severity),
        headline=alert.headline,
        sent=alert.sent,
        effective=alert.effective,
        onset=alert.onset,
        over_at=alert.over_at,
        cells=alert.cells or frozenset(),
    )


def _first(one: StandingAlert) -> tuple[bool, bool, int, Nanos, str]:
    return not one.positions, not one.markets, -one.alert.rank, one.alert.sent, one.alert.id


def _standing(state: State, alert: Alert) -> StandingAlert:
    area = alert.cells or frozenset()
    inside = [(key, title, worst) for key, title, cell, worst in _places(state) if areas.covers(area, cell)]
    held = [worst for _, _, worst in inside if worst is not None]
    return StandingAlert(
        alert=line(alert),
        km2=cells.km2(area) if area else None,
        markets=tuple((key, title[:TEXT]) for key, title, _ in inside),
        positions=len(held),
        worst=Money(sum(held, Decimal(0))) if held else None,
    )


def _places(state: State) -> Iterator[tuple[MarketId, str, Cell, Money | None]]:
    """Yield every open market with its cell and our worst loss on it; a venue's lies where its station is."""
    for market in state.exchange.markets.values():
        if market.status == "open":
            yield market.id, market.contract.title, market.contract.cell, state.losses.get(market.id)
    for family in state.families.values():
        station = state.stations.get(StationId(family.station))
        if station is not None and any((one := state.listings.get(m)) and one.status in OPEN for m in family.members):
            yield MarketId(family.id), family.title, Cell(station.cell), state.venue_losses.get(family.id)


def _hours(state: State) -> tuple[AlertHour, ...]:
    opens = Nanos(state.now - state.now % HOUR - (HOURS - 1) * HOUR)
    index = state.alerts
    counted = alert_graph.against_orders(index.all(), index, _orders(state, opens), opens, Nanos(HOUR), HOURS)
    return tuple(
        AlertHour(
            opens=one.opens,
            minutes=max(1.0, min(state.now - one.opens, HOUR) / MINUTE),
            alerts=one.alerts,
            orders=one.orders,
            ours=one.ours,
            under=one.under,
            ours_under=one.ours_under,
        )
        for one in counted
    )


def _orders(state: State, since: Nanos) -> Iterator[OrderAt]:
    """Yield orders of ours as they were sent, and those of others as they traded, newest first of each."""
    at: dict[InstrumentId, Cell | None] = {}
    for order in reversed(list(state.register)):
        if order.sent_at < since:
            break
        if order.status is not Status.REFUSED:
            one = order.place.instrument
            if one not in at:
                at[one] = _cell(state, one)
            yield OrderAt(order.sent_at, at[one], ours=1)
    for one, tape in state.tapes.items():
        if one.venue == EMBEDDED:
            cell = _cell(state, one)
            for print_ in reversed(tape):
                if print_.at < since:
                    break
                if not print_.mine:
                    yield OrderAt(print_.at, cell)


def _cell(state: State, one: InstrumentId) -> Cell | None:
    """Return where an instrument's market lies; None where nothing says so."""
    if one.venue == EMBEDDED:
        try:
            found = state.exchange.markets.get(outcome_of(one)[0])
        except ValueError:  # an order was refused because there is no such thing
            return None
        return None if found is None else found.contract.cell
    listing = state.listings.get(one)
    family = None if listing is None else state.families.get(listing.instrument.family or FamilyId(""))
    station = None if family is None else state.stations.get(StationId(family.station))
    return None if station is None else Cell(station.cell)
