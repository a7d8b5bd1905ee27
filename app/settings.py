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

    [weather]
    on = ["iem", "nws", "visual_crossing"]
    contact = "desk@example.org"    # told to the services, some of which refuse who names nobody
    stations = ["KMDW"]             # followed whatever the markets are
    areas = ["IL", "NY"]            # whose alerts are wanted; the stations' own without it
    private_file = "mine.csv"       # rows of one's own: station,time,value,unit,quality; beside this file
    models = ["hrrr", "gefs"]       # also nbm, ecmwf, and jma where use is non-commercial; read with ecCodes

    [weather.visual_crossing]
    daily_records = 1000            # what the key's plan allows a day
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
WEATHER: Final = ("iem", "nws", "visual_crossing")
MODELS: Final = ("hrrr", "nbm", "gefs", "ecmwf", "jma")
STATION: Final = re.compile(r"K[A-Z0-9]{3}")
AREA: Final = re.compile(r"[A-Z]{2}")
CONTACT: Final = re.compile(r"[\x21-\x27\x2a-\x5b\x5d-\x7e]{0,120}")
LONGEST_PATH: Final = 1_000
MOST_STATIONS: Final = 100
MOST_AREAS: Final = 56
RECORDS: Final = (24, 100_000_000)
"""Least and most records a day."""


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


class VisualCrossingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the plan of the Visual Crossing key allows."""

    daily_records: int = 1_000


class WeatherSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which weather services are asked, in whose name, and about what besides the markets."""

    on: tuple[str, ...] = WEATHER
    contact: str = ""
    stations: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    private_file: str = ""
    """A station file of one's own; a relative path is beside the settings."""
    models: tuple[str, ...] | None = None
    """None takes those that can be read on this machine."""
    visual_crossing: VisualCrossingSettings = VisualCrossingSettings()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a trader can set in the file."""

    venues: Venues = Venues()
    weather: WeatherSettings = WeatherSettings()


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

    _check_weather(path, found.weather)


def _check_weather(path: Path, found: WeatherSettings) -> None:
    for name in found.on:
        _among(path, "weather.on", name, WEATHER)
    for name in found.models or ():
        _among(path, "weather.models", name, MODELS)
    if not CONTACT.fullmatch(found.contact):
        msg = f"{path}: weather.contact has {found.contact[:60]!r}; an address of up to 120 signs without spaces"
        raise ConfigError(msg)
    _shaped(path, "weather.stations", found.stations, STATION, MOST_STATIONS, "codes such as KMDW")
    _shaped(path, "weather.areas", found.areas, AREA, MOST_AREAS, "two letters such as NY")
    if len(found.private_file) > LONGEST_PATH or "\0" in found.private_file:
        msg = f"{path}: weather.private_file has {found.private_file[:60]!r}; a path of up to {LONGEST_PATH} signs"
        raise ConfigError(msg)
    least, most = RECORDS
    records = found.visual_crossing.daily_records
    if not least <= records <= most:
        msg = f"{path}: weather.visual_crossing.daily_records has {records}; {least} to {most} are allowed"
        raise ConfigError(msg)


def _shaped(path: Path, key: str, values: tuple[str, ...], shape: re.Pattern[str], most: int, words: str) -> None:
    if len(values) > most:
        msg = f"{path}: {key} has {len(values)} entries; at most {most} are allowed"
        raise ConfigError(msg)
    for value in values:
        if not shape.fullmatch(value):
            msg = f"{path}: {key} has {value[:60]!r}; {words} are allowed"
            raise ConfigError(msg)


def _among(path: Path, key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        msg = f"{path}: {key} has {value[:60]!r}; allowed are {', '.join(allowed)}"
        raise ConfigError(msg)
