"""One station's day, seen from the market it decides."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.contract import Metric, Unit
from engine.core.ids import EMBEDDED, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, Nanos
from engine.kernel.modelling import TO_MM
from engine.kernel.project import day, evidence, station_facts, terms
from engine.kernel.project.day import local
from engine.kernel.project.listed import instruments
from engine.views.weather import FanPoint, StationView, TracePoint
from engine.weather import climate_day
from engine.weather.observed import Rain, gust, rain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.contract import Contract
    from engine.core.ids import MarketId
    from engine.core.snapshot import StationRow
    from engine.kernel.project.terms import Terms
    from engine.kernel.state import State


MARKETS: Final = 24
"""Of one station that are offered to see its day from."""


def view(state: State, key: str) -> StationView | None:
    """Return a station's day; None when the station is not known.

    It is a day of temperatures unless the linked market asks for rain or wind.

    Parameters
    ----------
    key : str
        ``KMDW``, or ``KMDW/kalshi:KXHIGHCHI-26JUL03`` to see it from one market.
    """
    code, _, market = key.partition("/")
    row = state.stations.get(StationId(code))
    if row is None:
        return None
    linked = terms.linked(state, StationId(code), market)
    opens, closes = climate_day.window_at(state.now, row.utc_offset_hours)
    first = opens
    if linked is not None and linked.contract.metric in terms.TEMPERATURES:
        opens, closes = linked.contract.opens, linked.contract.closes
        first = opens if day.is_day(linked.contract, row) else min(opens, first)
    latest = state.observed.latest(StationId(code))
    mood, why = station_facts.mood(state, latest)
    inputs = (*station_facts.inputs(state, StationId(code), opens, closes), *station_facts.services(state, ailing=True))
    blank = StationView(
        id=StationId(code),
        name=row.name,
        unit="°F",
        now=state.now,
        day_from=first,
        day_to=closes,
        utc_offset_hours=row.utc_offset_hours,
        state=mood,
        why=why,
        running=None,
        running_at=None,
        candidates=(),
        official=None,
        official_source="",
        last=None,
        last_at=None,
        rate=None,
        rain=_inches(state.observed.rain(StationId(code), opens, closes)),
        gust=state.observed.gust(StationId(code), opens, closes),
        trace=(),
        fan=(),
        levels=(),
        threshold=None,
        facts=station_facts.facts(state, row, linked, latest, opens, closes),
        feeds=station_facts.feeds(state, inputs),
        market=None if linked is None else linked.key,
        market_title="" if linked is None else _title(state, linked),
        markets=_markets(state, StationId(code)),
        flags=station_facts.flags(state, StationId(code), opens, closes),
        inputs=inputs,
        bell=StationId(code) in state.bells,
    )
    metric = None if linked is None else linked.contract.metric
    if linked is not None and metric is Metric.PRECIPITATION:
        return _rainy(state, blank, linked)
    if linked is not None and metric is Metric.WIND_GUST:
        return replace(
            _windy(state, blank, linked.contract),
            outcomes=day.outcomes(state, linked, terms.opinion(state, linked), None),
        )
    return _warm(state, blank, row, linked)


def _markets(state: State, code: StationId) -> tuple[tuple[MarketId, str], ...]:
    return tuple((one.key, _title(state, one)) for one in terms.at_station(state, code)[:MARKETS])


def _title(state: State, linked: Terms) -> str:
    """Return the linked market's title, a venue's with its name."""
    return (
        linked.title if linked.venue == EMBEDDED else f"{instruments.venue_title(state, linked.venue)} {linked.title}"
    )


def _warm(state: State, blank: StationView, row: StationRow, linked: Terms | None) -> StationView:
    """Return the day's temperatures against the brackets or the threshold of the linked market."""
    code = blank.id
    contract = terms.plain(row, blank.day_from, blank.day_to)
    if linked is not None and linked.contract.metric in terms.TEMPERATURES:
        contract = linked.contract
    else:
        linked = None
    sign = -1 if contract.metric is Metric.TEMP_MIN else 1
    opens, closes = contract.opens, contract.closes
    asked, other = (day.extreme(state, row, way, opens, closes) for way in (sign, -sign))
    readings = state.observed.readings(code, blank.day_from, closes)
    trace, often = _points(readings, blank.utc_offset_hours)
    found = replace(
        _traced(blank, trace, often),
        sign=sign,
        running=asked.bound,
        running_at=asked.bound_at,
        candidates=() if asked.official is not None else asked.so_far,
        official=asked.official,
        official_source=asked.official_source,
        extreme=asked,
        other=other,
        rate=_rate(trace or often),
        fan=_fan(state, code, opens, closes),
        levels=_levels(contract),
        threshold=_threshold(contract),
    )
    formed = None if linked is None else terms.opinion(state, linked)
    if linked is not None and not day.is_day(contract, row):
        lines = day.outcomes(state, linked, formed, None)
        return replace(found, outcomes=lines, pmf=day.law_of(None, formed), over=state.now >= closes)
    known = day.of(state, contract, row, formed)
    chances = day.hazards(state, contract, known)
    return replace(
        found,
        over=day.is_over(state, contract, known.known),
        outcomes=() if linked is None else day.outcomes(state, linked, formed, known.known),
        pmf=day.law_of(known, formed),
        groups=day.coming(state, contract, row, known.known),
        hazard_1h=chances.hour,
        hazard_3h=chances.three_hours,
        hazard_day=chances.day,
        notes=station_facts.notes(found, known, formed),
    )


