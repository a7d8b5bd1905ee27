"""Marks shared by everything that paints itself: text on the one baseline, chips, meters, diamonds, hatches.

All take the painter as it is and leave it with the pen, brush and font they used. One-pixel lines are
drawn without antialiasing at whole coordinates; the callers of `polygon` and `diamond` need not switch it on.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF, QStaticText, QTransform

from widgets import language, theme

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtGui import QBrush, QColor, QFont

LEFT: Final = Qt.AlignmentFlag.AlignLeft
RIGHT: Final = Qt.AlignmentFlag.AlignRight
CENTRE: Final = Qt.AlignmentFlag.AlignHCenter
ELLIPSIS: Final = "…"
SLACK: Final = 2.0
"""Pixels that a text may stand out of its room: side bearings, which no eye sees."""
_TEXTS_KEPT: Final = 2048
"""Texts laid out before those that nobody drew meanwhile go: prices and clocks never end."""
_watchers: list[list[str]] = []
_texts: dict[tuple[str, int], tuple[QStaticText, float, float, QFont]] = {}
_older: dict[tuple[str, int], tuple[QStaticText, float, float, QFont]] = {}
"""Those laid out before the last `_TEXTS_KEPT`: what is drawn again comes back from here."""


def forget_texts() -> None:
    """Lay every text out again: the language is another."""
    _texts.clear()
    _older.clear()


def baseline(y: float, height: float, px: float) -> float:
    """Return where text of size `px` stands in a row: the one rule for all rows."""
    return y + height / 2 + 0.36 * px


def _laid_out(words: str, font: QFont) -> tuple[QStaticText, float, float, QFont]:
    """Return a text ready to draw, its width and its ascent; the font kept with it keeps its id taken."""
    key = (words, id(font))
    found = _texts.get(key)
    if found is None:
        found = _older.pop(key, None) or _lay_out(words, font)
        if len(_texts) >= _TEXTS_KEPT:
            _older.clear()
            _older.update(_texts)
            _texts.clear()
        _texts[key] = found
    return found


def _lay_out(words: str, font: QFont) -> tuple[QStaticText, float, float, QFont]:
    shown = language.said(words)
    static = QStaticText(shown)
    static.setTextFormat(Qt.TextFormat.PlainText)
    static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    static.prepare(QTransform(), font)
    metrics = theme.current().metrics(font)
    return static, metrics.horizontalAdvance(shown), metrics.ascent(), font


def width(words: str, font: QFont) -> float:
    """Return how wide a text is."""
    return _laid_out(words, font)[1]


def text_at(p: QPainter, x: float, y: float, words: str, font: QFont, colour: QColor) -> float:
    """Draw a text with its baseline at `y`, from `x` on; return where it ends."""
    static, advance, ascent, _ = _laid_out(words, font)
    p.setFont(font)
    p.setPen(colour)
    p.drawStaticText(QPointF(x, y - ascent), static)
    return x + advance


def text(
    p: QPainter,
    rect: QRect | QRectF,
    words: str,
    font: QFont,
    colour: QColor,
    align: Qt.AlignmentFlag = LEFT,
    *,
    elide: bool = False,
) -> float:
    """Draw one line of text on the row's baseline and return its width.

    Parameters
    ----------
    rect : QRect or QRectF
        The cell without its padding: text touches its left or right edge, or is centred in it.
    elide : bool
        Cut a text that is too wide at its end. Never for numbers: drop the column instead.
    """
    if elide:
        words = elided(words, font, rect.width())
    static, advance, ascent, _ = _texts.get((words, id(font))) or _laid_out(words, font)
    x, y, wide, high = rect.x(), rect.y(), rect.width(), rect.height()
    if _watchers and not elide and advance > wide + SLACK:
        _note(words)
    if align == RIGHT:
        x += wide - advance
    elif align == CENTRE:
        x += (wide - advance) / 2
    p.setFont(font)
    p.setPen(colour)
    p.drawStaticText(QPointF(x, round(baseline(y, high, font.pixelSize())) - ascent), static)
    return advance


@contextmanager
def watched() -> Iterator[list[str]]:
    """Note every text that is cut, or painted wider than its room, while it lasts: for tests and for pictures."""
    noted: list[str] = []
    _watchers.append(noted)
    try:
        yield noted
    finally:
        _watchers.remove(noted)


def _note(words: str) -> None:
    for noted in _watchers:
        noted.append(words)


def lines(words: str, font: QFont, width_px: float, most: int = 3, *, told: bool = False) -> list[str]:
    """Return a text broken between words into at most `most` lines; what is too long for them is cut at its end.

    What is `told` is written whole elsewhere at hand.
    """
    left = words.split(" ")
    found: list[str] = []
    while left:
        if len(found) == most - 1:
            return [*found, elided(" ".join(left), font, width_px, told=told)]
        count = next((n for n in range(len(left), 0, -1) if width(" ".join(left[:n]), font) <= width_px), 1)
        found.append(elided(" ".join(left[:count]), font, width_px, told=told))
        left = left[count:]
    return found


def elided(words: str, font: QFont, width_px: float, *, told: bool = False) -> str:
    """Return a text cut at its end, with an ellipsis, so that it is at most `width_px` wide.

    What is `told` is written whole elsewhere at hand, such as in the tool tip of its cell.
    """
    if width(words, font) <= width_px:
        return words
    if _watchers and not told:
        _note(words)
    metrics, room = theme.current().metrics(font), max(0.0, width_px)
    shown = language.said(words)
    cut = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, room)
    while room > 0 and width(cut, font) > width_px:  # Qt sums letters apart; together they may be kerned wider
        room = max(0.0, room - 1)
        cut = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, room)
    return cut


def fill(p: QPainter, rect: QRect | QRectF, colour: QColor) -> None:
    """Fill a rectangle."""
    p.fillRect(rect, colour)


def line_below(p: QPainter, rect: QRect, colour: QColor) -> None:
    """Fill the lowest pixel row of a rectangle: the line under a table row."""
    p.fillRect(rect.x(), rect.y() + rect.height() - 1, rect.width(), 1, colour)


def frame(p: QPainter, rect: QRect, colour: QColor, thick: int = 1) -> None:
    """Draw a square border of `thick` pixels inside a rectangle."""
    x, y, w, h = rect.x(), rect.y(), rect.width(), rect.height()
    p.fillRect(x, y, w, thick, colour)
    p.fillRect(x, y + h - thick, w, thick, colour)
    p.fillRect(x, y + thick, thick, h - 2 * thick, colour)
    p.fillRect(x + w - thick, y + thick, thick, h - 2 * thick, colour)


def box(
    p: QPainter,
    rect: QRect | QRectF,
    ground: QColor | None,
    border: QColor | None,
    radius: int = 3,
    dash: Sequence[float] = (),
) -> None:
    """Draw a rounded box with a one-pixel border wholly inside `rect`."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setBrush(ground if ground is not None else Qt.BrushStyle.NoBrush)
    p.setPen(theme.pen_of(border, 1.0, dash) if border is not None else Qt.PenStyle.NoPen)
    inset = 0.5 if border is not None else 0.0
    p.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), radius, radius)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def hatch(p: QPainter, rect: QRect | QRectF, brush: QBrush, origin: QPoint | None = None) -> None:
    """Lay a hatch over a rectangle; its lines keep to `origin`, so that they do not crawl when rows scroll."""
    p.setBrushOrigin(origin if origin is not None else QPoint(0, 0))
    p.fillRect(rect, brush)


