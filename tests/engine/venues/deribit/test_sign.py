"""Deribit's signatures: the reference cases to the last digit, and no secret where it could be read."""

from __future__ import annotations

import json

from engine.venues.deribit import sign
from engine.venues.deribit.keys import Keys
from tests import golden_deribit
from tests.shared import shared


def test_every_reference_case_is_exact() -> None:
    models = json.loads(shared("golden/signing.json").read_text())["models"]
    cases = [(name, case) for name in golden_deribit.FUNCTIONS for case in models[name]["cases"]]
    assert len(cases) == 4
    for name, case in cases:
        assert golden_deribit.FUNCTIONS[name](**case["in"]) == case["out"]


def test_a_login_signs_time_nonce_and_data_line_by_line() -> None:
    known = "45e59b67b195be28439b05572ee71adf577a8df469625de97e3d179e7bccfea4"
    assert sign.login("atmxTestSecret_0123456789", 1_700_000_000_000, "1iqt2wls") == known
    assert sign.login("atmxTestSecret_0123456789", 1_700_000_000_000, "1iqt2wls", "x") != known


def test_the_header_says_who_when_and_what_and_no_secret() -> None:
    made = sign.header("id", "hush", 17, "n0nce", "get", "/api/v2/public/test")
    signed = sign.request("hush", 17, "n0nce", "GET", "/api/v2/public/test")
    assert made == f"deri-hmac-sha256 id=id,ts=17,sig={signed},nonce=n0nce"
    assert "hush" not in made


def test_keys_do_not_show_their_secret() -> None:
    keys = Keys("id", "hush")
    assert "hush" not in repr(keys) + str(keys)
