"""What each action of `widgets.actions` does in a ladder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from widgets.ladder_keys import PRESETS, Column, How, best_row, reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from widgets.ladder import LadderPanel

Acts = dict[str, "Callable[[], object]"]


def quiet(panel: LadderPanel) -> Acts:
    """Return what moves no money; its keys may repeat."""
    grid = panel.grid
    acts: Acts = {
        "ladder.up": lambda: grid.move_cursor(grid.caret.row - 1),
        "ladder.down": lambda: grid.move_cursor(grid.caret.row + 1),
        "ladder.page_up": lambda: grid.move_cursor(grid.caret.row - 10),
        "ladder.page_down": lambda: grid.move_cursor(grid.caret.row + 10),
        "ladder.best_ask": lambda: go(panel, Column.ASK),
        "ladder.best_bid": lambda: go(panel, Column.BID),
        "ladder.bid_side": lambda: grid.move_cursor(grid.caret.row, Column.BID),
        "ladder.ask_side": lambda: grid.move_cursor(grid.caret.row, Column.ASK),
        "ladder.centre": grid.centre,
        "ladder.bigger": lambda: panel.turn_size(1),
        "ladder.smaller": lambda: panel.turn_size(-1),
        "ladder.cumulative": grid.toggle_cumulative,
        "ladder.edge": grid.toggle_edge,
        "ladder.arm": lambda: panel.set_armed(not panel.armed),
        "ladder.next_own": lambda: next_own(panel),
        "ladder.clear_traded": panel.clear_traded,
        "ladder.card": panel.toggle_card,
        "ladder.hedge": lambda: hedge(panel),
        "ladder.escape": panel.escape,
    }
    for n, size in enumerate(PRESETS, 1):
        acts[f"ladder.size_{n}"] = partial(panel.size_strip.set_preset, size)
    return acts


def money(panel: LadderPanel) -> Acts:
    """Return what asks for something; its keys never act on auto-repeat."""
    return {
        "ladder.place": panel.place_at_cursor,
        "ladder.join_bid": lambda: join(panel, Column.BID, 0),
        "ladder.join_ask": lambda: join(panel, Column.ASK, 0),
        "ladder.improve_bid": lambda: join(panel, Column.BID, 1),
        "ladder.improve_ask": lambda: join(panel, Column.ASK, 1),
        "ladder.take": lambda: take(panel, panel.grid.caret.side),
        "ladder.amend_up": lambda: panel.hand.nudge(1),
        "ladder.amend_down": lambda: panel.hand.nudge(-1),
        "ladder.cancel": panel.hand.cancel_chosen,
        "ladder.cancel_all": panel.hand.cancel_all,
        "ladder.flatten": panel.hand.flatten,
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


def next_own(panel: LadderPanel) -> None:
    """Select the next own order down the ladder, bids before asks at a row; after the last one the first."""
    grid, view = panel.grid, panel.view
    if view is None:
        return
    cells = [
        (index, side)
        for index, row in enumerate(view.rows)
        for side, ids in ((Column.BID, row.mine_bid_ids), (Column.ASK, row.mine_ask_ids))
        if ids
    ]
    if not cells:
        panel.say("no order of yours works here", "text.muted")
        return
    later = (cell for cell in cells if grid.chosen.cell is not None and cell > grid.chosen.cell)
    found = next(later, cells[0])
    grid.move_cursor(*found)
    grid.choose(found)


def hedge(panel: LadderPanel) -> None:
    """Ask for the basket that makes every outcome of the event come to the same."""
    if panel.instrument is not None:
        panel.basket.emit(panel.instrument)
