"""From the source to the price: the rule and who applies it, the reports that count, what they and the model say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.contract import Metric, Sources
from engine.core.ids import EMBEDDED, FamilyId, MarketId, StationId
from engine.core.units import Nanos
from engine.core.when import iso
from engine.kernel.project import day, evidence, names, station_facts, terms
from engine.kernel.project.listed import instruments
from engine.oracle.contract import rule_text
from engine.views.station import EVIDENCE_ROOM, SourceView, StationLine

if TYPE_CHECKING:
    from engine.core.contract import Contract
    from engine.core.fee_rule import FeeRule
    from engine.core.instrument import Family
    from engine.core.snapshot import StationRow
    from engine.core.source_terms import SourceTerms
    from engine.exchange.market import Market
    from engine.kernel.project.terms import Terms
    from engine.kernel.state import State

DASH: Final = "—"
OWN: Final = {
    Metric.TEMP_MAX: "climate report (CLI), else 24-hour group",
    Metric.TEMP_MIN: "climate report (CLI), else 24-hour group",
    Metric.PRECIPITATION: "hourly P groups of routine METARs",
    Metric.WIND_GUST: "gusts, peak winds and winds of METARs and specials",
    Metric.SNOW: "climate report (CLI)",
}
"""What decides our own contracts, in the order of the oracle's rules."""
EXTREMES: Final = {Metric.TEMP_MAX: "highest", Metric.TEMP_MIN: "lowest"}
TIERS: Final = {"A": "A: a station within 5 km", "B": "B: a station within 15 km", "C": "C: stations within 40 km"}
RULE_ROOM: Final = 8_000
LABEL_ROOM: Final = 60
FALLBACK_ROOM: Final = 200


def view(state: State, key: MarketId) -> SourceView | None:
    """Return how a market or family settles; None when it is not known."""
    found = terms.of(state, key)
    market = state.exchange.markets.get(key)
    family = state.families.get(FamilyId(key))
    if market is None and family is None:
        return None
    station = None if found is None else state.stations.get(found.contract.stations[0].id)
    if found is None or station is None:
        return _unread(state, key, market, family)
    return _read(state, found, market, family, station)


def _read(state: State, one: Terms, market: Market | None, family: Family | None, station: StationRow) -> SourceView:
    contract, code = one.contract, StationId(station.id)
    formed = terms.opinion(state, one)
    whole = day.is_day(contract, station)
    found = day.of(state, contract, station, formed) if whole else None
    known = None if found is None else found.known
    sign = -1 if contract.metric is Metric.TEMP_MIN else 1
    lines = evidence.lines(state, contract)
    forecast = state.station_forecasts.get(code) if contract.metric in terms.TEMPERATURES else None
    grid = state.grids.get(contract.metric.value, {}).get((contract.opens, contract.closes))
    run = "" if formed is None else formed.run
    made = next((one.at for one in (forecast, grid) if one is not None and one.run == run), None)
    return SourceView(
        market=one.key,
        title=one.title,
        venue=_venue(state, one.venue),
        status=one.status,
        now=state.now,
        opens=contract.opens,
        closes=contract.closes,
        trading_ends=contract.closes if family is None else family.closes,
        utc_offset_hours=station.utc_offset_hours,
        unit=names.UNITS[contract.unit],
        question=rule_text(contract) if market is not None else _question(contract),
        measured=_measured(contract, station),
        rules=() if family is None else _rules(state, family),
        source=_own(contract) if market is not None else _source(state, family),
        source_note=_note(family),
        tier=TIERS[contract.tier.value] if market is not None else "",
        stations=tuple(_station(state, contract, at, own=market is not None) for at in range(len(contract.stations))),
        fee=_fee(state, market, family),
        extreme=day.extreme(state, station, sign, contract.opens, contract.closes) if whole else None,
        over=state.now >= contract.closes if known is None else day.is_over(state, contract, known),
        outcomes=day.outcomes(state, one, formed, known),
        pmf=() if found is None else day.law_of(found, formed),
        quantiles=None if formed is None else (formed.law.p10, formed.law.p50, formed.law.p90),
        run=run,
        run_at=made,
        groups=() if known is None else day.coming(state, contract, station, known),
        inputs=(*station_facts.inputs(state, code, contract.opens, contract.closes), *station_facts.services(state)),
        evidence=tuple(lines[:EVIDENCE_ROOM]),
        evidence_count=len(lines),
        rain_hours=evidence.rain_hours(state, contract) if contract.metric is Metric.PRECIPITATION else (),
    )


