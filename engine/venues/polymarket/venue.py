"""Polymarket, put together: feed, directory and, with keys, an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.ids import POLYMARKET
from engine.venues.polymarket import clob as hosts
from engine.venues.polymarket.clob import Clob, Signer
from engine.venues.polymarket.directory import Directory
from engine.venues.polymarket.endpoints import Endpoints
from engine.venues.polymarket.facts import Facts
from engine.venues.polymarket.feed import Feed
from engine.venues.polymarket.gateway import Gateway
from engine.venues.polymarket.ordering import book_of
from engine.venues.port import Venue
from engine.venues.report import Standing
from engine.venues.rest import Rest

if TYPE_CHECKING:
    import random

    from engine.venues.polymarket.keys import PolymarketKeys
    from engine.venues.port import Now


def build(
    endpoints: Endpoints | None,
    keys: PolymarketKeys | None,
    now: Now,
    rng: random.Random,
    keys_from: str = "",
) -> Venue:
    """Return the venue.

    Parameters
    ----------
    endpoints : Endpoints, optional
        The venue's own without.
    keys : PolymarketKeys, optional
        Without them there is no gateway.
    keys_from : str
        Where they come from, to be shown: ``keyring``, ``file``, ``session``, ``environment``.
    """
    where = endpoints or Endpoints()
    public = Clob(POLYMARKET, where.clob, now, budget=hosts.budget(), rng=rng)
    gamma = Rest(POLYMARKET, where.gamma, now, budget=hosts.budget(), rng=rng)
    facts = Facts(public, now)
    standing = Standing(keys=keys_from if keys is not None else "", host=public.host)
    if keys is None:
        feed = Feed(where, public, facts, now, rng, standing=standing, beside=[gamma])
        return Venue(POLYMARKET, feed, None, Directory(gamma, facts, now))
    book = book_of(keys, where)
    signer = Signer(book.wallet, where.chain_id, keys.credentials)
    private = Clob(POLYMARKET, where.clob, now, budget=public.budget, rng=rng, sign=signer.private)
    data = Rest(POLYMARKET, where.data, now, budget=hosts.budget(), rng=rng)
    gateway = Gateway(where, private, data, facts, signer, book, now, rng)
    feed = Feed(where, public, facts, now, rng, standing=standing, beside=[gamma], account=gateway.link)
    return Venue(POLYMARKET, feed, gateway, Directory(gamma, facts, now))
