"""What a markets dock knows of watchlists: the button that chooses one, the field that names one, and the menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu
from typing_extensions import override

from widgets import menus
from widgets.controls import IconButton
from widgets.fields import Field
from widgets.watchlists import LONGEST_NAME, Watchlist, Watchlists

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QFocusEvent, QKeyEvent

    from engine.views.market import MarketRow

ALL = "All markets"


class NameField(Field):
    """A field for a name; Escape or leaving it gives up."""

    given_up = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}:
            self.given_up.emit()


class WatchRow(QObject):
    """Which list is shown, and how lists are made, named and filled."""

    shown_changed = Signal()
    """Another list is shown, or the one shown has changed."""
    named = Signal(str)
    """A name is asked for, was given, or was given up; with why it cannot be."""
    wants_delete = Signal(str, int)
    """A list, and how many markets it has."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lists = Watchlists(self)
        self.shown = ""
        """Name of the list that is shown; empty for all markets."""
        self._last = ""
        self._renames = ""
        self._waits: MarketRow | None = None
        """A market that goes into the list that is being named."""
        self.button = IconButton("layers", "Watchlists")
        self.button.clicked.connect(self._open)
        self.naming = NameField("Name of the list", number=False)
        self.naming.setMaxLength(LONGEST_NAME)
        self.naming.setFixedHeight(22)
        self.naming.hide()
        self.naming.returnPressed.connect(self._name)
        self.naming.given_up.connect(self._give_up)
        self.lists.changed.connect(self._listed)

    def set_lists(self, lists: Watchlists) -> None:
        """Use lists that other docks use, too."""
        self.lists.changed.disconnect(self._listed)
        self.lists = lists
        self.lists.changed.connect(self._listed)
        self._listed()

    def watchlist(self) -> Watchlist | None:
        """Return the list that is shown; None for all markets."""
        return self.lists.find(self.shown) if self.shown else None

    def show_list(self, name: str) -> None:
        """Show a list, or all markets."""
        found = self.lists.find(name) if name else None
        self.shown = found.name if found is not None else ""
        self._last = self.shown or self._last
        self.button.setAccessibleName(f"Watchlists: {self.shown or ALL}")
        self.shown_changed.emit()

    def switch(self, row: MarketRow) -> str:
        """Put a market into the list that is shown, or the one shown last, or take it out; return why not."""
        names = self.lists.names()
        name = self.shown or (self._last if self._last in names else names[0] if names else "")
        if not name:
            self.ask_name(row)
            return ""
        one = self.lists.find(name)
        if one is not None and one.has(row.market):
            self.lists.remove(name, row.market)
            return ""
        return self.lists.add(name, row)

    def ask_name(self, row: MarketRow | None = None, *, renames: str = "") -> None:
        """Show the field for a new list, which a market may go into, or for another name of a list."""
        self._waits, self._renames = row, renames
        self.naming.setText(renames)
        self.naming.setPlaceholderText("Name of the new list")
        self.naming.show()
        self.naming.setFocus()
        self.naming.selectAll()
        self.named.emit("")

    def fill(self, menu: QMenu, row: MarketRow, say: Callable[[str], None]) -> None:
        """Put into a market's menu what can be done with it and the lists."""
        into = menu.addMenu("Watchlists")
        for one in self.lists.lists():
            action = into.addAction(one.name)
            action.setCheckable(True)
            action.setChecked(one.has(row.market))
            action.triggered.connect(lambda on, name=one.name: self._put(name, row, say, on=on))
        into.addSeparator()
        into.addAction("New list…", lambda: self.ask_name(row))
        if self.shown:
            menu.addAction("Move up", lambda: self.lists.move(self.shown, row.market, -1))
            menu.addAction("Move down", lambda: self.lists.move(self.shown, row.market, 1))
            menu.addAction(f"Remove from “{self.shown}”", lambda: self.lists.remove(self.shown, row.market))

    def choices(self, menu: QMenu) -> None:
        """Put every list into a menu, and what can be done with the one shown."""
        group = QActionGroup(menu)
        for name in ("", *self.lists.names()):
            one = self.lists.find(name) if name else None
            action = menu.addAction(f"{name}   {len(one.markets)}" if one is not None else ALL)
            action.setCheckable(True)
            action.setChecked(name == self.shown)
            action.triggered.connect(lambda _=False, chosen=name: self.show_list(chosen))
            group.addAction(action)
        menu.addSeparator()
        menu.addAction("New list…", self.ask_name)
        shown = self.watchlist()
        if shown is not None:
            menu.addAction("Rename…", lambda: self.ask_name(renames=shown.name))
            menu.addAction("Delete…", lambda: self.wants_delete.emit(shown.name, len(shown.markets)))

    def _open(self) -> None:
        menu = menus.menu(self.button)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName("markets.lists")
        self.choices(menu)
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))

    def _put(self, name: str, row: MarketRow, say: Callable[[str], None], *, on: bool) -> None:
        if not on:
            self.lists.remove(name, row.market)
        elif why := self.lists.add(name, row):
            say(why)

    def _name(self) -> None:
        name, row, renames = self.naming.text(), self._waits, self._renames
        why = self.lists.rename(renames, name) if renames else self.lists.make(name)
        if why:
            self.named.emit(why)
            return
        clean = " ".join(name.split())
        if row is not None:
            self.lists.add(clean, row)
            self._last = clean
        self._hide()
        if row is None:
            self.show_list(clean)

    def _give_up(self) -> None:
        if self.naming.isVisible():
            self._hide()

    def _hide(self) -> None:
        self._waits, self._renames = None, ""
        self.naming.hide()
        self.named.emit("")

    def _listed(self) -> None:
        """Go back to all markets where the list that was shown is no more."""
        if self.shown and self.lists.find(self.shown) is None:
            self.show_list("")
        else:
            self.shown_changed.emit()
