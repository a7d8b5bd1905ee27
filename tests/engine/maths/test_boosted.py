"""Trees as arrays: the way down, what is unknown, and what makes one unusable."""

from __future__ import annotations

import math

import msgspec
import pytest

from engine.maths import boosted
from engine.maths.boosted import Tree

STUMP = Tree(
    feature=(1, -1, -1), threshold=(0.5, 0.0, 0.0), left=(1, 0, 0), right=(2, 0, 0),
    unknown_left=(False, False, False), value=(0.0, -1.0, 2.0),
)  # fmt: skip


@pytest.mark.parametrize(("value", "leaf"), [(0.4, -1.0), (0.5, -1.0), (0.6, 2.0), (math.nan, 2.0), (-math.inf, -1.0)])
def test_what_is_not_above_the_threshold_goes_left_and_the_unknown_where_it_was_taught(value, leaf) -> None:
    assert boosted.leaf(STUMP, (9.0, value)) == leaf


def test_trees_add_up_to_what_stands_before_them() -> None:
    assert boosted.score((STUMP, STUMP), 0.25, (0.0, 1.0)) == 4.25
    assert boosted.score((), 0.25, (0.0, 1.0)) == 0.25


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"left": (0, 0, 0)}, "before its parent"),
        ({"right": (3, 0, 0)}, "outside of it"),
        ({"feature": (2, -1, -1)}, "feature 2 of 2"),
        ({"value": (0.0, math.inf, 2.0)}, "not finite"),
        ({"threshold": (0.5,)}, "differ in length"),
        ({"feature": (), "threshold": (), "left": (), "right": (), "unknown_left": (), "value": ()}, "0 nodes"),
    ],
)
def test_a_damaged_tree_is_named(change, said) -> None:
    assert boosted.check(STUMP, 2) == ""
    assert said in boosted.check(msgspec.structs.replace(STUMP, **change), 2)
