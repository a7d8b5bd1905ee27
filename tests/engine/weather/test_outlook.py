from __future__ import annotations

import math
import random
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Bracket, Contract, Metric, Tier, Unit
from engine.core.ids import Cell, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather import degrees, outlook, possible, residual
from engine.weather.climate_day import tenths_celsius, window
from engine.weather.degrees import Degrees, Part
from engine.weather.outlook import Guess
from tests.engine.weather import katl

OPENS, CLOSES = window(date(2026, 7, 3), -5)
BRACKETS = (
    Bracket(label="<80", low=None, high=79),
    Bracket(label="80-81", low=80, high=81),
    Bracket(label=">81", low=82, high=None),
)


class Law(NamedTuple):
    p10: float
    p50: float
    p90: float


def at(hour: int, fahrenheit: int, **fields: object) -> Reading:
    when = Nanos(OPENS + hour * HOUR + 51 * MINUTE)
    told = {"temp_tenths_c": tenths_celsius(fahrenheit), **fields}
    return Reading(
        station=StationId("KNYC"),
        measured_at=when,
        kind=ReportKind.ROUTINE,
        source="METAR",
        raw="",
        **told,  # type: ignore[arg-type] # fields of a reading by name
    )


def nowcast(readings: list[Reading], guess: Guess | None = None, sign: int = 1, moved: float = 0.0) -> Degrees | None:
    known = (possible.high if sign > 0 else possible.low)(readings, OPENS, CLOSES)
    sky = residual.sky(sign, readings, OPENS, CLOSES, 40.78, -73.97)
    return outlook.official(known, sky, guess, moved=moved)


def guess(p50: float, spread: float = 2.0, *, whole_day: bool = False) -> Guess:
    return Guess(Law(p50 - 1.2816 * spread, p50, p50 + 1.2816 * spread), whole_day)


def test_a_low_by_the_24_hour_group_is_as_sure_as_such_groups_were() -> None:
    group = at(23, 45, min24_tenths_c=tenths_celsius(42))
    law = nowcast([group], sign=-1)
    assert law is not None
    assert (law.at(41), law.at(42)) == pytest.approx((3 / 108, 105 / 108))
    final = Reading(
        station=StationId("KNYC"), measured_at=CLOSES, kind=ReportKind.CLIMATE, source="CLI", raw="", low_f=41
    )  # fmt: skip
    assert nowcast([group, final], sign=-1) == degrees.sure(41)


hourly = st.lists(st.integers(40, 100), min_size=1, max_size=24).map(
    lambda temps: [at(hour, temp) for hour, temp in enumerate(temps)]
)
guesses = st.none() | st.builds(guess, st.floats(30.0, 110.0), st.floats(0.0, 8.0), whole_day=st.booleans())


@given(hourly, guesses, st.sampled_from([1, -1]))
def test_the_law_is_a_distribution_with_nothing_short_of_the_bound(
    readings: list[Reading], given_by: Guess | None, sign: int
) -> None:
    law = nowcast(readings, given_by, sign)
    assert law is not None
    assert math.fsum(law.p) == pytest.approx(1.0)
    bound = (possible.high if sign > 0 else possible.low)(readings, OPENS, CLOSES).bound
    assert bound is not None
    assert (law.first if sign > 0 else law.last) * sign >= bound * sign


@given(hourly, st.randoms())
def test_brackets_sum_to_one_in_any_order(readings: list[Reading], order: random.Random) -> None:
    law = nowcast(readings)
    assert law is not None
    mixed = list(BRACKETS)
    order.shuffle(mixed)
    one, other = (
        outlook.chances(contract(brackets=BRACKETS), law),
        outlook.chances(contract(brackets=tuple(mixed)), law),
    )
    assert one is not None
    assert other is not None
    assert math.fsum(one) == pytest.approx(1.0)
    assert dict(zip(BRACKETS, one, strict=True)) == dict(zip(mixed, other, strict=True))


def test_after_the_peak_the_running_high_is_likely_and_not_certain() -> None:
    course = [60, 60, 59, 59, 58, 58, 60, 64, 68, 72, 75, 78, 80, 81, 82, 81, 80, 78, 75, 72]
    law = nowcast([at(hour, temp) for hour, temp in enumerate(course)], guess(70.0))
    assert law is not None
    assert 0.4 < law.at(82) < 0.7
    assert 0.25 < law.at(83) < 0.5
    assert law.within(None, 81) == 0.0


def test_a_six_hour_group_over_the_peak_all_but_settles_it() -> None:
    course = [60, 60, 59, 59, 58, 58, 60, 64, 68, 72, 75, 78, 80, 81, 82, 81, 80, 78]
    law = nowcast([*(at(hour, temp) for hour, temp in enumerate(course)), at(18, 75, max6_tenths_c=tenths_celsius(83))])
    assert law is not None
    assert law.at(83) > 0.97


def test_the_24_hour_group_ends_all_doubt() -> None:
    law = nowcast([at(22, 70), at(23, 68, max24_tenths_c=tenths_celsius(83))])
    assert law == degrees.sure(83)


