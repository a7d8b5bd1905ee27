"""Quotes and requests: they survive the journal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core import codec
from engine.core.events import QuoteRequested, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.quotes import QuoteFill, QuoteLeg, QuoteRequest
from engine.core.units import Money, Nanos, Qty, Side
from engine.kernel.step import Kernel

CALL = InstrumentId(DERIBIT, "BTC-27NOV26-90000-C")
LEG = QuoteLeg(instrument=CALL, side=Side.BUY, ratio=Decimal(1))
REQUEST = QuoteRequest(venue=DERIBIT, id="722", legs=(LEG,), qty=Qty(Decimal(25)), sides=(Side.SELL,))
FILL = QuoteFill(
    trade_id="771", instrument=CALL, side=Side.SELL, price=Decimal("0.03"), qty=Qty(Decimal(25)),
    cost=Money(Decimal("0.75")), fee=Money(Decimal("0.0075")), fee_currency="BTC", at=Nanos(7),
)  # fmt: skip
EVENTS = (
    QuoteRequested(at=Nanos(7), request=REQUEST),
    QuoteRequestOver(at=Nanos(8), venue=DERIBIT, request="722", status="expired"),
    QuoteStood(at=Nanos(8), venue=DERIBIT, request="722", client="q-1", status="open", venue_quote="1301"),
    QuoteTaken(at=Nanos(9), venue=DERIBIT, request="722", client="q-1", trade="BLOCK-423", legs=(FILL,)),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
def test_what_is_told_of_quotes_survives_the_journal_and_is_taken_in(event) -> None:
    assert codec.decode(codec.encode(event)) == event
    Kernel().step(event)
