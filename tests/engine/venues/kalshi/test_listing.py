"""Kalshi events as families: strikes, cover, grid, fees, source and station, from the market objects alone."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.fee_rule import FeeRule
from engine.core.instrument import Band, Strike
from engine.core.when import instant
from engine.venues.kalshi import listing, strikes
from engine.venues.kalshi.wire import RangeMsg
from engine.venues.kalshi.wire_markets import EventData, Market, Series, grid
from tests.engine.venues.kalshi.markets import AT, brackets, event, market, parsed, series
from tests.shared import shared


def spans(found) -> list[str]:
    return [strikes.span(each.strike) for each in found.instruments]


def test_brackets_come_in_the_order_of_their_strikes_and_are_proven_to_hold_all() -> None:
    found = listing.listed(event(), series(), AT)
    assert spans(found) == ["≤ 81", "82–83", "84–85", "86–87", "88–89", "≥ 90"]
    assert found.family.members == tuple(each.id for each in found.instruments)
    assert found.family.exclusive
    assert found.family.exhaustive
    assert found.family.why.startswith("proven")
    assert found.family.unit == "°F"
    assert found.family.group == "Weather · high"
    assert found.family.closes == instant("2026-08-30T05:00:00Z")


def test_the_rules_name_source_and_station() -> None:
    found = listing.listed(event(), series(), AT)
    assert (found.family.source, found.family.station) == ("The Weather Company", "KNYC")
    assert "according to The Weather Company" in found.instruments[1].rules
    assert found.instruments[0].fact("source_url") == "https://weather.com/kalshi"


def test_an_older_event_names_the_weather_service_and_its_station_by_the_link() -> None:
    rules = "as reported by the National Weather Service's Climatological Report (Daily), is greater than 96°"
    link = "https://forecast.weather.gov/product.php?site=LOT&product=CLI&issuedby=MDW"
    old = event(brackets(rules_secondary="")[-1:], settlement_sources=[{"name": "NWS", "url": link}])
    old = msgspec.structs.replace(old, markets=[msgspec.structs.replace(old.markets[0], rules_primary=rules)])
    assert listing.source_of(old, None) == "NWS Climatological Report (Daily)"
    assert listing.station_of(old, None) == "KMDW"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda all_: all_[:-1], "not exhaustive: nothing below 82"),
        (lambda all_: [m for m in all_ if m.get("floor_strike") != 89], "not exhaustive: nothing above 89"),
        (lambda all_: [m for m in all_ if m.get("floor_strike") != 84], "not exhaustive: nothing from 84 to 85"),
        (lambda all_: [m | {"cap_strike": 85, "yes_sub_title": ""} if m.get("floor_strike") == 82 else m for m in all_],
         "not exclusive: 82–85 and 84–85 overlap"),
        (lambda all_: [m | {"yes_sub_title": "82° or below"} if m.get("cap_strike") == 82 else m for m in all_],
         "not proven: strike and sub-title of KXHIGHNY-26AUG29-T82 disagree"),
        (lambda all_: [m | {"strike_type": "custom"} if m.get("cap_strike") == 82 else m for m in all_],
         "not proven: no row of strikes; the venue says that at most one pays"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_whole_is_marked_with_the_reason(broken, why) -> None:
    found = listing.listed(event(broken(brackets())), series(), AT)
    assert not found.family.exhaustive
    assert found.family.why == why


@given(st.integers(-30, 110), st.lists(st.integers(1, 4), max_size=8))
def test_every_whole_value_lies_in_exactly_one_bracket_of_a_proven_event(first, widths) -> None:
    edges = [first]
    for width in widths:
        edges.append(edges[-1] + width)
    rows = [market("LOW", strike_type="less", cap_strike=first)]
    for low, high in pairwise(edges):
        rows.append(market(f"B{low}", strike_type="between", floor_strike=low, cap_strike=high - 1))
    rows.append(market("TOP", strike_type="greater", floor_strike=edges[-1] - 1))
    found = listing.listed(event(rows), None, AT)
    assert found.family.exhaustive
    for value in range(first - 3, edges[-1] + 3):
        held = [s for each in found.instruments if (s := each.strike)
                and (s.low is None or value >= s.low) and (s.high is None or value <= s.high)]  # fmt: skip
        assert len(held) == 1


def test_strikes_of_cents_are_whole_sets_of_cents() -> None:
    objects = json.loads(shared("frames/kalshi/kxbtc_hourly_range_markets_2026-07-10.json").read_text())
    found = listing.listed(event(list(objects.values()), title="Bitcoin price range"), None, AT)
    assert found.instruments[0].strike == Strike(low=None, high=5_219_999, unit="0.01 $")
    assert found.instruments[1].strike == Strike(low=5_220_000, high=5_229_999, unit="0.01 $")
    assert found.instruments[-1].strike == Strike(low=7_080_000, high=None, unit="0.01 $")
    assert found.instruments[1].label == "$52,200 to 52,299.99"
    assert found.family.why == "not exhaustive: nothing from 5240000 to 6119999"


def test_recorded_events_of_july_are_exhaustive_and_agree_with_their_sub_titles() -> None:
    events: dict[str, list[dict]] = {}
    for line in shared("frames/kalshi/weather_books_2026-07-24.jsonl").read_text().splitlines():
        row = json.loads(line)
        kept = {k: row[k] for k in ("ticker", "strike_type", "floor_strike", "cap_strike", "yes_sub_title")}
        events.setdefault(row["ticker"].rpartition("-")[0], []).append(kept)
    assert len(events) == 8
    for markets in events.values():
        found = listing.listed(event(markets), None, AT)
        assert found.family.exhaustive, found.family.why
        for each in found.instruments:
            text = each.fact("yes")
            assert strikes.stated(text, 0) == (each.strike.low, each.strike.high)


def test_every_recorded_series_names_its_source_and_station() -> None:
    stations = {}
    for line in shared("frames/kalshi/weather_series_meta_2026-07-17.jsonl").read_text().splitlines():
        row = json.loads(line)
        sources = row["settlement_sources"]
        rules = {"rules_primary": row["rules_primary"], "rules_secondary": row["rules_secondary"]}
        found = event([market(row["sample_ticker"], **rules)], settlement_sources=sources)
        stations[row["series"]] = listing.station_of(found, None)
        wanted = "The Weather Company" if row["series"].startswith("KXTEMP") else "NWS Climatological Report (Daily)"
        assert listing.source_of(found, None) == wanted
    assert len(stations) == 45
    assert all(len(icao) == 4 and icao[0] == "K" for icao in stations.values())
    assert stations["KXHIGHCHI"] == "KMDW"
    assert stations["KXTEMPCHIH"] == "KORD"
    assert stations["KXHIGHTHOU"] == "KHOU"


@pytest.mark.parametrize("day", ["events_with_nested_markets_2026-08.json"])
def test_recorded_events_without_strikes_are_listed_but_proven_nothing(day) -> None:
    document = json.loads(shared(f"frames/kalshi/{day}").read_text())
    for each in msgspec.convert(document["events"], list[EventData]):
        found = listing.listed(each, None, AT)
        assert len(found.instruments) == 2
        assert found.family.exclusive
        assert not found.family.exhaustive
        assert "no row of strikes" in found.family.why


def test_recorded_settled_markets_carry_result_and_value() -> None:
    document = json.loads(shared("frames/kalshi/markets_settled_2026-08.json").read_text())
    found = listing.listed(event(document["markets"]), None, AT)
    by_ticker = {each.id.symbol: each for each in found.instruments}
    won = by_ticker["KXMLBGAME-26AUG081610LAAMIA-MIA"]
    assert (won.status, won.result, won.fact("expiration_value")) == ("settled", "yes", "Miami")


def test_fees_follow_series_override_and_waiver() -> None:
    plain = parsed(market("T"))
    assert listing.fee_of(event(), series(), plain) == FeeRule(kind="kalshi", rate=Decimal("0.07"))
    maker = series(fee_type="quadratic_with_maker_fees", fee_multiplier=0.5)
    assert listing.fee_of(event(), maker, plain) == FeeRule(
        kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"), multiplier=Decimal("0.5")
    )
    own = event(fee_type_override="quadratic_with_combo_maker_fees", fee_multiplier_override=2)
    assert listing.fee_of(own, maker, plain).maker_rate == Decimal("0.035")
    assert listing.fee_of(own, maker, plain).multiplier == 2
    free = parsed(market("T", fee_waiver_expiration_time="2026-09-01T00:00:00Z"))
    assert listing.fee_of(event(), series(), free).waived_until == instant("2026-09-01T00:00:00Z")


def test_a_schedule_of_tomorrow_is_charged_in_full_on_both_sides() -> None:
    rule = listing.fee_of(event(), series(fee_type="cubic"), parsed(market("T")))
    assert rule.rate == rule.maker_rate == Decimal("0.07")


def test_recorded_series_give_their_fees() -> None:
    document = json.loads(shared("frames/kalshi/series_fee_fields_2026-08-20.json").read_text())
    for payload in document["payloads"].values():
        found = msgspec.convert(payload["series"], Series)
        rule = listing.fee_of(event(), found, parsed(market("T")))
        assert rule.kind == "kalshi"
        assert rule.multiplier == Decimal(str(payload["series"]["fee_multiplier"]))


@pytest.mark.parametrize(
    ("ranges", "bands"),
    [
        ([("0.0000", "1.0000", "0.0100")], (Band(100, 9_900, 100),)),
        ([("0", "0.10", "0.001"), ("0.10", "0.90", "0.01"), ("0.90", "1.00", "0.001")],
         (Band(10, 1_000, 10), Band(1_000, 9_000, 100), Band(9_000, 9_990, 10))),
        ([("0.0100", "0.9900", "0.0100")], (Band(100, 9_900, 100),)),
    ],
)  # fmt: skip
def test_price_ranges_are_the_grid(ranges, bands) -> None:
    assert grid([RangeMsg(*each) for each in ranges]) == bands


@pytest.mark.parametrize(
    "bad", [("0", "1", "0"), ("1", "0", "0.01"), ("0", "1", "0.00001"), ("0", "2", "0.01"), ("x", "1", "1")]
)
def test_a_senseless_range_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"price|tick|number"):
        grid([RangeMsg(*bad)])


def test_a_strike_of_monstrous_size_is_refused_at_once() -> None:
    big = msgspec.json.decode(b'{"ticker":"T","strike_type":"less","cap_strike":1e99999999}', type=Market)
    with pytest.raises(ValueError, match="ordinary size"):
        listing.listed(event([]).__class__(event_ticker="E", markets=[big]), None, AT)
