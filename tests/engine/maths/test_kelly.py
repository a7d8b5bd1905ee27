from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import kelly

UNIT = st.floats(0.0, 1.0)


def test_ten_cents_of_edge_at_forty_is_a_sixth() -> None:
    found = kelly.stake(0.5, 0.4)
    assert (found.full, found.size) == pytest.approx((1 / 6, 1 / 12))
    assert found.edge == pytest.approx(0.1)


def test_the_fee_is_part_of_the_price() -> None:
    assert kelly.stake(0.58, 0.55, fee_per_share=0.0173) == pytest.approx(kelly.stake(0.58, 0.5673))


@given(UNIT, UNIT, st.floats(0.0, 0.5), UNIT, UNIT)
def test_a_stake_is_never_negative_nor_beyond_its_cap(p, price, fee, fraction, cap) -> None:
    found = kelly.stake(p, price, fee, fraction, cap)
    assert 0.0 <= found.size <= cap
    assert found.edge == pytest.approx(p - price - fee)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_full_kelly_makes_wealth_grow_faster_than_its_neighbours(p, price) -> None:
    def growth(part: float) -> float:
        return p * math.log1p(part * (1 - price) / price) + (1 - p) * math.log1p(-part)

    full = kelly.stake(p, price).full
    if full > 0.01:
        assert growth(full) >= max(growth(full * 0.99), growth(full * 1.001 if full < 0.99 else full))


def test_nothing_is_staked_where_nothing_is_for_sale() -> None:
    assert kelly.stake(0.5, 0.0).full == 0.0
    assert kelly.stake(1.0, 1.0).full == 0.0
    assert kelly.stake(1.0, 0.99, fee_per_share=0.02).full == 0.0


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan, math.inf])
def test_arguments_out_of_range_are_refused(bad) -> None:
    for call in (
        lambda: kelly.stake(bad, 0.5),
        lambda: kelly.stake(0.5, bad),
        lambda: kelly.stake(0.5, 0.5, fraction=bad),
        lambda: kelly.stake(0.5, 0.5, cap=bad),
    ):
        with pytest.raises(ValueError, match="must be in"):
            call()


@pytest.mark.parametrize("fee", [-0.01, math.nan, math.inf])
def test_a_fee_must_be_a_number(fee) -> None:
    with pytest.raises(ValueError, match="fee"):
        kelly.stake(0.5, 0.5, fee_per_share=fee)
