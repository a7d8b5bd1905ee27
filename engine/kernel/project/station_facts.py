"""The facts, inputs and doubts of a station's day, each with where it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.contract import Metric, Sources, Unit
from engine.core.ids import FamilyId, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.source_terms import SourceKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.kernel.modelling import TO_MM
from engine.kernel.project import day, gridded, names
from engine.kernel.project.day import local
from engine.kernel.project.listed import sources
from engine.kernel.project.status import ROUTINE_AGEING, ROUTINE_STALE, age
from engine.views.station import InputLine
from engine.weather import climate_day

if TYPE_CHECKING:
    from engine.core.contract import Contract
    from engine.core.events import StationForecast
    from engine.core.reading import HourQuantiles
    from engine.core.snapshot import StationRow
    from engine.kernel.modelling import Opinion
    from engine.kernel.project.terms import Terms
    from engine.kernel.state import State
    from engine.views.weather import StationView
    from engine.weather.outlook import Day

BEFORE: Final = 6 * HOUR
"""How far back the newest report of a kind is looked for."""
OFTEN_AGEING: Final = 12 * MINUTE
OFTEN_STALE: Final = 20 * MINUTE
"""Of a feed that speaks every five minutes."""
RUN_AGEING: Final = 3 * HOUR
RUN_STALE: Final = 9 * HOUR
"""Models run every hour to every six, and take one to four until they are out."""
SERVICE: Final = "$"
"""Ends a report whose station asks for maintenance."""
VERBATIM: Final = 240
SOURCE_ROOM: Final = 40
OWN: Final = {
    Metric.TEMP_MAX: "CLI, else 24 h group",
    Metric.TEMP_MIN: "CLI, else 24 h group",
    Metric.PRECIPITATION: "hourly P groups",
    Metric.WIND_GUST: "gusts and peak winds",
    Metric.SNOW: "CLI",
}
KINDS: Final = {SourceKind.CLIMATE_REPORT: "NWS", SourceKind.TIME_SERIES: "weather.gov series"}
"""Shorter than the rules' own words."""


def facts(
    state: State, row: StationRow, linked: Terms | None, latest: Reading | None, opens: Nanos, closes: Nanos
) -> tuple[tuple[str, str], ...]:
    """Return what else is worth a line, as (name, value)."""
    contract = None if linked is None else linked.contract
    found = [(_end(row, closes), f"{_left(state, closes)} left")]
    if linked is not None:
        found.append(("Settles by", settles(state, linked)))
        if _apart(state, linked):
            found.append(("The model is of", "the official value"))
    if contract is not None and contract.metric in {Metric.PRECIPITATION, Metric.WIND_GUST}:
        found += _asked(contract, row.utc_offset_hours)
    else:
        found += _forecast(state, row, contract, opens, closes)
    if _hours(state, StationId(row.id), max(opens, state.now - HOUR), closes):
        found += gridded.origins(state.station_forecasts[StationId(row.id)])  # the fan shows them
    found.append(("Next routine report", _next_report(state, row.routine_minute)))
    if latest is not None and latest.gust_kt is not None:
        found.append(("Last gust", f"{latest.gust_kt} kt"))
    return tuple(found)


def settles(state: State, linked: Terms) -> str:
    """Return who decides the linked market, as its contract or the venue's rules say."""
    family = state.families.get(FamilyId(linked.key))
    if family is None:
        count = len(linked.contract.stations)
        return f"{_own(linked.contract)}, {count} stations" if count > 1 else _own(linked.contract)
    told = family.terms
    kind = "" if told is None else KINDS.get(told.kind, told.kind.value)
    named = kind or family.source or "—"
    product = "" if told is None or not told.product else f" {told.product}"
    return f"{named[:SOURCE_ROOM]}{product}"


def _apart(state: State, linked: Terms) -> str:
    """Return why what decides the linked market is not what the model is of; empty where it is."""
    family = state.families.get(FamilyId(linked.key))
    told = None if family is None else family.terms
    return "" if told is None else told.doubt or told.not_comparable


def _own(contract: Contract) -> str:
    named = contract.sources
    if isinstance(named, Sources):
        return ", ".join(one.name.value for one in named.order)
    return OWN.get(contract.metric, "—")


