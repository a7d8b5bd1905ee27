"""Habits of a profile: recent commands, link groups and pins come back; a bad file costs them alone."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import links
from app.habits import SCHEMA, Habits
from app.kept import Kept
from app.links import Links
from engine.core.ids import InstrumentId, VenueId
from tests.app.program import CALM, program

NAMES = st.text(max_size=20)


@given(
    st.builds(
        Habits,
        schema=st.just(SCHEMA),
        recent=st.lists(NAMES, max_size=30).map(tuple),
        links=st.dictionaries(NAMES, st.integers(0, 8), max_size=5),
        pins=st.dictionaries(NAMES, st.tuples(NAMES, NAMES), max_size=5),
    )
)
def test_what_is_saved_is_loaded(tmp_path_factory, habits) -> None:
    kept = Kept(tmp_path_factory.getbasetemp() / "habits.json", Habits, SCHEMA, "habits")
    assert kept.save(habits) == ""
    assert kept.load() == (habits, "")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'{"schema": 7}', b'{"schema": 1, "links": {"a": 9}}', b'{"schema": 1, "recent": [3]}',
     b'{"schema": 1, "pins": {"a": ["b"]}}', b"\xff", b"{" + b" " * (1 << 20),
     b'{"schema": 1, "mood": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"],
)  # fmt: skip
def test_a_bad_file_is_set_aside_and_said(tmp_path, content) -> None:
    path = tmp_path / "habits.json"
    path.write_bytes(content)
    found, wrong = Kept(path, Habits, SCHEMA, "habits").load()
    assert found == Habits(schema=SCHEMA)
    assert wrong.startswith("The habits were set aside as habits.json.bad-1: ")
    path.write_bytes(content)
    assert "bad-2" in Kept(path, Habits, SCHEMA, "habits").load()[1]


def test_fields_of_a_later_version_are_passed_over(tmp_path) -> None:
    path = tmp_path / "habits.json"
    path.write_text(json.dumps({"schema": 1, "recent": ["a"], "mood": "good"}))
    assert Kept(path, Habits, SCHEMA, "habits").load()[0].recent == ("a",)


def test_links_are_bounded_and_a_dock_that_follows_again_holds_nothing(qapp) -> None:
    one, pin = Links(), InstrumentId(VenueId("kalshi"), "KX")
    one.keep("Weather/ladder", links.PINNED, pin)
    assert one.pin("Weather/ladder") == pin
    one.keep("Weather/ladder", 3, pin)
    assert (one.pin("Weather/ladder"), one.group("Weather/ladder")) == (None, 3)
    for n in range(links.MOST + 5):
        one.keep(f"Clone/{n}", 2, None)
    assert len(one.state()[0]) == links.MOST
    assert one.group("Weather/ladder") is None


@pytest.mark.limit(60)
async def test_a_pinned_dock_keeps_what_it_shows_over_a_restart_and_turns_nobody(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        line = await desk.outcome()
        await desk.take(line)
        ladder, board = desk.dock("ladder"), desk.dock("board")
        ladder.setFocus()
        assert desk.window.registry.run("window.link_0")
        board.setFocus()
        assert desk.window.registry.run("window.link_5")
        other = next(one for one in desk.bridge.finding.rows() if one.market != line.market and one.label)
        desk.window.commander._take(
            next(e for e in desk.bridge.finding._outcomes() if e.id.endswith(other.instrument.symbol))
        )
        assert desk.bridge.turning.chosen() == other.instrument
        assert ladder.instrument == line.instrument
        desk.dock("markets").set_link(links.PINNED)
        desk.dock("markets").selected.emit(line.instrument)
        assert desk.bridge.turning.chosen() == other.instrument
    kept = msgspec.json.decode((tmp_path / "habits.json").read_bytes(), type=Habits)
    assert kept.links == {"Weather/ladder": 0, "Weather/board": 5, "Weather/markets": 0}
    assert kept.pins["Weather/ladder"][1] == line.instrument.symbol
    async with program(tmp_path, *CALM) as desk:
        await desk.until(lambda: desk.terminal.bridge is not None and desk.bridge.turning.chosen() is not None)
        assert desk.dock("ladder").instrument == line.instrument
        assert desk.dock("board").link() == 5
        assert desk.window.commander.recent()[0].startswith("outcome:")
