"""Which key means which action: those of `widgets.actions`, and what the trader changed of them.

One key means one action wherever the focus is: a change that would make it mean two is refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut

from widgets.actions import ACTIONS, AREAS, WINDOW, Action, Kind, meet, way_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QWidget

MOST_KEYS: Final = 4
"""Keys of one action."""
LONGEST: Final = 60
"""Characters of a key's name."""
RESERVED: Final = frozenset({"Tab", "Shift+Tab", "Alt+F4"})
"""Move the focus, or belong to the system."""
ESC: Final = "Esc"
_MODIFIERS: Final = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.ShiftModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_BARE: Final = frozenset(
    {
        Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta, Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock, Qt.Key.Key_ScrollLock, Qt.Key.Key_unknown, Qt.Key(0),
    }
)  # fmt: skip
_SAME: Final = {Qt.Key.Key_Enter: Qt.Key.Key_Return}


class Keymap(QObject):
    """Keys of all actions."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changes: dict[str, tuple[str, ...]] = {}
        self._unknown: dict[str, tuple[str, ...]] = {}
        """Of actions this version does not have: kept for the one that does."""
        self._keys: dict[str, tuple[str, ...]] = {}
        self._means: dict[tuple[str, str], str] = {}
        self._settle()

    def keys(self, action: str) -> tuple[str, ...]:
        """Return the keys of an action, the first one is shown; none for an unknown one."""
        return self._keys.get(action, ())

    def action(self, area: str, key: str) -> str:
        """Return what a key means in a dock; empty where it means nothing there."""
        for one in way_up(area):
            if one != WINDOW and (found := self._means.get((one, key))):
                return found
        return ""

    def changes(self) -> dict[str, tuple[str, ...]]:
        """Return what differs from the table, unknown actions included: what a file keeps."""
        return dict(sorted((self._unknown | self._changes).items()))

    def is_changed(self, action: str) -> bool:
        """Whether the trader gave an action other keys than the table."""
        return action in self._changes

    def refusal(self, action: str, keys: Sequence[str]) -> str:
        """Return in one sentence why an action cannot have these keys; empty when it can."""
        one = ACTIONS.get(action)
        if one is None:
            return f"there is no action {action[:LONGEST]!r}"
        if len(keys) > MOST_KEYS:
            return f"“{one.words}” would have {len(keys)} keys; at most {MOST_KEYS} are allowed"
        for key in keys:
            why = self._unfit(one, key) or self._taken(one, key)
            if why:
                return why
        return ""

    def set_keys(self, action: str, keys: Sequence[str]) -> str:
        """Give an action these keys and no others; return why not, or nothing."""
        why = self.refusal(action, keys)
        if why:
            return why
        self._put(action, tuple(keys))
        self._settle()
        return ""

    def move_key(self, action: str, key: str) -> str:
        """Give an action a key that others have: they lose it. Return why not, or nothing."""
        one = ACTIONS.get(action)
        why = f"there is no action {action[:LONGEST]!r}" if one is None else self._unfit(one, key)
        if one is None or why:
            return why
        for other in self.clashes(action, key):
            self._put(other.id, tuple(k for k in self.keys(other.id) if k != key))
        self._put(action, (key,))
        self._settle()
        return ""

    def clashes(self, action: str, key: str) -> tuple[Action, ...]:
        """Return the other actions that a key already means where this one works."""
        area = ACTIONS[action].area
        return tuple(
            other
            for other in ACTIONS.values()
            if other.id != action and key in self.keys(other.id) and meet(area, other.area)
        )

    def reset(self, action: str = "") -> str:
        """Give one action its first keys again, or all of them; return why not, or nothing."""
        if not action:
            self._changes.clear()
        elif (why := self.refusal(action, ACTIONS[action].keys if action in ACTIONS else ())) != "":
            return why
        else:
            self._changes.pop(action, None)
        self._settle()
        return ""

    def load(self, changes: Mapping[str, Sequence[str]], *, strict: bool = False) -> list[str]:
        """Take changes as a whole in the place of those so far; return what was wrong, a sentence each.

        Parameters
        ----------
        changes : mapping of action to keys
            Actions this version does not know are kept as they are.
        strict : bool
            Take nothing at all if anything is wrong: a file that was chosen to be imported is right or refused.
        """
        before = (self._changes, self._unknown)
        self._changes, wrong = {}, []
        self._unknown = {name: tuple(keys) for name, keys in changes.items() if name not in ACTIONS}
        known = {name: tuple(map(canonical, keys)) for name, keys in changes.items() if name in ACTIONS}
        self._changes = dict(known)  # all at once: two that swap their keys do not clash
        self._settle(tell=False)
        for name, keys in known.items():
            why = next((bad for raw, key in zip(changes[name], keys, strict=True) if (bad := _unread(raw, key))), "")
            why = why or self._among(name, keys, known)
            if why:
                wrong.append(f"{name}: {why}")
                self._changes.pop(name, None)
                self._settle(tell=False)
        if strict and wrong:
            self._changes, self._unknown = before
        self._changes = {name: keys for name, keys in self._changes.items() if keys != ACTIONS[name].keys}
        self._settle()
        return wrong

    def _among(self, action: str, keys: Sequence[str], given: Mapping[str, Sequence[str]]) -> str:
        """Return why keys from a file cannot be; a first key of another action gives way to one that was chosen."""
        one = ACTIONS[action]
        if len(keys) > MOST_KEYS:
            return f"{len(keys)} keys; at most {MOST_KEYS} are allowed"
        for key in keys:
            why = self._unfit(one, key)
            clash = next((other for other in self.clashes(action, key) if other.id in given), None)
            if why or clash is not None:
                return why or f"{key} already means “{clash.words}”"  # type: ignore[union-attr]
        return ""

    def _put(self, action: str, keys: tuple[str, ...]) -> None:
        if keys == ACTIONS[action].keys:
            self._changes.pop(action, None)
        else:
            self._changes[action] = keys

    def _settle(self, *, tell: bool = True) -> None:
        """Work out who has which key: what was chosen goes before what the table says."""
        self._keys = dict(self._changes)
        for one in ACTIONS.values():
            if one.id not in self._changes:
                free = (key for key in one.keys if not self._chosen(one, key))
                self._keys[one.id] = tuple(free)
        self._means = {(ACTIONS[name].area, key): name for name, keys in self._keys.items() for key in keys}
        if tell:
            self.changed.emit()

    def _chosen(self, one: Action, key: str) -> bool:
        return any(key in keys and meet(one.area, ACTIONS[name].area) for name, keys in self._changes.items())

    def _taken(self, one: Action, key: str) -> str:
        others = self.clashes(one.id, key)
        if not others:
            return ""
        return f"{key} already means “{others[0].words}” ({AREAS[others[0].area].title})"

    def _unfit(self, one: Action, key: str) -> str:
        if key in RESERVED:
            return f"{key} cannot be given away: it moves the focus or belongs to the system"
        if key == ESC and ESC not in one.keys:
            return "Esc closes what is on top, everywhere: it cannot be given away"
        held = any(key.startswith(f"{one}+") for one in ("Ctrl", "Alt", "Meta"))
        if AREAS[one.area].typed_into and not held and not _works_alone(key, one):
            return f"{key} alone means something in fields and docks: it needs Ctrl or Alt"
        return ""


def _works_alone(key: str, one: Action) -> bool:
    """Whether a key without Ctrl or Alt may work everywhere: F1 and the like, and signs for what stops nothing."""
    bare = key.removeprefix("Shift+")
    if bare[0] == "F" and bare[1:].isdigit():
        return True
    return len(bare) == 1 and not bare.isalnum() and one.kind is Kind.QUIET


def _unread(raw: str, key: str) -> str:
    return "" if key else f"{raw[:LONGEST]!r} is no key"


def canonical(text: str) -> str:
    """Return a key's one portable name, such as ``Ctrl+Shift+K``; empty where the text is no single key."""
    if not 0 < len(text) <= LONGEST:
        return ""
    found = QKeySequence(text, QKeySequence.SequenceFormat.PortableText)
    if found.count() != 1:
        return ""
    return _name(found[0])  # type: ignore[index]  # the stubs do not know that it can


