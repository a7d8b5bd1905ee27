"""A request leaves in one write, once, on a connection that stands; whatever comes back is an answer or Broken."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.venues.direct import ALIVE_S, SPARE_S, Broken, Direct, Line, Reply, Sending, TooLarge
from tests.engine.venues.wires import Web, answers, reply, speaking, until

LARGEST = 10_000


def _ask(replies, use):
    async def main():
        async with answers(*replies) as web:
            direct = Direct(web.url, LARGEST)
            try:
                return await use(direct), web
            finally:
                await direct.close()

    return asyncio.run(main())


async def _post(direct, body=b"{}", headers=None):
    return await direct.request("POST", "/orders", headers or {}, body, Sending())


def test_a_request_says_what_it_must_and_the_answer_is_read():
    answer, web = _ask([reply(201, b"[1]", X_Thing="a")], lambda direct: _post(direct, b'{"a":1}', {"x-sig": "s"}))
    assert answer == Reply(201, {"content-length": "3", "x-thing": "a"}, b"[1]")
    head, _, body = web.seen[0].partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    assert lines[0] == "POST /orders HTTP/1.1"
    assert lines[1] == f"host: {web.url.removeprefix('http://')}"
    assert {"x-sig: s", "content-length: 7", "content-type: application/json", "accept-encoding: identity"} <= set(
        lines
    )
    assert body == b'{"a":1}'


@pytest.mark.parametrize(("method", "length"), [("POST", True), ("DELETE", False)])
def test_a_request_without_a_body_says_so_where_one_is_expected(method, length):
    _, web = _ask([reply(200)], lambda direct: direct.request(method, "/x", {}, b"", Sending()))
    assert (b"content-length: 0" in web.seen[0]) is length


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi", b"hi"),
    ],
)
def test_every_way_to_end_an_answer_is_known(raw, body):
    async def use(direct):
        return (await _post(direct)).body, (await _post(direct)).body

    bodies, web = _ask([raw], use)
    assert bodies == (body, body)
    assert len(web.seen) == 2


def test_an_answer_may_end_with_its_connection():
    async def last(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        await writer.drain()
        writer.write_eof()

    answer, _ = _ask([last], _post)
    assert answer.body == b"all of it"


def test_a_connection_is_used_again_and_two_at_once_have_one_each():
    ports = set()

    async def main():
        web = Web([reply(200, b"{}")])

        async def count(reader, writer):
            ports.add(writer.get_extra_info("peername"))
            await web.serve(reader, writer)

        async with speaking(count) as number:
            direct = Direct(f"http://127.0.0.1:{number}", LARGEST)
            await direct.warm()
            await direct.warm()
            for _ in range(5):
                await _post(direct)
            await until(lambda: len(ports) == 1)
            await asyncio.gather(*(_post(direct) for _ in range(3)))
            await until(lambda: len(ports) == 3)
            await direct.close()

    asyncio.run(main())


@pytest.mark.parametrize("farewell", [b"", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"])
def test_a_connection_closed_while_idle_is_not_written_to(farewell):
    async def once(writer):
        writer.write(reply(200, b"first"))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(farewell)
        writer.transport.abort() if not farewell else await asyncio.sleep(0.2)

    async def use(direct):
        assert (await _post(direct)).body == b"first"
        await until(lambda: not [line for line in direct._lines if line.usable])
        return await _post(direct)

    answer, web = _ask([once, reply(200, b"second")], use)
    assert answer.body == b"second"
    assert len(web.seen) == 2


def test_one_stays_ready_while_the_last_grows_old():
    async def main():
        async with speaking(Web([reply(200)]).serve) as number:
            direct = Direct(f"http://127.0.0.1:{number}", LARGEST)
            await direct.warm()
            (first,) = direct._lines
            await direct.warm()
            assert direct._lines == {first}, "nothing was asked on it, so it is no younger"
            first.idle_since -= ALIVE_S - SPARE_S + 1
            await direct.warm()
            (second,) = direct._lines - {first}
            first.idle_since -= SPARE_S
            second.idle_since -= ALIVE_S - SPARE_S + 1
            await direct.warm()
            assert direct._lines > {second}
            assert first not in direct._lines
            await direct.close()

    asyncio.run(main())


def test_a_connection_that_idled_for_long_is_not_trusted(monkeypatch):
    monkeypatch.setattr("engine.venues.direct.ALIVE_S", 0.0)

    async def use(direct):
        await direct.warm()
        (line,) = direct._lines
        await _post(direct)
        assert not line.usable

    _ask([reply(200)], use)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"garbage\r\n\r\n", Broken),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r\n" + b"x" * 20_000, TooLarge),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000, Broken),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20, Broken),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", Broken),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Broken),
    ],
)
def test_what_is_no_answer_is_broken_and_its_connection_gone(raw, error):
    async def use(direct):
        sending = Sending()
        with pytest.raises(error):
            await direct.request("POST", "/orders", {}, b"{}", sending)
        assert sending.begun
        assert not [line for line in direct._lines if line.usable]

    _, web = _ask([raw], use)
    assert len(web.seen) == 1


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/x\r\nx-evil: 1", {}),
        ("/x HTTP/1.1\n", {}),
        ("/x", {"x-sig": "a\r\nx-evil: 1"}),
        ("/x", {"x-sig\n": "a"}),
        ("/x", {"x-sig": "a\r"}),
        ("/x", {"x-sig": "é"}),
    ],
)
def test_a_header_cannot_become_two(target, headers):
    async def use(direct):
        sending = Sending()
        with pytest.raises(ValueError, match=r"more than one line|ascii"):
            await direct.request("POST", target, headers, b"", sending)
        assert not sending.begun

    _, web = _ask([reply(200)], use)
    assert web.seen == []


def test_who_stops_waiting_leaves_no_connection_behind():
    async def silence(writer):
        await asyncio.sleep(30)

    async def use(direct):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await _post(direct)
        assert not direct._lines

    _ask([silence], use)


def test_a_connection_that_was_cut_is_kept_nowhere():
    async def cut(writer):
        writer.transport.abort()

    async def use(direct):
        for _ in range(3):
            with pytest.raises(Broken):
                await _post(direct)
        assert not direct._lines

    _ask([cut, cut, cut], use)


def test_nobody_there_is_an_os_error_before_anything_was_sent():
    async def main():
        async with answers(reply(200)) as web:
            url = web.url
        sending = Sending()
        with pytest.raises(ConnectionRefusedError):
            await Direct(url, LARGEST).request("POST", "/x", {}, b"", sending)
        assert not sending.begun

    asyncio.run(main())


async def test_it_works_on_the_programs_own_loop(loop):
    async with answers(reply(200, b"{}")) as web:
        direct = Direct(web.url, LARGEST)
        assert (await _post(direct)).body == b"{}"
        await direct.close()


class _Wire(asyncio.Transport):
    """A transport that goes nowhere."""

    def write(self, data):
        pass

    def abort(self):
        pass


@settings(max_examples=200)
@given(
    st.lists(
        st.binary(max_size=60) | st.sampled_from([b"HTTP/1.1 200 OK\r\n", b"\r\n", b"content-length: 3\r\n"]),
        max_size=8,
    )
)
def test_any_bytes_end_as_an_answer_or_broken(pieces):
    async def main():
        line = Line(LARGEST)
        line.connection_made(_Wire())
        line.write("POST", b"", Sending())
        asked = asyncio.ensure_future(line.answer())
        await asyncio.sleep(0)
        for piece in pieces:
            line.data_received(piece)
        line.eof_received()
        line.connection_lost(None)
        with contextlib.suppress(Broken, TooLarge):
            assert isinstance(await asked, Reply)

    asyncio.run(main())
