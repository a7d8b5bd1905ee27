"""A climate day as its reports and the model have it: extremes, groups to come, the law of the official value."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.contract import Metric, Unit
from engine.core.ids import FamilyId, StationId
from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.kernel import modelling, weathering
from engine.kernel.project import names, odds, terms
from engine.views.station import ExtremeLine, GroupLine, OutcomeLine
from engine.weather import climate_day, forecast, groups, outlook, possible, standing
from engine.weather.standing import Standing

if TYPE_CHECKING:
    from engine.core.contract import Contract
    from engine.core.reading import Reading
    from engine.core.snapshot import StationRow
    from engine.kernel.modelling import Opinion
    from engine.kernel.project.terms import Terms
    from engine.kernel.state import State
    from engine.weather.degrees import Degrees
    from engine.weather.outlook import Day
    from engine.weather.possible import Claim, Possible

LEAST: Final = 0.0005
"""Chance below which a degree is not worth a bar."""
REACH_F: Final = 25
"""Degrees either side of a forecast's middle that a law without reports is told over."""
METHODS: Final = {"cli": "CLI", "metar24h": "24 h group"}
WORDS: Final = {1: "high", -1: "low"}
KINDS: Final = {
    ReportKind.ROUTINE: "METAR",
    ReportKind.SPECIAL: "SPECI",
    ReportKind.FIVE_MINUTE: "5 min",
    ReportKind.ONE_MINUTE: "1 min",
    ReportKind.CLIMATE: "CLI",
    ReportKind.PRIVATE: "own row",
}
OFTEN: Final = frozenset({ReportKind.FIVE_MINUTE, ReportKind.ONE_MINUTE, ReportKind.PRIVATE})
"""Rows that come between the station's own reports."""


class Hazards(NamedTuple):
    """Chances of a new extreme; None where nothing says."""

    hour: float | None
    three_hours: float | None
    day: float | None


def is_day(contract: Contract, station: StationRow) -> bool:
    """Whether a contract asks for an extreme of one station's whole climate day; a mean of several is none."""
    opens = contract.opens
    if len(contract.stations) > 1:
        return False
    whole = contract.closes - opens == DAY and climate_day.window_at(opens, station.utc_offset_hours)[0] == opens
    return whole and contract.metric in terms.TEMPERATURES


def level_f(contract: Contract) -> Decimal | None:
    """Return the threshold of a temperature contract, F; None where it has none."""
    level = contract.threshold
    return level * 9 / 5 + 32 if level is not None and contract.unit is Unit.CELSIUS else level


def of(state: State, contract: Contract, station: StationRow, formed: Opinion | None) -> Day:
    """Return what is known of a contract's day: what the model's opinion is made from, where there is one."""
    if formed is not None and formed.day is not None:
        return formed.day
    return modelling.day_of(state, contract, station)


def is_over(state: State, contract: Contract, known: Possible) -> bool:
    """Whether a day has ended and the reports speak of all of it."""
    return state.now >= contract.closes and known.until >= contract.closes - possible.SEAM


def law_of(day: Day | None, formed: Opinion | None) -> tuple[tuple[int, float], ...]:
    """Return the chance of each official whole degree, by the law that prices the brackets."""
    found = _official(day) if day is not None and (day.seen is not None or day.known.official) else None
    if found is not None:
        chances = [(found.first + i, p) for i, p in enumerate(found.p)]
    elif formed is not None:
        middle = round(formed.law.p50)
        reach = range(middle - REACH_F, middle + REACH_F + 1)
        chances = [(degree, forecast.whole_in(formed.law, degree, degree, formed.known)) for degree in reach]
    else:
        chances = []
    return tuple((degree, p) for degree, p in chances if p >= LEAST)


@lru_cache(maxsize=64)
def _official(day: Day) -> Degrees | None:
    return outlook.official(*day)


def extreme(state: State, station: StationRow, sign: int, opens: Nanos, closes: Nanos) -> ExtremeLine:
    """Return the high (1) or low (-1) of a day as far as reported."""
    code = StationId(station.id)
    readings = state.observed.readings(code, opens, Nanos(closes + HOUR))
    known = (possible.high if sign > 0 else possible.low)(readings, opens, closes)
    told = (state.observed.high if sign > 0 else state.observed.low)(code, opens, closes)
    return ExtremeLine(
        sign=sign,
        bound=known.bound,
        bound_at=told.bound_at,
        by="" if known.by is None else said_by(known.by, readings, station.utc_offset_hours),
        so_far=known.so_far,
        capped=known.cap is not None,
        named=tuple(said_by(claim, readings, station.utc_offset_hours) for claim in known.named),
        official=told.official,
        official_source=METHODS.get(told.source or "", ""),
    )


def said_by(claim: Claim, readings: tuple[Reading, ...], offset: int) -> str:
    """Return which report a number is from, such as ``84 °F by T group, METAR 13:53 LST, IEM``."""
    found = next((r for r in readings if r.measured_at == claim.reported_at), None)
    who = "" if found is None else f", {KINDS[found.kind]} {local(claim.reported_at, offset)}, {found.source}"
    return f"{claim.text}{who}"


