"""`atmx decode`: recorded frames to events and books, gaps told, what is no frame refused by name."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli
from app.commands import decode, recorded
from engine.core.errors import InputError
from tests.shared import shared


def _snapshot(seq, yes, no, ticker="KX-A", sid=1):
    msg = {"market_ticker": ticker, "yes_dollars_fp": yes, "no_dollars_fp": no}
    return {"type": "orderbook_snapshot", "sid": sid, "seq": seq, "msg": msg}


def _delta(seq, side, price, by, ticker="KX-A"):
    msg = {"market_ticker": ticker, "price_dollars": price, "delta_fp": by, "side": side, "ts_ms": 1_790_000_000_000}
    return {"type": "orderbook_delta", "sid": 1, "seq": seq, "msg": msg}


KALSHI = [
    {"type": "subscribed", "id": 1, "msg": {"channel": "orderbook_delta", "sid": 1}},
    _snapshot(1, [["0.4200", "10.00"], ["0.4100", "5.50"]], [["0.5500", "7.00"]]),
    {"type": "ok", "id": 2, "sid": 1, "seq": 2, "msg": {"market_tickers": ["KX-A"]}},
    _delta(3, "yes", "0.4300", "2.00"),
    _delta(4, "no", "0.5500", "-7.00"),
    _delta(5, "no", "0.5600", "1.25"),
]
BOOK = {"KX-A": {"bids": [["0.43", "2"], ["0.42", "10"], ["0.41", "5.5"]], "asks": [["0.44", "1.25"]]}}


def _decoded(venue, frames, **options):
    return decode.decoded(venue, json.dumps(frames).encode(), "file", **options)


def test_a_kalshi_book_is_folded_to_yes_best_first_without_trailing_zeros():
    found = _decoded("kalshi", KALSHI)
    assert found["books"] == BOOK
    assert (found["gaps"], found["errors"], found["stale"]) == ([], [], [])
    assert [event["event"] for event in found["events"]] == [
        "other", "BookSnapshot", "other", "BookDelta", "BookDelta", "BookDelta",
    ]  # fmt: skip
    assert found["events"][3] == {
        "frame": 4, "event": "BookDelta", "instrument": "KX-A", "side": "buy", "price": "0.43", "qty": "2",
        "by": True, "seq": 3, "venue_time": "2026-09-21T14:13:20Z",
    }  # fmt: skip


def _tried(venue, content, name):
    """Return the document, or why there is none."""
    try:
        return decode.decoded(venue, content, name), ""
    except InputError as e:
        return None, str(e)


def _lines(frames):
    return "\n".join(json.dumps(frame) for frame in frames)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(KALSHI),
        _lines(KALSHI),
        _lines(KALSHI) + "\n\n",
        json.dumps({"note": "recorded", "frames": KALSHI}, indent=1),
        json.dumps([{"recv_ms": 1, "frame": frame} for frame in KALSHI]),
        json.dumps([{"received": "2026-09-21T14:13:20Z", "event": frame} for frame in KALSHI]),
        _lines({"recv": 1.5, "msg": json.dumps(frame)} for frame in KALSHI),
    ],
)
def test_every_way_of_recording_gives_the_same_books(text):
    found = decode.decoded("kalshi", text.encode(), "file")
    assert found["books"] == BOOK
    assert found["errors"] == []


@pytest.mark.parametrize(
    ("key", "value", "at"),
    [
        ("recv_ms", 1_790_000_000_001, "2026-09-21T14:13:20.001Z"),
        ("recv_ns", 1_790_000_000_000_000_001, "2026-09-21T14:13:20.000000001Z"),
        ("recv", 1_790_000_000, "2026-09-21T14:13:20Z"),
        ("recv", 1_790_000_000_500, "2026-09-21T14:13:20.5Z"),
        ("recv", "2026-09-21T16:13:20+02:00", "2026-09-21T14:13:20Z"),
        ("recv_ms", -5, None),
        ("recv", [1], None),
        ("recv_s", 1e300, None),
    ],
)
def test_when_a_frame_was_received_is_told_where_the_recorder_says_so(key, value, at):
    found = _decoded("kalshi", [{key: value, "frame": KALSHI[1]}])
    assert found["events"][0].get("at") == at


def test_a_gap_is_told_and_its_books_are_stale_until_a_whole_one_comes():
    frames = [*KALSHI, _delta(8, "yes", "0.4300", "1.00")]
    found = _decoded("kalshi", frames)
    assert found["gaps"] == [{"frame": 7, "sid": 1, "expected": 6, "got": 8}]
    assert found["stale"] == ["KX-A"]
    mended = _decoded("kalshi", [*frames, _snapshot(9, [["0.4000", "1.00"]], [])])
    assert mended["stale"] == []
    assert mended["books"] == {"KX-A": {"bids": [["0.4", "1"]], "asks": []}}


def test_the_same_frame_twice_counts_once_and_a_new_subscription_begins_anew():
    assert _decoded("kalshi", [*KALSHI, KALSHI[-1]])["books"] == BOOK
    again = _decoded("kalshi", [*KALSHI, *KALSHI])
    assert (again["books"], again["gaps"]) == (BOOK, [])


def test_a_delta_of_a_book_that_was_never_whole_shows_no_book():
    found = _decoded("kalshi", [_delta(2_399_869, "no", "0.4800", "-40.00")])
    assert (found["books"], found["gaps"], len(found["events"])) == ({}, [], 1)


def test_levels_may_have_been_subscribed_in_yes_prices():
    frames = [_snapshot(1, [], [["0.4400", "7.00"]])]
    assert _decoded("kalshi", frames, use_yes_price=True)["books"]["KX-A"]["asks"] == [["0.44", "7"]]
    assert _decoded("kalshi", frames)["books"]["KX-A"]["asks"] == [["0.56", "7"]]


def test_polymarket_has_a_book_for_each_token():
    book = {
        "event_type": "book", "market": "0x1", "asset_id": "11", "timestamp": "1790000000000",
        "bids": [{"price": "0.40", "size": "10.5"}, {"price": "0.41", "size": "3"}],
        "asks": [{"price": "0.50", "size": "1.000000"}, {"price": "0.45", "size": "2"}],
    }  # fmt: skip
    change = {
        "event_type": "price_change", "market": "0x1", "timestamp": "1790000000001",
        "price_changes": [
            {"asset_id": "11", "price": "0.41", "side": "BUY", "size": "0", "best_bid": "0.4", "best_ask": "0.45"},
            {"asset_id": "11", "price": "0.455", "side": "SELL", "size": "7", "best_bid": "0.4", "best_ask": "0.45"},
        ],
    }  # fmt: skip
    found = _decoded("polymarket", [[book], change, "PONG"])
    assert found["books"] == {"11": {"bids": [["0.4", "10.5"]], "asks": [["0.45", "2"], ["0.455", "7"], ["0.5", "1"]]}}
    assert (found["gaps"], found["errors"]) == ([], [])


def _trade(number):
    data = {
        "e": "trade",
        "s": "BTCUSDT",
        "t": number,
        "p": "83034.29000000",
        "q": "0.5",
        "T": 1_790_000_000_000,
        "m": True,
    }
    return {"stream": "btcusdt@trade", "data": data}


def test_binance_has_trades_and_gaps_by_their_ids():
    found = _decoded("binance", [_trade(5), _trade(5), _trade(6), _trade(9), {"result": None, "id": 1}])
    trades = [event for event in found["events"] if event["event"] == "Trade"]
    assert [trade["trade_id"] for trade in trades] == ["5", "6", "9"]
    assert trades[0] == {
        "frame": 1, "event": "Trade", "instrument": "BTCUSDT", "price": "83034.29", "qty": "0.5", "taker": "sell",
        "trade_id": "5", "venue_time": "2026-09-21T14:13:20Z",
    }  # fmt: skip
    assert found["gaps"] == [{"frame": 4, "symbol": "BTCUSDT", "expected": 7, "got": 9, "missing": 2}]
    assert found["books"] == {}


@pytest.mark.parametrize(
    ("venue", "body", "what"),
    [
        ("kalshi", {"orderbook_fp": {"yes_dollars": []}}, "an order book"),
        ("kalshi", {"markets": [], "cursor": ""}, "markets"),
        (
            "polymarket",
            {"market": "0x1", "asset_id": "1", "bids": [], "asks": [], "min_order_size": "5"},
            "an order book",
        ),
        ("polymarket", {"base_fee": "0"}, "a fee rate"),
        ("binance", {"serverTime": 1}, "a time"),
        ("binance", {"symbols": []}, "exchange information"),
    ],
)
def test_a_rest_body_is_refused_by_name(venue, body, what):
    with pytest.raises(InputError, match=f"^file: frames: a REST body \\({what}\\), no frame of the stream$"):
        _decoded(venue, body)
    if venue == "kalshi":
        found = _decoded(venue, [*KALSHI, body])
        assert found["errors"] == [{"frame": 7, "error": f"a REST body ({what}), no frame of the stream"}]
        assert found["books"] == BOOK


def test_what_cannot_be_read_is_an_error_in_its_place():
    text = _lines([*KALSHI, _delta(6, "maybe", "0.4300", "1.00")]) + '\n{"type": "orderbook_delta", "si'
    found = decode.decoded("kalshi", text.encode(), "file")
    assert [error["frame"] for error in found["errors"]] == [7, 8]
    assert found["errors"][1]["error"] == "no JSON"
    assert found["books"] == BOOK


@pytest.mark.parametrize("content", [b"", b"\n\n", b"not json", b"\xff\xfe", b"[]", b'{"frames": []}'])
def test_a_file_without_frames_is_bad_input(tmp_path, capsys, content):
    file = tmp_path / "empty.json"
    file.write_bytes(content)
    assert cli.run(["decode", "kalshi", str(file)]) == 2
    assert capsys.readouterr().err.startswith(f"atmx: {file}: frames: ")


@pytest.mark.parametrize(
    ("venue", "words"),
    [
        ("nyse", "VENUE: must be"),
    ],
)
def test_other_venues_are_refused_by_name(tmp_path, capsys, venue, words):
    file = tmp_path / "frames.json"
    file.write_text("[{}]")
    assert cli.run(["decode", venue, str(file)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


TICKER = {
    "jsonrpc": "2.0", "method": "subscription", "params": {"channel": "ticker.BTC-PERPETUAL.100ms", "data": {
        "timestamp": 1_790_000_000_000, "instrument_name": "BTC-PERPETUAL", "index_price": 63329.18,
        "mark_price": 63346.33, "best_bid_price": 63344, "best_bid_amount": 58060.0, "best_ask_price": 63344.5,
        "best_ask_amount": 9980.0, "open_interest": 716004750.0, "state": "open", "stats": {}, "last_price": 63344,
    }},
}  # fmt: skip


def test_a_mark_is_told_in_money_and_not_divided_by_ticks():
    """A mark of 63,346.33 came out as 0.00063, and bid and ask as numbers of ticks and lots."""
    (found,) = _decoded("deribit", [TICKER])["events"]
    told = {
        name: found[name] for name in ("event", "price", "index", "bid", "bid_qty", "ask", "ask_qty", "open_interest")
    }
    assert told == {
        "event": "Marked", "price": "63346.33", "index": "63329.18", "bid": "63344", "bid_qty": "58060",
        "ask": "63344.5", "ask_qty": "9980", "open_interest": "716004750",
    }  # fmt: skip
    slim = {"channel": "ticker_slim.ETH-PERP.1000", "data": {"timestamp": 1_790_000_000_000, "instrument_ticker": {
        "t": 1_790_000_000_000, "A": "10", "a": "3001.5", "B": "5", "b": "3001", "M": "3001.2", "I": "3000.9",
    }}}  # fmt: skip
    (found,) = _decoded("derive", [{"method": "subscription", "params": slim}])["events"]
    assert [found[name] for name in ("price", "bid", "ask", "bid_qty", "ask_qty")] == [
        "3001.2",
        "3001",
        "3001.5",
        "5",
        "10",
    ]


def test_one_recorded_conversation_is_what_was_received_in_it():
    content = json.dumps({"_source": "x", "sent": [{"id": 1}], "received": [TICKER, TICKER]}).encode()
    assert [one["frame"] for one in decode.decoded("deribit", content, "file")["events"]] == [1, 2]


ETHER = "0xb67bfa7b488df4f2efa874f4e59242e9130ae61f"
DOLLARS = "0x98d56648c9b7f3cb49531f4135115b5000ab1733"
NOBODY = "0x" + 40 * "0"


def _rysk(result, named="rfq-1"):
    return {"jsonrpc": "2.0", "id": named, "result": result}


RFQ = _rysk(
    {
        "asset": ETHER, "assetName": "ETH", "chainId": 84532, "expiry": 1791532800, "isPut": False,
        "quantity": "2500000000000000000", "strike": "300000000000", "taker": NOBODY, "usd": DOLLARS,
        "collateralAsset": ETHER,
    }
)  # fmt: skip


def test_a_request_of_rysk_is_told_as_the_option_it_asks_for():
    found = _decoded("rysk", [{"recv_ms": 1_790_000_000_000, "msg": RFQ}])
    assert found["events"] == [
        {
            "frame": 1, "event": "QuoteRequested", "at": "2026-09-21T14:13:20Z",
            "request": {
                "id": "rfq-1", "legs": [{"instrument": "ETH-9OCT26-3000-C", "ratio": "1"}], "qty": "2.5",
                "sides": ["buy"], "taker": NOBODY,
            },
        }
    ]  # fmt: skip
    assert (found["books"], found["gaps"], found["errors"], found["stale"]) == ({}, [], [], [])


def test_what_became_of_a_quote_to_rysk_is_told():
    trade = {
        "maker": DOLLARS, "assetAddress": ETHER, "chainId": 84532, "expiry": 1791532800, "isPut": True, "nonce": "9",
        "price": "1250000000000000000", "quantity": "1000000000000000000", "quoteNonce": "7", "strike": "300050000000",
        "taker": NOBODY, "isTakerBuy": True,
    }  # fmt: skip
    beaten = {"rfqId": "rfq-1", "newBest": "1300000000000000000", "yours": "1"}
    refused = {"jsonrpc": "2.0", "id": "rfq-1", "error": {"code": -32000, "message": "too late"}}
    sent = {"jsonrpc": "2.0", "id": "i", "method": "inventory"}
    frames = [RFQ, _rysk("OK"), _rysk(beaten), refused, _rysk(trade, "trade"), sent, _rysk({}, "balances")]
    notes = [event for event in _decoded("rysk", frames)["events"] if event["event"] == "other"]
    assert [note["type"] for note in notes] == ["best", "beaten", "failure", "taken", "sent", "other"]
    assert notes[1]["best"] == "1.3"
    assert (notes[2]["code"], notes[2]["text"]) == (-32000, "too late")
    taken = {key: notes[3][key] for key in ("instrument", "price", "qty", "quote", "expires")}
    assert taken == {
        "instrument": "ETH-9OCT26-3000.5-P", "price": "1.25", "qty": "1", "quote": "7",
        "expires": "2026-10-09T08:00:00Z",
    }  # fmt: skip


def test_bodies_of_rysk_are_refused_and_what_lacks_a_field_is_an_error():
    assert "a REST body (assets)" in _tried("rysk", b'{"84532": [], "999": []}', "file")[1]
    assert "a REST body" in _tried("rysk", json.dumps(RFQ["result"]).encode(), "file")[1]
    found = _decoded("rysk", [RFQ, _rysk({"strike": "1", "taker": NOBODY}), [], 3])
    assert [one["frame"] for one in found["errors"]] == [2, 3, 4]
    assert len(found["events"]) == 1


def test_recorded_shapes_of_rysk_are_read():
    shapes = json.loads(shared("frames/rysk/message_shapes.json").read_text())
    found = _decoded("rysk", [shape for name, shape in shapes.items() if name != "_source"])
    assert [event["event"] for event in found["events"]].count("QuoteRequested") == 1
    assert [one["error"] for one in found["errors"]] == ["a REST body (a request to sign), no frame of the stream"]


def test_the_command_line_prints_the_document_or_a_summary(tmp_path, capsys):
    file = tmp_path / "frames.jsonl"
    file.write_text(_lines([*KALSHI, _delta(9, "yes", "0.4300", "1.00"), {"type": "orderbook_delta"}]))
    assert cli.run(["decode", "kalshi", str(file), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"events", "books", "gaps", "errors", "stale"}
    assert cli.run(["decode", "kalshi", str(file)]) == 0
    first, book, gap, error = capsys.readouterr().out.splitlines()
    assert first == "7 events, 1 gaps, 1 errors"
    assert book == "KX-A  3 x 0.43 / 0.44 x 1.25  (3 bids, 1 asks) stale"
    assert gap == "gap before frame 7: 9 came, 6 was next"
    assert error.startswith("frame 8: ")
    assert cli.run(["decode", "kalshi", str(tmp_path / "missing")]) == 2
    assert cli.run(["decode", "binance", str(file), "--use-yes-price"]) == 2


@given(st.sampled_from(["kalshi", "polymarket", "binance"]), st.binary() | st.text().map(str.encode))
def test_no_file_raises_anything_but_bad_input(venue, content):
    found, refused = _tried(venue, content, "file")
    assert refused.startswith("file: ") if found is None else json.dumps(found)


@pytest.mark.parametrize("stamp", [-1, 2**60, 10**17])
def test_a_stamp_beyond_reason_is_no_crash(stamp):
    frame = _delta(6, "yes", "0.4300", "1.00")
    frame["msg"]["ts_ms"] = stamp
    json.dumps(_decoded("kalshi", [*KALSHI, frame]))


def test_a_recorders_wrapper_is_told_from_kalshis_own_msg():
    (one,) = recorded.frames(json.dumps(KALSHI[3]).encode(), "file")
    assert json.loads(one.raw) == KALSHI[3]


def _rebuilt(file):
    """Kalshi's books, from the JSON alone."""
    books = {}
    for element in json.loads(file.read_text())["frames"]:
        frame = element["frame"]
        msg = frame.get("msg")
        if frame["type"] == "orderbook_snapshot":
            books[msg["market_ticker"]] = {
                side: {Decimal(p): Decimal(q) for p, q in msg.get(f"{side}_dollars_fp", [])} for side in ("yes", "no")
            }
        elif frame["type"] == "orderbook_delta":
            side = books[msg["market_ticker"]][msg["side"]]
            price = Decimal(msg["price_dollars"])
            side[price] = side.get(price, 0) + Decimal(msg["delta_fp"])
            if side[price] <= 0:
                del side[price]
    return {
        ticker: {
            "bids": [(p, book["yes"][p]) for p in sorted(book["yes"], reverse=True)],
            "asks": [(1 - p, book["no"][p]) for p in sorted(book["no"], reverse=True)],
        }
        for ticker, book in books.items()
    }


