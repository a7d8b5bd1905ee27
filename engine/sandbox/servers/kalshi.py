"""Kalshi's Trade API v2 on the sandbox floor, over HTTP and WebSocket.

Every private request and every handshake is signed; reads and writes cost tokens; what goes wrong is said in the
three shapes the venue uses. Books, orders and fills are the floor's.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from aiohttp import web

from engine.core.units import SECOND
from engine.sandbox.floor_order import FillMade, LevelChanged, Listing, Notice, OrderMoved, Paid, StatusSet, Traded
from engine.sandbox.servers import kalshi_words as words
from engine.sandbox.servers.doors import Outlets, guard
from engine.sandbox.servers.kalshi_auth import CANCEL_COST, COST, Gate, KalshiKey, Refusal, flat, nested
from engine.sandbox.servers.kalshi_orders import BATCH, Amend, Create, Decrease, Desk, Group, Named, OrderGroup
from engine.sandbox.servers.kalshi_reads import Reads
from engine.sandbox.servers.kalshi_stream import Session, life_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from engine.core.ids import InstrumentId
    from engine.sandbox.floor_order import Order
    from engine.sandbox.servers.doors import Handler
    from engine.sandbox.servers.world import World

Json = dict[str, Any]
T = TypeVar("T")

PREFIX: Final = "/trade-api/v2"
SOCKET: Final = "/trade-api/ws/v2"
VENUE: Final = "kalshi"
HEARTBEAT_S: Final = 10.0
BODY: Final = 1 << 20
OPEN_PATHS: Final = frozenset({f"{PREFIX}/exchange/status", f"{PREFIX}/exchange/schedule"})
PRIVATE: Final = ("/portfolio", "/account")


class Batch(msgspec.Struct):
    """Orders of one request, each still unread."""

    orders: list[msgspec.Raw]


class KalshiServer:
    """The venue as an aiohttp application."""

    def __init__(
        self, world: World, keys: Iterable[KalshiKey], *, tier: str = "basic", heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        """Stand on a world; `tier` sets the rate limits."""
        self.world = world
        self.gate = Gate(keys, tier)
        self.reads = Reads(world.floor, world.crowding)
        self.desk = Desk(world.floor)
        self.outlets = Outlets(world.desk, VENUE)
        self.sessions: list[Session] = []
        self._heartbeat_s = heartbeat_s
        self._opened = world.wall()
        self._known = set(world.floor.instruments)
        world.floor.listeners.append(self._hear)
        world.after.append(self.desk.settle_groups)
        self.desk.group_listeners.append(self._tell_group)

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(
            middlewares=[guard(self.world.desk, VENUE, _refuse, OPEN_PATHS), self._answers()],  # type: ignore[list-item]
            client_max_size=BODY,
        )
        for path, read in {**self._public_reads(), **self._account_reads()}.items():
            app.router.add_get(PREFIX + path, read)
        for method, path, write in self._writes():
            app.router.add_route(method, PREFIX + path, write)
        app.router.add_get(SOCKET, self._socket)
        return app

    def _writes(self) -> list[tuple[str, str, Handler]]:
        orders, groups = "/portfolio/events/orders", "/portfolio/order_groups"
        return [
            ("POST", orders, self._create),
            ("DELETE", orders, self._cancel_all),
            ("POST", f"{orders}/batched", self._create_batch),
            ("DELETE", f"{orders}/batched", self._cancel_batch),
            ("POST", f"{orders}/{{id}}/amend", self._amend),
            ("POST", f"{orders}/{{id}}/decrease", self._decrease),
            ("DELETE", f"{orders}/{{id}}", self._cancel),
            ("POST", f"{groups}/create", self._open_group),
            ("DELETE", f"{groups}/{{id}}", self._change_group),
            *(("PUT", f"{groups}/{{id}}/{what}", self._change_group) for what in ("reset", "trigger", "limit")),
        ]

    def _public_reads(self) -> dict[str, Handler]:
        reads = self.reads
        table: dict[str, Callable[[web.Request], Json]] = {
            "/exchange/status": lambda _: self._status(),
            "/exchange/schedule": lambda _: _schedule(),
            "/exchange/announcements": lambda _: {"announcements": []},
            "/exchange/user_data_timestamp": lambda _: {"as_of_time": words.iso(self.world.floor.at)},
            "/historical/cutoff": lambda _: self._cutoff(),
            "/series/fee_changes": lambda _: {"series_fee_change_arr": []},
            "/events/fee_changes": lambda _: {"event_fee_change_arr": [], "cursor": ""},
            "/series": lambda r: reads.all_series(r.query),
            "/series/{s}": lambda r: reads.one_series(r.match_info["s"]),
            "/events": lambda r: reads.events(r.query),
            "/events/{e}": lambda r: reads.one_event(r.match_info["e"], r.query),
            "/events/{e}/metadata": lambda r: reads.metadata(r.match_info["e"]),
            "/markets": lambda r: reads.markets(r.query),
            "/markets/trades": lambda r: reads.trades(r.query),
            "/markets/orderbooks": lambda r: reads.books(r.query.getall("tickers", [])),
            "/markets/{t}": lambda r: {"market": reads.market(reads.found(r.match_info["t"]))},
            "/markets/{t}/orderbook": lambda r: reads.book(r.match_info["t"], r.query),
        }
        return {path: self._public(answer) for path, answer in table.items()}

    def _account_reads(self) -> dict[str, Handler]:
        reads, floor = self.reads, self.world.floor
        table: dict[str, Callable[[web.Request, KalshiKey], Json]] = {
            "/portfolio/balance": lambda _, k: reads.balance(k.account),
            "/portfolio/positions": lambda r, k: reads.positions(k.account, r.query),
            "/portfolio/fills": lambda r, k: reads.account_fills(k.account, r.query),
            "/portfolio/settlements": lambda r, k: reads.settlements(k.account, r.query),
            "/portfolio/orders": lambda r, k: reads.orders(k.account, r.query, _user(k)),
            "/portfolio/orders/queue_positions": lambda r, k: reads.queue(k.account, r.query),
            "/portfolio/orders/{id}": lambda r, k: {"order": words.order(self._own(r, k), _user(k))},
            "/portfolio/orders/{id}/queue_position": lambda r, k: self._queue_position(r, k),
            "/portfolio/summary/total_resting_order_value": lambda _, k: {
                "total_resting_order_value": words.cents(floor.accounts[k.account].cash - floor.free(k.account))
            },
            "/portfolio/order_groups": lambda _, k: {"order_groups": self._groups(k)},
            "/portfolio/order_groups/{id}": lambda r, k: self._group(r, k),
            "/account/limits": lambda _, k: self._limits(),
            "/account/endpoint_costs": lambda _, k: _costs(),
        }
        return {path: self._private(answer) for path, answer in table.items()}

    # requests

    def _answers(self) -> object:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except Refusal as e:
                return web.json_response(e.body, status=e.status)
            except msgspec.DecodeError as e:
                said = flat(400, "invalid_parameters", details=str(e)[:200])
                return web.json_response(said.body, status=400)
            except web.HTTPNotFound:
                return web.json_response(nested(404, "not_found", "no such path").body, status=404)
            except web.HTTPMethodNotAllowed:
                return web.json_response(flat(405, "method_not_allowed").body, status=405)

        return middleware

    def _public(self, answer: Callable[[web.Request], Json]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            self.world.now()
            self.gate.spend(f"public {request.remote}", "read", COST, self._seconds)
            return web.json_response(answer(request))

        return handler

    def _private(self, answer: Callable[[web.Request, KalshiKey], Json]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return web.json_response(answer(request, self._caller(request, "read", COST)))

        return handler

    def _caller(self, request: web.Request, scope: str, cost: float) -> KalshiKey:
        """Return who signed a request, and take what it costs."""
        at = self.world.now()
        clocks = (self.world.wall() // words.MILLIS, at // words.MILLIS)
        key = self.gate.key_of(request.headers, request.method, request.path, clocks, scope)
        self.gate.spend(key.account, scope, cost, self._seconds)
        return key

    @property
    def _seconds(self) -> float:
        return (self.world.wall() - self._opened) / SECOND

    def _tradable(self) -> None:
        if self.world.desk.maintains(VENUE):
            raise flat(503, "exchange_unavailable", "the exchange is under maintenance")

    # account

    def _own(self, request: web.Request, key: KalshiKey) -> Order:
        return self.desk.own(key.account, request.match_info["id"])

    def _queue_position(self, request: web.Request, key: KalshiKey) -> Json:
        order = self._own(request, key)
        if order.state.value != "resting":
            raise nested(404, "not_found", "order is not resting")
        return {"queue_position_fp": self.reads.ahead(order)}

    def _groups(self, key: KalshiKey) -> list[Json]:
        mine = (g for g in self.desk.groups.values() if g.account == key.account)
        return [
            {"id": g.id, "contracts_limit_fp": words.count(g.limit), "is_auto_cancel_enabled": not g.triggered,
             "exchange_index": 0}
            for g in mine
        ]  # fmt: skip

    def _group(self, request: web.Request, key: KalshiKey) -> Json:
        group = self.desk.group(key.account, request.match_info["id"])
        return {
            "is_auto_cancel_enabled": not group.triggered, "contracts_limit_fp": words.count(group.limit),
            "orders": group.orders, "exchange_index": 0,
        }  # fmt: skip

    def _limits(self) -> Json:
        read, write = self.gate.limit("read"), self.gate.limit("write")
        return {
            "usage_tier": self.gate.tier,
            "read": {"refill_rate": read[0], "bucket_capacity": read[1]},
            "write": {"refill_rate": write[0], "bucket_capacity": write[1]},
            "grants": [],
        }

    def _status(self) -> Json:
        up = not self.world.desk.maintains(VENUE)
        said: Json = {"exchange_active": up, "trading_active": up, "intra_exchange_transfers_active": up}
        return said | ({} if up else {"exchange_estimated_resume_time": words.whole_iso(self.world.floor.at)})

    def _cutoff(self) -> Json:
        at = words.whole_iso(self.world.start)
        return {"market_settled_ts": at, "trades_created_ts": at, "orders_updated_ts": at}

    # orders

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.read()
        key = self._caller(request, "write", COST)
        self._tradable()
        return web.json_response(self.desk.create(key.account, _read(body, Create)), status=201)

    async def _create_batch(self, request: web.Request) -> web.Response:
        orders = _batch(await request.read())
        key = self._caller(request, "write", COST * max(1, len(orders)))
        self._tradable()
        rows = [_each(partial(self._create_one, key, raw)) for raw in orders]
        return web.json_response({"orders": rows}, status=201)

    def _create_one(self, key: KalshiKey, raw: msgspec.Raw) -> Json:
        return self.desk.create(key.account, _read(raw, Create))

    async def _cancel(self, request: web.Request) -> web.Response:
        key = self._caller(request, "write", CANCEL_COST)
        return web.json_response(self.desk.cancel(key.account, request.match_info["id"]))

    async def _cancel_batch(self, request: web.Request) -> web.Response:
        orders = [_read(raw, Named).order_id for raw in _batch(await request.read())]
        key = self._caller(request, "write", CANCEL_COST * max(1, len(orders)))
        rows = []
        for name in orders:
            row = _each(partial(self.desk.cancel, key.account, name))
            rows.append({"order_id": name, "reduced_by": "0.00"} | row)
        return web.json_response({"orders": rows})

    async def _cancel_all(self, request: web.Request) -> web.Response:
        key = self._caller(request, "write", CANCEL_COST)
        self.desk.cancel_all(key.account, request.query.get("market_ticker", ""))
        return web.Response(status=204)

    async def _amend(self, request: web.Request) -> web.Response:
        body = await request.read()
        key = self._caller(request, "write", COST)
        self._tradable()
        return web.json_response(self.desk.amend(key.account, request.match_info["id"], _read(body, Amend)))

    async def _decrease(self, request: web.Request) -> web.Response:
        body = await request.read()
        key = self._caller(request, "write", COST)
        return web.json_response(self.desk.decrease(key.account, request.match_info["id"], _read(body, Decrease)))

    async def _open_group(self, request: web.Request) -> web.Response:
        body = await request.read()
        key = self._caller(request, "write", COST)
        group = self.desk.open_group(key.account, _read(body, Group))
        return web.json_response({"order_group_id": group.id, "subaccount": 0, "exchange_index": 0}, status=201)

    async def _change_group(self, request: web.Request) -> web.Response:
        body = await request.read()
        key = self._caller(request, "write", COST)
        what = "delete" if request.method == "DELETE" else request.path.rpartition("/")[2]
        group = self.desk.group(key.account, request.match_info["id"])
        self.desk.change_group(group, what, _read(body, Group) if what == "limit" else None)
        return web.json_response({})

    # sockets

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        key = self._caller(request, "read", COST)
        outlet = await self.outlets.prepare(request)
        session = Session(self.world.floor, self.reads.tallies, key.account, _user(key), outlet.put)
        self.sessions.append(session)
        tasks = [asyncio.create_task(outlet.run()), asyncio.create_task(self._beat(outlet.ping))]
        try:
            async for text in outlet.messages():
                self.world.now()
                session.command(text)
        finally:
            self.sessions.remove(session)
            self.outlets.leave(outlet)
            for task in tasks:
                task.cancel()
        return outlet.ws

    async def _beat(self, ping: Callable[[bytes], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_s)
            await ping(b"heartbeat")

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, Listing | StatusSet):
            self._life(notice)
        elif not isinstance(notice, Paid) and _instrument(notice).venue == VENUE:
            for session in self.sessions:
                session.hear(notice)

    def _life(self, notice: Listing | StatusSet) -> None:
        name = notice.instrument.id if isinstance(notice, Listing) else notice.instrument
        if name.venue != VENUE:
            return
        message = life_of(notice, self.world.floor, known=name in self._known)
        self._known.add(name)
        if message is not None:
            for session in self.sessions:
                session.lifecycle(message)

    def _tell_group(self, group: OrderGroup, what: str) -> None:
        for session in self.sessions:
            session.group(group, what)


def _instrument(notice: LevelChanged | Traded | FillMade | OrderMoved) -> InstrumentId:
    return notice.instrument if isinstance(notice, LevelChanged | Traded) else notice.order.instrument


def _refuse(status: int) -> web.Response:
    if status == 429:
        return web.json_response({"error": "too many requests"}, status=429)
    code = "service_unavailable" if status == 503 else "internal_server_error"
    return web.json_response(flat(status, code).body, status=status)


def _read(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    return msgspec.json.decode(body or b"{}", type=kind)


def _batch(body: bytes) -> list[msgspec.Raw]:
    orders = msgspec.json.decode(body, type=Batch).orders
    if not 1 <= len(orders) <= BATCH:
        raise flat(400, "invalid_parameters", details=f"a batch holds 1 to {BATCH} orders")
    return orders


def _each(do: Callable[[], Json]) -> Json:
    """Return what became of one order of a batch, its error inside."""
    try:
        return do()
    except Refusal as e:
        inner = e.body.get("error", e.body)
        words_of = inner if isinstance(inner, dict) else {}
        return {"error": {name: words_of.get(name, "") for name in ("code", "message", "details")}}
    except msgspec.DecodeError as e:
        return {"error": {"code": "invalid_parameters", "message": str(e)[:200], "details": ""}}


def _user(key: KalshiKey) -> str:
    return str(key.account)


def _costs() -> Json:
    cancel = {"method": "DELETE", "cost": CANCEL_COST}
    paths = ("/portfolio/events/orders/{order_id}", "/portfolio/events/orders", "/portfolio/events/orders/batched")
    return {"default_cost": COST, "endpoint_costs": [cancel | {"path": PREFIX + path} for path in paths]}


def _schedule() -> Json:
    day = [{"open_time": "00:00", "close_time": "23:59"}]
    thursday = [{"open_time": "00:00", "close_time": "03:00"}, {"open_time": "05:00", "close_time": "23:59"}]
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    week = {name: thursday if name == "thursday" else day for name in names}
    hours = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2036-01-01T00:00:00Z", **week}
    return {"schedule": {"standard_hours": [hours], "maintenance_windows": []}}
