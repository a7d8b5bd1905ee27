"""Who asks: Polymarket's two kinds of request signature, checked as the venue checks them.

Written from the venue's specification and shared with nothing: the connector's own signing is proved against it,
so a mistake must not stand on both sides.

L1 is a wallet's EIP-712 signature over `ClobAuth`; it makes or finds API keys. L2 is an HMAC of the request under
such a key's secret and rides on every private call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import coincurve
from Crypto.Hash import keccak as _keccak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.units import Nanos

CHAIN: Final = 137
FRESH_S: Final = 30
"""A request older, or newer, than this is refused."""
_ATTEST: Final = "This message attests that I control the given wallet"
_DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId)"
_AUTH_TYPE: Final = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"


class NotYou(Exception):
    """A request is not signed by whom it names; its text is the venue's answer."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What the venue knows of a key; the address is the wallet's that made it."""

    key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)
    address: str = ""

    def wire(self) -> dict[str, str]:
        """Return the answer that hands it out."""
        return {"apiKey": self.key, "secret": self.secret, "passphrase": self.passphrase}


class Keys:
    """All API keys the venue has given out. The same wallet and nonce have the same key for ever."""

    def __init__(self, seed: int) -> None:
        self._root = hashlib.sha256(f"sandbox keys {seed}".encode()).digest()
        self._by_key: dict[str, ApiKey] = {}

    def create(self, headers: Mapping[str, str], clocks: Sequence[Nanos]) -> ApiKey | None:
        """Return a new key of the wallet that signed; None if it has one of that nonce already.

        Raises
        ------
        NotYou
            If the L1 headers are missing, stale or signed by somebody else.
        """
        made = self._of(*_level_1(headers, clocks))
        if made.key in self._by_key:
            return None
        self._by_key[made.key] = made
        return made

    def derive(self, headers: Mapping[str, str], clocks: Sequence[Nanos]) -> ApiKey | None:
        """Return the key of the wallet that signed; None if it never made one of that nonce. Raises `NotYou`."""
        return self._by_key.get(self._of(*_level_1(headers, clocks)).key)

    def check(self, headers: Mapping[str, str], clocks: Sequence[Nanos], method: str, path: str, body: bytes) -> ApiKey:
        """Return the key that signed a private call.

        Parameters
        ----------
        clocks : sequence of Nanos
            Times that a signature may carry: the machine's and the simulated day's.
        path : str
            Without host and without query.
        body : bytes
            Exactly as received.

        Raises
        ------
        NotYou
            If the L2 headers are missing, stale, or do not fit the request.
        """
        known = self._by_key.get(headers.get("POLY_API_KEY", ""))
        if known is None or not _same(headers.get("POLY_PASSPHRASE", ""), known.passphrase):
            raise NotYou("Unauthorized/Invalid api key")
        if headers.get("POLY_ADDRESS", "").lower() != known.address.lower():
            raise NotYou("Unauthorized/Invalid api key")
        stamp = _fresh(headers, clocks)
        message = f"{stamp}{method}{path}".encode() + body
        if not _same(headers.get("POLY_SIGNATURE", ""), _sealed(known.secret, message)):
            raise NotYou("Unauthorized/Invalid api key")
        return known

    def of(self, auth: Mapping[str, str]) -> ApiKey | None:
        """Return the key whose three parts a stream's subscription names; None for a wrong one."""
        known = self._by_key.get(auth.get("apiKey", ""))
        if known is None or not _same(auth.get("secret", ""), known.secret):
            return None
        return known if _same(auth.get("passphrase", ""), known.passphrase) else None

    def listed(self, address: str) -> list[str]:
        """Return the names of a wallet's keys."""
        return [k.key for k in self._by_key.values() if k.address == address]

    def revoke(self, key: ApiKey) -> None:
        """Forget a key."""
        self._by_key.pop(key.key, None)

    def _of(self, address: str, nonce: int) -> ApiKey:
        def part(name: str) -> bytes:
            return hmac.digest(self._root, f"{name} {address} {nonce}".encode(), "sha256")

        name = part("key").hex()
        spelled = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:32]}"
        secret = base64.urlsafe_b64encode(part("secret")).decode()
        return ApiKey(spelled, secret, part("passphrase").hex(), address)