def test_a_recorded_hour_of_kalshi_equals_an_independent_rebuild():
    file = shared("frames/kalshi/ws_orderbook_stream_2026-08-07.json")
    found = decode.decoded("kalshi", file.read_bytes(), file.name)
    assert (found["gaps"], found["errors"], len(found["events"])) == ([], [], 269)
    ours = {
        ticker: {side: [(Decimal(p), Decimal(q)) for p, q in levels] for side, levels in book.items()}
        for ticker, book in found["books"].items()
    }
    assert ours == _rebuilt(file)
    assert len(ours) == 12


@pytest.mark.parametrize("venue", ["kalshi", "polymarket", "binance", "deribit"])
def test_every_recorded_frame_decodes_or_is_refused_by_name(venue):
    for file in sorted(shared(f"frames/{venue}").rglob("*.json*")):
        found, refused = _tried(venue, file.read_bytes(), file.name)
        if found is None:
            assert "REST body" in refused, refused
            assert "ws" not in file.name.split("_"), refused
            continue
        json.dumps(found)
        for error in found["errors"]:
            assert error["error"], file.name
            assert "ws" not in file.name.split("_") or file.name == "ntpy_ws_messages_price_change.json", (file, error)


DERIVE = [
    {"id": 1, "result": [30769]},
    *(
        {"method": "subscription", "params": {"channel": channel, "data": data}}
        for channel, data in (
            ("orderbook.ETH-PERP.1.20", {
                "instrument_name": "ETH-PERP", "timestamp": 1, "publish_id": 7, "bids": [["2499.9", "1.5"]],
                "asks": [["2500.1", "2"]],
            }),
            ("orderbook.ETH-PERP.1.20", {
                "instrument_name": "ETH-PERP", "timestamp": 1, "publish_id": 6, "bids": [], "asks": [],
            }),
            ("trades.ETH-PERP", [{
                "instrument_name": "ETH-PERP", "trade_id": "t", "trade_price": "2500.1", "trade_amount": "0.5",
                "direction": "buy", "timestamp": 2,
            }]),
            ("30769.balances", [{"name": "USDC", "previous_balance": "1", "new_balance": "2"}]),
        )
    ),
]  # fmt: skip


