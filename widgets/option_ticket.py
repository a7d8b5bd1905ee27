"""The ticket of options: one order in an option, in the money it is quoted in, with what it would change.

Contracts that pay one or nothing have a ticket of their own (`widgets.ticket`); here a price has no bound of 1.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.commands import Tif
from engine.core.ids import InstrumentId, Topic
from engine.core.units import Side
from engine.views import topics
from engine.views.options import ChainRow, ChainView, OptionSide
from engine.views.status import SpineView
from widgets import formats, keymap, option_columns, option_order, paint, theme
from widgets.fields import Field, Segments
from widgets.ladder_strips import MODE_WORDS
from widgets.option_order import OptionOrder
from widgets.panel import TOO_SOON, Panel
from widgets.states import EMPTY, LIVE, LOADING, STATES
from widgets.ticket_form import label
from widgets.ticket_parts import Card, MoneyButton

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QShowEvent

    from engine.views.preview import Preview
    from widgets.option_chain import WantedOrder

POST: Final = "POST"
KINDS: Final = (("GTC", "GTC"), (POST, "POST"), ("IOC", "IOC"), ("FOK", "FOK"))
SENDS: Final = frozenset({"buy", "sell", "asks"})
"""Manners of the money button in which a press is an order."""
SAME_MS: Final = 300
DRAFT_MS: Final = 200
"""After a change, or while the market moves, until the engine is asked for the card."""
LINE: Final = 18
LARGEST: Final = Decimal(1_000_000)
DEAREST: Final = Decimal(100_000_000)
HELP: Final = (
    "One order in the option that the chain has selected. Prices are in what the option is quoted in: dollars, or the "
    "coin. Beside it stands what the order would change: the volatility of its price, its greeks, what it would cost "
    "with its fee, and the worst it could do alone over the grid of spot and volatility. Below the form are the gates "
    "that come nearest. Every gate looks at it once more when it is sent; a refusal stands in the blotter with its "
    "reason."
)


class Effect(QWidget):
    """What the order would change: names on the left, values on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[tuple[str, str], ...] = ()
        self.setMinimumWidth(130)

    def show_lines(self, lines: tuple[tuple[str, str], ...]) -> None:
        """Show names and values."""
        if lines != self.lines:
            self.lines = lines
            self.setAccessibleName(", ".join(f"{name} {value}" for name, value in lines) or "No order")
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        for n, (name, value) in enumerate(self.lines):
            line = QRect(10, 4 + LINE * n, self.width() - 20, LINE)
            if line.bottom() > self.height():
                return
            used = paint.text(p, line, value, look.number(11), look.colour("text.default"), paint.RIGHT)
            room = line.adjusted(0, 0, -round(used) - 6, 0)
            paint.text(p, room, name, look.ui(11), look.colour("text.muted"), elide=True)


