"""Polymarket's signatures: EIP-712 for the wallet and its orders, HMAC for private calls. Pure.

Type hashes are computed once, domain separators once for each exchange: signing an order costs two hashes of
known length and one signature.

Source: CLOB v2 as its official clients 0.14 and 1.2.1 speak it in October 2026; EIP-712; Solady's ERC-1271.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from coincurve import PrivateKey
from typing_extensions import override

from engine.venues.polymarket.keccak import keccak, nested
from engine.venues.remembered import Remembered

if TYPE_CHECKING:
    from engine.venues.polymarket.endpoints import Endpoints

ATTEST: Final = "This message attests that I control the given wallet"
ORDER_TYPE: Final = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    "uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
NESTED_TYPE: Final = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + ORDER_TYPE
)
NO_BYTES: Final = "0x" + "00" * 32
POLY_1271: Final = 3
V3_MASK: Final = ((1 << 64) - 1) << 40
"""Bits of a token id that are all clear in a position id of the third version."""


_ORDER_HASH: Final = keccak(ORDER_TYPE.encode())
_NESTED_HASH: Final = keccak(NESTED_TYPE.encode())
_AUTH_HASH: Final = keccak(b"ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_DOMAIN_HASH: Final = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_BARE_DOMAIN_HASH: Final = keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
_ATTEST_HASH: Final = keccak(ATTEST.encode())
_WALLET_NAME: Final = keccak(b"DepositWallet") + keccak(b"1")
_pack: Final = struct.Struct(">32s 24xQ 96s 24xQ 24xQ 64s 24xQ 64s").pack
"""An order's words in one call; its numbers have 64 bits at most."""
_TAIL: Final = ORDER_TYPE.encode() + len(ORDER_TYPE).to_bytes(2, "big")


class Domain(NamedTuple):
    """What a signature is good for: one contract on one chain."""

    chain_id: int
    contract: str
    version: str = "2"
    name: str = "Polymarket CTF Exchange"


class Order(NamedTuple):
    """The signed part of an order, in units of 0.000001; `expiration` travels beside it, unsigned."""

    salt: int
    maker: str
    signer: str
    token: int
    maker_amount: int
    taker_amount: int
    side: int
    """0 buys, 1 sells."""
    signature_type: int
    timestamp_ms: int
    metadata: str = NO_BYTES
    builder: str = NO_BYTES


def domain_of(token: int, negative_risk: bool, endpoints: Endpoints) -> Domain:
    """Return the domain under which an order for a token must be signed."""
    if token & V3_MASK == 0:
        return Domain(endpoints.chain_id, endpoints.exchange_v3, "3")
    return Domain(endpoints.chain_id, endpoints.negative_risk if negative_risk else endpoints.exchange)


@lru_cache(maxsize=64)
def separator(domain: Domain) -> bytes:
    """Return a domain's separator."""
    names = keccak(domain.name.encode()) + keccak(domain.version.encode())
    return keccak(_DOMAIN_HASH + names + _uint(domain.chain_id) + _address(domain.contract))


_PREFIXES: Final[Remembered[Domain, bytes]] = Remembered(lambda domain: b"\x19\x01" + separator(domain), 64)


@lru_cache(maxsize=8)
def auth_separator(chain_id: int) -> bytes:
    """Return the separator of the wallet's attestation, which names no contract."""
    return keccak(_BARE_DOMAIN_HASH + keccak(b"ClobAuthDomain") + keccak(b"1") + _uint(chain_id))


def struct_hash(order: Order) -> bytes:
    """Return the hash of an order's fields.

    Raises
    ------
    ValueError
        If a number does not fit its field, or an address or 32-byte word is none.
    """
    return keccak(_words(order))


def order_digest(order: Order, domain: Domain) -> bytes:
    """Return the hash under which the venue files the order: its id, known before anything is sent."""
    return nested(_PREFIXES[domain], _words(order))


def _words(order: Order) -> bytes:
    """Return what an order's hash is of: its type's hash, and a word for each field."""
    salt, maker, signer, token, gives, takes, side, kind, stamp, metadata, builder = order
    parties, kinds, marks = _PARTIES[maker, signer, token], _KINDS[side, kind], _MARKS[metadata, builder]
    try:
        return _pack(_ORDER_HASH, salt, parties, gives, takes, kinds, stamp, marks)
    except struct.error:  # a number beyond 64 bits; no order of ours has one
        return b"".join((_ORDER_HASH, _uint(salt), parties, _uint(gives), _uint(takes), kinds, _uint(stamp), marks))


