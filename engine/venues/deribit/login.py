"""Logging in to Deribit on a socket, and staying so: signatures, tokens, their renewal before they end. Pure.

A socket that is logged in stays so while its token is renewed; a new socket logs in anew. The secret itself leaves only
where `Keys.plain` says so.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from engine.core.units import SECOND, Nanos
from engine.venues.deribit import sign, wire
from engine.venues.deribit.calls import ANSWER_IN

if TYPE_CHECKING:
    import random

    from engine.venues.deribit.keys import Keys
    from engine.venues.port import Now

AUTH: Final = "public/auth"
SHARE: Final = 0.8
"""Of a token's life after which it is renewed."""
BEFORE_S: Final = 60.0
"""And not later than this before its end."""
LONGEST_S: Final = 30 * 86_400.0
_LETTERS: Final = string.ascii_lowercase + string.digits


class Token(msgspec.Struct):
    """What a login answers. `repr` shows neither token."""

    access_token: str
    refresh_token: str
    expires_in: float
    scope: str = ""

    @override
    def __repr__(self) -> str:
        """Return no secret."""
        return f"Token(expires_in={self.expires_in}, scope={self.scope[:80]!r})"


TOKEN: Final = msgspec.json.Decoder(Token)


@dataclass(slots=True)
class Login:
    """How one connection is logged in."""

    keys: Keys
    now: Now
    rng: random.Random = field(repr=False)
    token: Token | None = field(default=None, repr=False)
    renew_at: Nanos | None = None
    renewing: Nanos | None = None
    """Since when an answer is waited for."""

    def first(self) -> dict[str, object]:
        """Return what logs a new connection in, freshly signed."""
        self.token, self.renew_at, self.renewing = None, None, None
        if self.keys.plain:
            return {
                "grant_type": "client_credentials",
                "client_id": self.keys.client_id,
                "client_secret": self.keys.client_secret,
            }
        at, nonce = sign.milliseconds(self.now()), self.nonce()
        return {
            "grant_type": "client_signature",
            "client_id": self.keys.client_id,
            "timestamp": at,
            "nonce": nonce,
            "data": "",
            "signature": sign.login(self.keys.client_secret, at, nonce),
        }

    def renewal(self, at: Nanos) -> dict[str, object] | None:
        """Return what renews the token, once, when its time has come."""
        if self.token is None or self.renew_at is None or at < self.renew_at or self.renewing is not None:
            return None
        self.renewing = at
        return {"grant_type": "refresh_token", "refresh_token": self.token.refresh_token}

    def granted(self, reply: wire.Reply, at: Nanos) -> None:
        """Take a token in, the one that renews it included.

        Raises
        ------
        WireError
            If it is none.
        """
        self.token = wire.body(TOKEN, reply.result)
        life = min(max(self.token.expires_in, 0.0), LONGEST_S)
        wait = min(life * SHARE, max(life - BEFORE_S, life / 2))
        self.renew_at = Nanos(at + int(wait * SECOND))
        self.renewing = None

    def overdue(self, at: Nanos) -> bool:
        """Whether a renewal was asked for and not granted in time: the token will end, and with it all news of us."""
        return self.renewing is not None and at - self.renewing > ANSWER_IN

    def nonce(self) -> str:
        """Return eight letters and digits."""
        return "".join(self.rng.choices(_LETTERS, k=8))

    def header(self, method: str, uri: str, body: bytes, at: Nanos) -> dict[str, str]:
        """Return the header of an HTTP request; `uri` with its query, as it is sent."""
        made = sign.header(
            self.keys.client_id, self.keys.client_secret, sign.milliseconds(at), self.nonce(), method, uri,
            body.decode(),
        )  # fmt: skip
        return {"Authorization": made}