class OptionTicketPanel(Panel):
    """Option ticket dock. It asks for an `OptionOrder`; whoever knows the price steps makes a command of it."""

    area = "ticket"
    rests_ms = 100
    order = Signal(object)
    """An `OptionOrder`."""
    draft = Signal(object)
    """The `OptionOrder` the form stands for; `show_preview` answers it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Option ticket", help_text=HELP, parent=parent)
        self.session = ""
        """Put before the counter of intents, so that keys of two sessions differ."""
        self.instrument: InstrumentId | None = None
        self._key = ""
        self._view: ChainView | None = None
        self._mode = "paper"
        self._count = 0
        self._said = ""
        self._closes: Side | None = None
        """The side on which the order that was loaded may only reduce; None where it may do more."""
        self._to_close = False
        """Whether the chain has shown something to close since then."""
        self._card: Preview | None = None
        self._asking = False
        """Whether the button asks if the order is meant, whatever speaks against it."""
        self._drafts = QTimer(self, singleShot=True, interval=DRAFT_MS)
        self._drafts.timeout.connect(self._draft)
        self._spent = QTimer(self, singleShot=True, interval=SAME_MS)
        self._spent.timeout.connect(self._next_order)
        self.side = Segments("Side", (("BUY", "BUY"), ("SELL", "SELL")), tones={"BUY": "buy", "SELL": "sell"})
        self.price, self.quantity = Field("Price", unit="$"), Field("Quantity")
        self.tif = Segments("Type", KINDS)
        self.quantity.setText("1")
        self.effect, self.gates, self.money = Effect(), Card(whole=False), MoneyButton()
        for field in (self.price, self.quantity):
            field.setMaxLength(16)
            field.textEdited.connect(self._changed)
        for choice in (self.side, self.tif):
            choice.chosen.connect(self._changed)
        self.money.sent.connect(self._send)
        self.money.kept.connect(self._keep)
        self.guard(self.money)
        self._lay_out()
        keymap.Bound("ticket.send", self, self._send_by_key, Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.set_state(EMPTY, "Pick an option in the chain to trade it.", icon="doc")

    def _lay_out(self) -> None:
        look, form = theme.current(), QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(10, 8, 8, 0)
        grid.setVerticalSpacing(look.size("ticketRow") - look.size("ticketField"))
        for n, (words, field) in enumerate(
            (("Side", self.side), ("Price", self.price), ("Quantity", self.quantity), ("Type", self.tif))
        ):
            grid.addWidget(label(words), n, 0)
            grid.addWidget(field, n, 1)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.gates, 4, 0, 1, 2)
        grid.setRowStretch(4, 1)
        body, halves, foot = QWidget(), QHBoxLayout(), QHBoxLayout()
        halves.setSpacing(0)
        halves.addWidget(form, 55)
        halves.addWidget(self.effect, 45)
        foot.setContentsMargins(10, 6, 10, 8)
        foot.addWidget(self.money)
        whole = QVBoxLayout(body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(halves, 1)
        whole.addLayout(foot)
        body.setFocusProxy(self.quantity)
        self.set_body(body)

    # What it shows

    @override
    def topics(self) -> frozenset[Topic]:
        key = topics.chain_key(self._key)
        return frozenset({topics.SPINE} | ({topics.chain(key)} if key is not None else set()))

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        if isinstance(view, SpineView):
            self._mode = view.mode
        elif isinstance(view, ChainView) and view.key == self._key:
            self._view = view
            self._follow_position()
            if self._found() is not None:
                state = view.state if view.state in STATES else LIVE
                self.set_state(state, view.note)
            if not self._drafts.isActive():  # a market that moves all the time must not put the question off
                self._drafts.start()
        self._show()

    def set_chain(self, key: str) -> None:
        """Follow the chain of the link group."""
        if key != self._key and topics.chain_key(key) is not None:
            self._key, self._view = key, None
            self.retarget()

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Turn to an option; its price begins empty."""
        if instrument != self.instrument:
            self.instrument, self._closes = instrument, None
            self.price.setText("")
            self._changed()
            if self.state == EMPTY:
                self.set_state(LIVE if self._found() is not None else LOADING, "Waiting for the option's chain")

    def load_order(self, wanted: WantedOrder) -> None:
        """Take an order that was drafted elsewhere; nothing is sent."""
        self.set_instrument(wanted.instrument)
        self.side.set_value(wanted.side.name)
        self._closes, self._to_close = (wanted.side if wanted.reduce_only else None), False
        if wanted.tif is not None and wanted.tif.value in dict(KINDS):
            self.tif.set_value(wanted.tif.value)
        self.price.setText("" if wanted.price is None else f"{Decimal(repr(round(wanted.price, 8))).normalize():f}")
        if wanted.qty is not None:
            self.quantity.setText(f"{wanted.qty.normalize():f}")
        self._changed()
        self._follow_position()

    def _follow_position(self) -> None:
        """Begin anew once what was to be closed is closed: the next order on that side would open a position.

        Price and size go, too: a second press must not send as an opening what was loaded as a closing.
        """
        found = self._found()
        if self._closes is None or found is None:
            return
        held = found[1].qty
        if held > 0 if self._closes is Side.SELL else held < 0:
            self._to_close = True
        elif self._to_close:
            self._closes, self._to_close = None, False
            self.price.setText("")
            self.quantity.setText("")
            self._changed()
            self.say("closed: nothing is left to close")

    def say(self, words: str) -> None:
        """Say why the order could not be made."""
        self._said = formats.plain(words)
        self._show()

    def _found(self) -> tuple[ChainRow, OptionSide, bool] | None:
        """Return row and half of the option in the chain."""
        for row in () if self._view is None else self._view.rows:
            for put, one in ((False, row.call), (True, row.put)):
                if one is not None and one.instrument == self.instrument:
                    return row, one, put
        return None

    def _changed(self) -> None:
        self._count += 1
        self._said = ""
        self._card, self._asking = None, False
        self.gates.show_card(None)
        self._drafts.start()
        self._show()

    def _draft(self) -> None:
        wanted = self.wanted()
        if isinstance(wanted, OptionOrder) and self.isVisible():
            self.draft.emit(wanted)

    def show_preview(self, card: Preview) -> None:
        """Take what the engine says of the draft; of another draft it is dropped."""
        wanted = self.wanted()
        if isinstance(wanted, OptionOrder) and (card.instrument, card.intent) == (wanted.instrument, wanted.intent):
            self._card = card
            self.gates.show_card(card)
            self._show()

    def wanted(self) -> OptionOrder | str:
        """Return the order the form stands for, or why there is none."""
        if self.instrument is None:
            return "no option"
        price, qty = formats.typed(self.price.text()), formats.typed(self.quantity.text())
        self.price.set_wrong(price is None or not 0 < price <= DEAREST)
        self.quantity.set_wrong(qty is None or not 0 < qty <= LARGEST)
        if price is None or not 0 < price <= DEAREST:
            return "which price? type one"
        if qty is None or not 0 < qty <= LARGEST:
            return "how many? a number above 0"
        kind = self.tif.value()
        tif = Tif.GTC if kind == POST else Tif(kind)
        side = Side.BUY if self.side.value() == "BUY" else Side.SELL
        intent = f"{self.instrument.symbol}:options:{self.session}{self._count}"
        return OptionOrder(self.instrument, side, price, qty, tif, kind == POST, intent, side is self._closes)

    def _show(self) -> None:
        found, view = self._found(), self._view
        wanted = self.wanted()
        if found is not None and view is not None:
            row, one, put = found
            name = f"{'P' if put else 'C'} {formats.exact(row.strike)} {option_columns.expiry_words(view.expires)}"
            self.set_subtitle(f"{name} · {view.venue_title}")
            self.price.set_unit(view.currency if len(view.currency) <= 4 else "$")
            self.effect.show_lines(option_order.effects(row, one, put, view, wanted, self._card))
        else:  # its chain is not here yet, or lists it no more: nothing of the option before it may stand here
            self.set_subtitle("" if self.instrument is None else self.instrument.symbol)
            self.effect.show_lines(())
        word = MODE_WORDS.get(self._mode, "PAPER")
        if self._said:
            self.money.show_words(self._said, "refused")
        elif isinstance(wanted, str):
            self.money.show_words(wanted, "off")
        elif view is None:
            self.money.show_words("waiting for the option's chain", "waits")
        elif found is None:
            self.money.show_words("not in this chain: pick an option", "waits")
        elif view.state == "halted":
            self.money.show_words(view.note or "trading is halted", "refused")
        elif self._card is not None and self._card.refused_by:
            code, why = formats.plain(self._card.refused_by, 40), formats.plain(self._card.refused_why)
            self.money.show_words(f"REFUSED by {code}: {why}", "refused")
        elif self._asking and self._card is not None:
            self.money.show_words(formats.plain(" · ".join(self._card.warnings) or "Send it?"), "asks")
        else:
            words = f"{word} {wanted.side.name} {wanted.qty.normalize():f} @ {wanted.price.normalize():f}"
            words += " · reduce only" if wanted.reduce_only else ""
            self.money.show_words(words, "buy" if wanted.side is Side.BUY else "sell")

    # What it asks for

    def _send_by_key(self) -> None:
        if self.may_trade():
            self._send()
        else:
            self.tell(TOO_SOON)

    def _send(self) -> None:
        """Send the order; where its card has something against it that is no refusal, ask once first."""
        wanted = self.wanted()
        if self._card is None and self.money.manner in SENDS:
            self._draft()  # pressed before it was asked for: it is answered at once
        if not isinstance(wanted, OptionOrder) or self.money.manner not in SENDS:
            return
        if self._card is not None and self._card.confirm and not self._asking:
            self._asking = True
            self._show()
            self.money.setFocus()
            return
        self._asking = False
        self.order.emit(wanted)
        if not self._spent.isActive():
            self._spent.start()
        self._show()

    def _keep(self) -> None:
        """Think better of it."""
        self._asking = False
        self._show()
        self.quantity.setFocus()

    def _next_order(self) -> None:
        """From now on another press is another order."""
        self._count += 1
        self._drafts.start()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._drafts.start()  # behind another tab it asked nothing

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowActivate:
            self.hold_off()
        elif event.type() is QEvent.Type.WindowDeactivate and self._asking:
            self._keep()
        return super().event(event)
