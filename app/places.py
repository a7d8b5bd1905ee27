"""Places by the names a trader knows them by: stations, cities with a market, and markets.

No gazetteer is shipped: a street or a town without a station or a market is not found, and that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import Cell, StationId
from widgets.hedge_terms import PLACES, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.snapshot import StationRow
    from engine.exchange.market import Market
    from engine.kernel.state import State

NAMED: Final = 4
"""So many of several that fit are named."""
LEAST: Final = 3
"""Characters of a part of a name."""


def find(state: State, text: str) -> Found | str:
    """Return the place of a name, or in one sentence why there is none."""
    wanted = " ".join(text.split()).casefold()
    station = _station(state, wanted)
    if station is not None:
        return _at(station)
    markets = [(one.id, one.contract.title, one.contract.place, one.contract.cell) for one in _open(state)]
    for same in (0, 1, 2):  # a market's id, its title, its city
        hit = next((row for row in markets if row[same].casefold() == wanted), None)
        if hit is not None:
            return Found(Cell(hit[3]), None, hit[2] if same == 2 else hit[1])
    if len(wanted) < LEAST:
        return _unknown(text)
    named = [row for row in state.stations.values() if _begins(row.name, wanted)]
    if named:
        return _at(named[0]) if len(named) == 1 else _several(text, [f"{r.name} ({r.id})" for r in named])
    titled = [row for row in markets if wanted in row[1].casefold()]
    if len({row[3] for row in titled}) == 1:
        return Found(Cell(titled[0][3]), None, titled[0][1])
    return _several(text, [row[1] for row in titled]) if titled else _unknown(text)


def _open(state: State) -> list[Market]:
    return [one for one in state.exchange.markets.values() if one.status == "open"]


def _station(state: State, wanted: str) -> StationRow | None:
    code = wanted.upper()
    return state.stations.get(StationId(code)) or state.stations.get(StationId(f"K{code}"))


def _at(row: StationRow) -> Found:
    return Found(None, (row.lat, row.lon), f"{row.name} ({row.id})")


def _begins(name: str, wanted: str) -> bool:
    known = name.casefold()
    return known == wanted or known.startswith((f"{wanted} ", f"{wanted}/", f"{wanted},", f"{wanted}-"))


def _several(text: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"“{text[:40]}” is several places: {', '.join(names[:NAMED])}{more}"


def _unknown(text: str) -> str:
    return f"“{text[:40]}” is not known here; {PLACES}"
