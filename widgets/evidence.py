"""What a settlement rests on: its stations' reports over the window as lines, and rule, spread and record in words."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from widgets import chart, formats, paint, theme
from widgets.settlement_rows import short_hash

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.core.ids import StationId
    from engine.views.station import SourceView
    from engine.views.weather import RecordLine, SettlementLine

TONES: Final = ("buy", "sell", "fair", "profit", "warn", "text.default")
"""Of the lines, in the order of the contract's stations; the code stands beside each."""
HEAD: Final = 24
RIGHT: Final = 44
AXIS: Final = 18
LEAST: Final = 70
"""Of the plot; in less room it is left out."""
ROW: Final = 18
NAMES: Final = 74
RULE_LINES: Final = 2
RAINS: Final = frozenset({"mm", "in"})


class Series(NamedTuple):
    """What one station measured over the window."""

    station: StationId
    points: tuple[tuple[int, float], ...]


def series(view: SourceView) -> tuple[Series, ...]:
    """Return a line for each station of a market, oldest report first; of rain the sum since the window began."""
    found = []
    for station in view.stations:
        own = [
            (int(one.at), one.number)
            for one in reversed(view.evidence)
            if one.station == station.id and one.number is not None and _within(view, one.at)
        ]
        values = [value for _, value in own]
        if view.unit in RAINS:
            values = list(accumulate(values))
        points = tuple((at, value) for (at, _), value in zip(own, values, strict=True))
        if points:
            found.append(Series(station.id, points))
    return tuple(found)


def strike(view: SourceView) -> float | None:
    """Return from which value on YES pays; None of a market with brackets."""
    return view.outcomes[0].low if len(view.outcomes) == 1 else None


def _within(view: SourceView, at: int) -> bool:
    return view.opens is not None and view.closes is not None and view.opens <= at <= view.closes


class EvidenceChart(QWidget):
    """A line for each station over the measured window, with the value from which YES pays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: SourceView | None = None
        self.lines: tuple[Series, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAccessibleName("Reports of the window")

    @override
    def sizeHint(self) -> QSize:
        return QSize(300, 180)

    def show_view(self, view: SourceView | None) -> None:
        """Take what is known of a market's sources; None while nothing is."""
        self.view = view
        self.lines = () if view is None else series(view)
        self.setAccessibleDescription(
            ", ".join(f"{one.station} {formats.exact(one.points[-1][1], 3)}" for one in self.lines)
        )
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, p, view = theme.current(), QPainter(self), self.view
        plot = QRect(10, HEAD + 4, self.width() - 10 - RIGHT, self.height() - HEAD - 4 - AXIS)
        if view is None or plot.height() < LEAST:
            return
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        if not self.lines or view.opens is None or view.closes is None:
            words = "No report of the window is known yet."
            paint.text(p, self.rect(), words, look.ui(11), look.colour("text.dim"), paint.CENTRE)
            return
        self._head(p, view)
        limit = strike(view)
        seen = [value for one in self.lines for _, value in one.points] + ([] if limit is None else [limit])
        low = 0.0 if view.unit in RAINS else min(seen)
        room = max(max(seen) - low, 1e-9) * 0.1
        axes = chart.Axes(plot, view.opens, view.closes, low if view.unit in RAINS else low - room, max(seen) + room)
        ticks = chart.steps(axes.low, axes.high, max(2, plot.height() // 28))
        chart.grid(p, axes, ticks)
        chart.right_axis(p, axes, ticks)
        chart.time_axis(p, axes, view.utc_offset_hours)
        if limit is not None:
            chart.level(p, axes, limit, chart.pen("strike"))
        for at, one in enumerate(self.lines):
            tone = theme.pen_of(look.colour(TONES[at % len(TONES)]), 1.4)
            chart.curve(p, axes, one.points, tone, stepped=view.unit in RAINS)

    def _head(self, p: QPainter, view: SourceView) -> None:
        look = theme.current()
        what = "Rain since the window began" if view.unit in RAINS else "Reports of the window"
        x = 10 + paint.text(p, QRect(10, 0, 260, HEAD), f"{what}, {view.unit}", look.ui(11), look.colour("text.muted"))
        named = [(str(one.station), TONES[at % len(TONES)]) for at, one in enumerate(self.lines)]
        limit = strike(view)
        named += [] if limit is None else [(f"YES from {formats.exact(limit, 3)}", "warn")]
        for words, tone in named:
            wide = paint.width(words, look.number(10)) + 30
            if x + wide > self.width() - 8:
                return
            p.fillRect(QRectF(x + 12, HEAD / 2, 10, 2), look.colour(tone))
            paint.text(p, QRectF(x + 26, 0, wide, HEAD), words, look.number(10), look.colour("text.default"))
            x += wide


class EvidenceWords(QWidget):
    """The rule, how many reports count, how far the stations lie apart, and the record with its hash."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rule = ""
        self.rows: tuple[tuple[str, str], ...] = ()
        self._dress()

    def show_line(self, line: SettlementLine | None, view: SourceView | None, record: RecordLine | None) -> None:
        """Take another line of the queue, what is known of its sources, and its record."""
        self.rule = "" if view is None else formats.plain(view.question, 400)
        self.rows = () if line is None else words_of(line, view, record)
        self.setToolTip(formats.tip(self.rule))
        self.setAccessibleName(". ".join([self.rule, *(f"{name} {words}" for name, words in self.rows)]))
        self._dress()

    def _dress(self) -> None:
        self.setFixedHeight(8 + RULE_LINES * ROW + ROW * len(self.rows) + 4)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, p = theme.current(), QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        small, muted, plain = look.ui(11), look.colour("text.muted"), look.colour("text.default")
        paint.text(p, QRect(10, 6, NAMES, ROW), "Rule", small, muted)
        wide = self.width() - NAMES - 20
        told = paint.lines(self.rule or formats.DASH, small, wide, RULE_LINES, told=True)
        for at, words in enumerate(told):
            paint.text(p, QRect(10 + NAMES, 6 + at * ROW, wide, ROW), words, small, plain)
        y = 6 + RULE_LINES * ROW
        for name, words in self.rows:
            paint.text(p, QRect(10, y, NAMES, ROW), name, small, muted)
            shown = paint.elided(words, small, wide, told=True)
            paint.text(p, QRect(10 + NAMES, y, wide, ROW), shown, small, plain)
            y += ROW


def words_of(line: SettlementLine, view: SourceView | None, record: RecordLine | None) -> tuple[tuple[str, str], ...]:
    """Return (name, words) under the rule; what is unknown is a dash."""
    counted = formats.DASH
    if view is not None:
        counted = f"{sum(one.counts for one in view.evidence)} of {view.evidence_count} count"
    kept = formats.DASH if record is None else f"{record.seq} · {short_hash(record.hash, long=True)}"
    return (
        ("Reports", counted),
        ("Spread", line.spread or formats.DASH),
        ("Comes to", " · ".join(part for part in (line.observed, line.outcome) if part) or formats.DASH),
        ("Record", kept),
    )
