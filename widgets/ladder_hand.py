"""What the trader's hand does in a ladder: presses become orders, drags become amendments, doubts are asked in place.

It asks and never decides: what leaves here is a command, or a sentence that says why none did.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QElapsedTimer

from engine.core.commands import Cancel, CancelAll, Flatten, Place
from engine.core.units import Ticks
from widgets import formats, ladder_menus, ladder_orders, protect
from widgets.ladder_keys import (
    Column,
    How,
    Offer,
    best_row,
    closing,
    market_of,
    offer,
    price_text,
    rises,
    row_at,
    span_text,
    yes_price,
)
from widgets.ladder_orders import Drag, Moves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.ids import OrderId
    from engine.core.units import Ticks
    from engine.views.ladder import LadderRow, LadderView, OwnOrder, Scale
    from widgets.ladder import LadderPanel
    from widgets.ladder_mouse import Drop

SAME_MS: Final = 300
"""Two presses on one cell within this time are one order."""
FAST_MS: Final = 2_000
FAST: Final = 3
"""More orders than this within `FAST_MS` are doubted."""
WASH: Final = "WASH"
Cell = tuple[Ticks, Column, How]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked in place: Enter does it, Esc or a few seconds drop it."""

    words: str
    then: Callable[[], None]


class LadderHand:
    """The hand of one ladder."""

    def __init__(self, panel: LadderPanel) -> None:
        self._panel = panel
        self._count = 0
        self._pressed: tuple[str, Cell] | None = None
        """Market and cell of the last order."""
        self._key = ""
        """Of the last order."""
        self._since_press = QElapsedTimer()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._sent: deque[int] = deque(maxlen=FAST + 1)
        self.question: Question | None = None
        self.flattens = False
        """F was pressed once."""

    # Presses

    def key_of(self, cell: Cell) -> str:
        """Return the key of the order that a press on a cell is: the same again for a press that follows at once."""
        if self._pressed == (self._symbol(), cell) and self._since_press.elapsed() < SAME_MS:
            return self._key  # whatever else was looked at meanwhile
        return f"{self._symbol()}:{cell[0]}:{self._panel.session}{self._count}"

    def _symbol(self) -> str:
        return "" if self._panel.instrument is None else self._panel.instrument.symbol

    def press(self, index: int, side: Column, how: How) -> None:
        """Ask for the order of a cell, or say why it may not go."""
        row, view = self._panel.grid.row(index), self._panel.view
        if row is not None and view is not None:
            self.send(offer(view, row, side, self._panel.size_now, how), row, side, how)

    def send(self, what: Offer, row: LadderRow, side: Column, how: How) -> None:
        """Ask for an offered order, or say why it may not go."""
        panel = self._panel
        self.drop_question()
        panel.grid.update()
        if what.why:
            panel.say(f"{what.words} refused: {what.why}")
            return
        place = panel.keyed(what, row.price, side, how).place
        if not panel.armed:
            panel.ticket.emit(place)
            return
        doubts = self._doubts(place, how) if panel.asks_first else ()
        cell = (row.price, side, how)
        if doubts:
            self._ask_first(Question(" · ".join(doubts), partial(self._go_on, place, cell, panel.size_now, doubts)))
        else:
            self._emit(place, cell)

    def _go_on(self, place: Place, cell: Cell, size: int, doubts: tuple[str, ...]) -> None:
        """Send what was asked about if it would still be the same order: seconds have passed since it was asked."""
        panel, (price, side, how) = self._panel, cell
        view = panel.view
        row = None if view is None or view.instrument != place.instrument else row_at(view, price)
        if view is None or row is None or not panel.armed:
            panel.say("nothing was sent: the ladder is another than when it was asked")
            return
        now = offer(view, row, side, size, how)
        if now.why:
            panel.say(f"{now.words} refused: {now.why}")
        elif msgspec.structs.replace(now.place, intent=place.intent) != place:
            panel.say(f"nothing was sent: it would be {now.words} now", "warn")
        else:
            found = self._doubts(place, how)
            if {_kind(one) for one in found} - {_kind(one) for one in doubts}:
                self._ask_first(Question(" · ".join(found), partial(self._go_on, place, cell, size, found)))
            else:
                self._emit(place, cell)

    def _emit(self, place: Place, cell: Cell) -> None:
        if place.intent != self._key:
            self._pressed, self._key = (self._symbol(), cell), place.intent
            self._count += 1
            self._since_press.start()
            self._sent.append(self._clock.elapsed())
        self._panel.sent(place)

    def _doubts(self, place: Place, how: How) -> tuple[str, ...]:
        """Return what to ask once before an order goes: the card's doubts, and those of the hand."""
        panel = self._panel
        panel.draft.emit(place)
        card = panel.card_of(place)
        found = [] if card is None else [formats.plain(text) for text in card.warnings]
        lately = sum(1 for at in self._sent if self._clock.elapsed() - at <= FAST_MS)
        if lately >= FAST:
            found.append(f"it would be the {lately + 1}th order in two seconds")
        through = 0 if how is not How.TAKE or panel.view is None else _through(panel.view, place)
        if through and panel.view is not None:
            far = span_text(through, panel.view.scale)
            found.append(f"it crosses {far}, past the protect offset of {protect.words()}")
        return tuple(found)

    # Own orders

    def own(self, index: int, side: Column, how: str) -> None:
        """Do what a press on own orders means: select, cancel, or read what became of one."""
        panel, row = self._panel, self._panel.grid.row(index)
        if row is None or panel.view is None:
            return
        end = panel.grid.ends.get((row.price, side))
        some = ladder_orders.at(panel.view, row, side)
        if not _ids(row, side) and end is not None:
            if how == "right":
                ladder_menus.open_end(panel, end.order)
            else:
                self.read(end.order)
            return
        lost = [one for one in some if one.state == "lost"]
        if how == "right" and lost:
            ladder_menus.open_lost(panel, lost)
        elif how == "chosen" and len(some) > 1 and not panel.grid.click_cancels:
            ladder_menus.open_orders(panel, some, index, side)
        elif how != "chosen" or panel.grid.click_cancels:
            self.take_back(row, side)
        else:
            panel.look()

    def read(self, order: OwnOrder) -> None:
        """Say what became of an order, and let its mark go."""
        self._panel.say(ladder_orders.told(order, self._scale()))
        self._panel.ends.read(order)

    def take_back(self, row: LadderRow, side: Column, only: frozenset[OrderId] | None = None) -> None:
        """Ask for the orders of a cell back, all or `only` some, or say why there is nothing to ask for."""
        view = self._panel.view
        ids = tuple(one for one in _ids(row, side) if only is None or one in only)
        state = row.mine_bid_state if side is Column.BID else row.mine_ask_state
        known = () if view is None else _among(ladder_orders.at(view, row, side), only)
        if known:
            asked = ladder_orders.cancels(known)
        elif ids and state in ladder_orders.CANCELLABLE:
            asked = Moves(tuple(Cancel(order=one) for one in ids))
        else:
            asked = Moves(why=f"nothing to cancel at {self._at(row)}: {state or 'no order'}")
        if asked.why:
            self._panel.say(f"nothing to cancel at {self._at(row)}: {state or 'no order'}", "text.muted")
            return
        self._ask_for(asked)
        self._panel.grid.choose(None)

    def _at(self, row: LadderRow) -> str:
        return price_text(row.price, self._scale())

    def _scale(self) -> Scale | None:
        return None if self._panel.view is None else self._panel.view.scale

    def cancel_chosen(self) -> None:
        """Take back the selected orders."""
        chosen = self._panel.grid.chosen.cell
        row = None if chosen is None else self._panel.grid.row(chosen[0])
        if chosen is not None and row is not None:
            self.take_back(row, chosen[1], self._panel.grid.chosen.orders)

    def dropped(self, drop: Drop) -> None:
        """Carry out that own orders were let go at another row."""
        view = self._panel.view
        row = None if view is None else row_at(view, drop.price)
        if view is None or row is None:
            return
        some = _among(ladder_orders.at(view, row, drop.side), drop.orders)
        if drop.kind is Drag.BRACKET:
            some = tuple(one for one in view.orders if one.state in ladder_orders.MOVABLE)
        self._move(view, some, drop.to - drop.price, drop.kind)

    def nudge(self, way: int) -> None:
        """Amend the selected orders a row up (1) or down (-1); the selection goes with them."""
        panel, view, chosen = self._panel, self._panel.view, self._panel.grid.chosen.cell
        here = None if chosen is None else panel.grid.row(chosen[0])
        if view is None or chosen is None or here is None:
            panel.say("select an order of yours first: click it, or O", "text.muted")
            return
        there = panel.grid.row(chosen[0] - way)
        if there is None:
            panel.say("the order would leave the grid", "text.muted")
            return
        orders = panel.grid.chosen.orders
        some = _among(ladder_orders.at(view, here, chosen[1]), orders)
        if self._move(view, some, there.price - here.price, Drag.MOVE):
            panel.grid.choose((chosen[0] - way, chosen[1]), orders)

    def _move(self, view: LadderView, some: Sequence[OwnOrder], by: int, kind: Drag) -> bool:
        self.drop_question()
        if not self._panel.armed:  # a moved order can cross the market like a new one
            what = "a copy is a new order" if kind is Drag.COPY else "a moved order is sent anew"
            self._panel.say(f"disarmed: {what}. A arms", "text.muted")
            return False
        self._count += 1
        asked = ladder_orders.moved(view, some, by, kind, f"{self._symbol()}:copy:{self._panel.session}{self._count}")
        if asked.why:
            self._panel.say(f"not moved: {asked.why}")
            return False
        self._ask_for(asked)
        return True

    def _ask_for(self, asked: Moves) -> None:
        for command in asked.commands:
            self._panel.intent.emit(command)

    def cancel_all(self) -> None:
        """Take back every order in this market."""
        self.drop_question()
        self._panel.intent.emit(CancelAll(market=market_of(self._panel.instrument)))

    # Questions

    def accept(self) -> bool:
        """Do what was asked about; return whether anything was."""
        asked, self.question = self.question, None
        if asked is None:
            return False
        asked.then()
        self._panel.look()
        return True

    def _ask_first(self, question: Question) -> None:
        self.question = question
        self._panel.voice.ask()

    def drop_question(self) -> None:
        """Forget every question."""
        self.question, self.flattens = None, False

    def flatten(self) -> None:
        """Open the ticket on what would close the position and ask; the second time, sell every position here."""
        panel = self._panel
        if self.flattens:
            self.drop_question()
            panel.intent.emit(Flatten(market=market_of(panel.instrument)))
            panel.look()
            return
        self.drop_question()
        self.flattens = True
        place = None if panel.view is None else closing(panel.view)
        if place is not None:
            panel.closing.emit(place)
        panel.voice.ask()

    def refused(self, order: OwnOrder) -> None:
        """Say why an order of this ladder was refused; one that met our own is offered again without it."""
        view = self._panel.view
        code, _, _text = order.why.partition(" — ")
        self._panel.say(f"{ladder_orders.words(order, self._scale())} refused: {formats.plain(order.why, 160)}")
        if view is None or code != WASH or order.qty is None:
            return
        place = Place(
            instrument=view.instrument, side=order.side, leg=order.leg, price=order.price, qty=order.qty, tif=order.tif
        )
        met = ladder_orders.crossing(view, place)
        if met:
            names = ", ".join(ladder_orders.words(one, view.scale) for one in met[:2])
            back = ladder_orders.cancels(met)
            self._ask_first(Question(f"{WASH}: cancel {names} first?", partial(self._ask_for, back)))


def _ids(row: LadderRow, side: Column) -> tuple[OrderId, ...]:
    return row.mine_bid_ids if side is Column.BID else row.mine_ask_ids


def _among(some: tuple[OwnOrder, ...], only: frozenset[OrderId] | None) -> tuple[OwnOrder, ...]:
    """Return those of some orders that are meant; None means all."""
    return some if only is None else tuple(one for one in some if one.id in only)


def _kind(doubt: str) -> str:
    """Return a doubt without its numbers, which change from moment to moment."""
    return re.sub(r"[\d.,]+", "", doubt)


def _through(view: LadderView, place: Place) -> int:
    """Return how far past the best price an order reaches that is past the protect offset; else 0."""
    best = best_row(view, Column.ASK if rises(place) else Column.BID)
    if best is None or place.price is None:
        return 0
    price, up = yes_price(place), rises(place)
    return abs(price - best.price) if protect.past(view, best.price, price, up=up) else 0
