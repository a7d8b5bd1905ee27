"""The strip on top of a dock's own window: mode, halt, result, clock, and the kill switch. One line of the spine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.commands import Halt
from engine.views.status import SpineView
from widgets import formats, keymap, segments, theme
from widgets.controls import IconButton
from widgets.riskstrip import HoldButton
from widgets.segments import FIGURES, Run, Segment
from widgets.spine import live_words, mode_look

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

STALE_S: Final = 5
"""Real seconds without a word from the engine after which the strip says so."""
_TICK_MS: Final = 1_000


class MiniStrip(QWidget):
    """28 pixels and a line."""

    intent = Signal(object)
    halt_pressed = Signal()
    """KILL was pressed while already halted: show the sheet."""
    back_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: SpineView | None = None
        self._segments: tuple[Segment, ...] = ()
        self._heard = QElapsedTimer()
        self._heard.start()
        self.setFixedHeight(theme.current().size("riskStrip") + 1)
        self.setAccessibleName("Mode, halt and result")
        self.kill = HoldButton("KILL", "danger", parent=self)
        self.kill.icon_name = "stop"
        self.kill.held.connect(self._kill)
        self.back = IconButton("inbox", "Put back into its workspace", parent=self)
        self.back.clicked.connect(self.back_pressed)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._dress)

    def take(self, view: SpineView) -> None:
        """Take the spine's view."""
        self._view = view
        self._heard.restart()
        self._dress()

    def words(self) -> str:
        """Return what it says, for a screen reader."""
        return "; ".join(one.spoken() for one in self._segments)

    def _dress(self) -> None:
        view = self._view
        if view is None:
            return
        self._segments = facts(view, self._heard.elapsed() / 1000)
        halted = bool(view.halted_by)
        self.kill.kind = "danger.filled" if halted else "danger"
        self.kill.hint = keymap.short_hint("window.kill")
        self.kill.set_words("HALTED" if halted else "KILL")
        self.setAccessibleDescription(self.words())
        self._lay_out()
        self.update()

    def _kill(self) -> None:
        if self._view is not None and self._view.halted_by:
            self.halt_pressed.emit()
        else:
            self.intent.emit(Halt(why="kill switch"))

    def _lay_out(self) -> None:
        wide = self.kill.sizeHint().width() + 12
        self.kill.setGeometry(self.width() - 6 - wide, 3, wide, theme.current().size("button"))
        self.back.setGeometry(self.kill.x() - 26, 2, 22, self.height() - 5)

    @override
    def showEvent(self, event: object) -> None:
        self._tick.start()

    @override
    def hideEvent(self, event: object) -> None:
        self._tick.stop()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        height = look.size("riskStrip")
        p.fillRect(self.rect(), look.colour("surface.header"))
        p.fillRect(0, height, self.width(), 1, look.colour("line.border"))
        kept = segments.fitting(self._segments, self.back.x() - 18, 12)
        segments.draw(p, 8, height, kept, 12)


def facts(view: SpineView, silent_s: float) -> tuple[Segment, ...]:
    """Return the strip's facts, most important first; `silent_s` is how long the engine has said nothing."""
    mode = mode_look(view.mode)
    found = [Segment("mode", (Run(mode.word, mode.colour, weight=700, px=12),))]
    if armed := live_words(view):
        found.append(Segment("armed", (Run(armed, "text.strong", FIGURES, px=12),)))
    if view.mode == "demo":
        found.append(Segment("demo", (Run("DEMO", "text.muted", weight=600, px=10),)))
    if view.halted_by:
        found.append(
            Segment("halt", (Run(f"HALTED by {formats.plain(view.halted_by, 24)}", "danger.text", weight=600),))
        )
    elif view.reduce_only:
        found.append(Segment("reduce", (Run("REDUCE-ONLY", "warn", weight=600),)))
    if silent_s >= STALE_S:
        found.append(Segment("stale", (Run(f"no news for {formats.age(silent_s)}", "warn", weight=600),)))
    sign = formats.direction(view.day)
    tone = {1: "profit", -1: "loss"}.get(sign, "text.muted")
    found.append(Segment("day", (Run("Day"), Run(formats.money(view.day, signed=True), tone, FIGURES, 600, 12)), 1))
    risk = (Run("At risk"), Run(formats.money(-view.at_risk), "text.strong", FIGURES, 600, 12))
    found.append(Segment("risk", risk, 2))
    work = (Run("Working"), Run(formats.count(view.working), "text.strong", FIGURES, 600, 12))
    found.append(Segment("orders", work, 3))
    clock = Run(formats.local(view.now, view.utc_offset_hours), "text.default", FIGURES, px=12)
    found.append(Segment("clock", (clock, Run(formats.zone(view.utc_offset_hours))), 4))
    return tuple(found)
