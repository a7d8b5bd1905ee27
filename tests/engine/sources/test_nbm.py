"""NBM behind the port: percentiles of the blend's own windows, told apart from probabilities."""

from __future__ import annotations

import pytest

from engine.core.contract import Metric
from engine.core.errors import BadReport
from engine.core.units import HOUR, Nanos
from engine.core.when import instant, iso
from engine.sources import nbm
from engine.sources.forecasts import NotCarried, Wanted
from engine.sources.nbm import Nbm
from tests.engine.sources import bucket as made
from tests.engine.sources.bucket import CELLS, MDW, RUN, Bucket, talk

pytest.importorskip("eccodes")
TODAY = instant("2026-07-01T06:00:00Z"), instant("2026-07-02T06:00:00Z")
TOMORROW = Nanos(TODAY[0] + 24 * HOUR), Nanos(TODAY[1] + 24 * HOUR)
HIGH = Wanted(Metric.TEMP_MAX, *TOMORROW, CELLS, 4.0)
LEVELS = ("10% level", "50% level", "90% level")


def bucket(
    kind: str = "max", variable: str = "TMP", span: tuple[int, int] = (24, 42), values=(300.0, 303.0, 305.0)
) -> Bucket:
    found = Bucket()
    fields = [(variable, *span, kind, level, made.hrrr(value)) for level, value in zip(LEVELS, values, strict=True)]
    lure = (variable, *span, kind, "prob <233:prob fcst 255/255", made.hrrr(1.0))
    found.put(nbm.path(RUN, span[1]), RUN, [lure, *fields])
    return found


def test_files_are_named_as_the_bucket_names_them() -> None:
    assert nbm.path(instant("2022-07-03T12:00:00Z"), 42) == "blend.20220703/12/qmd/blend.t12z.qmd.f042.co.grib2"


def test_a_day_is_the_blends_own_from_twelve_to_six() -> None:
    assert [iso(at)[5:13] for at in nbm.span(HIGH)] == ["07-02T12", "07-03T06"]
    assert [iso(at)[5:13] for at in nbm.span(Wanted(Metric.TEMP_MIN, *TOMORROW, CELLS))] == ["07-02T00", "07-02T18"]


def test_percentiles_of_a_days_high() -> None:
    event = talk(bucket(), lambda files, _: Nbm(files).grid(HIGH))
    cell = event.cells[0]
    assert (cell.p10, cell.p50, cell.p90) == pytest.approx([k * 1.8 - 459.67 for k in (300, 303, 305)], abs=0.02)
    assert cell.around is not None
    assert (event.run, event.spread) == ("NBM 12Z", "percentiles of NBM")


def test_percentiles_that_cross_are_put_in_order() -> None:
    event = talk(bucket(values=(303.0, 300.0, 305.0)), lambda files, _: Nbm(files).grid(HIGH))
    assert event.cells[0].p10 < event.cells[0].p50 < event.cells[0].p90


def test_rain_is_of_the_windows_it_has_and_no_others() -> None:
    wet = bucket("acc", "APCP", (6, 12), (0.0, 2.0, 9.0))
    wanted = Wanted(Metric.PRECIPITATION, Nanos(RUN + 6 * HOUR), Nanos(RUN + 12 * HOUR), CELLS, 4.0)
    event = talk(wet, lambda files, _: Nbm(files).grid(wanted))
    assert (event.cells[0].p50, event.unit) == (pytest.approx(2.0), "mm")
    for first, last in ((9, 12), (5, 11)):
        other = Wanted(Metric.PRECIPITATION, Nanos(RUN + first * HOUR), Nanos(RUN + last * HOUR), CELLS, 4.0)
        with pytest.raises(NotCarried, match="the window is none of the blend's"):
            talk(wet, lambda files, _, wanted=other: Nbm(files).grid(wanted))
    longer = Wanted(Metric.PRECIPITATION, RUN, Nanos(RUN + 12 * HOUR), CELLS, 4.0)
    with pytest.raises(BadReport, match="no APCP at surface, 0-12 h acc, 10% level; there is 6-12 hour acc fcst"):
        talk(wet, lambda files, _: Nbm(files).grid(longer))


def test_what_it_does_not_carry_is_refused() -> None:
    short = Wanted(Metric.TEMP_MAX, TOMORROW[0], Nanos(TOMORROW[0] + HOUR), CELLS)
    for wanted, why in ((short, "the window is no whole day"), (Wanted(Metric.WIND_GUST, *TODAY, CELLS), "wind gust")):
        with pytest.raises(NotCarried, match=why):
            talk(Bucket(), lambda files, _, wanted=wanted: Nbm(files).grid(wanted))
    with pytest.raises(NotCarried, match="not hour by hour"):
        talk(Bucket(), lambda files, _: Nbm(files).stations([MDW]))
