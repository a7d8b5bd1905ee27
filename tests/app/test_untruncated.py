"""Nothing is cut at 1366×768: every dock of every workspace is painted there, and no text is wider than its room.

Texts whose whole is in a tool tip, such as a message in the log, may be cut at their end.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from tests.app.program import CALM, program
from widgets import paint
from widgets.tableview import RowsTable


@pytest.mark.limit(60)
async def test_no_dock_cuts_a_text_or_a_row_at_1366_by_768(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        desk.window.resize(1366, 768)
        cut: dict[str, list[str]] = {}
        halves: list[str] = []
        seen: list[tuple[str, QSize]] = []
        for place, one in enumerate(desk.window.workspaces):
            desk.window.choose(place)
            for name, panel in one.docks.items():
                one.show_dock(name)
                if (name, panel.size()) in seen:
                    continue
                seen.append((name, panel.size()))
                await desk.breathe(0.02)
                with paint.watched() as noted:
                    panel.grab()
                if noted:
                    cut[f"{name} of {one.title}"] = sorted(set(noted))
                halves += [f"{name} of {one.title}" for table in panel.findChildren(RowsTable) if _half(table)]
        with paint.watched() as noted:
            desk.window.top.grab()
            desk.window.risk.grab()
            desk.window.status.grab()
        assert desk.window.size() == QSize(1366, 768)  # nothing wants more
        assert cut == {}
        assert noted == []
        assert halves == []


def _half(table: RowsTable) -> bool:
    """Whether a row that is painted in part answers the mouse."""
    at = table.indexAt(table.viewport().rect().bottomLeft())
    return at.isValid() and table.visualRect(at).bottom() > table.viewport().height()
