"""The dock host of plain splitters and tabs: always there, painted from our own tokens, restored to the pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QVBoxLayout, QWidget
from typing_extensions import override

from app.arrangement import ABOVE, BELOW, LEFT, RIGHT, TAB, Place, Split
from app.dockhost import Landing
from app.stack import Stack
from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPaintEvent, QShowEvent

    from app.arrangement import Tree
    from widgets.panel import Panel

GUTTER: Final = 4
EDGE: Final = 0.25
"""Share of a place's width or height within which a dock that is let go comes beside it, not behind a tab."""
_TALL: Final = 10_000
"""Pixels that the parts over one another share until the window gives them theirs."""


class Border(QSplitterHandle):
    """The gap between two parts, which can be dragged."""

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.window"))


class Parts(QSplitter):
    """Parts beside or over one another."""

    @override
    def createHandle(self) -> QSplitterHandle:
        return Border(self.orientation(), self)


class SplitHost(QWidget):
    """See `DockHost`."""

    bordered = Signal()
    turned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stacks: list[Stack] = []
        self.splitters: list[QSplitter] = []
        """Outer ones first."""
        self._wanted: list[tuple[QSplitter, list[int]]] = []
        """Splitters whose parts all had pixels: they get them once they are laid out, before that they round."""
        self._root: QSplitter | None = None
        self._grows = 0
        """Which part of the root takes what the others leave."""
        self._room = 0
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def build(self, tree: Tree | None, panels: Mapping[str, Panel], width: int) -> None:
        """Show the docks of a tree in place of what was shown."""
        home = self.parentWidget() or self
        self.release(home)
        if tree is None:
            return
        root = tree if isinstance(tree, Split) else Split((tree,), across=True, grows=True)
        growing = [i for i, part in enumerate(root.parts) if part.grows]
        self._root = self._split(root, panels, width)
        self._grows = growing[0] if growing else 0
        self._box.addWidget(self._root)
        self.make_room(self._room)
        if self.isVisible():
            self._root.show()
            self._box.activate()  # sizes and places are asked for before the next turn of the loop
            self._restore()
        for splitter in self.splitters:
            splitter.splitterMoved.connect(self.bordered)
        for stack in self.stacks:
            stack.turned.connect(self.turned)

    def release(self, home: QWidget) -> None:
        """Let all docks go to `home`, out of sight."""
        for stack in self.stacks:
            stack.release(home)
        self.stacks.clear()
        self.splitters.clear()
        self._wanted.clear()
        if self._root is not None:
            self._box.removeWidget(self._root)
            self._root.hide()
            self._root.deleteLater()
            self._root = None

    def show_panel(self, panel: Panel) -> bool:
        """Bring a dock to the front of its place."""
        return any(stack.show_panel(panel) for stack in self.stacks)

    def seen(self) -> list[Panel]:
        """Return the docks in front."""
        return [stack.current() for stack in self.stacks]

    def sizes(self) -> list[list[int]]:
        """Return the pixels of each split, outer ones first."""
        return [splitter.sizes() for splitter in self.splitters]

    def middle(self) -> QRect:
        """Return where the part lies that takes what the others leave."""
        part = self._middle()
        if self._root is None or part is None:
            return QRect()
        return QRect(self._root.mapTo(self, part.pos()), part.size())

    def make_room(self, height: int) -> None:
        """Keep the top of that part free: the dock there that takes the rest gives way."""
        self._room = height
        part = self._middle()
        if part is not None and part.contentsMargins().top() != height:
            part.setContentsMargins(0, height, 0, 0)

    def landing(self, at: QPoint) -> Landing | None:
        """Return where a dock let go at a point would come."""
        for stack in self.stacks:
            rect = QRect(stack.mapTo(self, QPoint(0, 0)), stack.size())
            if rect.contains(at):
                side = side_of(rect, at)
                return Landing(stack.current(), side, half(rect, side))
        return None

    def _restore(self) -> None:
        for splitter, sizes in self._wanted:
            splitter.setSizes(sizes)
        self._wanted.clear()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restore()

    def _middle(self) -> QWidget | None:
        return None if self._root is None else self._root.widget(self._grows)

    def _split(self, tree: Split, panels: Mapping[str, Panel], width: int) -> QSplitter:
        splitter = Parts(Qt.Orientation.Horizontal if tree.across else Qt.Orientation.Vertical)
        splitter.setHandleWidth(GUTTER)
        splitter.setChildrenCollapsible(False)
        self.splitters.append(splitter)
        for part in tree.parts:
            splitter.addWidget(self._part(part, panels, width))
        _share(splitter, tree, width if tree.across else _TALL)
        if all(part.size for part in tree.parts):
            self._wanted.append((splitter, [part.size for part in tree.parts]))
        return splitter

    def _part(self, part: Tree, panels: Mapping[str, Panel], width: int) -> QWidget:
        if isinstance(part, Place):
            stack = Stack([panels[name] for name in part.docks])
            self.stacks.append(stack)
            return stack
        return self._split(part, panels, width)


def side_of(rect: QRect, at: QPoint) -> str:
    """Return the side of a place that a point in it is near to; behind a tab in its middle."""
    x, y = (at.x() - rect.x()) / max(1, rect.width()), (at.y() - rect.y()) / max(1, rect.height())
    near = {LEFT: x, RIGHT: 1 - x, ABOVE: y, BELOW: 1 - y}
    side = min(near, key=lambda one: near[one])
    return side if near[side] < EDGE else TAB


def half(rect: QRect, side: str) -> QRect:
    """Return the part of a place that a dock let go on a side of it takes."""
    wide, tall = rect.width() // 2, rect.height() // 2
    return {
        LEFT: QRect(rect.x(), rect.y(), wide, rect.height()),
        RIGHT: QRect(rect.x() + rect.width() - wide, rect.y(), wide, rect.height()),
        ABOVE: QRect(rect.x(), rect.y(), rect.width(), tall),
        BELOW: QRect(rect.x(), rect.y() + rect.height() - tall, rect.width(), tall),
    }.get(side, rect)


def _share(splitter: QSplitter, tree: Split, whole: int) -> None:
    """Give fixed parts their pixels and the rest to the others, now and when the window grows."""
    fixed = sum(part.size for part in tree.parts)
    loose = max(1, sum(not part.size for part in tree.parts))
    splitter.setSizes([part.size or max(1, (whole - fixed) // loose) for part in tree.parts])
    growing = any(part.grows for part in tree.parts)
    for index, part in enumerate(tree.parts):
        splitter.setStretchFactor(index, 1 if part.grows or not growing else 0)
