"""Failures of a request are told by what they mean; a write is sent once, whatever happens."""

from __future__ import annotations

import asyncio
import gzip
import random
import ssl

import pytest

from engine.core.errors import AuthFailed, OutcomeUnknown, Throttled, Unreachable, VenueRefused, WireError
from engine.core.units import Nanos
from engine.net import tls
from engine.net.budget import Bucket, Budget
from engine.venues import httpx_client
from engine.venues import rest as module
from engine.venues.rest import Rest, compact
from tests.engine.venues.wires import VENUE, answers, now, reply, speaking

OK = reply(200, b"{}")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.001)


def _rest(url, **options):
    budget = Budget({name: Bucket(1_000, 1_000) for name in ("read", "write", "cancel")})
    return Rest(VENUE, url, now, **{"budget": budget, "rng": random.Random(7), "timeout_s": 2.0, **options})


def _with(replies, use, *, path="", **options):
    """Ask a server that gives these replies; return what came of it, and the server."""

    async def main():
        async with answers(*replies) as web:
            rest = _rest(web.url + path, **options)
            try:
                return await use(rest), web, rest
            finally:
                await rest.close()

    return asyncio.run(main())


async def _cut(writer):
    writer.transport.abort()


async def _silence(writer):
    await asyncio.sleep(30)


def test_a_read_returns_the_body_and_says_what_was_asked():
    signed = []

    def sign(method, path, body, at):
        signed.append((method, path, body, type(at)))
        return {"x-proof": "yes"}

    params = {"series": "KX HIGH", "open": True, "none": None, "ids": "a,b"}
    body, web, rest = _with(
        [reply(200, b"[1]")], lambda rest: rest.read("/markets/A", params), path="/api/v2", sign=sign
    )
    assert body == b"[1]"
    head = web.seen[0].decode()
    assert head.startswith("GET /api/v2/markets/A?series=KX+HIGH&open=true&ids=a,b HTTP/1.1")
    assert "x-proof: yes" in head
    assert signed == [("GET", "/api/v2/markets/A", b"", int)]
    assert rest.requests == 1


def test_a_write_carries_its_body_and_returns_what_the_venue_says():
    document = compact({"ticker": "A", "size": "1.00"})
    answer, web, _ = _with([reply(409, b'{"code":"dup"}')], lambda rest: rest.write("POST", "/orders", document))
    assert (answer.status, answer.body, answer.headers["content-length"]) == (409, b'{"code":"dup"}', "14")
    assert web.seen[0].endswith(b'\r\n\r\n{"ticker":"A","size":"1.00"}')
    assert b"content-type: application/json" in web.seen[0]


def test_a_read_is_asked_again_while_that_may_help():
    body, web, _ = _with([reply(503), _cut, reply(500), OK], lambda rest: rest.read("/x"))
    assert body == b"{}"
    assert len(web.seen) == 4


def test_a_read_gives_up_after_four_times():
    async def use(rest):
        with pytest.raises(Unreachable, match="HTTP 502"):
            await rest.read("/x")

    _, web, _ = _with([reply(502, b"<html>")], use)
    assert len(web.seen) == 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (_cut, "cut|breaks off"),
        (_silence, "no answer within 0.2 s"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf", "no answer within 0.2 s"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nha", "no answer within 0.2 s"),
        (b"garbage\r\n\r\n", "breaks off or cannot be read"),
        (reply(200, b"no gzip", content_encoding="gzip"), "cannot be read"),
        (reply(500), "HTTP 500"),
        (reply(503, retry_after="1"), "HTTP 503"),
    ],
)
def test_a_write_that_may_have_arrived_is_unknown_and_not_repeated(answer, kind):
    async def use(rest):
        with pytest.raises(OutcomeUnknown, match=kind):
            await rest.write("POST", "/orders", b"{}")

    _, web, _ = _with([answer], use, timeout_s=0.2)
    assert len(web.seen) == 1


