"""The palette in the running program: it finds and shows, it fills the ticket, and it never sends an order."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from tests.app.program import CALM, CTRL, program

RETURN = Qt.Key.Key_Return


async def _type(desk, words: str):
    palette = desk.window.commander.palette
    desk.key(Qt.Key.Key_K, CTRL, widget=desk.window)
    await desk.until(palette.isVisible)
    QTest.keyClicks(palette.field, words)
    return palette


@pytest.mark.limit(60)
async def test_everything_is_found_and_nothing_is_sent(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()

        palette = await _type(desk, "bb denver")
        assert palette.shown()[0].words.startswith("Bracket board: Denver")
        desk.key(RETURN, widget=palette.field)
        await desk.until(
            lambda: "DEN" in desk.dock("board").grid.view.title.upper() if desk.dock("board").grid.view else 0
        )
        assert desk.window.focused() is desk.dock("board")

        palette = await _type(desk, "buy 7 chicago 85 @41")
        entry = palette.shown()[0]
        assert entry.words.startswith("BUY 7 YES @ 41")
        desk.key(RETURN, widget=palette.field)
        ticket = desk.dock("ticket")
        assert (ticket.form.quantity.text(), ticket.form.price.text()) == ("7", "41")
        assert desk.window.focused() is ticket

        ladder = desk.dock("ladder")
        await desk.until(lambda: ladder.view is not None)
        palette = await _type(desk, "join the best bid")
        assert (palette.shown()[0].kind, palette.shown()[0].key) == ("Ladder", "B")
        desk.key(RETURN, widget=palette.field)
        assert desk.window.focused() is ladder
        assert "B does it. Nothing was sent." in desk.window.toasts.toasts[-1].row.text
        desk.key(RETURN, widget=ladder.grid)  # the Enter of a hurried hand
        assert "ignored" in ladder.footer.text()

        palette = await _type(desk, "kmdw midway")
        assert palette.shown()[0].id == "station:KMDW"
        desk.key(RETURN, widget=palette.field)
        assert desk.window.focused() is desk.dock("station")

        palette = await _type(desk, "")
        assert [one.id for one in palette.shown()[:2]] == ["station:KMDW", "action:ladder.join_bid"]
        QTest.keyClicks(palette.field, "size 25")
        desk.key(RETURN, widget=palette.field)
        assert ladder.size_now == 25

        desk.click(desk.window.top.search)
        assert palette.isVisible()
        QTest.keyClicks(palette.field, "kill")
        desk.key(RETURN, widget=palette.field)
        await desk.breathe()
        assert not desk.state.session.halted_by
        desk.key(RETURN, widget=palette.field)
        await desk.until(lambda: desk.state.session.halted_by)
        assert desk.orders() == []


@pytest.mark.limit(30)
async def test_what_is_gone_or_cannot_be_done_is_said(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        assert all(panel._dock_state._demo for panel in desk.window.panels())  # a simulated day is marked in every dock
        commander = desk.window.commander
        commander.set_recent([f"market:{n}" for n in range(99)])
        assert len(commander.recent()) == 30
        for entry, words in (("market:GONE", "GONE is no longer listed."), ("action:window.arm", "cannot be done now")):
            name, _, rest = entry.partition(":")
            commander._sources[name].take(rest)
            assert words in desk.window.toasts.toasts[-1].row.text
        desk.window.choose([one.name for one in desk.window.workspaces].index("Research"))
        await desk.breathe()
        commander._sources["action"].take("ticket.send")  # this workspace has no ticket: one that has is shown
        assert desk.window.current().name == "Weather"
        assert desk.orders() == []


@pytest.mark.limit(60)
async def test_a_dialog_that_stands_open_gives_the_keyboard_to_the_palette(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        aside = QDialog(desk.window)
        aside.show()
        aside.activateWindow()
        await desk.until(aside.isActiveWindow)
        palette = desk.window.commander.palette
        desk.window.registry.run("window.palette")
        await desk.until(lambda: QApplication.focusWidget() is palette.field)
        desk.key(Qt.Key.Key_Escape, widget=palette.field)
        await desk.until(lambda: not palette.isVisible())
        aside.close()
