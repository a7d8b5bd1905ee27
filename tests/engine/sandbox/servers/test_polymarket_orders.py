"""What the sandbox makes of signed Polymarket orders, signed by eth-account and by the official clients."""

from __future__ import annotations

import json
from decimal import Decimal

import coincurve
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.instrument import Band
from engine.core.units import Leg, Side, Ticks
from engine.sandbox.servers.polymarket_auth import checksum, keccak
from engine.sandbox.servers.polymarket_orders import (
    NEG_RISK,
    POSITIONS,
    STANDARD,
    Exchange,
    OrderRefused,
    Post,
    SignedOrder,
    check_signature,
    exchange_of,
    order_hash,
    read,
)
from tests.engine.sandbox.servers.polymarket_stage import Stage
from tests.shared import shared

STAGE = Stage()
LEAST = Decimal(5)
MARKET = STAGE.plain
INSTRUMENT = STAGE.floor.instruments[MARKET.id]
OTHER_WALLET = "0x1111111111111111111111111111111111111111"


def wallet():
    found = STAGE.wallet()
    found.key = {"apiKey": "k"}
    return found


def post(side="BUY", price="0.57", size="100", **more) -> Post:
    return msgspec.convert(wallet().order(MARKET, side, price, size, **more), Post)


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_every_kind_of_wallet_can_sign(kind, side):
    owner, other = wallet(), OTHER_WALLET if kind else ""
    order = msgspec.convert(owner.order(MARKET, side, "0.5", "10", wallet=other, signature_type=kind), Post).order
    check_signature(order, STANDARD, owner.address)
    with pytest.raises(OrderRefused, match="invalid signature"):
        check_signature(order, NEG_RISK, owner.address)
    with pytest.raises(OrderRefused, match="invalid signature"):
        check_signature(order, STANDARD, OTHER_WALLET)


@pytest.mark.parametrize(
    "change",
    [{"maker_amount": "1"}, {"side": "SELL"}, {"salt": 1}, {"timestamp": "1"}, {"builder": "0x" + "22" * 32},
     {"maker": "0x" + "22" * 20}, {"signer": "0x" + "22" * 20}, {"signature_type": 2}, {"signature": "0x00"}],
)  # fmt: skip
@pytest.mark.parametrize("kind", [0, 3])
def test_a_signed_field_cannot_be_changed(change, kind):
    other = OTHER_WALLET if kind else ""
    order = msgspec.convert(wallet().order(MARKET, "BUY", "0.5", "10", wallet=other, signature_type=kind), Post).order
    changed = msgspec.structs.replace(order, **change)
    assert changed != order
    with pytest.raises(OrderRefused):
        check_signature(changed, STANDARD, wallet().address)


def test_expiration_is_not_signed():
    order = msgspec.structs.replace(post().order, expiration="1799999999")
    check_signature(order, STANDARD, wallet().address)


def test_an_order_is_named_by_its_hash():
    owner = wallet()
    body = owner.order(MARKET, "SELL", "0.43", "12.5")
    assert order_hash(msgspec.convert(body, Post).order, STANDARD) == owner.order_id(body)


def test_hashes_and_signatures_of_the_official_clients_pass():
    for case in json.loads(shared("golden/signing.json").read_text())["models"]["polymarket.order"]["cases"]:
        message, domain, out = case["in"]["message"], case["in"]["domain"], case["out"]
        order = SignedOrder(
            salt=message["salt"], maker=message["maker"], signer=message["signer"], token_id=str(message["tokenId"]),
            maker_amount=str(message["makerAmount"]), taker_amount=str(message["takerAmount"]),
            side=["BUY", "SELL"][message["side"]], signature_type=message["signatureType"],
            timestamp=str(message["timestamp"]), signature=out["signature"], metadata=message["metadata"],
            builder=message["builder"],
        )  # fmt: skip
        exchange = Exchange(domain["verifyingContract"], domain["version"])
        key = coincurve.PrivateKey(int(case["in"]["signer"]).to_bytes(32, "big"))
        owner = checksum("0x" + keccak(key.public_key.format(compressed=False)[1:])[12:].hex())
        assert order_hash(order, exchange) == out["digest"], case["name"]
        check_signature(order, exchange, owner)


def test_the_exchange_follows_from_the_token():
    assert exchange_of(int(MARKET.tokens[0]), neg_risk=False) == STANDARD
    assert exchange_of(int(MARKET.tokens[0]), neg_risk=True) == NEG_RISK
    assert exchange_of(1 << 200 | 5, neg_risk=True) == POSITIONS


@pytest.mark.parametrize(("leg", "expected"), [(0, Leg.YES), (1, Leg.NO)])
def test_an_order_reads_as_price_and_size_of_its_own_outcome(leg, expected):
    asked = read(post("SELL", "0.57", "12.34", leg=leg), INSTRUMENT, LEAST)
    assert (asked.side, asked.leg, asked.price, asked.lots) == (Side.SELL, expected, 5700, 12_340_000)
    assert asked.expires is None


