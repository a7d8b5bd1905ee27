"""The shipped station list is sound and says what the settlement sheets say of the stations markets use."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import h3
import pytest

import resources
from engine.core.snapshot import StationRow

STATIONS = {row["id"]: row for row in resources.load_stations()}


def test_the_network_of_the_contiguous_states_is_there_once_each() -> None:
    assert len(STATIONS) == len(resources.load_stations()) == 853


def test_a_line_is_a_station_row_of_the_engine() -> None:
    row = StationRow(**STATIONS["KMDW"])
    assert (row.name, row.utc_offset_hours, row.routine_minute) == ("Chicago Midway", -6, 53)


def test_every_station_lies_in_its_cell_and_no_two_share_one() -> None:
    assert all(h3.latlng_to_cell(s["lat"], s["lon"], 7) == s["cell"] for s in STATIONS.values())
    assert len({s["cell"] for s in STATIONS.values()}) == len(STATIONS)


@pytest.mark.parametrize(
    ("station", "cell"),
    [("KNYC", "872a10089ffffff"), ("KMDW", "872664521ffffff"), ("KDEN", "8726aa6ceffffff"),
     ("KAUS", "87489e32bffffff"), ("KLAX", "8729a19b4ffffff"), ("KPHL", "872aacb2bffffff")],
)  # fmt: skip
def test_cells_of_settlement_stations(station: str, cell: str) -> None:
    assert STATIONS[station]["cell"] == cell


@pytest.mark.parametrize(
    ("station", "zone"),
    [("KNYC", "America/New_York"), ("KMDW", "America/Chicago"), ("KDEN", "America/Denver"),
     ("KPHX", "America/Phoenix"), ("KLAX", "America/Los_Angeles"), ("KEVV", "America/Chicago"),
     ("KELP", "America/Denver"), ("KPNS", "America/Chicago"), ("KONO", "America/Boise")],
)  # fmt: skip
def test_offsets_are_those_of_january(station: str, zone: str) -> None:
    january = datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert january is not None
    assert STATIONS[station]["utc_offset_hours"] * 3600 == january.total_seconds()


@pytest.mark.parametrize(("station", "minute"), [("KNYC", 51), ("KPHL", 54), ("KATL", 52), ("KMDW", 53)])
def test_routine_minutes(station: str, minute: int) -> None:
    assert STATIONS[station]["routine_minute"] == minute


def test_offsets_and_minutes_are_possible_ones() -> None:
    assert {s["utc_offset_hours"] for s in STATIONS.values()} == {-5, -6, -7, -8}
    assert all(50 < s["routine_minute"] < 57 for s in STATIONS.values())