def test_derives_books_come_whole_and_one_that_is_late_is_passed_over():
    found = _decoded("derive", DERIVE)
    assert found["books"] == {"ETH-PERP": {"bids": [["2499.9", "1.5"]], "asks": [["2500.1", "2"]]}}
    assert [one["event"] for one in found["events"]] == ["other", "BookSnapshot", "other", "Trade", "other"]
    assert (found["gaps"], found["errors"], found["stale"]) == ([], [], [])


def test_bare_data_of_derives_channels_is_refused_by_name():
    with pytest.raises(InputError, match="data of an order book"):
        _decoded("derive", [DERIVE[1]["params"]["data"]])


def _deribit(channel, **data):
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


def _deribit_book(kind, change, before=None, bids=(), asks=()):
    more = {} if before is None else {"prev_change_id": before}
    return _deribit(
        "book.BTC-PERPETUAL.100ms", type=kind, instrument_name="BTC-PERPETUAL", timestamp=5, change_id=change,
        bids=list(bids), asks=list(asks), **more,
    )  # fmt: skip


DERIBIT = [
    {"jsonrpc": "2.0", "id": 1, "result": ["book.BTC-PERPETUAL.100ms"], "usOut": "1786563120531808"},
    _deribit_book("change", 9, 8, bids=[["new", 1.0, 10]]),
    _deribit_book("snapshot", 10, bids=[["new", 63324.5, 20]], asks=[["new", 63325, 30]]),
    _deribit_book("change", 400, 10, bids=[["delete", 63324.5, 0], ["new", 63324, 5]]),
    {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}},
    {"jsonrpc": "2.0", "id": 2, "error": {"code": 10028, "message": "too_many_requests"}},
    _deribit("quote.BTC-PERPETUAL", instrument_name="BTC-PERPETUAL", timestamp=1),
]


