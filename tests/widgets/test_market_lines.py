"""The markets tree as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import HOUR, MINUTE, Nanos
from tests.widgets import views_sample as sample
from widgets.market_lines import MARKET, OUTCOME, SECTION, lines, time_left

ROWS = sample.markets().rows
IDS = sorted({r.market for r in ROWS})


def shape(shown):
    return [(line.kind, line.name) for line in shown]


def test_closed_markets_are_one_line_each_under_their_section() -> None:
    shown = shape(lines(ROWS, set(), set()))
    assert shown[0] == (SECTION, "Weather · daily high")
    assert [n for k, n in shown if k == MARKET][:3] == ["Chicago", "Austin", "New York"]
    assert not any(k == OUTCOME for k, _ in shown)


def test_an_open_market_shows_its_outcomes_in_order() -> None:
    shown = lines(ROWS, {sample.CHI}, set())
    assert [line.name for line in shown if line.kind == OUTCOME] == [b[0] for b in sample.BRACKETS]


def test_a_yes_no_market_does_not_open() -> None:
    rain = next(line for line in lines(ROWS, set(IDS), set()) if line.name == "CHI rain > 25 mm")
    assert not rain.branches
    assert rain.instrument == rain.first.instrument


def test_a_market_sums_positions_and_shows_its_best_edge() -> None:
    chicago = next(line for line in lines(ROWS, set(), set()) if line.name == "Chicago")
    assert chicago.position == 8
    assert chicago.edge == 1.67
    assert chicago.overround == 4.0
    assert chicago.instrument == sample.bracket(2)


@pytest.mark.parametrize(
    ("words", "found"), [("kaus", ["Austin"]), ("86–87", ["Chicago"]), ("rain chi", ["CHI rain > 25 mm"]), ("zzz", [])]
)
def test_filtering(words, found) -> None:
    assert [line.name for line in lines(ROWS, set(), set(), words) if line.kind == MARKET] == found


def test_only_starred() -> None:
    shown = lines(ROWS, set(), {"ATMX-KMIA"}, only_starred=True)
    assert shape(shown) == [(SECTION, "Weather · daily high"), (MARKET, "Miami")]
    assert shown[1].starred


@given(st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)), st.text(max_size=8))
def test_every_line_belongs_to_a_section_and_no_market_comes_twice(opened, starred, words) -> None:
    shown = lines(ROWS, opened, starred, words)
    assert not shown or shown[0].kind == SECTION
    markets = [line.market for line in shown if line.kind == MARKET]
    assert len(markets) == len(set(markets))


@pytest.mark.parametrize(
    ("left", "status", "text"),
    [
        (10 * HOUR + 26 * MINUTE, "open", "10:26"), (26 * MINUTE, "open", "0:26"), (80 * HOUR, "open", "3 d"),
        (-HOUR, "open", "0:00"), (HOUR, "disputed", "disputed"),
    ],
)  # fmt: skip
def test_time_left(left, status, text) -> None:
    assert time_left(Nanos(sample.NOW + left), sample.NOW, status) == text


def test_time_left_is_unknown_without_a_clock() -> None:
    assert time_left(sample.CLOSES, Nanos(0), "open") == "—"
