"""A small Polymarket on 127.0.0.1: real HTTP and WebSocket, one account, and whatever goes wrong on request.

Every script entry says what happens to the next order request:

    ok · held (until `arrive`) · reset_before · reset_after (accepted, then the connection is cut) · late (accepted,
    answered too late) ·
    500 · 500_after (accepted, then 500) · 429 · 401 · 425 · post_only (503) · garbage (accepted, unreadable answer) ·
    version (``order_version_mismatch``) · anything else: refused with these words
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import WSMsgType, web
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from engine.venues.polymarket import sign
from engine.venues.polymarket.endpoints import Endpoints

SECRET = base64.urlsafe_b64encode(b"throw-away secret of a test").decode()
KEYS = {"apiKey": "key-1", "secret": SECRET, "passphrase": "phrase-1"}
CONDITION = "0x" + "c" * 64
YES, NO = "71321045679252212594626385532706912750332728571942532289631379312455583992563", "9" * 60
LATE_S = 5.0
FIELDS = [part.split(" ") for part in sign.ORDER_TYPE[len("Order(") : -1].split(",")]
DOMAIN = ("name string", "version string", "chainId uint256", "verifyingContract address")


@dataclass
class FakePolymarket:
    """What the venue has, and what it was asked."""

    script: deque[str] = field(default_factory=deque)
    arrive: asyncio.Event = field(default_factory=asyncio.Event)
    """Until then an order that is held has not reached the exchange."""
    answer: asyncio.Event | None = None
    """Until then what is known of one order stays on its way back."""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    trades: list[dict[str, Any]] = field(default_factory=list)
    positions: list[dict[str, Any]] = field(default_factory=list)
    shares: dict[str, str] = field(default_factory=dict)
    cash: str = "100000000"
    known: bool = True
    """Whether the wallet made its keys before."""
    fill: str = "0"
    """How many shares of the next order trade at once."""
    tell: bool = True
    """Send orders and trades on the user channel."""
    version: str = "2"
    books: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, Any] = field(default_factory=dict)
    series: list[dict[str, Any]] = field(default_factory=list)
    listing: list[dict[str, Any]] = field(default_factory=list)
    fee: dict[str, Any] | None = None
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    market: list[web.WebSocketResponse] = field(default_factory=list)
    user: list[web.WebSocketResponse] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)
    beat: str = ""
    beats: int = 0
    contract: str = Endpoints().exchange
    base: str = ""
    address: str = ""

    def endpoints(self) -> Endpoints:
        http, ws = f"http://{self.base}", f"ws://{self.base}"
        return Endpoints(http, http, http, f"{ws}/ws/market", f"{ws}/ws/user")

    def sent(self, method: str, path: str) -> list[Any]:
        """Return the bodies of the requests of one kind."""
        return [body for m, p, body in self.asked if (m, p) == (method, path)]

    # ---- the exchange

    def file_as(self, order: dict[str, Any]) -> tuple[str, str]:
        """Return an order's id and who signed it, by the Ethereum library."""
        message = {name: order[name] for _, name in FIELDS}
        message |= {name: int(order[name]) for name in ("tokenId", "makerAmount", "takerAmount", "timestamp")}
        message["side"] = ["BUY", "SELL"].index(order["side"])
        types = {
            "EIP712Domain": [dict(zip(("name", "type"), one.split(" "), strict=True)) for one in DOMAIN],
            "Order": [{"name": name, "type": kind} for kind, name in FIELDS],
        }
        domain = {"name": "Polymarket CTF Exchange", "version": self.version, "chainId": 137}
        domain["verifyingContract"] = self.contract
        typed = encode_typed_data(
            full_message={"types": types, "primaryType": "Order", "domain": domain, "message": message}
        )
        by = Account.recover_message(typed, signature=order["signature"])
        return "0x" + _hash_eip191_message(typed).hex(), by

    def place(self, body: dict[str, Any]) -> dict[str, Any]:
        order = body["order"]
        name, by = self.file_as(order)
        if by != self.address:
            return refused("invalid signature")
        if name in self.orders:
            return refused(f"order {name} is invalid. Duplicated.")
        money, shares = int(order["makerAmount"]), int(order["takerAmount"])
        if order["side"] == "SELL":
            money, shares = shares, money
        price = Decimal(money) / shares
        row = {
            "id": name, "market": CONDITION, "asset_id": order["tokenId"], "side": order["side"],
            "price": f"{price.normalize():f}", "original_size": f"{Decimal(shares).scaleb(-6).normalize():f}",
            "size_matched": "0", "status": "LIVE", "order_type": body["orderType"],
            "expiration": order["expiration"], "created_at": 1_786_000_000,
        }  # fmt: skip
        self.orders[name] = row
        self.live.add(name)
        matched, self.fill = Decimal(self.fill), "0"
        if body["orderType"] in ("FAK", "FOK") and not matched:
            self.live.discard(name)
            return refused("no orders found to match with FAK order. FAK orders are partially filled or killed")
        self.say(row | {"event_type": "order", "type": "PLACEMENT", "timestamp": "1786000000000"})
        trades = [self.trade(name, f"{matched:f}")] if matched else []
        if body["orderType"] in ("FAK", "FOK"):
            self.live.discard(name)
        made, taken = f"{matched * price:f}", f"{matched:f}"
        if order["side"] == "SELL":
            made, taken = taken, made
        return {
            "success": True, "errorMsg": "", "orderID": name, "status": "matched" if matched else "live",
            "makingAmount": made if matched else "", "takingAmount": taken if matched else "",
            "tradeIDs": [t["id"] for t in trades], "transactionsHashes": [],
        }  # fmt: skip

    def trade(self, name: str, size: str, *, maker: bool = False, status: str = "MATCHED") -> dict[str, Any]:
        """Let an order of ours trade."""
        row = self.orders[name]
        row["size_matched"] = f"{Decimal(row['size_matched']) + Decimal(size):f}"
        if Decimal(row["size_matched"]) >= Decimal(row["original_size"]):
            self.live.discard(name)
        other = {"BUY": "SELL", "SELL": "BUY"}[row["side"]]
        rest = {"order_id": name if maker else "0xother", "matched_amount": size, "price": row["price"],
                "asset_id": row["asset_id"], "owner": "x", "side": row["side"] if maker else other}  # fmt: skip
        trade = {
            "id": f"trade-{len(self.trades) + 1}", "taker_order_id": "0xother" if maker else name,
            "market": CONDITION, "asset_id": row["asset_id"], "side": other if maker else row["side"], "size": size,
            "price": row["price"], "status": status, "match_time": "1786000001", "maker_orders": [rest],
            "trader_side": "MAKER" if maker else "TAKER",
        }  # fmt: skip
        self.trades.append(trade)
        self.say(trade | {"event_type": "trade"})
        return trade

    def say(self, frame: dict[str, Any]) -> None:
        if self.tell:
            for socket in self.user:
                asyncio.get_running_loop().create_task(socket.send_str(json.dumps(frame)))

    # ---- requests

    async def order(self, request: web.Request) -> web.StreamResponse:
        body = await self.signed(request)
        batch = isinstance(body, list)
        step = self.script.popleft() if self.script else "ok"
        if step == "held":
            await self.arrive.wait()
        refusal = {"425": (425, "matching engine is restarting"), "500": (500, "oops"), "401": (401, "Unauthorized"),
                   "429": (429, "slow down"), "version": (400, "order_version_mismatch")}.get(step)  # fmt: skip
        if step == "post_only":
            return web.json_response({"error": "not now", "code": "post_only_mode"}, status=503)
        if refusal is not None:
            return web.json_response({"error": refusal[1]}, status=refusal[0])
        if step == "reset_before":
            return cut(request)
        if step not in ("ok", "held", "reset_after", "late", "500_after", "garbage"):
            return web.json_response(
                [refused(step)] * len(body) if batch else {"error": step}, status=200 if batch else 400
            )
        placed = [self.place(one) for one in body] if batch else self.place(body)
        if step == "reset_after":
            return cut(request)
        if step == "late":
            await asyncio.sleep(LATE_S)
        if step == "500_after":
            return web.json_response({"error": "oops"}, status=500)
        if step == "garbage":
            return web.Response(text="<html>")
        if not batch and not placed["orderID"]:
            return web.json_response({"error": placed["errorMsg"]}, status=400)
        return web.json_response(placed)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        body = await self.signed(request)
        step = self.script.popleft() if self.script else "ok"
        if step == "reset_before":
            return cut(request)
        names = body if isinstance(body, list) else [body["orderID"]]
        done = [name for name in names if name in self.live]
        for name in done:
            self.live.discard(name)
            self.say(self.orders[name] | {"event_type": "order", "type": "CANCELLATION", "status": "CANCELED"})
        if step == "reset_after":
            return cut(request)
        refusals = {name: "order can't be found - already canceled or matched" for name in names if name not in done}
        return web.json_response({"canceled": done, "not_canceled": refusals})

    async def signed(self, request: web.Request) -> Any:
        """Return a private call's body once its signature is checked, and remember it."""
        raw = await request.read()
        stamp = request.headers["POLY_TIMESTAMP"]
        text = f"{stamp}{request.method}{request.path}".encode() + raw
        wanted = base64.urlsafe_b64encode(hmac.digest(base64.urlsafe_b64decode(SECRET), text, "sha256")).decode()
        body = json.loads(raw) if raw else dict(request.query)
        self.asked.append((request.method, request.path, body))
        if request.headers.get("POLY_SIGNATURE") != wanted or request.headers.get("POLY_ADDRESS") != self.address:
            raise web.HTTPUnauthorized(text='{"error":"Unauthorized/Invalid api key"}')
        return body

    async def keys(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, {}))
        if request.method == "GET" and not self.known:
            return web.json_response({"error": "Could not derive api key!"}, status=400)
        return web.json_response(KEYS)

    async def rows(self, request: web.Request) -> web.Response:
        await self.signed(request)
        found = [self.orders[n] for n in self.orders if n in self.live]
        half = len(found) // 2 if len(found) > 2 else len(found)
        if request.query.get("next_cursor") == "Mg==":
            return web.json_response({"data": found[half:], "next_cursor": "LTE="})
        return web.json_response({"data": found[:half], "next_cursor": "Mg==" if half < len(found) else "LTE="})

    async def row(self, request: web.Request) -> web.Response:
        await self.signed(request)
        name = request.match_info["name"]
        found = self.orders[name] if name in self.live else None
        if self.answer is not None:
            await self.answer.wait()
        if found is None:
            return web.json_response({"error": "order not found"}, status=404)
        return web.json_response(found)

    async def traded(self, request: web.Request) -> web.Response:
        await self.signed(request)
        prefixed = [t | {"status": "TRADE_STATUS_" + t["status"]} for t in self.trades]
        return web.json_response({"data": prefixed, "next_cursor": "LTE="})

    async def balance(self, request: web.Request) -> web.Response:
        await self.signed(request)
        if request.query["asset_type"] == "COLLATERAL":
            return web.json_response({"balance": self.cash, "allowances": {}})
        return web.json_response({"balance": self.shares.get(request.query["token_id"], "0"), "allowances": {}})

    async def heart(self, request: web.Request) -> web.Response:
        body = await self.signed(request)
        if body["heartbeat_id"] != self.beat:
            return web.json_response({"error_msg": "Invalid Heartbeat ID", "heartbeat_id": self.beat}, status=400)
        self.beats += 1
        self.beat = f"beat-{self.beats}"
        return web.json_response({"heartbeat_id": self.beat})

    async def public(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, dict(request.query)))
        match request.path.strip("/").split("/"):
            case ["time"]:
                return web.json_response(1_786_000_000)
            case ["version"]:
                return web.json_response({"version": int(self.version)})
            case ["markets", name] if name == CONDITION:
                tokens = [{"token_id": t, "outcome": o, "price": 0.5} for t, o in ((YES, "Yes"), (NO, "No"))]
                return web.json_response(
                    {
                        "condition_id": CONDITION, "question": "Will it?", "tokens": tokens, "accepting_orders": True,
                        "minimum_tick_size": 0.01, "minimum_order_size": 5, "neg_risk": False, "active": True,
                    }
                )  # fmt: skip
            case ["clob-markets", _]:
                return web.json_response({"t": [{"t": YES, "o": "Yes"}], "fd": self.fee})
            case ["book"]:
                return self.found(self.books.get(request.query["token_id"]))
            case ["positions"]:
                start, size = (int(request.query.get(name, of)) for name, of in (("offset", "0"), ("limit", "100")))
                return web.json_response(self.positions[start : start + min(size, 500)])
            case ["events" | "markets", "slug", slug]:
                return self.found(self.events.get(f"{request.path.split('/')[1]}/{slug}"))
            case ["series"]:
                return web.json_response([s for s in self.series if s["slug"] == request.query["slug"]])
            case ["events", "keyset"]:
                return web.json_response({"events": self.listing, "next_cursor": "LTE="})
        return self.found(None)

    def found(self, what: Any) -> web.Response:
        return web.json_response({"error": "not found"} if what is None else what, status=404 if what is None else 200)

    async def many(self, request: web.Request) -> web.Response:
        tokens = [one["token_id"] for one in await request.json()]
        self.asked.append(("POST", "/books", tokens))
        return web.json_response([self.books[t] for t in tokens if t in self.books])

    async def market_socket(self, request: web.Request) -> web.WebSocketResponse:
        return await self.socket(request, self.market)

    async def user_socket(self, request: web.Request) -> web.WebSocketResponse:
        return await self.socket(request, self.user)

    async def socket(self, request: web.Request, among: list[web.WebSocketResponse]) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            if message.data == "PING":
                self.said.append("PING")
                await socket.send_str("PONG")
                continue
            asked = json.loads(message.data)
            self.said.append(asked)
            if socket not in among:
                among.append(socket)
            if among is self.market and asked.get("operation") != "unsubscribe":
                books = [self.books[t] | {"event_type": "book"} for t in asked["assets_ids"] if t in self.books]
                if books:
                    await socket.send_str(json.dumps(books))
        if socket in among:
            among.remove(socket)
        return socket

    async def push(self, *frames: dict[str, Any]) -> None:
        """Send frames on the market channel."""
        for frame in frames:
            for socket in list(self.market):
                await socket.send_str(json.dumps(frame))


