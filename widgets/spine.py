"""What the mode of a session looks like: its word, its colour, and the frame around the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, Qt

from widgets import formats, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from engine.views.status import SpineView


class ModeLook(NamedTuple):
    """Word and colour of a mode; three channels tell it apart: colour, word and place."""

    word: str
    colour: str
    icon: str


MODES: Final = {
    "paper": ModeLook("PAPER", "mode.paper", "target"),
    "demo": ModeLook("PAPER", "mode.paper", "target"),
    "live": ModeLook("LIVE", "mode.live", "power"),
    "replay": ModeLook("REPLAY", "mode.replay", "play"),
}


def mode_look(mode: str) -> ModeLook:
    """Return the look of a mode; an unknown one is drawn as live, which is the one to be careful with."""
    return MODES.get(mode, MODES["live"])


def live_words(view: SpineView) -> str:
    """Return what follows the word LIVE: how long orders still leave, or that none does; empty in another mode."""
    if mode_look(view.mode) is not MODES["live"]:
        return ""
    return "disarmed" if view.armed_until is None else formats.duration(view.armed_until - view.now)


def paint_mode_frame(painter: QPainter, rect: QRect, mode: str) -> None:
    """Draw the frame of a mode inside the window's edge: 3 pixels, dashed for a replay.

    The window paints it itself and keeps its contents 3 pixels from the edge.
    """
    look = theme.current()
    thick = look.size("frame")
    colour = look.colour(mode_look(mode).colour)
    if mode != "replay":
        paint.frame(painter, rect, colour, thick)
        return
    pen = theme.pen_of(colour, thick, look.section("stroke")["replayDash"])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(1, 1, -2, -2))
