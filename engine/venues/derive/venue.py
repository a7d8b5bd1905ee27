"""Derive, ready to wire: with keys a gateway that signs, without them prices only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import DERIVE
from engine.net.budget import Bucket, Budget
from engine.venues.derive.account import Account
from engine.venues.derive.asking import Calls
from engine.venues.derive.catalogue import Catalogue
from engine.venues.derive.directory import Directory
from engine.venues.derive.endpoints import PROD, Endpoints
from engine.venues.derive.facts import Facts
from engine.venues.derive.feed import DeriveFeed
from engine.venues.derive.gateway import Gateway
from engine.venues.derive.ours import Ours
from engine.venues.derive.private import Private
from engine.venues.derive.quoting import Quoting
from engine.venues.derive.sign import Nonces, Signer
from engine.venues.link import Link
from engine.venues.port import Venue
from engine.venues.rest import Rest

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from engine.core.units import Nanos
    from engine.venues.derive.keys import DeriveKeys
    from engine.venues.derive.wire_account import AccountReply
    from engine.venues.port import Now

MATCHING: Final = 5.0
"""Orders, replacements and cancels a second that every account may send; five seconds of them may go at once."""
OTHER: Final = 5.0
BURST_S: Final = 5.0
CANCEL_SHARE: Final = 0.2
"""Of what the venue counts together: what no burst of orders can take from cancels."""
MOST: Final = 1_000.0
"""A second; an account that is said to have more is given so many."""


def budget(matching: float = MATCHING, other: float = OTHER) -> Budget:
    """Return the buckets of an account with so many requests of either kind a second."""
    writes, cancels = matching * (1 - CANCEL_SHARE), matching * CANCEL_SHARE
    return Budget(
        {
            "read": Bucket(rate=other, burst=other * BURST_S),
            "write": Bucket(rate=writes, burst=writes * BURST_S),
            "cancel": Bucket(rate=cancels, burst=cancels * BURST_S, borrows="write"),
        }
    )


def build(
    endpoints: Endpoints | None,
    keys: DeriveKeys | None,
    now: Now,
    rng: random.Random,
    *,
    protect: bool | None = None,
    mmp: bool = False,
) -> Venue:
    """Return the venue.

    Parameters
    ----------
    endpoints : Endpoints, optional
        Production without.
    keys : DeriveKeys, optional
        Without them there is no gateway.
    protect : bool, optional
        Whether the venue shall take all orders back when the account's socket is lost: kept there for the whole
        wallet, until it is said otherwise. None leaves it as it is.
    mmp : bool
        Whether orders and quotes stand under the account's market-maker protection.
    """
    where = endpoints or PROD
    tokens = budget()
    catalogue = Catalogue()
    public = Rest(DERIVE, where.rest, now, budget=tokens, rng=rng)
    asking = Calls(public)
    directory = Directory(asking, catalogue, now)
    if keys is None:
        return Venue(DERIVE, DeriveFeed(where, asking, directory, catalogue, now, rng), None, directory)
    signer = Signer(keys, where)

    def sign(method: str, path: str, body: bytes, at: Nanos) -> Mapping[str, str]:
        return signer.headers(at)

    private = Rest(DERIVE, where.rest, now, budget=tokens, rng=rng, sign=sign)

    def learn(reply: AccountReply) -> float:
        """Keep within what the account may do; return how many orders a second that is."""
        matching = min(float(reply.websocket_matching_tps), MOST)
        other = min(float(reply.websocket_non_matching_tps), MOST)
        if matching > 0 and other > 0:
            public.budget = private.budget = budget(matching, other)
        return (matching or MATCHING) * (1 - CANCEL_SHARE)

    calls, nonces, ours = Calls(private), Nonces(now), Ours()
    facts = Facts(calls, directory, catalogue, now)
    quoting = Quoting(calls, signer, facts, nonces, now, mmp=mmp)
    talk = Private(where, signer, ours, quoting, now, protect=protect)
    link = Link(DERIVE, "account", talk, now, rng)
    gateway = Gateway(
        calls,
        link,
        talk,
        signer,
        ours,
        Account(calls, ours, catalogue, keys.subaccount, now),
        facts,
        quoting,
        nonces,
        now,
        orders_per_second=MATCHING * (1 - CANCEL_SHARE),
        learn=learn,
        mmp=mmp,
    )
    feed = DeriveFeed(where, asking, directory, catalogue, now, rng, private=link.stats, keys=keys.source)
    return Venue(DERIVE, feed, gateway, directory)
