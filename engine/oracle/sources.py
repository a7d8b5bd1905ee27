"""A station's value by the sources a contract names: which said what, which count, and why.

Each source is read by itself from the reports it made. The first with a complete value counts, or the mean of all by
weight; whichever is agreed on, sources further apart than the contract allows leave nothing but a dispute. Pure.

Source: settlement sheet R2, R6 and R7 (what each source can know); the contract says the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.core.contract import Metric, SourceName, Sources, SourceValue
from engine.core.reading import RELAYED, Reading, ReportKind
from engine.core.units import DAY, HOUR, Nanos
from engine.oracle import witnesses
from engine.oracle.rules import Measured, Rule, Scale
from engine.weather import climate_day
from engine.weather.observed import Coverage, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.contract import Contract, WeightedSource

MADIS: Final = "MADIS"
"""`Reading.source` of rows of a MADIS file."""
AN_HOUR: Final = {SourceName.ONE_MINUTE: 50, SourceName.MADIS: 10, SourceName.PRIVATE: 1}
"""Rows that make an hour complete, of 60, of 12, and of a file that says nothing of its step."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A station's value by its sources."""

    measured: Measured
    told: tuple[SourceValue, ...]
    thin: str
    """Why too few sources have a value; empty when enough have."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One source of the list and what it measured."""

    named: WeightedSource
    measured: Measured
    complete: bool

    @property
    def good(self) -> bool:
        return self.complete and self.measured.value is not None


def name_of(reading: Reading) -> SourceName:
    """Return which source of a list a report belongs to."""
    if reading.kind is ReportKind.CLIMATE:
        return SourceName.CLI
    if reading.kind is ReportKind.ONE_MINUTE:
        return SourceName.ONE_MINUTE
    if reading.kind is ReportKind.PRIVATE:
        return SourceName.PRIVATE
    if reading.kind is ReportKind.FIVE_MINUTE or reading.source == MADIS:
        return SourceName.MADIS
    return SourceName.ASOS


def own(readings: Iterable[Reading], name: SourceName) -> tuple[Reading, ...]:
    """Return the reports of one source, by time, duplicates and superseded ones dropped; what is relayed is none."""
    return settled(_mine(readings, name))


def _mine(readings: Iterable[Reading], name: SourceName) -> Iterable[Reading]:
    return (reading for reading in readings if name_of(reading) is name and reading.source not in RELAYED)


def counts(contract: Contract, reading: Reading) -> bool:
    """Whether a report may be evidence of a contract: what is relayed never, minutes and private rows where named."""
    if not reading.relayed:
        return True
    named = contract.sources
    if not isinstance(named, Sources) or reading.source in RELAYED:
        return False
    return any(one.name is name_of(reading) for one in named.order)


def weigh(contract: Contract, sources: Sources, rule: Rule, scale: Scale, readings: Sequence[Reading]) -> Weighed:
    """Return what a station's sources come to over a contract's window."""
    parts = [_part(contract, rule, named, readings) for named in sources.order]
    good = [part for part in parts if part.good]
    used = good[:1] if sources.use == "first" else good
    thin = "" if len(good) >= sources.least else f"{len(good)} of at least {sources.least} sources have a value"
    measured = _measured(contract, sources, scale, parts, good, used)
    told = tuple(_told(scale, part, part in used and not thin, sources) for part in parts)
    return Weighed(measured, told, thin)


def so_far(contract: Contract, sources: Sources, rule: Rule, readings: Sequence[Reading]) -> int | None:
    """Return what the first source that has measured anything has measured so far, in native units."""
    for named in sources.order:
        mine = own(readings, named.name)
        if named.name in AN_HOUR:
            value = _sampled(contract, named.name, mine)
        else:
            value = rule.so_far(mine, contract.opens, contract.closes)
        if value is not None:
            return value
    return None


def _measured(
    contract: Contract,
    sources: Sources,
    scale: Scale,
    parts: Sequence[_Part],
    good: Sequence[_Part],
    used: Sequence[_Part],
) -> Measured:
    if len(good) < sources.least:
        most = max((part.measured.coverage for part in parts), key=lambda c: c.reports, default=Coverage(0, 1))
        notes = [part.measured.note for part in parts if part.measured.note.endswith("not official")]
        return Measured(None, most, note=next(iter(notes), ""))
    value = used[0].measured.value if sources.use == "first" else _mean(used)
    return Measured(
        value,
        used[0].measured.coverage,
        independent=True,  # each source was held against its own completeness
        contradiction=_apart(contract, sources, scale, good),
        note=f"by {', '.join(part.named.name.value for part in used)}",
    )


def _part(contract: Contract, rule: Rule, named: WeightedSource, readings: Sequence[Reading]) -> _Part:
    mine = _mine(readings, named.name)
    measured = witnesses.measure(lambda told: _by(contract, rule, named.name, told), mine)
    enough = Fraction(measured.coverage.reports, measured.coverage.expected) >= Fraction(contract.coverage)
    return _Part(named, measured, measured.independent or enough)


