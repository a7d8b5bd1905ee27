from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.contract import SourceName, Sources, WeightedSource
from engine.core.events import Errand, SourceReport
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import FamilyId
from engine.core.reading import ReportKind
from engine.core.source_terms import SourceKind, SourceTerms
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.kernel.project import source
from engine.views import topics
from engine.views.station import EVIDENCE_ROOM, SourceView
from tests.engine.kernel.desk import (
    DAY_OPENS,
    MIDWAY,
    OPENS,
    Desk,
    climate,
    gust,
    high,
    hours,
    rain,
    report,
    two_stations,
)
from tests.engine.kernel.project import venue_day


@pytest.fixture
def desk() -> Desk:
    return Desk()


def view(desk: Desk, key: str) -> SourceView:
    found = desk.kernel.view(topics.source(key))
    assert isinstance(found, SourceView)
    return found


def f(whole: int) -> int:
    return ((whole - 32) * 100 + 9) // 18


def test_what_is_not_known_has_no_source(desk: Desk) -> None:
    assert desk.kernel.view(topics.source("kalshi:NONE")) is None


def test_a_family_is_told_in_the_venues_words_and_in_ours(desk: Desk) -> None:
    venue_day.listed(desk)
    found = view(desk, venue_day.FAMILY)
    assert (found.venue, found.source, found.title) == ("Kalshi", "The Weather Company", "Chicago Jul 3 high")
    assert found.question.startswith("The highest temperature at KMDW (Chicago Midway) on 2026-07-03, in whole °F")
    assert [label for label, _ in found.rules] == ["≤ 79", "80–81", "82–83", "≥ 84"]
    assert found.rules[1][1] == venue_day.RULES.format(1)
    assert (found.opens, found.closes) == (DAY_OPENS, DAY_OPENS + DAY)
    assert "00:00 to 24:00 local standard time (UTC−6)" in found.measured
    assert "06:00Z to 06:00Z" in found.measured
    [station] = found.stations
    assert (station.id, station.name, station.lat, station.km) == ("KMDW", "Chicago Midway", 41.786, "")
    assert found.fee == "taker 0.07·p·(1−p) a contract, maker none"
    assert (found.evidence, found.pmf, found.quantiles, found.run) == ((), (), None, "")


def test_rules_that_are_alike_are_told_once(desk: Desk) -> None:
    venue_day.listed(desk, instruments=venue_day.members(rules="the same"))
    assert view(desk, venue_day.FAMILY).rules == (("", "the same"),)
    venue_day.listed(desk, instruments=venue_day.members(rules=""))
    assert view(desk, venue_day.FAMILY).rules == ()


def test_evidence_tells_what_each_report_says_and_whether_it_counts(desk: Desk) -> None:
    venue_day.listed(desk)
    at = lambda h, **v: report(Nanos(int(DAY_OPENS + h * HOUR)), **v)  # noqa: E731
    often = [
        replace(at(12 + n / 12, temp_tenths_c=None, temp_whole_c=27), kind=ReportKind.FIVE_MINUTE) for n in range(4)
    ]
    desk.observe([
        at(5.88, temp_tenths_c=f(70), max6_tenths_c=f(75)),
        at(11.88, temp_tenths_c=f(82), max6_tenths_c=f(83)),
        *often,
        replace(at(13, temp_tenths_c=None, temp_whole_c=22), kind=ReportKind.SPECIAL, corrected=True),
    ])  # fmt: skip
    lines = view(desk, venue_day.FAMILY).evidence
    assert [(one.kind, one.value, one.says, one.counts) for one in lines] == [
        ("SPECI", "71 or 72 °F", "whole Celsius", True),
        ("5 min", "80 or 81 °F", "whole Celsius", True),
        ("METAR", "82 °F", "T group · 6-hour group 83", True),
        ("METAR", "70 °F", "T group · 6-hour group across midnight 75", True),
    ]
    assert lines[0].corrected
    assert [one.number for one in lines] == [71.0, 80.0, 82.0, 70.0], "of the moment, not of six hours"
    assert (lines[1].times, lines[1].since) == (4, often[0].measured_at)
    assert lines[2].raw.startswith("METAR KMDW")


