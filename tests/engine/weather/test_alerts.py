from __future__ import annotations

import json
import math
from contextlib import suppress
from functools import lru_cache

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.weather import alerts, cells
from engine.weather.alerts import Alert, Alerts, BadArea, OrderAt
from tests.shared import shared

MIDWAY = cells.cell_at(41.786, -87.752)
KENNEDY = cells.cell_at(40.64, -73.78)
NOON = Nanos(1_783_080_000 * 1_000_000_000)


def square(west: float, south: float, wide: float, tall: float | None = None) -> list[list[float]]:
    north, east = south + (wide if tall is None else tall), west + wide
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: list[list[float]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


@lru_cache
def around(place: str, reach: float = 0.2) -> alerts.Cells:
    latitude, longitude = cells.center(place)
    return alerts.cells_of(polygon(square(longitude - reach, latitude - reach, 2 * reach)))


def alert(name: str = "a", **terms: object) -> Alert:
    given = {
        "event": "Flood Warning",
        "severity": "Severe",
        "sent": NOON,
        "effective": NOON,
        "expires": Nanos(NOON + HOUR),
        "cells": around(MIDWAY),
    } | terms
    return Alert(id=name, **given)


def test_what_a_polygon_touches_is_in_it_and_its_centre_too() -> None:
    found = set(alerts.spread(alerts.cells_of(polygon(square(-88.0, 41.6, 0.4)))))
    assert MIDWAY in found
    inside = set(h3.polygon_to_cells(h3.LatLngPoly([(41.6, -88.0), (41.6, -87.6), (42.0, -87.6), (42.0, -88.0)]), 7))
    assert inside < found
    assert {cells.cell_at(lat, lon) for lon, lat in square(-88.0, 41.6, 0.4)} <= found


def test_a_sliver_that_holds_no_cells_centre_is_kept() -> None:
    sliver = polygon([[-87.70, 41.60], [-87.60, 41.70], [-87.6001, 41.7001], [-87.70, 41.60]])
    assert h3.polygon_to_cells(h3.LatLngPoly([(41.6, -87.7), (41.7, -87.6), (41.7001, -87.6001)]), 7) == []
    assert alerts.count(alerts.cells_of(sliver)) >= 5


def test_a_hole_is_not_in_the_area_and_its_edge_is() -> None:
    whole = polygon(square(-75.0, 40.0, 1.0))
    holed = polygon(square(-75.0, 40.0, 1.0), square(-74.8, 40.2, 0.6))
    assert alerts.covers(alerts.cells_of(whole), cells.cell_at(40.5, -74.5))
    found = alerts.cells_of(holed)
    assert not alerts.covers(found, cells.cell_at(40.5, -74.5))
    assert alerts.covers(found, cells.cell_at(40.2, -74.5))


def test_several_polygons_are_one_area() -> None:
    both = {"type": "MultiPolygon", "coordinates": [[square(-88.0, 41.6, 0.4)], [square(-74.0, 40.5, 0.4)]]}
    found = alerts.cells_of(both)
    assert alerts.covers(found, MIDWAY)
    assert alerts.covers(found, KENNEDY)
    assert not alerts.covers(found, cells.cell_at(41.0, -80.0))
    parts = [polygon(ring) for (ring,) in both["coordinates"]]
    assert alerts.cells_of({"type": "GeometryCollection", "geometries": parts}) == found


def test_an_area_across_the_date_line_is_as_wide_as_it_looks() -> None:
    across = alerts.cells_of(polygon([[179.5, 51.0], [-179.5, 51.0], [-179.5, 52.0], [179.5, 52.0], [179.5, 51.0]]))
    beside = alerts.cells_of(polygon(square(170.0, 51.0, 1.0)))
    assert alerts.count(across) == pytest.approx(alerts.count(beside), rel=0.1)
    assert not alerts.covers(across, cells.cell_at(51.5, 0.0))


def test_a_point_is_its_cell() -> None:
    assert alerts.spread(alerts.cells_of({"type": "Point", "coordinates": [-87.752, 41.786]})) == (MIDWAY,)


def test_complete_sets_of_siblings_are_kept_as_their_parent() -> None:
    found = alerts.cells_of(polygon(square(-88.0, 41.0, 1.0)))
    assert len(found) < alerts.count(found) / 4
    assert all(alerts.covers(found, cell) for cell in alerts.spread(found))
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
        alerts.cells_of(geometry)
    said = str(refused.value)
    assert said.startswith(words)
    assert len(said) < 160
    assert "\n" not in said


def test_collections_are_not_followed_into_each_other() -> None:
    nested: dict[str, object] = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(3_000):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    with pytest.raises(BadArea, match="was 'GeometryCollection'"):
        alerts.cells_of(nested)


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
            alerts.cells_of(geometry)


@given(st.lists(NEAR, min_size=3, max_size=6))
def test_any_ring_however_tangled_holds_the_cells_of_its_corners(ring: list[list[float]]) -> None:
    with suppress(BadArea):
        found = alerts.cells_of(polygon(ring), 5)
        assert all(alerts.covers(found, cells.cell_at(lat, lon, 5)) for lon, lat in ring)


def test_only_resolutions_of_the_map_are_filled() -> None:
    with pytest.raises(ValueError, match="resolution must be 4 to 7, was 9"):
        alerts.cells_of(polygon(square(0, 0, 1)), 9)


def test_more_cells_than_can_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="are more than 10"):
        alerts.spread(around(MIDWAY), most=10)


