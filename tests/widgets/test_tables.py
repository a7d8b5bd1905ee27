from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from widgets.tables import CHIP, NUMBER, WORD, Cell, Column, RowsModel, quoted


class Row(NamedTuple):
    id: int
    name: str
    qty: float | None


COLUMNS = (
    Column(
        key="name",
        header="market",
        width=100,
        kind=WORD,
        cell=lambda r: Cell(r.name, tip=r.name),
        sort=lambda r: r.name,
    ),
    Column(key="qty", header="qty", width=60, kind=NUMBER, cell=lambda r: str(r.qty), sort=lambda r: r.qty),
    Column(key="state", header="state", width=80, kind=CHIP, cell=lambda r: "OK"),
)
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def model(qapp):
    model = RowsModel(COLUMNS, lambda r: r.id)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield model
    tester.deleteLater()


def shown(model):
    return [row.id for row in model.rows()]


def changes(model, rows, total=None):
    told = []
    model.dataChanged.connect(lambda a, b: told.append((a.row(), a.column(), b.column())))
    model.set_rows(rows, total)
    return told


def test_nine_comes_before_ten(model):
    model.set_rows([Row(1, "a", 10), Row(2, "b", 9), Row(3, "c", 100)])
    model.sort(1, UP)
    assert [row.qty for row in model.rows()] == [9, 10, 100]
    model.sort(1, DOWN)
    assert [row.qty for row in model.rows()] == [100, 10, 9]


def test_unknown_values_come_last_both_ways(model):
    model.set_rows([Row(1, "a", None), Row(2, "b", 9), Row(3, "c", 10)])
    model.sort(1, UP)
    assert shown(model) == [2, 3, 1]
    model.sort(1, DOWN)
    assert shown(model) == [3, 2, 1]


def test_no_column_means_the_order_given(model):
    model.set_rows([Row(1, "b", 2), Row(2, "a", 1)])
    model.sort(0, UP)
    assert shown(model) == [2, 1]
    model.sort(-1, UP)
    assert shown(model) == [1, 2]


def test_a_column_without_a_value_cannot_be_sorted(model):
    model.set_rows([Row(2, "b", 2), Row(1, "a", 1)])
    model.sort(2, UP)
    assert shown(model) == [2, 1]


def test_only_cells_that_changed_are_reported(model):
    model.set_rows([Row(1, "a", 1), Row(2, "b", 2)])
    assert changes(model, [Row(1, "a", 1), Row(2, "b", 3)]) == [(1, 1, 1)]
    assert model.cell(1, 1).text == "3"


def test_the_same_view_again_reports_nothing(model):
    rows = [Row(1, "a", 1), Row(2, "b", 2)]
    model.set_rows(rows)
    assert changes(model, list(rows)) == []


def test_cells_are_made_when_somebody_looks_at_them_and_then_kept(qapp):
    made = []
    counted = Column(key="qty", header="qty", width=60, cell=lambda r: made.append(r.id) or str(r.qty))
    model = RowsModel((counted,), lambda r: r.id)
    model.set_rows([Row(n, "a", n) for n in range(1_000)])
    assert made == []
    assert [model.cell(7, 0).text, model.cell(7, 0).text] == ["7", "7"]
    assert made == [7]
    model.write_anew()
    assert model.cell(7, 0).text == "7"
    assert made == [7, 7]


def test_neighbouring_cells_are_reported_together(model):
    model.set_rows([Row(1, "a", 1)])
    assert changes(model, [Row(1, "b", 2)]) == [(0, 0, 1)]


def test_a_persistent_index_follows_its_row(model):
    model.set_rows([Row(1, "a", 1), Row(2, "b", 2), Row(3, "c", 3)])
    index = QPersistentModelIndex(model.index(1, 0))
    model.sort(1, DOWN)
    model.set_rows([Row(4, "d", 0), Row(3, "c", 3), Row(2, "b", 9)])
    assert model.row(index.row()).id == 2


def test_a_new_row_takes_its_place_in_the_sorting(model):
    model.set_rows([Row(1, "a", 1), Row(2, "b", 3)])
    model.sort(1, UP)
    model.set_rows([Row(1, "a", 1), Row(2, "b", 3), Row(3, "c", 2)])
    assert shown(model) == [1, 3, 2]


