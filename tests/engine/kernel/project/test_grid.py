"""Rows of a venue's ladder: every price of its grid once, and no price beside one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import BookSnapshot
from engine.core.instrument import Band
from engine.core.units import Lots, Ticks
from engine.kernel.project.listed import grid
from engine.views import topics
from tests.engine.kernel.venue import SYMBOLS, Session, instrument

CENTS = (Band(Ticks(100), Ticks(9_900), Ticks(100)),)
TENTHS = (Band(Ticks(10), Ticks(9_990), Ticks(10)),)
TAPERED = (
    Band(Ticks(10), Ticks(1_000), Ticks(10)),
    Band(Ticks(1_000), Ticks(9_000), Ticks(100)),
    Band(Ticks(9_000), Ticks(9_990), Ticks(10)),
)
HUNDREDTHS = (Band(Ticks(1), Ticks(9_999), Ticks(1)),)


@pytest.mark.parametrize(("bands", "count"), [(CENTS, 99), (TENTHS, 999), (TAPERED, 279), (HUNDREDTHS, 99), ((), 99)])
def test_each_price_of_a_grid_has_one_row_unless_there_are_too_many(bands, count) -> None:
    one = instrument(grid=bands)
    found = grid.rows(one)
    assert len(found) == count
    assert list(found) == sorted(set(found), reverse=True)
    assert all(found[at] == row for row, at in grid.places(one).items())


@given(st.integers(1, 9_999), st.sampled_from([CENTS, TENTHS, TAPERED, HUNDREDTHS]), st.booleans())
def test_a_price_stands_at_a_row_that_does_not_flatter_it(price, bands, up) -> None:
    one = instrument(grid=bands)
    rows = grid.rows(one)
    row = grid.row_of(one, Ticks(price), up=up)
    assert row in rows
    if rows[-1] <= price <= rows[0]:
        assert row >= price if up else row <= price
    if price in rows:
        assert row == price


def test_a_ladder_of_tenths_of_a_cent_shows_each_of_them() -> None:
    session = Session()
    session.list(*(instrument(n, grid=TENTHS) for n in range(len(SYMBOLS))))
    one = instrument().id
    bids, asks = ((Ticks(4_870), Lots(500)), (Ticks(4_860), Lots(300))), ((Ticks(4_890), Lots(400)),)
    session.do(BookSnapshot(at=session.at, instrument=one, bids=bids, asks=asks))
    session.run(1)
    session.place(qty=10, price=4_850)
    view = session.kernel.view(topics.ladder(SYMBOLS[0]))
    rows = {row.price: row for row in view.rows}
    assert len(view.rows) == 999
    assert (view.best_bid, view.best_ask, view.subtitle) == (4_870, 4_890, "Kalshi step 0.1c")
    assert (rows[4_870].bid, rows[4_860].cum_bid, rows[4_890].ask) == (5, 8, 4)
    assert rows[4_850].mine_bid == "10"
    assert rows[4_880].bid is None


def test_results_of_a_position_are_of_the_rows_own_price() -> None:
    session = Session()
    session.list(*(instrument(n, grid=TENTHS) for n in range(len(SYMBOLS))))
    session.quote()
    session.run(1)
    order = session.place(qty=10, price=4_800)
    session.trade(order, 10)
    rows = {row.price: row for row in session.kernel.view(topics.ladder(SYMBOLS[0])).rows}
    assert rows[4_850].exit == Decimal("0.05")
    assert rows[4_800].exit == 0
