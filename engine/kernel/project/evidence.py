"""The reports that speak of a market's window: what each says of what is asked, and whether that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.contract import Metric, Unit
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.kernel.project import day, terms
from engine.views.station import EvidenceLine, RainHour
from engine.weather import climate_day, possible

if TYPE_CHECKING:
    from engine.core.contract import Contract
    from engine.core.ids import StationId
    from engine.kernel.state import State
    from engine.weather.possible import Claim

DASH: Final = "—"
RAW_ROOM: Final = 4_000
MM_OF_INCH: Final = 25.4
OWN_HOUR: Final = frozenset({possible.Origin.TENTHS, possible.Origin.BODY})
"""What a report says of its own moment; groups speak of hours, the climate report of the day."""
FREQUENT: Final = frozenset(day.KINDS[kind] for kind in day.OFTEN)
RANKS: Final = (
    possible.Origin.CLIMATE,
    possible.Origin.DAY,
    possible.Origin.TENTHS,
    possible.Origin.BODY,
    possible.Origin.SIX_HOURS,
    possible.Origin.STRADDLING,
)
"""Which of a report's numbers stands first."""


def lines(state: State, contract: Contract) -> list[EvidenceLine]:
    """Return the reports of a contract's stations that speak of its window, newest first."""
    found: list[EvidenceLine] = []
    for named in contract.stations:
        readings = state.observed.readings(named.id, contract.opens, Nanos(contract.closes + HOUR))
        told = _claims(contract, readings)
        found += (
            _line(contract, reading, told.get(reading.measured_at, []))
            for reading in readings
            if reading.measured_at < contract.closes or told.get(reading.measured_at) or _official(contract, reading)
        )
    return _merged(sorted(found, key=lambda one: (-one.at, one.station)))


def _merged(lines: list[EvidenceLine]) -> list[EvidenceLine]:
    """Put frequent readings of a station that say the same into one line; METARs between them stay."""
    merged: list[EvidenceLine] = []
    open_: dict[StationId, int] = {}
    for line in lines:
        at = open_.get(line.station)
        before = None if at is None else merged[at]
        if line.kind not in FREQUENT:
            merged.append(line)
        elif at is not None and before is not None and (before.kind, before.value) == (line.kind, line.value):
            merged[at] = replace(before, since=line.at, times=before.times + 1)
        else:
            open_[line.station] = len(merged)
            merged.append(line)
    return merged


def _official(contract: Contract, reading: Reading) -> bool:
    return reading.kind is ReportKind.CLIMATE and reading.measured_at == contract.closes


def rain_hours(state: State, contract: Contract) -> tuple[RainHour, ...]:
    """Return what the routine reports of a contract's nearest station gave of their hours."""
    readings = state.observed.readings(contract.stations[0].id, contract.opens, contract.closes)
    return tuple(
        RainHour(at=r.measured_at, inches=_inches(r), trace=r.trace)
        for r in readings
        if r.kind is ReportKind.ROUTINE and r.measured_at < contract.closes
    )


def _inches(reading: Reading) -> float | None:
    return None if reading.precip_missing else (reading.precip_hundredths_in or 0) / 100


def _claims(contract: Contract, readings: tuple[Reading, ...]) -> dict[Nanos, list[Claim]]:
    """Return what each report says of the day's extreme, by when it was made."""
    if contract.metric not in terms.TEMPERATURES:
        return {}
    of = possible.high if contract.metric is Metric.TEMP_MAX else possible.low
    found = of(readings, contract.opens, contract.closes)
    told: dict[Nanos, list[Claim]] = {}
    for claim in (*found.claims, *found.named):
        told.setdefault(claim.reported_at, []).append(claim)
    return told


def _line(contract: Contract, reading: Reading, claims: list[Claim]) -> EvidenceLine:
    value, says, counts = _value(contract, reading, claims)
    return EvidenceLine(
        at=reading.measured_at,
        station=reading.station,
        kind=day.KINDS[reading.kind],
        provider=reading.source,
        value=value,
        says=says,
        counts=counts,
        corrected=reading.corrected,
        raw=reading.raw[:RAW_ROOM],
        number=_number(contract, reading, claims, counts=counts),
    )


def _number(contract: Contract, reading: Reading, claims: list[Claim], *, counts: bool) -> float | None:
    """Return what a chart draws of a report, in the contract's unit; None of one that says nothing of its own hour."""
    if contract.metric is Metric.PRECIPITATION:
        fell = (reading.precip_hundredths_in or 0) / 100
        return None if not counts else fell * MM_OF_INCH if contract.unit is Unit.MM else fell
    if contract.metric is Metric.WIND_GUST:
        told = [kt for kt in (reading.peak_wind_kt, reading.gust_kt, reading.wind_kt) if kt is not None]
        return float(max(told)) if counts and told else None
    own = [one for one in claims if one.origin in OWN_HOUR]
    if contract.metric not in terms.TEMPERATURES or not own:
        return None
    degrees = float(own[0].values[0])
    return (degrees - 32) / 1.8 if contract.unit is Unit.CELSIUS else degrees


def _value(contract: Contract, reading: Reading, claims: list[Claim]) -> tuple[str, str, bool]:
    """Return what a report says of what is asked, by which of its groups, and whether that counts."""
    if contract.metric in terms.TEMPERATURES:
        return _degrees(reading, claims)
    if contract.metric is Metric.PRECIPITATION:
        if reading.precip_missing:
            return DASH, "gauge out: a gap", False
        return _fallen(reading, routine=reading.kind is ReportKind.ROUTINE)
    if contract.metric is Metric.WIND_GUST:
        told = ((reading.peak_wind_kt, "peak wind"), (reading.gust_kt, "gust"), (reading.wind_kt, "wind"))
        found = max(((kt, word) for kt, word in told if kt is not None), default=None)
        return (DASH, "", False) if found is None else (f"{found[0]} kt", found[1], True)
    return DASH, "", False


def _drawn(reading: Reading) -> tuple[str, str, bool]:
    """Return the temperature of a reading that claims nothing: a relayed one is drawn and proves nothing."""
    if reading.temp_whole_c is None or reading.kind is ReportKind.CLIMATE:
        return DASH, "", False
    meant = " or ".join(map(str, climate_day.fahrenheit_set(reading.temp_whole_c)))
    return f"{meant} °F", "relayed" if reading.relayed else "outside the window", False


def _fallen(reading: Reading, *, routine: bool) -> tuple[str, str, bool]:
    fell = reading.precip_hundredths_in
    if reading.trace:
        return "trace", "P group, counts 0", routine
    if fell is None:
        return "0.00 in" if routine else DASH, "no P group", routine
    words = "P group" if routine else "a row of its own" if reading.kind in day.OFTEN else "repeats the hour's P group"
    return f"{fell / 100:.2f} in", words, routine


def _degrees(reading: Reading, claims: list[Claim]) -> tuple[str, str, bool]:
    climate = reading.kind is ReportKind.CLIMATE
    mine = [claim for claim in claims if (claim.origin is possible.Origin.CLIMATE) == climate]
    if not mine:
        return _drawn(reading)
    first, *more = sorted(mine, key=lambda claim: RANKS.index(claim.origin))
    others = ", ".join(f"{claim.origin.value} {'/'.join(map(str, claim.values))}" for claim in more)
    says = first.origin.value + (f" · {others}" if others else "")
    counts = any(claim.origin is not possible.Origin.STRADDLING for claim in mine)
    return f"{' or '.join(map(str, first.values))} °F", says, counts
