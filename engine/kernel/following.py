"""Which stations a session has to hear of: those that decide what is listed and open. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import StationId
from engine.core.units import DAY, Nanos
from engine.exchange.market import ENDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.core.contract import Contract
    from engine.core.instrument import Family
    from engine.core.snapshot import StationRow
    from engine.kernel.state import State

DECIDED: Final = frozenset({"determined", "settled"})
KEPT: Final = 8 * DAY
"""How long after its close reports are looked for that a market lacks: services keep about a week."""
MOST: Final = 480
"""Stations that are followed at once; four questions to the Mesonet."""


class Window(NamedTuple):
    """What a market of our own that is not over needs of one of its stations, however long ago that was."""

    station: StationId
    opens: Nanos
    closes: Nanos


class Wanted(NamedTuple):
    """What is to be followed."""

    stations: tuple[StationRow, ...] = ()
    official: tuple[StationId, ...] = ()
    """Those whose climate reports decide something."""
    unknown: tuple[str, ...] = ()
    """Named by rules, and not in the list of stations."""
    windows: tuple[Window, ...] = ()
    """Of markets that closed while nobody asked, too: their reports are still to be had."""


def wanted(state: State, watched: Iterable[str] = ()) -> Wanted:
    """Return the stations of open families, of our own exchange's markets, and those the trader watches."""
    deciding = sorted({*_families(state), *_markets(state)})
    codes = list(dict.fromkeys([*deciding, *watched]))[:MOST]
    rows = tuple(state.stations[StationId(code)] for code in codes if code in state.stations)
    official = tuple(StationId(code) for code in deciding if code in state.stations)
    unknown = tuple(code for code in codes if code not in state.stations)
    return Wanted(rows, official, unknown, tuple(sorted(set(_windows(state)))))


def contracts(state: State) -> Iterator[Contract]:
    """Yield the terms of our own markets that are open: what forecasts of whole windows are asked for."""
    return (market.contract for market in state.exchange.markets.values() if market.status == "open")


def is_open(state: State, family: Family) -> bool:
    """Whether something of a family is not decided yet."""
    members = [state.listings[one] for one in family.members if one in state.listings]
    return any(one.status not in DECIDED for one in members)


def _families(state: State) -> Iterator[str]:
    for family in state.families.values():
        if family.station and is_open(state, family):
            yield family.station


def _markets(state: State) -> Iterator[str]:
    for market in state.exchange.markets.values():
        if market.status not in ENDED:
            yield from (station.id for station in market.contract.stations)


def _windows(state: State) -> Iterator[Window]:
    for market in state.exchange.markets.values():
        terms = market.contract
        if market.status not in ENDED and terms.closes > state.now - KEPT:
            yield from (Window(station.id, terms.opens, terms.closes) for station in terms.stations)
