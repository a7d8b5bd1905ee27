"""A quiet Polymarket to talk to: two markets without a crowd, clocks that stand, and wallets that sign.

Wallets sign with eth-account, which neither the server nor the connector knows.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import random
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import msgspec
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from engine.core.ids import AccountId
from engine.core.instrument import Family
from engine.core.units import SECOND, Lots, Nanos, Side, Ticks
from engine.sandbox.coin import Coin
from engine.sandbox.floor import Floor
from engine.sandbox.offers import window
from engine.sandbox.servers.faults import FaultDesk
from engine.sandbox.servers.polymarket import Polymarket
from engine.sandbox.servers.polymarket_http import RATES

START = 1_783_000_200
"""UNIX second at which the first window opens; the day's clock stands a minute later."""
CROWD = AccountId("crowd")
ZERO = "0x" + 64 * "0"
STANDARD = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK = "0xe2222d279d744050d28e00520010520000310F59"
ORDER_TYPE = [
    {"name": name, "type": kind}
    for name, kind in (
        ("salt", "uint256"), ("maker", "address"), ("signer", "address"), ("tokenId", "uint256"),
        ("makerAmount", "uint256"), ("takerAmount", "uint256"), ("side", "uint8"), ("signatureType", "uint8"),
        ("timestamp", "uint256"), ("metadata", "bytes32"), ("builder", "bytes32"),
    )
]  # fmt: skip
DOMAIN_TYPE = [
    {"name": name, "type": kind}
    for name, kind in (
        ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"),
    )
]  # fmt: skip


class Stage:
    """The venue, its clocks, and where it is served."""

    def __init__(self, rates=RATES) -> None:
        self.at = Nanos((START + 60) * SECOND)
        self.wall = self.at
        self.floor = Floor(self.at, random.Random(1))
        self.faults = FaultDesk(random.Random(2), lambda: self.wall / SECOND)
        coin = Coin(1, Nanos(START * SECOND))
        self.offers = [window(coin, START), negative(window(coin, START + 300))]
        families: dict[str, Family] = {o.family.id: o.family for o in self.offers}
        self.venue = Polymarket(self.floor, families, self.faults, self.now, lambda: self.wall, rates=rates)
        for offer in self.offers:
            for instrument in offer.instruments:
                self.floor.bring(instrument, offer.schedule)
        self.floor.open_account(CROWD, Decimal(1_000_000), checked=False)
        self.plain, self.neg = (market for _, market in self.venue.desk.catalogue.markets())
        self.plain_facts = self.offers[0].instruments[0].facts
        self.hosts: dict[str, str] = {}

    def now(self) -> Nanos:
        self.floor.advance(self.at)
        return self.floor.at

    def pass_time(self, seconds: float) -> None:
        self.at = Nanos(self.at + int(seconds * SECOND))
        self.wall = Nanos(self.wall + int(seconds * SECOND))
        self.now()

    def quote(self, market, side: Side, price: str, size: str) -> str:
        """Let the crowd rest an order; return its id."""
        lots = Lots(int(Decimal(size) * 1_000_000))
        return self.floor.place(CROWD, market.id, side, Ticks(int(Decimal(price) * 10_000)), lots).id

    def wallet(self, seed: int = 1) -> Wallet:
        return Wallet(self, seed)


def negative(offer):
    """Make an offer's market one of a negative-risk event."""
    risk = ("neg_risk_market", "0x" + "ab" * 32)
    changed = {"neg_risk": "true", "window_start": "", "event": "brackets"}
    instruments = tuple(
        msgspec.structs.replace(i, facts=(*((k, changed.get(k, v)) for k, v in i.facts), risk))
        for i in offer.instruments
    )
    family = msgspec.structs.replace(offer.family, id="polymarket:brackets", title="Brackets of a day")
    return type(offer)(
        **{f: getattr(offer, f) for f in offer.__slots__} | {"instruments": instruments, "family": family}
    )


