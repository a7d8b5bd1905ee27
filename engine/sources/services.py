"""The weather services a session asks: where they are, what it takes to ask them, and whether they answer.

Live questions are given up sooner than those about the past: a report that comes late is of no use, and another
service may have it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import IEM, NWS, VISUAL_CROSSING, StationId, VenueId
from engine.core.units import HOUR, Nanos
from engine.core.when import utc_day
from engine.sources import iem_client, nws_client, visual_crossing_client
from engine.sources.http import Client
from engine.sources.iem_client import Iem
from engine.sources.nws_client import Nws
from engine.sources.rounds import Rounds
from engine.sources.traces import Traces
from engine.sources.visual_crossing_client import VisualCrossing

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from engine.sources.models import Models

TITLES: Final = {IEM: iem_client.NAME, NWS: nws_client.NAME, VISUAL_CROSSING: visual_crossing_client.NAME}
BASES: Final[dict[str, str]] = {
    IEM: iem_client.BASE,
    NWS: nws_client.BASE,
    VISUAL_CROSSING: visual_crossing_client.BASE,
}
PROBED: Final = StationId("KMDW")
PROBE_S: Final = 8.0
LIVE: Final = {
    IEM: replace(iem_client.MANNER, tries=2, first_wait_s=2.0, longest_wait_s=10.0, timeout_s=30.0),
    NWS: replace(nws_client.MANNER, tries=2, first_wait_s=1.0, longest_wait_s=10.0, timeout_s=20.0),
    VISUAL_CROSSING: replace(visual_crossing_client.MANNER, tries=2, longest_wait_s=10.0, timeout_s=30.0),
}
"""How each is asked while a session runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a session's weather is made of."""

    on: tuple[str, ...] = (IEM, NWS, VISUAL_CROSSING)
    places: Mapping[str, str] = field(default_factory=lambda: dict(BASES))
    """Address of each."""
    contact: str = ""
    key: str = field(default="", repr=False)
    """Of Visual Crossing."""
    keys: str = ""
    """Where that comes from."""
    daily_records: int = 1_000
    stations: tuple[str, ...] = ()
    """Followed whatever the markets are."""
    areas: tuple[str, ...] = ()
    """States whose alerts are wanted; those of the stations when empty."""
    models: tuple[str, ...] = ()
    """Names of `engine.sources.models`; their addresses stand among the places."""
    private_file: Path | None = None
    """Rows of one's own, for contracts that name them."""
    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Providers that failed the check at a station, and why: their rows are no evidence there."""
    recorded: bool = True
    """Whether reports go into the archive; what services elsewhere say is no record of the weather."""


@dataclass(slots=True)
class Services:
    """What a session asks; None of what is off."""

    setup: Setup
    iem: Iem | None = None
    nws: Nws | None = None
    crossing: Traces | None = None
    models: Models | None = None
    rounds: Rounds = field(default_factory=Rounds)
    """How each does."""
    clients: dict[VenueId, Client] = field(default_factory=dict)

    def titles(self) -> dict[VenueId, str]:
        """Return what is on, by name, and what each is called."""
        from engine.sources import models

        named = {name: title for name, title in TITLES.items() if name in self.setup.on}
        return named | {VenueId(name): models.TITLES[name] for name in models.ORDER if name in self.setup.models}

    def host(self, name: VenueId) -> str:
        """Return the host a service is asked at."""
        return urlsplit(self.setup.places.get(name, "")).netloc

    async def close(self) -> None:
        """Close every connection."""
        for name, client in self.clients.items():
            if name in TITLES:
                await client.close()
        if self.models is not None:
            await self.models.close()


@dataclass(frozen=True, slots=True)
class Probed:
    """A service, and what came of asking it something small."""

    name: VenueId
    host: str
    ok: bool
    detail: str


def build(
    setup: Setup, now: Callable[[], Nanos], rng: random.Random, minutes: Mapping[StationId, int] | None = None
) -> Services:
    """Return the services that are on; nothing is asked before something is wanted of them."""
    made = Services(setup)
    judges = {IEM: iem_client.judge, NWS: nws_client.judge, VISUAL_CROSSING: visual_crossing_client.judge(now)}
    for name in TITLES:
        if name in setup.on and (name != VISUAL_CROSSING or setup.key):
            made.clients[name] = Client(
                TITLES[name], setup.places[name], now, rng=rng, manner=LIVE[name], contact=setup.contact,
                judge=judges[name],
            )  # fmt: skip
    known = dict(minutes or {})
    if (client := made.clients.get(IEM)) is not None:
        made.iem = Iem(client, known)
    if (client := made.clients.get(NWS)) is not None:
        made.nws = Nws(client, known)
    if (client := made.clients.get(VISUAL_CROSSING)) is not None:
        failed = frozenset(StationId(station) for provider, station in setup.failed if provider == VISUAL_CROSSING)
        made.crossing = Traces(VisualCrossing(client, setup.key), now, float(setup.daily_records), failed)
    if setup.models:
        from engine.sources import models

        made.models = models.build(setup.models, now, rng, made.rounds, places=setup.places, contact=setup.contact)
        made.clients |= {VenueId(name): client for name, client in made.models.clients.items()}
    return made


async def probe(setup: Setup, now: Callable[[], Nanos], rng: random.Random) -> tuple[Probed, ...]:
    """Ask every service that is on one small question at once; never raises for what a network does.

    A question to Visual Crossing with a key is charged with one record.
    """
    services = build(setup, now, rng)
    try:
        return tuple(await asyncio.gather(*(_probe(services, VenueId(name), now) for name in setup.on)))
    finally:
        await services.close()


async def _probe(services: Services, name: VenueId, now: Callable[[], Nanos]) -> Probed:
    host, began = services.host(name), time.monotonic()
    if name not in services.clients:
        return Probed(name, host, True, "not asked without a key")
    try:
        async with asyncio.timeout(PROBE_S):
            await _asked(services, name, now())
    except TimeoutError:
        return Probed(name, host, False, f"no answer within {PROBE_S:g} s")
    except (NoAnswer, BadReport) as e:
        return Probed(name, host, False, str(e))
    return Probed(name, host, True, f"answers in {(time.monotonic() - began) * 1e3:.0f} ms")


def _asked(services: Services, name: VenueId, at: Nanos) -> Awaitable[object]:
    """Return a small question to a service."""
    if name == IEM and services.iem is not None:
        return services.iem.observations([PROBED], Nanos(at - HOUR), at)
    if name == NWS and services.nws is not None:
        return services.nws.point(41.7861, -87.7522)
    assert services.crossing is not None
    return services.crossing.service.days(41.7861, -87.7522, utc_day(at), utc_day(at))
