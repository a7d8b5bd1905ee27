from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from engine.core.contract import Metric, SourceName, Sources, Tier, Unit
from engine.core.errors import InputError
from engine.core.when import iso
from engine.oracle.contract import read, rule_text
from tests.engine.oracle.cases import contract

TERMS: dict = {
    "id": "c1",
    "metric": "precipitation",
    "cell": "872664521ffffff",
    "stations": [{"id": "KMDW", "km": "4.8", "weight": "1"}],
    "threshold": "25.00",
    "unit": "mm",
    "op": ">",
    "window": {"from": "2026-07-03T05:00:00Z", "to": "2026-07-04T05:00:00Z"},
    "min_stations": 1,
    "max_spread": "0.20",
    "coverage": "0.90",
}


def parsed(**changes: object):
    return read(json.dumps(TERMS | changes), "c.json")


def test_the_file_of_the_outside_contract() -> None:
    found = parsed()
    assert (found.metric, found.unit, found.threshold, found.tier) == (
        Metric.PRECIPITATION,
        Unit.MM,
        Decimal("25.00"),
        Tier.A,
    )
    assert [iso(found.opens), iso(found.closes)] == list(TERMS["window"].values())
    assert (found.min_stations, found.max_spread, found.coverage) == (1, Decimal("0.20"), Decimal("0.90"))
    assert [(s.id, s.km, s.weight) for s in found.stations] == [("KMDW", Decimal("4.8"), Decimal(1))]


def test_defaults_hold_where_the_file_is_silent() -> None:
    least = {k: v for k, v in TERMS.items() if k not in ("op", "min_stations", "max_spread", "coverage")}
    assert read(json.dumps(least), "c.json") == parsed()


def test_numbers_may_be_numbers() -> None:
    assert parsed(threshold=25, stations=[{"id": "KMDW", "km": 4.8, "weight": 1}], coverage=0.9).threshold == 25


@pytest.mark.parametrize(("km", "tier"), [("5", Tier.A), ("5.1", Tier.B), ("15", Tier.B), ("22", Tier.C)])
def test_the_tier_follows_the_nearest_station(km: str, tier: Tier) -> None:
    assert parsed(stations=[{"id": "KMDW", "km": km, "weight": "1"}]).tier is tier


