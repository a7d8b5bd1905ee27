"""Who decides an event on the weather, and how: what its own rules say, never what a table of cities says."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec


class SourceKind(Enum):
    """Whose publication counts."""

    WEATHER_COMPANY = "The Weather Company"
    CLIMATE_REPORT = "NWS Climatological Report (Daily)"
    SYNOPTIC = "Synoptic"
    TIME_SERIES = "weather.gov time series"
    WUNDERGROUND = "Wunderground"
    OBSERVATORY = "Hong Kong Observatory"
    UNKNOWN = ""
    """The rules name nobody that is known here."""


OFFICIAL: Final = frozenset({SourceKind.CLIMATE_REPORT, SourceKind.WEATHER_COMPANY})
"""Those who publish the official extremes of the local standard day: the report itself, and who relays it."""
HOURLY: Final = frozenset({SourceKind.TIME_SERIES, SourceKind.WUNDERGROUND})
"""Those who publish readings, of which the highest counts: the official high is that or more."""


class SourceTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the rules of one event say of its source. Empty is what they do not say."""

    kind: SourceKind = SourceKind.UNKNOWN
    station: str = ""
    """ICAO code."""
    product: str = ""
    """Of the climate report, such as ``CLINYC``."""
    place: str = ""
    """The station or city in the rules' own words."""
    measure: str = ""
    """``high``, ``low``, ``temperature`` (of one time), ``rain`` or ``snow``."""
    unit: str = ""
    """``°F``, ``°C``, ``in``, ``mm``."""
    rounding: str = ""
    """``whole`` or ``tenths``, as published."""
    day: str = ""
    """``standard`` (local standard time all year) or ``clock``."""
    revisions: str = ""
    """``first`` (later ones are ignored), ``latest``."""
    fallback: str = ""
    """The rules' own sentence on what counts should the source fail."""
    also: tuple[SourceKind, ...] = ()
    """Other known sources that the rules or the venue's list name, which do not decide."""
    doubt: str = ""
    """Why it is not certain who decides: the rules name one, the venue's list another."""

    @property
    def by_readings(self) -> bool:
        """Whether the furthest of the station's readings counts, which no group and no official value tells."""
        return self.kind in HOURLY

    @property
    def not_comparable(self) -> str:
        """Why our own official extreme says nothing about the event's value; empty when it does."""
        if self.kind is SourceKind.UNKNOWN:
            return "its rules name no source that is known here"
        if not self.station:
            return "its rules name no station"
        if self.measure not in {"high", "low"}:
            return f"it is about {self.measure or 'something else'}, not about the high or low of a day"
        if self.by_readings:
            return f"{self.kind.value} counts the highest of its readings, and the official high is that or more"
        if self.kind not in OFFICIAL:
            return f"what {self.kind.value} publishes is not read here"
        return ""
