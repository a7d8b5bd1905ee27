"""Words and digits: nothing is lost between what is signed and what is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.venues.derive import abi

FINE = st.decimals(-(10**15), 10**15, places=12, allow_nan=False, allow_infinity=False)


@given(FINE)
@example(Decimal("0.1"))
@example(Decimal("1E+3"))
@example(Decimal("0.000000000001"))
@example(Decimal("-0"))
def test_the_digits_sent_are_the_word_signed(value) -> None:
    word = abi.scaled(value)
    assert Decimal(word) == value * 10**18 or word == int(value.scaleb(18))
    assert Decimal(abi.text(value)) == value
    assert "E" not in abi.text(value)


def test_a_tenth_is_signed_as_a_tenth() -> None:
    assert abi.scaled(Decimal("0.1")) == 10**17
    assert abi.text(Decimal("1E+3")) == "1000"
    assert abi.text(Decimal("-1.50")) == "-1.5"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.0000000000001", "1E-19", "1E+200"])
def test_what_the_venue_would_refuse_is_refused(value) -> None:
    with pytest.raises(ValueError, match=r"finite|digits|proportion"):
        abi.scaled(Decimal(value))


@pytest.mark.parametrize("value", [-1, 1 << 256])
def test_a_number_that_does_not_fit_is_refused(value) -> None:
    with pytest.raises(ValueError, match="unsigned"):
        abi.uint(value)


@given(st.integers(-(1 << 255), (1 << 255) - 1))
def test_signed_words_are_twos_complement(value) -> None:
    assert int.from_bytes(abi.signed(value), "big") == value % (1 << 256)


@pytest.mark.parametrize("value", [1 << 255, -(1 << 255) - 1])
def test_a_signed_number_that_does_not_fit_is_refused(value) -> None:
    with pytest.raises(ValueError, match="signed"):
        abi.signed(value)


@pytest.mark.parametrize("text", ["", "0x12", "0xzz" + "00" * 19, "B8D2" * 11])
def test_what_is_no_address_is_refused(text) -> None:
    with pytest.raises(ValueError, match="no address"):
        abi.address(text)
