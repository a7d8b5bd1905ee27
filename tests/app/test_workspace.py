"""Workspaces as drawn: every dock once, wide and small, and each that is made has its place."""

from __future__ import annotations

import pytest

from app import arrangement, drawn, workspace
from app.workspace import Column, Place, tree_of

DRAWN = drawn.workspaces(lambda: 0)
IDS = [one.name for one in DRAWN]


@pytest.mark.parametrize("one", DRAWN, ids=IDS)
def test_an_arrangement_has_every_dock_once(one, qtbot) -> None:
    docks = {name: make() for name, make in one.docks().items()}
    for dock in docks.values():
        qtbot.addWidget(dock)
    for tree in (one.wide, one.small):
        found = list(arrangement.docks(tree))
        assert sorted(found) == sorted(docks)


def test_keys_and_names_are_each_workspaces_own() -> None:
    for field in ("digit", "name", "title"):
        found = [getattr(one, field) for one in DRAWN]
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("one", DRAWN, ids=IDS)
def test_one_part_takes_what_the_others_leave(one) -> None:
    for tree in (one.wide, one.small):
        assert sum(part.grows for part in tree.parts) >= 1


def test_columns_become_a_tree_and_a_tree_stays() -> None:
    columns = (Column((Place(("a", "b"), 40), Place(("c",))), 292), Column((Place(("d",)),)))
    found = tree_of(columns)
    assert [one.docks for one in arrangement.places(found)] == [("a", "b"), ("c",), ("d",)]
    assert [(part.size, part.grows) for part in found.parts] == [(292, False), (0, True)]
    assert found.across
    assert tree_of(found) is found
    assert workspace.REST is None
