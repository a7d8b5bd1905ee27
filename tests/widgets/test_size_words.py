"""Sizes of one column are written alike: with as many decimals as all the others of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.size_words import places_of, size_text, sized


@pytest.mark.parametrize(
    ("sizes", "texts"),
    [
        ((4, 12, 250), ["4", "12", "250"]),
        ((4, "4.02", "0.47"), ["4.00", "4.02", "0.47"]),
        ((4, "4.5", "0.1"), ["4.0", "4.5", "0.1"]),
        (("17.93", 4, "0.04"), ["17.9", "4.0", "<0.1"]),
        ((231, "17.9", "0.3"), ["231", "18", "<1"]),
        (("0.002", 0, None), ["<0.01", "", ""]),
        ((12_345, "17.9"), ["12.3k", "18"]),
    ],
)
def test_a_column_has_as_many_decimals_as_its_largest_has_room_for(sizes, texts) -> None:
    some = [None if one is None else Decimal(one) for one in sizes]
    assert [sized(one, places_of(some)) for one in some] == texts


@given(st.lists(st.decimals("0.001", 9_999, places=3), min_size=1, max_size=12))
def test_all_points_of_a_column_stand_over_one_another(sizes: list[Decimal]) -> None:
    places = places_of(sizes)
    after = {len(sized(one, places).partition(".")[2]) for one in sizes}
    assert after == {places}
    assert all(any(sign in "123456789" for sign in sized(one, places)) for one in sizes), "what is there is not nothing"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, ""), (0, ""), ("0.42", ".42"), ("2.83", "2.8"), (7, "7"), ("99.94", "99.9"), ("145.7", "146"),
        (1250, "1\u00a0250"), (12_345, "12.3k"), (123_456, "123k"), (7_654_321, "7.7M"),
    ],
)  # fmt: skip
def test_size_text(size, text) -> None:
    assert size_text(None if size is None else Decimal(size)) == text
