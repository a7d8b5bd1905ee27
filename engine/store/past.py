"""What is on disk of an instrument's trades: the ledger's for our own exchange, the journals' for venues. Read only.

Meant for a thread of its own: a journal is searched whole, which SQLite does without the interpreter, within a bound of
time and of trades. What could not be searched in time is said.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from engine.core.errors import StoreDamaged, StoreError
from engine.core.events import Trade
from engine.core.ids import EMBEDDED, outcome_of
from engine.core.units import SECOND, Nanos, Side
from engine.maths.bars import Print
from engine.store import database, journal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from engine.core.ids import InstrumentId

MOST: Final = 20_000
"""Trades of an instrument that are read back, the newest."""
LONGEST_S: Final = 4.0
"""Real seconds that a search may take."""
CHECK_EVERY: Final = 20_000
"""Steps of SQLite's machine between two looks at the clock."""
ONCE: Final = 2 * SECOND
"""Sessions that follow each other so soon leave no hole."""
PER_TICK: Final = 100.0
"""Ticks of our own exchange in a cent."""
RESTED: Final = 1
"""In the ledger's `via`: the other side of a trade that is there already."""

_decode = msgspec.msgpack.Decoder(Trade).decode


class Past(NamedTuple):
    """What was found."""

    prints: list[Print]
    """Oldest first, all before the moment asked for."""
    holes: list[tuple[Nanos, Nanos, str]]
    """Times between sessions."""
    sessions: int
    """Journals that had any."""
    cut: str
    """Why it goes no further back; empty where it is all there is."""


def trades(
    ledger: Path, journals: Path, instrument: InstrumentId, before: int, scale: float, lot: float, *,
    most: int = MOST, longest_s: float = LONGEST_S,
) -> Past:  # fmt: skip
    """Return the newest trades of an instrument before a moment.

    Parameters
    ----------
    before : int, UTC nanoseconds
    scale, lot : float
        What a tick and a lot of a venue's instrument are worth on a chart; of our own, prices come in cents.
    most, longest_s : int trades, float seconds
        How much is read and how long it is looked for.
    """
    deadline = time.monotonic() + longest_s
    if instrument.venue == EMBEDDED:
        return _own(ledger, instrument, before, most, deadline)
    found: list[Print] = []
    holes: list[tuple[Nanos, Nanos, str]] = []
    cut, sessions, next_began = "", 0, None
    for path in reversed(journal.sessions(journals)):
        try:
            first, last, rows = _session(path, instrument, before, most - len(found), deadline)
        except StoreDamaged:
            cut = f"{path.name} cannot be read further"
            break
        except StoreError:
            continue  # just begun, or cut off before its first event
        if first is None or last is None:
            continue
        if next_began is not None and next_began - last > ONCE and found:
            holes.append((Nanos(last), Nanos(next_began), "the program was not running"))
        next_began = first
        if rows is None:
            cut = "older journals were not searched: it would take too long"
            break
        found = [Print(one.at, one.price * scale, one.lots * lot, _bought(one)) for one in rows] + found
        sessions += bool(rows)
        if len(found) >= most:
            cut = f"the last {most:,} trades".replace(",", "\u00a0")
            break
    first_print = found[0].at if found else before
    return Past(found, [hole for hole in reversed(holes) if hole[1] > first_print], sessions, cut)


def _bought(one: Trade) -> bool | None:
    return None if one.taker is None else one.taker is Side.BUY


def _session(
    path: Path, instrument: InstrumentId, before: int, most: int, deadline: float
) -> tuple[int | None, int | None, list[Trade] | None]:
    """Return when a session's first and last events came, and its trades before a moment; None when time ran out."""
    extent = journal.extent(path)
    if extent is None:
        return None, None, []
    told: list[Trade] = []
    for part in reversed(journal.parts(path)):
        with database.reader(part) as connection:
            bodies = _bodies(connection, instrument, before, most - len(told), deadline)
        if bodies is None:
            return *extent, None
        for body in bodies:
            try:
                one = _decode(body)
            except msgspec.MsgspecError as e:
                msg = f"{part} holds an unreadable trade ({e})"
                raise StoreDamaged(msg) from e
            if one.instrument == instrument:
                told.append(one)
        if len(told) >= most:
            break
    return *extent, told[::-1]


def _bodies(
    connection: sqlite3.Connection, instrument: InstrumentId, before: int, most: int, deadline: float
) -> list[bytes] | None:
    """Return trades that may be the instrument's, newest first; None when time ran out."""
    query = """SELECT body FROM events WHERE kind = 'Trade' AND at < ? AND instr(body, CAST(? AS BLOB)) > 0
        ORDER BY seq DESC LIMIT ?"""
    rows = _bounded(connection, deadline, lambda: connection.execute(query, (before, instrument.symbol, most)))
    if rows is None:
        return None
    found: list[bytes] = [body for (body,) in rows]
    if not journal.has(connection, "blocks"):
        return found
    symbol = instrument.symbol.encode()
    for (block,) in connection.execute("SELECT body FROM blocks WHERE first_at < ? ORDER BY first DESC", (before,)):
        if len(found) >= most:
            break
        if time.monotonic() > deadline:
            return None
        entries = reversed(journal.unpack(block))
        found += (one.body for one in entries if one.kind == "Trade" and one.at < before and symbol in one.body)
    return found[:most]


def _bounded(connection: sqlite3.Connection, deadline: float, ask: Callable[[], sqlite3.Cursor]) -> list[Any] | None:
    """Return all rows of a query, or None when it would take longer than the deadline."""
    import sqlite3

    connection.set_progress_handler(lambda: time.monotonic() > deadline, CHECK_EVERY)
    try:
        return ask().fetchall()
    except sqlite3.OperationalError as e:
        if time.monotonic() > deadline and "interrupt" in str(e):
            return None
        raise


def _own(ledger: Path, instrument: InstrumentId, before: int, most: int, deadline: float) -> Past:
    """Return trades of our own exchange, which the ledger has for good."""
    market, outcome = outcome_of(instrument)
    query = """SELECT at, after, qty, side, leg FROM trades
        WHERE market = ? AND outcome = ? AND at < ? AND COALESCE(via, 0) <> ? ORDER BY seq DESC LIMIT ?"""
    try:
        with database.reader(ledger) as connection:
            asked = (market, outcome, before, RESTED, most)
            rows = _bounded(connection, deadline, lambda: connection.execute(query, asked))
    except StoreError:
        return Past([], [], 0, "the ledger cannot be read")
    if rows is None:
        return Past([], [], 0, "the ledger was not searched: it would take too long")
    found = [
        Print(at, after / PER_TICK, float(qty), (side == "buy") is (leg == "YES"))
        for at, after, qty, side, leg in reversed(rows)
    ]
    return Past(found, [], 0, f"the last {most:,} trades".replace(",", "\u00a0") if len(found) >= most else "")
