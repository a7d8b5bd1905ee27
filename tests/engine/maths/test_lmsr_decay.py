from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import lmsr
from engine.maths.lmsr_decay import decayed, lowered, rebase

VOLUME = st.floats(0.0, 1e6)


@given(st.floats(1.0, 1e4), st.floats(0.0, 1.0), VOLUME, VOLUME, st.floats(1.0, 1e5))
def test_b_falls_with_volume_and_stays_above_its_least(b0, share, one, other, half) -> None:
    low, high = sorted((one, other))
    b_min = b0 * share
    assert b_min <= decayed(b0, b_min, high, half) <= decayed(b0, b_min, low, half) <= b0
    assert decayed(b0, b_min, half, half) == pytest.approx((b0 + b_min) / 2)


def test_a_quiet_day_does_not_raise_it_again() -> None:
    assert lowered(50.0, decayed(100.0, 5.0, 0.0, 1_000.0)) == 50.0


@given(st.lists(st.floats(-500.0, 500.0), min_size=2, max_size=6), st.floats(10.0, 500.0), st.floats(0.05, 1.0))
def test_no_price_moves_when_b_falls(q, b, part) -> None:
    offset = [0.0] * len(q)
    found = rebase(q, offset, b, b * part)
    assert found.prices == pytest.approx(lmsr.prices(q, b), abs=1e-9)
    again = rebase(q, found.offset, b * part, b * part)
    assert again.offset == found.offset


@given(
    st.lists(st.floats(0.05, 1.0), min_size=2, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.floats(-80.0, 80.0), st.floats(0.6, 1.0)), max_size=25),
)
def test_the_makers_loss_stays_within_its_first_bound_while_b_falls(weights, moves) -> None:
    b0 = b = 100.0
    prior = lmsr.distribution(weights)
    offset = lmsr.opening_shares(prior, b)
    sold, took = [0.0] * len(prior), 0.0
    for outcome, shares, part in moves:
        outcome %= len(prior)
        now = lmsr.prices([x + o for x, o in zip(sold, offset, strict=True)], b)
        took += lmsr.trade_cost(now[outcome], shares, b)
        sold[outcome] += shares
        offset = rebase(sold, offset, b, b * part).offset
        b *= part
        if b < 1.0:
            break
    for owed, bound in zip(sold, lmsr.losses(prior, b0), strict=True):
        assert owed - took <= bound + 1e-6


@pytest.mark.parametrize("bad", [(5.0, 10.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0), (10.0, 5.0, -1.0, 1.0),
                                 (10.0, 5.0, 1.0, 0.0), (10.0, -1.0, 1.0, 1.0), (math.nan, 1.0, 1.0, 1.0)])  # fmt: skip
def test_what_would_raise_b_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"only fall|volumes"):
        decayed(*bad)


@pytest.mark.parametrize("bad", [([0.0, 0.0], [0.0, 0.0], 50.0, 60.0), ([0.0, 0.0], [0.0, 0.0], 50.0, 0.0),
                                 ([0.0, 0.0], [0.0], 50.0, 40.0)])  # fmt: skip
def test_a_live_market_never_deepens(bad) -> None:
    with pytest.raises(ValueError, match=r"only fall|offsets"):
        rebase(*bad)
