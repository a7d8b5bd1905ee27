from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.lmsr_basket import Cell, Curve, affordable, basket, exact_costs, weight_at

CELLS = st.lists(st.builds(Cell, st.floats(0.01, 0.99), st.floats(0.1, 3.0)), min_size=1, max_size=5)
MONEY = st.floats(0.0, 5_000.0)


@given(MONEY, CELLS, st.none() | MONEY)
def test_a_basket_pays_the_loss_or_what_the_budget_buys(loss, cells, budget) -> None:
    found = basket(loss, cells, budget)
    assert found.cost == pytest.approx(sum(n * c.price for n, c in zip(found.shares, cells, strict=True)), abs=1e-9)
    assert found.payoff_all <= loss + 1e-6
    if budget is None or found.cost < budget:
        assert found.payoff_all == pytest.approx(loss)
    else:
        assert found.cost <= budget + 1e-9


@given(MONEY, CELLS, st.floats(1.0, 1_000.0))
def test_walking_the_curves_costs_at_least_the_marginal_price(loss, cells, b) -> None:
    found = basket(loss, cells)
    curves = [Curve(str(n), cell.price, b) for n, cell in enumerate(cells)]
    exact = exact_costs(found.shares, curves)
    assert all(c >= n * cell.price - 1e-9 for c, n, cell in zip(exact, found.shares, cells, strict=True))
    assert sum(exact) <= sum(found.shares) + 1e-9


def test_a_second_leg_of_one_market_starts_where_the_first_ended() -> None:
    apart = exact_costs([50.0, 50.0], [Curve("a", 0.3, 100.0), Curve("b", 0.3, 100.0)])
    together = exact_costs([50.0, 50.0], [Curve("a", 0.3, 100.0)] * 2)
    (whole,) = exact_costs([100.0], [Curve("a", 0.3, 100.0)])
    assert apart[0] == apart[1] == together[0] < together[1]
    assert sum(together) == pytest.approx(whole)


@given(MONEY, CELLS, MONEY, st.floats(1.0, 1_000.0))
def test_what_is_affordable_is_within_the_budget_and_uses_it(loss, cells, budget, b) -> None:
    curves = [Curve(str(n), cell.price, b) for n, cell in enumerate(cells)]
    wanted = basket(loss, cells).shares
    found = affordable(wanted, curves, budget)
    spent = math.fsum(exact_costs(found, curves))
    assert spent <= budget + 1e-9
    if found != wanted:
        assert spent == pytest.approx(budget, abs=1e-6)


def test_a_cell_five_kilometres_off_counts_half() -> None:
    assert (weight_at(0.0), weight_at(5.0)) == (1.0, 0.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: basket(1.0, []),
        lambda: basket(1.0, [Cell(0.5, 0.0)]),
        lambda: basket(1.0, [Cell(1.5, 1.0)]),
        lambda: basket(1.0, [Cell(0.5, -1.0), Cell(0.5, 2.0)]),
        lambda: basket(-1.0, [Cell(0.5, 1.0)]),
        lambda: basket(1.0, [Cell(0.5, 1.0)], -1.0),
        lambda: affordable([1.0], [Curve("a", 0.5, 10.0)], math.nan),
        lambda: weight_at(-1.0),
        lambda: exact_costs([1.0, 2.0], [Curve("a", 0.5, 10.0)]),
    ],
)
def test_nonsense_is_refused(call) -> None:
    with pytest.raises(ValueError, match=r"no basket|negative|argument 2"):
        call()
