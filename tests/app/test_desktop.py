"""Workspaces opened again as they were left: what is kept, what a file may say, and what was never touched."""

from __future__ import annotations

import pytest

from app import drawn, hosts, layout
from app.layout import Layout, WindowLayout, WorkspaceLayout
from engine.core.units import Nanos
from tests.app.desktop_rig import Desk, desks

DRAWN = len(drawn.workspaces(lambda: Nanos(0)))


@pytest.fixture
def open_desk(qtbot, tmp_path):
    yield from desks(qtbot, tmp_path)


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk()


def test_what_was_done_comes_back_and_what_was_not_is_as_drawn(open_desk, qtbot) -> None:
    desk = open_desk()
    one = desk.here
    one.unlocked = True
    one.move_dock("tape", "map", "right")
    one.close_dock("scenarios")
    one.docks["positions"]._header.tab_chosen.emit(2)
    one.take_out(WindowLayout(dock="ladder", x=30, y=40, width=500, height=420, screen="gone"))
    arranged, seen = one.sizes(), [one.name_of(panel) for panel in one.seen()]
    clone = desk.desktop.clone()
    desk.desktop.rename(clone, "Night shift")
    desk.desktop.save()
    desk.end()

    again = open_desk()
    assert again.wrong == ""
    assert [(w.name, w.title) for w in again.window.workspaces][-1] == ("Weather-2", "Night shift")
    assert again.here.name == "Weather-2"
    again.window.choose(0)
    found = again.here
    assert (found.sizes(), [found.name_of(panel) for panel in found.seen()]) == (arranged, seen)
    assert (found.closed(), found.out(), found.unlocked) == (["scenarios"], ["ladder"], True)
    assert again.out().isVisible()
    assert again.window.screen().availableGeometry().contains(again.out().geometry())  # its screen is gone
    for other in again.window.workspaces[1:DRAWN]:
        assert other.state() == WorkspaceLayout(name=other.name, base=other.name)


def test_the_other_dock_host_shows_the_same_layout(open_desk, qtbot) -> None:
    pytest.importorskip("PySide6QtAds")
    ads = open_desk(docks=hosts.ADS)
    one = ads.here
    one.unlocked = True
    as_drawn = ads.places()
    one.move_dock("tape", "map", "right")
    one.docks["positions"]._header.tab_chosen.emit(2)
    one.take_out(WindowLayout(dock="ladder", width=400, height=300))
    one.close_dock("scenarios")
    assert "fills" in [one.name_of(panel) for panel in one.seen()]
    ads.desktop.delete(ads.desktop.clone())
    ads.window.choose(0)
    for width in (1366, 1920):
        ads.window.resize(width, 1000)
        assert all(panel.isVisible() for panel in one.seen())
    moved = ads.places()
    ads.desktop.save()
    ads.end()
    again = open_desk()
    assert again.places() == moved
    assert [again.here.name_of(panel) for panel in again.here.seen()] == [one.name_of(panel) for panel in one.seen()]
    while ads.desktop.undo():
        pass
    assert ads.places() == as_drawn


def test_a_file_of_the_first_schema_gives_its_borders(open_desk, tmp_path) -> None:
    from tests.app.test_layout import OLD

    path = tmp_path / "layout.json"
    path.write_bytes((OLD / "schema-1.json").read_bytes())
    desk = open_desk(path)
    assert desk.wrong == ""
    assert desk.here.name == "Settle"
    assert set(desk.window.stars()) == {"KXHIGHCHI-26JUL03", "KXHIGHAUS-26JUL03"}
    desk.window.choose(0)
    assert desk.here.sizes()[0][::2] == [352, 562]