def key_of(event: QKeyEvent) -> str:
    """Return the name of the key that was pressed, as the table writes it; empty for a modifier alone."""
    return _name(QKeyCombination(event.modifiers(), Qt.Key(event.key())))


def _name(pressed: QKeyCombination) -> str:
    key = _SAME.get(pressed.key(), pressed.key())
    held = pressed.keyboardModifiers() & _MODIFIERS
    if key in _BARE:
        return ""
    if key is Qt.Key.Key_Backtab:
        key, held = Qt.Key.Key_Tab, held | Qt.KeyboardModifier.ShiftModifier
    if 0x21 <= key.value <= 0x7E and not chr(key.value).isalnum():
        held &= ~Qt.KeyboardModifier.ShiftModifier  # which signs want Shift depends on the keyboard
    return QKeySequence(QKeyCombination(held, key)).toString(QKeySequence.SequenceFormat.PortableText)


def shown(key: str) -> str:
    """Return a key as this system writes it for people."""
    found = QKeySequence(key, QKeySequence.SequenceFormat.PortableText)
    return found.toString(QKeySequence.SequenceFormat.NativeText).replace("Return", "Enter")


def hint(action: str) -> str:
    """Return the first key of an action as people read it; empty where it has none."""
    keys = current().keys(action)
    return shown(keys[0]) if keys else ""


def changed_in(area: str) -> str:
    """Return what the trader changed of a dock's keys, as sentences; empty where nothing was."""
    now = current()
    own = (one for one in ACTIONS.values() if one.area in way_up(area) and one.area != WINDOW)
    told = (f"{one.words}: {', '.join(map(shown, now.keys(one.id))) or 'no key'}." for one in own
            if now.keys(one.id) != one.keys)  # fmt: skip
    return " ".join(told)


_SHORT: Final = (("Ctrl+", "^"), ("Shift+", "⇧"), ("Alt+", "⌥"))


def short_hint(action: str) -> str:
    """Return the first key of an action in few signs, such as ``^⇧K``."""
    keys = current().keys(action)
    text = keys[0] if keys else ""
    for long, brief in _SHORT:
        text = text.replace(long, brief)
    return text


_current: list[Keymap] = []


def current() -> Keymap:
    """Return the keymap of the program."""
    if not _current:
        _current.append(Keymap())
    return _current[0]


class Bound(QShortcut):
    """An action's keys on a widget: they follow the keymap."""

    def __init__(
        self,
        action: str,
        owner: QWidget,
        act: Callable[[], object],
        context: Qt.ShortcutContext = Qt.ShortcutContext.WindowShortcut,
    ) -> None:
        super().__init__(owner)
        self.action = action
        self.setContext(context)
        self.setAutoRepeat(False)
        self.activated.connect(act)
        self._follow()
        current().changed.connect(self._follow)

    def _follow(self) -> None:
        keys = [k for key in current().keys(self.action) for k in _typed(key)]
        self.setKeys([QKeySequence(key, QKeySequence.SequenceFormat.PortableText) for key in keys])


def _typed(key: str) -> tuple[str, ...]:
    """Return a key as it may be typed: Return is on the number pad, too."""
    head, plus, last = key.rpartition("+")
    return (key, f"{head}{plus}Enter") if last == "Return" else (key,)
