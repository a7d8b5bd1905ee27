"""Rysk's frames: units, three shapes of a confirmation, what must not be quoted, and bytes of any kind."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.core.instrument import Payoff
from engine.core.quotes import Quote
from engine.core.units import SECOND, Nanos, Side
from engine.venues.rysk import wire
from engine.venues.rysk.endpoints import DEMO
from tests.engine.venues.rysk.frames import ASSETS, EXPIRY, NOW, SHAPES, USD, WETH, rfq, terms, trade
from tests.shared import shared

KNOWN = wire.assets(json.dumps(ASSETS).encode(), DEMO.chain_id)
ASSET = KNOWN[WETH]


def read(frame: object) -> wire.Message:
    return wire.read(json.dumps(frame))


def test_strikes_are_of_1e8_and_quantities_of_1e18() -> None:
    found = read(rfq(quantity="500000000000000000", isPut=True, collateralAsset=USD))
    assert isinstance(found, wire.Rfq)
    family, one = wire.listing(found.terms, ASSET)
    asked = wire.request(found, ASSET, DEMO, NOW)
    assert (one.exercise, one.payoff, one.expires) == (Decimal(3_000), Payoff.PUT, EXPIRY * SECOND)
    assert one.id.symbol == "WETH-9OCT26-3000-P"
    assert family.members == (one.id,)
    assert (asked.qty, asked.sides, asked.legs[0].instrument) == (Decimal("0.5"), (Side.BUY,), one.id)
    assert "refused" not in dict(asked.facts)


def test_a_request_that_comes_twice_is_the_same_one() -> None:
    found = read(rfq())
    assert isinstance(found, wire.Rfq)
    assert wire.request(found, ASSET, DEMO, NOW) == wire.request(found, ASSET, DEMO, Nanos(NOW + SECOND))


def test_who_buys_makes_us_sell() -> None:
    found = read(rfq(isTakerBuy=True))
    assert isinstance(found, wire.Rfq)
    assert wire.request(found, ASSET, DEMO, NOW).sides == (Side.SELL,)


@pytest.mark.parametrize("until", [1_791_315_200, 1_791_315_200_000])
def test_a_time_in_milliseconds_is_told_from_one_in_seconds(until: int) -> None:
    found = read(rfq(validUntil=until))
    assert isinstance(found, wire.Rfq)
    assert wire.request(found, ASSET, DEMO, NOW).expires == 1_791_315_200 * SECOND


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"chainId": 1}, "chain 1"),
        ({"quantity": "1"}, "is not between"),
        ({"quantity": str(11 * 10**18)}, "is not between"),
        ({"expiry": 1_791_315_000}, "expired"),
        ({"usd": "0x" + "22" * 20}, "premium"),
        ({"collateralAsset": USD}, "collateral"),
        ({"isPut": True}, "collateral"),
    ],
)
def test_what_must_not_be_quoted_says_why(other, why) -> None:
    found = read(rfq(**other))
    assert isinstance(found, wire.Rfq)
    assert why in dict(wire.request(found, ASSET, DEMO, NOW).facts)["refused"]


def test_an_asset_that_is_unknown_or_no_longer_traded_is_refused() -> None:
    found = read(rfq())
    assert isinstance(found, wire.Rfq)
    assert "no asset" in wire.refusal(found, None, DEMO, NOW)
    assert "no asset" in wire.refusal(found, ASSET._replace(active=False), DEMO, NOW)
    assert set(KNOWN) == {WETH, "0x" + "11" * 20}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_confirmation_is_understood_in_each_of_its_shapes(shape) -> None:
    found = read(shape(trade()))
    assert isinstance(found, wire.Taken)
    assert (found.nonce, found.price, found.quantity) == ("1791315116263", Decimal("41.5"), Decimal(1))
    assert found.terms.asset == WETH
    assert not found.taker_buys
    assert found.maker == "0x5cbdd86a2fa8dc4bddd8a8f69dba48572eec07fb"


@pytest.mark.parametrize("other", [{"taker": None}, {"taker": "a vault"}, {"maker": 7}])
def test_a_confirmation_is_none_the_less_one_for_not_saying_who(other) -> None:
    found = read(SHAPES[0](trade(**other)))
    assert isinstance(found, wire.Taken)
    assert found.quantity == 1
    assert "" in {found.taker, found.maker}


@pytest.mark.parametrize("number", ["price", "quantity"])
def test_a_confirmation_beyond_reason_is_no_trade(number: str) -> None:
    with pytest.raises(WireError):
        read(SHAPES[1](trade(**{number: "9" * 60})))


def test_answers_to_a_quote_are_told_apart_and_the_unknown_is_marked() -> None:
    assert read({"id": "a", "result": "OK"}) == wire.Best("a")
    beaten = {"rfqId": "a", "newBest": str(42 * 10**18), "yours": "1", "chainId": 1, "assetAddress": WETH}
    assert read({"id": "a", "result": beaten}) == wire.Beaten("a", Decimal(42))
    assert read({"id": "a", "error": {"code": -1, "message": "no\nmoney"}}) == wire.Failure("a", -1, "no money")
    assert read({"id": "balances", "result": []}) == wire.Other("balances", known=True)
    assert read({"id": "x", "method": "news", "params": {}}) == wire.Other("news", known=False)


def test_a_quote_says_again_what_was_asked_and_its_price_to_the_last_digit() -> None:
    found = read(rfq())
    assert isinstance(found, wire.Rfq)
    asked = wire.request(found, ASSET, DEMO, NOW)
    leg = asked.legs[0]
    quote = Quote(
        request=asked, client="18446744073709551615", side=Side.BUY, qty=asked.qty,
        legs=(type(leg)(instrument=leg.instrument, side=Side.BUY, price=Decimal("41.500001")),),
        until=Nanos(1_791_315_146 * SECOND),
    )  # fmt: skip
    said = wire.message(quote, "0x" + "33" * 20)
    asked_for = terms()
    assert (said["price"], said["nonce"]) == ("41500001000000000000", "18446744073709551615")
    assert {k: said[k] for k in ("chainId", "expiry", "isPut", "quantity", "strike")} == {
        k: asked_for[k] for k in ("chainId", "expiry", "isPut", "quantity", "strike")
    }
    assert said["validUntil"] == 1_791_315_146
    frame = json.loads(wire.quote(said, "0xab", asked.id))
    assert (frame["id"], frame["method"], frame["params"]["signature"]) == ("b7c2", "quote", "0xab")


@given(st.binary() | st.text().map(str.encode))
@example(b'{"id":"x","result":{"strike":true,"taker":"0x"}}')
@example(b'{"id":"trade","result":{"quoteNonce":"-1"}}')
@example(b"[" * 100_000)
@example(b'{"id":"x","result":' + b'{"a":' * 100_000)
@example(b'{"id":"x","result":{"newBest":"' + b"9" * 400 + b'"}}')
def test_no_bytes_raise_anything_but_wire_error(raw: bytes) -> None:
    with suppress(WireError):
        wire.read(raw)
    with suppress(WireError):
        wire.assets(raw, 999)


def test_recorded_shapes_are_all_understood() -> None:
    shapes = json.loads(shared("frames/rysk/message_shapes.json").read_text(encoding="utf-8"))
    assert isinstance(read(shapes["rfq_from_server"]), wire.Rfq)
    assert isinstance(read(shapes["quote_ack_best"]), wire.Best)
    assert isinstance(read(shapes["quote_notification_beaten"]), wire.Beaten)
    assert isinstance(read(shapes["trade_confirmation_origin_form"]), wire.Taken)
    found = wire.assets(shared("frames/rysk/api_assets_testnet_2025-05.json").read_bytes(), 84532)
    assert {one.symbol for one in found.values()} >= {"WETH", "WBTC", "weETH"}
    assert {one.underlying for one in found.values()} == {"ETH", "BTC"}
