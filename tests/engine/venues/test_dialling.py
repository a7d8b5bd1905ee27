"""What is said of a socket that was not opened, or that ended, is in our words; headers are shown to nobody."""

from __future__ import annotations

import asyncio

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus, WebSocketException
from websockets.frames import Close, CloseCode
from websockets.http11 import Response

from engine.core.errors import AuthFailed
from engine.venues.dialling import RETRY_AFTER_MOST_S, Dial, connected, explained, greet, retry_after
from tests.engine.venues.wires import VENUE, sockets

TOO_BIG, INTERNAL = Close(CloseCode.MESSAGE_TOO_BIG, ""), Close(CloseCode.INTERNAL_ERROR, "")
NO_UTF8, AWAY = Close(CloseCode.INVALID_DATA, ""), Close(CloseCode.GOING_AWAY, "<b>venue's own words</b>")


def _refused(status=503, **headers):
    return InvalidStatus(Response(status, "", Headers({k.replace("_", "-"): v for k, v in headers.items()})))


async def _still(socket):
    await socket.wait_closed()


def test_a_dial_shows_no_headers():
    assert "canary" not in repr(Dial("ws://here", {"authorization": "canary"}))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_refused(401), "the venue answered HTTP 401 instead of opening the stream"),
        (ConnectionClosedError(None, TOO_BIG), "a message was larger than 100 bytes"),
        (ConnectionClosedError(None, INTERNAL), "no answer to a ping within 5 s"),
        (ConnectionClosedError(None, NO_UTF8), "the stream broke the protocol (1007)"),
        (ConnectionClosedError(AWAY, None), "the venue closed the stream (1001)"),
        (ConnectionClosedError(None, None), "the connection was cut"),
        (WebSocketException(), "the venue did not open the stream"),
        (TimeoutError(), "no connection within 10 s"),
        (AuthFailed(VENUE, "the key cannot sign"), "the key cannot sign"),
        (ConnectionRefusedError(), "cannot be reached"),
    ],
)
def test_every_end_has_one_sentence(error, words):
    assert explained(error, open_s=10.0, ping_s=5.0, max_size=100) == words


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (_refused(retry_after="2"), 2.0),
        (_refused(retry_after="99999999"), RETRY_AFTER_MOST_S),
        (_refused(retry_after="soon"), 0.0),
        (_refused(retry_after="9" * 10), 0.0),
        (_refused(), 0.0),
        (TimeoutError(), 0.0),
    ],
)
def test_a_venue_is_left_alone_for_as_long_as_it_says_within_reason(error, seconds):
    assert retry_after(error) == seconds


def test_headers_are_sent_and_a_ping_measures_the_way():
    async def main():
        seen = []

        def look(connection, request):
            seen.append((request.headers["X-Key"], request.headers["User-Agent"]))

        async with sockets(_still, process_request=look) as url:
            dial = Dial(url, {"x-key": "k"})
            assert await greet(dial) > 0.0
            socket = await connected(dial, 2.0, 2.0, 1_000)
            await socket.close()
        assert seen == [("k", "atmx")] * 2

    asyncio.run(main())
