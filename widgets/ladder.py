"""Price ladder of one instrument: click or key to trade. It asks; the engine decides.

A click is one order, named in words in the footer before it is made. Its intent key belongs to the cell, so that
the second press of a double click is the same order and not another one. Money keys do nothing on auto-repeat,
nor in the moment after the window came to the front: a key meant for another window must not trade here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QElapsedTimer, QEvent, QRect, QTimer, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Cancel, CancelAll, Flatten
from engine.core.ids import InstrumentId, Topic
from engine.core.units import Ticks
from engine.views import topics as t
from engine.views.market import LadderView, Preview
from engine.views.status import SpineView
from widgets import formats, keymap, ladder_bindings, ladder_menus
from widgets.ladder_grid import LadderGrid
from widgets.ladder_keys import Column, How, Offer, market_of, offer, step
from widgets.ladder_strips import ArmStrip, Footer, SizeStrip
from widgets.ladder_words import FLATTENS, HELP, offer_parts
from widgets.panel import EMPTY, HALTED, LOADING, STATES, Panel, chip_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QKeyEvent

    from engine.views.market import LadderRow

SAME_MS: Final = 300
"""Two presses on one cell within this time are one order."""
FOCUS_MS: Final = 500
"""How long after the window came to the front money keys do nothing."""
DRAFT_MS: Final = 30
SAYS_MS: Final = 4000
IDLE_MS: Final = 5 * 60_000
CANCELLABLE: Final = frozenset({"sent", "working", "partial", "amending", "lost"})


class LadderPanel(Panel):
    """The ladder dock."""

    rests_ms = 25
    area = "ladder"

    draft = Signal(object)
    """The `Place` a click would be now; `show_preview` answers it."""
    ticket = Signal(object)
    """A `Place` to be looked at in the ticket first: the ladder is not armed."""
    size_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ladder", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self.focus_guard_ms = FOCUS_MS
        self._mode = "paper"
        self._armed = False
        self._count = 0
        self._cell: tuple[int, Column, How] | None = None
        self._used = False
        self._since_press = QElapsedTimer()
        self._since_front = QElapsedTimer()
        self._card: Preview | None = None
        self._flattens = False
        self._said: tuple[str, str] = ("", "")
        self._arm_shown: tuple[str, bool, bool] | None = None
        self.grid = LadderGrid()
        self.arm_strip = ArmStrip()
        self.size_strip = SizeStrip()
        self.footer = Footer()
        self._asks = self._timer(self._emit_draft)
        self._unsay = self._timer(self._forget)
        self._idle = self._timer(self._disarm)
        self._lay_out()
        self._wire()
        self.set_state(EMPTY, "Pick a market to see its ladder.", icon="book")
        self._show_arm()

    def _timer(self, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(then)
        return timer

    def _lay_out(self) -> None:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.arm_strip)
        layout.addWidget(self.size_strip)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.footer)
        body.setFocusProxy(self.grid)
        self.set_body(body)

    def _wire(self) -> None:
        self.grid.pressed.connect(self.press)
        self.grid.own_pressed.connect(self._press_own)
        self.grid.asked.connect(partial(ladder_menus.open_choices, self))
        self.grid.looked_at.connect(self._look)
        self.grid.size_turned.connect(self.turn_size)
        self.grid.keyed.connect(self._key)
        self.size_strip.changed.connect(self._sized)
        self.size_strip.done.connect(self.grid.setFocus)
        self.arm_strip.arm.clicked.connect(lambda: self.set_armed(not self._armed))

    # What the window calls

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.grid.view = None
        self._card = None
        self._flattens = False
        self.set_subtitle("")
        if instrument is None:
            self.set_state(EMPTY, "Pick a market to see its ladder.", icon="book")
        else:
            self.set_state(LOADING, "Waiting for the first prices")
        self.retarget()
        self._look()

    def set_mode(self, mode: str) -> None:
        """Say what money it is: paper, demo, live or replay; live begins disarmed."""
        if mode != self._mode:
            self._mode = mode
            self._armed = False
        self.grid.paper = mode in {"paper", "demo"}
        self._show_arm()

    def set_armed(self, armed: bool) -> None:  # a setter of one thing
        """Let clicks send; in paper they always do."""
        self._armed = armed and self._mode == "live"
        self._idle.start(IDLE_MS) if self._armed else self._idle.stop()
        self._show_arm()
        self._look()

    @property
    def armed(self) -> bool:
        """Whether a click sends."""
        return self._armed or self._mode in {"paper", "demo"}

    @property
    def view(self) -> LadderView | None:
        """What it shows."""
        return self.grid.view

    @property
    def size_now(self) -> int:
        """Size of the next order, in shares."""
        return self.size_strip.size_now()

    def set_size(self, size: int) -> None:
        """Set the size of the next order."""
        self.size_strip.set_size(size)

    def show_preview(self, preview: Preview) -> None:
        """Take what the drafted order would cost."""
        if self.instrument == preview.instrument:
            self._card = preview
            self._look(ask=False)

    def say(self, words: str, colour: str = "danger.text") -> None:
        """Show one sentence in the footer for a few seconds."""
        self._said = (formats.plain(words, 160), colour)
        self._unsay.start(SAYS_MS)
        self._show_footer()

    @override
    def topics(self) -> frozenset[Topic]:
        if self.instrument is None:
            return frozenset({t.SPINE})
        return frozenset({t.SPINE, t.ladder(self.instrument.symbol)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            if view.mode != self._mode:
                self.set_mode(view.mode)
        elif isinstance(view, LadderView) and view.instrument == self.instrument:
            self._show(view)

    @override
    def order_areas(self) -> Sequence[QRect]:
        price = self.grid.columns.rect("price", 0, 0)
        top = self.grid.y() + self.grid.top
        tall = self.grid.visible_rows() * self.grid.row_height
        right = price.x() + price.width()
        return (QRect(0, top, price.x(), tall), QRect(right, top, self.grid.width() - right, tall))

    @override
    def strip_top(self) -> int:
        return self.arm_strip.height() + self.size_strip.height()

    @override
    def fill_menu(self, menu: QMenu) -> None:
        ladder_menus.settings(self, menu)

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        return ladder_bindings.quiet(self) | ladder_bindings.money(self)

    @override
    def hold_off(self) -> None:
        self._since_front.start()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        elif event.type() is QEvent.Type.WindowDeactivate and self._armed:
            self._disarm()
        return super().event(event)

    # What it shows

    def _show(self, view: LadderView) -> None:
        self.set_subtitle(f"{view.title}  {view.subtitle}")
        self.grid.set_view(view, self.size_now)
        self.arm_strip.show_view(view)
        self.size_strip.show_view(view)
        state = view.state if view.state in STATES else LOADING
        self.set_state(state, view.why, chip=chip_of(view.status, view.refusing))
        self._show_arm()
        self._look()

    def _show_arm(self) -> None:
        halted = self.state == HALTED
        facts = (self._mode, self.armed, halted)
        if facts == self._arm_shown:
            return
        self._arm_shown = facts
        self.arm_strip.mode = self._mode
        self.arm_strip.arm.setChecked(self.armed and not halted)
        self.arm_strip.arm.setEnabled(self._mode == "live" and not halted)
        self.arm_strip.resizeEvent(None)  # type: ignore[arg-type]  # the chip's place follows from the pill's words
        self.arm_strip.update()

    def _look(self, *, ask: bool = True) -> None:
        """Say what a press would do now, and ask what it would cost."""
        if ask and self.view is not None:
            self._asks.start(DRAFT_MS)
        self._show_footer()

    def offered(self) -> Offer | None:
        """Return what a press would do: under the mouse, else at the cursor."""
        if self.view is None:
            return None
        index, side = self.grid.hover or (self.grid.cursor_row, self.grid.side)
        row = self.grid.row(index)
        return None if row is None else self.keyed(offer(self.view, row, side, self.size_now), row.price, side)

    def keyed(self, what: Offer, price: Ticks, side: Column, how: How = How.LIMIT) -> Offer:
        """Return an offer whose order carries the key of its cell."""
        place = msgspec.structs.replace(what.place, intent=self._intent((price, side, how)))
        return Offer(place, what.why)

    def _intent(self, cell: tuple[int, Column, How]) -> str:
        """Return the key of the order that a press on a cell is: the same again for a press that follows at once."""
        spent = self._used and (cell != self._cell or self._since_press.elapsed() >= SAME_MS)
        if spent:
            self._count += 1
            self._used = False
        self._cell = cell
        symbol = "" if self.instrument is None else self.instrument.symbol
        return f"{symbol}:{cell[0]}:{self.session}{self._count}"

    def _emit_draft(self) -> None:
        what = self.offered()
        if what is not None and not what.why and self.isVisible():
            self.draft.emit(what.place)

    def _show_footer(self) -> None:
        if self._flattens:
            self.footer.say(*FLATTENS)
        elif self._said[0]:
            self.footer.say((*self._said, 500, False))
        else:
            parts, icon = offer_parts(
                self.view, self.offered(), self._card, armed=self.armed, hover=bool(self.grid.hover)
            )
            self.footer.say(*parts, icon=icon)

    def _forget(self) -> None:
        self._said = ("", "")
        self._flattens = False
        self._show_footer()

    # What it asks for

    def press(self, index: int, side: Column, how: How) -> None:
        """Ask for the order of a cell, or say why it may not go."""
        row = self.grid.row(index)
        if row is not None and self.view is not None:
            self.send(offer(self.view, row, side, self.size_now, how), row, side, how)

    def send(self, what: Offer, row: LadderRow, side: Column, how: How) -> None:
        """Ask for an offered order, or say why it may not go."""
        self._flattens = False
        self.grid.update()
        if what.why:
            self.say(f"{what.words} refused: {what.why}")
            return
        place = self.keyed(what, row.price, side, how).place
        if not self.armed:
            self.ticket.emit(place)
            return
        if not self._used:
            self._used = True
            self._since_press.start()
        if self._armed:
            self._idle.start(IDLE_MS)
        self._said = ("", "")
        self.intent.emit(place)
        self._look()

    def _press_own(self, index: int, side: Column, cancel: bool) -> None:  # carried by a signal
        row = self.grid.row(index)
        if row is None or not cancel:
            return
        bids = side is Column.BID
        state, ids = (row.mine_bid_state, row.mine_bid_ids) if bids else (row.mine_ask_state, row.mine_ask_ids)
        if state not in CANCELLABLE:
            self.say(f"nothing to cancel at {formats.cents(row.price)}: {state or 'no order'}", "text.muted")
            return
        for order in ids:
            self.intent.emit(Cancel(order=order))
        self.grid.choose(None)

    def cancel_all(self) -> None:
        """Take back every order in this market."""
        self.intent.emit(CancelAll(market=market_of(self.instrument)))

    def flatten(self) -> None:
        """Ask whether to sell every position of this market; the second time, do."""
        if self._flattens:
            self._flattens = False
            self._show_footer()
            self.intent.emit(Flatten(market=market_of(self.instrument)))
            return
        self._flattens = True
        self._said = ("", "")
        self._unsay.start(SAYS_MS)
        self._show_footer()

    def _disarm(self) -> None:
        self.set_armed(False)

    def _sized(self, size: int) -> None:
        self.grid.set_size(size)
        self.size_changed.emit(size)
        self._look()

    def turn_size(self, way: int) -> None:
        """Step the size up (1) or down (-1)."""
        self.set_size(step(self.size_now, way))

    # Keys

    def _key(self, event: QKeyEvent) -> None:
        if self.view is None:
            return
        action = keymap.current().action(self.area, keymap.key_of(event))
        quiet = ladder_bindings.quiet(self).get(action)
        if quiet is not None:
            quiet()
            event.accept()
            return
        money = ladder_bindings.money(self).get(action)
        if money is not None:
            event.accept()
            if not event.isAutoRepeat() and self._may_trade():
                money()

    def _may_trade(self) -> bool:
        """Whether the window has been in front long enough for a key to be meant."""
        if self._since_front.isValid() and self._since_front.elapsed() < self.focus_guard_ms:
            self.say("key ignored: the keyboard has only just come here", "text.muted")
            return False
        return True

    def cancel_chosen(self) -> None:
        """Take back the selected order."""
        if self.grid.chosen is not None:
            self._press_own(*self.grid.chosen, cancel=True)

    def escape(self) -> None:
        """Drop the selection and every question, and disarm."""
        self.grid.choose(None)
        self._forget()
        self.set_armed(False)
