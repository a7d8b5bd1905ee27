"""What a hidden widget lets go of: pictures that its next painting makes anew.

Docks of workspaces that nobody looks at would hold some 40 MB for each large map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

UNSEEN_MS: Final = 30_000
"""Who goes to and fro between two workspaces finds their pictures as they were."""


def timer(widget: QWidget, let_go: Callable[[], None]) -> QTimer:
    """Return what calls `let_go` when a widget stays hidden: start it when the widget is hidden, stop it when shown."""
    found = QTimer(widget)
    found.setSingleShot(True)
    found.setInterval(UNSEEN_MS)
    found.timeout.connect(let_go)
    return found