def test_what_a_newer_version_had_is_left_out(open_desk, tmp_path) -> None:
    from app.arrangement import place, row

    path = tmp_path / "layout.json"
    odd = WorkspaceLayout(
        name="Weather",
        base="Weather",
        trees={"wide": row(place("map", "hologram"), place("ladder", "map")), "huge": row(place("map"))},
        closed=("hologram",),
        windows=(WindowLayout(dock="hologram", width=10, height=10),),
        front=("hologram", "ticket"),
    )
    gone = WorkspaceLayout(name="Moon-2", base="Moon")
    layout.save(path, Layout(workspace="Moon-2", workspaces=(odd, gone)))
    desk = open_desk(path)
    assert desk.wrong == ""
    assert desk.here.name == "Weather"
    assert len(desk.window.workspaces) == DRAWN
    assert sorted(name for docks in desk.places() for name in docks) == sorted(desk.here.docks)


def test_nothing_touched_writes_no_file(open_desk, tmp_path) -> None:
    desk = open_desk()
    desk.window.resize(1366, 768)
    assert desk.desktop.state() == Layout(workspace="Weather")
    desk.desktop.save()
    assert not (tmp_path / "layout.json").exists()


def test_without_a_file_everything_works_and_nothing_is_kept(open_desk, tmp_path) -> None:
    desk = open_desk(None)
    desk.here.close_dock("tape")
    desk.desktop.save()
    assert desk.desktop.undo()
    assert list(tmp_path.iterdir()) == []


def test_what_was_chosen_in_a_chart_is_kept_and_taken_back(open_desk, tmp_path) -> None:
    path = tmp_path / "layout.json"
    desk = open_desk(path)
    chart, heat = desk.here.docks["chart"], desk.here.docks["heat"]
    chart.set_interval("5m")
    chart.set_zone("utc")
    chart.canvas.set_percent(True)
    heat.marks.click()
    desk.desktop.save()
    again = open_desk(path)
    assert again.wrong == ""
    assert again.here.docks["chart"].settings() == chart.settings()
    assert not again.here.docks["heat"].canvas.trades
    again.desktop.reset()
    assert again.here.docks["chart"].interval == "1m"
    again.desktop.save()
    assert layout.read(path).workspaces == ()


def test_columns_are_as_they_were_left(open_desk, tmp_path) -> None:
    path = tmp_path / "layout.json"
    desk = open_desk(path)
    table = desk.here.docks["positions"].table
    table.hide_column("fees")
    at = [column.key for column in table.rows.columns].index("average")
    table.horizontalHeader().resizeSection(at, 111)
    alarms = desk.here.docks["rules"]
    alarms.history.hide_column("told")
    assert desk.desktop._timer.isActive()
    desk.desktop.save()
    again = open_desk(path)
    assert again.wrong == ""
    found = again.here.docks["positions"].table
    assert found.horizontalHeader().sectionSize(at) == 111
    assert found.columns_state() == table.columns_state() != []
    assert again.here.docks["rules"].history.columns_state() == alarms.history.columns_state() != []
    again.desktop.reset()
    assert again.here.docks["positions"].table.columns_state() == []
    again.desktop.save()
    assert layout.read(path).workspaces == ()


def test_what_a_file_says_of_a_dock_that_cannot_be_is_left_out(open_desk, tmp_path) -> None:
    path = tmp_path / "layout.json"
    odd = WorkspaceLayout(
        name="Weather",
        base="Weather",
        docks={"chart": {"interval": "9y", "hidden": ["volume", "moon"]}, "heat": {"rows": 10_000}, "moon": {"a": 1}},
    )
    layout.save(path, Layout(workspaces=(odd,)))
    desk = open_desk(path)
    assert desk.wrong == ""
    assert desk.here.docks["chart"].interval == "1m"
    assert desk.here.docks["heat"].settings() == open_desk(None).here.docks["heat"].settings()


def test_every_workspace_follows_the_window_to_another_size(desk) -> None:
    window = desk.window
    for place in range(len(window.workspaces)):
        window.choose(place)
    window.resize(1366, 768)
    assert {one.arrangement() for one in window.workspaces} == {"small"}  # one left wide would want more height
    window.resize(1920, 1080)
    assert {one.arrangement() for one in window.workspaces} == {"wide"}
