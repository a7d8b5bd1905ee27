from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import quoting

PRICE = st.floats(0.02, 0.98)
FILLED = st.floats(-1.0, 1.0)
TICK = st.sampled_from([0.05, 0.01, 0.001, 0.0001])
FACTOR = st.floats(1.0, 10.0)


@given(PRICE, FILLED, FACTOR, FACTOR, FACTOR, TICK, st.floats(1.0, 1e6), st.data())
def test_a_bid_is_below_the_ask_and_both_rest(p, filled, gamma, factor, sigma, tick, kappa, data) -> None:
    count = round(1 / tick)
    best_bid = data.draw(st.integers(1, count - 2))
    best_ask = data.draw(st.integers(best_bid + 1, count - 1))
    found = quoting.quote(p, filled, gamma, factor, sigma, tick, best_bid, best_ask, kappa=kappa, min_half=0.0)
    if found.bid is not None:
        assert 1 <= found.bid < best_ask
        assert found.bid <= found.raw_bid * count + 1e-6
    if found.ask is not None:
        assert best_bid < found.ask < count
    if found.bid is not None and found.ask is not None:
        assert found.bid < found.ask


@given(PRICE, FILLED, FACTOR, TICK)
def test_the_other_leg_sees_the_mirror(p, filled, gamma, tick) -> None:
    one = quoting.quote(p, filled, gamma, 1.5, 1.2, tick)
    other = quoting.quote(1.0 - p, -filled, gamma, 1.5, 1.2, tick)
    assert one.skew == pytest.approx(-other.skew)
    assert one.raw_bid == pytest.approx(1.0 - other.raw_ask, abs=1e-9)


@given(PRICE, FACTOR, st.floats(0.01, 1.0))
def test_holding_yes_moves_both_quotes_down(p, gamma, filled) -> None:
    flat, long = (quoting.quote(p, f, gamma, 1.0, 1.0, 0.01) for f in (0.0, filled))
    assert long.fair < flat.fair
    assert long.raw_bid <= flat.raw_bid
    assert long.raw_ask <= flat.raw_ask


def test_a_spread_of_nothing_on_a_tick_is_widened() -> None:
    found = quoting.quote(0.5, 0.0, 1.0, 1.0, 1.0, 0.01, c_risk=0.0, kappa=1e14, min_half=0.0)
    assert (found.bid, found.ask) == (49, 51)


@given(st.floats(-40.0, 40.0), st.floats(0.01, 3.0), st.floats(0.01, 3.0), TICK, st.floats(0.0, 1e4))
def test_a_ladder_falls_outwards_within_its_money(middle, half_bid, half_ask, tick, money) -> None:
    depth = quoting.Depth()
    count = round(1 / tick)
    bids, asks = quoting.ladder(middle, half_bid, half_ask, tick, money, depth)
    assert all(a.ticks > b.ticks for a, b in pairwise(bids))
    assert all(a.ticks < b.ticks for a, b in pairwise(asks))
    assert all(1 <= level.ticks < count and level.size >= depth.min_size for level in (*bids, *asks))
    assert sum(level.ticks / count * level.size for level in bids) <= depth.max_notional + 1e-6
    assert sum((1 - level.ticks / count) * level.size for level in asks) <= depth.max_notional + 1e-6
    if bids and asks:
        assert bids[0].ticks < asks[0].ticks or half_bid + half_ask < 1e-6


@given(st.floats(-3.0, 3.0), st.floats(0.1, 2.0), TICK)
def test_the_ladder_of_the_other_leg_is_the_mirror(middle, half, tick) -> None:
    count = round(1 / tick)
    bids, asks = quoting.ladder(middle, half, half, tick, 100.0)
    mirrored, _ = quoting.ladder(-middle, half, half, tick, 100.0)
    near = [(level.level, count - level.ticks) for level in asks]
    assert near == [(level.level, level.ticks) for level in mirrored]
    assert len(bids) <= quoting.LEVELS


def test_a_level_that_would_pass_the_most_money_ends_the_ladder() -> None:
    bids, _ = quoting.ladder(0.0, 0.5, 0.5, 0.01, 100.0, quoting.Depth(max_notional=20.0))
    assert [level.level for level in bids] == [0, 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: quoting.quote(0.5, 0.0, 0.0, 1.0, 1.0, 0.01),
        lambda: quoting.quote(0.5, math.nan, 1.0, 1.0, 1.0, 0.01),
        lambda: quoting.quote(0.5, 0.0, 1.0, 1.0, 1.0, 0.03),
        lambda: quoting.quote(1.5, 0.0, 1.0, 1.0, 1.0, 0.01),
        lambda: quoting.ladder(math.nan, 0.5, 0.5, 0.01, 1.0),
        lambda: quoting.ladder(0.0, 0.5, 0.5, 0.01, -1.0),
    ],
)
def test_what_makes_no_sense_is_refused(call) -> None:
    with pytest.raises(ValueError, match=r"no |must"):
        call()