def test_zone_and_county_codes_are_told_from_others() -> None:
    assert all(map(alerts.is_zone, ("NYZ072", "NYC061", "PZZ135")))
    assert not any(map(alerts.is_zone, ("", "NY072", "nyz072", "NYZ0720", "NYZ07x", "NYX072", "NYZ072\n")))


def test_an_alert_lies_on_its_cells_while_it_stands() -> None:
    known = Alerts()
    assert known.add(alert())
    assert [one.id for one in known.on(MIDWAY, NOON)] == ["a"]
    assert known.on(KENNEDY, NOON) == ()
    assert known.on(MIDWAY, Nanos(NOON - 1)) == ()
    assert known.on(MIDWAY, Nanos(NOON + HOUR)) == ()


def test_an_end_counts_before_the_texts_expiry_and_without_one_the_expiry_counts() -> None:
    longer = alert(ends=Nanos(NOON + 5 * HOUR))
    assert longer.stands(Nanos(NOON + 4 * HOUR))
    assert not alert().stands(Nanos(NOON + 4 * HOUR))


def test_zones_count_once_their_area_is_known() -> None:
    known = Alerts()
    known.add(alert(cells=None, zones=("ILZ104", "ILC031")))
    assert known.missing() == ("ILC031", "ILZ104")
    assert known.on(MIDWAY, NOON) == ()
    known.set_zone("ILZ104", around(MIDWAY))
    assert known.missing() == ("ILC031",)
    assert [one.id for one in known.on(MIDWAY, NOON)] == ["a"]
    known.set_zone("ILC031", around(KENNEDY))
    assert [one.id for one in known.on(KENNEDY, NOON)] == ["a"]


def test_a_polygon_counts_before_the_zones_it_lies_in() -> None:
    known = Alerts({"NYZ176": around(KENNEDY)})
    known.add(alert(zones=("NYZ176",)))
    assert known.on(KENNEDY, NOON) == ()
    assert known.missing() == ()


def test_an_update_takes_the_place_of_what_it_refers_to() -> None:
    known = Alerts()
    known.add(alert("a"))
    assert known.add(alert("b", replaces=("a",), sent=Nanos(NOON + MINUTE)))
    assert [one.id for one in known.standing(NOON)] == ["b"]
    assert not known.add(alert("a"))  # it comes again in a later answer
    assert len(known) == 1


def test_a_cancellation_removes_and_warns_of_nothing() -> None:
    known = Alerts()
    known.add(alert("a"))
    known.add(alert("b", replaces=("a",), cancelled=True, sent=Nanos(NOON + MINUTE)))
    assert known.standing(NOON) == ()
    assert known.on(MIDWAY, NOON) == ()
    assert len(known) == 0


def test_a_duplicate_id_counts_once_and_the_later_text_wins() -> None:
    known = Alerts()
    known.replace([alert(sent=Nanos(NOON + 1), headline="new"), alert(headline="old"), alert(headline="old")])
    assert [one.headline for one in known.standing(NOON)] == ["new"]


