"""The connectors under measurement: the venues' own talks and gateways, put together as a session does.

Where a venue's parts are hidden in its `build`, they are put together here from the same classes.
"""

from __future__ import annotations

import asyncio
import random
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typing_extensions import override

from engine.core.ids import BINANCE, KALSHI, POLYMARKET, InstrumentId
from engine.net.budget import Bucket, Budget
from engine.venues.binance import endpoints as binance_endpoints
from engine.venues.binance import venue as binance_venue
from engine.venues.binance import wire as binance_wire
from engine.venues.binance.directory import BinanceDirectory
from engine.venues.binance.feed import BinanceFeed
from engine.venues.kalshi import endpoints as kalshi_endpoints
from engine.venues.kalshi import venue as kalshi_venue
from engine.venues.kalshi import wire_orders as kalshi_orders
from engine.venues.kalshi.keys import Keys
from engine.venues.kalshi.public import Public
from engine.venues.kalshi.sids import Sids
from engine.venues.kalshi.sign import Signer as KalshiSigner
from engine.venues.link import Link
from engine.venues.polymarket import clob as polymarket_hosts
from engine.venues.polymarket import ordering
from engine.venues.polymarket import wire_orders as polymarket_orders
from engine.venues.polymarket.clob import Clob
from engine.venues.polymarket.clob import Signer as PolymarketSigner
from engine.venues.polymarket.drafts import Drafts
from engine.venues.polymarket.endpoints import Endpoints as PolymarketEndpoints
from engine.venues.polymarket.facts import Facts, tokens_of
from engine.venues.polymarket.gateway import Gateway as PolymarketGateway
from engine.venues.polymarket.keys import Credentials, PolymarketKeys
from engine.venues.polymarket.market_talk import MarketTalk
from engine.venues.polymarket.sign import Domain, Order, Wallet
from engine.venues.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from app.bench.quotes import Quotes
    from engine.core.effects import Approved, Likely
    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.core.units import Nanos
    from engine.venues.binance.gaps import Gaps
    from engine.venues.port import Emit, Gateway, Now

    Read = Callable[[bytes, Nanos], Iterable[Event]]
    """What a venue's connector makes of a frame, once it is subscribed."""
    Encode = Callable[[Approved], bytes]
    """The body of an order's request."""

SCALAR: Final = 0x4C0883A69102937D6231471B5DBB6204FE5129617082792AE468D01A3F362318
"""Of a wallet that holds nothing, known to everybody from a textbook."""
OWNER: Final = "bench"
SECRET: Final = "YmVuY2htYXJrcyBzaWduIHdpdGggdGhpcw=="


@cache
def kalshi_keys() -> Keys:
    """Return a key made for this process."""
    key = generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Keys("bench", pem.decode())


def polymarket_keys() -> PolymarketKeys:
    """Return keys that open nothing."""
    return PolymarketKeys(SCALAR, credentials=Credentials(OWNER, SECRET, "bench"))


def nowhere(_: Iterable[InstrumentId]) -> None:
    """Ask for no book over REST: the benchmark's socket brings them."""


def kalshi_public(where: kalshi_endpoints.Endpoints, quotes: Quotes, now: Now) -> Public:
    """Return Kalshi's public socket, following a family."""
    wanted = frozenset(one.id.symbol for one in quotes.instruments)
    return Public(where, KalshiSigner(kalshi_keys()), Sids(wanted=wanted), now, random.Random(7), quiet=False)


def polymarket_talk(url: str, quotes: Quotes, now: Now) -> tuple[MarketTalk, Facts]:
    """Return Polymarket's market socket, carrying a market."""
    rest = Clob(POLYMARKET, "http://127.0.0.1:9", now, budget=polymarket_hosts.budget(), rng=random.Random(7))
    facts = Facts(rest, now)
    for one in quotes.instruments:
        facts.learn(one)
    talk = MarketTalk(url, facts, now, nowhere)
    talk.add({one.id: tokens_of(one) for one in quotes.instruments})
    return talk, facts


def binance_feed(where: binance_endpoints.Endpoints, quotes: Quotes, now: Now) -> BinanceFeed:
    """Return Binance's feed, following a pair whose steps it knows."""
    rest = Rest(BINANCE, where.rest, now, budget=Budget({"read": binance_venue.WEIGHT}), rng=random.Random(7))
    directory = BinanceDirectory(rest, now)
    for one in quotes.instruments:
        directory.scales[one.id.symbol] = binance_wire.Scale(one.unit, one.lot)
    feed = BinanceFeed(where, rest, directory, now, random.Random(7))
    feed.want(frozenset(one.id for one in quotes.instruments))
    return feed


