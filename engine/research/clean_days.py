"""Clean days of each city, counted from a ledger: what the readiness gate asks of strategies, told city by city.

A city is the station that decides its events; its days are the station's own, in local standard time. A day counts when
an order of ours traded there (what a venue settles is no trade), and it is clean when no order there was left unknown
and no strategy that traded there was halted on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import StoreError
from engine.core.instrument import Roster
from engine.core.units import DAY, HOUR
from engine.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

UNKNOWN: Final = ("sent", "lost")
"""States of an order of which nobody knows what became."""
_rosters = msgspec.json.Decoder(Roster)


@dataclass(slots=True)
class City:
    """The days of one station."""

    station: str
    traded: set[int] = field(default_factory=set)
    """Days since 1970, in its local standard time."""
    unknown: set[int] = field(default_factory=set)
    halted: set[int] = field(default_factory=set)

    @property
    def clean(self) -> int:
        """How many of its traded days are clean."""
        return len(self.traded - self.unknown - self.halted)


def count(path: Path, offsets: Mapping[str, int]) -> list[City]:
    """Return the cities of a ledger in which something of ours traded, by station.

    Parameters
    ----------
    offsets : mapping of str to int, hours
        From UTC, of each station's local standard time; a station that is not there counts by UTC.

    Raises
    ------
    StoreError
        If there is no ledger, or it cannot be read.
    """
    with database.reader(path) as connection:
        connection.execute("BEGIN")
        try:
            return _count(connection, offsets)
        except (msgspec.MsgspecError, TypeError, ValueError) as e:
            msg = f"{path}: days cannot be counted ({type(e).__name__}: {e})"
            raise StoreError(msg) from e


def _count(connection: sqlite3.Connection, offsets: Mapping[str, int]) -> list[City]:
    stations = _stations(connection)
    halts = set(connection.execute("SELECT strategy, day FROM strategy_days WHERE halts > 0"))
    cities: dict[str, City] = {}
    query = """SELECT f.at, f.venue, f.symbol, o.strategy
        FROM fills f LEFT JOIN orders o ON o.id = f.order_id
        WHERE f.order_id <> '' AND f.trade_id NOT LIKE '%:reversed' ORDER BY f.rowid"""
    traded = connection.execute(query)
    for at, venue, symbol, strategy in traded:
        station = stations.get((venue, symbol))
        if station is None:
            continue
        city, day = cities.setdefault(station, City(station)), _day(at, offsets.get(station, 0))
        city.traded.add(day)
        if (strategy, at // DAY) in halts:
            city.halted.add(day)
    marks = ", ".join("?" * len(UNKNOWN))
    left = connection.execute(f"SELECT at, venue, symbol FROM orders WHERE status IN ({marks})", UNKNOWN)  # noqa: S608
    for at, venue, symbol in left:
        station = stations.get((venue, symbol))
        if station in cities:
            cities[station].unknown.add(_day(at, offsets.get(station, 0)))
    return [cities[station] for station in sorted(cities)]


def _stations(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return which station decides each instrument that a venue listed."""
    found: dict[tuple[str, str], str] = {}
    for (body,) in connection.execute("SELECT body FROM listings"):
        family = _rosters.decode(body).family
        if family.station:
            found |= {(one.venue, one.symbol): family.station for one in family.members}
    return found


def _day(at: int, offset_hours: int) -> int:
    return (at + offset_hours * HOUR) // DAY