def coming(state: State, contract: Contract, station: StationRow, known: Possible) -> tuple[GroupLine, ...]:
    """Return the groups that can still speak of a day, and what they can tell."""
    code = StationId(station.id)
    routine = [
        r.measured_at
        for r in state.observed.readings(code, contract.opens, contract.closes)
        if r.kind is ReportKind.ROUTINE
    ]
    heard = routine[-1] if routine else None
    found = groups.to_come(contract.opens, contract.closes, station.routine_minute, state.now, heard)
    word, more = WORDS[known.sign], "or more" if known.sign > 0 else "or less"
    lines = []
    for group in found:
        tells = f"names the official {word}"
        if group.hours == 6:
            began = group.starts < state.now and known.bound is not None
            tells = f"exact {word} of its hours" + (f": the day's is {known.bound} {more}" if began else "")
        lines.append(GroupLine(hours=group.hours, starts=group.starts, at=group.at, tells=tells))
    return tuple(lines)


def hazards(state: State, contract: Contract, day: Day) -> Hazards:
    """Return the chances of a new extreme within an hour, three, and the rest of the day.

    They run from now, over reports since the last one too. The chance of the rest of the day is that of the official
    value, which also counts what happened between reports; the shorter ones are never more than it.
    """
    known, seen = day.known, day.seen
    if known.official or known.bound is None or seen is None:
        return Hazards(None, None, None)
    law, bound, sign = _official(day), known.bound, known.sign
    rest = None if law is None else law.where(lambda degree: sign * (degree - bound) > 0)
    if state.now >= contract.closes:
        return Hazards(None, None, rest)
    past = max(0.0, (state.now - seen.at) / MINUTE)
    hour, three = (outlook.hazard(known, seen, past + ahead) for ahead in (60.0, 180.0))
    most = 1.0 if rest is None else rest
    return Hazards(min(hour, most), min(max(hour, three), most), rest)


def outcomes(state: State, one: Terms, formed: Opinion | None, known: Possible | None) -> tuple[OutcomeLine, ...]:
    """Return each outcome of a market against the reports and the model."""
    contract = one.contract
    lines = []
    for index, instrument in enumerate(one.instruments):
        low, high = _span(contract, index)
        found = None if weathering.by_readings(state, FamilyId(one.key)) else _standing(state, contract, index, known)
        band = odds.band(contract, formed, index)
        lines.append(
            OutcomeLine(
                instrument=instrument,
                label=label(contract, index),
                low=low,
                high=high,
                standing="" if found is None else found.value,
                why="" if found is None else why(state, contract, found, known),
                model=None if formed is None else formed.chances[index],
                model_low=band[0],
                model_high=band[1],
            )
        )
    return tuple(lines)


def label(contract: Contract, index: int) -> str:
    """Return an outcome as boards show it, whatever a venue calls it: ``≤ 80``, ``81–82``, ``> 88 °F``."""
    if not contract.brackets:
        return names.outcome(contract, index)
    low, high = contract.brackets[index].low, contract.brackets[index].high
    if low is None and high is None:
        return contract.brackets[index].label
    if low is None:
        return f"≤ {high}"
    return f"≥ {low}" if high is None else f"{low}–{high}" if low != high else f"{low}"


def _span(contract: Contract, index: int) -> tuple[float | None, float | None]:
    if contract.brackets:
        bracket = contract.brackets[index]
        return bracket.low, bracket.high
    if contract.metric not in terms.TEMPERATURES:
        return None if contract.threshold is None else float(contract.threshold), None
    level = level_f(contract)
    return None if level is None else float(math.floor(level) + 1), None


def _standing(state: State, contract: Contract, index: int, known: Possible | None) -> Standing | None:
    if contract.metric is Metric.PRECIPITATION:
        return _rained(state, contract)
    if known is None:
        return None
    over = is_over(state, contract, known)
    if contract.brackets:
        bracket = contract.brackets[index]
        return standing.of(known, bracket.low, bracket.high, over=over)
    level = level_f(contract)
    return None if level is None else standing.above(known, level, over=over)


def _rained(state: State, contract: Contract) -> Standing | None:
    """Return where YES of a rain contract of one station stands: what is in the gauge stays there."""
    if contract.threshold is None or len(contract.stations) > 1:
        return None
    fallen = state.observed.rain(contract.stations[0].id, contract.opens, contract.closes)
    if fallen.total is None:
        return Standing.OPEN
    inches = Decimal(fallen.total) / 100
    level = contract.threshold / Decimal("25.4") if contract.unit is Unit.MM else contract.threshold
    return Standing.LOCKED if inches > level else Standing.OPEN


def why(state: State, contract: Contract, found: Standing, known: Possible | None) -> str:
    """Return in words what decides a bracket already; empty while it is open."""
    if found not in {Standing.DEAD, Standing.LOCKED}:
        return ""
    if known is None:
        fallen = state.observed.rain(contract.stations[0].id, contract.opens, contract.closes)
        return f"{(fallen.total or 0) / 100:.2f} in gathered"
    if known.official:
        return f"official {' or '.join(map(str, known.official))} °F"
    return f"running {WORDS[known.sign]} {known.bound} °F"


def local(at: Nanos, utc_offset_hours: int) -> str:
    """Return a moment on the station's clock of local standard time."""
    minutes = (at + utc_offset_hours * HOUR) // MINUTE % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d} LST"
