"""Every recorded message of Polymarket, whatever its channel: events, or a refusal with a name."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.core.events import Filled, Listed
from engine.venues.polymarket import wire
from tests.shared import SHARED

FOLDER = "frames/polymarket"
REFUSED = {
    "gamma_fee_excerpt_2026-08.json": "no shape",
    "ntpy_ws_messages_price_change.json": "shape of 2024",
    "nt_clob_fee_rate_response_nonzero.json": "no shape",
    "nt_clob_fee_rate_response_zero.json": "no shape",
    "nt_http_balance_allowance_collateral.json": "no shape",
    "nt_http_balance_allowance_no_allowance.json": "no shape",
    "nt_http_batch_cancel_response.json": "no shape",
    "nt_http_cancel_response_failed.json": "no shape",
    "nt_http_cancel_response_ok.json": "no shape",
    "nt_http_order_response_error_500.json": "no shape",
    "nt_http_order_response_failed.json": "no shape",
    "nt_http_order_response_ok.json": "no shape",
    "nt_http_signed_order.json": "no shape",
}
"""Answers that mean something to who asked only, and a shape that is no more."""
SILENT = {
    "official_example_ws_best_bid_ask.json",
    "official_example_ws_new_market.json",
    "ntpy_http_responses_event.json",  # markets without tokens
    "ntpy_http_responses_events_list.json",
    "ntpy_http_responses_market_slug.json",
    "ntpy_http_responses_markets_list.json",
    "ntpy_http_responses_trades.json",
    "nt_data_api_positions_response.json",
    "nt_data_api_trades_response.json",
    "nt_gamma_tags.json",
    "nt_rtds_crypto_prices_subscribe.json",
    "nt_rtds_crypto_prices_update.json",
    "nt_rtds_equity_prices_subscribe.json",
    "nt_rtds_equity_prices_update.json",
    "nt_ws_user_order_update.json",  # what traded is told by its trades
    "nt_ws_user_order_matched.json",
    "nt_http_open_order_sell_fok.json",
}


def recordings() -> list[object]:
    folder = SHARED / FOLDER
    if not folder.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"needs ../shared/{FOLDER}"))]
    return [pytest.param(f, id=f.name) for f in sorted([*folder.rglob("*.json"), *folder.rglob("*.jsonl")])]


@pytest.mark.parametrize("file", recordings())
def test_every_recorded_message_is_events_or_a_named_refusal(file) -> None:
    raw = file.read_bytes()
    for line in raw.splitlines() if file.suffix == ".jsonl" else [raw]:
        if file.name in REFUSED:
            with pytest.raises(WireError, match=REFUSED[file.name]):
                wire.decode(line, 7)
        elif file.name in SILENT:
            assert wire.decode(line, 7) == ()
        else:
            best = b"best_bid_ask" in line
            assert best or wire.decode(line, 7), line[:200]


def test_pong_is_nothing() -> None:
    assert wire.decode(b"PONG", 7) == wire.decode("PONG", 7) == ()


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    with suppress(WireError):
        wire.decode(raw, 7)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0.5", "NaN", "[]"]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
NAMES = st.sampled_from(
    [
        *("event_type", "taker_order_id", "original_size", "id", "size", "price", "status", "side", "maker_orders"),
        *("asset_id", "bids", "asks", "price_changes", "data", "slug", "markets", "events", "pagination", "question"),
        *("conditionId", "condition_id", "tokens", "clobTokenIds", "outcomes", "endDate", "feeSchedule", "timestamp"),
        *("orderPriceMinTickSize", "orderMinSize", "match_time", "expiration", "order_type", "type", "market"),
    ]
)


@given(st.dictionaries(NAMES, JSON, max_size=12).map(lambda d: json.dumps(d).encode()))
def test_no_shape_raises_anything_but_wire_error(raw) -> None:
    with suppress(WireError):
        wire.decode(raw, 7)


@given(st.data())
def test_no_damage_to_a_recorded_message_raises_anything_but_wire_error(data) -> None:
    files = [param.values[0] for param in recordings() if param.values[0] is not None]
    if not files:
        pytest.skip(f"needs ../shared/{FOLDER}")
    raw = data.draw(st.sampled_from(files)).read_bytes().splitlines()
    broken = bytearray(b"\n".join(raw) if raw[0] in (b"{", b"[") else raw[0])
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    with suppress(WireError):
        wire.decode(bytes(broken), 7)


def test_a_recorded_trade_of_six_makers_costs_what_each_of_them_gave() -> None:
    path = SHARED / FOLDER / "ntpy_ws_messages_user_trade1.json"
    if not path.exists():
        pytest.skip(f"needs ../shared/{FOLDER}")
    made = [event for event in wire.decode(path.read_bytes(), 7) if isinstance(event, Filled)]
    taker = next(event for event in made if not event.maker)
    assert taker.qty == sum(event.qty for event in made if event.maker)
    assert taker.cost == taker.qty * taker.price
    assert str(taker.price.normalize()) == "0.518"  # one maker gave NO at 0.482


def test_a_recorded_window_is_listed_as_up_with_its_tokens() -> None:
    path = SHARED / FOLDER / "nt_gamma_market.json"
    if not path.exists():
        pytest.skip(f"needs ../shared/{FOLDER}")
    (listed,) = wire.decode(path.read_bytes(), 7)
    assert isinstance(listed, Listed)
    (one,) = listed.instruments
    assert (listed.family.group, one.label, one.status) == ("Crypto · 5 min", "Up", "open")
    assert one.source == "https://data.chain.link/streams/btc-usd"
    assert one.fact("fee") == "unstated"
    assert one.closes == 1_773_307_500 * 10**9
