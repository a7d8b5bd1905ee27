from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.weather import possible, standing
from engine.weather.standing import Standing
from tests.engine.weather.test_possible import CLOSES, OPENS, at, f

BRACKETS = ((None, 83), (84, 85), (86, 87), (88, None))


def stands(known, *, over: bool = False) -> list[str]:
    return [standing.of(known, low, high, over=over).value for low, high in BRACKETS]


def test_a_running_high_kills_what_is_under_it_and_wins_nothing_with_a_top() -> None:
    known = possible.high([at(12, temp_tenths_c=f(84))], OPENS, CLOSES)
    assert stands(known) == ["dead", "holds", "open", "open"]


def test_the_top_bracket_is_locked_once_it_is_reached() -> None:
    known = possible.high([at(12, temp_tenths_c=f(90))], OPENS, CLOSES)
    assert stands(known) == ["dead", "dead", "dead", "locked"]


def test_a_low_is_the_mirror() -> None:
    known = possible.low([at(5, temp_tenths_c=f(86))], OPENS, CLOSES)
    assert stands(known) == ["open", "open", "holds", "dead"]
    assert stands(possible.low([at(5, temp_tenths_c=f(80))], OPENS, CLOSES)) == ["locked", "dead", "dead", "dead"]


def test_an_official_value_decides_each() -> None:
    known = possible.high([at(23, temp_tenths_c=f(70), max24_tenths_c=f(85))], OPENS, CLOSES)
    assert stands(known) == ["dead", "locked", "dead", "dead"]
    assert standing.above(known, Decimal(85)) is Standing.DEAD
    assert standing.above(known, Decimal("84.5")) is Standing.LOCKED


def test_a_low_that_only_the_24_hour_group_names_is_not_locked_at_the_edge_of_its_bracket() -> None:
    known = possible.low([at(23, temp_tenths_c=f(90), min24_tenths_c=f(86))], OPENS, CLOSES)
    assert stands(known) == ["dead", "holds", "holds", "dead"]
    known = possible.low([at(23, temp_tenths_c=f(90), min24_tenths_c=f(85))], OPENS, CLOSES)
    assert stands(known) == ["dead", "locked", "dead", "dead"]


def test_a_day_that_is_over_and_covered_by_groups_leaves_a_closed_set() -> None:
    hours = (0, 6, 12, 18)
    groups = [at(h, temp_tenths_c=f(70), max6_tenths_c=f(84 if h == 18 else 80)) for h in hours]
    last = at(23, temp_tenths_c=f(70))
    known = possible.high([*groups, last], OPENS, CLOSES)
    assert known.cap is None  # nothing speaks of the hours after 18:51
    assert stands(known, over=True) == ["dead", "holds", "open", "open"]
    closed = possible.high(groups, OPENS, Nanos(OPENS + 18 * HOUR + 52 * MINUTE))
    assert closed.cap is not None
    assert stands(closed, over=True) == ["dead", "locked", "dead", "dead"]


def test_the_last_minutes_of_a_day_that_groups_cover_may_still_lower_a_low() -> None:
    opens = Nanos(OPENS - HOUR)  # Central: its six-hour groups end with the day
    groups = [at(h, temp_tenths_c=f(90), min6_tenths_c=f(86), max6_tenths_c=f(90)) for h in (4, 10, 16, 22)]
    low, high = (of(groups, opens, Nanos(opens + DAY)) for of in (possible.low, possible.high))
    assert (low.cap, high.cap) == (86, 90)
    assert stands(low, over=True) == ["dead", "holds", "holds", "dead"]
    assert standing.above(low, Decimal(85), over=True) is Standing.HOLDS
    assert stands(high, over=True) == ["dead", "dead", "dead", "locked"]
    across = at(28, min6_tenths_c=f(86))
    told = possible.low([*groups, across], opens, Nanos(opens + DAY))
    assert stands(told, over=True) == ["dead", "dead", "locked", "dead"]


def test_nothing_reported_leaves_all_open() -> None:
    known = possible.high([], OPENS, CLOSES)
    assert stands(known) == ["open"] * 4
    assert standing.above(known, Decimal(80)) is Standing.OPEN


@pytest.mark.parametrize(
    ("sign", "value", "expected"),
    [(1, 90, "locked"), (1, 80, "open"), (-1, 90, "holds"), (-1, 80, "dead")],
)
def test_a_threshold_is_reached_from_below_by_highs_and_left_by_lows(sign, value, expected) -> None:
    of = possible.high if sign > 0 else possible.low
    known = of([at(12, temp_tenths_c=f(value))], OPENS, CLOSES)
    assert standing.above(known, Decimal(85)).value == expected


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(20, 35)), min_size=1, max_size=12), st.sampled_from((1, -1)))
def test_of_brackets_that_leave_nothing_out_at_most_one_holds_or_is_locked_and_not_all_are_dead(reports, sign) -> None:
    readings = [at(hour, temp_whole_c=celsius) for hour, celsius in sorted(dict(reports).items())]
    known = (possible.high if sign > 0 else possible.low)(readings, OPENS, Nanos(OPENS + DAY))
    found = stands(known)
    assert sum(word in {"holds", "locked"} for word in found) == 1
    assert set(found) != {"dead"}
    if "locked" in found:
        assert sorted(found)[:3] == ["dead"] * 3