def _by(contract: Contract, rule: Rule, name: SourceName, readings: Sequence[Reading]) -> Measured:
    opens, closes = contract.opens, contract.closes
    if name is SourceName.ASOS:
        return rule.measure(readings, opens, closes)
    if name is SourceName.CLI:
        return _climate(contract, rule, readings)
    covered = _coverage(readings, opens, closes, AN_HOUR[name])
    value = _sampled(contract, name, readings)
    return Measured(value, covered, note="" if value is not None else f"does not tell {contract.metric.value}")


def _sampled(contract: Contract, name: SourceName, readings: Sequence[Reading]) -> int | None:
    """Return what rows of moments come to: the furthest temperature by each one's surest degree, the strongest gust."""
    inside = [reading for reading in readings if contract.opens <= reading.measured_at < contract.closes]
    if contract.metric is Metric.PRECIPITATION and name is SourceName.PRIVATE:
        return _fell(readings, contract.opens, contract.closes)
    if contract.metric is Metric.WIND_GUST:
        speeds = [speed for r in inside for speed in (r.wind_kt, r.gust_kt) if speed is not None]
        return max(speeds, default=None)
    if contract.metric is Metric.TEMP_MAX:
        return max(_degrees(inside, 0), default=None)
    if contract.metric is Metric.TEMP_MIN:
        return min(_degrees(inside, -1), default=None)
    return None


def _degrees(readings: Sequence[Reading], surest: int) -> list[int]:
    """Return whole Fahrenheit of each row, of a set of possible ones the member that is certain to be reached."""
    exact = [climate_day.fahrenheit(r.temp_tenths_c) for r in readings if r.temp_tenths_c is not None]
    bodies = [r.temp_whole_c for r in readings if r.temp_tenths_c is None and r.temp_whole_c is not None]
    return [*exact, *(climate_day.fahrenheit_set(body)[surest] for body in bodies)]


def _climate(contract: Contract, rule: Rule, readings: Sequence[Reading]) -> Measured:
    """Return what the climate report says, if the window is its day."""
    inside = [r for r in readings if r.measured_at == contract.closes and contract.closes - contract.opens == DAY]
    covered = Coverage(min(1, len(inside)), 1)
    if contract.metric is Metric.PRECIPITATION:
        value = next((r.precip_hundredths_in for r in reversed(inside) if r.precip_hundredths_in is not None), None)
    else:
        value = rule.measure(inside, contract.opens, contract.closes).value if inside else None
    return Measured(value, covered, independent=value is not None, note="" if inside else "no final report")


def _coverage(readings: Sequence[Reading], opens: Nanos, closes: Nanos, rows: int) -> Coverage:
    """Return how many hours of a window hold so many rows."""
    hours: dict[int, int] = {}
    for reading in readings:
        if opens <= reading.measured_at < closes:
            hour = (reading.measured_at - opens) // HOUR
            hours[hour] = hours.get(hour, 0) + 1
    return Coverage(sum(count >= rows for count in hours.values()), max(1, (closes - opens) // HOUR))


def _fell(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> int | None:
    """Return the sum of amounts, each of the time since the row before; hundredths of an inch."""
    inside = [r.precip_hundredths_in for r in readings if opens < r.measured_at <= closes]
    stated = [amount for amount in inside if amount is not None]
    return sum(stated) if stated else None


def _mean(used: Sequence[_Part]) -> int:
    """Return the mean by weight, rounded half up; without any weight all count alike."""
    weights = [Fraction(part.named.weight) for part in used]
    if not any(weights):
        weights = [Fraction(1)] * len(used)
    total = sum((w * (part.measured.value or 0) for w, part in zip(weights, used, strict=True)), Fraction(0))
    return int((total / sum(weights) + Fraction(1, 2)).__floor__())


def _apart(contract: Contract, sources: Sources, scale: Scale, good: Sequence[_Part]) -> str:
    """Return why the sources contradict each other, or one itself; empty when they do not."""
    for part in good:
        if part.measured.contradiction:
            return f"{part.named.name.value}: {part.measured.contradiction}"
    values = [part.measured.value or 0 for part in good]
    if scale.factor * (max(values) - min(values)) <= Fraction(sources.apart):
        return ""
    said = ", ".join(f"{p.named.name.value} {scale.stated(p.measured.value or 0)}" for p in good)
    unit = contract.unit.value
    return f"{said} {unit}; at most {sources.apart} {unit} is allowed between them"


def _told(scale: Scale, part: _Part, used: bool, sources: Sources) -> SourceValue:
    measured = part.measured
    return SourceValue(
        name=part.named.name,
        weight=part.named.weight,
        value=None if measured.value is None else scale.stated(measured.value),
        reports=measured.coverage.reports,
        expected=measured.coverage.expected,
        used=used,
        note=_why(part, used, sources),
    )


def _why(part: _Part, used: bool, sources: Sources) -> str:
    if used:
        return "first with a value" if sources.use == "first" else "in the mean"
    if part.good:
        return part.measured.contradiction or "only confirms"
    if part.measured.value is not None:
        return "too few reports"
    return part.measured.note or "no value"
