"""Deribit's protocol: frames told apart, bounded, and nothing but `WireError` for whatever else comes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import AuthFailed, OutcomeUnknown, Throttled, VenueRefused, WireError
from engine.core.units import Nanos
from engine.venues.deribit import codes, recorded, wire, wire_books, wire_instruments, wire_market
from engine.venues.deribit.numbers import Scale
from tests.engine.venues.deribit.chains import PERP, news, refusal, reply
from tests.shared import shared

AT = Nanos(7)


def test_each_kind_of_frame_is_told_apart() -> None:
    answer = wire.read(reply(["book.BTC-PERPETUAL.100ms"], 4))
    assert isinstance(answer, wire.Reply)
    assert (answer.id, json.loads(bytes(answer.result)), answer.sent_us) == (
        4, ["book.BTC-PERPETUAL.100ms"], 1_795_000_000_000_500,
    )  # fmt: skip
    beat = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}
    assert wire.read(json.dumps(beat)) == wire.Heartbeat(test=True)
    beat["params"] = {"type": "heartbeat"}
    assert wire.read(json.dumps(beat)) == wire.Heartbeat(test=False)
    told = wire.read(news("ticker.X.raw", {"a": 1}))
    assert isinstance(told, wire.News)
    assert (told.channel, bytes(told.data)) == ("ticker.X.raw", b'{"a": 1}')
    assert wire.read(b'{"method":"something_new","params":{}}') == wire.Unused("something_new")


def test_stamps_may_be_numbers_or_digits() -> None:
    for stamp in (1_786_563_120_531_808, "1786563120531808"):
        found = wire.read(reply(0, usOut=stamp))
        assert isinstance(found, wire.Reply)
        assert found.sent_us == 1_786_563_120_531_808
    found = wire.read(reply(0, usOut="soon"))
    assert isinstance(found, wire.Reply)
    assert found.sent_us is None


def test_an_error_keeps_its_code_and_names_the_parameter() -> None:
    data = {"reason": "must be positive", "param": "amount"}
    found = wire.read(refusal(-32602, "Invalid params", 3, data))
    assert found == wire.Refusal(3, -32602, "Invalid params", "must be positive", "amount")
    assert wire.read(refusal(10028, "too_many_requests", 3, None)) == wire.Refusal(3, 10028, "too_many_requests")
    assert wire.read(refusal(10028, "too_many_requests", 3, "text")) == wire.Refusal(3, 10028, "too_many_requests")


@pytest.mark.parametrize(
    ("code", "kind"),
    [(10028, Throttled), (13009, AuthFailed), (13888, OutcomeUnknown), (11054, VenueRefused), (77_777, VenueRefused)],
)
def test_codes_say_what_became_of_a_request(code, kind) -> None:
    made = codes.error(wire.Refusal(1, code, "<b>what\x00ever</b>", "reason"))
    assert type(made) is kind
    assert "<" not in str(made)
    assert len(str(made)) <= 200


def test_decimals_are_written_as_numbers_digit_by_digit() -> None:
    from decimal import Decimal

    text = wire.request(5, "private/buy", {"amount": Decimal("0.10"), "price": Decimal("0.0105")})
    assert text.endswith('"params":{"amount":0.10,"price":0.0105}}')


DECODERS = (
    wire_books.BOOK, wire_books.GROUPED, wire_market.TICKER, wire_market.TRADES, wire_market.STATE,
    wire_market.PLATFORM, wire_market.INDEX, wire_market.DELIVERIES, wire_books.REST_BOOK, wire_instruments.ROWS,
)  # fmt: skip
CHANNELS = ("book.X.100ms", "book.X.none.10.100ms", "ticker.X.raw", "trades.X.100ms", "instrument.state.any.any", "q")


@given(st.binary() | st.text().map(str.encode))
@example(b"[" * 100_000)
@example(b'{"method":"subscription","params":{"channel":1}}')
@example(b'{"id":1,"error":{"code":1e99,"message":"x"}}')
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    with suppress(WireError):
        wire.read(raw)
    for decoder in DECODERS:
        with suppress(WireError):
            wire.body(decoder, raw)


NUMBERS = st.one_of(
    st.none(), st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5),
    st.sampled_from([1e308, 10**30, -1, 0.1, 63_344.5, 1 << 60]),
)  # fmt: skip
LEVEL = st.tuples(st.sampled_from(["new", "change", "delete", "odd"]), NUMBERS, NUMBERS)
DATA = st.fixed_dictionaries(
    {"instrument_name": st.sampled_from(["X", "Y", ""]), "timestamp": NUMBERS, "change_id": NUMBERS},
    optional={
        "type": st.sampled_from(["snapshot", "change", "odd"]), "prev_change_id": NUMBERS,
        "bids": st.lists(LEVEL | st.tuples(NUMBERS, NUMBERS), max_size=4),
        "asks": st.lists(LEVEL | st.tuples(NUMBERS, NUMBERS), max_size=4), "mark_price": NUMBERS,
        "best_bid_price": NUMBERS, "best_bid_amount": NUMBERS, "mark_iv": NUMBERS, "greeks": NUMBERS,
        "state": st.sampled_from(["open", "odd"]), "direction": st.sampled_from(["buy", "odd"]), "price": NUMBERS,
        "amount": NUMBERS, "trade_id": st.text(max_size=5), "trade_seq": NUMBERS,
    },
)  # fmt: skip


@given(st.sampled_from(CHANNELS), DATA | st.lists(DATA, max_size=3))
def test_whatever_a_channel_carries_is_events_or_a_wire_error(channel, data) -> None:
    told = wire.read(news(channel, data))
    assert isinstance(told, wire.News)
    with suppress(WireError):
        recorded.decode(told, AT, {"X": PERP})


def test_every_recorded_and_documented_message_is_read() -> None:
    """Those of the venue's own documentation are of other instruments and years: their steps are read as they are."""
    folder = shared("frames/deribit")
    fine = Scale(PERP.unit, PERP.lot / 10_000)
    count = {"news": 0, "replies": 0, "events": 0}
    for raw, channel in messages(folder):
        frame = wire.read(raw)
        if isinstance(frame, wire.News):
            count["news"] += 1
            scales = dict.fromkeys(names(raw), fine)
            events = recorded.decode(frame, AT, scales)
            count["events"] += len(events)
            if channel.startswith(("book.", "ticker.BTC", "quote.none")):
                assert events, channel
        else:
            count["replies"] += 1
    assert count["news"] >= 50
    assert count["replies"] >= 60
    assert count["events"] >= 28


