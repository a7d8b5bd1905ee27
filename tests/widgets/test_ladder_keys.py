"""What a click stands for, without a window."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.units import Leg, Side, Ticks
from tests.widgets import views_sample as sample
from widgets import protect
from widgets.ladder_keys import (
    STEPS,
    Column,
    How,
    best_row,
    offer,
    order_words,
    paid_at_most,
    reach,
    rises,
    row_at,
    short,
    shut,
    step,
    yes_price,
)

CENTS = st.integers(1, 99)
COLUMN = st.sampled_from(Column)


def at(view, cents):
    row = row_at(view, Ticks(cents * 100))
    assert row is not None
    return row


def test_bid_column_buys_yes_at_the_row() -> None:
    what = offer(sample.book(), at(sample.book(), 42), Column.BID, 10)
    assert (what.words, what.why) == ("BUY 10 YES @ 42", "")
    assert what.place.tif is Tif.GTC
    assert what.place.origin == "ladder"


def test_ask_column_sells_what_is_held_and_no_more() -> None:
    view = sample.book(position=sample.qty(4))
    what = offer(view, at(view, 44), Column.ASK, 10)
    assert (what.words, what.why) == ("SELL 4 YES @ 44", "")
    assert what.place.reduce_only


def test_ask_column_without_a_position_names_the_real_order() -> None:
    view = sample.book(position=sample.qty(0))
    what = offer(view, at(view, 44), Column.ASK, 10)
    assert what.words == "BUY 10 NO @ 56"


def test_a_plain_click_may_cross_three_cents_and_no_more() -> None:
    view = sample.book()
    assert offer(view, at(view, 47), Column.BID, 10).why == ""
    assert offer(view, at(view, 51), Column.BID, 10).why == "crosses 7c: Ctrl+click to take"
    assert offer(view, at(view, 38), Column.ASK, 10).why == "crosses 4c: Ctrl+click to take"


def test_taking_never_asks_for_more_than_is_there() -> None:
    view = sample.book()
    what = offer(view, at(view, 44), Column.BID, 1000, How.TAKE)
    assert (what.place.qty, what.place.tif, what.why) == (145, Tif.IOC, "")
    assert offer(view, at(view, 43), Column.BID, 10, How.TAKE).why == "nothing to take at 43"


def test_shift_click_is_the_size_that_closes() -> None:
    view = sample.book()
    assert offer(view, at(view, 44), Column.ASK, 10, How.CLOSE).words == "SELL 24 YES @ 44"
    assert offer(view, at(view, 42), Column.BID, 10, How.CLOSE).why == "no NO to close"
    short_view = sample.book(position=sample.qty(-16))
    assert offer(short_view, at(short_view, 44), Column.BID, 10, How.CLOSE).words == "SELL 16 NO @ 56"


def test_nothing_rests_on_a_curve() -> None:
    view = sample.curve()
    what = offer(view, at(view, 41), Column.BID, 10)
    assert what.why == "orders cannot rest on the curve: buying starts at 44 and goes up"
    what = offer(view, at(view, 50), Column.ASK, 10)
    assert what.why == "orders cannot rest on the curve: selling starts at 43 and goes down"


@pytest.mark.parametrize("tif", [How.LIMIT, How.TAKE])
def test_every_order_on_a_curve_is_for_now(tif) -> None:
    view = sample.curve()
    assert offer(view, at(view, 45), Column.BID, 10, tif).place.tif is Tif.IOC


@given(CENTS, COLUMN, st.integers(1, 5000), st.sampled_from(How), st.integers(-50, 50))
def test_an_order_is_on_the_grid_and_sells_only_what_is_held(cents, column, size, how, position) -> None:
    for view in (sample.book(position=sample.qty(position)), sample.curve(position=sample.qty(position))):
        what = offer(view, at(view, cents), column, size, how)
        place = what.place
        assert 0 < (place.price or 0) < 10_000
        assert yes_price(place) == cents * 100
        assert rises(place) == (column is Column.BID)
        if place.side is Side.SELL:
            held = position if place.leg is Leg.YES else -position
            assert (place.qty or 0) <= max(0, held)


@pytest.mark.parametrize(
    ("changes", "buys", "sells"),
    [
        ({"state": "live"}, "", ""),
        ({"state": "ageing"}, "", ""),
        ({"state": "stale", "why": "Book stale: no message 14 s"}, "stale: Book stale: no message 14 s", ""),
        ({"state": "halted", "why": "by hand"}, "halted: by hand", ""),
        ({"state": "loading"}, "loading: no orders", "loading: no orders"),
        ({"state": "gap", "why": "resyncing"}, "gap: resyncing", "gap: resyncing"),
        ({"status": "settled"}, "market settled: no orders", "market settled: no orders"),
        ({"refusing": "DAILY_LOSS", "why": "the limit is −$30"}, "DAILY_LOSS refuses: the limit is −$30", ""),
    ],
)
def test_what_a_state_lets_through(changes, buys, sells) -> None:
    view = sample.book(**changes)
    assert shut(view, reduces=False) == buys
    assert shut(view, reduces=True) == sells


@given(st.floats(2.0, 97.0), st.floats(5.0, 2000.0), COLUMN, st.integers(1, 500))
def test_reach_is_within_the_protect_offset_and_no_further_than_needed(price, b, column, size) -> None:
    view = sample.curve(price, b)
    buys = column is Column.BID
    best, row = best_row(view, Column.ASK if buys else Column.BID), reach(view, column, size)
    assert best is not None
    assert row is not None
    beyond = row.price - best.price if buys else best.price - row.price
    offset = protect.on_curve()
    assert 0 <= beyond <= offset
    there = (row.cum_ask if buys else row.cum_bid) or Decimal(0)
    assert there >= size or beyond == offset or row.price in {100, 9900}
    assert offer(view, row, column, size).why == ""


def test_an_order_too_large_for_its_row_says_how_much_there_is() -> None:
    view = sample.curve()
    place = offer(view, at(view, 44), Column.BID, 10).place
    assert short(view, place) == at(view, 44).cum_ask
    assert short(view, offer(view, at(view, 46), Column.BID, 10).place) is None


def test_words_and_cost_of_an_order() -> None:
    view = sample.book(position=sample.qty(0))
    place = offer(view, at(view, 43), Column.BID, 10).place
    assert order_words(place) == "BUY 10 YES @ 43"
    assert paid_at_most(place) == Decimal("4.30")


@given(st.integers(1, 100_000))
def test_stepping_up_and_down_always_moves_and_stays_positive(size) -> None:
    assert step(size, 1) > size
    assert step(size, -1) < size or size == STEPS[0]
    assert step(size, -1) >= 1
