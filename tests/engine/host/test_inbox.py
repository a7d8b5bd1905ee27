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
