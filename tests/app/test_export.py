from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import shutil
from decimal import Decimal
from importlib.util import find_spec

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli
from app.commands import export, export_archive, export_ledger
from app.commands.export_columns import COLUMNS
from engine.core import codec, unpriced
from engine.core.effects import Row
from engine.core.events import Due
from engine.core.instrument import Roster
from engine.core.units import Nanos
from engine.store import database, journal, ledger, migrations
from engine.venues.rysk import wire
from engine.views.sheet import FORMULA
from tests.faults.work import START, order_row
from tests.old_ledgers import make


@pytest.fixture
def profile(tmp_path):
    """A profile with a ledger of twenty trades and three settlements, and a journal."""
    path = tmp_path / "ledger-paper.db"
    shutil.copy(make.HERE / "m001_first.db", path)
    migrations.apply(path)
    (tmp_path / "journal").mkdir()
    session = journal.new_session(tmp_path / "journal", START)
    connection = journal.create(session)
    rows = [(n, n, "Due", codec.encode(Due(at=Nanos(n), what=f"w{n}")), b"d") for n in range(1, 4)]
    journal.append(connection, rows)
    connection.close()
    return tmp_path


def run(capsys, profile, *words):
    code = cli.run(["export", *words, "--profile", str(profile)])
    said = capsys.readouterr()
    return code, said.out, said.err


