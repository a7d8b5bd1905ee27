"""How a ladder looks: static rows, zones, size bars, own orders in all their states, and the marks on the price.

Everything is drawn column by column, so that font and pen are set once a column; texts are laid out once and
kept. The rows never move by themselves: what is drawn follows from the view, the first row and the size alone.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from math import log1p
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF

from engine.core.units import TICKS_PER_CENT, Ticks
from widgets import ladder_marks, paint, theme
from widgets.ladder_keys import Column
from widgets.ladder_look import EDGE, EXIT, INDEX, PAD, Columns, Ink, Look, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QPainter

    from engine.views.market import LadderRow, LadderView
    from widgets.ladder_ends import End
    from widgets.ladder_mouse import Held

CHECK_FROM: Final = 8.0
"""Cents of edge above which it is hatched: too good to be true until checked."""
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

    @property
    def shown(self) -> tuple[LadderRow, ...]:
        """The rows at least partly visible, from the top."""
        return self.view.rows[self.first : self.first + -(-self.height // self.row)]

    @property
    def best(self) -> tuple[int, int]:
        """Indices of the best bid's and the best ask's row among those shown; -1 where there is none."""
        rows = self.view.rows
        bid = next((i for i, r in enumerate(rows) if r.bid), -1)
        ask = next((i for i in range(len(rows) - 1, -1, -1) if rows[i].ask), -1)
        return (bid - self.first if bid >= 0 else -1, ask - self.first if ask >= 0 else -1)

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
    """Draw the visible rows of a ladder."""
    p.fillRect(0, 0, s.columns.width, s.height, s.look.dock)
    if not s.view.rows:
        return
    shown, best = s.shown, s.best
    _grounds(p, s, len(shown), best)
    _bars(p, s, shown)
    texts = s.texts.of(shown, s.first, s.view.scale)
    _sizes(p, s, texts, best)
    _auxiliary(p, s, texts)
    _results(p, s, shown, texts)
    _prices(p, s, shown, texts, best)
    ladder_marks.own(p, s, shown)
    ladder_marks.marks(p, s)
    ladder_marks.cursor(p, s)


def _grounds(p: QPainter, s: Scene, count: int, best: tuple[int, int]) -> None:
    look, h = s.look, s.row
    bottom = count * h
    any_bid, any_ask = (any(getattr(r, n) for r in s.view.rows) for n in ("bid", "ask"))
    bid_from = min(max(best[0] * h, 0), bottom) if any_bid else bottom
    ask_to = min(max((best[1] + 1) * h, 0), bottom) if any_ask else 0
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
    for y in range(h - 1, bottom, h):
        p.fillRect(0, y, right, 1, look.grid)
    for y in (ask_to, bid_from):
        if 0 < y < bottom:
            p.fillRect(0, y - 1, right, 1, look.rule)


def _resting(p: QPainter, s: Scene, shown: Sequence[LadderRow], most: float) -> None:
    """Underline what of a bar are resting orders; the rest of it is the maker's curve."""
    if s.view.phase is None or s.view.curve:
        return
    (bx, bw), (ax, aw) = s.columns.spans["bid"], s.columns.spans["ask"]
    for i, row in enumerate(shown):
        y = i * s.row + s.row - 4
        if row.rest_bid:
            w = max(2, int((bw - 2) * float(row.rest_bid) / most))
            p.fillRect(bx + bw - w, y, w, 2, s.look.bid_rest)
        if row.rest_ask:
            p.fillRect(ax, y, max(2, int((aw - 2) * float(row.rest_ask) / most)), 2, s.look.ask_rest)


def _row_ground(p: QPainter, s: Scene, y: int) -> None:
    for name, (x, w) in s.columns.spans.items():
        if name not in {"bid", "ask"}:
            p.fillRect(x, y, w, s.row, s.look.hover)


def largest(shown: Sequence[LadderRow]) -> float:
    """Return the largest size among some rows, which the longest bar stands for; 0 where there is none."""
    return float(max((q for r in shown for q in (r.bid, r.ask) if q), default=0))


def _bars(p: QPainter, s: Scene, shown: Sequence[LadderRow]) -> None:
    """Size bars: they grow from the price side and are scaled to the largest that is visible."""
    h = s.row - 5
    sizes = [(r.bid, r.ask) for r in shown]
    most = largest(shown)
    if most:
        (bx, bw), (ax, aw) = s.columns.spans["bid"], s.columns.spans["ask"]
        share = log1p(most) if s.log else most
        y = 2
        for bid, ask in sizes:
            if bid:
                w = max(1, int((bw - 2) * (log1p(float(bid)) if s.log else float(bid)) / share))
                p.fillRect(bx + bw - w, y, w, h, s.look.bid_bar)
            if ask:
                w = max(1, int((aw - 2) * (log1p(float(ask)) if s.log else float(ask)) / share))
                p.fillRect(ax, y, w, h, s.look.ask_bar)
            y += s.row
        _resting(p, s, shown, most)
    if "sold" not in s.columns.spans:
        return
    trades = [(r.sold, r.bought) for r in shown]
    most = float(max((q for pair in trades for q in pair if q), default=0))
    (sx, sw), (tx, tw) = s.columns.spans["sold"], s.columns.spans["bought"]
    for i, (sold, bought) in enumerate(trades if most else ()):
        if sold:
            w = max(1, int((sw - 2) * float(sold) / most))
            p.fillRect(sx + sw - w, i * s.row + 2, w, h, s.look.traded)
        if bought:
            p.fillRect(tx, i * s.row + 2, max(1, int((tw - 2) * float(bought) / most)), h, s.look.traded)


