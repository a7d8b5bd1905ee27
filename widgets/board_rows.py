"""A row of a bracket board: what it says, and how that is painted. What two rows say the same they look the same by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect

from widgets import formats, paint, theme
from widgets.board_paint import CHECK_FROM, LINES, PAD, Cell, Columns, cell

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QPainter

    from engine.views.board import BoardRow

NO_NUMBER = frozenset({"outcome", "bar", "buttons"})
"""Columns that show no text of their own."""


class Bar(NamedTuple):
    """The bar of a row in pixels from its left end; None for what is not known."""

    implied: int | None
    doubt: tuple[int, int] | None
    """Between which the methods of taking the excess out of the prices disagree, where there is no model."""
    band: tuple[int, int] | None
    """Of the model."""
    model: float | None


class RowLook(NamedTuple):
    """All that decides how a row looks, but for what the hand does to it."""

    label: str
    dead: str
    locked: str
    bar: Bar | None
    """None of a dead outcome, and where there is no room."""
    cells: tuple[tuple[str, Cell, bool], ...]
    """Of each number its column, what it says, and whether it is hatched."""


def told(row: BoardRow, columns: Columns, scale: float, places: tuple[int, int] | None = None) -> RowLook:
    """Return what a row says, its bar on a scale from 0 to `scale`, its sizes with the decimals of their columns."""
    edges = {"edgeYes": row.edge_yes, "edgeNo": row.edge_no}
    cells = []
    for name in columns.spans:
        if name not in NO_NUMBER:
            edge = edges.get(name)
            cells.append((name, cell(row, name, places), edge is not None and edge > CHECK_FROM))
    wide = columns.spans["bar"][1]
    bar = None if row.dead or wide < 20 else _bar_of(row, (wide - 12) / scale, scale)
    return RowLook(
        formats.plain(row.label, 24), formats.plain(row.dead, 60), formats.plain(row.locked, 60), bar, tuple(cells)
    )


def _bar_of(row: BoardRow, px: float, scale: float) -> Bar:
    implied = None if row.implied is None else max(1, round(min(row.implied, scale) * px))
    doubt = band = None
    if row.implied_low is not None and row.implied_high is not None and row.model is None:
        doubt = round(min(row.implied_low, scale) * px), round(min(row.implied_high, scale) * px)
    if row.model_low is not None and row.model_high is not None:
        band = round(min(row.model_low, scale) * px), round(min(row.model_high, scale) * px)
    return Bar(implied, doubt, band, None if row.model is None else min(row.model, scale) * px)


def tick(p: QPainter, rect: QRect) -> None:
    """Draw the tick of an outcome that a basket or a what-if is about."""
    paint.icon(p, rect.x() + 58, rect.y() + (rect.height() - 13) // 2, "check", "buy", 12)


def row_of(
    p: QPainter,
    rect: QRect,
    row: RowLook,
    columns: Columns,
    *,
    selected: bool,
    hovered: bool,
    scale: float,
    leads: int = 0,
) -> None:
    """Draw one bracket, its bar on a scale from 0 to `scale`; it leads (1), gives way (-1), or neither."""
    look = theme.current()
    if selected or hovered:
        p.fillRect(rect, look.colour("surface.selected" if selected else "surface.hover"))
    for name, zone in (("bid", "buy.zone"), ("ask", "sell.zone")):
        x, wide = columns.spans[name]
        p.fillRect(x, rect.y(), wide, rect.height() - 1, look.colour(zone))
    if selected:
        p.fillRect(rect.x(), rect.y(), 2, rect.height() - 1, look.colour("buy"))
    paint.line_below(p, rect, look.colour("line.grid"))
    _outcome(p, rect, row, columns, selected=selected, leads=leads)
    _bar(p, rect, row, columns, selected=selected, scale=scale)
    small, large = look.type("body"), look.type("label")
    for name, said, doubtful in row.cells:
        x, wide = columns.spans[name]
        tone = "text.disabled" if row.dead else "text.muted" if selected and said.colour == "text.dim" else said.colour
        box = QRect(x, rect.y(), wide - PAD, rect.height() - 1)
        if doubtful:
            paint.hatch(p, QRect(x + 2, rect.y() + 2, wide - 4, rect.height() - 5), look.hatch("check"))
            tone = "text.dim"
        font = look.number(large if name in {"bid", "ask"} else small, said.weight)
        paint.text(p, box, said.text, font, look.colour(tone), paint.RIGHT)


def _outcome(p: QPainter, rect: QRect, row: RowLook, columns: Columns, *, selected: bool, leads: int) -> None:
    look = theme.current()
    x, wide = columns.spans["outcome"]
    tone = "text.disabled" if row.dead else "text.strong" if selected else "text.default"
    font = look.number(look.type("label"), 600 if selected else 500)
    label = paint.elided(row.label, font, wide - 10)
    used = paint.text(p, QRect(x + 8, rect.y(), wide - 10, rect.height() - 1), label, font, look.colour(tone))
    if leads and used + 20 < wide and not row.locked:
        mark, ink = (formats.UP, "profit") if leads > 0 else (formats.DOWN, "loss")
        room = QRect(x + 12 + round(used), rect.y(), 12, rect.height() - 1)
        paint.text(p, room, mark, look.ui(look.type("micro")), look.colour(ink))
    if row.locked and used + 24 < wide:
        paint.icon(p, x + 8 + round(used) + 4, rect.y() + (rect.height() - 13) // 2, "lock", "good", 12)
    if row.dead:
        middle = rect.y() + rect.height() // 2
        p.fillRect(x + 8, middle, round(used), 1, look.colour(tone))
        if used + 24 < wide:
            paint.icon(p, x + 8 + round(used) + 4, rect.y() + (rect.height() - 13) // 2, "lock", tone, 12)


def _bar(p: QPainter, rect: QRect, row: RowLook, columns: Columns, *, selected: bool, scale: float) -> None:
    look = theme.current()
    x, wide = columns.spans["bar"]
    if wide < 20:
        return
    if row.dead:
        strip = QRect(x, rect.y() + 3, wide - 8, rect.height() - 7)
        paint.hatch(p, strip, look.hatch("dead"))
        words = f"dead: {row.dead}"
        room = QRect(x + 4, rect.y(), wide - 16, rect.height() - 1)
        paint.text(p, room, words, look.ui(look.type("caption")), look.colour("text.muted"), elide=True)
        return
    px, tall, bar = (wide - 12) / scale, rect.height() - 1, row.bar
    for share in LINES[scale]:
        p.fillRect(x + round(share * px), rect.y(), 1, tall, look.colour("line.grid"))
    if bar is not None:
        _paint_bar(p, QRect(x, rect.y(), wide, tall), bar, selected=selected)
    if row.locked:
        words = f"locked: {row.locked}"
        room = QRect(x + 4, rect.y(), wide - 16, rect.height() - 1)
        paint.text(p, room, words, look.ui(look.type("caption")), look.colour("profit"), elide=True)


def _paint_bar(p: QPainter, rect: QRect, bar: Bar, *, selected: bool) -> None:
    look, x, middle = theme.current(), rect.x(), rect.y() + rect.height() / 2
    if bar.implied is not None:
        p.fillRect(x, rect.y() + 4, bar.implied, rect.height() - 8, _bar_colour(selected=selected))
    fair = look.colour("fair")
    for span, ink, half in ((bar.doubt, look.colour("text.strong"), 2), (bar.band, fair, 3)):
        if span is not None:
            low, high = span
            p.fillRect(x + low, round(middle), max(1, high - low), 1, ink)
            for end in span:
                p.fillRect(x + end, round(middle) - half, 1, 2 * half + 1, ink)
    if bar.model is not None:
        paint.diamond(p, x + bar.model, middle, 4.5, fair)


def _bar_colour(*, selected: bool) -> QColor:
    look = theme.current()
    if selected:
        return look.mix("surface.selected", "buy", "impliedBarSelected")
    return look.mix("surface.dock", "text.muted", "impliedBar")


def buttons(p: QPainter, rect: QRect, columns: Columns, *, on: bool, hot: str) -> None:
    """Draw a row's two buttons; `hot` is the one under the mouse."""
    look = theme.current()
    for word, tone in (("B", "buy"), ("S", "sell")):
        box = columns.button(word, rect.y(), rect.height())
        ground = look.mix("surface.dock", tone, 0.32 if hot == word else 0.14) if on else None
        border = look.mix("surface.dock", tone, "buttonBorder") if on else look.colour("line.border")
        paint.box(p, box, ground, border, look.radius())
        ink = look.colour(tone if on else "text.disabled")
        paint.text(p, box, word, look.ui(10, 700), ink, paint.CENTRE)
