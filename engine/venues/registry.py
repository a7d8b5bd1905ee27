"""The venues there are: what is known of each without asking, who builds it, and which of its endpoints answer.

A venue's package is imported when it is built or probed, so that a start without it does not pay for it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus, WebSocketException

from engine.core.errors import AuthFailed, ConfigError, Unavailable, VenueError
from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VenueId
from engine.core.snapshot import VenueRow
from engine.net.budget import Bucket, Budget
from engine.venues.ccxt.endpoints import Endpoints as CcxtEndpoints
from engine.venues.ccxt.endpoints import exchange_of
from engine.venues.dialling import Dial, explained, greet
from engine.venues.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.venues.port import Now, Venue

    Build = Callable[..., Venue]
    """``build(endpoints, keys, now, rng, …)``; what more it takes, the venue's own `venue.py` says."""

ROWS: Final = (
    VenueRow(
        id=KALSHI,
        title="Kalshi",
        can=("POST_ONLY", "AMEND", "CANCEL_MANY", "SHORT", "GTD"),
        collateral="USD",
        orders_per_second=10.0,
    ),
    VenueRow(
        id=POLYMARKET,
        title="Polymarket",
        can=("POST_ONLY", "CANCEL_MANY", "GTD"),
        collateral="pUSD",
        orders_per_second=60.0,
    ),
    VenueRow(id=BINANCE, title="Binance", trades=False, collateral="USDT"),
    VenueRow(
        id=DERIBIT,
        title="Deribit",
        can=("POST_ONLY", "AMEND", "SHORT", "CANCEL_ON_DISCONNECT", "QUOTE_REQUESTS", "WITHDRAW_QUOTES"),
        collateral="USD",
        orders_per_second=4.0,
    ),
    VenueRow(
        id=DERIVE,
        title="Derive",
        can=("POST_ONLY", "AMEND", "GTD", "SHORT", "QUOTE_REQUESTS", "WITHDRAW_QUOTES"),
        collateral="USDC",
        orders_per_second=4.0,
    ),
    VenueRow(id=RYSK, title="Rysk", can=("QUOTE_REQUESTS",), trades=False, collateral="USD", stale_after_s=86_400.0),
)
"""What is true of each before anybody was asked; a gateway's own capabilities count once it runs."""
PROBE_S: Final = 8.0
"""For one endpoint, whatever it does."""
OFF_MS: Final = 1_000.0
"""A clock that is further off than this is told."""
FAR_MS: Final = 5_000.0
"""A clock that is further off than this is a no: signed requests may be refused."""


@dataclass(frozen=True, slots=True)
class _Try:
    """One endpoint and how it is tried: a path to read, or none for a socket to open."""

    field: str
    """Of the venue's `Endpoints`."""
    title: str
    path: str = ""
    params: tuple[tuple[str, str], ...] = ()
    posts: bool = False
    """The venue is asked by POST, whatever it is asked."""
    tail: str = ""
    """Of the address a socket is opened at."""


_TRIES: Final[dict[VenueId, tuple[_Try, ...]]] = {
    KALSHI: (_Try("rest", "REST", "/exchange/status"), _Try("socket", "stream")),
    POLYMARKET: (
        _Try("clob", "CLOB", "/time"),
        _Try("gamma", "Gamma", "/events/keyset", (("limit", "1"),)),
        _Try("data", "data", "/trades", (("limit", "1"),)),
        _Try("ws_market", "market stream"),
        _Try("ws_user", "user stream"),
    ),
    BINANCE: (_Try("rest", "REST", "/api/v3/time"), _Try("stream", "stream", "", (("streams", "btcusdt@trade"),))),
    DERIBIT: (_Try("rest", "REST", "/public/get_time"), _Try("socket", "stream")),
    DERIVE: (_Try("rest", "REST", "/public/get_time", posts=True), _Try("socket", "stream")),
    RYSK: (_Try("rest", "REST", "/api/assets"), _Try("socket", "makers' socket", tail="/maker")),
}


@dataclass(frozen=True, slots=True)
class Probed:
    """One endpoint of a venue and what came of trying it."""

    venue: VenueId
    endpoint: str
    host: str
    ok: bool
    detail: str
    """One sentence."""
    latency_ms: float | None = None
    skew_ms: float | None = None
    """Our clock less the venue's, to half a second."""


def row(venue: VenueId) -> VenueRow:
    """Return what is known of a venue; `KeyError` for one there is not."""
    found = next((one for one in ROWS if one.id == venue), None)
    if found is None and exchange_of(venue):
        return cast("VenueRow", import_module("engine.venues.ccxt.venue").row(venue))
    return found or _none(venue)


def builder(venue: VenueId) -> Build:
    """Return what makes a venue; `KeyError` for one there is not."""
    row(venue)
    return cast("Build", import_module(f"engine.venues.{_package(venue)}.venue").build)