def _column(p: QPainter, s: Scene, name: str, ink: Ink, texts: Sequence[tuple[str, ...]], but: int = -1) -> None:
    """Draw one column, right-aligned, without row `but`; font and pen are set by the caller."""
    x, w = s.columns.spans[name]
    edge, top, step, index = x + w - PAD, ink.top(0, s.row), s.row, INDEX[name]
    for i, line in enumerate(texts):
        if line[index] and i != but:
            ink.right(p, edge, top + i * step, line[index])


def _sizes(p: QPainter, s: Scene, texts: Sequence[tuple[str, ...]], best: tuple[int, int]) -> None:
    look = s.look
    p.setFont(look.number.font)
    p.setPen(look.text)
    _column(p, s, "bid", look.number, texts, best[0])
    _column(p, s, "ask", look.number, texts, best[1])
    p.setFont(look.best.font)
    p.setPen(look.strong)
    for name, i in zip(("bid", "ask"), best, strict=True):
        if 0 <= i < len(texts):
            x, w = s.columns.spans[name]
            look.best.right(p, x + w - PAD, look.best.top(i * s.row, s.row), texts[i][INDEX[name]])


def _auxiliary(p: QPainter, s: Scene, texts: Sequence[tuple[str, ...]]) -> None:
    look, spans = s.look, s.columns.spans
    p.setFont(look.aux.font)
    for name, ink in (
        ("cum", look.dim),
        ("cumAsk", look.dim),
        ("sold", look.muted),
        ("bought", look.muted),
        ("queue", look.buy),
        ("queueAsk", look.sell),
    ):
        if name in spans:
            p.setPen(ink)
            _column(p, s, name, look.aux, texts)


def _results(p: QPainter, s: Scene, shown: Sequence[LadderRow], texts: Sequence[tuple[str, ...]]) -> None:
    look, spans = s.look, s.columns.spans
    p.setFont(look.aux.font)
    top = look.aux.top(0, s.row)
    if "edge" in spans:
        x, w = spans["edge"]
        for i, row in enumerate(shown):
            if row.edge is None:
                continue
            if row.edge > CHECK_FROM:
                p.fillRect(x + 2, i * s.row + 2, w - 4, s.row - 5, look.check)
            p.setPen(look.dim if row.edge > CHECK_FROM else look.edge(row.edge))
            look.aux.right(p, x + w - PAD, top + i * s.row, texts[i][EDGE])
    x, w = spans["exit"]
    for i, row in enumerate(shown):
        if row.exit is not None:
            p.setPen(look.profit if row.exit > 0 else look.loss if row.exit < 0 else look.muted)
            look.aux.right(p, x + w - PAD, top + i * s.row, texts[i][EXIT])


def _prices(
    p: QPainter, s: Scene, shown: Sequence[LadderRow], texts: Sequence[tuple[str, ...]], best: tuple[int, int]
) -> None:
    look, (x, w) = s.look, s.columns.spans["price"]
    last = s.view.last
    if (
        last is not None and s.view.scale is None and all(row.price != last for row in shown)
    ):  # of a curve: between two rows
        last = Ticks(round(last / TICKS_PER_CENT) * TICKS_PER_CENT)
    centre, top = x + w // 2, look.number.top(0, s.row)
    p.setFont(look.number.font)
    p.setPen(look.text)
    marked = []
    for i, row in enumerate(shown):
        if i in best or row.price == last:
            marked.append((i, row.price, texts[i][0]))
        else:
            look.number.middle(p, centre, top + i * s.row, texts[i][0])
    for i, price, text in marked:
        if price == last:
            paint.box(p, QRect(x + 4, i * s.row + 2, w - 8, s.row - 5), look.muted, None, 2)
        p.setFont(look.best.font)
        p.setPen(look.on_fill if price == last else look.strong)
        look.best.middle(p, centre, top + i * s.row, text)


def overlay(p: QPainter, rect: QRect, words: str) -> None:
    """Draw the one sentence of a ladder without rows."""
    look = theme.current()
    paint.text(p, QRectF(rect), words, look.ui(look.type("body")), look.colour("text.muted"), paint.CENTRE, elide=True)
