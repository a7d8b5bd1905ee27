"""All servers of one simulated day, each on a port of its own, and their addresses."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.ids import KALSHI, InstrumentId, VenueId
from engine.sandbox import option_market
from engine.sandbox.offers import CENTS, MILLS
from engine.sandbox.servers.binance import BinanceServer
from engine.sandbox.servers.control import control
from engine.sandbox.servers.deribit import API as DERIBIT_API
from engine.sandbox.servers.deribit import SOCKET as DERIBIT_SOCKET
from engine.sandbox.servers.deribit import DeribitServer
from engine.sandbox.servers.derive import PREFIX as DERIVE_PREFIX
from engine.sandbox.servers.derive import DeriveServer
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault, Storm
from engine.sandbox.servers.kalshi import PREFIX, SOCKET, KalshiServer
from engine.sandbox.servers.polymarket import Polymarket
from engine.sandbox.servers.polymarket_private import Mode
from engine.sandbox.servers.rysk import RyskServer
from engine.sandbox.servers.rysk_taker import ASSETS, RyskTaker
from engine.sandbox.servers.weather import WeatherServer
from engine.venues.rysk.endpoints import PROD as RYSK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aiohttp import web

    from engine.sandbox.servers.kalshi_auth import KalshiKey
    from engine.sandbox.servers.world import World

Json = dict[str, Any]

STATUSES: Final = frozenset({"open", "paused"})
"""What a market can be told to be; it ends by the day's own timetable."""


