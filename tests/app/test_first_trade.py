"""The promise of the first minute: from nothing to a filled paper trade, by hand, without a network."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt

from engine.core.order import Status
from engine.core.units import TICK, Side
from tests.app.program import CALM, CTRL, program
from widgets.welcome import Welcome

WAIT_S = 60.0
INPUTS = 12


async def _by_ladder(desk) -> None:
    desk.click(desk.dock("ladder").grid, await desk.still(desk.buy_cell))


async def _by_key(desk) -> None:
    desk.window.reach("ladder")
    await desk.breathe(0.6)  # money keys wait half a second after the window came to the front
    desk.key(Qt.Key.Key_Left)
    desk.key(Qt.Key.Key_T)


async def _by_ticket(desk) -> None:
    await desk.breathe(0.6)  # as above
    desk.key(Qt.Key.Key_T, CTRL)
    await desk.until(lambda: desk.dock("ticket").money.manner == "buy")
    desk.key(Qt.Key.Key_Return, CTRL)
    if desk.dock("ticket").money.manner == "asks":  # a doubt of the card, such as a price far from the model's
        desk.key(Qt.Key.Key_Return)


@pytest.mark.limit(70)
@pytest.mark.parametrize("buy", [_by_ladder, _by_key, _by_ticket])
async def test_an_empty_profile_holds_a_position_within_a_minute_and_twelve_inputs(buy, tmp_path, no_sockets) -> None:
    began = time.monotonic()
    async with program(tmp_path / "profile") as desk:
        await desk.until(lambda: desk.window.findChild(Welcome) is not None)
        await desk.breathe()
        desk.key(Qt.Key.Key_Return)
        await desk.ready()
        line = await desk.outcome()
        await desk.take(line)
        await buy(desk)
        await desk.until(lambda: desk.orders(Status.FILLED))
        assert time.monotonic() - began < WAIT_S
        assert desk.inputs < INPUTS
        (order,) = desk.orders()
        assert (order.place.side, order.place.instrument) == (Side.BUY, line.instrument)
        assert desk.held() == order.filled > 0
        shown = desk.dock("positions")
        await desk.until(lambda: shown.count() == 1)
        assert desk.window.windowTitle().startswith("atmx — PAPER")


@pytest.mark.limit(30)
async def test_the_board_fills_the_whole_size_at_most_3c_past_the_ask(tmp_path, no_sockets) -> None:
    async with program(tmp_path / "profile", *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        board = desk.dock("board").grid
        await desk.until(lambda: board.chosen_row() is not None)
        row = board.chosen_row()
        at = board.rows.index(row)
        desk.click(board, board.columns.button("B", board.row_rect(at).y(), board.row_height))
        await desk.until(lambda: desk.held() > 0)
        (order,) = desk.orders()
        assert order.place.price == row.ask + 300
        assert order.average <= order.place.price * TICK
        assert order.filled == order.place.qty
