"""Which markets and outcomes a filter names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import InstrumentId, MarketId, VenueId
from tests.widgets import views_sample as sample
from widgets.market_lines import MARKET, MOST_LINES, OUTCOME, lines
from widgets.market_search import fitting, parse

KALSHI = [
    sample.market_row(
        instrument=InstrumentId(VenueId("kalshi"), f"KXHIGHCHI-26JUL03-B{n}"),
        market=MarketId("KXHIGHCHI-26JUL03"),
        event="Chicago Jul 3",
        label=label,
        group="Kalshi · Weather · high",
    )
    for n, label in enumerate(("≤83", "84–85", "86–87"))
]


def labels(words):
    return [row.label for row in fitting(KALSHI, parse(words))]


@pytest.mark.parametrize(
    "words",
    ["chicago", "kalshi", "venue:kalshi", "city:chi", "series:kxhighchi", "KXHIGHCHI", "station:kmdw",
     "venue:kalshi city:chi", "", "venue:", "high"],
)  # fmt: skip
def test_words_that_name_the_market_leave_its_outcomes_alone(words) -> None:
    assert labels(words) == ["≤83", "84–85", "86–87"]


@pytest.mark.parametrize("words", ["84-85", "84–85", "strike:84-85", "chicago strike:84", "venue:kalshi 84-"])
def test_a_strike_leaves_its_outcomes_only(words) -> None:
    assert labels(words) == ["84–85"]


@pytest.mark.parametrize(
    "words", ["venue:polymarket", "city:kmdw", "strike:chicago", "series:chicagoo", "zebra", "colour:red"]
)
def test_what_fits_nowhere_finds_nothing(words) -> None:
    assert labels(words) == []


def test_a_market_without_labels_is_found_by_its_threshold() -> None:
    rain = [row for row in sample.markets().rows if row.event.startswith("CHI rain")]
    assert fitting(rain, parse("strike:25 venue:own"))


@given(st.text(max_size=80))
def test_no_words_raise_and_what_fits_is_of_the_market(words) -> None:
    assert set(fitting(KALSHI, parse(words))) <= set(KALSHI)


def test_the_tree_shows_the_outcomes_that_fit() -> None:
    shown = lines(KALSHI, set(), set(), "strike:86")
    assert [line.name for line in shown if line.kind == OUTCOME] == ["86–87"]


def test_a_tree_of_very_many_markets_is_bounded_and_says_so() -> None:
    many = [sample.market_row(market=MarketId(f"M{n}"), label="", event=f"M{n}") for n in range(MOST_LINES + 50)]
    shown = lines(many, set(), set())
    assert len([line for line in shown if line.kind == MARKET]) == MOST_LINES
    assert shown[-1].name == "50 more: type more of the name"
