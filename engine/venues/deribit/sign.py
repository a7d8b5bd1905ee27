"""Signatures of Deribit logins and requests: HMAC-SHA256 over a time, a nonce and what is asked. Pure.

Source: Deribit, "Authentication": ``client_signature`` on a socket, ``deri-hmac-sha256`` over HTTP.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core.units import Nanos

MS = 1_000_000


def milliseconds(at: Nanos) -> int:
    """Return a time as Deribit counts it."""
    return at // MS


def login(secret: str, timestamp_ms: int, nonce: str, data: str = "") -> str:
    """Return the signature of a login on a socket, 64 lower-case hexadecimal digits.

    Parameters
    ----------
    timestamp_ms, nonce, data
        Sent beside the signature, exactly as they are here.
    """
    return _hmac(secret, f"{timestamp_ms}\n{nonce}\n{data}")


def request(secret: str, timestamp_ms: int, nonce: str, method: str, uri: str, body: str = "") -> str:
    """Return the signature of an HTTP request, 64 lower-case hexadecimal digits.

    Parameters
    ----------
    uri : str
        Path from the host's root, ``/api/v2/…``, with its query as it is sent.
    """
    return _hmac(secret, f"{timestamp_ms}\n{nonce}\n{method.upper()}\n{uri}\n{body}\n")


def header(client_id: str, secret: str, timestamp_ms: int, nonce: str, method: str, uri: str, body: str = "") -> str:
    """Return the ``Authorization`` header of an HTTP request that carries no token."""
    signed = request(secret, timestamp_ms, nonce, method, uri, body)
    return f"deri-hmac-sha256 id={client_id},ts={timestamp_ms},sig={signed},nonce={nonce}"


def _hmac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