def rows(capsys, profile, *words):
    code, out, err = run(capsys, profile, *words, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_every_table_comes_out_in_both_formats(profile, capsys):
    for table in (*export_ledger.TABLES, "journal"):
        found = rows(capsys, profile, table)
        code, out, err = run(capsys, profile, table)
        assert (code, err) == (0, "")
        assert len(list(csv.DictReader(io.StringIO(out)))) == len(found)


def test_an_empty_table_has_its_header_in_every_format(profile, tmp_path, capsys):
    """It came out as a file of no bytes, in which no reader finds a column."""
    for table in (*export_ledger.TABLES, *export_archive.ARCHIVED, "journal"):
        found = rows(capsys, profile, table)
        header = ",".join(COLUMNS[table])
        _, out, _ = run(capsys, profile, table)
        assert out.splitlines()[0] == header, table
        if found:
            assert [list(row) for row in found] == [list(COLUMNS[table])] * len(found), table
        if table in export_ledger.TABLES:
            _, out, _ = run(capsys, profile, table, "--since", "2100-01-01")
            assert out == f"{header}\n"
            assert rows(capsys, profile, table, "--since", "2100-01-01") == []
    assert COLUMNS.keys() == {*export_ledger.TABLES, *export_archive.ARCHIVED, "journal"}


def test_an_empty_parquet_file_has_the_tables_columns(profile, tmp_path, capsys):
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "empty.parquet"
    assert run(capsys, profile, "orders", "--since", "2100-01-01", "--format", "parquet", "--out", str(file))[0] == 0
    with duckdb.connect() as connection:
        columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
    assert [name for name, *_ in columns] == list(COLUMNS["orders"])


def test_money_is_text_and_times_are_utc(profile, capsys):
    fill = rows(capsys, profile, "fills")[0]
    assert isinstance(fill["cost"], str)
    assert fill["at"] == "2026-06-21T00:00:01Z"


def _ordered(profile, **facts):
    """Put one more order into the ledger."""
    row = order_row(900, START, "filled").values | facts
    _written(profile, Row("orders", row))


def _written(profile, row):
    with contextlib.closing(database.connect(profile / "ledger-paper.db", full=True)) as connection:
        ledger.prepare(connection)
        ledger.write(connection, [row])


def test_a_fee_that_is_not_known_in_dollars_is_empty(profile, capsys):
    with contextlib.closing(database.connect(profile / "ledger-paper.db", full=False)) as connection:
        first, second = (trade for (trade,) in connection.execute("SELECT trade_id FROM fills LIMIT 2"))
        query = "UPDATE fills SET fee = '0', tag = ? WHERE trade_id = ?"
        connection.execute(query, (unpriced.marked("mine", "0.0001 BNB"), first))
        connection.commit()
    told = {row["trade_id"]: (row["fee"], row["tag"]) for row in rows(capsys, profile, "fills")}
    assert told[first] == (None, "mine fee not in dollars: 0.0001 BNB")
    assert told[second][0] is not None


def test_a_price_of_an_order_is_told_in_money_and_not_in_ticks(profile, capsys):
    """A limit of 49 cents came out as 4900; an option's by ticks that are its own."""
    terms = wire.Terms("0x" + 40 * "a", 1791532800, put=False, strike=3000 * 10**8)
    asset = wire.Asset(terms.asset, "WETH", "ETH", Decimal(1), Decimal(100), active=True)
    family, option = wire.listing(terms, asset)
    body = msgspec.json.encode(Roster(family=family, instruments=(option,))).decode()
    _written(profile, Row("listings", {"family": family.id, "body": body}))
    _ordered(profile, id="o-900", intent="a", venue="kalshi", symbol="KX-A", price=4900)
    _ordered(profile, id="o-901", intent="b", venue="rysk", symbol=option.id.symbol, price=41_500_000)
    _ordered(profile, id="o-902", intent="c", venue="lmsr", price=None)
    found = {row["id"]: row["price"] for row in rows(capsys, profile, "orders")}
    assert [found[name] for name in ("o-900", "o-901", "o-902")] == ["0.49", "41.5", None]


def test_json_is_json_however_it_is_asked_for(profile, capsys):
    assert cli.run(["--json", "export", "orders", "--profile", str(profile)]) == 0
    assert json.loads(capsys.readouterr().out)
    code, out, err = run(capsys, profile, "orders", "--json", "--format", "csv")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    code, out, _ = run(capsys, profile, "session", "--json", "--out", str(profile / "s.parquet"))
    assert code == 0
    assert json.loads(out)["events"] == 3


def test_positions_are_ours(profile, capsys):
    (position,) = rows(capsys, profile, "positions")
    fills = rows(capsys, profile, "fills")
    assert position["title"] == "CHI rain > 2.5 mm"
    assert position["status"] == "open"
    assert 0 < float(position["qty"]) < sum(float(fill["qty"]) for fill in fills)


def test_settlements_carry_their_evidence_and_the_bytes_that_were_hashed(profile, capsys):
    for record in rows(capsys, profile, "settlements"):
        assert record["evidence"][0]["station"] == "KMDW"
        assert hashlib.sha256(record["body"].encode()).hexdigest() == record["hash"]


def test_since_leaves_out_what_was_before(profile, capsys):
    assert [row["id"] for row in rows(capsys, profile, "orders", "--since", "2026-06-21T00:00:19Z")] == [
        "o-000019",
        "o-000020",
    ]
    assert rows(capsys, profile, "settlements", "--since", "2027-01-01") == []


def test_the_journal_comes_out_as_events(profile, capsys):
    found = rows(capsys, profile, "journal")
    assert [(row["seq"], row["kind"], row["event"]["what"]) for row in found] == [
        (1, "Due", "w1"), (2, "Due", "w2"), (3, "Due", "w3"),
    ]  # fmt: skip


def _spoil(profile, statement):
    (session,) = journal.sessions(profile / "journal")
    with contextlib.closing(database.connect(session, full=False)) as connection:
        connection.execute(statement)
    return session


@pytest.mark.parametrize("body", ["00ff", "a4ffffffff", "91" * 5_000])
def test_an_event_that_cannot_be_read_ends_the_journal_and_is_told(profile, capsys, body):
    session = _spoil(profile, f"UPDATE events SET body = x'{body}' WHERE seq = 2")
    code, out, err = run(capsys, profile, "journal", "--json")
    assert code == 0
    assert [row["seq"] for row in json.loads(out)] == [1]
    assert err.startswith(f"atmx: {session}: event 2 cannot be read (")
    assert err.count("\n") == 1


@pytest.mark.skipif(find_spec("duckdb") is None, reason="needs the extra research")
def test_a_session_that_lacks_an_event_is_told_to_end_there(profile, capsys):
    session = _spoil(profile, "DELETE FROM events WHERE seq = 2")
    code, out, err = run(capsys, profile, "session", "--out", str(profile / "day.parquet"))
    assert (code, err) == (0, f"atmx: {session}: entry 2 is missing\n")
    assert "1 events" in out
    _spoil(profile, "UPDATE events SET body = x'00' WHERE seq = 1")
    code, out, err = run(capsys, profile, "session", "--out", str(profile / "day.parquet"))
    assert (code, out) == (2, "")
    assert err.startswith(f"atmx: {session}: event 1: ")


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "-1-1", "=HYPERLINK(1)"])
def test_no_text_becomes_a_formula(text, profile, capsys):
    connection = database.connect(profile / "ledger-paper.db", full=True)
    ledger.prepare(connection)
    ledger.write(connection, [Row("orders", order_row(99, START, "refused").values | {"why": text, "filled": "-1.5"})])
    connection.close()
    _, out, _ = run(capsys, profile, "orders")
    last = next(row for row in csv.DictReader(io.StringIO(out)) if row["id"] == "o-000099")
    assert last["why"] == f"'{text}"
    assert last["filled"] == "-1.5"
    assert rows(capsys, profile, "orders")[0]["why"] in ("", text)


