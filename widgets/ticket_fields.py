"""The fields of a ticket and the order they make, or which field makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.core.commands import Place, Tif
from engine.core.ids import EMBEDDED
from engine.core.units import TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Money, Qty, Side, Ticks
from widgets import formats, theme
from widgets.controls import FlatButton
from widgets.fields import Field, Segments
from widgets.ladder_keys import cents_text, step
from widgets.ticket_form import Unfit, amount_of, label, price_of

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId

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


class TicketFields(QWidget):
    """The left half of a ticket: market, side, price, quantity, type and tag."""

    changed = Signal()
    """It stands for another order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[tuple[str, str], ...] = AT_ONCE
        self._make_fields()
        self._lay_out()
        self._wire()

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
        for field in (self.price, self.quantity):
            field.counts = True
            field.setMaxLength(12)

    def _lay_out(self) -> None:
        look = theme.current()
        grid = QGridLayout(self)
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

    def _wire(self) -> None:
        for field in (self.price, self.quantity, self.tag):
            field.textEdited.connect(self.changed)
        for choice in (self.side, self.tif):
            choice.chosen.connect(self.changed)
        self.unit.chosen.connect(self._unit_chosen)
        self.price.wheeled.connect(self._turn_price)
        self.quantity.wheeled.connect(self._turn_quantity)

    def fill(self, title: str, price: Ticks | None, side: str) -> None:
        """Fill in the name of the market, a price, None for any, and the side."""
        self.market.setText(formats.plain(title, 60))
        self.market.setCursorPosition(0)
        self.market.setToolTip(formats.tip(title))
        self.price.setText("" if price is None else cents_text(price))
        self.side.set_value(side if side in SIDES else BUY_YES)

    def fill_amount(self, place: Place) -> None:
        """Fill in the quantity or the budget of an order that was drafted elsewhere."""
        self.unit.set_value("ct" if place.qty is not None else "$" if place.budget is not None else "price")
        self._show_unit(self.unit.value())
        amount = place.qty if place.qty is not None else place.budget
        self.quantity.setText("" if amount is None else f"{amount.normalize():f}")

    def fill_type(self, place: Place) -> None:
        """Choose the type of an order that was drafted elsewhere."""
        self.show_types(resting=place.tif is Tif.GTC or place.instrument.venue != EMBEDDED)
        self.tif.set_value(POST if place.post_only else place.tif.value)

    def show_types(self, *, resting: bool) -> None:
        """Offer the kinds of orders that can be, and where that changes the first of them."""
        choices = RESTING if resting else AT_ONCE
        if self._choices is not choices:
            self._choices = choices
            self.tif.set_choices(choices)
            self.tif.set_value(choices[0][0])

    def show_best(self, bid: Ticks | None, ask: Ticks | None) -> None:
        """Show what is bid and asked on the button that takes it."""
        self.best.set_words(f"{formats.cents(bid)} / {formats.cents(ask)}")

    def take_best(self, bid: Ticks | None, ask: Ticks | None) -> None:
        """Fill in the price that trades now: the ask for who lifts it, the bid for who lowers it."""
        best = ask if self.side.value() in RISING else bid
        if best is not None:
            own = best if self.side.value().endswith("YES") else Ticks(TICKS_PER_UNIT - best)
            self.price.setText(cents_text(own))
            self.changed.emit()

    def set_quantity(self, size: int) -> None:
        """Ask for a number of contracts."""
        self.unit.set_value("ct")
        self._show_unit("ct")
        self.quantity.setText(str(size))
        self.changed.emit()

    def clear_wrong(self) -> None:
        """Let no field be marked."""
        for field in (self.price, self.quantity):
            field.set_wrong(False)

    def place(self, instrument: InstrumentId, intent: str) -> Place:
        """Return the order the fields stand for.

        Raises
        ------
        Unfit
            If they make none; names the field at fault.
        """
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
            intent=intent,
            tif=tif,
            post_only=kind == POST,
            reduce_only=side is Side.SELL,
            tag=formats.plain(self.tag.text(), LONGEST_TAG),
            origin="ticket",
        )

    def _unit_chosen(self, unit: str) -> None:
        self._show_unit(unit)
        self.changed.emit()

    def _show_unit(self, unit: str) -> None:
        self.quantity.set_unit({"ct": "ct", "$": "$"}.get(unit, ""))
        self.quantity.setEnabled(unit != "price")

    def _turn_price(self, way: int) -> None:
        try:
            price = price_of(self.price)
        except Unfit:
            return
        turned = None if price is None else price + way * TICKS_PER_CENT
        if turned is not None and 0 < turned < TICKS_PER_UNIT:  # below a cent there is no cent to go down
            self.price.setText(cents_text(Ticks(turned)))
            self.changed.emit()

    def _turn_quantity(self, way: int) -> None:
        size = formats.typed(self.quantity.text())
        if size is None or size < 0 or (size < 1 and way < 0):
            return
        self.quantity.setText("1" if size < 1 else str(step(int(size), way)))
        self.changed.emit()
