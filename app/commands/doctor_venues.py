"""What the doctor says of the venues and the weather services: each endpoint tried at once, without keys."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from typing import TYPE_CHECKING

from app import settings
from engine.core.ids import VenueId
from engine.core.units import Nanos
from engine.sources import services
from engine.venues import registry
from engine.venues.ccxt.endpoints import venue_of

if TYPE_CHECKING:
    from pathlib import Path

    from engine.venues.registry import Probed


def tried(file: Path) -> list[Probed]:
    """Try the endpoints of the venues, and of the exchanges by way of CCXT, that a profile's settings switch on.

    Raises
    ------
    ConfigError
        If the settings cannot be read, or name an environment that a venue has not.
    """
    wanted = settings.load(file).venues
    places = {VenueId(name): registry.endpoints(VenueId(name), getattr(wanted, name).environment) for name in wanted.on}
    for name, one in wanted.exchanges.items():
        places[venue_of(name)] = registry.endpoints(venue_of(name), one.environment)
    return asyncio.run(_all(places))


def weather(file: Path) -> list[services.Probed]:
    """Ask the weather services that a profile's settings switch on something small; those with keys are not asked.

    Raises
    ------
    ConfigError
        If the settings cannot be read.
    """
    wanted = settings.load(file).weather
    setup = services.Setup(on=wanted.on, contact=wanted.contact)
    return list(asyncio.run(services.probe(setup, _now, random.Random(secrets.randbits(64)))))


async def _all(places: dict[VenueId, object]) -> list[Probed]:
    rng = random.Random(secrets.randbits(64))
    found = await asyncio.gather(*(registry.probe(venue, where, _now, rng) for venue, where in places.items()))
    return [one for several in found for one in several]


def words(one: Probed) -> str:
    """Return a line on an endpoint: its host, and what came of trying it."""
    return f"{one.endpoint} at {one.host}: {one.detail}"


def _now() -> Nanos:
    return Nanos(time.time_ns())
