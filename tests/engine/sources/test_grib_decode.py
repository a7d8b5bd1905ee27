"""Decoded messages: the recorded ones against their specification and against another reader, and made ones back."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.core.errors import BadReport
from engine.core.when import instant, iso
from engine.sources.grib_message import Facts, messages, one
from engine.weather.gridded import Field
from engine.weather.grids import HRRR, Degrees
from tests.shared import shared

pytest.importorskip("eccodes")
from engine.sources.grib_decode import coded, decode

RAIN = Facts(
    run=instant("2026-07-01T12:00:00Z"), start=120, end=180, kind="acc", parameter=(0, 1, 8), name="tp",
    unit="kg m**-2", level_kind="surface", level=0.0,
)  # fmt: skip
MINI = Field(HRRR, np.random.default_rng(3).random((18, 24)) * 30, i0=1540, j0=690)


def recorded(name: str) -> tuple[bytes, ...]:
    return messages(shared(f"frames/weather/grib/{name}").read_bytes())[0]


EXPECTED = {  # file: run, then of each message: minutes, kind, parameter, name, unit, level, least and most
    "hrrr_20201214_t00z_wrfsfcf12_APCP_subset.grib2": ("2020-12-14T00:00:00Z", [
        (0, 720, "acc", (0, 1, 8), "tp", "kg m**-2", "surface", 0, 0.0, 135.36),
        (660, 720, "acc", (0, 1, 8), "tp", "kg m**-2", "surface", 0, 0.0, 42.122),
    ]),
    "hrrr_srad.grib2": ("2023-10-17T09:00:00Z", [
        (start, start + 15, "ave", (0, 4, 7), "avg_sdswrf", "W m**-2", "surface", 0, 0.0, 0.0)
        for start in (0, 15, 30, 45)
    ]),
    "synthetic_mini_hrrr_like.grib2": ("2025-07-01T12:00:00Z", [
        (720, 720, "", (0, 0, 0), "2t", "K", "heightAboveGround", 2, 297.2887, 303.0987),
        (720, 720, "", (0, 2, 22), "gust", "m s**-1", "surface", 0, 7.2887, 13.0987),
        (0, 720, "acc", (0, 1, 8), "tp", "kg m**-2", "surface", 0, 0.0792, 32.2992),
        (660, 720, "acc", (0, 1, 8), "tp", "kg m**-2", "surface", 0, 0.0051, 12.4251),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_recorded_messages_are_of_what_their_specification_says(name: str) -> None:
    run, rows = EXPECTED[name]
    for body, (start, end, kind, parameter, short, unit, level_kind, level, least, most) in zip(
        recorded(name), rows, strict=True
    ):
        facts, field = decode(body)
        assert facts == Facts(
            run=instant(run), start=start, end=end, kind=kind, parameter=parameter, name=short, unit=unit,
            level_kind=level_kind, level=level,
        )  # fmt: skip
        ends = float(field.values.min()), float(field.values.max())
        assert ends == (pytest.approx(least, abs=1e-4), pytest.approx(most, abs=1e-4))
        if name.startswith("hrrr"):
            assert field.grid == HRRR


def test_a_recorded_grid_that_is_none_of_ours_is_refused_by_its_name() -> None:
    (body,) = recorded("cfstmpk.grib2")
    with pytest.raises(BadReport, match="fields on a grid of the kind 'regular_gg' are not read"):
        decode(body)


def test_17_another_reader_gives_one_of_two_rains_without_a_word_and_agrees_on_each_by_its_span() -> None:
    cfgrib = pytest.importorskip("cfgrib")
    file = shared("frames/weather/grib/hrrr_20201214_t00z_wrfsfcf12_APCP_subset.grib2")
    ours = {f"{f.start // 60}-{f.end // 60}": field.values for f, field in map(decode, recorded(file.name))}
    assert set(ours) == {"0-12", "11-12"}
    silent = cfgrib.open_file(str(file), filter_by_keys={"shortName": "tp"}, indexpath="")
    assert silent.variables["tp"].data.build_array().shape == (1059, 1799)  # one, and nobody says which
    for span, values in ours.items():
        found = cfgrib.open_file(str(file), filter_by_keys={"shortName": "tp", "stepRange": span}, indexpath="")
        assert np.allclose(found.variables["tp"].data.build_array(), values, atol=1e-4)


def test_every_point_of_a_recorded_grid_lies_where_the_other_reader_puts_it() -> None:
    import eccodes

    body = recorded("synthetic_mini_hrrr_like.grib2")[0]
    handle = eccodes.codes_new_from_message(body)
    lat, lon = (eccodes.codes_get_array(handle, name) for name in ("latitudes", "longitudes"))
    eccodes.codes_release(handle)
    i, j = decode(body)[1].grid.ij(lat, lon)
    rows, columns = np.mgrid[0:18, 0:24]
    assert max(np.abs(i - columns.ravel()).max(), np.abs(j - rows.ravel()).max()) < 1e-6  # degrees have six decimals


@pytest.mark.parametrize(
    "change",
    [{}, {"start": 180, "kind": ""}, {"kind": "max"}, {"percentile": 10}, {"percentile": 90, "kind": "", "start": 180},
     {"member": 7}, {"member": 7, "kind": "", "start": 180}, {"start": 135, "end": 150, "kind": "ave"}],
)  # fmt: skip
def test_what_is_written_is_read_back(change: dict[str, object]) -> None:
    facts = structs.replace(RAIN, **change)
    got, field = decode(coded(facts, MINI))
    assert structs.replace(got, name="", unit="") == structs.replace(facts, name="", unit="")
    assert np.abs(field.values - MINI.values).max() < 1e-3
    lat, lon = MINI.grid.places(np.array([1541.0, 1550.5]), np.array([691.0, 700.5]))
    assert field.at(lat, lon) == pytest.approx(MINI.at(lat, lon), abs=2e-3)


def test_points_without_a_value_stay_without_one() -> None:
    values = MINI.values.copy()
    values[4, 5] = np.nan
    _, field = decode(coded(RAIN, Field(HRRR, values, 1540, 690)))
    assert np.isnan(field.values[4, 5])
    assert np.isnan(field.values).sum() == 1


@pytest.mark.parametrize("step", [0.5, -0.5])
def test_degrees_are_read_northward_and_southward(step: float) -> None:
    grid = Degrees(24, 18, 0.5, step, 40.0, 260.0)
    _, field = decode(coded(RAIN, Field(grid, MINI.values)))
    assert field.grid == grid
    assert iso(decode(coded(RAIN, Field(grid, MINI.values)))[0].run) == "2026-07-01T12:00:00Z"


@settings(max_examples=60)
@given(st.data())
def test_no_bytes_raise_anything_but_bad_report(data: st.DataObject) -> None:
    body = bytearray(coded(RAIN, MINI))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(16, 179))] = data.draw(st.integers(0, 255))
    with suppress(BadReport):
        _, field = decode(messages(bytes(body))[0][0])
        assert field.values.shape == (field.grid.ny, field.grid.nx)


@pytest.mark.parametrize("packing", ["grid_complex", "grid_complex_spatial_differencing", "grid_jpeg", "grid_ccsds"])
def test_every_packing_of_the_models_is_read(packing: str) -> None:
    import eccodes

    handle = eccodes.codes_new_from_message(coded(RAIN, MINI))
    eccodes.codes_set(handle, "packingType", packing)
    body = eccodes.codes_get_message(handle)
    eccodes.codes_release(handle)
    facts, field = decode(one(body))
    assert (facts.start, facts.end) == (RAIN.start, RAIN.end)
    assert np.abs(field.values - MINI.values).max() < 1e-3


def test_two_fields_of_one_message_are_read_apart() -> None:
    other = Field(HRRR, MINI.values[::-1].copy(), MINI.i0, MINI.j0)
    first = coded(RAIN, MINI)
    second = coded(structs.replace(RAIN, parameter=(0, 2, 22), kind="", start=180), other)
    at = 16  # of section 4 in the second: behind its sections 1 and 3
    while second[at + 4] < 4:
        at += int.from_bytes(second[at : at + 4], "big")
    body = first[:-4] + second[at:]
    body = body[:8] + len(body).to_bytes(8, "big") + body[16:]
    for sub, (parameter, values) in enumerate((((0, 1, 8), MINI.values), ((0, 2, 22), other.values)), 1):
        facts, field = decode(one(body, sub))
        assert facts.parameter == parameter
        assert np.abs(field.values - values).max() < 1e-3
