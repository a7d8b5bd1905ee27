"""Every recorded Kalshi frame: decoded, in its place, and the books rebuilt by a second, dumb hand."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.book.ladder import Ladder
from engine.core.errors import WireError
from engine.core.events import BookDelta, BookSnapshot, Trade
from engine.core.units import Side
from engine.venues.kalshi import numbers, wire, wire_books, wire_markets
from engine.venues.kalshi.sids import Sids
from tests.shared import shared

MS = 1_000_000
STREAM = "frames/kalshi/ws_orderbook_stream_2026-08-07.json"


def stream() -> tuple[frozenset[str], list[tuple[int, dict]]]:
    document = json.loads(shared(STREAM).read_text())
    return frozenset(document["tickers"]), [(f["received_ms"] * MS, f["frame"]) for f in document["frames"]]


def rebuilt(frames: list[dict]) -> dict[str, dict[str, dict[Decimal, Decimal]]]:
    """Books as dicts of Decimals, by the venue's own words and nothing of the engine's."""
    books: dict[str, dict[str, dict[Decimal, Decimal]]] = {}
    for frame in frames:
        msg = frame["msg"]
        if frame["type"] == "orderbook_snapshot":
            books[msg["market_ticker"]] = {
                side: {Decimal(p): Decimal(c) for p, c in msg.get(f"{side}_dollars_fp", [])} for side in ("yes", "no")
            }
        elif frame["type"] == "orderbook_delta":
            levels = books[msg["market_ticker"]][msg["side"]]
            price = Decimal(msg["price_dollars"])
            levels[price] = levels.get(price, Decimal(0)) + Decimal(msg["delta_fp"])
            if levels[price] <= 0:
                del levels[price]
    return books


def applied(ladders: dict[str, Ladder], events) -> None:
    for event in events:
        ladder = ladders.setdefault(event.instrument.symbol, Ladder())
        if isinstance(event, BookSnapshot):
            ladder.snapshot(event.bids, event.asks)
        elif isinstance(event, BookDelta):
            ladder.add(event.side, event.price, event.lots)


def test_the_recorded_stream_is_one_gapless_row_and_ends_in_the_same_books() -> None:
    tickers, frames = stream()
    sids, ladders, kinds = Sids(wanted=tickers), {}, Counter()
    for at, frame in frames:
        events = sids.frame(json.dumps(frame).encode(), at)
        kinds.update(type(event).__name__ for event in events)
        applied(ladders, events)
    assert kinds == {"BookSnapshot": 12, "BookDelta": 245}
    assert (sids.gaps, sids.errors, sids.awaited) == (0, 0, {})
    books = rebuilt([frame for _, frame in frames])
    assert ladders.keys() == books.keys() == tickers
    for ticker, book in books.items():
        bids = [(int(p * 10_000), int(c * 100)) for p, c in sorted(book["yes"].items(), reverse=True)]
        asks = [(int((1 - p) * 10_000), int(c * 100)) for p, c in sorted(book["no"].items(), reverse=True)]
        assert ladders[ticker].levels(Side.BUY) == bids
        assert ladders[ticker].levels(Side.SELL) == asks
        assert not ladders[ticker].crossed


def test_deltas_say_by_how_much_and_when() -> None:
    _, frames = stream()
    at, frame = next((at, f) for at, f in frames if f["type"] == "orderbook_delta" and f["msg"]["side"] == "no")
    event = wire_books.delta(wire.read(json.dumps(frame)), at, use_yes_price=False)
    assert event.by
    assert event.side is Side.SELL
    assert event.price == 10_000 - round(float(frame["msg"]["price_dollars"]) * 10_000)
    assert event.lots == round(float(frame["msg"]["delta_fp"]) * 100)
    assert (event.seq, event.venue_time) == (frame["seq"], frame["msg"]["ts_ms"] * MS)


def test_recorded_frames_of_an_empty_book_make_an_empty_book() -> None:
    sids = Sids(wanted=frozenset({"KXBTCD-26AUG2017-T73749.99"}))
    lines = shared("frames/kalshi/ws_demo_empty_book_2026-08-20.jsonl").read_text().splitlines()
    events = [event for line in lines for event in sids.frame(line, 5)]
    assert events == [
        BookSnapshot(at=5, instrument=wire_books.instrument("KXBTCD-26AUG2017-T73749.99"), bids=(), asks=(), seq=1)
    ]


def test_a_recorded_delta_in_the_middle_of_a_row_reads() -> None:
    line = json.loads(shared("frames/kalshi/ws_delta_recorder_sample_2026-08-10.jsonl").read_text())
    frame = wire.read(json.dumps(line["event"]))
    assert isinstance(frame, wire.Delta)
    assert (frame.seq, frame.msg.delta_fp) == (2_399_869, "-40.00")


def test_every_official_example_is_understood() -> None:
    lines = shared("frames/kalshi/ws_official_examples_NOT_RECORDED.jsonl").read_text().splitlines()
    kinds = [type(wire.read(line)).__name__ for line in lines if line]
    assert kinds == ["Ticker", "Trade", "Fill", "UserOrder", "Ok", "Unsubscribed", "Ok", "Error"]


def test_an_official_trade_is_one_of_the_tape() -> None:
    line = shared("frames/kalshi/ws_official_examples_NOT_RECORDED.jsonl").read_text().splitlines()[1]
    assert wire_books.trade(wire.read(line), 7) == Trade(
        at=7,
        instrument=wire_books.instrument("HIGHNY-22DEC23-B53.5"),
        price=3_600,
        lots=13_600,
        taker=Side.SELL,
        trade_id="d91bc706-ee49-470d-82d8-11418bda6fed",
        venue_time=1_669_149_841_000 * MS,
    )


def test_every_recorded_rest_book_reads_as_the_venue_wrote_it() -> None:
    bodies = [json.loads(shared("frames/kalshi/market_single_and_orderbook_2026-08-09.json").read_text())["orderbook"]]
    path = "frames/kalshi/rest_orderbook_KXHIGHNY-26SEP04-B84.5_2026-09-04T0301Z.json"
    bodies.append(json.loads(shared(path).read_text()))
    for line in shared("frames/kalshi/weather_books_2026-07-24.jsonl").read_text().splitlines():
        bodies.append({"orderbook_fp": json.loads(line)["raw_orderbook"]})
    assert len(bodies) == 50
    for body in bodies:
        book = wire_books.rest_book(json.dumps(body).encode(), "T", 3)
        written = body["orderbook_fp"]
        bids = [(float(p), float(c)) for p, c in reversed(written["yes_dollars"])]
        asks = [(round(1 - float(p), 4), float(c)) for p, c in reversed(written["no_dollars"])]
        assert [(p / 10_000, n / 100) for p, n in book.bids] == bids
        assert [(p / 10_000, n / 100) for p, n in book.asks] == asks
        assert not (bids and asks) or book.bids[0][0] < book.asks[0][0]


def test_a_reply_without_the_books_key_is_no_empty_book() -> None:
    with pytest.raises(WireError):
        wire_books.rest_book(b'{"orderbook":{"yes":[[1,2]]}}', "T", 3)


def test_recorded_trades_markets_and_series_read() -> None:
    document = json.loads(shared("frames/kalshi/rest_trade_candle_cutoff_2026-08-24.json").read_text())
    (trade,) = wire_books.rest_trades(json.dumps({"trades": [document["trade"]]}).encode(), 9)
    assert (trade.price, trade.lots, trade.taker) == (800, 4_300, Side.BUY)
    single = json.loads(shared("frames/kalshi/market_single_and_orderbook_2026-08-09.json").read_text())
    assert wire.body(wire_markets.MARKET, json.dumps(single["single"]).encode()).market.ticker == single["ticker"]
    excerpt = json.loads(shared("frames/kalshi/market_excerpt_KXHIGHNY-26SEP04-B84.5_2026-09.json").read_text())
    market = msgspec.convert(excerpt, wire_markets.Market)
    assert (market.floor_strike, market.cap_strike, wire_markets.status_of(market)) == (84, 85, "open")


# ---- hostile and unknown

KINDS = sorted(wire.TYPES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted({f.name for kind in get_args(wire.Known) for f in msgspec.structs.fields(kind)}))
MSGS = st.sampled_from(
    sorted({f.name for name, kind in vars(wire).items() if name.endswith("Msg") for f in msgspec.structs.fields(kind)})
)
VALUES = st.one_of(
    JSON,
    st.sampled_from(["NaN", "Infinity", "1e999999", "-0.01", "0.5600", "1.0001", "yes", "no", "", "1_0", "٣", 2**63]),
    st.lists(st.tuples(st.sampled_from(["0.5", "9", "x", "0.56"]), st.sampled_from(["1", "-1", "NaN"])), max_size=3),
)
FRAMES = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS) | st.text(max_size=5), "msg": st.dictionaries(MSGS, VALUES) | JSON},
    optional={"sid": st.integers(0, 3) | JSON, "seq": st.integers(0, 3) | JSON, "id": st.integers(0, 9) | JSON},
)


def opened() -> Sids:
    sids = Sids(wanted=frozenset({"T"}))
    sids.opened(1)
    for sid, channel in enumerate(("orderbook_delta", "trade", "market_lifecycle_v2")):
        sids.frame(json.dumps({"type": "subscribed", "id": 1, "msg": {"channel": channel, "sid": sid}}), 1)
    return sids


@given(st.binary() | st.text().map(lambda t: t.encode("utf-8", "surrogatepass")))
@example(b'{"type":"orderbook_delta","sid":0,"seq":1,"msg":{"market_ticker":"T","price_dollars":"NaN",'
         b'"delta_fp":"1","side":"yes"}}')  # fmt: skip
@example(b'{"type":"market_lifecycle_v2","sid":2,"seq":1,"msg":{"market_ticker":"T","event_type":"created",'
         b'"close_ts":99999999999999999}}')  # fmt: skip
@example(b"[" * 100_000)
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    sids = opened()
    with suppress(WireError):
        sids.frame(raw, 7)


@given(st.lists(FRAMES, max_size=6))
def test_no_frames_of_any_fields_raise_anything_but_wire_error(frames) -> None:
    sids = opened()
    for frame in frames:
        with suppress(WireError):
            sids.frame(json.dumps(frame), 7)
        sids.tick(9)


@pytest.mark.parametrize("read", [wire_books.rest_trades, lambda raw, at: wire_books.rest_book(raw, "T", at)])
@given(raw=st.binary() | JSON.map(json.dumps).map(str.encode))
def test_no_body_raises_anything_but_wire_error(read, raw) -> None:
    with suppress(WireError):
        read(raw, 7)


def test_an_unknown_kind_of_frame_passes_and_counts_in_its_row() -> None:
    sids = opened()
    assert sids.frame('{"type":"depth_forecast","sid":0,"seq":1,"msg":[1,{"x":2}]}', 2) == []
    snapshot = {"type": "orderbook_snapshot", "sid": 0, "seq": 2, "msg": {"market_ticker": "T", "tomorrow": 1}}
    assert len(sids.frame(json.dumps(snapshot), 3)) == 1
    assert sids.gaps == 0


def test_a_frame_of_many_megabytes_is_refused() -> None:
    with pytest.raises(WireError):
        wire.read(b'{"type":"x","msg":"' + b"a" * wire.LARGEST + b'"}')


@pytest.mark.parametrize("text", ["0.96", "0.960", "0.9600", "0.960000"])
def test_a_price_is_the_same_in_any_width(text) -> None:
    assert numbers.ticks(text) == 9_600


@pytest.mark.parametrize("text", ["1.0001", "-0.01", "0.00005", "NaN", "1e-2", " 0.5", "0,5", "", "0x1", "٣", "1_0"])
def test_what_is_no_price_is_refused(text) -> None:
    with pytest.raises(ValueError, match=r"price|number"):
        numbers.ticks(text)


@given(st.integers(0, 10_000), st.integers(1, 10**9))
def test_prices_and_counts_go_out_as_they_came_in(price, size) -> None:
    assert numbers.ticks(numbers.price_text(price)) == price
    assert numbers.lots(numbers.count_text(Decimal(size).scaleb(-2))) == size


@given(st.from_regex(r"-?[0-9]{0,17}(\.[0-9]{0,4})?", fullmatch=True) | st.text(max_size=6))
def test_a_size_is_its_decimal_in_hundredths_or_refused(text) -> None:
    plain = re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", text) is not None
    if plain and Decimal(text) * 100 % 1 == 0:
        assert numbers.lots(text) == int(Decimal(text) * 100)
    else:
        with pytest.raises(ValueError, match=r"number|hundredths"):
            numbers.lots(text)


@pytest.mark.parametrize("count", ["0", "-1", "0.001", "NaN", "Infinity"])
def test_no_order_is_made_for_a_count_the_venue_does_not_know(count) -> None:
    with pytest.raises(ValueError, match="hundredths"):
        numbers.count_text(Decimal(count))
