"""What is warned of on a simulated day."""

from __future__ import annotations

from itertools import takewhile

import pytest

from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.sandbox import day, warnings
from engine.sandbox.sky import PEAK, RADIUS, T0
from engine.weather import alerts, areas, cells


@pytest.fixture(scope="module")
def chicago(world):
    return world(day.SEED)[0][0]


@pytest.fixture(scope="module")
def said(chicago):
    until = day.START + DAY
    return list(takewhile(lambda one: one.at <= until, warnings.warnings(chicago, day.START)))


def test_alerts_come_in_the_order_of_time_and_the_same_again(chicago, said) -> None:
    assert [one.at for one in said] == sorted(one.at for one in said)
    assert all(one.at >= day.START for one in said)
    again = warnings.warnings(chicago, day.START)
    assert [next(again) for _ in said] == said


def test_a_session_that_begins_later_hears_of_the_same(chicago, said) -> None:
    later = Nanos(day.START + 3 * HOUR)
    until = day.START + DAY
    other = list(takewhile(lambda one: one.at <= until, warnings.warnings(chicago, later)))
    assert [one.id for one in other] == [one.id for one in said]
    assert [one.sent for one in other] == [one.sent for one in said]


def test_heat_stands_over_land_on_the_first_afternoon(said) -> None:
    (heat,) = [one for one in said if one.event == "Heat Advisory" and one.sent < day.START]
    area = alerts.heard(heat)
    assert area.stands(day.START)
    assert areas.covers(area.cells, cells.cell_at(41.786, -87.752))
    assert not areas.covers(area.cells, cells.cell_at(42.0, -87.3))  # the lake


def test_every_heavy_storm_is_warned_of_where_it_peaks(chicago, said) -> None:
    today, _ = chicago.local(day.START // MINUTE)
    for number, storm in enumerate(chicago.draw(today).storms):
        told = [one for one in said if one.id.startswith(f"demo:KMDW:{today}:{number}:")]
        assert bool(told) == (storm[PEAK] >= warnings.STATEMENT)
        for one in told:
            assert one.sent < storm[T0] * MINUTE < one.expires
            lat, lon = chicago.region.place(*storm[1:3])
            assert areas.covers(frozenset(one.cells), cells.cell_at(lat, lon))
            assert areas.count(frozenset(one.cells)) * 5.16 > 4 * storm[RADIUS] ** 2


def test_a_warning_said_again_replaces_the_first_and_covers_less(said) -> None:
    by_id = {one.id: one for one in said}
    again = [one for one in said if one.replaces]
    assert again
    for one in again:
        first = by_id[one.replaces[0]]
        assert first.sent < one.sent
        assert areas.count(frozenset(one.cells)) < areas.count(frozenset(first.cells))
