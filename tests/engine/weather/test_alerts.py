from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.weather import alerts
from engine.weather.alerts import Alert, Alerts
from tests.engine.weather.places import KENNEDY, MIDWAY, NOON, alert, around
from tests.shared import shared


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


def test_every_recorded_zone_code_is_one() -> None:
    body = json.loads(shared("frames/weather/nws/official/alerts_national_real.json").read_bytes())
    codes = {code for feature in body["features"] for code in feature["properties"]["geocode"].get("UGC", ())}
    assert len(codes) > 300
    assert all(map(alerts.is_zone, codes))
