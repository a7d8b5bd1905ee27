"""Fields read at places: the centre is the field's own value there, the rest is counted point by point."""

from __future__ import annotations

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.weather.gridded import Field
from engine.weather.grids import EARTH_M, HRRR, Degrees

J, I = np.mgrid[0:1059, 0:1799].astype(float)  # noqa: E741 - the grid's own names
SLOPE = Field(HRRR, 3.0 + 0.25 * I - 0.5 * J)
RANDOM = Field(HRRR, np.random.default_rng(7).random((1059, 1799)))
INSIDE = st.tuples(st.floats(28, 45), st.floats(-112, -76))
CHICAGO = np.array([41.7841]), np.array([-87.7551])


@given(st.lists(INSIDE, min_size=1, max_size=20))
def test_a_field_that_is_a_plane_is_read_exactly_anywhere(places: list[tuple[float, float]]) -> None:
    lat, lon = np.array(places).T
    i, j = HRRR.ij(lat, lon)
    assert SLOPE.at(lat, lon) == pytest.approx(3.0 + 0.25 * i - 0.5 * j, abs=1e-9)


def test_a_place_on_a_point_has_its_value_even_beside_a_hole() -> None:
    values = np.full((3, 3), np.nan)
    values[1, 1] = 5.0
    field = Field(HRRR, values, i0=1200, j0=500)
    lat, lon = HRRR.places(np.array([1201.0, 1201.5]), np.array([501.0, 501.0]))
    assert field.at(lat, lon)[0] == 5.0
    assert np.isnan(field.at(lat, lon)[1])


@given(INSIDE, st.floats(0.5, 15))
def test_what_lies_around_is_what_a_count_of_every_point_finds(place: tuple[float, float], km: float) -> None:
    lat, lon = np.array([place[0]]), np.array([place[1]])
    i, j = (round(float(n[0])) for n in HRRR.ij(lat, lon))
    part = np.s_[max(j - 9, 0) : j + 10, max(i - 9, 0) : i + 10]
    lats, lons = HRRR.places(I[part], J[part])
    angle = np.arccos(np.clip(_dot(lats, lons, place), -1, 1))
    near = RANDOM.values[part][angle * EARTH_M / 1000 <= km]
    got = RANDOM.sample(lat, lon, km)
    if near.size != got.count[0]:  # a point within a millimetre of the rim
        assert np.abs(angle * EARTH_M / 1000 - km).min() < 1e-6
    elif near.size == 0:
        assert all(np.isnan(v[0]) for v in (got.mean, got.most, got.least))
    else:
        assert (got.mean[0], got.most[0], got.least[0]) == (pytest.approx(near.mean()), near.max(), near.min())


def _dot(lat, lon, place):
    one, two = np.radians(lat), np.radians(place[0])
    return np.sin(one) * np.sin(two) + np.cos(one) * np.cos(two) * np.cos(np.radians(lon - place[1]))


@given(st.lists(INSIDE, min_size=1, max_size=8), st.floats(1, 12))
def test_a_window_serves_its_places_as_the_whole_does(places: list[tuple[float, float]], km: float) -> None:
    lat, lon = np.array(places).T
    part = RANDOM.window(lat, lon, km)
    assert part.values.size <= RANDOM.values.size
    for one, other in zip(_parts(RANDOM.sample(lat, lon, km)), _parts(part.sample(lat, lon, km)), strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def _parts(samples):
    return samples.centre, samples.mean, samples.most, samples.least, samples.count


def test_18_every_cell_has_a_forecast_though_two_in_five_hold_no_point() -> None:
    cells = h3.grid_disk("872664521ffffff", 20)
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in cells]).T
    assert not np.isnan(SLOPE.at(lat, lon)).any()
    i, j = HRRR.ij(lat, lon)
    part = np.s_[int(j.min()) - 2 : int(j.max()) + 3, int(i.min()) - 2 : int(i.max()) + 3]
    points = zip(*(axis.ravel().tolist() for axis in HRRR.places(I[part], J[part])), strict=True)
    held = {h3.latlng_to_cell(*point, 7) for point in points} & set(cells)
    assert 0.55 < len(held) / len(cells) < 0.65
    assert (SLOPE.sample(lat, lon, 2.2).count >= 1).all()  # 3 km apart: never farther than half a diagonal


def test_places_off_the_grid_and_missing_values_are_no_numbers() -> None:
    got = SLOPE.sample(np.array([60.0, 41.8]), np.array([-97.0, -87.7]), 5.0)
    assert np.isnan(got.centre[0])
    assert np.isnan(got.mean[0])
    assert (got.count[0], got.count[1] > 0) == (0, True)
    empty = Field(HRRR, np.full((1059, 1799), np.nan)).sample(*CHICAGO, 5.0)
    assert (empty.count[0], np.isnan(empty.most[0])) == (0, True)


def test_a_coarse_grid_may_have_no_point_around() -> None:
    globe = Field(Degrees(720, 361, 0.5, -0.5, 90.0, 0.0), np.ones((361, 720)))
    got = globe.sample(*CHICAGO, 5.0)
    assert (got.centre[0], got.count[0]) == (1.0, 0)


@pytest.mark.parametrize("km", [0.0, -3.0, float("nan"), 5_000.0])
def test_a_radius_that_is_none_is_refused(km: float) -> None:
    with pytest.raises(ValueError, match=r"radius|cannot convert float NaN"):
        SLOPE.sample(*CHICAGO, km)


def test_a_window_for_places_elsewhere_is_empty() -> None:
    part = SLOPE.window(np.array([-45.0]), np.array([10.0]), 5.0)
    assert part.values.size == 0
    assert np.isnan(part.at(np.array([-45.0]), np.array([10.0]))).all()


def test_the_corners_of_a_grid_have_their_own_values_and_nothing_lies_beyond() -> None:
    i, j = np.array([0.0, 1798.0, 0.0, 1798.0]), np.array([0.0, 0.0, 1058.0, 1058.0])
    lat, lon = HRRR.places(i, j)
    assert SLOPE.at(lat, lon) == pytest.approx(3.0 + 0.25 * i - 0.5 * j)
    around = SLOPE.sample(lat, lon, 3.5)  # 3 km on the plane are a little less on the ground
    assert around.count.tolist() == [3, 3, 3, 3]
    assert np.isnan(
        SLOPE.at(*HRRR.places(np.array([-0.1, 1798.1, 5.0, 5.0]), np.array([5.0, 5.0, -0.1, 1058.1])))
    ).all()
