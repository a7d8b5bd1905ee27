"""Bars of trades and quotes: what they say is what a slow look at all trades says, on every clock; gaps stay gaps."""

from __future__ import annotations

from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core import zone
from engine.core.units import DAY, HOUR, MINUTE, SECOND
from engine.maths.bars import INTERVALS, ROOMS, Bar, Bars, Print, Quote, fair_joins, joined, joins

MARCH = 1_772_928_000 * SECOND
"""2026-03-08, when Chicago's clocks go forward."""
NOVEMBER = 1_793_491_200 * SECOND
"""2026-11-01, when they go back."""
CHICAGO = zone.of(ZoneInfo("America/Chicago"))
CLOCKS = (zone.UTC_ZONE, zone.fixed(-6), zone.fixed(5.5), CHICAGO)
PRINTS = st.builds(
    Print,
    st.integers(-3 * 86_400, 3 * 86_400).map(lambda s: s * SECOND),
    st.floats(1.0, 99.0),
    st.floats(0.01, 500.0),
    st.sampled_from((True, False, None)),
)
TAPES = st.tuples(st.sampled_from((MARCH, NOVEMBER)), st.lists(PRINTS, min_size=1, max_size=60)).map(
    lambda drawn: sorted((one._replace(at=one.at + drawn[0]) for one in drawn[1]), key=lambda one: one.at)
)


def told(bars: list[Bar]) -> list[tuple]:
    return [
        (b.at, b.open, b.high, b.low, b.close, b.trades, pytest.approx(b.volume), pytest.approx(b.signed, abs=1e-6))
        for b in bars
    ]


def slowly(tape: list[Print], span: int, clock: zone.Zone) -> list[tuple]:
    found = []
    for begins, group in groupby(tape, key=lambda one: clock.floor(one.at, span)):
        prints = list(group)
        prices = [one.price for one in prints]
        signed = sum(one.qty * (1 if one.bought else -1) for one in prints if one.bought is not None)
        volume = sum(one.qty for one in prints)
        found.append((begins, prices[0], max(prices), min(prices), prices[-1], len(prints), volume, signed))
    return found


@given(TAPES, st.sampled_from(sorted(INTERVALS)), st.sampled_from(CLOCKS))
def test_bars_are_what_all_trades_of_a_stretch_say(tape, name, clock) -> None:
    bars, span = Bars(), INTERVALS[name]
    for one in tape:
        bars.take(one)
    asked = clock if span > HOUR else zone.UTC_ZONE
    assert told(bars.of(span, clock)) == slowly(tape, span, asked)


@given(TAPES, st.integers(0, 60), st.sampled_from(sorted(INTERVALS)))
def test_older_trades_that_come_later_change_nothing(tape, cut, name) -> None:
    bars, span = Bars(), INTERVALS[name]
    for one in tape[cut:]:
        bars.take(one)
    bars.precede(tape[:cut])
    assert told(bars.of(span, CHICAGO)) == slowly(tape, span, CHICAGO if span > HOUR else zone.UTC_ZONE)


def test_a_day_on_which_clocks_change_is_one_bar_of_23_or_25_hours() -> None:
    for day, hours in ((MARCH, 23), (NOVEMBER, 25)):
        bars = Bars()
        begins = CHICAGO.floor(day + 18 * HOUR, DAY)
        for hour in range(-1, hours + 1):
            bars.take(Print(begins + hour * HOUR, 50.0, 1.0, True))
        assert [(one.at, one.trades) for one in bars.of(DAY, CHICAGO)][1] == (begins, hours)


def test_room_is_bounded_and_the_oldest_go() -> None:
    bars = Bars()
    for second in range(ROOMS[SECOND] + 50):
        bars.take(Print(MARCH + second * SECOND, 40.0, 1.0, None))
    kept = bars.of(SECOND, zone.UTC_ZONE)
    assert (len(kept), kept[0].at) == (ROOMS[SECOND], MARCH + 50 * SECOND)
    bars.precede([Print(MARCH - HOUR, 1.0, 1.0, True)])
    assert bars.of(SECOND, zone.UTC_ZONE)[0].at == MARCH + 50 * SECOND
    assert bars.of(HOUR, zone.UTC_ZONE)[0].at == MARCH - HOUR


def test_a_stretch_without_anything_has_no_bar_and_no_line_leads_over_it() -> None:
    bars = Bars()
    for at in (0, 1, 2, 7, 8):
        bars.see(Quote(MARCH + at * SECOND, MARCH + (at + 2) * SECOND, 40.0 + at))
    kept = bars.of(SECOND, zone.UTC_ZONE)
    assert [(one.at - MARCH) // SECOND for one in kept] == [0, 1, 2, 7, 8]
    assert [joins(a, b) for a, b in pairwise(kept)] == [True, True, False, True]


def test_what_was_cut_leads_to_nothing_that_comes_later() -> None:
    bars = Bars()
    bars.cut(MARCH)
    bars.see(Quote(MARCH, MARCH + HOUR, 40.0, 41.0, MARCH + HOUR))
    bars.cut(MARCH + SECOND)
    bars.see(Quote(MARCH + 2 * SECOND, MARCH + HOUR, 40.0, 41.0, MARCH + 3 * SECOND))
    bars.see(Quote(MARCH + 9 * SECOND, MARCH + HOUR, 40.0, 41.0, MARCH + HOUR))
    kept = bars.of(SECOND, zone.UTC_ZONE)
    assert [joins(a, b) for a, b in pairwise(kept)] == [False, True]
    assert [fair_joins(a, b) for a, b in pairwise(kept)] == [False, False]


def test_trades_alone_lead_no_line_of_the_market() -> None:
    bars = Bars()
    bars.take(Print(MARCH, 50.0, 1.0, True))
    bars.see(Quote(MARCH + SECOND, MARCH + 3 * SECOND, 50.0))
    before, after = bars.of(SECOND, zone.UTC_ZONE)
    assert not joins(before, after)


def test_what_is_late_counts_as_now() -> None:
    bars = Bars()
    bars.take(Print(MARCH + MINUTE, 50.0, 1.0, True))
    bars.take(Print(MARCH, 40.0, 1.0, False))
    (bar,) = bars.of(MINUTE, zone.UTC_ZONE)
    assert (bar.at, bar.close, bar.low, bar.signed) == (MARCH + MINUTE, 40.0, 40.0, 0.0)


def test_runs_that_know_nothing_of_each_other_are_put_in_order() -> None:
    assert [one.at for one in joined([Bar(1), Bar(2)], [])] == [1, 2]
    assert [one.at for one in joined([], [Bar(1)])] == [1]
    assert [one.at for one in joined([Bar(1), Bar(5)], [Bar(2), Bar(5), Bar(6)])] == [1, 2, 5, 6]


def test_nothing_known_has_no_beginning() -> None:
    assert Bars().first() is None
