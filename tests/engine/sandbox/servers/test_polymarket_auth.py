"""Polymarket's request signatures, made by eth-account and an HMAC written out, against the sandbox's checks."""

from __future__ import annotations

import json

import coincurve
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import SECOND, Nanos
from engine.sandbox.servers.polymarket_auth import Keys, NotYou, checksum, keccak, recover
from tests.engine.sandbox.servers.polymarket_stage import Stage
from tests.shared import shared

STAGE = Stage()
NOW = (STAGE.wall,)


def signed_in():
    keys, wallet = Keys(1), STAGE.wallet()
    wallet.key = keys.create(wallet.level_1(), NOW).wire()
    return keys, wallet


def test_a_wallet_makes_a_key_once_and_derives_it_for_ever():
    keys, wallet = Keys(1), STAGE.wallet()
    assert keys.derive(wallet.level_1(), NOW) is None
    made = keys.create(wallet.level_1(), NOW)
    assert keys.create(wallet.level_1(), NOW) is None
    assert keys.derive(wallet.level_1(), NOW) == made
    assert made.address == wallet.address
    assert keys.create(wallet.level_1(nonce=1), NOW).key != made.key


@pytest.mark.parametrize("change", [{"seconds": STAGE.wall // SECOND - 31}, {"address": "0x" + "11" * 20}])
def test_stale_or_foreign_l1_headers_are_refused(change):
    with pytest.raises(NotYou):
        Keys(1).create(STAGE.wallet().level_1(**change), NOW)


@pytest.mark.parametrize("name", ["POLY_NONCE", "POLY_TIMESTAMP", "POLY_SIGNATURE", "POLY_ADDRESS"])
@pytest.mark.parametrize("value", ["", "7", "0x", "x" * 300, "1e9"])
def test_damaged_l1_headers_are_refused(name, value):
    with pytest.raises(NotYou):
        Keys(1).create(STAGE.wallet().level_1() | {name: value}, NOW)


def test_a_signed_call_passes_by_either_clock():
    keys, wallet = signed_in()
    headers = wallet.level_2("POST", "/order", "{}")
    assert keys.check(headers, NOW, "POST", "/order", b"{}").address == wallet.address
    assert keys.check(headers, (Nanos(0), STAGE.wall), "POST", "/order", b"{}")


@pytest.mark.parametrize(
    ("method", "path", "body"), [("DELETE", "/order", b"{}"), ("POST", "/orders", b"{}"), ("POST", "/order", b"{ }")]
)
def test_a_call_other_than_the_signed_one_is_refused(method, path, body):
    keys, wallet = signed_in()
    with pytest.raises(NotYou):
        keys.check(wallet.level_2("POST", "/order", "{}"), NOW, method, path, body)


@pytest.mark.parametrize(
    "name", ["POLY_API_KEY", "POLY_PASSPHRASE", "POLY_ADDRESS", "POLY_SIGNATURE", "POLY_TIMESTAMP"]
)
def test_each_l2_header_is_needed(name):
    keys, wallet = signed_in()
    headers = wallet.level_2("GET", "/data/orders")
    del headers[name]
    with pytest.raises(NotYou):
        keys.check(headers, NOW, "GET", "/data/orders", b"")


def test_a_revoked_key_opens_nothing():
    keys, wallet = signed_in()
    keys.revoke(keys.check(wallet.level_2("GET", "/x"), NOW, "GET", "/x", b""))
    with pytest.raises(NotYou):
        keys.check(wallet.level_2("GET", "/x"), NOW, "GET", "/x", b"")


@given(st.text(max_size=200), st.binary(min_size=32, max_size=32))
def test_no_text_passes_for_a_signature(text, digest):
    with pytest.raises(ValueError, match=r"."):
        recover(digest, text)


@given(st.binary(min_size=32, max_size=32).filter(any), st.binary(min_size=32, max_size=32))
def test_a_signature_names_its_signer(secret, digest):
    key = coincurve.PrivateKey(secret)
    raw = key.sign_recoverable(digest, hasher=None)
    address = checksum("0x" + keccak(key.public_key.format(compressed=False)[1:])[12:].hex())
    assert recover(digest, "0x" + raw[:64].hex() + f"{raw[64] + 27:02x}") == address


def test_the_official_clients_own_signatures_pass():
    cases = json.loads(shared("golden/signing.json").read_text())["models"]["polymarket.clob_auth"]["cases"]
    for case in cases:
        given_, out = case["in"], case["out"]
        key = coincurve.PrivateKey(int(given_["signer"]).to_bytes(32, "big"))
        address = checksum("0x" + keccak(key.public_key.format(compressed=False)[1:])[12:].hex())
        headers = {
            "POLY_ADDRESS": address,
            "POLY_SIGNATURE": out["signature"],
            "POLY_TIMESTAMP": str(given_["timestamp"]),
            "POLY_NONCE": str(given_["nonce"]),
        }
        assert Keys(1).create(headers, (Nanos(given_["timestamp"] * SECOND),)).address == address
