"""What venues there are, and which of their endpoints answer: a no is a sentence, never a traceback."""

from __future__ import annotations

import asyncio
import email.utils
import http
import random
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from engine.core.errors import ConfigError
from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VenueId
from engine.venues import registry
from engine.venues.port import Can
from tests.engine.venues.wires import answers, now, reply, sockets


def _probe(venue, where):
    return asyncio.run(registry.probe(venue, where, now, random.Random(1)))


async def _still(socket):
    await socket.wait_closed()


def test_every_venue_has_a_title_and_can_what_the_port_knows():
    assert [row.id for row in registry.ROWS] == [KALSHI, POLYMARKET, BINANCE, DERIBIT, DERIVE, RYSK]
    for row in registry.ROWS:
        assert row.title
        assert all(name in Can.__members__ for name in row.can)
        assert row.trades is bool(set(row.can) - {"QUOTE_REQUESTS"})


def test_a_venue_that_is_none_is_a_key_error():
    for ask in (registry.row, registry.builder, registry.endpoints):
        with pytest.raises(KeyError, match="no venue 'nyse'"):
            ask(VenueId("nyse"))


def test_a_venue_is_built_from_its_endpoints():
    given = {"rest": "http://127.0.0.1:1", "stream": "ws://127.0.0.1:1", "unheard": "of"}
    where = registry.endpoints(BINANCE, given=given)
    assert (where.rest, where.stream) == ("http://127.0.0.1:1", "ws://127.0.0.1:1")
    venue = registry.builder(BINANCE)(where, None, now, random.Random(1))
    assert (venue.id, venue.gateway) == (BINANCE, None)


def test_environments_are_the_venues_own():
    assert "demo" in registry.endpoints(KALSHI, "demo").rest
    assert "demo" not in registry.endpoints(KALSHI).rest
    with pytest.raises(ConfigError, match="binance has no environment 'demo'"):
        registry.endpoints(BINANCE, "demo")


def test_half_a_sandbox_is_refused():
    with pytest.raises(ConfigError, match="addresses of binance: stream missing"):
        registry.endpoints(BINANCE, given={"rest": "http://127.0.0.1:1"})


def test_packages_are_imported_only_when_asked_for():
    code = "import sys, engine.venues.registry; print([m for m in sys.modules if m.startswith('engine.venues.k')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_endpoints_that_answer_say_how_fast():
    async def main():
        date = email.utils.formatdate(time.time(), usegmt=True)
        async with sockets(_still) as stream, answers(reply(200, b'{"serverTime":1}', date=date)) as web:
            return await registry.probe(BINANCE, SimpleNamespace(rest=web.url, stream=stream), now, random.Random(1))

    rest, stream = asyncio.run(main())
    assert (rest.ok, rest.endpoint, rest.detail.startswith("answers in ")) == (True, "REST", True)
    assert rest.skew_ms is not None
    assert abs(rest.skew_ms) < registry.OFF_MS
    assert (stream.ok, stream.endpoint) == (True, "stream")
    assert "answers a ping" in stream.detail


def test_nobody_there_is_an_honest_no():
    where = SimpleNamespace(rest="http://127.0.0.1:9", stream="ws://127.0.0.1:9")
    assert [(one.ok, one.detail) for one in _probe(BINANCE, where)] == [(False, "cannot be reached")] * 2


@pytest.mark.parametrize(
    ("status", "ok", "words"),
    [
        (503, False, "HTTP 503"),
        (404, False, "HTTP 404"),
        (403, False, "not to this address"),
        (429, False, "asked too often"),
    ],
)
def test_a_no_is_named(status, ok, words):
    async def main():
        async with answers(reply(status)) as web:
            where = SimpleNamespace(rest=web.url, stream="ws://127.0.0.1:9")
            return await registry.probe(BINANCE, where, now, random.Random(1))

    rest, _ = asyncio.run(main())
    assert rest.ok is ok
    assert words in rest.detail


@pytest.mark.parametrize(("off_s", "ok", "words"), [(-30, False, "s ahead"), (3, True, "s behind"), (0, True, "ms")])
def test_a_clock_that_is_off_is_told(off_s, ok, words):
    async def main():
        date = email.utils.formatdate(time.time() + off_s, usegmt=True)
        async with answers(reply(200, b"{}", date=date)) as web:
            where = SimpleNamespace(rest=web.url, stream="ws://127.0.0.1:9")
            return await registry.probe(BINANCE, where, now, random.Random(1))

    rest, _ = asyncio.run(main())
    assert rest.ok is ok
    assert words in rest.detail


@pytest.mark.parametrize(("status", "ok"), [(401, True), (403, True), (500, False)])
def test_a_stream_that_wants_keys_is_there(status, ok):
    async def main():
        def refuse(connection, request):
            return connection.respond(http.HTTPStatus(status), "")

        async with sockets(_still, process_request=refuse) as stream, answers(reply(200, b"{}")) as web:
            return await registry.probe(KALSHI, SimpleNamespace(rest=web.url, socket=stream), now, random.Random(1))

    _, stream = asyncio.run(main())
    assert stream.ok is ok


def test_a_venue_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(registry, "PROBE_S", 0.2)

    async def main():
        async def silence(writer):
            await asyncio.sleep(30)

        async with answers(silence) as web:
            where = SimpleNamespace(rest=web.url, stream=web.url.replace("http", "ws"))
            return await registry.probe(BINANCE, where, now, random.Random(1))

    assert [(one.ok, "within 0.2 s" in one.detail) for one in asyncio.run(main())] == [(False, True)] * 2


def test_every_endpoint_of_every_venue_is_tried():
    for venue in (KALSHI, POLYMARKET, BINANCE):
        where = registry.endpoints(venue)
        addresses = {name for name in where.__dataclass_fields__ if "://" in str(getattr(where, name))}
        assert addresses == {one.field for one in registry._TRIES[venue]}
