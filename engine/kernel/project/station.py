"""One station over its climate day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.contract import Metric
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.kernel.project import names
from engine.kernel.project.status import ROUTINE_AGEING, ROUTINE_STALE, age
from engine.views.weather import FanPoint, StationView, TracePoint
from engine.weather import climate_day

if TYPE_CHECKING:
    from engine.core.ids import StationId
    from engine.exchange.market import Market
    from engine.kernel.state import State


def view(state: State, code: StationId) -> StationView | None:
    """Return a station's day; None when the station is not known."""
    row = state.stations.get(code)
    if row is None:
        return None
    opens, closes = climate_day.window_at(state.now, row.utc_offset_hours)
    readings = state.observed.readings(code, opens, closes)
    high = state.observed.high(code, opens, closes)
    trace = tuple(point for r in readings if (point := _point(r)) is not None)
    market = _market(state, code)
    fallen = state.observed.rain(code, opens, closes)
    latest = state.observed.latest(code)
    mood, why = _mood(state, latest)
    return StationView(
        id=code,
        name=row.name,
        unit="°F",
        now=state.now,
        day_from=opens,
        day_to=closes,
        utc_offset_hours=row.utc_offset_hours,
        state=mood,
        why=why,
        running=high.bound,
        running_at=high.bound_at,
        candidates=high.candidates,
        official=high.official,
        official_source={"cli": "CLI", "metar24h": "24 h group"}.get(high.source or "", ""),
        last=trace[-1].value if trace else None,
        last_at=trace[-1].at if trace else None,
        rate=_rate(trace),
        rain=None if fallen.total is None else Decimal(fallen.total + fallen.open_hour) / 100,
        gust=state.observed.gust(code, opens, closes),
        trace=trace,
        fan=_fan(state, code, opens, closes),
        levels=_levels(market),
        threshold=_threshold(market),
        facts=_facts(state, code, market, latest, closes),
        feeds=_feeds(state, code, latest),
    )


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
    if hours:
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
