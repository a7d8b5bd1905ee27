"""Each fault, seen to act by a plain client against a small server that counts what reached it."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from itertools import count

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from engine.sandbox.servers.control import control
from engine.sandbox.servers.doors import Outlets, guard, serve
from engine.sandbox.servers.faults import Fault, FaultDesk, Storm

QUICK = aiohttp.ClientTimeout(total=0.3)
TOKEN = "sesame"


class Small:
    """A venue that counts orders and counts aloud on its sockets."""

    def __init__(self) -> None:
        ticks = count()
        self.desk = FaultDesk(random.Random(1), lambda: next(ticks) / 1000)
        self.outlets = Outlets(self.desk, "small")
        self.done = 0

    async def order(self, _: web.Request) -> web.Response:
        self.done += 1
        return web.json_response({"done": self.done})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        outlet = await self.outlets.prepare(request)
        writer = asyncio.create_task(outlet.run())
        async for said in outlet.messages():
            for number in range(int(said)):
                outlet.put(str(number), "tick")
        writer.cancel()
        self.outlets.leave(outlet)
        return outlet.ws

    def app(self) -> web.Application:
        refuse = lambda status: web.json_response({"error": "no"}, status=status)  # noqa: E731
        app = web.Application(middlewares=[guard(self.desk, "small", refuse, frozenset({"/status"}))])
        app.router.add_post("/order", self.order)
        app.router.add_get("/status", self.order)
        app.router.add_get("/ws", self.stream)
        return app


@asynccontextmanager
async def small():
    made = Small()
    runner, port = await serve(made.app())
    async with aiohttp.ClientSession(timeout=QUICK) as session:
        yield made, session, f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def post(session, base) -> int:
    """Return the status, or 0 when no answer came."""
    try:
        async with session.post(f"{base}/order") as answer:
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        ("drop", 0, 0), ("half_open", 0, 0), ("reset_after", 0, 1), ("lost_reply", 0, 1), ("throttle", 429, 0),
        ("error", 500, 0), ("error_after", 502, 1), ("latency", 200, 1), ("maintenance", 503, 0), ("duplicate", 200, 2),
    ],
)  # fmt: skip
def test_a_request_meets_its_fault_and_the_next_one_does_not(kind, status, done) -> None:
    async def go() -> None:
        async with small() as (made, session, base):
            number = made.desk.add(Fault(kind=kind, venue="small", channel="rest", match="POST /order"))
            if kind == "latency":
                made.desk.orders[0].fault.value = 0.01
            assert await post(session, base) == status
            assert made.done == done
            assert [a.kind for a in made.desk.acted] == [kind]
            made.desk.clear(number)
            assert await post(session, base) == 200

    asyncio.run(go())


async def frames(session, base, asked: int = 6) -> list[str]:
    """Ask for frames; return those that came before it was quiet, and how it ended."""
    got: list[str] = []
    async with session.ws_connect(f"{base}/ws", autoping=False) as ws:
        await ws.send_str(str(asked))
        with suppress(TimeoutError):
            while len(got) < asked + 1:
                message = await ws.receive(timeout=0.15 if len(got) < asked - 1 else 0.05)
                if message.type is not WSMsgType.TEXT:
                    got.append(f"{message.type.name} {message.data}")
                    break
                got.append(message.data)
    return got


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Fault(kind="gap", after=2), ["0", "1", "3", "4", "5"]),
        (Fault(kind="duplicate", after=2), ["0", "1", "2", "2", "3", "4", "5"]),
        (Fault(kind="reorder", after=2), ["0", "1", "3", "2", "4", "5"]),
        (Fault(kind="close", after=2, value=4001), ["0", "1", "CLOSE 4001"]),
        (Fault(kind="half_open", after=2), ["0", "1"]),
        (Fault(kind="latency", after=2, value=0.01), ["0", "1", "2", "3", "4", "5"]),
    ],
)
def test_a_frame_meets_its_fault(fault, seen) -> None:
    fault.channel, fault.match = "ws", "tick"

    async def go() -> None:
        async with small() as (made, session, base):
            made.desk.add(fault)
            assert await frames(session, base) == seen

    asyncio.run(go())


def test_a_dropped_socket_ends_without_a_close_frame() -> None:
    async def go() -> None:
        async with small() as (made, session, base):
            made.desk.add(Fault(kind="drop", channel="ws", after=2))
            got = await frames(session, base)
            assert got[:2] == ["0", "1"]
            assert got[2].split()[0] in {"CLOSED", "ERROR"}

    asyncio.run(go())


def test_open_sockets_are_struck_at_once() -> None:
    async def go() -> None:
        async with small() as (made, session, base), session.ws_connect(f"{base}/ws") as ws:
            await ws.send_str("1")
            assert (await ws.receive()).data == "0"
            made.desk.add(Fault(kind="close", channel="ws", value=1012))
            assert (await ws.receive()).data == 1012
            assert not made.desk.orders

    asyncio.run(go())


def test_a_handshake_can_be_refused() -> None:
    async def go() -> None:
        async with small() as (made, session, base):
            made.desk.add(Fault(kind="error", channel="connect", value=503))
            with pytest.raises(aiohttp.WSServerHandshakeError) as no:
                await session.ws_connect(f"{base}/ws")
            assert no.value.status == 503

    asyncio.run(go())


def test_maintenance_spares_what_says_so_and_closes_sockets() -> None:
    async def go() -> None:
        async with small() as (made, session, base), session.ws_connect(f"{base}/ws") as ws:
            made.desk.add(Fault(kind="maintenance"))
            assert (await ws.receive()).data == 1001
            assert await post(session, base) == 503
            async with session.get(f"{base}/status") as answer:
                assert answer.status == 200

    asyncio.run(go())


def test_a_storm_of_one_seed_hits_the_same_requests() -> None:
    seen = []
    for seed in (7, 7, 8):
        desk = FaultDesk(random.Random(0), lambda: 0.0)
        desk.storm(Storm(seed=seed, chance=0.2, kinds=("drop", "error", "gap")))
        seen.append([[f.kind for f in desk.take("x", "rest", str(i), ("drop", "error"))] for i in range(200)])
    assert seen[0] == seen[1] != seen[2]
    assert 40 <= sum(len(found) for found in seen[0]) <= 120


def test_a_fault_begins_and_ends_by_the_clock() -> None:
    now = [0.0]
    desk = FaultDesk(random.Random(0), lambda: now[0])
    desk.add(Fault(kind="drop", count=0, since=10, until=20))
    acted = []
    for second in (5, 15, 25):
        now[0] = float(second)
        acted.append(len(list(desk.take("x", "rest", "GET /", ("drop",)))))
    assert acted == [0, 1, 0]


def test_the_control_door_wants_its_token_and_says_what_acted() -> None:
    async def go() -> None:
        ticks = count()
        desk = FaultDesk(random.Random(1), lambda: float(next(ticks)))
        runner, port = await serve(control(desk, TOKEN))
        base = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession(timeout=QUICK) as session:
            async with session.get(f"{base}/faults") as answer:
                assert answer.status == 401
            session.headers["Authorization"] = f"Bearer {TOKEN}"
            async with session.post(f"{base}/faults", json={"kind": "drop", "venue": "small"}) as answer:
                assert (answer.status, await answer.json()) == (201, {"numbers": [1]})
            async with session.post(f"{base}/faults", json=[{"kind": "earthquake"}]) as answer:
                assert answer.status == 400
            async with session.post(f"{base}/storm", json={"seed": 3, "kinds": ["gap"]}) as answer:
                assert answer.status == 201
            assert [f.kind for f in desk.take("small", "rest", "GET /x", ("drop",))] == ["drop"]
            async with session.get(f"{base}/faults") as answer:
                told = await answer.json()
            assert [f["kind"] for f in told["faults"]] == ["gap"]
            assert [(a["kind"], a["what"]) for a in told["acted"]] == [("drop", "GET /x")]
            async with session.delete(f"{base}/faults") as answer:
                assert answer.status == 200
            assert not desk.orders
        await runner.cleanup()

    asyncio.run(go())
