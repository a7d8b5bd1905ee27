"""The grid of spot and volatility: what is held may offset, what may fill never helps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.maths import black
from engine.options import stress
from engine.options.greeks import Model
from engine.options.stress import CELLS, Contract, Holding, Working

F = 60_000.0


def option(strike: float, *, put: bool = False, vol: float = 0.6, years: float = 0.1) -> Contract:
    return Contract(Model(F, vol, years, 1.0), strike, put, 0.0)


FUTURE = Contract(None, 0.0, False, F)
CONTRACTS = st.one_of(
    st.just(FUTURE), st.builds(option, st.floats(40_000, 90_000), put=st.booleans(), vol=st.floats(0.1, 1.5))
)
QTY = st.floats(-3, 3).filter(lambda q: abs(q) > 0.01)


def test_a_bought_option_never_loses_more_than_it_is_worth() -> None:
    one = option(60_000)
    worth = black.option(F, 60_000, 0.6, 0.1).price
    assert 0.9 * worth < stress.worst(stress.grid([Holding(1.0, one)])) <= worth


def test_a_sold_option_loses_what_the_worst_corner_takes() -> None:
    one = option(60_000)
    corner = black.option(F * 1.2, 60_000, 0.7, 0.1).price - black.option(F, 60_000, 0.6, 0.1).price
    assert stress.worst(stress.grid([Holding(-1.0, one)])) == pytest.approx(corner)


def test_a_future_loses_a_fifth_and_offsets_what_it_hedges() -> None:
    assert stress.worst(stress.grid([Holding(1.0, FUTURE)])) == pytest.approx(12_000)
    covered = stress.worst(stress.grid([Holding(-1.0, option(60_000)), Holding(1.0, FUTURE)]))
    assert covered < 12_000


@settings(max_examples=40)
@given(st.lists(st.tuples(QTY, CONTRACTS), max_size=4), QTY, CONTRACTS, st.floats(-500, 500), st.floats(0, 50))
def test_an_order_never_makes_a_cell_better(held, qty: float, contract: Contract, worse: float, fee: float) -> None:
    positions = [Holding(q, c) for q, c in held]
    before, after = stress.grid(positions), stress.grid(positions, [Working(qty, contract, worse, fee)])
    assert all(b >= a for b, a in zip(before, after, strict=True))
    filled = stress.grid([*positions, Holding(qty, contract)])
    cost = abs(qty) * worse + fee
    for nothing, with_it, all_of_it in zip(before, after, filled, strict=True):
        assert with_it == pytest.approx(min(nothing, all_of_it - cost), abs=1e-6)


def test_the_grid_is_a_fifth_either_way_and_ten_points() -> None:
    assert {spot for spot, _ in CELLS} >= {-0.2, 0.0, 0.2}
    assert {vol for _, vol in CELLS} == {-0.1, 0.0, 0.1}
    still = CELLS.index((0.0, 0.0))
    assert stress.grid([Holding(2.0, option(50_000, put=True)), Holding(-1.0, FUTURE)])[still] == 0.0
    assert stress.worst(()) == 0.0
