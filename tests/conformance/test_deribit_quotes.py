"""Block requests on Deribit's simulated server: asked, quoted, taken leg by leg, and never quoted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.effects import SignQuote
from engine.core.events import LinkChanged, QuoteRequested, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.quotes import Quote
from engine.core.units import SECOND, Nanos, Qty, Side
from engine.host.desks import Desks
from engine.venues.port import Can
from engine.venues.quoting import AnswersQuotes
from tests.engine.host.fakes import Stand
from tests.engine.venues.deribit import exchange
from tests.engine.venues.deribit.exchange import Desk, trading


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.hasten(monkeypatch)


def play(scenario: Callable[[Desk], Awaitable[None]], **fields: Any) -> None:
    async def whole() -> None:
        async with trading(**fields) as desk:
            await scenario(desk)

    asyncio.run(whole())


def spread(desk: Desk) -> list[tuple[str, str, int]]:
    """Return a call spread: the near strike bought, the one above sold twice."""
    near = desk.near()
    one = desk.pit.instruments[near]
    above = min(
        (two for two in desk.pit.instruments.values() if two.expires == one.expires and two.payoff is one.payoff
         and two.exercise > one.exercise), key=lambda two: two.exercise,
    )  # fmt: skip
    return [(near.symbol, "buy", 1), (above.id.symbol, "sell", 2)]


async def asked(desk: Desk) -> Quote:
    """Let a taker ask, and return a quote for it that is ready to be sent."""
    before = len(desk.of(QuoteRequested))
    desk.server.requests.ask(spread(desk), Decimal(25))
    await desk.until(lambda: len(desk.of(QuoteRequested)) > before)
    request = desk.of(QuoteRequested)[-1].request
    prices = (Decimal("0.03257"), Decimal("0.0101"))
    legs = tuple(replace(leg, price=price) for leg, price in zip(request.legs, prices, strict=True))
    until = Nanos(exchange.now(desk) + 30 * SECOND)
    return Quote(request=request, client="q-1", side=Side.SELL, qty=Qty(Decimal(25)), legs=legs, until=until)


def stood(desk: Desk) -> list[tuple[str, str]]:
    return [(one.client, one.status) for one in desk.of(QuoteStood)]


def test_a_request_is_heard_quoted_taken_and_told_with_every_leg_once() -> None:
    async def scenario(desk: Desk) -> None:
        assert isinstance(desk.gateway, AnswersQuotes)
        assert Can.QUOTE_REQUESTS in desk.gateway.capabilities.can
        quote = await asked(desk)
        request = quote.request
        assert [(leg.instrument.symbol, leg.side.value, int(leg.ratio)) for leg in request.legs] == spread(desk)
        assert (request.qty, request.sides) == (25, (Side.BUY, Side.SELL))
        await desk.gateway.quote(quote)
        (there,) = desk.server.requests.quotes.values()
        assert (there.direction, there.label, [leg["price"] for leg in there.legs]) == ("sell", "q-1", [0.0326, 0.0101])
        assert there.expires > there.at // 1_000_000, "it ends by itself"
        desk.server.requests.take(there)
        await desk.until(lambda: desk.of(QuoteTaken) and desk.of(QuoteRequestOver))
        (taken,) = desk.of(QuoteTaken)
        assert [(leg.side, leg.qty, leg.price) for leg in taken.legs] == [
            (Side.SELL, 25, Decimal("0.0326")), (Side.BUY, 50, Decimal("0.0101")),
        ]  # fmt: skip
        index = desk.server.bourse.index()
        assert taken.legs[0].cost == (Decimal("0.0326") * 25 * index).quantize(Decimal("0.000001"))
        assert taken.legs[0].fee > 0
        assert stood(desk)[-1] == ("q-1", "filled")
        assert desk.of(QuoteRequestOver)[-1].status == "filled"
        await desk.gateway.quotes([request.id])
        assert len(desk.of(QuoteTaken)) == 1
        await desk.gateway.picture([])
        pictured = desk.told[-1]
        assert pictured.fills == (), "a block is told as a quote, not as an order of nobody's"
        assert len(pictured.positions) == 2

    play(scenario)


def test_a_quote_is_moved_and_taken_back_and_what_cannot_be_is_refused() -> None:
    async def scenario(desk: Desk) -> None:
        quote = await asked(desk)
        await desk.gateway.quote(quote)
        await desk.gateway.quote(replace(quote, client="q-2", until=Nanos(0)))
        assert stood(desk)[-1] == ("q-2", "rejected")
        await desk.gateway.quote(replace(quote, client="q-3", legs=quote.request.legs))
        assert stood(desk)[-1] == ("q-3", "rejected"), "no leg goes without a price"
        await desk.gateway.quote(quote)
        assert stood(desk)[-1] == ("q-1", "rejected"), "one label, one quote"
        await desk.gateway.requote(replace(quote, qty=Qty(Decimal(10))))
        (there,) = desk.server.requests.quotes.values()
        assert (there.amount, there.replaced) == (10, True)
        await desk.gateway.requote(replace(quote, until=Nanos(0)))
        assert (stood(desk)[-1], there.state) == (("q-1", "lost"), "open"), "nothing was sent: it stands as it did"
        await desk.gateway.unquote(quote)
        assert stood(desk)[-1] == ("q-1", "cancelled")
        assert there.state == "cancelled"
        await desk.gateway.unquote(quote)
        assert stood(desk)[-1] == ("q-1", "lost"), "not found is no answer: it may have traded"
        await desk.gateway.quotes([quote.request.id])
        assert stood(desk)[-1] == ("q-1", "cancelled")

    play(scenario)


@pytest.mark.parametrize("kind", ["lost_reply", "error_after", "drop", "half_open"])
def test_a_quote_whose_answer_was_lost_is_looked_up_and_sent_once(kind: str) -> None:
    async def scenario(desk: Desk) -> None:
        quote = await asked(desk)
        desk.fault(kind, "WS private/add_block_rfq_quote")
        await desk.gateway.quote(quote)
        desk.lift()
        await desk.until(lambda: desk.links.get("account"))
        await desk.gateway.quotes([quote.request.id])
        done = kind in {"lost_reply", "error_after"}
        assert stood(desk)[-1] == ("q-1", "open" if done else "lost")
        assert desk.server.asked.count("private/add_block_rfq_quote") == 1
        assert len(desk.server.requests.quotes) == int(done)

    play(scenario)


def test_after_a_cut_open_requests_are_asked_for_and_missed_trades_found() -> None:
    async def scenario(desk: Desk) -> None:
        quote = await asked(desk)
        await desk.gateway.quote(quote)
        before = len(desk.of(QuoteRequested))
        desk.fault("gap", "user", channel="ws", count=99)
        desk.fault("gap", "block_rfq", channel="ws", count=99)
        (there,) = desk.server.requests.quotes.values()
        other = desk.server.requests.ask(spread(desk), Decimal(30))
        desk.server.requests.take(there)
        await asyncio.sleep(0.05)
        desk.lift()
        assert not desk.of(QuoteTaken)
        desk.server.outlets.close(1012)
        await desk.until(lambda: len(desk.of(QuoteRequested)) > before)
        assert desk.of(QuoteRequested)[-1].request.id == str(other.id)
        await desk.gateway.quotes([quote.request.id])
        assert stood(desk)[-1] == ("q-1", "filled")
        assert [len(one.legs) for one in desk.of(QuoteTaken)] == [2]

    play(scenario)


def test_a_session_hears_after_a_cut_of_a_quote_that_was_taken_meanwhile() -> None:
    async def scenario(desk: Desk) -> None:
        stand, quote = Stand(), await asked(desk)
        stand.clock.at = exchange.now(desk)
        desks = Desks([desk.venue], stand.host, asyncio.get_running_loop())
        desk.gateway._to = desks.learn
        desks.carry_out(SignQuote(quote=quote))
        await stand.until(lambda: desk.server.requests.quotes)
        for channel in ("user", "block_rfq"):
            desk.fault("gap", channel, channel="ws", count=99)
        desk.server.requests.take(*desk.server.requests.quotes.values())
        await asyncio.sleep(0.05)
        desk.lift()
        desk.server.outlets.close(1012)
        await desk.until(lambda: not desk.links["account"])
        await desk.until(lambda: desk.links["account"])
        desks.learn(next(one for one in reversed(desk.of(LinkChanged)) if one.channel == "account"))
        await stand.until(lambda: any(isinstance(one, QuoteTaken) for one in stand.kernel.seen))
        await desks.stop()

    play(scenario)


def test_requests_that_end_are_told_once() -> None:
    async def scenario(desk: Desk) -> None:
        quote = await asked(desk)
        request = desk.server.requests.requests[int(quote.request.id)]
        desk.server.requests.end(request, "expired")
        desk.server.requests.end(request, "expired")
        await desk.until(lambda: desk.of(QuoteRequestOver))
        await asyncio.sleep(0.05)
        assert [one.status for one in desk.of(QuoteRequestOver)] == ["expired"]

    play(scenario)
