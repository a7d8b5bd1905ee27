"""The face of the cockpit: the ring, the columns of numbers that have room, and the side of the house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.units import SECOND, Nanos
from engine.views.updown import UpDownView
from widgets import formats, paint, theme
from widgets.cockpit_chart import middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QPaintEvent

from widgets.cockpit_facts import Fact, clock, facts

TALL: Final = 124

RING: Final = 92
"""Pixels across the ring."""

LEFT: Final = 20 + RING + 20
"""Where the columns begin."""

LEAST: Final = 110
"""Pixels of a column, that between it and the next one included."""

HOUSE: Final = 4

KEPT: Final = (3, 0, 1, 2, HOUSE)
"""Columns of a narrow cockpit, the one that stays longest first: value, price, strike, distance, the house's side."""

SIZES: Final = (22, 18, 15, 12)
"""Pixels of the large numbers: the largest that all have room in."""

LAST_S: Final = 60
"""From here on the ring is coral."""

SHORTER: Final = (
    (" above strike", " above"), (" below strike", " below"), (" trades/s", "/s"), (" ask edge", " edge"),
    ("VWAP 60 s", "VWAP"), ("basis β", "β"), (" above", ""), (" below", ""), (" edge", ""), ("  ", " "),
    (" valid", ""), (", a proxy", " proxy"), ("resolves", "is"),
)  # fmt: skip
"""Words of a line that give way, one after the other, until its number has room."""

SINCE: Final = ("%H:%M:%S", "%H:%M")
"""How a moment is written, by the room there is."""


