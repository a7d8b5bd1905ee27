"""Places by their names: stations, cities with a market, markets, and what is not known."""

from __future__ import annotations

import pytest

from app import places
from engine.core.snapshot import StationRow
from tests.engine.exchange import listed
from tests.engine.kernel.desk import FRESH, Desk, high, rain

ROWS = (*FRESH.stations, *(
    StationRow(id=code, name=name, lat=lat, lon=-104.0, cell="", utc_offset_hours=-7, routine_minute=53)
    for code, name, lat in (("KDEN", "Denver International", 39.8), ("KBJC", "Denver/Rocky Mountain", 39.9),
                            ("KAPA", "Centennial", 39.6))
))  # fmt: skip


@pytest.fixture
def state():
    desk = Desk()
    desk.list(rain(title="MDW rain > 2.5 mm"))
    desk.list(high(title="CHI high"))
    desk.state.stations = {row.id: row for row in ROWS}
    return desk.state


@pytest.mark.parametrize("text", ["KMDW", "kmdw", "mdw", " MDW ", "Chicago Midway", "chicago   midway"])
def test_a_station_by_its_code_or_name(state, text) -> None:
    found = places.find(state, text)
    assert (found.place, found.title) == ((41.786, -87.752), "Chicago Midway (KMDW)")


def test_a_city_is_the_cell_of_its_market(state) -> None:
    found = places.find(state, "chicago")
    assert (found.cell, found.title) == (listed.MIDWAY, "Chicago")


@pytest.mark.parametrize("text", ["RAIN", "MDW rain > 2.5 mm", "rain > 2.5"])
def test_a_market_by_its_id_its_title_or_a_part_that_is_one_place(state, text) -> None:
    found = places.find(state, text)
    assert found.cell == listed.MIDWAY


def test_a_name_of_several_names_them(state) -> None:
    assert places.find(state, "Denver") == (
        "“Denver” is several places: Denver International (KDEN), Denver/Rocky Mountain (KBJC)"
    )
    assert places.find(state, "centennial").title == "Centennial (KAPA)"


@pytest.mark.parametrize("text", ["Atlantis", "x", "", "12 Main Street, Springfield", "<b>" * 30])
def test_what_is_not_known_says_what_is_accepted(state, text) -> None:
    said = places.find(state, text)
    assert isinstance(said, str)
    assert said.endswith("a place is latitude and longitude, an H3 cell, a station, a city or a market: 41.79, -87.75")
    assert len(said) < 170


def test_a_market_that_is_over_is_no_place(state) -> None:
    for market in state.exchange.markets.values():
        market.status = "closed"
    assert isinstance(places.find(state, "Chicago"), str)
