"""The dashboard of alerts, and alerts on the map."""

from __future__ import annotations

from decimal import Decimal

import h3
import pytest

from engine.core.contract import Metric
from engine.core.events import Alerted, AlertsOver, GridForecast
from engine.core.ids import Cell
from engine.core.reading import CellQuantiles
from engine.core.units import HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.alerts import AlertsView
from engine.views.weather import CellsView
from tests.engine.exchange import listed
from tests.engine.kernel.desk import CLOSES, NOON, OPENS, Desk, rain

HERE = Cell(h3.cell_to_parent(listed.MIDWAY, 6))
DISK = [Cell(cell) for cell in sorted(h3.grid_disk(HERE, 2))]
FAR = Cell(h3.latlng_to_cell(40.0, -75.0, 6))


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list()
    quantiles = tuple(CellQuantiles(cell=c, p10=0.5, p50=2.5, p90=4.5) for c in DISK)
    made.do(GridForecast(at=made.at, run="T", metric=Metric.PRECIPITATION, unit="mm", opens=OPENS, closes=CLOSES,
                         cells=quantiles))  # fmt: skip
    return made


def warn(desk: Desk, name: str = "a", severity: str = "Severe", *cells: Cell, **terms: object) -> None:
    given = {"sent": desk.at, "effective": desk.at, "expires": Nanos(desk.at + HOUR), "event": "Flood Warning"} | terms
    desk.do(Alerted(at=desk.at, id=name, severity=severity, cells=cells or (HERE,), **given))


def board(desk: Desk) -> AlertsView:
    found = desk.kernel.view(topics.ALERTS)
    assert isinstance(found, AlertsView)
    return found


def ranks(desk: Desk, hour: int | None = None) -> dict[Cell, int]:
    found = desk.kernel.view(topics.cells("RAIN", hour))
    assert isinstance(found, CellsView)
    return {line.cell: line.alert for line in found.cells if line.alert}


def test_a_cell_has_the_rank_of_its_gravest_alert(desk) -> None:
    assert ranks(desk) == {}
    warn(desk, "a", "Minor", *DISK[:3])
    warn(desk, "b", "Extreme", DISK[0])
    assert ranks(desk) == {DISK[0]: 5, DISK[1]: 2, DISK[2]: 2}
    desk.do(AlertsOver(at=desk.at, ids=("b",)))
    assert ranks(desk) == dict.fromkeys(DISK[:3], 2)
    view = desk.kernel.view(topics.cells("RAIN"))
    assert [(one.id, one.rank) for one in view.alerts] == [("a", 2)]


def test_an_alert_on_a_part_of_a_cell_or_on_its_parent_lies_on_it(desk) -> None:
    warn(desk, "part", "Severe", Cell(h3.cell_to_center_child(DISK[1], 7)))
    assert ranks(desk) == {DISK[1]: 4}
    parent = Cell(h3.cell_to_parent(HERE, 4))
    warn(desk, "whole", "Extreme", parent)
    assert ranks(desk) == {c: 5 for c in DISK if h3.cell_to_parent(c, 4) == parent} | {
        c: 4 for c in [DISK[1]] if h3.cell_to_parent(c, 4) != parent
    }


def test_an_hour_shows_the_alerts_of_that_hour(desk) -> None:
    warn(desk, expires=Nanos(desk.at + 90 * MINUTE))
    assert ranks(desk, OPENS + HOUR) == {HERE: 4}
    assert ranks(desk, OPENS + 2 * HOUR + HOUR) == {}
    desk.run(Nanos(desk.at + 2 * HOUR))
    assert ranks(desk) == {}
    assert ranks(desk, OPENS + HOUR) == {HERE: 4}


def test_what_stands_says_what_of_ours_it_lies_over(desk) -> None:
    desk.place(qty=10)
    warn(desk, "here", "Minor")
    warn(desk, "far", "Extreme", FAR)
    near, far = board(desk).standing
    assert (near.alert.id, near.markets, near.positions) == ("here", (("RAIN", rain().title),), 1)
    assert near.worst == desk.state.losses["RAIN"]
    assert near.km2 == pytest.approx(h3.cell_area(HERE))
    assert (far.alert.id, far.markets, far.positions, far.worst) == ("far", (), 0, None)


def test_an_alert_whose_area_is_unknown_lies_over_nothing_and_has_no_area(desk) -> None:
    desk.do(Alerted(at=desk.at, id="z", event="Wind Advisory", severity="Odd", sent=desk.at, effective=desk.at,
                    expires=Nanos(desk.at + HOUR), zones=("ILZ104",)))  # fmt: skip
    (one,) = board(desk).standing
    assert (one.km2, one.markets, one.alert.rank) == (None, (), 1)


def test_orders_are_counted_by_the_hour_under_alerts_and_not(desk) -> None:
    desk.place(qty=1)
    desk.other(qty=5)
    desk.run(Nanos(desk.at + MINUTE))
    warn(desk)
    desk.place(qty=1)
    desk.place(qty=10**9)  # refused: it was never sent
    desk.other(qty=5)
    desk.other(qty=5)
    last = board(desk).hours[-1]
    assert (last.alerts, last.orders, last.ours, last.under, last.ours_under) == (1, 5, 2, 3, 1)
    assert last.minutes == pytest.approx((desk.at - OPENS) / MINUTE)
    assert [one.orders for one in board(desk).hours[:-1]] == [0] * 11


def test_alerts_of_past_hours_stay_in_their_hours(desk) -> None:
    warn(desk, expires=Nanos(NOON + 40 * MINUTE))
    desk.run(Nanos(NOON + 3 * HOUR))
    assert [one.alerts for one in board(desk).hours[-4:]] == [1, 1, 0, 0]
    assert board(desk).standing == ()
    assert board(desk).known == 1


def test_our_worst_loss_under_several_markets_is_their_sum(desk) -> None:
    desk.list(rain("MORE", threshold=Decimal(5)))
    desk.place(qty=10)
    desk.place(market="MORE", qty=10)
    warn(desk)
    (one,) = board(desk).standing
    assert one.positions == 2
    assert one.worst == desk.state.losses["RAIN"] + desk.state.losses["MORE"]