def test_deribits_books_follow_by_the_change_before():
    found = _decoded("deribit", DERIBIT)
    assert found["books"] == {"BTC-PERPETUAL": {"bids": [["63324", "5"]], "asks": [["63325", "30"]]}}
    assert (found["gaps"], found["errors"], found["stale"]) == ([], [], [])
    missing = _decoded("deribit", [*DERIBIT, _deribit_book("change", 500, 401, bids=[["new", 1.0, 10]])])
    assert [one["expected"] for one in missing["gaps"]] == [400]
    assert missing["stale"] == ["BTC-PERPETUAL"]


def test_a_deribit_recording_rebuilds_the_venues_book():
    file = shared("frames/deribit/ws_recorded_2026-08-12_ccxt.json")
    frames = json.loads(file.read_text())["book"]["received"]
    plain = {"bids": {}, "asks": {}}
    for frame in frames:
        for side, levels in plain.items():
            for action, price, amount in frame["params"]["data"][side]:
                levels.pop(price, None) if action == "delete" else levels.update({price: amount})
    book = _decoded("deribit", frames)["books"]["BTC-PERPETUAL"]
    ours = {side: [(float(p), float(q)) for p, q in book[side]] for side in ("bids", "asks")}
    assert ours == {"bids": sorted(plain["bids"].items(), reverse=True), "asks": sorted(plain["asks"].items())}
