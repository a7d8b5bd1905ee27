"""Price ladder of one instrument: click or key to trade. It asks; the engine decides.

A click is one order, named in words in the footer before it is made. Its intent key belongs to the cell, so that
the second press of a double click is the same order and not another one. Money keys do nothing on auto-repeat,
nor in the moment after the window came to the front: a key meant for another window must not trade here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QEvent, QRect, Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import InstrumentId, Topic
from engine.core.units import Ticks
from engine.views import topics as t
from engine.views.ladder import LadderView
from engine.views.preview import Preview
from engine.views.status import SpineView
from widgets import keymap, ladder_bindings, ladder_menus, protect
from widgets.drafts import Drafts
from widgets.ladder_arm import PAPER, LadderArm
from widgets.ladder_crosshair import LadderCrosshair
from widgets.ladder_ends import EndMarks
from widgets.ladder_follow import LadderFollow
from widgets.ladder_grid import LadderGrid
from widgets.ladder_hand import LadderHand
from widgets.ladder_keys import Column, How, Offer, offer
from widgets.ladder_sizes import SizeStrip
from widgets.ladder_strips import ArmStrip, Footer
from widgets.ladder_traded import Cleared
from widgets.ladder_voice import LadderVoice
from widgets.ladder_words import HELP
from widgets.panel import Panel
from widgets.states import EMPTY, LOADING, STATES, chip_of
from widgets.ticket_parts import Card

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from engine.core.commands import Place
    from engine.views.ladder import OwnOrder

DRAFT_MS: Final = 30
CARD_WIDE: Final = 300
ARM: Final = "ladder.arm"
"""Moves no money, but lets the next key do so: no key that was meant for another window arms, none that is held."""
DOWN: Final = frozenset({"gap", "disconnected", "error"})
"""States of the dock in which it disarms."""


class LadderPanel(Panel):
    """The ladder dock."""

    rests_ms = 25
    seldom = frozenset({t.SPINE})
    area = "ladder"

    draft = Signal(object)
    """The `Place` a click would be now; `show_preview` answers it."""
    ticket = Signal(object)
    """A `Place` to be looked at in the ticket first: the ladder is not armed."""
    closing = Signal(object)
    """A `Place` that closes the position, to be shown in the ticket while the ladder keeps the keyboard."""
    basket = Signal(object)
    """An `InstrumentId` whose whole event is to be hedged to flat."""
    size_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ladder", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self.arm = LadderArm(self)
        self.asks_on_paper = False
        """Ask about doubts where money is not real, too."""
        self._card: Preview | None = None
        self.follow = LadderFollow(self.intent.emit)
        self.hand = LadderHand(self)
        self.cleared = Cleared()
        self.grid = LadderGrid()
        self.crosshair = LadderCrosshair(self)
        self.ends = EndMarks(self.grid)
        self.arm_strip = ArmStrip()
        self.size_strip = SizeStrip()
        self.footer = Footer()
        self.card = Card(self.grid)
        self.card.hide()
        self._drafts = Drafts(self, self._emit_draft, DRAFT_MS)
        self.voice = LadderVoice(self)
        self._lay_out()
        self._wire()
        self.set_state(EMPTY, "Pick a market to see its ladder.", icon="book")
        self.arm.show()

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
        self.grid.own_pressed.connect(self.hand.own)
        self.grid.dropped.connect(self.hand.dropped)
        self.grid.voided.connect(self._voided)
        self.grid.asked.connect(partial(ladder_menus.open_choices, self))
        self.grid.looked_at.connect(self.look)
        self.grid.size_turned.connect(self.turn_size)
        self.grid.keyed.connect(self._key)
        self.size_strip.changed.connect(self._sized)
        self.size_strip.done.connect(self.grid.setFocus)
        self.arm_strip.arm.clicked.connect(lambda: self.set_armed(not self.arm.live))

    # What the window calls

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.follow.let_go()
        self.grid.view = None
        self._card = None
        self.hand.drop_question()
        self.ends.clear()
        self.set_subtitle("")
        if instrument is None:
            self.set_state(EMPTY, "Pick a market to see its ladder.", icon="book")
        else:
            self.set_state(LOADING, "Waiting for the first prices")
        self.retarget()
        self.look()

    def set_mode(self, mode: str) -> None:
        """Say what money it is: paper, demo, live or replay; live begins disarmed."""
        if self.arm.set_mode(mode):
            self.hand.drop_question()
        self.grid.paper = mode in PAPER
        self.arm.show()

    def show_protect(self) -> None:
        """Show the protect offset that is in force now."""
        self.arm_strip.show_protect(self.view)
        self.look()

    def set_armed(self, armed: bool) -> None:  # a setter of one thing
        """Let clicks send; in paper they always do. Disarmed, what was asked about is void."""
        was = self.armed
        self.arm.set(armed)
        if was and not self.armed:
            self.hand.question = None
        self.arm.show()
        self.look()

    @property
    def armed(self) -> bool:
        """Whether a click sends."""
        return self.arm.on

    @property
    def asks_first(self) -> bool:
        """Whether doubts are asked about before an order leaves; on paper only where the trader wants it."""
        return self.arm.live or self.asks_on_paper

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
            self.card.show_card(preview)
            self.look(ask=False)

    def card_of(self, place: Place) -> Preview | None:
        """Return the card that answers an order; None where none has come."""
        card = self._card
        return None if card is None or card.intent not in {"", place.intent} else card

    def say(self, words: str, colour: str = "danger.text") -> None:
        """Show one sentence in the footer for a few seconds."""
        self.voice.say(words, colour)

    @property
    def preview(self) -> Preview | None:
        """The card that came last."""
        return self._card

    def sent(self, place: Place) -> None:
        """Ask the engine for an order."""
        self.arm.used()
        self.voice.hush()
        self.intent.emit(place)
        self.look()

    @override
    def topics(self) -> frozenset[Topic]:
        if self.instrument is None:
            return frozenset({t.SPINE})
        return frozenset({t.SPINE, t.ladder(self.instrument.symbol)})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            if view.mode != self.arm.mode:
                self.set_mode(view.mode)
            if self.arm.ended(view.armed_until) and self.arm.live:
                self.set_armed(False)
        elif isinstance(view, LadderView) and view.instrument == self.instrument:
            self._show(view)

    @override
    def help_words(self) -> str:
        return self.help_text.format(protect=protect.words())

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
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        elif event.type() is QEvent.Type.WindowDeactivate and self.arm.live:
            self.set_armed(False)
        return super().event(event)

    # What it shows

    def _show(self, view: LadderView) -> None:
        self.set_subtitle(f"{view.title}  {view.subtitle}")
        view = self.cleared.without(view)
        fresh = self.ends.take(view)
        self.size_strip.show_view(view)
        self.grid.set_view(view, self.size_now)
        self.arm_strip.show_view(view)
        self.follow.take(view)
        state = view.state if view.state in STATES else LOADING
        self.set_state(state, view.why, chip=chip_of(view.status, view.refusing))
        if self.arm.live and state in DOWN:
            self.set_armed(False)
        self.arm.show()
        self._hear(fresh)
        self._drafts.moved()
        self.look(ask=False)

    def _hear(self, fresh: Sequence[OwnOrder]) -> None:
        """Say why an order of this ladder was refused, and disarm: something is not as the trader thought."""
        for one in fresh:
            if one.state in {"refused", "rejected"}:
                self.set_armed(False)
                if self.instrument is not None and one.intent.startswith(f"{self.instrument.symbol}:"):
                    self.hand.refused(one)

    def clear_traded(self) -> None:
        """Count what trades at each price from here on."""
        if self.view is not None:
            self.grid.set_view(self.cleared.begin(self.view), self.size_now)

    def _voided(self, held: bool) -> None:
        """The rows are of other prices now: what was held or asked of one of them is void, and only that is told."""
        asked = self.hand.question is not None or self.hand.flattens
        self.hand.drop_question()
        if held or asked:
            self.say("the prices of the rows have changed: nothing was sent", "warn")

    def look(self, *, ask: bool = True) -> None:
        """Say what a press would do now, and ask what it would cost."""
        if ask and self.view is not None:
            self._drafts.changed()
        self.voice.show()

    def offered(self) -> Offer | None:
        """Return what a press would do: under the mouse, else at the cursor."""
        if self.view is None:
            return None
        index, side = self.grid.hover or (self.grid.caret.row, self.grid.caret.side)
        row = self.grid.row(index)
        return None if row is None else self.keyed(offer(self.view, row, side, self.size_now), row.price, side)

    def keyed(self, what: Offer, price: Ticks, side: Column, how: How = How.LIMIT) -> Offer:
        """Return an offer whose order carries the key of its cell."""
        place = msgspec.structs.replace(what.place, intent=self.hand.key_of((price, side, how)))
        return Offer(place, what.why, what.scale)

    def _emit_draft(self) -> None:
        what = self.offered()
        if what is not None and not what.why and self.isVisible():
            self.draft.emit(what.place)

    # What it asks for

    def press(self, index: int, side: Column, how: How) -> None:
        """Ask for the order of a cell, or say why it may not go."""
        self.hand.press(index, side, how)

    def place_at_cursor(self) -> None:
        """Do what is asked about; else ask for the order of the cursor's cell."""
        if not self.hand.accept():
            self.press(self.grid.caret.row, self.grid.caret.side, How.LIMIT)

    def _sized(self, size: int) -> None:
        self.grid.set_size(size)
        if self.size_strip.shares:
            self.size_changed.emit(size)
        self.look()

    def turn_size(self, way: int) -> None:
        """Step the size up (1) or down (-1)."""
        self.size_strip.turn(way)

    # Keys

    def _key(self, event: QKeyEvent) -> None:
        if self.view is None:
            return
        action = keymap.current().action(self.area, keymap.key_of(event))
        quiet = ladder_bindings.quiet(self).get(action)
        if quiet is not None:
            event.accept()
            if action != ARM or (not event.isAutoRepeat() and (self.armed or self._meant())):
                quiet()
            return
        money = ladder_bindings.money(self).get(action)
        if money is not None:
            event.accept()
            if not event.isAutoRepeat() and self._meant():
                money()

    def _meant(self) -> bool:
        """Whether a key is meant for this ladder; one that is not is answered in words."""
        if not self.may_trade():
            self.say("key ignored: the keyboard has only just come here", "text.muted")
            return False
        return True

    def toggle_card(self) -> None:
        """Show the whole pre-trade card over the lower rows, or one line of it."""
        self.card.setVisible(not self.card.isVisible())
        self._place_card()

    def _place_card(self) -> None:
        size, room = self.card.minimumSizeHint().expandedTo(self.card.minimumSize()), self.grid.rect()
        wide, tall = min(CARD_WIDE, room.width()), min(size.height() + 60, room.height() - self.grid.top)
        self.card.setGeometry(room.width() - wide, room.height() - tall, wide, tall)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_card()

    def toggle_click_cancels(self) -> None:
        """Let the first click on an own order take it back, or the second."""
        self.grid.click_cancels = not self.grid.click_cancels

    def toggle_asks(self) -> None:
        """Ask about doubts on paper, or send at once there."""
        self.asks_on_paper = not self.asks_on_paper

    def escape(self) -> None:
        """Let go of what is dragged, drop the selection and every question, and disarm."""
        self.grid.mouse.abort()
        self.grid.choose(None)
        self.voice.forget()
        self.set_armed(False)
