"""Trades read back from disk: journals newest first, the ledger for our own, bounded, with the times between."""

from __future__ import annotations

from contextlib import closing

import pytest

from engine.core import codec
from engine.core.effects import Row
from engine.core.events import Due, Trade
from engine.core.ids import KALSHI, InstrumentId, MarketId, embedded
from engine.core.units import HOUR, SECOND, Lots, Nanos, Side, Ticks
from engine.store import database, journal, migrations, past, tables

ONE, OTHER = InstrumentId(KALSHI, "KXHIGH-B1"), InstrumentId(KALSHI, "KXHIGH-B11")
T0 = 1_783_080_000 * SECOND


def trade(at: int, price: int, instrument=ONE, taker: Side | None = Side.BUY) -> Trade:
    return Trade(at=Nanos(at), instrument=instrument, price=Ticks(price), lots=Lots(200), taker=taker)


def session(folder, began: int, *events) -> None:
    path = journal.new_session(folder, Nanos(began))
    with closing(journal.create(path)) as connection:
        rows = [
            (n, one.at, type(one).__name__, codec.encode(one), b"d")
            for n, one in enumerate((Due(at=Nanos(began), what="beat"), *events), 1)
        ]
        journal.append(connection, rows)


def read(tmp_path, before=T0 + 9 * HOUR, instrument=ONE, **bounds):
    return past.trades(tmp_path / "ledger.db", tmp_path / "journals", instrument, before, 0.01, 0.01, **bounds)


@pytest.fixture
def journals(tmp_path):
    folder = tmp_path / "journals"
    folder.mkdir()
    session(folder, T0, trade(T0 + SECOND, 4_000), trade(T0 + 2 * SECOND, 9_900, OTHER))
    session(folder, T0 + HOUR, Due(at=Nanos(T0 + 2 * HOUR), what="beat"))
    session(folder, T0 + 5 * HOUR, trade(T0 + 5 * HOUR + SECOND, 4_100, taker=None), trade(T0 + 9 * HOUR, 4_200))
    return tmp_path


def test_trades_come_in_their_order_from_all_sessions_and_of_this_instrument_alone(journals) -> None:
    found = read(journals)
    assert [(one.at, one.price, one.qty, one.bought) for one in found.prints] == [
        (T0 + SECOND, 40.0, 2.0, True),
        (T0 + 5 * HOUR + SECOND, 41.0, 2.0, None),
    ]
    assert (found.sessions, found.cut) == (2, "")


def test_the_times_between_sessions_are_holes(journals) -> None:
    assert [(start - T0, end - T0) for start, end, _ in read(journals).holes] == [
        (2 * SECOND, HOUR),
        (2 * HOUR, 5 * HOUR),
    ]


def test_no_more_is_read_than_asked_for(journals) -> None:
    found = read(journals, most=1)
    assert [one.price for one in found.prints] == [41.0]
    assert found.cut == "the last 1 trades"


def test_what_would_take_too_long_is_not_searched_and_said(tmp_path) -> None:
    folder = tmp_path / "journals"
    folder.mkdir()
    session(folder, T0, *(trade(T0 + n, 4_000, OTHER) for n in range(1, 4_000)))
    found = read(tmp_path, longest_s=-1.0)
    assert found.prints == []
    assert found.cut == "older journals were not searched: it would take too long"


def test_a_damaged_journal_ends_the_search_and_an_empty_one_does_not(journals) -> None:
    folder = journals / "journals"
    (folder / "20260706T000000Z.db").write_bytes(b"")
    assert len(read(journals).prints) == 2
    path = journal.sessions(folder)[0]
    with closing(journal.create(path)) as connection:
        journal.append(connection, [(9, T0 + 3 * SECOND, "Trade", b"KXHIGH-B1", b"d")])
    found = read(journals)
    assert [one.price for one in found.prints] == [41.0]
    assert "cannot be read further" in found.cut


def test_trades_of_our_own_exchange_come_from_the_ledger(tmp_path) -> None:
    path = tmp_path / "ledger.db"
    migrations.apply(path)
    terms = {
        "account": "you", "qty": "4", "cost": "2", "fee": "0", "order_id": "o", "intent": "i", "before": 5_000,
    }  # fmt: skip
    rows = [
        Row("trades", {"seq": n, "at": T0 + n, "market": "M", "outcome": outcome, "leg": leg, "side": "buy",
                       "after": 5_000 + n, "via": via} | terms)
        for n, outcome, leg, via in ((1, 0, "YES", None), (2, 1, "YES", None), (3, 0, "NO", 0), (4, 0, "YES", 1))
    ]  # fmt: skip
    with closing(database.connect(path, full=True)) as connection, database.transaction(connection):
        for row in rows:
            connection.execute(
                f"INSERT INTO trades ({', '.join(row.values)}) VALUES ({', '.join('?' * len(row.values))})",
                tuple(row.values.values()),
            )
    found = read(tmp_path, instrument=embedded(MarketId("M"), 0))
    assert [(one.at - T0, one.price, one.bought) for one in found.prints] == [(1, 50.01, True), (3, 50.03, False)]
    assert tables.TABLES["trades"].columns[0] == "seq"


def test_a_ledger_that_is_not_there_is_said(tmp_path) -> None:
    assert read(tmp_path, instrument=embedded(MarketId("M"), 0)).cut == "the ledger cannot be read"