class Sandbox:
    """Kalshi, Polymarket and Binance over one floor, options on floors of their own, requests, weather, faults."""

    def __init__(self, world: World, keys: Iterable[KalshiKey], token: str, *, tier: str = "basic") -> None:
        """Make the servers; nothing is open before `open`.

        Parameters
        ----------
        keys : iterable of KalshiKey
            Who may sign at Kalshi; their accounts are on the floor already.
        token : str
            Opens the fault desk's door.
        tier : str
            Of Kalshi's rate limits.
        """
        self.world = world
        self.kalshi = KalshiServer(world, keys, tier=tier)
        self.polymarket = Polymarket.of(world)
        self.binance = BinanceServer(world)
        self.deribit = DeribitServer(world, [], rate=5.0, burst=20.0)
        self.derive = DeriveServer(world)
        self.rysk = RyskServer(world.desk, RYSK, ASSETS, world.wall)
        self.taker = RyskTaker(world, self.deribit.bourse.market, self.rysk)
        self.weather = WeatherServer(world)
        self._token = token
        self._runners: list[web.AppRunner] = []
        self._day: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def open(self) -> Json:
        """Serve, let the day begin, and return the addresses by venue."""
        kalshi = await self._serve(self.kalshi.app())
        clob, gamma, data = [
            await self._serve(app) for app in (self.polymarket.clob(), self.polymarket.gamma(), self.polymarket.data())
        ]
        binance = await self._serve(self.binance.app())
        deribit = await self._serve(self.deribit.app())
        derive = await self._serve(self.derive.app()) + DERIVE_PREFIX
        rysk = await self._serve(self.rysk.app())
        iem, nws, crossing, models = [
            await self._serve(app)
            for app in (self.weather.iem(), self.weather.nws(), self.weather.crossing(), self.weather.models())
        ]
        door = await self._serve(control(self.world.desk, self._token, self.commands()))
        self._day = asyncio.create_task(self.world.run())
        self._asking = asyncio.create_task(self.taker.run())
        return {
            "kalshi": {"rest": f"http://{kalshi}{PREFIX}", "ws": f"ws://{kalshi}{SOCKET}"},
            "polymarket": {
                "rest": f"http://{clob}", "ws": f"ws://{clob}/ws/market", "clob": f"http://{clob}",
                "gamma": f"http://{gamma}", "data": f"http://{data}", "ws_market": f"ws://{clob}/ws/market",
                "ws_user": f"ws://{clob}/ws/user", "relayer": f"http://{clob}",
            },
            "binance": {"rest": f"http://{binance}", "ws": f"ws://{binance}"},
            "deribit": {"rest": f"http://{deribit}{DERIBIT_API}", "ws": f"ws://{deribit}{DERIBIT_SOCKET}"},
            "derive": {"rest": f"http://{derive}", "ws": f"ws://{derive}/ws"},
            "rysk": {"rest": f"http://{rysk}", "ws": f"ws://{rysk}"},
            "weather": {
                "iem": f"http://{iem}", "nws": f"http://{nws}", "visual_crossing": f"http://{crossing}/timeline",
                "hrrr": f"http://{models}/hrrr", "gefs": f"http://{models}/gefs",
            },
            "models": {
                "nbm": f"http://{models}/nbm", "ecmwf": f"http://{models}/ecmwf", "jma": f"http://{models}/open-meteo",
            },
            "faults": {"rest": f"http://{door}"},
        }  # fmt: skip

    async def close(self) -> None:
        """End the day and all connections."""
        for task in (self._day, self._asking):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        for runner in self._runners:
            await runner.cleanup()

    def order(self, faults: Iterable[Fault | Storm]) -> None:
        """Put faults in force."""
        for fault in faults:
            if isinstance(fault, Storm):
                self.world.desk.storm(fault)
            else:
                self.world.desk.add(fault)

    async def run(self) -> None:
        """Wait for the day, which ends only by `close` or by a fault of its own."""
        if self._day is not None:
            await self._day

    def commands(self) -> dict[str, Callable[[Mapping[str, str]], None]]:
        """Return what the door can be asked to do beside faults."""
        return {
            "binance.day_over": lambda _: self.binance.end_day(),
            "binance.shutdown": lambda _: self.binance.announce_shutdown(),
            "polymarket.mode": self._mode,
            "market": self._market,
            "kalshi.grid": self._grid,
            "kalshi.fail": self._fail,
            "deribit.lock": self._lock,
            "deribit.ask": self._ask,
            "derive.timeout": self._timeout,
            "rysk.ask": self._want,
            "weather.models": self.weather.runs.order,
        }

    def _mode(self, asked: Mapping[str, str]) -> None:
        self.polymarket.mode = Mode(asked["mode"])

    def _market(self, asked: Mapping[str, str]) -> None:
        name, status = InstrumentId(VenueId(asked["venue"]), asked["symbol"]), asked["status"]
        now = self.world.floor.instruments[name].status
        if status not in STATUSES or now not in STATUSES:
            msg = f"a market that is {now} cannot be told to be {status[:20]!r}"
            raise ValueError(msg)
        self.world.floor.set_status(name, status)

    def _grid(self, asked: Mapping[str, str]) -> None:
        """Give a Kalshi market tenths of a cent, or cents again; orders off the new grid stay where they are."""
        name = InstrumentId(KALSHI, asked["symbol"])
        grid = {"0.01": CENTS, "0.001": MILLS}[asked["step"]]
        self.world.floor.regrid(name, grid)

    def _fail(self, asked: Mapping[str, str]) -> None:
        for session in self.kalshi.sessions:
            session.fail(int(asked["code"]))

    def _lock(self, asked: Mapping[str, str]) -> None:
        """Lock the markets of an index on Deribit, or open them again."""
        self.deribit.lock(asked.get("index", "btc_usd"), locked=asked.get("locked", "true") == "true")

    def _ask(self, asked: Mapping[str, str]) -> None:
        """Let a taker on Deribit ask for an amount of one instrument."""
        name = asked["symbol"]
        self.deribit.desk.instrument(name)
        self.deribit.requests.ask([(name, "buy", 1)], Decimal(asked.get("amount", "25")))

    def _want(self, asked: Mapping[str, str]) -> None:
        """Let a taker on Rysk ask now, for an option of the simulated day or for one of his choice."""
        terms = option_market.terms_of(asked["symbol"]) if "symbol" in asked else None
        self.taker.ask(terms, Decimal(asked["amount"]) if "amount" in asked else None)

    def _timeout(self, asked: Mapping[str, str]) -> None:
        """Let the next matching requests be done, and be answered as if the venue did not know."""
        self.derive.timeouts = int(asked.get("count", "1"))

    async def _serve(self, app: web.Application) -> str:
        runner, port = await serve(app)
        self._runners.append(runner)
        return f"127.0.0.1:{port}"
