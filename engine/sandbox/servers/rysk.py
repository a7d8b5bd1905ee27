"""Rysk on the sandbox: requests by asset, signed quotes checked as the venue checks them, the best one confirmed.

A request is told on the asset's socket; quotes come on the makers' socket within a window. Each is held against the
request and the maker's signature; the best so far is told so, and the others what beats them. When the window is over
the taker takes the best quote, or none, as he was asked to. A confirmation goes out in any of three shapes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web
from coincurve import PublicKey

from engine.core.units import SECOND
from engine.sandbox.servers.doors import Outlets, guard
from engine.venues.polymarket.keccak import keccak
from engine.venues.polymarket.sign import Domain
from engine.venues.rysk import sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.units import Nanos
    from engine.sandbox.servers.doors import Outlet
    from engine.sandbox.servers.faults import FaultDesk
    from engine.venues.rysk.endpoints import Endpoints

Json = dict[str, Any]
VENUE: Final = "rysk"
WINDOW_S: Final = 2.0
SHAPES: Final = ("trade", "rfq_confirmation", "trade_confirmation")
ECHOED: Final = ("chainId", "expiry", "isPut", "quantity", "strike")
TAKER: Final = "0x1000000000000000000000000000000000000001"


@dataclass(slots=True)
class Asked:
    """A request, and the quotes on it."""

    id: str
    terms: Json
    takes: bool
    shape: str
    quotes: list[Json] = field(default_factory=list)
    over: bool = False


class Refused(Exception):
    """A quote that the venue does not take; the text goes into the answer."""


class RyskServer:
    """The venue as an aiohttp application."""

    def __init__(
        self, desk: FaultDesk, where: Endpoints, assets: Json, wall: Callable[[], Nanos], *, window_s: float = WINDOW_S
    ) -> None:
        """Stand behind a fault desk; `assets` is what ``/api/assets`` answers, by chain."""
        self.where = where
        self.assets = assets
        self.asked: dict[str, Asked] = {}
        self.trades: list[Json] = []
        self.outlets = Outlets(desk, VENUE)
        self._desk = desk
        self._wall = wall
        self.window_s = window_s
        self._streams: dict[str, list[Outlet]] = {}
        self._makers: list[Outlet] = []
        self._nonces: set[tuple[str, int]] = set()
        self._windows: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[guard(self._desk, VENUE, _refuse)])  # type: ignore[list-item]
        app.router.add_get("/api/assets", self._assets)
        app.router.add_get("/rfqs/{asset}", self._stream)
        app.router.add_get("/maker", self._maker)
        app.on_cleanup.append(self._cleanup)
        return app

    def ask(self, number: str, terms: Json, *, takes: bool = True, shape: str = SHAPES[0]) -> Asked:
        """Let a taker ask; when the window is over he takes the best quote, if he `takes` any."""
        body = {"taker": TAKER, "isTakerBuy": False, **terms}
        asked = self.asked[number] = Asked(number, body, takes, shape)
        text = msgspec.json.encode({"jsonrpc": "2.0", "id": number, "result": body}).decode()
        for outlet in self._streams.get(str(body["asset"]).lower(), []):
            outlet.put(text, "rfq")
        task = asyncio.get_running_loop().create_task(self._window(asked))
        self._windows.add(task)
        task.add_done_callback(self._windows.discard)
        return asked

    @property
    def makers(self) -> int:
        """Sockets that quotes may come on."""
        return len(self._makers)

    def listeners(self, asset: str) -> int:
        """Return how many sockets hear the requests for an asset."""
        return len(self._streams.get(asset.lower(), []))

    async def _window(self, asked: Asked) -> None:
        await asyncio.sleep(self.window_s)
        asked.over = True
        best = self._best(asked)
        if best is None or not asked.takes or best["validUntil"] * SECOND <= self._wall():
            return
        trade = {
            **{name: best[name] for name in ("maker", "assetAddress", "isTakerBuy", "price", *ECHOED)},
            "taker": asked.terms["taker"], "nonce": str(int(best["nonce"]) + 737), "quoteNonce": best["nonce"],
            "quoteValidUntil": best["validUntil"], "quoteSignature": best["signature"], "signature": "0x00",
            "validUntil": best["validUntil"] + 30, "createdAt": self._wall() // SECOND, "apr": 12.34,
        }  # fmt: skip
        self.trades.append(trade)
        frame: Json = {"jsonrpc": "2.0"}
        if asked.shape == "trade":
            frame |= {"id": "trade", "result": trade}
        else:
            frame |= {"method": asked.shape, "params": trade}
        for outlet in self._makers:
            outlet.put(msgspec.json.encode(frame).decode(), "confirmation")

    @staticmethod
    def _best(asked: Asked) -> Json | None:
        if not asked.quotes:
            return None
        by_price = sorted(asked.quotes, key=lambda one: int(one["price"]))
        return by_price[0] if asked.terms["isTakerBuy"] else by_price[-1]

    async def _assets(self, _: web.Request) -> web.Response:
        return web.json_response(self.assets)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        heard = self._streams.setdefault(request.match_info["asset"].lower(), [])
        return await self._serve(request, heard, None)

    async def _maker(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._makers, self._said)

    async def _serve(
        self, request: web.Request, among: list[Outlet], said: Callable[[Outlet, str], None] | None
    ) -> web.StreamResponse:
        outlet = await self.outlets.prepare(request)
        among.append(outlet)
        writer = asyncio.create_task(outlet.run())
        try:
            async for text in outlet.messages():
                if said is not None:  # what is said on a request's socket is lost
                    said(outlet, text)
        finally:
            among.remove(outlet)
            self.outlets.leave(outlet)
            writer.cancel()
        return outlet.ws

    def _said(self, outlet: Outlet, text: str) -> None:
        number = ""
        try:
            frame = msgspec.json.decode(text)
            number = str(frame["id"])
            if frame.get("method") != "quote":
                outlet.put(_error(number, -32601, "method not found"), "reply")
                return
            asked, quote = self._checked(number, frame["params"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, Refused) as e:
            outlet.put(_error(number, -32602, str(e)), "reply")
            return
        asked.quotes.append(quote)
        best = self._best(asked)
        assert best is not None
        result: Any = "OK"
        if best is not quote:
            result = {
                "rfqId": number, "assetAddress": quote["assetAddress"], "chainId": quote["chainId"],
                "newBest": best["price"], "yours": quote["price"],
            }  # fmt: skip
        outlet.put(msgspec.json.encode({"jsonrpc": "2.0", "id": number, "result": result}).decode(), "reply")

    def _checked(self, number: str, quote: Json) -> tuple[Asked, Json]:
        asked = self.asked.get(number)
        if asked is None or asked.over:
            raise Refused("the request is not open")
        terms = asked.terms
        same = {name: quote[name] == terms[name] for name in ECHOED}
        same["assetAddress"] = str(quote["assetAddress"]).lower() == str(terms["asset"]).lower()
        same["isTakerBuy"] = quote["isTakerBuy"] == terms["isTakerBuy"]
        for name in ("usd", "collateralAsset"):
            same[name] = str(quote[name]).lower() == str(terms[name]).lower()
        wrong = [name for name, held in same.items() if not held]
        if wrong:
            raise Refused(f"not what was asked: {', '.join(wrong)}")
        nonce, price = int(quote["nonce"]), int(quote["price"])
        if price <= 0 or quote["validUntil"] * SECOND <= self._wall():
            raise Refused("no price, or its time is over")
        if not 0 < nonce < 1 << 64 or (str(quote["maker"]).lower(), nonce) in self._nonces:
            raise Refused("the nonce was spent")
        if _signer(self.where, quote) != str(quote["maker"]).lower():
            raise Refused("the signature is not the maker's")
        self._nonces.add((str(quote["maker"]).lower(), nonce))
        return asked, quote

    async def _cleanup(self, _: web.Application) -> None:
        for task in list(self._windows):
            task.cancel()
        await asyncio.gather(*self._windows, return_exceptions=True)


def _signer(where: Endpoints, quote: Json) -> str:
    """Return the address whose key signed a quote, in small letters."""
    of = Domain(where.chain_id, where.contract, where.version, where.name)
    digest = sign.digest(where.quote_type, quote, of)
    raw = bytes.fromhex(str(quote["signature"]).removeprefix("0x"))
    if len(raw) != 65:
        raise Refused("a signature is 65 bytes")
    try:
        key = PublicKey.from_signature_and_message(raw[:64] + bytes([(raw[64] - 27) % 4]), digest, hasher=None)
    except Exception as e:
        raise Refused("no signature") from e
    return "0x" + keccak(key.format(compressed=False)[1:])[12:].hex()


def _error(number: str, code: int, text: str) -> str:
    return msgspec.json.encode(
        {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text[:200]}}
    ).decode()  # fmt: skip


def _refuse(status: int) -> web.Response:
    return web.json_response({"error": "unavailable"}, status=status)
