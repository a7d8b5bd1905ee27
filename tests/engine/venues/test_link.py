"""A link comes back from whatever a network does, says so, and never queues without bound."""

from __future__ import annotations

import asyncio
import http
import random

import pytest
from websockets.frames import Frame, Opcode

from engine.core.errors import AuthFailed
from engine.core.events import BooksStale, LinkChanged, Trade
from engine.venues.frames import AT_ONCE
from engine.venues.link import Link
from tests.engine.venues.wires import VENUE, Room, Talker, now, running, sockets, speaking, until


def _link(talk, **options):
    options = {"first_wait_s": 0.001, "longest_wait_s": 0.01, **options}
    return Link(VENUE, "market", talk, now, random.Random(7), **options)


def _serving(handler, check, *, talk=Talker, server=None, **options):
    """Run a link against a server until `check` returns."""

    async def main():
        async with sockets(handler, **(server or {})) as url:
            room, talker = Room(), talk(url)
            link = _link(talker, **options)
            async with running(link.run(room)):
                await check(link, talker, room)
            return link, talker, room

    return asyncio.run(main())


async def _numbers(socket):
    assert await socket.recv() == "subscribe"
    for n in range(3):
        await socket.send(str(n))
    await socket.wait_closed()


def test_frames_become_events_after_the_subscription():
    async def check(link, talk, room):
        await until(lambda: len(room.of(Trade)) == 3)
        assert link.stats.up

    link, _, room = _serving(_numbers, check)
    first, *trades = room.events
    assert (first.up, first.channel, first.venue) == (True, "market", VENUE)
    assert [trade.price for trade in trades] == [0, 1, 2]
    assert link.stats.frames == 3
    assert link.stats.heard_at == trades[-1].at


def test_a_cut_is_told_and_mended_with_a_fresh_dial_and_subscription():
    attempts = []

    async def cut_twice(socket):
        attempts.append(socket.request.headers["x-attempt"])
        await socket.recv()
        await socket.send("1")
        if len(attempts) < 3:
            socket.transport.abort()
        await socket.wait_closed()

    async def check(link, talk, room):
        await until(lambda: len(room.of(Trade)) == 3)

    link, talk, room = _serving(cut_twice, check)
    assert attempts == ["1", "2", "3"]
    assert [event.up for event in room.of(LinkChanged)] == [True, False, True, False, True]
    assert {event.why for event in room.of(LinkChanged) if not event.up} == {"the connection was cut"}
    assert len(room.of(BooksStale)) == 2, "books are stale before the link is called down"
    assert link.stats.reconnects == 2
    assert talk.endings == ["the connection was cut"] * 2


def test_an_unreachable_host_is_said_once_and_tried_again():
    async def main():
        async with sockets(_numbers) as url:
            pass
        room, talk = Room(), Talker(url)
        async with running(_link(talk).run(room)):
            await until(lambda: talk.dials >= 5)
        assert [(event.up, event.why) for event in room.events] == [(False, "cannot be reached")]

    asyncio.run(main())


def test_the_back_off_is_full_jitter_of_a_seeded_generator():
    link = _link(Talker(""), first_wait_s=0.25, longest_wait_s=30.0)
    twin = random.Random(7)
    for failures in range(1, 33):
        link._failures = failures
        assert link._back_off() == twin.uniform(0.0, min(0.25 * 2.0 ** (failures - 1), 30.0))


def test_a_half_open_peer_is_noticed_by_its_pings():
    gone = asyncio.Event()

    async def deaf(socket):
        await socket.recv()
        await socket.send("1")
        socket.transport.pause_reading()
        await gone.wait()
        socket.transport.abort()

    async def check(link, talk, room):
        await until(lambda: talk.endings)
        gone.set()

    _, talk, _ = _serving(deaf, check, ping_s=0.1, server={"ping_interval": None})
    assert talk.endings[0] == "no answer to a ping within 0.1 s"


def test_silence_ends_a_link_whose_pings_are_answered():
    async def silent(socket):
        await socket.recv()
        await socket.send("1")
        await socket.wait_closed()

    async def check(link, talk, room):
        await until(lambda: link.stats.latency_ms is not None)
        await until(lambda: len(talk.endings) >= 2)

    _, talk, _ = _serving(silent, check, ping_s=0.05, silence_s=0.3)
    assert talk.endings[0] == "no data for 0.3 s, though the connection stood"


def test_an_oversized_frame_is_closed_with_1009_and_the_link_comes_back():
    codes = []

    async def flood(socket):
        await socket.recv()
        await socket.send("1" * 2_000 if not codes else "5")
        await socket.wait_closed()
        codes.append(socket.close_code)

    async def check(link, talk, room):
        await until(lambda: room.of(Trade))

    _, talk, room = _serving(flood, check, max_size=1_000)
    assert codes[0] == 1009
    assert talk.endings == ["a message was larger than 1000 bytes"]
    assert [trade.price for trade in room.of(Trade)] == [5]


