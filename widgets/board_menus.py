"""The menu of a row of a bracket board: what can be done about its outcome."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from widgets import board_orders, menus
from widgets.ladder_keys import Column, How

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint

    from engine.views.board import BoardRow
    from widgets.brackets import BoardPanel


def open_choices(panel: BoardPanel, row: BoardRow, where: QPoint) -> None:
    """Pop up what can be done at a row; never a nested loop."""
    view = panel.grid.view
    if view is None:
        return
    menu = menus.menu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setObjectName("board.choices")
    for column in Column:
        for how in (How.LIMIT, How.TAKE):
            what = board_orders.offer(view, row, column, panel.size_now, how)
            words = f"Take: {what.words}" if how is How.TAKE else what.words
            action = menu.addAction(words, partial(panel.press, row, column, how))
            action.setEnabled(not what.why and not panel.refusal(row, ""))
    menu.addSeparator()
    ticked = row.instrument in panel.grid.ticked
    menu.addAction("Take the tick off\tSpace" if ticked else "Tick\tSpace", partial(panel.grid.toggle_tick, row))
    menu.addAction("Basket of the ticked…\tShift+B", panel.want_basket)
    menu.popup(where)
