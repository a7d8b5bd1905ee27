"""Pictures of the program, made by the program: every workspace at two sizes, what lies over it, and its dialogs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QApplication

from engine.core.commands import Halt, Release
from widgets.ladder import LadderPanel
from widgets.states import LOADING

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.window import Window
    from widgets.keys_overlay import KeysOverlay
    from widgets.palette import Palette

SIZES: Final = ((1920, 1080), (1366, 768))
SETTLE_S: Final = 0.8
"""Long enough for every panel to be drawn once in its new size."""
PATIENCE_S: Final = 6.0
"""How long a dock that was never seen before may take for its first view, on a busy machine."""


async def take(
    window: Window, folder: Path, extra: dict[str, QWidget] | None = None, *, suffix: str = ""
) -> list[Path]:
    """Save a PNG of every workspace at every size into a folder that exists; return the files."""
    saved = []
    before, place = window.size(), window.workspaces.index(window.current())
    for width, height in SIZES:
        window.resize(width, height)
        for index, one in enumerate(window.workspaces):
            window.choose(index)
            await settled(window)
            still(window)
            saved.append(_save(window, folder / f"{one.name.lower()}{suffix}-{width}x{height}.png"))
    window.resize(before)
    window.choose(place)
    for name, widget in (extra or {}).items():
        widget.resize(widget.sizeHint())  # else Qt fits it to the screen, of which there is little off screen
        widget.show()
        await asyncio.sleep(SETTLE_S)
        saved.append(_save(widget, folder / f"{name}.png"))
        widget.hide()
    return saved


def still(window: Window) -> None:
    """Give the keyboard to the ladder that is seen, else to nothing: no picture has its ring around a chance button."""
    ladder = window.current().docks.get("ladder")
    focused = QApplication.focusWidget()
    if isinstance(ladder, LadderPanel) and ladder.isVisible():
        ladder.grid.setFocus()
    elif focused is not None:
        focused.clearFocus()


async def settled(window: Window) -> None:
    """Wait until what is seen is drawn, and no dock of it waits for its first view any more."""
    await asyncio.sleep(SETTLE_S)
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while loop.time() < end and any(panel.state == LOADING for panel in window.current().seen()):  # noqa: ASYNC110 - its docks have no event for it
        await asyncio.sleep(SETTLE_S / 8)


async def over(window: Window, folder: Path) -> list[Path]:
    """Save what lies over the first workspace when it is asked for: the palette, and the keys of the ladder."""
    window.choose(0)
    window.activateWindow()
    await asyncio.sleep(SETTLE_S)  # a window without the keyboard has no dock with it
    saved = []
    parts: dict[str, Palette | KeysOverlay] = {"palette": window.commander.palette, "keys": window.overlay}
    for name, part in parts.items():
        window.reach("ladder")
        window.registry.run(f"window.{name}")
        await asyncio.sleep(SETTLE_S)
        saved.append(_save(window, folder / f"{name}.png"))
        part.close_up()
    return saved


async def halted(window: Window, folder: Path, name: str) -> list[Path]:
    """Press KILL, save the first workspace as it looks then, and end the halt by the account's `name` typed."""
    window.choose(0)
    window.risk.intent.emit(Halt(why="a picture of the halted state"))
    saved = []
    before = window.size()
    for width, height in SIZES:
        window.resize(width, height)
        await asyncio.sleep(SETTLE_S)
        saved.append(_save(window, folder / f"{window.current().name.lower()}-halted-{width}x{height}.png"))
    window.resize(before)
    window.risk.intent.emit(Release(typed=name, why="the picture was taken"))
    await asyncio.sleep(SETTLE_S)
    return saved


def _save(widget: QWidget, path: Path) -> Path:
    if not widget.grab().save(str(path), "PNG"):
        msg = f"{path} cannot be written"
        raise OSError(msg)
    return path