def _rainy(state: State, blank: StationView, linked: Terms) -> StationView:
    """Return what has gathered in the gauge over the market's window, in inches, as gauges count."""
    contract = linked.contract
    opens, closes = contract.opens, contract.closes
    readings = [r for r in state.observed.readings(blank.id, opens, closes) if r.kind is not ReportKind.CLIMATE]
    trace = []
    for count, reading in enumerate(readings, 1):
        gathered = _inches(rain(readings[:count], opens, closes))
        if gathered is not None:
            said = _said(reading, blank.utc_offset_hours)
            trace.append(TracePoint(at=reading.measured_at, value=float(gathered), exact=True, said=said))
    threshold = None
    if contract.threshold is not None:
        threshold = float(contract.threshold) * TO_MM[contract.unit] / TO_MM[Unit.INCH]
    return replace(
        _traced(blank, tuple(trace), ()),
        unit="in",
        rain=_inches(state.observed.rain(blank.id, opens, closes)),
        threshold=threshold,
        rain_hours=evidence.rain_hours(state, contract),
        outcomes=day.outcomes(state, linked, terms.opinion(state, linked), None),
        over=state.now >= closes,
    )


def _windy(state: State, blank: StationView, contract: Contract) -> StationView:
    """Return the strongest wind of each report of the market's window, in knots."""
    opens, closes = contract.opens, contract.closes
    trace = []
    for reading in state.observed.readings(blank.id, opens, closes):
        knots = gust((reading,), opens, closes)
        if knots is not None:
            said = _said(reading, blank.utc_offset_hours)
            trace.append(TracePoint(at=reading.measured_at, value=float(knots), exact=True, said=said))
    return replace(
        _traced(blank, tuple(trace), ()),
        unit="kt",
        gust=state.observed.gust(blank.id, opens, closes),
        threshold=None if contract.threshold is None else float(contract.threshold),
    )


def _traced(blank: StationView, trace: tuple[TracePoint, ...], often: tuple[TracePoint, ...]) -> StationView:
    last = max((points[-1] for points in (trace, often) if points), key=lambda point: point.at, default=None)
    if last is None:
        return blank
    return replace(blank, trace=trace, often=often, last=last.value, last_at=last.at)


def _inches(fallen: Rain) -> Decimal | None:
    return None if fallen.total is None else Decimal(fallen.total + fallen.open_hour) / 100


def _points(readings: Sequence[Reading], offset: int) -> tuple[tuple[TracePoint, ...], tuple[TracePoint, ...]]:
    """Return the temperatures of METARs and specials, and those of five-minute and one-minute reports."""
    spoken: list[TracePoint] = []
    often: list[TracePoint] = []
    for reading in readings:
        point = _point(reading, offset)
        if point is not None:
            (often if reading.kind in day.OFTEN else spoken).append(point)
    return tuple(spoken), tuple(often)


def _point(reading: Reading, offset: int) -> TracePoint | None:
    if reading.kind is ReportKind.CLIMATE:
        return None
    if reading.temp_tenths_c is not None:
        value = float(climate_day.fahrenheit(reading.temp_tenths_c))
        said = f"{_said(reading, offset)}: {value:.0f} °F by T group"
        return TracePoint(at=reading.measured_at, value=value, exact=True, said=said)
    if reading.temp_whole_c is not None:
        value = reading.temp_whole_c * 9.0 / 5.0 + 32.0
        meant = " or ".join(map(str, climate_day.fahrenheit_set(reading.temp_whole_c)))
        said = f"{_said(reading, offset)}: {reading.temp_whole_c} °C, which is {meant} °F"
        return TracePoint(at=reading.measured_at, value=value, exact=False, said=said)
    return None


def _said(reading: Reading, offset: int) -> str:
    return f"{day.KINDS[reading.kind]} {local(reading.measured_at, offset)}, {reading.source}"


def _rate(trace: tuple[TracePoint, ...]) -> float | None:
    """Return degrees an hour over the last two hours."""
    recent = [p for p in trace if p.at >= trace[-1].at - 2 * HOUR] if trace else []
    hours = (recent[-1].at - recent[0].at) / HOUR if len(recent) > 1 else 0.0
    return (recent[-1].value - recent[0].value) / hours if hours > 0 else None


def _levels(contract: Contract) -> tuple[tuple[str, float | None, float | None], ...]:
    return tuple((day.label(contract, at), b.low, b.high) for at, b in enumerate(contract.brackets))


def _threshold(contract: Contract) -> float | None:
    level = day.level_f(contract)
    return None if level is None else float(level)


def _fan(state: State, code: StationId, opens: Nanos, closes: Nanos) -> tuple[FanPoint, ...]:
    found = state.station_forecasts.get(code)
    if found is None:
        return ()
    return tuple(
        FanPoint(at=h.valid_at, p10=h.p10, p50=h.p50, p90=h.p90)
        for h in found.hours
        if max(opens, state.now - HOUR) <= h.valid_at <= closes
    )
