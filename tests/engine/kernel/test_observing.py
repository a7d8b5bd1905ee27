"""Which views are out of date once the weather says something new."""

from __future__ import annotations

import pytest

from engine.core.contract import Metric
from engine.core.events import GridForecast, StationForecast
from engine.core.ids import StationId
from engine.core.reading import HourQuantiles
from engine.core.units import DAY, Nanos
from engine.views import topics
from tests.engine.kernel.desk import DAY_OPENS, MIDWAY, NOON, Desk, report
from tests.engine.kernel.project.venue_day import FAMILY, listed, members

AFTERNOON = (HourQuantiles(valid_at=NOON, p10=80, p50=82, p90=84),)
BRACKETS = {topics.board(FAMILY), *(topics.ladder(one.id.symbol) for one in members())}


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    listed(found)
    return found


def told(desk: Desk, event: object) -> set[object]:
    return {one.topic for one in desk.kernel.step(event) if hasattr(one, "topic")}  # type: ignore[arg-type]


def of(station: str) -> StationForecast:
    return StationForecast(at=NOON, station=StationId(station), run="TEST 18Z", hours=AFTERNOON)


def test_a_forecast_of_a_station_has_the_model_drawn_anew_in_boards_and_ladders_of_its_brackets(desk: Desk) -> None:
    desk.observe([report(NOON)])
    before = desk.kernel.view(topics.ladder(members()[0].id.symbol))
    assert told(desk, of(MIDWAY)) >= BRACKETS
    after = desk.kernel.view(topics.ladder(members()[0].id.symbol))
    assert before.fair != after.fair  # type: ignore[attr-defined]
    assert not BRACKETS & told(desk, of("KXXX"))


def test_a_forecast_of_the_map_does_the_same_for_every_station(desk: Desk) -> None:
    day = {"metric": Metric.TEMP_MAX, "unit": "°F", "opens": DAY_OPENS, "closes": Nanos(DAY_OPENS + DAY)}
    assert told(desk, GridForecast(at=desk.at, run="TEST 18Z", cells=(), **day)) >= BRACKETS
