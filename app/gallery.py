"""Every dock in every state, as pictures: each at the size it is drawn with in a small window, and all on one sheet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from widgets import states, theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PySide6.QtGui import QPixmap

    from app.window import Window
    from widgets.frame import FrameClock
    from widgets.panel import Panel

SIZE: Final = (1366, 768)
SETTLE_S: Final = 0.8
"""Long enough for a dock that came to the front to be drawn once with what the session knows."""
BREATH_S: Final = 0.1
FILLED: Final = (states.AGEING, states.DISCONNECTED, states.ERROR, states.STALE, states.GAP, states.HALTED)
"""States over what a dock shows, those with a hatch last: it waits once, for the first of them."""
UNFILLED: Final = (states.EMPTY, states.LOADING)
"""States of a dock that was given nothing yet: they are taken of one newly made."""
SAID: Final[Mapping[str, Mapping[str, Any]]] = {
    states.EMPTY: {"why": "There is nothing to show here."},
    states.LOADING: {"why": "Waiting for the first message"},
    states.AGEING: {"age_s": 7.0},
    states.STALE: {"why": "Nothing came for 24 s. Orders here are refused until it does.", "age_s": 24.0},
    states.GAP: {"why": "Messages are missing; the whole is asked for again."},
    states.DISCONNECTED: {"why": "The venue is disconnected; the next attempt is in 8 s.", "actions": ("Reconnect",)},
    states.ERROR: {"why": "The venue refused the key that signs requests.", "code": "401"},
    states.HALTED: {"why": "Trading is halted by the operator."},
}
"""What each state says in the pictures; a new dock's own words go before."""
WIDE: Final = 226
TALLEST: Final = 180
NAMES: Final = 84
TITLE: Final = 20
GAP: Final = 6
COLOURS: Final = 256


def places(window: Window) -> dict[str, int]:
    """Return every dock of the window with the first workspace that has it, in the order they are drawn."""
    found: dict[str, int] = {}
    for index, one in enumerate(window.workspaces):
        for name in one.names():
            found.setdefault(name, index)
    return found


async def take(window: Window, folder: Path, clock: FrameClock, *, patient: bool = True) -> list[Path]:
    """Save a PNG of every dock in every state, and ``contact.png`` with all of them, into a folder that exists.

    Only the `patient` waits for what comes late: a first drawing, the hatch, the wait that is named.
    """
    window.resize(*SIZE)
    taken: dict[tuple[str, str], QPixmap] = {}
    fresh: dict[str, Panel] = {}
    makers = [one.drawn.docks() for one in window.workspaces]
    for name, index in places(window).items():
        window.choose(index)
        window.current().show_dock(name)
        await asyncio.sleep(SETTLE_S * patient)
        panel = window.current().docks[name]
        taken[name, states.LIVE] = panel.grab()
        clock.remove(panel)
        taken |= {(name, state): picture for state, picture in (await _filled(panel, patient=patient)).items()}
        clock.add(panel)
        fresh[name] = makers[index][name]()
        fresh[name].resize(panel.size())
    taken |= await _unfilled(fresh, patient=patient)
    for one in fresh.values():
        one.deleteLater()
    saved = [save(picture.toImage(), folder / f"{name}-{state}.png") for (name, state), picture in taken.items()]
    return [*saved, save(sheet(taken, list(fresh)), folder / "contact.png")]


async def _filled(panel: Panel, *, patient: bool) -> dict[str, QPixmap]:
    """Return the pictures of a dock that nobody draws meanwhile, and leave it as it was."""
    was, why = panel.state, panel.why
    taken = {}
    for state in FILLED:
        panel.set_state(state, **SAID[state])
        if state == states.STALE:
            await asyncio.sleep(patient * (theme.current().motion("hatchAfterMs") / 1000 + BREATH_S))
        taken[state] = panel.grab()
    panel.set_state(was, why)
    return taken


async def _unfilled(fresh: Mapping[str, Panel], *, patient: bool) -> dict[tuple[str, str], QPixmap]:
    """Return the pictures of docks that were given nothing yet, in the words they have themselves for it."""
    taken: dict[tuple[str, str], QPixmap] = {}
    own = {name: (one.state, one.why) for name, one in fresh.items()}
    for state in UNFILLED:
        for name, one in fresh.items():
            said = {"why": own[name][1]} if own[name][0] == state and own[name][1] else SAID[state]
            one.set_state(state, **said)
        await asyncio.sleep(patient * (theme.current().motion("waitNamedAfterMs") / 1000 + BREATH_S))
        taken |= {(name, state): one.grab() for name, one in fresh.items()}
    return taken


def sheet(taken: Mapping[tuple[str, str], QPixmap], names: Sequence[str]) -> QImage:
    """Return one small picture of all: a row for each dock, a column for each state."""
    look = theme.current()
    small = {key: _smaller(picture) for key, picture in taken.items()}
    tall = [max(small[name, state].height() for state in states.STATES) + GAP for name in names]
    image = QImage(NAMES + len(states.STATES) * WIDE, TITLE + sum(tall), QImage.Format.Format_RGB32)
    image.fill(look.colour("surface.window"))
    p = QPainter(image)
    p.setFont(look.ui(look.type("body")))
    p.setPen(look.colour("text.default"))
    for at, state in enumerate(states.STATES):
        p.drawText(QRect(NAMES + at * WIDE, 0, WIDE, TITLE), Qt.AlignmentFlag.AlignCenter, state)
    y = TITLE
    for name, height in zip(names, tall, strict=True):
        p.drawText(QRect(GAP, y, NAMES - GAP, height), Qt.AlignmentFlag.AlignVCenter, name)
        for at, state in enumerate(states.STATES):
            p.drawPixmap(NAMES + at * WIDE, y, small[name, state])
        y += height
    p.end()
    return fewer_colours(image)


def _smaller(picture: QPixmap) -> QPixmap:
    room = QSize(WIDE - GAP, TALLEST)
    return picture.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)


def fewer_colours(image: QImage) -> QImage:
    """Return it in the 256 colours that it has most of, each told to five bits: a third of the file."""
    width, height = image.width(), image.height()
    whole = np.frombuffer(image.constBits(), np.uint32).reshape(height, image.bytesPerLine() // 4)[:, :width]
    coarse = (whole >> 9 & 0x7C00) | (whole >> 6 & 0x3E0) | (whole >> 3 & 0x1F)
    often = np.argsort(np.bincount(coarse.ravel(), minlength=1 << 15), kind="stable")[::-1][:COLOURS]
    every = _parts(np.arange(1 << 15))
    kept = _parts(often)
    far = [np.abs(every - one).sum(axis=1) for one in kept]
    index = np.argmin(np.array(far), axis=0).astype(np.uint8)[coarse]
    found = QImage(index.tobytes(), width, height, width, QImage.Format.Format_Indexed8).copy()
    true = np.zeros(1 << 15, np.uint32)
    true[coarse.ravel()] = whole.ravel()
    found.setColorTable([int(one) for one in true[often]])
    return found


def _parts(coarse: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return red, green and blue of colours told to five bits each, shape (n, 3)."""
    return np.stack([coarse >> 10 & 31, coarse >> 5 & 31, coarse & 31], axis=-1)


def save(image: QImage, path: Path) -> Path:
    """Write an image and return where it is."""
    if not image.save(str(path)):
        msg = f"{path} cannot be written"
        raise OSError(msg)
    return path
