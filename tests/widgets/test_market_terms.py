"""What an operator types, as terms of a contract."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from engine.core.contract import Metric, SourceName, Sources, Unit
from engine.core.units import HOUR
from tests.widgets import views_sample as sample
from widgets.market_terms import UNITS, Typed, Unfit, brackets, day_of, day_start, terms


def typed(**changes):
    fields = {
        "cell": "87265929effffff", "metric": Metric.TEMP_MAX, "unit": Unit.FAHRENHEIT, "bracketed": True,
        "threshold": "",
        "brackets": "84-85, 86-87", "day": date(2026, 7, 3), "hours": 24, "utc_offset_hours": -6, "by_hand": False,
        "b": "100", "even": False,
    } | changes  # fmt: skip
    return Typed(**fields)


def test_brackets_get_an_open_tail_at_each_end() -> None:
    assert [(b.label, b.low, b.high) for b in brackets("84-85, 86-87,88")] == [
        ("≤ 83", None, 83), ("84–85", 84, 85), ("86–87", 86, 87), ("88", 88, 88), ("≥ 89", 89, None),
    ]  # fmt: skip


def test_brackets_may_lie_below_zero() -> None:
    assert [(b.label, b.low, b.high) for b in brackets("-5--3, -2 to 1")] == [
        ("≤ −6", None, -6), ("−5 to −3", -5, -3), ("−2 to 1", -2, 1), ("≥ 2", 2, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "type at least one range"), ("abc", "is no range"), ("85-84", "runs backwards"),
        ("84-85, 87-88", "without gap or overlap"), ("84-86, 86-88", "without gap or overlap"),
        (", ".join(str(i) for i in range(40)), "at most 24"),
    ],
)  # fmt: skip
def test_brackets_that_are_none_say_why(text, words) -> None:
    with pytest.raises(Unfit, match=words) as found:
        brackets(text)
    assert found.value.field == "brackets"


@given(st.integers(-40, 120), st.lists(st.integers(1, 9), min_size=1, max_size=20))
def test_every_whole_value_is_in_exactly_one_bracket(start, widths) -> None:
    parts, low = [], start
    for wide in widths:
        parts.append(f"{low} to {low + wide - 1}")
        low += wide
    found = brackets(", ".join(parts))
    for value in range(start - 3, low + 3):
        hits = [b for b in found if (b.low is None or b.low <= value) and (b.high is None or value <= b.high)]
        assert len(hits) == 1


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_unfit(text) -> None:
    with suppress(Unfit):
        brackets(text)
    with suppress(Unfit):
        terms(typed(bracketed=False, threshold=text, b=text, by_hand=True))


def test_a_threshold_draft() -> None:
    made = terms(typed(bracketed=False, threshold="25.4", metric=Metric.PRECIPITATION, unit=Unit.MM))
    assert (made.threshold, made.brackets, made.b, made.prior) == (Decimal("25.4"), (), None, None)
    assert made.closes - made.opens == 24 * HOUR


def test_a_draft_by_hand_at_even_prices() -> None:
    made = terms(typed(by_hand=True, b="43.2", even=True))
    assert (made.b, made.prior) == (43.2, ())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cell": ""}, "cell"), ({"hours": 0}, "hours"), ({"hours": 999}, "hours"),
        ({"by_hand": True, "b": "0"}, "liquidity"), ({"by_hand": True, "b": "x"}, "liquidity"),
        ({"bracketed": False, "threshold": "NaN"}, "threshold"),
    ],
)  # fmt: skip
def test_the_field_at_fault_is_named(changes, field) -> None:
    with pytest.raises(Unfit) as found:
        terms(typed(**changes))
    assert found.value.field == field


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-12, 14))
def test_a_day_begins_at_local_standard_midnight(day, offset) -> None:
    assert day_of(day_start(day, offset), offset) == day
    assert day_of(day_start(day, offset) - 1, offset) < day


def test_the_day_of_a_moment() -> None:
    assert day_of(sample.NOW, -6) == date(2026, 7, 3)


def test_every_metric_has_a_unit() -> None:
    assert set(UNITS) == set(Metric)


def test_who_gives_the_values_is_the_metrics_rule_unless_chosen() -> None:
    assert terms(typed()).sources is UNSET
    first, agree = (terms(typed(settles_by=key)).sources for key in ("first", "agree"))
    assert isinstance(first, Sources)
    assert isinstance(agree, Sources)
    assert [one.name for one in first.order] == [SourceName.CLI, SourceName.ASOS]
    assert (first.least, agree.least, agree.apart) == (1, 2, 0)
    rain = typed(metric=Metric.PRECIPITATION, unit=Unit.INCH, bracketed=False, threshold="1", settles_by="first")
    assert terms(rain).sources.apart == Decimal("0.01")


def test_a_station_file_of_ones_own_comes_first_where_it_is_chosen() -> None:
    own = terms(typed(settles_by="private")).sources
    assert [one.name for one in own.order] == [SourceName.PRIVATE, SourceName.CLI, SourceName.ASOS]
    gust = {"metric": Metric.WIND_GUST, "unit": Unit.KNOT, "bracketed": False, "threshold": "30"}
    assert len(terms(typed(settles_by="private", **gust)).sources.order) == 2
    with pytest.raises(Unfit, match="tells no snowfall"):
        terms(typed(settles_by="private", metric=Metric.SNOW, unit=Unit.INCH, bracketed=False, threshold="3"))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"hours": 12}, "hours", "a climate report speaks of one whole day: 24 h"),
        ({"metric": Metric.WIND_GUST, "unit": Unit.KNOT, "bracketed": False, "threshold": "30"}, "sources",
         "no climate report tells a wind gust"),
    ],
)  # fmt: skip
def test_sources_that_cannot_tell_it_are_refused(change, field, words) -> None:
    with pytest.raises(Unfit, match=words) as found:
        terms(typed(settles_by="agree", **change))
    assert found.value.field == field
