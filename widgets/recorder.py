"""Recorder: what is written of this session and what earlier ones left, with how much, how fast and what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.replay import RecorderView, SessionLine, StreamLine
from widgets import formats, paint, theme
from widgets.segments import FIGURES, Run, Segment, draw, fitting
from widgets.tablepanel import TablePanel
from widgets.tables import CODE, WORD, Cell, Column
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMenu

    from engine.core.ids import Topic

_HELP: Final = (
    "Every event of a session is recorded with when it was received and, where the venue says, its own time. Gaps are "
    "books that had to be asked for anew. Below are the sessions on disk: double-click replays one in a window of its "
    "own, while this session goes on."
)
LOW_DISK: Final = 2_000_000_000
"""Bytes left below which the disk is worth a warning."""


SESSIONS_PX: Final = 104
"""Of the list of sessions beside the streams: its header and four rows; it scrolls."""
FREE_PX: Final = 16_777_215
"""No bound: what Qt calls the largest size of a widget."""


def size(count: int | None) -> str:
    """Return bytes in words: ``2.2 MB``."""
    if count is None:
        return formats.DASH
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{formats.number(count / least, 1)} {unit}"
    return f"{count} B"


def rate(value: float | None) -> str:
    """Return events a second."""
    return formats.DASH if value is None else formats.number(value, 1)


STREAMS: Final[tuple[Column[StreamLine], ...]] = (
    Column(
        key="name", header="stream", width=120, kind=WORD,
        cell=lambda r: Cell(r.name, "text.strong", bold=True), sort=lambda r: r.name,
    ),
    Column(
        key="what", header="what", width=170, kind=WORD, stretch=True, least=60, priority=2,
        cell=lambda r: Cell(r.what, "text.muted"),
    ),
    Column(key="rows", header="rows", width=78, cell=lambda r: formats.count(r.rows), sort=lambda r: r.rows),
    Column(
        key="gaps", header="gaps", width=48, sort=lambda r: r.gaps,
        cell=lambda r: Cell(formats.count(r.gaps), "warn" if r.gaps else "text.dim"),
    ),
    Column(key="rate", header="rows / s", width=62, cell=lambda r: rate(r.per_second), sort=lambda r: r.per_second),
)  # fmt: skip
SESSIONS: Final[tuple[Column[SessionLine], ...]] = (
    Column(
        key="name", header="session", width=140, kind=CODE, sort=lambda r: r.name,
        cell=lambda r: Cell(r.name, "text.strong"),
    ),
    Column(
        key="began", header="began, UTC", width=130, kind=CODE, when=lambda r: r.began, sort=lambda r: r.began,
        cell=lambda r: Cell(formats.utc(r.began, "%Y-%m-%d %H:%M:%S"), "text.muted"), priority=2,
    ),
    Column(key="bytes", header="on disk", width=76, cell=lambda r: size(r.bytes), sort=lambda r: r.bytes),
    Column(key="parts", header="files", width=44, cell=lambda r: formats.count(r.parts), priority=3),
    Column(
        key="state", header="", width=90, kind=WORD, stretch=True, least=40, exported="state",
        cell=lambda r: Cell("recording" if r.current else "", "profit"),
    ),
)  # fmt: skip


class Line(QWidget):
    """The recorder's own state in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: RecorderView | None = None
        self.setFixedHeight(24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, 24)

    def segments(self) -> list[Segment]:
        """Return the figures, the most important first."""
        view = self.view
        if view is None:
            return []
        left = "warn" if view.disk_left is not None and view.disk_left < LOW_DISK else "text.strong"
        lost = "danger.text" if view.lost else "text.strong"
        kept = "—" if view.kept_days is None else f"{view.kept_days} days"
        facts = (
            ("size", size(view.bytes) if view.session else formats.DASH, "text.strong", 0),
            ("events/s", rate(view.per_second), "text.strong", 0),
            ("lost", formats.count(view.lost) if view.session else formats.DASH, lost, 0),
            ("disk left", size(view.disk_left), left, 0),
            ("last write", formats.age(view.age_s), "text.strong", 1),
            ("waiting", formats.count(view.waiting) if view.session else formats.DASH, "text.strong", 3),
            ("files", formats.count(view.parts) if view.session else formats.DASH, "text.strong", 4),
            ("all sessions", size(view.total), "text.strong", 2),
            ("kept", kept, "text.strong", 2),
        )  # fmt: skip
        return [
            Segment(name, (Run(name), Run(value, tone, FIGURES, 500)), priority)
            for name, value, tone, priority in facts
        ]

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        paint.line_below(p, self.rect(), look.colour("line.grid"))
        shown = fitting(self.segments(), self.width() - 16, 14)
        draw(p, 8, self.height(), shown, 14)
        self.setAccessibleName(", ".join(one.spoken() for one in shown))


class RecorderPanel(TablePanel[StreamLine]):
    """Recorder dock."""

    rests_ms = 900
    replay_wanted = Signal(str)
    """The name of a session."""

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRow")
        super().__init__("Recorder", STREAMS, lambda r: r.name, row_px=row_px, help_text=_HELP, parent=parent)
        self.line = Line()
        self.sessions: RowsTable[SessionLine] = RowsTable(SESSIONS, lambda r: r.name, row_px)
        self.sessions.setAccessibleName("Recorded sessions")
        self.sessions.opened.connect(lambda row, _column: self._open(row))
        self.sessions.menu_actions = self._session_menu
        below = QWidget()
        box = QVBoxLayout(below)
        box.setContentsMargins(0, 4, 0, 0)
        box.addWidget(self.sessions)
        self.put(above=self.line, below=below)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.RECORDER})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if not isinstance(view, RecorderView):
            return
        self.line.view = view
        self.line.update()
        self.set_subtitle(view.session or "a replay records nothing")
        self.table.setVisible(bool(view.session))
        self.sessions.setMaximumHeight(SESSIONS_PX if view.session else FREE_PX)
        self.table.rows.set_rows(view.streams)
        self.sessions.rows.set_rows(view.sessions)
        self.show_extent(any_rows=bool(view.session or view.sessions), words="Nothing is recorded", icon="doc")

    def _session_menu(self, menu: QMenu, row: SessionLine) -> None:
        action = menu.addAction("Replay in a window of its own")
        action.setEnabled(not row.current)
        action.triggered.connect(lambda: self._open(row))

    def _open(self, row: object) -> None:
        if isinstance(row, SessionLine) and not row.current:
            self.replay_wanted.emit(row.name)
