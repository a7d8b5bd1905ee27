"""Shares on the screen: two decimals, rounded as decimals are."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.project import quotes


@given(st.one_of(st.floats(-1e9, 1e9), st.integers(-(10**9), 10**9).map(lambda n: n / 200)))
def test_a_size_is_rounded_as_the_number_it_is_half_to_even(amount) -> None:
    assert quotes.shares(amount).as_tuple() == Decimal(amount).quantize(Decimal("0.01")).as_tuple()
