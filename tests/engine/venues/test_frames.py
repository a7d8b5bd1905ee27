"""What a socket says reaches its reader as it was sent, however the network cut it; the rest is the library's."""

import asyncio
import contextlib
import random

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from engine.venues.dialling import Dial, connected
from engine.venues.frames import AT_ONCE
from tests.scale import scale

TEXT, BINARY, CONT, PING = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING


@contextlib.asynccontextmanager
async def opened(max_size=1 << 20):
    """Open a socket to a server that says nothing; yield our side and what pongs the server got."""
    pongs = []

    async def stand(socket):
        received = socket.process_event

        def process_event(event):
            if type(event) is Frame and event.opcode is Opcode.PONG:
                pongs.append(bytes(event.data))
            received(event)

        socket.process_event = process_event
        with contextlib.suppress(ConnectionClosed):
            await socket.recv()

    async with serve(stand, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = server.sockets[0].getsockname()[1]
        socket = await connected(Dial(f"ws://127.0.0.1:{port}"), 5.0, 60.0, max_size)
        try:
            yield socket, pongs
        finally:
            socket.reader = None
            socket.transport.abort()
            await socket.wait_closed()


def whole(opcode, data, *, fin=True):
    return Frame(opcode, data, fin=fin).serialize(mask=False)


def some_messages(chance):
    """Return messages as they are meant, and as the bytes of their frames, with pings among them."""
    meant, raw, pings = [], [], []
    for n in range(chance.randint(5, 60)):
        size = chance.choice((0, 1, 125, 126, 127, 300, 300, 300, 65_535, 65_536, 70_000))
        data = bytes([n]) + chance.randbytes(max(0, size - 1)) if size else b""
        meant.append(data)
        opcode = chance.choice((TEXT, BINARY))
        if chance.random() < 0.2:
            cut = chance.randint(0, len(data))
            raw.append(whole(opcode, data[:cut], fin=False))
            if chance.random() < 0.5:
                raw.append(whole(PING, pings_of(n, pings)))
            raw.append(whole(CONT, data[cut:]))
        else:
            raw.append(whole(opcode, data))
        if chance.random() < 0.2:
            raw.append(whole(PING, pings_of(n, pings)))
    return meant, b"".join(raw), pings


def pings_of(n, pings):
    pings.append(b"%d-%d" % (n, len(pings)))
    return pings[-1]


def pieces(chance, raw):
    """Cut bytes as networks do: mostly where a frame ends or not at all, or anywhere."""
    while raw:
        size = chance.choice((1, 2, 3, 50, 129, 304, 1_000, 20_000, 200_000))
        yield raw[:size]
        raw = raw[size:]


@pytest.mark.parametrize("part", range(4))
def test_every_message_is_heard_once_and_in_order(part):
    async def run(seed):
        chance = random.Random(seed)
        meant, raw, pings = some_messages(chance)
        heard = []

        def reader(data):
            if chance.random() < 0.1:
                return False
            heard.append(data)
            return True

        async with opened() as (socket, pongs):
            if chance.random() < 0.8:
                socket.reader = reader
            for piece in pieces(chance, raw):
                socket.data_received(piece)
                while socket._waiting and chance.random() < 0.8:
                    async with asyncio.timeout(5):
                        heard.append(await socket.recv(decode=False))
                    socket.done()
                socket.reader = reader if chance.random() < 0.9 else None
            while socket._waiting:
                async with asyncio.timeout(5):
                    heard.append(await socket.recv(decode=False))
                socket.done()
            assert heard == meant, seed
            async with asyncio.timeout(5):
                while pongs != pings:  # noqa: ASYNC110 - the server is another's
                    await asyncio.sleep(0.001)

    async def runs():
        for seed in range(part * 1_000, part * 1_000 + scale(100) // 4):
            await run(seed)

    asyncio.run(runs())


def test_a_usual_frame_does_not_go_through_the_library():
    async def run():
        async with opened() as (socket, _):
            shown, heard = [], []
            process = socket.process_event
            socket.process_event = lambda event: (shown.append(event), process(event))
            socket.reader = lambda data: heard.append(data) or True
            socket.data_received(whole(PING, b"?"))  # with it the library is at a frame's end
            shown.clear()
            for n in range(10):
                socket.data_received(whole(TEXT, b"%d" % n))
            socket.data_received(whole(TEXT, b"10") + whole(BINARY, b"x" * 400) + whole(TEXT, b""))
            assert not shown
            assert heard == [*(b"%d" % n for n in range(11)), b"x" * 400, b""]
            socket.data_received(whole(TEXT, b"x" * 70_000) + whole(TEXT, b"after it"))
            assert len(shown) == 2, "what is longer is for the library to hold against what is taken"
            assert heard[-1] == b"after it"

    asyncio.run(run())


def test_a_spree_is_left_to_the_task_that_reads():
    async def run():
        async with opened() as (socket, _):
            heard = []
            socket.reader = lambda data: heard.append(data) or True
            socket.data_received(whole(PING, b"?"))
            socket.data_received(b"".join(whole(TEXT, b"%d" % n) for n in range(AT_ONCE + 3)))
            assert len(heard) == AT_ONCE
            socket.data_received(whole(TEXT, b"behind them"))
            assert len(heard) == AT_ONCE, "it does not overtake what waits"
            left = []
            for _ in range(4):
                left.append(await socket.recv(decode=False))
                socket.done()
            assert left == [*(b"%d" % n for n in range(AT_ONCE, AT_ONCE + 3)), b"behind them"]
            assert not socket.refused

    asyncio.run(run())


def test_a_frame_for_which_there_was_no_room_is_shown_once():
    async def run():
        async with opened() as (socket, _):
            shown = []
            socket.reader = lambda data: shown.append(data) or data != b"b"
            socket.data_received(whole(PING, b"?"))
            socket.data_received(whole(TEXT, b"a") + whole(TEXT, b"b") + whole(TEXT, b"c"))
            assert shown == [b"a", b"b"]
            assert socket.refused
            assert await socket.recv(decode=False) == b"b"
            socket.done()
            assert not socket.refused
            assert await socket.recv(decode=False) == b"c"
            socket.done()
            socket.data_received(whole(TEXT, b"d"))
            assert shown == [b"a", b"b", b"d"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (Frame(TEXT, b"masked").serialize(mask=True), 1002),
        (b"\xc1\x01x", 1002),
        (b"\x83\x01x", 1002),
        (whole(CONT, b"of nothing"), 1002),
        (whole(TEXT, b"begun", fin=False) + whole(TEXT, b"begun anew"), 1002),
        (whole(TEXT, b"x" * 100_001), 1009),
        (whole(TEXT, b"x" * 60_000, fin=False) + whole(CONT, b"x" * 60_000), 1009),
    ],
    ids=["masked", "reserved bit", "unknown kind", "continued", "begun twice", "too long", "too long in parts"],
)
def test_what_breaks_the_protocol_ends_the_connection_and_is_not_heard(raw, code):
    async def run():
        async with opened(max_size=100_000) as (socket, _):
            heard = []
            socket.reader = lambda data: heard.append(data) or True
            socket.data_received(whole(PING, b"?") + whole(TEXT, b"before"))
            socket.data_received(whole(TEXT, b"and this") + raw + whole(TEXT, b"after"))
            socket.data_received(whole(TEXT, b"later"))
            assert heard == [b"before", b"and this"]
            with pytest.raises(ConnectionClosed) as ended:
                async with asyncio.timeout(5):
                    await socket.recv()
            assert ended.value.sent.code == code

    asyncio.run(run())


def test_a_socket_that_takes_only_small_frames_has_the_library_measure_them():
    async def run():
        async with opened(max_size=1_000) as (socket, _):
            heard = []
            socket.reader = lambda data: heard.append(data) or True
            socket.data_received(whole(PING, b"?"))
            socket.data_received(whole(TEXT, b"x" * 1_000))
            socket.data_received(whole(TEXT, b"x" * 1_001))
            assert heard == [b"x" * 1_000]
            with pytest.raises(ConnectionClosed):
                await socket.recv()

    asyncio.run(run())
