from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.core.commands import Place
from engine.core.effects import Approved, DropQuote, Follow, Look, Replace, Resnap, SignQuote, Submit, Withdraw
from engine.core.events import (
    BookSnapshot,
    BooksStale,
    Event,
    LinkChanged,
    Lost,
    Pictured,
    QuoteStood,
    QuoteTaken,
    Rejected,
)
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.instrument import Known
from engine.core.quotes import Quote, QuoteRequest
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.host import desks as module
from engine.host import handed
from engine.host import host as pump
from engine.host.desks import Desks
from engine.venues.port import Can, Capabilities, Depth, Venue
from tests.engine.host.fakes import Stand, news

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from engine.core.events import Listed
    from engine.venues.port import Emit

ONE = InstrumentId(KALSHI, "A")
STALE = BooksStale(at=Nanos(1), venue=KALSHI, instruments=(ONE,), why="test")
WHOLE = BookSnapshot(at=Nanos(1), instrument=ONE)


@dataclass
class Quiet:
    """A venue of the test: says what it is told to say and notes what it was asked."""

    says: list[Event] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    taken: list[bool] = field(default_factory=list)
    fails: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(Depth.LADDER, Can.AMEND, 10.0, "USD"))

    async def run(self, emit: Emit) -> None:
        if self.fails:
            self.fails -= 1
            msg = "a bug"
            raise ValueError(msg)
        self.taken += [emit(event) for event in self.says]
        await asyncio.Event().wait()

    def want(self, instruments: frozenset[InstrumentId]) -> None:
        self.asked.append(("want", instruments))

    def again(self, instruments: frozenset[InstrumentId]) -> None:
        self.asked.append(("again", instruments))

    async def submit(self, order: Approved) -> None:
        await self.gate.wait()
        if order.order == "o-bug":
            msg = "a bug"
            raise ValueError(msg)
        self.asked.append(("submit", order.order))

    async def cancel(self, order: Known) -> None:
        self.asked.append(("cancel", order.order))

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        self.asked.append(("amend", order.order, price, qty))

    async def picture(self, orders: Sequence[Known]) -> None:
        if any(one.order == "o-bug" for one in orders):
            msg = "a bug"
            raise ValueError(msg)
        self.asked.append(("picture", len(orders)))

    async def find(self, what: str) -> Sequence[Listed]:
        self.asked.append(("find", what))
        return ()


def submit(order: str = "o-1") -> Submit:
    place = Place(instrument=ONE, side=Side.BUY, price=Ticks(4_000), qty=Qty(Decimal(1)))
    return Submit(order=Approved(order=OrderId(order), place=place, gates=(), client=f"c-{order}"))


def known(order: str = "o-1") -> Known:
    return Known(
        client=f"c-{order}",
        order=OrderId(order),
        instrument=ONE,
        side=Side.BUY,
        leg=Leg.YES,
        price=Ticks(4_000),
        qty=Qty(Decimal(1)),
        filled=Qty(Decimal(0)),
        sent_at=Nanos(0),
    )


def wired(stand: Stand, venue: Quiet, *, feed_only: bool = False) -> Desks:
    one = Venue(KALSHI, venue, None if feed_only else venue, venue)
    return Desks([one], stand.host, asyncio.get_running_loop())


async def test_a_cancel_waits_for_its_order_and_for_no_other() -> None:
    stand, venue = Stand(), Quiet()
    desks = wired(stand, venue)
    desks.carry_out(submit("o-1"))
    desks.carry_out(Withdraw(order=OrderId("o-1"), known=known("o-1")))
    desks.carry_out(Withdraw(order=OrderId("o-2"), known=known("o-2")))
    desks.carry_out(Replace(known=known("o-3"), price=Ticks(4_100), qty=Qty(Decimal(2))))
    await stand.until(lambda: len(venue.asked) == 2)
    assert venue.asked == [("cancel", "o-2"), ("amend", "o-3", 4_100, Decimal(2))]
    venue.gate.set()
    await stand.until(lambda: len(venue.asked) == 4)
    assert venue.asked[2:] == [("submit", "o-1"), ("cancel", "o-1")]
    await stand.until(lambda: desks.waiting == 0)
    await desks.stop()


