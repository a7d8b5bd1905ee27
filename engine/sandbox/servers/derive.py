"""Derive on the sandbox: HTTP and WebSocket over a floor of its own, every order's signature recovered and checked.

By HTTP a private call is proved by its headers, on the socket by `public/login`. Books are sent whole and numbered;
what goes wrong on the way is the fault desk's. Cancel on disconnect is a setting of the wallet that stays.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import msgspec
from aiohttp import web

from engine.core.units import SECOND
from engine.sandbox.servers import derive_words as words
from engine.sandbox.servers.derive_auth import Wallet, Wallets, Wrong
from engine.sandbox.servers.derive_floor import Floor
from engine.sandbox.servers.derive_house import House
from engine.sandbox.servers.derive_market import Index, contracts
from engine.sandbox.servers.derive_methods import MATCHING, Methods
from engine.sandbox.servers.derive_order import HOUSE, Fill, Order
from engine.sandbox.servers.derive_rfq import Quote, Request, RfqDesk
from engine.sandbox.servers.doors import Outlet, Outlets, guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.units import Nanos
    from engine.host.clock import Clock
    from engine.sandbox.servers.faults import FaultDesk

Json = dict[str, Any]
VENUE: Final = "derive"
PREFIX: Final = "/v3"
BODY: Final = 1 << 20
BURST_S: Final = 5
CHANNELS: Final = 2_000
"""That one connection may have."""


class Ground(Protocol):
    """What the venue stands on: a `World`, or as much of one as has a clock and faults."""

    seed: int
    start: Nanos
    clock: Clock
    wall: Callable[[], Nanos]
    desk: FaultDesk
    after: list[Callable[[], None]]


class Socket:
    """One connection: who it is, and what it follows."""

    def __init__(self, server: DeriveServer, outlet: Outlet) -> None:
        self.outlet = outlet
        self.wallet: Wallet | None = None
        self.channels: dict[str, None] = {}
        self._server = server

    def answer(self, text: str) -> None:
        """Do what a frame asks, and say what came of it."""
        number: object = None
        try:
            asked = msgspec.json.decode(text, type=dict[str, Any])
            number = asked.get("id")
            said: Json = {"result": self._done(str(asked.get("method")), asked.get("params"))}
        except Wrong as e:
            said = {"error": e.body}
        except (msgspec.DecodeError, ValueError, TypeError, KeyError) as e:
            said = {"error": {"code": -32602, "message": "Invalid params", "data": str(e)[:100]}}
        self.outlet.put(msgspec.json.encode({"id": number, **said}).decode(), "answer")

    def tell(self, channel: str, data: object) -> None:
        """Send a notification, if the channel is followed."""
        if channel in self.channels:
            frame = {"method": "subscription", "params": {"channel": channel, "data": data}}
            self.outlet.put(msgspec.json.encode(frame).decode(), channel)

    def _done(self, method: str, params: object) -> object:
        if not isinstance(params, dict):
            raise Wrong(-32602, "Invalid params", "params must be an object")
        if method == "public/login":
            self.wallet = self._server.wallets.login(
                params.get("wallet"), params.get("timestamp"), params.get("signature"), self._server.wall() // 10**6
            )
            return list(self.wallet.subaccounts)
        if method == "subscribe":
            return self._subscribe([str(one) for one in params.get("channels") or []])
        if method == "unsubscribe":
            for one in params.get("channels") or list(self.channels):
                self.channels.pop(str(one), None)
            return {"status": {}, "remaining_subscriptions": list(self.channels)}
        if method == "private/set_cancel_on_disconnect":
            if self.wallet is None:
                raise Wrong(14000, "Account not found", "log in first")
            if params.get("enabled") is not None:
                self.wallet.protects = bool(params["enabled"])
            return "ok"
        return self._server.method(method, params, self.wallet)

    def _subscribe(self, asked: list[str]) -> Json:
        status: dict[str, str] = {}
        if any(not one or len(one) > 200 for one in asked):
            raise Wrong(-32602, "Invalid params", "no name of a channel")
        for one in asked:
            status[one] = self._server.allows(one, self.wallet)
            if status[one] == "ok" and len(self.channels) < CHANNELS:
                self.channels[one] = None
        for one in asked:
            if status[one] == "ok":
                self._server.first(self, one)
        return {"status": status, "current_subscriptions": list(self.channels)}


class DeriveServer:
    """The venue as an aiohttp application."""

    def __init__(self, world: Ground, *, lively: bool = True, rate: float = 0.5, tps: int = 5) -> None:
        """Stand on a world's clock and fault desk.

        Parameters
        ----------
        lively : bool
            The index walks; still, nothing moves but by orders.
        rate : float, per second of the day's clock
            How likely the house takes one of the resting orders.
        tps : int
            Requests a second of either kind that an account may send.
        """
        self.world = world
        self._ids = random.Random(f"{world.seed} derive ids")
        self.wallets = Wallets()
        self.index = Index(world.seed, world.start, lively=lively)
        self.floor = Floor(contracts(world.start), self.index, self.new_id, self.clock)
        self.desk = RfqDesk(self.floor, self.wallets, self.new_id, self.clock, self.wall)
        self.methods = Methods(self.floor, self.wallets, self.desk, self.new_id, self.clock, self.wall)
        self.methods.tps = tps
        self.timeouts = 0
        """So many requests to come are done, and answered with 9000: the venue gave up waiting for itself."""
        self.sockets: list[Socket] = []
        self.outlets = Outlets(world.desk, VENUE)
        self._house = House(self.floor, self.new_id, random.Random(f"{world.seed} derive house"))
        self._rate = rate
        self._numbers: dict[str, int] = dict.fromkeys(self.floor.contracts, 0)
        self._tickers: dict[str, bytes] = {}
        self._spent: dict[tuple[str, str], list[float]] = {}
        self._touched: dict[str, None] = {}
        self.floor.listeners.append(self._hear)
        self.desk.listeners.append(self._hear)
        world.after.append(self.turn)
        self.turn()

    def clock(self) -> Nanos:
        """Return the day's time."""
        return self.world.clock.now()

    def wall(self) -> Nanos:
        """Return the time that clients sign by."""
        return self.world.wall()

    def new_id(self) -> str:
        """Return a fresh identifier in the form of a UUID."""
        return str(UUID(int=self._ids.getrandbits(128), version=4))

    def open_account(self, wallet: Wallet, cash: Any) -> Wallet:  # noqa: ANN401 - a Decimal
        """Know a wallet, and give its subaccounts a deposit each."""
        for number in wallet.subaccounts:
            self.floor.open_account(number, cash)
        return self.wallets.add(wallet)

    def calm(self) -> None:
        """Let the index stand and the house take nothing from now on."""
        self.index.lively, self._rate = False, 0.0

    def turn(self) -> None:
        """Let the day come to now: the walk, quotes, what expires; then tell of every book that changed."""
        at = self.clock()
        self.index.run(at)
        self.floor.expire(at // SECOND)
        self.desk.tidy()
        self._house.run(at // SECOND, self._rate)
        self.publish()

    def publish(self) -> None:
        """Send the books and tickers that changed since the last time."""
        touched, self._touched = self._touched, {}
        for name in touched:
            self._numbers[name] += 1
        if not self.sockets:
            return
        at = self.clock()
        for name in touched:
            self._tell_book(name, self.sockets)
        for name in {one.split(".")[1] for s in self.sockets for one in s.channels if one.startswith("ticker_slim.")}:
            said = words.slim(self.floor, self.floor.contracts[name], at)
            plain = msgspec.json.encode({key: value for key, value in said.items() if key != "t"})
            if self._tickers.get(name) != plain:
                self._tickers[name] = plain
                for socket in self.sockets:
                    self._tell_ticker(socket, name, said)

    # ---- channels

    def allows(self, channel: str, wallet: Wallet | None) -> str:
        """Return ``ok``, or why a channel is not given."""
        parts = channel.split(".")
        if parts[0] in {"orderbook", "ticker_slim", "trades"} and len(parts) > 1:
            wanted = {"orderbook": 4, "ticker_slim": 3, "trades": 2}[parts[0]]
            if parts[1] not in self.floor.contracts or len(parts) != wanted:
                return f"{{'instrument_name': ['No instrument {parts[1][:40]}']}}"
            return "ok"
        if parts[-1] in {"orders", "trades", "balances", "quotes"} and len(parts) == 2:
            own = wallet is not None and parts[0].isdecimal() and int(parts[0]) in wallet.subaccounts
            return "ok" if own else "Unauthorized"
        if parts[-1] == "rfqs" and len(parts) == 2:
            return "ok" if wallet is not None and parts[0].lower() == wallet.owner.lower() else "Unauthorized"
        return "Channel not found"

    def first(self, socket: Socket, channel: str) -> None:
        """Send what a new subscription begins with: a whole book, a ticker."""
        kind, _, rest = channel.partition(".")
        if kind == "orderbook":
            self._tell_book(rest.split(".")[0], [socket])
        elif kind == "ticker_slim":
            name = rest.split(".")[0]
            self._tell_ticker(socket, name, words.slim(self.floor, self.floor.contracts[name], self.clock()))

    def _tell_book(self, name: str, sockets: list[Socket]) -> None:
        said: dict[int, Json] = {}
        for socket in sockets:
            for channel in socket.channels:
                if channel.startswith(f"orderbook.{name}."):
                    depth = int(channel.rpartition(".")[2])
                    if depth not in said:
                        said[depth] = words.book(self.floor, name, self._numbers[name], self.clock(), depth)
                    socket.tell(channel, said[depth])

    def _tell_ticker(self, socket: Socket, name: str, said: Json) -> None:
        for channel in socket.channels:
            if channel.startswith(f"ticker_slim.{name}."):
                socket.tell(channel, {"instrument_ticker": said, "timestamp": said["t"]})

    def _hear(self, kind: str, what: object) -> None:
        if kind == "book":
            self._touched[str(what)] = None
        elif isinstance(what, Order) and what.account != HOUSE:
            self._tell_all(f"{what.account}.orders", [words.order(what)])
        elif isinstance(what, Fill) and kind == "print":
            self._tell_all(f"trades.{what.contract.name}", [words.printed(what, self.floor)])
        elif isinstance(what, Fill) and what.account != HOUSE:
            self._tell_all(f"{what.account}.trades", [words.trade(what, self.floor)])
        elif isinstance(what, Quote):
            self._tell_all(f"{what.account}.quotes", [what.words(self.clock())])
        elif isinstance(what, Request):
            for socket in self.sockets:
                for channel in list(socket.channels):
                    if channel.endswith(".rfqs"):
                        socket.tell(channel, [what.words(self.clock())])

    def _tell_all(self, channel: str, data: object) -> None:
        for socket in self.sockets:
            socket.tell(channel, data)

    # ---- requests

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[guard(self.world.desk, VENUE, _refuse)], client_max_size=BODY)  # type: ignore[list-item]
        app.router.add_post(PREFIX + "/{scope}/{method}", self._http)
        app.router.add_get(PREFIX + "/ws", self._socket)
        return app

    def method(self, name: str, params: Json, wallet: Wallet | None) -> object:
        """Do what a method does; Wrong where the venue says no."""
        self.turn()
        if name in self.methods.public:
            return self.methods.public[name](params)
        if name not in self.methods.private:
            raise Wrong(-32601, "Method not found", name[:60])
        if wallet is None:
            raise Wrong(14000, "Account not found", "nobody is logged in")
        self._spend(wallet, "matching" if name in MATCHING else "other")
        try:
            said = self.methods.private[name](wallet, params)
        finally:
            self.publish()
        if name in MATCHING and self.timeouts:
            self.timeouts -= 1
            raise Wrong(9000, "Order confirmation timeout")
        return said

    def _spend(self, wallet: Wallet, kind: str) -> None:
        """Take from an account's allowance, which five seconds refill; Wrong where nothing is left."""
        now = self.wall() / SECOND
        spent = self._spent.setdefault((wallet.owner, kind), [])
        spent[:] = [at for at in spent if now - at < BURST_S]
        if len(spent) >= self.methods.tps * BURST_S:
            raise Wrong(-32000, "Rate limit exceeded")
        spent.append(now)

    async def _http(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['scope']}/{request.match_info['method']}"
        raw = await request.read()
        try:
            params = msgspec.json.decode(raw) if raw else {}
            wallet = None
            if name.startswith("private/"):
                wallet = self.wallets.headers(request.headers, self.wall() // 10**6)
            said: Json = {"id": "", "result": self.method(name, params if isinstance(params, dict) else {}, wallet)}
        except Wrong as e:
            said = {"id": "", "error": e.body}
        except (msgspec.DecodeError, ValueError, TypeError, KeyError) as e:
            said = {"id": "", "error": {"code": -32602, "message": "Invalid params", "data": str(e)[:100]}}
        return web.Response(body=msgspec.json.encode(said), content_type="application/json")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        outlet = await self.outlets.prepare(request)
        socket = Socket(self, outlet)
        self.sockets.append(socket)
        writing = asyncio.create_task(outlet.run())
        try:
            async for text in outlet.messages():
                self.turn()
                socket.answer(text)
        finally:
            self.sockets.remove(socket)
            self.outlets.leave(outlet)
            writing.cancel()
            self._lost(socket.wallet)
        return outlet.ws

    def _lost(self, wallet: Wallet | None) -> None:
        """A connection ended: where the wallet asked for that, everything it had out is taken back."""
        if wallet is None or not wallet.protects:
            return
        for number in wallet.subaccounts:
            for order in self.floor.open_of(number):
                self.floor.cancel(order, "cod")
        self.desk.drop(wallet.subaccounts)
        self.publish()


def _refuse(status: int) -> web.Response:
    if status == 429:
        said = {"id": "", "error": {"code": -32000, "message": "Rate limit exceeded", "data": None}}
        return web.json_response(said, status=429)
    return web.json_response({"message": "no healthy upstream"}, status=status)
