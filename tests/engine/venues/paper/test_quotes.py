"""On paper quotes stand with a simulated taker: some are taken whole at their price, others let go."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal

from engine.core.events import LinkChanged, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.ids import InstrumentId, VenueId
from engine.core.quotes import Quote, QuoteLeg, QuoteRequest
from engine.core.units import Nanos, Qty, Side
from engine.venues.paper.quotes import PaperQuotes
from engine.venues.quoting import AnswersQuotes

RYSK = VenueId("rysk")
LEG = QuoteLeg(instrument=InstrumentId(RYSK, "BTC-C"), side=Side.BUY, price=Decimal("1200.5"))
REQUEST = QuoteRequest(venue=RYSK, id="r", legs=(LEG,), qty=Qty(Decimal(2)))
QUOTE = Quote(request=REQUEST, client="1", side=Side.BUY, qty=REQUEST.qty, legs=(LEG,), until=Nanos(100))


async def told(takes: float, quote: Quote = QUOTE, *, back: bool = False) -> list:
    found: list = []
    one = PaperQuotes(RYSK, lambda: Nanos(7), random.Random(1), takes=takes, thinks_s=(0.0, 0.0))
    assert isinstance(one, AnswersQuotes)
    running = asyncio.create_task(one.run(lambda event: found.append(event) or True))
    await asyncio.sleep(0)
    await one.quote(quote)
    if back:
        await one.unquote(quote)
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return found


async def test_a_quote_that_is_taken_trades_whole_at_its_price() -> None:
    up, stood, taken, over = await told(1.0)
    assert isinstance(up, LinkChanged)
    assert (stood.status, stood.best) == ("open", True)
    assert isinstance(taken, QuoteTaken)
    (fill,) = taken.legs
    assert (taken.client, fill.side, fill.qty, fill.cost) == ("1", Side.BUY, 2, Decimal(2401))
    assert over == QuoteRequestOver(at=Nanos(7), venue=RYSK, request="r", status="filled")


async def test_one_that_is_not_taken_ends_without_a_trade_and_one_taken_back_is_gone() -> None:
    assert [type(e) for e in await told(0.0)][2:] == [QuoteRequestOver]
    assert [e.status for e in await told(1.0, back=True) if isinstance(e, QuoteStood)] == ["open", "cancelled"]


async def test_one_whose_time_is_over_is_refused() -> None:
    late = Quote(request=REQUEST, client="1", side=Side.BUY, qty=REQUEST.qty, legs=(LEG,), until=Nanos(7))
    assert [e.status for e in await told(1.0, late) if isinstance(e, QuoteStood)] == ["rejected"]