def endpoints(venue: VenueId, environment: str = "prod", given: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401  # each venue has its own type
    """Return where a venue is.

    Parameters
    ----------
    environment : str
        ``prod``, or ``demo`` where the venue has one.
    given : mapping of str to str, optional
        Addresses to use instead, by the fields of the venue's `Endpoints`: all of them, since half a sandbox would
        be half the real venue. Unknown ones are passed over.

    Raises
    ------
    KeyError
        For a venue that there is not.
    ConfigError
        For an environment that it has not, or an address that is missing.
    """
    row(venue)
    if name := exchange_of(venue):
        return CcxtEndpoints(name, sandbox=environment != "prod", urls=dict(given or {}))
    module = import_module(f"engine.venues.{venue}.endpoints")
    made = getattr(module, environment.upper(), None) if environment != "prod" else module.Endpoints()
    if made is None:
        raise ConfigError(f"{venue} has no environment {environment[:40]!r}")
    if not given:
        return made
    missing = [one.field for one in _TRIES[venue] if one.field not in given]
    if missing:
        raise ConfigError(f"addresses of {venue}: {', '.join(missing)} missing")
    return replace(made, **{one.name: given[one.name] for one in fields(made) if one.name in given})


async def probe(venue: VenueId, where: Any, now: Now, rng: random.Random) -> tuple[Probed, ...]:  # noqa: ANN401  # each venue has its own type
    """Try every endpoint of a venue at once, without keys; never raises for what a network does.

    An exchange by way of CCXT is one endpoint: the library knows where it is, and is asked for its markets.
    """
    if exchange_of(venue):
        return (await _listed(venue, where),)
    return tuple(
        await asyncio.gather(
            *(_probe(venue, one, getattr(where, one.field), now, rng) for one in _TRIES.get(venue, ()))
        )
    )


async def _listed(venue: VenueId, where: CcxtEndpoints) -> Probed:
    host = next((urlsplit(one).netloc for one in where.urls.values()), where.exchange)
    client = import_module("engine.venues.ccxt.library").Client(venue, where, None)
    try:
        async with asyncio.timeout(PROBE_S), client.used() as exchange:
            return Probed(venue, "by CCXT", host, True, f"lists {len(exchange.markets)} markets")
    except TimeoutError:
        return Probed(venue, "by CCXT", host, False, f"no answer within {PROBE_S:g} s")
    except (Unavailable, VenueError) as e:
        return Probed(venue, "by CCXT", host, False, str(e)[:200])


async def _probe(venue: VenueId, one: _Try, url: str, now: Now, rng: random.Random) -> Probed:
    host = urlsplit(url).netloc
    try:
        async with asyncio.timeout(PROBE_S):
            if one.path:
                return await _asked(venue, one, url, now, rng)
            return await _greeted(venue, one, url)
    except TimeoutError:
        return Probed(venue, one.title, host, False, f"no answer within {PROBE_S:g} s")
    except InvalidStatus as e:
        if e.response.status_code in {401, 403}:  # it is there, and wants to know who asks
            return Probed(venue, one.title, host, True, "answers, and wants keys")
        return Probed(venue, one.title, host, False, explained(e))
    except AuthFailed:
        return Probed(venue, one.title, host, False, "answers, but not to this address: HTTP 401 or 403")
    except VenueError as e:
        return Probed(venue, one.title, host, False, str(e)[:200])
    except (OSError, WebSocketException) as e:
        return Probed(venue, one.title, host, False, explained(e))


async def _asked(venue: VenueId, one: _Try, url: str, now: Now, rng: random.Random) -> Probed:
    rest = Rest(venue, url, now, budget=Budget({"read": Bucket(10, 10)}), rng=rng)
    try:
        if one.posts:
            answer = await rest.write("POST", one.path, b"{}", bucket="read")
        else:
            answer = await rest.ask(one.path, dict(one.params), tries=1)
    finally:
        await rest.close()
    good = 200 <= answer.status < 300
    skew = rest.timing.skew_ms
    words = [f"HTTP {answer.status}" if not good else f"answers in {rest.timing.latency_ms:.0f} ms"]
    if skew is not None and abs(skew) > OFF_MS:
        words.append(f"our clock is {abs(skew) / 1_000:.1f} s {'ahead' if skew > 0 else 'behind'}")
    ok = good and (skew is None or abs(skew) <= FAR_MS)
    return Probed(venue, one.title, rest.host, ok, ", ".join(words), rest.timing.latency_ms, skew)


async def _greeted(venue: VenueId, one: _Try, url: str) -> Probed:
    query = "&".join(f"{name}={value}" for name, value in one.params)
    place = f"{url.rstrip('/')}/stream?{query}" if query else f"{url.rstrip('/')}{one.tail}" if one.tail else url
    latency = await greet(Dial(place), PROBE_S)
    return Probed(
        venue, one.title, urlsplit(url).netloc, True, f"opens, and answers a ping in {latency:.0f} ms", latency
    )


def _package(venue: VenueId) -> str:
    """Return the package that makes a venue; one for all the exchanges of CCXT."""
    return "ccxt" if exchange_of(venue) else str(venue)


def _none(venue: str) -> VenueRow:
    msg = f"there is no venue {venue!r}"
    raise KeyError(msg)