class Face(QWidget):
    """The numbers of a window, painted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(TALL)
        self.view: UpDownView | None = None
        self.offset_hours = 0

    def show_view(self, view: UpDownView) -> None:
        """Show a window as it now stands."""
        self.view = view
        self.setAccessibleDescription("; ".join(f"{n} {v}" for n, v, *_ in facts(view)))
        left_out = [f"{n} {v}" for at, (n, v, *_) in enumerate(facts(view)) if at not in columns(self.width())]
        if left_out != self.toolTip().split("\n"):
            self.setToolTip("\n".join(left_out))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        view = self.view
        if view is None:
            return
        p = QPainter(self)
        self._ring(p, view)
        wide, shown = column_px(self.width()) + 10, columns(self.width())
        known = [one for at, one in enumerate(facts(view)) if at in shown]
        size = size_of(known, self.width())
        for at, (name, value, colour, lines) in enumerate(known):
            _column(p, QRect(LEFT + at * wide, 10, wide - 10, TALL - 14), name, value, colour, lines, size)
        if HOUSE in shown:
            left = LEFT + 4 * wide
            _house(p, QRect(left, 10, self.width() - left - 12, TALL - 14), view, self.offset_hours)

    def _ring(self, p: QPainter, view: UpDownView) -> None:
        look = theme.current()
        around = QRectF(20, (TALL - RING) / 2, RING, RING)
        left = max(0, view.end - view.now) if view.runs else max(0, view.start - view.now)
        share = min(1.0, left / (view.end - view.start)) if view.runs else 0.0
        tone = "loss" if view.runs and left < LAST_S * SECOND else "warn"
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        p.setBrush(Qt.BrushStyle.NoBrush)
        inner = around.adjusted(4, 4, -4, -4)
        p.setPen(theme.pen_of(look.colour("line.control"), 6.0))
        p.drawEllipse(inner)
        if share > 0:
            p.setPen(theme.pen_of(look.colour(tone), 6.0))
            p.drawArc(inner, 90 * 16, -round(360 * 16 * share))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        words = clock(Nanos(left))
        middle = QRectF(around.x(), around.y() + RING / 2 - 18, RING, 22)
        paint.text(p, middle, words, look.number(18, 600), look.colour("text.strong"), paint.CENTRE)
        below = QRectF(around.x(), around.y() + RING / 2 + 4, RING, 14)
        what = "to close" if view.runs else "to start"
        paint.text(p, below, what, look.ui(10), look.colour("text.muted"), paint.CENTRE)


def columns(wide: int) -> frozenset[int]:
    """Return which columns there is room for: a number that runs into the next one is none."""
    fit = max(1, (wide - LEFT - 12) // LEAST)
    return frozenset(sorted(KEPT[:fit]))


def column_px(wide: int) -> int:
    """Return the pixels that a column of numbers has where all are so wide."""
    return (wide - LEFT - 12) // len(columns(wide)) - 10


def size_of(known: Sequence[Fact], wide: int) -> int:
    """Return the pixels of the large numbers: as large as all of them have room."""
    look, room = theme.current(), column_px(wide)
    return next(
        (px for px in SIZES if all(paint.width(one[1], look.number(px, 500)) <= room for one in known)), SIZES[-1]
    )


def fitted(words: str, font: QFont, room: int) -> str:
    """Return a line in so many of its words that its number is not cut off."""
    for long, short in SHORTER:
        if paint.width(words, font) <= room:
            break
        words = words.replace(long, short)
    return words


def _column(
    p: QPainter, room: QRect, name: str, value: str, colour: str, lines: tuple[tuple[str, str], ...], size: int
) -> None:
    look = theme.current()
    x, y, wide = room.x(), room.y(), room.width()
    paint.text(p, QRect(x, y, wide, 14), name, look.ui(11), look.colour("text.muted"), elide=True)
    tone = look.colour(colour if value != formats.DASH else "text.dim")
    paint.text(p, QRect(x, y + 16, wide, 28), value, look.number(size, 500), tone)
    for at, (words, ink) in enumerate(lines):
        row = QRect(x, y + 50 + 18 * at, wide, 16)
        font = look.number(11)
        paint.text(p, row, fitted(formats.plain(words), font, wide), font, look.colour(ink), elide=True)


def _house(p: QPainter, room: QRect, view: UpDownView, offset: int) -> None:
    look = theme.current()
    muted, x, y = look.colour("text.muted"), room.x(), room.y()
    paint.text(p, QRect(x, y, 76, 16), "House side", look.ui(11), muted)
    if view.house:
        words, wide = _house_words(view, offset, room.width() - 80)
        paint.chip(p, QRect(x + 80, y, wide, 16), words, "buy" if view.house == "UP" else "sell")
    else:
        paint.text(p, QRect(x + 80, y, 120, 16), "free", look.number(11), look.colour("text.dim"))
    share = formats.DASH if view.dominant is None else formats.number(view.dominant, 2)
    font, ink = look.number(11), look.colour("text.default")
    figure = round(paint.width(f" {share}", font)) + 1
    word = round(paint.width(view.regime, font)) + 1
    fits = 80 + word + figure <= room.width()
    left = 80 if fits else 48
    paint.text(p, QRect(x, y + 20, left - 4, 16), "Regime 30 s" if fits else "Regime", look.ui(11), muted)
    word = max(0, min(word, room.width() - left - figure))
    paint.text(p, QRect(x + left, y + 20, word, 16), view.regime, font, ink, elide=True)
    paint.text(p, QRect(x + left + word, y + 20, figure, 16), f" {share}", font, ink)
    _bar(p, QRect(x, y + 54, room.width(), 14), view)


def _house_words(view: UpDownView, offset: int, room: int) -> tuple[str, int]:
    """Return the house's side in as many words as there is room for, and how wide its chip is."""
    font = theme.current().ui(theme.current().type("caption"), 600)
    since = [] if view.house_at is None else [f" since {formats.local(view.house_at, offset, f)}" for f in SINCE]
    told = [(f"{view.house}{words}", round(paint.width(f"{view.house}{words}", font)) + 14) for words in (*since, "")]
    return next((one for one in told if one[1] <= room), told[-1])


def _bar(p: QPainter, bar: QRect, view: UpDownView) -> None:
    look = theme.current()
    mid = middle(view)
    paint.frame(p, bar, look.colour("line.control"))
    inner = bar.adjusted(1, 1, -1, -1)
    p.fillRect(inner, look.colour("surface.input"))
    if mid is not None:
        split = round(inner.width() * mid)
        p.fillRect(inner.x(), inner.y(), split, inner.height(), look.colour("buy.zone"))
        p.fillRect(inner.x() + split, inner.y(), inner.width() - split, inner.height(), look.colour("sell.zone"))
        p.fillRect(inner.x() + split, bar.y() - 3, 2, bar.height() + 6, look.colour("text.strong"))
    if view.p_up is not None:
        at = inner.x() + inner.width() * view.p_up
        paint.diamond(p, at, bar.y() + bar.height() / 2, 5, look.colour("fair"))
    below = QRect(bar.x(), bar.bottom() + 4, bar.width(), 14)
    paint.text(p, below, "Up", look.ui(10, 600), look.colour("buy"))
    paint.text(p, below, "Down", look.ui(10, 600), look.colour("sell"), paint.RIGHT)
    words = "no middle" if mid is None else f"mid {formats.number(100 * mid, 1)}"
    paint.text(p, below, words, look.number(10), look.colour("text.muted"), paint.CENTRE)
