"""The first rules, by which records sealed under ``rules-1`` are resolved again. Never to be changed. Pure.

A low that the climate report put a degree below the 24-hour group's was a contradiction then, and so was a report of
the minutes after that group that went beyond it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.core.contract import Metric
from engine.core.units import DAY, Nanos
from engine.oracle.rules import RULES, Measured, Rule
from engine.weather import climate_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.core.reading import Reading
    from engine.weather.climate_day import Extreme

    Measure = Callable[[Sequence[Reading], Nanos, Nanos], Measured]


def _extreme(find: Callable[[Sequence[Reading], Nanos, Nanos], Extreme], sign: int, now: Measure) -> Measure:
    def measure(readings: Sequence[Reading], opens: Nanos, closes: Nanos) -> Measured:
        found, today = find(readings, opens, closes), now(readings, opens, closes)
        official = found.midnight if found.climate is None else found.climate
        if closes - opens != DAY or official is None:
            return today
        note = "24-hour group" if found.climate is None else "climate report"
        return replace(today, value=official, contradiction=_contradiction(found, official, sign), note=note)

    return measure


def _contradiction(found: Extreme, official: int, sign: int) -> str:
    if len(found.candidates) > 1:
        return f"climate report {found.climate} °F, 24-hour group {found.midnight} °F"
    if found.bound is not None and sign * (found.bound - official) > 0:
        return f"official {official} °F, reports already had {found.bound} °F"
    return ""


def _then(metric: Metric, find: Callable[[Sequence[Reading], Nanos, Nanos], Extreme], sign: int) -> Rule:
    return replace(RULES[metric], measure=_extreme(find, sign, RULES[metric].measure))


RULES_1: Final[Mapping[Metric, Rule]] = {
    **RULES,
    Metric.TEMP_MAX: _then(Metric.TEMP_MAX, climate_day.high, 1),
    Metric.TEMP_MIN: _then(Metric.TEMP_MIN, climate_day.low, -1),
}
