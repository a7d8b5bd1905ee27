"""Which key does what in a ladder that has the focus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from widgets.ladder_keys import PRESETS, Column, How, best_row, reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.ladder import LadderPanel


def quiet(panel: LadderPanel) -> dict[int, Callable[[], None]]:
    """Return the keys that move no money; they may repeat."""
    grid, key = panel.grid, Qt.Key
    moves: dict[int, Callable[[], None]] = {
        key.Key_Up: lambda: grid.move_cursor(grid.cursor_row - 1),
        key.Key_Down: lambda: grid.move_cursor(grid.cursor_row + 1),
        key.Key_PageUp: lambda: grid.move_cursor(grid.cursor_row - 10),
        key.Key_PageDown: lambda: grid.move_cursor(grid.cursor_row + 10),
        key.Key_Home: lambda: go(panel, Column.ASK),
        key.Key_End: lambda: go(panel, Column.BID),
        key.Key_Left: lambda: grid.move_cursor(grid.cursor_row, Column.BID),
        key.Key_Right: lambda: grid.move_cursor(grid.cursor_row, Column.ASK),
        key.Key_C: grid.centre,
        key.Key_Plus: lambda: panel.turn_size(1),
        key.Key_Equal: lambda: panel.turn_size(1),
        key.Key_Minus: lambda: panel.turn_size(-1),
        key.Key_U: grid.toggle_cumulative,
        key.Key_E: grid.toggle_edge,
        key.Key_A: lambda: panel.set_armed(not panel.armed),
        key.Key_Escape: panel.escape,
    }
    for i, size in enumerate(PRESETS):
        moves[key.Key_1 + i] = partial(panel.set_size, size)
    return moves


def money(panel: LadderPanel, *, shift: bool) -> dict[int, Callable[[], None]]:
    """Return the keys that ask for something; never on auto-repeat."""
    key = Qt.Key
    better = 1 if shift else 0
    return {
        key.Key_Return: lambda: panel.press(panel.grid.cursor_row, panel.grid.side, How.LIMIT),
        key.Key_Enter: lambda: panel.press(panel.grid.cursor_row, panel.grid.side, How.LIMIT),
        key.Key_B: lambda: join(panel, Column.BID, better),
        key.Key_S: lambda: join(panel, Column.ASK, better),
        key.Key_T: lambda: take(panel, panel.grid.side),
        key.Key_Delete: panel.cancel_chosen,
        key.Key_Backspace: panel.cancel_all,
        key.Key_F: panel.flatten,
    }


def join(panel: LadderPanel, side: Column, better: int) -> None:
    """Place at the best price of a side, or a row better; on a curve, where nothing rests, take instead."""
    view = panel.view
    if view is None:
        return
    if view.curve:
        take(panel, side)
        return
    best = best_row(view, side)
    if best is None:
        panel.say(f"no best {'bid' if side is Column.BID else 'ask'} to join", "text.muted")
        return
    panel.press(view.rows.index(best) + (-better if side is Column.BID else better), side, How.LIMIT)


def take(panel: LadderPanel, side: Column) -> None:
    """Take at the opposite best; on a curve as far as the size needs, within the protect offset."""
    view = panel.view
    if view is None:
        return
    across = Column.ASK if side is Column.BID else Column.BID
    row = reach(view, side, panel.size_now) if view.curve else best_row(view, across)
    if row is None:
        panel.say("nothing to take", "text.muted")
        return
    panel.press(view.rows.index(row), side, How.TAKE)


def go(panel: LadderPanel, side: Column) -> None:
    """Put the cursor on the best row of a side."""
    if (index := panel.grid.index(side)) >= 0:
        panel.grid.move_cursor(index)
