"""Polymarket in the sandbox: CLOB, catalogue and Data API as three applications over one floor.

The venue keeps them on three hosts; here each has a port. The CLOB's port also has both WebSocket channels, and of
the relayer the one call that asks whether a wallet exists (in the sandbox every wallet does).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from engine.sandbox.servers.doors import Outlets, guard, serve
from engine.sandbox.servers.gamma import Gamma
from engine.sandbox.servers.polymarket_auth import Keys
from engine.sandbox.servers.polymarket_catalogue import Catalogue
from engine.sandbox.servers.polymarket_data import Data
from engine.sandbox.servers.polymarket_desk import DEPOSIT, Desk
from engine.sandbox.servers.polymarket_http import RATES, Limits, answer, refusals
from engine.sandbox.servers.polymarket_private import RESTARTING, Mode, Private
from engine.sandbox.servers.polymarket_reads import Reads
from engine.sandbox.servers.polymarket_streams import MarketChannel, UserChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from aiohttp.typedefs import Handler, Middleware

    from engine.core.instrument import Family
    from engine.core.units import Nanos
    from engine.sandbox.floor import Floor
    from engine.sandbox.servers.faults import FaultDesk
    from engine.sandbox.servers.polymarket_http import Rate
    from engine.sandbox.servers.world import World

    Now = Callable[[], Nanos]

CLOB: Final = "polymarket"
GAMMA: Final = "gamma"
DATA: Final = "polymarket-data"
"""What the fault desk calls the three."""
MOST_BYTES: Final = 1 << 20
WORDS: Final = {425: RESTARTING, 503: "service unavailable"}


class Polymarket:
    """The venue, ready to serve."""

    def __init__(
        self, floor: Floor, families: Mapping[str, Family], faults: FaultDesk, now: Now, wall: Now,
        *, seed: int = 1, speed: float = 1.0, deposit: Decimal = DEPOSIT,
        rates: Mapping[str, Sequence[Rate]] = RATES,
    ) -> None:  # fmt: skip
        """Stand on a floor.

        Parameters
        ----------
        families : mapping
            Titles of what is listed; read whenever asked for.
        now, wall : callable
            The day's time, once everything due has happened, and UTC: what clients sign with.
        seed : int
            Of the API keys.
        speed : float, > 0
            Of the day against the wall.
        rates : mapping
            Limits by name; the venue's own unless a test wants to meet them.
        """
        self._faults = faults
        self._now = now
        self._outlets = Outlets(faults, CLOB)
        self._runners: list[web.AppRunner] = []
        self._limits = Limits(wall, rates)
        self.desk = Desk(
            floor, Catalogue(floor, families), Keys(seed), now, wall, _later, speed=speed, deposit=deposit
        )  # fmt: skip
        self._reads = Reads(self.desk)
        self._private = Private(self.desk, self._limits)
        self._market = MarketChannel(self._outlets, self.desk, self._reads, _later)
        self._user = UserChannel(self._outlets, self.desk)

    @classmethod
    def of(cls, world: World) -> Polymarket:
        """Return the venue of a simulated day."""
        return cls(
            world.floor, world.crowding.families, world.desk, world.now, world.wall, seed=world.seed,
            speed=world.speed,
        )  # fmt: skip

    @property
    def mode(self) -> Mode:
        """What the matching engine takes just now."""
        return self._private.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._private.mode = mode

    async def open(self) -> dict[str, str]:
        """Serve everything on 127.0.0.1; return where: ``clob``, ``gamma``, ``data``, ``ws_market``, ``ws_user``."""
        found: dict[str, str] = {}
        for name, app in (("clob", self.clob()), ("gamma", self.gamma()), ("data", self.data())):
            runner, at = await serve(app)
            self._runners.append(runner)
            found[name] = f"http://127.0.0.1:{at}"
        sockets = found["clob"].replace("http", "ws")
        return found | {f"ws_{name}": f"{sockets}/ws/{name}" for name in ("market", "user")}

    async def close(self) -> None:
        """Stop serving; sockets are closed as by a server that goes away."""
        self._outlets.close()
        runners, self._runners = self._runners, []
        for runner in runners:
            await runner.cleanup()

    def clob(self) -> web.Application:
        """Return the CLOB: REST, ``/ws/market`` and ``/ws/user``, and ``/deployed`` of the relayer."""
        channels = [web.get("/ws/market", self._market.serve), web.get("/ws/user", self._user.serve)]
        relayer = [web.get("/deployed", _deployed)]
        return self._app(
            CLOB, [*self._reads.routes(), *self._private.routes(), *channels, *relayer], lambda _: ["clob"]
        )

    def gamma(self) -> web.Application:
        """Return the catalogue."""

        def spent(request: web.Request) -> list[str]:
            kind = request.path.split("/")[1]
            return ["gamma", *([f"gamma {kind}"] if kind in ("markets", "events") else [])]

        return self._app(GAMMA, Gamma(self.desk, self._reads).routes(), spent)

    def data(self) -> web.Application:
        """Return the Data API."""

        def spent(request: web.Request) -> list[str]:
            return ["data", f"data {request.path.rpartition('/')[2]}"]

        return self._app(DATA, Data(self.desk, self._reads).routes(), spent)

    def _app(
        self, venue: str, routes: Sequence[web.RouteDef], spent: Callable[[web.Request], Sequence[str]]
    ) -> web.Application:
        stages: list[Any] = [guard(self._faults, venue, _refuse), refusals, self._counted(spent)]
        app = web.Application(middlewares=stages, client_max_size=MOST_BYTES)
        app.router.add_routes(routes)
        return app

    def _counted(self, spent: Callable[[web.Request], Sequence[str]]) -> Middleware:
        """Return what runs before each handler: the limits by address, and the day up to now."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            for what in spent(request):
                self._limits.spend(request.remote or "", what)
            self._now()
            return await handler(request)

        return count


def _refuse(status: int) -> web.Response:
    """Return what the edge in front of the venue answers."""
    if status == 429:
        return answer({"error": "rate limit exceeded", "retry_after_seconds": 1}, 429, {"Retry-After": "1"})
    return answer({"error": WORDS.get(status, "internal server error")}, status)


async def _deployed(request: web.Request) -> web.Response:
    return answer({"deployed": bool(request.query.get("address"))})


def _later(seconds: float, what: Callable[[], None]) -> None:
    """Call something later; before a loop runs nobody is connected, and nothing is owed to anybody."""
    with suppress(RuntimeError):
        asyncio.get_running_loop().call_later(seconds, what)
