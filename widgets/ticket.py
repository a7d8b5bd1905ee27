"""Order ticket: what it will cost, what it can lose, which gate stops it.

Every change of the form is a draft whose card the engine answers; until it does, the card shows dashes. The
ticket computes nothing itself, and sends only what the trader has seen the card of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Place, Tif
from engine.core.ids import EMBEDDED, InstrumentId, Topic
from engine.core.units import TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Money, Qty, Side, Ticks
from engine.views import topics as t
from engine.views.market import LadderView, Preview
from engine.views.status import SpineView
from widgets import formats, keymap, theme
from widgets.controls import FlatButton
from widgets.fields import Field, Segments
from widgets.ladder_keys import cents_text, shut, step
from widgets.ladder_strips import MODE_WORDS
from widgets.panel import EMPTY, LIVE, LOADING, STATES, Panel, chip_of
from widgets.ticket_form import Unfit, amount_of, draft_words, facts, label, price_of, refusal
from widgets.ticket_parts import Card, MoneyButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent, QShowEvent

DRAFT_MS: Final = 40
SAME_MS: Final = 300
"""Two presses within this time are one order."""
STACK_BELOW: Final = 500
LEAST: Final = (160, 160)
"""Width in pixels under which the card lies below the form."""
BUY_YES, BUY_NO, SELL_YES, SELL_NO = "BUY YES", "BUY NO", "SELL YES", "SELL NO"
SIDES: Final = {
    BUY_YES: (Side.BUY, Leg.YES),
    BUY_NO: (Side.BUY, Leg.NO),
    SELL_YES: (Side.SELL, Leg.YES),
    SELL_NO: (Side.SELL, Leg.NO),
}
RISING: Final = frozenset({BUY_YES, SELL_NO})
UNITS: Final = (("ct", "ct"), ("$", "$"), ("price", "to price"))
LONGEST_TAG: Final = 24
POST: Final = "POST"
AT_ONCE: Final = (("IOC", "IOC"), ("FOK", "FOK"))
RESTING: Final = (("GTC", "GTC"), (POST, "post only"), *AT_ONCE)
"""Where orders can rest; on a maker's curve alone they cannot."""
HELP: Final = (
    "Fill in worst price (empty: any), quantity in contracts or dollars, or up to the price. The card shows what the "
    "order would do now. Ctrl+Enter sends; a doubt is asked once, Enter sends and Esc keeps."
)


