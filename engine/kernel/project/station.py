"""One station over its climate day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.core.contract import Metric, Unit
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.kernel.modelling import TO_MM
from engine.kernel.project import names
from engine.kernel.project.status import ROUTINE_AGEING, ROUTINE_STALE, age
from engine.views.weather import FanPoint, StationView, TracePoint
from engine.weather import climate_day
from engine.weather.observed import Rain, gust, rain

if TYPE_CHECKING:
    from engine.core.contract import Contract
    from engine.core.ids import StationId
    from engine.exchange.market import Market
    from engine.kernel.state import State


def view(state: State, code: StationId) -> StationView | None:
    """Return a station's day; None when the station is not known.

    It is a day of temperatures unless the linked market asks for rain or wind.
    """
    row = state.stations.get(code)
    if row is None:
        return None
    opens, closes = climate_day.window_at(state.now, row.utc_offset_hours)
    market = _market(state, code)
    latest = state.observed.latest(code)
    mood, why = _mood(state, latest)
    blank = StationView(
        id=code,
        name=row.name,
        unit="°F",
        now=state.now,
        day_from=opens,
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
        rain=_inches(state.observed.rain(code, opens, closes)),
        gust=state.observed.gust(code, opens, closes),
        trace=(),
        fan=(),
        levels=(),
        threshold=None,
        facts=_facts(state, code, market, latest, closes),
        feeds=_feeds(state, code, latest),
    )
    metric = None if market is None else market.contract.metric
    if market is not None and metric is Metric.PRECIPITATION:
        return _rainy(state, blank, market.contract)
    if market is not None and metric is Metric.WIND_GUST:
        return _windy(state, blank, market.contract)
    return _warm(state, blank, market)


def _warm(state: State, blank: StationView, market: Market | None) -> StationView:
    """Return the day's temperatures against the brackets or the threshold of the linked market."""
    code, opens, closes = blank.id, blank.day_from, blank.day_to
    high = state.observed.high(code, opens, closes)
    readings = state.observed.readings(code, opens, closes)
    trace = tuple(point for r in readings if (point := _point(r)) is not None)
    return replace(
        _traced(blank, trace),
        running=high.bound,
        running_at=high.bound_at,
        candidates=high.candidates,
        official=high.official,
        official_source={"cli": "CLI", "metar24h": "24 h group"}.get(high.source or "", ""),
        rate=_rate(trace),
        fan=_fan(state, code, opens, closes),
        levels=_levels(market),
        threshold=_threshold(market),
    )


def _rainy(state: State, blank: StationView, contract: Contract) -> StationView:
    """Return what has gathered in the gauge over the market's window, in inches, as gauges count."""
    opens, closes = contract.opens, contract.closes
    readings = [r for r in state.observed.readings(blank.id, opens, closes) if r.kind is not ReportKind.CLIMATE]
    trace = []
    for count, reading in enumerate(readings, 1):
        gathered = _inches(rain(readings[:count], opens, closes))
        if gathered is not None:
            trace.append(TracePoint(at=reading.measured_at, value=float(gathered), exact=True))
    threshold = None
    if contract.threshold is not None:
        threshold = float(contract.threshold) * TO_MM[contract.unit] / TO_MM[Unit.INCH]
    return replace(
        _traced(blank, tuple(trace)),
        unit="in",
        rain=_inches(state.observed.rain(blank.id, opens, closes)),
        threshold=threshold,
    )


def _windy(state: State, blank: StationView, contract: Contract) -> StationView:
    """Return the strongest wind of each report of the market's window, in knots."""
    opens, closes = contract.opens, contract.closes
    trace = []
    for reading in state.observed.readings(blank.id, opens, closes):
        knots = gust((reading,), opens, closes)
        if knots is not None:
            trace.append(TracePoint(at=reading.measured_at, value=float(knots), exact=True))
    return replace(
        _traced(blank, tuple(trace)),
        unit="kt",
        gust=state.observed.gust(blank.id, opens, closes),
        threshold=None if contract.threshold is None else float(contract.threshold),
    )


def _traced(blank: StationView, trace: tuple[TracePoint, ...]) -> StationView:
    if not trace:
        return blank
    return replace(blank, trace=trace, last=trace[-1].value, last_at=trace[-1].at)


def _inches(fallen: Rain) -> Decimal | None:
    return None if fallen.total is None else Decimal(fallen.total + fallen.open_hour) / 100


def _point(reading: Reading) -> TracePoint | None:
    if reading.kind is ReportKind.CLIMATE:
        return None
    if reading.temp_tenths_c is not None:
        value = float(climate_day.fahrenheit(reading.temp_tenths_c))
        return TracePoint(at=reading.measured_at, value=value, exact=True)
    if reading.temp_whole_c is not None:
        value = reading.temp_whole_c * 9.0 / 5.0 + 32.0
        return TracePoint(at=reading.measured_at, value=value, exact=False)
    return None


