from __future__ import annotations

import json
import math
from contextlib import suppress

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.weather import areas, cells
from engine.weather.areas import BadArea
from tests.engine.weather.places import KENNEDY, MIDWAY, around, polygon, square
from tests.shared import shared


def test_what_a_polygon_touches_is_in_it_and_its_centre_too() -> None:
    found = set(areas.spread(areas.cells_of(polygon(square(-88.0, 41.6, 0.4)))))
    assert MIDWAY in found
    inside = set(h3.polygon_to_cells(h3.LatLngPoly([(41.6, -88.0), (41.6, -87.6), (42.0, -87.6), (42.0, -88.0)]), 7))
    assert inside < found
    assert {cells.cell_at(lat, lon) for lon, lat in square(-88.0, 41.6, 0.4)} <= found


def test_a_sliver_that_holds_no_cells_centre_is_kept() -> None:
    sliver = polygon([[-87.70, 41.60], [-87.60, 41.70], [-87.6001, 41.7001], [-87.70, 41.60]])
    assert h3.polygon_to_cells(h3.LatLngPoly([(41.6, -87.7), (41.7, -87.6), (41.7001, -87.6001)]), 7) == []
    assert areas.count(areas.cells_of(sliver)) >= 5


def test_a_hole_is_not_in_the_area_and_its_edge_is() -> None:
    whole = polygon(square(-75.0, 40.0, 1.0))
    holed = polygon(square(-75.0, 40.0, 1.0), square(-74.8, 40.2, 0.6))
    assert areas.covers(areas.cells_of(whole), cells.cell_at(40.5, -74.5))
    found = areas.cells_of(holed)
    assert not areas.covers(found, cells.cell_at(40.5, -74.5))
    assert areas.covers(found, cells.cell_at(40.2, -74.5))


def test_several_polygons_are_one_area() -> None:
    both = {"type": "MultiPolygon", "coordinates": [[square(-88.0, 41.6, 0.4)], [square(-74.0, 40.5, 0.4)]]}
    found = areas.cells_of(both)
    assert areas.covers(found, MIDWAY)
    assert areas.covers(found, KENNEDY)
    assert not areas.covers(found, cells.cell_at(41.0, -80.0))
    parts = [polygon(ring) for (ring,) in both["coordinates"]]
    assert areas.cells_of({"type": "GeometryCollection", "geometries": parts}) == found


def test_an_area_across_the_date_line_is_as_wide_as_it_looks() -> None:
    across = areas.cells_of(polygon([[179.5, 51.0], [-179.5, 51.0], [-179.5, 52.0], [179.5, 52.0], [179.5, 51.0]]))
    beside = areas.cells_of(polygon(square(170.0, 51.0, 1.0)))
    assert areas.count(across) == pytest.approx(areas.count(beside), rel=0.1)
    assert not areas.covers(across, cells.cell_at(51.5, 0.0))


def test_a_point_is_its_cell() -> None:
    assert areas.spread(areas.cells_of({"type": "Point", "coordinates": [-87.752, 41.786]})) == (MIDWAY,)


def test_complete_sets_of_siblings_are_kept_as_their_parent() -> None:
    found = areas.cells_of(polygon(square(-88.0, 41.0, 1.0)))
    assert len(found) < areas.count(found) / 4
    assert all(areas.covers(found, cell) for cell in areas.spread(found))
    assert {h3.get_resolution(cell) for cell in found} <= {4, 5, 6, 7}


