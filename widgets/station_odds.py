"""The law of the official value as bars over whole degrees, with the brackets of the linked market under them.

Under each chance stands the better edge after fees, of YES or of NO. What the reports rule out is hatched, the values
the day can have had so far are yellow; a bracket that nothing can take away has a lock. Of rain it shows what each
routine report gave of its hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QEvent, QRect, QRectF, QSize
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget
from typing_extensions import override

from engine.views.station import SourceView
from widgets import formats, paint, station_words, theme
from widgets.board_paint import CHECK_FROM

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.core.ids import InstrumentId
    from engine.views.board import BoardRow, BoardView
    from engine.views.station import ExtremeLine, OutcomeLine, RainHour
    from engine.views.weather import StationView

TALL: Final = 106
TITLE: Final = 18
DEGREES: Final = 13
CHANCES: Final = 16
EDGES: Final = 14
PAD: Final = 10
MOST: Final = 28
"""Degrees that are shown at most: the likeliest."""
FEWEST: Final = 8
YES: Final = "YES"
NO: Final = "NO"
SEEN: Final = 0.004
"""A degree less likely than this does not widen the strip."""


class Edge(NamedTuple):
    """What a share of a leg is worth over its price at the model, cents after fees."""

    cents: float
    leg: str


class Law(NamedTuple):
    """What the strip is drawn from."""

    unit: str
    sign: int
    pmf: tuple[tuple[int, float], ...]
    outcomes: tuple[OutcomeLine, ...]
    extreme: ExtremeLine | None
    threshold: float | None
    rain_hours: tuple[RainHour, ...]
    utc_offset_hours: int

    @property
    def bound(self) -> int | None:
        """The running extreme while nothing official has come."""
        return None if self.extreme is None or self.extreme.official is not None else self.extreme.bound

    @property
    def brackets(self) -> bool:
        """Whether the market has several outcomes."""
        return len(self.outcomes) > 1


def law_of(view: StationView | SourceView) -> Law:
    """Return the law of a station's day, or of a market's."""
    if isinstance(view, SourceView):
        sign = 1 if view.extreme is None else view.extreme.sign
        only = view.outcomes[0] if len(view.outcomes) == 1 else None
        level = None if only is None or only.low is None else only.low - (1 if view.pmf else 0)
        return Law(
            view.unit, sign, view.pmf, view.outcomes, view.extreme, level, view.rain_hours, view.utc_offset_hours
        )
    return Law(
        view.unit, view.sign, view.pmf, view.outcomes, view.extreme, view.threshold, view.rain_hours,
        view.utc_offset_hours,
    )  # fmt: skip


class Odds(QWidget):
    """Bars of the model's law, brackets, and what the reports say of both."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._law: Law | None = None
        self._edges: dict[InstrumentId, Edge] = {}
        self.setMinimumHeight(TALL)
        self.setAccessibleName("Law of the official value")

    @override
    def sizeHint(self) -> QSize:
        return QSize(220, TALL)

    def show_view(self, view: StationView | SourceView) -> None:
        """Take a new view."""
        law = law_of(view)
        if law != self._law:
            self._law = law
            told = ", ".join(f"{one.label} {formats.percent(one.model)} {one.standing}" for one in law.outcomes)
            self.setAccessibleDescription(told)
            self.update()

    def show_prices(self, board: BoardView | None) -> None:
        """Take the books of the market's outcomes: under each chance stands the better edge."""
        rows = () if board is None else board.rows
        edges = {row.instrument: found for row in rows if (found := edge_of(row)) is not None}
        if edges != self._edges:
            self._edges = edges
            self.update()

    def degrees(self) -> range:
        """Return the degrees that are shown; empty without a law."""
        law = self._law
        if law is None or not law.pmf:
            return range(0)
        likely = [degree for degree, p in law.pmf if p >= SEEN] or [law.pmf[0][0]]
        shown = likely + ([] if law.extreme is None else list(law.extreme.so_far))
        low, high = min(shown) - 1, max(shown) + 1
        if high - low + 1 > MOST:
            middle = max(law.pmf, key=lambda pair: pair[1])[0]
            low, high = middle - MOST // 2, middle + MOST // 2 - 1
        spare = max(0, FEWEST - (high - low + 1))
        return range(low - spare // 2, high + (spare + 1) // 2 + 1)

    def x_of(self, degree: float) -> float:
        """Return where a degree's column begins."""
        shown = self.degrees()
        return PAD + (degree - shown.start) * (self.width() - 2 * PAD) / max(1, len(shown))

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), formats.tip(self.tip_at(event.pos().x())), self)
            return True
        return super().event(event)

    def tip_at(self, x: int) -> str:
        """Return what is known of the degree, or the outcome, under a point."""
        law, shown = self._law, self.degrees()
        if law is None or not shown:
            return "" if law is None else "; ".join(_said(one) for one in law.outcomes)
        degree = next((d for d in shown if self.x_of(d) <= x < self.x_of(d + 1)), None)
        if degree is None:
            return ""
        p = next((p for d, p in law.pmf if d == degree), None)
        chance = station_words.chance(p) if p is not None else "< 0.1 %"
        holds = "; ".join(_said(one) for one in law.outcomes if _holds(one, degree))
        return f"{degree} °F: {chance} by the model" + (f"; {holds}" if holds else "")

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, law = theme.current(), self._law
        p = QPainter(self)
        p.fillRect(0, 0, self.width(), 1, look.colour("line.grid"))
        if law is None:
            return
        if law.unit in station_words.TEMPERATURES:
            self._paint_law(p, law)
        else:
            self._paint_amounts(p, law)

    def _title(self, p: QPainter, name: str, value: str, tone: str = "text.default") -> None:
        look = theme.current()
        row = QRect(PAD, 1, self.width() - 2 * PAD, TITLE)
        used = paint.text(p, row, value, look.number(10, 500), look.colour(tone), paint.RIGHT)
        room = QRectF(PAD, 1, row.width() - used - 8, TITLE)
        paint.text(p, room, name, look.ui(10), look.colour("text.muted"), elide=True)

    def _paint_law(self, p: QPainter, law: Law) -> None:
        look, shown = theme.current(), self.degrees()
        said = station_words.so_far(law.extreme)
        official = law.extreme is not None and law.extreme.official is not None
        told = f"{'official' if official else 'so far'} {said}" if said else ""
        self._title(p, f"official {'high' if law.sign > 0 else 'low'} · model % · edge c", told, "warn")
        if not shown:
            room = QRect(PAD, TITLE, self.width() - 2 * PAD, self.height() - TITLE)
            paint.text(p, room, "no opinion yet", look.ui(11), look.colour("text.dim"), paint.CENTRE)
            return
        floor = self.height() - EDGES - CHANCES - DEGREES
        self._paint_ruled_out(p, law, floor)
        top, most = TITLE + 12, max(chance for _, chance in law.pmf)
        for degree, chance in law.pmf:
            if degree in shown:
                self._paint_bar(p, degree, chance, round((floor - top) * chance / most), floor)
        p.fillRect(PAD, floor, self.width() - 2 * PAD, 1, look.colour("line.control"))
        self._paint_degrees(p, law, floor)
        if law.brackets:
            self._paint_brackets(p, law, floor)
        elif law.threshold is not None:
            self._paint_threshold(p, law, floor)

    def _paint_bar(self, p: QPainter, degree: int, chance: float, tall: int, floor: int) -> None:
        look = theme.current()
        left, right = round(self.x_of(degree)), round(self.x_of(degree + 1))
        bar = QRect(left + 1, floor - tall, max(1, right - left - 2), tall)
        p.fillRect(bar, look.mix("surface.dock", "fair", 0.55))
        if right - left >= 15 and chance >= 0.01:
            room = QRect(left - 4, bar.y() - 11, right - left + 8, 11)
            words = formats.number(chance * 100)
            paint.text(p, room, words, look.number(look.type("micro")), look.colour("fair"), paint.CENTRE)

    def _paint_ruled_out(self, p: QPainter, law: Law, floor: int) -> None:
        """Hatch the degrees on the near side of the running extreme: the official value cannot be there."""
        bound = law.bound
        if bound is None:
            return
        look, shown = theme.current(), self.degrees()
        left, right = (shown.start, bound) if law.sign > 0 else (bound + 1, shown.stop)
        if right > left:
            start = max(PAD, round(self.x_of(left)))
            end = min(self.width() - PAD, round(self.x_of(right)))
            paint.hatch(p, QRect(start, TITLE + 2, max(0, end - start), floor - TITLE - 2), look.hatch("dead"))

    def _paint_degrees(self, p: QPainter, law: Law, floor: int) -> None:
        look, shown = theme.current(), self.degrees()
        wide = self.x_of(1) - self.x_of(0)
        each = 1 if wide >= 15 else 2 if wide >= 8 else 5
        possible = () if law.extreme is None else law.extreme.so_far
        for degree in shown:
            sure = degree in possible
            if not sure and degree % each:
                continue
            ruled = law.bound is not None and law.sign * (degree - law.bound) < 0
            tone = "warn" if sure else "text.disabled" if ruled else "text.muted"
            font = look.number(look.type("micro"), 600 if sure else 400)
            room = QRectF(self.x_of(degree) - 4, floor + 1, wide + 8, DEGREES)
            paint.text(p, room, str(degree), font, look.colour(tone), paint.CENTRE)

    def _paint_brackets(self, p: QPainter, law: Law, floor: int) -> None:
        look = theme.current()
        y = floor + DEGREES
        for one in law.outcomes:
            left = PAD if one.low is None else max(PAD, round(self.x_of(one.low)))
            edge = self.width() - PAD
            right = edge if one.high is None else min(edge, round(self.x_of(one.high + 1)))
            if right - left < 4:
                continue
            if left > PAD:
                p.fillRect(left, TITLE + 2, 1, y + CHANCES - TITLE - 4, look.colour("line.control"))
            room = QRect(left + 1, y, right - left - 2, CHANCES - 2)
            self._paint_chance(p, one, room)
            self._paint_edge(p, one, room.translated(0, CHANCES))

    def _paint_chance(self, p: QPainter, one: OutcomeLine, room: QRect) -> None:
        look = theme.current()
        if one.standing == "dead":
            paint.hatch(p, room, look.hatch("dead"))
            return
        if one.standing in {"holds", "locked"}:
            paint.box(p, room, None, look.colour("warn" if one.standing == "holds" else "good"), 2)
        words = formats.number(None if one.model is None else one.model * 100)
        small = room.width() < paint.width(words, look.number(10, 600)) + 2
        font = look.number(look.type("micro") if small else 10, 600)
        wide = paint.width(words, font)
        if one.standing == "locked" and room.width() > wide + 16:
            paint.icon(p, room.x() + 3, room.y() + 2, "lock", "good", 10)
        if wide <= room.width():
            paint.text(p, room, words, font, look.colour("fair"), paint.CENTRE)

    def _paint_edge(self, p: QPainter, one: OutcomeLine, room: QRect) -> None:
        """Write the better edge after fees, where there is one to be had, and whether it is of YES or NO."""
        look, edge = theme.current(), self._edges.get(one.instrument)
        if edge is None or one.standing == "dead":
            return
        font = look.number(look.type("micro"), 500)
        words = f"{edge.leg[0]}{formats.number(edge.cents, 1, signed=True)}"
        if paint.width(words, font) > room.width():
            words = f"{edge.leg[0]}{formats.number(edge.cents, 0, signed=True)}"
        if paint.width(words, font) <= room.width() + 2:
            doubted = edge.cents > CHECK_FROM
            if doubted:
                paint.hatch(p, room, look.hatch("check"))
            tone = "text.dim" if doubted or edge.cents <= 0 else "buy" if edge.leg == YES else "sell"
            paint.text(p, room, words, font, look.colour(tone), paint.CENTRE)

    def _paint_threshold(self, p: QPainter, law: Law, floor: int) -> None:
        look = theme.current()
        level = law.threshold or 0.0
        x = round(self.x_of(int(level // 1) + 1))
        if PAD < x < self.width() - PAD:
            p.fillRect(x, TITLE + 2, 1, self.height() - TITLE - 4, look.colour("warn"))
        one = law.outcomes[0] if law.outcomes else None
        if one is not None:
            words = f"YES {formats.percent(one.model)}" + (f" · {one.standing}" if one.standing in _ENDS else "")
            room = QRect(PAD, floor + DEGREES, self.width() - 2 * PAD, CHANCES)
            paint.text(p, room, words, look.number(10, 600), look.colour("fair"), paint.RIGHT)
            self._paint_edge(p, one, QRect(self.width() - PAD - 60, floor + DEGREES + CHANCES, 60, EDGES - 2))

    def _paint_amounts(self, p: QPainter, law: Law) -> None:
        """Draw rain by the hour of its routine report, and what the model says of the contract."""
        look = theme.current()
        one = law.outcomes[0] if law.outcomes else None
        value = "" if one is None else f"{one.label} {formats.percent(one.model)}"
        if one is not None and one.standing in _ENDS:
            value = f"{one.label} {one.standing}: {formats.plain(one.why, 40)}"
        name = "rain by routine report, in" if law.rain_hours or law.unit == "in" else "model"
        self._title(p, name, value, "fair" if one is not None and one.model is not None else "text.muted")
        hours = law.rain_hours[-MOST:]
        if not hours:
            return
        floor, wide = self.height() - DEGREES, (self.width() - 2 * PAD) / max(FEWEST, len(hours))
        most = max((hour.inches or 0.0 for hour in hours), default=0.0) or 1.0
        font = look.number(look.type("micro"))
        for n, hour in enumerate(hours):
            left, right = round(PAD + n * wide), round(PAD + (n + 1) * wide)
            clock = formats.local(hour.at, law.utc_offset_hours, "%H")
            if wide >= 15 or not n % 3:
                paint.text(p, QRect(left - 4, floor + 1, right - left + 8, DEGREES), clock, font,
                           look.colour("text.muted"), paint.CENTRE)  # fmt: skip
            if hour.inches is None:
                gap = QRect(left + 1, TITLE + 10, right - left - 2, floor - TITLE - 10)
                paint.hatch(p, gap, look.hatch("unknown"))
                continue
            tall = round((floor - TITLE - 14) * hour.inches / most)
            p.fillRect(left + 1, floor - tall, right - left - 2, tall, look.mix("surface.dock", "buy", 0.6))
            if hour.inches or hour.trace:
                words = "T" if hour.trace and not hour.inches else formats.number(hour.inches, 2).removeprefix("0")
                paint.text(p, QRect(left - 6, floor - tall - 11, right - left + 12, 11), words, font,
                           look.colour("text.default"), paint.CENTRE)  # fmt: skip
        p.fillRect(PAD, floor, self.width() - 2 * PAD, 1, look.colour("line.control"))


_ENDS: Final = frozenset({"dead", "locked"})


def edge_of(row: BoardRow) -> Edge | None:
    """Return the better of the two edges of a row; None where neither is known."""
    known = [(edge, leg) for edge, leg in ((row.edge_yes, YES), (row.edge_no, NO)) if edge is not None]
    return Edge(*max(known)) if known else None


def _holds(one: OutcomeLine, degree: int) -> bool:
    return (one.low is None or degree >= one.low) and (one.high is None or degree <= one.high)


def _said(one: OutcomeLine) -> str:
    words = f"{one.label} {formats.percent(one.model)}"
    if one.model_low is not None and one.model_high is not None:
        words += f" ({formats.points(one.model_low)}–{formats.points(one.model_high)})"
    if one.standing in _ENDS:
        words += f", {one.standing}: {one.why}"
    return words
