"""Docks of workspaces nobody saw are made later, and found before."""

from __future__ import annotations

import asyncio

import shiboken6

from app import idle_docks
from app.window import Window
from engine.core.units import Nanos
from tests.app.program import CALM, program


async def test_docks_of_workspaces_nobody_saw_are_made_later_and_found_before(monkeypatch) -> None:
    window, told = Window(lambda: Nanos(0)), []
    window.set_stars(["DEN"])
    window.choose(0)
    window.adopted.connect(told.append)
    assert [one.is_made for one in window.workspaces] == [True, *(False for _ in window.workspaces[1:])]
    areas = [one.areas() for one in window.workspaces]
    updown = window.workspaces[1]
    assert window.reach("cockpit")
    assert (window.current(), told) == (updown, [updown])
    assert updown.docks["markets"].stars() == window.workspaces[0].docks["markets"].stars() == ("DEN",)
    for pause in ("REST_AFTER_S", "BETWEEN_S"):
        monkeypatch.setattr(idle_docks, pause, 0.0)
    await idle_docks.make(window)
    assert told == list(window.workspaces[1:])
    assert [one.areas() for one in window.workspaces] == areas
    assert len(list(window.panels_made())) == len(list(window.panels()))
    window.wind_up()
    shiboken6.delete(window)


async def test_a_clone_deleted_while_its_docks_are_made_stops_nothing(loop, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(idle_docks, "REST_AFTER_S", 0.0)
    window = Window(lambda: Nanos(0))
    qtbot.addWidget(window)
    clone = window.make(window.workspaces[0].drawn, name="Clone", title="Clone")
    window.adopt(clone)
    for one in window.workspaces[:-1]:
        one._docks, one.is_made = {}, True  # only the clone's are made here
    making = loop.create_task(idle_docks.make(window))
    while not clone._docks:  # noqa: ASYNC110 - no event tells of the first one
        await asyncio.sleep(0.01)
    window.drop(clone)
    await asyncio.wait_for(making, 5)


async def test_a_pinned_dock_made_after_the_first_choice_shows_what_it_held(loop, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(idle_docks, "REST_AFTER_S", 60.0)
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.until(lambda: desk.bridge.turning.chosen() is not None)
        held = desk.bridge.turning.chosen()
        making = next(one for one in desk.window.workspaces if one.name == "Making")
        assert not making.is_made
        desk.window.links.restore({"Making/ladder": 0}, {"Making/ladder": (str(held.venue), held.symbol)})
        desk.window.choose(desk.window.workspaces.index(making))
        assert making.docks["ladder"].instrument == held
