from __future__ import annotations

import math
import sqlite3

import pytest

from engine.core.effects import Row
from engine.core.errors import StoreError
from engine.store import database, ledger, migrations
from engine.store.tables import TABLES
from tests.faults.work import SESSION, START, Work, cash, market_row, opening, order_row


@pytest.fixture
def books(tmp_path):
    """An open, empty ledger."""
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=True)
    ledger.prepare(connection)
    yield connection
    connection.close()


def keep(books, *rows):
    ledger.check(rows)
    ledger.write(books, rows)


def read(books, query):
    return books.execute(query).fetchall()


def test_a_trade_is_there_in_every_table_as_it_was_given(books):
    keep(books, *opening())
    rows, _ = Work(7, SESSION).bought()
    keep(books, *rows)
    for row in rows:
        names = ", ".join(row.values)
        assert tuple(row.values.values()) in read(books, f"SELECT {names} FROM {row.table}")


def test_cash_gets_its_number_from_the_ledger(books):
    keep(books, *cash(START, "", ("you", "5.000000", "deposit"), ("outside", "-5.000000", "deposit")))
    assert read(books, "SELECT seq, account, amount FROM cash") == [(1, "you", "5.000000"), (2, "outside", "-5.000000")]


def test_a_whole_order_replaces_and_a_partial_one_changes_only_its_columns(books):
    keep(books, order_row(1, START, "sent", edge=2.5), order_row(2, START, "sent"))
    keep(books, order_row(1, START, "working", edge=None))
    keep(books, Row("orders", {"id": "o-000002", "status": "filled", "filled": "1"}))
    assert read(books, "SELECT id, status, filled, edge FROM orders") == [
        ("o-000001", "working", "0", None),
        ("o-000002", "filled", "1", 1.5),
    ]


def test_rows_of_one_keep_take_effect_in_their_order(books):
    keep(
        books,
        order_row(1, START, "sent"),
        Row("orders", {"id": "o-000001", "status": "working"}),
        order_row(1, START, "filled"),
        Row("orders", {"id": "o-000001", "why": "done"}),
    )
    assert read(books, "SELECT status, why FROM orders") == [("filled", "done")]


def test_a_keep_of_many_rows_is_written_whole(books):
    rows = [order_row(number, START, "sent") for number in range(ledger.AT_ONCE * 3 + 1)]
    keep(books, *rows)
    assert read(books, "SELECT COUNT(*) FROM orders") == [(len(rows),)]


def test_what_few_rows_have_is_gone_once_a_whole_row_without_it_comes_with_many_like_it(books):
    some = range(1, ledger.AT_ONCE * 3)
    keep(books, *[order_row(n, START, "working", client=f"c-{n}", until=START, strategy="basis") for n in some])
    keep(books, *[order_row(n, START, "filled", strategy="basis" if n == 5 else None) for n in some if n < 40])
    keep(books, *[order_row(n, START, "filled") for n in some if n != 5])
    query = "SELECT id, status, client, until, strategy FROM orders"
    assert read(books, query) == [(f"o-{n:06d}", "filled", None, None, "basis" if n == 5 else None) for n in some]


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_is_not_named_is_null(table, books):
    assert {default for *_, default, _ in read(books, f"PRAGMA table_info({table})")} == {None}


def test_a_change_of_something_that_is_not_there_undoes_the_whole_keep(books):
    with pytest.raises(StoreError, match="o-000009"):
        keep(books, order_row(1, START, "sent"), Row("orders", {"id": "o-000009", "status": "filled"}))
    assert read(books, "SELECT COUNT(*) FROM orders") == [(0,)]


def test_fills_and_readings_told_twice_count_once(books):
    rows, _ = Work(7, SESSION).bought()
    fills = [row for row in rows if row.table == "fills"]
    reading = Row(
        "readings",
        {"station": "KMDW", "measured_at": START, "kind": "routine", "source": "IEM", "raw": "METAR", "body": "{}"},
    )
    keep(books, *fills, reading)
    keep(books, *fills, reading, reading)
    assert read(books, "SELECT (SELECT COUNT(*) FROM fills), (SELECT COUNT(*) FROM readings)") == [(1, 1)]


def test_what_was_booked_cannot_be_booked_again(books):
    rows, _ = Work(7, SESSION).bought()
    keep(books, *rows)
    with pytest.raises(sqlite3.IntegrityError):
        keep(books, *rows)
    assert read(books, "SELECT COUNT(*) FROM cash") == [(2,)]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (Row("photos", {"id": 1}), "no table 'photos'"),
        (Row("orders; DROP TABLE cash", {"id": 1}), "no table"),
        (Row("meta", {"key": "a", "value": "b", "colour": "c"}), "no column colour"),
        (Row("trades", {"seq": 1}), "a row of trades lacks"),
        (Row("orders", {"status": "sent"}), "a row of orders lacks id"),
        (Row("cash", {"at": 1, "account": "you", "amount": 0.1, "kind": "fee", "ref": ""}), "cash.amount was 0.1"),
        (Row("cash", {"at": 1, "account": "you", "amount": "NaN", "kind": "fee", "ref": ""}), "not a decimal string"),
        (Row("cash", {"at": 1, "account": "you", "amount": None, "kind": "fee", "ref": ""}), "not a decimal string"),
        (Row("cash", {"at": 1, "account": "you", "amount": "1", "kind": "fee", "ref": ""}), "out of balance by 1"),
        (Row("pnl", {"at": 1, "realised": "1e", "unrealised": "0", "fees": "0"}), "pnl.realised was '1e'"),
    ],
)
def test_what_the_ledger_must_not_hold_is_refused_before_it_is_written(row, text):
    with pytest.raises(StoreError, match=text):
        ledger.check([row])


@pytest.mark.parametrize("value", [math.nan, "half", None])
def test_a_value_of_the_wrong_kind_does_not_get_in(value, books):
    row = market_row()
    with pytest.raises(sqlite3.IntegrityError):
        keep(books, Row("markets", row.values | {"b": value}))
    assert read(books, "SELECT COUNT(*) FROM markets") == [(0,)]