def _forecast(
    state: State, row: StationRow, contract: Contract | None, opens: Nanos, closes: Nanos
) -> list[tuple[str, str]]:
    """Return the extreme still forecast, of the hours that are left."""
    hours = _hours(state, StationId(row.id), max(opens, state.now - HOUR), closes)
    if not hours:
        return []
    low = contract is not None and contract.metric is Metric.TEMP_MIN
    pick, word = (min, "low") if low else (max, "high")
    edge = pick(hours, key=lambda h: h.p50)
    p10, p90 = pick(h.p10 for h in hours), pick(h.p90 for h in hours)
    return [
        ("Forecast p10·50·90", f"{p10:.1f} · {edge.p50:.1f} · {p90:.1f}"),
        (f"Expected time of the {word}", local(edge.valid_at, row.utc_offset_hours)),
    ]


def _hours(state: State, code: StationId, since: int, closes: Nanos) -> list[HourQuantiles]:
    found = state.station_forecasts.get(code)
    return [] if found is None else [h for h in found.hours if since <= h.valid_at < closes]


def _end(row: StationRow, closes: Nanos) -> str:
    midnight = climate_day.window_at(closes, row.utc_offset_hours)[0] == closes
    return f"{'Climate day' if midnight else 'Window'} ends ({local(closes, row.utc_offset_hours)})"


def _left(state: State, closes: Nanos) -> str:
    left = max(0, closes - state.now) // MINUTE
    return f"{left // 60}:{left % 60:02d}"


def _asked(contract: Contract, utc_offset_hours: int) -> list[tuple[str, str]]:
    """Return what an amount is asked for and when, in the contract's unit and in the gauge's."""
    unit = names.UNITS[contract.unit]
    level = f"{names.number(contract.threshold)} {unit}"
    if contract.threshold is not None and contract.unit is Unit.MM:
        level += f" = {float(contract.threshold) / TO_MM[Unit.INCH]:.3f} in"
    start, end = (local(at, utc_offset_hours) for at in (contract.opens, contract.closes))
    return [("Threshold", level), ("Window", f"{start.removesuffix(' LST')} – {end}")]


def _next_report(state: State, minute: int) -> str:
    past = state.now % HOUR // MINUTE
    wait = (minute - past) % 60 or 60
    return f":{minute:02d} in {wait} m"


def mood(state: State, latest: Reading | None) -> tuple[str, str]:
    """Return the dock's state and why, by the newest report."""
    if latest is None:
        return "loading", "Waiting for the first report"
    old = state.now - latest.measured_at
    if old > ROUTINE_STALE:
        return "stale", f"No report for {age(latest.measured_at, state.now)}"
    return ("ageing", "") if old > ROUTINE_AGEING else ("live", "")


def inputs(state: State, code: StationId, opens: Nanos, closes: Nanos) -> tuple[InputLine, ...]:
    """Return what the day's numbers are made from, with provider and time."""
    recent = state.observed.readings(code, Nanos(state.now - BEFORE), state.now)
    spoken = [r for r in recent if r.kind in {ReportKind.ROUTINE, ReportKind.SPECIAL}]
    often = [r for r in recent if r.kind in day.OFTEN]
    lines = []
    last = spoken[-1] if spoken else _before(state, code)
    if last is not None:
        lines.append(_heard(state, f"METAR {code}", last, ROUTINE_AGEING, ROUTINE_STALE))
    if often:
        lines.append(_heard(state, "5-min obs", often[-1], OFTEN_AGEING, OFTEN_STALE))
    climate = [r for r in state.observed.readings(code, opens, closes) if r.kind is ReportKind.CLIMATE]
    if climate:
        one = climate[-1]
        detail = _verbatim(one.raw)
        lines.append(InputLine(name="CLI", provider=one.source, state="live", at=one.measured_at, detail=detail))
    forecast = state.station_forecasts.get(code)
    if forecast is not None:
        lines.append(_run(state, forecast))
    return tuple(lines)


