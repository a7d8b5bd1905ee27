from __future__ import annotations

import pytest

from engine.core.contract import Metric
from engine.core.events import GridForecast, StationForecast
from engine.core.units import DAY, HOUR, Nanos
from engine.sandbox import day, sky

SEEDS = range(4)


def runs(outlook, hours):
    return [e for k in range(hours) for e in outlook.run(Nanos(day.START + k * HOUR))]


@pytest.mark.parametrize("seed", SEEDS)
def test_quantiles_are_in_order_everywhere(world, seed) -> None:
    for event in runs(world(seed)[1], 8):
        rows = event.cells if isinstance(event, GridForecast) else event.hours
        assert all(row.p10 <= row.p50 <= row.p90 for row in rows)


def test_a_run_covers_high_rain_and_gusts_of_the_grid(world) -> None:
    told = [e for e in world(1)[1].run(day.START) if isinstance(e, GridForecast)]
    grids = [e for e in told if e.closes - e.opens > HOUR]
    windows = [(e.metric, e.unit, (e.opens - day.START) / HOUR, (e.closes - day.START) / HOUR) for e in grids]
    assert windows == [
        (Metric.TEMP_MAX, "F", -13.5, 10.5),
        (Metric.PRECIPITATION, "mm", -0.5, 2.5),
        (Metric.PRECIPITATION, "mm", 2.5, 5.5),
        (Metric.WIND_GUST, "kt", -0.5, 5.5),
    ]
    assert all(len(e.cells) == 547 for e in grids)


def test_the_next_day_is_forecast_from_the_evening_on(world) -> None:
    outlook = world(1)[1]
    evening = [e for e in outlook.run(Nanos(day.START + 5 * HOUR)) if getattr(e, "metric", None) is Metric.TEMP_MAX]
    evening = [e for e in evening if e.closes - e.opens > HOUR]
    assert [e.closes - e.opens for e in evening] == [DAY, DAY]
    assert evening[1].opens == evening[0].closes


def hourly(outlook, at):
    return [e for e in outlook.run(at) if isinstance(e, GridForecast) and e.closes - e.opens == HOUR]


def test_the_first_run_and_every_sixth_tell_each_hour_of_the_day_the_others_the_next_three(world) -> None:
    outlook = world(1)[1]
    first = hourly(outlook, day.START)
    assert [(e.opens - day.START) / HOUR for e in first] == [-0.5 + n for n in range(11)]
    assert all(len(e.cells) == 547 and e.metric is Metric.TEMP_MAX for e in first)
    for hours in range(1, 25):
        at = Nanos(day.START - day.START % HOUR + hours * HOUR)
        told = hourly(outlook, at)
        assert told[0].opens == at
        assert len(told) <= 3 or at // HOUR % 6 == 0
    assert len(hourly(outlook, Nanos(day.START - day.START % HOUR + 5 * HOUR))) == 6 + 24


def test_an_afternoon_s_hours_stay_under_its_high_and_reach_it(world) -> None:
    outlook = world(1)[1]
    whole = next(e for e in outlook.run(day.START) if isinstance(e, GridForecast))
    tops = [max(e.cells[n].p50 for e in hourly(outlook, day.START)) for n in range(0, 547, 40)]
    assert all(abs(top - whole.cells[n].p50) < 8 for top, n in zip(tops, range(0, 547, 40), strict=True))


def test_every_station_is_forecast_for_thirty_hours(world) -> None:
    skies, outlook, _ = world(1)
    told = [e for e in outlook.run(day.START) if isinstance(e, StationForecast)]
    assert [e.station for e in told] == [s.id for found in skies for s in found.region.stations]
    assert all(len(e.hours) == 31 and e.hours[0].valid_at <= day.START for e in told)


def test_the_nearer_the_hour_the_nearer_the_forecast(world) -> None:
    near, far = [], []
    for seed in SEEDS:
        skies, outlook, _ = world(seed)
        for found in skies:
            told = outlook.station(found, 0, day.START)
            for lead, errors in ((1, near), (12, far)):
                hour = told.hours[lead]
                truth, column = found.at(sky.minute_of(hour.valid_at))
                errors.append(abs(hour.p50 - truth.fahrenheit[0, column]))
            assert told.hours[1].p90 - told.hours[1].p10 < told.hours[12].p90 - told.hours[12].p10
    assert sum(near) < sum(far)


def test_the_ensemble_closes_in_on_what_falls(world) -> None:
    early, late = 0.0, 0.0
    for seed in SEEDS:
        skies, outlook, _ = world(seed)
        opens = skies[0].midnight(skies[0].local(sky.minute_of(day.START))[0]) + 13 * 60
        points = [(s.lat, s.lon) for s in skies[0].region.stations[:3]]
        plane = skies[0].region.plane(points)
        early += outlook.totals(Nanos(day.START - 6 * HOUR), opens, plane, 60).std(0).sum()
        late += outlook.totals(Nanos(day.START + 2 * HOUR), opens, plane, 60).std(0).sum()
    assert late < early


def test_the_same_run_is_the_same_twice(world) -> None:
    assert runs(world(2)[1], 3) == runs(world(2)[1], 3)


def test_no_forecast_knows_of_the_faulty_thermometer(world) -> None:
    skies, outlook, _ = world(1)
    told = outlook.station(skies[0], 2, day.START)
    truth, column = skies[0].at(sky.minute_of(told.hours[0].valid_at))
    assert skies[0].faulty == told.station
    assert told.hours[0].p50 == truth.fahrenheit[2, column] - sky.FAULT_F
