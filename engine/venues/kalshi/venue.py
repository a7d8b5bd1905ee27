"""Kalshi, ready to wire: with keys a stream and a gateway, without them polled books and no orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.ids import KALSHI
from engine.net.budget import Bucket, Budget
from engine.venues.kalshi.account import Account
from engine.venues.kalshi.directory import Directory
from engine.venues.kalshi.endpoints import CALL, PROD, TIERS, Endpoints, Tier
from engine.venues.kalshi.feed import KalshiFeed
from engine.venues.kalshi.gateway import Gateway
from engine.venues.kalshi.ours import Ours
from engine.venues.kalshi.private import Private
from engine.venues.kalshi.sign import Ahead, Signer
from engine.venues.kalshi.wire_orders import ORDERS
from engine.venues.link import Link
from engine.venues.port import Venue
from engine.venues.rest import Rest

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from engine.core.units import Nanos
    from engine.venues.kalshi.keys import Keys
    from engine.venues.port import Now

CANCEL_SHARE = 0.2
"""Of the write tokens, which the venue counts together: what no burst of orders can take from cancels."""


def budget(tier: Tier) -> Budget:
    """Return the token buckets of a usage level. All but the lowest may save up two seconds of writes."""
    seconds = 1.0 if tier == TIERS["basic"] else 2.0
    writes, cancels = tier.write * (1 - CANCEL_SHARE), tier.write * CANCEL_SHARE
    return Budget(
        {
            "read": Bucket(rate=tier.read, burst=tier.read * seconds),
            "write": Bucket(rate=writes, burst=writes * seconds),
            "cancel": Bucket(rate=cancels, burst=max(cancels * seconds, 2 * CALL), borrows="write"),
        }
    )


def build(
    endpoints: Endpoints | None,
    keys: Keys | None,
    now: Now,
    rng: random.Random,
    *,
    tier: str = "basic",
    group: str = "",
    cancel_on_pause: bool = False,
) -> Venue:
    """Return the venue.

    Parameters
    ----------
    endpoints : Endpoints, optional
        Production without.
    keys : Keys, optional
        Without them there is no gateway, and books are polled.
    tier : str
        Usage level to begin with; the account's own is read once the gateway runs.
    group : str
        Order group that new orders join.
    cancel_on_pause : bool
        Whether resting orders are to be cancelled when their market is paused.

    Raises
    ------
    AuthFailed
        If the private key cannot be read.
    """
    where = endpoints or PROD
    first = TIERS.get(tier, TIERS["basic"])
    tokens = budget(first)
    public = Rest(KALSHI, where.rest, now, budget=tokens, rng=rng)
    directory = Directory(public, now)
    if keys is None:
        return Venue(KALSHI, KalshiFeed(where, public, directory, None, now, rng), None, directory)
    signer = Signer(keys)
    create = f"{where.prefix}{ORDERS}"
    ahead = Ahead(signer, "POST", create)

    def sign(method: str, path: str, body: bytes, at: Nanos) -> Mapping[str, str]:
        """Return headers; those of a new order are ready."""
        return ahead.take(at) if (method, path) == ("POST", create) else signer.headers(method, path, at)

    private = Rest(KALSHI, where.rest, now, budget=tokens, rng=rng, sign=sign)
    ours = Ours()
    stream = Private(where, signer, ours, now)
    link = Link(KALSHI, "account", stream, now, rng)

    def in_tier(name: str) -> bool:
        if name not in TIERS:
            return False
        if TIERS[name] != first:
            public.budget = private.budget = budget(TIERS[name])
        return True

    gateway = Gateway(
        private,
        link,
        stream,
        ours,
        Account(private, ours, now),
        now,
        ahead=ahead,
        budget_of=in_tier,
        orders_per_second=first.write * (1 - CANCEL_SHARE) / CALL,
        group=group,
        cancel_on_pause=cancel_on_pause,
    )
    feed = KalshiFeed(where, public, directory, signer, now, rng, private=link.stats, keys=keys.source)
    return Venue(KALSHI, feed, gateway, directory)
