"""The general library's road: what comes of a request is told as on the direct one, and when it began to leave."""

from __future__ import annotations

import asyncio
import gzip

import httpx
import pytest

from engine.venues import httpx_client
from engine.venues.direct import Broken, Sending, TooLarge
from engine.venues.httpx_client import HttpxClient, proxied
from engine.venues.timing import Timing
from tests.engine.venues.wires import answers, now, reply


def _asked(*replies, headers=None, body=b"", target="/x?a=1"):
    """Ask a server once; return the reply or what was raised, whether it began to leave, the timing, what was seen."""

    async def main():
        timing, sending = Timing(), Sending()
        client = HttpxClient(now, timing, timeout_s=2.0, largest=1_000)
        async with answers(*replies) as web:
            try:
                got = await client.exchange("POST", httpx.URL(web.url), target, headers or {}, body, sending)
            except (Broken, TooLarge, ValueError) as e:
                got = e
            finally:
                await client.close()
        return got, sending.begun, timing, web.seen

    return asyncio.run(main())


async def _cut(writer):
    writer.transport.abort()


def test_a_reply_has_its_header_names_in_lower_case_and_was_timed():
    got, begun, timing, seen = _asked(reply(201, b"{}", X_Kind="a"), headers={"x-key": "k"}, body=b"[]")
    assert (got.status, got.headers["x-kind"], got.body) == (201, "a", b"{}")
    assert begun
    assert timing.latency_ms is not None
    assert seen[0].startswith(b"POST /x?a=1 HTTP/1.1")
    for line in (b"accept: application/json", b"user-agent: atmx", b"content-type: application/json", b"x-key: k"):
        assert line in seen[0]


def test_without_a_body_no_kind_of_content_is_named():
    *_, seen = _asked(reply(200))
    assert b"content-type" not in seen[0]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (_cut, "cut|breaks off"),
        (b"garbage\r\n\r\n", "breaks off"),
        (reply(200, b"no", content_encoding="gzip"), "read"),
    ],
)
def test_no_whole_answer_is_a_broken_connection(answer, kind):
    got, begun, *_ = _asked(answer)
    assert begun
    with pytest.raises(Broken, match=kind):
        raise got


def test_an_answer_larger_than_it_may_be_is_not_read_to_its_end():
    got, *_ = _asked(reply(200, b"0" * 5_000))
    assert isinstance(got, TooLarge)


def test_an_answer_that_is_packed_twice_is_not_unpacked():
    got, *_ = _asked(reply(200, gzip.compress(gzip.compress(b"{}")), content_encoding="gzip, gzip"))
    assert isinstance(got, TooLarge)


def test_what_cannot_be_put_into_a_request_does_not_begin_to_leave():
    got, begun, _, seen = _asked(reply(200), target="/" + "x" * 70_000)
    assert isinstance(got, ValueError)
    assert (begun, seen) == (False, [])


@pytest.mark.parametrize(
    ("proxies", "passed_by", "by_proxy"),
    [({}, False, False), ({"https": "p"}, False, True), ({"all": "p"}, False, True), ({"http": "p"}, False, False),
     ({"https": "p"}, True, False)],
)  # fmt: skip
def test_the_system_says_whether_a_host_is_asked_by_proxy(monkeypatch, proxies, passed_by, by_proxy):
    monkeypatch.setattr(httpx_client, "getproxies", lambda: proxies)
    monkeypatch.setattr(httpx_client, "proxy_bypass", lambda host: passed_by)
    assert proxied(httpx.URL("https://venue.example/api")) is by_proxy
