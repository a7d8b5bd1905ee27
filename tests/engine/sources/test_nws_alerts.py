from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.when import instant, iso
from engine.sources import nws_alerts
from engine.weather.alerts import in_force, without_outline
from tests.engine.sources.recorded import AT, nws

SQUARE = [[-88.0, 41.0], [-87.0, 41.0], [-87.0, 42.0], [-88.0, 42.0], [-88.0, 41.0]]


def feature(name: str = "one", geometry=None, **facts):
    return {
        "geometry": geometry,
        "properties": {
            "id": name, "event": "Flash Flood Warning", "sent": "2026-07-15T19:00:00+00:00", "status": "Actual",
            "messageType": "Alert", "severity": "Severe", "expires": "2026-07-15T22:00:00-05:00",
            "geocode": {"UGC": ["ILC031", "nonsense"]},
            "affectedZones": ["https://api.weather.gov/zones/county/ILC031"], **facts,
        },
    }  # fmt: skip


def parsed(*features):
    return nws_alerts.parse(json.dumps({"features": features}).encode(), AT)


def test_the_recorded_national_set() -> None:
    found = nws_alerts.parse(nws("official/alerts_national_real.json"), AT)
    assert (len(found.alerts), found.skipped, found.doubled) == (393, 0, 3)
    assert sum(bool(alert.polygons) for alert in found.alerts) == 71
    assert all(alert.zone_urls for alert in found.alerts if not alert.polygons)
    assert len(in_force(found.alerts, AT)) > 300


def test_the_other_recorded_sets() -> None:
    made = nws_alerts.parse(nws("official/alerts_active_status_actual_e2e.json"), AT)
    assert (len(made.alerts), made.skipped, made.doubled) == (141, 1, 10)  # one has neither end nor expiry
    assert len(nws_alerts.parse(nws("pynws_alerts_active_zone.json"), AT).alerts) == 1
    assert len(nws_alerts.parse(nws("pynws_alerts_active_zone_second.json"), AT).alerts) == 2


def test_an_alert_with_a_polygon_has_its_points_as_latitude_and_longitude() -> None:
    (alert,) = parsed(feature(geometry={"type": "Polygon", "coordinates": [SQUARE]})).alerts
    assert alert.polygons == (((((41.0, -88.0), (41.0, -87.0), (42.0, -87.0), (42.0, -88.0), (41.0, -88.0))),),)
    assert without_outline([alert], {}) == ()


def test_an_alert_without_one_names_zones() -> None:
    (alert,) = parsed(feature()).alerts
    assert (alert.polygons, alert.zones) == ((), ("ILC031",))
    assert without_outline([alert, alert], {}) == ("https://api.weather.gov/zones/county/ILC031",)
    assert without_outline([alert], {alert.zone_urls[0]: 1}) == ()


def test_an_alert_without_an_end_ends_when_its_text_expires() -> None:
    (alert,) = parsed(feature(ends=None)).alerts
    assert iso(alert.ends_at) == "2026-07-16T03:00:00Z"
    (other,) = parsed(feature(ends="2026-07-15T21:00:00Z")).alerts
    assert iso(other.ends_at) == "2026-07-15T21:00:00Z"


def test_an_id_counts_once() -> None:
    found = parsed(feature("one"), feature("one"), feature("two"))
    assert ([alert.id for alert in found.alerts], found.doubled) == (["one", "two"], 1)


def test_an_update_replaces_and_a_cancel_removes() -> None:
    update = feature("two", messageType="Update", references=[{"identifier": "one"}])
    cancel = feature("three", messageType="Cancel", references=[{"identifier": "two"}])
    assert [a.id for a in in_force(parsed(feature("one"), update).alerts, AT)] == ["two"]
    assert in_force(parsed(feature("one"), update, cancel).alerts, AT) == ()


def test_what_ended_is_gone_and_the_gravest_comes_first() -> None:
    found = parsed(
        feature("a", severity="Minor"), feature("b", severity="Extreme"), feature("c", severity="Odd")
    ).alerts
    assert [alert.id for alert in in_force(found, AT)] == ["b", "a", "c"]
    assert in_force(found, instant("2026-07-16T03:00:00Z")) == ()


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
    mixed = {"type": "GeometryCollection", "geometries": [several, {"type": "Point", "coordinates": [0, 0]}]}
    for shape in (several, mixed):
        assert len(nws_alerts.outline(json.dumps({"geometry": shape}).encode())) == 2
    with pytest.raises(BadReport, match="without an outline"):
        nws_alerts.outline(b'{"geometry": null}')


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["type", "coordinates", "geometries"]), inner | st.just("Polygon"))))  # fmt: skip
def test_no_geometry_raises_anything_but_bad_report(made) -> None:
    with suppress(BadReport):
        nws_alerts.outline(json.dumps({"geometry": made}).encode())
    with suppress(BadReport):
        nws_alerts.parse(json.dumps({"features": [feature(geometry=made), made]}).encode(), AT)
