from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.when import iso
from engine.sources import nws_alerts
from engine.weather import cells
from engine.weather.alerts import Alerts
from engine.weather.areas import covers
from tests.engine.sources.recorded import AT, nws

SQUARE = [[-88.0, 41.5], [-87.5, 41.5], [-87.5, 42.0], [-88.0, 42.0], [-88.0, 41.5]]
MIDWAY = cells.cell_at(41.786, -87.752)
COUNTY = "https://api.weather.gov/zones/county/ILC031"


def feature(name: str = "one", geometry=None, **facts):
    return {
        "geometry": geometry,
        "properties": {
            "id": name, "event": "Flash Flood Warning", "sent": "2026-07-15T19:00:00+00:00", "status": "Actual",
            "messageType": "Alert", "severity": "Severe", "expires": "2026-07-15T22:00:00-05:00",
            "geocode": {"UGC": ["ILC031", "nonsense"]}, "affectedZones": [COUNTY], **facts,
        },
    }  # fmt: skip


def parsed(*features):
    return nws_alerts.parse(json.dumps({"features": features}).encode())


def test_the_recorded_national_set() -> None:
    found = nws_alerts.parse(nws("official/alerts_national_real.json"))
    assert (len(found.alerts), found.skipped, found.doubled) == (393, 0, 3)
    assert sum(bool(alert.cells) for alert in found.alerts) == 71
    assert sum(alert.ends is None for alert in found.alerts) == 143
    named = {code for alert in found.alerts if alert.cells is None for code in alert.zones}
    assert len(named - found.paths.keys()) < len(named) / 100  # all but a few can be had
    index = Alerts()
    index.replace(found.alerts)
    assert len(index.standing(AT)) > 300


def test_an_alert_that_names_no_references_or_zones_is_an_alert() -> None:
    found = parsed(
        feature("a", references=None, affectedZones=None), feature("b", geocode={"UGC": None}),
        feature("c", geocode={"UGC": ["ILC031", None]}, affectedZones=[None, COUNTY]),
        feature("d", references=[{"identifier": None}]),
    )  # fmt: skip
    named = ("ILC031",)
    assert [(alert.id, alert.zones) for alert in found.alerts] == [("a", named), ("b", ()), ("c", named), ("d", named)]
    assert (found.skipped, found.paths) == (0, {"ILC031": "zones/county/ILC031"})


def test_the_other_recorded_sets() -> None:
    made = nws_alerts.parse(nws("official/alerts_active_status_actual_e2e.json"))
    assert (len(made.alerts), made.skipped, made.doubled) == (141, 1, 10)  # one has neither end nor expiry
    assert len(nws_alerts.parse(nws("pynws_alerts_active_zone.json")).alerts) == 1
    assert len(nws_alerts.parse(nws("pynws_alerts_active_zone_second.json")).alerts) == 2


def test_an_alert_with_a_polygon_lies_on_its_cells() -> None:
    (alert,) = parsed(feature(geometry={"type": "Polygon", "coordinates": [SQUARE]})).alerts
    assert alert.cells is not None
    assert covers(alert.cells, MIDWAY)


def test_an_alert_without_one_names_zones_and_where_they_can_be_had() -> None:
    found = parsed(feature())
    assert (found.alerts[0].cells, found.alerts[0].zones) == (None, ("ILC031",))
    assert found.paths == {"ILC031": "zones/county/ILC031"}


def test_addresses_of_other_places_are_no_outlines() -> None:
    urls = ["https://evil.example/zones/county/../x", "http://10.0.0.1/zones/county/ILC031", "zones/county/ILC0311"]
    assert parsed(feature(affectedZones=urls)).paths == {}


def test_an_alert_without_an_end_is_over_when_its_text_expires() -> None:
    (alert,) = parsed(feature(ends=None)).alerts
    assert iso(alert.over_at) == "2026-07-16T03:00:00Z"
    (other,) = parsed(feature(ends="2026-07-15T21:00:00Z")).alerts
    assert iso(other.over_at) == "2026-07-15T21:00:00Z"


def test_an_id_counts_once() -> None:
    found = parsed(feature("one"), feature("one"), feature("two"))
    assert ([alert.id for alert in found.alerts], found.doubled) == (["one", "two"], 1)


def test_an_update_replaces_and_a_cancel_takes_back() -> None:
    update = feature("two", messageType="Update", references=[{"identifier": "one"}])
    cancel = feature("three", messageType="Cancel", references=[{"identifier": "two"}])
    index = Alerts()
    index.replace(parsed(feature("one"), update).alerts)
    assert [alert.id for alert in index.standing(AT)] == ["two"]
    index.replace(parsed(feature("one"), update, cancel).alerts)
    assert index.standing(AT) == ()


def test_tests_and_what_cannot_be_read_do_not_hide_the_others() -> None:
    off = {"type": "Polygon", "coordinates": [[[0, 0], [999, 0], [0, 1]]]}
    found = parsed(feature("t", status="Test"), feature("g", geometry=off), 3, feature("x", sent="?"), feature("y"))
    assert ([alert.id for alert in found.alerts], found.skipped) == (["y"], 4)


def test_hostile_text_is_plain_and_bounded() -> None:
    (alert,) = parsed(feature(headline="<b>\u202e\x07" + "x" * 9_999)).alerts
    assert alert.headline.startswith("<b>  xx")
    assert len(alert.headline) == 300


def test_outlines_of_every_kind() -> None:
    several = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE[:-1]]]}
    for shape in (several, {"type": "GeometryCollection", "geometries": [several]}):
        assert covers(nws_alerts.outline(json.dumps({"geometry": shape}).encode()), MIDWAY)
    for body in (b'{"geometry": null}', b"{}", b"[]", b'{"geometry": {"type": "Polygon", "coordinates": 3}}'):
        with pytest.raises(BadReport):
            nws_alerts.outline(body)


JSON = st.recursive(
    st.none() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometries"]), inner | st.just("Polygon"))
    ),
)


@given(JSON)
def test_no_geometry_raises_anything_but_bad_report(made) -> None:
    with suppress(BadReport):
        nws_alerts.outline(json.dumps({"geometry": made}).encode())
    with suppress(BadReport):
        nws_alerts.parse(json.dumps({"features": [feature(geometry=made), made]}).encode())
