"""Where places lie on the grids of forecast models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.weather.gridded import Field
from engine.weather.grids import HRRR, Degrees, Lambert

NBM = Lambert(2345, 1597, 2539.703, 2539.703, 19.229, 233.723448, 265.0, 25.0, 25.0, 6_371_200.0)
TWO_PARALLELS = Lambert(100, 100, 10_000.0, 10_000.0, 30.0, 250.0, 262.0, 33.0, 45.0)
GLOBE = Degrees(720, 361, 0.5, -0.5, 90.0, 0.0)


def test_central_park_lies_where_the_library_sheet_says() -> None:
    i, j = HRRR.ij(np.array([40.7789]), np.array([-73.9692]))
    assert (round(float(i[0]), 2), round(float(j[0]), 2)) == (1552.99, 697.63)


@pytest.mark.parametrize("grid", [HRRR, NBM, TWO_PARALLELS])
def test_every_point_comes_back_to_its_index(grid: Lambert) -> None:
    i, j = np.meshgrid(np.arange(0.0, grid.nx, 13), np.arange(0.0, grid.ny, 11))
    back = grid.ij(*grid.places(i, j))
    assert max(np.abs(back[0] - i).max(), np.abs(back[1] - j).max()) < 1e-8


def test_hrrrs_last_corner_is_the_published_one() -> None:
    lat, lon = HRRR.places(np.array([1798.0]), np.array([1058.0]))
    assert (float(lat[0]), float(lon[0])) == (pytest.approx(47.8422, abs=1e-4), pytest.approx(-60.9172, abs=1e-4))


@given(st.floats(22, 52), st.floats(-130, -62), st.integers(-2, 2))
def test_whole_turns_of_longitude_change_nothing(lat: float, lon: float, turns: int) -> None:
    one = HRRR.ij(np.array([lat]), np.array([lon]))
    other = HRRR.ij(np.array([lat]), np.array([lon + 360 * turns]))
    assert np.allclose(one, other, atol=1e-7)


def test_winds_are_turned_by_how_far_the_meridian_leans() -> None:
    u, v = np.array([10.0, 10.0]), np.array([0.0, 0.0])
    east, north = HRRR.true_winds(u, v, np.array([-97.5, -73.97]))
    angle = np.sin(np.radians(38.5)) * np.radians(97.5 - 73.97)
    assert (east, north) == (pytest.approx([10, 10 * np.cos(angle)]), pytest.approx([0, -10 * np.sin(angle)]))


@given(st.floats(25, 50), st.floats(-120, -70), st.floats(-30, 30), st.floats(-30, 30))
def test_turning_a_wind_keeps_its_speed_and_follows_the_grid(lat: float, lon: float, u: float, v: float) -> None:
    at = np.array([lat]), np.array([lon])
    east, north = HRRR.true_winds(np.array([u]), np.array([v]), at[1])
    assert np.hypot(east, north) == pytest.approx(np.hypot(u, v), abs=1e-9)
    i, j = HRRR.ij(*at)
    ahead = HRRR.places(i + u * 1e-3, j + v * 1e-3)
    moved = (ahead[1] - at[1]) * np.cos(np.radians(lat)), ahead[0] - at[0]
    assert np.hypot(*moved) * np.hypot(u, v) == pytest.approx(moved[0] * east + moved[1] * north, rel=1e-3, abs=1e-9)


def test_a_grid_of_degrees_counts_from_its_first_point() -> None:
    i, j = GLOBE.ij(np.array([90.0, 41.8, -90.0]), np.array([0.0, -87.5, 359.5]))
    assert (i.tolist(), j.tolist()) == ([0.0, 545.0, 719.0], [0.0, pytest.approx(96.4), 360.0])
    lat, lon = GLOBE.places(i, j)
    assert (lat.tolist(), lon.tolist()) == (pytest.approx([90, 41.8, -90]), pytest.approx([0, -87.5, -0.5]))


@given(st.floats(25, 49), st.floats(-124, -67), st.floats(1, 60))
def test_the_reach_of_a_circle_holds_it(lat: float, lon: float, km: float) -> None:
    for grid in (HRRR, NBM, Degrees(720, 361, 0.5, -0.5, 90.0, 0.0)):
        i, j = grid.ij(np.array([lat]), np.array([lon]))
        di, dj = grid.reach(np.array([lat]), km)
        bearings = np.linspace(0, 2 * np.pi, 36)
        around = lat + np.degrees(km / 6371.229) * np.cos(bearings), np.degrees(km / 6371.229) * np.sin(bearings)
        rim = grid.ij(around[0], lon + around[1] / np.cos(np.radians(around[0])))
        assert np.abs(rim[0] - i).max() <= di
        assert np.abs(rim[1] - j).max() <= dj


def test_two_parallels_make_a_cone_between_them() -> None:
    assert np.sin(np.radians(33)) < TWO_PARALLELS.cone < np.sin(np.radians(45))
    assert TWO_PARALLELS.scale(np.array([33.0, 45.0])) == pytest.approx([1, 1])


def test_a_field_of_the_whole_country_knows_where_it_ends() -> None:
    field = Field(HRRR, np.zeros((1059, 1799)))
    assert np.isnan(field.at(np.array([51.5, 19.0]), np.array([0.0, -97.5]))).all()
