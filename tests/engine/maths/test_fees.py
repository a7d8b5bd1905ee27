from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.units import is_money
from engine.maths.fees import fee

MONEY = st.decimals(0, 10**6, places=6)
RATE = st.decimals(0, 1, places=4)


def test_two_percent_of_a_cost_is_rounded_up() -> None:
    rule = FeeRule(kind="of_cost", rate=Decimal("0.02"))
    assert fee(rule, Decimal("5.124948")) == Decimal("0.102499")
    assert fee(rule, Decimal("5.00")) == Decimal("0.10")


def test_no_rule_takes_nothing() -> None:
    assert fee(NO_FEE, Decimal(5)) == 0


@given(MONEY, RATE)
def test_a_fee_is_whole_micro_units_within_one_of_its_rate_and_never_above_the_cost(cost, rate) -> None:
    taken = fee(FeeRule(kind="of_cost", rate=rate), cost)
    assert is_money(taken)
    assert 0 <= taken - cost * rate < Decimal("0.000001")
    assert taken <= cost


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind"):
        fee(FeeRule(kind="flat"), Decimal(5))
