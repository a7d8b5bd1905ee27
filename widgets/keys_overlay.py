"""The overlay of keys: those that work where the keyboard is, and those that work everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from widgets import attention, formats, keycaps, keymap, paint, theme
from widgets.actions import ACTIONS, AREAS, WINDOW, Action, Kind, way_up

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

ROW, LOW = 22, 20
"""Pixels of a line, and where there is little room."""
HEAD: Final = 40
FOOT: Final = 30
PAD: Final = 16
WIDEST: Final = 470
SPINE, BELOW = 72, 30
"""Pixels at the window's top and bottom that stay free: what stops trading is pressed there."""
ENOUGH: Final = 400
"""Pixels of a column in which the longest words have room beside the longest keys."""
_MONEY: Final = "these may send an order: never while held down, nor in the half second after the keyboard came here"


@dataclass(frozen=True, slots=True)
class Section:
    """A place and its actions that have a key."""

    title: str
    actions: tuple[Action, ...]


Column = list[tuple[str, Action | None]]
"""Lines of one column: the title of a place, with None, and its actions under it."""


def sections(area: str, offered: Collection[str] | None = None) -> tuple[Section, ...]:
    """Return what keys mean in a dock of an area, the innermost place first.

    Parameters
    ----------
    offered : collection of str, optional
        Actions that work everywhere and can be done now; all of them without it.
    """
    found = []
    for one in way_up(area):
        acts = tuple(a for a in ACTIONS.values() if a.area == one and keymap.current().keys(a.id))
        if one == WINDOW and offered is not None:
            acts = tuple(a for a in acts if a.id in offered)
        if acts:
            found.append(Section(AREAS[one].title, acts))
    return tuple(found)


def columns(parts: tuple[Section, ...], rows: int, *, apart: bool = True) -> list[Column]:
    """Return the lines of each column: at most `rows`, and `apart` what works everywhere in one of its own."""
    found: list[Column] = [[]]
    for part in parts:
        own = apart and part.title == AREAS[WINDOW].title
        if found[-1] and (own or len(found[-1]) > rows - 3):
            found.append([])
        every: Column = [(part.title, None), *((part.title, one) for one in part.actions)]
        for line in every:
            if len(found[-1]) >= rows:
                found.append([])
            found[-1].append(line)
    return [column for column in found if column]


class KeysOverlay(attention.Taker):
    """Lies over the middle of its window while it is open; any click or Esc closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._area = ""
        self._title = ""
        self._offered: Collection[str] | None = None
        self._column = WIDEST
        self._row = ROW
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Keys")
        parent.installEventFilter(self)
        self.hide()

    def open(self, area: str, title: str, offered: Collection[str] | None = None) -> None:
        """Show the keys of a dock and, of those that work everywhere, the ones of `offered`; open, it closes."""
        if self.isVisible():
            self.close_up()
            return
        self._area, self._title, self._offered = area, title, offered
        self._remember(QApplication.focusWidget())
        self._place()
        spoken = "; ".join(
            f"{', '.join(_keys(one))}: {one.words}" for part in sections(area, offered) for one in part.actions
        )
        self.setAccessibleDescription(spoken[:2_000])
        self.show()
        self.raise_()
        self._window.activateWindow()
        self.setFocus()

    def close_up(self) -> None:
        """Close, and give the keyboard back to what had it."""
        if self.isVisible():
            before = self._before
            self._remember(None)
            self.hide()
            if before is not None and before.isVisible():
                before.activateWindow()  # it may be in a window of its own
                before.setFocus()
            self.closed.emit()

    def lines(self) -> list[Column]:
        """Return what each column shows."""
        return self._laid_out()[0]

    def _laid_out(self) -> tuple[list[Column], int]:
        """Return the columns, and how tall a line is: where they would cut words off, fewer of lower lines."""
        parts = sections(self._area, self._offered)
        found = columns(parts, self._rows(ROW))
        if self._wide(found) >= ENOUGH:
            return found, ROW
        dense = columns(parts, self._rows(LOW), apart=False)
        return (dense, LOW) if len(dense) < len(found) else (found, ROW)

    def _rows(self, tall: int) -> int:
        """Return how many lines of a height a column has room for."""
        return max(8, (self._window.height() - SPINE - BELOW - HEAD - FOOT) // tall)

    def room_of(self, one: Action) -> int:
        """Return the pixels that an action's words have."""
        return self._column - PAD - _key_px(one) - 8

    def _wide(self, shown: list[Column]) -> int:
        """Return the pixels that each of some columns has."""
        return min(WIDEST, (self._window.width() - 40 - 2 * PAD) // max(1, len(shown)))

    def _place(self) -> None:
        shown, self._row = self._laid_out()
        self._column = self._wide(shown)
        wide = len(shown) * self._column + 2 * PAD
        tall = HEAD + FOOT + self._row * max((len(column) for column in shown), default=1)
        top = min(max(SPINE, (self._window.height() - tall) // 2), self._window.height() - tall)
        self.setGeometry((self._window.width() - wide) // 2, top, wide, tall)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
        event.accept()  # no key goes on to the dock below

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close_up()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in {Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason}:
            self._remember(None)
            self.close_up()
        super().focusOutEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.raised"))
        paint.frame(p, self.rect(), look.colour("line.control"))
        title = f"Keys in {self._title}" if self._area and self._title else "Keys"
        head = QRect(PAD, 4, self.width() - 2 * PAD, HEAD - 8)
        paint.text(p, head, formats.plain(title, 60), look.ui(13, 600), look.colour("text.strong"))
        edit = keymap.hint("window.hotkeys")
        how = f"Esc closes   {edit} edits them" if edit else "Esc closes   Menu, Edit hotkeys… changes them"
        paint.text(p, head, how, look.ui(11), look.colour("text.muted"), paint.RIGHT)
        for at, column in enumerate(self.lines()):
            x = PAD + at * self._column
            for n, (name, one) in enumerate(column):
                self._paint(p, QRect(x, HEAD + n * self._row, self._column - PAD, self._row), name, one)
        if any(one is not None and one.kind is Kind.MONEY for column in self.lines() for _, one in column):
            foot = QRect(PAD, self.height() - FOOT, self.width() - 2 * PAD, FOOT - 6)
            p.fillRect(foot.x(), foot.y() + foot.height() // 2 - 3, 6, 6, look.colour("warn"))
            paint.text(p, foot.adjusted(12, 0, 0, 0), _MONEY, look.ui(11), look.colour("text.muted"), elide=True)

    def _paint(self, p: QPainter, rect: QRect, title: str, one: Action | None) -> None:
        look = theme.current()
        if one is None:
            paint.text(p, rect, title, look.ui(11, 600), look.colour("text.muted"))
            paint.line_below(p, rect, look.colour("line.grid"))
            return
        keys = _keys(one)
        wide = _key_px(one)
        keycaps.draw(p, rect.x(), rect, keys, "text.default")
        if one.kind is Kind.MONEY:
            p.fillRect(rect.x() + wide - 4, rect.y() + rect.height() // 2 - 3, 6, 6, look.colour("warn"))
        room = rect.adjusted(wide + 8, 0, 0, 0)
        paint.text(p, room, one.words, look.ui(12), look.colour("text.strong"), elide=True)


def _key_px(one: Action) -> int:
    """Return the pixels from a line's beginning to where its words may begin."""
    return max(92, keycaps.width(_keys(one)) + 10)


def _keys(one: Action) -> list[str]:
    return [keymap.shown(key) for key in keymap.current().keys(one.id)]
