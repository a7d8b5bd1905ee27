"""Polymarket's signed CLOB calls over the sandbox desk: keys, orders, cancels, what a wallet has and did."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from engine.core.units import MICRO
from engine.sandbox.servers.polymarket_auth import NotYou
from engine.sandbox.servers.polymarket_books import Wire
from engine.sandbox.servers.polymarket_http import Refusal, answer, page
from engine.sandbox.servers.polymarket_orders import EXCHANGES, OrderRefused, Post

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.sandbox.servers.polymarket_auth import ApiKey, Keys
    from engine.sandbox.servers.polymarket_desk import Desk
    from engine.sandbox.servers.polymarket_http import Limits

    Signed = Callable[[ApiKey, web.Request, bytes], object]

MOST_ORDERS: Final = 15
MOST_CANCELS: Final = 3_000
RESTARTING: Final = "the matching engine is restarting, try again"
UNLIMITED: Final = str((1 << 256) - 1)


class Mode(Enum):
    """What the matching engine takes just now."""

    OPEN = "open"
    POST_ONLY = "post only"
    CANCEL_ONLY = "cancel only"
    RESTARTING = "restarting"


class Private:
    """Handlers that need a signature."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        """Serve a desk's wallets."""
        self._desk = desk
        self._keys: Keys = desk.keys
        self._limits = limits
        self.mode = Mode.OPEN

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.post("/auth/api-key", self._create),
            web.get("/auth/derive-api-key", self._derive),
            web.delete("/auth/api-key", self._by("auth", self._revoke)),
            web.get("/auth/api-keys", self._by("auth", lambda key, *_: {"apiKeys": self._keys.listed(key.address)})),
            web.get("/auth/ban-status/closed-only", self._by("auth", lambda *_: {"closed_only": False})),
            web.post("/order", self._by("POST /order", self._post)),
            web.post("/orders", self._by("POST /orders", self._post_many)),
            web.delete("/order", self._by("DELETE /order", self._cancel)),
            web.delete("/orders", self._by("DELETE /orders", self._cancel_many)),
            web.delete("/cancel-all", self._by("DELETE /orders", self._cancel_all)),
            web.delete("/cancel-market-orders", self._by("DELETE /orders", self._cancel_market)),
            web.get("/data/orders", self._by("clob", self._orders)),
            web.get("/data/order/{id}", self._by("clob", self._order)),
            web.get("/data/trades", self._by("clob", self._trades)),
            web.get("/balance-allowance", self._by("GET /balance-allowance", self._balance)),
            web.get("/balance-allowance/update", self._by("GET /balance-allowance", self._balance)),
            web.post("/v1/heartbeats", self._by("clob", self._beat)),
            web.get("/order-scoring", self._by("clob", lambda *_: {"scoring": False})),
            web.get("/notifications", self._by("clob", lambda *_: [])),
        ]

    # -- keys ----------------------------------------------------------------------------------------------

    async def _create(self, request: web.Request) -> web.Response:
        made = self._level_1(request, self._keys.create)
        if made is None:
            raise Refusal(400, "Could not create api key")
        self._desk.account(made)
        return answer(made.wire())

    async def _derive(self, request: web.Request) -> web.Response:
        found = self._level_1(request, self._keys.derive)
        if found is None:
            raise Refusal(400, "Could not derive api key!")
        self._desk.account(found)
        return answer(found.wire())

    def _level_1(self, request: web.Request, of: Callable[..., ApiKey | None]) -> ApiKey | None:
        self._limits.spend(request.remote or "", "auth")
        try:
            return of(request.headers, self._desk.clocks())
        except NotYou as e:
            raise Refusal(401, str(e)) from e

    def _revoke(self, key: ApiKey, *_: object) -> str:
        self._keys.revoke(key)
        return "OK"

    # -- orders --------------------------------------------------------------------------------------------

    def _post(self, key: ApiKey, _: web.Request, body: bytes) -> Wire:
        post = _read(body, Post)
        self._may_post(post_only=post.post_only)
        try:
            return self._desk.post(key, post)
        except OrderRefused as e:
            raise Refusal(400, str(e)) from e

    def _post_many(self, key: ApiKey, _: web.Request, body: bytes) -> list[Wire]:
        posts = _read(body, list[Post])
        if len(posts) > MOST_ORDERS:
            raise Refusal(400, f"Too many orders in payload, max allowed: {MOST_ORDERS}")
        self._may_post(post_only=all(post.post_only for post in posts))
        return [self._one_of_many(key, post) for post in posts]

    def _one_of_many(self, key: ApiKey, post: Post) -> Wire:
        try:
            return self._desk.post(key, post)
        except OrderRefused as e:  # a batch says success for each, and means that it was read
            empty = dict.fromkeys(("orderID", "status", "makingAmount", "takingAmount"), "")
            return {"success": True, "errorMsg": str(e), **empty, "tradeIDs": [], "transactionsHashes": []}

    def _cancel(self, key: ApiKey, _: web.Request, body: bytes) -> Wire:
        name = _read(body, dict[str, str]).get("orderID", "")
        if not name:
            raise Refusal(400, "Invalid orderID")
        return self._canceled(key, [name])

    def _cancel_many(self, key: ApiKey, _: web.Request, body: bytes) -> Wire:
        names = _read(body, list[str])
        if len(names) > MOST_CANCELS:
            raise Refusal(400, f"Too many orders in payload, max allowed: {MOST_CANCELS}")
        return self._canceled(key, names)

    def _cancel_all(self, key: ApiKey, *_: object) -> Wire:
        return self._canceled(key, [t.id for t in self._desk.resting(key)])

    def _cancel_market(self, key: ApiKey, _: web.Request, body: bytes) -> Wire:
        what = _read(body, dict[str, str])
        market, token = what.get("market", ""), what.get("asset_id", "")
        if not (market or token):
            raise Refusal(400, "either a market or an asset id is needed")
        return self._canceled(key, [t.id for t in self._desk.resting(key, market=market, token=token)])

    def _canceled(self, key: ApiKey, names: list[str]) -> Wire:
        if self.mode is Mode.RESTARTING:
            raise Refusal(425, RESTARTING)
        return self._desk.cancel(key, names)

    def _may_post(self, *, post_only: bool) -> None:
        if self.mode is Mode.RESTARTING:
            raise Refusal(425, RESTARTING)
        if self.mode is Mode.CANCEL_ONLY:
            raise Refusal(503, "trading is cancel-only: new orders are not accepted")
        if self.mode is Mode.POST_ONLY and not post_only:
            text = "post-only mode: only post-only orders and cancels are allowed"
            raise Refusal(503, text, code="post_only_mode")

    # -- what there is -------------------------------------------------------------------------------------

    def _orders(self, key: ApiKey, request: web.Request, _: bytes) -> Wire:
        ask = request.query
        market, token, name = (ask.get(k, "") for k in ("market", "asset_id", "id"))
        found = [self._desk.order(t) for t in self._desk.resting(key, market=market, token=token, name=name)]
        return page(found, ask.get("next_cursor", ""))

    def _order(self, key: ApiKey, request: web.Request, _: bytes) -> Wire:
        found = self._desk.resting(key, name=request.match_info["id"])
        if not found:
            raise Refusal(404, "order not found")
        return self._desk.order(found[0])

    def _trades(self, key: ApiKey, request: web.Request, _: bytes) -> Wire:
        ask = request.query
        after, before = (ask.get(k, "") for k in ("after", "before"))
        if not all(t == "" or t.isdecimal() for t in (after, before)):
            raise Refusal(400, "invalid trade params payload")
        account = self._desk.account(key)
        rows = [self._desk.trades.wire(t, account) for t in self._desk.trades.of(account)]
        for row in rows:
            row["status"] = f"TRADE_STATUS_{row['status']}"
        kept = [
            row for row in rows
            if all(ask.get(k, row[k]) == row[k] for k in ("id", "market", "asset_id"))
            and (not after or int(row["match_time"]) >= int(after))
            and (not before or int(row["match_time"]) <= int(before))
        ]  # fmt: skip
        return page(kept, ask.get("next_cursor", ""))

    def _balance(self, key: ApiKey, request: web.Request, _: bytes) -> Wire:
        account = self._desk.floor.accounts[self._desk.account(key)]
        kind = request.query.get("asset_type", "")
        if kind == "COLLATERAL":
            held = int(account.cash / MICRO)
        elif kind in ("CONDITIONAL", "CONDITIONAL-V2"):
            token = request.query.get("token_id", "")
            market = self._desk.catalogue.of_token(token)
            if market is None:
                raise Refusal(400, "invalid token id")
            held = account.holding(market.id).of(market.leg(token))
        else:
            raise Refusal(400, "invalid asset type")
        return {"balance": str(held), "allowances": {e.contract: UNLIMITED for e in EXCHANGES}}

    def _beat(self, key: ApiKey, _: web.Request, body: bytes) -> Wire:
        expected, name = self._desk.beat(key, _read(body, dict[str, str]).get("heartbeat_id", ""))
        if not expected:
            raise Refusal(400, "Invalid Heartbeat ID", error_msg="Invalid Heartbeat ID", heartbeat_id=name)
        return {"heartbeat_id": name, "error_msg": ""}

    # -- who asks ------------------------------------------------------------------------------------------

    def _by(self, limit: str, of: Signed) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return a handler that checks the request's signature, counts it, and answers what `of` returns."""

        async def handler(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                key = self._keys.check(request.headers, self._desk.clocks(), request.method, request.path, body)
            except NotYou as e:
                raise Refusal(401, str(e)) from e
            headers = self._limits.spend(key.address, limit)
            return answer(of(key, request, body), headers=headers)

        return handler


def _read(body: bytes, kind: Any) -> Any:  # noqa: ANN401 - what msgspec is told to make
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise Refusal(400, "Invalid order payload") from e
