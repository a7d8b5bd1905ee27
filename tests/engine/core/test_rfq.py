"""What the desk is asked, and what it wants signed, goes through the journal whole."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core import codec
from engine.core.commands import CloseTrade, EditSpread, HedgeNow, ManualTrade, Pass, Quote
from engine.core.effects import DropQuote, SignQuote
from engine.core.events import Asked, QuoteStood
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.quotes import Quote as Quoted
from engine.core.quotes import QuoteLeg, QuoteRequest
from engine.core.rfq import trace_of
from engine.core.units import Nanos, Qty, Side

CALL = InstrumentId(DERIBIT, "ETH-9OCT26-3000-C")
LEG = QuoteLeg(instrument=CALL, side=Side.BUY, price=Decimal("41.5"))
REQUEST = QuoteRequest(venue=DERIBIT, id="b7c2", legs=(LEG,), qty=Qty(Decimal(1)))
QUOTE = Quoted(
    request=REQUEST, client=str(2**64 - 1), side=Side.BUY, qty=REQUEST.qty, legs=(LEG,), until=Nanos(9)
)  # fmt: skip
TRACE = trace_of(REQUEST.venue, REQUEST.id)
COMMANDS = (
    Quote(trace=TRACE),
    Pass(trace=TRACE),
    EditSpread(trace=TRACE, edge_bps=Decimal("12.5")),
    ManualTrade(intent="m-1", legs=(LEG,), qty=REQUEST.qty, with_whom="desk"),
    HedgeNow(underlying="ETH"),
    CloseTrade(trace=TRACE, why="hedged by phone"),
)
EVENTS = (
    QuoteStood(at=Nanos(2), venue=DERIBIT, request="b7c2", client="1", status="open", best=False, best_price=LEG.price),
    *(Asked(at=Nanos(6), command=one, pressed_at=Nanos(6)) for one in COMMANDS),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(getattr(e, "command", e)).__name__)
def test_each_comes_back_from_the_journal_as_it_went_in(event) -> None:
    assert codec.decode(codec.encode(event)) == event


def test_signing_and_taking_back_have_other_digests() -> None:
    one, other = SignQuote(quote=QUOTE), DropQuote(quote=QUOTE)
    assert len({codec.digest([one]), codec.digest([other]), codec.digest([one, other])}) == 3


def test_a_trace_names_source_and_request() -> None:
    assert TRACE == "rfq:deribit:b7c2"
