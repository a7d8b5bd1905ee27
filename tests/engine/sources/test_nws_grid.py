from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport
from engine.core.ids import StationId
from engine.core.units import HOUR, Nanos
from engine.core.when import instant, iso
from engine.sources import nws_grid
from tests.engine.sources.recorded import AT, nws

KMDW = StationId("KMDW")
NOON = instant("2026-07-04T12:00:00Z")


def grid(**layers) -> nws_grid.Grid:
    made = {"updateTime": "2026-07-04T10:29:00+00:00", "gridId": "LOT", "gridX": 71, "gridY": 67, **layers}
    return nws_grid.parse(json.dumps({"properties": made}).encode())


def layer(*values, unit: str = "wmoUnit:degC") -> dict[str, object]:
    return {"uom": unit, "values": [{"validTime": when, "value": value} for when, value in values]}


RAIN = layer(
    ("2026-07-04T12:00:00+00:00/PT2H", 4), ("2026-07-04T14:00:00+00:00/PT6H", 6), ("2026-07-04T20:00:00+00:00/PT6H", 0),
    unit="wmoUnit:mm",
)  # fmt: skip


def test_a_merged_span_holds_for_every_hour_of_its_days() -> None:
    found = grid(temperature=layer(("2026-07-01T00:00:00+00:00/P3DT14H", 30), ("2026-07-04T14:00:00+00:00/PT1H", 31)))
    assert found.layers["temperature"].at(NOON) == 30  # its span began three days before
    assert found.layers["temperature"].at(Nanos(NOON + 2 * HOUR)) == 31
    assert found.layers["temperature"].at(Nanos(NOON + 3 * HOUR)) is None


@pytest.mark.parametrize(("after", "hours", "mm"), [(0, 2, 4), (0, 14, 10), (1, 4, 5), (5, 3, 3), (12, 4, None)])
def test_an_amount_is_split_in_proportion_where_a_window_cuts_it(after: int, hours: int, mm) -> None:
    opens = Nanos(NOON + after * HOUR)
    assert grid(rain=RAIN).layers["rain"].total(opens, Nanos(opens + hours * HOUR)) == mm