def test_what_finds_no_room_is_counted_and_the_books_are_stale_before_anything_else_is_read():
    sent = []

    async def pour(socket):
        await socket.recv()
        for n in range(20_000):
            await socket.send(str(n))
            sent.append(n)
        await socket.wait_closed()

    async def check(link, talk, room):
        await until(lambda: len(room.of(Trade)) > 10)
        room.full = True
        await until(lambda: link.stats.overflow)
        frames = link.stats.frames
        await asyncio.sleep(0.2)
        assert link.stats.frames == frames, "nothing is read while there is no room"
        kept = len(room.events)
        room.full = False
        await until(lambda: len(room.events) > kept)
        assert isinstance(room.events[kept], BooksStale)
        assert room.events[kept].why == "overflow"
        await until(lambda: len(room.of(Trade)) > kept + 100)
        assert link.stats.up
        assert not talk.endings, "the socket lived on"

    link, _, _ = _serving(pour, check)
    assert link.stats.overflow == 1


def _pieces(text, cuts):
    """Frames of one message: whole, or cut into so many pieces with a ping between them."""
    data, found = text.encode(), []
    for n in range(cuts + 1):
        piece = data[n : n + 1] if n < cuts else data[n:]
        found.append(Frame(Opcode.TEXT if n == 0 else Opcode.CONT, piece, fin=n == cuts))
        found.append(Frame(Opcode.PING, b"p"))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_frame_overtakes_another_however_they_come(seed):
    """In pieces, many to a read, split anywhere, and with the inbox full now and then: what is let go is said."""
    rng = random.Random(seed)
    many = 3 * AT_ONCE
    said = b"".join(
        frame.serialize(mask=False)
        for n in range(many)
        for frame in _pieces(str(1_000 + n), rng.choice((0, 0, 0, 0, 1, 3)))
    )

    async def pour(socket):
        await socket.recv()
        left = said
        while left:
            size = rng.choice((3, 50, 900, len(left)))
            socket.transport.write(left[:size])
            left = left[size:]
            await asyncio.sleep(rng.choice((0, 0, 0.001)))
        await socket.wait_closed()

    class Stutters(Room):
        def __call__(self, event):
            self.full = type(event) is Trade and int(event.price) % 50 == 17
            return super().__call__(event)

    async def main():
        async with sockets(pour) as url:
            room, talk = Stutters(), Talker(url)
            link = _link(talk)
            async with running(link.run(room)):
                await until(lambda: link.stats.frames == many)
                await until(lambda: len(room.of(BooksStale)) == link.stats.overflow)
        return room, link

    room, link = asyncio.run(main())
    heard = [1_000 + n for n in range(many) if (1_000 + n) % 50 != 17]
    assert [int(trade.price) for trade in room.of(Trade)] == heard
    assert link.stats.overflow == many - len(heard) > 0
    at = [n for n, event in enumerate(room.events) if isinstance(event, BooksStale)]
    before = [int(room.events[n - 1].price) for n in at if isinstance(room.events[n - 1], Trade)]
    assert all(price % 50 == 16 for price in before), "the books are stale before anything else is read"
    assert not link._talk.endings


def test_the_usual_frame_needs_no_task_and_what_is_too_much_for_one_read_does(monkeypatch):
    tasks = []
    taken = Link._at_once
    monkeypatch.setattr(Link, "_at_once", lambda *a: (tasks.append(asyncio.current_task()), taken(*a))[1])

    async def pour(socket):
        await socket.recv()
        await asyncio.sleep(0.05)
        socket.transport.write(b"".join(Frame(Opcode.TEXT, b"%d" % n).serialize(mask=False) for n in range(200)))
        await socket.wait_closed()

    async def check(link, talk, room):
        await until(lambda: link.stats.frames == 200)

    _, _, room = _serving(pour, check)
    assert [int(trade.price) for trade in room.of(Trade)] == list(range(200))
    assert set(tasks) == {None}
    assert AT_ONCE <= len(tasks) < 200


def test_a_frame_of_several_events_counts_all_that_were_let_go():
    class Several(Talker):
        def frame(self, raw, at):
            return list(super().frame(raw, at)) * 5

    link = _link(Several(""))
    room = Room()
    taken = iter([True, True, False])
    assert not link._take(b"3", now(), lambda event: room(event) and next(taken))
    assert link.stats.overflow == 3


