"""Settings of a profile: what the command line, the environment and ``settings.toml`` say, or the default.

::

    [look]
    theme = "light"

    [venues]
    on = ["kalshi", "polymarket", "binance"]

    [venues.kalshi]
    environment = "prod"            # or "demo"
    series = ["KXHIGHCHI", "KXHIGHNY"]

    [weather]
    on = ["iem", "nws", "visual_crossing"]
    contact = "desk@example.org"
    stations = ["KMDW"]

`app.setting_list` has every key, its range and the environment variable that overrides it. A bad value is refused at
start with file, key, value and range; a variable that is set but empty says nothing.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from app.setting_list import EVERY_VENUE, HIGHS, SETTINGS, VENUES, WEATHER
from engine.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.setting import Value

LARGEST: Final = 256 * 1024
"""Bytes of a settings file."""


class Source(StrEnum):
    """Who says a value; what stands further down wins."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


class Said(NamedTuple):
    """A value and who says it."""

    value: Value
    source: Source = Source.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSettings:
    """One venue: where it is, and what of it is looked up."""

    series: tuple[str, ...] = ()
    environment: str = "prod"
    host: str = ""
    """Another address of its orders and books; empty for the venue's own."""
    places: Mapping[str, object] = field(default_factory=dict)
    """Of its endpoints, those that are not the environment's own."""
    build: Mapping[str, object] = field(default_factory=dict)
    """What more the venue's `build` is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Venues:
    """Which venues a session wires, and what it follows there."""

    on: tuple[str, ...] = VENUES
    kalshi: VenueSettings = VenueSettings(series=HIGHS)
    polymarket: VenueSettings = VenueSettings(series=("btc-updown-5m", "btc-updown-15m"))
    binance: VenueSettings = VenueSettings(series=("BTCUSDT",))
    deribit: VenueSettings = VenueSettings(series=("BTC-FUTURES", "ETH-FUTURES", "BTC-OPTIONS", "ETH-OPTIONS"))
    derive: VenueSettings = VenueSettings(series=("ETH-PERP", "BTC-PERP"))
    rysk: VenueSettings = VenueSettings()
    exchanges: Mapping[str, VenueSettings] = field(default_factory=dict)
    """By way of CCXT, by the library's names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualCrossingSettings:
    """What the plan of the Visual Crossing key allows."""

    daily_records: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherSettings:
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


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its source; what a session is wired by, typed."""

    said: Mapping[str, Said] = field(default_factory=dict)
    """By key; those that nobody said are absent."""

    def __getitem__(self, key: str) -> Said:
        """Return a value and its source; `KeyError` for a key that there is not."""
        return self.said.get(key) or Said(SETTINGS[key].default)

    def text(self, key: str) -> str:
        """Return a choice or a text."""
        return cast("str", self[key].value)

    def flag(self, key: str) -> bool:
        """Return a switch."""
        return bool(self[key].value)

    def whole(self, key: str) -> int:
        """Return a whole number, or a span in seconds."""
        return cast("int", self[key].value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list."""
        return cast("tuple[str, ...]", self[key].value)

    @property
    def venues(self) -> Venues:
        """Return which venues are on and what is followed there."""
        return Venues(
            on=self.texts("venues.on"), **{name: self._venue(name) for name in EVERY_VENUE}, exchanges=self._exchanges()
        )

    @property
    def weather(self) -> WeatherSettings:
        """Return which weather services are asked."""
        return WeatherSettings(
            on=self.texts("weather.on"),
            contact=self.text("weather.contact"),
            stations=self.texts("weather.stations"),
            areas=self.texts("weather.areas"),
            private_file=self.text("weather.private_file"),
            models=cast("tuple[str, ...] | None", self["weather.models"].value),
            visual_crossing=VisualCrossingSettings(daily_records=self.whole("weather.visual_crossing.daily_records")),
        )

    def _venue(self, name: str) -> VenueSettings:
        series = self.texts(f"venues.{name}.series")
        city = self.text("venues.kalshi.city") if name == "kalshi" else ""
        return VenueSettings(
            series=(f"KXHIGH{city}",) if city else () if name == "rysk" else series,
            environment=self.text(f"venues.{name}.environment"),
            host=self.text("venues.polymarket.host") if name == "polymarket" else "",
            places=self._contracts() if name == "derive" else self._rysk(series) if name == "rysk" else {},
            build=self._build(name),
        )

    def _exchanges(self) -> dict[str, VenueSettings]:
        """Return the exchanges that are reached by way of CCXT, and what is looked up at each."""
        said = [text.partition(":") for text in self.texts("venues.ccxt.symbols")]
        network = "demo" if self.flag("venues.ccxt.test_network") else "prod"
        build = {"collateral": self.text("venues.ccxt.collateral")}
        return {
            name: VenueSettings(
                series=tuple(what for of, _, what in said if of == name), environment=network, build=build
            )
            for name in self.texts("venues.ccxt.exchanges")
        }

    def _contracts(self) -> dict[str, object]:
        """Return what of Derive's contracts is said to be elsewhere."""
        said = {name: self[f"venues.derive.{name}"].value for name in ("chain_id", "contract", "trade", "rfq")}
        return {name: value for name, value in said.items() if value}

    def _rysk(self, assets: tuple[str, ...]) -> dict[str, object]:
        """Return what of Rysk is said to be elsewhere, and which assets are followed: it has no series to look up."""
        from engine.venues.rysk.endpoints import CHAINS

        chain, contract = self["venues.rysk.chain_id"].value, self.text("venues.rysk.contract")
        if chain is not None and not contract:
            contract = CHAINS.get(cast("int", chain), "")
            if not contract:
                msg = f"venues.rysk.chain_id: no contract is known on chain {chain}; venues.rysk.contract names one"
                raise ConfigError(msg)
        said = {"chain_id": chain, "contract": contract, "usd": self.texts("venues.rysk.dollars"), "assets": assets}
        return {name: value for name, value in said.items() if value}

    def _build(self, name: str) -> dict[str, object]:
        if name == "deribit":
            return {"plain": self.text("venues.deribit.login") == "secret"}
        return self._derive() if name == "derive" else {}

    def _derive(self) -> dict[str, object]:
        protects = {"on": True, "off": False}.get(self.text("venues.derive.cancel_on_disconnect"))
        return {"protect": protects, "mmp": self.flag("venues.derive.market_maker_protection")}


