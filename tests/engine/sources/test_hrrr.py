"""HRRR behind the port, from a bucket of small files over real sockets."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.contract import Metric
from engine.core.errors import NoAnswer
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import instant
from engine.sources import hrrr
from engine.sources.forecasts import NotCarried, Wanted
from engine.sources.hrrr import Hrrr
from engine.weather.forecast import Z90
from tests.engine.sources import bucket as made
from tests.engine.sources.bucket import CELLS, MDW, NYC, RUN, Bucket, I, talk

pytest.importorskip("eccodes")
RAIN = Wanted(Metric.PRECIPITATION, Nanos(RUN + 3 * HOUR), Nanos(RUN + 6 * HOUR), CELLS, 4.0)
DAY = Wanted(Metric.TEMP_MAX, instant("2026-07-01T12:00:00Z"), instant("2026-07-01T18:00:00Z"), CELLS, 4.0)


def put(bucket: Bucket, run: Nanos, hours, wet: float = 1.0) -> None:
    """Put hours of a run: 290 K and half a degree more an hour, `wet` mm in each hour, gusts of the hour's m/s."""
    for hour in hours:
        fields = [("TMP", hour, hour, "", "", made.hrrr(290 + 0.5 * hour))]
        if hour:
            fields += [
                ("APCP", 0, hour, "acc", "", made.hrrr(50.0 * hour)),
                ("APCP", hour - 1, hour, "acc", "", made.hrrr(wet * hour + 0.001 * (I - made.I0))),
            ]
        bucket.put(hrrr.path(run, hour), run, [*fields, ("GUST", hour, hour, "", "", made.hrrr(float(hour)))])


def runs(count: int = 3) -> Bucket:
    bucket = Bucket()
    for ago in range(count):
        put(bucket, Nanos(RUN - ago * HOUR), range(8 + ago), wet=1.0 + ago)
    return bucket


def test_files_are_named_as_the_bucket_names_them() -> None:
    assert hrrr.path(instant("2021-08-20T00:00:00Z"), 1) == "hrrr.20210820/conus/hrrr.t00z.wrfsfcf01.grib2"
    assert [hrrr.horizon(hour) for hour in (0, 1, 6, 12, 18, 23)] == [48, 18, 48, 48, 48, 18]


def test_rain_of_a_window_is_the_sum_of_its_hours_of_one_run_and_runs_are_its_members() -> None:
    event = talk(runs(), lambda files, _: Hrrr(files).grid(RAIN))
    each = [4 + 5 + 6, 2 * (5 + 6 + 7), 3 * (6 + 7 + 8)]  # of each run alone: none of these is a mixture
    lat, lon = RAIN.places()
    slope = 3 * 0.001 * (made.HRRR.ij(lat, lon)[0] - made.I0)
    assert [q.p50 for q in event.cells] == pytest.approx(sorted(each)[1] + slope, abs=0.01)
    assert [q.p10 for q in event.cells] == pytest.approx(np.quantile(each, 0.1) + slope, abs=0.01)
    assert (event.run, event.spread, event.unit, event.radius_km) == ("HRRR 12Z", "3 runs of HRRR", "mm", 4.0)
    around = event.cells[0].around
    assert around is not None
    assert around.count >= 4
    assert around.least <= around.mean <= around.most
    assert around.mean == pytest.approx(15 + slope[0], abs=0.02)  # of the newest run


def test_too_few_runs_tell_no_spread() -> None:
    with pytest.raises(NoAnswer, match="only 2 runs hold the window"):
        talk(runs(2), lambda files, _: Hrrr(files).grid(RAIN))


def test_the_strongest_gust_is_of_both_ends_of_the_window_too() -> None:
    wanted = Wanted(Metric.WIND_GUST, RAIN.opens, RAIN.closes, CELLS, 4.0)
    event = talk(runs(), lambda files, _: Hrrr(files).grid(wanted))
    assert event.cells[0].p50 == pytest.approx(7 * 3.6 / 1.852, abs=0.01)
    assert event.unit == "kt"


