"""A family's results held against our own reports of its station."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.events import StatusChanged
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.source_terms import SourceKind, SourceTerms
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import instant
from engine.kernel import determining
from engine.kernel.state import State
from engine.weather.climate_day import tenths_celsius
from tests.engine.kernel.project.floor import FAMILY, HIGH, LOW, state

MDW = StationId("KMDW")
MIDNIGHT = instant("2026-07-03T06:00:00Z")
"""Local standard midnight at Chicago, which begins the day."""


OFFICIAL = SourceTerms(kind=SourceKind.CLIMATE_REPORT, station="KMDW", measure="high", unit="°F", day="standard")


def day(
    official: int | None,
    *,
    title: str = "Highest temperature in Chicago on Jul 3",
    terms: SourceTerms | None = OFFICIAL,
) -> State:
    found = state()
    row = StationRow(
        id="KMDW", name="Midway", lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
    )
    found.stations[MDW] = row
    closes = Nanos(MIDNIGHT + 24 * HOUR)
    family = replace(found.families[FAMILY], title=title, station="KMDW", unit="°F", closes=closes, terms=terms)
    found.families[FAMILY] = family
    if official is not None:
        report = Reading(
            station=MDW, measured_at=closes, kind=ReportKind.CLIMATE, source="CLI", raw="", high_f=official
        )
        found.observed.add(report)
    return found


def decide(found: State, low: str, high: str) -> None:
    for one, result in ((LOW, low), (HIGH, high)):
        event = StatusChanged(at=found.now, instrument=one, status="determined", result=result)
        determining.status_changed(found, event)


def test_results_that_agree_with_our_reports_are_not_flagged() -> None:
    found = day(85)
    decide(found, "no", "yes")
    assert FAMILY not in found.flagged


def test_a_bracket_our_reports_speak_against_is_flagged_and_provisional() -> None:
    found = day(82)
    decide(found, "no", "yes")
    assert "our reports of KMDW give 82 °F" in found.flagged[FAMILY]
    assert determining.provisional(found, found.listings[HIGH])


def test_without_an_official_value_nothing_is_held_against_it() -> None:
    found = day(None)
    decide(found, "no", "yes")
    assert determining.our_values(found, found.families[FAMILY]) == ()
    assert FAMILY not in found.flagged


@pytest.mark.parametrize("change", [{"station": ""}, {"station": "KXXX"}, {"unit": ""}, {"closes": None}])
def test_a_family_without_station_unit_or_end_has_no_value_of_ours(change: dict[str, object]) -> None:
    found = day(82)
    assert determining.our_values(found, replace(found.families[FAMILY], **change)) == ()


def test_exactly_one_must_have_been_yes() -> None:
    found = day(None)
    decide(found, "no", "no")
    assert "none was determined YES" in found.flagged[FAMILY]
    found = day(None)
    decide(found, "yes", "yes")
    assert "2 were determined YES" in found.flagged[FAMILY]


RELAYED = replace(OFFICIAL, kind=SourceKind.WEATHER_COMPANY)


def test_a_venue_whose_source_says_otherwise_than_the_climate_report_is_flagged_with_both() -> None:
    """As at Miami on 29 August 2026: the venue's source had 90 °F, the climate report 85."""
    found = day(82, terms=RELAYED)
    decide(found, "no", "yes")
    assert "determined NO by The Weather Company, and our reports of KMDW give 82 °F" in found.flagged[FAMILY]
    assert determining.not_compared(found, found.families[FAMILY]) == ""


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (replace(OFFICIAL, kind=SourceKind.TIME_SERIES), "weather.gov time series counts the highest of its readings"),
        (replace(OFFICIAL, kind=SourceKind.SYNOPTIC), "what Synoptic publishes is not read here"),
        (SourceTerms(), "its rules name no source that is known here"),
        (replace(OFFICIAL, measure="temperature"), "it is about temperature, not about the high or low of a day"),
        (replace(OFFICIAL, station=""), "its rules name no station"),
    ],
)
def test_what_another_source_decides_is_not_held_against_the_official_high(terms: SourceTerms, why: str) -> None:
    found = day(82, terms=terms)
    decide(found, "no", "yes")
    assert FAMILY not in found.flagged
    assert determining.our_values(found, found.families[FAMILY]) == ()
    assert determining.not_compared(found, found.families[FAMILY]).startswith(why)


def test_a_family_whose_rules_and_list_name_different_sources_stays_provisional() -> None:
    doubt = "its rules name The Weather Company, the venue lists NWS Climatological Report (Daily)"
    found = day(None, terms=replace(RELAYED, doubt=doubt))
    decide(found, "no", "yes")
    assert found.flagged[FAMILY] == doubt
    assert determining.provisional(found, found.listings[HIGH]) == doubt


def test_a_family_listed_before_terms_were_kept_is_read_from_its_texts() -> None:
    found = day(82, terms=None)
    assert determining.not_compared(found, found.families[FAMILY]) == "its rules name no source that is known here"
    for one in (LOW, HIGH):
        rules = "If the highest temperature … according to The Weather Company, then the market resolves to Yes."
        found.listings[one].instrument = replace(found.listings[one].instrument, rules=rules)
    decide(found, "no", "yes")
    assert "by The Weather Company" in found.flagged[FAMILY]


def test_why_nothing_is_compared_is_said() -> None:
    found = day(None)
    family = found.families[FAMILY]
    assert determining.not_compared(found, family) == "no official value of KMDW has come yet"
    assert determining.not_compared(found, replace(family, station="KXXX")) == "no station KXXX is known here"
    assert determining.not_compared(found, replace(family, unit="")).startswith("its brackets are no whole degrees")


@pytest.mark.parametrize(("group", "flagged"), [(83, False), (84, False), (85, True)])
def test_a_low_that_only_the_24_hour_group_names_may_have_been_a_degree_lower(group: int, flagged: bool) -> None:
    found = day(None, terms=replace(OFFICIAL, measure="low"))
    at = Nanos(MIDNIGHT + 24 * HOUR - 7 * MINUTE)
    kind = ReportKind.ROUTINE
    report = Reading(station=MDW, measured_at=at, kind=kind, source="IEM", raw="", min24_tenths_c=tenths_celsius(group))
    found.observed.add(report)
    assert determining.our_values(found, found.families[FAMILY]) == (group - 1, group)
    decide(found, "yes", "no")  # 83 or below
    assert (FAMILY in found.flagged) == flagged
