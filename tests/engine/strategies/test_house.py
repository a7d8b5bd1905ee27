from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.house import House
from engine.strategies.sight import Outcome, Signal

SIGNALS = st.lists(
    st.builds(
        Signal, st.sampled_from(Outcome), st.just(0.6), st.just(0.5), st.floats(0.01, 0.3), st.floats(0.3, 1.0),
        st.just(0.01), st.booleans(),
    ),
    max_size=6,
)  # fmt: skip


def signal(side, edge=0.05, confidence=0.8, passive=False) -> Signal:
    return Signal(side, 0.6, 0.5, edge, confidence, 0.01, passive)


@given(SIGNALS, st.none() | st.sampled_from(Outcome))
def test_active_orders_never_go_both_ways_and_passive_ones_always_may(batch, side) -> None:
    house = House()
    house.side = side
    kept = house.pick(list(enumerate(batch)))
    active = {one.side for _, one in kept if not one.passive}
    assert len(active) <= 1
    assert side is None or active <= {side}
    assert {n for n, one in enumerate(batch) if one.passive} <= {n for n, _ in kept}
    weights = [one.weight for _, one in kept]
    assert all(a >= b - 1e-9 for a, b in pairwise(weights))


@given(SIGNALS)
def test_the_side_that_weighs_more_is_kept(batch) -> None:
    kept = House().pick(list(enumerate(batch)))
    weight = {side: sum(one.weight for one in batch if one.side is side and not one.passive) for side in Outcome}
    for _, one in kept:
        if not one.passive:
            assert weight[one.side] >= weight[one.side.other] - 1e-9


def test_the_first_active_order_that_is_sent_sets_the_side() -> None:
    house = House()
    house.sent(signal(Outcome.DOWN, passive=True))
    assert house.side is None
    house.sent(signal(Outcome.UP))
    house.sent(signal(Outcome.DOWN))
    assert house.side is Outcome.UP
    assert house.pick([("a", signal(Outcome.DOWN, 0.3))]) == []


def test_an_order_that_came_to_nothing_frees_the_side() -> None:
    house = House()
    house.sent(signal(Outcome.UP))
    house.fell_through(Outcome.DOWN, held=False)
    house.fell_through(Outcome.UP, held=True)
    assert house.side is Outcome.UP
    house.fell_through(Outcome.UP, held=False)
    assert house.side is None