def test_a_days_high_is_the_runs_own_with_its_usual_error() -> None:
    bucket = Bucket()
    put(bucket, RUN, range(8))
    event = talk(bucket, lambda files, _: Hrrr(files).grid(DAY))
    high = (290 + 3.0) * 1.8 - 459.67
    assert event.cells[0].p50 == pytest.approx(high, abs=0.01)
    assert event.cells[0].p90 == pytest.approx(high + 2.1 * Z90, abs=0.01)
    assert (event.run, event.spread) == ("HRRR 12Z", "usual error")


def test_a_run_that_is_late_is_passed_over_for_the_one_before() -> None:
    bucket = Bucket()
    put(bucket, RUN, range(5))  # not out as far as the window needs
    for ago in (1, 2, 3):
        put(bucket, Nanos(RUN - ago * HOUR), range(10), wet=float(ago))
    event = talk(bucket, lambda files, _: Hrrr(files).grid(RAIN), at=Nanos(RUN + 55 * MINUTE))
    assert (event.run, event.spread) == ("HRRR 11Z", "3 runs of HRRR")


def test_before_its_hour_a_run_is_not_even_looked_for() -> None:
    bucket = runs(4)
    event = talk(bucket, lambda files, _: Hrrr(files).grid(RAIN), at=Nanos(RUN + 49 * MINUTE))
    assert event.run == "HRRR 11Z"
    assert not any("t12z" in path for path in bucket.asked)


def test_where_no_run_is_out_that_is_said() -> None:
    bucket = Bucket()
    with pytest.raises(NoAnswer, match="none of its last 6 runs that hold the window is out"):
        talk(bucket, lambda files, _: Hrrr(files).grid(RAIN))
    assert len(bucket.asked) == 6


def test_the_same_run_is_the_same_answer_and_costs_nothing() -> None:
    bucket = runs()

    async def ask(files, clock):
        model = Hrrr(files)
        first = await model.grid(RAIN), await model.stations([MDW])
        asked = len(bucket.asked)
        again = await model.grid(RAIN), await model.stations([MDW])
        return first[0] is again[0], first[1] is again[1], len(bucket.asked) - asked

    put(bucket, RUN, range(8, 19))
    assert talk(bucket, ask) == (True, True, 0)


def test_a_new_run_is_fetched_and_the_others_are_not_fetched_again() -> None:
    bucket = runs()

    async def ask(files, clock):
        model = Hrrr(files)
        first = await model.grid(RAIN)
        put(bucket, Nanos(RUN + HOUR), range(8), wet=9.0)
        clock.at = Nanos(RUN + 2 * HOUR + 10 * MINUTE)
        before = len(bucket.ranges)
        return first, await model.grid(RAIN), len(bucket.ranges) - before

    first, second, fetched = talk(bucket, ask, at=Nanos(RUN + HOUR + 30 * MINUTE))
    assert (first.run, second.run, second.spread) == ("HRRR 12Z", "HRRR 13Z", "4 runs of HRRR")
    assert fetched == 3


def test_stations_are_read_hour_by_hour_and_those_out_of_reach_are_left_out() -> None:
    bucket = Bucket()
    put(bucket, RUN, range(19))
    (event,) = talk(bucket, lambda files, _: Hrrr(files).stations([NYC, MDW]))
    assert (event.station, event.run, event.spread) == ("KMDW", "HRRR 12Z", "usual error")
    assert [hour.valid_at for hour in event.hours] == [RUN + h * HOUR for h in range(2, 19)]
    assert [hour.p50 for hour in event.hours] == pytest.approx(
        [(290 + 0.5 * h) * 1.8 - 459.67 for h in range(2, 19)], abs=0.02
    )


def test_what_it_does_not_carry_is_refused() -> None:
    half = Wanted(Metric.PRECIPITATION, Nanos(RUN + HOUR // 2), Nanos(RUN + 2 * HOUR), CELLS)
    for wanted, why in ((Wanted(Metric.SNOW, RAIN.opens, RAIN.closes, CELLS), "HRRR is not read for snow"),
                        (half, "does not begin and end at full hours")):  # fmt: skip
        with pytest.raises(NotCarried, match=why):
            talk(Bucket(), lambda files, _, wanted=wanted: Hrrr(files).grid(wanted))
