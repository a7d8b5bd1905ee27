"""The keyboard is where a trader left it, in a dock that is seen; what is given to a dock sends nothing at once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from tests.app.program import CALM, SMALL, WIDE, program


@pytest.mark.limit(30)
async def test_a_workspace_gives_the_keyboard_to_the_dock_that_had_it_last_else_to_its_first(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.reach("positions")
        had = window.current().docks["positions"]
        for place in (*range(1, len(window.workspaces)), 0):
            window.choose(place)
            await desk.breathe(0.02)
            dock = window.focused()
            assert dock in window.current().seen(), window.current().name
            assert dock.body().isAncestorOf(QApplication.focusWidget()) or dock.body() is QApplication.focusWidget()
        assert dock is had
        assert not had.may_trade(), "the key that chose, pressed twice, sends nothing"
        window.reach("ticket")
        place, ticket = window.workspaces.index(window.current()), window.current().docks["ticket"]
        fields = [one for one in ticket.findChildren(QLineEdit) if one.isVisible() and one.isEnabled()]
        for field in fields:
            field.setFocus()
            window.choose(place)
            assert QApplication.focusWidget() is field, "what is typed goes on where it was"
        assert len(fields) > 1
        window.choose(0)
        window.top.more.setFocus(Qt.FocusReason.OtherFocusReason)
        window.choose(1)
        assert window.focused() is window.current().seen()[0]
        window.top.search.setFocus(Qt.FocusReason.TabFocusReason)
        window.choose(2)
        assert QApplication.focusWidget() is window.top.search, "who went there by key stays there"


@pytest.mark.limit(30)
async def test_a_workspace_chosen_while_a_dialog_is_open_has_the_keyboard_once_it_is_closed(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.reach("ladder")
        window.registry.run("window.settings")
        dialog = desk.bridge.accounts.preferences.dialog
        await desk.until(lambda: QApplication.activeWindow() is dialog)
        window.resize(*SMALL)
        assert window.focusWidget() is window.current().docks["ladder"].grid, "docks arranged anew take it away no more"
        window.choose(1)
        assert QApplication.activeWindow() is dialog
        dialog.close()
        window.come_up()  # as the window system does, which tests have none of
        await desk.until(lambda: QApplication.activeWindow() is window)
        assert window.focused() in window.current().seen()


@pytest.mark.limit(60)
async def test_docks_arranged_anew_leave_the_keyboard_where_it_was(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.resize(*WIDE)
        for halted in (False, True):
            if halted:
                await desk.halt()
            for name in ("ladder", "ticket", "positions", "map"):
                window.reach(name)
                await desk.breathe(0.02)
                at = QApplication.focusWidget()
                for size in (SMALL, WIDE):
                    window.resize(*size)
                    await desk.breathe(0.02)
                    assert QApplication.focusWidget() is at, (name, size)
                    assert window.focused() in window.current().seen()
        window.current().docks["markets"].list.setFocus()
        window.resize(*SMALL)
        assert window.focused() is window.current().docks["map"], "the list is behind it"
        assert not window.focused().may_trade()


@pytest.mark.limit(30)
async def test_a_dock_that_leaves_its_place_hands_the_keyboard_to_another(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        window = desk.window
        window.resize(*WIDE)
        one = window.current()
        one.unlocked = True
        window.reach("map")
        await desk.halt()
        assert window.focused() is one.docks["gates"], "the gates stand there during a halt"
        assert one.docks["gates"].body().isAncestorOf(QApplication.focusWidget())
        window.reach("ladder")
        window.moving.close_focused()
        assert "ladder" in one.closed()
        assert window.focused() is one.seen()[0]
        assert not one.seen()[0].may_trade()
        window.reach("board")
        at = QApplication.focusWidget()
        one.open("ladder")
        assert QApplication.focusWidget() is at