def _unread(state: State, key: MarketId, market: Market | None, family: Family | None) -> SourceView:
    """Return what is known of a market that asks nothing of a station's day, or names none."""
    contract = None if market is None else market.contract
    members = () if family is None else tuple(one for one in family.members if one in state.listings)
    statuses = [state.listings[one].status for one in members]
    station = None if family is None else state.stations.get(StationId(family.station))
    row = () if station is None else (_line(station, "", ""),)
    ends = contract.closes if contract is not None else None if family is None else family.closes
    return SourceView(
        market=key,
        title=contract.title if contract is not None else "" if family is None else family.title[: names.LONGEST],
        venue=_venue(state, EMBEDDED if not members else members[0].venue),
        status=market.status if market is not None else "open" if "open" in statuses else next(iter(statuses), ""),
        now=state.now,
        opens=None if contract is None else contract.opens,
        closes=None if contract is None else contract.closes,
        trading_ends=ends,
        utc_offset_hours=state.utc_offset_hours,
        unit="" if family is None else family.unit,
        question=DASH if contract is None else rule_text(contract),
        measured=DASH,
        rules=() if family is None else _rules(state, family),
        source=DASH if family is None else _source(state, family),
        source_note=_note(family),
        tier="" if contract is None else TIERS[contract.tier.value],
        stations=row,
        fee=_fee(state, market, family),
        extreme=None,
        over=False,
        outcomes=(),
        pmf=(),
        quantiles=None,
        run="",
        run_at=None,
        groups=(),
        inputs=(),
        evidence=(),
        evidence_count=0,
    )


def _venue(state: State, venue: object) -> str:
    return "Exchange in this program" if venue == EMBEDDED else instruments.venue_title(state, venue)  # type: ignore[arg-type]


def _question(contract: Contract) -> str:
    """Return what a venue's family asks, as far as its strikes and rules were read."""
    where = f"{contract.stations[0].id} ({contract.place})"
    at = iso(Nanos(contract.opens))[:10]
    if contract.metric is Metric.PRECIPITATION:
        return f"YES if more than {names.number(contract.threshold)} in of rain falls at {where} on {at}; equal is NO."
    return (
        f"The {EXTREMES[contract.metric]} temperature at {where} on {at}, in whole °F: the bracket that holds it pays, "
        "both ends included."
    )


def _measured(contract: Contract, station: StationRow) -> str:
    """Return over which window, and from what, the value is taken."""
    offset = names.number(station.utc_offset_hours)  # type: ignore[arg-type]
    start, end = (iso(at)[11:16] for at in (contract.opens, contract.closes))
    zone = f"local standard time (UTC{'' if station.utc_offset_hours < 0 else '+'}{offset})".replace("-", "−")
    if contract.metric in EXTREMES and day.is_day(contract, station):
        return (
            f"The climate day: 00:00 to 24:00 {zone}, all year, which is {start}Z to {end}Z. T groups and six-hour "
            "groups inside it are exact whole °F and bound the value; whole °C stands for two; a six-hour group "
            "across midnight caps and proves nothing."
        )
    opens, closes = (day.local(at, station.utc_offset_hours).removesuffix(" LST") for at in _ends(contract))
    window = f"From {opens} to {closes} {zone}, which is {start}Z to {end}Z."
    if contract.metric is Metric.PRECIPITATION:
        return f"{window} Rain is the sum of the hourly P groups of routine METARs; specials repeat them; a trace is 0."
    return window


