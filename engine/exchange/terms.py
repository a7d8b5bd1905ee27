"""Whether a contract can be listed: every term is checked once, before its market exists."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import h3

from engine.core.contract import Metric, Unit
from engine.core.units import DIGITS, TICKS_PER_UNIT, is_short
from engine.exchange.answers import Declined
from engine.exchange.hybrid import PHASES
from engine.maths import lmsr
from engine.maths.marchetypes import MARCHETYPES
from engine.portfolio.groups import PARENT_RESOLUTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.contract import Bracket, Contract, EvidenceStation
    from engine.core.units import Nanos
    from engine.exchange.rules import ExchangeRules

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
LONGEST: Final = 120
"""Characters of a title, a place or a bracket's label."""
MOST_BRACKETS: Final = 40
SUM_TOLERANCE: Final = 1e-6
WEIGHT_TOLERANCE: Final = Decimal("0.01")
"""Weights are shown, and stored, with few digits."""
UNITS: Final[dict[Metric, tuple[Unit, ...]]] = {
    Metric.PRECIPITATION: (Unit.MM, Unit.INCH),
    Metric.TEMP_MAX: (Unit.FAHRENHEIT, Unit.CELSIUS),
    Metric.TEMP_MIN: (Unit.FAHRENHEIT, Unit.CELSIUS),
    Metric.WIND_GUST: (Unit.KNOT,),
    Metric.SNOW: (Unit.INCH, Unit.MM),
}
BRACKETED: Final = (Metric.TEMP_MAX, Metric.TEMP_MIN)
"""Metrics whose native unit, which brackets count in, is one that a contract can be stated in."""
NO_SOURCE: Final[dict[Metric, str]] = {
    Metric.STORM_CATEGORY: (
        "A storm's category cannot be listed: the National Hurricane Center's advisories are not read here."
    ),
    Metric.AQI: "An air quality index cannot be listed: the EPA's AirNow observations are not read here.",
}


def refuse_contract(contract: Contract, rules: ExchangeRules) -> Declined | None:
    """Return why a contract's terms cannot be listed; None when they can."""
    missing = NO_SOURCE.get(contract.metric)
    if missing is not None:
        return Declined("NO_SOURCE", missing)
    why = _names(contract) or _measure(contract) or _cell(contract)
    if why:
        return Declined("BAD_TERMS", why)
    return _stations(contract, rules)


def refuse_listing(
    contract: Contract, fee_rate: Decimal, at: Nanos, rules: ExchangeRules, *, phase: int, kind: str
) -> Declined | None:
    """Return why a contract cannot be listed now with this fee, phase and kind; None when it can."""
    if phase not in PHASES or kind not in ("", *MARCHETYPES):
        return _bad(f"A market is of phase 1, 2 or 3 and of a known kind, not {phase} {kind!r:.9}.")
    if not fee_rate.is_finite() or not 0 <= fee_rate <= rules.max_fee_rate:
        return _bad(f"The fee must be from 0 to {rules.max_fee_rate}, was {fee_rate}.")
    if at >= contract.closes:
        return _bad("The measured window is over already.")
    return None


def refuse_liquidity(b: float, rules: ExchangeRules) -> Declined | None:
    """Return why a market cannot have this liquidity; None when it can."""
    if not math.isfinite(b) or not rules.b_min <= b <= rules.b_max:
        return _bad(f"Liquidity must be from {rules.b_min:g} to {rules.b_max:g} shares, was {b:g}.")
    return None


def opening(prior: Sequence[float], outcomes: int, rules: ExchangeRules) -> tuple[float, ...] | Declined:
    """Return the opening probabilities, an empty prior being even, or why they cannot open a market."""
    if not prior:
        return (1.0 / outcomes,) * outcomes
    if len(prior) != outcomes:
        return _bad(f"The prior has {len(prior)} probabilities for {outcomes} outcomes.")
    if not all(0.0 < p < 1.0 for p in prior) or abs(math.fsum(prior) - 1.0) > SUM_TOLERANCE:
        return _bad("The prior must be positive probabilities that sum to 1.")
    low, high = rules.low / TICKS_PER_UNIT, rules.high / TICKS_PER_UNIT
    opens = lmsr.distribution(prior)
    if min(opens) < low * (1.0 - SUM_TOLERANCE) or max(opens) > high * (1.0 + SUM_TOLERANCE):
        return _bad(f"Every outcome must open from {low:g} to {high:g}, or it could only be traded one way.")
    return opens