HOSTILE = [
    (None, "an area is a GeoJSON object, was None"),
    ([], "an area is a GeoJSON object, was list of 0"),
    ({}, "an area is a Polygon or MultiPolygon, was None"),
    ({"type": "LineString", "coordinates": []}, "an area is a Polygon or MultiPolygon, was 'LineString'"),
    ({"type": ["Polygon"]}, "an area is a Polygon or MultiPolygon, was list of 1"),
    ({"type": "Polygon"}, "a polygon is a list of at most 100000, was None"),
    (polygon(), "a polygon has at least one ring, was empty"),
    (polygon([[0, 0], [1, 1], [0, 0]]), "a ring has at least 3 different positions, was 2"),
    (polygon([[0, 0], [math.nan, 1], [1, 0]]), "a position lies on the globe, was nan, 1"),
    (polygon([[0, 0], [10**5000, 1], [1, 0]]), "a position lies on the globe, was a number of 16610 bits, 1"),
    (polygon([[0, 0], ["1", 1], [1, 0]]), "a position lies on the globe, was '1', 1"),
    (polygon([[0, 0], [True, 1], [1, 0]]), "a position lies on the globe, was True, 1"),
    (polygon([[0, 0], [1], [1, 0]]), "a position is longitude and latitude, was list of 1"),
    (polygon(square(-130.0, 20.0, 60.0, 40.0)), "an area has at most 500000 cells of resolution 7, was about"),
    (polygon([[-100, 0], [-20, 0], [60, 0], [100, 1]]), "an area is at most half the globe wide"),
    (polygon([[i / 1e4, (i % 7) / 10] for i in range(100_001)]), "a ring is a list of at most 100000"),
    ({"type": "MultiPolygon", "coordinates": [[square(0, 0, 0.001)]] * 5_001}, "an area has at most 5000 polygons"),
    ({"type": "MultiPolygon", "coordinates": [[square(-80.0, 30.0, 15.0)]] * 3}, "an area has at most 500000 cells"),
]


@pytest.mark.parametrize(("geometry", "words"), HOSTILE, ids=[words[:50] for _, words in HOSTILE])
def test_hostile_areas_are_refused_in_one_sentence(geometry: object, words: str) -> None:
    with pytest.raises(BadArea) as refused:
        areas.cells_of(geometry)
    said = str(refused.value)
    assert said.startswith(words)
    assert len(said) < 160
    assert "\n" not in said


def test_collections_are_not_followed_into_each_other() -> None:
    nested: dict[str, object] = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(3_000):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    with pytest.raises(BadArea, match="was 'GeometryCollection'"):
        areas.cells_of(nested)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
NEAR = st.tuples(st.floats(-1, 1), st.floats(-1, 1)).map(list)


@given(JSON, st.sampled_from(["Polygon", "MultiPolygon", "Point", "GeometryCollection"]))
def test_nothing_raises_anything_but_a_refusal(parts: object, kind: str) -> None:
    for geometry in (parts, {"type": kind, "coordinates": parts, "geometries": parts}):
        with suppress(BadArea):
            areas.cells_of(geometry)


@given(st.lists(NEAR, min_size=3, max_size=6))
def test_any_ring_however_tangled_holds_the_cells_of_its_corners(ring: list[list[float]]) -> None:
    with suppress(BadArea):
        found = areas.cells_of(polygon(ring), 5)
        assert all(areas.covers(found, cells.cell_at(lat, lon, 5)) for lon, lat in ring)


def test_only_resolutions_of_the_map_are_filled() -> None:
    with pytest.raises(ValueError, match="resolution must be 4 to 7, was 9"):
        areas.cells_of(polygon(square(0, 0, 1)), 9)


def test_more_cells_than_can_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="are more than 10"):
        areas.spread(around(MIDWAY), most=10)


def test_every_recorded_polygon_of_the_nation_becomes_cells() -> None:
    body = json.loads(shared("frames/weather/nws/official/alerts_national_real.json").read_bytes())
    drawn = [feature["geometry"] for feature in body["features"] if feature["geometry"]]
    filled = [areas.cells_of(geometry) for geometry in drawn]
    assert len(filled) == 71
    assert all(filled)
    for geometry, area in zip(drawn, filled, strict=True):
        for longitude, latitude in geometry["coordinates"][0]:
            assert areas.covers(area, cells.cell_at(latitude, longitude))
