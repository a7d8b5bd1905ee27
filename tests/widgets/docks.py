"""A dock on screen, and the commands that it asks for."""

from __future__ import annotations

from typing import Any, TypeVar

from widgets.panel import Panel

Dock = TypeVar("Dock", bound=Panel)


def shown(qtbot: Any, dock: Dock, width: int, height: int) -> Dock:
    """Show a dock in so many pixels; what it asks for is in `asked`."""
    qtbot.addWidget(dock)
    dock.resize(width, height)
    dock.asked = []  # type: ignore[attr-defined]
    dock.intent.connect(dock.asked.append)  # type: ignore[attr-defined]
    dock.show()
    return dock
