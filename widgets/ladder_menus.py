"""The menus of a ladder: what can be done at a cell, and how the grid is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QMenu

from engine.core.commands import Cancel, Place, Reconcile
from engine.core.units import Side
from widgets import ladder_orders, menus
from widgets.ladder_grid import ROW_HEIGHTS
from widgets.ladder_keys import Column, How, offer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.views.ladder import OwnOrder, Scale
    from widgets.ladder import LadderPanel


def open_choices(panel: LadderPanel, index: int, side: Column, where: QPoint) -> None:
    """Pop up what can be done at a cell; never a nested loop."""
    row, view = panel.grid.row(index), panel.view
    if row is None or view is None:
        return
    menu = _menu(panel, "ladder.choices")
    for column in (Column.BID, Column.ASK):
        what = offer(view, row, column, panel.size_now)
        action = menu.addAction(what.words, partial(panel.hand.send, what, row, column, How.LIMIT))
        action.setEnabled(not what.why)
    ticket = offer(view, row, side, panel.size_now)
    menu.addAction("Open in ticket", lambda: panel.ticket.emit(panel.keyed(ticket, row.price, side).place))
    menu.addSeparator()
    menu.addAction("Centre\tC", panel.grid.centre)
    menu.addAction("Cancel all in this market\tBackspace", panel.hand.cancel_all)
    menu.popup(where)


def open_orders(panel: LadderPanel, some: Sequence[OwnOrder], index: int, side: Column) -> None:
    """List the own orders of a cell, each to be taken back by itself."""
    menu = _menu(panel, "ladder.orders")
    for one in some:
        action = menu.addAction(
            f"Cancel {ladder_orders.words(one, _scale(panel))} · {one.word}",
            partial(panel.intent.emit, Cancel(order=one.id)),
        )
        action.setEnabled(one.state in ladder_orders.CANCELLABLE)
    menu.addSeparator()
    row = panel.grid.row(index)
    if row is not None:
        menu.addAction(f"Cancel all {len(some)}\tDel", partial(panel.hand.take_back, row, side))
    menu.popup(_below(panel, index, side))


def open_lost(panel: LadderPanel, some: Sequence[OwnOrder]) -> None:
    """Offer to ask the venue what became of orders of unknown fate; they cannot be told gone from here."""
    menu = _menu(panel, "ladder.lost")
    if panel.instrument is not None:
        venue = panel.instrument.venue
        menu.addAction(f"Ask {venue} what became of it", partial(panel.intent.emit, Reconcile(venue=venue)))
    for one in some:
        menu.addAction(
            f"Cancel {ladder_orders.words(one, _scale(panel))}", partial(panel.intent.emit, Cancel(order=one.id))
        )
    menu.popup(QCursor.pos())


def open_end(panel: LadderPanel, order: OwnOrder) -> None:
    """Offer what may be done about an order that was refused."""
    menu = _menu(panel, "ladder.end")
    if order.qty is not None and panel.instrument is not None:
        place = Place(
            instrument=panel.instrument,
            side=order.side,
            leg=order.leg,
            price=order.price,
            qty=order.qty,
            tif=order.tif,
            post_only=order.post_only,
            reduce_only=_scale(panel) is None and order.side is Side.SELL,
            origin="ladder",
        )
        menu.addAction("Try again in the ticket", partial(panel.ticket.emit, place))
    menu.addAction(
        "Copy the reason", lambda: QGuiApplication.clipboard().setText(ladder_orders.told(order, _scale(panel)))
    )
    menu.addAction("Read", partial(panel.hand.read, order))
    menu.popup(QCursor.pos())


def _scale(panel: LadderPanel) -> Scale | None:
    return None if panel.view is None else panel.view.scale


def _menu(panel: LadderPanel, name: str) -> QMenu:
    menu = menus.menu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setObjectName(name)
    return menu


def _below(panel: LadderPanel, index: int, side: Column) -> QPoint:
    rect = panel.grid.cell_rect(index, "mine" if side is Column.BID else "mineAsk")
    return panel.grid.mapToGlobal(rect.bottomLeft())


def settings(panel: LadderPanel, menu: QMenu) -> None:
    """Add what a ladder shows, and how high its rows are."""
    _toggle(menu, "Cumulative sizes (U)", panel.grid.cumulative, panel.grid.toggle_cumulative)
    _toggle(menu, "Edge column (E)", panel.grid.edge, panel.grid.toggle_edge)
    _toggle(menu, "Size bars by logarithm", panel.grid.log, panel.grid.toggle_log)
    _toggle(menu, "One click cancels an own order", panel.grid.click_cancels, panel.toggle_click_cancels)
    _toggle(menu, "Ask about doubts on paper, too", panel.asks_on_paper, panel.toggle_asks)
    for name, words in zip(ROW_HEIGHTS, ("Compact rows", "Normal rows", "Large rows"), strict=True):
        height = {"ladderRowCompact": 16, "ladderRow": 20, "ladderRowLarge": 24}[name]
        _toggle(menu, words, panel.grid.row_height == height, partial(panel.grid.set_row_height, height))


def _toggle(menu: QMenu, words: str, on: bool, then: Callable[[], None]) -> None:  # one state
    action = menu.addAction(words, then)
    action.setCheckable(True)
    action.setChecked(on)
