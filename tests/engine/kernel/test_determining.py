"""A family's results held against our own reports of its station."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.core.events import StatusChanged
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.kernel import determining
from engine.kernel.state import State
from tests.engine.kernel.project.floor import FAMILY, HIGH, LOW, state

MDW = StationId("KMDW")
MIDNIGHT = instant("2026-07-03T06:00:00Z")
"""Local standard midnight at Chicago, which begins the day."""


def day(official: int | None, *, title: str = "Highest temperature in Chicago on Jul 3") -> State:
    found = state()
    row = StationRow(
        id="KMDW", name="Midway", lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
    )
    found.stations[MDW] = row
    closes = Nanos(MIDNIGHT + 24 * HOUR)
    found.families[FAMILY] = replace(found.families[FAMILY], title=title, station="KMDW", unit="°F", closes=closes)
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
    assert determining.our_value(found, found.families[FAMILY]) is None
    assert FAMILY not in found.flagged


@pytest.mark.parametrize("change", [{"station": ""}, {"station": "KXXX"}, {"unit": ""}, {"closes": None}])
def test_a_family_without_station_unit_or_end_has_no_value_of_ours(change: dict[str, object]) -> None:
    found = day(82)
    assert determining.our_value(found, replace(found.families[FAMILY], **change)) is None


def test_exactly_one_must_have_been_yes() -> None:
    found = day(None)
    decide(found, "no", "no")
    assert "none was determined YES" in found.flagged[FAMILY]
    found = day(None)
    decide(found, "yes", "yes")
    assert "2 were determined YES" in found.flagged[FAMILY]