def test_brackets_replace_the_threshold() -> None:
    brackets = [{"label": "≤ 84", "low": None, "high": 84}, {"label": "≥ 85", "low": 85, "high": None}]
    found = parsed(metric="temp_max", unit="F", brackets=brackets)
    assert (found.threshold, found.outcomes) == (None, ("≤ 84", "≥ 85"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": ""}, "id: must be a text"),
        ({"metric": "sunshine"}, "metric: must be one of precipitation"),
        ({"metric": "storm_category"}, "metric: storm_category cannot be settled. Storm category needs the advisories"),
        ({"metric": "aqi"}, "AirNow"),
        ({"unit": "F"}, "unit: must be mm or in for precipitation, was 'F'"),
        ({"cell": "852664521ffffff"}, "cell: must be an H3 cell of resolution 7"),
        ({"op": ">="}, 'op: must be ">"'),
        ({"threshold": "lots"}, "threshold: must be a number"),
        ({"threshold": None}, "threshold: must be a number"),
        ({"threshold": True}, "threshold: must be a number"),
        ({"threshold": "NaN"}, "threshold: must be a number"),
        ({"window": "today"}, "window: must be"),
        ({"window": {"from": "2026-07-03T05:00:00Z"}}, "window.to: must be an ISO 8601 time such as"),
        ({"window": {"from": "dawn", "to": "2026-07-03T05:00Z"}}, "window.from: must be an ISO 8601 time"),
        ({"window": {"from": "2026-07-04T05:00Z", "to": "2026-07-03T05:00Z"}}, "window: must end after its start"),
        ({"window": {"from": "2026-07-04T05:00Z", "to": "2027-07-03T05:00Z"}}, "within 31 days"),
        ({"stations": {}}, "stations: must be a list"),
        ({"stations": ["KMDW"]}, "stations[0]: must be"),
        ({"stations": [{"id": "MDW", "km": "1", "weight": "1"}]}, "stations[0].id: must be a code of four letters"),
        ({"stations": [{"id": "KMDW", "km": "-1", "weight": "1"}]}, "stations[0].km: must be a number from 0"),
        ({"stations": [{"id": "KMDW", "km": "1"}]}, "stations[0].weight: must be a number from 0 to 100000, missing"),
        ({"stations": TERMS["stations"] * 2}, "stations: must name each station once, was 'KMDW'"),
        ({"min_stations": 0}, "min_stations: must be a whole number"),
        ({"min_stations": "1"}, "min_stations: must be a whole number"),
        ({"coverage": "1.1"}, "coverage: must be a number from 0 to 1"),
        ({"coverage": "1E-999999999"}, "coverage: must have at most 12 decimals, was '1E-999999999'"),
        ({"threshold": "0E-999999999"}, "threshold: must have at most 12 decimals"),
        ({"brackets": [{"label": "a"}]}, "brackets: must be a list of two or more"),
        ({"brackets": [{"label": "a"}, {"label": "b"}]}, "brackets: are for temp_max and temp_min in F"),
        (
            {"metric": "temp_max", "unit": "F", "brackets": [{"label": "a", "low": "1"}, {"label": "b"}]},
            "brackets[0].low: must be a whole number or null",
        ),
        (
            {"metric": "temp_max", "unit": "F", "brackets": [{"label": "a", "low": 2, "high": 1}, {"label": "b"}]},
            "brackets[0]: must not end below its start",
        ),
        ({"metric": "temp_max", "unit": "F", "brackets": [1, 2]}, "brackets[0]: must be"),
    ],
)
def test_a_bad_value_names_file_field_and_what_was_seen(changes: dict, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed(**changes)
    assert str(caught.value).startswith("c.json: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"a": NaN}', "[" * 100_000, "x" * 1_000_001])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"c\.json"):
        read(text, "c.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(TERMS)), JSON)
def test_no_value_of_any_field_raises_anything_but_input_error(field: str, value: object) -> None:
    with suppress(InputError):
        parsed(**{field: value})


def test_the_rule_in_words() -> None:
    text = rule_text(parsed())
    assert text == (
        "YES if the value is greater than 25.00 mm; equal is NO. What counts is the sum of the hourly precipitation "
        "(P groups) of routine reports made inside the window, in hundredths of an inch; a trace counts as zero, at "
        "KMDW (4.8 km), from 2026-07-03T05:00:00Z up to 2026-07-04T05:00:00Z. Disputed if fewer than 90% of the "
        "expected routine reports came."
    )


def test_the_rule_of_part_of_a_day_names_no_official_value() -> None:
    """Nobody gives one for three hours: the reports are the measure, and what is bet on must say so."""
    afternoon = {"from": "2026-07-03T18:00:00Z", "to": "2026-07-03T21:00:00Z"}
    for metric, word in (("temp_max", "highest"), ("temp_min", "lowest")):
        text = rule_text(parsed(metric=metric, unit="F", window=afternoon))
        assert f"What counts is the {word} temperature that is certain by the reports made inside the window" in text
        assert "official" not in text
        assert "official" in rule_text(parsed(metric=metric, unit="F"))


def test_the_rule_of_several_stations_says_when_they_conflict() -> None:
    two = [{"id": "KMDW", "km": "4.8", "weight": "0.5"}, {"id": "KORD", "km": "9", "weight": "0.5"}]
    assert "stations differ by more than 20% of their mean" in rule_text(parsed(stations=two))
    assert "by more than 2.0 K" in rule_text(parsed(stations=two, metric="temp_max", unit="F"))


def test_the_rule_of_brackets() -> None:
    brackets = [{"label": "≤ 84", "high": 84}, {"label": "≥ 85", "low": 85}]
    text = rule_text(parsed(metric="temp_max", unit="F", brackets=brackets))
    assert text.startswith("The bracket that holds the value wins, both ends included.")


def test_the_rule_of_what_cannot_be_settled_says_why() -> None:
    assert rule_text(contract(stations=())) == "The contract names no station."
    assert "AirNow" in rule_text(contract(metric=Metric.AQI))


LISTED: dict = {"order": [{"name": "cli", "weight": "2"}, {"name": "asos"}], "use": "mean", "least": 2, "apart": "1.5"}


def test_a_file_may_name_its_sources() -> None:
    found = parsed(sources=LISTED).sources
    assert isinstance(found, Sources)
    assert [(one.name, one.weight) for one in found.order] == [(SourceName.CLI, 2), (SourceName.ASOS, 1)]
    assert (found.use, found.least, found.apart) == ("mean", 2, Decimal("1.5"))
    assert parsed().sources is UNSET


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"order": []}, "sources.order: must be a list of 1 to 5"),
        ({"order": [{"name": "radar"}]}, "sources.order[0].name: must be one of cli, asos"),
        ({"order": [{"name": "cli"}, {"name": "cli"}]}, "must name each source once"),
        ({"order": ["cli"]}, "sources.order[0]: must be"),
        ({"order": [{"name": "cli", "weight": "-1"}]}, "sources.order[0].weight"),
        ({"use": "median"}, "sources.use: must be first or mean"),
        ({"least": 3}, "sources.least: must be a whole number from 1 to 2"),
        ({"least": True}, "sources.least"),
        ({"apart": "NaN"}, "sources.apart"),
    ],
)
def test_a_list_of_sources_that_makes_no_sense_is_refused(change: dict, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed(sources=LISTED | change)
    assert words in str(caught.value)
    with pytest.raises(InputError, match="sources: must be"):
        parsed(sources=["cli"])
