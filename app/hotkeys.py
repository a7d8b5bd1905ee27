"""Hotkeys on disk: those of the profile, which are read as far as they can be, and files to be handed on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app import kept
from app.kept import Kept, Versioned
from engine.core.effects import Level
from engine.core.errors import InputError
from widgets import formats, keymap
from widgets.actions import ACTIONS
from widgets.files import FileDialog
from widgets.hotkeys import HotkeysDialog

if TYPE_CHECKING:
    from app.window import Window

SCHEMA: Final = 1
MOST: Final = 2_000
"""Actions in a file, those of other versions included."""
SUFFIX: Final = "Hotkeys (*.json)"


class File(Versioned, kw_only=True, frozen=True):
    """Keys by action. Values are looked at one by one, so that one bad line does not cost the others."""

    keys: Annotated[dict[Annotated[str, msgspec.Meta(max_length=100)], object], msgspec.Meta(max_length=MOST)] = (
        msgspec.field(default_factory=dict)
    )


def sound(given: dict[str, object]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the entries that are lists of text, and a sentence for each that is not."""
    good: dict[str, list[str]] = {}
    wrong = []
    for name, value in given.items():
        if not isinstance(value, list):
            wrong.append(f'{name}: a list of keys is wanted, such as ["Ctrl+L"], not {_brief(value)}')
        elif (at := next((n for n, one in enumerate(value) if not isinstance(one, str)), None)) is not None:
            wrong.append(f'{name}[{at}]: a key is text, such as "Ctrl+L", not {_brief(value[at])}')
        else:
            good[name] = value
    return good, wrong


def restore(path: Path) -> str:
    """Give the program the keys of a profile; return what was wrong with them, in one sentence."""
    found, wrong = Kept(path, File, SCHEMA, "hotkeys").load()
    good, bad = sound(found.keys)
    bad += keymap.current().load(good)
    if wrong or not bad:
        return wrong
    more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"{path.name}: keys.{bad[0]}{more}; its own key is used instead"


def save(path: Path) -> str:
    """Write what differs from the table; return why it was not written."""
    return Kept(path, File, SCHEMA, "hotkeys").save(File(schema=SCHEMA, keys=dict(keymap.current().changes())))


def export_to(path: Path) -> int:
    """Write the keys of every action, for another machine or trader; return of how many.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    now = keymap.current()
    every = {name: now.keys(name) for name in ACTIONS} | now.changes()
    try:
        kept.write(path, File(schema=SCHEMA, keys=dict(every)))
    except OSError as e:
        msg = f"{path} cannot be written ({e.strerror})"
        raise InputError(msg) from e
    return len(every)


def import_from(path: Path) -> int:
    """Take all keys of a file in the place of those in use; return how many actions differ from the table.

    Raises
    ------
    InputError
        If anything in it is wrong: the text names file, action and key, and nothing has changed.
    """
    try:
        found = kept.decode(path, File, SCHEMA)
    except OSError as e:
        msg = f"{path} cannot be read ({e.strerror})"
        raise InputError(msg) from e
    except ValueError as e:
        msg = f"{path.name}: {e}"
        raise InputError(msg) from e
    good, bad = sound(found.keys)
    bad = bad or keymap.current().load(good, strict=True)
    if bad:
        msg = f"{path.name}: keys.{bad[0]}"
        raise InputError(msg)
    return len(keymap.current().changes())


class Hotkeys(QObject):
    """Keeps the keys of the program in a profile, and opens their editor."""

    def __init__(self, window: Window, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self.dialog: HotkeysDialog | None = None
        self.files: FileDialog | None = None
        """The one that was opened last."""

    def restore(self) -> None:
        """Take the profile's keys, and keep what is changed from now on."""
        wrong = restore(self._path)
        if wrong:
            self._window.tell(wrong, Level.WARN)
        keymap.current().changed.connect(self._save)

    def edit(self) -> None:
        """Open the editor; it is no modal dialog, so that KILL works over it."""
        if self.dialog is None:
            self.dialog = HotkeysDialog(self._window)
            self.dialog.import_wanted.connect(lambda: self._choose(QFileDialog.AcceptMode.AcceptOpen))
            self.dialog.export_wanted.connect(lambda: self._choose(QFileDialog.AcceptMode.AcceptSave))
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def take(self, path: Path) -> None:
        """Import a file and say what came of it."""
        try:
            differ = import_from(path)
        except InputError as e:
            self._say(str(e), good=False)
        else:
            self._say(f"{path.name}: taken; {differ} of {len(ACTIONS)} actions differ from their first keys.")

    def give(self, path: Path) -> None:
        """Export to a file and say what came of it."""
        try:
            count = export_to(path)
        except InputError as e:
            self._say(str(e), good=False)
        else:
            self._say(f"The keys of {count} actions: {path}")

    def _choose(self, mode: QFileDialog.AcceptMode) -> None:
        opens = mode is QFileDialog.AcceptMode.AcceptOpen
        dialog = self.files = FileDialog(self.dialog, "Import hotkeys" if opens else "Export hotkeys")
        dialog.setAcceptMode(mode)
        dialog.setNameFilter(SUFFIX)
        dialog.setDefaultSuffix("json")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if opens else QFileDialog.FileMode.AnyFile)
        dialog.fileSelected.connect(lambda name: self.take(Path(name)) if opens else self.give(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: KILL works over it

    def _say(self, words: str, *, good: bool = True) -> None:
        if self.dialog is not None:
            self.dialog.say(words, good=good)
        if not good:
            self._window.tell(words, Level.WARN)

    def _save(self) -> None:
        wrong = save(self._path)
        if wrong:
            self._window.tell(wrong, Level.WARN)


def _brief(value: object) -> str:
    return formats.plain(repr(value), 40)
