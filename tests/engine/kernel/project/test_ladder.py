"""What a ladder says of its market: its state, the gate that closes it, and why."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from engine.core.commands import Halt
from engine.core.events import StoreChanged
from engine.core.units import MINUTE, Leg, Nanos, Side
from engine.kernel import control
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, Desk, high, rain

CENT = Decimal("0.01")


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list()
    return made


def ladder(desk: Desk, symbol: str = "RAIN/0"):
    return desk.kernel.view(topics.ladder(symbol))


@pytest.mark.parametrize("moved", [0, 37, 250, -180])
def test_every_cent_once_bids_below_the_price_and_asks_above(desk: Desk, moved: int) -> None:
    if moved:
        desk.other(leg=Leg.YES if moved > 0 else Leg.NO, qty=abs(moved))
    view = ladder(desk)
    price = 10_000 * desk.market().prices[0]
    assert [row.price for row in view.rows] == [100 * cents for cents in range(99, 0, -1)]
    for row in view.rows:
        if row.price > price:
            assert (row.bid, row.cum_bid) == (None, None)
            assert row.ask > 0
        else:
            assert (row.ask, row.cum_ask) == (None, None)
            assert row.bid >= 0
    asks = [row for row in reversed(view.rows) if row.cum_ask is not None]
    bids = [row for row in view.rows if row.cum_bid is not None]
    for side, level, cum in ((asks, "ask", "cum_ask"), (bids, "bid", "cum_bid")):
        assert all(getattr(b, cum) >= getattr(a, cum) for a, b in pairwise(side))
        added = Decimal(0)
        for row in side:
            added += getattr(row, level)
            assert abs(added - getattr(row, cum)) <= CENT * len(side)  # each row is rounded for itself
    assert view.best_ask == min(row.price for row in asks)
    assert view.best_bid == max(row.price for row in bids if row.price < price)


@pytest.mark.parametrize("cents", [51, 60, 99])
def test_what_a_row_says_can_be_bought_up_to_it(desk: Desk, cents: int) -> None:
    row = next(row for row in ladder(desk).rows if row.price == 100 * cents)
    card = desk.preview(desk.order(price=100 * cents))
    assert card.refused_by in {"", "ORDER_QTY", "ORDER_VALUE", "EVENT_EXPOSURE", "AT_RISK"}
    assert abs(card.qty - row.cum_ask) <= CENT


def test_own_position_average_break_even_and_exit(desk: Desk) -> None:
    assert (ladder(desk).position, ladder(desk).position_text, ladder(desk).average) == (0, "", None)
    assert all(row.exit is None for row in ladder(desk).rows)
    desk.place(qty=10)
    view = ladder(desk)
    assert (view.position, view.position_text) == (10, "10 YES @ 51.2")
    assert view.average == view.breakeven == pytest.approx(51.24948)
    at_60 = next(row.exit for row in view.rows if row.price == 6_000)
    assert at_60 == Decimal("0.875052")
    assert view.position_pnl == pytest.approx(Decimal(10) * Decimal(desk.market().prices[0]) - Decimal("5.124948"))


def test_the_average_of_a_no_position_is_in_cents_of_yes(desk: Desk) -> None:
    desk.place(leg=Leg.NO, qty=10)
    view = ladder(desk)
    assert view.position == -10
    assert view.average == pytest.approx(100 - 51.24948)


def test_trades_are_on_their_row_for_ten_minutes(desk: Desk) -> None:
    desk.other(qty=10)
    desk.other(leg=Leg.NO, qty=4)
    rows = [row for row in ladder(desk).rows if row.sold or row.bought]
    assert sum(row.bought or 0 for row in rows) == 10
    assert sum(row.sold or 0 for row in rows) == 4
    desk.run(Nanos(desk.at + 12 * MINUTE))
    assert not any(row.sold or row.bought for row in ladder(desk).rows)


def test_brackets_and_states(desk: Desk) -> None:
    desk.list(high())
    assert ladder(desk, "HIGH/3").title == "Chicago 85-None °F"
    assert ladder(desk, "HIGH/4") is None
    assert ladder(desk, "HIGH") is None
    assert (ladder(desk).state, ladder(desk).max_loss, ladder(desk).b) == ("live", Decimal("69.314719"), 100.0)
    desk.run(CLOSES)
    assert (ladder(desk).state, ladder(desk).why) == ("stale", "The market is closed: its last prices.")
    desk.ask(Halt(why="lunch"))
    assert ladder(desk).state == "halted"
    assert ladder(desk).refusing == "KILL"


def test_a_market_at_the_end_of_the_band_has_a_whole_ladder(desk: Desk) -> None:
    desk.list(rain("SURE", threshold=Decimal(9)), prior=(0.999, 0.001))
    view = ladder(desk, "SURE/0")
    assert len(view.rows) == 99
    assert (view.best_ask, view.best_bid) == (None, 9_900)
    assert desk.place(Side.BUY, Leg.NO, "SURE", qty=5).filled == 5


def mood(desk: Desk) -> tuple[str, str, str]:
    view = desk.kernel.view(topics.ladder("RAIN/0"))
    return view.state, view.refusing, view.why  # type: ignore[attr-defined]


def test_an_open_market_is_live(desk: Desk) -> None:
    assert mood(desk) == ("live", "", "")


def test_a_halt_by_hand_is_named_with_its_reason(desk: Desk) -> None:
    desk.ask(Halt(why="kill switch"))
    assert mood(desk) == ("halted", "KILL", "halted by you (kill switch)")


def test_a_halt_by_a_limit_names_the_limit_s_gate(desk: Desk) -> None:
    desk.state.limits.set("DAILY_LOSS", desk.state.total)  # any day stands below it
    control.halt(desk.state, "DAILY_LOSS", "the day stands at −$30.12, the limit is −$30")
    assert mood(desk) == ("halted", "DAILY_LOSS", "the day stands at −$30.12, the limit is −$30")


def test_a_full_disk_closes_it_without_a_halt(desk: Desk) -> None:
    desk.do(StoreChanged(at=desk.at, ok=False, why="no space left on device"))
    assert mood(desk) == ("stale", "STORAGE", "The disk takes no writes.")
