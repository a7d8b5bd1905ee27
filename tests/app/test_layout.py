"""The layout of a profile: what the trader arranged comes back, and a bad file costs nothing but the layout."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app import layout
from app.arrangement import column, place, row
from app.layout import Layout, WindowLayout, WorkspaceLayout
from tests.app.program import CALM, CTRL, LEFT, program

OLD = Path(__file__).with_name("old_layouts")
NAMES = st.text(max_size=20)
PIXELS = st.lists(st.lists(st.integers(0, 5000), max_size=4).map(tuple), max_size=4).map(tuple)
WINDOWS = st.builds(
    WindowLayout, dock=NAMES, x=st.integers(-500, 9000), width=st.integers(0, 9000), screen=NAMES, full=st.booleans()
)
WORKSPACES = st.builds(
    WorkspaceLayout,
    name=NAMES,
    base=NAMES,
    title=NAMES,
    trees=st.dictionaries(NAMES, st.just(row(place("a"), column(place("b", "c", size=30)))), max_size=2),
    borders=st.dictionaries(NAMES, PIXELS, max_size=2),
    closed=st.lists(NAMES, max_size=4).map(tuple),
    windows=st.lists(WINDOWS, max_size=3).map(tuple),
    unlocked=st.booleans(),
)
LAYOUTS = st.builds(
    Layout,
    workspace=NAMES,
    workspaces=st.lists(WORKSPACES, max_size=4).map(tuple),
    window=st.none() | WINDOWS,
    stars=st.lists(NAMES).map(tuple),
    hints=st.dictionaries(NAMES, NAMES, max_size=3),
)


def _deep(levels: int) -> bytes:
    """Return a layout whose docks lie as many levels within one another."""
    tree = b'{"is": "split", "parts": [' * levels + b'{"is": "place", "docks": ["map"]}' + b"]}" * levels
    return b'{"schema": 2, "workspaces": [{"name": "Weather", "base": "Weather", "trees": {"wide": ' + tree + b"}}]}"


def _pull(splitter, by: int) -> None:
    """Drag a splitter's first handle with the mouse."""
    handle = splitter.handle(1)
    at = handle.rect().center()
    to = at + (QPoint(by, 0) if splitter.orientation() is Qt.Orientation.Horizontal else QPoint(0, by))
    QTest.mousePress(handle, LEFT, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseMove(handle, to)
    QTest.mouseRelease(handle, LEFT, Qt.KeyboardModifier.NoModifier, to)


@given(LAYOUTS)
def test_what_is_saved_is_loaded(tmp_path_factory, saved) -> None:
    path = tmp_path_factory.getbasetemp() / "layout.json"
    layout.save(path, saved)
    found, wrong = layout.load(path)
    assert layout.same(found, saved)
    assert wrong == ""


def test_the_file_is_ours_to_read_and_nobody_elses(tmp_path) -> None:
    path = tmp_path / "layout.json"
    layout.save(path, Layout(workspace="Settle", stars=("A",)))
    assert json.loads(path.read_text()) == {"schema": 2, "workspace": "Settle", "stars": ["A"]}
    assert os.name == "nt" or path.stat().st_mode & 0o077 == 0


def test_a_file_of_the_first_schema_is_taken_over(tmp_path) -> None:
    path = tmp_path / "layout.json"
    path.write_bytes((OLD / "schema-1.json").read_bytes())
    found, wrong = layout.load(path)
    assert wrong == ""
    weather = next(one for one in found.workspaces if one.name == "Weather")
    assert weather.borders["wide"] == ((352, 990, 562), (500, 488), (482, 252, 230), (672, 316))
    assert (found.workspace, found.stars) == ("Settle", ("KXHIGHCHI-26JUL03", "KXHIGHAUS-26JUL03"))
    layout.save(path, found)
    assert layout.same(layout.load(path)[0], found)


def test_without_a_file_there_is_nothing_to_tell(tmp_path) -> None:
    assert layout.load(tmp_path / "layout.json") == (Layout(), "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"schema": 3}',
        b'{"schema": 0}',
        b'{"schema": 2, "workspaces": [{"name": "Weather"}]}',
        b'{"schema": 2, "workspaces": [{"name": "W", "base": "W", "trees": {"wide": {"is": "place", "docks": []}}}]}',
        b'{"schema": 2, "workspaces": [{"name": "W", "base": "W", "windows": [{"x": 1e9}]}]}',
        b'{"schema": 2, "workspaces": [' + b",".join([b'{"name": "W", "base": "W"}'] * 10) + b"]}",
        _deep(20),
        _deep(5_000),
        b'{"workspace": "Weather"}',
        b'{"schema": 1, "sizes": {"Weather/wide": [[-1]]}}',
        b'{"schema": 1, "sizes": {"Weather/wide": [["12"]]}}',
        b'{"schema": 1, "stars": [1]}',
        b'{"schema": 1, "stars": ["' + b"x" * (1 << 20) + b'"]}',
    ],
)
def test_a_bad_file_is_set_aside_as_it_was(tmp_path, content) -> None:
    path = tmp_path / "layout.json"
    path.write_bytes(content)
    found, wrong = layout.load(path)
    assert found == Layout()
    assert "layout.json.bad-1" in wrong
    assert not path.exists()
    assert (tmp_path / "layout.json.bad-1").read_bytes() == content


