"""The shipped borders: small, whole, and where the places of our markets lie in them."""

from __future__ import annotations

import numpy as np
import pytest

import resources
from widgets import outlines

CHICAGO = (-88.5, 41.0, -87.0, 42.5)


@pytest.mark.parametrize(
    ("lat", "lon", "county"),
    [
        (41.786, -87.752, "Cook County, IL"),
        (40.779, -73.969, "New York County, NY"),
        (29.95, -90.07, "Orleans Parish, LA"),
        (39.29, -76.61, "Baltimore, MD"),
        (38.90, -77.03, "District of Columbia"),
        (42.00, -87.30, ""),  # Lake Michigan
        (43.70, -79.40, ""),  # Toronto
    ],
)
def test_a_place_is_in_its_county(lat: float, lon: float, county: str) -> None:
    assert outlines.load().place(lat, lon) == county


def test_the_file_stays_small() -> None:
    assert resources.path("map", "outlines.npz").stat().st_size < 1_200_000


def test_around_chicago_there_are_shores_state_lines_and_county_lines() -> None:
    found = outlines.load()
    assert all(found.lines(kind, CHICAGO) for kind in (outlines.COAST, outlines.STATE, outlines.COUNTY))


def test_every_station_of_the_list_is_in_some_county() -> None:
    found = outlines.load()
    lost = [s["id"] for s in resources.load_stations() if not found.place(s["lat"], s["lon"])]
    assert len(lost) < 20  # piers, islands and oil rigs beside a coast drawn at 1:10,000,000


def test_land_reaches_from_coast_to_coast() -> None:
    points = np.concatenate(outlines.load().land())
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    assert (round(west), round(south), round(east), round(north)) == (-125, 25, -67, 49)


def test_the_licence_of_the_data_is_beside_it() -> None:
    assert "Permission to use" in resources.path("map", "LICENSE.md").read_text(encoding="utf-8")
    assert "public" in resources.path("map", "NOTICE.md").read_text(encoding="utf-8")
    assert "public domain" in resources.path("stations", "NOTICE.md").read_text(encoding="utf-8")