def test_a_whole_answer_ends_what_is_not_in_it() -> None:
    known = Alerts()
    known.replace([alert("a"), alert("b")])
    known.replace([alert("b")])
    assert [one.id for one in known.on(MIDWAY, NOON)] == ["b"]


def test_what_is_over_is_forgotten() -> None:
    known = Alerts()
    known.replace([alert("a"), alert("b", ends=Nanos(NOON + 9 * HOUR))])
    assert known.forget(Nanos(NOON + HOUR)) == 1
    assert len(known) == 1
    assert known.where("a") == frozenset()
    assert known.where("b") == around(MIDWAY)


def test_an_alert_that_ended_early_is_at_hand_for_what_was_under_it() -> None:
    known = Alerts()
    known.add(alert())
    assert known.end("a", Nanos(NOON + MINUTE))
    assert not known.end("a", Nanos(NOON + 2 * MINUTE))
    assert not known.end("b", NOON)
    assert known.on(MIDWAY, Nanos(NOON + MINUTE)) == ()
    assert [one.id for one in known.on(MIDWAY, NOON)] == ["a"]


def test_what_is_told_of_an_alert_says_all_of_it_where_it_lies() -> None:
    known = Alerts({"ILZ104": around(MIDWAY)})
    zoned = alert(cells=None, zones=("ILZ104",), onset=NOON, ends=Nanos(NOON + DAY), replaces=("z",), headline="h")
    known.add(zoned)
    event = alerts.told(zoned, known.where("a"), NOON)
    assert list(event.cells) == sorted(around(MIDWAY))
    assert alerts.heard(event) == structs.replace(zoned, cells=around(MIDWAY))
    again = Alerts()
    again.put(alerts.heard(event))
    again.put(alerts.heard(event))
    assert again.all() == (alerts.heard(event),)
    assert again.get("b") is None


CHANGES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(0, 5), st.booleans(), st.booleans())
)


@given(CHANGES)
def test_the_index_says_what_a_list_of_alerts_says(changes: list[tuple[str, str, int, bool, bool]]) -> None:
    known, areas = Alerts(), (around(MIDWAY), around(KENNEDY))
    model: dict[str, Alert] = {}
    gone: set[str] = set()
    for name, other, sent, there, cancelled in changes:
        replaces = () if other == name else (other,)
        one = alert(name, sent=Nanos(NOON + sent), replaces=replaces, cancelled=cancelled, cells=areas[there])
        known.add(one)
        if name not in gone and (name not in model or model[name].sent < one.sent):
            gone.update(replaces)
            for old in (*replaces, name):
                model.pop(old, None)
            if cancelled:
                gone.add(name)
            else:
                model[name] = one
    for cell, area in zip((MIDWAY, KENNEDY), areas, strict=True):
        here = {one.id for one in model.values() if one.cells == area}
        assert {one.id for one in known.on(cell, NOON)} == here


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
    found = alerts.against_orders([mine], known, orders, NOON, MINUTE, 4)
    assert [(one.alerts, one.orders, one.under) for one in found] == [(0, 1, 0), (1, 2, 1), (1, 1, 0), (0, 0, 0)]
    assert [one.opens - NOON for one in found] == [0, MINUTE, 2 * MINUTE, 3 * MINUTE]
    with pytest.raises(ValueError, match="at least one span"):
        alerts.against_orders([], known, [], NOON, Nanos(0), 4)


def test_every_recorded_polygon_of_the_nation_becomes_cells() -> None:
    body = json.loads(shared("frames/weather/nws/official/alerts_national_real.json").read_bytes())
    drawn = [feature["geometry"] for feature in body["features"] if feature["geometry"]]
    areas = [alerts.cells_of(geometry) for geometry in drawn]
    assert len(areas) == 71
    assert all(areas)
    for geometry, area in zip(drawn, areas, strict=True):
        for longitude, latitude in geometry["coordinates"][0]:
            assert alerts.covers(area, cells.cell_at(latitude, longitude))


def test_every_recorded_zone_code_is_one() -> None:
    body = json.loads(shared("frames/weather/nws/official/alerts_national_real.json").read_bytes())
    codes = {code for feature in body["features"] for code in feature["properties"]["geocode"].get("UGC", ())}
    assert len(codes) > 300
    assert all(map(alerts.is_zone, codes))
