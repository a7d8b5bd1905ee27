from __future__ import annotations

from decimal import Decimal

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import resources
from engine.core.contract import Metric, Tier
from engine.core.ids import Cell
from engine.core.snapshot import StationRow
from engine.weather import cells, stations
from engine.weather.stations import Evidence, NoStation, evidence

CELL = cells.cell_at(41.88, -87.63)
PLACE = cells.center(CELL)


def station(name: str, km: float, cell: str = "") -> StationRow:
    return StationRow(
        id=name, name=name, lat=PLACE[0] + km / 111.195, lon=PLACE[1], cell=cell, utc_offset_hours=-6, routine_minute=53
    )


def found(*rows: StationRow, metric: Metric = Metric.TEMP_MAX) -> Evidence | NoStation:
    return evidence(CELL, metric, rows)


def test_a_station_within_five_km_speaks_alone() -> None:
    made = found(station("KAAA", 4.9), station("KBBB", 6.0))
    assert isinstance(made, Evidence)
    assert (made.tier, [s.id for s in made.stations], made.nearest_km) == (Tier.A, ["KAAA"], Decimal("4.9"))


def test_a_station_inside_the_cell_speaks_alone() -> None:
    made = found(station("KAAA", 5.5, CELL), station("KBBB", 6.0))
    assert isinstance(made, Evidence)
    assert made.tier is Tier.A


def test_within_15_km_up_to_three_count_by_inverse_square() -> None:
    made = found(station("KAAA", 6.0), station("KBBB", 12.0), station("KCCC", 14.0), station("KDDD", 14.5))
    assert isinstance(made, Evidence)
    assert made.tier is Tier.B
    assert [s.id for s in made.stations] == ["KAAA", "KBBB", "KCCC"]
    assert made.stations[0].weight / made.stations[1].weight == pytest.approx(Decimal(4), abs=Decimal("0.02"))


def test_farther_rings_are_asked_only_when_nearer_ones_are_empty() -> None:
    made = found(station("KAAA", 14.0), station("KBBB", 16.0))
    assert isinstance(made, Evidence)
    assert len(made.stations) == 1
    made = found(station("KAAA", 16.0), station("KBBB", 24.0), station("KCCC", 26.0))
    assert isinstance(made, Evidence)
    assert (made.tier, len(made.stations)) == (Tier.C, 2)


@pytest.mark.parametrize("metric", [Metric.PRECIPITATION, Metric.SNOW])
def test_what_falls_is_measured_by_the_nearest_alone(metric: Metric) -> None:
    made = found(station("KAAA", 12.0), station("KBBB", 13.0), metric=metric)
    assert isinstance(made, Evidence)
    assert [s.weight for s in made.stations] == [Decimal(1)]


def test_none_within_40_km_is_refused_with_the_nearest() -> None:
    made = found(station("KAAA", 41.0), station("KBBB", 900.0))
    assert isinstance(made, NoStation)
    assert made.sentence == "No station within 40 km: the nearest is KAAA (KAAA), 41.0 km away."


def test_without_any_station_the_refusal_says_so() -> None:
    made = found()
    assert isinstance(made, NoStation)
    assert made.sentence == "No station is known."


def test_equal_distances_are_ordered_by_code() -> None:
    made = found(station("KBBB", 12.0), station("KAAA", 12.0))
    assert isinstance(made, Evidence)
    assert [s.id for s in made.stations] == ["KAAA", "KBBB"]


@given(st.lists(st.floats(5.1, 39.9), min_size=1, max_size=6))
def test_weights_sum_to_one(distances: list[float]) -> None:
    made = found(*(station(f"K{n:03}", km) for n, km in enumerate(distances)))
    assert isinstance(made, Evidence)
    assert sum(s.weight for s in made.stations) == 1


def test_the_loop_in_chicago_is_settled_by_midway() -> None:
    rows = tuple(StationRow(**facts) for facts in resources.load_stations())
    made = evidence(CELL, Metric.TEMP_MAX, rows)
    assert isinstance(made, Evidence)
    assert [s.id for s in made.stations] == ["KMDW"]
    assert isinstance(evidence(Cell(cells.cell_at(45.0, -40.0)), Metric.TEMP_MAX, rows), NoStation)


def test_tiers_of_many_places_are_those_of_evidence() -> None:
    rows = tuple(StationRow(**facts) for facts in resources.load_stations())
    middle = h3.latlng_to_cell(41.9, -88.3, 6)
    found = [Cell(h3.cell_to_center_child(cell, 7)) for cell in sorted(h3.grid_disk(middle, 12))]
    said = [evidence(cell, Metric.TEMP_MAX, rows) for cell in found]
    expected = ["" if isinstance(one, NoStation) else one.tier.value for one in said]
    places = np.array([cells.center(cell) for cell in found])
    assert stations.tiers(places, rows) == expected
    assert set(expected) >= {"A", "B", "C"}
    assert stations.tiers(places, ()) == [""] * len(found)
    assert stations.tiers(np.empty((0, 2)), rows) == []
