"""What a contract puts before the reports that would settle it now, and that may still come. Pure.

Ten minutes after a day's end its reports are there and its climate report is not: that comes one to five hours later.
Where the reports count only without it, or where it may decide otherwise, a settlement waits for it as for anything
that is missing, and no longer. A high is not waited for: its 24-hour group has never differed. A low may fall a degree
in the minutes after its group, the six-hour groups of snow leave out hours of most days, and an hour without a report
may have been the wettest.

Source: settlement sheet §5 (24-hour groups on 108 days), §6 (snow), R7 (the order of the oracle).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.core.contract import Metric, SourceName, Sources
from engine.core.reading import NAMED_ONLY
from engine.core.units import DAY
from engine.oracle.resolve import DISPUTED, resolve
from engine.oracle.rules import RULES
from engine.weather import observed
from engine.weather.observed import Coverage, settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.contract import Contract, StationValue, Verdict
    from engine.core.reading import Reading
    from engine.core.units import Nanos
    from engine.oracle.resolve import Evidence
    from engine.oracle.rules import Measured, Rule

EXTREMES: Final = frozenset({Metric.TEMP_MAX, Metric.TEMP_MIN})
FALLS: Final = 1
"""Degrees by which an official low may lie below its 24-hour group."""


def awaited(contract: Contract, readings: Evidence, verdict: Verdict) -> str:
    """Return what is waited for before a verdict holds, in one sentence; empty where nothing is.

    A dispute says itself what it lacks.
    """
    if verdict.outcome == DISPUTED:
        return ""
    if isinstance(contract.sources, Sources):
        named = contract.sources
        late = ((one.id, first) for one in verdict.stations if (first := _before(contract, named, one)))
        when = "first" if named.use == "first" else "too"
        return next((f"{station}: {name}, which counts {when}, has no value yet." for station, name in late), "")
    if not _certain(contract, verdict) and (short := _lacking(contract, readings)):
        return f"{verdict.detail} What is missing may still come and decide otherwise: {short}."
    if contract.closes - contract.opens != DAY:
        return ""
    if contract.metric is Metric.SNOW and _by_groups(contract, readings):
        return f"{verdict.detail} The climate report, which comes before the six-hour groups, has not come."
    if contract.metric is Metric.TEMP_MIN and resolve(contract, readings, _FALLEN).outcome != verdict.outcome:
        return f"{verdict.detail} The climate report, which may say a degree less, has not come."
    return ""


def _before(contract: Contract, named: Sources, station: StationValue) -> str:
    """Return the first source of a station that would count before, or with, those that do; empty where all do."""
    told = station.sources if isinstance(station.sources, tuple) else ()
    for one in told:
        if one.used and named.use == "first":
            return ""
        never = one.name is SourceName.CLI and contract.closes - contract.opens != DAY
        if not one.used and not never and not one.note.startswith("does not tell"):
            return one.name.value
    return ""


def _certain(contract: Contract, verdict: Verdict) -> bool:
    """Whether no report more can take a verdict back: of what only grows YES stays YES, and of a low NO stays NO."""
    if contract.metric in EXTREMES and contract.closes - contract.opens == DAY:
        return True  # an official value needs no report beside it
    one = len(contract.stations) == 1 and contract.threshold is not None
    return one and verdict.winner == (1 if contract.metric is Metric.TEMP_MIN else 0)


def _lacking(contract: Contract, readings: Evidence) -> str:
    """Return which stations lack routine reports of the window, and how many came; empty where none does."""
    told = ((one.id, _routine(contract, readings.get(one.id, ()))) for one in contract.stations)
    short = [(name, came) for name, came in told if came.reports < came.expected]
    return ", ".join(f"{name} has {came.reports} of {came.expected} routine reports" for name, came in short)


def _routine(contract: Contract, readings: Sequence[Reading]) -> Coverage:
    own = [reading for reading in readings if reading.kind not in NAMED_ONLY]
    return observed.coverage(own, contract.opens, contract.closes, lambda _: True)


def _by_groups(contract: Contract, readings: Evidence) -> bool:
    """Whether a station's snowfall is not the climate report's."""
    rule = RULES[Metric.SNOW]
    for station in contract.stations:
        own = settled(r for r in readings.get(station.id, ()) if r.kind not in NAMED_ONLY)
        found = rule.measure(own, contract.opens, contract.closes)
        if found.value is not None and not found.independent:
            return True
    return False


def _fallen(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Measured:
    """Return a low as its climate report may still say it."""
    found = RULES[Metric.TEMP_MIN].measure(readings, opens, closes)
    return found if found.value is None or found.independent else replace(found, value=found.value - FALLS)


_FALLEN: Final[Mapping[Metric, Rule]] = {
    **RULES,
    Metric.TEMP_MIN: replace(RULES[Metric.TEMP_MIN], measure=_fallen),
}
