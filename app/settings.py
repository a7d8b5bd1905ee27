"""Settings of a profile, typed, from ``settings.toml``; a bad value is refused at start with file, key and range.

::

    [venues]
    on = ["kalshi", "polymarket", "binance"]

    [venues.kalshi]
    environment = "prod"            # or "demo"
    series = ["KXHIGHCHI", "KXHIGHNY"]

    [venues.polymarket]
    series = ["btc-updown-5m"]

    [venues.binance]
    series = ["BTCUSDT"]
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 256 * 1024
"""Bytes of a settings file."""
VENUES: Final = ("kalshi", "polymarket", "binance")
ENVIRONMENTS: Final = ("prod", "demo")
SERIES: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
MOST_SERIES: Final = 64


class VenueSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One venue: where it is, and what of it is looked up."""

    series: tuple[str, ...] = ()
    environment: str = "prod"


class Venues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which venues a session wires, and what it follows there."""

    on: tuple[str, ...] = VENUES
    kalshi: VenueSettings = VenueSettings(
        series=("KXHIGHCHI", "KXHIGHNY", "KXHIGHLAX", "KXHIGHMIA", "KXHIGHAUS", "KXHIGHDEN", "KXHIGHPHIL")
    )
    polymarket: VenueSettings = VenueSettings(series=("btc-updown-5m", "btc-updown-15m"))
    binance: VenueSettings = VenueSettings(series=("BTCUSDT",))


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a trader can set in the file."""

    venues: Venues = Venues()


def load(path: Path) -> Settings:
    """Read a profile's settings; the defaults where there is no file.

    Raises
    ------
    ConfigError
        With file, key, value and what is allowed.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as e:
        msg = f"{path} cannot be read ({e.strerror})"
        raise ConfigError(msg) from e
    if len(raw) > LARGEST:
        msg = f"{path} is larger than {LARGEST} bytes, which no settings file is"
        raise ConfigError(msg)
    try:
        found = msgspec.convert(tomllib.loads(raw.decode()), Settings)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as e:
        msg = f"{path}: {' '.join(str(e).split())[:200]}"
        raise ConfigError(msg) from e
    _check(path, found)
    return found


def _check(path: Path, found: Settings) -> None:
    for name in found.venues.on:
        _among(path, "venues.on", name, VENUES)
    for name in VENUES:
        one: VenueSettings = getattr(found.venues, name)
        _among(path, f"venues.{name}.environment", one.environment, ENVIRONMENTS)
        if len(one.series) > MOST_SERIES:
            msg = f"{path}: venues.{name}.series has {len(one.series)} entries; at most {MOST_SERIES} are allowed"
            raise ConfigError(msg)
        for series in one.series:
            if not SERIES.fullmatch(series):
                msg = (
                    f"{path}: venues.{name}.series has {series[:60]!r}; letters, digits, dot, dash and underscore only"
                )
                raise ConfigError(msg)


def _among(path: Path, key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        msg = f"{path}: {key} has {value[:60]!r}; allowed are {', '.join(allowed)}"
        raise ConfigError(msg)
