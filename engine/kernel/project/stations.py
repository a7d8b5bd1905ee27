"""Every station known, to pick one from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.core.ids import StationId
from engine.kernel.project import terms
from engine.views.station import StationRowLine, StationsView
from engine.weather import climate_day

if TYPE_CHECKING:
    from engine.core.reading import Reading
    from engine.kernel.state import State


def view(state: State) -> StationsView:
    """Return all stations: those that decide an open market, then those heard of, each by code."""
    decided = Counter(
        [m.contract.stations[0].id for m in state.exchange.markets.values() if m.status in terms.SHOWN]
        + [StationId(family.station) for family in state.families.values() if family.station]
    )
    rows = []
    for code, row in state.stations.items():
        latest = state.observed.latest(code)
        rows.append(
            StationRowLine(
                id=code,
                name=row.name,
                last=_last(latest),
                last_at=None if latest is None else latest.measured_at,
                markets=decided[code],
            )
        )
    rows.sort(key=lambda one: (not one.markets, one.last_at is None, one.id))
    return StationsView(now=state.now, rows=tuple(rows))


def _last(reading: Reading | None) -> str:
    """Return the last temperature as text; a whole-degree one as what it may mean, a dash where there is none."""
    if reading is not None and reading.temp_tenths_c is not None:
        return f"{climate_day.fahrenheit(reading.temp_tenths_c)} °F"
    if reading is not None and reading.temp_whole_c is not None:
        return f"{' or '.join(map(str, climate_day.fahrenheit_set(reading.temp_whole_c)))} °F"
    return "—"
