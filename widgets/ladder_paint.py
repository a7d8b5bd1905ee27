"""How a ladder looks: static rows, zones, size bars, own orders in all their states, and the marks on the price.

Everything is drawn column by column, so that font and pen are set once a column; texts are laid out once and
kept. The rows never move by themselves: what is drawn follows from the view, the first row and the size alone.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF

from engine.core.units import TICKS_PER_CENT, Ticks
from widgets import ladder_cells, ladder_marks, paint, theme
from widgets.ladder_cells import LAST, PLAIN, Cells
from widgets.ladder_keys import Column
from widgets.ladder_look import PAD, Columns, Look, Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from PySide6.QtGui import QPainter, QRegion

    from engine.views.ladder import LadderView
    from widgets.ladder_ends import End
    from widgets.ladder_mouse import Held

HEADERS: Final = {
    "mine": "mine",
    "queue": "queue",
    "cum": "cum",
    "bid": "bid",
    "sold": "sold",
    "price": "price",
    "bought": "bght",
    "ask": "ask",
    "cumAsk": "cum",
    "queueAsk": "queue",
    "mineAsk": "mine",
    "edge": "edge c",
    "exit": "exit $",
}
CENTRED: Final = frozenset({"mine", "mineAsk", "price"})


@dataclass(slots=True)
class Scene:
    """What is drawn: a view and the part of it that is visible."""

    view: LadderView
    columns: Columns
    look: Look
    first: int
    """Index of the top row."""
    row: int
    """Row height in pixels."""
    height: int
    cursor: int = -1
    """Index of the row with the cursor."""
    side: Column = Column.BID
    hover: int = -1
    chosen: tuple[int, Column] | None = None
    """The own order that is selected."""
    paper: bool = True
    focused: bool = False
    texts: Texts = field(default_factory=Texts)
    tails: Sequence[tuple[Column, Ticks, Ticks]] = ()
    """Best prices that just moved: side, from, to."""
    ends: Mapping[tuple[Ticks, Column], End] = field(default_factory=dict)
    """Marks of orders that ended."""
    draft: tuple[int, Column, str] | None = None
    """The order that would be sent: row, side, text."""
    drag: Held | None = None
    """The order that is being dragged."""
    label: Sequence[tuple[str, str, int, bool]] = ()
    """What stands beside the pointer: words, colour, weight, struck."""
    log: bool = False
    """Size bars grow with the logarithm."""
    cells: Cells | None = None
    """What stands in the rows, where that is known already."""
    parts: Mapping[str, range] | None = None
    """Of each column the rows that are painted; None for all."""

    @property
    def told(self) -> Cells:
        """What stands in the rows at least partly visible."""
        if self.cells is None:
            count = -(-self.height // self.row)
            self.cells = ladder_cells.told(
                self.view, self.columns, self.look, self.first, count, self.texts, self.ends, log=self.log
            )
        return self.cells

    def part(self, name: str, count: int) -> Iterable[int]:
        """Return which of `count` rows of a column are painted, from the first one shown."""
        return range(count) if self.parts is None else self.parts.get(name, range(0))

    def lines(self, count: int) -> Iterable[int]:
        """Return of which rows anything is painted."""
        if self.parts is None:
            return range(count)
        some = self.parts.values()
        return range(min((one.start for one in some), default=0), max((one.stop for one in some), default=0))

    def y(self, index: int) -> int:
        """Return the top of a row."""
        return (index - self.first) * self.row

    def y_of(self, cents: float) -> float:
        """Return the height at which a price lies, between rows where it is fractional."""
        rows, ticks = self.view.rows, cents * TICKS_PER_CENT
        at = bisect_left(rows, -ticks, key=lambda row: -row.price)  # the first row that is not above it
        if not 0 < at < len(rows):
            edge = rows[0 if at <= 0 else -1].price
            return (min(at, len(rows) - 1) - self.first - (ticks - edge) / TICKS_PER_CENT) * self.row + self.row / 2
        above, below = rows[at - 1].price, rows[at].price
        share = (above - ticks) / (above - below)
        return (at - 1 + share - self.first) * self.row + self.row / 2


def parts_of(region: QRegion, columns: Columns, top: int, row: int, cells: Cells) -> dict[str, range]:
    """Return of each column the rows that a region touches; `top` is where the first one shown begins.

    Of rows in which a text lies over other cells it is every column.
    """
    found: dict[str, range] = {}
    for rect in region:  # type: ignore[attr-defined]  # its rectangles: PySide's stubs do not say that it has any
        first = max(0, (rect.y() - top) // row)
        end = min(len(cells.rows), (rect.y() + rect.height() - 1 - top) // row + 1)
        if first >= end:
            continue
        left, right = rect.x(), rect.x() + rect.width()
        for name, (x, w) in columns.spans.items():
            if x < right and left < x + w:
                found[name] = _both(found.get(name), range(first, end))
        over = [at for at in cells.whole if first <= at < end]
        if over:
            for name in columns.spans:
                found[name] = _both(found.get(name), range(min(over), max(over) + 1))
    return found


def _both(one: range | None, other: range) -> range:
    """Return the rows of both and those between them."""
    return other if one is None else range(min(one.start, other.start), max(one.stop, other.stop))


def header(p: QPainter, columns: Columns, height: int, scale: str = "", *, log: bool = False, price: str = "") -> None:
    """Draw the column names, and where the size bars end: `scale` is what the longest one stands for.

    `price` is what prices are in where they are no cents.
    """
    look = theme.current()
    font = look.ui(look.type("caption"), 500)
    ink = look.colour("text.muted")
    p.fillRect(0, 0, columns.width, height, look.colour("surface.dock"))
    for name, (x, w) in columns.spans.items():
        words = price if price and name == "price" else HEADERS[name]
        if name in CENTRED:
            paint.text(p, QRect(x, 0, w, height), words, font, ink, paint.CENTRE, elide=True)
        else:
            paint.text(p, QRect(x, 0, w - PAD, height), words, font, ink, paint.RIGHT, elide=True)
    dim, small = look.colour("text.dim"), look.number(9)
    for name, words in (("bid", scale), ("ask", "log" if log and scale else "")):
        x, w = columns.spans[name]
        room = w - PAD - round(paint.width(HEADERS[name], font)) - 6
        paint.text(p, QRect(x + 3, 0, room, height), words, small, dim, elide=True)
    p.fillRect(0, height - 1, columns.width, 1, look.colour("line.border"))


def rows(p: QPainter, s: Scene) -> None:
    """Draw the visible rows of a ladder, or of each column those of `parts`."""
    p.fillRect(0, 0, s.columns.width, s.height, s.look.dock)
    if not s.view.rows:
        return
    cells = s.told
    _grounds(p, s, cells)
    _bars(p, s, cells)
    _sizes(p, s, cells)
    _auxiliary(p, s, cells)
    _results(p, s, cells)
    _prices(p, s, cells)
    ladder_marks.own(p, s, cells)
    ladder_marks.marks(p, s)
    ladder_marks.cursor(p, s)


def _grounds(p: QPainter, s: Scene, cells: Cells) -> None:
    look, h, count = s.look, s.row, len(cells.rows)
    bottom, (ask_to, bid_from) = count * h, (edge * h for edge in cells.zones)
    for name, strong, faint, top, end in (
        ("bid", look.bid_zone, look.bid_faint, bid_from, bottom),
        ("ask", look.ask_zone, look.ask_faint, 0, ask_to),
    ):
        x, w = s.columns.spans[name]
        p.fillRect(x, 0, w, bottom, faint)
        p.fillRect(x, top, w, end - top, strong)
    x, w = s.columns.spans["price"]
    p.fillRect(x, 0, w, bottom, look.price_ground)
    for index in {s.cursor, s.hover if s.drag is None else s.drag.to}:
        if s.first <= index < s.first + count:
            _row_ground(p, s, s.y(index))
    right = s.columns.width
    for i in s.lines(count):
        p.fillRect(0, i * h + h - 1, right, 1, look.grid)
    for y in (ask_to, bid_from):
        if 0 < y < bottom:
            p.fillRect(0, y - 1, right, 1, look.rule)


def _row_ground(p: QPainter, s: Scene, y: int) -> None:
    for name, (x, w) in s.columns.spans.items():
        if name not in {"bid", "ask"}:
            p.fillRect(x, y, w, s.row, s.look.hover)


def _bars(p: QPainter, s: Scene, cells: Cells) -> None:
    """Size bars: they grow from the price side."""
    look, h, step = s.look, s.row - 5, s.row
    for name, colour, rest_colour, rises in (
        ("bid", look.bid_bar, look.bid_rest, True),
        ("ask", look.ask_bar, look.ask_rest, False),
        ("sold", look.traded, None, True),
        ("bought", look.traded, None, False),
    ):
        if name not in s.columns.spans:
            continue
        x, w = s.columns.spans[name]
        column = cells.columns[name]
        for i in s.part(name, len(column)):
            long = column[i][1]
            if long:
                p.fillRect(x + w - long if rises else x, i * step + 2, long, h, colour)
        if rest_colour is None:
            continue
        for i in s.part(name, len(column)):
            long = column[i][2]
            if long:
                p.fillRect(x + w - long if rises else x, i * step + step - 4, long, 2, rest_colour)


def _sizes(p: QPainter, s: Scene, cells: Cells) -> None:
    look = s.look
    p.setFont(look.number.font)
    p.setPen(look.text)
    bold = []
    for name in ("bid", "ask"):
        x, w = s.columns.spans[name]
        edge, top, step, column = x + w - PAD, look.number.top(0, s.row), s.row, cells.columns[name]
        for i in s.part(name, len(column)):
            text, _, _, best = column[i]
            if best:
                bold.append((edge, i, text))
            elif text:
                look.number.right(p, edge, top + i * step, text)
    p.setFont(look.best.font)
    p.setPen(look.strong)
    for edge, i, text in bold:
        look.best.right(p, edge, look.best.top(i * s.row, s.row), text)


def _auxiliary(p: QPainter, s: Scene, cells: Cells) -> None:
    look, spans, ink, step = s.look, s.columns.spans, s.look.aux, s.row
    p.setFont(ink.font)
    for name, colour in (
        ("cum", look.dim),
        ("cumAsk", look.dim),
        ("sold", look.muted),
        ("bought", look.muted),
        ("queue", look.buy),
        ("queueAsk", look.sell),
    ):
        if name not in spans:
            continue
        p.setPen(colour)
        x, w = spans[name]
        edge, top, column, plain = x + w - PAD, ink.top(0, step), cells.columns[name], name not in {"sold", "bought"}
        for i in s.part(name, len(column)):
            text = column[i] if plain else column[i][0]
            if text:
                ink.right(p, edge, top + i * step, text)


def _results(p: QPainter, s: Scene, cells: Cells) -> None:
    look, spans = s.look, s.columns.spans
    p.setFont(look.aux.font)
    top, pen = look.aux.top(0, s.row), None
    for name in ("edge", "exit"):
        if name not in spans:
            continue
        (x, w), column = spans[name], cells.columns[name]
        for i in s.part(name, len(column)):
            text, ink, doubtful = column[i]
            if ink is None:
                continue
            if doubtful:
                p.fillRect(x + 2, i * s.row + 2, w - 4, s.row - 5, look.check)
            if ink is not pen:
                p.setPen(ink)
                pen = ink
            look.aux.right(p, x + w - PAD, top + i * s.row, text)


def _prices(p: QPainter, s: Scene, cells: Cells) -> None:
    look, (x, w) = s.look, s.columns.spans["price"]
    centre, top, column = x + w // 2, look.number.top(0, s.row), cells.columns["price"]
    p.setFont(look.number.font)
    p.setPen(look.text)
    marked = []
    for i in s.part("price", len(column)):
        text, manner = column[i]
        if manner == PLAIN:
            look.number.middle(p, centre, top + i * s.row, text)
        else:
            marked.append((i, text, manner == LAST))
    for i, text, last in marked:
        if last:
            paint.box(p, QRect(x + 4, i * s.row + 2, w - 8, s.row - 5), look.muted, None, 2)
        p.setFont(look.best.font)
        p.setPen(look.on_fill if last else look.strong)
        look.best.middle(p, centre, top + i * s.row, text)


def overlay(p: QPainter, rect: QRect, words: str) -> None:
    """Draw the one sentence of a ladder without rows."""
    look = theme.current()
    paint.text(p, QRectF(rect), words, look.ui(look.type("body")), look.colour("text.muted"), paint.CENTRE, elide=True)
