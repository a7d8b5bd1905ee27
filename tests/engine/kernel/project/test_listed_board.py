from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.ids import MarketId
from engine.core.order import Status
from engine.core.units import Leg, Lots, Money, Qty, Side, Ticks
from engine.kernel.project import board
from engine.portfolio.position import Position
from engine.views.market import BoardView
from tests.engine.kernel.project.floor import FAMILY, HIGH, LOW, order, state


def seen(found) -> BoardView:  # type: ignore[no-untyped-def]
    view = board.view(found, MarketId(FAMILY))
    assert view is not None
    return view


def test_sums_and_implied_come_from_the_books() -> None:
    view = seen(state())
    assert (view.sum_bid, view.sum_mid, view.sum_ask) == (97.0, 99.75, 102.5)
    assert view.mids_used == 2
    assert [row.implied for row in view.rows] == pytest.approx([41.0 / 99.75, 58.75 / 99.75])
    low, high = view.rows[0].implied_low, view.rows[0].implied_high
    assert low is not None
    assert high is not None
    assert low <= 41.0 / 99.75 <= high
    assert [row.model for row in view.rows] == [None, None]
    # 82.5 and 84.5: an open bracket counts half a degree beyond its edge
    assert view.mean == pytest.approx((82.5 * 41.0 + 84.5 * 58.75) / 99.75)


def test_a_missing_side_leaves_the_sum_unknown() -> None:
    found = state()
    found.listings[HIGH].book.put(Side.SELL, Ticks(6_050), Lots(0))
    view = seen(found)
    assert (view.sum_ask, view.sum_mid, view.buy_set, view.mids_used) == (None, None, None, 1)
    assert view.sum_bid == 97.0
    assert (view.rows[1].ask, view.rows[1].mid, view.rows[1].implied) == (None, None, None)
    assert view.mean is None


def test_a_set_pays_only_after_fees_within_the_depth_and_proven() -> None:
    found = state()
    view = seen(found)
    # 0.4200 + 0.6050, and 0.07 * 0.42 * 0.58 and 0.07 * 0.605 * 0.395 of fees, each up to 0.0001
    assert view.buy_set == pytest.approx(1.025 + 0.0171 + 0.0168)
    assert (view.buy_qty, view.buy_profit) == (0, 0)
    found.listings[HIGH].book.put(Side.SELL, Ticks(5_800), Lots(300))
    found.listings[HIGH].book.put(Side.BUY, Ticks(5_700), Lots(0))
    found.listings[LOW].book.put(Side.SELL, Ticks(3_800), Lots(500))
    view = seen(found)
    assert view.buy_qty == 3
    assert view.buy_profit is not None
    assert view.buy_profit > 0
    assert view.proven_buy
    found.families[FAMILY] = replace(found.families[FAMILY], exhaustive=False, why="a bracket below 83 is missing")
    view = seen(found)
    assert (view.proven_buy, view.proven_sell, view.proof) == (False, True, "a bracket below 83 is missing")


def test_what_if_counts_positions_and_orders_at_their_worst() -> None:
    found = state()
    found.book.settle(LOW, Leg.YES, Position(Qty(Decimal(20)), Money(Decimal(7))))
    view = seen(found)
    assert [row.if_wins for row in view.rows] == [13, -7]
    assert (view.worst, view.worst_label, view.best, view.best_label) == (-7, "≥ 84", 13, "≤ 83")
    order(found, 1, Status.WORKING, price=4_000, qty=10)
    # the order at 40c: 4.00 and a taker's fee of 0.168 are lost where it is not 83 or lower
    assert [row.if_wins for row in seen(found).rows] == [13, Decimal("-11.168")]


def test_one_stale_bracket_is_named_and_one_that_lost_is_dead() -> None:
    found = state()
    found.listings[LOW].stale = "sequence gap"
    view = seen(found)
    assert (view.state, view.why) == ("stale", "Book stale: sequence gap (1 of 2)")
    found.listings[LOW].book_at = None
    assert seen(found).why == "Waiting for books: 1 of 2 have not come"
    found.listings[LOW].result, found.listings[LOW].status = "no", "determined"
    assert seen(found).rows[0].dead == "determined: NO"


def test_a_family_that_is_not_known_has_no_board() -> None:
    assert board.view(state(), MarketId("kalshi:NONE")) is None


def test_one_question_of_yes_and_no_is_no_set() -> None:
    found = state()
    found.families[FAMILY] = replace(found.families[FAMILY], members=(LOW,))
    view = seen(found)
    assert (view.sum_bid, view.sum_ask, view.buy_set, view.sell_set) == (None, None, None, None)
    assert [row.implied for row in view.rows] == [0.41]
