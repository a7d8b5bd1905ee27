"""A contract at Midway over 3 July 2026 local standard time, and reports to settle it by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from engine.core.contract import Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.ids import Cell, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather import climate_day

OPENS, CLOSES = climate_day.window(date(2026, 7, 3), -6)
MIDWAY, OHARE = StationId("KMDW"), StationId("KORD")


def station(name: StationId, km: str = "4.0", weight: str = "1") -> EvidenceStation:
    return EvidenceStation(id=name, km=Decimal(km), weight=Decimal(weight))


def contract(**changes: object) -> Contract:
    terms: dict = {
        "id": "c1",
        "title": "CHI rain > 2.5 mm",
        "place": "Chicago",
        "metric": Metric.PRECIPITATION,
        "unit": Unit.MM,
        "cell": Cell("872664521ffffff"),
        "stations": (station(MIDWAY),),
        "tier": Tier.A,
        "opens": OPENS,
        "closes": CLOSES,
        "threshold": Decimal("2.5"),
    }
    return Contract(**(terms | changes))


def at(hour: int, minute: int = 53, *, name: StationId = MIDWAY, **fields: object) -> Reading:
    when = Nanos(OPENS + hour * HOUR + minute * MINUTE)
    stated = {"kind": ReportKind.ROUTINE, "source": "METAR", "raw": f"{name} {hour}", **fields}
    return Reading(station=name, measured_at=when, **stated)  # type: ignore[arg-type] # fields of a reading by name


def day(hours: range = range(24), *, name: StationId = MIDWAY, **fields: object) -> list[Reading]:
    return [at(hour, name=name, **fields) for hour in hours]


def rain(total: int, *, name: StationId = MIDWAY, hours: range = range(24)) -> list[Reading]:
    """Reports of which the first carries the whole sum, hundredths of an inch."""
    return [at(hour, name=name, precip_hundredths_in=total if hour == hours[0] else 0) for hour in hours]