def chip(
    p: QPainter, rect: QRect | QRectF, words: str, colour: str, ground: str = "surface.dock", *, filled: bool = False
) -> None:
    """Draw a chip in a named colour: outlined on a pale fill, or `filled` with its words in the ground's colour."""
    look = theme.current()
    tone = look.colour(colour)
    box(p, rect, tone if filled else look.mix(ground, colour, "chip"), tone, look.radius("chip"))
    ink = look.colour("text.onFill" if filled else "danger.chipText" if colour == "danger" else colour)
    text(p, rect, words, look.ui(look.type("caption"), 600), ink, CENTRE)


def button(
    p: QPainter,
    rect: QRect | QRectF,
    words: str,
    *,
    colour: str = "line.control",
    ink: str = "text.strong",
    ground: str = "surface.raised",
    pressed: bool = False,
    enabled: bool = True,
) -> None:
    """Draw an outlined button."""
    look = theme.current()
    under = look.colour("surface.hover" if pressed else ground)
    border = look.colour(colour if enabled else "line.border")
    box(p, rect, under if enabled else None, border, look.radius())
    text(p, rect, words, look.ui(look.type("body"), 500), look.colour(ink if enabled else "text.disabled"), CENTRE)


def meter_colour(share: float) -> str:
    """Return the colour name of a meter: blue, yellow from 70 %, burnt orange from 90 %."""
    rules = theme.current().section("meter")
    if share >= rules["dangerFrom"]:
        return str(rules["danger"])
    return str(rules["warn"] if share >= rules["warnFrom"] else rules["normal"])


