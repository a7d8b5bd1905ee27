"""Who may ask Kalshi's sandbox for what, and how often: signatures, clocks, scopes and token buckets. Pure.

Signed is the text ``<milliseconds><METHOD><path>``, path with /trade-api/v2 and without its query, by RSA-PSS
(SHA-256, salt 32) or Ed25519; the key's kind decides.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.ids import AccountId

STALE_MS: Final = 5_000
"""How far a request's clock may be off."""
SALT: Final = 32
COST: Final = 10
CANCEL_COST: Final = 2
TIERS: Final = {
    "basic": (200, 100), "advanced": (300, 300), "expert": (600, 600), "premier": (1_000, 1_000),
    "paragon": (2_000, 2_000), "prime": (4_000, 4_000), "prestige": (6_000, 8_000),
}  # fmt: skip
"""Tokens a second for reads and writes."""

PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


class Refusal(Exception):
    """A definite no over HTTP. `body` is one of the three shapes the venue uses."""

    def __init__(self, status: int, body: dict[str, object]) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


def flat(status: int, code: str, message: str = "", details: str = "") -> Refusal:
    """Return a refusal in the documented shape."""
    return Refusal(status, {"code": code, "message": message or code, "details": details, "service": "exchange"})


def nested(status: int, code: str, message: str = "") -> Refusal:
    """Return a refusal as it is seen for what does not exist."""
    return Refusal(status, {"error": {"code": code, "message": message or code, "service": "exchange"}})


def throttled() -> Refusal:
    """Return what a caller is told that asks too often; there is no Retry-After."""
    return Refusal(429, {"error": "too many requests"})


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at a rate, up to a size."""

    rate: float
    size: float
    at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        """Start full."""
        self.tokens = self.size

    def take(self, cost: float, now: float) -> bool:
        """Take tokens if there are enough."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if cost > self.tokens:
            return False
        self.tokens -= cost
        return True


@dataclass(frozen=True, slots=True)
class KalshiKey:
    """An API key as the venue keeps it."""

    id: str
    account: AccountId
    public: PublicKey
    scopes: frozenset[str] = frozenset({"read", "write"})


class Gate:
    """Knows the keys, and counts what each account asks."""

    def __init__(self, keys: Iterable[KalshiKey], tier: str = "basic") -> None:
        self.keys = {key.id: key for key in keys}
        self.tier = tier
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def key_of(
        self, headers: Mapping[str, str], method: str, path: str, clocks_ms: Iterable[int], scope: str
    ) -> KalshiKey:
        """Return the key that signed a request.

        Parameters
        ----------
        clocks_ms : iterable of int
            Clocks whose time a signature may carry: the machine's and the simulated day's.

        Raises
        ------
        Refusal
            401 for an unknown key, a stale or unreadable time or a wrong signature; 403 for a scope it has not.
        """
        key = self.keys.get(headers.get("KALSHI-ACCESS-KEY", ""))
        stamp = headers.get("KALSHI-ACCESS-TIMESTAMP", "")
        if key is None or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 20:
            raise flat(401, "authentication_error", "missing or unknown access key or timestamp")
        if not any(abs(int(stamp) - clock) <= STALE_MS for clock in clocks_ms):
            raise flat(401, "header_timestamp_expired", "the timestamp is too old or ahead of time")
        if not _signed(key.public, f"{stamp}{method}{path}".encode(), headers.get("KALSHI-ACCESS-SIGNATURE", "")):
            raise flat(401, "INCORRECT_API_KEY_SIGNATURE", "incorrect signature")
        if scope not in key.scopes:
            raise flat(403, "forbidden", f"the key has no scope {scope}")
        return key

    def spend(self, who: str, kind: str, cost: float, now: float) -> None:
        """Take tokens of a caller's read or write bucket.

        Raises
        ------
        Refusal
            429 when there are not enough.
        """
        bucket = self._buckets.get((who, kind))
        if bucket is None:
            rate, size = self.limit(kind)
            bucket = self._buckets[who, kind] = Bucket(rate, size, now)
        if not bucket.take(cost, now):
            raise throttled()

    def limit(self, kind: str) -> tuple[int, int]:
        """Return tokens a second and the size of a bucket."""
        rate = TIERS[self.tier][0 if kind == "read" else 1]
        one_second = kind == "write" and self.tier == "basic"
        return rate, rate if one_second else 2 * rate


def _signed(public: PublicKey, message: bytes, signature: str) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(public, rsa.RSAPublicKey):
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=SALT)
            public.verify(raw, message, pss, hashes.SHA256())
        else:
            public.verify(raw, message)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