def keccak(data: bytes) -> bytes:
    """Return Ethereum's hash, 32 bytes."""
    return _keccak.new(digest_bits=256, data=data).digest()


def checksum(address: str) -> str:
    """Return an address as EIP-55 spells it.

    Raises
    ------
    ValueError
        If it is not ``0x`` and forty hexadecimal digits.
    """
    plain = address[2:].lower()
    if address[:2] != "0x" or len(plain) != 40:
        raise ValueError(f"no address: {address[:60]!r}")
    digest = keccak(bytes.fromhex(plain).hex().encode()).hex()
    return "0x" + "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(plain, digest, strict=False))


def word(value: int | str | bytes) -> bytes:
    """Return one ABI word: a number, an address or 32 bytes.

    Raises
    ------
    ValueError
        If it does not fit.
    """
    if isinstance(value, str):
        value = bytes.fromhex(value.removeprefix("0x"))
    if isinstance(value, int):
        if not 0 <= value < 1 << 256:
            raise ValueError("no 256-bit number")
        return value.to_bytes(32, "big")
    if len(value) > 32:
        raise ValueError(f"{len(value)} bytes are no word")
    return value.rjust(32, b"\0")


def typed(domain: bytes, struct: bytes) -> bytes:
    """Return the digest an EIP-712 signature is over, from two hashes."""
    return keccak(b"\x19\x01" + domain + struct)


def recover(digest: bytes, signature: str) -> str:
    """Return the address whose key made a signature (65 bytes r, s, v; v 27 or 28).

    Raises
    ------
    ValueError
        If it is none.
    """
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != 65 or raw[64] not in (27, 28):
        raise ValueError("a signature is 65 bytes and ends in 27 or 28")
    try:
        public = coincurve.PublicKey.from_signature_and_message(raw[:64] + bytes([raw[64] - 27]), digest, hasher=None)
    except Exception as e:  # coincurve raises a bare Exception for a point that is not on the curve
        raise ValueError("the signature fits no key") from e
    return checksum("0x" + keccak(public.format(compressed=False)[1:])[12:].hex())


def _level_1(headers: Mapping[str, str], clocks: Sequence[Nanos]) -> tuple[str, int]:
    stamp = _fresh(headers, clocks)
    try:
        address = checksum(headers.get("POLY_ADDRESS", ""))
        nonce = int(headers.get("POLY_NONCE", "0"))
        text = [keccak(part.encode()) for part in (_AUTH_TYPE, stamp, _ATTEST)]
        struct = keccak(text[0] + word(address) + text[1] + word(nonce) + text[2])
        signer = recover(typed(_AUTH_DOMAIN, struct), headers.get("POLY_SIGNATURE", ""))
    except ValueError as e:
        raise NotYou("Invalid L1 Request headers") from e
    if signer != address:
        raise NotYou("Invalid L1 Request headers")
    return address, nonce


def _fresh(headers: Mapping[str, str], clocks: Sequence[Nanos]) -> str:
    stamp = headers.get("POLY_TIMESTAMP", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        raise NotYou("Invalid timestamp")
    if all(abs(int(stamp) - at // 1_000_000_000) > FRESH_S for at in clocks):
        raise NotYou("Timestamp is too old or in the future")
    return stamp


def _sealed(secret: str, message: bytes) -> str:
    try:
        key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except binascii.Error as e:  # secrets are ours: this cannot be
        raise NotYou("Unauthorized/Invalid api key") from e
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode()


def _same(given: str, due: str) -> bool:
    return hmac.compare_digest(given.encode(), due.encode())


_AUTH_DOMAIN: Final = keccak(keccak(_DOMAIN_TYPE.encode()) + keccak(b"ClobAuthDomain") + keccak(b"1") + word(CHAIN))
