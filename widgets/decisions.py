"""Decisions diff: what the replay decides beside what the recorded session decided, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.replay import DecisionLine, DecisionsView
from widgets import formats, paint, theme
from widgets.segments import FIGURES, Run, Segment, draw, fitting
from widgets.states import EMPTY
from widgets.tablepanel import TablePanel
from widgets.tables import CODE, WORD, Cell, Column

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent

    from engine.core.ids import Topic

_HELP: Final = (
    "Every order decision of the replay beside the one that was recorded, matched by order. ≠ says what differs. "
    "Below: how many are the same, differ, or came in another order. Double-click goes to just after a decision."
)


def columns(offset: Callable[[], int]) -> tuple[Column[DecisionLine], ...]:
    """Return the columns; `offset` gives the hours from UTC of the clock times are shown on."""
    return (
        Column(
            key="at", header="time", clock=offset, width=92, kind=CODE, when=lambda r: r.at, sort=lambda r: r.at,
            cell=lambda r: Cell(formats.stamp(r.at, offset()), "text.muted"),
        ),
        Column(
            key="who", header="who", width=90, kind=WORD, sort=lambda r: r.who,
            cell=lambda r: Cell(formats.plain(r.who, 40), "text.default"),
        ),
        Column(
            key="market", header="market", width=170, kind=WORD, priority=3, sort=lambda r: r.market,
            cell=lambda r: Cell(formats.plain(r.market, 60), "text.muted", tip=r.market),
        ),
        Column(
            key="now", header="now", width=130, kind=WORD,
            cell=_now,
        ),
        Column(
            key="recorded", header="recorded", width=130, kind=WORD, cell=_recorded,
        ),
        Column(
            key="same", header="", width=24, kind=WORD, sort=lambda r: r.same, exported="same",
            cell=_sign,
        ),
        Column(
            key="why", header="why", width=110, kind=WORD, stretch=True, least=60, priority=2,
            cell=lambda r: Cell(formats.plain(r.why, 160), "warn" if r.same is False else "text.muted", tip=r.why),
        ),
    )  # fmt: skip


def _now(row: DecisionLine) -> Cell:
    return Cell(formats.plain(row.now, 80) or formats.DASH, "text.strong" if row.same is False else "text.default")


def _recorded(row: DecisionLine) -> Cell:
    if row.same is None:
        return Cell("not told", "text.dim", tip="This journal does not say what was decided; its digests do.")
    return Cell(formats.plain(row.recorded, 80) or formats.DASH, "text.muted")


def _sign(row: DecisionLine) -> Cell:
    if row.same is None:
        return Cell("", "text.dim")
    return Cell("=", "text.dim") if row.same else Cell("≠", "warn", bold=True)


class Foot(QWidget):
    """What the comparison comes to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: DecisionsView | None = None
        self.setFixedHeight(22)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        return QSize(200, 22)

    def segments(self) -> list[Segment]:
        """Return the figures."""
        view = self.view
        if view is None:
            return []
        pairs = (
            ("decisions", view.replayed, "text.strong", 1), ("equal", view.same, "text.strong", 2),
            ("different", view.different, "warn" if view.different else "text.strong", 1),
            ("out of order", view.out_of_order, "warn" if view.out_of_order else "text.strong", 3),
        )  # fmt: skip
        found = [
            Segment(name, (Run(formats.count(n), tone, FIGURES, 600), Run(name)), priority)
            for name, n, tone, priority in pairs
        ]
        return [Segment("summary", (Run(view.summary, "text.default"),)), *found]

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        paint.fill(p, self.rect().adjusted(0, 0, 0, 1 - self.height()), look.colour("line.grid"))
        draw(p, 8, self.height(), fitting(self.segments(), self.width() - 16, 12), 12)


class DecisionsPanel(TablePanel[DecisionLine]):
    """Decisions diff dock."""

    count_ages = True

    rests_ms = 250
    went = Signal(int)
    """The position of a decision of the replay to go to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        row_px = theme.current().size("tableRowNormal")
        super().__init__(
            "Decisions diff", columns(lambda: self.offset_hours), lambda r: r.key, row_px=row_px, help_text=_HELP,
            parent=parent,
        )  # fmt: skip
        self.foot = Foot()
        self.table.opened.connect(lambda row, _column: self._go(row))
        self.put(below=self.foot)

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.DECISIONS, topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if self.take_clock(topic, view):
            self.table.rows.write_anew()  # their times are of another clock now
        if topic != topics.DECISIONS:
            return
        if not isinstance(view, DecisionsView):
            self.set_state(EMPTY, "Nothing is replayed. Open a recorded session from the Recorder.", icon="clock")
            return
        self.foot.view = view
        self.foot.update()
        self.set_subtitle("replay now / recorded")
        self.set_count(view.different or None)
        self.table.rows.set_rows(view.rows)
        self.show_extent(any_rows=bool(view.rows), words=f"No decision yet: {view.summary}.", icon="check")

    def _go(self, row: object) -> None:
        if isinstance(row, DecisionLine) and row.position is not None:
            self.went.emit(row.position)