def test_files_set_aside_do_not_replace_one_another(tmp_path) -> None:
    path = tmp_path / "layout.json"
    for content in ("one", "two"):
        path.write_text(content)
        layout.load(path)
    assert [(tmp_path / f"layout.json.bad-{n}").read_text() for n in (1, 2)] == ["one", "two"]


@given(st.binary(max_size=200))
def test_no_bytes_raise(tmp_path_factory, content) -> None:
    path = tmp_path_factory.mktemp("any") / "layout.json"
    path.write_bytes(content)
    layout.load(path)


@pytest.mark.limit(40)
async def test_a_session_opens_as_the_last_one_was_left(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        root, left = desk.window.current().host.splitters[:2]
        _pull(root, 60)
        _pull(left, -80)
        line = desk.dock("markets").list.lines[1]
        listed = desk.dock("markets").list
        desk.click(listed.viewport(), listed.line_rect(1))
        desk.key(Qt.Key.Key_Asterisk, widget=listed)
        arranged = desk.window.current().sizes()
        await desk.until(desk.profile.layout.exists, 5)  # two seconds after the last change
        desk.key(Qt.Key.Key_6, CTRL)
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        assert desk.window.current().name == "Settle"
        desk.key(Qt.Key.Key_1, CTRL)
        await desk.until(lambda: any(one.starred for one in desk.dock("markets").list.lines))
        assert desk.window.current().sizes() == arranged
        assert desk.window.stars() == [line.market]


@pytest.mark.limit(40)
async def test_each_arrangement_keeps_its_own_borders(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        _pull(desk.window.current().host.splitters[0], 60)
        wide = desk.window.current().sizes()
        desk.window.resize(1366, 768)
        await desk.breathe()
        _pull(desk.window.current().host.splitters[0], -40)
        small = desk.window.current().sizes()
        desk.window.resize(1920, 1080)
        await desk.breathe()
        assert desk.window.current().sizes()[0] == wide[0]
    found, _ = layout.load(desk.profile.layout)
    (kept,) = found.workspaces
    assert {key: [list(one) for one in sizes] for key, sizes in kept.borders.items()} == {"wide": wide, "small": small}


@pytest.mark.limit(40)
async def test_a_bad_file_is_told_and_a_safe_start_leaves_the_file_alone(tmp_path) -> None:
    path = tmp_path / "layout.json"
    layout.save(path, Layout(workspace="Settle"))
    saved = path.read_bytes()
    async with program(tmp_path, *CALM, "--safe") as desk:
        await desk.ready()
        assert desk.window.current().name == "Weather"
    assert path.read_bytes() == saved
    path.write_text("{")
    async with program(tmp_path, *CALM) as desk:
        (toast,) = desk.window.toasts.toasts
        assert "layout.json.bad-1" in toast.row.text
        assert desk.window.current().name == "Weather"


@pytest.mark.limit(40)
async def test_reset_layout_forgets_it(tmp_path) -> None:
    layout.save(tmp_path / "layout.json", Layout(workspace="Settle"))
    async with program(tmp_path, *CALM, "--reset-layout") as desk:
        assert desk.window.current().name == "Weather"
        assert desk.window.toasts.toasts == []
    assert not (tmp_path / "layout.json").exists()