def _rate(trace: tuple[TracePoint, ...]) -> float | None:
    """Return degrees an hour over the last two hours."""
    recent = [p for p in trace if p.at >= trace[-1].at - 2 * HOUR] if trace else []
    hours = (recent[-1].at - recent[0].at) / HOUR if len(recent) > 1 else 0.0
    return (recent[-1].value - recent[0].value) / hours if hours > 0 else None


def _market(state: State, code: StationId) -> Market | None:
    """Return the market the station's trace is drawn against: a daily high first, and the next to close."""
    found = [
        m
        for m in state.exchange.markets.values()
        if m.status in {"open", "closed"} and m.contract.stations[0].id == code
    ]
    found.sort(key=lambda m: (m.contract.metric is not Metric.TEMP_MAX, m.contract.closes))
    return found[0] if found else None


def _levels(market: Market | None) -> tuple[tuple[str, float | None, float | None], ...]:
    if market is None or market.contract.metric not in {Metric.TEMP_MAX, Metric.TEMP_MIN}:
        return ()
    return tuple((b.label, b.low, b.high) for b in market.contract.brackets)


def _threshold(market: Market | None) -> float | None:
    if market is None or market.contract.metric not in {Metric.TEMP_MAX, Metric.TEMP_MIN}:
        return None
    return None if market.contract.threshold is None else float(market.contract.threshold)


def _fan(state: State, code: StationId, opens: Nanos, closes: Nanos) -> tuple[FanPoint, ...]:
    found = state.station_forecasts.get(code)
    if found is None:
        return ()
    return tuple(
        FanPoint(at=h.valid_at, p10=h.p10, p50=h.p50, p90=h.p90)
        for h in found.hours
        if max(opens, state.now - HOUR) <= h.valid_at <= closes
    )


def _facts(
    state: State, code: StationId, market: Market | None, latest: Reading | None, closes: Nanos
) -> tuple[tuple[str, str], ...]:
    row = state.stations[code]
    found = state.station_forecasts.get(code)
    hours = [h for h in found.hours if state.now - HOUR <= h.valid_at < closes] if found is not None else []
    facts = []
    if market is not None and market.contract.metric in {Metric.PRECIPITATION, Metric.WIND_GUST}:
        facts += _asked(market.contract, row.utc_offset_hours)
    elif hours:
        top = max(hours, key=lambda h: h.p50)
        p10, p90 = max(h.p10 for h in hours), max(h.p90 for h in hours)
        facts.append(("Forecast p10 · p50 · p90", f"{p10:.1f} · {top.p50:.1f} · {p90:.1f}"))
        facts.append(("Expected time of the high", _local(top.valid_at, row.utc_offset_hours)))
    left = max(0, closes - state.now) // MINUTE
    facts.append(("Climate day ends (00:00 LST)", f"{left // 60}:{left % 60:02d} left"))
    facts.append(("Next routine report", _next_report(state, row.routine_minute)))
    if latest is not None and latest.gust_kt is not None:
        facts.append(("Last gust", f"{latest.gust_kt} kt"))
    if market is not None:
        count = len(market.contract.stations)
        facts.append(("Settles", f"{names.rule(market.contract)} · {count} station{'' if count == 1 else 's'}"))
    return tuple(facts)


def _asked(contract: Contract, utc_offset_hours: int) -> list[tuple[str, str]]:
    """Return what an amount is asked for and when, in the contract's unit and in the gauge's."""
    unit = names.UNITS[contract.unit]
    level = f"{names.number(contract.threshold)} {unit}"
    if contract.threshold is not None and contract.unit is Unit.MM:
        level += f" = {float(contract.threshold) / TO_MM[Unit.INCH]:.3f} in"
    start, end = (_local(at, utc_offset_hours) for at in (contract.opens, contract.closes))
    return [("Threshold", level), ("Window", f"{start.removesuffix(' LST')} – {end}")]


def _next_report(state: State, minute: int) -> str:
    past = state.now % HOUR // MINUTE
    wait = (minute - past) % 60 or 60
    return f":{minute:02d} in {wait} m"


def _local(at: Nanos, utc_offset_hours: int) -> str:
    minutes = (at + utc_offset_hours * HOUR) // MINUTE % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d} LST"


def _mood(state: State, latest: Reading | None) -> tuple[str, str]:
    if latest is None:
        return "loading", "Waiting for the first report"
    old = state.now - latest.measured_at
    if old > ROUTINE_STALE:
        return "stale", f"No report for {age(latest.measured_at, state.now)}"
    return ("ageing", "") if old > ROUTINE_AGEING else ("live", "")


def _feeds(state: State, code: StationId, latest: Reading | None) -> tuple[tuple[str, str, str], ...]:
    feeds = []
    if latest is not None:
        feeds.append((f"METAR {code}", _mood(state, latest)[0], age(latest.measured_at, state.now)))
    found = state.station_forecasts.get(code)
    if found is not None:
        feeds.append((found.run, "live", age(found.at, state.now)))
    return tuple(feeds)
