"""The protect offset: one number for ladders, boards and baskets, counted in the ladder's own rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.units import Leg, Side, Ticks
from engine.views.ladder import OwnOrder
from tests.widgets import views_sample as sample
from widgets import basket_legs, protect
from widgets.basket_legs import Kind
from widgets.brackets import BoardPanel
from widgets.ladder import LadderPanel
from widgets.ladder_keys import Column, How, best_row, offer, reach, row_at
from widgets.ladder_orders import moved


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    protect.use(protect.DEFAULT)


def fine():
    """Return a book in steps of a tenth of a cent, from 40.0 to 48.0, bid at 43.9 and offered at 44.0."""
    whole = sample.book()
    model = structs.replace(whole.rows[0], bid=None, ask=None, cum_bid=None, cum_ask=None)
    rows = [structs.replace(model, price=Ticks(price)) for price in range(4_800, 3_999, -10)]
    at = {row.price: n for n, row in enumerate(rows)}
    rows[at[4_400]] = structs.replace(rows[at[4_400]], ask=sample.qty(50), cum_ask=sample.qty(50))
    rows[at[4_390]] = structs.replace(rows[at[4_390]], bid=sample.qty(50), cum_bid=sample.qty(50))
    return structs.replace(whole, rows=tuple(rows), best_bid=Ticks(4_390), best_ask=Ticks(4_400), orders=())


def whys(view, *prices, column=Column.BID):
    return [offer(view, row_at(view, Ticks(price)), column, 10).why for price in prices]


def test_it_is_three_ticks_until_somebody_says_another() -> None:
    assert (protect.ticks(), protect.on_curve(), protect.words()) == (3, 300, "3 ticks")
    protect.use(1)
    assert (protect.ticks(), protect.on_curve(), protect.words()) == (1, 100, "1 tick")


@pytest.mark.parametrize(("ticks", "passes", "refused"), [(0, 4_400, 4_500), (3, 4_700, 4_800), (6, 5_000, 5_100)])
def test_a_plain_click_goes_that_far_and_no_further(ticks, passes, refused) -> None:
    protect.use(ticks)
    through = (refused - 4_400) // 100
    assert whys(sample.book(), passes, refused) == ["", f"crosses {through}c: Ctrl+click to take"]
    assert offer(sample.book(), row_at(sample.book(), Ticks(refused)), Column.BID, 10, How.TAKE).why == ""


def test_a_tick_is_a_step_of_the_market_s_own_prices() -> None:
    assert whys(fine(), 4_430, 4_440, 4_700) == [
        "", "crosses 0.4c: Ctrl+click to take", "crosses 3c: Ctrl+click to take",
    ]  # fmt: skip
    assert whys(fine(), 4_360, 4_350, column=Column.ASK) == ["", "crosses 0.4c: Ctrl+click to take"]


@given(st.integers(1, 99), st.integers(1, 99), st.booleans())
def test_rows_past_are_counted_one_way_only(best, to, up) -> None:
    view = sample.book()
    there = protect.rows_past(view, Ticks(best * 100), Ticks(to * 100), up=up)
    assert there == max(0, to - best if up else best - to)


@given(st.integers(0, protect.HIGH), st.integers(1, 5_000), st.sampled_from(Column))
def test_taking_on_a_curve_stays_within_it(ticks, size, column) -> None:
    protect.use(ticks)
    view = sample.curve()
    row = reach(view, column, size)
    best = best_row(view, Column.ASK if column is Column.BID else Column.BID)
    assert abs(row.price - best.price) <= ticks * 100
    assert offer(view, row, column, size).why == ""


def test_an_order_that_is_moved_is_held_by_it() -> None:
    own = OwnOrder(
        id=OrderId("own"), row=Ticks(4_200), rises=True, side=Side.BUY, leg=Leg.YES, price=Ticks(4_200),
        qty=sample.qty(10), filled=sample.qty(0), state="working", word="Working",
    )  # fmt: skip
    view = structs.replace(sample.book(), orders=(own,))
    assert moved(view, [own], 500).why == ""
    assert moved(view, [own], 600).why == "crosses 4c: Ctrl+click to take"
    protect.use(4)
    assert moved(view, [own], 600).why == ""


def test_board_and_basket_buy_no_worse_than_it_on_the_curve_alone(qtbot) -> None:
    panel = BoardPanel()
    qtbot.addWidget(panel)
    ours = sample.board()
    venues = structs.replace(
        ours,
        rows=tuple(structs.replace(r, instrument=InstrumentId(KALSHI, r.instrument.symbol)) for r in ours.rows),
    )
    protect.use(5)
    for view, more in ((venues, 0), (ours, 500)):
        row = next(one for one in view.rows if one.ask is not None and not one.dead)
        leg = basket_legs.basket(view, Kind.EQUAL, (row.instrument,), 10).legs[0]
        assert (panel._order(row, "B", "").price, leg.price) == (row.ask + more, row.ask + more)


def test_strip_and_help_say_it(qtbot) -> None:
    ladder, board = LadderPanel(), BoardPanel()
    for one in (ladder, board):
        qtbot.addWidget(one)
    uneven = structs.replace(sample.book(), rows=(*sample.book().rows, *fine().rows[-2:]))
    for view, words in ((None, "3 ticks"), (sample.book(), "3c"), (fine(), "0.3c"), (uneven, "3 ticks")):
        ladder.arm_strip.show_protect(view)
        assert ladder.arm_strip.protect == words
    protect.use(2)
    ladder.show_protect()
    assert ladder.arm_strip.protect == "2 ticks"
    assert "at most 2 ticks past the best price" in ladder.help_words()
    assert "at most 2c worse" in board.help_words()
