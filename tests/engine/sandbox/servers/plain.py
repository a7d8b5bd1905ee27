"""A world whose clock stands until it is told, and a plain Kalshi client written from the specification."""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

import resources
from engine.core.ids import AccountId
from engine.core.snapshot import StationRow
from engine.core.units import SECOND, Nanos
from engine.sandbox.day import START
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.kalshi import KalshiServer
from engine.sandbox.servers.kalshi_auth import KalshiKey
from engine.sandbox.servers.world import World

YOU = AccountId("kalshi-you")
PREFIX = "/trade-api/v2"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED = ed25519.Ed25519PrivateKey.generate()


class StillClock:
    """Stands at a time until somebody moves it."""

    def __init__(self, at: Nanos = START) -> None:
        self.at = at

    def now(self) -> Nanos:
        return self.at

    def wait(self, until: Nanos) -> float:
        return max(0.0, (until - self.at) / SECOND)

    def move(self, seconds: float) -> None:
        self.at = Nanos(self.at + int(seconds * SECOND))


def world(seed: int = 1, rate: float = 1.0) -> tuple[World, StillClock]:
    clock = StillClock()
    stations = [StationRow(**row) for row in resources.load_stations()]
    return World(seed, stations, clock, clock.now, rate=rate, coin_rate=2 * rate), clock


def headers(method: str, path: str, at: Nanos, key=RSA, name: str = "rsa") -> dict[str, str]:
    stamp = str(at // 1_000_000)
    message = f"{stamp}{method}{path}".encode()
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        signature = key.sign(message, pss, hashes.SHA256())
    else:
        signature = key.sign(message)
    return {
        "KALSHI-ACCESS-KEY": name,
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }


class Client:
    """Requests as a trader's program would send them."""

    def __init__(self, session: aiohttp.ClientSession, base: str, server: KalshiServer, clock: StillClock) -> None:
        self.session, self.base, self.server, self.clock = session, base, server, clock
        self.floor = server.world.floor

    async def call(self, method: str, path: str, body=None, *, key=RSA, name: str = "rsa"):
        """Return status and JSON."""
        signed = headers(method, PREFIX + path.partition("?")[0], self.clock.at, key, name)
        data = None if body is None else json.dumps(body)
        async with self.session.request(method, f"{self.base}{PREFIX}{path}", headers=signed, data=data) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def get(self, path: str):
        async with self.session.get(f"{self.base}{PREFIX}{path}") as answer:
            return answer.status, await answer.json()

    def socket(self, *, key=RSA, name: str = "rsa", **more):
        signed = headers("GET", "/trade-api/ws/v2", self.clock.at, key, name)
        return self.session.ws_connect(f"{self.base}/trade-api/ws/v2", headers=signed, **more)

    async def order(self, ticker: str, side: str, price: str, count: str, **more):
        body = {
            "ticker": ticker, "side": side, "price": price, "count": count, "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross", **more,
        }  # fmt: skip
        return await self.call("POST", "/portfolio/events/orders", body)


@asynccontextmanager
async def kalshi(tier: str = "prestige", heartbeat_s: float = 10.0, cash: str = "1000", rate: float = 1.0):
    made, clock = world(rate=rate)
    made.floor.open_account(YOU, Decimal(cash))
    keys = [
        KalshiKey("rsa", YOU, RSA.public_key()),
        KalshiKey("ed", YOU, ED.public_key()),
        KalshiKey("reader", YOU, ED.public_key(), frozenset({"read"})),
    ]
    server = KalshiServer(made, keys, tier=tier, heartbeat_s=heartbeat_s)
    runner, port = await serve(server.app())
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Client(session, f"http://127.0.0.1:{port}", server, clock)
    await runner.cleanup()


def quiet(client: Client, ticker: str) -> None:
    """Take the crowd's orders off a market, so that a test has it to itself."""
    book = next(b for name, b in client.floor.books.items() if name.symbol == ticker)
    for order in [*book.bids.orders(), *book.asks.orders()]:
        client.floor.cancel(order.id)


async def said(ws, kind: str):
    """Return the next frame of a type."""
    while True:
        frame = await ws.receive_json(timeout=2)
        if frame["type"] == kind:
            return frame
