"""Which venues a session has: the real ones live or on paper, or those of the simulated day.

Live, paper and demo differ here and nowhere else: the same kernel and host, other gateways and other feeds.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, cast

from msgspec.structs import replace

from app import settings
from app.keys import KeyRing
from engine.core.errors import ConfigError
from engine.core.ids import BINANCE, DERIBIT, DERIVE, KALSHI, POLYMARKET, RYSK, VISUAL_CROSSING, StationId, VenueId
from engine.host.cycle import Wish
from engine.orders.simulate import Simulator
from engine.sandbox import option_feed, taker
from engine.sandbox.coin import Coin
from engine.sandbox.day import SEED, SPEED
from engine.sandbox.option_market import OptionMarket
from engine.sources import models, services
from engine.sources.services import Setup
from engine.store import checkpoint
from engine.store.archive import Archive
from engine.venues import registry
from engine.venues.ccxt import library
from engine.venues.ccxt.endpoints import OWN, exchange_of, venue_of
from engine.venues.paper.gateway import PaperGateway
from engine.venues.paper.quotes import PaperQuotes
from engine.venues.port import Can, Capabilities, Depth, Venue, on_paper
from engine.venues.still import StillDirectory, StillFeed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.keychain import Vault
    from app.settings import Settings, VenueSettings, WeatherSettings
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.snapshot import Snapshot, VenueRow
    from engine.host.clock import Clock
    from engine.sources.services import Services
    from engine.store.profile import Profile
    from engine.venues.port import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The venues of an open session."""

    venues: tuple[Venue, ...]
    wishes: tuple[Wish, ...] = ()
    weather: Services | None = None
    """What the weather is asked of; None where the session tells its own."""

    def papers(self) -> Iterator[tuple[VenueId, PaperGateway]]:
        """Simulated gateways: they must hear what the kernel hears, and take up what an earlier session left."""
        for venue in self.venues:
            if isinstance(venue.gateway, PaperGateway):
                yield venue.id, venue.gateway


class Wiring(Protocol):
    """What a session needs before and after its clock runs."""

    @property
    def rows(self) -> tuple[VenueRow, ...]:
        """The venues' facts, for the first event."""

    @property
    def endpoints(self) -> Mapping[VenueId, object]:
        """Where the venues are; empty for simulated ones."""

    def connect(self, clock: Clock, snapshot: Snapshot) -> Wired:
        """Make the venues; nothing connects before the session plays."""

    def events(self, clock: Clock, snapshot: Snapshot) -> Iterator[Event]:
        """What a simulated day tells of them; empty where the venues speak for themselves."""


