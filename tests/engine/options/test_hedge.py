from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Side
from engine.options.hedge import Action, delta_hedge, gamma_hedge, hedge_price

NET = st.floats(-500.0, 500.0)


@given(NET, st.floats(0.0, 1.0), st.booleans())
def test_a_hedge_reduces_delta_and_never_turns_it(net, ratio, has_options) -> None:
    found = delta_hedge(net, ratio=ratio, has_options=has_options)
    if found.action in {Action.BUY, Action.SELL}:
        left = net + (found.size if found.action is Action.BUY else -found.size)
        assert abs(left) < abs(net)
        assert left * net >= -1e-6
        assert found.size / 0.01 == pytest.approx(round(found.size / 0.01))
    else:
        assert abs(net) * (ratio if has_options else 1.0) <= 0.1 + 1e-9 or abs(net) <= 0.1


@given(NET)
def test_a_hedge_counted_in_leaves_nothing_to_hedge(net) -> None:
    found = delta_hedge(net)
    after = net + {Action.BUY: found.size, Action.SELL: -found.size}.get(found.action, 0.0)
    assert delta_hedge(after).action is Action.NONE


def test_too_small_for_the_venue_is_reported() -> None:
    assert delta_hedge(0.15, least=0.2) == (Action.BELOW_MIN, 0.15)
    assert delta_hedge(0.05, has_options=False) == (Action.BELOW_MIN, 0.05)


@given(st.floats(-2.0, 2.0), NET, st.floats(1e-4, 0.01), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_gamma_first_then_all_the_delta(gamma, delta, option_gamma, option_delta, target) -> None:
    found = gamma_hedge(gamma, delta, option_gamma, option_delta, target)
    assert abs(found.gamma_after - target) <= 0.05 * option_gamma + 1e-9
    assert found.delta_after == pytest.approx(delta + found.options * option_delta)
    assert found.delta_after + found.perp == 0.0


@pytest.mark.parametrize("bad", [(0.1, 0.0, 0.0, 0.5), (math.nan, 0.0, 0.1, 0.5), (0.1, 0.0, 0.1, 0.5, 0.0, 0.0)])
def test_an_option_without_gamma_hedges_none(bad) -> None:
    with pytest.raises(ValueError, match=r"without gamma|no hedge"):
        gamma_hedge(*bad)


@given(st.integers(10_000, 40_000), st.integers(0, 100), st.floats(-1.0, 2.0), st.sampled_from(Side))
def test_zero_joins_one_takes_and_the_sides_are_mirrors(bid, wide, a, side) -> None:
    low, high = bid / 10, (bid + wide) / 10
    price = hedge_price(low, high, side, a)
    other = hedge_price(low, high, Side.SELL if side is Side.BUY else Side.BUY, a)
    assert price + other == pytest.approx(low + high)
    if a <= 0.0:
        assert price == pytest.approx(low if side is Side.BUY else high)
    elif a < 1.0:
        assert low - 1e-6 <= price <= high + 1e-6
    elif side is Side.BUY:
        assert price >= high - 1e-6
    else:
        assert price <= low + 1e-6


@pytest.mark.parametrize("bad", [(0.0, 1.0), (1.0, 0.0), (2.0, 1.0), (1.0, math.inf)])
def test_half_a_book_prices_nothing(bad) -> None:
    with pytest.raises(ValueError, match="no price"):
        hedge_price(*bad, Side.BUY, 0.5)


@pytest.mark.parametrize("more", [{"net": math.nan}, {"least": 0.0}, {"ratio": 1.5}, {"step": 0.0}])
def test_nonsense_is_not_hedged(more) -> None:
    with pytest.raises(ValueError, match="no hedge"):
        delta_hedge(**{"net": 1.0, **more})
