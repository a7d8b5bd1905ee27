"""Exports of tables: exact behind what is shown, all columns, and a menu that every dock with rows has."""

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app import docks
from engine.core.units import Money, Nanos, Qty
from engine.views import topics
from engine.views.sheet import CSV, Sheet, as_csv
from tests.widgets import account_views as views
from tests.widgets import views_sample as samples
from widgets import exporting, log, view_sheets
from widgets.brackets import BoardPanel
from widgets.fills import FillsPanel
from widgets.markets import MarketsPanel
from widgets.orders import OrdersPanel
from widgets.positions import PositionsPanel
from widgets.tables import Column
from widgets.tableview import RowsTable

ROWED = {
    "markets", "board", "positions", "orders", "fills", "pnl", "tape", "gates", "scenarios", "alerts", "rules",
    "connections", "latency", "settlements", "chain", "evidence", "strategies", "quoter", "log",
    "options", "smile", "legs", "payoff", "rfq", "hedges", "gaps",
}  # fmt: skip
"""Docks with rows; the others are pictures, an order's form, and prices whose rows are an axis."""


def records(sheet):
    return [dict(zip(sheet.headers, row, strict=True)) for row in sheet.rows]


@pytest.fixture(scope="module")
def panel(qapp):
    """The fills dock with one fill of awkward numbers."""
    panel = FillsPanel()
    panel.resize(300, 200)
    row = views.fill(qty=Qty(Decimal("0.123456")), price=43.125, fee=Money(Decimal("0.0175")), trade_id="t" * 60)
    panel.render(topics.FILLS, views.fills(row))
    panel.show()
    yield panel
    panel.deleteLater()


def test_a_fill_is_exported_to_its_last_digit_with_units_and_both_times(panel):
    (found,) = records(panel.table.sheet())
    assert found["qty shares"] == Decimal("0.123456")
    assert found["price c"] == 43.125
    assert found["fee $"] == Decimal("-0.0175")
    assert found["id"] == "t" * 60
    assert found["time UTC"].endswith("Z")
    assert found["time ns"] == views.fill().at


def test_columns_that_do_not_fit_or_are_hidden_are_exported_too(panel):
    panel.table.hide_column("side")
    assert "side" in panel.table.sheet().headers
    panel.table.hide_column("side", hidden=False)


def test_every_dock_with_rows_offers_them(qtbot):
    now = lambda: Nanos(0)  # noqa: E731
    for made in (docks.weather(now), docks.updown(), docks.options(), docks.making(), docks.settle(now)):
        for name, make in made.items():
            one = make()
            qtbot.addWidget(one)
            sheets = [sheet() for sheet in one.sheets()]
            assert sheets or name not in ROWED, name
            for sheet in sheets:
                assert sheet.name not in {"", "table"}, name
                assert len(set(sheet.headers)) == len(sheet.headers), name


def test_what_a_column_is_ordered_by_is_taken_only_where_it_is_what_it_shows():
    ranked = Column(key="a", header="used", width=10, cell=lambda r: f"{r} of 5", sort=lambda r: r)
    rounded = Column(key="b", header="c", width=10, cell=lambda r: f"{r:.1f}", sort=lambda r: r)
    unlike = Column(key="d", header="fee", width=10, cell=lambda r: f"{-r:.1f}", sort=lambda r: r)
    unknown = Column(key="e", header="x", width=10, cell=lambda r: "—", sort=lambda r: None)
    assert ranked.values(3) == ("3 of 5",)
    assert rounded.values(3.14159) == (3.14159,)
    assert unlike.values(3.14159) == ("-3.1",)
    assert unknown.values(3) == ("",)


def test_the_sum_is_no_row(qtbot):
    panel = PositionsPanel()
    qtbot.addWidget(panel)
    panel.render(topics.SPINE, views.spine())
    panel.render(topics.POSITIONS, views.positions(views.position(), views.position(1)))
    (sheet,) = [make() for make in panel.sheets()]
    assert panel.table.rows.has_total()
    assert len(sheet.rows) == 2
    assert records(sheet)[0]["closes ns"] == views.position().closes


def test_a_hostile_market_name_is_text_in_every_form(qtbot):
    panel = OrdersPanel()
    qtbot.addWidget(panel)
    panel.render(topics.SPINE, views.spine())
    panel.render(topics.ORDERS, views.orders(views.order(market="=cmd|' /C calc'!A0")))
    (sheet,) = [make() for make in panel.sheets()]
    assert "'=cmd|" in as_csv(sheet)
    panel.table.selectAll()
    QTest.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "\t'=cmd|" in QGuiApplication.clipboard().text()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # offscreen, any menu
def test_the_first_line_of_the_menu_asks_for_a_file(panel):
    asked = []
    panel.sheet_wanted.connect(lambda sheet, form: asked.append((sheet, form)))
    panel.offer_export()
    menu = next(m for m in panel.findChildren(QMenu) if m.isVisible())
    menu.actions()[0].trigger()
    menu.close()
    assert [(type(s), s.name, f) for s, f in asked] == [(Sheet, "Fills", CSV)]


def test_the_menu_says_what_parquet_needs_and_copies_without_a_dock(qtbot, monkeypatch):
    table = RowsTable(log.columns(lambda: 0), lambda row: row.id)
    qtbot.addWidget(table)
    monkeypatch.setattr(exporting, "find_spec", lambda _name: None)
    menu = QMenu()
    qtbot.addWidget(menu)
    table.fill_export(menu)
    csv, parquet, _, *copies = menu.actions()
    assert (csv.isEnabled(), parquet.isEnabled()) == (False, False)
    assert parquet.text() == "Parquet file (needs pip install 'atmx[research]')"
    copies[1].trigger()
    assert QGuiApplication.clipboard().text().startswith("time UTC,time ns,level,code")


def test_docks_painted_by_hand_export_their_views(qtbot):
    markets = MarketsPanel()
    qtbot.addWidget(markets)
    view = samples.markets()
    markets.render(topics.MARKETS, view)
    (sheet,) = [make() for make in markets.sheets()]
    assert len(sheet.rows) == len(view.rows)
    assert records(sheet)[0]["symbol"] == view.rows[0].instrument.symbol
    quoted = next(row for row in view.rows if row.bid is not None)
    assert records(sheet)[view.rows.index(quoted)]["bid c"] == Decimal(quoted.bid) / 100
    board = BoardPanel()
    qtbot.addWidget(board)
    brackets = samples.board()
    board.set_market(brackets.market)
    board.render(topics.board(brackets.market), brackets)
    (sheet,) = [make() for make in board.sheets()]
    assert [row["outcome"] for row in records(sheet)] == [row.label for row in brackets.rows]
    assert view_sheets.tape(None).rows == ()
