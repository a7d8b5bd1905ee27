"""The venues that the conformance suite holds to one set of promises; a later venue is one more entry.

An `Entry` says how the sandbox serves a venue, whose keys sign there, by which words the fault desk finds the requests
that place and cancel orders, and what a step of its prices and a usual size are: shares of outcomes between 0 and 1
that have two sides, or contracts of any price that are held long or short. What a venue can and cannot do is read from
its row in the registry, as the program does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

import coincurve
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, AccountId, VenueId
from engine.core.snapshot import VenueRow
from engine.sandbox.option_market import PERPETUAL
from engine.sandbox.servers import derive_auth
from engine.sandbox.servers.binance import BinanceServer
from engine.sandbox.servers.deribit import API, DeribitServer
from engine.sandbox.servers.deribit import SOCKET as DERIBIT_SOCKET
from engine.sandbox.servers.deribit_desk import Client
from engine.sandbox.servers.derive import PREFIX as DERIVE_PREFIX
from engine.sandbox.servers.derive import DeriveServer
from engine.sandbox.servers.kalshi import PREFIX, SOCKET, KalshiServer
from engine.sandbox.servers.kalshi_auth import KalshiKey
from engine.sandbox.servers.polymarket import Polymarket
from engine.sandbox.servers.polymarket_auth import checksum, keccak
from engine.sandbox.servers.polymarket_desk import DEPOSIT
from engine.sandbox.servers.world import World
from engine.venues import registry
from engine.venues.binance import endpoints as binance
from engine.venues.deribit import endpoints as deribit
from engine.venues.deribit.keys import Keys as DeribitKeys
from engine.venues.derive import endpoints as derive
from engine.venues.derive.keys import DeriveKeys
from engine.venues.kalshi import endpoints as kalshi
from engine.venues.kalshi.keys import Keys as KalshiKeys
from engine.venues.polymarket import endpoints as polymarket
from engine.venues.polymarket.keys import PolymarketKeys
from tests.conformance.truth import DeriveTruth, FloorTruth, Truth

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
    tick: Decimal = Decimal("0.01")
    """Money of one unit: a step that every price of it may be moved by."""
    one: Decimal = Decimal(1)
    """Quantity: ten of these are an order of any kind."""
    outcomes: bool = True
    """Prices lie between 0 and 1, and there is a NO; else what is sold is held short."""
    looks: str = "GET "
    """Part of what every request is called that only asks."""
    faulty: tuple[str, ...] = ()
    """Parts of what requests about orders are called; empty: of those that place and cancel."""

    @property
    def row(self) -> VenueRow:
        """What is known of it without asking."""
        return registry.row(self.id)

    @property
    def dies(self) -> bool:
        """Whether its orders end with their connection."""
        return "CANCEL_ON_DISCONNECT" in self.row.can

    @property
    def meets(self) -> tuple[str, ...]:
        """Words by which a fault finds every request about orders."""
        return self.faulty or (self.places, self.cancels)

    def qty(self, number: int) -> Decimal:
        """Return a size: so many of its usual units."""
        return self.one * number

    def truth(self, world: World, server: Any) -> Truth:
        """Return the venue's own books."""
        if isinstance(server, DeriveServer):
            return DeriveTruth(server, DERIVE_MINE, DERIVE_OTHER)
        if isinstance(server, DeribitServer):
            return FloorTruth(world, server.bourse.pit, self.account, server=server)
        return FloorTruth(world, world.floor, self.account)

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


def _deribit(world: World) -> Mapping[str, Any]:
    server = DeribitServer(world, [])
    server.open_account(Client("you", "hush-you", DERIBIT_YOU), DERIBIT_CASH)
    pit = server.bourse.pit
    for half in (pit.books[PERPETUAL].bids, pit.books[PERPETUAL].asks):  # room between them, for an order to rest in
        for order in [one for one in half.orders() if one.price == half.best]:
            pit.cancel(order.id)
    return {"server": server, "rest": server.app()}


