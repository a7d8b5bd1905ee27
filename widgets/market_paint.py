"""How the lines of the markets tree look, and how they are painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from engine.views.analytics.column import Column, value
from widgets import formats, paint, theme
from widgets.market_lines import MARKET, OUTCOME, SECTION, Line, time_left

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.units import Nanos, Ticks

    Spans = Sequence[tuple[str, int, int]]
    """Name, left and width of the number columns."""


class LineLook(NamedTuple):
    """How a line looks."""

    kind: str
    name: str
    marked: bool = False
    open: bool = False
    starred: bool = False
    branches: bool = False
    status: str = ""
    station: str = ""
    phase: int | None = None
    derivative: bool = False
    cells: tuple[tuple[str, str], ...] = ()
    """Text and colour of each number column."""
    prices: tuple[str, ...] = ()
    """What is bid and asked, of an outcome."""


def look_of(line: Line, now: Nanos, names: Sequence[str], extra: Mapping[str, Column], *, marked: bool) -> LineLook:
    """Return all that decides how a line looks, but for what the hand does to it.

    Parameters
    ----------
    now : Nanos
        What is left of a market is counted from here.
    names : sequence of str
        The number columns, from the left.
    extra : mapping of str to Column
        Those of them that are computed.
    marked : bool
        It is the selected one.
    """
    if line.kind == SECTION:
        return LineLook(line.kind, line.name)
    first, outcome = line.first, line.kind == OUTCOME
    cells = tuple(cell(line, name, now, extra) for name in names)
    prices = (_best(first.bid, first.bid_text), _best(first.ask, first.ask_text)) if outcome else ()
    return LineLook(
        line.kind, line.name, marked, line.open, line.starred, line.branches, first.status,
        first.station, first.phase, bool(first.currency), cells, prices,
    )  # fmt: skip


def paint_line(p: QPainter, rect: QRect, line: LineLook, spans: Spans, *, hovered: bool, focused: bool) -> None:
    """Paint a line: under the pointer if it is hovered, framed if it has the keyboard."""
    look = theme.current()
    if line.kind == SECTION:
        p.fillRect(rect, look.colour("surface.header"))
        room = rect.adjusted(8, 0, -8, 0)
        paint.text(p, room, line.name, look.ui(11, 600), look.colour("text.muted"), elide=True)
        return
    marked = line.marked
    if marked or hovered:
        p.fillRect(rect, look.colour("surface.selected" if marked else "surface.hover"))
    paint.line_below(p, rect, look.colour("line.grid"))
    if marked:
        p.fillRect(rect.x(), rect.y(), 2, rect.height() - 1, look.colour("buy"))
    free = 0 if line.kind == MARKET else -1 if line.derivative else 1  # a derivative has neither sum nor edge
    right = spans[free][1] - 4
    if line.kind == MARKET:
        _paint_market(p, rect, line, right)
    else:
        _paint_outcome(p, rect, line, right)
    for (name, x, wide), (text, tone) in zip(spans, line.cells, strict=True):
        tone = "text.muted" if marked and tone == "text.dim" else tone
        room = QRect(x, rect.y(), wide - 6, rect.height() - 1)
        paint.text(p, room, text, look.number(11, 500 if name == "pos" else 400), look.colour(tone), paint.RIGHT)
    if focused:
        paint.frame(p, rect.adjusted(0, 0, 0, -1), look.colour("line.control"))


def cell(line: Line, name: str, now: Nanos, extra: Mapping[str, Column]) -> tuple[str, str]:
    """Return text and colour of a number column."""
    if name == "close":
        if line.kind == OUTCOME:
            return "", "text.default"
        text = time_left(line.first.closes, now, line.first.status)
        return text, "text.default" if line.first.status in {"open", ""} else "warn"
    if name == "over":
        if line.kind == OUTCOME:
            return "", "text.default"
        return _known(formats.number(line.overround, 1, signed=True), "text.default")
    if name == "pos":
        if not line.position:
            return "", "text.default"
        return formats.brief(line.position, signed=True), "buy" if line.position > 0 else "sell"
    if name in extra:
        one = extra[name]
        found = value(one, line.rows)
        tone = paint.pnl_colour(found) if one.signed else "text.default"
        return _known(formats.number(found, one.places, signed=one.signed), tone)
    return _known(formats.number(line.edge, 1, signed=True), paint.pnl_colour(line.edge))


def _paint_market(p: QPainter, rect: QRect, line: LineLook, right: int) -> None:
    look = theme.current()
    middle = rect.y() + (rect.height() - 1) // 2
    y = round(paint.baseline(rect.y(), rect.height() - 1, 11))
    if line.branches:
        paint.icon(p, 6, middle - 5, "down" if line.open else "right", "text.muted", 11)
    font, small = look.ui(11, 600 if line.open or line.marked else 500), look.number(10)
    ended = line.status not in {"open", ""}
    room = right - (14 if line.starred else 0)
    name = paint.elided(line.name, font, room - 22.0)
    x = paint.text_at(p, 22.0, y, name, font, look.colour("text.dim" if ended else "text.strong")) + 6
    station = formats.plain(line.station, 8)
    phase = "" if (line.phase or 1) == 1 else f"P{line.phase}"
    if phase and x + paint.width(phase, small) <= room:
        x = paint.text_at(p, x, y, phase, look.number(10, 600), look.colour("text.muted")) + 5
    if station and x + paint.width(station, small) <= room:
        x = paint.text_at(p, x, y, station, small, look.colour("text.dim")) + 5
    if line.starred:
        paint.icon(p, min(round(x), right - 11), middle - 5, "star", "warn", 11)


def _paint_outcome(p: QPainter, rect: QRect, line: LineLook, right: int) -> None:
    look = theme.current()
    y = round(paint.baseline(rect.y(), rect.height() - 1, 11))
    font, (bid, ask) = look.number(11, 400), line.prices
    prices = ((bid, "buy"), (" / ", "text.dim"), (ask, "sell"))
    wide = sum(paint.width(text, font) for text, _ in prices)
    label = look.number(11, 600 if line.marked else 500)
    ink = look.colour("text.strong" if line.marked else "text.default")
    x = paint.text_at(p, 34, y, paint.elided(line.name, label, right - 34 - wide - 10), label, ink)
    x = max(x + 10, 92.0)
    if x + wide > right:
        x = right - wide
    for text, tone in prices:
        x = paint.text_at(p, x, y, text, font, look.colour("text.dim" if text == formats.DASH else tone))


def _best(price: Ticks | None, quoted: str) -> str:
    """Return a best price: in whole cents, or of a derivative as it is quoted."""
    return formats.plain(quoted, 12) or formats.cents(price, 0)


def _known(text: str, tone: str) -> tuple[str, str]:
    return text, "text.dim" if text == formats.DASH else tone
