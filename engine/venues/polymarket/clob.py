"""Polymarket's order book over HTTP: who asks, and the answers that mean something else than their status."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.errors import AuthFailed, VenueError
from engine.core.ids import POLYMARKET
from engine.core.units import SECOND, Nanos
from engine.net.budget import Bucket, Budget
from engine.venues.polymarket import sign, wire_orders
from engine.venues.rest import Answer, Begun, Rest

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from engine.venues.polymarket.endpoints import Endpoints
    from engine.venues.polymarket.keys import Credentials
    from engine.venues.polymarket.sign import Wallet
    from engine.venues.port import Now

READ: Final = Bucket(rate=100, burst=200)
"""A tenth of what the venue allows: others may share our address."""
WRITE: Final = Bucket(rate=50, burst=100)
CANCEL: Final = Bucket(rate=40, burst=100, borrows="write")
_MS: Final = 1_000_000


def budget() -> Budget:
    """Return what may be asked of the order book, cancels apart from orders."""
    return Budget({"read": READ, "write": WRITE, "cancel": CANCEL})


class Signer:
    """The headers that prove who asks: by API keys, or by the wallet itself to get them."""

    def __init__(self, wallet: Wallet, chain_id: int, credentials: Credentials | None) -> None:
        self.wallet = wallet
        self.credentials = credentials
        self.behind: Nanos = Nanos(0)
        """What our clock is ahead of the venue's; headers are valid for half a minute."""
        self._chain_id = chain_id

    def private(self, method: str, path: str, body: bytes, at: Nanos) -> Mapping[str, str]:
        """Return the headers of a private call; none while there are no keys: public ones need none."""
        keys = self.credentials
        if keys is None:
            return {}
        stamp = (at - self.behind) // SECOND
        try:
            signature = sign.hmac_signature(keys.secret, stamp, method, path, body)
        except ValueError as e:
            raise AuthFailed(POLYMARKET, str(e)) from e
        return {
            "POLY_ADDRESS": self.wallet.address,
            "POLY_API_KEY": keys.api_key,
            "POLY_PASSPHRASE": keys.passphrase,
            "POLY_SIGNATURE": signature,
            "POLY_TIMESTAMP": str(stamp),
        }

    def attested(self, _method: str, _path: str, _body: bytes, at: Nanos) -> Mapping[str, str]:
        """Return the headers that ask for API keys."""
        stamp = (at - self.behind) // SECOND
        return {
            "POLY_ADDRESS": self.wallet.address,
            "POLY_SIGNATURE": self.wallet.attest(stamp, 0, self._chain_id),
            "POLY_TIMESTAMP": str(stamp),
            "POLY_NONCE": "0",
        }


class Clob(Rest):
    """The order book's host. Some refusals come as 503, and how long to wait may stand in a body."""

    @override
    async def _send(
        self, method: str, path: str, params: Mapping[str, object] | None, body: bytes, begun: Begun | None = None
    ) -> Answer:
        answer = await super()._send(method, path, params, body, begun)
        if wire_orders.definite(answer.status, answer.body):
            return replace(answer, status=400)
        wait = wire_orders.retry_after_s(answer.body) if answer.status == 429 else None
        if wait is not None and "retry-after" not in answer.headers:
            return replace(answer, headers={**answer.headers, "retry-after": str(round(wait + 0.5))})
        return answer


async def sign_in(signer: Signer, endpoints: Endpoints, now: Now, rng: random.Random) -> Credentials:
    """Return the wallet's API keys, derived if they were ever made, else made.

    Raises
    ------
    VenueError
        If the venue cannot be asked or gives none.
    """
    rest = Rest(POLYMARKET, endpoints.clob, now, budget=budget(), rng=rng, sign=signer.attested)
    try:
        try:
            return wire_orders.credentials(await rest.read("/auth/derive-api-key"))
        except AuthFailed:
            raise
        except VenueError:
            made = await rest.write("POST", "/auth/api-key")
            return wire_orders.credentials(made.body if made.status < 400 else await rest.read("/auth/derive-api-key"))
    finally:
        await rest.close()


async def set_clock(clob: Rest, signer: Signer, now: Now) -> None:
    """Take the venue's clock into account in what is signed. Raises VenueError if it cannot be asked."""
    sent = now()
    seconds = wire_orders.clock(await clob.read("/time"))
    received = now()
    middle = (sent + received) // 2
    ahead = middle - (seconds * SECOND + SECOND // 2)
    signer.behind = Nanos(ahead if abs(ahead) > SECOND else 0)