async def test_cancels_of_one_moment_leave_together_and_each_after_its_own_order() -> None:
    @dataclass
    class Batching(Quiet):
        async def cancel_many(self, orders: Sequence[Known]) -> None:
            self.asked.append(("cancel_many", *(one.order for one in orders)))
            await asyncio.sleep(0)
            if any(one.order == "o-bug" for one in orders):
                msg = "a bug"
                raise ValueError(msg)

    stand, venue = Stand(), Batching()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: None)
    desks = wired(stand, venue)

    def withdraw(*names: str) -> None:
        for name in names:
            desks.carry_out(Withdraw(order=OrderId(name), known=known(name)))

    desks.carry_out(submit("o-1"))
    withdraw("o-1", "o-2", "o-3", "o-4")
    desks.carry_out(Replace(known=known("o-2"), price=Ticks(4_100), qty=Qty(Decimal(2))))
    await stand.until(lambda: len(venue.asked) == 2)
    assert venue.asked == [("cancel_many", "o-2", "o-3", "o-4"), ("amend", "o-2", 4_100, Decimal(2))]
    withdraw("o-5")
    await stand.until(lambda: len(venue.asked) == 3)
    venue.gate.set()
    await stand.until(lambda: len(venue.asked) == 5)
    assert venue.asked[2:] == [("cancel", "o-5"), ("submit", "o-1"), ("cancel", "o-1")]
    withdraw("o-6", "o-bug")
    await stand.until(lambda: len(stand.kernel.seen) == 2)
    assert [(type(event), event.order) for event in stand.kernel.seen] == [(Lost, "o-6"), (Lost, "o-bug")]
    await desks.stop()


async def test_an_order_that_is_asked_back_while_it_is_on_its_way_is_recalled() -> None:
    @dataclass
    class Waiting(Quiet):
        def recall(self, order: OrderId) -> None:
            self.asked.append(("recall", order))

    stand, venue = Stand(), Waiting()
    desks = wired(stand, venue)
    desks.carry_out(submit("o-1"))
    desks.carry_out(Withdraw(order=OrderId("o-1"), known=known("o-1")))
    desks.carry_out(Withdraw(order=OrderId("o-2"), known=known("o-2")))  # that one has left long ago
    assert venue.asked == [("recall", "o-1")]
    venue.gate.set()
    await stand.until(lambda: len(venue.asked) == 4)
    assert [one for one in venue.asked if one[1] == "o-1"][1:] == [("submit", "o-1"), ("cancel", "o-1")]
    await desks.stop()


async def test_one_order_too_many_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ORDER_ROOM", 2)
    stand, venue = Stand(), Quiet()
    desks = wired(stand, venue)
    for number in range(3):
        desks.carry_out(submit(f"o-{number}"))
    await stand.settle()
    (refused,) = stand.kernel.seen
    assert isinstance(refused, Rejected)
    assert (refused.order, refused.code) == ("o-2", "unsent")
    desks.carry_out(Withdraw(order=OrderId("o-9"), known=known("o-9")))  # a cancel always finds room
    await stand.until(lambda: ("cancel", "o-9") in venue.asked)
    venue.gate.set()
    await stand.until(lambda: desks.waiting == 0)
    await desks.stop()