def _bad(text: str) -> Declined:
    return Declined("BAD_TERMS", text)


def _names(contract: Contract) -> str:
    if not ID.fullmatch(contract.id):
        return "A market's id is up to 80 letters, digits, dots, dashes and underscores."
    labels = [b.label for b in contract.brackets]
    if not all(0 < len(text) <= LONGEST for text in (contract.title, contract.place, *labels)):
        return f"Title, place and labels must have 1 to {LONGEST} characters."
    return ""


def _measure(contract: Contract) -> str:
    if contract.unit not in UNITS[contract.metric]:
        return f"{contract.metric.value} is not measured in {contract.unit.value}."
    if contract.closes <= contract.opens:
        return "The measured window must end after it begins."
    if (contract.threshold is None) == (not contract.brackets):
        return "A contract has either a threshold or brackets."
    if contract.threshold is not None and not is_short(contract.threshold):
        return f"The threshold must be a number of at most {DIGITS} decimals, was {contract.threshold}."
    if not _is_number(contract.max_spread) or not _is_number(contract.coverage) or contract.coverage > 1:
        return "The allowed spread and the coverage must be numbers, not negative, and coverage at most 1."
    if not contract.brackets:
        return ""
    if contract.metric not in BRACKETED or contract.unit is not Unit.FAHRENHEIT:
        return "Brackets are whole degrees Fahrenheit of a high or a low; anything else needs a threshold."
    return _brackets(contract.brackets)


def _brackets(brackets: Sequence[Bracket]) -> str:
    if not 2 <= len(brackets) <= MOST_BRACKETS:
        return f"Brackets must be 2 to {MOST_BRACKETS}, were {len(brackets)}."
    if len({b.label for b in brackets}) < len(brackets):
        return "Every bracket needs a label of its own."
    if brackets[0].low is not None or brackets[-1].high is not None:
        return "The first bracket must be open below and the last open above."
    for one, following in pairwise(brackets):
        if one.high is None or following.low is None or following.low != one.high + 1:
            return f"Brackets must follow each other without gap or overlap, unlike {one.label} and {following.label}."
    for one in brackets[1:-1]:
        if one.low is not None and one.high is not None and one.low > one.high:
            return f"Bracket {one.label} ends before it begins."
    return ""


def _cell(contract: Contract) -> str:
    if not h3.is_valid_cell(contract.cell):
        return f"{contract.cell[:LONGEST]!r} is no H3 cell."
    if h3.get_resolution(contract.cell) < PARENT_RESOLUTION:
        return f"Cell {contract.cell} is too large; use resolution {PARENT_RESOLUTION} or finer."
    return ""


def _stations(contract: Contract, rules: ExchangeRules) -> Declined | None:
    stations = contract.stations
    if not stations:
        return Declined("NO_STATION", f"No station lies within {rules.reach_km} km of cell {contract.cell}.")
    if not all(_is_number(s.km) and _is_number(s.weight) and s.id for s in stations):
        return _bad("Every station needs an id, a distance and a weight.")
    nearest = min(stations, key=_distance)
    if nearest.km > rules.reach_km:
        text = f"No station lies within {rules.reach_km} km of the cell: the nearest is {nearest.id}, {nearest.km} km."
        return Declined("NO_STATION", text, limit=rules.reach_km, would_be=nearest.km)
    farthest = max(stations, key=_distance)
    if farthest.km > rules.reach_km:
        text = f"Station {farthest.id} is {farthest.km} km away; evidence must lie within {rules.reach_km} km."
        return Declined("NO_STATION", text, limit=rules.reach_km, would_be=farthest.km)
    if len({s.id for s in stations}) < len(stations):
        return _bad("A station is named twice.")
    if abs(sum([s.weight for s in stations], Decimal(-1))) > WEIGHT_TOLERANCE:
        return _bad("The stations' weights must sum to 1.")
    if not 1 <= contract.min_stations <= len(stations):
        return _bad(f"At least {contract.min_stations} stations are asked for and {len(stations)} named.")
    return None


def _distance(station: EvidenceStation) -> Decimal:
    return station.km


def _is_number(value: Decimal) -> bool:
    return is_short(value) and value >= 0
