"""How services are asked, against a server of a few lines."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc

import pytest

from engine.core.errors import NoAnswer
from engine.core.units import SECOND, Nanos
from engine.core.when import instant
from engine.sources import http
from tests.engine.sources.desk import Clock, Desk, client, cut, serving, text

NOON = instant("2026-07-03T12:00:00Z")


def ask(desk: Desk, times: int = 1, *, wait_s: float = 0.0, manner: http.Manner | None = None, **more):
    """Return the answers to one question asked so often, or the last refusal, with clock and client."""

    async def go():
        clock, found = Clock(NOON), []
        async with serving(desk) as base:
            asker = client(base, clock, manner, steady=lambda: clock.at / SECOND, **more)
            for _ in range(times):
                try:
                    found.append(await asker.get("/obs", [("station", "KNYC")]))
                except NoAnswer as e:
                    found.append(e)
                clock.at = Nanos(clock.at + round(wait_s * SECOND))
            await asker.close()
        return found, clock, asker

    return asyncio.run(go())


def test_an_answer_is_stamped_with_when_it_came() -> None:
    (answer,), _, _ = ask(Desk(text("hello")))
    assert (answer.body, answer.known_at, answer.changed) == (b"hello", NOON, True)


def test_who_asks_says_so() -> None:
    desk = Desk(text("hello"))
    ask(desk, contact="desk@example.org (x)\r\nEvil: 1")
    agent = desk.asked[0].headers["User-Agent"]
    assert agent == "atmx (weather desk on one trader's machine; desk@example.orgxEvil:1)"


def test_what_has_not_changed_is_not_sent_twice_and_was_known_before() -> None:
    desk = Desk(text("one", etag='"a"', last_modified="Fri, 03 Jul 2026 11:00:00 GMT"), text("", 304))
    (first, second), _, asker = ask(desk, 2, wait_s=60)
    assert (second.body, second.changed, second.known_at) == (b"one", False, first.known_at)
    assert second.asked_at == NOON + 60 * SECOND
    assert desk.asked[1].headers["If-None-Match"] == '"a"'
    assert desk.asked[1].headers["If-Modified-Since"] == "Fri, 03 Jul 2026 11:00:00 GMT"
    assert asker.not_modified == 1


def test_an_answer_is_not_asked_for_again_while_the_service_calls_it_fresh() -> None:
    desk = Desk(text("one", cache_control="public, max-age=90, s-maxage=120", age="30"))
    found, _, _ = ask(desk, 3, wait_s=40)
    assert len(desk.asked) == 2  # at 0 and 80 s, not at 40
    assert [answer.changed for answer in found] == [True, False, False]


def test_a_clock_that_was_set_back_keeps_no_answer_fresh() -> None:
    desk = Desk(text("one", cache_control="max-age=60"), text("two", cache_control="max-age=60"))
    (_, second), _, _ = ask(desk, 2, wait_s=-86_400)
    assert (second.body, second.changed) == (b"two", True)


def test_the_same_bytes_again_are_not_news() -> None:
    (first, second), _, _ = ask(Desk(text("one", etag='"a"'), text("one", etag='"b"')), 2, wait_s=60)
    assert (second.changed, second.known_at) == (False, first.known_at)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again_ever_later(status: int) -> None:
    desk = Desk(text("busy", status), text("busy", status), text("one"))
    (answer,), clock, _ = ask(desk)
    assert answer.body == b"one"
    waits = [wait for wait in clock.waits if wait > 1]
    assert 1.5 <= waits[0] <= 2.0 < 3.0 <= waits[1] <= 4.0


def test_a_cut_connection_is_asked_again() -> None:
    (answer,), _, _ = ask(Desk(cut, text("one")))
    assert answer.body == b"one"


def test_three_tries_are_enough() -> None:
    desk = Desk(text("busy", 503))
    (refusal,), _, _ = ask(desk)
    assert (len(desk.asked), refusal.status, refusal.lasting) == (3, 503, False)
    assert str(refusal) == "Test: HTTP 503 to /obs"  # the query may hold a key


def test_what_lasts_is_asked_once() -> None:
    desk = Desk(text("<html>Access Denied</html>", 403))
    (refusal,), _, _ = ask(desk)
    assert (len(desk.asked), refusal.lasting) == (1, True)


def test_a_service_that_names_a_time_is_left_alone_until_then() -> None:
    desk = Desk(text("slow down", 429, retry_after="600"))
    (first, second), _, _ = ask(desk, 2)
    assert first.again_s == 600
    assert second.again_s == pytest.approx(600, abs=5)
    assert len(desk.asked) == 1


def test_a_short_retry_after_is_waited_for() -> None:
    (answer,), clock, _ = ask(Desk(text("slow down", 429, retry_after="7"), text("one")))
    assert answer.body == b"one"
    assert 7 in clock.waits


def test_while_a_service_wants_rest_no_other_question_is_sent() -> None:
    desk = Desk(text("slow down", 429, retry_after="60"), text("one"))

    async def go() -> None:
        clock = Clock(NOON)
        async with serving(desk) as base:
            asker = client(base, clock, http.Manner(every_s=0.001, burst=9, at_once=2, tries=1))
            with pytest.raises(NoAnswer):
                await asker.get("/first")
            other = asyncio.ensure_future(asker.get("/second"))
            assert not (await asyncio.wait({other}, timeout=0.2))[0]
            other.cancel()
            await asker.close()

    asyncio.run(go())
    assert len(desk.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    desk = Desk(text("", 301, location="http://127.0.0.1:1/"))
    (refusal,), _, _ = ask(desk)
    assert (refusal.status, refusal.lasting) == (301, True)


def test_a_body_larger_than_allowed_is_dropped() -> None:
    (refusal,), _, _ = ask(Desk(text(b"x" * 2_000)), manner=http.Manner(every_s=0.001, largest=1_000))
    assert "more than 1000 bytes" in str(refusal)


def test_a_service_judges_its_own_words() -> None:
    def judge(name: str, reply: http.Reply) -> NoAnswer | None:
        return NoAnswer(name, reply.body.decode(), again_s=3_000.0)

    (refusal,), _, _ = ask(Desk(text("daily cost", 429)), judge=judge)
    assert (str(refusal), refusal.again_s) == ("daily cost", 3_000)


def test_a_date_to_come_back_at() -> None:
    assert http.retry_after({"retry-after": "Fri, 03 Jul 2026 12:01:00 GMT"}, NOON) == 60
    assert http.retry_after({"retry-after": "99999999999999"}, NOON) is None
    assert http.retry_after({}, NOON) is None


def part(desk: Desk, first: int, last: int | None):
    async def go():
        async with serving(desk) as base:
            asker = client(base, Clock(NOON))
            try:
                return [await asker.part("/file", first, last) for _ in range(2)]
            finally:
                await asker.close()

    return asyncio.run(go())


def test_some_bytes_of_a_file_are_asked_for_by_range_and_not_kept() -> None:
    desk = Desk(text("abc", 206, etag='"a"', cache_control="max-age=600"))
    found = part(desk, 5, 7)
    assert [answer.body for answer in found] == [b"abc", b"abc"]
    assert [(asked.headers["Range"], "If-None-Match" in asked.headers) for asked in desk.asked] == [
        ("bytes=5-7", False)
    ] * 2
    part(desk, 5, None)
    assert desk.asked[-1].headers["Range"] == "bytes=5-"


def test_who_passes_over_a_range_is_refused() -> None:
    desk = Desk(text("the whole file"))
    with pytest.raises(NoAnswer, match="sends whole files only"):
        part(desk, 0, 3)
    assert len(desk.asked) == 1


def test_a_service_that_was_never_reached_is_asked_once_and_one_that_was_ever_later() -> None:
    """Without a network a question took 128 s, since the Mesonet is asked six times."""

    async def go(port: int) -> None:
        clock = Clock(NOON)
        asker = client(f"http://127.0.0.1:{port}", clock, steady=lambda: clock.at / SECOND)
        with pytest.raises(NoAnswer, match="cannot be reached") as never:
            await asker.get("/obs")
        assert (never.value.unreached, asker.requests, clock.at) == (True, 1, NOON)
        asker.reached = True
        with pytest.raises(NoAnswer, match="cannot be reached") as again:
            await asker.get("/obs")
        assert (again.value.unreached, asker.requests) == (False, 1 + asker.manner.tries)
        await asker.close()

    with socket.socket() as taken:  # bound and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        asyncio.run(go(taken.getsockname()[1]))


def test_who_answers_was_reached_whatever_the_answer() -> None:
    _, _, asker = ask(Desk(text("busy", 503), text("busy", 503), text("busy", 503)))
    assert asker.reached


@pytest.mark.parametrize("codings", ["gzip, gzip", "gzip,identity, GZIP"])
def test_an_answer_that_is_packed_twice_is_refused_before_it_is_unpacked(codings: str) -> None:
    bomb = gzip.compress(gzip.compress(bytes(64 << 20)))  # some hundred bytes
    tracemalloc.start()
    try:
        (refused,), _, _ = ask(Desk(text(bomb, content_encoding=codings)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(refused, NoAnswer)
    assert (refused.lasting, most < 16 << 20) == (True, True)


def test_an_answer_that_is_packed_once_is_taken() -> None:
    (answer,), _, _ = ask(Desk(text(gzip.compress(b"hello"), content_encoding="gzip")))
    assert answer.body == b"hello"
