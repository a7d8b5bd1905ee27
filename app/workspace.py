"""Where each dock stands: the arrangements of a workspace, wide and small.

An arrangement is data: columns of stacks with the pixels they take; None takes what is left. Splitters let the
trader move the borders; they are remembered by `app.layout`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from widgets.panel import Panel

GUTTER: Final = 4
REST: Final = None


@dataclass(frozen=True, slots=True)
class Place:
    """Docks at one place, by name, and its height; None takes what is left."""

    docks: tuple[str, ...]
    height: int | None = REST


@dataclass(frozen=True, slots=True)
class Column:
    """Places over one another, and their width."""

    places: tuple[Place, ...]
    width: int | None = REST


Arrangement = tuple[Column, ...]
BELOW: Final = (
    "positions",
    "orders",
    "fills",
    "pnl",
    "tape",
    "curve",
    "gates",
    "scenarios",
    "alerts",
    "connections",
    "latency",
    "settlements",
    "log",
)
BELOW_SMALL: Final = tuple(name for name in BELOW if name != "gates")
WEATHER: Final[Arrangement] = (
    Column((Place(("markets",)), Place(("station",), 566)), 292),
    Column((Place(("map",)), Place(("board",), 252), Place(BELOW, 230))),
    Column((Place(("ladder",)), Place(("ticket",), 316)), 562),
)
WEATHER_SMALL: Final[Arrangement] = (
    Column((Place(("map", "station", "markets")), Place(("board",), 226), Place(BELOW_SMALL, 192))),
    Column((Place(("ladder", "ticket", "gates")),), 446),
)
BLOTTER: Final = ("orders", "positions", "fills", "pnl", "gates", "markets", "connections", "latency", "log")
UPDOWN: Final[Arrangement] = (
    Column((Place(("cockpit",)), Place(("strategies",), 262), Place(BLOTTER, 190))),
    Column((Place(("ladder",)), Place(("ticket", "tape"), 316)), 562),
)
UPDOWN_SMALL: Final[Arrangement] = (
    Column((Place(("cockpit",)), Place(("strategies", *BLOTTER), 236))),
    Column((Place(("ladder", "ticket", "tape")),), 446),
)
MAKING: Final[Arrangement] = (
    Column((Place(("quoter",)), Place(("orders", "positions", "fills", "pnl", "strategies", "log"), 260))),
    Column((Place(("ladder",)), Place(("gates", "ticket", "tape"), 316)), 562),
)
MAKING_SMALL: Final[Arrangement] = (
    Column((Place(("quoter",)), Place(("orders", "positions", "fills", "pnl", "strategies", "log"), 220))),
    Column((Place(("ladder", "gates", "ticket", "tape")),), 446),
)
SETTLE: Final[Arrangement] = (
    Column((Place(("settlements",)), Place(("chain",), 330))),
    Column((Place(("evidence",)), Place(("fills", "positions"), 330)), 640),
    Column((Place(("map",)), Place(("log",), 330)), 500),
)
SETTLE_SMALL: Final[Arrangement] = (
    Column((Place(("settlements",)), Place(("chain",), 260))),
    Column((Place(("evidence", "map")), Place(("log", "fills", "positions"), 260)), 520),
)
SMALL_BELOW: Final = 1600
"""Narrower windows use the small arrangement."""


class Workspace(QWidget):
    """One workspace: its docks, arranged for the room there is."""

    moved = Signal()
    """The trader has moved a border."""

    def __init__(self, name: str, wide: Arrangement, small: Arrangement, docks: Mapping[str, Panel]) -> None:
        super().__init__()
        self.name = name
        self.docks = dict(docks)
        self._arrangements = {False: wide, True: small}
        self._small: bool | None = None
        self._remembered: dict[str, list[list[int]]] = {}
        self._room = 0
        self._root: QSplitter | None = None
        self.stacks: list[Stack] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(GUTTER, GUTTER, GUTTER, GUTTER)
        for panel in self.docks.values():
            panel.setParent(self)  # a dock that no arrangement has shown yet ends with its workspace, too
            panel.hide()

    def arrange(self, width: int) -> None:
        """Arrange the docks for a window of this width, if that is another arrangement than now."""
        small = width < SMALL_BELOW
        if small == self._small:
            return
        in_front = [stack.current() for stack in self.stacks if len(stack.panels) > 1]
        self._small = small
        self._clear()
        self._root = QSplitter(Qt.Orientation.Horizontal)
        self._root.setHandleWidth(GUTTER)
        columns = self._arrangements[small]
        for column in columns:
            self._root.addWidget(self._column(column))
        _share(self._root, [c.width for c in columns], width - 2 * GUTTER)
        self._box.addWidget(self._root)
        self.restore_sizes(self._remembered.get(self.arrangement(), ()))
        self.make_room(self._room)
        for splitter in self._splitters():
            splitter.splitterMoved.connect(self._moved)
        for panel in in_front:
            any(stack.show_panel(panel) for stack in self.stacks)

    def show_dock(self, name: str) -> bool:
        """Bring a dock to the front; return whether it is here."""
        panel = self.docks.get(name)
        return panel is not None and any(stack.show_panel(panel) for stack in self.stacks)

    def seen(self) -> list[Panel]:
        """Return the docks that can be seen, from left to right and top to bottom."""
        return [stack.current() for stack in self.stacks]

    def middle(self) -> QRect:
        """Return where the column lies that takes what the others leave, the room made in it included."""
        column = self._widest()
        if self._root is None or column is None:
            return QRect()
        return QRect(self._root.mapTo(self, column.pos()), column.size())

    def make_room(self, height: int) -> None:
        """Keep the top of the column in the middle free for a sheet: the dock there that takes the rest gives way."""
        self._room = height
        column = self._widest()
        if column is not None and column.contentsMargins().top() != height:
            column.setContentsMargins(0, height, 0, 0)

    def sizes(self) -> list[list[int]]:
        """Return the sizes of the splitters, the outer one first."""
        return [s.sizes() for s in self._splitters()]

    def remember(self, sizes: Mapping[str, list[list[int]]]) -> None:
        """Take the sizes of arrangements as they were left; the one shown now takes them at once."""
        self._remembered = dict(sizes)
        self.restore_sizes(self._remembered.get(self.arrangement(), ()))

    def remembered(self) -> dict[str, list[list[int]]]:
        """Return the sizes the trader has chosen, by arrangement."""
        return dict(self._remembered)

    def restore_sizes(self, sizes: Sequence[Sequence[int]]) -> None:
        """Set the sizes of the splitters, as far as they fit this arrangement."""
        for splitter, wanted in zip(self._splitters(), sizes, strict=False):
            if len(wanted) == splitter.count():
                splitter.setSizes(list(wanted))

    def arrangement(self) -> str:
        """Return which arrangement is shown, for the saved layout."""
        return "small" if self._small else "wide"

    def _moved(self) -> None:
        self._remembered[self.arrangement()] = self.sizes()
        self.moved.emit()

    def _splitters(self) -> list[QSplitter]:
        if self._root is None:
            return []
        inner = [self._root.widget(i) for i in range(self._root.count())]
        return [self._root, *(w for w in inner if isinstance(w, QSplitter))]

    def _widest(self) -> QWidget | None:
        if self._root is None:
            return None
        columns = self._arrangements[bool(self._small)]
        return self._root.widget(next(i for i, column in enumerate(columns) if column.width is REST))

    def _column(self, column: Column) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(GUTTER)
        splitter.setChildrenCollapsible(False)
        for place in column.places:
            stack = Stack([self.docks[name] for name in place.docks if name in self.docks])
            self.stacks.append(stack)
            splitter.addWidget(stack)
        _share(splitter, [p.height for p in column.places], 10_000)
        return splitter

    def _clear(self) -> None:
        for stack in self.stacks:
            stack.release(self)
        self.stacks.clear()
        if self._root is not None:
            self._box.removeWidget(self._root)
            self._root.deleteLater()
            self._root = None


def _share(splitter: QSplitter, wanted: Sequence[int | None], whole: int) -> None:
    """Give fixed parts their pixels and the rest to the others, now and when the window grows."""
    fixed = sum(w for w in wanted if w is not None)
    loose = max(1, sum(w is None for w in wanted))
    splitter.setSizes([w if w is not None else max(1, (whole - fixed) // loose) for w in wanted])
    for index, width in enumerate(wanted):
        splitter.setStretchFactor(index, 0 if width is not None else 1)
