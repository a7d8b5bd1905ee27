"""What a ladder is drawn with: where its columns lie, its inks, colours and texts, and the marks of own orders."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap, QStaticText, QTransform

from widgets import formats, paint, theme
from widgets.ladder_keys import Column, bare_price
from widgets.size_words import WRITERS, places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QColor, QFont

    from engine.views.ladder import LadderRow, Scale

PAD: Final = 6
SATURATES: Final = 5.0
"""Cents of edge from which its colour is full."""
KEPT: Final = 1024
"""Texts of one ink laid out before those that nobody drew meanwhile go."""


class Columns:
    """Where each column lies; which ones there are follows from the width, never from the data."""

    def __init__(self, width: int, *, cumulative: bool = True, edge: bool = True, quoted: bool = False) -> None:
        table = theme.current().section("ladder")
        wide = width >= table["minWidth"] - 2 * PAD
        off = ({"cum", "cumAsk"} if not cumulative else set()) | (set() if edge else {"edge"})
        every = table["columns" if wide else "columnsSmall"]
        if quoted:  # a derivative has longer prices, and no edge
            off |= {"edge"}
            every = [(n, w + sum(x for m, x in every if m == "edge") // 2 if n == "price" else w) for n, w in every]
        names = [(n, w) for n, w in every if n not in off]
        spare = max(0, width - sum(w for _, w in names))
        self.width = width
        self.small = not wide
        self.spans: dict[str, tuple[int, int]] = {}
        x = 0
        extra = max(0, spare - 64) // 2
        for name, wish in names:
            w = spare - 2 * extra if name == "exit" else wish + (extra if name in {"bid", "ask"} else 0)
            self.spans[name] = (x, w)
            x += w

    def at(self, x: float) -> str:
        """Return the name of the column at `x`, or an empty text."""
        return next((n for n, (left, w) in self.spans.items() if left <= x < left + w), "")

    def rect(self, name: str, y: int, height: int) -> QRect:
        """Return a cell of a column."""
        x, w = self.spans[name]
        return QRect(x, y, w, height)


class Ink:
    """One font with its texts laid out once, drawn against a right edge or around a middle."""

    def __init__(self, font: QFont) -> None:
        metrics = theme.current().metrics(font)
        self.font = font
        self._ascent = metrics.ascent()
        self._advance = metrics.horizontalAdvance
        self._drop = 0.36 * font.pixelSize()
        self._kept: dict[str, tuple[QStaticText, int]] = {}
        self._older: dict[str, tuple[QStaticText, int]] = {}
        """Those laid out before the last `KEPT`."""

    def top(self, y: int, height: int) -> int:
        """Return where texts.of a row begin, so that they stand on its baseline."""
        return round(round(y + height / 2 + self._drop) - self._ascent)

    def width(self, text: str) -> int:
        """Return how wide a text is."""
        return self.laid_out(text)[1]

    def laid_out(self, text: str) -> tuple[QStaticText, int]:
        """Return a text ready to draw, and its width in whole pixels."""
        kept = self._kept.get(text)
        if kept is None:
            kept = self._older.pop(text, None) or self._lay_out(text)
            if len(self._kept) >= KEPT:
                self._kept, self._older = {}, self._kept
            self._kept[text] = kept
        return kept

    def _lay_out(self, text: str) -> tuple[QStaticText, int]:
        static = QStaticText(text)
        static.setTextFormat(Qt.TextFormat.PlainText)
        static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        static.prepare(QTransform(), self.font)
        return static, round(self._advance(text))

    def right(self, p: QPainter, edge: int, top: int, text: str) -> None:
        """Draw a text that ends at `edge`."""
        static, advance = self._kept.get(text) or self.laid_out(text)
        p.drawStaticText(edge - advance, top, static)

    def middle(self, p: QPainter, centre: int, top: int, text: str) -> None:
        """Draw a text around `centre`."""
        static, advance = self._kept.get(text) or self.laid_out(text)
        p.drawStaticText(centre - advance // 2, top, static)


class Look:
    """The colours and inks of every ladder, made once per theme by `look_of`."""

    def __init__(self, look: theme.Theme) -> None:
        named = look.colour
        self.theme = look
        self.dock = look.colour("surface.dock")
        self.price_ground = look.colour("surface.header")
        self.hover = look.colour("surface.hover")
        self.grid = look.colour("line.grid")
        self.rule = look.colour("line.control")
        self.white = look.colour("text.strong")
        self.strong, self.text = named("text.strong"), named("text.default")
        self.muted, self.dim = named("text.muted"), named("text.dim")
        self.buy, self.sell, self.fair = named("buy"), named("sell"), named("fair")
        self.profit, self.loss = named("profit"), named("loss")
        self.fair_line = theme.pen_of(self.fair, 1.0, (2, 3))
        self.on_fill = look.colour("text.onFill")
        self.bid_zone, self.ask_zone = look.colour("buy.zone"), look.colour("sell.zone")
        self.bid_faint = look.mix("surface.dock", "buy.zone", "zoneEmpty")
        self.ask_faint = look.mix("surface.dock", "sell.zone", "zoneEmpty")
        self.bid_bar = look.mix("buy.zone", "buy", "bidBar")
        self.ask_bar = look.mix("sell.zone", "sell", "askBar")
        self.bid_rest, self.ask_rest = look.colour("buy"), look.colour("sell")
        self.traded = look.mix("surface.dock", "text.default", "tradedBar")
        self.profits = tuple(look.mix("surface.dock", "profit", 0.6 + 0.1 * i) for i in range(5))
        self.losses = tuple(look.mix("surface.dock", "loss", 0.6 + 0.1 * i) for i in range(5))
        self.band = look.mix("surface.header", "fair", 0.45)
        self.check = look.hatch("check")
        self.number = Ink(look.number(look.type("label"), 500))
        self.best = Ink(look.number(look.type("label"), 700))
        self.aux = Ink(look.number(look.type("aux"), 400))
        self.mark = Ink(look.number(11, 600))

        self._marks: dict[tuple[object, ...], QPixmap] = {}

    def mark_pixmap(self, width: int, height: int, text: str, state: str, side: Column, *, paper: bool) -> QPixmap:
        """Return the mark of own orders, drawn once."""
        key = (width, height, text, state, side, paper)
        kept = self._marks.get(key)
        if kept is None:
            ratio = self.theme_ratio()
            kept = QPixmap(round(width * ratio), round(height * ratio))
            kept.setDevicePixelRatio(ratio)
            kept.fill(Qt.GlobalColor.transparent)
            painter = QPainter(kept)
            order_mark(painter, QRect(0, 0, width, height), text, state, side, self, paper=paper)
            painter.end()
            if len(self._marks) > 256:
                self._marks.clear()
            self._marks[key] = kept
        return kept

    @staticmethod
    def theme_ratio() -> float:
        """Return the device pixels a pixel has."""
        return QGuiApplication.primaryScreen().devicePixelRatio()

    def edge(self, cents: float) -> QColor:
        """Return the colour of an edge: its sign by hue, its size by strength, full from 5 cents on."""
        if abs(cents) < 0.05:
            return self.muted
        step = min(4, int(abs(cents) / SATURATES * 4))
        return self.profits[step] if cents > 0 else self.losses[step]


_looks: list[Look] = []
"""That of the theme in use."""


def look_of(worn: theme.Theme) -> Look:
    """Return what ladders are drawn with in a theme: one for all of them, since each would lay out the same texts."""
    if not _looks or _looks[0].theme is not worn:
        _looks[:] = [Look(worn)]
    return _looks[0]


class Texts:
    """The texts of the rows shown, column by column, made anew only for numbers that changed."""

    def __init__(self) -> None:
        self._of: tuple[int, int, Decimal | None] | None = None
        self._raw: dict[str, list[Any]] = {}
        self._texts: dict[str, list[str]] = {}
        self._places: dict[str, int] = {}

    def of(self, rows: Sequence[LadderRow], first: int, scale: Scale | None = None) -> dict[str, list[str]]:
        """Return for each column its texts; `first` is the index of the first row.

        The list of a column in which nothing changed is the very one that was returned before.
        """
        of = first, len(rows), None if scale is None else scale.unit
        if of != self._of:
            self._of = of
            self._raw, self._texts = {}, {}
        makers: tuple[tuple[str, Callable[[Any], str]], ...] = (("price", lambda at: bare_price(at, scale)), *MAKERS)
        for name, make in makers:
            raw, was = list(map(FIELDS[name], rows)), self._raw.get(name)
            if was != raw:
                self._write(name, raw, make, was)
        for name, writers in SIZES.items():
            raw, was = list(map(FIELDS[name], rows)), self._raw.get(name)
            if was != raw:
                places = places_of(raw)
                again = self._places.get(name) != places
                self._places[name] = places
                self._write(name, raw, writers[places], None if again else was)
        return dict(self._texts)

    def _write(self, name: str, raw: list[Any], make: Callable[[Any], str], was: list[Any] | None) -> None:
        """Make the texts of a column, of what is as it `was` none."""
        kept = self._texts.get(name, ())
        self._texts[name] = (
            [make(one) for one in raw]
            if was is None
            else [text if one == now else make(now) for one, now, text in zip(was, raw, kept, strict=True)]
        )
        self._raw[name] = raw


FIELDS: Final = {
    name: attrgetter(field)
    for name, field in (
        ("price", "price"), ("bid", "bid"), ("ask", "ask"), ("cum", "cum_bid"), ("cumAsk", "cum_ask"),
        ("sold", "sold"), ("bought", "bought"), ("queue", "queue_bid"), ("queueAsk", "queue_ask"), ("edge", "edge"),
        ("exit", "exit"),
    )
}  # fmt: skip
"""What each column is of."""


def exit_text(value: Decimal | None) -> str:
    """Return a result in as many digits as the narrow column holds: cents under 10 $, dimes under 100 $."""
    if value is None:
        return ""
    return formats.number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0, signed=True)


def edge_text(cents: float | None) -> str:
    """Return an edge with one decimal, or nothing."""
    return "" if cents is None else formats.number(cents, 1, signed=True)


def _queue(places: int) -> Callable[[Any], str]:
    """Return what writes how much stands ahead: nothing does at the front of a queue."""
    write = WRITERS[places]
    return lambda ahead: "" if ahead is None else write(ahead) or formats.number(0, places)


QUEUES: Final = tuple(map(_queue, range(len(WRITERS))))
SIZES: Final[Mapping[str, Sequence[Callable[[Any], str]]]] = {
    **dict.fromkeys(("bid", "ask", "cum", "cumAsk", "sold", "bought"), WRITERS), "queue": QUEUES, "queueAsk": QUEUES
}  # fmt: skip
"""How the texts of columns of sizes are made, by the decimals of the column."""
MAKERS: Final[tuple[tuple[str, Callable[[Any], str]], ...]] = (("edge", edge_text), ("exit", exit_text))
"""How those of the others are made, but for the price, which its scale decides."""


def order_mark(
    p: QPainter, rect: QRect, text: str, state: str, side: Column, look: Look, *, paper: bool = True
) -> None:
    """Draw the mark of own orders: its border and fill tell the state, its colour the side.

    Parameters
    ----------
    text : str
        ``10``, ``4/10``, ``12(2)`` or ``!``, as the view says it.
    state : str
        As in `engine.views.ladder.LadderRow.mine_bid_state`.
    """
    t = look.theme
    tone_name = "buy" if side is Column.BID else "sell"
    tone = t.colour(tone_name)
    ground, border, ink, dash = _mark_colours(t, state, tone_name)
    if "(" in text and state == "working":
        paint.box(p, rect.adjusted(2, 2, 2, 2), t.mix("surface.dock", tone_name, 0.5), None, 2)
        rect = rect.adjusted(0, 0, -1, -1)
    paint.box(p, rect, ground, border, 2, dash)
    done = rect
    if state == "partial":
        done = rect.adjusted(0, 0, round(rect.width() * (_share(text) - 1)), 0)
        p.setClipRect(done)
        paint.box(p, rect, tone, None, 2)
        p.setClipping(False)
    if state == "lost":
        paint.hatch(p, rect.adjusted(1, 1, -1, -1), t.hatch("unknown"))
    p.setFont(look.mark.font)
    p.setPen(ink)
    top = look.mark.top(rect.y(), rect.height())
    parts: tuple[tuple[QRect, QColor], ...] = ((rect, ink),)
    if state == "partial":  # over the filled part as on any fill of that colour
        rest = rect.adjusted(done.width(), 0, 0, 0)
        parts = ((done, t.colour("text.onFill")), (rest, ink))
    for room, tone in parts:
        p.setClipRect(room)
        p.setPen(tone)
        look.mark.middle(p, rect.x() + rect.width() // 2, top, text)
    p.setClipping(False)
    if state == "canceling":
        half = look.mark.width(text) / 2 + 2
        y = rect.center().y()
        middle = rect.x() + rect.width() / 2
        p.drawLine(round(middle - half), y, round(middle + half), y)
    if paper:
        right, high = rect.x() + rect.width(), rect.y()
        paint.polygon(p, ((right - 6, high), (right, high), (right, high + 6)), t.colour("mode.paper"))


def _share(text: str) -> float:
    done, _, whole = text.partition("/")
    try:
        return min(1.0, float(done) / float(whole))
    except (ValueError, ZeroDivisionError):
        return 0.5


def _mark_colours(
    t: theme.Theme, state: str, side: str
) -> tuple[QColor | None, QColor | None, QColor, tuple[float, ...]]:
    """Return ground, border, ink and dashes of a mark."""
    dashes = (3.0, 2.0)
    dock = "surface.dock"
    c = t.colour
    table: dict[str, tuple[QColor | None, QColor | None, QColor, tuple[float, ...]]] = {
        "draft": (c(dock), c("order.draft"), c("text.default"), ()),
        "sent": (t.mix(dock, "order.pending", 0.2), c("order.pending"), c("text.default"), dashes),
        "working": (c(side), None, c("text.onFill"), ()),
        "partial": (t.mix(dock, side, "partRest"), c(side), c("text.strong"), ()),
        "canceling": (t.mix(dock, "order.cancelling", 0.2), c("order.cancelling"), c("order.cancelling"), dashes),
        "amending": (t.mix(dock, side, 0.25), c(side), c(side), dashes),
        "moved": (c(dock), t.mix(dock, side, 0.6), t.mix(dock, side, 0.7), (1.0, 2.0)),
        "lost": (c(dock), c("order.unknown"), c("text.strong"), ()),
        "filled": (c("order.filled"), None, c("text.onFill"), ()),
        "canceled": (c(dock), c("order.dead"), c("order.dead"), ()),
        "rejected": (t.mix(dock, "danger", 0.35), c("danger"), c("danger.chipText"), ()),
    }
    return table.get(state, table["draft"])
