"""Toasts: at most three notices in the bottom right corner. One that keeps coming is counted, not repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.effects import Level
from engine.core.ids import Topic
from engine.views import topics
from engine.views.status import NoticeRow, NoticesView
from widgets import formats, paint, theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent

MOST: Final = 3
WIDTH: Final = 340
LEAST_LEFT: Final = 8
HEIGHT: Final = 44
LINE: Final = 15
"""Pixels more for each line after the first."""
LINES: Final = 3
FIRST_QUIET_S: Final = 30
LONGEST_QUIET_S: Final = 300
MOST_KNOWN: Final = 500
"""Notices that are remembered before those are forgotten that came long ago: each order has words of its own."""
_STAYS_S: Final = {Level.INFO: 4, Level.WARN: 8, Level.DANGER: 16}
"""How long each level stays; all of it stays in the log."""


_TONES: Final = {Level.INFO: "buy", Level.WARN: "warn", Level.DANGER: "danger"}


@dataclass(slots=True)
class Known:
    """How often a notice came, and when it may be shown again."""

    times: int
    quiet_s: float
    again_at: float


class Quiet:
    """Decides which notices are shown: the same one again only after 30 s, then 60 s, … up to 300 s."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Known] = {}

    def __len__(self) -> int:
        """Return how many notices it remembers."""
        return len(self._known)

    def admit(self, row: NoticeRow, now_s: float) -> int:
        """Return how often it came if it is to be shown now, else 0."""
        key = (row.code, row.subject, row.text if not row.code else "")
        if len(self._known) >= MOST_KNOWN:
            self._known = {k: one for k, one in self._known.items() if now_s < one.again_at + LONGEST_QUIET_S}
        known = self._known.get(key)
        if known is None or now_s >= known.again_at + LONGEST_QUIET_S:
            self._known[key] = Known(1, FIRST_QUIET_S, now_s + FIRST_QUIET_S)
            return 1
        known.times += 1
        if now_s < known.again_at:
            return 0
        known.quiet_s = min(LONGEST_QUIET_S, known.quiet_s * 2)
        known.again_at = now_s + known.quiet_s
        return known.times


class Toast(QWidget):
    """One notice; a click takes it away and opens the log."""

    gone = Signal(object)
    """Itself: its time is over."""
    clicked = Signal(object)

    def __init__(self, row: NoticeRow, times: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.row = row
        self.times = times
        self._words = formats.plain(row.text, 300)
        self.lines = paint.lines(self._words, theme.current().ui(11), WIDTH - 20, LINES)
        self.setAccessibleName(self._words)
        self.setToolTip(formats.tip(self._words))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._left = QTimer(self)
        self._left.setSingleShot(True)
        self._left.timeout.connect(lambda: self.gone.emit(self))
        self._left.start(1000 * _STAYS_S[_level(row)])

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit(self)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        tone = _TONES[_level(self.row)]
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.raised"))
        paint.frame(p, self.rect(), look.colour("line.control"))
        p.fillRect(0, 0, 3, self.height(), look.colour(tone))
        again = f"still, {self.times} times" if self.times > 1 else ""
        head = " ".join(part for part in (self.row.code, formats.plain(self.row.subject, 40), again) if part)
        top = QRect(12, 4, self.width() - 20, 18)
        paint.text(p, top, head or "Notice", look.ui(11, 600), look.colour("text.strong"), elide=True)
        for n, line in enumerate(self.lines):
            paint.text(p, top.translated(0, 18 + n * LINE), line, look.ui(11), look.colour("text.default"))

    @property
    def tall(self) -> int:
        """Pixels that its lines take."""
        return HEIGHT + LINE * (len(self.lines) - 1)


class Toasts(QWidget):
    """The corner where toasts stand; a child of the window that keeps out of the way of the mouse."""

    draws_hidden = True
    """It is seen only while there is a toast."""
    CLEAR = 76
    """Pixels over the bottom of the window: no toast covers a money button, a ladder's last line or the status bar."""
    opened = Signal(int)
    """Id of the notice that was clicked."""

    def __init__(
        self, parent: QWidget, above: int = CLEAR, beside: Callable[[], Sequence[QRect]] | None = None
    ) -> None:
        """Make it; `beside` gives where orders are made in the window: it stands left of that, where it can."""
        super().__init__(parent)
        self._window = parent
        self._above = above
        self._beside = beside
        self._quiet = Quiet()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._seen: int | None = None
        self.toasts: list[Toast] = []
        self.setFixedSize(WIDTH, 0)

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.NOTICES})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Show what is new and a warning or worse; what was there before the first view is not new."""
        if not isinstance(view, NoticesView):
            return
        newest = max((row.id for row in view.rows), default=-1)
        if self._seen is not None:
            for row in view.rows:
                if row.id > self._seen and row.level >= Level.WARN:
                    self.show_notice(row)
        self._seen = newest if self._seen is None else max(newest, self._seen)

    def show_notice(self, row: NoticeRow) -> None:
        """Show a notice unless the same one was shown a moment ago."""
        times = self._quiet.admit(row, self._clock.elapsed() / 1000)
        if not times:
            return
        toast = Toast(row, times, self)
        toast.gone.connect(self._take_away)
        toast.clicked.connect(self._open)
        self.toasts.append(toast)
        while len(self.toasts) > MOST:
            self._drop(self._least())
        self.place()

    def place(self) -> None:
        """Stand in the bottom right corner of the parent; call it when that was resized."""
        room = self._window.rect()
        tall = sum(toast.tall + 6 for toast in self.toasts)
        self.setFixedSize(WIDTH, tall)
        self.move(self._left(room, room.height() - self._above - tall, tall), room.height() - self._above - tall)
        y = 0
        for toast in self.toasts:
            toast.setGeometry(0, y, WIDTH, toast.tall)
            toast.show()
            y += toast.tall + 6
        self.setVisible(True)
        self.raise_()

    def _left(self, room: QRect, y: int, tall: int) -> int:
        """Return where it begins: a price or a field that a notice lies over cannot be pressed."""
        right = room.width() - WIDTH - 12
        for rect in sorted(() if self._beside is None else self._beside(), key=QRect.x, reverse=True):
            at = rect.x() - WIDTH - 12
            if at >= LEAST_LEFT and rect.intersects(QRect(right, y, WIDTH, max(1, tall))):
                right = at
        return right

    def _least(self) -> Toast:
        """Return the toast to give up: the oldest of the lowest level."""
        return min(self.toasts, key=lambda toast: toast.row.level)

    def _take_away(self, toast: Toast) -> None:
        if toast in self.toasts:
            self._drop(toast)
            self.place()

    def _open(self, toast: Toast) -> None:
        self.opened.emit(toast.row.id)
        self._take_away(toast)

    def _drop(self, toast: Toast) -> None:
        self.toasts.remove(toast)
        toast.hide()
        toast.deleteLater()


def _level(row: NoticeRow) -> Level:
    """Return the level a notice has at least."""
    return max((level for level in Level if level <= row.level), default=Level.INFO)
