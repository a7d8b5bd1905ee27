"""The list of the hotkey editor: actions by the place where their keys work, and the key that is pressed for one.

While a key is awaited it means nothing else, except those that stop trading: KILL works here as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QWidget
from typing_extensions import override

from widgets import formats, fuzzy, keycaps, keymap, paint, theme
from widgets.actions import ACTIONS, AREAS, WINDOW, Action, Kind
from widgets.controls import SlimBar

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

ROW: Final = 24
KEYS_AT: Final = 0.58
"""Share of the width from which on keys stand."""
WAITS: Final = "press a key   Esc keeps"


@dataclass(frozen=True, slots=True)
class Line:
    """A section, or an action in it."""

    area: str
    action: Action | None = None


def lines(words: str = "", *, changed: bool = False) -> tuple[Line, ...]:
    """Return the actions that words fit, under their areas; `changed` leaves only those with other keys."""
    found: list[Line] = []
    for area, place in AREAS.items():
        own = [
            one
            for one in ACTIONS.values()
            if one.area == area
            and (not changed or keymap.current().is_changed(one.id))
            and (
                fuzzy.match(words, f"{place.title} {one.words}") is not None
                or words.strip().casefold() in {key.casefold() for key in keymap.current().keys(one.id)}
            )
        ]
        if own:
            found += [Line(area), *(Line(area, one) for one in own)]
    return tuple(found)


class KeyList(QAbstractScrollArea):
    """The painted lines, and the key that is being pressed for one of them."""

    said = Signal(str, bool)
    """A sentence, and whether it is good news."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self.at = 0
        self.recording = ""
        """Id of the action that waits for a key."""
        self._adds = False
        self._offered = ""
        """A key that another action has: Enter moves it."""
        self.setFrameShape(self.Shape.NoFrame)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(560, 12 * ROW)

    def show_lines(self, shown: tuple[Line, ...]) -> None:
        """Show other lines; the keyboard stays on its action where it is still there."""
        at = self.chosen()
        self.lines = shown
        kept = next((n for n, line in enumerate(shown) if line.action is not None and line.action is at), None)
        self.at = kept if kept is not None else next((n for n, line in enumerate(shown) if line.action), 0)
        self._range()
        self._speak()

    def chosen(self) -> Action | None:
        """Return the action with the keyboard."""
        return self.lines[self.at].action if 0 <= self.at < len(self.lines) else None

    def record(self, *, adds: bool = False) -> None:
        """Wait for a key for the chosen action: in the place of those it has, or beside them."""
        one = self.chosen()
        if one is not None:
            self.recording, self._adds, self._offered = one.id, adds, ""
            self.setFocus()
            self.said.emit(f"Press the key for “{one.words}”; Esc keeps {'what it has' if one.id else ''}.", True)
            self._speak()

    def clear(self) -> None:
        """Leave the chosen action without a key."""
        one = self.chosen()
        if one is not None:
            self._done(keymap.current().set_keys(one.id, ()), f"“{one.words}” has no key now.")

    def reset(self) -> None:
        """Give the chosen action its first keys again."""
        one = self.chosen()
        if one is not None:
            self._done(keymap.current().reset(one.id), f"“{one.words}” has its first keys again.")

    def stop(self) -> None:
        """Wait for no key any more."""
        if self.recording:
            self.recording = self._offered = ""
            self.said.emit("", True)
            self._speak()

    def _done(self, why: str, words: str) -> None:
        self.recording = self._offered = ""
        self.said.emit(why or words, not why)
        self._speak()

    def _pressed(self, key: str) -> None:
        """Take a key that was pressed for the action that waits."""
        now, action = keymap.current(), self.recording
        if self._offered and key == "Return":
            self._done(now.move_key(action, self._offered), f"{keymap.shown(self._offered)} was moved here.")
            return
        keys = (*now.keys(action), key) if self._adds and key not in now.keys(action) else (key,)
        why = now.set_keys(action, keys)
        if not why:
            self._done("", f"“{ACTIONS[action].words}”: {', '.join(map(keymap.shown, keys))}.")
            return
        clashes = now.clashes(action, key)
        self._offered = key if clashes and not self._adds else ""
        more = " Enter moves it here, another key or Esc does not." if self._offered else " Press another."
        self.said.emit(f"{why}.{more}", False)

    @override
    def event(self, event: QEvent) -> bool:
        """Keep keys from their shortcuts while one is awaited, and Tab from moving on; never those that stop."""
        if self.recording and isinstance(event, QKeyEvent):
            key = keymap.key_of(event)
            stops = any(key in keymap.current().keys(one.id) for one in ACTIONS.values() if _stops(one))
            if event.type() is QEvent.Type.ShortcutOverride and not stops:
                event.accept()
                return True
            if event.type() is QEvent.Type.KeyPress:
                self.keyPressEvent(event)
                return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = keymap.key_of(event)
        if self.recording:
            event.accept()
            if key == keymap.ESC:
                self.stop()
            elif key and not event.isAutoRepeat():
                self._pressed(key)
            return
        ways = {"Up": -1, "Down": 1, "PgUp": -10, "PgDown": 10}
        acts = {"Return": self.record, "+": lambda: self.record(adds=True), "Del": self.clear, "Backspace": self.reset}
        if key in ways:
            self._step(ways[key])
        elif key in acts:
            acts[key]()
        else:
            super().keyPressEvent(event)

    def _step(self, way: int) -> None:
        at = max(0, min(len(self.lines) - 1, self.at + way))
        while 0 <= at < len(self.lines) and self.lines[at].action is None:
            at += 1 if way > 0 or at == 0 else -1
        if 0 <= at < len(self.lines):
            self.at = at
            bar, top = self.verticalScrollBar(), at * ROW
            bar.setValue(min(top - ROW, max(bar.value(), top + ROW - self.viewport().height())))
            self._speak()

    def _speak(self) -> None:
        one = self.chosen()
        keys = [] if one is None else keymap.current().keys(one.id)
        words = "no action" if one is None else f"{AREAS[one.area].title}: {one.words}: {', '.join(keys) or 'no key'}"
        self.setAccessibleName(WAITS if self.recording else words)
        self.viewport().update()

    def _range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(ROW)
        bar.setRange(0, max(0, len(self.lines) * ROW - self.viewport().height()))

    def line_rect(self, at: int) -> QRect:
        """Return where a line lies."""
        return QRect(0, at * ROW - self.verticalScrollBar().value(), self.viewport().width(), ROW)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._range()
        super().resizeEvent(event)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = (int(event.position().y()) + self.verticalScrollBar().value()) // ROW
        if 0 <= at < len(self.lines) and self.lines[at].action is not None:
            self.stop()
            self.at = at
            self._speak()
            if event.position().x() > KEYS_AT * self.viewport().width():
                self.record()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self.viewport())
        p.fillRect(self.viewport().rect(), look.colour("surface.dock"))
        for at, line in enumerate(self.lines):
            rect = self.line_rect(at)
            if rect.bottom() < 0 or rect.y() > self.viewport().height():
                continue
            if line.action is None:
                p.fillRect(rect, look.colour("surface.header"))
                title = AREAS[line.area].title
                paint.text(p, rect.adjusted(10, 0, 0, 0), title, look.ui(11, 600), look.colour("text.muted"))
            else:
                self._paint(p, rect, line.action, chosen=at == self.at)

    def _paint(self, p: QPainter, rect: QRect, one: Action, *, chosen: bool) -> None:
        look = theme.current()
        if chosen:
            p.fillRect(rect, look.colour("surface.selected"))
            p.fillRect(rect.x(), rect.y(), 2, rect.height() - 1, look.colour("buy"))
        paint.line_below(p, rect, look.colour("line.grid"))
        split = round(KEYS_AT * rect.width())
        changed = keymap.current().is_changed(one.id)
        room = QRect(22, rect.y(), split - 30, rect.height() - 1)
        paint.text(p, room, one.words, look.ui(12, 500), look.colour("text.strong"), elide=True)
        if one.id == self.recording:
            paint.text(p, rect.adjusted(split, 0, 0, -1), WAITS, look.ui(11, 600), look.colour("warn"))
            return
        keys = [keymap.shown(key) for key in keymap.current().keys(one.id)]
        ink = "text.strong" if changed else "text.muted"
        end = keycaps.draw(p, split, rect, keys, ink) if keys else split
        if not keys:
            paint.text(p, rect.adjusted(split, 0, 0, -1), formats.DASH, look.ui(11), look.colour("text.muted"))
            end = split + 12
        if changed:
            first = ", ".join(map(keymap.shown, one.keys)) or "no key"
            words = f"changed, first {first}"
            room = QRect(end + 10, rect.y(), rect.right() - end - 16, rect.height() - 1)
            paint.text(p, room, words, look.ui(10), look.colour("text.muted"), paint.RIGHT, elide=True)


def _stops(one: Action) -> bool:
    return one.kind is Kind.STOP and one.area == WINDOW
