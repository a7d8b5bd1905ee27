"""The coach strip: the first trade in three steps, each marked when it was done. It blocks nothing; a click ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.commands import Place
from engine.core.ids import Topic
from engine.views import topics
from engine.views.account import FillsView
from engine.views.status import SpineView
from widgets import keymap, paint, theme
from widgets.controls import FlatButton, IconButton

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

TALL: Final = 29
PICK, ORDER, FILL = "pick", "order", "fill"
STEPS: Final = (PICK, ORDER, FILL)
NEXT: Final = (("connections", "Connect accounts"), ("gates", "Look at the limits"))
"""What comes after the first trade: a dock, and the words of its button."""
PAPER: Final = frozenset({"demo", "paper"})
_NEVER, _OPEN, _OVER = "", "open", "over"


@dataclass(frozen=True, slots=True)
class Step:
    """One step in words."""

    name: str
    head: str
    how: str


def steps() -> tuple[Step, ...]:
    """Return the steps with the keys of now."""
    key = keymap.hint("ladder.join_bid")
    press = f"Press {key} in the ladder" if key else "Click the ladder's bid column"
    return (
        Step(PICK, "Pick a bracket", "on the board, or in Markets"),
        Step(ORDER, press, "it buys, on paper"),
        Step(FILL, "Watch it fill", "Positions and the risk strip move"),
    )


class CoachStrip(QWidget):
    """Three steps, then what to do next; only where the money is paper."""

    draws_hidden = True
    rests_ms = 50
    changed = Signal()
    """A step was done, or the strip was dismissed."""
    wanted = Signal(str)
    """A dock."""
    retargeted = Signal(object)
    """Itself: `topics()` has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = _NEVER
        self._done: set[str] = set()
        self._mode = ""
        self._fills: int | None = None
        self.setFixedHeight(TALL)
        self.dismiss = IconButton("x", "Dismiss the first steps", parent=self)
        self.dismiss.clicked.connect(self.end)
        self.buttons = [FlatButton(words, parent=self) for _, words in NEXT]
        for button, (dock, _) in zip(self.buttons, NEXT, strict=True):
            button.clicked.connect(lambda _=False, name=dock: self.wanted.emit(name))
        keymap.current().changed.connect(self.update)
        self._show()

    # What the window calls

    def begin(self) -> None:
        """Show the steps, unless they were done or dismissed before."""
        if self._state == _NEVER:
            self._put(_OPEN)

    def again(self) -> None:
        """Show the steps from the first one on, whatever was before."""
        self._done.clear()
        self._put(_OPEN)

    def end(self) -> None:
        """Take the strip away for good."""
        self._put(_OVER)

    def state(self) -> tuple[str, tuple[str, ...]]:
        """Return whether it is open or over, and which steps were done, for a file."""
        return self._state, tuple(name for name in STEPS if name in self._done)

    def restore(self, state: str, done: Iterable[str]) -> None:
        """Take what an earlier session left; what it does not know is passed over."""
        self._done = {name for name in done if name in STEPS}
        self._state = state if state in {_OPEN, _OVER} else _NEVER
        self._show()
        self.retargeted.emit(self)

    def picked(self) -> None:
        """Note that a market was picked by hand."""
        self._step(PICK)

    def asked(self, command: object) -> None:
        """Note what was asked of the engine: an order is the second step."""
        if isinstance(command, Place):
            self._step(ORDER)

    def topics(self) -> frozenset[Topic]:
        """Return the topics it hears of: fills only while it waits for one, since the view of all of them is long."""
        waits = self._state == _OPEN and FILL not in self._done
        return frozenset({topics.SPINE, topics.FILLS} if waits else {topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the mode, and see a first fill of this session."""
        if isinstance(view, SpineView) and view.mode != self._mode:
            self._mode = view.mode
            self._show()
        elif isinstance(view, FillsView):
            before, self._fills = self._fills, len(view.rows)
            if before is not None and self._fills > before and ORDER in self._done:
                self._step(FILL)

    def text(self) -> str:
        """Return what it says now, for readers."""
        if self._finished():
            return "First trade done. Next: connect accounts, look at the limits."
        return "; ".join(f"{one.head}: {'done' if one.name in self._done else one.how}" for one in steps())

    def _finished(self) -> bool:
        return self._done >= set(STEPS)

    def _step(self, name: str) -> None:
        if self._state == _OPEN and name not in self._done and self._mode in PAPER:
            self._done.add(name)
            self._put(_OPEN)

    def _put(self, state: str) -> None:
        self._state = state
        self._show()
        self.retargeted.emit(self)
        self.changed.emit()

    def _show(self) -> None:
        for button in self.buttons:
            button.setVisible(self._finished())
        self.setVisible(self._state == _OPEN and self._mode in PAPER)
        self.setAccessibleName(self.text())
        self._lay_out()
        self.update()

    def _lay_out(self) -> None:
        self.dismiss.setGeometry(self.width() - 28, 0, 24, self.height() - 1)
        x = self.width() - 36
        for button in reversed(self.buttons):
            wide = button.sizeHint().width()
            x -= wide
            button.setGeometry(x, 3, wide, theme.current().size("button"))
            x -= 6

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, 3, self.height() - 1, look.colour("mode.paper"))
        paint.line_below(p, self.rect(), look.colour("line.border"))
        room = QRect(12, 0, self.width() - 50, self.height() - 1)
        if self._finished():
            words = look.ui(12, 600)
            wide = paint.text(p, room, "Your first trade is done.", words, look.colour("text.strong"))
            after = room.adjusted(round(wide) + 12, 0, 0, 0)
            paint.text(p, after, "Next:", look.ui(12), look.colour("text.muted"))
            return
        third = min(430, room.width() // len(STEPS))
        for number, one in enumerate(steps()):
            cell = QRect(room.x() + number * third, 0, third - 12, self.height() - 1)
            self._paint_step(p, cell, number + 1, one)

    def _paint_step(self, p: QPainter, cell: QRect, number: int, one: Step) -> None:
        look = theme.current()
        done = one.name in self._done
        now = not done and one.name == next(name for name in STEPS if name not in self._done)
        tone = "profit" if done else "mode.paper" if now else "text.dim"
        ring = QRect(cell.x(), (cell.height() - 16) // 2, 16, 16)
        paint.box(p, ring, None, look.colour(tone), 8)
        if done:
            paint.icon(p, ring.x() + 2, ring.y() + 2, "check", tone, 12)
        else:
            paint.text(p, ring, str(number), look.number(10, 600), look.colour(tone), paint.CENTRE)
        ink = look.colour("text.strong" if now else "text.muted")
        head = cell.adjusted(24, 0, 0, 0)
        wide = paint.text(p, head, one.head, look.ui(12, 600 if now else 500), ink, elide=True)
        rest = head.adjusted(round(wide) + 8, 0, 0, 0)
        if rest.width() > 60 and not done:
            paint.text(p, rest, one.how, look.ui(11), look.colour("text.muted"), Qt.AlignmentFlag.AlignLeft, elide=True)
