"""Bracket board of one event: bids, asks, implied against model, and two buttons a row."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import structs
from PySide6.QtCore import QElapsedTimer, QEvent, QRect, QTimer, Signal
from PySide6.QtWidgets import QMenu, QStackedWidget
from typing_extensions import override

from engine.core.commands import Place, Tif
from engine.core.ids import EMBEDDED, MarketId, Topic
from engine.core.units import TICKS_PER_UNIT, Leg, Nanos, Qty, Side, Ticks
from engine.views import topics as t
from engine.views.board import BoardRow, BoardView
from engine.views.status import SpineView
from widgets import basket_legs, board_menus, board_orders, formats, keymap, protect, view_sheets
from widgets.basket_legs import Kind
from widgets.board_grid import BoardGrid
from widgets.board_ladders import BoardLadders
from widgets.ladder_keys import Column, How, order_words
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING, STATES, chip_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QWidget

    from engine.views.sheet import Sheet

SAME_MS: Final = 300
SAYS_MS: Final = 4000
MOST: Final = 9_900
HELP: Final = (
    "One row an outcome. B buys YES at the ask, S buys NO at the bid, never worse; on the curve of our own exchange, "
    "where the first cent holds a share or two, at most {protect}c worse. "
    "▲ gained most in five minutes while its neighbour ▼ gave way; the line after dμ/dt is where μ has been in half an "
    "hour. "
    "Bar: implied by the prices; diamond and whisker: the model. An edge over 8c is hatched: check it first.\n\n"
    "A click on a price asks for an order there as on a ladder: the bid buys YES there, the ask sells there; "
    "Ctrl+click takes what the other side offers, Shift+click closes the position. Right click lists all.\n\n"
    "Up and Down select, B and S trade the selected row. Space ticks it: the last column then says what every outcome "
    "would come to. Shift+B buys the ticked ones as a basket. V shows ladders side by side."
)


def _worst(row: BoardRow, best: Ticks | None) -> Ticks | None:
    """Return the worst price of a press: the best one, on a curve the protect offset past it."""
    if best is None or row.instrument.venue != EMBEDDED:
        return best
    return Ticks(min(MOST, best + protect.on_curve()))


class BoardPanel(Panel):
    """The bracket board dock."""

    rests_ms = 100
    area = "board"

    source_wanted = Signal(str)
    """The market whose way from source to price is asked for."""
    ticket = Signal(object)
    """A `Place` to be looked at in the ticket first: clicks do not send."""
    ladder_made = Signal(object)
    """A `LadderPanel` of those side by side: it is to be wired as a dock of its own."""
    basket = Signal(object, object, int)
    """A market's id, the ticked outcomes, and the size: to be bought together, in the basket ticket."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bracket board", help_text=HELP, parent=parent)
        self.market: MarketId | None = None
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self._size = 10
        self._mode = "paper"
        self._count = 0
        self._last: tuple[object, str] = (None, "")
        self._now = Nanos(0)
        self._since_press = QElapsedTimer()
        self._unsay = QTimer(self)
        self._unsay.setSingleShot(True)
        self._unsay.timeout.connect(lambda: self._say(""))
        self.grid = BoardGrid()
        self.ladders: BoardLadders | None = None
        """Ladders side by side, once they were asked for."""
        self._views = QStackedWidget()
        self._views.addWidget(self.grid)
        self._views.setFocusProxy(self.grid)
        self.set_body(self._views)
        self.grid.row_chosen.connect(self._choose)
        self.grid.wanted.connect(self._want)
        self.grid.pressed.connect(self.press)
        self.grid.asked.connect(partial(board_menus.open_choices, self))
        self.grid.looked_at.connect(self._look)
        self.grid.keyed.connect(self._key)
        self.grid.source.clicked.connect(self._source)
        self.set_state(EMPTY, "Pick a market to see its brackets.", icon="layers")

    def set_market(self, market: MarketId | None) -> None:
        """Turn to another market; None to none."""
        if market == self.market:
            return
        self.market = market
        self.grid.view = None
        self.grid.source.hide()
        self.grid.first = 0
        self.grid.ticked.clear()
        self.grid.ends = ()
        self.set_subtitle("")
        if market is None:
            self.set_state(EMPTY, "Pick a market to see its brackets.", icon="layers")
        else:
            self.set_state(LOADING, "Waiting for the brackets")
        self.retarget()

    def set_size(self, size: int) -> None:
        """Set how many shares a button asks for: the ladder's size."""
        self._size = max(1, size)

    @property
    def size_now(self) -> int:
        """Size of the next order, in shares."""
        return self._size

    def set_mode(self, mode: str) -> None:
        """Say what money it is; only in paper do the buttons send at once."""
        self._mode = mode

    def show_chosen(self, instrument: object) -> None:
        """Show an instrument's row as selected, without telling others."""
        self.grid.choose(instrument)

    @override
    def topics(self) -> frozenset[Topic]:
        own = () if self.market is None else (t.board(self.market),)
        return frozenset({t.SPINE, *own})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self._mode, self._now = view.mode, view.now
            self.grid.show_now(view.now)
            self._show_left()
        elif isinstance(view, BoardView) and view.market == self.market:
            self.set_subtitle(f"{view.title}  {view.subtitle}" if view.title != self.title else view.subtitle)
            self._what_if(view)
            self.grid.show_view(view)
            self._show_ladders()
            chip = chip_of(view.status, view.refusing)
            self.set_state(view.state if view.state in STATES else LIVE, view.why, age_s=view.age_s, chip=chip)
            self._show_left()

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (lambda: view_sheets.board(self.grid.view),)

    @override
    def help_words(self) -> str:
        return self.help_text.format(protect=protect.ticks())

    @override
    def order_areas(self) -> Sequence[QRect]:
        if self.side_by_side:
            return ()
        x, wide = self.grid.columns.spans["buttons"]
        return (QRect(x, self.grid.top, wide, self.grid.visible_rows() * self.grid.row_height),)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        return super().event(event)

    @override
    def hold_off(self) -> None:
        super().hold_off()
        for ladder in () if self.ladders is None else self.ladders.shown:
            ladder.hold_off()

    def _show_left(self) -> None:
        view = self.grid.view
        span = None if view is None or not self._now else view.closes - self._now
        left = "over" if span is not None and span <= 0 else formats.duration(span)
        if left != self.grid.left:
            self.grid.left = left
            self.grid.update_foot()

    def _choose(self, row: BoardRow) -> None:
        self.grid.choose(row.instrument)
        self.selected.emit(row.instrument)

    def _key(self, word: str) -> None:
        row = self.grid.chosen_row()
        if word == "basket":
            self.want_basket()
        elif word == "view":
            self.toggle_view()
        elif row is None:
            self._say("select a row first")
        elif word == "tick":
            self.grid.toggle_tick(row)
        elif not self.may_trade():
            self._say("key ignored: the keyboard has only just come here")
        else:
            self._want(row, word)

    def _source(self) -> None:
        if self.market is not None:
            self.source_wanted.emit(self.market)

    def _want(self, row: BoardRow, word: str) -> None:
        self._choose(row)
        why = self.refusal(row, word)
        if why:
            self._say(why)
            return
        self._send(self._order(row, word, self._intent(row, word)))

    @property
    def side_by_side(self) -> bool:
        """Whether ladders are shown in place of the rows."""
        return self.ladders is not None and self._views.currentWidget() is self.ladders

    def toggle_view(self) -> None:
        """Show ladders side by side, or the rows of the board again."""
        if self.ladders is None:
            self.ladders = BoardLadders()
            self.ladders.made.connect(self.ladder_made)
            self._views.addWidget(self.ladders)
        back = self.side_by_side
        self._views.setCurrentWidget(self.grid if back else self.ladders)
        if back:
            self.grid.setFocus()
        else:
            self._show_ladders()
            first = next(iter(self.ladders.shown), None)
            if first is not None:
                first.grid.setFocus()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the key that leads back from the ladders; what else they leave is nobody's."""
        if self.side_by_side and keymap.current().action(self.area, keymap.key_of(event)) == "board.view":
            self.toggle_view()
        else:
            super().keyPressEvent(event)

    def _show_ladders(self) -> None:
        if self.ladders is not None and self.side_by_side:
            self.ladders.show_outcomes([row.instrument for row in self.grid.rows if not row.dead], self._size)

    @override
    def fill_menu(self, menu: QMenu) -> None:
        action = menu.addAction("Ladders side by side (V)", self.toggle_view)
        action.setCheckable(True)
        action.setChecked(self.side_by_side)

    def want_basket(self) -> None:
        """Ask for the basket ticket, over the ticked outcomes or all that are alive."""
        if self.market is not None:
            self.basket.emit(self.market, tuple(self.grid.ticked), self._size)

    def _look(self) -> None:
        """Say what the cell under the pointer would do, and show what the ticked outcomes would come to."""
        view = self.grid.view
        if view is None:
            return
        self._what_if(view)
        index, word = self.grid.hover
        row = self.grid.rows[index] if 0 <= index < len(self.grid.rows) else None
        self.grid.hint = "" if row is None else board_orders.hint(view, row, word, self._size)

    def _what_if(self, view: BoardView) -> None:
        legs = basket_legs.basket(view, Kind.EQUAL, tuple(self.grid.ticked), self._size).legs
        self.grid.ends = basket_legs.results(view, legs) if self.grid.ticked else ()

    def press(self, row: BoardRow, column: Column, how: How) -> None:
        """Ask for the order of a price that was clicked, as on a ladder, or say why it may not go."""
        view = self.grid.view
        if view is None:
            return
        self._choose(row)
        what = board_orders.offer(view, row, column, self._size, how)
        why = self.refusal(row, "") or what.why
        if why:
            self._say(f"{what.words} refused: {why}")
            return
        word = f"{column.name}{how.value}"
        self._send(structs.replace(what.place, intent=self._intent(row, word)))

    def _send(self, place: Place) -> None:
        if self._mode not in {"paper", "demo"}:
            self.ticket.emit(place)
            return
        self._say("")
        self.intent.emit(place)

    def refusal(self, row: BoardRow, word: str) -> str:
        """Return why a button of a row may not trade; empty when it may."""
        view = self.grid.view
        if view is None:
            return "no brackets yet"
        if view.status not in {"open", ""}:
            return f"market {formats.plain(view.status, 24)}: no orders"
        if not self.grid.open_for_orders():
            return f"{view.state}: {formats.plain(view.why) or 'no orders'}"
        if row.dead:
            return f"{formats.plain(row.label, 24)} is dead: {formats.plain(row.dead, 60)}"
        if word and (row.ask if word == "B" else row.bid) is None:
            return f"{formats.plain(row.label, 24)} has no {'ask' if word == 'B' else 'bid'}"
        return ""

    def words(self, row: BoardRow, word: str) -> str:
        """Return the order a button is, in words; empty where it may not trade."""
        return "" if self.refusal(row, word) else order_words(self._order(row, word, ""))

    def _intent(self, row: BoardRow, word: str) -> str:
        """Return the key of a press: the same again for one that follows at once."""
        again = (row.instrument, word) == self._last and self._since_press.isValid()
        if not again or self._since_press.elapsed() >= SAME_MS:
            self._count += 1
            self._since_press.start()
        self._last = (row.instrument, word)
        return f"{row.instrument.symbol}:{word}:{self.session}{self._count}"

    def _order(self, row: BoardRow, word: str, intent: str) -> Place:
        buys = word == "B"
        return Place(
            instrument=row.instrument,
            side=Side.BUY,
            leg=Leg.YES if buys else Leg.NO,
            price=_worst(row, row.ask if buys else Ticks(TICKS_PER_UNIT - (row.bid or 0))),
            qty=Qty(Decimal(self._size)),
            intent=intent,
            tif=Tif.IOC,
            origin="board",
        )

    def _say(self, words: str) -> None:
        if words:
            self._unsay.start(SAYS_MS)
        if words != self.grid.said:
            self.grid.said = words
            self.grid.update_foot()
