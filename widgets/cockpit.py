"""Up/Down cockpit: the window that runs, its strike and where that is from, value against market, the way here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.core.units import SECOND, Nanos
from engine.views import topics
from engine.views.status import SpineView
from engine.views.updown import UpDownView
from widgets import formats, paint, theme
from widgets.cockpit_chart import WindowChart, middle
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING, STALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPaintEvent

    from engine.core.ids import InstrumentId
    from engine.views.updown import WindowChip

TALL: Final = 124
CHIPS: Final = 22
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
OLD_S: Final = 5.0
"""A spot price older than this is said to be; no strategy acts on it."""
SINCE: Final = ("%H:%M:%S", "%H:%M")
"""How a moment is written, by the room there is."""
_HELP: Final = (
    "The Up/Down window that ends first. The ring runs down to its close. Strike says where it is from: a proxy is the "
    "first Binance price at the start, moved by the basis. Distance is in standard deviations of what is left. The bar "
    "shows the book's middle and, in pink, the model's value. Click a window's name to turn the linked docks to it; "
    "while they look at another window than this one, they stay there when the next begins."
)


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


Fact = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Name, value, its colour, and the lines below with theirs."""


def clock(left: Nanos) -> str:
    """Return how long is left as mm:ss, above an hour as h:mm:ss."""
    seconds = -(-left // SECOND)
    if seconds >= 3_600:
        return f"{seconds // 3_600}:{seconds % 3_600 // 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def facts(view: UpDownView) -> tuple[Fact, Fact, Fact, Fact]:
    """Return the four columns of numbers."""
    return _spot(view), _strike(view), _distance(view), _value(view)


def _spot(view: UpDownView) -> Fact:
    above = None if view.spot is None or view.strike is None else view.spot - view.strike
    way = formats.DASH if above is None else f"{'▲' if above >= 0 else '▼'} {formats.number(abs(above), 2)}"
    words = "" if above is None else " above strike" if above >= 0 else " below strike"
    age = formats.DASH if view.spot_age_s is None else formats.age(view.spot_age_s)
    late = view.spot_age_s is not None and view.spot_age_s > OLD_S
    lines = (
        (f"{way}{words}", "text.dim" if above is None else paint.pnl_colour(above)),
        (f"{age} · {formats.number(view.rate, 1)} trades/s", "warn" if late else "text.muted"),
        (f"VWAP 60 s  {formats.number(view.vwap, 2)}", "text.muted"),
    )
    return f"Binance {view.asset.upper()}USDT", formats.number(view.spot, 2), "buy", lines


def _strike(view: UpDownView) -> Fact:
    source = view.strike_source or ("not seen: no trades" if view.runs else "at the start")
    lines = (
        (source, "warn" if view.strike_source.endswith("proxy") else "text.muted"),
        (f"basis β {formats.number(view.beta, 2, signed=True)} (n {view.pairs})", "text.muted"),
        ("tie resolves Up", "text.muted"),
    )
    return "Strike", formats.number(view.strike, 2), "text.strong", lines


def _distance(view: UpDownView) -> Fact:
    z = formats.DASH if view.z is None else f"{formats.number(view.z, 2, signed=True)} σ"
    year = formats.DASH if view.sigma_year is None else f"{formats.number(100 * view.sigma_year, 1)} % a year"
    sigma = formats.DASH if view.sigma is None else f"σ {view.sigma:.1e} /√s"
    valid = "valid" if view.sigma is not None else "warming up"
    lines = (
        (sigma, "text.muted"),
        (year, "text.muted"),
        (f"EWMA n {view.samples}  {valid}", "text.muted" if view.sigma is not None else "warn"),
    )
    return "Distance", z, "text.strong", lines


def _value(view: UpDownView) -> Fact:
    bid, ask = (formats.exact(None if x is None else 100 * x, 2) for x in (view.bid, view.ask))
    book = ("book stale", "warn") if view.stale else (f"book {bid} / {ask}", "text.default")
    lines = (book, _edge("Up", view.up_edge), _edge("Dn", view.down_edge))
    return "p(Up) fair", formats.percent(view.p_up), "fair", lines


def _edge(side: str, cents: float | None) -> tuple[str, str]:
    if cents is None:
        return f"{side} ask edge {formats.DASH}", "text.dim"
    return f"{side} ask edge {formats.number(cents, 2, signed=True)}c", paint.pnl_colour(cents)


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


class Windows(QWidget):
    """The windows that are listed, as chips; a click on one, or Left and Right, turn the linked docks to it."""

    def __init__(self, panel: CockpitPanel) -> None:
        super().__init__(panel)
        self.setFixedHeight(CHIPS)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Windows")
        self._panel = panel

    def words(self) -> list[tuple[str, WindowChip]]:
        """Return what each window's chip says."""
        view = self._panel.face.view
        return [
            (formats.plain(one.title, 30) + ("Z" if one.running else "Z over" if one.over else "Z next"), one)
            for one in (() if view is None else view.windows)
        ]

    def places(self) -> list[tuple[QRect, str, WindowChip]]:
        """Return where chips are, as many as there is room for, the one that is looked at among them."""
        font = theme.current().ui(theme.current().type("caption"), 600)
        wide = [(round(paint.width(words, font)) + 14, words, one) for words, one in self.words()]
        at = next((n for n, (_, _, one) in enumerate(wide) if one.instrument == self._panel.looked), 0)
        first, room = 0, self.width() - 12
        while first < at and sum(one + 6 for one, *_ in wide[first : at + 1]) > room:
            first += 1
        found, x = list[tuple[QRect, str, "WindowChip"]](), 12
        for width, words, one in wide[first:]:
            if x + width > self.width() and found:
                break
            found.append((QRect(x, 2, width, 16), words, one))
            x += width + 6
        return found

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, view = theme.current(), self._panel.face.view
        p = QPainter(self)
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.grid"))
        if view is None:
            return
        for place, words, one in self.places():
            tone = "buy" if one.instrument == view.instrument else "text.muted" if one.running else "text.dim"
            paint.chip(p, place, words, tone)
            if one.instrument == self._panel.looked and one.instrument != view.instrument:
                p.fillRect(place.x(), place.bottom() + 2, place.width(), 2, look.colour("buy"))
        if self.hasFocus():
            paint.box(p, self.rect(), None, look.colour("buy"), look.radius())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            for place, _, one in self.places():
                if place.contains(event.position().toPoint()):
                    self._panel.selected.emit(one.instrument)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        known = [one.instrument for _, one in self.words()]
        if not way or not known:
            super().keyPressEvent(event)
            return
        at = known.index(self._panel.looked) if self._panel.looked in known else 0
        self._panel.selected.emit(known[max(0, min(len(known) - 1, at + way))])


class CockpitPanel(Panel):
    """Up/Down cockpit dock. It turns the linked docks to a window, and to the next when that begins.

    Docks that were turned elsewhere since then are left there: nobody's ladder changes its market under the hand.
    """

    rests_ms = 100
    looked: InstrumentId | None = None
    """What the linked docks were turned to last; None before they were."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Up/Down cockpit", help_text=_HELP, parent=parent)
        self.face = Face()
        self.chart = WindowChart()
        self.windows = Windows(self)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.face)
        box.addWidget(self.windows)
        box.addWidget(self.chart, 1)
        self.set_body(page)
        self.set_state(LOADING, "Waiting for the windows")

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset({topics.UPDOWN, topics.SPINE})

    @override
    def strip_top(self) -> int:
        return TALL + CHIPS  # over the chart's legend: strike and value keep their names

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self.face.offset_hours = self.chart.offset_hours = view.utc_offset_hours
        elif isinstance(view, UpDownView):
            self._show(view)
        elif topic == topics.UPDOWN:
            self.set_state(EMPTY, "No Up/Down window is listed. They come with the Polymarket series of the settings.")

    def _show(self, view: UpDownView) -> None:
        before = self.face.view
        self.face.show_view(view)
        self.chart.show_view(view)
        self.windows.update()
        begins, ends = (formats.utc(at, "%H:%M").removesuffix("Z") for at in (view.start, view.end))
        name = f"{view.asset.upper()} {view.interval} · {begins}–{ends}Z"
        self.set_subtitle(f"{name} · resolves Up if the oracle's close ≥ strike")
        if view.runs and view.stale and view.end - view.now > SECOND:
            self.set_state(STALE, formats.plain(view.stale))
        elif view.runs and view.spot_age_s is not None and view.spot_age_s > OLD_S:
            words = "Binance is silent: distance, value and edges are of its last trade"
            self.set_state(STALE, words, age_s=view.spot_age_s)
        else:
            self.set_state(LIVE)
        if before is None or before.instrument != view.instrument:
            followed = self.looked is None or (before is not None and before.instrument == self.looked)
            if self.link() and followed:
                self.selected.emit(view.instrument)

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Know what the linked docks look at."""
        self.looked = instrument
        self.windows.update()