@given(st.integers(1, 99), st.integers(500, 10_000_000))
def test_every_price_and_size_on_the_grid_reads_back(cents, hundredths):
    price, size = f"{Decimal(cents) / 100}", f"{Decimal(hundredths) / 100}"
    order = msgspec.structs.replace(
        POST.order,
        maker_amount=str(int(Decimal(price) * Decimal(size) * 10**6)),
        taker_amount=str(int(Decimal(size) * 10**6)),
    )
    asked = read(msgspec.structs.replace(POST, order=order), INSTRUMENT, LEAST)
    assert (asked.price, asked.lots) == (cents * 100, hundredths * 10_000)


POST = post()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"price": "0.575"}, "breaks minimum tick size"),
        ({"price": "1"}, "breaks minimum tick size"),
        ({"size": "4.99"}, "lower than the minimum: 5"),
        ({"amounts": (57_001_000, 100_000_000)}, "breaks minimum tick size"),
        ({"amounts": (57_000_001, 100_000_000)}, "invalid amounts"),
        ({"amounts": (57_000_057, 100_000_100)}, "invalid amounts"),
        ({"amounts": (0, 100_000_000)}, "Invalid order payload"),
        ({"kind": "IOC"}, "Invalid order payload"),
        ({"kind": "FOK", "post_only": True}, "invalid post-only order"),
        ({"expiration": 1_800_000_000}, "invalid expiration"),
        ({"kind": "GTD"}, "invalid expiration"),
        ({"kind": "GTD", "expiration": 1 << 40}, "invalid expiration"),
    ],
)
def test_what_the_rules_forbid_is_refused_in_the_venues_words(more, why):
    with pytest.raises(OrderRefused, match=why):
        read(post(**more), INSTRUMENT, LEAST)


def test_a_market_buy_states_money_and_its_price_is_the_nearest_step():
    asked = read(post(kind="FAK", amounts=(10_000_000, 17_543_800)), INSTRUMENT, LEAST)
    assert (asked.price, asked.lots) == (5700, 17_543_800)
    asked = read(post(kind="FOK", size="2", price="0.99"), INSTRUMENT, LEAST)
    assert asked.lots == 2_000_000  # what takes need not be as large as what rests


FINE = msgspec.structs.replace(INSTRUMENT, grid=(Band(Ticks(10), Ticks(9_990), Ticks(10)),))


@pytest.mark.parametrize(
    ("kind", "side", "amounts", "most"),
    [
        ("FAK", "BUY", (7_125_000, 12_500_000), "market buy orders maker amount .* 2 decimals, taker amount .* 4 "),
        ("FOK", "BUY", (9_980_000, 10_131_970), "market buy orders maker amount .* 2 decimals, taker amount .* 4 "),
        ("FAK", "SELL", (12_345_000, 7_036_650), "market sell orders maker amount .* 2 decimals, taker amount .* 4 "),
        ("FOK", "SELL", (12_340_000, 12_155_134), "market sell orders maker amount .* 2 decimals, taker amount .* 4 "),
        ("GTC", "BUY", (5_700_057, 10_000_100), " buy orders maker amount .* 5 decimals, taker amount .* 2 "),
        ("GTC", "SELL", (10_000_100, 5_700_057), " sell orders maker amount .* 2 decimals, taker amount .* 5 "),
    ],
)
def test_an_order_that_takes_gives_two_decimals_and_gets_four_whatever_the_tick(kind, side, amounts, most):
    with pytest.raises(OrderRefused, match=most):
        read(post(side, kind=kind, amounts=amounts), FINE, LEAST)


def test_what_an_order_that_takes_gets_may_be_rounded_and_nothing_else():
    rounded = read(post(kind="FAK", amounts=(1_010_000, 1_025_300)), FINE, LEAST)
    assert (rounded.price, rounded.spends) == (9_850, 1_010_000)
    with pytest.raises(OrderRefused, match="breaks minimum tick size"):
        read(post(kind="FAK", amounts=(1_010_000, 1_025_200)), FINE, LEAST)
    assert read(post("SELL", kind="FAK", amounts=(12_350_000, 12_164_700)), FINE, LEAST).price == 9_850


@given(st.dictionaries(st.sampled_from(SignedOrder.__struct_fields__), st.text(max_size=90), max_size=4))
def test_hostile_fields_are_refused_and_raise_nothing_else(fields):
    raw = msgspec.to_builtins(POST)
    encoded = dict(zip(SignedOrder.__struct_fields__, SignedOrder.__struct_encode_fields__, strict=True))
    raw["order"] |= {encoded[k]: v for k, v in fields.items()}
    try:
        changed = msgspec.convert(raw, Post)
        read(changed, INSTRUMENT, LEAST)
        check_signature(changed.order, STANDARD, wallet().address)
    except (OrderRefused, msgspec.ValidationError):
        pass
