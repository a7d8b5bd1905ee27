"""Which day of a station a venue's family is about."""

from __future__ import annotations

from datetime import date

import pytest

from engine.core.ids import FamilyId
from engine.core.instrument import Family
from engine.core.when import instant
from engine.kernel import weathering
from engine.weather.climate_day import window


def day(title: str, closes: str, offset: int = -5) -> int:
    return weathering.day_of(Family(id=FamilyId("v:e"), title=title, closes=instant(closes)), offset)


@pytest.mark.parametrize(
    "closes", ["2026-01-26T12:00:00Z", "2026-01-26T00:00:00Z", "2026-01-26T23:59:00Z", "2026-01-27T05:00:00Z"]
)
@pytest.mark.parametrize(
    "title", ["Highest temperature in NYC on January 26?", "Lowest temperature in NYC on Jan 26, 2026?"]
)
def test_the_day_is_the_one_in_the_question_whenever_the_venue_ends_its_trading(title: str, closes: str) -> None:
    assert day(title, closes) == window(date(2026, 1, 26), -5)[0]


def test_a_day_of_new_years_eve_is_of_the_year_it_ends_in() -> None:
    assert (
        day("Highest temperature in NYC on December 31?", "2026-01-01T05:00:00Z") == window(date(2025, 12, 31), -5)[0]
    )
    assert day("Highest temperature in NYC on January 1?", "2026-01-01T12:00:00Z") == window(date(2026, 1, 1), -5)[0]


@pytest.mark.parametrize(
    "title",
    [
        "Highest temperature in NYC today?",
        "NYC on February 30?",
        "Snow on March 9, 2024?",
        "Rain on Sunday 25",
        "on May 26",
    ],
)
def test_without_a_day_near_its_end_the_end_tells(title: str) -> None:
    assert day(title, "2026-01-27T05:00:00Z") == window(date(2026, 1, 26), -5)[0]
    assert day(title, "2026-07-04T08:00:00Z", -8) == window(date(2026, 7, 3), -8)[0]
