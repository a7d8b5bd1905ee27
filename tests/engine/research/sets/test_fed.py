"""Sets that feed settlement, fair values and chains: counts as described, own small rows, nothing before its time."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, Listed, Marked, Observed, StatusChanged, Trade
from engine.core.units import HOUR, MINUTE, SECOND
from engine.core.when import instant
from engine.options.greeks import greeks
from engine.research import fed, sets
from engine.research.sets import (
    coin_feed,
    kalshi_passes,
    option_chains,
    text_products,
    weather_tables,
    window_outcomes,
)
from engine.research.sets.recording import Assumed
from tests.shared import shared

COUNTS = [
    pytest.param("kalshi-weather-depth", 310, 8_240, marks=pytest.mark.full),
    pytest.param("kalshi-btc-hourly", 184, 47_979, marks=pytest.mark.full),
    ("deribit-option-snapshots", 15, 20_544 + 5_660 + 536 + 144),
    ("binance-raw-feed-hftbacktest", 2, 135_203),
    ("polymarket-btc5m-outcomes", 43, 12_288),
    ("asos-10min-4city-2026-01", 6, 1_249 + 950 + 12),
    ("weather-daily-highs", 4, 27_037 + 44_736 + 244 + 5_856),
    ("nws-text-products", 5, 6_100),
]
"""(name, parts, rows), as the descriptions of the sets give them."""


@pytest.mark.parametrize(("name", "parts", "rows"), COUNTS)
def test_a_set_holds_what_its_description_counts(name, parts, rows) -> None:
    found = list(sets.FED[name].parts(shared(f"data/{name}"), Assumed()))
    assert (len(found), sum(part.rows for part in found)) == (parts, rows)
    first = found[0].events() if name != "binance-raw-feed-hftbacktest" else iter(())
    assert in_time(list(first))


def in_time(events: list) -> bool:
    """Whether no event is before another that was told earlier, or happened after it was known."""
    ordered = all(a.at <= b.at for a, b in pairwise(events))
    return ordered and all((getattr(one, "venue_time", None) or 0) <= one.at for one in events)


def test_no_set_is_in_both_lists() -> None:
    assert not set(sets.ALL) & set(sets.FED)
    assert len(sets.ALL) + len(sets.FED) == 15


def test_figures_of_the_recorded_sets_are_those_of_their_descriptions() -> None:
    paid = fed.settlements(shared("data/kalshi-weather-depth"))
    assert len(paid) == 79
    assert all(one.ours == one.theirs for one in paid)
    bounds = fed.bounds(shared("data/asos-10min-4city-2026-01"))
    assert len(bounds) == 12
    assert all(one.least is not None and one.least <= one.official for one in bounds)
    rates = window_outcomes.rates(window_outcomes.windows(shared("data/polymarket-btc5m-outcomes")))
    assert (rates.ups, rates.level, rates.holes, rates.missing) == (6_255, 95, 9, 4_651)
    told = text_products.read(shared("data/nws-text-products"))
    assert len(told) == 81
    assert [one.name for one in told if one.found == 0] == ["CF6DSM_empty.txt", "CF6WYS_error.txt", "sa.txt"]


def test_a_chains_marks_are_blacks_prices() -> None:
    name, file = next(option_chains.photographs(shared("data/deribit-option-snapshots")))
    one = fed._chain(name, option_chains.quotes(file))
    assert one.median <= 4.1e-5
    assert one.far <= 8.8e-4
    assert one.worst <= 1.3e-3
    assert one.smiles == one.free
    assert one.shown == one.options
    assert one.drawn > 0


def lines(file: Path, rows: list) -> None:
    """Write rows, a JSON object each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def photographed(at: str, ticker: str = "KXHIGHATL-26JUL15-T90", **more: object) -> dict:
    book = {"yes_dollars": [["0.4000", "5.00"]], "no_dollars": [["0.5500", "7.25"]]}
    return {"captured_at": at, "ticker": ticker, "series": "KXHIGHATL", "close_time": "2026-07-16T04:59:00Z",
            "strike_type": "greater", "floor_strike": 90, "cap_strike": None, "raw_orderbook": book,
            **more}  # fmt: skip


