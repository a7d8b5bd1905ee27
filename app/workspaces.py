"""One workspace on screen: its docks, arranged for the room there is, and what a trader made of them.

Its docks are made when they are first wanted, or one by one behind the first painting, at which five workspaces of six
are not seen. Until then it keeps what it was told to be.

What was moved, closed or taken out is a tree of `app.arrangement`, remembered by `app.layout`; what was never touched
keeps following the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from PySide6.QtCore import QRect, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import arrangement as trees
from app import keyboard
from app.arranged import SMALL_KEY, WIDE_KEY, Arranged
from app.arrangement import Split
from app.layout import WindowLayout, WorkspaceLayout
from app.splits import GUTTER, SplitHost
from widgets import formats, theme
from widgets.cover import EmptyPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtCore import QPoint

    from app.arrangement import Tree
    from app.dockhost import DockHost, Landing
    from app.workspace import Drawn
    from widgets.panel import Panel

MOST_TITLE: Final = 40
"""Characters of a name out of a file."""
SMALL_BELOW: Final = 1600
"""Narrower windows use the small arrangement."""


class Workspace(QWidget):
    """One workspace: its docks, arranged for the room there is.

    Closing a dock and taking it out leave its place in the tree as it is, so that it comes back to it.
    """

    moved = Signal()
    """The trader has moved a border."""
    changing = Signal()
    """A dock is about to be moved, closed, opened, taken out or put back, or a border was: what is, can be kept."""
    changed = Signal()
    """What the saved layout holds has changed."""
    taken_out = Signal(object)
    """A `WindowLayout`: this dock wants a window of its own."""
    put_back = Signal(str)
    """The window of this dock is no longer wanted; the dock is in its place again."""
    made = Signal()
    """Its docks are there, as they were left, and want to be wired."""

    def __init__(self, drawn: Drawn, *, name: str = "", title: str = "", host: DockHost | None = None) -> None:
        super().__init__()
        self.drawn = drawn
        self.name = name or drawn.name
        self.title = formats.plain(title, MOST_TITLE) or drawn.title
        self._docks: dict[str, Panel] = {}
        self._makers: Mapping[str, Callable[[], Panel]] | None = None
        self.is_made = False
        """Whether its docks are there."""
        self._left: WorkspaceLayout | None = None
        """What it was told to be before its docks were there."""
        self._fronts: tuple[str, ...] = ()
        """Docks to be in front once it is arranged."""
        self.unlocked = False
        self._small: bool | None = None
        self._made = Arranged(drawn)
        self._bordering = False
        self.host = host if host is not None else SplitHost(self)
        self._nothing = EmptyPage(self)
        self._nothing.pressed.connect(lambda _word: self.open_all())
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(GUTTER, GUTTER, GUTTER, GUTTER)
        self._box.addWidget(self.host)  # type: ignore[arg-type]  # a host is a widget
        self._box.addWidget(self._nothing)
        self._drag_over = QTimer(self)
        self._drag_over.setSingleShot(True)
        self._drag_over.setInterval(400)
        self._drag_over.timeout.connect(self._border_done)
        self.host.bordered.connect(self._border_moved)
        self.host.turned.connect(self.changed)
        self._plain: dict[str, dict[str, Any]] = {}
        """What stands in each dock as it is drawn."""

    @property
    def docks(self) -> dict[str, Panel]:
        """Its docks, by name; made now where they are not yet."""
        self.make_all()
        return self._docks

    def docks_made(self) -> dict[str, Panel]:
        """Return its docks where all of them are there, else none: makes nothing."""
        return self._docks if self.is_made else {}

    def names(self) -> tuple[str, ...]:
        """Return the names of its docks, made or not."""
        return tuple(self._docks) if self.is_made else tuple(trees.docks(self.drawn.wide))

    def areas(self) -> frozenset[str]:
        """Return the areas of `widgets.actions` that its docks are, made or not."""
        if self.is_made:
            return frozenset(panel.area for panel in self._docks.values())
        return frozenset(getattr(getattr(one, "func", one), "area", "") for one in self._all_makers().values())

    def make_all(self) -> None:
        """Make whatever docks are not there yet."""
        while not self.is_made:
            self.make_one()

    def make_one(self) -> None:
        """Make one more of its docks; with the last one they are as they were left."""
        makers = self._all_makers()
        name = next((name for name in makers if name not in self._docks), None)
        if name is not None:
            panel = self._docks[name] = makers[name]()
            panel.retargeted.connect(self.changed)
            panel.chose.connect(self.changed)
            panel.setParent(self)  # a dock that no arrangement has shown yet ends with its workspace, too
            panel.hide()
        if len(self._docks) == len(makers) and not self.is_made:
            self.is_made = True
            self._plain = self._settings()
            left, self._left = self._left, None
            if left is not None:
                self.take(left)
            self.made.emit()

    def _all_makers(self) -> Mapping[str, Callable[[], Panel]]:
        if self._makers is None:
            self._makers = self.drawn.docks()
        return self._makers

    @property
    def is_clone(self) -> bool:
        """Whether it was made of another by the trader."""
        return self.name != self.drawn.name

    # What is seen

    def arrange(self, width: int) -> None:
        """Arrange the docks for a window of this width, if that is another arrangement than now."""
        small = width < SMALL_BELOW
        if small != self._small:
            self.make_all()
            chosen = [panel for panel in self._in_front() if self.name_of(panel) not in self._first()]
            had = keyboard.holder(self._docks.values(), self.window())
            self._small = small
            if had is not None and (keyboard.typed(had.at) or self.name_of(had.dock) in self._first()):
                chosen.append(had.dock)
            self._build(width, chosen)
            fronts, self._fronts = self._fronts, ()
            for name in fronts:
                self.show_front(name)
            self._give_back(had)

    def show_front(self, name: str) -> None:
        """Bring a dock that is in its place to the front of it."""
        if name in self._docks:
            self.host.show_panel(self._docks[name])

    def rearrange(self, width: int) -> None:
        """Arrange the docks for another width, if they were arranged before."""
        if self._small is not None:
            self.arrange(width)

    def show_dock(self, name: str) -> bool:
        """Bring a dock to the front; return whether it is here. One that is closed is opened."""
        if name not in self.names():
            return False
        if name in self._made.closed(self.names()):
            self.open(name)
        return self.host.show_panel(self.docks[name])

    def beside(self, name: str) -> list[str]:
        """Return the docks that share a place with one, itself among them; none where it is not shown."""
        if not self.is_made:
            return []
        tree = self._seen()
        return next((list(one.docks) for one in (trees.places(tree) if tree else ()) if name in one.docks), [])

    def seen(self) -> list[Panel]:
        """Return the docks that can be seen, from left to right and top to bottom."""
        return self.host.seen()

    def middle(self) -> QRect:
        """Return where the column lies that takes what the others leave, the room made in it included."""
        found = self.host.middle()
        return QRect(self.host.mapTo(self, found.topLeft()), found.size())  # type: ignore[attr-defined]  # a widget

    def make_room(self, height: int) -> None:
        """Keep the top of the column in the middle free for a sheet: the dock there that takes the rest gives way."""
        self.host.make_room(height)

    def sizes(self) -> list[list[int]]:
        """Return the sizes of the splits, the outer one first."""
        return self.host.sizes()

    def arrangement(self) -> str:
        """Return which arrangement is shown, for the saved layout."""
        return SMALL_KEY if self._small else WIDE_KEY

    def tree(self) -> Split:
        """Return where all docks stand in the arrangement shown, with the pixels a trader gave them."""
        return self._made.tree(self.arrangement(), self.docks)

    def closed(self) -> list[str]:
        """Return the docks that are closed, in the order they are drawn."""
        return self._made.closed(self._docks)

    def out(self) -> list[str]:
        """Return the docks that have a window of their own."""
        return self._made.out(self._docks)

    def name_of(self, panel: Panel) -> str:
        """Return the name of a dock of this workspace; empty for another's."""
        return next((name for name, one in self._docks.items() if one is panel), "")

    # What a trader does

    def move_dock(self, name: str, target: str, side: str) -> bool:
        """Move a dock to a side of another's place; return whether that changed anything."""
        before = self.tree()
        after = trees.moved(before, name, target, side)
        if after == before or not isinstance(after, Split):
            return False
        self.changing.emit()
        self._made.moved(self.arrangement(), after)
        self._rebuild(name)
        return True

    def close_dock(self, name: str) -> bool:
        """Take a dock off the screen; it keeps its place."""
        if name not in self.docks or name in self.closed():
            return False
        self.changing.emit()
        was_out = name in self.out()
        self._hide(name, None)
        if was_out:
            self.put_back.emit(name)
        return True

    def open(self, name: str) -> bool:
        """Put a dock that is closed or has a window of its own back to its place."""
        if name not in self._made.hidden:
            return False
        self.changing.emit()
        was_out = self._made.hidden.pop(name) is not None
        if was_out:
            self.put_back.emit(name)
        self._rebuild(name)
        return True

    def open_all(self) -> None:
        """Put every closed dock back to its place."""
        closed = self.closed()
        if closed:
            self.changing.emit()
            for name in closed:
                del self._made.hidden[name]
            self._rebuild()

    def take_out(self, where: WindowLayout) -> bool:
        """Give a dock a window of its own."""
        if where.dock not in self.docks or where.dock in self.out():
            return False
        self.changing.emit()
        self._hide(where.dock, where)
        self.taken_out.emit(where)
        return True

    def window_moved(self, where: WindowLayout) -> None:
        """Take notice of where the window of a dock is now."""
        if where.dock in self.out() and self._made.hidden[where.dock] != where:
            self._made.hidden[where.dock] = where
            self.changed.emit()

    def landing(self, at: QPoint) -> Landing | None:
        """Return where a dock let go at a point of this workspace would come."""
        return self.host.landing(self.host.mapFrom(self, at))  # type: ignore[attr-defined]  # a widget

    # What is remembered

    def state(self) -> WorkspaceLayout:
        """Return what a trader made of it."""
        title = self.title if self.title != self.drawn.title or self.is_clone else ""
        if not self.is_made:
            left = self._left or WorkspaceLayout(name=self.name, base=self.drawn.name)
            return replace(left, name=self.name, base=self.drawn.name, title=title, unlocked=self.unlocked)
        fronts = tuple(name for name in map(self.name_of, self._in_front()) if name not in self._first())
        bare = WorkspaceLayout(
            name=self.name,
            base=self.drawn.name,
            title=title,
            front=fronts if self._small is not None else self._fronts,
            unlocked=self.unlocked,
            docks={name: chosen for name, chosen in self._settings().items() if chosen != self._plain[name]},
        )
        return self._made.kept(bare, self._docks)

    def take(self, state: WorkspaceLayout) -> None:
        """Be as it was left. What the state names and this version does not have is left out."""
        if state == self.state():
            return
        self.unlocked = state.unlocked
        self.title = formats.plain(state.title, MOST_TITLE) or self.drawn.title
        if not self.is_made and not state.windows:  # a dock's own window is there from the start
            self._left = state
            self.changed.emit()
            return
        self._left = None
        out = self.out()
        self._made.take(state, list(self.docks))
        for name, drawn_with in self._plain.items():
            self.docks[name].apply_settings(drawn_with | state.docks.get(name, {}))
        for name in out:
            self.put_back.emit(name)
        if self._small is not None:
            had = keyboard.holder(self._docks.values(), self.window())
            self._build(self.width())
            for name in state.front:
                self.show_front(name)
            self._give_back(had)
        else:
            self._fronts = tuple(name for name in state.front if name in self.docks)
        for where in self._made.hidden.values():
            if where is not None:
                self.taken_out.emit(where)
        self.changed.emit()

    def _settings(self) -> dict[str, dict[str, Any]]:
        """Return what is chosen in each dock that has something to choose."""
        return {name: found for name, panel in self._docks.items() if (found := dict(panel.settings()))}

    def _seen(self) -> Tree | None:
        """Return the tree of the docks that are in their places."""
        return self._made.seen(self.arrangement(), self.docks)

    def _give_back(self, had: keyboard.Holder | None) -> None:
        """Leave the keyboard where it was: in its dock, else in the one in front of it, else in the first."""
        mates = () if had is None else self.beside(self.name_of(had.dock))
        keyboard.give_back(had, sorted(self.seen(), key=lambda one: self.name_of(one) not in mates))

    def _hide(self, name: str, where: WindowLayout | None) -> None:
        self._made.hide(self.arrangement(), name, where, self.docks)
        self._rebuild()

    def _rebuild(self, front: str = "") -> None:
        had = keyboard.holder(self._docks.values(), self.window())
        self._build(self.width(), self.seen())
        if front in self.docks:
            self.host.show_panel(self.docks[front])
        self._give_back(had)
        if self.arrangement() in self._made.trees and self.isVisible():
            self._made.keep_sizes(self.arrangement(), self.sizes(), self.docks)
        self.moved.emit()
        self.changed.emit()

    def _build(self, width: int, in_front: Sequence[Panel] = ()) -> None:
        shown = self._seen()
        self.host.build(shown, self.docks, width - 2 * GUTTER)
        for panel in in_front:
            self.host.show_panel(panel)
        self.host.setVisible(shown is not None)  # type: ignore[attr-defined]  # a widget
        for panel in self.docks.values():
            theme.dress_again(panel)
        if shown is None:
            self._nothing.say("Every dock of this workspace is closed or has its own window.", "Open the closed ones")
        else:
            self._nothing.hide()

    def _in_front(self) -> list[Panel]:
        """Return the docks seen at places that hold more than one."""
        tree = self._seen() if self._small is not None else None
        many = {name for one in (trees.places(tree) if tree else ()) if len(one.docks) > 1 for name in one.docks}
        return [panel for panel in self.host.seen() if self.name_of(panel) in many]

    def _first(self) -> set[str]:
        """Return the docks that are in front where nobody chose."""
        tree = self._seen()
        return {one.docks[0] for one in trees.places(tree)} if tree else set()

    def _border_moved(self) -> None:
        if not self._bordering:
            self._bordering = True
            self.changing.emit()
        self._drag_over.start()
        self._made.border_moved(self.arrangement(), self.sizes(), self.docks)
        self.moved.emit()
        self.changed.emit()

    def _border_done(self) -> None:
        self._bordering = False
