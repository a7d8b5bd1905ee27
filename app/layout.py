"""The saved layout of one profile: our own JSON, replaced whole, set aside when it cannot be read.

It knows what the trader chose by hand: splitters that were moved, the workspace, the starred markets. What was never
touched keeps following the window, so a layout made on one screen does not spoil another.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from PySide6.QtCore import QObject, QTimer

from engine.store.checkpoint import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from app.window import Window

SCHEMA: Final = 1
LARGEST: Final = 1 << 20
"""Bytes; a layout is a few hundred."""
SAVE_AFTER_MS: Final = 2_000
"""After the last change: dragging a splitter is one change, not hundreds."""

Pixels = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Sizes = Annotated[list[Annotated[list[Pixels], msgspec.Meta(max_length=16)]], msgspec.Meta(max_length=16)]
"""Of the splitters of an arrangement, the outer one first."""
Name = Annotated[str, msgspec.Meta(max_length=200)]

log = logging.getLogger(__name__)


class Layout(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is remembered of the screen."""

    workspace: Name = ""
    sizes: Annotated[dict[Name, Sizes], msgspec.Meta(max_length=64)] = {}
    """By workspace and arrangement, such as ``Weather/wide``."""
    stars: Annotated[list[Name], msgspec.Meta(max_length=10_000)] = []
    """Ids of markets."""


class _File(Layout, kw_only=True, omit_defaults=True):
    schema: int


def load(path: Path) -> tuple[Layout, str]:
    """Return the saved layout and what is wrong with it; a bad file is set aside, never deleted."""
    try:
        if path.stat().st_size > LARGEST:
            return Layout(), _set_aside(path, "it is larger than a layout can be")
        found = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return Layout(), ""
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as e:
        return Layout(), _set_aside(path, f"it is no layout ({e})")
    if found.schema != SCHEMA:
        return Layout(), _set_aside(path, f"its schema is {found.schema}, this version writes {SCHEMA}")
    return found, ""


def save(path: Path, layout: Layout) -> None:
    """Write the layout, whole or not at all."""
    whole = _File(schema=SCHEMA, workspace=layout.workspace, sizes=layout.sizes, stars=layout.stars)
    write_whole(path, msgspec.json.format(msgspec.json.encode(whole), indent=1))


def forget(path: Path) -> None:
    """Set the saved layout aside: the next start uses the default."""
    if path.exists():
        _set_aside(path, "")


class Memory(QObject):
    """Keeps a window's layout in a file: restores it at the start, saves what changes.

    Parameters
    ----------
    window : Window
        Its workspaces are arranged after `restore`.
    path : Path
        The profile's ``layout.json``.
    """

    def __init__(self, window: Window, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._saved = Layout()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)

    def restore(self) -> str:
        """Put the window as it was left, and watch it from now on; return what was wrong with the file."""
        self._saved, wrong = load(self._path)
        for one in self._window.workspaces:
            one.remember({k.partition("/")[2]: v for k, v in self._saved.sizes.items() if k.startswith(f"{one.name}/")})
        self._window.set_stars(self._saved.stars)
        names = [one.name for one in self._window.workspaces]
        self._window.choose(names.index(self._saved.workspace) if self._saved.workspace in names else 0)
        self._saved.workspace = self._window.current().name
        for one in self._window.workspaces:
            one.moved.connect(self._timer.start)
        self._window.arranged.connect(self._timer.start)
        self._window.starred.connect(self._timer.start)
        return wrong

    def save(self) -> None:
        """Write the layout if it is another than the one on disk. A disk that refuses costs the layout only."""
        self._timer.stop()
        now = Layout(
            workspace=self._window.current().name,
            sizes={f"{one.name}/{k}": v for one in self._window.workspaces for k, v in one.remembered().items()},
            stars=self._window.stars(),
        )
        if (now.workspace, now.sizes, now.stars) == (self._saved.workspace, self._saved.sizes, self._saved.stars):
            return
        try:
            save(self._path, now)
        except OSError as e:
            log.warning("The layout was not saved: %s", e)
            return
        self._saved = now


def _set_aside(path: Path, why: str) -> str:
    number = 1
    while (aside := path.with_name(f"{path.name}.bad-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as e:
        return f"The layout cannot be used ({why}) and cannot be set aside: {e.strerror}" if why else ""
    return f"The layout was set aside as {aside.name}: {why}" if why else ""
