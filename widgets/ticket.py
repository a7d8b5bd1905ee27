"""Order ticket: what it will cost, what it can lose, which gate stops it.

Every change of the form is a draft whose card the engine answers; until it does, the card shows dashes. The
ticket computes nothing itself, and sends only what the trader has seen the card of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import EMBEDDED, InstrumentId, Topic
from engine.core.units import Side
from engine.views import topics as t
from engine.views.ladder import LadderView
from engine.views.preview import Preview
from engine.views.status import SpineView
from widgets import formats, keymap
from widgets.drafts import Drafts
from widgets.ladder_keys import shut
from widgets.ladder_strips import MODE_WORDS
from widgets.panel import TOO_SOON, Panel
from widgets.states import EMPTY, LIVE, LOADING, STATES, chip_of
from widgets.ticket_fields import BUY_YES, RISING, TicketFields
from widgets.ticket_form import Unfit, draft_words, facts, refusal
from widgets.ticket_parts import Card, MoneyButton

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from engine.core.commands import Place
    from engine.core.units import Ticks

DRAFT_MS: Final = 40
SAME_MS: Final = 300
"""Two presses within this time are one order."""
STACK_BELOW: Final = 500
LEAST: Final = (160, 160)
"""Width in pixels under which the card lies below the form."""
HELP: Final = (
    "Fill in worst price (empty: any), quantity in contracts or dollars, or up to the price. The card shows what the "
    "order would do now. Ctrl+Enter sends; a doubt is asked once, Enter sends and Esc keeps."
)


class TicketPanel(Panel):
    """The ticket dock."""

    rests_ms = 50
    seldom = frozenset({t.SPINE})
    area = "ticket"

    draft = Signal(object)
    """The `Place` the form stands for; `show_preview` answers it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Ticket", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self._mode = "paper"
        self._view: LadderView | None = None
        self._card: Preview | None = None
        self._count = 0
        self._asking = False
        self._wrong = ""
        self._drafts = Drafts(self, self._emit_draft, DRAFT_MS)
        self._spent = QTimer(self, singleShot=True)
        self._spent.timeout.connect(self._next_order)
        self.form = TicketFields()
        self.card = Card()
        self.money = MoneyButton()
        self._lay_out()
        self._wire()
        self.set_subtitle("pre-trade card")
        self.set_state(EMPTY, "Pick a market to trade it.", icon="doc")

    def _lay_out(self) -> None:
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(0)
        self._halves.addWidget(self.form, 46)
        self._halves.addWidget(self.card, 54)
        body = QWidget()
        whole = QVBoxLayout(body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._halves, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 6, 10, 8)
        foot.addWidget(self.money)
        whole.addLayout(foot)
        body.setFocusProxy(self.form.quantity)
        body.setMinimumSize(*LEAST)  # not that of its parts: stacked in a narrow place they ask for more than beside
        self.set_body(body)

    def _wire(self) -> None:
        self.form.changed.connect(self._changed)
        self.form.best.clicked.connect(self._take_best)
        self.form.kelly.clicked.connect(self._take_kelly)
        self.money.sent.connect(self._send)
        self.money.kept.connect(self._keep)
        self.guard(self.money)
        keymap.Bound("ticket.send", self, self._send_by_key, Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # What the window calls

    def load(self, instrument: InstrumentId, title: str, price: Ticks | None = None, side: str = BUY_YES) -> None:
        """Turn to an instrument and prefill; None is any price."""
        if instrument != self.instrument:
            self.instrument = instrument
            self._view = None
            self.form.show_best(None, None)
            self.form.show_types(resting=instrument.venue != EMBEDDED)
            self.set_state(LOADING, "Waiting for the first prices")
            self.retarget()
        self.form.fill(title, price, side)
        self._changed()

    def put_away(self, why: str) -> None:
        """Hold no order: what the other docks turned to is ordered elsewhere, as `why` says."""
        self.instrument = self._view = None
        self._changed()
        self.set_state(EMPTY, formats.plain(why, 160), icon="doc")
        self.retarget()

    def load_place(self, place: Place, title: str) -> None:
        """Turn to an order that was drafted elsewhere."""
        self.form.fill_amount(place)
        self.load(place.instrument, title, place.price, f"{place.side.name} {place.leg.value}")
        self.form.fill_type(place)

    def set_quantity(self, size: int) -> None:
        """Ask for a number of contracts."""
        self.form.set_quantity(size)

    def set_mode(self, mode: str) -> None:
        """Say what money it is: paper, demo, live or replay."""
        self._mode = mode
        self._show_money()

    def show_preview(self, preview: Preview) -> None:
        """Take the card of the draft; one of another draft is dropped."""
        if preview.instrument != self.instrument or preview.intent not in {"", self._intent()}:
            return
        self._card = preview
        self.card.show_card(preview)
        size = formats.DASH if preview.kelly_qty is None else formats.quantity(int(preview.kelly_qty))
        self.form.kelly.set_words(f"¼K {size}")
        self._show_money()

    @override
    def topics(self) -> frozenset[Topic]:
        own = () if self.instrument is None else (t.ladder(self.instrument.symbol),)
        return frozenset({t.SPINE, *own})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            if view.mode != self._mode:
                self.set_mode(view.mode)
        elif isinstance(view, LadderView) and view.instrument == self.instrument:
            self._show(view)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        stacked = self.width() < STACK_BELOW
        way = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        if way != self._halves.direction():
            self._halves.setDirection(way)
            self._halves.setStretch(0, 0 if stacked else 46)
            self._halves.setStretch(1, 1 if stacked else 54)
        super().resizeEvent(event)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._drafts.changed()  # behind another tab it asked nothing

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        elif event.type() is QEvent.Type.WindowDeactivate and self._asking:
            self._keep()
        return super().event(event)

    # What it shows

    def _show(self, view: LadderView) -> None:
        moved = self._view is None or facts(view) != facts(self._view)
        self._view = view
        self.form.show_types(resting=not view.curve)
        self.form.show_best(view.best_bid, view.best_ask)
        state = view.state if view.state in STATES else LIVE
        self.set_state(state, view.why, chip=chip_of(view.status, view.refusing))
        if moved:
            self._drafts.moved()  # the card on screen stays until its successor is there
        self._show_money()

    def _changed(self) -> None:
        """Forget the card: it was of another order."""
        self._count += 1
        self._card = None
        self._asking = False
        self.card.show_card(None)
        self._show_money()
        self._drafts.changed()

    def _intent(self) -> str:
        symbol = "" if self.instrument is None else self.instrument.symbol
        return f"{symbol}:ticket:{self.session}{self._count}"

    def _emit_draft(self) -> None:
        place = self.place()
        if place is not None and self.isVisible():
            self.draft.emit(place)

    def place(self) -> Place | None:
        """Return the order the form stands for; None when it makes none, the field at fault marked."""
        self.form.clear_wrong()
        self._wrong = ""
        if self.instrument is None:
            return None
        try:
            return self.form.place(self.instrument, self._intent())
        except Unfit as e:
            e.field.set_wrong(True)
            self._wrong = str(e)
            return None

    def _show_money(self) -> None:
        place = self.place()
        word = MODE_WORDS.get(self._mode, "PAPER")
        card = self._card
        if self.instrument is None:
            self.money.show_words("no market", "off")
        elif place is None:
            self.money.show_words(self._wrong, "off")
        elif closed := "" if self._view is None else shut(self._view, reduces=place.side is Side.SELL):
            self.money.show_words(refusal(self._view, closed), "refused")
        elif card is None:
            self.money.show_words(f"{word} {draft_words(place)}  {formats.DASH}", "waits")
        elif card.refused_by:
            code, why = formats.plain(card.refused_by, 40), formats.plain(card.refused_why)
            self.money.show_words(f"REFUSED by {code}: {why}", "refused")
        elif self._asking:
            self.money.show_words(formats.plain(" · ".join(card.warnings) or "Send it?"), "asks")
        else:
            manner = "buy" if self.form.side.value() in RISING else "sell"
            self.money.show_words(f"{word} {formats.plain(card.words, 60)}", manner)

    # What it asks for

    def _send_by_key(self) -> None:
        """Send, unless the key was pressed so soon that it was meant for what had the keyboard before."""
        if self.may_trade():
            self._send()
        else:
            self.tell(TOO_SOON)

    def _send(self) -> None:
        place = self.place()
        if place is None or self._card is None or self.money.manner not in {"buy", "sell", "asks"}:
            return
        if self._card.confirm and not self._asking:
            self._asking = True
            self._show_money()
            self.money.setFocus()
            return
        self._asking = False
        self.intent.emit(place)
        if not self._spent.isActive():
            self._spent.start(SAME_MS)
        self._show_money()

    def _next_order(self) -> None:
        """From now on another press is another order."""
        self._count += 1
        self._drafts.changed()

    def _keep(self) -> None:
        self._asking = False
        self._show_money()
        self.form.quantity.setFocus()

    def _take_best(self) -> None:
        if self._view is not None:
            self.form.take_best(self._view.best_bid, self._view.best_ask)

    def _take_kelly(self) -> None:
        if self._card is not None and self._card.kelly_qty:
            self.set_quantity(int(self._card.kelly_qty))
