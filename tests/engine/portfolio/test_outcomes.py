from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Leg
from engine.portfolio.outcomes import results, span

YES, NO = Leg.YES, Leg.NO
lots = st.integers(1, 50_000_000).map(lambda n: Decimal(n).scaleb(-6))
held = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(Leg), lots), max_size=10)


@pytest.mark.parametrize(
    ("positions", "cost", "expected"),
    [
        ([(0, YES, 10)], 4, [6, -4]),
        ([(0, NO, 10)], 6, [-6, 4]),
        ([(0, YES, 10), (0, NO, 10)], 10, [0, 0]),
        ([], 0, [0, 0]),
        ([(0, YES, 10)], 12, [-2, -12]),  # fees made it dearer than it can pay
    ],
)
def test_two_outcomes(positions, cost: int, expected: list[int]) -> None:
    assert results([(o, leg, Decimal(q)) for o, leg, q in positions], Decimal(cost), 2) == expected


def test_no_of_one_bracket_pays_under_every_other() -> None:
    assert results([(1, NO, Decimal(10)), (2, YES, Decimal(4))], Decimal(9), 4) == [1, -9, 5, 1]


def test_the_worst_and_the_best_and_their_first_outcome() -> None:
    found = span([(1, YES, Decimal(10))], Decimal(3), 3)
    assert (found.worst, found.worst_outcome, found.best, found.best_outcome) == (-3, 0, 7, 1)
    assert found.loss == 3


def test_what_cannot_lose_has_no_loss() -> None:
    found = span([(0, YES, Decimal(10)), (1, YES, Decimal(10))], Decimal(8), 2)
    assert (found.worst, found.loss) == (2, 0)


@given(held, st.integers(0, 100))
def test_each_outcome_pays_what_its_shares_say(positions, cost: int) -> None:
    found = results(positions, Decimal(cost), 5)
    for winner in range(5):
        pays = sum((q for o, leg, q in positions if (o == winner) == (leg is YES)), Decimal(0))
        assert found[winner] == pays - cost


@given(held, st.integers(0, 100))
def test_the_span_holds_every_result(positions, cost: int) -> None:
    found, every = span(positions, Decimal(cost), 5), results(positions, Decimal(cost), 5)
    assert found.worst <= min(every) <= max(every) <= found.best
    assert (every[found.worst_outcome], every[found.best_outcome]) == (found.worst, found.best)
    assert found.loss == max(0, -found.worst)


@given(lots, st.integers(2, 5))
def test_one_share_of_everything_is_worth_one_whatever_happens(qty: Decimal, outcomes: int) -> None:
    every = [(o, YES, qty) for o in range(outcomes)]
    assert set(results(every, qty, outcomes)) == {Decimal(0)}
    assert span(every, Decimal(0), outcomes).worst == qty
