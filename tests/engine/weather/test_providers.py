from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather import climate_day, providers
from engine.weather.climate_day import tenths_celsius
from engine.weather.daily import Daily
from engine.weather.providers import Pair
from tests.engine.weather import katl

DAY = date(2026, 7, 3)
OPENS, CLOSES = climate_day.window(DAY, -6)


def pairs(*off: int) -> list[Pair]:
    return [Pair(DAY + timedelta(days=n), 80 + d, 80) for n, d in enumerate(off)]


def test_the_figures_of_a_provider() -> None:
    found = providers.check("one_minute", "KMDW", pairs(*[0] * 20, -1, -1, -3, 0))
    assert (found.n, found.equal, found.above) == (24, 21 / 24, 0)
    assert found.within_one == pytest.approx(23 / 24)
    assert found.bias == pytest.approx(-5 / 24)
    assert (found.worst, found.worst_day) == (-3, DAY + timedelta(days=22))
    assert (found.usable, found.why) == (True, "")


@pytest.mark.parametrize(
    ("off", "why"),
    [
        ([0] * 29 + [1], "above the official high on 3% of 30 days"),
        ([0] * 26 + [-2] * 4, "within 1 °F of the official high on 87% of 30 days only"),
        ([-1] * 30, "-1.00 °F off on the mean of 30 days"),
    ],
)
def test_a_provider_that_fails_says_why(off: list[int], why: str) -> None:
    found = providers.check("private", "KMDW", pairs(*off))
    assert (found.usable, found.why) == (False, why)


def test_too_few_days_say_nothing() -> None:
    found = providers.check("private", "KMDW", pairs(*[5] * 19))
    assert (found.usable, found.why) == (None, "19 days, 20 are needed")
    none = providers.check("private", "KMDW", [])
    assert (none.n, none.equal, none.bias, none.worst, none.usable) == (0, None, None, None, None)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=60))
def test_shares_are_shares_and_a_usable_provider_is_hardly_ever_above(off: list[int]) -> None:
    found = providers.check("private", "KMDW", pairs(*off))
    assert 0 <= (found.equal or 0) <= (found.within_one or 0) <= 1
    assert (found.worst or 0) in off
    if found.usable:
        assert sum(d > 0 for d in off) <= 0.02 * len(off)


def rows(kind: ReportKind, source: str, high: int, hours: range = range(24)) -> list[Reading]:
    return [
        Reading(
            station=StationId("KMDW"), measured_at=Nanos(OPENS + hour * HOUR + 50 * MINUTE), kind=kind, source=source,
            raw=f"{source} {hour}", temp_tenths_c=tenths_celsius(high if hour == 15 else high - 9),
        )
        for hour in hours
    ]  # fmt: skip


def test_each_provider_is_read_from_its_own_rows() -> None:
    asos = rows(ReportKind.ROUTINE, "IEM", 80)
    asos[-1] = replace(asos[-1], max24_tenths_c=tenths_celsius(82))
    asos[17] = replace(asos[17], max6_tenths_c=tenths_celsius(81))
    readings = [
        *asos, *rows(ReportKind.FIVE_MINUTE, "IEM", 79), *rows(ReportKind.PRIVATE, "PRIVATE", 84),
        *rows(ReportKind.ONE_MINUTE, "IEM1MIN", 82),
    ]  # fmt: skip
    found = providers.highs(readings, OPENS, CLOSES)
    assert found == {
        "asos": 81, "asos hourly": 80, "asos 24 h group": 82, "five_minute": 79, "one_minute": 82, "private": 84,
    }  # fmt: skip
    relayed = [
        replace(one, temp_tenths_c=None, temp_whole_c=25 if n == 15 else 10)
        for n, one in enumerate(rows(ReportKind.FIVE_MINUTE, "VC", 78))
    ]
    assert providers.highs(relayed, OPENS, CLOSES) == {"visual_crossing": 77}
    assert providers.highs(rows(ReportKind.FIVE_MINUTE, "MADIS", 78), OPENS, CLOSES) == {"madis": 78}


def test_a_day_without_most_of_its_hours_does_not_count() -> None:
    assert providers.highs(rows(ReportKind.ONE_MINUTE, "X", 80, range(21)), OPENS, CLOSES) == {}


def stated(source: str, high: int | None, hours_after: float | None, **more: object) -> Daily:
    at = None if hours_after is None else Nanos(int(CLOSES + hours_after * HOUR))
    return Daily(source=source, place="KMDW", day=DAY, high_f=high, issued_at=at, **more)  # type: ignore[arg-type]


def test_the_official_high_is_the_best_sources_last_word_after_the_day() -> None:
    said = [
        stated("CF6", 84, 30), stated("IEM CLI", 82, -5), stated("IEM CLI", 83, 2), stated("IEM CLI", 85, 20),
        stated("DSM", 81, None),
    ]  # fmt: skip
    assert providers.official(said, DAY, CLOSES) == 85
    assert providers.official(said[:2], DAY, CLOSES) == 84
    assert providers.official([stated("DSM", 81, None)], DAY, CLOSES) == 81
    assert providers.official([stated("DSM", 81, None, interim=True)], DAY, CLOSES) is None
    assert providers.official(said, DAY + timedelta(days=1), CLOSES) is None
    assert providers.official([stated("IEM CLI", None, 2)], DAY, CLOSES) is None


def test_only_secondary_providers_are_left_out_and_only_where_they_failed() -> None:
    failed = {("five_minute", "KMDW"): "too high", ("asos", "KMDW"): "never mind"}
    (five,) = rows(ReportKind.FIVE_MINUTE, "IEM", 80, range(1))
    assert providers.refused(five, failed) == "too high"
    assert providers.refused(replace(five, station=StationId("KNYC")), failed) == ""
    assert providers.refused(replace(five, source="VC"), failed) == ""
    assert providers.refused(replace(five, kind=ReportKind.ROUTINE), failed) == ""
    assert providers.refused(replace(five, kind=ReportKind.CLIMATE), failed) == ""


def test_52_real_days_of_the_stations_own_reports_pass_and_whole_celsius_would_not() -> None:
    days = katl.days()
    found = {name: [] for name in ("asos", "asos hourly", "asos 24 h group")}
    for day in days:
        for name, high in providers.highs(day.readings, day.opens, day.closes).items():
            found[name].append(Pair(day.date, high, day.high_f))
    made = {name: providers.check(name, "KATL", one) for name, one in found.items()}
    assert [round((one.equal or 0) * one.n) for one in made.values()] == [49, 27, 52]
    assert all(one.usable for one in made.values())
