"""The weather services that a fetch asks: at their own addresses, or where a list of addresses says."""

from __future__ import annotations

import json
import random
import secrets
import time
from typing import TYPE_CHECKING, Final

import resources
from engine.core.errors import ConfigError, Unavailable
from engine.core.ids import VISUAL_CROSSING, StationId
from engine.core.units import Nanos
from engine.sources import iem_client, nws_client, visual_crossing_client
from engine.sources.http import Client
from engine.sources.iem_client import Iem
from engine.sources.nws_client import Nws
from engine.sources.visual_crossing_client import VisualCrossing

if TYPE_CHECKING:
    from pathlib import Path

    from engine.store.profile import Profile

LARGEST: Final = 64 * 1024
"""Bytes of a list of addresses."""


def clients(endpoints: Path | None, contact: str) -> tuple[Iem, Nws]:
    """Return the Mesonet's and the Weather Service's clients; nothing is asked before they are used.

    Parameters
    ----------
    endpoints : Path, optional
        A list of addresses to use in place of the services' own.
    contact : str
        Where the services' operators can reach who runs this.

    Raises
    ------
    ConfigError
        If there is a list, and it cannot be read or names no weather service.
    """
    where = {} if endpoints is None else _addresses(endpoints)
    rng = random.Random(secrets.randbits(64))
    minutes = {StationId(row["id"]): row["routine_minute"] for row in resources.load_stations()}
    iem = Client(
        iem_client.NAME, where.get("iem", iem_client.BASE), now, rng=rng, manner=iem_client.MANNER,
        contact=contact, judge=iem_client.judge,
    )  # fmt: skip
    nws = Client(
        nws_client.NAME, where.get("nws", nws_client.BASE), now, rng=rng, manner=nws_client.MANNER,
        contact=contact, judge=nws_client.judge,
    )  # fmt: skip
    return Iem(iem, minutes), Nws(nws, minutes)


def crossing(profile: Profile, endpoints: Path | None, contact: str) -> VisualCrossing:
    """Return Visual Crossing's client with the key that the profile keeps.

    Raises
    ------
    Unavailable
        If it keeps none that can be used now.
    """
    from app import wiring  # brings the venues, which no other fetch needs

    key = wiring.key_ring(profile, keyring=True).keys(VISUAL_CROSSING)
    if not isinstance(key, str) or not key:
        raise Unavailable("visual_crossing: this profile keeps no key of it; the terminal's dialog of keys takes one")
    where = {} if endpoints is None else _addresses(endpoints)
    client = Client(
        visual_crossing_client.NAME, where.get(VISUAL_CROSSING, visual_crossing_client.BASE), now,
        rng=random.Random(secrets.randbits(64)), manner=visual_crossing_client.MANNER, contact=contact,
        judge=visual_crossing_client.judge(now),
    )  # fmt: skip
    return VisualCrossing(client, key)


def _addresses(path: Path) -> dict[str, str]:
    """Return the weather services of a list of addresses.

    Raises
    ------
    ConfigError
        If it is no such list, or names no weather service.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        document = json.loads(raw.decode().splitlines()[0]) if len(raw) <= LARGEST else None
    except OSError as e:
        raise ConfigError(f"{path} cannot be read ({e.strerror})") from e
    except (UnicodeDecodeError, ValueError, IndexError) as e:
        raise ConfigError(f"{path}: its first line is no JSON ({type(e).__name__})") from e
    found = document.get("weather") if isinstance(document, dict) else None
    if not isinstance(found, dict) or not found:
        raise ConfigError(f"{path} names no weather services")
    return {name: address for name, address in found.items() if isinstance(address, str)}


def now() -> Nanos:
    """Return the machine's time, UTC."""
    return Nanos(time.time_ns())