ACTUAL = {
    "captured_at": "2026-07-16T15:27:53Z", "cli_station": "KATL", "target_day": "2026-07-15",
    "actuals": {"high": {"cli": 90.0, "metar": 90.0}, "low": {"cli": 74.0, "metar": 74.0}},
    "settled_markets": {"events": [{
        "event_ticker": "KXHIGHATL-26JUL15", "expiration_value": "90.00", "close_time": "2026-07-16T04:59:00Z",
        "results": {"KXHIGHATL-26JUL15-T90": "no", "KXHIGHATL-26JUL15-T91": "yes"},
    }]},
}  # fmt: skip


def depth(folder: Path) -> Path:
    below = {"strike_type": "less", "floor_strike": None, "cap_strike": 91}
    lines(folder / "books/2026-07-15.jsonl", [
        photographed("2026-07-15T12:00:00Z"), photographed("2026-07-15T06:00:00Z"),
        photographed("2026-07-15T06:00:00Z", "KXHIGHATL-26JUL15-T91", **below),
    ])  # fmt: skip
    lines(folder / "meta/2026-07-15.jsonl", [{"series": "KXHIGHATL", "title": "Highest temperature in Atlanta"}])
    lines(folder / "actuals.jsonl", [ACTUAL])
    return folder


def test_photographed_books_come_by_time_and_results_when_they_were_stated(tmp_path) -> None:
    (part,) = kalshi_passes.depth(depth(tmp_path), Assumed())
    events = list(part.events())
    assert part.rows == 3
    assert in_time(events)
    books = [event for event in events if isinstance(event, BookSnapshot)]
    assert books[-1].bids == ((4_000, 500),)
    assert books[-1].asks == ((4_500, 725),)
    ended = [event for event in events if isinstance(event, StatusChanged) and event.result]
    assert {event.at for event in ended} == {instant("2026-07-16T15:27:53Z")}
    listed = next(event for event in events if isinstance(event, Listed))
    assert all(not one.result for one in listed.instruments)


def test_an_event_is_paid_by_the_oracle_as_by_the_venue(tmp_path) -> None:
    (paid,) = fed.settlements(depth(tmp_path))
    assert (paid.ours, paid.theirs, paid.value) == ("KXHIGHATL-26JUL15-T91", "KXHIGHATL-26JUL15-T91", 90)


@pytest.mark.parametrize(
    ("field", "value"), [("captured_at", 7), ("raw_orderbook", {"yes_dollars": [["x", "1"]]}), ("ticker", None)]
)
def test_a_bad_photograph_is_named(tmp_path, field, value) -> None:
    depth(tmp_path)
    lines(tmp_path / "books/2026-07-15.jsonl", [photographed("2026-07-15T06:00:00Z") | {field: value}])
    with pytest.raises(InputError, match="line 1 cannot be read"):
        list(kalshi_passes.depth(tmp_path, Assumed()))


def hour(at: str, event: str, bids: tuple, before: str = "KXBTC-26JUL0320") -> dict:
    return {
        "captured_at": at, "symbol": "BTC", "spot": {"price": 62_699.26},
        "current": {"event_ticker": event, "open_time": "2026-07-04T00:00:00Z", "close_time": "2026-07-04T01:00:00Z",
                    "outcomes": [
            {"ticker": f"{event}-B{low + 50}", "strike_type": "between", "floor_strike": low, "cap_strike": low + 99.99,
             "yes_bid": bid, "yes_ask": round(bid + 0.02, 2)}
            for low, bid in zip((62_500, 62_600, 62_700), bids, strict=True)]},
        "previous_settlement": {"event_ticker": before, "expiration_value": "62650.00",
                                "results": {f"{before}-B62550": "no", f"{before}-B62650": "yes",
                                            f"{before}-B62750": "no"}},
    }  # fmt: skip


def test_a_ladder_is_a_law_and_is_scored_by_the_hour_that_came(tmp_path) -> None:
    one, two = "KXBTC-26JUL0321", "KXBTC-26JUL0322"
    none = {"captured_at": "2026-07-04T00:20:00Z", "symbol": "BTC", "current": {"status": "no_hourly_group_found"},
            "previous_settlement": {"status": "no_current_group"}}  # fmt: skip
    lines(tmp_path / "2026-07-04.jsonl", [
        hour("2026-07-04T01:10:00Z", two, (0.1, 0.1, 0.1), before=one),
        hour("2026-07-04T00:50:00Z", one, (0.19, 0.59, 0.0)), none,
    ])  # fmt: skip
    first, second = kalshi_passes.hourly(tmp_path, Assumed())
    assert (first.rows, second.rows, second.results) == (3, 3, {})
    assert in_time(list(first.events()))
    (law,) = fed.laws(tmp_path)
    assert law.minutes == pytest.approx(10)
    assert law.chance == pytest.approx(0.75)
    assert law.brier == pytest.approx(2 * 0.25**2)