async def test_an_order_leaves_within_its_effect_where_its_gateway_can_and_its_cancel_waits_for_the_answer() -> None:
    @dataclass
    class Ready(Quiet):
        def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
            if order.order == "o-wait":
                return None
            if order.order == "o-bug":
                msg = "a bug"
                raise ValueError(msg)
            self.asked.append(("begin", order.order))
            return lambda: self.answered(order)

        async def answered(self, order: Approved) -> None:
            await self.gate.wait()
            self.asked.append(("answered", order.order))

    stand, venue, told = Stand(), Ready(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    desks = wired(stand, venue)
    desks.carry_out(submit("o-1"))
    assert venue.asked == [("begin", "o-1")]
    desks.carry_out(Withdraw(order=OrderId("o-1"), known=known("o-1")))
    desks.carry_out(submit("o-wait"))
    desks.carry_out(submit("o-bug"))
    await stand.settle()
    assert venue.asked == [("begin", "o-1")]
    assert desks.waiting == 2
    venue.gate.set()
    await stand.until(lambda: desks.waiting == 0 and len(venue.asked) == 4)
    assert [one for one in venue.asked if one[1] == "o-1"] == [("begin", "o-1"), ("answered", "o-1"), ("cancel", "o-1")]
    assert ("submit", "o-wait") in venue.asked
    await stand.until(lambda: any(isinstance(event, Lost) for event in stand.kernel.seen))
    assert [event.order for event in stand.kernel.seen if isinstance(event, Lost)] == ["o-bug"]
    assert told == ["a request about order o-bug failed"]
    await desks.stop()


async def test_orders_that_leave_together_leave_when_all_of_one_event_have_come() -> None:
    @dataclass
    class Gathering(Quiet):
        held: list[OrderId] = field(default_factory=list)

        def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
            self.held.append(order.order)
            return lambda: self.gate.wait()

        def all_handed(self) -> None:
            self.asked.append(("together", " ".join(self.held)))
            self.held.clear()

    stand, venue, waited = Stand(), Gathering(), []
    desks = wired(stand, venue)
    stand.kernel.answer = lambda event: [submit("o-1"), submit("o-2")] if event.at == 1 else []
    stand.host.emit(news(1))
    stand.host.emit(news(2))
    asyncio.get_running_loop().call_soon(lambda: waited.append(list(venue.asked)))
    await stand.until(lambda: len(stand.kernel.seen) == 2)
    assert venue.asked == [("together", "o-1 o-2")]  # once, though nothing left of the second event
    assert waited == [[("together", "o-1 o-2")]]  # before what else the loop had to do
    venue.gate.set()
    await desks.stop()


async def test_orders_that_fail_to_leave_together_stop_nobody() -> None:
    @dataclass
    class Failing(Quiet):
        def begin(self, order: Approved) -> Callable[[], Awaitable[None]] | None:
            return lambda: self.gate.wait()

        def all_handed(self) -> None:
            msg = "a bug"
            raise ValueError(msg)

    stand, venue, told = Stand(), Failing(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
    desks = wired(stand, venue)
    desks.carry_out(submit("o-1"))
    desks.all_handed()
    desks.all_handed()
    assert told == [f"orders for {KALSHI} failed to leave together"]
    venue.gate.set()
    await stand.until(lambda: desks.waiting == 0)
    await desks.stop()


async def test_an_order_for_a_venue_without_orders_was_never_sent() -> None:
    stand, venue = Stand(), Quiet()
    desks = wired(stand, venue, feed_only=True)
    desks.carry_out(submit())
    await stand.settle()
    assert isinstance(stand.kernel.seen[0], Rejected)
    await desks.stop()
    assert venue.asked == []


async def test_a_failing_gateway_loses_the_order_and_never_repeats_it() -> None:
    stand, venue = Stand(), Quiet()
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    desks = wired(stand, venue)
    venue.gate.set()
    desks.carry_out(submit("o-bug"))
    desks.carry_out(Look(venue=KALSHI, orders=(known("o-bug"),)))
    await stand.until(lambda: len(stand.kernel.seen) == 2)
    kinds = {type(event): event for event in stand.kernel.seen}
    assert isinstance(kinds[Lost], Lost)
    pictured = kinds[Pictured]
    assert isinstance(pictured, Pictured)
    assert not pictured.ok
    assert len(told) == 2
    await desks.stop()
    loop.set_exception_handler(None)


async def test_looks_and_wishes_reach_the_venue() -> None:
    stand, venue = Stand(), Quiet()
    desks = wired(stand, venue)
    desks.carry_out(Follow(venue=KALSHI, instruments=(ONE,)))
    desks.carry_out(Resnap(venue=KALSHI, instruments=(ONE,)))
    desks.carry_out(Look(venue=KALSHI, orders=(known(),)))
    await stand.until(lambda: len(venue.asked) == 3)
    assert venue.asked == [("want", frozenset({ONE})), ("again", frozenset({ONE})), ("picture", 1)]
    await desks.stop()


async def test_a_full_inbox_refuses_quotes_and_takes_what_makes_them_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "MARKET_ROOM", 1)
    stand, venue = Stand(), Quiet(says=[WHOLE, WHOLE, STALE])
    desks = wired(stand, venue, feed_only=True)
    desks.start()
    await stand.until(lambda: len(venue.taken) == 3)
    assert venue.taken == [True, False, True]
    await stand.settle()
    assert stand.kernel.seen == [WHOLE, STALE]
    await desks.stop()


async def test_a_feed_that_fails_goes_down_and_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.001)
    stand, venue = Stand(), Quiet(says=[WHOLE], fails=1)
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    desks = wired(stand, venue, feed_only=True)
    desks.start()
    await stand.until(lambda: len(stand.kernel.seen) == 2)
    down, whole = stand.kernel.seen
    assert isinstance(down, LinkChanged)
    assert (down.up, down.channel) == (False, "market")
    assert whole == WHOLE
    assert told == ["the market link of kalshi failed"]
    await desks.stop()
    loop.set_exception_handler(None)


