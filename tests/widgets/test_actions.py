"""The table of actions: whole, and no key means two things where the focus is."""

import runpy
from itertools import combinations
from pathlib import Path

from widgets.actions import ACTIONS, AREAS, Kind, meet, way_up
from widgets.keymap import canonical


def test_no_first_key_means_two_actions_where_both_work() -> None:
    twice = [
        (one.id, other.id, key)
        for one, other in combinations(ACTIONS.values(), 2)
        if meet(one.area, other.area)
        for key in set(one.keys) & set(other.keys)
    ]
    assert twice == []


def test_every_action_is_in_an_area_with_words_and_sound_keys() -> None:
    assert [one.id for one in ACTIONS.values() if one.area not in AREAS or not one.words[0].isupper()] == []
    keys = [key for one in ACTIONS.values() for key in one.keys]
    assert [canonical(key) for key in keys] == keys


def test_codes_of_the_palette_are_short_and_each_finds_one() -> None:
    codes = [one.code for one in ACTIONS.values() if one.code]
    assert len(codes) == len(set(codes))
    assert all(2 <= len(code) <= 4 for code in codes)


def test_what_can_send_an_order_is_marked_as_money() -> None:
    money = {name for name, one in ACTIONS.items() if one.kind is Kind.MONEY}
    assert money >= {"ladder.place", "ladder.join_bid", "ladder.take", "ladder.flatten", "board.buy", "ticket.send"}


def test_areas_meet_where_one_lies_within_the_other() -> None:
    assert way_up("blotter") == ("blotter", "table", "window")
    assert meet("table", "blotter")
    assert meet("ladder", "window")
    assert not meet("ladder", "board")
    assert way_up("nowhere") == ("window",)


def test_the_page_of_keys_is_the_table() -> None:
    root = Path(__file__).resolve().parents[2]
    page = runpy.run_path(str(root / "packaging" / "keys.py"))["page"]()
    assert (root / "docs" / "keys.md").read_text(encoding="utf-8") == page, "run python packaging/keys.py"