class Wallet:
    """A throw-away key that speaks both kinds of request signature and signs orders."""

    def __init__(self, stage: Stage, seed: int = 1) -> None:
        self.stage = stage
        self.account = Account.from_key(hashlib.sha256(f"wallet {seed}".encode()).digest())
        self.address = self.account.address
        self.key: dict[str, str] = {}
        self._salt = seed * 1_000

    @property
    def seconds(self) -> int:
        return self.stage.wall // SECOND

    def level_1(self, *, nonce: int = 0, seconds: int | None = None, address: str = "") -> dict[str, str]:
        stamp = str(self.seconds if seconds is None else seconds)
        message = {
            "address": address or self.address, "timestamp": stamp, "nonce": nonce,
            "message": "This message attests that I control the given wallet",
        }  # fmt: skip
        kinds = {"address": "address", "timestamp": "string", "nonce": "uint256", "message": "string"}
        signed = self.account.sign_typed_data(
            {"name": "ClobAuthDomain", "version": "1", "chainId": 137},
            {"ClobAuth": [{"name": k, "type": v} for k, v in kinds.items()]},
            message,
        )
        return {
            "POLY_ADDRESS": address or self.address, "POLY_SIGNATURE": "0x" + signed.signature.hex(),
            "POLY_TIMESTAMP": stamp, "POLY_NONCE": str(nonce),
        }  # fmt: skip

    def level_2(self, method: str, path: str, body: str = "", *, seconds: int | None = None) -> dict[str, str]:
        stamp = str(self.seconds if seconds is None else seconds)
        secret = base64.urlsafe_b64decode(self.key["secret"])
        seal = hmac.digest(secret, f"{stamp}{method}{path}{body}".encode(), "sha256")
        return {
            "POLY_ADDRESS": self.address, "POLY_API_KEY": self.key["apiKey"],
            "POLY_PASSPHRASE": self.key["passphrase"], "POLY_TIMESTAMP": stamp,
            "POLY_SIGNATURE": base64.urlsafe_b64encode(seal).decode(),
        }  # fmt: skip

    def order(
        self, market, side: str, price: str, size: str, *, leg: int = 0, kind: str = "GTC", post_only: bool = False,
        expiration: int = 0, contract: str = "", amounts: tuple[int, int] | None = None, wallet: str = "",
        signature_type: int = 0,
    ) -> dict[str, object]:  # fmt: skip
        """Return the body of ``POST /order``, signed."""
        self._salt += 1
        shares, money = int(Decimal(size) * 10**6), int(Decimal(size) * Decimal(price) * 10**6)
        maker, taker = amounts or ((money, shares) if side == "BUY" else (shares, money))
        message = {
            "salt": self._salt, "maker": wallet or self.address,
            "signer": wallet if signature_type == 3 else self.address, "tokenId": int(market.tokens[leg]),
            "makerAmount": maker, "takerAmount": taker, "side": ["BUY", "SELL"].index(side),
            "signatureType": signature_type, "timestamp": self.seconds * 1000, "metadata": bytes(32),
            "builder": bytes(32),
        }  # fmt: skip
        found = contract or (NEG_RISK if market is self.stage.neg else STANDARD)
        text = {key: str(message[key]) for key in ("tokenId", "makerAmount", "takerAmount", "timestamp")}
        order = message | text | {"side": side, "expiration": str(expiration), "metadata": ZERO, "builder": ZERO}
        order["signature"] = self._sign(message, found, signature_type)
        return {"order": order, "owner": self.key["apiKey"], "orderType": kind, "postOnly": post_only}

    def order_id(self, posted, contract: str = STANDARD) -> str:
        """Return the hash of a posted order by eth-account."""
        order = posted["order"]
        numbers = {k: int(order[k]) for k in ("tokenId", "makerAmount", "takerAmount", "timestamp")}
        message = order | numbers | {"side": ["BUY", "SELL"].index(order["side"])}
        message |= {"metadata": bytes(32), "builder": bytes(32)}
        kept = {field["name"]: message[field["name"]] for field in ORDER_TYPE}
        seen = encode_typed_data(full_message=typed(kept, contract))
        return "0x" + keccak(b"\x19" + seen.version + seen.header + seen.body).hex()

    def _sign(self, message, contract: str, signature_type: int) -> str:
        data = typed(message, contract)
        if signature_type != 3:
            return "0x" + self.account.sign_typed_data(full_message=data).signature.hex()
        parts = encode_typed_data(full_message=data)
        wrapped = {
            "types": {
                "EIP712Domain": DOMAIN_TYPE,
                "Order": ORDER_TYPE,
                "TypedDataSign": [
                    {"name": "contents", "type": "Order"}, *DOMAIN_TYPE, {"name": "salt", "type": "bytes32"},
                ],
            },
            "primaryType": "TypedDataSign",
            "domain": data["domain"],
            "message": {
                "contents": message, "name": "DepositWallet", "version": "1", "chainId": 137,
                "verifyingContract": message["maker"], "salt": bytes(32),
            },
        }  # fmt: skip
        inner = self.account.sign_typed_data(full_message=wrapped).signature
        kind = "Order(" + ",".join(f"{f['type']} {f['name']}" for f in ORDER_TYPE) + ")"
        return "0x" + (inner + parts.header + parts.body + kind.encode() + len(kind).to_bytes(2, "big")).hex()


def typed(message, contract: str):
    domain = {"name": "Polymarket CTF Exchange", "version": "2", "chainId": 137, "verifyingContract": contract}
    types = {"EIP712Domain": DOMAIN_TYPE, "Order": ORDER_TYPE}
    return {"types": types, "primaryType": "Order", "domain": domain, "message": message}


class Client:
    """Plain HTTP to a stage, signed where a wallet is given."""

    def __init__(self, stage: Stage, session: aiohttp.ClientSession) -> None:
        self.stage = stage
        self.session = session

    async def get(self, path: str, *, host: str = "clob", wallet: Wallet | None = None, **query: str):
        headers = wallet.level_2("GET", path) if wallet else {}
        async with self.session.get(self.stage.hosts[host] + path, params=query, headers=headers) as found:
            return found.status, await found.json()

    async def send(self, method: str, path: str, body: object = None, *, wallet: Wallet | None = None, headers=None):
        text = "" if body is None else json.dumps(body, separators=(",", ":"))
        headers = headers or (wallet.level_2(method, path, text) if wallet else {})
        url = self.stage.hosts["clob"] + path
        async with self.session.request(method, url, data=text or None, headers=headers) as found:
            return found.status, await found.json()

    async def post(self, wallet: Wallet, body: object):
        return await self.send("POST", "/order", body, wallet=wallet)

    async def sign_in(self, seed: int = 1) -> Wallet:
        wallet = self.stage.wallet(seed)
        status, wallet.key = await self.send("POST", "/auth/api-key", headers=wallet.level_1())
        assert status == 200, wallet.key
        return wallet


@asynccontextmanager
async def played(rates=RATES):
    """Serve a stage, and yield a client of it."""
    stage = Stage(rates)
    stage.hosts = await stage.venue.open()
    async with aiohttp.ClientSession() as session:
        yield Client(stage, session)
    await stage.venue.close()


def run(story, **more):
    async def told():
        async with played(**more) as client:
            return await asyncio.wait_for(story(client), 20)

    return asyncio.run(told())


async def until(of):
    """Ask again until it is so."""
    for _ in range(400):
        if await of():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never was")
