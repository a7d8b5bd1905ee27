"""Logging in: signatures by default, tokens renewed before they end, nothing secret in sight."""

from __future__ import annotations

import random

from engine.core.units import SECOND, Nanos
from engine.venues.deribit import sign, wire
from engine.venues.deribit.calls import ANSWER_IN
from engine.venues.deribit.keys import Keys
from engine.venues.deribit.login import Login
from tests.engine.venues.deribit.chains import reply

AT = Nanos(1_700_000_000_000 * 1_000_000)


def login(**other) -> Login:
    return Login(Keys("id", "hush", **other), lambda: AT, random.Random(1))


def granted(one: Login, seconds: float) -> None:
    frame = wire.read(reply({"access_token": "a", "refresh_token": "r", "expires_in": seconds, "scope": "x"}))
    assert isinstance(frame, wire.Reply)
    one.granted(frame, AT)


def test_a_login_is_signed_and_the_secret_stays() -> None:
    said = login().first()
    assert said["grant_type"] == "client_signature"
    assert said["signature"] == sign.login("hush", 1_700_000_000_000, str(said["nonce"]))
    assert "hush" not in str(said)
    assert login().first()["nonce"] != login(source="file").keys


def test_the_secret_is_sent_only_where_that_is_wanted() -> None:
    said = login(plain=True).first()
    assert (said["grant_type"], said["client_secret"]) == ("client_credentials", "hush")


def test_a_token_is_renewed_once_before_it_ends() -> None:
    for life, due in ((900, 720), (100, 50), (200, 140)):
        one = login()
        one.first()
        granted(one, life)
        assert one.renewal(Nanos(AT + (due - 1) * SECOND)) is None
        assert one.renewal(Nanos(AT + due * SECOND)) == {"grant_type": "refresh_token", "refresh_token": "r"}
        assert one.renewal(Nanos(AT + due * SECOND)) is None, "one renewal at a time"
        granted(one, life)
        assert one.renewal(AT) is None


def test_a_renewal_that_is_not_granted_in_time_is_overdue() -> None:
    one = login()
    one.first()
    granted(one, 100)
    due = Nanos(AT + 50 * SECOND)
    assert not one.overdue(due)
    one.renewal(due)
    assert not one.overdue(Nanos(due + ANSWER_IN))
    assert one.overdue(Nanos(due + ANSWER_IN + 1))
    granted(one, 100)
    assert not one.overdue(Nanos(due + 50 * SECOND))
    one.renewal(Nanos(AT + 1_000 * SECOND))
    one.first()
    assert not one.overdue(Nanos(AT + 2_000 * SECOND)), "a new connection begins anew"


def test_tokens_do_not_show() -> None:
    one = login()
    granted(one, 900)
    assert '"a"' not in repr(one) + repr(one.token)
    assert "refresh_token" not in repr(one.token)


def test_headers_sign_the_query_too() -> None:
    one = login()
    made = one.header("GET", "/api/v2/private/get_positions?currency=any", b"", AT)["Authorization"]
    assert made.startswith("deri-hmac-sha256 id=id,ts=1700000000000,sig=")
    other = Login(one.keys, one.now, random.Random(1)).header("GET", "/api/v2/private/get_positions", b"", AT)
    assert other["Authorization"] != made
