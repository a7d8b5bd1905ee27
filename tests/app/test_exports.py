"""Sheets as files."""

import csv
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from app import exports
from engine.core.errors import InputError, Unavailable
from engine.core.units import Nanos
from engine.views.sheet import Sheet

AT = Nanos(1_783_107_127_000_000_001)
SHEET = Sheet(
    "Alerts & orders",
    ("at ns", "name", "fee $", "share", "known"),
    ((1, "=1+1", Decimal("0.10"), 0.25, None), (2, "ü", Decimal("-12345678901234567890.123456789"), 1, True)),
)


def test_a_csv_file_is_named_after_table_and_moment_and_read_back_exactly(tmp_path):
    path = exports.write(SHEET, "csv", tmp_path / "exports", AT)
    assert path.name == "alerts-orders-20260703T193207Z.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["at ns", "name", "fee $", "share", "known"],
        ["1", "'=1+1", "0.10", "0.25", ""],
        ["2", "ü", "-12345678901234567890.123456789", "1", "true"],
    ]


def test_a_second_export_of_the_same_moment_gets_a_name_of_its_own(tmp_path):
    first, second = (exports.write(SHEET, "csv", tmp_path, AT) for _ in range(2))
    assert first != second
    assert first.read_bytes() == second.read_bytes()


def test_two_that_ask_for_a_name_at_once_get_two(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: exports.free(tmp_path, "table", "csv"), range(40)))
    assert len(set(found)) == 40


def test_a_parquet_file_that_duckdb_cannot_write_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    pytest.importorskip("duckdb")
    monkeypatch.setattr(exports, "_kinds", lambda sheet: ["BIGINT"] * len(sheet.headers))  # it holds words
    with pytest.raises(Unavailable, match=r"alerts-orders-20260703T193207Z\.parquet was not written: "):
        exports.write(SHEET, "parquet", tmp_path, AT)
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_a_name_for_files_gets_one(tmp_path):
    assert exports.write(SHEET._replace(name="../…"), "csv", tmp_path, AT).parent == tmp_path


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(InputError, match="no form of export: 'xls'"):
        exports.write(SHEET, "xls", tmp_path, AT)


def test_parquet_without_duckdb_says_what_to_install(tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(exports, "import_module", absent)
    with pytest.raises(Unavailable, match=r"pip install 'atmx\[research\]'"):
        exports.write(SHEET, "parquet", tmp_path, AT)


def test_parquet_keeps_decimals_as_text_and_times_as_whole_numbers(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = exports.write(SHEET, "parquet", tmp_path, AT)
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert rows == [
        (1, "=1+1", "0.10", 0.25, None),
        (2, "ü", "-12345678901234567890.123456789", 1.0, True),
    ]
