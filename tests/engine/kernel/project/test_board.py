"""What a board says of its market: it closes for the same reasons as the ladder beside it."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from engine.core.commands import Halt
from engine.core.contract import EvidenceStation, Metric
from engine.core.events import StationForecast, StoreChanged
from engine.core.reading import HourQuantiles
from engine.core.units import DAY, MINUTE, Leg, Money, Nanos
from engine.maths import fees
from engine.views import topics
from engine.weather.climate_day import tenths_celsius
from tests.engine.kernel.desk import DAY_OPENS, MIDWAY, NOON, OHARE, Desk, climate, high, report

PRIOR = (0.1, 0.3, 0.4, 0.2)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list(high(), prior=PRIOR, fee_rate=Decimal("0.01"))
    return made


def board(desk: Desk, market: str = "HIGH"):
    return desk.kernel.view(topics.board(market))


def test_prices_sum_to_one_and_a_set_costs_one_and_the_fee(desk: Desk) -> None:
    desk.other(market="HIGH", outcome=1, qty=60)
    view = board(desk)
    assert sum(row.implied for row in view.rows) == pytest.approx(1.0)
    assert view.sum_mid == pytest.approx(100.0)
    assert view.sum_bid < 100 < view.sum_ask
    assert view.sum_bid == sum(row.bid for row in view.rows) / 100
    assert view.sum_ask == sum(row.ask for row in view.rows) / 100
    assert view.buy_set == pytest.approx(1.01)
    assert view.mids_used == 4


def test_if_wins_is_what_the_position_comes_to(desk: Desk) -> None:
    assert all(row.if_wins is None for row in board(desk).rows)
    one = desk.place(market="HIGH", outcome=1, qty=10)
    other = desk.place(leg=Leg.NO, market="HIGH", outcome=2, qty=4)
    view = board(desk)
    cost = one.cost + other.cost
    assert [row.if_wins for row in view.rows] == [4 - cost, 14 - cost, -cost, 4 - cost]
    assert (view.worst, view.worst_label, view.best, view.best_label) == (-cost, "83-84", 14 - cost, "81-82")
    assert [row.position for row in view.rows] == [0, 10, -4, 0]
    assert -view.worst == desk.state.losses["HIGH"]


def test_a_bracket_below_the_running_high_is_dead_and_leaves_the_sums(desk: Desk) -> None:
    desk.observe([report(NOON, temp_tenths_c=285)])  # 83.3 F
    view = board(desk)
    assert [bool(row.dead) for row in view.rows] == [True, True, False, False]
    assert "running high 83" in view.rows[0].dead
    assert view.running == "83 °F"
    assert view.mids_used == 2
    assert view.sum_mid == pytest.approx(60.0)


def test_the_centre_is_that_of_the_prices(desk: Desk) -> None:
    assert board(desk).mean == pytest.approx(0.1 * 79.5 + 0.3 * 81.5 + 0.4 * 83.5 + 0.2 * 85.5)


def test_a_yes_no_market_has_one_row_and_no_sums(desk: Desk) -> None:
    desk.list()
    view = board(desk, "RAIN")
    assert len(view.rows) == 1
    assert (view.sum_mid, view.buy_set, view.mean) == (None, None, None)


def mood(desk: Desk) -> tuple[str, str]:
    view = desk.kernel.view(topics.board("HIGH"))  # type: ignore[arg-type]
    return view.state, view.refusing  # type: ignore[attr-defined]


def test_it_is_closed_while_its_ladder_is(desk: Desk) -> None:
    assert mood(desk) == ("live", "")
    desk.do(StoreChanged(at=desk.at, ok=False, why="no space left on device"))
    assert mood(desk) == ("stale", "STORAGE")
    desk.do(StoreChanged(at=desk.at, ok=True, why=""))
    desk.ask(Halt(why="kill switch"))
    assert mood(desk) == ("halted", "KILL")


def test_edges_are_after_the_exchanges_own_fee(desk: Desk) -> None:
    desk.observe([report(NOON, temp_tenths_c=267)])
    for row in board(desk).rows:
        assert row.model is not None
        paid = [Money(Decimal(cents).quantize(Decimal("0.000001"))) for cents in (row.mid, 100 - row.mid)]
        taken = [float(fees.fee(desk.market("HIGH").fee, each)) for each in paid]
        assert min(taken) > 0
        assert row.edge_yes == pytest.approx(100 * row.model - row.mid - taken[0])
        assert row.edge_no == pytest.approx(row.mid - 100 * row.model - taken[1])


def test_the_models_inputs_are_named_with_their_times(desk: Desk) -> None:
    view = board(desk)
    assert (view.report, view.report_at, view.run, view.run_at) == ("", None, "", None)
    made = desk.at
    desk.do(
        StationForecast(
            at=made, station=MIDWAY, run="TEST 18Z", hours=(HourQuantiles(valid_at=NOON, p10=80, p50=82, p90=84),)
        )
    )
    desk.observe([report(NOON)])
    view = board(desk)
    assert (view.report, view.report_at, view.run, view.run_at) == ("METAR KMDW", NOON, "TEST 18Z", made)
    assert view.asked_at == desk.at


def test_the_open_bracket_is_locked_once_it_is_reached_and_an_official_value_decides_all(desk: Desk) -> None:
    desk.observe([report(NOON, temp_tenths_c=322)])
    assert [bool(row.locked) for row in board(desk).rows] == [False, False, False, True]
    assert board(desk).rows[3].locked == "running high 90 °F"
    other = Desk()
    other.list(high())
    other.run(Nanos(DAY_OPENS + DAY + MINUTE))
    other.observe([climate(82)])
    rows = board(other).rows
    assert [(row.dead, row.locked) for row in rows] == [
        ("official 82 °F", ""), ("", "official 82 °F"), ("official 82 °F", ""), ("official 82 °F", ""),
    ]  # fmt: skip


def test_a_low_that_only_the_24_hour_group_names_leaves_the_bracket_a_degree_below_open() -> None:
    """The last minutes of its day may still bring a lower one, as on 3 of 108 days."""
    desk = Desk()
    desk.list(high("LOW", metric=Metric.TEMP_MIN))
    warm, group = tenths_celsius(88), tenths_celsius(83)
    desk.observe([report(Nanos(DAY_OPENS + DAY - 7 * MINUTE), temp_tenths_c=warm, min24_tenths_c=group)])
    rows = board(desk, "LOW").rows
    assert [(bool(row.dead), bool(row.locked)) for row in rows] == [
        (True, False), (False, False), (False, False), (True, False),
    ]  # fmt: skip
    desk.observe([msgspec.structs.replace(climate(99), low_f=82)])
    assert [bool(row.locked) for row in board(desk, "LOW").rows] == [False, True, False, False]


def test_a_bracket_is_dead_or_won_only_by_what_all_stations_of_a_mean_say() -> None:
    """One of two stations was hotter than a bracket; their mean settles in it."""
    both = tuple(EvidenceStation(id=s, km=Decimal(8), weight=Decimal("0.5")) for s in (MIDWAY, OHARE))
    desk = Desk()
    desk.list(high(stations=both), prior=PRIOR)
    desk.observe([report(NOON, temp_tenths_c=tenths_celsius(85))])
    assert not any(row.dead or row.locked for row in board(desk).rows)
    desk.observe([report(NOON, OHARE, temp_tenths_c=tenths_celsius(81))])
    assert [row.dead for row in board(desk).rows] == ["running high 81 °F", "", "", ""]
    assert board(desk).running == "81 °F"
    opinion = board(desk).rows
    assert all(row.model is None or row.model < 0.99 for row in opinion)
    desk.observe([climate(85), msgspec.structs.replace(climate(83), station=OHARE)])
    assert not any(row.dead or row.locked for row in board(desk).rows[1:])
    desk.settle("HIGH")
    assert desk.market("HIGH").contract.outcomes[desk.market("HIGH").winner] == "83-84"
