"""Sheets: exact, unknown is empty, and nothing that a spreadsheet would run."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.units import Nanos
from engine.views.sheet import FORMULA, NUMBER, Sheet, as_csv, as_markdown, as_tsv, moment, safe, text

CELLS = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text()


def read(found):
    return list(csv.reader(io.StringIO(found, newline="")))


def test_a_sheet_as_csv_to_the_byte():
    rows = (("KMDW, 84–85", Decimal("0.10"), -3, None), ('say "hi"', Decimal("-1E-7"), 0, 0.5))
    sheet = Sheet("fills", ("market", "fee $", "qty", "slip c"), rows)
    assert as_csv(sheet) == ('market,fee $,qty,slip c\n"KMDW, 84–85",0.10,-3,\n"say ""hi""",-0.0000001,0,0.5\n')


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_comes_back_as_it_was(value):
    (_, (found,)) = read(as_csv(Sheet("x", ("money",), ((value,),))))
    assert Decimal(found) == value


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
@example([("=HYPERLINK(1)", "-2+3")])
@example([("\t=1", "＝1")])
@example([(None, "\r0"), ("a\r=1", None)])
def test_no_cell_of_a_csv_is_a_formula_and_none_is_lost(rows):
    sheet = Sheet("x", ("a", "b"), tuple(rows))
    try:
        found = read(as_csv(sheet))
    except csv.Error:  # a zero byte: no reader of Python's takes it
        return
    for row, cells in zip(rows, found[1:], strict=False):
        for value, cell in zip(row, cells, strict=False):
            assert not cell.startswith(FORMULA) or NUMBER.fullmatch(cell)
            assert cell in {text(value), f"'{text(value)}"}


@pytest.mark.parametrize("words", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝1"])
def test_what_a_spreadsheet_runs_gets_an_apostrophe(words):
    assert safe(words) == f"'{words}"
    assert words not in as_tsv(Sheet("x", ("a",), ((words,),))).split("\n")


@pytest.mark.parametrize("words", ["-12.50", "+3", "1e-7", "84–85", "", "a=b"])
def test_numbers_and_words_stay_as_they_are(words):
    assert safe(words) == words


def test_a_moment_is_utc_and_nanoseconds_and_unknown_is_empty():
    assert moment(Nanos(1_751_565_180_000_000_001)) == ("2025-07-03T17:53:00.000000001Z", 1_751_565_180_000_000_001)
    assert moment(None) == ("", None)


def test_what_is_no_number_is_empty():
    assert [text(one) for one in (float("nan"), float("inf"), Decimal("NaN"), None)] == ["", "", "", ""]


def test_tab_separated_rows_stay_rows():
    found = as_tsv(Sheet("x", ("a", "b"), (("one\ttwo\nthree", "four"),)))
    assert [line.split("\t") for line in found.split("\n")] == [["a", "b"], ["one two three", "four"]]


def test_markdown_is_never_markup():
    found = as_markdown(Sheet("x", ("a",), (("| <img src=x> `code`\n# no",),)))
    assert found == "| a |\n|---|\n| \\| \\<img src=x\\> \\`code\\` \\# no |\n"