def _ends(contract: Contract) -> tuple[Nanos, Nanos]:
    return contract.opens, contract.closes


def _rules(state: State, family: Family) -> tuple[tuple[str, str], ...]:
    """Return the venue's own words of each outcome, once where all say the same."""
    told = [
        (names.bracket(state.listings[one].instrument)[:LABEL_ROOM], state.listings[one].instrument.rules[:RULE_ROOM])
        for one in family.members
        if one in state.listings
    ]
    some = [(label, text) for label, text in told if text]
    return (("", some[0][1]),) if len({text for _, text in some}) == 1 else tuple(some)


def _own(contract: Contract) -> str:
    """Return what decides our own contract: the sources it names, else its metric's."""
    named = contract.sources
    if isinstance(named, Sources):
        return ", ".join(one.name.value for one in named.order)
    return OWN.get(contract.metric, DASH)


def _source(state: State, family: Family | None) -> str:
    if family is None:
        return DASH
    first = next((state.listings[one].instrument.source for one in family.members if one in state.listings), "")
    return family.source or first or DASH


def _note(family: Family | None) -> str:
    terms = None if family is None else family.terms
    if family is None or not (family.source or terms):
        return ""
    said = [] if terms is None else _terms(terms)
    return " ".join([*said, "Reports and the climate report here are evidence, not the venue's word."])


def _terms(found: SourceTerms) -> list[str]:
    """Return what the rules say of their source beside its name, in sentences."""
    said = []
    if found.product:
        said.append(f"By {found.product}{', the first publication counts' if found.revisions == 'first' else ''}.")
    if found.doubt:
        said.append(f"Doubt: {found.doubt}.")
    if found.not_comparable:
        said.append(f"Not our value: {found.not_comparable}.")
    if found.day == "clock":
        said.append("Its day is that of the wall clock, an hour apart from the climate day in summer.")
    if found.fallback:
        said.append(f"Should the source fail: {found.fallback[:FALLBACK_ROOM]}")
    return said


def _station(state: State, contract: Contract, index: int, *, own: bool) -> StationLine:
    named = contract.stations[index]
    row = state.stations.get(named.id)
    km, weight = (names.number(named.km), names.number(named.weight)) if own else ("", "")
    if row is None:
        return StationLine(id=named.id, name="", lat=None, lon=None, km=km, weight=weight)
    return _line(row, km, weight)


def _line(row: StationRow, km: str, weight: str) -> StationLine:
    return StationLine(id=StationId(row.id), name=row.name, lat=row.lat, lon=row.lon, km=km, weight=weight)


def _fee(state: State, market: Market | None, family: Family | None) -> str:
    if market is not None:
        return _words(market.fee)
    members = () if family is None else family.members
    rules = {state.listings[one].instrument.fee for one in members if one in state.listings}
    return _words(rules.pop()) if len(rules) == 1 else DASH if not rules else "differs by outcome"


def _words(rule: FeeRule) -> str:
    """Return a schedule in words; p is the price of the leg that is bought."""
    rate, maker = names.number(rule.rate * rule.multiplier), names.number(rule.maker_rate * rule.multiplier)
    match rule.kind:
        case "none":
            return "none"
        case "of_cost":
            return f"{names.number(100 * rule.rate)} % of the cost"
        case "kalshi" | "kalshi_cents":
            rests = f"{maker}·p·(1−p)" if rule.maker_rate else "none"
            return f"taker {rate}·p·(1−p) a contract, maker {rests}"
        case "polymarket":
            power = "" if rule.exponent == 1 else f"^{names.number(rule.exponent)}"
            return f"taker {names.number(rule.rate)}·(p·(1−p)){power} a share"
    return DASH
