"""Contracts that name their sources: order, weights, least, how far apart, and what the record says of each."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.contract import Contract, Metric, SourceName, Sources, Unit, Verdict, WeightedSource
from engine.core.ids import MarketId
from engine.core.reading import Reading, ReportKind
from engine.core.units import MINUTE, Nanos
from engine.oracle import chain
from engine.oracle.contract import rule_text
from engine.oracle.resolve import provisional, resolve
from engine.oracle.sources import name_of, own
from engine.weather.climate_day import tenths_celsius
from tests.engine.oracle.cases import CLOSES, MIDWAY, OPENS, at, contract, day, rain

CLI, ASOS, MINUTES, MADIS, PRIVATE = (SourceName[name] for name in ("CLI", "ASOS", "ONE_MINUTE", "MADIS", "PRIVATE"))


def named(*order: SourceName, use: str = "first", least: int = 1, apart: str = "1", weights: str = "") -> Sources:
    shares = weights.split() or ["1"] * len(order)
    listed = tuple(WeightedSource(name=n, weight=Decimal(w)) for n, w in zip(order, shares, strict=True))
    return Sources(order=listed, use=use, least=least, apart=Decimal(apart))


def high(sources: Sources, threshold: str = "80") -> Contract:
    return contract(metric=Metric.TEMP_MAX, unit=Unit.FAHRENHEIT, threshold=Decimal(threshold), sources=sources)


def climate(high_f: int | None, **more: object) -> Reading:
    return Reading(
        station=MIDWAY, measured_at=CLOSES, kind=ReportKind.CLIMATE, source="CLI", raw="CLI", high_f=high_f, **more
    )  # type: ignore[arg-type] # fields by name


def asos(high_f: int) -> list[Reading]:
    """Hourly reports, the last with the 24-hour group."""
    hours = day(temp_tenths_c=tenths_celsius(high_f - 2))
    return [*hours[:-1], msgspec.structs.replace(hours[-1], max24_tenths_c=tenths_celsius(high_f))]


def minutes(high_f: int, hours: range = range(24)) -> list[Reading]:
    return [
        Reading(
            station=MIDWAY, measured_at=Nanos(OPENS + (hour * 60 + minute) * MINUTE), kind=ReportKind.ONE_MINUTE,
            source="IEM1MIN", raw="", temp_tenths_c=tenths_celsius(high_f if (hour, minute) == (14, 7) else high_f - 5),
        )
        for hour in hours for minute in range(60)
    ]  # fmt: skip


def private(hours: range = range(24), **fields: object) -> list[Reading]:
    return [at(hour, 30, kind=ReportKind.PRIVATE, source="PRIVATE", **fields) for hour in hours]


def told(verdict: Verdict) -> dict[str, tuple[str | None, bool, str]]:
    sources = verdict.stations[0].sources
    assert not isinstance(sources, msgspec.UnsetType)
    return {one.name.value: (None if one.value is None else str(one.value), one.used, one.note) for one in sources}


def test_the_first_with_a_value_counts_and_the_others_confirm() -> None:
    terms = high(named(CLI, ASOS, MINUTES))
    found = resolve(terms, {MIDWAY: [climate(82), *asos(82), *minutes(81)]})
    assert (found.outcome, str(found.value)) == ("YES", "82")
    assert told(found) == {
        "cli": ("82", True, "first with a value"), "asos": ("82", False, "only confirms"),
        "one_minute": ("81", False, "only confirms"),
    }  # fmt: skip
    assert found.stations[0].note == "by cli"


def test_where_the_first_has_none_the_next_is_asked() -> None:
    found = resolve(high(named(CLI, MINUTES)), {MIDWAY: minutes(79)})
    assert (found.outcome, str(found.value)) == ("NO", "79")
    assert told(found)["cli"] == (None, False, "no final report")


def test_sources_further_apart_than_allowed_are_disputed_with_both_values() -> None:
    found = resolve(high(named(CLI, MINUTES)), {MIDWAY: [climate(85), *minutes(90)]})
    assert (found.outcome, found.reason) == ("DISPUTED", "sources")
    assert "cli 85, one_minute 90 F; at most 1 F is allowed between them" in found.detail
    assert resolve(high(named(CLI, MINUTES, apart="5")), {MIDWAY: [climate(85), *minutes(90)]}).outcome == "YES"


def test_a_mean_is_by_weight_of_those_that_have_a_value() -> None:
    terms = high(named(CLI, MINUTES, MADIS, use="mean", weights="3 1 5", apart="4"))
    found = resolve(terms, {MIDWAY: [climate(84), *minutes(80)]})
    assert str(found.value) == "83"  # (3·84 + 80) / 4
    assert [used for _, used, _ in told(found).values()] == [True, True, False]
    none = named(CLI, MINUTES, use="mean", weights="0 0", apart="4")
    assert str(resolve(high(none), {MIDWAY: [climate(83), *minutes(80)]}).value) == "82"  # halves up


def test_fewer_sources_than_asked_for_are_waited_for() -> None:
    found = resolve(high(named(CLI, MINUTES, least=2)), {MIDWAY: [climate(82)]})
    assert (found.outcome, found.reason) == ("DISPUTED", "min_sources")
    assert found.detail == "KMDW: 1 of at least 2 sources have a value."
    assert told(found)["cli"] == ("82", False, "only confirms")
    assert resolve(high(named(CLI, MINUTES)), {MIDWAY: []}).reason == "outage"


def test_hours_without_enough_minutes_are_no_value() -> None:
    found = resolve(high(named(MINUTES)), {MIDWAY: minutes(82, range(12))})
    assert found.reason == "min_sources"
    assert told(found)["one_minute"] == ("77", False, "too few reports")


def test_a_high_without_an_official_value_stays_provisional() -> None:
    found = resolve(high(named(ASOS)), {MIDWAY: day(temp_tenths_c=250)})
    assert found.reason == "provisional"


def test_whole_celsius_of_five_minutes_counts_as_the_least_it_may_mean() -> None:
    rows = [
        at(hour, minute, kind=ReportKind.FIVE_MINUTE, source="MADIS", temp_whole_c=22)
        for hour in range(24) for minute in range(0, 60, 5)
    ]  # fmt: skip
    assert str(resolve(high(named(MADIS)), {MIDWAY: rows}).value) == "71"


def test_rows_that_somebody_relays_are_no_source() -> None:
    relayed = at(3, kind=ReportKind.FIVE_MINUTE, source="VC", temp_whole_c=40)
    assert own([relayed], MADIS) == ()


def test_rain_of_a_private_file_is_what_fell_since_the_row_before() -> None:
    terms = contract(sources=named(PRIVATE))
    found = resolve(terms, {MIDWAY: private(precip_hundredths_in=1)})
    assert str(found.value) == "6.096"  # 24 hundredths of an inch
    minutes_only = resolve(contract(sources=named(MINUTES)), {MIDWAY: minutes(80)})
    assert told(minutes_only)["one_minute"] == (None, False, "does not tell precipitation")


def test_rain_of_the_climate_report_is_its_own() -> None:
    found = resolve(contract(sources=named(CLI, ASOS)), {MIDWAY: [climate(None, precip_hundredths_in=20), *rain(20)]})
    assert (str(found.value), found.outcome) == ("5.08", "YES")
    assert told(found)["asos"] == ("5.08", False, "only confirms")


def test_gusts_of_a_private_file() -> None:
    terms = contract(metric=Metric.WIND_GUST, unit=Unit.KNOT, threshold=Decimal(30), sources=named(PRIVATE, ASOS))
    assert resolve(terms, {MIDWAY: private(gust_kt=31)}).outcome == "YES"


def test_without_a_list_nothing_private_and_no_minute_counts() -> None:
    bare = contract(metric=Metric.TEMP_MAX, unit=Unit.FAHRENHEIT, threshold=Decimal(80))
    plain = resolve(bare, {MIDWAY: [climate(82), *asos(82)]})
    assert resolve(bare, {MIDWAY: [climate(82), *asos(82), *minutes(99), *private(temp_tenths_c=500)]}) == plain
    assert plain.outcome == "YES"
    so_far = provisional(bare, {MIDWAY: [*private(temp_tenths_c=500)]}, CLOSES)
    assert so_far.reason == "no_reports"


def test_so_far_is_the_first_source_that_has_measured_anything() -> None:
    terms = high(named(CLI, PRIVATE, MINUTES))
    found = provisional(terms, {MIDWAY: [*minutes(90), *private(temp_tenths_c=tenths_celsius(70))]}, CLOSES)
    assert str(found.value) == "70"
    wet = provisional(contract(sources=named(PRIVATE)), {MIDWAY: private(precip_hundredths_in=1)}, CLOSES)
    assert str(wet.value) == "6.096"


def test_a_record_says_of_each_source_what_it_gave_and_resolves_again() -> None:
    terms = high(named(CLI, MINUTES, use="mean", weights="2 1"))
    readings = {MIDWAY: [climate(82), *minutes(81)]}
    verdict = resolve(terms, readings)
    stated = json.loads(
        chain.canonical(chain.payload(terms, verdict, readings, market=MarketId("M"), settled_at=CLOSES))
    )
    assert stated["contract"]["sources"]["use"] == "mean"
    assert stated["stations"][0]["sources"][1] == {
        "name": "one_minute", "weight": "1", "value": "81", "reports": 24, "expected": 24, "used": True,
        "note": "in the mean",
    }  # fmt: skip
    assert chain.reverify(stated) == verdict


def test_a_record_without_a_list_is_what_it_always_was() -> None:
    terms = contract()
    readings = {MIDWAY: rain(20)}
    stated = chain.payload(terms, resolve(terms, readings), readings, market=MarketId("M"), settled_at=CLOSES)
    assert "sources" not in stated["contract"]  # type: ignore[operator] # a mapping
    assert all("sources" not in one for one in stated["stations"])  # type: ignore[union-attr] # a list
    (sealed,) = chain.records([stated | {"code_version": "rules-1"}])
    assert sealed.hash == OF_BEFORE


OF_BEFORE = "517846e0c3496083dc9d5368dba7f306ac2ca22fbdb18a3928a277825f0d0bea"
"""Made by the program of before contracts could name their sources."""


def test_the_rule_says_which_sources_count() -> None:
    first = rule_text(high(named(CLI, ASOS)))
    assert "Of the sources cli, asos the first that has a value counts; at least 1 must have one" in first
    mean = rule_text(high(named(CLI, ASOS, use="mean", weights="2 1")))
    assert "Of the sources cli (2), asos (1) the mean by weight" in mean


@settings(max_examples=12)
@given(st.permutations([CLI, ASOS, MINUTES]), st.integers(70, 90), st.sampled_from(["first", "mean"]))
def test_sources_that_agree_give_their_value_in_any_order(order: list[SourceName], high_f: int, use: str) -> None:
    found = resolve(high(named(*order, use=use)), {MIDWAY: [climate(high_f), *asos(high_f), *minutes(high_f)]})
    assert str(found.value) == str(high_f)


@pytest.mark.parametrize("kind", list(ReportKind))
def test_every_report_belongs_to_a_source(kind: ReportKind) -> None:
    report = at(3, kind=kind)
    assert own([report, report], name_of(report)) == (report,)