def messages(folder):
    """Return every message of the recordings, news of the documentation put into their envelope."""
    for path in sorted((folder / "nautilus_test_data").glob("*.json")):
        raw = path.read_bytes()
        document = json.loads(raw)
        yield raw, document.get("params", {}).get("channel", "")
    for part in json.loads((folder / "ws_recorded_2026-08-12_ccxt.json").read_text()).values():
        for one in part["received"] if isinstance(part, dict) else ():
            yield json.dumps(one).encode(), one.get("params", {}).get("channel", "")
    for channel, told in json.loads((folder / "docs_examples/channels_asyncapi_2025-11.json").read_text()).items():
        for one in told["examples"]:
            if one["message"] == "subscription_message":
                name = channel.replace("(group).(depth).(interval)", "none.10.100ms").replace("(interval)", "100ms")
                yield news(name.replace("(instrument_name)", "X"), one["payload"]), name
    for told in json.loads((folder / "docs_examples/methods_openapi_2026-08.json").read_text()).values():
        for one in told.get("response") or ():
            if "result" in one or "error" in one:
                yield json.dumps({"id": 1} | one).encode(), ""


def names(raw: bytes) -> set[str]:
    """Return every instrument that a message names."""
    found: set[str] = set()

    def walk(node) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("instrument_name"), str):
                found.add(node["instrument_name"])
            for one in node.values():
                walk(one)
        elif isinstance(node, list):
            for one in node:
                walk(one)

    walk(json.loads(raw))
    return found
