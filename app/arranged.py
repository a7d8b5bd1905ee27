"""What a trader made of where the docks of a workspace stand: moved, closed, taken out, borders dragged. No Qt.

What was moved, closed or taken out is a tree of `app.arrangement` for each arrangement. Borders alone are kept as
pixels of the drawn one, so that what was never touched follows a newer drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from app import arrangement as trees
from app.arrangement import Split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.layout import WindowLayout, WorkspaceLayout
    from app.workspace import Drawn

WIDE_KEY: Final = "wide"
SMALL_KEY: Final = "small"


class Arranged:
    """Trees, borders and hidden docks of one workspace; `docks` are always the names of all it has, as drawn."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = {WIDE_KEY: drawn.wide, SMALL_KEY: drawn.small}
        self.trees: dict[str, Split] = {}
        self.borders: dict[str, list[list[int]]] = {}
        self.hidden: dict[str, WindowLayout | None] = {}
        """Docks that are closed, or in the window given."""

    def tree(self, key: str, docks: Iterable[str]) -> Split:
        """Return where all docks stand in an arrangement, with the pixels a trader gave them."""
        found, drawn, names = self.trees.get(key), self._drawn[key], list(docks)
        if found is not None:
            return found
        whole = trees.completed(drawn, names, drawn)
        base = whole if isinstance(whole, Split) else drawn
        sized = trees.sized(base, self.borders.get(key, ()), set(names))
        return sized if isinstance(sized, Split) else base

    def shown(self, docks: Iterable[str]) -> list[str]:
        """Return the docks that are in their places."""
        return [name for name in docks if name not in self.hidden]

    def seen(self, key: str, docks: Iterable[str]) -> trees.Tree | None:
        """Return the tree of the docks in their places; None where there is none."""
        names = list(docks)
        return trees.only(self.tree(key, names), self.shown(names))

    def closed(self, docks: Iterable[str]) -> list[str]:
        """Return the docks that are closed, in the order they are drawn."""
        return [name for name in docks if name in self.hidden and self.hidden[name] is None]

    def out(self, docks: Iterable[str]) -> list[str]:
        """Return the docks that have a window of their own."""
        return [name for name in docks if self.hidden.get(name) is not None]

    def moved(self, key: str, tree: Split) -> None:
        """Take another tree: the borders of the one before are of other parts."""
        self.borders.pop(key, None)
        self.trees[key] = tree

    def hide(self, key: str, name: str, where: WindowLayout | None, docks: Iterable[str]) -> None:
        """Close a dock, or give it a window of its own."""
        if key in self.borders:  # its sizes are those of all parts: from here on the tree holds them
            self.trees[key] = self.tree(key, docks)
            del self.borders[key]
        self.hidden[name] = where

    def keep_sizes(self, key: str, sizes: Sequence[Sequence[int]], docks: Iterable[str]) -> None:
        """Put the pixels that the splits have now into the tree."""
        names = list(docks)
        tree = trees.sized(self.tree(key, names), sizes, set(self.shown(names)))
        if isinstance(tree, Split):
            self.trees[key] = tree

    def border_moved(self, key: str, sizes: list[list[int]], docks: Iterable[str]) -> None:
        """Keep the pixels of borders that were dragged."""
        if key in self.trees or self.hidden:
            self.keep_sizes(key, sizes, docks)
        else:
            self.borders[key] = sizes

    def kept(self, state: WorkspaceLayout, docks: Iterable[str]) -> WorkspaceLayout:
        """Return a state with what was made of it here."""
        return replace(
            state,
            trees=dict(self.trees),
            borders={key: tuple(tuple(one) for one in sizes) for key, sizes in self.borders.items()},
            closed=tuple(self.closed(docks)),
            windows=tuple(where for where in self.hidden.values() if where is not None),
        )

    def take(self, state: WorkspaceLayout, docks: Sequence[str]) -> None:
        """Be as it was left; trees that cannot be, and docks that are not there, are left out."""
        self.trees = {}
        for key, tree in state.trees.items():
            if key in self._drawn and trees.sound(tree):
                found = trees.completed(tree, docks, self._drawn[key])
                self.trees[key] = found if isinstance(found, Split) else self._drawn[key]
        self.borders = {k: [list(one) for one in v] for k, v in state.borders.items() if k in self._drawn}
        self.hidden = {name: None for name in state.closed if name in docks}
        self.hidden |= {where.dock: where for where in state.windows if where.dock in docks}
