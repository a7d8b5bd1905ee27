"""The dashboard of alerts against orders."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.core.ids import MarketId
from engine.core.units import HOUR, Money, Nanos
from engine.views import topics
from engine.views.alerts import AlertHour, AlertLine, AlertsView, StandingAlert
from widgets import states, theme
from widgets.alerts import AlertsPanel, rate

NOW = Nanos(1_783_107_000 * 1_000_000_000)
OPENS = Nanos(NOW - NOW % HOUR)


def standing(name: str = "heat", **changes: object) -> StandingAlert:
    line = AlertLine(
        id=name,
        event="Heat Advisory",
        severity="Moderate",
        rank=3,
        headline=f"Heat Advisory for {name}",
        sent=NOW,
        effective=NOW,
        onset=None,
        over_at=Nanos(OPENS + 5 * HOUR),
        cells=frozenset(),
    )
    given = {"alert": line, "km2": 1_250.0, "markets": (), "positions": 0, "worst": None} | changes
    return StandingAlert(**given)


def view(*alerts: StandingAlert, **changes: object) -> AlertsView:
    hours = tuple(
        AlertHour(opens=Nanos(OPENS - (11 - n) * HOUR), minutes=60.0, alerts=n, orders=60 * n, ours=n, under=30 * n,
                  ours_under=n)
        for n in range(12)
    )  # fmt: skip
    given = {"now": NOW, "utc_offset_hours": -6, "known": 3, "standing": alerts, "hours": hours} | changes
    return AlertsView(**given)


@pytest.fixture
def dock(qtbot, qapp):
    theme.install(qapp)
    made = AlertsPanel()
    qtbot.addWidget(made)
    made.resize(1044, 230)
    made.show()
    return made


def cell(dock, row: int, key: str) -> str:
    model = dock.table.model()
    keys = [column.key for column in dock.table.rows.columns]
    return model.data(model.index(row, keys.index(key)))


def test_what_stands_is_listed_with_what_of_ours_is_under_it(dock) -> None:
    held = standing("chi", markets=((MarketId("M1"), "CHI high"),), positions=1, worst=Money(Decimal("5.5")))
    dock.render(topics.ALERTS, view(held, standing("nyc")))
    assert dock.topics() == frozenset({topics.ALERTS})
    assert [cell(dock, 0, key) for key in ("severity", "until", "area", "markets", "held", "worst")] == [
        "Moderate", "Fri 18:00", "1\N{NO-BREAK SPACE}250", "1", "1", "−5.50"]  # fmt: skip
    assert [cell(dock, 1, key) for key in ("markets", "held", "worst")] == ["0", "0", "—"]
    dock.grab()


def test_an_unknown_area_is_a_dash(dock) -> None:
    dock.render(topics.ALERTS, view(standing(km2=None)))
    assert cell(dock, 0, "area") == "—"


def test_a_double_click_turns_to_the_first_market_under_it(dock, qtbot, qapp) -> None:
    dock.render(topics.ALERTS, view(standing(markets=((MarketId("M1"), "CHI"), (MarketId("M2"), "ORD")))))
    qapp.processEvents()
    spot = dock.table.visualRect(dock.table.model().index(0, 1)).center()
    with qtbot.waitSignal(dock.selected) as heard:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
        qtbot.mouseDClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert heard.args == ["M1"]


def test_rates_are_by_the_minutes_that_have_passed() -> None:
    hour = AlertHour(opens=OPENS, minutes=15.0, alerts=1, orders=30, ours=3, under=15, ours_under=0)
    assert (rate(hour, hour.orders), rate(hour, hour.under)) == (2.0, 1.0)


def test_the_graph_says_in_words_what_it_shows(dock) -> None:
    dock.render(topics.ALERTS, view())
    assert dock.graph.accessibleDescription() == "this hour 11 alerts, 5.5 orders a minute under them"


def test_each_hour_has_its_columns(dock, qapp) -> None:
    dock.render(topics.ALERTS, view())
    qapp.processEvents()
    image, buy = dock.graph.grab().toImage(), theme.current().colour("buy").name()
    columns = {x for x in range(image.width()) for y in range(30, image.height() - 20)
               if image.pixelColor(x, y).name() == buy}  # fmt: skip
    assert len(columns) > 11 * 10
    quiet = tuple(msgspec.structs.replace(hour, ours_under=0) for hour in view().hours)
    dock.render(topics.ALERTS, view(hours=quiet))
    image = dock.graph.grab().toImage()
    assert not any(image.pixelColor(x, y).name() == buy for x in columns for y in range(30, image.height() - 20))


def test_a_session_that_was_told_of_none_says_so(dock) -> None:
    quiet = tuple(msgspec.structs.replace(hour, orders=0) for hour in view().hours)
    dock.render(topics.ALERTS, view(known=0, hours=quiet))
    assert dock.state == states.EMPTY
    dock.render(topics.ALERTS, view(known=1))
    assert dock.state == states.LIVE


def test_a_narrow_dock_keeps_the_table(dock, qapp) -> None:
    dock.render(topics.ALERTS, view(standing()))
    dock.resize(500, 200)
    qapp.processEvents()
    assert not dock.graph.isVisible()
    assert dock.table.isVisible()
