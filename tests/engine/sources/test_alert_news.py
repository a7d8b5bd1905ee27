"""What the kernel hears of the alerts a service has in force: each change once."""

from __future__ import annotations

from engine.core.events import Alerted, AlertsOver
from engine.core.ids import Cell
from engine.core.units import HOUR, MINUTE, Nanos
from engine.sources.alert_news import AlertNews
from engine.weather import cells
from engine.weather.alerts import Alert, Alerts

MIDWAY = cells.cell_at(41.786, -87.752)
NOON = Nanos(1_783_080_000 * 1_000_000_000)


def alert(name: str, **terms: object) -> Alert:
    given = {"cells": frozenset({MIDWAY}), "expires": Nanos(NOON + HOUR)} | terms
    return Alert(id=name, event="Flood Warning", severity="Severe", sent=NOON, effective=NOON, **given)


class Ear:
    def __init__(self) -> None:
        self.now, self.known = NOON, Alerts()
        self.heard: list[Alerted | AlertsOver] = []
        self.news = AlertNews(lambda: self.now, self.heard.append)

    def told(self, *alerts: Alert) -> list[Alerted | AlertsOver]:
        """Return what is heard of an answer."""
        self.known.replace(alerts)
        self.heard.clear()
        self.news(self.known)
        return list(self.heard)


def test_what_is_new_is_told_once() -> None:
    ear = Ear()
    assert [(one.id, one.cells, one.at) for one in ear.told(alert("a"), alert("b"))] == [
        ("a", (MIDWAY,), NOON),
        ("b", (MIDWAY,), NOON),
    ]
    assert ear.told(alert("a"), alert("b")) == []


def test_a_zone_whose_outline_comes_later_tells_its_alert_again() -> None:
    ear = Ear()
    zoned = alert("a", cells=None, zones=("ILZ104",))
    (first,) = ear.told(zoned)
    assert first.cells == ()
    ear.known.set_zone("ILZ104", frozenset({Cell(MIDWAY)}))
    (again,) = ear.told(zoned)
    assert again.cells == (MIDWAY,)


def test_what_is_gone_before_its_end_is_told_to_be_over() -> None:
    ear = Ear()
    ear.told(alert("a"), alert("b"))
    ear.now = Nanos(NOON + MINUTE)
    assert ear.told(alert("b")) == [AlertsOver(at=ear.now, ids=("a",))]


def test_what_has_ended_by_itself_needs_no_word() -> None:
    ear = Ear()
    ear.told(alert("a"))
    ear.now = Nanos(NOON + HOUR)
    assert ear.told() == []
