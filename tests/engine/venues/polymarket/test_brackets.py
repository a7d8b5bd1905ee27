"""Bracket titles as sets of whole values, and what a family of them proves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.instrument import Strike
from engine.venues.polymarket.brackets import prove, strike_of


@pytest.mark.parametrize(
    ("title", "strike"),
    [
        ("25F or below", Strike(high=25, unit="°F")),
        ("25°F or below", Strike(high=25, unit="°F")),
        ("26-27F", Strike(low=26, high=27, unit="°F")),
        ("26-27°F", Strike(low=26, high=27, unit="°F")),
        ("26–27 °F", Strike(low=26, high=27, unit="°F")),
        ("between 26-27F", Strike(low=26, high=27, unit="°F")),
        ("40°F or higher", Strike(low=40, unit="°F")),
        ("12°C", Strike(low=12, high=12, unit="°C")),
        ("-5°C", Strike(low=-5, high=-5, unit="°C")),
        ("-6--5°C", Strike(low=-6, high=-5, unit="°C")),
        ("-10°C or below", Strike(high=-10, unit="°C")),
        ("100-119", Strike(low=100, high=119)),
        ("<100", Strike(high=99)),
        ("≥ 40°F", Strike(low=40, unit="°F")),
        ("500+", Strike(low=500)),
    ],
)
def test_a_title_names_its_set(title, strike) -> None:
    assert strike_of(title) == strike


@pytest.mark.parametrize(
    "title", ["", "64,000", "64000", "$1B", "Yes", "No change", "27-26°F", "1.5°C or higher", "9" * 90]
)
def test_other_titles_name_none(title) -> None:
    assert strike_of(title) is None


def test_two_degree_brackets_between_open_ends_hold_every_value_once() -> None:
    proof = prove([strike_of(t) for t in ("40°F or higher", "25F or below", "28-39°F", "26-27F")])
    assert (proof.exclusive, proof.exhaustive) == (True, True)


@pytest.mark.parametrize(
    ("titles", "exclusive", "why"),
    [
        (["25°F or below", "27-28°F", "29°F or higher"], True, "no market pays for 26"),
        (["25°F or below", "25-26°F", "27°F or higher"], False, "overlap"),
        (["25°F or below", "26-27°F"], True, "have an end"),
        (["25°F or below", "26°C or higher"], False, "different units"),
        (["25°F or below", "Other"], False, "not every market"),
        ([], False, "not every market"),
        (["25°F or below", "20°F or below", "26°F or higher"], False, "overlap"),
    ],
)
def test_what_proves_less_is_marked_with_its_reason(titles, exclusive, why) -> None:
    proof = prove([strike_of(t) for t in titles])
    assert (proof.exclusive, proof.exhaustive) == (exclusive, False)
    assert why in proof.why


@given(st.lists(st.tuples(st.integers(-9, 9) | st.none(), st.integers(-9, 9) | st.none()), min_size=1, max_size=5))
def test_the_proof_is_what_counting_says(pairs) -> None:
    strikes = [Strike(low=a, high=b) for a, b in pairs if a is None or b is None or a <= b]
    if not strikes:
        return
    held = [
        sum((s.low is None or s.low <= n) and (s.high is None or n <= s.high) for s in strikes) for n in range(-12, 13)
    ]
    proof = prove(strikes)
    assert proof.exclusive == (max(held) <= 1)
    assert proof.exhaustive == (set(held) == {1})
