"""Weather contracts: what is measured, where, when, and which outcome each value means.

A contract is frozen when its market is created: stations with their distances, coverage and spread
rules are part of it, so that a station's move or closure later changes nothing.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from engine.core.ids import Cell, StationId
from engine.core.units import Nanos


class Metric(Enum):
    """What a contract measures over its window."""

    PRECIPITATION = "precipitation"
    TEMP_MAX = "temp_max"
    TEMP_MIN = "temp_min"
    WIND_GUST = "wind_gust"
    SNOW = "snow"
    STORM_CATEGORY = "storm_category"
    """Declared, not listable: no official source is read for it."""
    AQI = "aqi"
    """Declared, not listable: no official source is read for it."""


class Unit(Enum):
    """The unit a contract's threshold and value are stated in."""

    MM = "mm"
    INCH = "in"
    FAHRENHEIT = "F"
    CELSIUS = "C"
    KNOT = "kt"


class Tier(Enum):
    """How near the evidence lies (specs: h3.md, listing tiers)."""

    A = "A"
    """A station inside the cell or within 5 km."""
    B = "B"
    """At least one within 15 km."""
    C = "C"
    """At least two within 25 km, or the best there is within 40 km."""


class EvidenceStation(msgspec.Struct, frozen=True, kw_only=True):
    """A station named by a contract."""

    id: StationId
    km: Decimal
    """Great-circle distance to the cell's centre."""
    weight: Decimal
    """Its share in the mean, summing to 1 over the stations used."""


class SourceName(Enum):
    """Who may give a station's value where a contract names its sources."""

    CLI = "cli"
    """The final climate report."""
    ASOS = "asos"
    """The station's own hourly and special reports, their six- and 24-hour groups."""
    ONE_MINUTE = "one_minute"
    MADIS = "madis"
    """The five-minute rows: whole Celsius, so a high by them is the least it may have been."""
    PRIVATE = "private"
    """A station file of the operator's own."""


class WeightedSource(msgspec.Struct, frozen=True, kw_only=True):
    """One source of a contract's list."""

    name: SourceName
    weight: Decimal
    """Its share in a mean, relative to the others that have a value."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Which sources give a station's value, in the order in which they are asked."""

    order: tuple[WeightedSource, ...]
    use: str = "first"
    """``first``: the first that has a value, the others only confirm it; ``mean``: all that have one, by weight."""
    least: int = 1
    """How many must have a value."""
    apart: Decimal = Decimal(1)
    """By how much two may differ, in the contract's unit; more is disputed."""


class Bracket(msgspec.Struct, frozen=True, kw_only=True):
    """One of several exclusive outcomes: a whole value in [low, high]; None is open."""

    label: str
    low: int | None
    high: int | None


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one market. Exactly one of `threshold` and `brackets` is set."""

    id: str
    title: str
    """Short name for people, such as ``CHI rain > 2.5 mm``."""
    place: str
    metric: Metric
    unit: Unit
    cell: Cell
    stations: tuple[EvidenceStation, ...]
    tier: Tier
    opens: Nanos
    """Start of the measured window, inclusive."""
    closes: Nanos
    """End of the measured window, exclusive; trading ends here."""
    threshold: Decimal | None = None
    """YES if the value is strictly greater; equal is NO."""
    brackets: tuple[Bracket, ...] = ()
    min_stations: int = 1
    max_spread: Decimal = Decimal("0.20")
    """Ratio of (max - min) to the mean above which stations conflict; temperature: 2.0 K instead."""
    coverage: Decimal = Decimal("0.90")
    """Least share of the expected routine reports."""
    sources: Sources | msgspec.UnsetType = msgspec.UNSET
    """Unset, what the metric's own rule reads counts; and records of such contracts are as they always were."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Labels of the outcomes, in order: YES and NO, or one a bracket."""
        return tuple(b.label for b in self.brackets) if self.brackets else ("YES", "NO")

    @property
    def tradable(self) -> range:
        """Outcomes that are instruments: of YES and NO only the first, since NO is its other leg."""
        return range(len(self.brackets)) if self.brackets else range(1)


class SourceValue(msgspec.Struct, frozen=True, kw_only=True):
    """What one source of a contract's list said of one station."""

    name: SourceName
    weight: Decimal
    value: Decimal | None
    """In the contract's unit."""
    reports: int
    expected: int
    used: bool
    """Whether it is in the value that counts."""
    note: str
    """Why it is used, or why not."""


class StationValue(msgspec.Struct, frozen=True, kw_only=True):
    """What one station measured over a window, and how well."""

    id: StationId
    km: Decimal
    value: Decimal | None
    """In the contract's unit; None when nothing valid was measured."""
    reports: int
    expected: int
    used: bool
    note: str = ""
    sources: tuple[SourceValue, ...] | msgspec.UnsetType = msgspec.UNSET
    """Where the contract names its sources."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How a contract came out. `winner` indexes the contract's outcomes; None while disputed or void."""

    outcome: str
    """``YES``, ``NO``, a bracket's label, ``DISPUTED`` or ``VOID``."""
    winner: int | None
    reason: str | None
    """Why it is disputed or void, as a code: no_stations, outage, min_stations, coverage, conflict…"""
    detail: str
    """One sentence for people."""
    value: Decimal | None
    stations: tuple[StationValue, ...] = ()
    spread: Decimal | None = None
    """Ratio, or kelvin for temperatures, between stations; None with fewer than two."""