class TicketPanel(Panel):
    """The ticket dock."""

    rests_ms = 50
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
        self._choices: tuple[tuple[str, str], ...] = AT_ONCE
        self._wrong = ""
        self._drafts = self._timer(self._emit_draft)
        self._spent = self._timer(self._next_order)
        self._make_fields()
        self._lay_out()
        self._wire()
        self.set_subtitle("pre-trade card")
        self.set_state(EMPTY, "Pick a market to trade it.", icon="doc")

    def _timer(self, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(then)
        return timer

    def _make_fields(self) -> None:
        tones = {BUY_YES: "buy", SELL_NO: "buy", BUY_NO: "sell", SELL_YES: "sell"}
        self.market = Field("Market", number=False)
        self.market.setReadOnly(True)
        self.side = Segments("Side", [(k, k) for k in SIDES], tones=tones, lines=2)
        self.price = Field("Worst price in cents, empty for any", unit="c")
        self.price.setPlaceholderText("any")
        self.best = FlatButton(f"{formats.DASH} / {formats.DASH}")
        self.quantity = Field("Quantity", unit="ct")
        self.quantity.setText("10")
        self.unit = Segments("Unit of the quantity", UNITS)
        self.kelly = FlatButton(f"¼K {formats.DASH}")
        self.tif = Segments("Type", AT_ONCE)
        self.tag = Field("Tag", number=False)
        self.tag.setMaxLength(LONGEST_TAG)
        self.tag.setPlaceholderText("none")
        self.card = Card()
        self.money = MoneyButton()
        for field in (self.price, self.quantity):
            field.counts = True
            field.setMaxLength(12)

    def _lay_out(self) -> None:
        look = theme.current()
        self._form = QWidget()
        grid = QGridLayout(self._form)
        grid.setContentsMargins(10, 8, 8, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(look.size("ticketRow") - look.size("ticketField"))
        grid.setColumnMinimumWidth(0, look.size("ticketLabel") - 4)
        rows: tuple[tuple[str, QWidget, QWidget | None], ...] = (
            ("Market", self.market, None),
            ("Side", self.side, None),
            ("Price", self.price, self.best),
            ("Quantity", self.quantity, self.kelly),
            ("", self.unit, None),
            ("Type", self.tif, None),
            ("Tag", self.tag, None),
        )
        for i, (words, first, second) in enumerate(rows):
            grid.addWidget(label(words), i, 0)
            grid.addWidget(first, i, 1, 1, 1 if second else 2)
            if second:
                second.setFixedHeight(look.size("ticketField"))
                grid.addWidget(second, i, 2)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(len(rows), 1)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(0)
        self._halves.addWidget(self._form, 46)
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
        body.setFocusProxy(self.quantity)
        body.setMinimumSize(*LEAST)  # not that of its parts: stacked in a narrow place they ask for more than beside
        self.set_body(body)

    def _wire(self) -> None:
        for field in (self.price, self.quantity, self.tag):
            field.textEdited.connect(self._changed)
        for choice in (self.side, self.tif):
            choice.chosen.connect(self._changed)
        self.unit.chosen.connect(self._unit_chosen)
        self.price.wheeled.connect(self._turn_price)
        self.quantity.wheeled.connect(self._turn_quantity)
        self.best.clicked.connect(self._take_best)
        self.kelly.clicked.connect(self._take_kelly)
        self.money.sent.connect(self._send)
        self.money.kept.connect(self._keep)
        keymap.Bound("ticket.send", self, self._send_by_key, Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # What the window calls

    def load(self, instrument: InstrumentId, title: str, price: Ticks | None = None, side: str = BUY_YES) -> None:
        """Turn to an instrument and prefill; None is any price."""
        if instrument != self.instrument:
            self.instrument = instrument
            self._view = None
            self.best.set_words(f"{formats.DASH} / {formats.DASH}")
            self._show_types(resting=instrument.venue != EMBEDDED)
            self.set_state(LOADING, "Waiting for the first prices")
            self.retarget()
        self.market.setText(formats.plain(title, 60))
        self.market.setCursorPosition(0)
        self.market.setToolTip(formats.tip(title))
        self.price.setText("" if price is None else cents_text(price))
        self.side.set_value(side if side in SIDES else BUY_YES)
        self._changed()

    def put_away(self, why: str) -> None:
        """Hold no order: what the other docks turned to is ordered elsewhere, as `why` says."""
        self.instrument = self._view = None
        self._changed()
        self.set_state(EMPTY, formats.plain(why, 160), icon="doc")
        self.retarget()

    def load_place(self, place: Place, title: str) -> None:
        """Turn to an order that was drafted elsewhere."""
        self.unit.set_value("ct" if place.qty is not None else "$" if place.budget is not None else "price")
        self._show_unit(self.unit.value())
        amount = place.qty if place.qty is not None else place.budget
        self.quantity.setText("" if amount is None else f"{amount.normalize():f}")
        self.load(place.instrument, title, place.price, f"{place.side.name} {place.leg.value}")
        self._show_types(resting=place.tif is Tif.GTC or place.instrument.venue != EMBEDDED)
        self.tif.set_value("POST" if place.post_only else place.tif.value)

    def _show_types(self, *, resting: bool) -> None:
        """Offer the kinds of orders that can be, and where that changes the first of them."""
        choices = RESTING if resting else AT_ONCE
        if self._choices is not choices:
            self._choices = choices
            self.tif.set_choices(choices)
            self.tif.set_value(choices[0][0])

    def set_quantity(self, size: int) -> None:
        """Ask for a number of contracts."""
        self.unit.set_value("ct")
        self._show_unit("ct")
        self.quantity.setText(str(size))
        self._changed()

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
        self.kelly.set_words(f"¼K {size}")
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
        self._drafts.start(DRAFT_MS)  # behind another tab it asked nothing

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
        self._show_types(resting=not view.curve)
        self.best.set_words(f"{formats.cents(view.best_bid)} / {formats.cents(view.best_ask)}")
        state = view.state if view.state in STATES else LIVE
        self.set_state(state, view.why, chip=chip_of(view.status, view.refusing))
        if moved and not self._drafts.isActive():  # a market that moves all the time must not put the question off
            self._drafts.start(DRAFT_MS)  # the card on screen stays until its successor is there
        self._show_money()

    def _changed(self) -> None:
        """Forget the card: it was of another order."""
        self._count += 1
        self._card = None
        self._asking = False
        self.card.show_card(None)
        self._show_money()
        self._drafts.start(DRAFT_MS)

    def _intent(self) -> str:
        symbol = "" if self.instrument is None else self.instrument.symbol
        return f"{symbol}:ticket:{self.session}{self._count}"

    def _emit_draft(self) -> None:
        place = self.place()
        if place is not None and self.isVisible():
            self.draft.emit(place)

    def place(self) -> Place | None:
        """Return the order the form stands for; None when it makes none, the field at fault marked."""
        for field in (self.price, self.quantity):
            field.set_wrong(False)
        self._wrong = ""
        if self.instrument is None:
            return None
        try:
            return self._place(self.instrument)
        except Unfit as e:
            e.field.set_wrong(True)
            self._wrong = str(e)
            return None

    def _place(self, instrument: InstrumentId) -> Place:
        side, leg = SIDES[self.side.value()]
        price = price_of(self.price)
        unit = self.unit.value()
        amount = None if unit == "price" else amount_of(self.quantity)
        kind = self.tif.value()
        tif = Tif.GTC if kind == POST else Tif(kind)
        if unit == "price" and price is None:
            raise Unfit(self.price, "up to which price? type one")
        if price is None and tif not in {Tif.IOC, Tif.FOK}:
            raise Unfit(self.price, "an order that rests needs a price: type one, or choose IOC")
        if unit == "$" and side is Side.SELL:
            raise Unfit(self.quantity, "a budget is for buying: give the contracts to sell")
        return Place(
            instrument=instrument,
            side=side,
            leg=leg,
            price=price,
            qty=Qty(amount) if unit == "ct" and amount is not None else None,
            budget=Money(amount) if unit == "$" and amount is not None else None,
            intent=self._intent(),
            tif=tif,
            post_only=kind == POST,
            reduce_only=side is Side.SELL,
            tag=formats.plain(self.tag.text(), LONGEST_TAG),
            origin="ticket",
        )

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
            manner = "buy" if self.side.value() in RISING else "sell"
            self.money.show_words(f"{word} {formats.plain(card.words, 60)}", manner)

    # What it asks for

    def _send_by_key(self) -> None:
        """Send, unless the key was pressed so soon that it was meant for what had the keyboard before."""
        if self.may_trade():
            self._send()
        else:
            self.tell("Key ignored: the keyboard has only just come here.")

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
        self._drafts.start(DRAFT_MS)

    def _keep(self) -> None:
        self._asking = False
        self._show_money()
        self.quantity.setFocus()

    def _unit_chosen(self, unit: str) -> None:
        self._show_unit(unit)
        self._changed()

    def _show_unit(self, unit: str) -> None:
        self.quantity.set_unit({"ct": "ct", "$": "$"}.get(unit, ""))
        self.quantity.setEnabled(unit != "price")

    def _take_best(self) -> None:
        """Fill in the price that trades now: the ask for who lifts it, the bid for who lowers it."""
        if self._view is None:
            return
        rising = self.side.value() in RISING
        best = self._view.best_ask if rising else self._view.best_bid
        if best is not None:
            own = best if self.side.value().endswith("YES") else Ticks(TICKS_PER_UNIT - best)
            self.price.setText(cents_text(own))
            self._changed()

    def _take_kelly(self) -> None:
        if self._card is not None and self._card.kelly_qty:
            self.set_quantity(int(self._card.kelly_qty))

    def _turn_price(self, way: int) -> None:
        try:
            price = price_of(self.price)
        except Unfit:
            return
        if price is not None:
            self.price.setText(cents_text(Ticks(max(100, min(9900, price + way * TICKS_PER_CENT)))))
            self._changed()

    def _turn_quantity(self, way: int) -> None:
        text = self.quantity.text().strip()
        self.quantity.setText(str(step(int(text) if text.isdecimal() else 1, way)))
        self._changed()
