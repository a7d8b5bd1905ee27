"""A ring of book columns: order, room, replacing, refusing to go back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.columns import FIRST, ROWS, Columns


def put(ring: Columns, at: int, size: float) -> None:
    bids, asks = ring.put(at)
    bids[0], asks[-1] = size, size + 1
    ring.best(1.0, None)


@given(st.lists(st.integers(0, 30), max_size=80).map(sorted), st.integers(1, 12))
def test_the_newest_columns_are_kept_in_their_order(moments, room) -> None:
    ring, expected = Columns(room), {}
    for n, at in enumerate(moments):
        put(ring, at, float(n))
        expected[at] = float(n)
    cut = ring.cut()
    kept = list(expected.items())[-room:]
    assert cut.at.tolist() == [at for at, _ in kept]
    assert cut.bids[:, 0].tolist() == [size for _, size in kept]
    assert cut.asks[:, -1].tolist() == [size + 1 for _, size in kept]
    assert len(ring) == len(kept)
    assert ring.last_at() == (kept[-1][0] if kept else None)


def test_nothing_of_an_older_book_stays_in_a_new_column() -> None:
    ring = Columns(1)
    put(ring, 1, 5.0)
    ring.put(2)
    cut = ring.cut()
    assert not cut.bids.any()
    assert np.isnan(cut.best_bid).all()
    assert cut.bids.shape == (1, ROWS)


def test_what_was_cut_does_not_change() -> None:
    ring = Columns(2)
    put(ring, 1, 5.0)
    cut = ring.cut()
    put(ring, 1, 9.0)
    assert cut.bids[0, 0] == 5.0
    assert np.isnan(cut.best_ask[0])


def test_time_does_not_go_back() -> None:
    ring = Columns()
    ring.put(10)
    with pytest.raises(ValueError, match="a column at 9 comes after one at 10"):
        ring.put(9)


def test_room_is_taken_as_columns_come_and_never_more_than_the_ring_has() -> None:
    ring = Columns(room=FIRST * 3)
    sizes = []
    for at in range(FIRST * 7):
        bids, asks = ring.put(at)
        bids[at % 99], asks[98 - at % 99] = at, -at
        ring.best(at, None)
        sizes.append(ring._bids.nbytes)
    assert sizes[0] == FIRST * 99 * 4
    assert max(sizes) == FIRST * 3 * 99 * 4
    cut = ring.cut()
    assert cut.at.tolist() == list(range(FIRST * 4, FIRST * 7))
    assert [cut.bids[n, at % 99] for n, at in enumerate(cut.at)] == cut.at.tolist()
    assert [cut.asks[n, 98 - at % 99] for n, at in enumerate(cut.at)] == (-cut.at).tolist()
    assert cut.best_bid.tolist() == cut.at.tolist()
    assert np.isnan(cut.best_ask).all()
