"""The hotkey editor: every action by the place where its key works, and a way to press another one for it.

While a key is awaited it means nothing else, except those that stop trading: KILL works here as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QDialog, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, fuzzy, keycaps, keymap, paint, theme
from widgets.actions import ACTIONS, AREAS, WINDOW, Action, Kind
from widgets.controls import FlatButton, SlimBar
from widgets.fields import Field

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


class HotkeysDialog(QDialog):
    """Every action and its keys."""

    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Hotkeys")
        self.search = Field("Find an action or a key", number=False)
        self.search.setPlaceholderText("Find an action, or a key such as Ctrl+L")
        self.search.setMaxLength(fuzzy.LONGEST_QUERY)
        self.list = KeyList()
        self.message = Message()
        self.only = FlatButton("Changed only")
        self.only.setCheckable(True)
        self.record = FlatButton("Press a key…", hint="Enter")
        self.add = FlatButton("One more", hint="+")
        self.none = FlatButton("No key", hint="Del")
        self.reset = FlatButton("First keys", hint="Backspace")
        self.reset_all = FlatButton("Reset all…", "danger")
        self.bring = FlatButton("Import…")
        self.give = FlatButton("Export…")
        self.close_button = FlatButton("Close", "filled")
        self._asked = False
        self._lay_out()
        self._wire()
        self._refresh()

    def say(self, words: str, *, good: bool = True) -> None:
        """Show one sentence at the foot."""
        self.message.say(words, good=good)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(8)
        top, middle, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.only)
        for button in (self.record, self.add, self.none, self.reset):
            middle.addWidget(button)
        middle.addStretch(1)
        for button in (self.bring, self.give, self.reset_all):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        box.addLayout(top)
        box.addWidget(self.list, 1)
        box.addWidget(self.message)
        box.addLayout(middle)
        box.addLayout(foot)
        self.resize(720, 640)

    def _wire(self) -> None:
        self.search.textChanged.connect(self._refresh)
        self.search.returnPressed.connect(self.list.setFocus)
        self.only.toggled.connect(self._refresh)
        self.list.said.connect(lambda words, good: self.message.say(words, good=good))
        self.record.clicked.connect(lambda: self.list.record())
        self.add.clicked.connect(lambda: self.list.record(adds=True))
        self.none.clicked.connect(self.list.clear)
        self.reset.clicked.connect(self.list.reset)
        self.reset_all.clicked.connect(self._reset_all)
        self.bring.clicked.connect(self.import_wanted)
        self.give.clicked.connect(self.export_wanted)
        self.close_button.clicked.connect(self.close)
        keymap.current().changed.connect(self._refresh)

    def _refresh(self) -> None:
        self.list.show_lines(lines(self.search.text(), changed=self.only.isChecked()))
        self._ask(asked=False)

    def _reset_all(self) -> None:
        """Ask once, in the button itself; the second press does it."""
        if not self._asked:
            count = len(keymap.current().changes())
            self._ask(asked=count > 0)
            self.message.say(
                f"{count} actions have other keys: press again to reset them." if count else "Nothing to reset."
            )
            return
        keymap.current().reset()
        self.message.say("Every action has its first keys again.")

    def _ask(self, *, asked: bool) -> None:
        self._asked = asked
        self.reset_all.set_words("Reset all: sure?" if asked else "Reset all…")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)

    @override
    def done(self, result: int) -> None:
        self.list.stop()
        super().done(result)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


class Message(QWidget):
    """One sentence, or what the dialog is for."""

    FIRST: Final = (
        "A key works where it stands: “Everywhere” in the whole window, the others while that dock has the focus."
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = self.FIRST
        self.good = True
        self.setFixedHeight(20)

    def say(self, words: str, *, good: bool = True) -> None:
        """Show a sentence; none shows what the dialog is for."""
        self.words, self.good = formats.plain(words, 240) or self.FIRST, good
        self.setAccessibleName(self.words)
        self.setToolTip(formats.tip(self.words))
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, 20)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        ink = "danger.text" if not self.good else "text.muted" if self.words == self.FIRST else "text.default"
        paint.text(QPainter(self), self.rect(), self.words, look.ui(11), look.colour(ink), elide=True)


def _stops(one: Action) -> bool:
    return one.kind is Kind.STOP and one.area == WINDOW
