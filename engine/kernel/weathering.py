"""The weather's opinion of brackets that a venue lists: the same law that prices our own exchange's markets.

A family of a station's daily high or low becomes a contract of that station's local standard day; where the rules
name no station, or the brackets leave something out, there is no opinion.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.contract import Bracket, Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.ids import Cell, FamilyId, MarketId, StationId
from engine.core.units import DAY, HOUR, Leg, Nanos, Side
from engine.core.when import at_minute, utc_day
from engine.kernel import exposing, modelling, results

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.instrument import Family, Strike
    from engine.kernel.desks import Listing
    from engine.kernel.modelling import Opinion
    from engine.kernel.state import State

UNASKED: Final = object()
OPEN: Final = frozenset({"unopened", "open", "paused"})
RAIN: Final = "Weather · rain"
HOURLY: Final = "Weather · hourly"
"""Sections of families, as venues' adapters name them; an hour's temperature is no day's."""
DATE: Final = re.compile(r"\bon (?P<month>[A-Z][a-z]{2,8})\.? (?P<day>[0-9]{1,2})\b(?:,? (?P<year>[0-9]{4})\b)?")
"""How questions name their day: ``on January 26?``, ``on Aug 30, 2026``."""
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
STEP: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?(?= )")


def opinion(state: State, family: FamilyId) -> Opinion | None:
    """Return the model's opinion of a family's members, in their order; None when there is none."""
    key = MarketId(family)
    if key not in state.opinions:
        contract = contract_of(state, family)
        state.opinions[key] = None if contract is None else modelling.form(state, contract)
    return state.opinions[key]


def chance(state: State, listing: Listing) -> float | None:
    """Return the weather's chance of YES; None where it has no opinion."""
    family = listing.instrument.family
    formed = None if family is None else opinion(state, family)
    members = () if formed is None or family is None else state.families[family].members
    return None if formed is None else formed.chances[members.index(listing.instrument.id)]


def edge_of(state: State, listing: Listing, place: Place) -> float | None:
    """Return cents a share between the weather's value and an order's price, as a taker; None without an opinion."""
    one = listing.instrument
    if one.family is None or state.opinions.get(one.family, UNASKED) is None:  # type: ignore[call-overload]
        return None
    fair = chance(state, listing)
    if fair is None or place.price is None or not place.qty:
        return None
    worth = fair if place.leg is Leg.YES else 1.0 - fair
    each = place.price * one.unit
    fee = exposing.fee_of(one, place.side, each, place.qty, state.now)
    if fee is None:
        return None
    gain = worth - float(each) if place.side is Side.BUY else float(each) - worth
    return 100.0 * (gain - float(fee / place.qty))


def at_station(state: State, station: StationId) -> list[Family]:
    """Return the families that a station decides."""
    return [family for family in state.families.values() if family.station == station]


def forget(state: State, station: StationId) -> list[Family]:
    """Drop what a station's report has overtaken; return the families it decides."""
    touched = at_station(state, station)
    for family in touched:
        state.opinions.pop(MarketId(family.id), None)
    return touched


def contract_of(state: State, family_id: FamilyId) -> Contract | None:
    """Return a family as terms of a station's day; None where it is none, or is over."""
    family = state.families.get(family_id)
    if family is None or not (is_rain(family) or (family.exclusive and family.exhaustive)):
        return None
    listings = [state.listings.get(one) for one in family.members]
    alive = any(one is not None and one.status in OPEN for one in listings)
    return terms_of(state, family) if alive else None


def terms_of(state: State, family: Family) -> Contract | None:
    """Return what a family asks of a station's day, proven to leave nothing out or not, over or not; None for none."""
    station = state.stations.get(StationId(family.station))
    members = [state.listings.get(one) for one in family.members]
    strikes = [None if one is None else one.instrument.strike for one in members]
    if station is None or family.closes is None or is_hourly(family) or not strikes or None in strikes:
        return None
    rain = is_rain(family)
    if not (rain and len(strikes) == 1) and not family.unit.startswith("°F"):
        return None
    brackets: tuple[Bracket, ...] = ()
    threshold = None
    if rain:
        threshold = _threshold(strikes[0])
        if threshold is None:
            return None
    else:
        brackets = tuple(
            Bracket(label=one.instrument.label or one.instrument.title, low=strike.low, high=strike.high)
            for one, strike in zip(members, strikes, strict=True)
            if one is not None and strike is not None
        )
    opens = day_of(family, station.utc_offset_hours)
    return Contract(
        id=family.id,
        title=family.title,
        place=station.name,
        metric=Metric.PRECIPITATION if rain else Metric.TEMP_MIN if is_low(family) else Metric.TEMP_MAX,
        unit=Unit.INCH if rain else Unit.FAHRENHEIT,
        cell=Cell(station.cell),
        stations=(EvidenceStation(id=StationId(station.id), km=Decimal(0), weight=Decimal(1)),),
        tier=Tier.A,
        opens=opens,
        closes=Nanos(opens + DAY),
        threshold=threshold,
        brackets=brackets,
    )


def _threshold(strike: Strike | None) -> Decimal | None:
    """Return the inches that must be passed for YES; a strike counts in the step that its unit begins with."""
    if strike is None or strike.low is None or strike.high is not None:
        return None
    step = STEP.match(strike.unit)
    return (strike.low - 1) * (Decimal(1) if step is None else Decimal(step[0]))


def by_readings(state: State, family: FamilyId) -> bool:
    """Whether a family goes by the furthest reading, so that our running and official extremes decide none of it.

    They hold what came between the readings: a bracket that they have passed may still win.
    """
    found = state.families.get(family)
    return found is not None and found.terms is not None and found.terms.by_readings


def is_rain(family: Family) -> bool:
    """Whether a family is about a day's rain: by its rules, else by its section."""
    measure = "" if family.terms is None else family.terms.measure
    return measure == "rain" if measure else family.group == RAIN


def is_hourly(family: Family) -> bool:
    """Whether a family is about the temperature of one time."""
    return family.group == HOURLY or (family.terms is not None and family.terms.measure == "temperature")


def is_low(family: Family) -> bool:
    """Whether a family is about the day's low: by its rules, else by its name."""
    if family.terms is not None and family.terms.measure in {"high", "low"}:
        return family.terms.measure == "low"
    return "low" in f"{family.title} {family.id}".lower()


def day_of(family: Family, utc_offset_hours: int) -> Nanos:
    """Return the local standard midnight that begins a family's day.

    Half a day before its close lies within it, except where a venue ends trading on the day itself, at noon in UTC:
    then it is the day that its question names.
    """
    closes = family.closes or Nanos(0)
    stated = _stated(family.title, closes)
    if stated is not None:
        return Nanos(stated - utc_offset_hours * HOUR)
    return results.start_of_day(Nanos(closes - DAY // 2), utc_offset_hours)


def _stated(title: str, closes: Nanos) -> Nanos | None:
    """Return midnight UTC of the date in a title; None where there is none, or a close is not on it."""
    found = DATE.search(title)
    if found is None or found["month"][:3].upper() not in MONTHS:
        return None
    month = MONTHS.index(found["month"][:3].upper()) + 1
    at = _midnight(int(found["year"] or utc_day(closes).year), month, int(found["day"]))
    return at if at is not None and 0 <= closes - at < DAY else None


def _midnight(year: int, month: int, day: int) -> Nanos | None:
    try:
        return at_minute(date(year, month, day), 0, 0)
    except ValueError:
        return None
