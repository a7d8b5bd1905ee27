from __future__ import annotations

from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Leg, Side
from engine.portfolio.exposure import Claim, Resting, Stake, claim, loss

ZERO, ONE = Decimal(0), Decimal(1)
QTY = st.integers(1, 50).map(Decimal)
PRICE = st.integers(1, 99).map(lambda n: Decimal(n) / 100)
FEE = st.integers(0, 50).map(lambda n: Decimal(n) / 100)
MEMBERS = 3
STAKES = st.lists(st.builds(Stake, st.integers(0, MEMBERS - 1), st.sampled_from(Leg), QTY, QTY), max_size=4)
RESTING = st.lists(
    st.builds(Resting, st.integers(0, MEMBERS - 1), st.sampled_from(Side), st.sampled_from(Leg), QTY, PRICE, FEE),
    max_size=4,
)


def pays(member: int, leg: Leg, winners: frozenset[int]) -> Decimal:
    return ONE if (member in winners) is (leg is Leg.YES) else ZERO


def slow(stakes, resting, winners) -> Decimal:
    """The worst over all subsets of orders that fill, by trying them."""
    worst = None
    for filled in product([False, True], repeat=len(resting)):
        total = sum((s.qty * pays(s.member, s.leg, winners) - s.cost for s in stakes), ZERO)
        for one, done in zip(resting, filled, strict=True):
            if done:
                each = pays(one.member, one.leg, winners) - one.price
                total += one.qty * (each if one.side is Side.BUY else -each) - one.fee
        worst = total if worst is None else min(worst, total)
    return worst


@given(STAKES, RESTING, st.booleans())
def test_an_exclusive_family_loses_what_its_worst_outcome_and_worst_fills_lose(stakes, resting, sure) -> None:
    outcomes = [frozenset({n}) for n in range(MEMBERS)] + ([] if sure else [frozenset()])
    worst = min(slow(stakes, resting, winners) for winners in outcomes)
    assert loss(stakes, resting, MEMBERS, exclusive=True, sure=sure) == max(ZERO, -worst)


@given(STAKES, RESTING)
def test_members_that_may_win_together_lose_no_less_than_any_outcome_of_them(stakes, resting) -> None:
    found = loss(stakes, resting, MEMBERS, exclusive=False, sure=False)
    for wins in product([False, True], repeat=MEMBERS):
        winners = frozenset(n for n, won in enumerate(wins) if won)
        assert found >= -slow(stakes, resting, winners)


def test_two_brackets_of_one_event_cannot_both_lose_as_if_they_were_apart() -> None:
    """NO of two exclusive outcomes: at least one of them pays."""
    stakes = [Stake(0, Leg.NO, Decimal(10), Decimal(6)), Stake(1, Leg.NO, Decimal(10), Decimal(7))]
    assert loss(stakes, [], 3, exclusive=True, sure=True) == 3
    assert loss(stakes, [], 3, exclusive=False, sure=False) == 13


def test_an_order_ties_up_what_it_opens_and_not_what_it_closes() -> None:
    sale = Resting(0, Side.SELL, Leg.YES, Decimal(10), Decimal("0.40"), Decimal("0.10"))
    held = {Leg.YES: Decimal(4), Leg.NO: ZERO}
    assert claim(sale, held, nets=True) == Claim(Decimal(4), Decimal(6), Decimal("3.70"))
    assert claim(sale, held, nets=True) == Claim(ZERO, Decimal(10), Decimal("6.10"))
    both = {Leg.YES: Decimal(4), Leg.NO: Decimal(10)}
    bought = Resting(0, Side.BUY, Leg.YES, Decimal(10), Decimal("0.40"), Decimal("0.10"))
    assert claim(bought, dict(both), nets=True) == Claim(Decimal(10), ZERO, ZERO)
    assert claim(bought, dict(both), nets=False) == Claim(ZERO, Decimal(10), Decimal("4.10"))
