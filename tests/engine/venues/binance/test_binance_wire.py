"""Binance's frames: each known kind, each awkward fact, and no bytes raise anything but WireError."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.core.ids import BINANCE, InstrumentId
from engine.core.units import Nanos, Side
from engine.venues.binance import wire, wire_rest
from engine.venues.binance.wire import Ack, Complaint, Other, Print, Scale, Shutdown
from tests.shared import shared

AT = Nanos(7)
SCALES = {"BTCUSDT": Scale(), "BNBBTC": Scale(Decimal("0.000001"))}
TRADE = {
    "e": "trade", "E": 1790000000001, "s": "BTCUSDT", "t": 41, "p": "83034.29000000", "q": "0.00062000",
    "T": 1790000000000, "m": True, "M": True,
}  # fmt: skip


class Finest(dict):
    def get(self, symbol, default=None):
        return Scale(wire.FINEST, wire.FINEST)


def _frame(**changes):
    return json.dumps(TRADE | changes).encode()


def _decoded(raw):
    return wire.decode(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), AT, SCALES)


def test_a_trade_in_its_frame():
    message = _decoded(TRADE)
    assert isinstance(message, Print)
    trade = message.trade
    assert (message.first, message.last, trade.trade_id) == (41, 41, "41")
    assert trade.instrument == InstrumentId(BINANCE, "BTCUSDT")
    assert (trade.price, trade.lots, trade.at) == (8_303_429, 62_000, AT)
    assert trade.venue_time == 1_790_000_000_000_000_000
    assert trade.taker is Side.SELL, "the buyer was the maker, so the taker sold"


def test_a_combined_stream_wraps_it_and_microseconds_are_told_by_their_length():
    message = _decoded({"stream": "btcusdt@trade", "data": TRADE | {"m": False, "T": 1790000000000123}})
    assert isinstance(message, Print)
    assert message.trade.taker is Side.BUY
    assert message.trade.venue_time == 1_790_000_000_000_123_000


def test_an_aggregated_trade_stands_for_its_ids():
    message = _decoded(
        {"e": "aggTrade", "s": "BNBBTC", "a": 9, "p": "0.001", "q": "100", "f": 100, "l": 105, "T": 1, "m": True}
    )
    assert isinstance(message, Print)
    assert (message.first, message.last, message.trade.trade_id) == (100, 105, "100-105")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"result": None, "id": 1}, Ack(1)),
        ({"result": ["btcusdt@trade"], "id": "three"}, Ack("three")),
        ({"code": 2, "msg": "Invalid request"}, Complaint(2, "Invalid request")),
        ({"e": "serverShutdown", "E": 1770123456789}, Shutdown()),
        ({"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}}, Shutdown()),
        ({"stream": "btcusdt@bookTicker", "data": {"u": 1, "s": "BTCUSDT", "b": "1", "a": "2"}}, Other("bookTicker")),
        (TRADE | {"e": "blockTrade"}, Other("blockTrade")),
        (TRADE | {"X": "INSURANCE_FUND"}, Other("trade INSURANCE_FUND")),
        ({"e": "unheard of", "p": {"any": 1}}, Other("unheard of")),
        ({}, Other("unnamed")),
    ],
)
def test_what_is_no_trade_has_its_own_kind(frame, message):
    assert _decoded(frame) == message


def test_unknown_fields_and_enum_values_pass():
    assert isinstance(_decoded(TRADE | {"b": 1, "a": 2, "st": [1], "new": {"deep": None}}), Print)


@pytest.mark.parametrize(
    "changes",
    [
        {"p": "83034.295"},
        {"q": "0.000000001"},
        {"p": "0.00"},
        {"q": "NaN"},
        {"p": "Infinity"},
        {"p": "1e9"},
        {"p": "-1.00"},
        {"p": "٣.00"},
        {"p": "1" * 60},
        {"p": 83034.29},
        {"t": -1},
        {"t": 2**63},
        {"t": "41"},
        {"T": 10**18},
        {"m": 1},
        {"s": "NOBODY"},
        {"s": 4},
    ],
)
def test_a_wrong_field_is_an_unreadable_frame(changes):
    with pytest.raises(WireError) as refused:
        wire.decode(_frame(**changes), AT, SCALES)
    assert refused.value.raw


@given(
    st.from_regex(r"\A[0-9]{0,9}(\.[0-9]{0,12})?\Z"),
    st.sampled_from(["1", "0.1", "0.01", "0.00000001", "0.05", "0.25", "5"]).map(Decimal),
)
@example("83034.29000000", Decimal("0.01"))
@example(".5", Decimal("0.1"))
@example("5.", Decimal("0.01"))
@example("0.010", Decimal("0.05"))
def test_a_price_counts_whole_steps_or_is_refused_whatever_its_step(text, step):
    frame, scales = _frame(p=text), {"BTCUSDT": Scale(step)}
    sound = text not in {"", "."} and Decimal(text) > 0 and not Decimal(text) % step
    if sound:
        message = wire.decode(frame, AT, scales)
        assert isinstance(message, Print)
        assert message.trade.price * step == Decimal(text)
    else:
        with pytest.raises(WireError):
            wire.decode(frame, AT, scales)


@pytest.mark.parametrize("missing", ["s", "t", "p", "q", "T", "m"])
def test_a_missing_field_is_an_unreadable_frame(missing):
    with pytest.raises(WireError):
        _decoded({name: value for name, value in TRADE.items() if name != missing})


def test_a_frame_is_bounded():
    with pytest.raises(WireError, match="bytes"):
        wire.decode(b" " * (wire.LARGEST + 1), AT, SCALES)


def test_pages_of_trades_are_bounded_and_read():
    row = {
        "id": 5,
        "price": "1.10",
        "qty": "2",
        "quoteQty": "2.2",
        "time": 1,
        "isBuyerMaker": False,
        "isBestMatch": True,
    }
    (one,) = wire_rest.trades(json.dumps([row]).encode(), "BTCUSDT", AT, Scale())
    assert (one.first, one.trade.price, one.trade.taker) == (5, 110, Side.BUY)
    with pytest.raises(WireError):
        wire_rest.trades(json.dumps([row] * 1_001).encode(), "BTCUSDT", AT, Scale())
    agg = {"a": 1, "p": "1.10", "q": "2", "f": 5, "l": 6, "T": 1, "m": True}
    (one,) = wire_rest.agg_trades(json.dumps([agg]).encode(), "BTCUSDT", AT, Scale())
    assert (one.first, one.last) == (5, 6)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("PRICE_FILTER", "tickSize", "0.00000000"),
        ("PRICE_FILTER", "tickSize", "0.000000001"),
        ("PRICE_FILTER", "minPrice", "0"),
        ("LOT_SIZE", "stepSize", "x"),
        ("", "symbol", ""),
        ("", "baseAsset", "\x07"),
        ("", "quoteAsset", "B" * 41),
    ],
)
def test_a_pair_without_steps_or_a_name_is_unreadable(place, name, value):
    price = {"filterType": "PRICE_FILTER", "tickSize": "0.01", "minPrice": "0.01", "maxPrice": "10"}
    size = {"filterType": "LOT_SIZE", "stepSize": "0.1", "minQty": "0.1", "maxQty": "10"}
    pair = {"symbol": "AB", "status": "TRADING", "baseAsset": "A", "quoteAsset": "B", "filters": [price, size]}
    assert wire_rest.pairs(json.dumps({"symbols": [pair]}).encode())[0].step == Decimal("0.1")
    {"PRICE_FILTER": price, "LOT_SIZE": size, "": pair}[place][name] = value
    with pytest.raises(WireError):
        wire_rest.pairs(json.dumps({"symbols": [pair]}).encode())
    with pytest.raises(WireError):
        wire_rest.pairs(json.dumps({"symbols": [pair | {"filters": []}]}).encode())


def test_a_pair_that_cannot_be_read_hides_no_other():
    price = {"filterType": "PRICE_FILTER", "tickSize": "0.01", "minPrice": "0.01", "maxPrice": "10"}
    size = {"filterType": "LOT_SIZE", "stepSize": "0.1", "minQty": "0.1", "maxQty": "10"}
    pair = {"symbol": "AB", "status": "TRADING", "baseAsset": "A", "quoteAsset": "B", "filters": [price, size]}
    disabled = pair | {"symbol": "CD", "filters": [price | {"minPrice": "0.00000000"}, size]}
    rows = [disabled, pair, pair | {"symbol": 7}]
    assert [one.symbol for one in wire_rest.pairs(json.dumps({"symbols": rows}).encode())] == ["AB"]
    with pytest.raises(WireError):
        wire_rest.pairs(json.dumps({"symbols": [disabled]}).encode())


def test_words_of_ours():
    assert wire.stream_url("wss://x/", ["BTCUSDT", "ETHUSDT"]) == "wss://x/stream?streams=btcusdt@trade/ethusdt@trade"
    assert wire.subscription("SUBSCRIBE", ["BTCUSDT"], 3) == '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":3}'
    assert wire_rest.complaint(b'{"code":-1121,"msg":"Invalid symbol."}') == Complaint(-1121, "Invalid symbol.")
    assert wire_rest.complaint(b"<html>") == Complaint(0, "")


@given(st.binary() | st.text().map(str.encode))
@example(_frame(q="NaN"))
@example(_frame(p="9" * 40))
@example(b'{"data":{"e":"trade","t":1e999}}')
@example(b"[" * 5_000)
@example(b'{"result":' + b"[" * 5_000)
def test_no_bytes_raise_anything_but_wire_error(raw):
    for read in (
        lambda: wire.decode(raw, AT, SCALES),
        lambda: wire_rest.trades(raw, "BTCUSDT", AT, Scale()),
        lambda: wire_rest.agg_trades(raw, "BTCUSDT", AT, Scale()),
        lambda: wire_rest.pairs(raw),
        lambda: wire_rest.server_time(raw),
        lambda: wire_rest.complaint(raw),
    ):
        with suppress(WireError):
            read()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["1.5", "0", "-1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*"estpqTmMXafl", "data"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*TRADE, "X", "data", "stream", "code", "result", "id"]), JSON), st.booleans())
def test_no_trade_of_wrong_types_raises_anything_but_wire_error(changes, wrapped):
    frame = TRADE | changes
    with suppress(WireError):
        _decoded({"stream": "btcusdt@trade", "data": frame} if wrapped else frame)


def test_every_recorded_frame_decodes_or_is_refused_by_name():
    kinds = {}
    for file in sorted(shared("frames/binance").glob("*ws*.json*")):
        text = file.read_text()
        for frame in text.splitlines() if file.suffix == ".jsonl" else [text]:
            message = wire.decode(frame.encode(), AT, Finest())
            kinds.setdefault(type(message).__name__, []).append(file.name)
    assert {name: len(files) for name, files in kinds.items()} == {
        "Print": 7, "Other": 1, "Shutdown": 2, "Ack": 2, "Complaint": 2,
    }  # fmt: skip


def test_every_recorded_answer_is_read():
    folder = shared("frames/binance")
    scale = Scale(wire.FINEST)

    def body(name):
        return (folder / f"nt_http_spot_{name}.json").read_bytes()

    rows = wire_rest.trades(body("historical_trades"), "BTCUSDT", AT, scale)
    assert [row.first for row in rows] == list(range(rows[0].first, rows[0].first + len(rows)))
    assert len(wire_rest.trades(body("trades"), "BTCUSDT", AT, scale)) == 10
    assert len(wire_rest.agg_trades(body("agg_trades"), "BTCUSDT", AT, scale)) == 10
    assert wire_rest.server_time(body("time")) == 1633835466289
    assert [(pair.symbol, pair.scale.unit) for pair in wire_rest.pairs(body("exchange_info"))] == [
        ("BTCUSDT", Decimal("0.01")),
        ("ETHUSDT", Decimal("0.01")),
    ]
