"""The venues that the conformance suite holds to one set of promises; a later venue is one more entry.

An `Entry` says how the sandbox serves a venue, whose keys sign there, and by which words the fault desk finds the
requests that place and cancel orders. What a venue can and cannot do is read from its row in the registry, as the
program does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import coincurve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.core.ids import BINANCE, KALSHI, POLYMARKET, AccountId, VenueId
from engine.core.snapshot import VenueRow
from engine.sandbox.servers.binance import BinanceServer
from engine.sandbox.servers.kalshi import PREFIX, SOCKET, KalshiServer
from engine.sandbox.servers.kalshi_auth import KalshiKey
from engine.sandbox.servers.polymarket import Polymarket
from engine.sandbox.servers.polymarket_auth import checksum, keccak
from engine.sandbox.servers.polymarket_desk import DEPOSIT
from engine.sandbox.servers.world import World
from engine.venues import registry
from engine.venues.binance import endpoints as binance
from engine.venues.kalshi import endpoints as kalshi
from engine.venues.kalshi.keys import Keys as KalshiKeys
from engine.venues.polymarket import endpoints as polymarket
from engine.venues.polymarket.keys import PolymarketKeys

NOBODY = AccountId("")
Serve = Callable[[World], Mapping[str, Any]]
"""Returns the applications that make a venue, by name, and under ``server`` the venue itself."""
Where = Callable[[Mapping[str, str]], Any]
"""Returns a venue's endpoints from the host and port of each application."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One venue."""

    id: VenueId
    series: str
    """What its directory is asked for."""
    serve: Serve
    where: Where
    keys: Any = None
    others: Any = None
    """Keys that the venue does not know."""
    account: AccountId = NOBODY
    """Whose orders and money on the floor are ours."""
    places: str = ""
    """Part of what a request is called that places an order."""
    cancels: str = ""
    acts: Callable[[str, str], bool] = lambda method, path: False
    """Whether a request could place, change or cancel an order."""
    least: Decimal = Decimal(10)
    """A size of which any order may be."""

    @property
    def row(self) -> VenueRow:
        """What is known of it without asking."""
        return registry.row(self.id)

    @property
    def amends(self) -> bool:
        """Whether it can move an order."""
        return "AMEND" in self.row.can


YOU = AccountId("kalshi-you")
CASH = Decimal(10_000)


@cache
def _ed25519(name: str) -> tuple[Ed25519PrivateKey, str]:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    return key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _scalar(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") >> 1


def _address(scalar: int) -> AccountId:
    public = coincurve.PrivateKey(scalar.to_bytes(32, "big")).public_key.format(compressed=False)
    return AccountId(checksum("0x" + keccak(public[1:])[-20:].hex()))


def _kalshi(world: World) -> Mapping[str, Any]:
    world.floor.open_account(YOU, CASH)
    server = KalshiServer(world, [KalshiKey("you", YOU, _ed25519("you")[0].public_key())], tier="prestige")
    return {"server": server, "rest": server.app()}


def _at_kalshi(at: Mapping[str, str]) -> kalshi.Endpoints:
    return kalshi.Endpoints("sandbox", f"http://{at['rest']}{PREFIX}", f"ws://{at['rest']}{SOCKET}")


def _polymarket(world: World) -> Mapping[str, Any]:
    server = Polymarket.of(world)
    return {"server": server, "clob": server.clob(), "gamma": server.gamma(), "data": server.data()}


def _at_polymarket(at: Mapping[str, str]) -> polymarket.Endpoints:
    http, ws = f"http://{at['clob']}", f"ws://{at['clob']}/ws"
    return polymarket.Endpoints(
        clob=http, gamma=f"http://{at['gamma']}", data=f"http://{at['data']}", ws_market=f"{ws}/market",
        ws_user=f"{ws}/user",
    )  # fmt: skip


def _binance(world: World) -> Mapping[str, Any]:
    server = BinanceServer(world)
    return {"server": server, "rest": server.app()}


def _at_binance(at: Mapping[str, str]) -> binance.Endpoints:
    return binance.Endpoints(f"http://{at['rest']}", f"ws://{at['rest']}")


WALLET = _scalar("wallet")
ENTRIES = (
    Entry(
        KALSHI, "KXHIGHCHI", _kalshi, _at_kalshi, KalshiKeys("you", _ed25519("you")[1]),
        KalshiKeys("you", _ed25519("somebody else")[1]), YOU, "POST /trade-api/v2/portfolio/events/orders",
        "DELETE /trade-api/v2/portfolio/events/orders",
        lambda method, path: method != "GET" and "/portfolio/" in path,
    ),
    Entry(
        POLYMARKET, "highest-temperature-in-chicago-on-july-3-2026", _polymarket, _at_polymarket,
        PolymarketKeys(WALLET), None, _address(WALLET), "POST /order", "DELETE /order",
        lambda method, path: path in {"/order", "/orders", "/cancel-all", "/cancel-market-orders"},
    ),
    Entry(BINANCE, "BTCUSDT", _binance, _at_binance),
)  # fmt: skip
TRADING = tuple(one for one in ENTRIES if one.row.trades)
BOOKS = TRADING
DEPOSITS = {KALSHI: CASH, POLYMARKET: DEPOSIT}
