"""Signatures: the venue's own vectors, the separators its contracts have, and nonces that only grow."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Nanos
from engine.venues.derive import sign
from engine.venues.derive.endpoints import DEMO, PROD
from engine.venues.derive.keys import DeriveKeys
from engine.venues.polymarket.keccak import keccak
from engine.venues.polymarket.sign import Wallet, separator
from tests.shared import shared

VECTORS = "frames/derive/v3_golden_vectors_derive-ts.json"
OWNER = "0x" + "ab" * 20
KEYS = DeriveKeys(0x1111, OWNER, 30769)
TS = "1791315116263"


def test_the_action_type_has_the_hash_that_the_contracts_have() -> None:
    assert sign.ACTION.hex() == "4d7a9f27c403ff9c0f19bce61d76d82f9aa29f8d6d4b0c5474607d9770d1af17"


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (PROD, "da616dfabb88681b08e1592820a41d55ddc62d68de110e327ae99d734506fe19"),
        (DEMO, "24d674cd5f2b9d564691c51e9d88f649b99246a2244dd74ce27b96578d773e85"),
    ],
)
def test_a_domain_is_computed_from_the_settings(where, wanted) -> None:
    assert separator(sign.domain(where)).hex() == wanted


def test_the_vendors_envelopes_hash_and_sign_alike() -> None:
    document = json.loads(shared(VECTORS).read_text())
    wallet = Wallet(int(document["signerPrivateKey"], 16))
    before = b"\x19\x01" + bytes.fromhex(document["domainSeparator"][2:])
    for case in document["cases"]:
        given = case["inputs"]
        data = bytes.fromhex(case["dataHex"][2:])
        action = sign.Action(
            given.get("subaccount_id", given.get("from_subaccount_id")), int(given["nonce"]), given["module"], data,
            given["signature_expiry_sec"], given["owner"], given["signer"],
        )  # fmt: skip
        assert "0x" + sign.action_hash(action).hex() == case["actionHash"], case["name"]
        assert "0x" + wallet.sign(keccak(before + sign.action_hash(action))).hex() == case["signature"]


def test_the_vendors_order_is_encoded_alike() -> None:
    document = json.loads(shared(VECTORS).read_text())
    (case,) = [one for one in document["cases"] if one["name"] == "trade"]
    given = case["inputs"]
    words = sign.trade_data(
        given["asset_address"], int(given["sub_id"]), Decimal(given["limit_price"]), Decimal(given["amount"]),
        Decimal(given["max_fee"]), given["recipient_subaccount_id"], buys=given["is_bid"],
    )  # fmt: skip
    assert "0x" + words.hex() == case["dataHex"]


LEGS = (
    sign.Leg("ETH-20270326-5000-C", OWNER, 7, Decimal("95.1"), Decimal(2), False),
    sign.Leg("ETH-20270326-4000-C", OWNER, 5, Decimal("210.5"), Decimal(2), True),
)


@given(st.booleans(), st.permutations(LEGS))
def test_legs_are_signed_in_the_order_of_their_names(buys, legs) -> None:
    assert sign.quote_data(Decimal(15), legs, buys=buys) == sign.quote_data(Decimal(15), LEGS, buys=buys)


@pytest.mark.parametrize("buys", [True, False])
def test_taking_a_quote_names_the_legs_as_their_maker_signed_them(buys) -> None:
    quoted = sign.quote_data(Decimal(15), LEGS, buys=buys)
    taken = sign.execute_data(Decimal(9), LEGS, buys=not buys)
    alone = quoted[:32] + quoted[96:]  # without the fee and what points behind it
    assert taken[:32] == keccak(alone)


def test_the_login_signs_the_time_as_a_personal_message() -> None:
    signer = sign.Signer(KEYS, PROD)
    said = signer.login(Nanos(1_791_315_116_263_999_999))
    assert (said["wallet"], said["timestamp"]) == (OWNER, TS)
    assert sign.login_digest(TS) == keccak(b"\x19Ethereum Signed Message:\n13" + TS.encode())
    assert said["signature"] == "0x" + Wallet(0x1111).sign(sign.login_digest(TS)).hex()
    assert signer.headers(Nanos(1_791_315_116_263_999_999)) == {
        "X-DeriveWallet": OWNER, "X-DeriveTimestamp": TS, "X-DeriveSignature": said["signature"],
    }  # fmt: skip


def test_an_order_and_a_quote_are_signed_for_their_own_modules() -> None:
    signer = sign.Signer(KEYS, PROD)
    assert signer.order(b"x", 1, 2) != signer.quote(b"x", 1, 2)
    assert "0x1111" not in repr(KEYS)


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=20), st.integers(0, 2**62))
def test_nonces_only_grow_whatever_the_clock_does(times, seen) -> None:
    clock = iter(times)
    nonces = sign.Nonces(lambda: Nanos(next(clock)))
    nonces.above(seen)
    found = [nonces.next() for _ in times]
    assert found == sorted(set(found))
    assert found[0] > seen


@pytest.mark.parametrize(("owner", "subaccount"), [("0x12", 1), (OWNER, -1), (OWNER, 1 << 63)])
def test_keys_that_cannot_be_are_refused(owner, subaccount) -> None:
    with pytest.raises(ValueError, match=r"address|subaccount"):
        DeriveKeys(1, owner, subaccount)
