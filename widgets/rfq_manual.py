"""The form of a trade that was agreed elsewhere: a listed option, what we did, its price. The desk then hedges it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.core.quotes import QuoteLeg
from engine.core.units import Qty, Side
from widgets import formats
from widgets.controls import FlatButton
from widgets.fields import Field, Segments

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId

MOST: Final = Decimal(100_000_000)


class ManualForm(QWidget):
    """Fields of one manual trade in the option that its link group looks at; hidden until it is asked for."""

    booked = Signal(object, object, str)
    """Legs, quantity and with whom."""
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.instrument: InstrumentId | None = None
        self.option = Field("Option, as the chain has it selected", number=False)
        self.option.setReadOnly(True)
        self.option.setPlaceholderText("pick an option in the chain")
        self.qty, self.price = Field("Size"), Field("Price, in what the option is quoted in")
        self.whom = Field("With whom", number=False)
        self.whom.setMaxLength(64)
        self.whom.setPlaceholderText("with whom")
        self.side = Segments("What we did", (("buy", "We bought"), ("sell", "We sold")), height=22)
        self.book, self.close_button = FlatButton("Book and hedge"), FlatButton("Close")
        for one, words in ((self.qty, "size"), (self.price, "price")):
            one.setPlaceholderText(words)
            one.setMaxLength(16)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 4, 8, 4)
        whole.setSpacing(4)
        for parts in ((self.option, self.side), (self.qty, self.price, self.whom), (self.book, self.close_button)):
            row = QHBoxLayout()
            row.setSpacing(4)
            for part in parts:
                row.addWidget(part, 1 if isinstance(part, Field) else 0)
            if parts[0] is self.book:
                row.addStretch(1)
            whole.addLayout(row)
        self.book.clicked.connect(self._book)
        self.close_button.clicked.connect(self.left)
        self.hide()

    def set_instrument(self, instrument: InstrumentId) -> None:
        """Take another option; a price that was typed was one of the option before it."""
        if self.instrument not in {None, instrument}:
            self.price.clear()
        self.instrument = instrument
        self.option.setText(formats.plain(instrument.symbol, 60))

    def trade(self) -> tuple[tuple[QuoteLeg, ...], Qty] | None:
        """Return the leg and how many; None where a field is at fault, which is marked."""
        numbers = []
        for field in (self.qty, self.price):
            value = formats.typed(field.text())
            wrong = value is None or not 0 < value <= MOST
            field.set_wrong(wrong)
            numbers.append(None if wrong else value)
        qty, price = numbers
        self.option.set_wrong(self.instrument is None)
        if qty is None or price is None or self.instrument is None:
            return None
        side = Side.BUY if self.side.value() == "buy" else Side.SELL
        return (QuoteLeg(instrument=self.instrument, side=side, price=price),), Qty(qty)

    def _book(self) -> None:
        found = self.trade()
        if found is not None:
            self.booked.emit(*found, formats.plain(self.whom.text(), 64))
