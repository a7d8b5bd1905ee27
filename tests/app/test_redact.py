"""No secret gets out: not by name, not by look, not by value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.redact import HIDDEN, Secrets

KEY = "MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX"


@pytest.mark.parametrize(
    "name",
    ["api_key", "apiKey", "private_key", "secret", "client_secret", "password", "passphrase", "key", "signature",
     "Authorization", "KALSHI-ACCESS-KEY", "access_token", "token", "Cookie", "mnemonic", "pem", "sig"],
)  # fmt: skip
def test_a_field_named_like_a_secret_is_hidden(name):
    assert Secrets().field(name, "hunter2hunter2") == HIDDEN


@pytest.mark.parametrize("name", ["keyboard", "monkey", "tokens_sold", "token_id", "market", "hash", "sequence"])
def test_a_field_that_is_no_secret_is_shown(name):
    assert Secrets().field(name, "value") == "value"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA " + f"PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN " + f"PRIVATE KEY-----\n{KEY} (cut",
        f"Authorization: Bearer {KEY}",
        f"GET /orders?api_key={KEY}&market=X",
        f'{{"secret": "{KEY}"}}',
        f"passphrase={KEY}",
        f"eyJhbGciOiJIUzI1.{KEY}.c2ln",
        f"https://trader:{KEY}@example.org/",
    ],
)
def test_a_text_that_looks_like_a_secret_is_hidden(text):
    shown = Secrets().text(f"before {text} after")
    assert KEY not in shown
    assert HIDDEN in shown
    assert shown.startswith("before ")


@given(st.text(min_size=6), st.text(), st.text())
def test_a_known_value_is_hidden_wherever_it_turns_up(value, before, after):
    known = Secrets()
    known.hide(value)
    assert value not in known.text(before + value + after).replace(HIDDEN, "\0")
    known.forget(value)
    assert Secrets().text(before) == known.text(before)


def test_a_value_too_short_to_be_a_secret_blinds_nothing():
    known = Secrets()
    known.hide("1")
    assert known.text("price 0.41") == "price 0.41"


def test_secrets_are_hidden_at_any_depth():
    known = Secrets()
    known.hide("hunter2hunter2")
    shown = known.value({"a": [{"api_key": "x" * 9}, ("is hunter2hunter2", 7, None, True)], "b": ValueError("p")})
    assert shown == {"a": [{"api_key": HIDDEN}, [f"is {HIDDEN}", 7, None, True]], "b": "p"}
    json.dumps(shown)


def test_endless_nesting_ends():
    loop: list[object] = []
    loop.append(loop)
    assert "…" in json.dumps(Secrets().value(loop), ensure_ascii=False)


def test_no_text_breaks_it():
    assert Secrets().text("") == ""