def test_a_station_forecast_has_the_spread_of_its_distance() -> None:
    found = grid(temperature=layer(("2026-07-04T12:00:00+00:00/P7D", 30)))
    made = nws_grid.station_forecast(found, KMDW, Nanos(NOON + HOUR // 2), hours=36)
    assert made is not None
    assert (made.run, len(made.hours), iso(made.hours[0].valid_at)) == ("NWS 10:29Z", 37, "2026-07-04T12:00:00Z")
    assert [hour.p50 for hour in made.hours[:2]] == [86, 86]
    widths = [hour.p90 - hour.p10 for hour in made.hours]
    assert widths == sorted(widths)
    assert widths[32] == pytest.approx(2 * 1.2816 * 2.7, abs=0.01)


def test_degrees_that_nobody_has_ever_measured_are_no_forecast() -> None:
    hot = layer(
        ("2026-07-04T12:00:00+00:00/PT1H", 9_999),
        ("2026-07-04T13:00:00+00:00/PT1H", 30),
        ("2026-07-04T14:00:00+00:00/PT1H", -999),
    )
    made = nws_grid.station_forecast(grid(temperature=hot), KMDW, NOON)
    assert made is not None
    assert [(hour.valid_at, hour.p50) for hour in made.hours] == [(NOON + HOUR, 86)]


@pytest.mark.parametrize(
    ("after", "run"), [(23, "NWS 10:29Z"), (24, "NWS 10:29Z of 4 July"), (49, "NWS 10:29Z of 4 July")]
)
def test_a_forecast_that_was_not_renewed_for_a_day_says_of_which_day_it_is(after: int, run: str) -> None:
    found = grid(temperature=layer(("2026-07-04T12:00:00+00:00/P7D", 30)))
    made = nws_grid.station_forecast(found, KMDW, Nanos(found.updated_at + after * HOUR))
    assert made is not None
    assert made.run == run


def test_no_temperature_no_forecast() -> None:
    assert nws_grid.station_forecast(grid(), KMDW, NOON) is None
    assert nws_grid.station_forecast(grid(temperature=RAIN), KMDW, NOON) is None  # not a temperature's unit


def test_the_spread_grows_to_its_end_and_stays() -> None:
    assert [nws_grid.spread_f(h) for h in (-3, 0, 8, 20, 32, 56, 80, 500)] == [2.1, 2.1, 2.1, 2.45, 2.7, 3.0, 3.5, 3.5]


@pytest.mark.parametrize(("text", "hours"), [("PT1H", 1), ("P1D", 24), ("P3DT14H", 86), ("PT30M", 0.5)])
def test_spans(text: str, hours: float) -> None:
    assert nws_grid.span(f"2026-07-04T12:00:00+00:00/{text}") == (NOON, NOON + round(hours * HOUR))


@pytest.mark.parametrize("text", ["P", "PT", "P0D", "P99D", "P1Y", "1H", ""])
def test_what_lasts_no_time_or_for_ever_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        nws_grid.span(f"2026-07-04T12:00:00+00:00/{text}")


def test_recorded_grids() -> None:
    albany = nws_grid.parse(nws("official/gridpoints_ALY_71_67_real.json"))
    assert (albany.office, albany.x, albany.y) == ("ALY", 71, 67)
    assert albany.layers["temperature"].unit == "degC"
    assert albany.layers["quantitativePrecipitation"].unit == "mm"
    assert "weather" not in albany.layers
    assert albany.layers["windChill"].at(AT) is None
    made = nws_grid.station_forecast(albany, StationId("KALB"), AT)
    assert made is not None
    assert len(made.hours) == 49
    assert all(40 < hour.p50 < 110 for hour in made.hours)
    assert nws_grid.parse(nws("official/gridpoints_FWD_89_104.json")).layers["temperature"].at(AT) == 25
    assert len(nws_grid.parse(nws("pynws_detailed_forecast.json")).layers) > 20


@pytest.mark.parametrize(
    ("file", "count", "first_f"),
    [
        ("official/gridpoints_ALY_71_67_hourly_real.json", 156, 83),
        ("official/gridpoints_FWD_89_104_forecast.json", 5, 83),
        ("pynws_gridpoints_forecast_hourly_us.json", 2, 78),
        ("pynws_gridpoints_forecast_hourly_si.json", 2, pytest.approx(77.9)),
        ("pynws_gridpoints_forecast_us.json", 2, 41),
        ("pynws_gridpoints_forecast_si.json", 2, 41),
        ("pynws_gridpoints_forecast_strings_us.json", 1, 41),
        ("pynws_gridpoints_forecast_relative_icon_us.json", 2, 41),
        ("pynws_gridpoints_forecast_empty_us.json", 0, None),
        ("pynws_gridpoints_forecast_hourly_empty_us.json", 0, None),
    ],
)
def test_recorded_periods(file: str, count: int, first_f) -> None:
    found = nws_grid.periods(nws(file))
    assert len(found) == count
    assert [period.temp_f for period in found[:1]] == ([] if first_f is None else [first_f])


def test_what_is_no_grid_is_refused() -> None:
    for body in (b"[]", b"{}", b'{"properties": {}}', b"<html>"):
        with pytest.raises(BadReport):
            nws_grid.parse(body)


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["values", "uom", "validTime", "value"]), inner)))  # fmt: skip
def test_no_layer_raises_anything_but_bad_report(made) -> None:
    with suppress(BadReport):
        grid(temperature=made, gridX=made)
    with suppress(BadReport):
        nws_grid.periods(json.dumps({"properties": {"periods": [made]}}).encode())
