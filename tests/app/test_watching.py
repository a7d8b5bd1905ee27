"""Watchlists on disk: they come back in their order with what is gone, and a bad file is named and set aside."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.kept import Kept
from app.watching import SCHEMA, Entry, File, One
from tests.app.program import CALM, CTRL, program
from widgets.market_lines import MARKET


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{"schema": 1, "lists": [{"name": ""}]}', "$.lists[0].name"),
        (b'{"schema": 1, "lists": [{"name": "a", "markets": [{"market": 3}]}]}', "$.lists[0].markets[0].market"),
        (b'{"schema": 1, "lists": 3}', "$.lists"),
        (b'{"schema": 2}', "its schema is 2"),
    ],
)
def test_a_bad_file_is_set_aside_and_its_bad_value_named(tmp_path, content, where) -> None:
    path = tmp_path / "watchlists.json"
    path.write_bytes(content)
    found, wrong = Kept(path, File, SCHEMA, "watchlists").load()
    assert found == File(schema=SCHEMA)
    assert where in wrong
    assert path.with_name("watchlists.json.bad-1").read_bytes() == content


@pytest.mark.limit(60)
async def test_lists_of_the_profile_are_shown_found_and_kept(tmp_path) -> None:
    path = tmp_path / "watchlists.json"
    gone = Entry(market="KXHIGHCHI-20JAN01", title="Chicago, long ago", station="KMDW", venue="kalshi")
    assert (
        Kept(path, File, SCHEMA, "watchlists").save(File(schema=SCHEMA, lists=(One(name="Mine", markets=(gone,)),)))
        == ""
    )
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.outcome()
        listed = desk.dock("markets").list
        listed.at = next(n for n, line in enumerate(listed.lines) if line.kind == MARKET)
        added = listed.lines[listed.at]
        QTest.keyClick(listed, Qt.Key.Key_W)
        desk.key(Qt.Key.Key_K, CTRL, widget=desk.window)
        palette = desk.window.commander.palette
        QTest.keyClicks(palette.field, "mine 2 markets")
        assert palette.shown()[0].kind == "watchlist"
        desk.key(Qt.Key.Key_Return, widget=palette.field)
        assert [line.name for line in listed.lines if line.kind == MARKET] == ["Chicago, long ago", added.name]
        assert desk.window.focused() is desk.dock("markets")
    markets = json.loads(path.read_text())["lists"][0]["markets"]
    assert [one["market"] for one in markets] == [gone.market, added.market]
