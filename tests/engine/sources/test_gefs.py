"""GEFS behind the port: how far apart temperatures lie, and rain by members."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Metric
from engine.core.errors import NoAnswer
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.sources import gefs, hrrr
from engine.sources.forecasts import NotCarried, Wanted
from engine.sources.gefs import APART, MEAN, Gefs, counts
from engine.sources.hrrr import Hrrr
from engine.weather.forecast import Z90
from tests.engine.sources import bucket as made
from tests.engine.sources.bucket import CELLS, MDW, RUN, Bucket, talk

pytest.importorskip("eccodes")
MEMBERS = ("c00", "p01", "p02", "p30")
LATER = Nanos(RUN + 6 * HOUR)
LAT, LON = np.array([MDW.lat]), np.array([MDW.lon])


def wanted(first: int, last: int, metric: Metric = Metric.PRECIPITATION) -> Wanted:
    return Wanted(metric, Nanos(RUN + first * HOUR), Nanos(RUN + last * HOUR), CELLS)


def put(bucket: Bucket, hours, members=()) -> None:
    """Put files of every member: member n rains n + 1 mm an hour, and every sixth hour begins anew."""
    for n, member in enumerate(members):
        for hour in hours:
            begun = (hour - 1) // 6 * 6
            fields = [("APCP", begun, hour, "acc", f"ENS=+{n}", made.land((n + 1.0) * (hour - begun)))]
            bucket.put(gefs.path(RUN, hour, member), RUN, fields)
    for hour in (0, *hours):
        for kind, kelvin, more in ((MEAN, 295 + hour / 10, "ens mean"), (APART, 1.0 + hour / 10, "ens spread")):
            bucket.put(gefs.path(RUN, hour, kind), RUN, [("TMP", hour, hour, "", more, made.land(kelvin))])


def test_files_are_named_as_the_bucket_names_them() -> None:
    run = instant("2022-12-11T00:00:00Z")
    assert gefs.path(run, 6, "c00") == "gefs.20221211/00/atmos/pgrb2ap5/gec00.t00z.pgrb2a.0p50.f006"
    assert (len(gefs.MEMBERS), gefs.MEMBERS[-1]) == (31, "p30")


@given(st.integers(0, 20), st.integers(1, 20), st.lists(st.floats(0, 9), min_size=120, max_size=120))
def test_counts_add_up_to_the_window_whatever_fell(first: int, length: int, fell: list[float]) -> None:
    add, off = counts(3 * first, 3 * (first + length))
    assert all(start % 6 == 0 and end - start in (3, 6) for start, end in add + off)
    total = sum(sum(fell[start:end]) for start, end in add) - sum(sum(fell[start:end]) for start, end in off)
    assert total == pytest.approx(sum(fell[3 * first : 3 * (first + length)]))


@pytest.mark.parametrize(("first", "last"), [(3, 3), (1, 6), (0, 5), (-3, 3)])
def test_a_window_that_is_not_made_of_files_has_no_counts(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="are not made of steps of 3"):
        counts(first, last)


def test_rain_is_that_of_the_members() -> None:
    bucket = Bucket()
    put(bucket, range(3, 25, 3), MEMBERS)
    for first, last in ((3, 15), (6, 12), (9, 12)):
        want = wanted(first, last)
        event = talk(bucket, lambda files, _, w=want: Gefs(files, MEMBERS).grid(w), at=LATER)
        each = [(n + 1.0) * (last - first) for n in range(4)]
        low, middle, high = np.quantile(each, (0.1, 0.5, 0.9))
        cell = event.cells[0]
        assert (cell.p10, cell.p50, cell.p90) == pytest.approx((low, middle, high), abs=0.01)
        assert (event.run, event.spread, cell.around) == ("GEFS 12Z", "4 members", None)


def test_rain_between_its_steps_is_refused() -> None:
    with pytest.raises(NotCarried, match="not made of steps of 3 hours"):
        talk(Bucket(), lambda files, _: Gefs(files, MEMBERS).grid(wanted(4, 7)), at=LATER)


def test_a_days_high_has_the_ensembles_spread_where_it_is_the_wider() -> None:
    bucket = Bucket()
    put(bucket, range(3, 31, 3))
    event = talk(bucket, lambda files, _: Gefs(files).grid(wanted(0, 24, Metric.TEMP_MAX)), at=LATER)
    cell = event.cells[0]
    assert cell.p50 == pytest.approx((295 + 2.4) * 1.8 - 459.67, abs=0.02)
    assert (cell.p90 - cell.p50) / Z90 == pytest.approx((1.0 + 1.5) * 1.8, abs=0.02)  # at 15 h, in F


def test_stations_are_told_every_third_hour() -> None:
    bucket = Bucket()
    put(bucket, range(3, 61, 3))
    (event,) = talk(bucket, lambda files, _: Gefs(files).stations([MDW]), at=LATER)
    assert [hour.valid_at for hour in event.hours] == [RUN + h * HOUR for h in range(6, 55, 3)]
    assert event.spread == "31 members"


def test_hrrr_takes_its_spread_from_the_ensemble_and_goes_on_without_it() -> None:
    bucket = Bucket()
    put(bucket, range(3, 31, 3))
    for hour in range(19):
        bucket.put(
            hrrr.path(Nanos(RUN + 5 * HOUR), hour),
            Nanos(RUN + 5 * HOUR),
            [("TMP", hour, hour, "", "", made.hrrr(295.0))],
        )

    async def ask(files, _):
        return (await Hrrr(files, ensemble=Gefs(files)).stations([MDW]))[0]

    event = talk(bucket, ask, at=LATER)
    assert event.spread == "GEFS 12Z, 31 members"
    first, last = event.hours[0], event.hours[-1]
    assert (first.p90 - first.p50) / Z90 == pytest.approx(1.6 * 1.8, abs=0.02)  # of its sixth hour
    assert (last.p90 - last.p50) / Z90 == pytest.approx((1.0 + 2.4) * 1.8, abs=0.02)  # of 23 h, nearest 24
    for path in [path for path in bucket.files if "gespr" in path]:
        del bucket.files[path]
    assert talk(bucket, ask, at=LATER).spread == "usual error"


def test_what_it_does_not_carry_or_has_not_yet_is_said() -> None:
    with pytest.raises(NotCarried, match="GEFS is not read for wind gust"):
        talk(Bucket(), lambda files, _: Gefs(files).grid(wanted(0, 6, Metric.WIND_GUST)), at=LATER)
    with pytest.raises(NoAnswer, match="none of its last 4 runs"):
        talk(Bucket(), lambda files, _: Gefs(files).apart(LAT, LON, LATER), at=LATER)
