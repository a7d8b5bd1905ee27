"""Both weather services of a world whose clock stands until it is told, and clients of ours that ask them."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

import resources
from engine.core.ids import StationId
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Nanos
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.weather import WeatherServer
from engine.sandbox.servers.world import World
from engine.sources import iem_client, nws_client
from engine.sources.http import Client, Manner
from engine.sources.iem_client import Iem
from engine.sources.nws_client import Nws
from tests.engine.sandbox.servers.plain import StillClock, world

MDW = StationId("KMDW")
NYC = StationId("KNYC")
MANNER = Manner(every_s=0.001, burst=50, at_once=4, tries=3)


@dataclass
class Stage:
    """A world, its services' addresses, and our clients."""

    world: World
    clock: StillClock
    server: WeatherServer
    iem: Iem
    nws: Nws
    addresses: tuple[str, str]
    session: aiohttp.ClientSession
    waits: list[float]

    async def sleep(self, seconds: float) -> None:
        """Move the day's clock instead of waiting."""
        self.waits.append(seconds)
        self.clock.move(seconds)

    def rows(self, *names: str) -> list[StationRow]:
        return [StationRow(**row) for row in resources.load_stations() if row["id"] in names]


@asynccontextmanager
async def stage():
    made, clock = world()
    server = WeatherServer(made)
    runners, addresses = [], []
    for app in (server.iem(), server.nws()):
        runner, port = await serve(app)
        runners.append(runner)
        addresses.append(f"http://127.0.0.1:{port}")
    minutes = {StationId(row["id"]): row["routine_minute"] for row in resources.load_stations()}
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.at = Nanos(clock.at + round(seconds * SECOND))

    def client(name: str, base: str, judge) -> Client:
        return Client(
            name, base, clock.now, rng=random.Random(1), manner=MANNER, contact="desk@example.org", judge=judge,
            sleep=sleep,
        )  # fmt: skip

    clients = client("IEM", addresses[0], iem_client.judge), client("NWS", addresses[1], nws_client.judge)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        try:
            yield Stage(
                made,
                clock,
                server,
                Iem(clients[0], minutes),
                Nws(clients[1], minutes),
                tuple(addresses),
                session,
                waits,
            )
        finally:
            for asker in clients:
                await asker.close()
            for runner in runners:
                await runner.cleanup()
