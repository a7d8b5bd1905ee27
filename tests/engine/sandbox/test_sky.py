from __future__ import annotations

import numpy as np
import pytest

from engine.sandbox import day, places, sky

TODAY, _ = divmod(sky.minute_of(day.START) - 360, sky.DAY_MINUTES)
SEEDS = range(6)


def chicago(world, seed):
    return world(seed)[0][0]


def test_the_same_seed_has_the_same_weather_whatever_was_asked_before(stations) -> None:
    region = places.regions(stations)[0]
    one, other = sky.Sky(4, region), sky.Sky(4, region)
    for later in (TODAY + 3, TODAY + 1):
        other.truth(later)
    assert (one.truth(TODAY).fahrenheit == other.truth(TODAY).fahrenheit).all()
    assert (one.truth(TODAY).rate == other.truth(TODAY).rate).all()


def test_another_seed_has_another_weather(world) -> None:
    assert (chicago(world, 1).truth(TODAY).fahrenheit != chicago(world, 2).truth(TODAY).fahrenheit).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_july_day_is_warmest_in_the_afternoon_and_within_reason(world, seed) -> None:
    home = chicago(world, seed).truth(TODAY).fahrenheit[0]
    assert 70 <= home.max() <= 102
    assert 45 <= home.min() < home.max()
    assert home[13 * 60 : 16 * 60].mean() > home[3 * 60 : 6 * 60].mean() + 4


@pytest.mark.parametrize("seed", SEEDS)
def test_midnight_joins_two_days_without_a_jump(world, seed) -> None:
    found = chicago(world, seed)
    before, after = found.truth(TODAY).fahrenheit[:, -1], found.truth(TODAY + 1).fahrenheit[:, 0]
    assert np.abs(before - after).max() <= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lake_is_cooler_than_the_suburbs_in_the_afternoon(world, seed) -> None:
    found = chicago(world, seed)
    points = [(42.1, -87.3), (41.85, -88.3)]
    high = found.grid_high(found.region.plane(points), found.region.inland(points), TODAY)
    assert high[0] < high[1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("later", [0, 1, 5])
def test_every_afternoon_one_gauge_gets_wet_and_one_stays_dry(world, seed, later) -> None:
    found = chicago(world, seed)
    opens = found.midnight(TODAY + later) + 13 * 60
    tips = [found.tips(station, opens - 8, opens + 172) for station in range(3)]
    assert max(tips) * sky.TIP_MM > 4.0
    assert min(tips) * sky.TIP_MM < 1.5


def test_rain_cools_the_air_and_brings_gusts(world) -> None:
    found = chicago(world, 1)
    truth = found.truth(TODAY)
    wettest = int(truth.fallen[:, -1].argmax())
    peak = int(truth.rate[wettest].argmax())
    before = truth.fahrenheit[wettest, peak - 45]
    assert truth.fahrenheit[wettest, peak + 30] < before
    assert truth.gust[wettest, peak - 20 : peak + 20].max() > np.median(truth.gust[wettest])


def test_nothing_falls_below_the_least_rate(world) -> None:
    rate = chicago(world, 3).truth(TODAY).rate
    assert ((rate == 0) | (rate >= sky.WET)).all()


def test_tips_add_up_over_any_division_of_the_hours(world) -> None:
    found = chicago(world, 1)
    start = found.midnight(TODAY) + 12 * 60
    whole = found.tips(1, start, start + 1200)
    parts = [found.tips(1, start + 60 * h, start + 60 * h + 60) for h in range(20)]
    assert whole == sum(parts)
    assert min(parts) >= 0


def test_a_stopped_fan_reads_eight_degrees_high(stations) -> None:
    region = places.regions(stations)[0]
    sound, faulty = sky.Sky(5, region), sky.Sky(5, region, faulty="KPWK")
    apart = faulty.truth(TODAY).fahrenheit - sound.truth(TODAY).fahrenheit
    assert (apart[2] == sky.FAULT_F).all()
    assert (np.delete(apart, 2, axis=0) == 0).all()
