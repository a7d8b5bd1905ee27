"""The basket ticket: several outcomes of one event bought as one, leg by leg, the worst leg first.

Not modal: board and ladder stay in reach. It shows the order of the legs and what every outcome would come to before
anything is sent, the leg risk while it goes, and takes back what was bought with one key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QEvent, QRect, QRegularExpression, Qt, Signal
from PySide6.QtGui import QPainter, QRegularExpressionValidator
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics as t
from engine.views.account import OrdersView
from engine.views.board import BoardView
from widgets import basket_legs, basket_run, formats, paint, theme
from widgets.basket_legs import Basket, Kind
from widgets.basket_run import Run
from widgets.controls import FlatButton, OrderButton
from widgets.fields import Field, Segments
from widgets.ladder_strips import LARGEST, MODE_WORDS
from widgets.panel import FOCUS_MS, TOO_SOON
from widgets.states import AGEING, LIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QCloseEvent, QFont, QKeyEvent, QPaintEvent

    from engine.core.ids import InstrumentId, MarketId, Topic

SIZE: Final = (620, 420)
ROW: Final = 22
HEAD: Final = 20
LEAST: Final = 160
OUTCOME: Final = 150
"""Pixels across for what an outcome comes to."""
KINDS: Final = ((Kind.EQUAL.value, "Equal"), (Kind.MODEL.value, "By the model"), (Kind.FLAT.value, "Hedge to flat"))
COLUMNS: Final = (("#", 24), ("leg", 220), ("all-in c", 64), ("stands", 64), ("cost $", 70), ("state", 0))
TONES: Final = {
    basket_run.DONE: "profit",
    basket_run.FAILED: "danger.text",
    basket_run.STUCK: "danger.text",
    basket_run.SENT: "warn",
    basket_run.UNWINDS: "warn",
}


def tone_of(state: str) -> str:
    """Return the colour of a leg's state, which more words may follow: ``not sold 1/3: nobody bids``."""
    return next((tone for name, tone in TONES.items() if state.startswith(name)), "text.muted")


