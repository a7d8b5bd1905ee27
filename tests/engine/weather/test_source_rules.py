"""Who decides an event, read from its own rules: recorded texts, and those written after the specification."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.source_terms import SourceKind, SourceTerms
from engine.weather import source_rules
from tests.shared import shared

CLI_LIST = [("NWS Climatological Report", "https://forecast.weather.gov/product.php?site=OKX&product=CLI&issuedby=NYC")]
TWC = (
    "If the maximum temperature recorded at New York City (CLINYC) for Aug 29, 2026, is greater than 86° fahrenheit "
    "according to The Weather Company, then the market resolves to Yes."
)
OLD = (
    "If the highest temperature recorded in Central Park, New York for May 11, 2026 as reported by the National "
    "Weather Service's Climatological Report (Daily), is greater than 69°, then the market resolves to Yes."
)


def test_the_same_series_names_another_source_from_mid_august_on() -> None:
    """Awkward facts, line 1."""
    new, old = (
        source_rules.read(TWC, "", [("The Weather Company", "https://weather.com/kalshi")]),
        source_rules.read(OLD, "", CLI_LIST),
    )
    assert new == SourceTerms(
        kind=SourceKind.WEATHER_COMPANY, station="KNYC", product="CLINYC", place="New York City", measure="high",
        unit="°F", rounding="whole", day="standard",
    )  # fmt: skip
    assert old == SourceTerms(
        kind=SourceKind.CLIMATE_REPORT, station="KNYC", product="CLINYC", place="Central Park, New York",
        measure="high", unit="°F", rounding="whole", day="standard",
    )  # fmt: skip
    assert (new.not_comparable, old.not_comparable) == ("", "")


def test_polymarket_left_one_page_for_another_and_uses_another_station() -> None:
    """Awkward facts, line 2."""
    before = source_rules.read(
        "This market will resolve to the range that contains the highest temperature recorded at the LaGuardia Airport "
        "Station in degrees Fahrenheit on 21 Jul. The resolution source for this market will be information from "
        "Wunderground, available here: https://www.wunderground.com/history/daily/us/ny/new-york-city/KLGA."
    )
    after = source_rules.read(
        "This market will resolve to the range that contains the highest temperature recorded by NOAA at the LaGuardia "
        "Airport Station on 29 Aug. The resolution source will be https://www.weather.gov/wrh/timeseries?site=klga, "
        "by its Hourly Data, in whole degrees. Revisions will count until the next day's first point is out."
    )
    assert (before.kind, before.station, before.day) == (SourceKind.WUNDERGROUND, "KLGA", "clock")
    assert (after.kind, after.station, after.rounding) == (SourceKind.TIME_SERIES, "KLGA", "whole")
    assert (before.place, after.place) == ("LaGuardia Airport Station", "LaGuardia Airport Station")
    assert after.revisions == "latest"
    assert all("the official high is that or more" in one.not_comparable for one in (before, after))


def test_a_temperature_of_one_hour_is_no_extreme_of_a_day() -> None:
    found = source_rules.read(
        "If the temperature recorded at Chicago, IL for Jul 16, 2026 9 PM EDT as reported by The Weather Company (for "
        "coordinates KORD), is above 85.99°, then the market resolves to Yes."
    )
    assert (found.kind, found.station, found.measure, found.day) == (
        SourceKind.WEATHER_COMPANY, "KORD", "temperature", "",
    )  # fmt: skip
    assert "about temperature" in found.not_comparable


def test_a_source_that_is_not_known_is_none_and_not_guessed() -> None:
    found = source_rules.read("If the highest temperature in Paris on May 1 is above 20°C by the mayor's thermometer.")
    assert (found.kind, found.station, found.unit, found.measure) == (SourceKind.UNKNOWN, "", "°C", "high")
    assert "no source that is known" in found.not_comparable
    nowhere = source_rules.read("If it is hot in Central Park according to The Weather Company.")
    assert (nowhere.kind, nowhere.station) == (SourceKind.WEATHER_COMPANY, "")


def test_what_is_warned_of_is_not_who_decides() -> None:
    more = "Synoptic and the Climatological Report (Daily) may differ from it."
    found = source_rules.read(TWC, more)
    assert found.kind is SourceKind.WEATHER_COMPANY
    assert found.also == (SourceKind.SYNOPTIC, SourceKind.CLIMATE_REPORT)


def test_the_list_decides_only_where_the_rules_name_nobody() -> None:
    found = source_rules.read("If the low temperature in Denver is below 20°, this resolves to Yes.", "", CLI_LIST)
    assert (found.kind, found.measure, found.product) == (SourceKind.CLIMATE_REPORT, "low", "CLINYC")
    torn = source_rules.read(TWC, "", CLI_LIST)
    assert torn.kind is SourceKind.WEATHER_COMPANY
    assert torn.doubt == "its rules name The Weather Company, the venue lists NWS Climatological Report (Daily)"


def test_fallback_revisions_and_tenths_are_kept_in_the_rules_words() -> None:
    more = (
        "Only the first non-preliminary publication counts. If the report is not available by the next day, the last "
        "traded price counts. Values are stated to one decimal place."
    )
    found = source_rules.read(TWC, more)
    assert found.fallback == "If the report is not available by the next day, the last traded price counts."
    assert (found.revisions, found.rounding) == ("first", "tenths")


@pytest.mark.parametrize(
    ("text", "measure", "unit"),
    [
        ("If more than 0 inches of precipitation fall in New York", "rain", "in"),
        ("Will there be more than 3 inches of snow in Boston", "snow", "in"),
        ("Will Bitcoin be above $100,000", "", ""),
        ("Will Ukraine join NATO", "", ""),
    ],
)
def test_measures(text: str, measure: str, unit: str) -> None:
    found = source_rules.read(text)
    assert (found.measure, found.unit) == (measure, unit)


def test_every_recorded_text_names_its_source_or_none() -> None:
    rows = json.loads(shared("frames/weather/kalshi/rules_texts.json").read_text())
    kinds = []
    for row in rows:
        text = row.get("rules_primary") or row.get("description") or row.get("text") or row["early_close_condition"]
        listed = [(one["name"], one["url"]) for one in row.get("settlement_sources", [])]
        kinds.append(source_rules.read(text, row.get("rules_secondary", ""), listed).kind.name)
    assert kinds == [
        "CLIMATE_REPORT", "CLIMATE_REPORT", "WEATHER_COMPANY", "WEATHER_COMPANY", "UNKNOWN", "WUNDERGROUND",
        "TIME_SERIES",
    ]  # fmt: skip


def test_every_recorded_series_is_read_whole() -> None:
    lines = shared("frames/kalshi/weather_series_meta_2026-07-17.jsonl").read_text().splitlines()
    for line in lines:
        row = json.loads(line)
        listed = [(one["name"], one["url"]) for one in row["settlement_sources"]]
        found = source_rules.read(row["rules_primary"], row["rules_secondary"], listed)
        hourly = row["series"].startswith("KXTEMP")
        assert found.kind is (SourceKind.WEATHER_COMPANY if hourly else SourceKind.CLIMATE_REPORT)
        assert len(found.station) == 4
        assert found.place
        assert found.unit == "°F"
        assert not found.doubt
        assert bool(found.not_comparable) is hourly
        assert found.measure == ("temperature" if hourly else "high" if row["series"].startswith("KXHIGH") else "low")


@given(st.text(max_size=400), st.text(max_size=200), st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60))))
def test_any_text_is_read(primary: str, secondary: str, listed: list[tuple[str, str]]) -> None:
    found = source_rules.read(primary, secondary, listed)
    assert len(found.place) <= source_rules.SHOWN
    assert len(found.fallback) <= source_rules.SHOWN


def test_a_hostile_text_is_read_at_once() -> None:
    for piece in ("wunderground.com/", "NOAA ", "recorded at a", "if if ", "CLI", "[?&]product="):
        source_rules.read(piece * 4_000, piece * 4_000, [(piece * 1_000, piece * 1_000)])
