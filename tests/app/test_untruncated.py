"""Nothing is cut at 1366×768: every dock of every workspace is painted there, and no text is wider than its room.

Texts whose whole is in a tool tip, such as a message in the log, may be cut at their end.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from app.workspaces import Workspace
from engine.core.commands import SetStrategy, StrategyState
from engine.core.ids import StrategyId
from tests.app.program import CALM, Program, program
from widgets import paint, theme
from widgets.tableview import RowsTable

HOURS = ("--demo", "--speed", "900")
"""A demo day at a quarter of an hour a second: what a dock shows is another at each of them, and at each run."""
ON = ("latency_arb", "certainty_capture", "bracket_momentum", "market_maker", "hedger")


@pytest.mark.limit(120)
@pytest.mark.parametrize("day", [CALM, pytest.param(HOURS, marks=pytest.mark.full)])
async def test_no_dock_cuts_a_text_or_a_row_at_1366_by_768(tmp_path, day) -> None:
    async with program(tmp_path, *day) as desk:
        await desk.ready()
        desk.window.resize(1366, 768)
        cut: dict[str, list[str]] = {}
        halves: list[str] = []
        seen: set[tuple[str, int, int]] = set()
        for name in ON:
            desk.bridge.ask(SetStrategy(strategy=StrategyId(name), to=StrategyState.PAPER))
        for place, one in enumerate(desk.window.workspaces):
            desk.window.choose(place)
            if place == 0:
                await desk.buy()
            await _look(desk, one, cut, halves, seen)
        look = theme.current().name
        try:  # hours later, and it holds something
            theme.install(QApplication.instance(), "light")
            desk.window.choose(0)
            await _look(desk, desk.window.current(), cut, halves, set())
            with paint.watched() as noted:
                desk.window.top.grab()
                desk.window.risk.grab()
                desk.window.status.grab()
        finally:
            theme.install(QApplication.instance(), look)
        assert desk.window.size() == QSize(1366, 768)  # nothing wants more
        assert cut == {}
        assert noted == []
        assert halves == []


async def _look(
    desk: Program, one: Workspace, cut: dict[str, list[str]], halves: list[str], seen: set[tuple[str, int, int]]
) -> None:
    """Paint every dock of a workspace at the size it has there, and note what is cut; not those `seen` at that size."""
    for name, panel in one.docks.items():
        one.show_dock(name)
        known = (name, panel.width(), panel.height())
        if known in seen:
            continue
        seen.add(known)
        await desk.breathe(0.02)
        with paint.watched() as noted:
            panel.grab()
        if noted:
            cut.setdefault(f"{name} of {one.title}", []).extend(sorted(set(noted)))
        halves += [f"{name} of {one.title}" for table in panel.findChildren(RowsTable) if _half(table)]


def _half(table: RowsTable) -> bool:
    """Whether a row that is painted in part answers the mouse."""
    at = table.indexAt(table.viewport().rect().bottomLeft())
    return at.isValid() and table.visualRect(at).bottom() > table.viewport().height()
