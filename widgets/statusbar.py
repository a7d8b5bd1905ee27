"""The status bar: every connection as a chip, how quick the loop is, whether all is written, and the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.views import topics
from engine.views.status import FeedsView, NoticesView, SpineView
from widgets import formats, segments, theme
from widgets.segments import FIGURES, Mark, Run, Segment

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent, QPaintEvent

_GAP: Final = 15
_SLOW_MS: Final = 50


class StatusBar(QWidget):
    """24 pixels at the bottom of the window."""

    rests_ms = 250

    opened = Signal(str)
    """What was clicked: ``feed:NAME``, ``loop``, ``journal``, ``log`` or ``version``."""

    def __init__(self, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._version = version.removeprefix("v")
        self._lag_ms: float | None = None
        self._feeds: FeedsView | None = None
        self._spine: SpineView | None = None
        self._notices: NoticesView | None = None
        self._server: tuple[str, str, bool] | None = None
        self._places: list[tuple[QRect, Segment]] = []
        self._told: tuple[list[Segment], list[Segment]] | None = None
        """The chips and the facts that a view was told as last."""
        self._chips: list[tuple[QRect, Segment]] = []
        self._start = 0
        """Where the facts were painted from."""
        self.setFixedHeight(theme.current().size("statusBar"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Status bar")

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.FEEDS, topics.SPINE, topics.NOTICES})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take one of its views."""
        if isinstance(view, FeedsView):
            self._feeds = view
        elif isinstance(view, SpineView):
            self._spine = view
        elif isinstance(view, NoticesView):
            self._notices = view
        was, self._told = self._told, (self.feeds(), self.facts())
        if self._told == was:
            return
        chips, facts = self._told
        self.setAccessibleDescription("; ".join(segment.spoken() for segment in (*chips, *facts)))
        if was is not None and was[0] == chips and self._laid()[1] == self._start:
            self.update(self._start - _GAP, 0, self.width(), self.height())
        else:
            self.update()

    def set_loop_lag(self, p99_ms: float | None) -> None:
        """Show how late the event loop was for the slowest hundredth of its turns."""
        if p99_ms != self._lag_ms:
            self._lag_ms = p99_ms
            self.update()

    def set_server(self, words: str, tip: str, *, orders: bool = False) -> None:
        """Show that programs of this machine are served, and whether they may order; no words take it away."""
        self._server = (words, tip, orders) if words else None
        self.update()

    def feeds(self) -> list[Segment]:
        """Return the chips of the connections."""
        if self._feeds is None:
            return []
        return [
            Segment(
                f"feed:{chip.name}",
                (
                    Mark(chip.state, 6),
                    Run(formats.plain(chip.name, 24), "text.dim" if chip.state == "off" else "text.default"),
                    Run(formats.plain(chip.text, 24), "text.muted", FIGURES),
                ),
                1,
                tip=formats.plain(f"{chip.name} {chip.state}. {chip.tip}", 400),
            )
            for chip in self._feeds.chips
        ]

    def facts(self) -> list[Segment]:
        """Return what stands at the right."""
        lag = formats.DASH if self._lag_ms is None else f"{self._lag_ms:.0f} ms"
        slow = self._lag_ms is not None and self._lag_ms > _SLOW_MS
        found = [Segment("loop", (Run(f"loop {lag} p99", "warn" if slow else "text.muted", FIGURES),), 3, rule=True)]
        if self._spine is not None:
            safe = self._spine.storage_ok
            words = formats.count(self._spine.last_sequence) if safe else "NOT SAVED"
            colour = "text.muted" if safe else "bad"
            pieces = (Run("journal", colour, FIGURES), Mark("live" if safe else "down"), Run(words, colour, FIGURES))
            found.append(Segment("journal", pieces, rule=True, tip="Last event on disk"))
        if self._server is not None:
            words, tip, orders = self._server
            found.append(
                Segment("api", (Run(words, "warn" if orders else "text.muted", FIGURES),), 2, rule=True, tip=tip)
            )
        warnings = self._notices.warnings if self._notices is not None else 0
        words = f"{warnings} warning{'' if warnings == 1 else 's'}"
        found.append(Segment("log", (Run(words, "warn" if warnings else "text.muted", FIGURES),), rule=True))
        found.append(Segment("version", (Run(f"v{self._version}", "text.muted", FIGURES),), 2, rule=True))
        return found

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        segment = self._segment_at(event.position().toPoint().x())
        if segment is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(segment.key)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            segment = self._segment_at(event.pos().x())
            QToolTip.showText(event.globalPos(), formats.tip(segment.tip) if segment is not None else "", self)
            return True
        return super().event(event)

    def _segment_at(self, x: int) -> Segment | None:
        return next((segment for rect, segment in self._places if rect.x() <= x <= rect.right()), None)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        p.fillRect(0, 0, self.width(), 1, look.colour("line.border"))
        facts, start = self._laid()
        if event.rect().x() < start - _GAP or start != self._start:
            self._start = start
            self._chips = segments.draw(p, 10, self.height(), self._shortened(start - 10 - 2 * _GAP), _GAP)
        self._places = self._chips + segments.draw(p, start, self.height(), facts, _GAP)

    def _laid(self) -> tuple[list[Segment], int]:
        """Return the facts that fit, and where they begin."""
        facts = segments.fitting(self.facts(), self.width() // 2, _GAP)
        return facts, self.width() - sum(segment.width() + _GAP for segment in facts) + _GAP - 10

    def _shortened(self, room: int) -> list[Segment]:
        """Return as many chips as fit, those in trouble first, and how many more there are."""
        chips = self.feeds()
        if sum(chip.width() + _GAP for chip in chips) <= room:
            return chips
        states = {f"feed:{chip.name}": chip.state for chip in (self._feeds.chips if self._feeds is not None else ())}
        ranked = sorted(chips, key=lambda chip: states[chip.key] in {"live", "off"})
        kept: list[Segment] = []
        for chip in ranked:
            if sum(c.width() + _GAP for c in (*kept, chip)) > room - 40:
                break
            kept.append(chip)
        more = Segment("feeds", (Run(f"+{len(chips) - len(kept)}", "text.muted", FIGURES),))
        return [chip for chip in chips if chip in kept] + [more]
