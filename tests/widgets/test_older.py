"""Lists that grow all day: they keep their newest rows and say how many went, and what a trader looks at stays put."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.views import topics
from tests.widgets import account_views as views
from tests.widgets import journal_views
from widgets.fills import FillsPanel
from widgets.journal import JournalPanel
from widgets.log import LogPanel
from widgets.orders import OrdersPanel
from widgets.tables import Cell

ROOM = 200


def blotter(first: int) -> object:
    """Return the blotter as of an order: it and those before it, newest first."""
    rows = [views.order(n, "filled" if n % 2 else "canceled", f"{n}") for n in range(first, first - ROOM, -1)]
    return views.orders(*rows, older=first - ROOM)


def traded(first: int) -> object:
    return views.fills(*(views.fill(n) for n in range(first, first - ROOM, -1)), older=first - ROOM)


def entered(first: int) -> object:
    rows = [journal_views.line(n) for n in range(first, first - ROOM, -1)]
    return msgspec.structs.replace(journal_views.view(*rows), older=first - ROOM)


KINDS = (
    (OrdersPanel, topics.ORDERS, blotter, "o{}", "atmx export orders"),
    (FillsPanel, topics.FILLS, traded, "t{}", "atmx export fills"),
    (JournalPanel, topics.JOURNAL, entered, "o-{:06d}", "atmx export order-journal"),
)


def full(qtbot, make, topic, view):
    """Return a dock whose list has as many rows as it ever has."""
    dock = make()
    qtbot.addWidget(dock)
    dock.resize(1_000, 300)
    dock.show()
    dock.render(topics.SPINE, views.spine())
    dock.render(topic, view(ROOM))
    return dock


@pytest.mark.parametrize(("make", "topic", "view", "name", "where"), KINDS)
def test_after_ten_times_its_room_a_list_is_as_long_as_before(qtbot, make, topic, view, name, where) -> None:
    dock = full(qtbot, make, topic, view)
    assert dock._header.subtitle == ""
    for first in range(ROOM + 90, 10 * ROOM + 1, 90):
        dock.render(topic, view(first))
        dock.grab()
    rows = dock.table.rows
    assert rows.rowCount() == len(rows._cells) == ROOM
    seen = [cells for cells in rows._cells if cells is not None]
    assert 0 < len(seen) < ROOM / 2, "what nobody scrolled to was never made"
    assert all(isinstance(cell, Cell) for cells in seen for cell in cells)
    assert where in dock._header.subtitle
    assert f"newest {ROOM} · " in dock._header.subtitle
    assert "1 800 older" in dock._header.subtitle
    assert where in dock._header.toolTip()


@pytest.mark.parametrize(("make", "topic", "view", "name", "where"), KINDS)
def test_what_is_selected_and_in_sight_stays_while_rows_come_and_go(qtbot, make, topic, view, name, where) -> None:
    dock = full(qtbot, make, topic, view)
    dock.table.rows.sort(0, Qt.SortOrder.AscendingOrder)
    kept = name.format(ROOM - 5)
    dock.table.select(kept)
    dock.table.scrollToBottom()
    for first in range(ROOM + 20, ROOM + 121, 20):
        dock.render(topic, view(first))
    assert dock.table.rows._row_id(dock.table.selected_row()) == kept
    times = [row.at for row in dock.table.rows.rows()]
    assert times == sorted(times)
    dock.render(topic, view(ROOM * 3))
    assert dock.table.selected_rows() == [], "what went is not selected"


def test_a_filter_looks_at_what_is_kept(qtbot) -> None:
    dock = OrdersPanel()
    qtbot.addWidget(dock)
    dock.render(topics.ORDERS, blotter(10 * ROOM))
    dock.filter.set_value("refused")
    dock.filter.chosen.emit("refused")
    assert dock.table.rows.rowCount() == 0
    assert "1 800 older" in dock._header.subtitle


def test_the_log_says_how_many_lines_went_before_its_first(qtbot) -> None:
    dock = LogPanel()
    qtbot.addWidget(dock)
    dock.render(topics.SPINE, views.spine())
    dock.render(topics.NOTICES, views.notices(*(views.notice(n, 20, "", f"line {n}") for n in range(1, 501))))
    assert dock._header.subtitle == ""
    dock.render(topics.NOTICES, views.notices(*(views.notice(n, 20, "", f"line {n}") for n in range(4_501, 5_001))))
    assert dock._header.subtitle == "newest 500 · 4 500 older: a replay of the session has all"
    lines = [views.notice(n, 20, "engine.host", f"line {n}") for n in range(7, 2_007)]
    dock.set_program(lambda: lines)
    dock.source.set_value("program")
    dock.source.chosen.emit("program")
    assert dock._header.subtitle == "newest 2 000 · 7 older: Folder has them in files"