def test_a_forecast_counts_most_in_the_morning() -> None:
    for hour, least in ((6, 0.8), (10, 0.5)):
        alone, drawn = nowcast([at(hour, 60)]), nowcast([at(hour, 60)], guess(90.0))
        assert alone is not None
        assert drawn is not None
        assert (drawn.mean - alone.mean) / (90.0 - alone.mean) > least


def test_a_forecast_of_the_whole_day_is_forgotten_once_the_peak_is_past() -> None:
    course = [70] * 10 + [75, 78, 80, 81, 82, 81, 80, 78, 75, 72]
    readings = [at(hour, temp) for hour, temp in enumerate(course)]
    alone, drawn = nowcast(readings), nowcast(readings, guess(88.0, whole_day=True))
    assert alone is not None
    assert drawn is not None
    assert drawn.mean - alone.mean < 0.1


def test_without_a_report_the_forecast_stands_alone_and_without_either_there_is_nothing() -> None:
    law = nowcast([], guess(80.0))
    assert law is not None
    assert law.mean == pytest.approx(80.0, abs=0.1)
    assert nowcast([]) is None


@given(hourly, st.floats(0.1, 3.0))
def test_what_is_moved_up_is_no_lower(readings: list[Reading], by: float) -> None:
    still, higher = nowcast(readings), nowcast(readings, moved=by)
    assert still is not None
    assert higher is not None
    for degree in range(still.first, higher.last + 1):
        assert higher.within(None, degree) <= still.within(None, degree) + 1e-9


@given(st.floats(0.1, 10.0), st.floats(0.1, 10.0), st.floats(60.0, 90.0), st.floats(0.0, 1.0))
def test_a_blend_lies_between_the_two_and_is_no_wider_than_the_wider(
    ours: float, theirs: float, mean: float, most: float
) -> None:
    (found,) = outlook.blended((Part(1.0, 75.0, ours),), Part(1.0, mean, theirs), most)
    assert min(75.0, mean) - 1e-9 <= found.mean <= max(75.0, mean) + 1e-9
    assert min(ours, theirs) - 1e-9 <= found.sd <= max(ours, theirs) + 1e-9


@given(st.floats(1.0, 180.0), st.integers(0, 15))
def test_the_hazard_of_a_new_high_grows_with_time_and_shrinks_with_distance(minutes: float, off: int) -> None:
    readings = [at(9, 80 + off), at(10, 80)]
    known, sky = possible.high(readings, OPENS, CLOSES), residual.sky(1, readings, OPENS, CLOSES, 40.78, -73.97)
    assert sky is not None
    farther = possible.high([at(9, 81 + off), at(10, 80)], OPENS, CLOSES)
    here = outlook.hazard(known, sky, minutes)
    assert 0.0 <= here <= outlook.hazard(known, sky, minutes + 10.0) + 1e-9 <= 1.0 + 1e-9
    assert outlook.hazard(farther, sky, minutes) <= here + 1e-9


def test_the_gap_is_what_the_temperature_has_to_go_for_a_new_whole_degree() -> None:
    readings = [at(9, 80), at(10, 77)]
    sky = residual.sky(1, readings, OPENS, CLOSES, 40.78, -73.97)
    assert sky is not None
    assert outlook.gap(possible.high(readings, OPENS, CLOSES), sky) == 3.5
    assert outlook.gap(possible.low(readings, OPENS, CLOSES), sky) == 0.5
    beyond = residual.Sky(sky.at, sky.hour, sky.left, 80.6, 80.0, None, None, 0.0)
    assert outlook.gap(possible.high(readings, OPENS, CLOSES), beyond) == pytest.approx(-0.1)
    assert outlook.gap(possible.high([], OPENS, CLOSES), sky) is None


def test_a_celsius_threshold_is_compared_after_the_whole_fahrenheit() -> None:
    law = Degrees(87, (0.25, 0.75))  # 30.6 and 31.1 °C
    assert outlook.chances(contract(threshold=Decimal(31), unit=Unit.CELSIUS), law) == (0.75, 0.25)
    assert outlook.chances(contract(brackets=BRACKETS, unit=Unit.CELSIUS), law) is None


def contract(
    *, threshold: Decimal | None = None, brackets: tuple[Bracket, ...] = (), unit: Unit = Unit.FAHRENHEIT
) -> Contract:
    return Contract(
        id="X", title="", place="", metric=Metric.TEMP_MAX, unit=unit, cell=Cell(""), stations=(), tier=Tier.A,
        opens=OPENS, closes=CLOSES, threshold=threshold, brackets=brackets,
    )  # fmt: skip


def test_52_real_days_it_is_far_better_than_the_running_high() -> None:
    for clock, most in ((12, 1.4), (15, 0.75), (18, 0.45)):
        ours, alone, inside = 0.0, 0.0, 0
        days = katl.days()
        for day in days:
            told = [r for r in day.readings if r.measured_at <= day.opens + clock * HOUR]
            known = possible.high(told, day.opens, day.closes)
            law = outlook.official(known, residual.sky(1, told, day.opens, day.closes, 33.63, -84.44))
            assert law is not None
            assert known.bound is not None
            ours += law.crps(day.high_f) / len(days)
            alone += abs(known.bound - day.high_f) / len(days)
            inside += day.high_f in law.likely(0.9)
        assert ours < most
        assert ours < 0.7 * alone
        assert inside >= 44  # of 52
