"""A theme chosen while the terminal runs: what stands on the screen looks as if it had been made in it."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from engine.core.units import Nanos
from engine.views import topics
from tests.widgets import account_views as account
from tests.widgets import views_sample as sample
from tests.widgets import weather_sample as weather
from tests.widgets.test_settings import ROWS
from widgets import formats, theme
from widgets.brackets import BoardPanel
from widgets.gates import GatesPanel
from widgets.hexmap import MapPanel
from widgets.keys import KeyField, KeysDialog
from widgets.ladder import LadderPanel
from widgets.orders import OrdersPanel
from widgets.positions import PositionsPanel
from widgets.settings import SettingsDialog
from widgets.ticket import TicketPanel


def ladder() -> QWidget:
    panel = LadderPanel()
    panel.set_instrument(sample.BOOK)
    panel.render(topics.ladder(sample.BOOK.symbol), sample.book())
    return panel


def board() -> QWidget:
    panel = BoardPanel()
    panel.set_market(sample.CHI)
    panel.render(topics.board(sample.CHI), sample.board())
    return panel


def cells() -> QWidget:
    panel = MapPanel(now=lambda: Nanos(weather.NOW))
    panel.set_market(weather.MARKET)
    panel.render(topics.cells(weather.MARKET), weather.cells_view())
    return panel


def table(panel, topic, view) -> QWidget:
    panel.render(topic, view)
    return panel


def settings() -> QWidget:
    dialog = SettingsDialog("settings.toml")
    dialog.show_rows(ROWS)
    return dialog


MADE = {
    "ladder": ladder,
    "board": board,
    "map": cells,
    "ticket": lambda: TicketPanel(),
    "positions": lambda: table(PositionsPanel(), topics.POSITIONS, account.positions(account.position())),
    "orders": lambda: table(OrdersPanel(), topics.ORDERS, account.orders(account.order())),
    "gates": lambda: table(GatesPanel(), topics.GATES, account.gates(account.gate(), account.gate("RATE", "NEAR"))),
    "settings": settings,
    "keys": lambda: KeysDialog("kalshi", "Kalshi", [KeyField("a", "A", True, False, "hint")], ["session"]),
}


def grabbed(qtbot, widget: QWidget) -> bytes:
    for _ in range(3):
        qtbot.wait(1)
    at = widget.focusWidget()
    if at is not None:
        at.clearFocus()  # a caret blinks
    image = widget.grab().toImage()
    return bytes(image.constBits())


@pytest.mark.parametrize("name", MADE)
def test_what_stands_wears_the_new_theme(qtbot, qapp, name) -> None:
    try:
        theme.install(qapp, theme.DARK)
        widget = MADE[name]()
        qtbot.addWidget(widget)
        widget.resize(760, 520)
        widget.show()
        dark = grabbed(qtbot, widget)
        theme.install(qapp, theme.LIGHT, theme.RED)
        switched = grabbed(qtbot, widget)
        fresh = MADE[name]()
        qtbot.addWidget(fresh)
        fresh.resize(760, 520)
        fresh.show()
        assert switched != dark
        assert switched == grabbed(qtbot, fresh)
    finally:
        theme.install(qapp)


def test_a_table_writes_its_cells_anew(qtbot, qapp) -> None:
    panel = MADE["positions"]()
    qtbot.addWidget(panel)
    rows = panel.table.rows
    at = next(i for i, column in enumerate(rows.columns) if column.header.startswith("avg"))
    assert rows.cell(0, at).text == "38.5"
    try:
        formats.use(formats.Style(formats.COMMA))
        theme.install(qapp)
        assert rows.cell(0, at).text == "38,5"
    finally:
        formats.use(formats.Style())
