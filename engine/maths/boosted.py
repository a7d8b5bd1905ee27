"""Trees that were grown elsewhere, evaluated here: each a set of parallel arrays, their values added up.

A node sends an unknown value (NaN) to the side it was taught for it, everything else left where it is not above the
threshold. Children stand behind their parents, so that no walk can turn in a circle.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAF: Final = -1
MOST_NODES: Final = 255
"""Of one tree."""
MOST_TREES: Final = 500


class Tree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tree, its root first; arrays of one length."""

    feature: tuple[int, ...]
    """Which feature a node asks; `LEAF` asks none."""
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    unknown_left: tuple[bool, ...]
    value: tuple[float, ...]
    """Of a leaf, log-odds."""


def check(tree: Tree, features: int) -> str:
    """Return in words what makes a tree unusable over so many features; empty where nothing does."""
    n = len(tree.feature)
    arrays = (tree.threshold, tree.left, tree.right, tree.unknown_left, tree.value)
    if not 1 <= n <= MOST_NODES:
        return f"a tree has {n} nodes where 1 to {MOST_NODES} are taken"
    if any(len(one) != n for one in arrays):
        return "the arrays of a tree differ in length"
    if not all(map(math.isfinite, (*tree.threshold, *tree.value))):
        return "a tree holds a number that is not finite"
    for at, feature in enumerate(tree.feature):
        if feature == LEAF:
            continue
        if not 0 <= feature < features:
            return f"a tree asks feature {feature} of {features}"
        if not (at < tree.left[at] < n and at < tree.right[at] < n):
            return "a tree has a node before its parent, or outside of it"
    return ""


def leaf(tree: Tree, x: Sequence[float]) -> float:
    """Return the value of the leaf that features `x` fall into; NaN is unknown."""
    at = 0
    while (feature := tree.feature[at]) != LEAF:
        value = x[feature]
        goes_left = tree.unknown_left[at] if value != value else value <= tree.threshold[at]  # NaN
        at = tree.left[at] if goes_left else tree.right[at]
    return tree.value[at]


def score(trees: Sequence[Tree], base: float, x: Sequence[float]) -> float:
    """Return the log-odds of all trees together, added in their order to what stands before the first."""
    total = base
    for tree in trees:
        total += leaf(tree, x)
    return total
