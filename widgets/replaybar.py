"""The transport of a replay: play, pace, steps, the clock, and the whole session as a line to click into.

It lies under the risk strip, over every workspace, and only in a replay. It changes nothing itself: what is asked for
goes out as a `ReplayAsk`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.units import DAY, Nanos
from engine.views import topics
from engine.views.replay import ReplayView
from widgets import formats, paint, theme
from widgets.controls import FlatButton
from widgets.fields import Field, Segments

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from engine.core.ids import Topic
    from engine.views.replay import MarkLine

SPEEDS: Final = ("1", "10", "100", "1000")
HEIGHT: Final = 64
LINE_TOP, LINE_HEIGHT = 16, 18
COLOURS: Final = {
    "fill": "buy", "settled": "profit", "halt": "danger", "gap": "warn", "mark": "text.strong", "open": "text.muted",
}  # fmt: skip
"""Of bookmarks, by kind; each has its word, too."""
KEEP_APART: Final = 8
"""Pixels between the words of two bookmarks; the later one is left without words."""
CLOCK: Final = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{1,2}):(\d{2})(?::(\d{2}))?Z?")
_PLAY, _PAUSE, _STEP, _DECISION, _SPEED, _SEEK, _TIME, _MARK, _NEXT, _PREVIOUS, _FILL = (
    "play", "pause", "step", "decision", "speed", "share", "time", "bookmark", "next", "previous", "fill",
)  # fmt: skip


class ReplayAsk(NamedTuple):
    """What is asked of the transport."""

    what: str
    """position, play, pause, step, decision, speed, share, time, bookmark, next, previous or fill."""
    value: float = 0


def moment(text: str, view: ReplayView) -> Nanos | None:
    """Return the moment that ``HH:MM``, ``HH:MM:SS`` or an ISO time in UTC stands for in a session; None of none.

    A clock time without a day is the first one in the session.
    """
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = int(found[2]), int(found[3]), int(found[4] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    day = view.first_at // DAY * DAY
    if found[1]:
        from datetime import UTC, datetime

        try:
            day = int(datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
        except ValueError:
            return None
    at = day + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000
    if not found[1] and at < view.first_at and at + DAY <= view.last_at:
        at += DAY
    return Nanos(at)


class Timeline(QWidget):
    """The session from left to right: how much happened when, bookmarks, and where the replay stands."""

    seeked = Signal(float)
    """A share of the session's time, 0 to 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ReplayView | None = None
        self.setMinimumWidth(160)
        self.setFixedHeight(HEIGHT - 8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Time line of the replay")

    def x_of(self, at: int) -> float:
        """Return where a moment lies."""
        view = self.view
        if view is None or view.last_at <= view.first_at:
            return 6.0
        return 6 + (self.width() - 12) * (at - view.first_at) / (view.last_at - view.first_at)

    def share_at(self, x: float) -> float:
        """Return which share of the session lies left of a point."""
        return min(1.0, max(0.0, (x - 6) / max(1, self.width() - 12)))

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.view is not None:
            near = self._near(event.position().x())
            if near is not None and event.position().y() > LINE_TOP + LINE_HEIGHT:
                self.seeked.emit(self.share_at(self.x_of(near.at)))
            else:
                self.seeked.emit(self.share_at(event.position().x()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.view is None:
            return
        share = self.share_at(event.position().x())
        at = Nanos(round(self.view.first_at + share * (self.view.last_at - self.view.first_at)))
        near = self._near(event.position().x())
        words = formats.utc(at) + (f" · {formats.plain(near.text, 80)}" if near is not None else "")
        QToolTip.showText(event.globalPosition().toPoint(), formats.tip(words), self)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seeked.emit(share)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01}.get(Qt.Key(event.key()))
        view = self.view
        if way is None or view is None:
            super().keyPressEvent(event)
            return
        span = max(1, view.last_at - view.first_at)
        self.seeked.emit(min(1.0, max(0.0, (view.at - view.first_at) / span + way)))

    def _near(self, x: float) -> MarkLine | None:
        marks = () if self.view is None else self.view.marks
        near = [one for one in marks if abs(self.x_of(one.at) - x) <= 4]
        return min(near, key=lambda one: abs(self.x_of(one.at) - x), default=None)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, view = theme.current(), self.view
        if view is None:
            return
        p = QPainter(self)
        base = LINE_TOP + LINE_HEIGHT
        violet = look.colour("mode.replay")
        seen, ahead = look.mix("surface.dock", "mode.replay", 0.75), look.mix("surface.dock", "mode.replay", 0.28)
        most = max(view.density, default=0) or 1
        wide = (self.width() - 12) / max(1, len(view.density))
        here = self.x_of(view.at)
        for n, count in enumerate(view.density):
            left, right = round(6 + n * wide), round(6 + (n + 1) * wide) - 1
            tall = max(1, round(LINE_HEIGHT * count / most)) if count else 1
            p.fillRect(QRect(left, base - tall, max(1, right - left), tall), seen if left < here else ahead)
        if view.scanned < view.events:  # what lies behind the scout's place has no bookmarks yet
            share = view.scanned / max(1, view.events)
            p.fillRect(QRect(6, base + 1, round((self.width() - 12) * share), 1), look.colour("text.dim"))
        self._marks(p, view, base)
        p.fillRect(QRect(round(here), LINE_TOP - 6, 2, LINE_HEIGHT + 8), look.colour("text.strong"))
        paint.triangle(p, here + 1, LINE_TOP - 8, 8, look.colour("text.strong"), points="down")
        ends = f"{formats.utc(view.first_at, '%H:%M')} → {formats.utc(view.last_at, '%H:%M')}"
        paint.text(p, QRect(0, 0, self.width() - 6, 12), ends, look.number(9), look.colour("text.dim"), paint.RIGHT)
        if self.hasFocus():
            paint.box(p, self.rect(), None, violet, look.radius())

    def _marks(self, p: QPainter, view: ReplayView, base: int) -> None:
        look = theme.current()
        free = -1.0
        font = look.ui(9)
        for one in view.marks:
            x = self.x_of(one.at)
            paint.triangle(p, x, base + 7, 6, look.colour(COLOURS.get(one.kind, "text.muted")))
            wide = paint.width(one.kind, font)
            left = min(max(2.0, x - wide / 2), self.width() - wide - 2)
            if left >= free:
                paint.text_at(p, left, base + 20, one.kind, font, look.colour("text.muted"))
                free = left + wide + KEEP_APART


class Clock(QWidget):
    """Day and time of the replay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ReplayView | None = None
        self.setAccessibleName("Clock of the replay")

    @override
    def sizeHint(self) -> QSize:
        look = theme.current()
        return QSize(round(paint.width("00:00:00.000Z", look.number(13, 600))) + 4, 44)

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, view = theme.current(), self.view
        p = QPainter(self)
        at = None if view is None else view.at
        day = QRect(0, 4, self.width(), 16)
        paint.text(p, day, formats.utc(at, "%Y-%m-%d").removesuffix("Z"), look.number(11), look.colour("text.muted"))
        time = QRect(0, 22, self.width(), 18)
        paint.text(p, time, formats.utc(at, "%H:%M:%S.%3"), look.number(13, 600), look.colour("text.strong"))


class ReplayBar(QWidget):
    """The bar of a replay."""

    asked = Signal(object)
    """A `ReplayAsk`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ReplayView | None = None
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Replay")
        self.back = _button("◂◂", "Bookmark before", lambda: self._ask(_PREVIOUS))
        self.play = FlatButton("Play", "filled")
        self.play.setToolTip("Play or stand still (Space)")
        self.play.clicked.connect(self._toggle)
        self.on = _button("▸▸", "Next bookmark", lambda: self._ask(_NEXT))
        self.speed = Segments("Speed", [(one, f"×{one}") for one in SPEEDS], number=True)
        self.speed.setFixedWidth(self.speed.sizeHint().width())
        self.speed.chosen.connect(lambda key: self._ask(_SPEED, float(key)))
        self.step = _button("Step event", "Take in one event (.)", lambda: self._ask(_STEP))
        self.decision = _button("Next decision", "Go on to just after the next decision", lambda: self._ask(_DECISION))
        self.fill = _button("Next fill", "Go on to the next fill of ours", lambda: self._ask(_FILL))
        self.clock = Clock()
        self.line = Timeline()
        self.line.seeked.connect(lambda share: self._ask(_SEEK, share))
        self.go = Field("Go to a time, UTC", number=False)
        self.go.setPlaceholderText("go to HH:MM:SS")
        self.go.setFixedWidth(112)
        self.go.returnPressed.connect(self._go)
        self.mark = _button("Bookmark", "Put a bookmark here (M)", lambda: self._ask(_MARK))
        self.facts = Facts()
        self._lay_out()

    def _lay_out(self) -> None:
        box = QHBoxLayout(self)
        box.setContentsMargins(10, 4, 10, 4)
        box.setSpacing(6)
        for part in (self.back, self.play, self.on, self.speed, self.step, self.decision, self.fill):
            box.addWidget(part)
        box.addSpacing(6)
        box.addWidget(self.clock)
        box.addWidget(self.line, 1)
        right = QVBoxLayout()
        right.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.go)
        row.addWidget(self.mark)
        right.addLayout(row)
        right.addWidget(self.facts)
        box.addLayout(right)

    def topics(self) -> frozenset[Topic]:
        """Return what it shows."""
        return frozenset({topics.REPLAY})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take where the replay stands."""
        if not isinstance(view, ReplayView):
            return
        self.view = self.clock.view = self.line.view = self.facts.view = view
        self.play.set_words("Pause" if view.playing else "Play")
        self.play.kind = "outlined" if view.playing else "filled"
        self.speed.set_value(str(view.speed))
        for part in (self.play, self.clock, self.line, self.facts):
            part.update()

    def _ask(self, what: str, value: float = 0.0) -> None:
        self.asked.emit(ReplayAsk(what, value))

    def _toggle(self) -> None:
        self._ask(_PAUSE if self.view is not None and self.view.playing else _PLAY)

    def _go(self) -> None:
        at = None if self.view is None else moment(self.go.text(), self.view)
        self.go.set_wrong(at is None)
        if at is not None:
            self._ask(_TIME, at)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key is Qt.Key.Key_Space:
            self._toggle()
        elif key in {Qt.Key.Key_Period, Qt.Key.Key_M}:
            self._ask(_STEP if key is Qt.Key.Key_Period else _MARK)
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        paint.frame(p, self.rect(), look.colour("mode.replay"), 1)


class Facts(QWidget):
    """One line: which event, how fast, how far the scout is, and what differs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ReplayView | None = None
        self.setFixedHeight(16)

    @override
    def sizeHint(self) -> QSize:
        return QSize(196, 16)

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def words(self) -> tuple[str, str]:
        """Return the line, and its colour."""
        view = self.view
        if view is None:
            return "", "text.muted"
        if view.stopped:
            return f"stopped: {formats.plain(view.stopped, 80)}", "danger.text"
        place = f"{formats.count(view.position)} / {formats.count(view.events)}"
        if view.seeking:
            return f"seeking… {place}", "mode.replay"
        if view.scanned < view.events:
            return f"{place} · scanned {100 * view.scanned // max(1, view.events)} %", "text.muted"
        if view.differences or view.cut:
            differ = f" · {formats.count(view.differences)} events differ" if view.differences else ""
            early = f" · the journal ends early: {formats.plain(view.cut, 80)}" if view.cut else ""
            return f"{place}{differ}{early}", "warn"
        rate = "" if view.rate is None else f" · {formats.count(round(view.rate))} ev/s"
        slow = " · as fast as it goes" if view.behind else ""
        return f"{place}{rate}{slow}" if rate or slow else f"{place} · same digest", "text.muted"

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        words, colour = self.words()
        p = QPainter(self)
        paint.text(p, self.rect(), words, look.ui(10), look.colour(colour), paint.RIGHT, elide=True)
        self.setToolTip(formats.tip(words))
        self.setAccessibleName(words)


def _button(words: str, tip: str, act: Callable[[], None]) -> FlatButton:
    made = FlatButton(words)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.clicked.connect(act)
    return made
