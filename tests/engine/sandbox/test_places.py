from __future__ import annotations

import h3
import pytest

from engine.sandbox import places


def test_greater_chicago_comes_first_and_cities_follow(stations) -> None:
    found = places.regions(stations)
    assert [r.home.id for r in found] == ["KMDW", "KNYC", "KAUS", "KMIA", "KDEN", "KPHL", "KLAX"]
    assert [s.id for s in found[0].stations][:4] == ["KMDW", "KORD", "KPWK", "KDPA"]
    assert all(len(r.stations) == 1 for r in found[1:])


def test_a_list_without_midway_is_refused(stations) -> None:
    with pytest.raises(ValueError, match="needs station KMDW"):
        places.regions([s for s in stations if s.id != "KMDW"])


@pytest.mark.parametrize(
    ("point", "over_land"),
    [((41.88, -87.65), True), ((41.88, -87.55), False), ((42.0, -87.3), False), ((41.5, -87.3), True),
     ((42.5, -87.0), False), ((41.9, -86.3), True), ((41.8, -88.5), True)],
)  # fmt: skip
def test_the_shore_has_land_west_and_south_of_it(stations, point, over_land) -> None:
    chicago = places.regions(stations)[0]
    assert bool(chicago.inland([point])[0] > 0) is over_land


def test_everywhere_else_is_far_inland(stations) -> None:
    new_york = places.regions(stations)[1]
    assert (new_york.inland([(40.7, -74.0)]) > 100).all()


def test_distances_on_the_plane_are_those_on_the_globe(stations) -> None:
    chicago = places.regions(stations)[0]
    for row in chicago.stations:
        east, north = chicago.plane([(row.lat, row.lon)])[0]
        true = h3.great_circle_distance((chicago.home.lat, chicago.home.lon), (row.lat, row.lon))
        assert (east**2 + north**2) ** 0.5 == pytest.approx(true, rel=0.01)


def test_the_grid_is_547_cells_of_one_resolution(stations) -> None:
    cells = places.grid(places.regions(stations)[0].home)
    assert len(cells) == len(set(cells)) == 547
    assert {h3.get_resolution(c) for c in cells} == {6}


def test_twins_are_neighbours_and_never_the_home_station(stations) -> None:
    pair = places.twins(places.regions(stations)[0])
    assert pair is not None
    assert [row.id for row in pair] == ["KORD", "KPWK"]
    assert places.twins(places.regions(stations)[1]) is None


def test_a_point_of_the_plane_is_the_place_it_was_made_of(stations) -> None:
    chicago = places.regions(stations)[0]
    for row in chicago.stations:
        assert chicago.place(*chicago.plane([(row.lat, row.lon)])[0]) == pytest.approx((row.lat, row.lon))
