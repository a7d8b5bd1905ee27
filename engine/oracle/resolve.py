"""Readings to a verdict: which outcome a contract came to, or why nobody may say.

A contract is disputed, in this order, when it names no station, when none reported, when too few of the sources it
names have a value, when too few routine reports came, when too few stations have a value, when a station's own
sources disagree, when no official value came, or when stations conflict. Anything else has exactly one outcome.
Pure: the same readings, the same
verdict, on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import UNSET

from engine.core.contract import Contract, EvidenceStation, Metric, Sources, SourceValue, StationValue, Verdict
from engine.core.ids import StationId
from engine.core.reading import NAMED_ONLY, Reading
from engine.core.units import Nanos
from engine.oracle import sources, witnesses
from engine.oracle.rules import (
    RULES,
    SHOWN,
    TEMPERATURE_SPREAD_K,
    Measured,
    Rule,
    Scale,
    missing_source,
    share,
    share_apart,
)
from engine.weather.observed import settled

DISPUTED: Final = "DISPUTED"
OPEN: Final = "OPEN"

Evidence = Mapping[StationId, Sequence[Reading]]


@dataclass(frozen=True, slots=True)
class _Station:
    """One station of a contract and what it measured."""

    named: EvidenceStation
    measured: Measured
    reported: bool
    complete: bool
    told: tuple[SourceValue, ...] = ()
    """By the sources that the contract names."""
    thin: str = ""
    """Why too few of those have a value."""

    @property
    def used(self) -> bool:
        return self.complete and self.measured.value is not None

    @property
    def unofficial(self) -> bool:
        return self.measured.note.endswith("not official")


def resolve(contract: Contract, readings: Evidence, rules: Mapping[Metric, Rule] = RULES) -> Verdict:
    """Return how a contract came out by the readings of its stations; those of others are not looked at."""
    refused = missing_source(contract.metric)
    if refused is not None:
        return _disputed("no_source", refused, (), None)
    rule = rules[contract.metric]
    scale = rule.scales[contract.unit]
    stations = [_station(contract, rule, named, readings.get(named.id, ())) for named in contract.stations]
    values = tuple(_value(scale, station) for station in stations)
    doubt = _doubt(contract, stations)
    if doubt is not None:
        return _disputed(*doubt, values, None)
    return _decided(contract, rule, scale, [station for station in stations if station.used], values)


def provisional(contract: Contract, readings: Evidence, now: Nanos) -> Verdict:
    """Return what a contract would come to if nothing more were measured; OPEN when nothing has been.

    The reason is ``provisional`` and there is never a payout for it: coverage and conflict are not tested.
    """
    rule = RULES.get(contract.metric)
    if rule is None:
        return Verdict(outcome=OPEN, winner=None, reason="no_source", detail="No source is read for it.", value=None)
    measured = [
        (named, so_far)
        for named in contract.stations
        if (so_far := _so_far(contract, rule, readings.get(named.id, ()), now)) is not None
    ]
    if not measured:
        return Verdict(outcome=OPEN, winner=None, reason="no_reports", detail="No report yet.", value=None)
    native = _mean(measured)
    value = rule.scales[contract.unit].stated(native)
    winner = winner_of(contract, native)
    outcome = OPEN if winner is None else contract.outcomes[winner]
    detail = f"{outcome} so far."
    return Verdict(outcome=outcome, winner=winner, reason="provisional", detail=detail, value=value)


def winner_of(contract: Contract, native: int) -> int | None:
    """Return the index of the outcome a whole native value means; None when no bracket holds it."""
    if contract.brackets:
        inside = (n for n, b in enumerate(contract.brackets) if _within(native, b.low, b.high))
        return next(inside, None)
    threshold = contract.threshold if contract.threshold is not None else Decimal(0)
    limit = RULES[contract.metric].scales[contract.unit].native(threshold)
    return 0 if native > limit else 1  # equal is NO


def _within(native: int, low: int | None, high: int | None) -> bool:
    return (low is None or native >= low) and (high is None or native <= high)


def _station(contract: Contract, rule: Rule, named: EvidenceStation, readings: Sequence[Reading]) -> _Station:
    if isinstance(contract.sources, Sources):
        return _by_sources(contract, contract.sources, rule, named, readings)
    own = [reading for reading in readings if reading.kind not in NAMED_ONLY]
    measured = witnesses.measure(lambda told: rule.measure(told, contract.opens, contract.closes), own)
    covered = measured.coverage
    enough = Fraction(covered.reports, covered.expected) >= Fraction(contract.coverage)
    reported = covered.reports > 0 or measured.value is not None
    return _Station(named, measured, reported, complete=measured.independent or enough)


def _by_sources(
    contract: Contract, named_by: Sources, rule: Rule, named: EvidenceStation, readings: Sequence[Reading]
) -> _Station:
    found = sources.weigh(contract, named_by, rule, rule.scales[contract.unit], readings)
    reported = any(one.reports > 0 or one.value is not None for one in found.told)
    return _Station(named, found.measured, reported, not found.thin, found.told, found.thin)


def _so_far(contract: Contract, rule: Rule, readings: Sequence[Reading], now: Nanos) -> int | None:
    if isinstance(contract.sources, Sources):
        until_now = [r for r in readings if r.measured_at <= now]
        return sources.so_far(contract, contract.sources, rule, until_now)
    known = settled(r for r in readings if r.measured_at <= now and r.kind not in NAMED_ONLY)
    return rule.so_far(known, contract.opens, contract.closes)


def _doubt(contract: Contract, stations: Sequence[_Station]) -> tuple[str, str] | None:
    """Return the first reason, as code and sentence, for which no value can be formed."""
    if not stations:
        return "no_stations", "The contract names no station."
    if not any(station.reported for station in stations):
        return "outage", f"Nothing was reported by {_names(stations)}."
    thin = [station for station in stations if station.thin]
    if len(thin) == len(stations) and not any(station.unofficial for station in thin):
        return "min_sources", f"{'; '.join(f'{station.named.id}: {station.thin}' for station in thin)}."
    if len(thin) == len(stations):
        return "provisional", f"No official value came: {_notes(stations)}."
    short = [station for station in stations if not station.complete]
    if len(short) == len(stations):
        return "coverage", f"Too few routine reports: {_counts(short)}; {share(contract.coverage)} are needed."
    disagreeing = [station for station in stations if station.complete and station.measured.contradiction]
    if disagreeing:
        return "sources", f"Sources of {disagreeing[0].named.id} disagree: {disagreeing[0].measured.contradiction}."
    used = [station for station in stations if station.used]
    if not used and any(station.unofficial for station in stations):
        return "provisional", f"No official value came: {_notes(stations)}."
    if not used:
        return "outage", f"No value was reported by {_names(stations)}."
    if len(used) < contract.min_stations:
        return "min_stations", f"{len(used)} of at least {contract.min_stations} stations have a complete value."
    return None


def _decided(
    contract: Contract, rule: Rule, scale: Scale, used: Sequence[_Station], values: tuple[StationValue, ...]
) -> Verdict:
    measured = [(station.named, station.measured.value or 0) for station in used]
    native = _mean(measured)
    value, spread = scale.stated(native), _spread(rule, measured)
    if spread is not None and spread > (TEMPERATURE_SPREAD_K if rule.ratio_floor is None else _ratio(contract)):
        return _disputed("conflict", _conflict(rule, contract, spread), values, value, spread)
    winner = winner_of(contract, native)
    if winner is None:
        return _disputed("no_bracket", f"No bracket holds {value} {contract.unit.value}.", values, value, spread)
    return Verdict(
        outcome=contract.outcomes[winner],
        winner=winner,
        reason=None,
        detail=_sentence(contract, value, winner, used),
        value=value,
        stations=values,
        spread=_shown(spread),
    )


def _mean(measured: Sequence[tuple[EvidenceStation, int]]) -> int:
    """Return the mean by weight, rounded half up to the native unit the stations count in."""
    weights = [Fraction(named.weight) for named, _ in measured]
    if not any(weights):
        weights = [Fraction(1)] * len(weights)
    total = sum((weight * value for weight, (_, value) in zip(weights, measured, strict=True)), Fraction(0))
    return int((total / sum(weights) + Fraction(1, 2)).__floor__())


def _spread(rule: Rule, measured: Sequence[tuple[EvidenceStation, int]]) -> Fraction | None:
    """Return kelvin, or the ratio of range to plain mean, between stations; None where it is not tested."""
    values = [value for _, value in measured]
    if len(values) < 2:
        return None
    apart = Fraction(max(values) - min(values))
    if rule.ratio_floor is None:
        return apart * Fraction(5, 9)
    mean = Fraction(sum(values), len(values))
    return apart / mean if mean >= rule.ratio_floor else None


def _ratio(contract: Contract) -> Fraction:
    return Fraction(contract.max_spread)


def _shown(spread: Fraction | None) -> Decimal | None:
    if spread is None:
        return None
    return (Decimal(spread.numerator) / Decimal(spread.denominator)).quantize(SHOWN)


def _value(scale: Scale, station: _Station) -> StationValue:
    measured, named = station.measured, station.named
    return StationValue(
        id=named.id,
        km=named.km,
        value=None if measured.value is None else scale.stated(measured.value),
        reports=measured.coverage.reports,
        expected=measured.coverage.expected,
        used=station.used,
        note=measured.contradiction or station.thin or measured.note or ("" if station.complete else "too few reports"),
        sources=station.told or UNSET,
    )


def _disputed(
    code: str,
    sentence: str,
    values: tuple[StationValue, ...],
    value: Decimal | None,
    spread: Fraction | None = None,
) -> Verdict:
    return Verdict(
        outcome=DISPUTED,
        winner=None,
        reason=code,
        detail=sentence,
        value=value,
        stations=values,
        spread=_shown(spread),
    )


def _sentence(contract: Contract, value: Decimal, winner: int, used: Sequence[_Station]) -> str:
    unit = contract.unit.value
    if contract.brackets:
        return f"{value} {unit} at {_names(used)}."
    relation = "is above" if winner == 0 else "is not above"
    return f"{value} {unit} at {_names(used)} {relation} {contract.threshold} {unit}."


def _conflict(rule: Rule, contract: Contract, spread: Fraction) -> str:
    if rule.ratio_floor is None:
        return f"Stations differ by {float(spread):.1f} K; at most 2.0 K is allowed."
    apart, allowed = share_apart(spread, over=True), share(contract.max_spread)
    return f"Stations differ by {apart} of their mean; at most {allowed} is allowed."


def _names(stations: Sequence[_Station]) -> str:
    return ", ".join(station.named.id for station in stations)


def _counts(stations: Sequence[_Station]) -> str:
    return ", ".join(f"{s.named.id} {s.measured.coverage.reports} of {s.measured.coverage.expected}" for s in stations)


def _notes(stations: Sequence[_Station]) -> str:
    return ", ".join(f"{s.named.id} {s.measured.note}" for s in stations if s.measured.note)