class Wallet:
    """A key that signs; never shown, not even by its representation."""

    __slots__ = ("_key", "address")

    def __init__(self, private_key: int) -> None:
        self._key = PrivateKey(private_key.to_bytes(32, "big"))
        self.address = checksum(keccak(self._key.public_key.format(compressed=False)[1:])[12:])
        """Of the key itself, with its checksum in the letters' case."""

    @override
    def __repr__(self) -> str:
        return f"Wallet({self.address})"

    def sign(self, digest: bytes) -> bytes:
        """Return r, s and v (27 or 28) over a digest, with the low s that the chain insists on."""
        raw = self._key.sign_recoverable(digest, hasher=None)
        return raw[:64] + bytes([raw[64] + 27])

    def sign_order(self, order: Order, domain: Domain, digest: bytes | None = None) -> str:
        """Return an order's signature as the venue wants it for the order's type; its `digest` where it is known."""
        if order.signature_type != POLY_1271:
            return "0x" + self.sign(order_digest(order, domain) if digest is None else digest).hex()
        contents, exchange = struct_hash(order), separator(domain)
        nested = _NESTED_HASH + contents + _WALLET_NAME + _uint(domain.chain_id) + _address(order.signer) + bytes(32)
        signed = self.sign(keccak(b"\x19\x01" + exchange + keccak(nested)))
        return "0x" + (signed + exchange + contents + _TAIL).hex()

    def attest(self, timestamp_s: int, nonce: int, chain_id: int) -> str:
        """Return the signature that asks for API keys."""
        return "0x" + self.sign(attestation(self.address, timestamp_s, nonce, chain_id)).hex()


def attestation(address: str, timestamp_s: int, nonce: int, chain_id: int) -> bytes:
    """Return the digest of the wallet's attestation."""
    body = _AUTH_HASH + _address(address) + keccak(str(timestamp_s).encode()) + _uint(nonce) + _ATTEST_HASH
    return keccak(b"\x19\x01" + auth_separator(chain_id) + keccak(body))


def hmac_signature(secret: str, timestamp_s: int, method: str, path: str, body: bytes | str | None = None) -> str:
    """Return the signature of a private call.

    Parameters
    ----------
    secret : str
        URL-safe base64, padded or not.
    path : str
        Without host; a query is cut off, since the venue does not sign it.
    body : bytes or str or None
        Exactly what is sent.

    Raises
    ------
    ValueError
        If the secret is no base64; it is in no message.
    """
    data = body.encode() if isinstance(body, str) else body or b""
    message = f"{timestamp_s}{method}{path.partition('?')[0]}".encode() + data
    return base64.urlsafe_b64encode(hmac.digest(_secret(secret), message, hashlib.sha256)).decode()


@lru_cache(maxsize=8)
def _secret(text: str) -> bytes:
    padded = text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("the API secret is no base64") from None


def checksum(address: bytes) -> str:
    """Return an address's text with its checksum in the letters' case (EIP-55)."""
    text = address.hex()
    nibbles = keccak(text.encode()).hex()
    return "0x" + "".join(c.upper() if n >= "8" else c for c, n in zip(text, nibbles, strict=False))


def _uint(value: int) -> bytes:
    try:
        return value.to_bytes(32, "big")
    except OverflowError as e:
        msg = f"no unsigned 256-bit number: {value}"
        raise ValueError(msg) from e


def _parties(who: tuple[str, str, int]) -> bytes:
    maker, signer, token = who
    return _address(maker) + _address(signer) + _uint(token)


def _kinds(kinds: tuple[int, int]) -> bytes:
    side, signature_type = kinds
    return _uint(side) + _uint(signature_type)


def _marks(marks: tuple[str, str]) -> bytes:
    metadata, builder = marks
    return _word(metadata) + _word(builder)


_PARTIES: Final[Remembered[tuple[str, str, int], bytes]] = Remembered(_parties, 256)
"""The words of who trades what: the same for every order of ours in a token."""
_KINDS: Final[Remembered[tuple[int, int], bytes]] = Remembered(_kinds, 16)
_MARKS: Final[Remembered[tuple[str, str], bytes]] = Remembered(_marks, 64)


@lru_cache(maxsize=256)
def _address(text: str) -> bytes:
    return bytes(12) + _hexadecimal(text, 20)


@lru_cache(maxsize=64)
def _word(text: str) -> bytes:
    return _hexadecimal(text, 32)


def _hexadecimal(text: str, size: int) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != size:
        msg = f"not {size} bytes in hexadecimal: {text[:80]!r}"
        raise ValueError(msg)
    return value