def load(path: Path, environ: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None) -> Settings:
    """Return a profile's settings.

    Parameters
    ----------
    path : Path
        The settings file; the defaults hold where there is none.
    environ : mapping of str to str, optional
        Environment variables; those of this process unless given.
    typed : mapping of str to str, optional
        What the command line says, by key; it wins.

    Raises
    ------
    ConfigError
        With file or variable, key, value and what is allowed.
    """
    said = {key: Said(value, Source.FILE) for key, value in _file(path)}
    around = os.environ if environ is None else environ
    said |= {key: Said(value, Source.ENVIRONMENT) for key, value in _environment(around)}
    for key, text in (typed or {}).items():
        try:
            said[key] = Said(SETTINGS[key].typed(text), Source.COMMAND_LINE)
        except ValueError as e:
            msg = f"command line: {key} {e}"
            raise ConfigError(msg) from None
    return Settings(said)


def text_of(path: Path) -> str:
    """Return what a settings file holds; nothing where there is none.

    Raises
    ------
    ConfigError
        If it cannot be read, is no text, or too large.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return ""
    except OSError as e:
        msg = f"{path} cannot be read ({e.strerror})"
        raise ConfigError(msg) from e
    if len(raw) > LARGEST:
        msg = f"{path} is larger than {LARGEST} bytes, which no settings file is"
        raise ConfigError(msg)
    try:
        return raw.decode()
    except UnicodeDecodeError as e:
        msg = f"{path}: is no text ({e.reason})"
        raise ConfigError(msg) from e


def parsed(path: Path, text: str) -> dict[str, object]:
    """Return the values of a settings file by dotted key.

    Raises
    ------
    ConfigError
        If it is no TOML, or has a key that there is not.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        msg = f"{path}: {' '.join(str(e).split())[:200]}"
        raise ConfigError(msg) from e
    return dict(_flat(path, document, ""))


def _file(path: Path) -> Iterator[tuple[str, Value]]:
    yield from read(path, parsed(path, text_of(path)))


def read(path: Path, found: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    """Yield what a settings file says by dotted key, checked.

    Raises
    ------
    ConfigError
        If a value is none of its setting.
    """
    for key, raw in found.items():
        try:
            yield key, SETTINGS[key].read(raw)
        except ValueError as e:
            msg = f"{path}: {key} {e}"
            raise ConfigError(msg) from None


def _flat(path: Path, table: Mapping[str, object], before: str) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        key = f"{before}{name}"
        if key in SETTINGS:
            yield key, value
        elif isinstance(value, dict) and any(one.startswith(f"{key}.") for one in SETTINGS):
            yield from _flat(path, value, f"{key}.")
        else:
            near = sorted({one.removeprefix(before).split(".")[0] for one in SETTINGS if one.startswith(before)})
            known = ", ".join(near[:24]) + (" …" if len(near) > 24 else "")
            msg = f"{path}: unknown key {key[:80]!r}; known here are {known}"
            raise ConfigError(msg)


def _environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Value]]:
    for key, one in SETTINGS.items():
        text = environ.get(one.env, "").strip()
        if not text or key.startswith("accounts."):  # `app.keys` reads those: a keyring may come before
            continue
        try:
            yield key, one.typed(text)
        except ValueError as e:
            msg = f"environment variable {one.env}: {key} {e}"
            raise ConfigError(msg) from None
