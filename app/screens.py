"""Which screen a window comes back on: the one it was on, or another if that is gone. Pure but for `attached`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication

from app.layout import WindowLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget

TITLE: Final = 32
"""Pixels that a window system may want over a window for its title: it must stay in reach of the mouse."""
LEAST: Final = (240, 160)
"""Pixels of the smallest window of a dock."""


class Screen(NamedTuple):
    """A screen that is there: its name and what of it windows may use."""

    name: str
    room: QRect


def attached() -> list[Screen]:
    """Return the screens that are there, the main one first."""
    main = QGuiApplication.primaryScreen()
    found = sorted(QGuiApplication.screens(), key=lambda one: one is not main)
    return [Screen(one.name(), one.availableGeometry()) for one in found]


def under(at: QPoint, screens: Sequence[Screen]) -> Screen:
    """Return the screen a point is on, or the nearest to it."""

    def apart(one: Screen) -> int:
        x, y = _held(at.x(), one.room.left(), one.room.right()), _held(at.y(), one.room.top(), one.room.bottom())
        return abs(at.x() - x) + abs(at.y() - y)

    return min(screens, key=apart)


def fitted(where: WindowLayout, screens: Sequence[Screen]) -> QRect:
    """Return where a window comes: on its screen if that is there, else on the main one, and wholly on it.

    Parameters
    ----------
    where : WindowLayout
        As it was left, on whatever screen.
    screens : sequence of Screen, not empty
        Those that are there, the main one first.
    """
    room = next((one.room for one in screens if one.name == where.screen), screens[0].room)
    wide = min(max(where.width, LEAST[0]), room.width())
    tall = min(max(where.height, LEAST[1]), room.height())
    x = min(max(where.x, 0), room.width() - wide)
    y = min(max(where.y, TITLE), room.height() - tall)
    return QRect(room.x() + x, room.y() + y, wide, tall)


def placed(widget: QWidget, dock: str = "") -> WindowLayout:
    """Return where a window stands now, from the corner of what its screen has room for."""
    full = widget.isMaximized() or widget.isFullScreen()
    frame, screen = widget.normalGeometry() if full else widget.geometry(), widget.screen()
    room = screen.availableGeometry()
    return WindowLayout(
        dock=dock,
        x=_bounded(frame.x() - room.x()),
        y=_bounded(frame.y() - room.y()),
        width=min(frame.width(), 100_000),
        height=min(frame.height(), 100_000),
        screen=screen.name()[:200],
        screen_width=min(room.width(), 100_000),
        screen_height=min(room.height(), 100_000),
        full=full,
    )


def _bounded(pixels: int) -> int:
    return _held(pixels, -100_000, 100_000)


def _held(pixels: int, least: int, most: int) -> int:
    return max(least, min(pixels, most))
