"""The other side of a ladder: the same book in prices of NO, which a window calls Down. It sends nothing by itself.

A bid of NO at 38 is an offer of YES at 62, and the other way round: the rows are those of the ladder, turned over.
A click opens the ticket on the order, which says what it is in words before anything goes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from engine.core.commands import Place, Tif
from engine.core.units import TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Qty, Side, Ticks
from engine.views import topics
from engine.views.ladder import LadderView
from widgets import formats, paint, theme
from widgets.ladder_keys import held, shut
from widgets.panel import Panel
from widgets.size_words import places_of, sized
from widgets.states import EMPTY, LOADING, STATES, chip_of

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from engine.core.ids import InstrumentId, Topic

HELP: Final = (
    "The book in prices of Down (NO): its bids are the offers of Up, turned over. A click on a bid opens the ticket on"
    " a purchase of NO at that price, one on an offer a sale of what you hold of it. Arrows scroll, Home goes to the"
    " best prices."
)
PICK: Final = "Pick a window to see its other side."
SIZE: Final = 10
"""Shares that a click puts into the ticket."""
FOOT: Final = 24


class DownRow(NamedTuple):
    """One price of NO."""

    price: Ticks
    bid: Qty | None
    ask: Qty | None


def turned(view: LadderView) -> list[DownRow]:
    """Return the rows of a ladder in prices of NO, the highest first; none of what has no NO."""
    if view.scale is not None:
        return []
    return [DownRow(Ticks(TICKS_PER_UNIT - row.price), row.ask, row.bid) for row in reversed(view.rows)]


def order(view: LadderView, row: DownRow, *, buys: bool) -> Place | None:
    """Return what a click on a row opens in the ticket; None for a sale of what is not held."""
    size = Qty(Decimal(SIZE))
    owned = held(view, Leg.NO)
    if not buys and not owned:
        return None
    return Place(
        instrument=view.instrument,
        side=Side.BUY if buys else Side.SELL,
        leg=Leg.NO,
        price=row.price,
        qty=size if buys else min(size, owned),
        tif=Tif.IOC if view.curve else Tif.GTC,
        reduce_only=not buys,
        origin="ladder",
    )


def refusal(view: LadderView, *, buys: bool) -> str:
    """Return why a click on a bid (`buys`) or an offer opens no ticket; empty where it does."""
    if not buys and not held(view, Leg.NO):
        return "nothing of NO is held to sell"
    return shut(view, reduces=not buys)


class DownGrid(QWidget):
    """Bids, prices and offers of NO."""

    def __init__(self, panel: DownPanel) -> None:
        super().__init__()
        self._panel = panel
        self.view: LadderView | None = None
        self.rows: list[DownRow] = []
        self.first = 0
        self.led = False
        """The trader has scrolled: it stays there."""
        self.said = ""
        self.pressed = False
        """Whether what is said is of a bid that was pressed, else of an offer."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Ladder of Down")

    def show_view(self, view: LadderView | None) -> None:
        """Show a view; the best prices stay in the middle until the trader scrolls."""
        if view is None or self.view is None or view.instrument != self.view.instrument:
            self.led, self.said = False, ""
        self.view, self.rows = view, [] if view is None else turned(view)
        if self.said and view is not None:
            self.said = refusal(view, buys=self.pressed)  # it may be over: something is held now, trading goes on
        if not self.led:
            self.centre()
        bid, ask = self.best()
        words = (formats.cents(None if row is None else row.price) for row in (bid, ask))
        self.setAccessibleDescription("Down bid {} ask {}".format(*words))
        self.update()

    def best(self) -> tuple[DownRow | None, DownRow | None]:
        """Return the rows of the best bid and the best offer."""
        return next((r for r in self.rows if r.bid), None), next((r for r in reversed(self.rows) if r.ask), None)

    def centre(self) -> None:
        """Scroll to the best prices."""
        known = [self.rows.index(row) for row in self.best() if row is not None]
        middle = sum(known) / len(known) if known else len(self.rows) / 2
        self.led = False
        self._scroll_to(round(middle - self._fit() / 2))

    def _scroll_to(self, first: int) -> None:
        self.first = max(0, min(first, len(self.rows) - self._fit()))
        self.update()

    def _fit(self) -> int:
        look = theme.current()
        return max(1, (self.height() - look.size("columnHeader") - FOOT) // self.row_px())

    def row_px(self) -> int:
        """Return how tall a row is."""
        return theme.current().size("tableRow")

    def cell_rect(self, index: int, *, buys: bool) -> QRect:
        """Return where the bid (`buys`) or the offer of a row lies."""
        left, price = self._columns()
        y = theme.current().size("columnHeader") + (index - self.first) * self.row_px()
        return QRect(0 if buys else left + price, y, left if buys else self.width() - left - price, self.row_px())

    def _columns(self) -> tuple[int, int]:
        price = 54
        return (self.width() - price) // 2, price

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.led = True
        self._scroll_to(self.first - (3 if event.angleDelta().y() > 0 else -3))
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -self._fit(),
            Qt.Key.Key_PageDown: self._fit(),
        }
        if event.key() in ways:
            self.led = True
            self._scroll_to(self.first + ways[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Home:
            self.centre()
        else:
            super().keyPressEvent(event)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        at: QPoint = event.position().toPoint()
        index = self.first + (at.y() - theme.current().size("columnHeader")) // self.row_px()
        left, price = self._columns()
        inside = self.first <= index < min(len(self.rows), self.first + self._fit())
        if event.button() is Qt.MouseButton.LeftButton and inside and not left <= at.x() < left + price:
            self._panel.press(self.rows[index], buys=at.x() < left)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look, p = theme.current(), QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        (left, price), top, tall = self._columns(), look.size("columnHeader"), self.row_px()
        caption, muted = look.ui(look.type("caption"), 500), look.colour("text.muted")
        for words, x, wide, align in (("bid", 0, left - 6, paint.RIGHT), ("price", left, price, paint.CENTRE),
                                      ("ask", left + price, self.width() - left - price - 6, paint.RIGHT)):  # fmt: skip
            paint.text(p, QRect(x, 0, wide, top), words, caption, muted, align)
        shown = self.rows[self.first : self.first + self._fit()]
        most = max((float(q) for row in shown for q in (row.bid, row.ask) if q), default=1.0)
        self._grounds(p, shown, top)
        places = places_of(row.bid for row in shown), places_of(row.ask for row in shown)
        for at, row in enumerate(shown):
            self._row(p, row, QRect(0, top + at * tall, self.width(), tall), most, places)
        foot = QRect(0, self.height() - FOOT, self.width(), FOOT)
        p.fillRect(foot, look.colour("surface.header"))
        said, tone = (self.said, "danger.text") if self.said else (self._held(), "text.default")
        paint.text(p, foot.adjusted(8, 0, -8, 0), said, look.ui(11), look.colour(tone), elide=True)

    def _grounds(self, p: QPainter, shown: list[DownRow], top: int) -> None:
        """Fill bids strongly from the best one down, offers from the best one up, the rest of either faintly."""
        look, (left, price), tall = theme.current(), self._columns(), self.row_px()
        bottom = top + len(shown) * tall
        bid, ask = self.best()
        at = {row.price: top + n * tall for n, row in enumerate(shown)}
        above = bid is not None and bool(shown) and bid.price > shown[0].price
        bids = bottom if bid is None else at.get(bid.price, top if above else bottom)
        below = ask is not None and bool(shown) and ask.price < shown[-1].price
        asks = top if ask is None else at[ask.price] + tall if ask.price in at else bottom if below else top
        for x, wide, zone, start, end in (
            (0, left, "buy.zone", bids, bottom),
            (left + price, self.width() - left - price, "sell.zone", top, asks),
        ):
            p.fillRect(x, top, wide, bottom - top, look.mix("surface.dock", zone, "zoneEmpty"))
            p.fillRect(x, start, wide, end - start, look.colour(zone))
        p.fillRect(left, top, price, bottom - top, look.colour("surface.header"))

    def _held(self) -> str:
        if self.view is None:
            return ""
        owned = held(self.view, Leg.NO)
        return f"holds {formats.quantity(owned)} NO" if owned else "holds no NO"

    def _row(self, p: QPainter, row: DownRow, line: QRect, most: float, places: tuple[int, int]) -> None:
        look, (left, price) = theme.current(), self._columns()
        bid, ask = self.best()
        for size, buys, best in ((row.bid, True, row is bid), (row.ask, False, row is ask)):
            if not size:
                continue
            room = left if buys else self.width() - left - price
            wide = round(float(size) / most * (room - 4))
            x = left - wide if buys else left + price
            p.fillRect(
                x,
                line.y() + 2,
                wide,
                line.height() - 5,
                look.mix(*(("buy.zone", "buy", "bidBar") if buys else ("sell.zone", "sell", "askBar"))),
            )
            cell = QRect(0 if buys else left + price, line.y(), room - 6, line.height())
            font = look.number(look.type("label"), 600 if best else 400)
            paint.text(p, cell, sized(size, places[not buys]), font, look.colour("text.strong"), paint.RIGHT)
        fair = None if self.view is None or self.view.fair is None else 100.0 - self.view.fair
        cents = row.price / TICKS_PER_CENT
        if fair is not None and abs(fair - cents) <= 0.5:
            paint.diamond(p, left, line.center().y(), 4, look.colour("fair"))
            paint.diamond(p, left + price, line.center().y(), 4, look.colour("fair"))
        ink = "text.strong" if row in (bid, ask) else "text.default"
        middle = QRect(left, line.y(), price, line.height())
        paint.text(p, middle, formats.cents(row.price), look.number(look.type("label")), look.colour(ink), paint.CENTRE)
        paint.line_below(p, line, look.colour("line.grid"))


class DownPanel(Panel):
    """The ladder of Down."""

    rests_ms = 100

    ticket = Signal(object)
    """A `Place` to be looked at in the ticket."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ladder DOWN", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.grid = DownGrid(self)
        self.set_body(self.grid)
        self.set_state(EMPTY, PICK, icon="book")

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.grid.show_view(None)
        self.set_state(EMPTY if instrument is None else LOADING, PICK if instrument is None else "Waiting for the book",
                       icon="book")  # fmt: skip
        self.retarget()

    def press(self, row: DownRow, *, buys: bool) -> None:
        """Open the ticket on the order of a cell, or say why there is none."""
        view = self.grid.view
        if view is None:
            return
        place = order(view, row, buys=buys)
        self.grid.said, self.grid.pressed = refusal(view, buys=buys), buys
        if place is not None and not self.grid.said:
            self.ticket.emit(place)
        self.grid.update()

    @override
    def topics(self) -> frozenset[Topic]:
        return frozenset() if self.instrument is None else frozenset({topics.ladder(self.instrument.symbol)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, LadderView) or view.instrument != self.instrument:
            return
        self.grid.show_view(view)
        self.set_subtitle("prices of NO")
        state = view.state if view.state in STATES else LOADING
        self.set_state(state, view.why, chip=chip_of(view.status, view.refusing))
