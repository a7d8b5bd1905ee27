"""Signatures of Kalshi requests: RSA-PSS or Ed25519 over time, method and path. Pure.

The body is not signed, so the headers of an order can be made before there is an order: `Ahead` keeps a few ready.

Source: Kalshi "Quick start: authenticated requests"; kalshi-python-sync 3.34.
"""

from __future__ import annotations

import base64
from collections import deque
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from engine.core.errors import AuthFailed
from engine.core.ids import KALSHI
from engine.core.units import Nanos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.venues.kalshi.keys import Keys

MS: Final = 1_000_000
"""Nanoseconds in the millisecond that is signed."""
TOLERANCE_MS: Final = 1_000
"""How old a time signed ahead may be when it is used. The venue does not say what it still takes; a second is what
any clock is off by, and far below the 30 s at which other venues refuse."""
READY: Final = 8
"""Signatures kept ready."""
_SALT: Final = 32
_HASH: Final = SHA256()
_PADDING: Final = PSS(mgf=MGF1(_HASH), salt_length=_SALT)


def message(method: str, path: str, timestamp_ms: int | str) -> str:
    """Return the text that is signed. `path` begins at the host's root; a query does not count."""
    return f"{timestamp_ms}{method.upper()}{path.partition('?')[0]}"


class Signer:
    """Signs with one key.

    Raises
    ------
    AuthFailed
        If the text is no private key, or one of another kind.
    """

    def __init__(self, keys: Keys) -> None:
        self.key_id = keys.key_id
        self._key = _load(keys.private_key)

    def sign(self, text: str) -> str:
        """Return the signature of a text, base64 with padding."""
        data = text.encode()
        if isinstance(self._key, RSAPrivateKey):
            signature = self._key.sign(data, _PADDING, _HASH)
        else:
            signature = self._key.sign(data)
        return base64.b64encode(signature).decode("ascii")

    def headers(self, method: str, path: str, at: Nanos) -> dict[str, str]:
        """Return the three headers of one request, good for the time they state."""
        stamp = str(at // MS)
        return {
            "KALSHI-ACCESS-KEY": self.key_id,
            "KALSHI-ACCESS-TIMESTAMP": stamp,
            "KALSHI-ACCESS-SIGNATURE": self.sign(message(method, path, stamp)),
        }


class Ahead:
    """Headers of one kind of call, signed before they are needed; each is given out once.

    Parameters
    ----------
    path : str
        Whole path of the call, which must be the same every time: creating an order is, cancelling one is not.
    """

    def __init__(
        self, signer: Signer, method: str, path: str, *, ready: int = READY, tolerance_ms: int = TOLERANCE_MS
    ) -> None:
        self._signer = signer
        self._call = method, path
        self._most = ready
        self._tolerance_ms = tolerance_ms
        self._ready: deque[tuple[int, dict[str, str]]] = deque()
        self._last_ms = 0
        self.served = 0
        """How many calls found their headers ready."""
        self.late = 0
        """How many had to be signed when they were needed."""

    def fill(self, at: Nanos) -> bool:
        """Sign one more, unless enough are fresh; return whether one was signed. Some 200 µs with an RSA key."""
        now_ms = at // MS
        self._drop(now_ms, self._tolerance_ms // 2)
        if len(self._ready) >= self._most:
            return False
        self._ready.append(self._signed(now_ms))
        return True

    def take(self, at: Nanos) -> Mapping[str, str]:
        """Return headers for a call made now: ready ones if their time still holds, else freshly signed."""
        now_ms = at // MS
        self._drop(now_ms, self._tolerance_ms)
        if self._ready:
            self.served += 1
            return self._ready.popleft()[1]
        self.late += 1
        return self._signed(now_ms)[1]

    def __len__(self) -> int:
        """How many are ready, however old."""
        return len(self._ready)

    def _signed(self, now_ms: int) -> tuple[int, dict[str, str]]:
        stamp = max(now_ms, self._last_ms + 1) if self._last_ms - now_ms < self._most else now_ms
        self._last_ms = stamp
        return stamp, self._signer.headers(*self._call, Nanos(stamp * MS))

    def _drop(self, now_ms: int, age_ms: int) -> None:
        """Forget those whose time has passed, or that a clock set back has left in the future."""
        while self._ready and not now_ms - age_ms <= self._ready[0][0] <= now_ms + self._most:
            self._ready.popleft()


def _load(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        msg = "the private key could not be read; a PEM text without a passphrase is needed"
        raise AuthFailed(KALSHI, msg) from e
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        msg = f"the private key was neither RSA nor Ed25519 but {type(key).__name__}"
        raise AuthFailed(KALSHI, msg)
    return key
