"""The guide in the program: pages of `resources/help`, the same that the site shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import resources
from widgets.help import HelpDialog, Page

if TYPE_CHECKING:
    from pathlib import Path

    from app.window import Window

FIRST = "start"
"""The page that is shown before another is asked for."""


def pages(folder: Path | None = None) -> tuple[Page, ...]:
    """Return every page, the first steps first, the others by title."""
    found = []
    for file in (folder or resources.path("help")).glob("*.md"):
        text = file.read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("#").strip()
        found.append(Page(file.stem, title, text))
    return tuple(sorted(found, key=lambda page: (page.name != FIRST, page.title.lower())))


class Help:
    """Opens the guide; one window of it, whoever asks."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.dialog: HelpDialog | None = None

    def open(self, name: str = FIRST) -> None:
        """Show the guide at a page."""
        if self.dialog is None:
            self.dialog = HelpDialog(pages(), self._window, pictures=resources.path("help", "pictures"))
        self.dialog.open_page(name)
        self.dialog.show()
        self.dialog.raise_()
