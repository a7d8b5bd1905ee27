"""DockHost: what a workspace needs of whatever lays its docks out. The tree is ours; a host only shows it.

`app.splits` is the one that is always there, and the default: it restores to the pixel, ends cleanly and costs no
import. `app.ads` does the same with Qt's Advanced Docking System where the settings ask for it; where that cannot be
loaded `app.hosts` falls back to the first. A dock's own window is neither's (`app.popout`): it carries the mode, the
halt and the kill switch, which a floating window of either could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QPoint, QRect, SignalInstance
    from PySide6.QtWidgets import QWidget

    from app.arrangement import Tree
    from widgets.panel import Panel


class Landing(NamedTuple):
    """Where a dock that is dragged would come: a side of the place of another, and the pixels it would take."""

    target: Panel
    side: str
    rect: QRect


class DockHost(Protocol):
    """Shows a tree of docks in a widget of its own."""

    bordered: SignalInstance
    """The trader has moved a border."""
    turned: SignalInstance
    """The trader has brought another dock to the front of its place."""

    def build(self, tree: Tree | None, panels: Mapping[str, Panel], width: int) -> None:
        """Show the docks of a tree in place of what was shown; None shows nothing."""

    def release(self, home: QWidget) -> None:
        """Let all docks go to `home`, out of sight."""

    def show_panel(self, panel: Panel) -> bool:
        """Bring a dock to the front of its place; return whether it is shown here."""

    def seen(self) -> list[Panel]:
        """Return the docks in front, from left to right and top to bottom."""

    def sizes(self) -> list[list[int]]:
        """Return the pixels of each split, outer ones first."""

    def middle(self) -> QRect:
        """Return where the part lies that takes what the others leave, the room made in it included."""

    def make_room(self, height: int) -> None:
        """Keep the top of that part free for a sheet."""

    def landing(self, at: QPoint) -> Landing | None:
        """Return where a dock let go at a point of this widget would come; None outside."""
