from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.events import BookDelta, BookSnapshot, BooksStale, Event, LinkChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.host import inbox as module
from engine.host.inbox import Inbox

ONE = InstrumentId(KALSHI, "A")
LEVELS = [Ticks(4_000), Ticks(4_100)]


def delta(price: int, lots: int, *, by: bool = False, best: int | None = None) -> BookDelta:
    best_bid = None if best is None else Ticks(best)
    return BookDelta(
        at=Nanos(1), instrument=ONE, side=Side.BUY, price=Ticks(price), lots=Lots(lots), by=by, best_bid=best_bid
    )


def book(events: list[Event]) -> dict[int, int]:
    """Return the bids that events leave behind."""
    bids: dict[int, int] = {}
    for event in events:
        if isinstance(event, BookSnapshot):
            bids = {int(p): int(n) for p, n in event.bids}
        elif isinstance(event, BookDelta):
            bids[event.price] = bids.get(event.price, 0) + event.lots if event.by else event.lots
    return {p: n for p, n in bids.items() if n}


def drained(box: Inbox) -> list[Event]:
    return [box.take() for _ in range(len(box))]


def test_a_full_inbox_refuses_and_counts_but_never_what_is_insisted_on() -> None:
    box = Inbox(2)
    assert [box.put(delta(4_000, n)) for n in range(3)] == [True, True, False]
    stale = BooksStale(at=Nanos(2), venue=KALSHI, instruments=(ONE,), why="overflow")
    box.insist(stale)
    assert (box.refused, box.deepest, len(box)) == (1, 3, 3)
    assert drained(box)[-1] is stale


def test_a_backlog_tells_each_level_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 1)
    box = Inbox(10)
    for event in [delta(1, 1), delta(2, 5, best=2), delta(2, 7, best=2), delta(2, 3, by=True)]:
        assert box.put(event)
    assert box.merged == 2
    first, merged = drained(box)
    assert first == delta(1, 1)
    assert merged == delta(2, 10)


def test_a_whole_book_between_keeps_changes_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 0)
    box = Inbox(10)
    whole = BookSnapshot(at=Nanos(1), instrument=ONE, bids=((Ticks(2), Lots(9)),))
    for event in [delta(2, 5), whole, delta(2, 4, by=True)]:
        box.put(event)
    events = drained(box)
    assert len(events) == 3
    assert book(events) == {2: 13}


CHANGES = st.one_of(
    st.builds(delta, st.sampled_from(LEVELS), st.integers(-5, 9), by=st.booleans(), best=st.none()),
    st.builds(lambda n: BookSnapshot(at=Nanos(1), instrument=ONE, bids=((LEVELS[0], Lots(n)),)), st.integers(1, 9)),
    st.just(LinkChanged(at=Nanos(1), venue=KALSHI, up=True)),
)


@settings(max_examples=400)
@given(st.lists(st.lists(CHANGES, max_size=12), max_size=6), st.integers(0, 4))
def test_merging_never_changes_the_book_that_comes_out(bursts: list[list[Event]], backlog: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BACKLOG", backlog)
        box = Inbox(1_000)
        out: list[Event] = []
        for burst in bursts:
            for event in burst:
                box.put(event)
            out += [box.take() for _ in range(len(box) // 2)]
        out += drained(box)
    assert book(out) == book([event for burst in bursts for event in burst])


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 1)), max_size=8), st.integers(0, 8)),
        max_size=8,
    ),
    st.integers(1, 4),
)
def test_the_best_price_that_is_told_is_the_book_s_after_a_backlog_too(
    bursts: list[tuple[list[tuple[int, int]], int]], backlog: int
) -> None:
    venue: dict[int, int] = {}
    box, out = Inbox(1_000), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BACKLOG", backlog)
        for burst, steps in bursts:
            for price, lots in burst:
                venue[price] = lots
                box.put(delta(price, lots, best=max((p for p, n in venue.items() if n), default=0)))
            out += [box.take() for _ in range(min(steps, len(box)))]
        out += drained(box)
    for n, event in enumerate(out):
        assert isinstance(event, BookDelta)
        if event.best_bid is not None:
            assert event.best_bid == max(book(out[: n + 1]), default=0)
    assert book(out) == {price: lots for price, lots in venue.items() if lots}


def test_a_bid_is_not_told_before_the_ask_that_stood_in_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKLOG", 2)
    box, out = Inbox(10), []

    def ask(lots: int) -> BookDelta:
        return BookDelta(at=Nanos(1), instrument=ONE, side=Side.SELL, price=Ticks(5), lots=Lots(lots))

    for event in (delta(1, 1), delta(1, 2), delta(5, 0)):
        box.put(event)
    out += [box.take(), box.take()]
    for event in (ask(7), delta(1, 3), ask(0), delta(5, 4)):  # the first of them finds no backlog
        box.put(event)
    out += drained(box)
    told = [(event.side, event.lots) for event in out if isinstance(event, BookDelta) and event.price == 5]
    assert told.index((Side.SELL, 0)) < told.index((Side.BUY, 4))