def meter(
    p: QPainter, rect: QRect, share: float | None, *, tick: float | None = None, colour: str | None = None
) -> None:
    """Draw a meter: a frame, filled from the left by `share` in [0, 1]; unknown stays empty, above 1 is full."""
    look = theme.current()
    frame(p, rect, look.colour("line.control"))
    p.fillRect(rect.adjusted(1, 1, -1, -1), look.colour("surface.input"))
    if share is not None and share > 0:
        inner = rect.adjusted(1, 1, -1, -1)
        wide = max(1, round(inner.width() * min(1.0, share)))
        p.fillRect(inner.x(), inner.y(), wide, inner.height(), look.colour(colour or meter_colour(share)))
    if tick is not None:
        p.fillRect(rect.x() + round(rect.width() * tick), rect.y() - 2, 1, 3, look.colour("text.muted"))


def meter_two_sided(p: QPainter, rect: QRect, share: float | None, *, colour: str) -> None:
    """Draw a meter that grows from its middle: to the right for positive shares, to the left for negative ones."""
    look = theme.current()
    frame(p, rect, look.colour("line.control"))
    inner = rect.adjusted(1, 1, -1, -1)
    p.fillRect(inner, look.colour("surface.input"))
    middle = inner.x() + inner.width() // 2
    if share is not None:
        wide = round(inner.width() / 2 * min(1.0, abs(share)))
        p.fillRect(middle if share > 0 else middle - wide, inner.y(), wide, inner.height(), look.colour(colour))
    p.fillRect(middle, rect.y() - 1, 1, rect.height() + 2, look.colour("text.muted"))


def polygon(p: QPainter, points: Sequence[tuple[float, float]], ground: QColor, border: QColor | None = None) -> None:
    """Fill a polygon, antialiased."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setBrush(ground)
    p.setPen(border if border is not None else Qt.PenStyle.NoPen)
    p.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def diamond(p: QPainter, x: float, y: float, radius: float, ground: QColor, border: QColor | None = None) -> None:
    """Draw the mark of the model: a diamond around a point."""
    polygon(p, ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)), ground, border)


def triangle(p: QPainter, x: float, y: float, size: float, ground: QColor, *, points: str = "up") -> None:
    """Draw a triangle around a point; `points` is up, down, left or right."""
    h = size / 2
    corners = {
        "up": ((x, y - h), (x + h, y + h), (x - h, y + h)),
        "down": ((x, y + h), (x + h, y - h), (x - h, y - h)),
        "left": ((x - h, y), (x + h, y - h), (x + h, y + h)),
        "right": ((x + h, y), (x - h, y - h), (x - h, y + h)),
    }
    polygon(p, corners[points], ground)


def connection(p: QPainter, x: float, y: float, state: str, radius: float = 3.5) -> None:
    """Draw the mark of a connection around a point: its shape tells the state without its colour.

    Parameters
    ----------
    state : str
        live (disc), ageing (half disc), stale (dashed ring), down (cross); anything else is off (ring).
    """
    look = theme.current()
    marks = look.section("connection")
    shape, name = marks.get(state, marks["off"])
    tone = look.colour(name)
    around = QRectF(x - radius, y - radius, 2 * radius, 2 * radius)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    p.setBrush(tone if shape == "disc" else Qt.BrushStyle.NoBrush)
    p.setPen(theme.pen_of(tone, 1.2, (2.2, 1.6) if shape == "dashed" else ()))
    if shape == "cross":
        p.drawLine(around.topLeft(), around.bottomRight())
        p.drawLine(around.topRight(), around.bottomLeft())
    else:
        p.drawEllipse(around)
    if shape == "half":
        p.setBrush(tone)
        p.drawPie(around, 90 * 16, 180 * 16)
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def icon(p: QPainter, x: float, y: float, name: str, colour: str, px: int = 13) -> None:
    """Draw an icon with its top left corner at a point."""
    p.drawPixmap(QPointF(x, y), theme.current().icon(name, colour, px))


def pnl_colour(value: object) -> str:
    """Return the colour name of a result: profit, loss, or muted for zero; dim for unknown."""
    if value is None:
        return "text.dim"
    number = float(value)  # type: ignore[arg-type]  # Decimal, int or float: all the callers have
    if abs(number) < 0.005:
        return "text.muted"
    return "profit" if number > 0 else "loss"


def thumb(p: QPainter, room: QRect, seen: range, of: int) -> None:
    """Mark at the right edge of painted rows which of them are seen, where that is not all of them."""
    if not seen or len(seen) >= of:
        return
    look = theme.current()
    tall = max(20, room.height() * len(seen) // of)
    y = room.y() + (room.height() - tall) * seen.start // (of - len(seen))
    p.fillRect(room.right() - 1, y, 2, tall, look.colour("line.control"))
