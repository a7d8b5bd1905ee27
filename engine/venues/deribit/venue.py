"""Deribit, put together: feed, directory and, with keys, an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.ids import DERIBIT
from engine.venues.deribit.account import Account
from engine.venues.deribit.directory import Directory
from engine.venues.deribit.endpoints import PROD, Endpoints, budget
from engine.venues.deribit.feed import Feed
from engine.venues.deribit.gateway import Gateway
from engine.venues.deribit.login import Login
from engine.venues.deribit.maker import CHANNELS
from engine.venues.deribit.ours import Ours
from engine.venues.deribit.private import Private
from engine.venues.port import Venue
from engine.venues.rest import Rest

if TYPE_CHECKING:
    import random

    from engine.venues.deribit.keys import Keys
    from engine.venues.port import Now


def build(
    endpoints: Endpoints | None, keys: Keys | None, now: Now, rng: random.Random, *, plain: bool = False
) -> Venue:
    """Return the venue.

    Parameters
    ----------
    endpoints : Endpoints, optional
        Production without.
    keys : Keys, optional
        Without them there is no gateway, and books come gathered over 100 ms.
    plain : bool
        Log in with the secret itself in place of a signature.
    """
    where = endpoints or PROD
    public = Rest(DERIBIT, where.rest, now, budget=budget(), rng=rng)
    directory = Directory(public, now)
    if keys is None:
        return Venue(DERIBIT, Feed(where, public, directory, None, now, rng), None, directory)
    keys = replace(keys, plain=True) if plain else keys
    mine = Login(keys, now, rng)
    private = Rest(DERIBIT, where.rest, now, budget=budget(), rng=rng, sign=mine.header, signs_query=True)
    ours = Ours()
    account = Account(private, ours, directory.instruments, now)
    gateway = Gateway(private, ours, account, directory.instruments, now)
    gateway.private = Private(where, mine, now, rng, gateway.heard, extra=CHANNELS, other=gateway.maker.news)
    gateway.private.clock = private.timing.learn_time
    feed = Feed(where, public, directory, keys, now, rng, private=gateway.private.link.stats)
    return Venue(DERIBIT, feed, gateway, directory)
