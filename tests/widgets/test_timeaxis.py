"""Time axes: round moments of a clock, days where it says they begin, names; and the stretch of time that is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import zone
from engine.core.units import DAY, HOUR, MINUTE, SECOND
from widgets import timeaxis
from widgets.timewindow import AHEAD, LEAST, MOST, TimeWindow

CHICAGO = zone.of(ZoneInfo("America/Chicago"))
ZONES = (zone.UTC_ZONE, CHICAGO, zone.fixed(-6, name="KMDW LST UTC−6"), zone.of(ZoneInfo("Asia/Kathmandu")))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


NOON = at("2026-11-01T18:00:00")


@given(
    st.integers(1_600_000_000, 1_800_000_000),
    st.integers(10, 200 * 86_400),
    st.sampled_from(ZONES),
    st.integers(60, 1_600),
)
def test_moments_are_within_rising_apart_and_few(start, seconds, clock, wide) -> None:
    found = timeaxis.ticks(start * SECOND, (start + seconds) * SECOND, clock, wide)
    assert all(start * SECOND <= tick.at <= (start + seconds) * SECOND for tick in found)
    assert all(a.at < b.at for a, b in pairwise(found))
    assert len(found) <= wide // 46 + 3
    assert all(tick.day == (clock.floor(tick.at, DAY) == tick.at) for tick in found)


def test_the_hour_that_is_told_twice_is_labelled_twice() -> None:
    found = timeaxis.ticks(at("2026-11-01T05:00:00"), at("2026-11-01T09:00:00"), CHICAGO, 250)
    assert [tick.words for tick in found] == ["1 Nov", "01:00", "01:00", "02:00", "03:00"]


def test_standard_time_does_not_see_the_summer() -> None:
    found = timeaxis.ticks(at("2026-07-04T05:00:00"), at("2026-07-04T07:00:00"), ZONES[2], 100)
    assert [(tick.words, tick.day) for tick in found] == [("23:00", False), ("4 Jul", True), ("01:00", False)]


@pytest.mark.parametrize(
    ("clock", "when", "words", "short"),
    [
        (zone.UTC_ZONE, "2026-07-04T12:00:00", "UTC", "UTC"),
        (CHICAGO, "2026-07-04T12:00:00", "local CDT", "CDT"),
        (CHICAGO, "2026-12-04T12:00:00", "local CST", "CST"),
        (ZONES[2], "2026-07-04T12:00:00", "KMDW LST UTC−6", "LST −6"),
        (zone.fixed(0, name="EGLL LST UTC"), "2026-07-04T12:00:00", "EGLL LST UTC", "LST 0"),
    ],
)
def test_a_clock_says_which_it_is(clock, when, words, short) -> None:
    assert timeaxis.name(clock, at(when)) == words
    assert timeaxis.short(clock, at(when)) == short


def test_a_moment_in_full_has_its_day_and_its_clock() -> None:
    assert timeaxis.moment(CHICAGO, at("2026-07-04T12:03:04")) == "4 Jul 07:03:04 CDT"
    assert timeaxis.moment(CHICAGO, at("2026-12-04T12:03:04"), seconds=False) == "4 Dec 06:03 CST"


def test_no_time_has_no_moments() -> None:
    assert timeaxis.ticks(5, 5, CHICAGO, 100) == timeaxis.ticks(5, 10, CHICAGO, 0) == []


def test_what_follows_goes_with_the_time_and_what_was_dragged_stands() -> None:
    window = TimeWindow(0, HOUR).at(NOON)
    assert window.end == NOON + int(AHEAD * HOUR)
    dragged = window.panned(-0.5, NOON)
    assert (dragged.follow, dragged.at(NOON + HOUR)) == (False, dragged)
    assert dragged.panned(0.6, NOON).follow
    assert dragged.following(NOON).end == window.end


@given(st.floats(0.01, 100.0), st.floats(0.0, 1.0))
def test_zooming_holds_what_is_under_the_pointer(factor, share) -> None:
    window = TimeWindow(NOON, 4 * HOUR, follow=False)
    zoomed = window.zoomed(factor, share, NOON)
    held = window.start + share * window.span
    assert LEAST <= zoomed.span <= MOST
    assert zoomed.start + share * zoomed.span == pytest.approx(held, abs=4 * MINUTE)


def test_zooming_what_follows_keeps_now_in_sight() -> None:
    window = TimeWindow(0, HOUR).at(NOON).zoomed(0.1, 0.0, NOON)
    assert window.start < NOON < window.end


def test_the_whole_holds_the_first_and_now() -> None:
    window = TimeWindow(0, HOUR).whole(NOON - DAY, NOON)
    assert window.start <= NOON - DAY
    assert window.end >= NOON