# ---- quotes


@dataclass
class Quoting(Quiet):
    """A venue that asks for quotes."""

    emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        self.emit = emit
        await super().run(emit)

    async def quote(self, quote: Quote) -> None:
        self.asked.append(("quote", quote.client))

    async def requote(self, quote: Quote) -> None:
        self.asked.append(("requote", quote.client))

    async def unquote(self, quote: Quote) -> None:
        self.asked.append(("unquote", quote.client))

    async def quotes(self, requests: Sequence[str]) -> None:
        self.asked.append(("quotes", *requests))
        if "r-bug" in requests:
            msg = "a bug"
            raise ValueError(msg)
        if self.emit is not None and "r-lost" in requests:
            self.emit(stood("q-lost", "r-lost", "lost"))


def quote(client: str, request: str, until: int = 100 * SECOND) -> Quote:
    asked = QuoteRequest(venue=KALSHI, id=request, legs=(), qty=Qty(Decimal(1)))
    return Quote(request=asked, client=client, side=Side.BUY, qty=asked.qty, legs=(), until=Nanos(until))


def stood(client: str, request: str, status: str) -> QuoteStood:
    return QuoteStood(at=Nanos(1), venue=KALSHI, request=request, client=client, status=status)


UP = LinkChanged(at=Nanos(1), venue=KALSHI, up=True, channel="account")


async def test_quotes_that_may_have_been_taken_are_asked_for_after_a_cut() -> None:
    stand, venue = Stand(), Quoting()
    desks = wired(stand, venue)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: None)
    for client, request in (("q-1", "r-1"), ("q-2", "r-1"), ("q-3", "r-3"), ("q-4", "r-4")):
        desks.carry_out(SignQuote(quote=quote(client, request)))
    desks.carry_out(DropQuote(quote=quote("q-5", "r-bug", 0)))
    await stand.until(lambda: len(venue.asked) == 5)
    desks.learn(stood("q-3", "r-3", "cancelled"))
    desks.learn(QuoteTaken(at=Nanos(1), venue=KALSHI, request="r-4", client="q-4", trade="t", legs=()))
    desks.learn(UP)
    desks.learn(LinkChanged(at=Nanos(1), venue=KALSHI, up=False, channel="account"))
    await stand.until(lambda: len(venue.asked) == 6)
    assert venue.asked[5:] == [("quotes", "r-1", "r-bug")]
    stand.clock.at = Nanos(161 * SECOND)
    desks.carry_out(SignQuote(quote=quote("q-6", "r-6", 200 * SECOND)))
    desks.learn(UP)
    await stand.until(lambda: len(venue.asked) == 8)
    assert set(venue.asked[6:]) == {("quote", "q-6"), ("quotes", "r-6")}, "of the others nothing is told any more"
    await desks.stop()


async def test_a_quote_without_a_known_outcome_is_asked_for_some_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed, "LOOKS_S", (0.0, 0.0, 0.0))
    stand, venue = Stand(), Quoting()
    desks = wired(stand, venue)
    desks.start()
    await stand.until(lambda: venue.emit)
    desks.carry_out(SignQuote(quote=quote("q-lost", "r-lost")))
    desks.learn(stood("q-lost", "r-lost", "lost"))
    desks.learn(stood("q-lost", "r-lost", "lost"))
    await stand.until(lambda: len(stand.kernel.seen) == 5)
    for _ in range(20):
        await asyncio.sleep(0)
    assert venue.asked.count(("quotes", "r-lost")) == 3
    desks.carry_out(SignQuote(quote=quote("q-7", "r-7")))
    desks.learn(stood("q-7", "r-7", "filled"))
    await stand.until(lambda: ("quotes", "r-7") in venue.asked)  # it was taken, and nobody told of its legs
    await desks.stop()
