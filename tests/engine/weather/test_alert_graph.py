from __future__ import annotations

import pytest

from engine.core.units import MINUTE, Nanos
from engine.weather import alert_graph
from engine.weather.alert_graph import OrderAt
from engine.weather.alerts import Alerts
from tests.engine.weather.places import KENNEDY, MIDWAY, NOON, alert


def test_alerts_are_counted_against_orders() -> None:
    known = Alerts()
    mine = alert(effective=Nanos(NOON + MINUTE), expires=Nanos(NOON + 3 * MINUTE))
    known.add(mine)
    orders = [
        OrderAt(NOON, MIDWAY),
        OrderAt(Nanos(NOON + MINUTE), MIDWAY),
        OrderAt(Nanos(NOON + MINUTE + 1), KENNEDY),
        OrderAt(Nanos(NOON + 2 * MINUTE), None),
        OrderAt(Nanos(NOON - 1), MIDWAY),
        OrderAt(Nanos(NOON + 4 * MINUTE), MIDWAY),
    ]
    found = alert_graph.against_orders([mine], known, orders, NOON, MINUTE, 4)
    assert [(one.alerts, one.orders, one.under) for one in found] == [(0, 1, 0), (1, 2, 1), (1, 1, 0), (0, 0, 0)]
    assert [one.opens - NOON for one in found] == [0, MINUTE, 2 * MINUTE, 3 * MINUTE]
    with pytest.raises(ValueError, match="at least one span"):
        alert_graph.against_orders([], known, [], NOON, Nanos(0), 4)
