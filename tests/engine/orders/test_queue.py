from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.core.units import Side
from engine.orders.queue import GRACE, Standing
from tests.engine.orders.papers import market, rested, standing

LATER = GRACE + 1


def test_a_trade_eats_what_is_ahead_before_it_fills() -> None:
    one = market([(42, 100)], [(45, 50)])
    ours = rested(one, Side.BUY, 42, 30)
    assert one.trade(42, 60, Side.SELL, 1) == []
    assert ours.ahead == 40
    (hit,) = one.trade(42, 55, Side.SELL, 2)
    assert (hit.lots, hit.maker, ours.left, ours.ahead) == (15, True, 15, 0)


@pytest.mark.parametrize("trade_first", [True, False])
def test_a_trade_and_its_level_are_one_event_in_either_order(trade_first) -> None:
    one = market([(42, 100)], [(45, 50)])
    ours = rested(one, Side.BUY, 42, 30)
    if trade_first:
        one.trade(42, 60, Side.SELL, 1)
        one.delta(Side.BUY, 42, 40, False, 2)
    else:
        one.delta(Side.BUY, 42, 40, False, 1)
        one.trade(42, 60, Side.SELL, 2)
    assert one.ahead(ours, 2 + LATER) == 40


def test_cancels_come_off_in_proportion_once_no_trade_explains_them() -> None:
    one = market([(42, 100)], [(45, 50)])
    ours = rested(one, Side.BUY, 42, 30)
    one.delta(Side.BUY, 42, 300, False, 1)  # 200 join behind
    one.delta(Side.BUY, 42, 240, False, 2)
    assert one.ahead(ours, 3) == 100
    assert one.ahead(ours, 2 + LATER) == 80  # 60 of 300 went, a fifth of what is ahead


def test_no_more_is_ahead_than_stands_there() -> None:
    one = market([(42, 100)], [(45, 50)])
    ours = rested(one, Side.BUY, 42, 30)
    one.delta(Side.BUY, 42, 10, False, 1)
    assert one.ahead(ours, 1 + LATER) == 10
    one.delta(Side.BUY, 42, 0, False, 2 + LATER)
    assert one.ahead(ours, 3 + 3 * LATER) == 0


def test_two_of_ours_fill_in_their_order() -> None:
    one = market([(42, 10)], [(45, 50)])
    first = rested(one, Side.BUY, 42, 5)
    one.delta(Side.BUY, 42, 20, False, 1)
    second = rested(one, Side.BUY, 42, 5)
    hits = one.trade(42, 18, Side.SELL, 2)
    assert [(hit.standing, hit.lots) for hit in hits] == [(first, 5)]
    assert second.ahead == 20 - 13
    hits = one.trade(42, 9, Side.SELL, 3)
    assert [(hit.standing, hit.lots) for hit in hits] == [(second, 2)]


def test_an_order_placed_on_a_stale_book_learns_its_place_from_the_next_whole_one() -> None:
    one = market([(42, 100)], [(45, 50)])
    known = rested(one, Side.BUY, 42, 5)
    one.stale = "gap"
    blind = rested(one, Side.BUY, 42, 5)
    one.delta(Side.BUY, 42, 7, False, 1)
    assert blind.ahead is None
    assert one.trade(42, 90, Side.SELL, 2) == []
    one.snapshot([(42, 30)], [(45, 50)], 3)
    assert (known.ahead, blind.ahead, one.stale) == (10, 30, "")


class Queue(RuleBasedStateMachine):
    """Any market news with any orders of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.market = market([(40, 50), (41, 20)], [(44, 30), (45, 60)])
        self.orders: list[Standing] = []
        self.at = 1

    def took(self, hits) -> int:
        for hit in hits:
            assert hit.lots > 0
            assert hit.standing.left >= 0
            assert hit.price == hit.standing.price
        return sum(hit.lots for hit in hits)

    @rule(side=st.sampled_from(Side), price=st.integers(38, 47), lots=st.integers(1, 40))
    def place(self, side, price, lots) -> None:
        order = standing(side, price, lots)
        if not any(self.market.reach(side, price)) and not self.market.own(side, price):
            self.market.rest(order)
            self.orders.append(order)

    @rule(side=st.sampled_from(Side), price=st.integers(38, 47), lots=st.integers(0, 60))
    def change(self, side, price, lots) -> None:
        before = self.market.book.lots(side, price)
        took = self.took(self.market.delta(side, price, lots, False, self.at))
        assert took <= (lots if lots > before else 0) or self.market.book.crossed

    @rule(price=st.integers(38, 47), lots=st.integers(1, 60), taker=st.sampled_from([Side.BUY, Side.SELL, None]))
    def trade(self, price, lots, taker) -> None:
        assert self.took(self.market.trade(price, lots, taker, self.at)) <= lots

    @rule(by=st.sampled_from([1, GRACE // 2, LATER]))
    def wait(self, by) -> None:
        self.at += by

    @rule(why=st.sampled_from(["", "gap"]))
    def doubt(self, why) -> None:
        self.market.stale = self.market.stale or why

    @rule(
        bids=st.dictionaries(st.integers(38, 42), st.integers(1, 60)),
        asks=st.dictionaries(st.integers(43, 47), st.integers(1, 60)),
    )
    def snapshot(self, bids, asks) -> None:
        took = self.took(self.market.snapshot(bids.items(), asks.items(), self.at))
        assert took <= sum(bids.values()) + sum(asks.values())

    @invariant()
    def places_are_sound(self) -> None:
        for side, ours in self.market.resting.items():
            keys = [(-one.price if side is Side.BUY else one.price, one.number) for one in ours]
            assert keys == sorted(keys)
            for one in ours:
                assert one.left > 0
                assert self.market.ahead(one, self.at) is None or one.ahead >= 0
        gone = {id(one) for one in self.orders} - {id(one) for ours in self.market.resting.values() for one in ours}
        assert all(one.left == 0 for one in self.orders if id(one) in gone)


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
