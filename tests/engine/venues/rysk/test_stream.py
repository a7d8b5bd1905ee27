"""Over real sockets: requests come in, signed quotes go out and are checked, and what became of them comes back."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import replace as changed
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from engine.core.events import LinkChanged, Listed, QuoteRequested, QuoteStood, QuoteTaken
from engine.core.quotes import Quote, QuoteLeg
from engine.core.units import SECOND, Nanos, Side
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault, FaultDesk
from engine.sandbox.servers.rysk import SHAPES, RyskServer
from engine.venues.rysk import venue
from engine.venues.rysk.endpoints import DEMO
from engine.venues.rysk.keys import RyskKeys
from engine.venues.rysk.maker import RyskMaker
from tests.engine.venues.rysk.frames import ASSETS, WETH, terms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MAKER = RyskKeys(private_key=0xA11CE)
EXPIRY = int(time.time()) + 10 * 86_400


def wall() -> Nanos:
    return Nanos(time.time_ns())


async def seen(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
            await asyncio.sleep(0.005)


class Stage:
    """A server, a venue of ours, and all it told."""

    def __init__(self, server: RyskServer, made: Any, desk: FaultDesk) -> None:
        self.server = server
        self.venue = made
        self.desk = desk
        self.told: list[Any] = []
        self.nonce = time.time_ns() // 1_000_000

    def emit(self, event: Any) -> bool:
        self.told.append(event)
        return True

    async def until(self, kind: type, count: int = 1, **terms_: Any) -> Any:
        """Wait for the events of a kind, and return the last of so many."""
        async with asyncio.timeout(10):
            while True:
                found = [
                    e for e in self.told if isinstance(e, kind) and all(getattr(e, k) == v for k, v in terms_.items())
                ]
                if len(found) >= count:
                    return found[count - 1]
                await asyncio.sleep(0.005)

    @property
    def where(self) -> Any:
        """Where the server is."""
        return self.venue.gateway._where

    def stands(self) -> bool:
        """Whether requests are heard and quotes can be sent."""
        return bool(self.server.listeners(WETH) and self.server.makers and self.venue.gateway.link.stats.up)

    async def ready(self) -> None:
        """Wait until it does."""
        async with asyncio.timeout(10):
            while True:
                if self.stands():
                    return
                await asyncio.sleep(0.005)

    def quote(self, asked: QuoteRequested, price: str = "41.5") -> Quote:
        self.nonce += 1
        leg = QuoteLeg(instrument=asked.request.legs[0].instrument, side=Side.BUY, price=Decimal(price))
        until = Nanos((wall() + 30 * SECOND) // SECOND * SECOND)
        return Quote(
            request=asked.request, client=str(self.nonce), side=asked.request.sides[0], qty=asked.request.qty,
            legs=(leg,), until=until,
        )  # fmt: skip


@asynccontextmanager
async def stage(window_s: float = 0.15) -> AsyncIterator[Stage]:
    desk = FaultDesk(random.Random(1), time.monotonic)
    server = RyskServer(desk, DEMO, ASSETS, wall, window_s=window_s)
    runner, port = await serve(server.app())
    where = changed(DEMO, rest=f"http://127.0.0.1:{port}", socket=f"ws://127.0.0.1:{port}")
    made = venue.build(where, MAKER, wall, random.Random(1))
    one = Stage(server, made, desk)
    assert isinstance(made.gateway, RyskMaker)
    tasks = [asyncio.create_task(made.feed.run(one.emit)), asyncio.create_task(made.gateway.run(one.emit))]
    try:
        await one.ready()
        yield one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()


async def test_a_request_is_quoted_confirmed_in_each_shape_and_booked_by_its_number() -> None:
    async with stage() as one:
        for number, shape in enumerate(SHAPES):
            one.server.ask(f"rfq-{number}", terms(expiry=EXPIRY), shape=shape)
            asked = await one.until(QuoteRequested, number + 1)
            quote = one.quote(asked)
            await one.venue.gateway.quote(quote)
            stood = await one.until(QuoteStood, number + 1, best=True)
            assert (stood.client, stood.status, stood.best_price) == (quote.client, "open", Decimal("41.5"))
            taken = await one.until(QuoteTaken, number + 1)
            (fill,) = taken.legs
            assert (taken.client, taken.request) == (quote.client, f"rfq-{number}")
            assert (fill.side, fill.price, fill.qty, fill.cost) == (Side.BUY, Decimal("41.5"), 1, Decimal("41.5"))
            assert fill.instrument == quote.legs[0].instrument
        assert len([e for e in one.told if isinstance(e, Listed)]) == 1


async def test_the_trade_of_another_maker_is_none_of_ours_though_his_number_be_the_same() -> None:
    async with stage() as one:
        other = RyskMaker(one.where, RyskKeys(private_key=0xB0B), {}, wall, random.Random(2))
        his: list[Any] = []
        task = asyncio.create_task(other.run(lambda event: his.append(event) or True))
        try:
            await seen(lambda: other.link.stats.up)
            one.server.ask("r", terms(expiry=EXPIRY))
            ours = one.quote(await one.until(QuoteRequested), "40")
            await one.venue.gateway.quote(ours)
            await one.until(QuoteStood, best=True)
            theirs = replace(ours, legs=(replace(ours.legs[0], price=Decimal("41.5")),))
            await other.quote(theirs)
            await seen(lambda: any(isinstance(event, QuoteTaken) for event in his))
            one.server.ask("mark", terms(expiry=EXPIRY))  # a frame after it on our socket, whose answer we see
            await one.venue.gateway.quote(one.quote(await one.until(QuoteRequested, 2)))
            await one.until(QuoteStood, request="mark")
            assert not [event for event in one.told if isinstance(event, QuoteTaken) and event.client == ours.client]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_who_is_beaten_hears_by_what_and_a_second_quote_needs_a_new_number() -> None:
    async with stage(5.0) as one:
        one.server.ask("r", terms(expiry=EXPIRY))
        asked = await one.until(QuoteRequested)
        first = one.quote(asked, "41.5")
        await one.venue.gateway.quote(first)
        await one.until(QuoteStood, best=True)
        await one.venue.gateway.quote(one.quote(asked, "40"))
        beaten = await one.until(QuoteStood, best=False)
        assert beaten.best_price == Decimal("41.5")
        await one.venue.gateway.quote(first)
        refused = await one.until(QuoteStood, status="rejected")
        assert "nonce was spent" in refused.text
        await one.venue.gateway.unquote(first)
        assert "takes no quote back" in one.told[-1].text


async def test_a_quote_signed_for_another_contract_or_with_another_type_is_refused() -> None:
    async with stage(5.0) as one:
        one.server.ask("r", terms(expiry=EXPIRY))
        asked = await one.until(QuoteRequested)
        one.server.where = changed(one.server.where, contract="0x" + "12" * 20)
        await one.venue.gateway.quote(one.quote(asked))
        assert "signature" in (await one.until(QuoteStood, status="rejected")).text


async def test_streams_come_back_after_a_cut_and_an_unanswered_quote_is_lost() -> None:
    async with stage(5.0) as one:
        one.server.ask("r", terms(expiry=EXPIRY))
        asked = await one.until(QuoteRequested)
        one.desk.add(Fault(kind="gap", venue="rysk", channel="ws", match="reply", count=1))
        await one.venue.gateway.quote(one.quote(asked))
        one.server.outlets.close()
        assert (await one.until(QuoteStood, status="lost")).text == "the link broke before its answer came"
        await one.until(LinkChanged, up=False, channel="account")
        await one.until(LinkChanged, 2, up=True, channel="account")
        await one.ready()
        one.server.ask("again", terms(expiry=EXPIRY))
        assert (await one.until(QuoteRequested, 2)).request.id == "again"


async def test_a_quote_is_not_signed_once_its_time_is_over_or_while_the_link_is_down() -> None:
    async with stage(5.0) as one:
        one.server.ask("r", terms(expiry=EXPIRY))
        quote = one.quote(await one.until(QuoteRequested))
        await one.venue.gateway.quote(replace(quote, until=Nanos(wall() - 1)))
        assert one.told[-1].status == "rejected"
        one.venue.gateway.link.stats.up = False
        await one.venue.gateway.quote(quote)
        assert (one.told[-1].status, one.told[-1].text) == ("rejected", "the maker's link is down")
        assert not one.server.asked["r"].quotes