def _at_deribit(at: Mapping[str, str]) -> deribit.Endpoints:
    return deribit.Endpoints("sandbox", f"http://{at['rest']}{API}", f"ws://{at['rest']}{DERIBIT_SOCKET}")


def _derive(world: World) -> Mapping[str, Any]:
    busy = world.crowding.rate * world.speed > 1.0
    server = DeriveServer(world, lively=busy, rate=0.5 if busy else 0.0, tps=1_000)
    address = derive_auth.address_of(SESSION_KEY)
    wallet = derive_auth.Wallet(DERIVE_OWNER, (DERIVE_MINE,), {address: derive_auth.Session(address)})
    server.open_account(wallet, DERIVE_CASH)
    other = derive_auth.Wallet(derive_auth.address_of(_scalar("other")), (DERIVE_OTHER,))
    server.open_account(other, Decimal(1_000_000_000))
    return {"server": server, "rest": server.app()}


def _derive_protected(world: World) -> Mapping[str, Any]:
    made = _derive(world)
    made["server"].wallets.find(DERIVE_OWNER).protects = True
    return made


def _at_derive(at: Mapping[str, str]) -> derive.Endpoints:
    return derive.Endpoints(rest=f"http://{at['rest']}{DERIVE_PREFIX}", socket=f"ws://{at['rest']}{DERIVE_PREFIX}/ws")


DERIBIT_YOU, DERIBIT_CASH = AccountId("deribit-you"), Decimal(200_000)
DERIVE_MINE, DERIVE_OTHER, DERIVE_CASH = 30_769, 86_126, Decimal(50_000)
SESSION_KEY = _scalar("session key")
DERIVE_OWNER = derive_auth.address_of(_scalar("derive wallet"))
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
    Entry(
        DERIBIT, "BTC-FUTURES", _deribit, _at_deribit, DeribitKeys("you", "hush-you"),
        DeribitKeys("you", "of somebody else"), DERIBIT_YOU, "WS private/buy", "WS private/cancel",
        lambda method, path: path.rpartition("/")[2] in {
            "buy", "sell", "edit", "cancel", "cancel_by_label", "cancel_all", "cancel_all_by_instrument",
        },
        Decimal("0.5"), Decimal(10), False, "GET ",
        ("WS private/buy", "WS private/sell", "WS private/cancel", "WS private/edit"),
    ),
    Entry(
        DERIVE, "ETH-PERP", _derive, _at_derive, DeriveKeys(SESSION_KEY, DERIVE_OWNER, DERIVE_MINE),
        DeriveKeys(0xBAD, DERIVE_OWNER, DERIVE_MINE), AccountId(str(DERIVE_MINE)), "POST /v3/private/order",
        "POST /v3/private/cancel",
        lambda method, path: path.rpartition("/")[2] in {"order", "replace", "cancel", "send_quote"},
        Decimal("0.5"), Decimal("0.01"), False, "/private/get_",
        ("/private/order", "/private/cancel", "/private/replace"),
    ),
)  # fmt: skip
TRADING = tuple(one for one in ENTRIES if one.row.trades)
OUTCOMES = tuple(one for one in TRADING if one.outcomes)
CONTRACTS = tuple(one for one in TRADING if not one.outcomes)
DYING = tuple(replace(one, serve=_derive_protected) if one.id == DERIVE else one for one in CONTRACTS)
"""Venues that take orders back when the connection ends, as they can be told to."""


def each(entries: tuple[Entry, ...] = TRADING, *, always: tuple[VenueId, ...] = ()) -> pytest.MarkDecorator:
    """Play a case at each venue; at those of contracts only under ``make full``, but for the ones named."""
    full = {one.id for one in entries if not one.outcomes and one.row.trades} - set(always)
    given = [pytest.param(one, id=one.id, marks=[pytest.mark.full] if one.id in full else []) for one in entries]
    return pytest.mark.parametrize("entry", given)


DEPOSITS = {KALSHI: CASH, POLYMARKET: DEPOSIT}