CHAIN = (
    "timestamp,instrument_name,expiry_datetime,time_to_maturity,bid_price,ask_price,mark_price,futures_price,"
    "implied_volatility,delta,vega,open_interest,volume,index_price\n"
)
CALL = (
    "2026-03-02T15:50:53+00:00,BTC-27MAR26-70000-C,2026-03-27T08:00:00+00:00,0.0675509779,0.05,,0.0590857,69578.28,"
    "0.6,0.5028,71.9,12,3,69456.41\n"
)


def chain(tmp_path: Path, rows: str) -> Path:
    file = tmp_path / f"{option_chains.PREFIX}20260302T155053Z.csv"
    file.write_text(CHAIN + rows)
    return file


def test_an_option_without_an_ask_keeps_none_and_our_greeks_agree(tmp_path) -> None:
    (quote,) = option_chains.quotes(chain(tmp_path, CALL))
    assert (quote.ask, quote.put, quote.strike) == (None, False, 70_000.0)
    listed, marked = [
        event for event in option_chains._chain([quote])() if isinstance(event, Listed | Marked)
    ]  # fmt: skip
    assert (marked.bid, marked.ask) == (500, None)
    ours = greeks(listed.instruments[0], marked, quote.at, 0.0)
    assert ours is not None
    assert ours.delta == pytest.approx(0.5, abs=0.03)
    (view,) = fed.views(option_chains.told([quote]))
    assert [(row.strike, row.put) for row in view.rows] == [(70_000, None)]
    assert view.forward == pytest.approx(69_578.28)


@pytest.mark.parametrize(
    ("rows", "why"),
    [(CALL + CALL, "is there twice"), (CALL.replace("70000-C", "70000-X"), "line 2 is no option"),
     (CALL.replace("0.0590857", "Infinity"), "line 2 is no option")],
)  # fmt: skip
def test_a_bad_option_is_named(tmp_path, rows, why) -> None:
    with pytest.raises(InputError, match=why):
        option_chains.quotes(chain(tmp_path, rows))


def frames(tmp_path: Path, *rows: tuple[int, dict]) -> list:
    file = tmp_path / "spot_btcusdt_20240808.txt"
    file.write_text("".join(f"{at} {json.dumps(row)}\n" for at, row in rows))
    (part,) = coin_feed.parts(tmp_path, Assumed())
    return list(part.events())


def update(event_ms: int, first: int, last: int, bids: list = (), asks: list = ()) -> dict:
    data = {"e": "depthUpdate", "E": event_ms, "U": first, "u": last, "b": list(bids), "a": list(asks)}
    return {"stream": "btcusdt@depth@100ms", "data": data}


BEFORE = {"lastUpdateId": 10, "bids": [["61837.63", "3.78826"]], "asks": [["61837.64", "1.5"]]}


def test_updates_wait_for_the_snapshot_and_a_clock_that_is_behind_is_moved_on(tmp_path) -> None:
    base = 1_000 * SECOND
    trade = {"data": {"e": "trade", "E": 1_001_500, "T": 1_001_499, "t": 5, "p": "61837.63", "q": "0.02", "m": True}}
    events = frames(
        tmp_path, (base, update(1_001_270, 5, 9)), (base + 1, update(1_001_270, 9, 12, [["61837.63", "0"]])),
        (base + 2, BEFORE), (base + 3, update(1_001_271, 13, 14, asks=[["61837.70", "2"]])), (base + 4, trade),
    )  # fmt: skip
    assert in_time(events)
    assert [type(one).__name__ for one in events[2:]] == ["BookSnapshot", "BookDelta", "BookDelta", "Trade"]
    assert [one.seq for one in events if isinstance(one, BookDelta)] == [12, 14]
    assert next(one for one in events if isinstance(one, Trade)).at - base >= 1_500 * SECOND // 1_000


def test_a_missing_update_makes_the_book_stale_and_a_bad_line_is_named(tmp_path) -> None:
    events = frames(tmp_path, (1, BEFORE), (2, update(1, 11, 12)), (3, update(1, 14, 15)), (4, update(1, 16, 17)))
    assert [type(one).__name__ for one in events[-1:]] == ["BooksStale"]
    assert isinstance(events[-1], BooksStale)
    with pytest.raises(InputError, match="line 2 is no frame"):
        frames(tmp_path, (1, BEFORE), (2, update(1, 11, 12, [["61837.635", "1"]])))