def test_evidence_is_bounded_and_counted(desk: Desk) -> None:
    desk.list(rain())
    desk.observe([
        replace(report(Nanos(OPENS + n * MINUTE), precip_hundredths_in=n % 7), kind=ReportKind.SPECIAL)
        for n in range(EVIDENCE_ROOM + 20)
    ])  # fmt: skip
    found = view(desk, "RAIN")
    assert (len(found.evidence), found.evidence_count) == (EVIDENCE_ROOM, EVIDENCE_ROOM + 20)
    assert {one.says for one in found.evidence} == {"repeats the hour's P group"}
    assert not any(one.counts for one in found.evidence)


def test_our_own_market_is_told_by_its_contract(desk: Desk) -> None:
    desk.list(two_stations())
    found = view(desk, "PAIR")
    assert found.venue == "Exchange in this program"
    assert found.question.startswith("YES if the value is greater than")
    assert (found.source, found.rules, found.tier) == (
        "hourly P groups of routine METARs",
        (),
        "A: a station within 5 km",
    )
    assert [(s.id, s.km, s.weight) for s in found.stations] == [("KMDW", "4", "0.5"), ("KORD", "4", "0.5")]
    assert "specials repeat them" in found.measured
    assert found.fee == "none"


def test_rain_tells_gaps_traces_and_what_is_gathered(desk: Desk) -> None:
    desk.list(rain())
    gap = report(Nanos(OPENS + 2 * HOUR + 53 * MINUTE), precip_hundredths_in=None, precip_missing=True)
    trace = report(Nanos(OPENS + HOUR + 53 * MINUTE), precip_hundredths_in=0, trace=True)
    desk.observe([*hours(12), trace, gap])
    found = view(desk, "RAIN")
    assert [(one.value, one.counts) for one in found.evidence] == [("—", False), ("trace", True), ("0.12 in", True)]
    assert [one.number for one in found.evidence] == [None, 0.0, pytest.approx(12 * 0.254)], "mm, as the contract asks"
    assert [(one.standing, one.why) for one in found.outcomes] == [("locked", "0.12 in gathered")]


def test_a_gust_tells_the_strongest_of_each_report(desk: Desk) -> None:
    desk.list(gust())
    desk.observe([report(Nanos(OPENS + 10 * MINUTE), wind_kt=12, gust_kt=21, peak_wind_kt=28)])
    [line] = view(desk, "GUST").evidence
    assert (line.value, line.says, line.counts, line.number) == ("28 kt", "peak wind", True, 28.0)


def test_what_is_official_stands_first_and_locks_its_bracket(desk: Desk) -> None:
    desk.list(high())
    desk.run(Nanos(DAY_OPENS + DAY + HOUR))
    desk.observe([climate(82)])
    found = view(desk, "HIGH")
    assert [(one.kind, one.value, one.says) for one in found.evidence] == [("CLI", "82 °F", "climate report")]
    assert found.extreme is not None
    assert (found.extreme.official, found.extreme.official_source) == (82, "CLI")
    assert [one.label for one in found.outcomes if one.standing == "locked"] == ["81–82"]


def test_a_family_that_names_no_station_keeps_its_words_and_claims_nothing(desk: Desk) -> None:
    family = FamilyId("kalshi:KXBTC")
    venue_day.listed(desk, family, venue_day.members(family), station="", unit="$", title="Bitcoin on Friday?")
    found = view(desk, family)
    assert (found.question, found.measured, found.stations, found.outcomes) == ("—", "—", (), ())
    assert found.rules[0][1] == venue_day.RULES.format(0)
    assert (found.source, found.status) == ("The Weather Company", "open")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (NO_FEE, "none"),
        (FeeRule(kind="of_cost", rate=Decimal("0.01")), "1 % of the cost"),
        (FeeRule(kind="polymarket", rate=Decimal("0.05"), exponent=Decimal(2)), "taker 0.05·(p·(1−p))^2 a share"),
        (FeeRule(kind="of the moon"), "—"),
    ],
)
def test_schedules_in_words(rule: FeeRule, words: str) -> None:
    assert source._words(rule) == words