def refused(words: str) -> dict[str, Any]:
    """Return an item of a batch that was refused: success, and no order id."""
    return {"success": True, "errorMsg": words, "orderID": "", "status": "", "makingAmount": "", "takingAmount": ""}


def cut(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def serving(fake: FakePolymarket):
    app = web.Application()
    add = app.router.add_route
    for method, path, handler in (
        ("POST", "/order", fake.order), ("POST", "/orders", fake.order), ("DELETE", "/order", fake.cancel),
        ("DELETE", "/orders", fake.cancel), ("GET", "/data/orders", fake.rows), ("GET", "/data/order/{name}", fake.row),
        ("GET", "/data/trades", fake.traded), ("GET", "/balance-allowance", fake.balance),
        ("POST", "/v1/heartbeats", fake.heart), ("GET", "/auth/derive-api-key", fake.keys),
        ("POST", "/auth/api-key", fake.keys), ("GET", "/ws/market", fake.market_socket),
        ("GET", "/ws/user", fake.user_socket), ("POST", "/books", fake.many), ("GET", "/{rest:.*}", fake.public),
    ):  # fmt: skip
        add(method, path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = site._server.sockets[0].getsockname()[:2]
    fake.base = f"{host}:{port}"
    try:
        yield fake
    finally:
        await runner.cleanup()
