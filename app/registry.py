"""What each action does in this window, and whether it can be done now: for keys, menu, palette and overlay alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from widgets import keymap, language
from widgets.actions import ACTIONS, Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QMenu, QWidget


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that somebody does."""

    action: Action
    act: Callable[[], object]
    ready: Callable[[], bool]
    """Whether it can be done now."""
    _words: str | Callable[[], str]

    @property
    def words(self) -> str:
        """What it is called now."""
        return self._words if isinstance(self._words, str) else self._words()


class Registry:
    """The actions that `owner` offers, by the names of `widgets.actions`."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._offers: dict[str, Offer] = {}

    def offer(
        self,
        action: str,
        act: Callable[[], object],
        *,
        ready: Callable[[], bool] = lambda: True,
        words: str | Callable[[], str] = "",
        bound: bool = False,
        everywhere: bool = False,
    ) -> None:
        """Say what an action of the table does here.

        Parameters
        ----------
        words : str or callable
            What it is called here, or now, where the table's words say less.
        bound : bool
            Whether its keys are bound already, as those of the risk strip are.
        everywhere : bool
            Whether its keys work in every window of the program, the docks' own ones too.

        Raises
        ------
        KeyError
            If the table has no such action.
        """
        one = ACTIONS[action]
        self._offers[action] = Offer(one, act, ready, words or one.words)
        if not bound:
            contexts = Qt.ShortcutContext
            context = contexts.ApplicationShortcut if everywhere else contexts.WindowShortcut
            keymap.Bound(action, self._owner, lambda: self.run(action), context)

    def offered(self) -> tuple[Offer, ...]:
        """Return what can be done now, in the order of the table."""
        found = (self._offers.get(name) for name in ACTIONS)
        return tuple(one for one in found if one is not None and one.ready())

    def run(self, action: str) -> bool:
        """Do an action if it can be done now; return whether it could."""
        one = self._offers.get(action)
        if one is None or not one.ready():
            return False
        one.act()
        return True

    def put(self, menu: QMenu, *actions: str) -> None:
        """Put actions into a menu, each with its key; what cannot be done now is greyed, what nobody does left out."""
        for one in (self._offers[name] for name in actions if name in self._offers):
            name = one.action.id
            entry = QAction(language.said(one.words), menu)
            entry.setShortcuts([QKeySequence(key) for key in keymap.current().keys(name)[:1]])
            entry.setEnabled(one.ready())
            entry.triggered.connect(lambda _=False, what=name: self.run(what))
            menu.addAction(entry)