class Legs(QWidget):
    """The legs in the order they are bought, and under them what every outcome comes to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.basket = Basket()
        self.run: Run | None = None
        self.ends: tuple[tuple[str, str, str], ...] = ()
        """Outcome, result, colour; the worst and the best marked."""
        self.setAccessibleName("Legs")
        self.setMinimumHeight(LEAST)

    def show_legs(self, basket: Basket, run: Run | None, ends: tuple[tuple[str, str, str], ...]) -> None:
        """Show a basket, how far it is, and what it would come to."""
        self.basket, self.run, self.ends = basket, run, ends
        self.setMinimumHeight(max(LEAST, self.tall()))  # what the worst outcome comes to is never under the edge
        self.setAccessibleDescription("; ".join(" ".join(line) for line in self.lines()))
        self.update()

    def tall(self) -> int:
        """Return how many pixels all legs and outcomes take."""
        each = max(1, (self.width() - 20) // OUTCOME)
        return HEAD + max(1, len(self.lines())) * ROW + 6 + -(-len(self.ends) // each) * 18

    def lines(self) -> list[tuple[str, ...]]:
        """Return the table as text, a row a leg."""
        if self.run is not None:
            return [self._line(n, one.leg, self._state(one)) for n, one in enumerate(self.run.legs, 1)]
        return [self._line(n, leg, basket_run.WAITS) for n, leg in enumerate(self.basket.legs, 1)]

    @staticmethod
    def _line(n: int, leg: basket_legs.Wanted, state: str) -> tuple[str, ...]:
        words = f"{leg.words}  {formats.plain(leg.label, 24)}"
        each = formats.number(leg.each * 100, 2)
        return (str(n), words, each, formats.quantity(leg.depth), formats.number(leg.cost, 2), state)

    @staticmethod
    def _state(one: basket_run.Going) -> str:
        done = f" {one.filled.normalize():f}/{one.leg.qty.normalize():f}" if one.filled else ""
        return f"{one.state}{done}{f': {formats.plain(one.why, 60)}' if one.why else ''}"

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        head, body = look.ui(look.type("caption"), 500), look.number(11)
        self._row(p, 0, HEAD, [name for name, _ in COLUMNS], [(head, "text.muted")] * len(COLUMNS))
        for n, line in enumerate(self.lines()):
            inks = [(body, "text.default")] * 5 + [(look.ui(11), tone_of(line[-1]))]
            self._row(p, HEAD + n * ROW, ROW, list(line), inks)
        y = HEAD + max(1, len(self.lines())) * ROW + 6
        if not self.lines() and self.basket.why:
            room = QRect(10, HEAD, self.width() - 20, ROW)
            paint.text(p, room, self.basket.why, look.ui(11), look.colour("text.muted"))
        self._outcomes(p, y)

    def _row(self, p: QPainter, y: int, high: int, texts: list[str], inks: Sequence[tuple[QFont, str]]) -> None:
        look, x = theme.current(), 6
        for (name, wide), text, (font, tone) in zip(COLUMNS, texts, inks, strict=True):
            room = QRect(x, y, wide or self.width() - x - 8, high - 1)
            side = paint.RIGHT if name in {"all-in c", "stands", "cost $"} else paint.LEFT
            paint.text(p, room.adjusted(4, 0, -4, 0), text, font, look.colour(tone), side, elide=True)
            x += wide
        p.fillRect(0, y + high - 1, self.width(), 1, look.colour("line.grid"))

    def _outcomes(self, p: QPainter, y: int) -> None:
        """Write what every outcome comes to, in as many columns as fit."""
        look, wide = theme.current(), OUTCOME
        each = max(1, (self.width() - 20) // wide)
        for n, (label, value, tone) in enumerate(self.ends):
            room = QRect(10 + (n % each) * wide, y + (n // each) * 18, wide - 12, 18)
            used = paint.text(p, room, value, look.number(11, 500), look.colour(tone), paint.RIGHT)
            room.setWidth(max(0, room.width() - round(used) - 6))
            paint.text(p, room, label, look.ui(11), look.colour("text.muted"), elide=True)


class BasketTicket(QDialog):
    """A basket over one event."""

    intent = Signal(object)
    """A `Place`: the next leg, or a sale that unwinds."""
    retargeted = Signal(object)
    shown = Signal()
    draws_hidden = True
    rests_ms = 50

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Basket")
        self.setModal(False)
        self.market: MarketId | None = None
        self.session = ""
        self.mode = "paper"
        self._ticked: tuple[InstrumentId, ...] = ()
        self._view: BoardView | None = None
        self._count = 0
        self._said = ""
        """What was said before it is left."""
        self.run: Run | None = None
        self.kind = Segments("Kind", KINDS)
        self.size_box = Field("Shares of the largest leg", unit="ct")
        digits = QRegularExpression(f"[0-9]{{0,{len(str(LARGEST))}}}")  # Qt's own for numbers lets 1,000 pass
        self.size_box.setValidator(QRegularExpressionValidator(digits, self.size_box))
        self.size_box.setText("10")
        self.size_box.setFixedWidth(80)
        self.legs = Legs()
        self.send = OrderButton("", hint="Ctrl+Enter")
        self.unwind = OrderButton("Unwind", "danger", hint="F9")
        self.leave = FlatButton("Close", hint="Esc")
        self.told = ""
        self.focus_guard_ms = FOCUS_MS
        self._since_front = QElapsedTimer()
        self._lay_out()
        self.kind.chosen.connect(lambda _kind: self._draw())
        self.size_box.textChanged.connect(lambda _text: self._draw())
        for button in (self.send, self.unwind):
            button.may = self._may
            button.early.connect(self._ignored)
        self.send.clicked.connect(self.go)
        self.unwind.clicked.connect(self.take_back)
        self.leave.clicked.connect(self.close)
        self.resize(*SIZE)
        self._draw()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.kind)
        top.addStretch(1)
        top.addWidget(self.size_box)
        foot = QHBoxLayout()
        for button in (self.unwind, self.leave):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.send)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 10, 12, 10)
        whole.setSpacing(8)
        whole.addLayout(top)
        whole.addWidget(self.legs, 1)
        whole.addSpacing(ROW)  # what is said stands there
        whole.addLayout(foot)

    # What the window calls

    def open_for(self, market: MarketId, ticked: tuple[InstrumentId, ...], kind: Kind, size: int) -> None:
        """Show a basket over a market's ticked outcomes; one that is on its way, or is not whole or unwound, stays."""
        if self.run is None or not (self.run.open or self.run.failed or self.run.stuck):
            self.market, self._ticked, self.run = market, ticked, None
            self._view = None
            self.kind.set_value(kind.value)
            self.size_box.setText(str(size))
            self.told = ""
            self.retargeted.emit(self)
        self.show()
        self.raise_()
        self.shown.emit()
        self._draw()

    def topics(self) -> frozenset[Topic]:
        """Return the board of its market, and the orders."""
        return frozenset({t.ORDERS} if self.market is None else {t.ORDERS, t.board(self.market)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, BoardView) and view.market == self.market:
            self._view = view
            self._draw()
        elif isinstance(view, OrdersView) and self.run is not None:
            for place in self.run.hear(view.rows):
                self.intent.emit(place)
            self._draw()

    # What it asks for

    def go(self) -> None:
        """Send the first leg, or what the failed one still lacks."""
        if self.run is None:
            basket = self.basket()
            if not basket.legs:
                return
            self._count += 1
            self.run = Run.of(basket.legs, f"basket:{self.session}{self._count}:{self.market}")
            orders = self.run.start()
        else:
            orders = self.run.retry() if self.run.failed else ()
        for place in orders:
            self.intent.emit(place)
        self._draw()

    def take_back(self) -> None:
        """Sell again what was bought."""
        for place in () if self.run is None else self.run.unwind():
            self.intent.emit(place)
        self._draw()

    def basket(self) -> Basket:
        """Return the basket as it would be bought now."""
        if self._view is None:
            return Basket(why="waiting for the brackets")
        if self._view.status not in {"open", ""}:
            return Basket(why=f"market {formats.plain(self._view.status, 24)}: no orders")
        if self._view.state not in {LIVE, AGEING}:  # prices of long ago, or a halt: half a basket is a leg risk
            return Basket(why=f"{self._view.state}: {formats.plain(self._view.why, 120) or 'no orders'}")
        size = min(LARGEST, int(self.size_box.text() or 0))
        return basket_legs.basket(self._view, Kind(self.kind.value()), self._ticked, size)

    def _draw(self) -> None:
        basket = self.basket() if self.run is None else Basket()
        legs = basket.legs if self.run is None else tuple(one.leg for one in self.run.legs)
        self.legs.show_legs(basket, self.run, () if self._view is None else ends_of(self._view, legs))
        run = self.run
        self.told = basket.why if run is None else run.words + run.reason
        word = MODE_WORDS.get(self.mode, "PAPER")
        if run is None:
            self.send.set_words(f"{word} BUY {len(legs)} legs  {formats.money(basket.cost)}" if legs else "no basket")
        else:
            words = "on its way" if run.open else "not all is sold" if run.stuck else "done"
            self.send.set_words("Buy the rest of the leg" if run.failed else words)
        self.send.setEnabled(bool(legs) if run is None else run.failed and not run.open)
        self.unwind.setEnabled(run is not None and run.bought and not run.open)
        for part in (self.kind, self.size_box):
            part.setEnabled(run is None)
        self.setAccessibleDescription(self.told)
        self.update()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.isAutoRepeat():
            return
        if key == Qt.Key.Key_F9:  # no letter: words that were meant for another window sell nothing
            self._by_key(self.take_back)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.send.isEnabled():
                self._by_key(self.go)
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _by_key(self, act: Callable[[], None]) -> None:
        """Do what a key asks for, unless it was pressed so soon that it was meant for another window."""
        if self._may():
            act()
        else:
            self._ignored()

    def _may(self) -> bool:
        return not self._since_front.isValid() or self._since_front.elapsed() >= self.focus_guard_ms

    def _ignored(self) -> None:
        self.told = TOO_SOON
        self.update()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self._since_front.start()
        return super().event(event)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave; a basket that is half bought is said once before it is left as it is."""
        run = self.run
        if run is not None and (run.bought or run.open) and not all(one.state == basket_run.DONE for one in run.legs):
            goes, sells = (" and a leg is on its way", "") if run.open else ("", "; F9 unwinds it")
            words = f"{run.words}{goes}. Close again leaves it so{sells}"
            if self._said != words:
                self._said = self.told = words
                self.update()
                event.ignore()
                return
        self._said, self.run = "", None
        super().closeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        room = QRect(12, self.legs.geometry().bottom() + 6, self.width() - 24, ROW)
        tone = "danger.text" if self.run is not None and (self.run.failed or self.run.stuck) else "text.default"
        paint.text(p, room, self.told, look.ui(12, 600), look.colour(tone), elide=True)


def ends_of(view: BoardView, legs: tuple[basket_legs.Wanted, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return what every outcome would come to with some legs: label, result, colour; worst ▼ and best ▲ marked."""
    values = basket_legs.results(view, legs)
    marks = basket_legs.span([None if row.dead else value for row, value in zip(view.rows, values, strict=True)])
    found = []
    for n, (row, value) in enumerate(zip(view.rows, values, strict=True)):
        mark = "" if marks is None else formats.DOWN if n == marks[0] else formats.UP if n == marks[1] else ""
        text = formats.DASH if value is None else f"{mark} {formats.money(value, signed=True)}".strip()
        found.append((formats.plain(row.label, 24), text, "text.dim" if value is None else paint.pnl_colour(value)))
    return tuple(found)
