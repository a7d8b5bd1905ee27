from __future__ import annotations

import hashlib
from collections import Counter
from itertools import takewhile

import msgspec
import pytest

from engine.book.ladder import Ladder
from engine.core.events import (
    BookDelta,
    BookSnapshot,
    Event,
    GridChanged,
    LinkChanged,
    Listed,
    StatusChanged,
    Trade,
)
from engine.core.ids import BINANCE, POLYMARKET, InstrumentId
from engine.core.units import HOUR, SECOND, Nanos, Side
from engine.sandbox import day
from engine.sandbox.venues import events


@pytest.fixture
def told(stations):
    """Return a function from a seed and hours to what the venues tell in them."""

    def make(seed: int = 1, hours: float = 2.0) -> list[Event]:
        end = Nanos(day.START + int(hours * HOUR))
        return list(takewhile(lambda e: e.at < end, events(seed, day.START, stations)))

    return make


def test_it_is_ordered_by_time_and_the_same_for_a_seed(told) -> None:
    digests = []
    for seed in (1, 1, 2):
        found = told(seed, 0.5)
        assert [e.at for e in found] == sorted(e.at for e in found)
        digests.append(hashlib.sha256(msgspec.msgpack.encode(found)).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_links_come_up_then_families_then_their_books(told) -> None:
    found = told(hours=0.01)
    assert [(e.venue, e.up) for e in found[:3] if isinstance(e, LinkChanged)] == [
        ("kalshi", True), ("polymarket", True), ("binance", True),
    ]  # fmt: skip
    listed = [e for e in found if isinstance(e, Listed)]
    assert [e.family.group for e in listed] == [
        "Crypto · spot", *["Weather · high"] * 3, *["Crypto · 5 min"] * 3, *["Weather · high"] * 3,
    ]  # fmt: skip
    members = [m for e in listed[1:] for m in e.family.members]
    assert [e.instrument for e in found if isinstance(e, BookSnapshot)] == members


def test_books_follow_and_never_cross(told) -> None:
    books: dict[object, Ladder] = {}
    for event in told(hours=3):
        if isinstance(event, BookSnapshot):
            books.setdefault(event.instrument, Ladder()).snapshot(event.bids, event.asks)
        elif isinstance(event, BookDelta):
            book = books[event.instrument]
            book.put(event.side, event.price, event.lots)
            assert (book.best_bid, book.best_ask) == (event.best_bid, event.best_ask)
            assert not book.crossed
    assert len(books) > 40


def test_what_is_closed_is_empty_and_silent(told) -> None:
    closed = set()
    for event in told():
        if isinstance(event, StatusChanged) and event.status == "closed":
            closed.add(event.instrument)
        elif isinstance(event, BookDelta | Trade):
            assert event.instrument not in closed
        elif isinstance(event, BookSnapshot) and event.instrument in closed:
            assert not event.bids
            assert not event.asks
    assert len(closed) >= 20


def test_every_window_ends_with_a_result(told) -> None:
    results = [e.result for e in told() if isinstance(e, StatusChanged) and e.status == "settled"]
    assert len(results) >= 20
    assert set(results) == {"yes", "no"}


def test_the_demo_gets_at_most_forty_a_real_second(told) -> None:
    found = told(hours=4)
    per_real_second = Counter(e.at // (120 * SECOND) for e in found if e.at > day.START)
    assert sum(per_real_second.values()) / len(per_real_second) <= 32
    assert sorted(per_real_second.values())[len(per_real_second) * 3 // 4] <= 40


def test_facts_are_those_a_directory_gives(told) -> None:
    found = told(hours=3)
    for event in found:
        if isinstance(event, Listed):
            for instrument in event.instruments:
                assert instrument.family == event.family.id
                if instrument.id.venue == POLYMARKET:
                    assert instrument.fact("neg_risk") == ("1" if event.family.negative_risk else "0")
                    assert int(instrument.fact("yes_token")) != int(instrument.fact("no_token"))
                    assert instrument.least == 5
    assert any(isinstance(e, GridChanged) for e in found)
    trades = [e for e in found if isinstance(e, Trade) and e.instrument.venue == BINANCE]
    assert len(trades) > 100
    assert len({e.trade_id for e in trades}) == len(trades)


def test_a_book_asked_for_anew_is_told_whole_as_it_stands(stations) -> None:
    asked: set[InstrumentId] = set()
    wanted: set[InstrumentId] = set()
    books: dict[InstrumentId, Ladder] = {}
    told: set[InstrumentId] = set()
    for event in events(1, day.START, stations, again=asked):
        if isinstance(event, BookSnapshot):
            theirs = _filled(event)
            if event.instrument in wanted:
                ours = books[event.instrument]
                assert [list(ours.walk(side)) for side in Side] == [list(theirs.walk(side)) for side in Side]
                told.add(event.instrument)
            books[event.instrument] = theirs
        elif isinstance(event, BookDelta):
            books[event.instrument].put(event.side, event.price, event.lots)
        if event.at > day.START + HOUR // 4 and not wanted:
            wanted = {one for one, book in books.items() if book.best_bid is not None}
            asked |= {*wanted, InstrumentId(POLYMARKET, "nobody's")}
        if wanted and told == wanted:
            break
    assert wanted
    assert not asked


def _filled(event: BookSnapshot) -> Ladder:
    book = Ladder()
    book.snapshot(event.bids, event.asks)
    return book
