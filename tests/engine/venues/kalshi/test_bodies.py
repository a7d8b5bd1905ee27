"""Kalshi's answers: the three shapes of an error, the account's rows, and bytes that are neither."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.errors import WireError
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.units import Leg, Nanos, Qty, Side, Ticks
from engine.venues.kalshi import wire, wire_account, wire_history, wire_markets, wire_orders
from tests.scale import scale
from tests.shared import shared

DECODERS = [
    decoder
    for module in (wire_account, wire_orders, wire_markets, wire_history)
    for name, decoder in vars(module).items()
    if isinstance(decoder, msgspec.json.Decoder) and not name.startswith("_")
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code":"invalid_order","message":"m","details":"d","service":"s"}', "invalid_order"),
        (b'{"error":{"code":"not_found","message":"m"}}', "not_found"),
        (b'{"error":"too many requests"}', "http_400"),
        (b'{"error":{"code":"MARKET_INACTIVE"}}', "market_inactive"),
        (b'{"error":{"code":"odd code!"},"x":[1]}', "odd_code"),
        (b"<html>", "http_400"),
        (b"", "http_400"),
        (b"[]", "http_400"),
    ],
)
def test_an_error_is_read_in_each_of_its_shapes(body, code) -> None:
    refusal = wire_orders.refusal(400, body)
    assert refusal.code == code
    assert refusal.text


def test_hostile_words_are_shown_plain_and_cut() -> None:
    body = json.dumps({"code": "x", "message": "a\x1b[31m\n\u202e" + "b" * 9_000}).encode()
    text = wire_orders.refusal(400, body).text
    assert len(text) < 250
    assert text.isprintable()


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(list(Tif)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_an_order_is_the_json_of_its_fields_whatever_its_names_hold(client, symbol, group, tif, post, reduce, pause):
    place = Place(
        instrument=InstrumentId(KALSHI, symbol),
        side=Side.SELL,
        price=Ticks(4_650),
        qty=Qty(Decimal("12.5")),
        tif=tif,
        until=Nanos(1_800_000_000_000_000_000),
        post_only=post and tif not in (Tif.IOC, Tif.FOK),
        reduce_only=reduce,
    )
    order = Approved(order=OrderId("o-1"), place=place, gates=(), client=client)
    fields = {
        "ticker": symbol,
        "client_order_id": client,
        "side": "ask",
        "count": "12.50",
        "price": "0.4650",
        "time_in_force": {Tif.IOC: "immediate_or_cancel", Tif.FOK: "fill_or_kill"}.get(tif, "good_till_canceled"),
        "self_trade_prevention_type": "taker_at_cross",
        "expiration_time": 1_800_000_000 if tif is Tif.GTD else None,
        "post_only": place.post_only,
        "reduce_only": reduce and tif is Tif.IOC,
        "cancel_order_on_pause": pause,
        "order_group_id": group,
    }
    asked = {name: value for n, (name, value) in enumerate(fields.items()) if n < 7 or value}
    assert wire_orders.create(order, group=group, cancel_on_pause=pause) == msgspec.json.encode(asked)


@given(st.integers(100, 599), st.binary() | JSON.map(json.dumps).map(str.encode))
def test_any_error_is_a_refusal(status, body) -> None:
    refusal = wire_orders.refusal(status, body)
    assert refusal.code
    assert len(refusal.text) < 300


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda d: getattr(d.type, "__name__", str(d.type)))
@settings(max_examples=scale(300))
@given(raw=st.binary(max_size=200) | JSON.map(json.dumps).map(str.encode))
def test_no_answer_raises_anything_but_wire_error(decoder, raw) -> None:
    with suppress(WireError):
        wire.body(decoder, raw)


FIGURES = st.sampled_from(["0.5", "1.00", "NaN", "-1", "1e9", "", "x", "9" * 20, "0.123456789"])


@given(
    st.dictionaries(st.sampled_from(sorted({f.name for f in msgspec.structs.fields(wire_account.RestFill)})), FIGURES)
)
def test_no_fill_raises_anything_but_wire_error(fields) -> None:
    raw = json.dumps(
        {"fills": [{"trade_id": "t", "order_id": "o", "yes_price_dollars": "0.5", "count_fp": "1"} | fields]}
    )
    with suppress(WireError):
        reply = wire.body(wire_account.FILLS, raw.encode())
        wire.understood(lambda: [wire_account.rest_fact(fill) for fill in reply.fills], raw)


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ({"book_side": "bid"}, Side.BUY),
        ({"outcome_side": "no"}, Side.SELL),
        ({"side": "yes", "action": "sell"}, Side.SELL),
        ({"side": "no", "action": "buy"}, Side.SELL),
        ({"side": "no", "action": "sell"}, Side.BUY),
        ({"book_side": "sideways"}, None),
        ({}, None),
    ],
)
def test_a_side_is_read_in_the_words_of_today_and_of_before(words, side) -> None:
    order = wire_account.RestOrder(order_id="v", ticker="T", status="resting", **words)
    assert wire_account.seen(order, None).side is side


@pytest.mark.parametrize(
    ("word", "counts", "status", "qty"),
    [
        ("resting", ("3.00", "4.00", "10.00"), "working", 7),
        ("canceled", ("3.00", "0.00", "10.00"), "canceled", 10),
        ("executed", ("7.00", "0.00", "10.00"), "filled", 7),
        ("pending", (None, None, "10.00"), "working", 10),
    ],
)
def test_an_order_of_the_account_is_seen_as_it_stands(word, counts, status, qty) -> None:
    names = ("fill_count_fp", "remaining_count_fp", "initial_count_fp")
    order = wire_account.RestOrder(order_id="v", ticker="T", status=word, **dict(zip(names, counts, strict=True)))
    seen = wire_account.seen(order, None)
    assert (seen.status, seen.qty) == (status, qty)


def test_positions_are_signed_and_flat_ones_are_none() -> None:
    long = wire_account.held(wire_account.RestPosition("T", "4.00", "2.00"))
    short = wire_account.held(wire_account.RestPosition("T", "-4.00", "1.00"))
    assert (long.leg, long.qty, long.average) == (Leg.YES, 4, Decimal("0.5"))
    assert (short.leg, short.qty, short.average) == (Leg.NO, 4, Decimal("0.25"))
    assert wire_account.held(wire_account.RestPosition("T", "0.00")) is None


def test_cash_is_dollars_else_cents() -> None:
    assert wire_account.cash(wire_account.BalanceReply(balance=1_234)) == Decimal("12.34")
    assert wire_account.cash(wire_account.BalanceReply(balance=1, balance_dollars="12.3456")) == Decimal("12.3456")


def test_every_recorded_settlement_adds_up() -> None:
    document = json.loads(shared("frames/kalshi/rest_portfolio_settlements_redacted_2026-08.json").read_text())
    paid = wire_history.settlements(json.dumps(document["payload"]).encode())
    assert len(paid) == len(document["payload"]["settlements"])
    for each in paid:
        if each.result in {"yes", "no"}:
            assert each.revenue == (each.yes if each.result == "yes" else each.no), each.instrument
        assert each.fee >= 0


def test_every_recorded_candle_reads_also_where_nothing_traded() -> None:
    document = json.loads(shared("frames/kalshi/candlesticks_2026-08-07.json").read_text())
    rows = next(v for v in document.values() if isinstance(v, dict))["candlesticks"]
    candles = wire_history.candles(json.dumps({"candlesticks": rows}).encode())
    assert len(candles) == len(rows)
    assert candles[0].close == 3_400
    quiet = json.loads(shared("frames/kalshi/rest_trade_candle_cutoff_2026-08-24.json").read_text())
    (still,) = wire_history.candles(json.dumps({"candlesticks": [quiet["candlestick_no_trade_day"]]}).encode())
    assert (still.close, still.volume, still.bid, still.ask) == (None, 0, 1_000, 1_200)
    cutoff = wire_history.cutoff(json.dumps(quiet["historical_cutoff"]).encode())
    assert cutoff.trades == cutoff.orders
