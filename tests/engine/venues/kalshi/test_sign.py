"""Kalshi signatures: the venue's own vectors, both kinds of key, and headers made ahead."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.core.errors import AuthFailed
from engine.venues.kalshi.keys import Keys
from engine.venues.kalshi.sign import MS, Ahead, Signer, message
from tests import golden_kalshi
from tests.shared import shared

AT = 1_786_123_456_789 * MS
CREATE = "/trade-api/v2/portfolio/events/orders"


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def signer() -> Signer:
    return Signer(Keys("id", pem(ed25519.Ed25519PrivateKey.generate())))


def test_every_reference_case_is_exact() -> None:
    models = json.loads(shared("golden/signing.json").read_text())["models"]
    cases = [(name, case) for name in golden_kalshi.FUNCTIONS for case in models[name]["cases"]]
    assert len(cases) == 12
    for name, case in cases:
        assert golden_kalshi.FUNCTIONS[name](**case["in"]) == case["out"], case["name"]


def test_a_query_is_not_signed_and_the_method_is_upper_case() -> None:
    assert message("delete", f"{CREATE}/1?subaccount=2", 5) == f"5DELETE{CREATE}/1"


def test_an_rsa_signature_verifies_as_pss_with_a_salt_of_32(rsa_key) -> None:
    headers = Signer(Keys("id", pem(rsa_key))).headers("GET", "/trade-api/ws/v2", AT)
    assert headers["KALSHI-ACCESS-KEY"] == "id"
    assert headers["KALSHI-ACCESS-TIMESTAMP"] == "1786123456789"
    rsa_key.public_key().verify(
        base64.b64decode(headers["KALSHI-ACCESS-SIGNATURE"]),
        b"1786123456789GET/trade-api/ws/v2",
        padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32),
        SHA256(),
    )


@pytest.mark.parametrize("text", ["", "no key", pem(ec.generate_private_key(ec.SECP256R1()))])
def test_what_is_no_usable_key_is_refused_in_words(text) -> None:
    with pytest.raises(AuthFailed, match="private key"):
        Signer(Keys("id", text))


def test_a_key_is_never_shown() -> None:
    assert "secret" not in repr(Keys("id", "secret"))
    assert "secret" not in str(Keys("id", "secret"))


def test_headers_made_ahead_are_given_out_once_each_with_a_time_of_its_own(signer) -> None:
    ahead = Ahead(signer, "POST", CREATE, ready=4)
    while ahead.fill(AT):
        pass
    given = [ahead.take(AT + 10 * MS)["KALSHI-ACCESS-TIMESTAMP"] for _ in range(6)]
    assert len(set(given)) == 6
    assert (ahead.served, ahead.late) == (4, 2)


def test_headers_made_ahead_are_as_good_as_fresh_ones(signer) -> None:
    ahead = Ahead(signer, "POST", CREATE)
    ahead.fill(AT)
    assert ahead.take(AT + 900 * MS) == signer.headers("POST", CREATE, AT)


@pytest.mark.parametrize("later", [1_001 * MS, -60_000 * MS])
def test_headers_past_their_tolerance_are_never_used(signer, later) -> None:
    ahead = Ahead(signer, "POST", CREATE)
    ahead.fill(AT)
    taken = ahead.take(AT + later)
    assert taken["KALSHI-ACCESS-TIMESTAMP"] == str((AT + later) // MS)
    assert ahead.late == 1


def test_filling_renews_what_is_half_spent(signer) -> None:
    ahead = Ahead(signer, "POST", CREATE, ready=1)
    assert ahead.fill(AT)
    assert not ahead.fill(AT + 400 * MS)
    assert ahead.fill(AT + 600 * MS)
    assert len(ahead) == 1
