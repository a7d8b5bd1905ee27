"""The simulated options as a venue: what is followed is told closely, the rest in its turn, and expiries end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import TypeVar

from engine.core.events import BookSnapshot, Event, LinkChanged, Listed, Marked, StatusChanged
from engine.core.ids import BINANCE, DERIBIT, InstrumentId
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.sandbox import option_market as market
from engine.sandbox.coin import Coin
from engine.sandbox.option_feed import OptionFeed
from engine.sandbox.option_market import PERPETUAL, OptionMarket

T = TypeVar("T")
START = Nanos(1_790_000_000 * SECOND)


class Heard:
    """What a feed told."""

    def __init__(self) -> None:
        self.at = START
        self.events: list[Event] = []
        self.feed = OptionFeed(OptionMarket(7, Coin(7, START)), lambda: self.at)

    def emit(self, event: Event) -> bool:
        self.events.append(event)
        return True

    def tick(self, minutes: float = 1) -> list[Event]:
        self.events = []
        self.feed.tick(self.emit, self.at)
        self.at = Nanos(self.at + int(minutes * MINUTE))
        return self.events

    def of(self, kind: type[T]) -> list[T]:
        return [one for one in self.events if isinstance(one, kind)]


def followed(heard: Heard) -> InstrumentId:
    heard.tick()
    one = heard.of(Listed)[1].instruments[14].id
    heard.feed.want(frozenset({one, PERPETUAL, InstrumentId(BINANCE, "BTCUSDT"), InstrumentId(DERIBIT, "no")}))
    return one


def test_four_expiries_are_listed_and_marked_once() -> None:
    heard = Heard()
    heard.tick()
    listed = heard.of(Listed)
    assert len(listed) == 4
    assert {one.instrument for one in heard.of(Marked)} >= {i.id for one in listed for i in one.instruments}
    assert not heard.of(BookSnapshot)
    heard.tick()
    assert not heard.of(Listed)


def test_what_is_followed_has_books_and_the_rest_a_mark_in_turn() -> None:
    heard = Heard()
    one = followed(heard)
    told: list[Event] = []
    for _ in range(60):
        told += heard.tick(1 / 12)
    books = [event.instrument for event in told if isinstance(event, BookSnapshot)]
    assert set(books) == {one, PERPETUAL}
    assert 7 <= books.count(one) <= 31  # every other look, where it has changed
    others = [event.instrument for event in told if isinstance(event, Marked) and event.instrument not in set(books)]
    assert len(set(others)) == 119
    heard.feed.want(frozenset())
    assert not [event for event in heard.tick() if isinstance(event, BookSnapshot)]


def test_a_book_that_is_asked_for_again_comes_with_the_next_look() -> None:
    heard = Heard()
    one = followed(heard)
    heard.tick(0)
    heard.feed.again(frozenset({one}))
    heard.tick(0)
    assert one in {event.instrument for event in heard.of(BookSnapshot)}


def test_an_expiry_is_settled_with_all_that_is_held_and_another_is_listed() -> None:
    heard = Heard()
    heard.tick()
    expires = market.expiries(START)[0]
    old = InstrumentId(DERIBIT, market.name(market.Terms(expires, 12_000, put=False)))  # of an earlier session
    heard.feed.want(frozenset({old}))
    heard.at = Nanos(expires - 10 * SECOND)
    heard.tick(1)
    assert not heard.of(StatusChanged)
    heard.tick()
    over = heard.of(StatusChanged)
    assert len(over) == 31
    assert old in {one.instrument for one in over}
    assert {one.status for one in over} == {"settled"}
    assert len({one.result for one in over}) == 1
    assert abs(Decimal(over[0].result) / Decimal(OptionMarket(7, Coin(7, START)).index(expires)) - 1) < Decimal("0.01")
    assert [one.family.closes for one in heard.of(Listed)] == [Nanos(expires + DAY)] or len(heard.of(Listed)) == 1
    assert expires % DAY == 8 * HOUR


async def test_it_runs_until_it_is_cancelled() -> None:
    heard = Heard()
    task = asyncio.get_running_loop().create_task(heard.feed.run(heard.emit))
    await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert isinstance(heard.events[0], LinkChanged)
    assert heard.of(Listed)
