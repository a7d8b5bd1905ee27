from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.binary import digital
from engine.portfolio.greeks import of_window

SHARES = st.floats(0.0, 1_000.0)
MARKET = (68_010.0, 68_000.0, 6e-5, 200.0)


@given(SHARES, SHARES)
def test_pairs_move_with_nothing(up, pairs) -> None:
    assert of_window(*MARKET, up + pairs, pairs) == pytest.approx(of_window(*MARKET, up, 0.0), abs=1e-9)


@given(SHARES, SHARES)
def test_the_greeks_are_those_of_the_net_shares(up, down) -> None:
    unit, found = digital(*MARKET), of_window(*MARKET, up, down)
    assert found.delta == pytest.approx((up - down) * unit.delta)
    assert found.gamma == pytest.approx((up - down) * unit.gamma)
