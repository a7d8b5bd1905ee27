"""What a few letters find, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.fuzzy import match, rank, ready

NAMES = [
    ("Go to Ladder", "lad"),
    ("Go to Bracket board", "bb"),
    ("Go to Positions", "pos"),
    ("Cancel all orders everywhere", ""),
    ("Cancel all orders of this market", ""),
    ("Cumulative sizes on or off", ""),
    ("Chicago KMDW Kalshi", ""),
    ("Chicago 84–85", ""),
    ("Los Angeles KLAX Kalshi", ""),
]


def found(query: str) -> list[str]:
    return [NAMES[at][0] for at, _ in rank(query, [ready(*pair) for pair in NAMES], 20)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("lad", "Go to Ladder"),
        ("bb", "Go to Bracket board"),
        ("pos", "Go to Positions"),
        ("chi", "Chicago 84–85"),
        ("chi 84", "Chicago 84–85"),
        ("kmdw", "Chicago KMDW Kalshi"),
        ("CANCEL EVERY", "Cancel all orders everywhere"),
        ("caoe", "Cancel all orders everywhere"),
        ("cumul", "Cumulative sizes on or off"),
        ("angeles los", "Los Angeles KLAX Kalshi"),
    ],
)
def test_the_best_comes_first(query, first) -> None:
    assert found(query)[0] == first


def test_every_word_must_be_found() -> None:
    assert found("cancel zebra") == []
    assert found("xyz") == []


def test_nothing_typed_finds_everything_in_its_order() -> None:
    assert found("") == [name for name, _ in NAMES]


def test_the_letters_that_were_typed_are_told() -> None:
    assert match("lad", "Go to Ladder").at == (6, 7, 8)
    assert match("caoe", "Cancel all orders everywhere").at == (0, 7, 11, 18)


def test_a_start_is_worth_more_than_a_middle_and_that_more_than_gaps() -> None:
    scores = [match("gate", text).score for text in ("Gates", "Risk gates", "Delegated", "Go at the edge")]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


@given(st.text(max_size=300), st.text(max_size=300))
def test_places_lie_in_the_text_and_nothing_raises(query, text) -> None:
    one = match(query, text)
    assert one is None or all(0 <= at < len(text) for at in one.at)


@given(st.text(min_size=1, max_size=40).filter(lambda t: t.isascii() and t.split() == [t]))
def test_whatever_is_typed_in_full_is_found(text) -> None:
    assert match(text, text) is not None


def test_of_very_many_the_ones_that_begin_with_the_word_are_kept() -> None:
    texts = [ready(f"Bay {n}") for n in range(300)] + [ready("A bay"), ready("Abaya"), ready("Bay")]
    found = [texts[at].low for at, _ in rank("bay", texts, 5)]
    assert found[0] == "bay"
    assert all(one.startswith("bay") for one in found)
