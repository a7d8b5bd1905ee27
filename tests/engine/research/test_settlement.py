"""The vectorised backtest says what a plain loop over days and hours says."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.research import settlement, synthetic
from engine.research.settlement import Measure, Tally, Unit, Years
from engine.weather import climate_day
from tests.scale import scale

NAN = math.nan


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def tenths(value: float) -> int:
    return half_up(Fraction(round(value * 10_000), 1_000))


def degrees(value: float, unit: Unit) -> int:
    if unit is Unit.INCH:
        return round(value * 100)
    return climate_day.fahrenheit(tenths(value)) if unit is Unit.CELSIUS else half_up(Fraction(tenths(value), 10))


def plainly(years: Years, least: int = 22) -> list[tuple[str, str, int, int, tuple[int, ...]]]:
    """The rules in plain Python, day by day and hour by hour."""
    found = []
    names = ["hourly", *(name for name, _ in years.further), *(name for name, _ in years.alone)]
    if years.unit is Unit.CELSIUS:
        names.insert(0, "whole_c")
    for place, station in enumerate(years.stations):
        for rule in names:
            days = settled = 0
            counts = [0] * 7
            for day in range(years.official.shape[1]):
                truth = float(years.official[place, day])
                if math.isnan(truth):
                    continue
                days += 1
                estimate = one_day(years, place, day, rule, least)
                if estimate is not None:
                    settled += 1
                    off = estimate - round(truth * (100 if years.measure is Measure.RAIN else 1))
                    counts[max(-3, min(3, off)) + 3] += 1
            found.append((station, rule, days, settled, tuple(counts)))
    return found


def one_day(years: Years, place: int, day: int, rule: str, least: int) -> int | None:
    alone = dict(years.alone)
    if rule in alone:
        value = float(alone[rule][place, day])
        return None if math.isnan(value) else degrees(value, years.unit)
    hours = [h for h in map(float, years.hours[place, :, day]) if not math.isnan(h)]
    if len(hours) < least:
        return None
    if years.measure is Measure.RAIN:
        return sum(degrees(hour, Unit.INCH) for hour in hours)
    more = list(hours)
    for name, values in years.further:
        if rule in ("hourly", "whole_c"):
            break
        more += [v for v in map(float, values[place, :, day]) if not math.isnan(v)]
        if name == rule:
            break
    if not more:
        return None
    edge = max(more) if years.measure is Measure.HIGH else min(more)
    if rule == "whole_c":
        return climate_day.fahrenheit(10 * half_up(Fraction(tenths(edge), 10)))
    return degrees(edge, years.unit)


def shown(found: tuple[Tally, ...]) -> list[tuple[str, str, int, int, tuple[int, ...]]]:
    return [(one.station, one.rule, one.days, one.settled, one.differences) for one in found]


def made(seed: int, measure: Measure, unit: Unit, days: int = 9, missing: float = 0.05) -> Years:
    """Hours, groups and official values with gaps, near enough to each other for every difference to occur."""
    rng = np.random.default_rng(seed)

    def some(low: float, high: float, step: float, *shape: int, lost: float = missing) -> settlement.Values:
        values = (rng.integers(round(low / step), round(high / step), shape) * step).astype(np.float32)
        values[rng.random(shape) < lost] = np.nan
        return values

    if measure is Measure.RAIN:
        return Years(
            measure=measure,
            unit=unit,
            stations=("A", "B"),
            hours=some(0, 0.02, 0.01, 2, 24, days),
            official=some(0.08, 0.16, 0.01, 2, days),
            alone=(("day", some(0.08, 0.16, 0.01, 2, days)),),
        )
    low, high = (-9.0, 4.0) if unit is Unit.CELSIUS else (15.0, 40.0)
    edge = high if measure is Measure.HIGH else low
    truth = edge if unit is Unit.FAHRENHEIT else edge * 1.8 + 32
    return Years(
        measure=measure,
        unit=unit,
        stations=("A", "B"),
        hours=some(low, high, 0.1, 2, 24, days),
        official=some(truth - 5, truth + 5, 1.0, 2, days),
        further=(("specials", some(low, high, 0.1, 2, 3, days)), ("groups", some(low, high + 1, 0.1, 2, 4, days))),
        alone=(("midnight", some(low, high + 1, 0.1, 2, days, lost=0.3)),),
    )


KINDS = [
    (Measure.HIGH, Unit.CELSIUS),
    (Measure.LOW, Unit.CELSIUS),
    (Measure.HIGH, Unit.FAHRENHEIT),
    (Measure.LOW, Unit.FAHRENHEIT),
    (Measure.RAIN, Unit.INCH),
]


@settings(max_examples=scale(600), deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(KINDS), st.sampled_from([0.0, 0.05, 0.3, 1.0]))
def test_every_tally_is_the_plain_loops(seed: int, kind: tuple[Measure, Unit], missing: float) -> None:
    years = made(seed, *kind, missing=missing)
    assert shown(settlement.tallies(years)) == plainly(years)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 24))
def test_coverage_is_what_is_asked_for(seed: int, least: int) -> None:
    years = made(seed, Measure.HIGH, Unit.CELSIUS, missing=0.3)
    assert shown(settlement.tallies(years, Fraction(least, 24))) == plainly(years, least)


def test_rounding_is_the_climate_days_for_every_tenth() -> None:
    every = np.arange(-1_000, 1_000, dtype=np.float32) / np.float32(10)
    hours = np.repeat(every[None, None, :], 24, axis=1)
    exact = np.array([[climate_day.fahrenheit(t) for t in range(-1_000, 1_000)]], dtype=np.float32)
    years = Years(measure=Measure.HIGH, unit=Unit.CELSIUS, stations=("A",), hours=hours, official=exact)
    (hourly,) = [one for one in settlement.tallies(years) if one.rule == "hourly"]
    assert (hourly.days, hourly.right) == (2_000, 2_000)


def test_a_day_short_of_22_hours_is_disputed_and_one_of_22_is_not() -> None:
    hours = np.full((1, 24, 2), 10.0, dtype=np.float32)
    hours[0, :3, 0] = hours[0, :2, 1] = np.nan
    official = np.full((1, 2), 50.0, dtype=np.float32)
    years = Years(measure=Measure.HIGH, unit=Unit.CELSIUS, stations=("A",), hours=hours, official=official)
    for one in settlement.tallies(years):
        assert (one.days, one.settled, one.disputed, one.right) == (2, 1, 1, 1)
        assert (one.accuracy, one.dispute_rate) == (1.0, 0.5)


def test_days_without_an_official_value_are_not_counted() -> None:
    years = made(1, Measure.HIGH, Unit.CELSIUS)
    years.official[:] = NAN
    for one in settlement.tallies(years):
        assert (one.days, one.settled, one.accuracy, one.dispute_rate) == (0, 0, None, None)


def test_totals_are_the_sums_by_rule() -> None:
    parts = settlement.tallies(made(2, Measure.HIGH, Unit.CELSIUS))
    whole = settlement.totals(parts)
    assert [one.rule for one in whole] == ["whole_c", "hourly", "specials", "groups", "midnight"]
    for one in whole:
        mine = [part for part in parts if part.rule == one.rule]
        assert one.days == sum(part.days for part in mine)
        assert one.right == sum(part.right for part in mine)
        assert one.near == sum(part.near for part in mine)
        assert sum(one.differences) == one.settled


def test_hours_in_the_order_of_time_are_laid_out_by_hour() -> None:
    chronological = np.arange(2 * 72, dtype=np.float32).reshape(2, 72)
    laid = settlement.by_hour(chronological)
    assert laid.shape == (2, 24, 3)
    assert laid[1, 5, 2] == chronological[1, 2 * 24 + 5]
    with pytest.raises(ValueError, match="whole days"):
        settlement.by_hour(chronological[:, :71])


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    hours, official = np.zeros((1, 24, 2), np.float32), np.zeros((1, 3), np.float32)
    with pytest.raises(ValueError, match="official"):
        Years(measure=Measure.HIGH, unit=Unit.CELSIUS, stations=("A",), hours=hours, official=official)
    with pytest.raises(ValueError, match="rain is not measured in C"):
        Years(measure=Measure.RAIN, unit=Unit.CELSIUS, stations=("A",), hours=hours, official=official[:, :2])


def test_made_up_stations_are_the_same_in_any_part() -> None:
    whole, part = synthetic.years(3, 0, 4, 60), synthetic.years(3, 2, 2, 60)
    assert part.stations == whole.stations[2:]
    np.testing.assert_array_equal(part.hours, whole.hours[2:])
    np.testing.assert_array_equal(part.official, whole.official[2:])
    assert shown(settlement.tallies(part)) == shown(settlement.tallies(whole))[8:]


def test_made_up_rules_are_right_as_often_as_they_were_made() -> None:
    by_rule = {one.rule: one for one in settlement.totals(settlement.tallies(synthetic.years(5, 0, 6, 1_000)))}
    assert by_rule["midnight"].accuracy == 1.0
    assert by_rule["groups"].accuracy == pytest.approx(1 - 0.5 * 0.07, abs=0.01)
    assert by_rule["hourly"].accuracy == pytest.approx(0.5, abs=0.03)
    assert 0.0 < by_rule["hourly"].dispute_rate < 0.03
    assert all(one.differences[4:] == (0, 0, 0) for one in by_rule.values() if one.rule != "whole_c")
    assert shown(settlement.tallies(synthetic.years(5, 0, 1, 40))) == plainly(synthetic.years(5, 0, 1, 40))
