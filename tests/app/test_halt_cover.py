"""A halt, by key and by mouse: its sheet covers no dock, and nothing trades until the name is typed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.order import Status
from tests.app.program import CALM, CTRL, LEFT, SMALL, WIDE, meta, program
from widgets.riskstrip import HOLD_MS


@pytest.mark.limit(30)
async def test_kill_by_key_halts_at_once_and_its_sheet_asks_for_the_name(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        await desk.buy()
        await desk.halt()
        sheet = desk.window.halt
        assert desk.state.session.halted_by == "you"
        assert "HALTED" in desk.window.windowTitle()
        assert desk.window.risk.kill.text() == "HALTED"
        held, before = desk.held(), len(desk.orders())
        desk.click(desk.dock("ladder").grid, await desk.still(desk.buy_cell))
        await desk.breathe(0.3)
        assert (desk.held(), len(desk.orders(Status.FILLED))) == (held, before)

        desk.type(sheet.typed, "somebody else")
        assert not sheet.reset.isEnabled()
        desk.key(Qt.Key.Key_Return, widget=sheet.typed)
        await desk.breathe()
        assert desk.state.session.halted_by
        desk.type(sheet.why, "looked at it")
        desk.type(sheet.typed, desk.state.session.account_name)
        desk.click(sheet.reset)
        await desk.until(lambda: not sheet.isVisible())
        assert not desk.state.session.halted_by
        await desk.until(lambda: desk.dock("ladder").state == "live")
        assert desk.dock("map").isVisible()  # the gates stood there while it was halted
        await desk.buy()
    assert meta(tmp_path)["halted"] == ""


@pytest.mark.limit(30)
async def test_kill_by_mouse_wants_the_button_held(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        kill = desk.window.risk.kill
        QTest.mouseClick(kill, LEFT)
        await desk.breathe(2 * HOLD_MS / 1000)
        assert not desk.state.session.halted_by
        QTest.mousePress(kill, LEFT)
        await desk.until(lambda: desk.state.session.halted_by)
        QTest.mouseRelease(kill, LEFT)
        await desk.until(desk.window.halt.isVisible)


@pytest.mark.limit(40)
async def test_a_halt_outlives_the_session_and_shows_at_both_sizes(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.halt()
    assert meta(tmp_path)["halted"] == "you"
    async with program(tmp_path, *CALM) as desk:
        await desk.until(lambda: desk.terminal.bridge is not None)
        sheet = desk.window.halt
        for size in (WIDE, SMALL):
            desk.window.resize(*size)
            await desk.until(sheet.isVisible)
            await desk.breathe()
            assert desk.window.rect().contains(desk.inside(sheet))
            assert not any(desk.covered(dock, sheet) for dock in desk.window.current().seen())
            assert not desk.covered(desk.window.risk, sheet)
            assert sheet.rect().contains(sheet.reset.geometry())
            assert sheet.reset.geometry().left() > sheet.typed.geometry().right()


@pytest.mark.limit(40)
async def test_a_halt_leaves_the_small_window_room_for_the_board(tmp_path) -> None:
    """Two or three of six brackets were seen under the sheet."""
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.take(await desk.outcome())
        desk.window.resize(*SMALL)
        grid = desk.dock("board").grid
        await desk.until(lambda: len(grid.rows) == 6 and grid.visible_rows() == 6 and not grid.folded)
        await desk.halt()
        await desk.until(lambda: desk.window.halt.isVisible() and grid.folded)
        await desk.breathe()
        assert grid.visible_rows() == 6
        assert not desk.covered(desk.dock("board"), desk.window.halt)


@pytest.mark.limit(40)
async def test_a_halted_market_takes_no_order_from_any_dock(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        ladder, board, ticket = (desk.dock(name) for name in ("ladder", "board", "ticket"))
        await desk.take(await desk.outcome())
        await desk.until(lambda: board.grid.chosen_row() is not None and ticket.instrument == ladder.instrument)
        assert desk.dock("map").isVisible()
        await desk.halt()
        await desk.until(lambda: ladder.state == "halted" and "HALTED" in ladder.arm_strip.words())
        await desk.until(desk.dock("gates").isVisible)  # under the sheet, where the map was
        assert not ladder.arm_strip.arm.isChecked()
        desk.click(ladder.grid, await desk.still(desk.buy_cell))
        row = board.grid.rows.index(board.grid.chosen_row())
        button = board.grid.columns.button("B", board.grid.row_rect(row).y(), board.grid.row_height)
        desk.click(board.grid, button)
        await desk.active()
        desk.key(Qt.Key.Key_T, CTRL, widget=desk.window)
        await desk.until(lambda: ticket.money.manner == "refused")
        desk.key(Qt.Key.Key_Return, CTRL, widget=ticket)
        await desk.breathe(0.6)
        desk.window.reach("ladder")
        desk.key(Qt.Key.Key_T)
        await desk.breathe(0.3)
        assert desk.held() == 0
        assert desk.orders(Status.FILLED) == []
