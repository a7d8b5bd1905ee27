"""Nothing is cut at 1366×768 or at 1920×1080: every dock of every workspace is painted there, in the light theme too,
and no text is wider than its room.

Texts whose whole is in a tool tip, such as a message in the log, may be cut at their end.
"""

from __future__ import annotations

import os

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
SIZES = ((1366, 768), (1920, 1080))
FULL = bool(os.environ.get("ATMX_FULL"))
ON = ("latency_arb", "certainty_capture", "bracket_momentum", "market_maker", "hedger")


@pytest.mark.limit(900 if FULL else 120)
@pytest.mark.parametrize("day", [CALM, pytest.param(HOURS, marks=pytest.mark.full)])
async def test_no_dock_cuts_a_text_or_a_row(tmp_path, day) -> None:
    async with program(tmp_path, *day) as desk:
        await desk.ready()
        desk.window.resize(*SIZES[0])
        cut: dict[str, list[str]] = {}
        halves: list[str] = []
        seen: set[tuple[str, int, int]] = set()
        for name in ON:
            desk.bridge.ask(SetStrategy(strategy=StrategyId(name), to=StrategyState.PAPER))
        await desk.buy()
        look, places = theme.current().name, desk.window.workspaces
        try:
            for style in ("dark", "light"):
                theme.install(QApplication.instance(), style)
                for size in SIZES:
                    desk.window.resize(*size)
                    await desk.breathe()
                    desk.window.grab()  # every dock, hidden ones too, takes its new size in
                    for one in places if style == "dark" or FULL else places[:1]:  # hours later, and it holds something
                        await _look(desk, one, cut, halves, seen)
                    with paint.watched() as noted:
                        desk.window.top.grab()
                        desk.window.risk.grab()
                        desk.window.status.grab()
                    assert noted == []
                    assert desk.window.size() == QSize(*size)  # nothing wants more
                seen.clear()
        finally:
            theme.install(QApplication.instance(), look)
        assert cut == {}, "\n".join(f"{where}: {words}" for where, words in cut.items())
        assert halves == []


async def _look(
    desk: Program, one: Workspace, cut: dict[str, list[str]], halves: list[str], seen: set[tuple[str, int, int]]
) -> None:
    """Paint every dock of a workspace at the size it has there, and note what is cut; not those `seen` at that size."""
    desk.window.choose(desk.window.workspaces.index(one))
    where = f"{one.title} at {desk.window.width()}, {theme.current().name}"
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
            cut.setdefault(f"{name} of {where}, {panel.width()} wide", []).extend(sorted(set(noted)))
        halves += [f"{name} of {where}" for table in panel.findChildren(RowsTable) if _half(table)]


def _half(table: RowsTable) -> bool:
    """Whether a row that is painted in part answers the mouse."""
    at = table.indexAt(table.viewport().rect().bottomLeft())
    return at.isValid() and table.visualRect(at).bottom() > table.viewport().height()
