"""Docks on the move: dragged by their header, sent by key or menu, out into windows of their own and back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from app import screens
from app.arrangement import ABOVE, BELOW, LEFT, RIGHT, TAB
from app.layout import WindowLayout
from app.popout import PopOut
from engine.views.status import SpineView
from widgets import keymap, paint, theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMenu

    from app.registry import Registry
    from app.window import Window
    from app.workspaces import Workspace
    from widgets.panel import Panel

OUT: Final = "window.layout_out"
CLOSE: Final = "window.layout_close"
LOCK: Final = "window.layout_lock"
SIDE_WORDS: Final = (
    (TAB, "Behind a tab with"),
    (LEFT, "Left of"),
    (RIGHT, "Right of"),
    (ABOVE, "Above"),
    (BELOW, "Below"),
)


class DropHint(QWidget):
    """A frame where the dock that is dragged would come."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paint.frame(QPainter(self), self.rect(), theme.current().colour("buy"), 3)


class Moving(QObject):
    """Moves the docks of a window's workspaces."""

    told = Signal(str)
    """One sentence for the trader."""
    intent = Signal(object)
    halt_pressed = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._hint = DropHint(window)
        self._view: SpineView | None = None
        self.windows: dict[tuple[str, str], PopOut] = {}
        """By workspace and dock."""
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.screenRemoved.connect(self._screen_gone)

    def offer(self, registry: Registry) -> None:
        """Say what the actions do that move docks; their keys work in the docks' own windows, too."""

        def ready() -> bool:
            return self.focused() is not None

        acts: dict[str, Callable[[], object]] = {OUT: self.toggle_out, CLOSE: self.close_focused}
        for side in (LEFT, RIGHT, ABOVE, BELOW):
            acts[f"window.layout_{side}"] = partial(self.send, side, beside=False)
            acts[f"window.layout_beside_{side}"] = partial(self.send, side, beside=True)
        for action, act in acts.items():
            registry.offer(action, act, ready=ready, everywhere=True)

    def adopt(self, one: Workspace) -> None:
        """Look after a workspace."""
        one.taken_out.connect(partial(self._take_out, one))
        one.put_back.connect(partial(self._put_back, one))

    def adopt_docks(self, one: Workspace) -> None:
        """Look after the docks of a workspace, which are there now."""
        for panel in one.docks.values():
            panel.offer_pop_out()
            panel.pop_out.connect(lambda what, of=one: self.toggle_out(of, what))
            panel.dragged.connect(lambda what, at, of=one: self._dragged(of, what, at))
            panel.dropped.connect(lambda what, at, of=one: self._dropped(of, what, at))
            panel.menu_opening.connect(lambda what, menu, of=one: self._fill(of, what, menu))

    def forget(self, one: Workspace) -> None:
        """End the windows of a workspace that goes."""
        for name in one.out():
            self._put_back(one, name)

    def take(self, view: SpineView) -> None:
        """Hand the spine's view on to every window."""
        self._view = view
        for window in self.windows.values():
            window.take(view)

    def show_all(self) -> None:
        """Show the windows: the main one is on screen now."""
        for window in self.windows.values():
            window.show()

    def hide_all(self) -> None:
        """Leave the screen."""
        for window in self.windows.values():
            window.hide()

    def raise_dock(self, one: Workspace, name: str) -> bool:
        """Bring the window of a dock to the front; return whether it has one."""
        window = self.windows.get((one.name, name))
        if window is None:
            return False
        window.show()
        window.raise_()
        window.activateWindow()
        window.panel.setFocus()
        return True

    def focused(self) -> tuple[Workspace, str] | None:
        """Return the dock that has the keyboard, with its workspace."""
        return self.holding(QApplication.focusWidget())

    def holding(self, at: QWidget | None) -> tuple[Workspace, str] | None:
        """Return the dock that a widget is in, with its workspace."""
        while at is not None:
            for one in self._window.workspaces:
                for name, panel in one.docks_made().items():
                    if panel is at:
                        return one, name
            at = at.parentWidget()
        return None

    def toggle_out(self, one: Workspace | None = None, panel: Panel | None = None) -> None:
        """Give a dock a window of its own, or put it back; without one, the dock that has the keyboard."""
        found = self.focused() if one is None or panel is None else (one, one.name_of(panel))
        if found is None:
            return
        one, name = found
        if name in one.out():
            one.open(name)
            one.docks[name].setFocus()
        else:
            one.take_out(self._beside(one.docks[name], name))

    def close_focused(self) -> None:
        """Close the dock that has the keyboard."""
        found = self.focused()
        if found is not None:
            self._close(*found)

    def send(self, side: str, *, beside: bool) -> None:
        """Send the dock that has the keyboard to the place on a side, behind a tab or beside what is there."""
        found = self.focused()
        if found is None or found[1] in found[0].out():
            return
        one, name = found
        if not one.unlocked:
            self.told.emit(locked())
            return
        panel = one.docks[name]
        rects = {other: _rect(other, one) for other in one.seen()}
        target = nearest(rects, panel, side)
        if beside and target is None:
            mates = next((place for place in self._places(one) if name in place), ())
            others = [mate for mate in mates if mate != name]
            moved = bool(others) and one.move_dock(name, others[0], side)
        else:
            moved = target is not None and one.move_dock(name, one.name_of(target), side if beside else TAB)
        if moved:
            panel.setFocus()

    @staticmethod
    def _places(one: Workspace) -> list[tuple[str, ...]]:
        from app.arrangement import places

        return [place.docks for place in places(one.tree())]

    def _close(self, one: Workspace, name: str) -> None:
        if not one.unlocked:
            self.told.emit(locked())
        elif one.close_dock(name):
            self.told.emit(f"{one.docks[name].title} is closed; the menu of workspaces opens it again.")

    def _beside(self, panel: Panel, name: str) -> WindowLayout:
        """Return where the window of a dock comes: over where the dock stood."""
        corner, screen = panel.mapToGlobal(QPoint(0, 0)), self._window.screen()
        room = screen.availableGeometry()
        x, y = max(0, corner.x() - room.x()), max(0, corner.y() - room.y())
        size = panel.size()
        return WindowLayout(
            dock=name, x=x, y=y, width=size.width() + 6, height=size.height() + 35, screen=screen.name()
        )

    def _take_out(self, one: Workspace, where: WindowLayout) -> None:
        window = PopOut(one.docks[where.dock], where, self._window)
        window.back_wanted.connect(one.open)
        window.rested.connect(one.window_moved)
        window.strip.intent.connect(self.intent)
        window.strip.halt_pressed.connect(self.halt_pressed)
        self.windows[one.name, where.dock] = window
        if self._view is not None:
            window.take(self._view)
        if self._window.isVisible():
            window.show()
            window.activateWindow()
            window.panel.setFocus()

    def _put_back(self, one: Workspace, name: str) -> None:
        window = self.windows.pop((one.name, name), None)
        if window is not None:
            window.let_go(one)

    def _dragged(self, one: Workspace, panel: Panel, at: QPoint) -> None:
        found = one.landing(one.mapFromGlobal(at)) if one.unlocked else None
        if found is None or (found.target is panel and found.side == TAB):
            self._hint.hide()
            return
        host: QWidget = one.host  # type: ignore[assignment]  # a host is a widget
        corner = host.mapTo(self._window, found.rect.topLeft())
        self._hint.setGeometry(QRect(corner, found.rect.size()))
        self._hint.show()
        self._hint.raise_()

    def _dropped(self, one: Workspace, panel: Panel, at: QPoint) -> None:
        self._hint.hide()
        name = one.name_of(panel)
        if name in one.out():
            return
        if not one.unlocked:
            self.told.emit(locked())
            return
        found = one.landing(one.mapFromGlobal(at))
        if found is not None:
            target = found.target
            if target is panel:  # its own place: split off from those it shares it with
                mates = next((place for place in self._places(one) if name in place), ())
                target = next((one.docks[mate] for mate in mates if mate != name), panel)
            if found.side != TAB or found.target is not panel:
                one.move_dock(name, one.name_of(target), found.side)
        elif not self._window.frameGeometry().contains(at):
            where, screen = self._beside(panel, name), screens.under(at, screens.attached())
            x, y = max(0, at.x() - screen.room.x()), max(0, at.y() - screen.room.y())
            one.take_out(WindowLayout(dock=name, x=x, y=y, width=where.width, height=where.height, screen=screen.name))

    def _fill(self, one: Workspace, panel: Panel, menu: QMenu) -> None:
        """Add to a dock's menu where it may go."""
        name = one.name_of(panel)
        is_out = name in one.out()
        out = menu.addAction("Put back into its workspace" if is_out else "Open in its own window")
        out.setShortcut(QKeySequence(keymap.hint(OUT)))
        out.triggered.connect(lambda: self.toggle_out(one, panel))
        if is_out:
            return
        move = menu.addMenu("Move")
        move.setEnabled(one.unlocked and len(one.seen()) > 1)
        for side, words in SIDE_WORDS:
            to = move.addMenu(words)
            for other in one.seen():
                if other is not panel:
                    to.addAction(other.title).triggered.connect(
                        lambda _=False, s=side, o=other: one.move_dock(name, one.name_of(o), s)
                    )
        close = menu.addAction("Close this dock")
        close.setShortcut(QKeySequence(keymap.hint(CLOSE)))
        close.setEnabled(one.unlocked)
        close.triggered.connect(lambda: self._close(one, name))

    def _screen_gone(self) -> None:
        """Pull windows back that stood on a screen that was taken away."""
        for window in self.windows.values():
            window.where = screens.placed(window, window.where.dock)
            window.fit()


def locked() -> str:
    """Return what a locked workspace says to whoever would move a dock."""
    return f"The layout is locked: {keymap.hint(LOCK) or 'the menu of workspaces'} unlocks it."


def nearest(rects: dict[Panel, QRect], of: Panel, side: str) -> Panel | None:
    """Return the dock in front of the next place on a side; None at the edge."""
    mine = rects.get(of)
    if mine is None:
        return None
    at = mine.center()
    found: list[tuple[int, Panel]] = []
    for panel, rect in rects.items():
        by = rect.center() - at
        along, off = (by.x(), by.y()) if side in {LEFT, RIGHT} else (by.y(), by.x())
        along = -along if side in {LEFT, ABOVE} else along
        beyond = {
            LEFT: rect.right() < mine.left(),
            RIGHT: rect.left() > mine.right(),
            ABOVE: rect.bottom() < mine.top(),
            BELOW: rect.top() > mine.bottom(),
        }[side]
        if panel is not of and beyond:
            found.append((along + abs(off), panel))
    return min(found, key=lambda one: one[0], default=(0, None))[1]


def _rect(panel: Panel, one: Workspace) -> QRect:
    return QRect(panel.mapTo(one, QPoint(0, 0)), panel.size())