@pytest.mark.parametrize("abort", [True, False])
def test_a_write_whose_answer_breaks_off_is_unknown(abort):
    async def half(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf")
        await writer.drain()
        if abort:
            writer.transport.abort()
        else:
            writer.write_eof()

    async def use(rest):
        with pytest.raises(OutcomeUnknown, match=r"cut|breaks off"):
            await rest.write("POST", "/orders", b"{}")

    _, web, _ = _with([half], use)
    assert len(web.seen) == 1


def test_a_write_to_nobody_was_never_sent():
    async def main():
        async with answers(OK) as web:
            url = web.url
        rest = _rest(url)
        with pytest.raises(Unreachable, match="cannot be reached"):
            await rest.write("POST", "/orders", b"{}")
        await rest.close()

    asyncio.run(main())


def test_a_time_out_before_sending_was_never_sent():
    """TLS hello without an answer: the connection stands, yet not a byte of the request went out."""

    async def main():
        async def mute(reader, writer):
            await reader.read()
            await asyncio.sleep(30)

        async with speaking(mute) as number:
            rest = _rest(f"https://127.0.0.1:{number}", timeout_s=0.2)
            with pytest.raises(Unreachable, match=r"no answer within 0\.2 s"):
                await rest.write("POST", "/orders", b"{}")
            await rest.close()

    asyncio.run(main())


def test_a_body_that_drips_for_ever_is_given_up():
    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")
        for _ in range(500):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def use(rest):
        with pytest.raises(OutcomeUnknown, match=r"no answer within 0\.2 s"):
            await rest.write("POST", "/orders", b"{}")

    _with([drip], use, timeout_s=0.2)


@pytest.mark.parametrize("status", [429, 418])
def test_throttled_says_when_to_come_back_and_nothing_is_sent_before(status):
    async def use(rest):
        with pytest.raises(Throttled) as refused:
            await rest.write("POST", "/orders", b"{}", bucket="write")
        assert refused.value.retry_after_s == 30
        with pytest.raises(Throttled, match="nothing was sent"):
            await rest.write("POST", "/orders", b"{}", bucket="write")
        return rest.budget.held("cancel") > 0

    banned, web, _ = _with([reply(status, retry_after="30")], use)
    assert len(web.seen) == 1
    assert banned is (status == 418), "a ban is for everything, a limit for its own bucket"


@pytest.mark.parametrize("header", [{}, {"retry_after": "soon"}, {"retry_after": "-1"}, {"retry_after": "9" * 30}])
def test_throttled_without_a_time_backs_off_by_itself_and_longer_each_time(header):
    holds, steady = [], [0.0]
    budget = Budget({name: Bucket(1_000, 1_000) for name in ("read", "write", "cancel")}, steady=lambda: steady[0])

    async def use(rest):
        for _ in range(3):
            with pytest.raises(Throttled) as refused:
                await rest.write("POST", "/orders", b"{}")
            assert refused.value.retry_after_s is None
            holds.append(rest.budget.held("write"))
            steady[0] += holds[-1]

    _with([reply(429, **header)], use, budget=budget)
    # from half to all of twice the first wait, then of twice as much each time
    assert [0.001 * 2**n <= hold <= 0.002 * 2**n for n, hold in enumerate(holds)] == [True] * 3


def test_a_throttled_read_waits_and_is_asked_again():
    body, web, _ = _with([reply(429), reply(429), OK], lambda rest: rest.read("/x"))
    assert body == b"{}"
    assert len(web.seen) == 3


def test_a_read_barred_for_long_is_told_at_once():
    async def use(rest):
        with pytest.raises(Throttled):
            await rest.read("/x")

    _, web, _ = _with([reply(429, retry_after="999999999")], use)
    assert len(web.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_stop_reads_and_writes(status):
    async def use(rest):
        with pytest.raises(AuthFailed):
            await rest.read("/x")
        with pytest.raises(AuthFailed):
            await rest.write("DELETE", "/x")

    _, web, _ = _with([reply(status)], use)
    assert len(web.seen) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(status):
    async def main():
        async with answers(OK) as other, answers(reply(status, location=other.url)) as web:
            rest = _rest(web.url, sign=lambda *_: {"authorization": "canary"})
            with pytest.raises(VenueRefused) as refused:
                await rest.read("/x")
            assert refused.value.code == str(status)
            assert (await rest.write("POST", "/x", b"{}")).status == status
            await rest.close()
            assert other.seen == []

    asyncio.run(main())


def test_ask_returns_a_no_with_its_words():
    answer, *_ = _with([reply(404, b'{"code":"not_found"}')], lambda rest: rest.ask("/x"))
    assert (answer.status, answer.body) == (404, b'{"code":"not_found"}')


@pytest.mark.parametrize("encoded", [False, True])
def test_an_answer_is_bounded_packed_or_not(encoded):
    body = b"0" * 50_000
    packed = reply(200, gzip.compress(body), content_encoding="gzip") if encoded else reply(200, body)

    async def use(rest):
        with pytest.raises(WireError, match="more than 10000 bytes"):
            await rest.read("/x")
        with pytest.raises(OutcomeUnknown, match="cannot be read" if encoded else "more than 10000 bytes"):
            await rest.write("POST", "/x", b"{}")

    _with([packed], use, largest=10_000)


def test_what_is_not_wanted_any_more_when_its_turn_comes_is_not_sent():
    async def use(rest):
        asked = []
        with pytest.raises(Unreachable, match="asked back before its turn came; nothing was sent"):
            await rest.write("POST", "/orders", b"{}", wanted=lambda: asked.append("when its turn had come"))
        assert asked == ["when its turn had come"]
        assert (await rest.write("POST", "/orders", b"{}", wanted=lambda: True)).status == 200

    _, web, _ = _with([OK], use)
    assert len(web.seen) == 1


def test_a_connection_can_be_made_ready_and_nobody_there_is_no_error():
    async def use(rest):
        await rest.warm()
        ready = set(rest._direct._lines)
        await rest.write("POST", "/orders", b"{}")
        assert rest._direct._lines == ready

    _with([OK], use)
    asyncio.run(_rest("http://127.0.0.1:9").warm())


def test_by_way_of_a_proxy_a_write_means_the_same(monkeypatch):
    monkeypatch.setattr(httpx_client, "getproxies", lambda: {"http": "http://127.0.0.1:9"})
    monkeypatch.setattr(httpx_client, "proxy_bypass", lambda host: False)

    async def use(rest):
        await rest.warm()
        assert (await rest.write("POST", "/orders", b"{}")).status == 201
        with pytest.raises(OutcomeUnknown, match=r"cut|breaks off"):
            await rest.write("POST", "/orders", b"{}")

    _, web, _ = _with([reply(201), _cut], use)
    assert len(web.seen) == 2


def test_a_read_that_times_out_in_the_greeting_leaves_nothing_behind():
    async def main():
        async def mute(reader, writer):
            await reader.read()
            await asyncio.sleep(30)

        async with speaking(mute) as number:
            rest = _rest(f"https://127.0.0.1:{number}", timeout_s=0.6)
            with pytest.raises(Unreachable, match="no connection in time"):
                await rest.read("/x")
            await rest.close()

    asyncio.run(main())


def test_what_a_path_holds_cannot_change_the_host_or_the_query():
    _, web, _ = _with([OK], lambda rest: rest.read("/markets/A?b=1#c d/é@x"))
    assert web.seen[0].startswith(b"GET /markets/A%3Fb=1%23c%20d/%C3%A9@x HTTP/1.1")


def test_what_cannot_be_put_into_a_request_was_never_sent():
    async def use(rest):
        with pytest.raises(Unreachable, match="cannot be put into a request"):
            await rest.write("POST", "/orders", b"{}")

    _, web, _ = _with([OK], use, sign=lambda *_: {"x-key": "a\r\nb: c"})
    assert web.seen == []


def test_a_cookie_is_not_sent_back():
    async def use(rest):
        await rest.read("/x")
        await rest.read("/x")

    _, web, _ = _with([reply(200, b"{}", set_cookie="tracker=1")], use)
    assert b"tracker" not in web.seen[1]


def test_the_clock_is_compared_with_the_venues():
    """A Date names a second: three answers, a third of a second apart, say it to a third of a second."""
    times = iter([0, 0, 0] + [0] * 20)

    async def use(rest):
        assert rest.timing.skew_ms is None
        assert rest.timing.latency_ms is None
        ours = 1_790_000_000_000_000_000
        rest._now = lambda: Nanos(ours + 5_700_000_000 + next(times))
        await rest.read("/x")
        first = rest.timing.skew_ms
        ours += 400_000_000
        await rest.read("/x")
        return first, rest.timing.skew_ms

    date = reply(200, b"{}", date="Mon, 21 Sep 2026 14:13:20 GMT")  # 1790000000
    (first, second), *_ = _with([date, date], use)
    assert first == pytest.approx(5_200.0)
    assert second == pytest.approx((5_100 + 5_700) / 2), "5.7 s at most by the first, 5.1 s at least by the second"


def test_certificates_are_checked():
    context = tls.context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context is tls.context()


def test_a_python_without_certificates_of_its_own_takes_the_librarys(monkeypatch):
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    monkeypatch.setattr(ssl, "create_default_context", lambda: bare)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths._replace(capath=None))
    tls.context.cache_clear()
    try:
        assert tls.context().cert_store_stats()["x509_ca"] > 50
    finally:
        tls.context.cache_clear()