OUTCOMES = "timestamp,outcome,up_price,btc_open,btc_close\n1766031900,down,0.0,86895.02,86838.69\n"


def test_windows_end_as_they_were_paid_and_holes_are_counted(tmp_path) -> None:
    (tmp_path / window_outcomes.FILE).write_text(OUTCOMES + "1766032800,up,1.0,86838.69,86838.69\n")
    rates = window_outcomes.rates(window_outcomes.windows(tmp_path))
    assert (rates.windows, rates.ups, rates.agree, rates.holes, rates.missing) == (2, 1, 2, 1, 2)
    (part,) = window_outcomes.parts(tmp_path, Assumed())
    assert in_time(list(part.events()))


@pytest.mark.parametrize(
    "row", ["1766031900,up,0.0,1,2", "1766031901,up,1.0,1,2", "1766032200,up,1.0,0,2", "1766032200,side,1.0,1,2"]
)
def test_a_bad_window_is_named(tmp_path, row) -> None:
    (tmp_path / window_outcomes.FILE).write_text(OUTCOMES + row + "\n")
    with pytest.raises(InputError, match="line 3"):
        window_outcomes.windows(tmp_path)


def cities(folder: Path, temp: str = "71.6") -> Path:
    (folder / "observations.csv").write_text(
        "obs_time_utc,city,stid,temp_f,observed_high_today_f\n"
        f"2026-01-29T15:20:00+00:00,tx,KAUS,{temp},\n2026-01-29T15:20:00+00:00,ny,KNYC,23.0,\n"
    )
    (folder / "eval_history.csv").write_text("trade_date,city,settlement_tmax_f\n2026-01-29,tx,73.0\n")
    for name in ("predictions_history.csv", "intraday_forecasts.csv"):
        (folder / name).write_text("city\ntx\n")
    (folder / "daily_high_check.csv").write_text(
        "climate_day_lst,city,series,max_obs_f,n_obs,cli_high_f_eval,acis_high_f\n2026-01-29,tx,KXHIGHAUS,71.6,1,73,73\n"
    )
    return folder


def test_an_observation_is_known_after_it_was_made_and_the_official_high_the_morning_after(tmp_path) -> None:
    parts = {part.name: part for part in weather_tables.four_cities(cities(tmp_path), Assumed())}
    assert {name: part.rows for name, part in parts.items()} == {"KAUS": 1, "KNYC": 1, "forecasts": 3, "check": 1}
    seen, report = parts["KAUS"].events()
    assert isinstance(seen, Observed)
    assert seen.at - seen.reading.measured_at == 5 * MINUTE
    assert seen.reading.temp_whole_c == 22
    assert (report.reading.high_f, report.at) == (73, instant("2026-01-30T06:00:00Z") + 10 * HOUR)
    (bound,) = fed.bounds(tmp_path)
    assert (bound.least, bound.official, bound.reports) == (71, 73, 1)


def test_a_bad_observation_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="line 2 cannot be read"):
        weather_tables.observed(cities(tmp_path, "NaN"))


def test_highs_of_a_station_that_does_not_settle_and_what_was_known_later_make_no_event(tmp_path) -> None:
    (tmp_path / weather_tables.HIGHS).write_text(
        "ticker,date,nws_high\nKXHIGHNY,2025-01-01,50\nKXHIGHCHI,2025-01-01,20\nKXHIGHNY,2025-01-02,\n"
    )
    for name in weather_tables.LATER:
        (tmp_path / name).write_text("ticker,temperature_2m\nKXHIGHNY,40\n")
    parts = list(weather_tables.daily_highs(tmp_path, Assumed()))
    assert [part.rows for part in parts] == [3, 1, 1, 1]
    assert [len(list(part.events())) for part in parts] == [1, 0, 0, 0]


def test_texts_are_counted_by_line_and_broken_ones_say_why(tmp_path) -> None:
    for kind in text_products.KINDS:
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "one.txt").write_bytes(b"nothing\x00of it\r\r\n")
    told = text_products.read(tmp_path)
    assert [one.lines for one in told] == [1] * 5
    assert [one.found for one in told] == [0, 0, 0, 0, None]
    assert all(one.refused for one in told[:4])
    assert [part.rows for part in text_products.parts(tmp_path, Assumed())] == [1] * 5
    (tmp_path / "MOS/one.txt").unlink()
    with pytest.raises(InputError, match="holds 0 texts"):
        text_products.read(tmp_path)
