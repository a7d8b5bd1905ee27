"""What lies over a ladder's rows: own orders in all their states, marks on the price, the cursor and its label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QPoint, QRect

from engine.core.units import TICKS_PER_CENT
from widgets import formats, paint
from widgets.ladder_keys import Column

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from widgets.ladder_cells import Cells
    from widgets.ladder_ends import End
    from widgets.ladder_look import Columns
    from widgets.ladder_paint import Scene

MINE: Final = {Column.BID: "mine", Column.ASK: "mineAsk"}
SIZES: Final = {Column.BID: "bid", Column.ASK: "ask"}
FAINT: Final = 0.5
BAND: Final = 3
"""Pixels that the model's band is wide."""
TAIL: Final = 2
"""Pixels that a tail is wide."""
ROUND: Final = 7
"""Pixels that a mark on the price reaches around its point."""
_LABEL_HIGH: Final = 18


class Places(NamedTuple):
    """Where the marks on the price are, in pixels under the column header; None where there is none."""

    fair: float | None
    band: tuple[int, int] | None
    """From its top to under its end."""
    average: float | None
    breakeven: float | None
    tails: tuple[tuple[Column, int, int, int], ...]
    """Side, left, top, and under the end."""


def own(p: QPainter, s: Scene, cells: Cells) -> None:
    """Draw our orders: what stands, what ended just now, what would be sent, what is dragged."""
    held = s.drag
    for side in (Column.BID, Column.ASK):
        for i, (text, state, end) in enumerate(cells.columns[MINE[side]]):
            if state:
                lifted = held is not None and (s.first + i, side) == (held.index, held.side)
                _cell(p, s, i, side, text, "moved" if lifted else state)
            elif end is not None:
                _ended(p, s, i, side, end)
    if s.draft is not None:
        index, side, text = s.draft
        _cell(p, s, index - s.first, side, text, "draft")
    if held is not None and held.to != held.index:
        _cell(p, s, held.to - s.first, held.side, lifted_text(s), "amending")


def lifted_text(s: Scene) -> str:
    """Return the text of the order that is dragged."""
    if s.drag is None:
        return ""
    row = s.view.rows[s.drag.index] if s.drag.index < len(s.view.rows) else None
    return "" if row is None else row.mine_bid if s.drag.side is Column.BID else row.mine_ask


def _cell(p: QPainter, s: Scene, i: int, side: Column, text: str, state: str) -> None:
    if not 0 <= i * s.row < s.height:
        return
    rect = s.columns.rect(MINE[side], i * s.row, s.row).adjusted(3, 2, -3, -3)
    p.drawPixmap(rect.topLeft(), s.look.mark_pixmap(rect.width(), rect.height(), text, state, side, paper=s.paper))
    if s.chosen == (s.first + i, side):
        paint.box(p, rect.adjusted(-2, -1, 2, 1), None, s.look.white, 3)


def _ended(p: QPainter, s: Scene, i: int, side: Column, end: End) -> None:
    state = {"refused": "rejected", "expired": "canceled"}.get(end.order.state, end.order.state)
    if end.faint:
        p.setOpacity(FAINT)
    _cell(p, s, i, side, end.text, state)
    p.setOpacity(1.0)
    if end.said and end.order.why:
        _reason(p, s, i, side, formats.plain(end.order.why, 160))


def _reason(p: QPainter, s: Scene, i: int, side: Column, why: str) -> None:
    """Write over its row why an order was refused: the gate's code as it is, and beyond the price the sentence."""
    code, dash, sentence = why.partition(" — ")
    price, edge = s.columns.spans["price"], s.columns.spans.get("edge", s.columns.spans["exit"])
    x, w = s.columns.spans[MINE[side]]
    left = QRect(x + w if side is Column.BID else 0, i * s.row, 0, s.row - 1)
    left.setRight(price[0] - 1)
    right = QRect(price[0] + price[1], i * s.row, 0, s.row - 1)
    right.setRight(edge[0] - 1 if side is Column.BID else x - 1)
    ground, ink = s.look.theme.mix("surface.dock", "danger", 0.35), s.look.theme.colour("danger.chipText")
    for room, words, weight in ((left, code, 600), (right, sentence if dash else "", 400)):
        if words:
            p.fillRect(room, ground)
            paint.text(p, room.adjusted(4, 0, -4, 0), words, s.look.theme.ui(11, weight), ink, elide=True)


