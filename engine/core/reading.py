"""A weather report as integers: what the station said, in the units it said it in.

Whole-degree Celsius is ambiguous in Fahrenheit and kept apart from the exact tenths of the T group.
Source of the groups: FMH-1; measured behaviour in the settlement rules R1-R7 of the oracle.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from engine.core.ids import Cell, StationId
from engine.core.units import Nanos

RELAYED: Final = frozenset({"VC"})
"""Sources that pass a station's measurements on with values of their own making among them."""


class ReportKind(Enum):
    """Which kind of report; only routine ones count for rain and coverage."""

    ROUTINE = "routine"
    SPECIAL = "special"
    FIVE_MINUTE = "five_minute"
    ONE_MINUTE = "one_minute"
    """A minute of the archive of automated stations: whole Fahrenheit, a day late, unchecked."""
    CLIMATE = "climate"
    """The official daily climate report (CLI); `measured_at` is the end of its day."""
    PRIVATE = "private"
    """A row of somebody's own station file; rain in it is what fell since the row before."""


NAMED_ONLY: Final = frozenset({ReportKind.ONE_MINUTE, ReportKind.PRIVATE})
"""Reports that count only in contracts which name their source."""

SERVICES: Final = ("IEM", "AWC", "NWS")
"""Who has the reports of a station, the one that is believed first at the head."""
STATED: Final = (
    "temp_tenths_c", "temp_whole_c", "max6_tenths_c", "min6_tenths_c", "max24_tenths_c", "min24_tenths_c",
    "precip_hundredths_in", "wind_kt", "gust_kt", "peak_wind_kt", "snow_tenths_in", "high_f", "low_f",
)  # fmt: skip
"""The numbers of a report that something may be decided by."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One report of one station."""

    station: StationId
    measured_at: Nanos
    kind: ReportKind
    source: str
    """Who gave it: IEM, NWS, METAR, CLI, VC, DEMO…"""
    raw: str
    """The report verbatim."""
    temp_tenths_c: int | None = None
    """T group: tenths of a degree Celsius, exact to a whole Fahrenheit degree."""
    temp_whole_c: int | None = None
    """Body temperature: whole Celsius, lossy."""
    max6_tenths_c: int | None = None
    min6_tenths_c: int | None = None
    max24_tenths_c: int | None = None
    min24_tenths_c: int | None = None
    precip_hundredths_in: int | None = None
    """P group: hundredths of an inch since the last routine report; 0 with `trace` set is a trace."""
    trace: bool = False
    precip_missing: bool = False
    """PNO, or a wet report without its P group: the hour is a gap, not zero."""
    wind_kt: int | None = None
    gust_kt: int | None = None
    peak_wind_kt: int | None = None
    peak_wind_at: Nanos | None = None
    """When the peak wind blew, where the report says so; it may lie before a window that opens inside the hour."""
    snow_tenths_in: int | None = None
    """Snowfall: of the past six hours in a routine report (931 group), of the day in a climate report."""
    high_f: int | None = None
    """CLI: official maximum of the climate day."""
    low_f: int | None = None
    corrected: bool = False

    @property
    def relayed(self) -> bool:
        """Whether it is of lower standing: it is drawn and feeds the model, and makes no extreme certain.

        Minutes and rows of a private file are so, too, but where a contract names them.
        """
        return self.source in RELAYED or self.kind in NAMED_ONLY

    @property
    def rank(self) -> tuple[bool, bool, int, int, str]:
        """By which the highest of several sources' words on one report holds, whichever came first.

        A station's own word before one that is only relayed, then a correction, then the one that states more, then
        the service that has the report verbatim.
        """
        stated = sum(getattr(self, name) is not None for name in STATED)
        service = SERVICES.index(self.source) if self.source in SERVICES else len(SERVICES)
        return not self.relayed, self.corrected, stated, -service, self.source

    def replaces(self, known: Reading) -> bool:
        """Whether it holds in place of another of the same station, time and kind.

        The last one of a source does, but nothing takes the place of a correction except another one. Of two
        sources the one of higher `rank` does.
        """
        if self.source == known.source:
            return self != known and (self.corrected or not known.corrected)
        return self.rank > known.rank

    def contradicts(self, other: Reading) -> bool:
        """Whether two sources state different numbers of one report, and no correction says which is right."""
        if self.source == other.source or self.relayed or other.relayed or self.corrected is not other.corrected:
            return False
        pairs = ((getattr(self, name), getattr(other, name)) for name in STATED)
        return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in pairs)


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What the points of a model's grid say within a radius of a cell's centre, in the forecast's unit."""

    mean: float
    most: float
    least: float
    count: int


class CellQuantiles(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Forecast of one quantity over one window in one cell."""

    cell: Cell
    p10: float
    p50: float
    p90: float
    around: Around | None = None
    """Of the newest run; None where the forecast tells of the centre alone."""


class HourQuantiles(msgspec.Struct, frozen=True, kw_only=True):
    """Forecast of one quantity at one hour."""

    valid_at: Nanos
    p10: float
    p50: float
    p90: float
