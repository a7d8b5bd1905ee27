"""What a board says of a temperature bracket beside its prices: the model's band, whether it is dead, the extreme."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.core.contract import Metric
from engine.kernel.project import names
from engine.weather import forecast, outlook

if TYPE_CHECKING:
    from engine.core.contract import Bracket, Contract
    from engine.kernel.modelling import Law, Opinion
    from engine.kernel.state import State
    from engine.weather.outlook import Day


def band(contract: Contract, formed: Opinion | None, outcome: int) -> tuple[float | None, float | None]:
    """Return the chance of an outcome if the forecast's centre lay half a standard deviation either side."""
    if formed is None:
        return None, None
    found = None if formed.day is None else _day_bands(contract, formed.day)
    return (_bands(contract, formed.law, formed.known) if found is None else found)[outcome]


@lru_cache(maxsize=64)
def _day_bands(contract: Contract, day: Day) -> list[tuple[float, float]] | None:
    """Return that of every outcome if what is still to come lay half a standard deviation either side."""
    half = 0.5 * outlook.spread(day)
    laws = [outlook.official(*day, moved=d) for d in (-half, 0.0, half)]
    moved = [found for law in laws if law is not None and (found := outlook.chances(contract, law)) is not None]
    return [(min(of), max(of)) for of in zip(*moved, strict=True)] if moved else None


@lru_cache(maxsize=64)
def _bands(contract: Contract, law: Law, known: forecast.Range) -> list[tuple[float, float]]:
    """Return that of every outcome; a board asks for one after the other."""
    half = 0.5 * forecast.sigma(law)
    moved = [
        forecast.chances(contract, law._replace(p10=law.p10 + d, p50=law.p50 + d, p90=law.p90 + d), known)
        for d in (-half, 0.0, half)
    ]
    return [(min(of), max(of)) for of in zip(*moved, strict=True)]


def dead(state: State, contract: Contract, outcome: int) -> str:
    """Return why a bracket cannot win any more, by the reports of its station."""
    if not contract.brackets:
        return ""
    bracket: Bracket = contract.brackets[outcome]
    station, unit = contract.stations[0].id, names.UNITS[contract.unit]
    if contract.metric is Metric.TEMP_MAX:
        bound = state.observed.high(station, contract.opens, contract.closes).bound
        if bound is not None and bracket.high is not None and bound > bracket.high:
            return f"running high {bound} {unit}"
    if contract.metric is Metric.TEMP_MIN:
        bound = state.observed.low(station, contract.opens, contract.closes).bound
        if bound is not None and bracket.low is not None and bound < bracket.low:
            return f"running low {bound} {unit}"
    return ""


def running(state: State, contract: Contract) -> str:
    """Return the running extreme as text, such as ``84 °F``; empty where there is none."""
    station, unit = contract.stations[0].id, names.UNITS[contract.unit]
    if contract.metric is Metric.TEMP_MAX:
        bound = state.observed.high(station, contract.opens, contract.closes).bound
    elif contract.metric is Metric.TEMP_MIN:
        bound = state.observed.low(station, contract.opens, contract.closes).bound
    else:
        return ""
    return "" if bound is None else f"{bound} {unit}"
