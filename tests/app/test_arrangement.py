"""The tree of docks: whatever is moved, each dock is there once."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import arrangement as trees
from app.arrangement import LEFT, SIDES, TAB, Place, Split, column, place, row

NAMES = tuple("abcdefgh")
TREE = row(column(place("a"), place("b", size=200), size=292), column(place("c", "d", "e")), place("f", size=562))
MOVES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(SIDES)), max_size=12)
SOME = st.sets(st.sampled_from(NAMES))


def _after(moves, tree=TREE):
    for dock, target, side in moves:
        tree = trees.moved(tree, dock, target, side)
    return tree


@given(MOVES)
def test_moving_loses_and_doubles_no_dock(moves) -> None:
    found = list(trees.docks(_after(moves)))
    assert len(found) == len(set(found))
    assert set(found) >= set("abcdef")
    assert trees.sound(_after(moves))


@given(MOVES)
def test_a_tree_is_written_and_read(moves) -> None:
    tree = _after(moves)
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Split) == tree


@given(MOVES, SOME)
def test_a_part_holds_what_was_wanted_in_its_order(moves, wanted) -> None:
    tree = _after(moves)
    found = trees.only(tree, wanted)
    assert list(trees.docks(found) if found else ()) == [name for name in trees.docks(tree) if name in wanted]
    assert found is None or all(one.docks for one in trees.places(found))


@given(MOVES, SOME, st.sampled_from(NAMES))
def test_a_completed_tree_has_what_is_known_once(moves, gone, new) -> None:
    known = [name for name in NAMES if name not in gone] or [new]
    drawn = row(place(*NAMES[:4]), place(*NAMES[4:]))
    found = list(trees.docks(trees.completed(_after(moves), known, trees.only(drawn, known))))
    assert sorted(found) == sorted(known)


def test_beside_a_dock_is_half_of_its_place_and_keeps_its_pixels() -> None:
    found = trees.moved(TREE, "a", "f", LEFT)
    assert list(trees.docks(found)) == ["b", "c", "d", "e", "a", "f"]
    last = found.parts[-1]
    assert (last.across, last.size, [one.docks for one in last.parts]) == (True, 562, [("a",), ("f",)])


def test_behind_a_tab_is_after_the_one_it_was_sent_to() -> None:
    assert [one.docks for one in trees.places(trees.moved(TREE, "f", "c", TAB))] == [
        ("a",),
        ("b",),
        ("c", "f", "d", "e"),
    ]


@pytest.mark.parametrize(("dock", "target"), [("a", "a"), ("a", "z")])
def test_beside_itself_or_nothing_changes_nothing(dock, target) -> None:
    assert trees.moved(TREE, dock, target, LEFT) is TREE


def test_a_side_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="sideways"):
        trees.moved(TREE, "a", "b", "sideways")


def test_no_move_makes_a_tree_too_deep_to_show() -> None:
    tree = row(place("a"), place("b"))
    for i in range(40):
        tree = trees.moved(tree, f"x{i}", "a" if i == 0 else f"x{i - 1}", ("above", "left")[i % 2])
    assert trees.sound(tree)


def test_a_tree_too_deep_is_not_sound() -> None:
    deep = Place(("a",))
    for _ in range(trees.DEEPEST + 1):
        deep = Split((deep,))
    assert not trees.sound(deep)
    assert not trees.sound(Split(()))


def test_pixels_come_to_the_parts_that_are_shown() -> None:
    shown = {"a", "b", "c", "f"}
    sizes = [[300, 900, 700], [400, 100], [1000]]
    found = trees.sized(TREE, sizes, shown)
    assert [part.size for part in found.parts] == [300, 900, 700]
    assert [part.size for part in found.parts[0].parts] == [400, 100]
    assert trees.sized(TREE, [[1, 2]], shown) == TREE


def test_what_is_not_shown_keeps_its_pixels_and_comes_back_to_them() -> None:
    found = trees.sized(TREE, [[900, 700], [1000]], {"c", "f"})
    assert [part.size for part in found.parts] == [292, 736, 572]
    assert found.parts[0] == TREE.parts[0]


def test_beside_a_hidden_part_that_took_the_rest_nothing_changes() -> None:
    assert trees.sized(TREE, [[292, 1000, 562], [500], [900]], {"b", "c", "f"}).parts[0] == trees.replace(
        TREE.parts[0], size=292
    )
    assert trees.sized(TREE, [[292, 562], [500, 300]], {"a", "b", "f"}).parts[0].size == 292
