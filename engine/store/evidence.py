"""What markets are settled by and how they were: reports, sealed records, the trader's notes; from the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.contract import StationValue, Verdict
from engine.core.ids import YOU, MarketId
from engine.core.reading import Reading
from engine.core.snapshot import MarketNoteRow, MarketRow, SettlementRow
from engine.core.units import DAY, Money, Nanos
from engine.core.when import instant
from engine.oracle import chain
from engine.oracle.resolve import DISPUTED
from engine.store.history import money

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from engine.store import records
    from engine.store.database import Connection

OVER: Final = 40
"""Settled markets whose reports a session starts with: a ruling seals them once more."""
RECENT: Final = 2 * DAY
"""Reports that a session starts with whatever they are for, back from the newest."""
ENDED_MARKETS: Final = ("settled", "void")

_reading = msgspec.json.Decoder(Reading)


def reported(connection: sqlite3.Connection | Connection) -> dict[str, tuple[int, int]]:
    """Return when the first and the last report of each station were made; reads little but the ends of an index."""
    query = """WITH RECURSIVE known (station) AS (
            SELECT MIN(station) FROM readings
            UNION ALL SELECT (SELECT MIN(station) FROM readings WHERE station > known.station) FROM known
            WHERE known.station IS NOT NULL
        ) SELECT station, (SELECT MIN(measured_at) FROM readings WHERE station = known.station),
            (SELECT MAX(measured_at) FROM readings WHERE station = known.station)
        FROM known WHERE station IS NOT NULL"""
    return {station: (first, last) for station, first, last in connection.execute(query)}


def readings(connection: sqlite3.Connection, markets: Iterable[MarketRow]) -> tuple[Reading, ...]:
    """Return the reports that markets may need, oldest first: those not yet settled, and the last settled if ruled.

    The last two days' are among them whatever they are for: venues list what no market of ours knows.
    """
    rows = list(markets)
    over = sorted((m for m in rows if m.status in ENDED_MARKETS), key=lambda m: -(m.record or 0))
    since: dict[str, int] = {}
    for market in (*(m for m in rows if m.status not in ENDED_MARKETS), *over[:OVER]):
        for station in market.contract.stations:
            opens = market.contract.opens - DAY
            since[station.id] = min(opens, since.get(station.id, opens))
    spans = reported(connection)
    recent = max((last for _, last in spans.values()), default=0) - RECENT
    for code, (_, last) in spans.items():
        if last >= recent:
            since[code] = min(recent, since.get(code, recent))
    query = "SELECT measured_at, body FROM readings WHERE station = ? AND measured_at >= ? ORDER BY measured_at, rowid"
    found = [row for code in sorted(since) for row in connection.execute(query, (code, since[code]))]
    return tuple(_reading.decode(body) for _, body in sorted(found, key=lambda row: row[0]))


def market_notes(connection: sqlite3.Connection) -> tuple[MarketNoteRow, ...]:
    """Return what the trader wrote to settlements; what was taken away is left out."""
    query = "SELECT market, at, note FROM market_notes WHERE note <> '' ORDER BY market"
    return tuple(
        MarketNoteRow(market=MarketId(market), at=Nanos(at), note=note)
        for market, at, note in connection.execute(query)
    )


def settlements(connection: sqlite3.Connection, found: records.Found) -> tuple[SettlementRow, ...]:
    """Return the settlement records that hold, in order, read from their sealed bodies."""
    sound = found.head.length if found.first_bad is None else found.first_bad
    query = "SELECT seq, prev, hash, body FROM settlements ORDER BY seq LIMIT ?"
    return tuple(_settlement(*row) for row in connection.execute(query, (sound,)))


def _settlement(seq: int, prev: str, hashed: str, body: str) -> SettlementRow:
    payload = msgspec.json.decode(body)["payload"]
    observed, spread = payload["observed_value"], payload.get("spread")
    verdict = Verdict(
        outcome=payload["outcome"],
        winner=payload["winner"],
        reason=payload["reason"],
        detail=payload["detail"],
        value=None if observed is None else Decimal(observed),
        stations=msgspec.convert(payload["stations"], tuple[StationValue, ...], strict=False),
        spread=None if spread is None else Decimal(spread),
    )
    return SettlementRow(
        seq=seq,
        prev=prev,
        hash=hashed,
        at=instant(payload["settled_at"]),
        market=MarketId(payload["market"]),
        title=payload["title"],
        verdict=verdict,
        paid=Money(sum((money(p["amount"]) for p in payload["payouts"] if p["account"] == YOU), Decimal(0))),
        supersedes=payload["supersedes"],
        proof=chain.proof(payload.get("evidence")) if payload["outcome"] == DISPUTED else "",
    )