def test_the_total_stays_last_and_cannot_be_chosen(model):
    total = {"name": Cell("Total"), "qty": Cell("12")}
    model.set_rows([Row(1, "a", 10), Row(2, "b", 2)], total)
    model.sort(1, UP)
    assert model.rowCount() == 3
    assert model.is_total(2)
    assert model.cell(2, 1).text == "12"
    assert model.cell(2, 2).text == ""
    assert model.flags(model.index(2, 0)) == Qt.ItemFlag.NoItemFlags
    assert changes(model, [Row(1, "a", 10), Row(2, "b", 2)], total | {"qty": Cell("13")}) == [(2, 1, 1)]
    model.set_rows([], None)
    assert model.rowCount() == 0


def test_what_the_view_asks_for(model):
    model.set_rows([Row(1, "a", 1)])
    index = model.index(0, 0)
    assert model.data(index) == "a"
    assert model.data(index, Qt.ItemDataRole.ToolTipRole) == "<qt>a</qt>"
    assert model.data(model.index(0, 1), Qt.ItemDataRole.ToolTipRole) is None
    assert model.data(model.index(0, 1), Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert model.headerData(1, Qt.Orientation.Horizontal) == "qty"
    assert model.place_of(1) == 0
    assert model.place_of(7) is None
    assert model.row(5) is None


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(0, 8), st.none() | st.integers(-9, 99), max_size=8),
            st.sampled_from([(-1, UP), (0, DOWN), (1, UP), (1, DOWN)]),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_whatever_comes_the_model_shows_exactly_that(qapp, steps):
    model = RowsModel(COLUMNS, lambda r: r.id)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for given_rows, (column, order), total in steps:
        rows = [Row(number, str(number), qty) for number, qty in given_rows.items()]
        model.set_rows(rows, {"qty": Cell("T")} if total else None)
        model.sort(column, order)
        assert sorted(model.rows()) == sorted(rows, key=lambda r: r.id)
        assert model.rowCount() == len(rows) + total
        assert [model.cell(at, 1).text for at in range(len(rows))] == [str(row.qty) for row in model.rows()]
    tester.deleteLater()


def test_where_each_price_says_its_unit_the_header_says_none_and_exports_keep_theirs():
    columns = [
        Column(key="price", header="price c", width=50, cell=str),
        Column(key="fee", header="fee $", width=50, cell=str),
    ]
    assert [one.header for one in quoted(columns, cents=True)] == ["price c", "fee $"]
    assert [one.header for one in quoted(columns, cents=False)] == ["price", "fee $"]
    assert [one.headers() for one in quoted(columns, cents=False)] == [("price c",), ("fee $",)]


@pytest.mark.parametrize(
    ("shown", "words"),
    [("71.0", "71.0c"), ("$1\u00a0135.0", "$1\u00a0135.0"), ("0.0505 BTC", "0.0505 BTC"), ("—", "—"), ("", "")],
)
def test_a_price_in_cents_among_dollars_says_that_it_is(shown, words):
    """Under a header without a unit 71.0 was read as dollars."""
    column = Column(key="price", header="price c", width=50, cell=str, sort=lambda _: 71.0)
    (own,) = quoted([column], cents=False)
    assert own.show(shown).text == words
    assert own.values("71.0") == column.values("71.0") == (71.0,)
    (styled,) = quoted([Column(key="mark", header="mark c", width=50, cell=lambda r: Cell(r, "fair"))], cents=False)
    assert styled.show(shown) == Cell(words, "fair")


def test_rows_of_one_id_are_each_shown_and_each_its_own(model):
    one, two, other = Row(1, "a", 10), Row(1, "b", 20), Row(2, "c", 5)
    model.set_rows([one, two, other])
    assert model.rows() == (one, two, other)
    model.sort(1, UP)
    assert model.rows() == (other, one, two)
    later = Row(1, "b", 3)
    model.set_rows([one, later, other])
    assert model.rows() == (later, other, one)
    assert [model.cell(at, 0).text for at in range(3)] == ["b", "c", "a"]
    model.set_rows([later, other])
    assert model.rows() == (later, other)
    assert model.place_of(1) == 0