@pytest.mark.parametrize("text", ["two\r\nlines", "old\rMac", 'a "word"\r', "\r=1+1"])
def test_a_carriage_return_ends_no_row(text, profile, capsys):
    connection = database.connect(profile / "ledger-paper.db", full=True)
    ledger.prepare(connection)
    ledger.write(connection, [Row("orders", order_row(99, START, "refused").values | {"why": text})])
    connection.close()
    assert run(capsys, profile, "orders", "--out", str(profile / "orders.csv"))[0] == 0
    with (profile / "orders.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    (row,) = (row for row in found if row["id"] == "o-000099")
    assert row["why"].removeprefix("'") == text
    assert len(found) == 21


@given(st.text())
def test_a_cell_begins_as_a_formula_only_if_it_is_a_number(text):
    cell = export.cell(text)
    assert not str(cell).startswith(FORMULA) or float(str(cell)) is not None


@pytest.mark.parametrize(
    "words",
    [
        "session --since 2026-06-21 --out {}", "telemetry --since 2026-06-21 --out {}",
        "map --since 2026-06-21 --out {}", "fills --session 20260621T000000Z", "positions --session latest",
        "archive --session x", "orders --market m", "journal --market m",
    ],
)  # fmt: skip
def test_what_a_table_does_not_look_at_is_refused(words, profile, capsys):
    """`export fills --session NAME` gave the fills of every session."""
    out = profile / "out"
    code, said, err = run(capsys, profile, *words.format(out).split())
    assert (code, said) == (2, "")
    assert err.startswith(f"atmx: --{words.split(' --')[1].split()[0]}: ")
    assert err.count("\n") == 1
    assert not out.exists()


def test_no_ledger_is_written_over(profile, capsys):
    for name in ("ledger-paper.db", *(f"journal/{one.name}" for one in journal.sessions(profile / "journal"))):
        before = (profile / name).read_bytes()
        for form in ("csv", "json", "parquet"):
            code, out, err = run(capsys, profile, "fills", "--format", form, "--out", str(profile / name))
            assert (code, out) == (2, "")
            assert "is not written over" in err
        assert (profile / name).read_bytes() == before


def test_a_file_is_written_when_asked(profile, capsys):
    code, out, _ = run(capsys, profile, "fills", "--out", str(profile / "fills.csv"))
    assert (code, out) == (0, "")
    assert (profile / "fills.csv").read_text().startswith("trade_id,order_id,")


@pytest.mark.skipif(find_spec("duckdb") is not None, reason="the extra research is installed")
def test_parquet_names_what_it_lacks(profile, capsys):
    code, _, err = run(capsys, profile, "fills", "--format", "parquet", "--out", str(profile / "fills.parquet"))
    assert code == 3
    assert "research" in err


@pytest.mark.skipif(find_spec("duckdb") is None, reason="needs the extra research (duckdb)")
def test_parquet_holds_the_same_rows(profile, capsys):
    import duckdb

    out = profile / "fills.parquet"
    assert run(capsys, profile, "fills", "--format", "parquet", "--out", str(out))[0] == 0
    with duckdb.connect() as connection:
        costs = connection.execute(f"SELECT cost FROM '{out}'").fetchall()
    assert [cost for (cost,) in costs] == [row["cost"] for row in rows(capsys, profile, "fills")]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("photos",), "photos"),
        (("fills", "--since", "yesterday"), "--since"),
        (("fills", "--live"), "ledger.db"),
        (("fills", "--format", "parquet"), "--out"),
        (("journal", "--session", "none"), "--session"),
        (("fills", "--out", "/nowhere/at/all.csv"), "--out"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(words, text, profile, capsys):
    code, out, err = run(capsys, profile, *words)
    assert (code, out) == (2, "")
    assert text in err.splitlines()[-1]
