"""Derive's signatures: EIP-712 actions for orders and quotes, EIP-191 for the login. Pure, but for the nonces' clock.

::

    data   = words of the order or of the quote          (the module's own)
    action = keccak(TYPE, subaccount, nonce, module, keccak(data), expiry, owner, signer)
    digest = keccak(0x1901, separator of the domain, action)

What is signed is what is sent: every decimal goes over the wire as the digits of its signed word.

Source: Derive v3 as derive-py 0.1.5 and derive-ts speak it in October 2026; EIP-712, EIP-191.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.venues.derive.abi import address, scaled, signed, uint
from engine.venues.polymarket.keccak import keccak
from engine.venues.polymarket.sign import Domain, Wallet, separator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from engine.core.units import Nanos
    from engine.venues.derive.endpoints import Endpoints
    from engine.venues.derive.keys import DeriveKeys

ACTION: Final = keccak(
    b"Action(uint256 subaccountId,uint256 nonce,address module,bytes data,uint256 expiry,address owner,address signer)"
)
MS: Final = 1_000_000
_TUPLE: Final = uint(32)
"""Where the one dynamic tuple begins that a quote's data are."""


class Action(NamedTuple):
    """What every signature says beside the module's own data."""

    subaccount: int
    nonce: int
    module: str
    data: bytes
    expiry: int
    """Unix seconds; the order or quote dies then."""
    owner: str
    signer: str


class Leg(NamedTuple):
    """One leg of a package as it is signed."""

    instrument: str
    """Its name; legs are signed in the order of their names."""
    asset: str
    sub_id: int
    price: Decimal
    amount: Decimal
    """Above 0."""
    buys: bool
    """The direction that the taker gave it."""


def domain(endpoints: Endpoints) -> Domain:
    """Return what a venue's actions are signed under."""
    return Domain(endpoints.chain_id, endpoints.contract, "1.0", "Matching")


def trade_data(
    asset: str, sub_id: int, limit_price: Decimal, amount: Decimal, max_fee: Decimal, recipient: int, *, buys: bool
) -> bytes:
    """Return the seven words of an order; `max_fee` is for one unit of volume."""
    return b"".join(
        (
            address(asset),
            uint(sub_id),
            signed(scaled(limit_price)),
            signed(scaled(amount)),
            uint(scaled(max_fee)),
            uint(recipient),
            uint(buys),
        )
    )


def quote_data(max_fee: Decimal, legs: Sequence[Leg], *, buys: bool) -> bytes:
    """Return a maker's quote as words; `buys`: the maker's side of the whole package."""
    return _TUPLE + uint(scaled(max_fee)) + uint(64) + _legs(legs, buys=buys)


def execute_data(max_fee: Decimal, legs: Sequence[Leg], *, buys: bool) -> bytes:
    """Return what a taker signs to take a quote: it names the legs as their maker signed them, by their hash."""
    return keccak(_TUPLE + _legs(legs, buys=not buys)) + uint(scaled(max_fee))


def action_hash(action: Action) -> bytes:
    """Return the hash of an action's fields; ValueError where one does not fit its word."""
    return keccak(
        b"".join(
            (
                ACTION,
                uint(action.subaccount),
                uint(action.nonce),
                address(action.module),
                keccak(action.data),
                uint(action.expiry),
                address(action.owner),
                address(action.signer),
            )
        )
    )


def digest(action: Action, where: Domain) -> bytes:
    """Return what is signed."""
    return keccak(b"\x19\x01" + separator(where) + action_hash(action))


def login_digest(timestamp_ms: str) -> bytes:
    """Return what the login signs: the text of a time, as a personal message."""
    raw = timestamp_ms.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw)


class Signer:
    """Signs for one subaccount; its key is never shown."""

    def __init__(self, keys: DeriveKeys, endpoints: Endpoints) -> None:
        self._wallet = Wallet(keys.private_key)
        self._where = domain(endpoints)
        self._endpoints = endpoints
        self.owner = keys.owner
        self.subaccount = keys.subaccount

    @property
    def address(self) -> str:
        """The session key's own address."""
        return self._wallet.address

    def headers(self, at: Nanos) -> Mapping[str, str]:
        """Return the headers that prove who asks."""
        stamp = str(at // MS)
        return {
            "X-DeriveWallet": self.owner,
            "X-DeriveTimestamp": stamp,
            "X-DeriveSignature": self._personal(stamp),
        }

    def login(self, at: Nanos) -> dict[str, str]:
        """Return the parameters of `public/login`."""
        stamp = str(at // MS)
        return {"wallet": self.owner, "timestamp": stamp, "signature": self._personal(stamp)}

    def order(self, data: bytes, nonce: int, expiry: int) -> str:
        """Return the signature of an order's data."""
        return self._signed(self._endpoints.trade, data, nonce, expiry)

    def quote(self, data: bytes, nonce: int, expiry: int) -> str:
        """Return the signature of a quote's data, or of what takes one."""
        return self._signed(self._endpoints.rfq, data, nonce, expiry)

    def _signed(self, module: str, data: bytes, nonce: int, expiry: int) -> str:
        action = Action(self.subaccount, nonce, module, data, expiry, self.owner, self.address)
        return "0x" + self._wallet.sign(digest(action, self._where)).hex()

    def _personal(self, stamp: str) -> str:
        return "0x" + self._wallet.sign(login_digest(stamp)).hex()


class Nonces:
    """Numbers that are used once: UTC nanoseconds, each above the one before, whatever the clock does.

    The venue remembers every one; a program that starts anew with a clock set back would repeat some, so the venue
    would refuse them (11017), and never book an order twice.
    """

    def __init__(self, now: Callable[[], Nanos]) -> None:
        self._now = now
        self._last = 0

    def next(self) -> int:
        """Return the next one."""
        self._last = max(int(self._now()), self._last + 1)
        return self._last

    def above(self, nonce: int) -> None:
        """Let all that follow be above one that was seen in use."""
        self._last = max(self._last, nonce)


def _legs(legs: Sequence[Leg], *, buys: bool) -> bytes:
    ordered = sorted(legs, key=lambda leg: leg.instrument)
    words = [uint(len(ordered))]
    for leg in ordered:
        way = 1 if leg.buys is buys else -1
        words += [address(leg.asset), uint(leg.sub_id), uint(scaled(leg.price)), signed(way * scaled(leg.amount))]
    return b"".join(words)
