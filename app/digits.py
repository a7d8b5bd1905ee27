"""Which key chooses which workspace: a drawn one its own, a clone the first that is free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.window import Window
    from app.workspaces import Workspace

FOR_CLONES: Final = ("7", "8", "9")
"""Keys that no workspace is drawn with, of those there will be."""


class Digits:
    """The keys of a window's workspaces."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._of: dict[str, str] = {}

    def of(self, one: Workspace) -> str:
        """Return the key of a workspace."""
        return self._of[one.name]

    def give(self, one: Workspace) -> None:
        """Give a workspace its key; a clone needs a free one."""
        self._of[one.name] = self.free()[0] if one.is_clone else one.drawn.digit

    def take_back(self, one: Workspace) -> None:
        """Free the key of a workspace."""
        self._of.pop(one.name, None)

    def free(self) -> list[str]:
        """Return the keys that a clone can have: those that no workspace is drawn with."""
        return [digit for digit in FOR_CLONES if digit not in self._of.values()]

    def known(self, digit: str) -> bool:
        """Whether a key chooses a workspace."""
        return self._workspace(digit) is not None

    def choose(self, digit: str) -> None:
        """Show the workspace of a key."""
        one = self._workspace(digit)
        if one is not None:
            self._window.choose(self._window.workspaces.index(one))

    def words(self, digit: str) -> str:
        """Return what choosing by a key is called in menus."""
        one = self._workspace(digit)
        return f"Workspace {digit}" if one is None else f"Workspace {digit}: {one.title}"

    def _workspace(self, digit: str) -> Workspace | None:
        return next((one for one in self._window.workspaces if self.of(one) == digit), None)