def reader(venue: VenueId, quotes: Quotes, now: Now) -> tuple[Read, list[Event]]:
    """Return what reads a venue's frames in process, subscribed already; and what its first frames meant."""
    if venue == BINANCE:
        gaps = binance_feed(binance_endpoints.Endpoints(), quotes, now).gaps
        return (lambda raw, at: _printed(gaps, raw, at)), []
    talk = (
        kalshi_public(kalshi_endpoints.PROD, quotes, now)
        if venue == KALSHI
        else polymarket_talk(PolymarketEndpoints().ws_market, quotes, now)[0]
    )
    said: list[str] = []

    async def send(text: str) -> None:
        said.append(text)

    asyncio.run(_opened(talk.opened, send))
    answers = [raw for text in said for raw in quotes.answers(text)]
    return talk.frame, [event for raw in answers for event in talk.frame(raw.encode(), now())]


async def _opened(opened: Callable[[Callable[[str], Awaitable[None]]], Awaitable[None]], send: object) -> None:
    await opened(send)  # type: ignore[arg-type] # one venue's `Send` is another's


def _printed(gaps: Gaps, raw: bytes, at: Nanos) -> Iterable[Event]:
    message = binance_wire.decode(raw, at, gaps.scales)
    return gaps.printed(message) if isinstance(message, binance_wire.Print) else ()


class Unsigned(Wallet):
    """A wallet that leaves its signatures out, to tell what an order costs without."""

    @override
    def sign_order(self, order: Order, domain: Domain, digest: bytes | None = None) -> str:
        return "0x" + "00" * 65


class Words:
    """What makes the body of an order's request; Polymarket's has its signature in it, or zeros."""

    def __init__(self, venue: VenueId, quotes: Quotes, *, signed: bool = False) -> None:
        self._instrument, keys = quotes.instruments[0], polymarket_keys()
        self._book = ordering.book_of(keys, PolymarketEndpoints())
        if not signed:
            self._book.wallet = Unsigned(keys.private_key)
        self._drafts = Drafts(self._book)
        self.body: Encode = kalshi_orders.create if venue == KALSHI else self._polymarket
        self._drafting = venue != KALSHI

    def draft(self, order: Likely) -> None:
        """Have the body ready of an order that may come, where the venue's gateway does."""
        if self._drafting:
            self._drafts.make(order, self._instrument, OWNER)

    def _polymarket(self, order: Approved) -> bytes:
        ready = self._drafts.take(order, self._instrument)
        return polymarket_orders.posted(ready or ordering.sign(order, self._instrument, self._book), OWNER)


class Places(NamedTuple):
    """Where the benchmark's venues listen."""

    http: str
    ws: str

    @property
    def kalshi(self) -> kalshi_endpoints.Endpoints:
        """Kalshi's addresses."""
        return kalshi_endpoints.Endpoints("bench", f"{self.http}/trade-api/v2", f"{self.ws}/kalshi")

    @property
    def polymarket(self) -> PolymarketEndpoints:
        """Polymarket's addresses."""
        return PolymarketEndpoints(
            clob=self.http,
            gamma=self.http,
            data=self.http,
            ws_market=f"{self.ws}/polymarket",
            ws_user=f"{self.ws}/user",
        )

    @property
    def binance(self) -> binance_endpoints.Endpoints:
        """Binance's addresses."""
        return binance_endpoints.Endpoints(rest=self.http, stream=f"{self.ws}/binance")


def gateway(venue: VenueId, places: Places, quotes: Quotes, now: Now) -> Gateway:
    """Return a venue's gateway, with a budget that orders of a benchmark do not exhaust."""
    rng = random.Random(7)
    if venue == KALSHI:
        made = kalshi_venue.build(places.kalshi, kalshi_keys(), now, rng, tier="prestige").gateway
        assert made is not None
        return made
    where, keys = places.polymarket, polymarket_keys()
    book = ordering.book_of(keys, where)
    signer = PolymarketSigner(book.wallet, where.chain_id, keys.credentials)
    wide = Bucket(rate=10_000, burst=10_000)
    budget = Budget({"read": wide, "write": wide, "cancel": wide})
    public = Clob(POLYMARKET, where.clob, now, budget=budget, rng=rng)
    private = Clob(POLYMARKET, where.clob, now, budget=budget, rng=rng, sign=signer.private)
    facts = Facts(public, now)
    for one in quotes.instruments:
        facts.learn(one)
    return PolymarketGateway(where, private, public, facts, signer, book, now, rng)


async def follow(venue: VenueId, places: Places, quotes: Quotes, now: Now, emit: Emit) -> None:
    """Keep a venue's market socket until cancelled."""
    if venue == KALSHI:
        await kalshi_public(places.kalshi, quotes, now).run(emit)
    elif venue == BINANCE:
        await binance_feed(places.binance, quotes, now).run(emit)
    else:
        talk, _ = polymarket_talk(places.polymarket.ws_market, quotes, now)
        await Link(POLYMARKET, "market", talk, now, random.Random(7)).run(emit)
