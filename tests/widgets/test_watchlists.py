"""Watchlists: names, order and bounds; nothing the trader put in is lost but by his own hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import EMBEDDED
from tests.widgets import views_sample as sample
from widgets import watchlists
from widgets.watchlists import Watched, Watchlist, Watchlists

ROWS = [
    next(r for r in sample.markets().rows if r.market == m)
    for m in dict.fromkeys(r.market for r in sample.markets().rows)
]


@pytest.fixture
def lists(qapp) -> Watchlists:
    one = Watchlists()
    assert one.make("Midwest") == ""
    return one


def test_a_market_is_kept_with_what_it_was_called(lists) -> None:
    assert lists.add("midwest", ROWS[0]) == ""
    assert lists.find("MIDWEST").markets == (Watched(sample.CHI, "Chicago", "KMDW", str(EMBEDDED)),)
    assert lists.add("Midwest", ROWS[0]) == ""
    assert len(lists.find("Midwest").markets) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "A list needs a name."),
        ("  \n ", "A list needs a name."),
        ("MIDWEST", "There is a list “Midwest” already."),
    ],
)
def test_a_name_is_needed_and_stands_for_one_list(lists, name, why) -> None:
    assert lists.make(name) == why
    assert lists.names() == ["Midwest"]


def test_lists_are_renamed_and_deleted(lists) -> None:
    lists.add("Midwest", ROWS[0])
    assert lists.rename("Midwest", "midwest") == ""
    assert lists.rename("nothing", "x") == "There is no list “nothing”."
    assert lists.find("midwest").has(sample.CHI)
    lists.delete("midwest")
    assert lists.lists() == ()


def test_there_are_bounds_and_they_are_said(lists) -> None:
    for n in range(watchlists.MOST_LISTS - 1):
        assert lists.make(f"list {n}") == ""
    assert "20 lists already" in lists.make("one more")
    full = tuple(Watched(f"M{n}", "x") for n in range(watchlists.MOST_MARKETS))
    lists.take([Watchlist("full", full)])
    assert "500 markets" in lists.add("full", ROWS[0])
    assert "no list" in lists.add("none", ROWS[0])


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([-1, 1])), max_size=30))
def test_moving_keeps_every_market_once(qapp, moves) -> None:
    lists = Watchlists()
    lists.make("all")
    for row in ROWS[:6]:
        lists.add("all", row)
    for at, way in moves:
        before = [m.market for m in lists.find("all").markets]
        moved = lists.move("all", ROWS[at].market, way)
        after = [m.market for m in lists.find("all").markets]
        place = before.index(ROWS[at].market)
        assert moved is (0 <= place + way < 6)
        assert after.index(ROWS[at].market) == (place + way if moved else place)
    assert {m.market for m in lists.find("all").markets} == {row.market for row in ROWS[:6]}


def test_change_is_told_once_and_only_when_there_is_one(lists) -> None:
    told = []
    lists.changed.connect(lambda: told.append(1))
    lists.remove("Midwest", sample.CHI)
    lists.delete("none")
    assert told == []
    lists.add("Midwest", ROWS[0])
    lists.remove("Midwest", sample.CHI)
    assert len(told) == 2


def test_two_lists_of_one_name_in_a_file_are_one(qapp) -> None:
    lists = Watchlists()
    lists.take([Watchlist("A", (Watched("x", "x"),)), Watchlist("a", (Watched("y", "y"), Watched("x", "x")))])
    assert [m.market for m in lists.find("A").markets] == ["x", "y"]
    assert lists.names() == ["A"]