def services(state: State, *, ailing: bool = False) -> tuple[InputLine, ...]:
    """Return the services that are asked for the weather; of the ailing ones only, if that is wanted."""
    lines = []
    for one in state.sources.values():
        word, why = sources.standing(state, one)
        if word == "off" or (ailing and word == "live"):
            continue
        answered = max((errand.ok_at for errand in one.errands if errand.ok_at is not None), default=None)
        detail = why or ", ".join(errand.what for errand in one.errands if errand.ok_at is not None)
        lines.append(InputLine(name=f"{one.title} answers", provider=one.host, state=word, at=answered, detail=detail))
    return tuple(lines)


def _before(state: State, code: StationId) -> Reading | None:
    """Return the last report of a station that has been silent for long, if it is none of the frequent ones."""
    last = state.observed.latest(code)
    return None if last is None or last.kind in day.OFTEN else last


def _heard(state: State, name: str, one: Reading, ageing: int, stale: int) -> InputLine:
    word = _word(state.now - one.measured_at, ageing, stale)
    return InputLine(name=name, provider=one.source, state=word, at=one.measured_at, detail=_verbatim(one.raw))


def _run(state: State, found: StationForecast) -> InputLine:
    hours = len(found.hours)
    detail = f"{found.run}: {hours} hour{'' if hours == 1 else 's'}, known since {found_at(found.at)}"
    word = _word(state.now - found.at, RUN_AGEING, RUN_STALE)
    return InputLine(name=found.run, provider=found.run.partition(" ")[0], state=word, at=found.at, detail=detail)


def found_at(at: Nanos) -> str:
    """Return a moment in UTC to the minute, such as ``18:04Z``."""
    return f"{local(at, 0).removesuffix(' LST')}Z"


def _word(old: int, ageing: int, stale: int) -> str:
    return "stale" if old > stale else "ageing" if old > ageing else "live"


def _verbatim(raw: str) -> str:
    return raw if len(raw) <= VERBATIM else f"{raw[: VERBATIM - 1]}…"


def feeds(state: State, lines: tuple[InputLine, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return inputs as (name, state, age)."""
    return tuple((line.name, line.state, "—" if line.at is None else age(line.at, state.now)) for line in lines)


def flags(state: State, code: StationId, opens: Nanos, closes: Nanos) -> tuple[tuple[str, str], ...]:
    """Return the quality flags of a day's reports, and what they mean."""
    told = [r for r in state.observed.readings(code, opens, closes) if r.kind is not ReportKind.CLIMATE]
    spoken = [r for r in told if r.kind not in day.OFTEN]
    if not spoken:
        return ()
    last, offset = spoken[-1], state.stations[code].utc_offset_hours
    found = []
    if last.raw.rstrip(" =\n").endswith(SERVICE):
        found.append(("$", "the station asks for maintenance: its sensors may drift"))
    if last.temp_tenths_c is None and last.temp_whole_c is not None:
        meant = " or ".join(map(str, climate_day.fahrenheit_set(last.temp_whole_c)))
        found.append(("whole °C", f"the last report has no T group: {last.temp_whole_c} °C is {meant} °F"))
    corrected = [r for r in spoken if r.corrected]
    if corrected:
        times = ", ".join(local(r.measured_at, offset) for r in corrected[-3:])
        found.append(("COR", f"{len(corrected)} corrected report{'' if len(corrected) == 1 else 's'}: {times}"))
    missing = sum(r.precip_missing for r in spoken)
    if missing:
        found.append(("PNO", f"the gauge was out in {missing} report{'' if missing == 1 else 's'}"))
    return tuple(found)


def notes(view: StationView, found: Day, formed: Opinion | None) -> tuple[tuple[str, str], ...]:
    """Return where the day's numbers are from, by the name of what shows them."""
    lines = []
    if view.extreme is not None and view.extreme.bound is not None:
        word = day.WORDS[view.sign]
        lines.append((f"running {word}", f"{view.extreme.by}. A bound: the official {word} may lie further out."))
    if view.extreme is not None and view.extreme.named:
        lines.append(("official", "; ".join(view.extreme.named)))
    if found.seen is not None:
        at = local(found.seen.at, view.utc_offset_hours)
        leans = "no forecast" if found.guess is None else formed.run if formed is not None and formed.run else "a guess"
        lines.append(("model", f"residual model of the hour from the report of {at}, drawn towards {leans}"))
    return tuple(lines)
