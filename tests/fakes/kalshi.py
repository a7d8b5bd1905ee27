"""A small Kalshi on 127.0.0.1: real HTTP and WebSocket, one account, and whatever goes wrong on request.

Every script entry says what happens to the next order request:

    ok · reset_before · reset_after (accepted, then the connection is cut) · late (accepted, answered too late) ·
    500 · 500_after (accepted, then 500) · 429 · 401 · 409 · garbage (accepted, unreadable answer) · a refusal's code
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.venues.kalshi.endpoints import Endpoints
from engine.venues.kalshi.keys import Keys
from tests.fakes.kalshi_exchange import Exchange, iso
from tests.fakes.kalshi_socket import Speaker

PREFIX = "/trade-api/v2"
SOCKET = "/trade-api/ws/v2"
LATE_S = 5.0


@dataclass
class FakeKalshi(Exchange):
    """The exchange's doors, and what was asked at them."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    script: deque[str] = field(default_factory=deque)
    page: int = 1_000
    hidden: bool = False
    """404 for every order by id, as just after it was made."""
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    handshakes: int = 0
    base: str = ""
    tier: str = "basic"
    renews: bool = False
    """Whether an order that is moved gets another id."""

    def keys(self) -> Keys:
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return Keys("key-id", pem, source="session")

    def endpoints(self) -> Endpoints:
        return Endpoints("fake", f"http://{self.base}{PREFIX}", f"ws://{self.base}{SOCKET}")

    def sent(self, method: str, path: str) -> list[dict[str, Any]]:
        """Return the bodies of the requests of one kind."""
        return [body for m, p, body in self.asked if (m, p) == (method, path)]

    # ---- HTTP

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._note])
        add = app.router.add_route
        add("POST", f"{PREFIX}/portfolio/events/orders", self._create)
        add("DELETE", f"{PREFIX}/portfolio/events/orders/batched", self._cancel_batch)
        add("DELETE", f"{PREFIX}/portfolio/events/orders/{{id}}", self._cancel)
        add("POST", f"{PREFIX}/portfolio/events/orders/{{id}}/{{what}}", self._change)
        add("GET", f"{PREFIX}/portfolio/orders", self._list_orders)
        add("GET", f"{PREFIX}/portfolio/orders/{{id}}", self._one_order)
        add("GET", f"{PREFIX}/portfolio/fills", self._list_fills)
        add("GET", f"{PREFIX}/portfolio/positions", self._list_positions)
        add("GET", f"{PREFIX}/portfolio/balance", self._balance)
        add("GET", f"{PREFIX}/account/limits", self._limits)
        add("POST", f"{PREFIX}/portfolio/order_groups/create", self._group)
        add("*", f"{PREFIX}/portfolio/order_groups/{{id}}{{what:.*}}", self._group)
        add("GET", f"{PREFIX}/exchange/status", self._exchange)
        add("GET", f"{PREFIX}/series/{{id}}", self._series)
        add("GET", f"{PREFIX}/events", self._events)
        add("GET", f"{PREFIX}/events/{{id}}", self._event)
        add("GET", f"{PREFIX}/markets", self._list_markets)
        add("GET", f"{PREFIX}/markets/trades", self._list_trades)
        add("GET", f"{PREFIX}/markets/{{id}}", self._market)
        add("GET", f"{PREFIX}/markets/{{id}}/orderbook", self._book)
        add("GET", SOCKET, self._socket)
        return app

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else dict(request.query)
        self.asked.append((request.method, request.path.removeprefix(PREFIX), body))
        if "/portfolio/" in request.path or request.path == SOCKET:
            self._verify(request)
        return await handler(request)

    def _verify(self, request: web.Request) -> None:
        stamp = request.headers.get("KALSHI-ACCESS-TIMESTAMP", "")
        signed = base64.b64decode(request.headers.get("KALSHI-ACCESS-SIGNATURE", ""))
        try:
            self.private.public_key().verify(signed, f"{stamp}{request.method}{request.path}".encode())
        except Exception as e:
            raise web.HTTPUnauthorized from e

    async def _faulty(self, request: web.Request, do: Any) -> web.Response:
        """Do what is asked, in the manner the script has for it."""
        fault = self.script.popleft() if self.script else "ok"
        if fault == "reset_before":
            request.transport.abort()
            await asyncio.sleep(LATE_S)
        if fault in {"500", "401", "429"}:
            return web.json_response({"error": "too many requests"}, status=int(fault))
        if fault == "409":
            return web.json_response({"code": "order_already_exists", "message": "x"}, status=409)
        if fault not in {"ok", "reset_after", "late", "500_after", "garbage"}:
            return web.json_response({"error": {"code": fault, "message": "no"}}, status=400)
        answer = do()
        if fault == "reset_after":
            request.transport.abort()
            await asyncio.sleep(LATE_S)
        if fault == "late":
            await asyncio.sleep(LATE_S)
        if fault == "500_after":
            return web.Response(status=500)
        return web.Response(status=201, text="<html>") if fault == "garbage" else answer

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()

        def do() -> web.Response:
            if any(o["client_order_id"] == body["client_order_id"] for o in self.orders.values()):
                return web.json_response({"code": "order_already_exists"}, status=409)
            order = self.place(body)
            reply = {
                "order_id": order["order_id"],
                "client_order_id": order["client_order_id"],
                "fill_count": order["fill_count_fp"],
                "remaining_count": order["remaining_count_fp"],
                "ts_ms": 1,
            }
            return web.json_response(reply, status=201)

        return await self._faulty(request, do)

    async def _cancel(self, request: web.Request) -> web.Response:
        return await self._faulty(request, lambda: self._canceled(request.match_info["id"]))

    def _canceled(self, id_: str) -> web.Response:
        order = self.orders.get(id_)
        if order is None or order["status"] != "resting":
            return web.json_response({"error": {"code": "not_found"}}, status=404)
        return web.json_response({"order_id": id_, "reduced_by": self.end(order), "ts_ms": 1})

    async def _cancel_batch(self, request: web.Request) -> web.Response:
        wanted = [each["order_id"] for each in (await request.json())["orders"]]

        def do() -> web.Response:
            items = []
            for id_ in wanted:
                order = self.orders.get(id_)
                if order is None or order["status"] != "resting":
                    items.append({"order_id": id_, "reduced_by": "0.00", "error": {"code": "not_found"}})
                else:
                    items.append({"order_id": id_, "reduced_by": self.end(order), "ts_ms": 1})
            return web.json_response({"orders": items})

        return await self._faulty(request, do)

    async def _change(self, request: web.Request) -> web.Response:
        body, order = await request.json(), self.orders.get(request.match_info["id"])

        def do() -> web.Response:
            if order is None or order["status"] != "resting":
                return web.json_response({"error": {"code": "not_found"}}, status=404)
            if request.match_info["what"] == "decrease":
                left = Decimal(order["remaining_count_fp"]) - Decimal(body["reduce_by"])
            else:
                left = Decimal(body["count"]) - Decimal(order["fill_count_fp"])
                order["yes_price_dollars"] = body["price"]
                order["expiration_time"] = iso(body.get("expiration_time"))  # what is not said lasts for ever
            order["remaining_count_fp"] = str(left)
            stands = order["order_id"]
            if self.renews and request.match_info["what"] == "amend":
                stands = self.number("order")
                self.orders[stands] = {**order, "order_id": stands}
                self.end(order, "Amend")
            return web.json_response({"order_id": stands, "remaining_count": str(left), "ts_ms": 1})

        return await self._faulty(request, do)

    async def _list_orders(self, request: web.Request) -> web.Response:
        query = request.query
        found = [o for o in self.orders.values() if query.get("status", o["status"]) == o["status"]]
        found = [o for o in found if query.get("ticker", o["ticker"]) == o["ticker"]]
        return self._paged("orders", [{**o} for o in found], request)

    async def _one_order(self, request: web.Request) -> web.Response:
        order = self.orders.get(request.match_info["id"])
        if order is None or self.hidden:
            return web.json_response({"error": {"code": "not_found"}}, status=404)
        return web.json_response({"order": order})

    async def _list_fills(self, request: web.Request) -> web.Response:
        order = request.query.get("order_id")
        found = [f for f in reversed(self.fills) if order in (None, f["order_id"])]
        return self._paged("fills", [{k: v for k, v in f.items() if k != "client_order_id"} for f in found], request)

    async def _list_positions(self, request: web.Request) -> web.Response:
        return self._paged("market_positions", self.positions, request)

    async def _balance(self, request: web.Request) -> web.Response:
        return web.json_response({"balance": 1, "balance_dollars": self.balance, "portfolio_value": 0})

    async def _limits(self, request: web.Request) -> web.Response:
        if self.tier == "unsaid":
            return web.json_response({"error": {"code": "not_found"}}, status=404)
        return web.json_response({"usage_tier": self.tier, "read": {}, "write": {}})

    async def _group(self, request: web.Request) -> web.Response:
        return await self._faulty(request, lambda: web.json_response({"order_group_id": "group-1", "subaccount": 0}))

    async def _exchange(self, request: web.Request) -> web.Response:
        return web.json_response(self.status)

    async def _series(self, request: web.Request) -> web.Response:
        found = {"ticker": request.match_info["id"], "fee_type": "quadratic", "fee_multiplier": 1}
        return web.json_response({"series": found})

    async def _events(self, request: web.Request) -> web.Response:
        found = [e for e in self.events if e["series_ticker"] == request.query["series_ticker"]]
        return self._paged("events", found if request.query["status"] == "open" else [], request)

    async def _event(self, request: web.Request) -> web.Response:
        found = next((e for e in self.events if e["event_ticker"] == request.match_info["id"]), None)
        if found is None:
            return web.json_response({"error": {"code": "not_found"}}, status=404)
        return web.json_response({"event": found})

    async def _list_markets(self, request: web.Request) -> web.Response:
        query = request.query
        tickers = query["tickers"].split(",") if "tickers" in query else list(self.markets)
        found = [self.markets[t] for t in tickers if t in self.markets]
        found = [m for m in found if query.get("event_ticker", m["event_ticker"]) == m["event_ticker"]]
        return self._paged("markets", found, request)

    async def _market(self, request: web.Request) -> web.Response:
        found = self.markets.get(request.match_info["id"])
        if found is None:
            return web.json_response({"error": {"code": "not_found"}}, status=404)
        return web.json_response({"market": found})

    async def _list_trades(self, request: web.Request) -> web.Response:
        found = [t for t in reversed(self.trades) if t["ticker"] == request.query["ticker"]]
        return self._paged("trades", found, request)

    async def _book(self, request: web.Request) -> web.Response:
        return web.json_response({"orderbook_fp": self.books.get(request.match_info["id"], {})})

    def _paged(self, name: str, found: list[Any], request: web.Request) -> web.Response:
        start = int(request.query.get("cursor") or 0)
        more = str(start + self.page) if start + self.page < len(found) else ""
        return web.json_response({name: found[start : start + self.page], "cursor": more})

    # ---- WebSocket

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=10)
        await socket.prepare(request)
        self.handshakes += 1
        speaker = Speaker(self, socket)
        self.sockets.append(speaker)
        writing = asyncio.ensure_future(speaker.write())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    speaker.hear(json.loads(message.data))
        finally:
            self.sockets.remove(speaker)
            writing.cancel()
        return socket


@asynccontextmanager
async def serving(venue: FakeKalshi):
    """Serve it on a port of its own."""
    runner = web.AppRunner(venue.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    venue.base = f"{host}:{port}"
    try:
        yield venue
    finally:
        await runner.cleanup()