def test_a_station_that_is_not_known_makes_a_market_unread(desk: Desk) -> None:
    desk.list(rain())
    desk.state.stations.pop(MIDWAY)
    found = view(desk, "RAIN")
    assert found.question.startswith("YES if")
    assert (found.measured, found.stations, found.evidence) == ("—", (), ())


def test_what_the_rules_say_of_their_source_is_told_and_doubted(desk: Desk) -> None:
    told = SourceTerms(
        kind=SourceKind.TIME_SERIES, station="KMDW", product="CLIMDW", measure="high", day="clock", revisions="first",
        doubt="the rules name one, the list another", fallback="the next day's report.",
    )  # fmt: skip
    venue_day.listed(desk, terms=told)
    note = view(desk, venue_day.FAMILY).source_note
    for words in ("By CLIMDW, the first publication counts.", "Doubt: the rules name one", "Not our value: weather.gov",
                  "wall clock", "Should the source fail: the next day's report."):  # fmt: skip
        assert words in note
    hourly = replace(told, measure="temperature")
    venue_day.listed(desk, terms=hourly)
    assert view(desk, venue_day.FAMILY).outcomes == ()
    assert hourly.not_comparable in view(desk, venue_day.FAMILY).source_note


def test_a_relayed_row_is_drawn_and_proves_nothing(desk: Desk) -> None:
    venue_day.listed(desk)
    row = report(Nanos(DAY_OPENS + 12 * HOUR), temp_tenths_c=None, temp_whole_c=30)
    desk.observe([replace(row, kind=ReportKind.FIVE_MINUTE, source="VC")])
    found = view(desk, venue_day.FAMILY)
    assert [(one.kind, one.value, one.says, one.counts) for one in found.evidence] == [
        ("5 min", "86 °F", "relayed", False)
    ]
    assert found.extreme is not None
    assert found.extreme.bound is None


@pytest.mark.parametrize("kind", list(ReportKind))
def test_every_kind_of_report_can_be_shown(desk: Desk, kind: ReportKind) -> None:
    venue_day.listed(desk)
    desk.list(rain())
    desk.observe([replace(report(Nanos(OPENS + 10 * MINUTE), precip_hundredths_in=4), kind=kind)])
    for key in (venue_day.FAMILY, "RAIN"):
        view(desk, key)
        assert desk.kernel.view(topics.station(MIDWAY, key)) is not None
        assert desk.kernel.view(topics.board(key)) is not None


def test_services_that_are_asked_are_inputs_and_ailing_ones_are_the_docks_too(desk: Desk) -> None:
    venue_day.listed(desk)
    well = Errand(what="reports", ok_at=desk.at)
    ill = Errand(what="forecasts", ok_at=Nanos(desk.at - HOUR), why="503 from the gateway")
    desk.do(SourceReport(at=desk.at, source="iem", title="IEM", errands=(well,), host="iem.example", stations=3))
    desk.do(SourceReport(at=desk.at, source="nws", title="NWS", errands=(ill,), host="nws.example", stations=3))
    desk.do(SourceReport(at=desk.at, source="vc", title="Visual Crossing"))
    lines = {line.name: line for line in view(desk, venue_day.FAMILY).inputs}
    assert (lines["IEM answers"].state, lines["IEM answers"].detail) == ("live", "reports")
    assert (lines["NWS answers"].state, lines["NWS answers"].detail) == ("down", "503 from the gateway")
    assert "Visual Crossing answers" not in lines
    dock = desk.kernel.view(topics.station(MIDWAY))
    assert [feed[:2] for feed in dock.feeds] == [("NWS answers", "down")]  # type: ignore[attr-defined]


def test_a_contract_that_names_its_sources_settles_by_them(desk: Desk) -> None:
    order = tuple(WeightedSource(name=name, weight=Decimal(1)) for name in (SourceName.CLI, SourceName.ASOS))
    assert source._own(high(sources=Sources(order=order))) == "cli, asos"
