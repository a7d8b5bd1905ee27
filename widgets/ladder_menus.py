"""The menus of a ladder: what can be done at a cell, and how the grid is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from widgets.ladder_grid import ROW_HEIGHTS
from widgets.ladder_keys import Column, How, offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint

    from widgets.ladder import LadderPanel


def open_choices(panel: LadderPanel, index: int, side: Column, where: QPoint) -> None:
    """Pop up what can be done at a cell; never a nested loop."""
    row, view = panel.grid.row(index), panel.view
    if row is None or view is None:
        return
    menu = QMenu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setObjectName("ladder.choices")
    for column in (Column.BID, Column.ASK):
        what = offer(view, row, column, panel.size_now)
        action = menu.addAction(what.words, partial(panel.send, what, row, column, How.LIMIT))
        action.setEnabled(not what.why)
    ticket = offer(view, row, side, panel.size_now)
    menu.addAction("Open in ticket", lambda: panel.ticket.emit(panel.keyed(ticket, row.price, side).place))
    menu.addSeparator()
    menu.addAction("Centre\tC", panel.grid.centre)
    menu.addAction("Cancel all in this market\tBackspace", panel.cancel_all)
    menu.popup(where)


def settings(panel: LadderPanel, menu: QMenu) -> None:
    """Add what a ladder shows, and how high its rows are."""
    _toggle(menu, "Cumulative sizes (U)", panel.grid.cumulative, panel.grid.toggle_cumulative)
    _toggle(menu, "Edge column (E)", panel.grid.edge, panel.grid.toggle_edge)
    for name, words in zip(ROW_HEIGHTS, ("Compact rows", "Normal rows", "Large rows"), strict=True):
        height = {"ladderRowCompact": 16, "ladderRow": 20, "ladderRowLarge": 24}[name]
        _toggle(menu, words, panel.grid.row_height == height, partial(panel.grid.set_row_height, height))


def _toggle(menu: QMenu, words: str, on: bool, then: Callable[[], None]) -> None:  # one state
    action = menu.addAction(words, then)
    action.setCheckable(True)
    action.setChecked(on)
