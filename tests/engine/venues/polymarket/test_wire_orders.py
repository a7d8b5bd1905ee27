"""Bodies and answers of private calls: a verdict for each, and hostile bytes."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.venues.polymarket import sign, wire_orders
from engine.venues.polymarket.wire_orders import Signed
from tests.shared import shared

ADDRESS = "0x" + "1" * 40
ORDER = sign.Order(479249096354, ADDRESS, ADDRESS, 7132, 56_000_000, 100_000_000, 0, 0, 1786123456789)


def test_an_order_is_posted_as_the_client_posts_it() -> None:
    body = wire_orders.posted(Signed("0xid", ORDER, "0xsig", "GTC", True, 0), "key")
    assert body.startswith(b'{"deferExec":false,"order":{"builder":"0x')
    document = json.loads(body)
    assert document["order"]["salt"] == 479249096354
    assert document["order"]["timestamp"] == "1786123456789"
    assert document["postOnly"] is True
    assert b" " not in body


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=4, max_size=4),
    st.lists(st.integers(0, (1 << 256) - 1), min_size=5, max_size=5),
    st.sampled_from((0, 1)),
    st.booleans(),
    st.integers(0, 1 << 40),
)
def test_a_posted_order_is_the_json_of_its_fields_whatever_they_hold(owner, texts, numbers, side, only, ends) -> None:
    maker, signer, metadata, builder = texts
    salt, token, gives, takes, stamp = numbers
    order = sign.Order(salt, maker, signer, token, gives, takes, side, 2, stamp, metadata, builder)
    inner = {
        "builder": builder,
        "expiration": str(ends),
        "maker": maker,
        "makerAmount": str(gives),
        "metadata": metadata,
        "salt": 7,
        "side": ("BUY", "SELL")[side],
        "signature": "0x12",
        "signatureType": 2,
        "signer": signer,
        "takerAmount": str(takes),
        "timestamp": str(stamp),
        "tokenId": str(token),
    }
    wanted = {"deferExec": False, "order": inner, "orderType": "FAK", "owner": owner}
    signed = Signed("0xid", order._replace(salt=7), "0x12", "FAK", only, ends)
    assert wire_orders.posted(signed, owner) == wire_orders.body(wanted | ({"postOnly": True} if only else {}))


def test_success_without_an_order_id_is_a_refusal() -> None:
    said = b'{"success":true,"errorMsg":"not enough balance / allowance","orderID":"","status":""}'
    assert wire_orders.verdict(200, said).code == "funds"
    (one, two) = wire_orders.verdicts(200, b"[" + said + b',{"success":true,"orderID":"0x1","status":"live"}]', 2)
    assert (one.order_id, two.order_id, two.status) == ("", "0x1", "live")


def test_a_batch_must_answer_each() -> None:
    with pytest.raises(WireError):
        wire_orders.verdicts(200, b"[]", 1)
    assert [v.code for v in wire_orders.verdicts(400, b'{"error":"invalid signature"}', 2)] == ["signature"] * 2


@pytest.mark.parametrize("name", ["ok", "failed", "error_500"])
def test_recorded_answers_are_read(name) -> None:
    raw = shared(f"frames/polymarket/synthetic/nt_http_order_response_{name}.json").read_bytes()
    verdict = wire_orders.verdict(200, raw)
    assert bool(verdict.order_id) == (name == "ok")


def test_recorded_cancels_pages_balances_and_holdings_are_read() -> None:
    folder = "frames/polymarket/synthetic"
    reply = wire_orders.cancel_reply(shared(f"{folder}/nt_http_batch_cancel_response.json").read_bytes())
    assert (len(reply.canceled), len(reply.not_canceled or {})) == (2, 1)
    rows, cursor = wire_orders.page(shared(f"{folder}/nt_http_open_orders_page.json").read_bytes())
    assert len(json.loads(rows)) == 2
    assert cursor == ""
    assert wire_orders.balance(shared(f"{folder}/nt_http_balance_allowance_collateral.json").read_bytes()) == 1_000
    part = shared(f"{folder}/nt_http_balance_allowance_no_allowance.json").read_bytes()
    assert wire_orders.balance(part) == Decimal("250.5")
    held = wire_orders.holdings(shared(f"{folder}/nt_data_api_positions_response.json").read_bytes())
    assert held[0].shares == Decimal("150.5")
    assert held[0].outcome == 0


def test_a_503_that_names_its_mode_is_a_refusal_and_others_are_not() -> None:
    assert wire_orders.definite(503, b'{"error":"x","code":"post_only_mode"}')
    assert wire_orders.definite(503, b'{"error":"trading is cancel-only"}')
    assert not wire_orders.definite(503, b"<html>bad gateway</html>")
    assert not wire_orders.definite(500, b'{"code":"post_only_mode"}')


def test_a_wait_may_stand_in_the_body() -> None:
    assert wire_orders.retry_after_s(b'{"error":"slow","retry_after_seconds":7}') == 7
    assert wire_orders.retry_after_s(b'{"retry_after_seconds":"NaN"}') is None
    assert wire_orders.retry_after_s(b"slow down") is None


def test_keys_that_cannot_be_read_are_in_no_message() -> None:
    with pytest.raises(WireError) as e:
        wire_orders.credentials(b'{"apiKey":"canary","secret":7}')
    assert "canary" not in repr(e.value) + repr(e.value.raw)


READERS = [
    lambda raw: wire_orders.verdict(200, raw),
    lambda raw: wire_orders.verdict(400, raw),
    lambda raw: wire_orders.verdicts(200, raw, 1),
    lambda raw: wire_orders.definite(503, raw),
    wire_orders.retry_after_s,
    wire_orders.cancel_reply,
    wire_orders.heartbeat_id,
    wire_orders.page,
    wire_orders.balance,
    wire_orders.credentials,
    wire_orders.version,
    wire_orders.clock,
    wire_orders.holdings,
]
WORDS = st.sampled_from(["", "NaN", "-1", "1e999", "0x1", "live"]) | st.text(max_size=5)
FIELDS = st.sampled_from(
    [
        *("success", "errorMsg", "orderID", "status", "makingAmount", "takingAmount", "error", "code", "balance"),
        *("version", "canceled", "not_canceled", "heartbeat_id", "data", "next_cursor", "retry_after_seconds"),
        *("size", "asset", "conditionId", "avgPrice"),
    ]
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.lists(WORDS, max_size=2)
DOCUMENTS = st.dictionaries(FIELDS, VALUES, max_size=8)


@given(st.binary(max_size=40) | (DOCUMENTS | st.lists(DOCUMENTS, max_size=2)).map(lambda d: json.dumps(d).encode()))
@example(b'{"success":true,"orderID":"0x1","makingAmount":"1e999999999"}')
@example(b'{"balance":"1e999999"}')
@example(b'[{"asset":"1","conditionId":"x","size":"1e400"}]')
@example("٣".encode())
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    for read in READERS:
        with suppress(WireError):
            read(raw)
