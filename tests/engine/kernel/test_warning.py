"""Alerts in the kernel: what is told, replaced, taken back and over, bounded, and the same on every replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.core import codec
from engine.core.effects import Changed
from engine.core.events import Alerted, AlertsOver
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.kernel import warning
from engine.views import topics
from engine.weather import cells
from tests.engine.kernel.desk import FRESH, NOON, Desk

if TYPE_CHECKING:
    from engine.core.ids import Topic

MIDWAY = cells.cell_at(41.786, -87.752)


def said(name: str = "a", at: int = NOON, **terms: object) -> Alerted:
    given = {
        "event": "Flood Warning",
        "severity": "Severe",
        "sent": Nanos(at),
        "effective": Nanos(at),
        "expires": Nanos(at + HOUR),
        "cells": (MIDWAY,),
    } | terms
    return Alerted(at=Nanos(at), id=name, **given)


@pytest.fixture
def desk() -> Desk:
    return Desk(FRESH)


def on(desk: Desk, at: int | None = None) -> list[str]:
    return [one.id for one in desk.state.alerts.on(MIDWAY, Nanos(at or desk.state.now))]


def marked(desk: Desk, event) -> set[Topic]:
    """Return the views that a step of the kernel alone marks."""
    return {one.topic for one in desk.kernel.step(event) if isinstance(one, Changed)}


def test_an_alert_stands_on_its_cells_and_marks_the_views_that_show_it(desk) -> None:
    desk.list()
    assert {topics.ALERTS, topics.cells("RAIN")} <= marked(desk, said())
    assert on(desk) == ["a"]
    assert marked(desk, AlertsOver(at=desk.at, ids=("unknown",))) == set()


def test_an_alert_is_over_when_it_says_and_the_next_beat_tells_the_screen(desk) -> None:
    desk.do(said())
    desk.run(Nanos(NOON + HOUR - MINUTE))
    turn = desk.state.alert_turn
    assert on(desk) == ["a"]
    desk.run(Nanos(NOON + HOUR + MINUTE))
    assert on(desk) == []
    assert on(desk, NOON + MINUTE) == ["a"]
    assert desk.state.alert_turn == turn + 1
    desk.run(Nanos(NOON + 3 * HOUR))
    assert desk.state.alert_turn == turn + 1


def test_an_alert_that_stands_later_is_told_when_it_does(desk) -> None:
    desk.do(said(effective=Nanos(NOON + 10 * MINUTE)))
    turn = desk.state.alert_turn
    assert on(desk) == []
    desk.run(Nanos(NOON + 11 * MINUTE))
    assert on(desk) == ["a"]
    assert desk.state.alert_turn == turn + 1


def test_a_replaced_alert_is_over_from_then_on(desk) -> None:
    desk.do(said("a"))
    desk.do(said("b", NOON + 10 * MINUTE, replaces=("a",)))
    assert on(desk) == ["b"]
    assert on(desk, NOON + 5 * MINUTE) == ["a"]


def test_an_alert_taken_back_is_over_from_then_on(desk) -> None:
    desk.do(said())
    desk.do(AlertsOver(at=Nanos(NOON + MINUTE), ids=("a", "unknown")))
    assert on(desk) == []
    assert on(desk, NOON) == ["a"]


def test_an_alert_that_says_more_takes_its_own_place(desk) -> None:
    desk.do(said(cells=()))
    assert on(desk) == []
    desk.do(said())
    assert on(desk) == ["a"]
    assert len(desk.state.alerts) == 1


def test_a_day_after_its_end_an_alert_is_forgotten(desk) -> None:
    desk.do(said())
    desk.run(Nanos(NOON + HOUR + DAY + 2 * MINUTE))
    assert len(desk.state.alerts) == 0
    assert desk.state.alert_cells == 0


def test_what_passes_the_bound_is_left_out_and_said(desk, monkeypatch) -> None:
    monkeypatch.setattr(warning, "MOST", 2)
    for name in "abc":
        desk.do(said(name))
    assert on(desk) == ["a", "b"]
    assert any(row.code == "ALERTS" and "Flood Warning" in row.text for row in desk.state.notices.view().rows)


def test_long_texts_of_an_alert_are_cut(desk) -> None:
    desk.do(said(event="x" * 500, headline="y" * 5_000))
    (alert,) = desk.state.alerts.all()
    assert (len(alert.event), len(alert.headline)) == (80, 300)


@pytest.mark.parametrize("event", [said(zones=("ILZ104",), replaces=("z",)), AlertsOver(at=NOON, ids=("a", "b"))])
def test_what_is_told_of_alerts_survives_the_journal(event) -> None:
    assert codec.decode(codec.encode(event)) == event
