from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.portfolio.window_pnl import Filled, settle, whole_shares

FILLS = st.lists(
    st.builds(
        Filled, st.sampled_from("abc"), st.booleans(), st.floats(0.01, 0.99), st.integers(0, 1_000).map(float),
        st.floats(0.0, 1.0),
    ),
    max_size=8,
)  # fmt: skip


@given(FILLS, st.booleans())
def test_the_result_is_what_pays_less_what_was_paid(fills, up_won) -> None:
    found = settle(fills, up_won)
    paid = sum(one.price * one.shares + one.fee for one in fills)
    pays = sum(one.shares for one in fills if one.up == up_won)
    assert found.total == pytest.approx(pays - paid, abs=1e-6)
    assert sum(found.strategies.values()) == pytest.approx(found.total, abs=1e-6)
    assert sum(found.fills) == pytest.approx(found.total, abs=1e-6)


def test_twenty_dollars_at_sixty_cents_are_thirty_three_shares() -> None:
    shares = whole_shares(20.0, 0.6)
    assert shares == 33.0
    assert settle([Filled("s", True, 0.6, shares)], True).total == pytest.approx(13.2)
    assert settle([Filled("s", True, 0.6, shares)], False).total == pytest.approx(-19.8)


@given(st.integers(0, 10_000), st.integers(1, 99))
def test_money_for_whole_shares_buys_them(shares, cents) -> None:
    assert whole_shares(shares * cents / 100, cents / 100) == shares


@pytest.mark.parametrize("bad", [(1.0, 0.0), (-1.0, 0.5), (math.nan, 0.5), (1.0, math.inf)])
def test_nonsense_buys_nothing(bad) -> None:
    with pytest.raises(ValueError, match="no shares"):
        whole_shares(*bad)
