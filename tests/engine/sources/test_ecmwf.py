"""ECMWF's open data behind the port; the credit it asks for goes with every number."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from engine.core.contract import Metric
from engine.core.units import HOUR, Nanos
from engine.core.when import instant
from engine.sources import ecmwf
from engine.sources.ecmwf import CREDIT, Ecmwf
from engine.sources.forecasts import NotCarried, Wanted
from tests.engine.sources import bucket as made
from tests.engine.sources.bucket import CELLS, MDW, RUN, Bucket, talk

pytest.importorskip("eccodes")
LATER = Nanos(RUN + 8 * HOUR)
MEMBERS = (1, 2, 3)


def bucket() -> Bucket:
    """Return the files, made once."""
    found = Bucket()
    found.files = dict(_files())
    return found


@cache
def _files() -> dict[str, bytes]:
    found = Bucket()
    for hour in range(0, 61, 3):
        found.put(ecmwf.path(RUN, hour), RUN, [("2t", hour, hour, "", "", made.land(295 + hour / 10))], ".index")
        if hour in (6, 12, 18):
            fields = [("tp", 0, hour, "acc", str(n), made.land(n * hour / 1_000)) for n in MEMBERS]
            found.put(ecmwf.path(RUN, hour, ensemble=True), RUN, fields, ".index")
    return found.files


def wanted(first: int, last: int, metric: Metric) -> Wanted:
    return Wanted(metric, Nanos(RUN + first * HOUR), Nanos(RUN + last * HOUR), CELLS)


def test_files_are_named_as_the_service_names_them() -> None:
    run = instant("2026-07-01T00:00:00Z")
    assert ecmwf.path(run, 24) == "20260701/00z/ifs/0p25/oper/20260701000000-24h-oper-fc.grib2"
    assert ecmwf.path(run, 6, ensemble=True) == "20260701/00z/ifs/0p25/enfo/20260701000000-6h-enfo-ef.grib2"
    assert ecmwf.index(ecmwf.path(run, 24)).endswith("20260701000000-24h-oper-fc.index")


def test_rain_is_the_difference_of_two_totals_of_each_member() -> None:
    for first, last in ((12, 18), (0, 6)):
        want = wanted(first, last, Metric.PRECIPITATION)
        event = talk(bucket(), lambda files, _, w=want: Ecmwf(files, MEMBERS).grid(w), at=LATER, ecmwf=True)
        each = [n * (last - first) for n in MEMBERS]
        cell = event.cells[0]
        assert (cell.p10, cell.p50, cell.p90) == pytest.approx(tuple(np.quantile(each, (0.1, 0.5, 0.9))), abs=0.01)
        assert (event.run, event.spread, event.credit) == ("ECMWF 12Z", "3 members", CREDIT)


def test_a_days_high_and_stations_carry_the_credit() -> None:
    event = talk(bucket(), lambda files, _: Ecmwf(files).grid(wanted(0, 24, Metric.TEMP_MAX)), at=LATER, ecmwf=True)
    assert event.cells[0].p50 == pytest.approx((295 + 2.4) * 1.8 - 459.67, abs=0.02)
    (station,) = talk(bucket(), lambda files, _: Ecmwf(files).stations([MDW]), at=LATER, ecmwf=True)
    assert [hour.valid_at for hour in station.hours] == [RUN + h * HOUR for h in range(6, 55, 3)]
    assert event.credit == station.credit == CREDIT
    assert "CC BY 4.0" in CREDIT


def test_what_it_does_not_carry_is_refused() -> None:
    for want, why in (
        (wanted(1, 6, Metric.PRECIPITATION), "steps of 3 hours"),
        (wanted(0, 6, Metric.WIND_GUST), "wind gust"),
    ):
        with pytest.raises(NotCarried, match=why):
            talk(Bucket(), lambda files, _, w=want: Ecmwf(files).grid(w), at=LATER, ecmwf=True)
