"""What a board says of a temperature bracket beside its prices: the model's band, whether it is dead, the extreme."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.contract import Metric
from engine.core.reading import ReportKind
from engine.kernel import modelling
from engine.kernel.project import names
from engine.weather import forecast, outlook

if TYPE_CHECKING:
    from engine.core.contract import Bracket, Contract
    from engine.core.units import Nanos
    from engine.kernel.modelling import Law, Opinion
    from engine.kernel.state import State
    from engine.weather.outlook import Day

WAYS: Final = {Metric.TEMP_MAX: ("high", "low", "high"), Metric.TEMP_MIN: ("low", "high", "low")}
"""The extreme's word, and which ends of a bracket it comes to first and last."""
SPOKEN: Final = frozenset({ReportKind.ROUTINE, ReportKind.SPECIAL})


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
    """Return why a bracket cannot win any more, by the reports of its stations."""
    if not contract.brackets or contract.metric not in WAYS:
        return ""
    bracket: Bracket = contract.brackets[outcome]
    unit = names.UNITS[contract.unit]
    official = _official(state, contract)
    if official:
        some = any(_within(bracket, value) for value in official)
        return "" if some else f"official {' or '.join(map(str, official))} {unit}"
    word, nearer, further = WAYS[contract.metric]
    edge, sign, bound = getattr(bracket, further), 1 if nearer == "low" else -1, modelling.bound(state, contract)
    if bound is not None and edge is not None and sign * (bound - edge) > 0:
        return f"running {word} {bound} {unit}"
    return ""


def _official(state: State, contract: Contract) -> tuple[int, ...]:
    """Return the official values that reports name; none where a mean of several stations counts."""
    if len(contract.stations) > 1:
        return ()
    high = contract.metric is Metric.TEMP_MAX
    of = state.observed.high if high else state.observed.low
    return of(contract.stations[0].id, contract.opens, contract.closes).left(1 if high else -1)


def locked(state: State, contract: Contract, outcome: int) -> str:
    """Return why a bracket has won already, by the reports of its stations."""
    station = state.stations.get(contract.stations[0].id)
    if not contract.brackets or station is None or contract.metric not in WAYS:
        return ""
    bracket, unit = contract.brackets[outcome], names.UNITS[contract.unit]
    official = _official(state, contract)
    if official:
        inside = all(_within(bracket, value) for value in official)
        return f"official {' or '.join(map(str, official))} {unit}" if inside else ""
    word, nearer, further = WAYS[contract.metric]
    near, far, bound = getattr(bracket, nearer), getattr(bracket, further), modelling.bound(state, contract)
    if bound is None or near is None or far is not None or not _within(bracket, bound):
        return ""
    return f"running {word} {bound} {unit}"


def _within(bracket: Bracket, value: int) -> bool:
    return (bracket.low is None or value >= bracket.low) and (bracket.high is None or value <= bracket.high)


class Inputs(NamedTuple):
    """What the model's column is made from, and since when."""

    report: str
    report_at: Nanos | None
    run: str
    run_at: Nanos | None


def inputs(state: State, contract: Contract | None, formed: Opinion | None) -> Inputs:
    """Return the newest report of a contract's nearest station and the forecast behind the model."""
    if contract is None:
        return Inputs("", None, "", None)
    code = contract.stations[0].id
    latest = state.observed.latest(code)
    run = "" if formed is None else formed.run
    hours = state.station_forecasts.get(code)
    grid = state.grids.get(contract.metric.value, {}).get((contract.opens, contract.closes))
    made = next((one.at for one in (hours, grid) if run and one is not None and one.run == run), None)
    report = "" if latest is None else f"{'METAR' if latest.kind in SPOKEN else 'obs'} {code}"
    return Inputs(report, None if latest is None else latest.measured_at, run, made)


def running(state: State, contract: Contract) -> str:
    """Return the running extreme as text, such as ``84 °F``; empty where there is none."""
    bound = modelling.bound(state, contract) if contract.metric in WAYS else None
    return "" if bound is None else f"{bound} {names.UNITS[contract.unit]}"
