"""The log dock: what the engine told, oldest first, filtered by level and by words, following the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget
from typing_extensions import override

from engine.core.effects import Level
from engine.core.ids import Topic
from engine.views import topics
from engine.views.status import NoticeRow, NoticesView
from widgets import formats, theme
from widgets.controls import FlatButton
from widgets.fields import Field, Segments
from widgets.tablepanel import TablePanel
from widgets.tables import CODE, WORD, Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SESSION, PROGRAM = "session", "program"
SOURCES: Final = ((SESSION, "Session"), (PROGRAM, "Program"))
LEVELS: Final = (("20", "All"), ("30", "Warnings"), ("40", "Danger"))
_WORDS: Final = {
    Level.INFO: ("info", "text.muted"),
    Level.WARN: ("warn", "warn"),
    Level.DANGER: ("danger", "danger.text"),
}
_HELP: Final = (
    "Notices of the session, or the program's own log. Type to filter by words; Follow keeps the newest in sight; "
    "Folder opens where the log files are."
)


def columns(offset: Callable[[], int]) -> tuple[Column[NoticeRow], ...]:
    """Return the columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(
            key="at",
            header="time",
            clock=offset,
            width=92,
            kind=CODE,
            cell=lambda r: _time(r, offset()),
            sort=lambda r: r.at,
            when=lambda r: r.at,
        ),
        Column(key="level", header="level", width=52, kind=WORD, cell=_level, sort=lambda r: r.level),
        Column(
            key="code",
            header="code",
            width=92,
            kind=CODE,
            priority=3,
            cell=lambda r: Cell(formats.plain(r.code, 32), "text.default"),
            sort=lambda r: r.code,
        ),
        Column(
            key="subject",
            header="subject",
            width=110,
            kind=WORD,
            priority=4,
            cell=lambda r: Cell(formats.plain(r.subject, 60), "text.muted", tip=formats.plain(r.subject, 200)),
            sort=lambda r: r.subject,
        ),
        Column(key="text", header="message", width=230, least=120, kind=WORD, stretch=True, cell=_message),
        Column(
            key="times",
            header="times",
            width=48,
            priority=2,
            cell=lambda r: Cell(formats.count(r.times) if r.times > 1 else "", "text.muted"),
            sort=lambda r: r.times,
            value=lambda r: r.times,
        ),
    )


class LogPanel(TablePanel[NoticeRow]):
    """Log dock."""

    count_ages = True

    folder_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Log", columns(lambda: self.offset_hours), lambda r: r.id, help_text=_HELP, parent=parent)
        self._view: NoticesView | None = None
        self._program: Callable[[], Sequence[NoticeRow]] = tuple
        self.source = Segments("What is shown", SOURCES, height=20)
        self.level = Segments("Level", LEVELS, height=20)
        self.words = Field("Filter", number=False)
        self.words.setPlaceholderText("Filter / code, subject, words")
        self.words.setFixedHeight(20)
        self.follow = FlatButton("Follow")
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.copy = FlatButton("Copy")
        self.folder = FlatButton("Folder")
        self.put(above=self._tools())
        self.table.nothing = "No line passes the filter."
        self.folder.clicked.connect(self.folder_wanted)
        self.source.chosen.connect(lambda _key: self._show())
        self.level.chosen.connect(lambda _key: self._show())
        self.words.textChanged.connect(lambda _text: self._show())
        self.follow.toggled.connect(self._followed)
        self.copy.clicked.connect(self._copy_shown)
        self._followed(on=True)

    def _tools(self) -> QWidget:
        row = QWidget()
        row.setFixedHeight(theme.current().size("toolRow"))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.setSpacing(6)
        layout.addWidget(self.source)
        layout.addWidget(self.level)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.follow)
        layout.addWidget(self.copy)
        layout.addWidget(self.folder)
        return row

    def set_program(self, rows: Callable[[], Sequence[NoticeRow]]) -> None:
        """Say where the program's own log comes from, oldest first; the logger stands in the code's place."""
        self._program = rows

    def look(self) -> None:
        """Show what the program has logged since; call it now and then."""
        if self.source.value() == PROGRAM and self.isVisible():
            self._show()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.NOTICES, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, NoticesView):
            self._view = view
        elif not self.take_clock(topic, view):
            return
        else:
            self.table.rows.write_anew()  # their times are of another clock now
        self._show()

    def _show(self) -> None:
        program = self.source.value() == PROGRAM
        known = self._program() if program else () if self._view is None else self._view.rows
        if self._view is None and not program:
            return
        least, wanted = int(self.level.value() or Level.INFO), self.words.text().casefold().split()
        rows = [row for row in known if row.level >= least and _matches(row, wanted)]
        self.table.rows.set_rows(rows)
        self.set_count(len(known))
        self._show_older(known)
        if self.follow.isChecked():
            self.table.scrollToBottom()
        self.show_extent(
            any_rows=bool(known) or program or bool(self._program()), words="Nothing was logged yet.", icon="doc"
        )

    def _show_older(self, known: Sequence[NoticeRow]) -> None:
        """Say how many lines went before the first: they are numbered, the program's from 0, the session's from 1."""
        program = self.source.value() == PROGRAM
        older = known[0].id - (not program) if known else 0
        self.show_older(len(known), older, "Folder has them in files" if program else "a replay of the session has all")

    def _followed(self, on: bool) -> None:  # a signal's argument
        self.follow.setAccessibleDescription("on" if on else "off")
        if on:
            self.table.scrollToBottom()

    def _copy_shown(self) -> None:
        QGuiApplication.clipboard().setText(self.table.as_tsv(range(self.table.rows.rowCount())))


def _matches(row: NoticeRow, wanted: list[str]) -> bool:
    text = f"{row.code} {row.subject} {row.text}".casefold()
    return all(word in text for word in wanted)


def _time(row: NoticeRow, offset: int) -> Cell:
    return Cell(formats.stamp(row.at, offset), "text.muted", tip=formats.utc(row.at, "%Y-%m-%d %H:%M:%S.%3"))


def _level(row: NoticeRow) -> Cell:
    if row.level >= Level.DANGER:
        return Cell("danger", "danger.text")
    return Cell("warn", "warn") if row.level >= Level.WARN else Cell("info", "text.muted")


def _message(row: NoticeRow) -> Cell:
    clean = formats.plain(row.text, 500)
    return Cell(clean, "text.default" if row.level < Level.DANGER else "danger.text", tip=clean)