def places(s: Scene) -> Places:
    """Return where the marks on the price are."""
    view = s.view
    band = None
    if view.fair_low is not None and view.fair_high is not None:
        top, low = round(s.y_of(view.fair_high)), round(s.y_of(view.fair_low))
        band = top, top + max(1, low - top)
    fair, average, even = (
        None if cents is None else s.y_of(cents) for cents in (view.fair, view.average, view.breakeven)
    )
    tails = []
    for side, was, now in s.tails:
        cx = s.columns.spans["bid"][0] + 1 if side is Column.BID else sum(s.columns.spans["ask"]) - 3
        upper, lower = sorted((s.y_of(was / TICKS_PER_CENT), s.y_of(now / TICKS_PER_CENT)))
        tails.append((side, cx, round(upper), round(upper) + round(lower - upper)))
    return Places(fair, band, average, even, tuple(tails))


def changed(was: Places, now: Places, columns: Columns) -> list[QRect]:
    """Return the parts around marks that have moved, under the column header."""
    (x, w), (left, _), right = columns.spans["price"], columns.spans["bid"], sum(columns.spans["ask"])
    found = []
    for before, after, start, end in (
        (was.fair, now.fair, left, right),
        (was.average, now.average, x, x + w),
        (was.breakeven, now.breakeven, x, x + w),
    ):
        if before != after:
            found += [_around(y, start, end) for y in (before, after) if y is not None]
    if was.band is not None and now.band is not None:
        for before_, after_ in zip(was.band, now.band, strict=True):
            top, low = sorted((before_, after_))
            found += [QRect(x, top, w, low - top)] if top < low else []
    elif was.band != now.band:
        found += [QRect(x, band[0], w, band[1] - band[0]) for band in (was.band, now.band) if band is not None]
    moved = set(was.tails) ^ set(now.tails)
    return found + [QRect(cx, top, TAIL, low - top) for _, cx, top, low in moved]


def _around(y: float, left: int, right: int) -> QRect:
    return QRect(left - ROUND, round(y) - ROUND, right - left + 2 * ROUND, 2 * ROUND)


def marks(p: QPainter, s: Scene) -> None:
    """Draw the marks on the price: best moved, fair with its band, own average, break-even."""
    look, at = s.look, places(s)
    x, w = s.columns.spans["price"]
    p.setClipRect(0, 0, s.columns.width, s.height)
    for side, cx, high, low in at.tails:
        p.fillRect(cx, high, TAIL, low - high, look.buy if side is Column.BID else look.sell)
    if at.band is not None:
        for edge in (x, x + w - BAND):
            p.fillRect(edge, at.band[0], BAND, at.band[1] - at.band[0], look.band)
    if at.fair is not None:
        p.setPen(look.fair_line)
        left, right = s.columns.spans["bid"][0], sum(s.columns.spans["ask"])
        for start, end in ((left, x), (x + w, right)):  # a price that it crossed could not be read
            p.drawLine(start, round(at.fair), end, round(at.fair))
        for edge in (x, x + w):
            paint.diamond(p, edge, at.fair, 4.5, look.fair)
    if at.average is not None:
        paint.triangle(p, x + 1, at.average, 9, look.white, points="right")
    if at.breakeven is not None:
        paint.triangle(p, x + w - 4, at.breakeven, 8, look.muted, points="left")
    p.setClipping(False)


def cursor(p: QPainter, s: Scene) -> None:
    """Draw the box of the cursor."""
    if s.cursor < s.first:
        return
    rect = s.columns.rect(SIZES[s.side], s.y(s.cursor), s.row - 1)
    if rect.y() < s.height:
        paint.frame(p, rect, s.look.white if s.focused else s.look.dim)


def label(p: QPainter, s: Scene, at: QPoint) -> None:
    """Write beside the pointer what a press would do; struck through, with the gate's name, what would be refused."""
    parts = s.label
    if not parts:
        return
    look = s.look.theme
    fonts = [look.ui(11, weight) for _, _, weight, _ in parts]
    wide = round(sum(paint.width(words, font) + 6 for (words, *_), font in zip(parts, fonts, strict=True))) + 8
    wide = min(wide, s.columns.width - 4)
    left = min(max(2, at.x() + 14), s.columns.width - wide - 2)
    index = at.y() // s.row
    top = (index + 1) * s.row + 2 if (index + 2) * s.row <= s.height else index * s.row - _LABEL_HIGH - 2
    box = QRect(left, top, wide, _LABEL_HIGH)
    paint.box(p, box, look.colour("surface.raised"), look.colour("line.control"), look.radius())
    x, y = left + 6.0, round(paint.baseline(top, _LABEL_HIGH, 11))
    for (words, colour, _weight, struck), font in zip(parts, fonts, strict=True):
        shown = paint.elided(words, font, left + wide - 6 - x)
        end = paint.text_at(p, x, y, shown, font, look.colour(colour))
        if struck:
            p.fillRect(round(x), y - 4, round(end - x), 1, look.colour(colour))
        x = end + 6