WINDOWS: Final = {"5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400}
"""Endings of a series of windows, and their length in seconds."""
ADDRESSES: Final = {
    KALSHI: {"ws": "socket"},
    BINANCE: {"ws": "stream"},
    DERIBIT: {"ws": "socket"},
    DERIVE: {"ws": "socket"},
    RYSK: {"ws": "socket"},
    POLYMARKET: {"rest": "clob", "ws": "ws_market"},
}
"""What a list of addresses calls an endpoint, where that is not the venue's own name for it."""
NOT_SIMULATED: Final = frozenset({DERIBIT, DERIVE, RYSK})
"""Venues that the simulated day has none of, or one of its own."""
LARGEST: Final = 64 * 1024
"""Bytes of a list of addresses."""


@dataclass(frozen=True, slots=True)
class DeskWiring:
    """The real venues: their own gateways when live, simulated ones on paper."""

    live: bool
    keys: Mapping[VenueId, object]
    endpoints: Mapping[VenueId, object]
    wishes: tuple[Wish, ...]
    weather: Setup = field(default_factory=Setup)
    build: Mapping[VenueId, Mapping[str, object]] = field(default_factory=dict)
    """What more a venue's `build` is told."""

    @property
    def rows(self) -> tuple[VenueRow, ...]:
        """The venues that are on; a live one without keys tells prices and takes no orders."""
        return tuple(self._row(registry.row(venue)) for venue in self.endpoints)

    def _row(self, row: VenueRow) -> VenueRow:
        if not self.live or self.keys.get(row.id) is not None:
            return row
        return replace(row, trades=False, can=tuple(one for one in row.can if one != "QUOTE_REQUESTS"))

    def connect(self, clock: Clock, snapshot: Snapshot) -> Wired:
        """Make the venues."""
        made = [self._venue(row, clock) for row in self.rows]
        minutes = {StationId(row.id): row.routine_minute for row in snapshot.stations}
        weather = services.build(self.weather, clock.now, random.Random(), minutes) if self.weather.on else None
        return Wired(venues=tuple(made), wishes=self.wishes, weather=weather)

    def events(self, clock: Clock, snapshot: Snapshot) -> Iterator[Event]:
        """Nothing is simulated."""
        return iter(())

    def _venue(self, row: VenueRow, clock: Clock) -> Venue:
        rng = random.Random()
        more, build = self.build.get(row.id, {}), registry.builder(row.id)
        where, keys = self.endpoints[row.id], self.keys.get(row.id)
        if not self.live and row.id == RYSK:  # what signs is not even made on paper
            return on_paper(build(where, None, clock.now, rng, **more), PaperQuotes(row.id, clock.now, rng))
        made = build(where, keys, clock.now, rng, **more)
        return made if self.live or not row.trades else on_paper(made, paper_gateway(row, clock, rng))


@dataclass(frozen=True, slots=True)
class DayWiring:
    """Venues of the simulated day: told by it, orders on paper, nothing on any network."""

    seed: int
    speed: float = SPEED
    coins: list[Coin] = field(default_factory=list, compare=False, repr=False)
    """The path of bitcoin, which spot trades and options share; one a session."""

    again: set[InstrumentId] = field(default_factory=set, compare=False, repr=False)
    """Whose whole books the kernel asked for anew."""

    @property
    def endpoints(self) -> Mapping[VenueId, object]:
        """Nowhere: they are simulated."""
        return {}

    @property
    def rows(self) -> tuple[VenueRow, ...]:
        """All venues, at the pace of the day's clock."""
        rows = [row for row in registry.ROWS if row.id not in NOT_SIMULATED]
        return tuple(replace(row, pace=self.speed) for row in (*rows, option_feed.ROW, taker.ROW))

    def connect(self, clock: Clock, snapshot: Snapshot) -> Wired:
        """Make a venue of each that only listens, and the options, which are told as they are followed."""
        rng = random.Random(f"{self.seed} paper")
        self.coins.append(Coin(self.seed, clock.now()))
        options = OptionMarket(self.seed, self.coins[-1])
        venues = []
        for row in self.rows:
            gateway = paper_gateway(row, clock, rng) if row.trades else None
            feed = option_feed.OptionFeed(options, clock.now) if row.id == option_feed.ROW.id else StillFeed(self.again)
            if row.id == taker.ROW.id:
                asking = taker.TakerFeed(options, clock.now, self.seed, self.speed)
                quotes = PaperQuotes(row.id, clock.now, rng)
                venues.append(Venue(row.id, asking, quotes, StillDirectory()))
                continue
            venues.append(Venue(row.id, feed, gateway, StillDirectory()))
        return Wired(venues=tuple(venues))

    def events(self, clock: Clock, snapshot: Snapshot) -> Iterator[Event]:
        """What the day tells of the venues from now on, for ever."""
        from engine.sandbox import venues as simulated_venues

        coin = self.coins[-1] if self.coins else None
        return simulated_venues.events(self.seed, clock.now(), snapshot.stations, coin=coin, again=self.again)


def paper_gateway(row: VenueRow, clock: Clock, rng: random.Random) -> PaperGateway:
    """Return a simulated gateway that can what the venue's own can."""
    can = Can.NOTHING
    for name in row.can:
        can |= Can[name]
    capabilities = Capabilities(Depth.LADDER, can, row.orders_per_second, row.collateral)
    return PaperGateway(Simulator(row.id, rng.random), capabilities, clock.now)


async def desk(
    profile: Profile,
    *,
    live: bool,
    addresses: Path | None,
    keyring: bool,
    found: Settings | None = None,
    ring: KeyRing | None = None,
) -> DeskWiring:
    """Return the wiring that settings (the profile's unless `found`), keys and a list of addresses ask for.

    Of the keys in memory and of unlocked files only a `ring` knows that was there when they were given.

    Raises
    ------
    ConfigError
        If the settings or the addresses are wrong, with file, key and value.
    InputError
        If stored keys are not what their venue wants.
    """
    found = settings.load(profile.settings) if found is None else found
    document = {} if addresses is None else _document(addresses)
    given = _given(document)
    ring = ring or key_ring(profile, keyring=keyring)
    names = [registry.row(VenueId(name)).id for name in found.venues.on]
    names += [_exchange(name) for name in found.venues.exchanges]
    wanted = [venue for venue in names if live or venue != RYSK]  # on paper nothing of it is signed
    keys = {venue: await asyncio.to_thread(ring.keys, venue) for venue in wanted}
    where = {venue: _place(venue, _of(found, venue), given.get(venue)) for venue in names}
    wishes = tuple(_wish(venue, series) for venue in names for series in _of(found, venue).series)
    more = {venue: dict(_of(found, venue).build) for venue in names}
    return DeskWiring(live, keys, where, wishes, await _weather(found.weather, ring, document, profile), more)


async def _weather(found: WeatherSettings, ring: KeyRing, document: Mapping[str, object], profile: Profile) -> Setup:
    """Return what the weather is asked of.

    Raises
    ------
    ConfigError
        If a list of addresses names some of the services and not all that are on.
    StoreError
        If what providers were found to be worth cannot be read.
    """
    key = await asyncio.to_thread(ring.keys, VISUAL_CROSSING) if VISUAL_CROSSING in found.on else None
    wanted = models.usual() if found.models is None else found.models
    entry = document.get("weather")
    places: dict[str, str] = {**services.BASES, **models.PLACES}
    if isinstance(entry, dict):
        more = document.get("models")
        asked = {k: v for k, v in more.items() if k in (found.models or ())} if isinstance(more, dict) else {}
        named = {**asked, **entry}  # a model that the settings do not name is asked only where it stands in the list
        places = {name: url for name, url in named.items() if isinstance(name, str) and isinstance(url, str)}
        missing = [name for name in (*found.on, *(found.models or ())) if name not in places]
        if missing:
            raise ConfigError(f"addresses of the weather: {', '.join(missing)} missing")
    return Setup(
        on=found.on,
        places=places,
        contact=found.contact,
        key=key if isinstance(key, str) else "",
        keys=ring.source_of(VISUAL_CROSSING) if key else "",
        daily_records=found.visual_crossing.daily_records,
        stations=found.stations,
        areas=found.areas,
        private_file=profile.folder / found.private_file if found.private_file else None,
        failed=await asyncio.to_thread(Archive(profile.weather).failed),
        models=tuple(name for name in wanted if name in places),
        recorded=not isinstance(entry, dict),
    )


def where(found: Settings, addresses: Path | None, venue: VenueId) -> object:
    """Return where a desk of these settings would look for a venue.

    Raises
    ------
    ConfigError
        If the list of addresses is wrong.
    """
    return _place(venue, _of(found, venue), _given({} if addresses is None else _document(addresses)).get(venue))


def simulated(seed: int, speed: float) -> DayWiring:
    """Return the wiring of the simulated day; seed and speed 0 are its own."""
    return DayWiring(seed or SEED, speed or SPEED)


def key_ring(profile: Profile, *, keyring: bool) -> KeyRing:
    """Return the keys of a profile, in the system's keyring where there is one and it may be used."""
    vault = cast("Vault | None", checkpoint.keyring()) if keyring else None  # the system's deletes, too
    return KeyRing(profile.folder, vault)


def _place(venue: VenueId, found: VenueSettings, given: Mapping[str, str] | None) -> object:
    """Return where a venue is; an address of the settings gives way to a list of addresses."""
    where = dataclasses.replace(registry.endpoints(venue, found.environment, given), **found.places)
    return dataclasses.replace(where, clob=found.host.rstrip("/")) if found.host and not given else where


def _of(found: Settings, venue: VenueId) -> VenueSettings:
    if name := exchange_of(venue):
        return found.venues.exchanges[name]
    one: VenueSettings = getattr(found.venues, venue)
    return one


def _exchange(name: str) -> VenueId:
    """Return the venue of an exchange that is reached by way of CCXT.

    Raises
    ------
    ConfigError
        If the extra is not installed, or there is a connector of our own for that exchange.
    """
    if not library.installed():
        raise ConfigError(library.MISSING)
    if name in OWN:
        raise ConfigError(f"venues.ccxt.exchanges: {name} has a connector of its own here, which belongs to venues.on")
    return venue_of(name)


def _wish(venue: VenueId, series: str) -> Wish:
    window = WINDOWS.get(series.rpartition("-")[2], 0) if "updown" in series else 0
    ends = series.upper().rpartition("-")[2]
    chains = venue in {DERIBIT, DERIVE} and ("-" not in series or ends == "OPTIONS" or ends.isdecimal())
    return Wish(venue=venue, what=series, window_s=window, follow=not chains)


def _document(path: Path) -> dict[str, object]:
    """Read a list of addresses: what ``atmx sandbox`` prints."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as e:
        msg = f"{path} cannot be read ({e.strerror})"
        raise ConfigError(msg) from e
    try:
        document = json.loads(raw.decode().splitlines()[0]) if len(raw) <= LARGEST else None
    except (UnicodeDecodeError, ValueError, IndexError) as e:
        msg = f"{path}: its first line is no JSON ({type(e).__name__})"
        raise ConfigError(msg) from e
    if not isinstance(document, dict):
        msg = f"{path} is no list of addresses: an object by venue is wanted"
        raise ConfigError(msg)
    return document


def _given(document: Mapping[str, object]) -> dict[VenueId, dict[str, str]]:
    """Return the venues' addresses, by what each calls its endpoints."""
    found: dict[VenueId, dict[str, str]] = {}
    for row in registry.ROWS:
        entry = document.get(row.id)
        if isinstance(entry, dict):
            names = ADDRESSES.get(row.id, {})
            found[row.id] = {names.get(k, k): v for k, v in entry.items() if isinstance(k, str) and isinstance(v, str)}
    return found