def test_an_unreadable_frame_is_counted_and_the_link_lives_on():
    async def garbled(socket):
        await socket.recv()
        for text in ("x", "\x00", "4"):
            await socket.send(text)
        await socket.send(b"\xff\xfe")
        await socket.send("5")
        await socket.wait_closed()

    async def check(link, talk, room):
        await until(lambda: len(room.of(Trade)) == 2)

    link, talk, _ = _serving(garbled, check)
    assert (link.stats.errors, link.stats.last_error) == (3, "no number")
    assert talk.endings == []


def test_a_fault_of_ours_ends_the_run_and_leaves_no_socket():
    gone = asyncio.Event()

    class Broken(Talker):
        def frame(self, raw, at):
            raise ZeroDivisionError

    async def once(socket):
        await socket.recv()
        await socket.send("1")
        await socket.wait_closed()
        gone.set()

    async def main():
        async with sockets(once) as url:
            with pytest.raises(ZeroDivisionError):
                await _link(Broken(url)).run(Room())
            await asyncio.wait_for(gone.wait(), 5)

    asyncio.run(main())


def test_a_beat_is_sent_and_so_is_what_is_asked():
    heard = []

    async def listen(socket):
        async for message in socket:
            heard.append(message)

    async def check(link, talk, room):
        assert await link.send("too early") is False
        talk.beats = "PING"
        await until(lambda: link.stats.up)
        assert await link.send("more") is True
        await until(lambda: {"more", "PING"} <= set(heard))

    link, _, _ = _serving(listen, check, beat_s=0.05)
    assert heard[0] == "subscribe"
    assert asyncio.run(link.send("too late")) is False


def test_a_dropped_link_comes_back_and_says_why():
    async def check(link, talk, room):
        link.drop("nothing to drop yet")
        await until(lambda: len(room.of(Trade)) == 3)
        link.drop("a gap that cannot be mended")
        await until(lambda: len(room.of(Trade)) == 6)

    _, talk, _ = _serving(_numbers, check)
    assert talk.endings == ["a gap that cannot be mended"]


@pytest.mark.parametrize(("status", "retry"), [(401, ""), (503, "2"), (429, "x")])
def test_a_refused_handshake_is_named_by_its_status(status, retry):
    async def main():
        def refuse(connection, request):
            answer = connection.respond(http.HTTPStatus(status), "<b>venue's own words</b>")
            if retry:
                answer.headers["Retry-After"] = retry
            return answer

        async with sockets(_numbers, process_request=refuse) as url:
            room, talk = Room(), Talker(url)
            link = _link(talk)
            await link._once(room)
            assert room.events[-1].why == f"the venue answered HTTP {status} instead of opening the stream"
            assert (link._back_off() >= 2.0) is (retry == "2")

    asyncio.run(main())


def test_a_redirect_is_never_followed():
    async def main():
        followed = []

        async def target(socket):
            followed.append(socket.request.headers)

        async with sockets(target) as other:

            def elsewhere(connection, request):
                answer = connection.respond(http.HTTPStatus.FOUND, "")
                answer.headers["Location"] = other
                return answer

            async with sockets(_numbers, process_request=elsewhere) as url:
                room = Room()
                await _link(Talker(url))._once(room)
        assert room.events[-1].why == "the venue answered HTTP 302 instead of opening the stream"
        assert followed == []

    asyncio.run(main())


@pytest.mark.parametrize("words", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_speaks_something_else_is_no_crash(words):
    async def main():
        async def speak(reader, writer):
            writer.write(words)
            await writer.drain()
            writer.write_eof()
            await reader.read()

        async with speaking(speak) as number:
            room = Room()
            await _link(Talker(f"ws://127.0.0.1:{number}"))._once(room)
        (down,) = room.events
        assert isinstance(down, LinkChanged)
        assert not down.up

    asyncio.run(main())


def test_a_handshake_that_never_ends_is_given_up():
    async def main():
        async def wait(reader, writer):
            await reader.read()

        async with speaking(wait) as number:
            room = Room()
            await _link(Talker(f"ws://127.0.0.1:{number}"), open_s=0.1)._once(room)
        assert room.events[-1].why == "no connection within 0.1 s"

    asyncio.run(main())


def test_keys_that_cannot_sign_are_a_down_link_not_a_crash():
    class Unsigned(Talker):
        def dial(self):
            raise AuthFailed(VENUE, "the key cannot sign")

    room = Room()
    asyncio.run(_link(Unsigned(""))._once(room))
    assert room.events[-1].why == "the key cannot sign"


async def test_it_works_on_the_programs_own_loop(loop):
    async with sockets(_numbers) as url:
        room = Room()
        async with running(_link(Talker(url)).run(room)):
            await until(lambda: len(room.of(Trade)) == 3)
    assert [trade.price for trade in room.of(Trade)] == [0, 1, 2]
