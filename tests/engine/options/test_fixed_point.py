from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.options.fixed_point import PRICE, QUANTITY, STRIKE, fixed

AMOUNT = st.decimals(0, 10**12, allow_nan=False, allow_infinity=False)


@given(AMOUNT, st.sampled_from([PRICE, QUANTITY, STRIKE]))
def test_it_is_the_nearest_whole_number(value, decimals) -> None:
    exact = Fraction(value) * 10**decimals
    assert abs(fixed(value, decimals) - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(("value", "whole"), [("8.2", 8_200_000), ("1.005", 1_005_000), ("0.0000005", 0),
                                              ("0.0000015", 2), ("0.29", 290_000)])  # fmt: skip
def test_no_digit_is_cut_off_and_halves_go_to_the_even_one(value, whole) -> None:
    assert fixed(Decimal(value), PRICE) == whole


@pytest.mark.parametrize("bad", ["-1", "NaN", "Infinity", "1E+80"])
def test_what_cannot_be_signed_is_refused(bad) -> None:
    with pytest.raises(ValueError, match=r"signed amount|256 bits"):
        fixed(Decimal(bad), QUANTITY)
