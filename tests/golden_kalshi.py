"""Adapters of the ``kalshi.*`` cases of ``golden/signing.json`` to the engine's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engine.venues.kalshi import sign
from engine.venues.kalshi.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def message(method: str, url: str, timestamp_ms: str) -> Out:
    return {"message": sign.message(method, urlsplit(url).path, timestamp_ms)}


def ed25519(seed: str, method: str, url: str, timestamp_ms: str) -> Out:
    key = Ed25519PrivateKey.from_private_bytes(int(seed).to_bytes(32, "big"))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    parts = urlsplit(url)
    signer = sign.Signer(Keys("key", pem))
    headers = signer.headers(method, f"{parts.path}?{parts.query}", int(timestamp_ms) * sign.MS)
    return {"signature": headers["KALSHI-ACCESS-SIGNATURE"]}


FUNCTIONS: dict[str, Callable[..., Out]] = {"kalshi.message": message, "kalshi.ed25519": ed25519}
