"""Menus in the theme: the one place that makes them, since no palette reaches their margins and separators.

A sheet of the application's own would do the same, but with one every widget is matched against it whenever it is
shown, moved to another parent or dressed anew: a dock that moves and a theme that changes held the loop for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def menu(parent: QWidget) -> QMenu:
    """Return an empty menu in the theme in use; menus added to it wear the same."""
    made = QMenu(parent)
    made.setStyleSheet(theme.current().menu_sheet())
    return made
