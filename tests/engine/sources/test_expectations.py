"""What every recorded METAR bulletin and every document of the weather service holds, written down from the texts.

Climate reports, monthly tables, summaries, one-minute pages, tables of the Mesonet and observations of the weather
service have theirs in the tests of their readers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import pytest

from engine.core.errors import InputError
from engine.core.when import instant, iso
from engine.sources import nws_alerts, nws_grid, nws_places
from engine.sources.files import Known, observations
from tests.engine.sources.recorded import nws
from tests.shared import shared

NEAR: Final = instant("2015-11-27T06:16:00Z")
Row = tuple[str, str, int | None, int | None, int | str | None, int | None]

METARS: Final[dict[str, tuple[Row, ...]]] = {
    "badchars.txt": (
        ("HKJK", "032100", 17, None, None, None),
        ("HRYR", "032100", 21, None, None, None),
        ("HUEN", "032100", 22, None, None, None),
    ),
    "collective.txt": (
        ("KSPS", "081352", 25, 250, "T", None),
        ("KMIA", "081403", 23, None, 46, 45),
        ("KMIA", "081403", 23, None, 46, 45),
        ("KALO", "081354", -4, -44, 0, 53),
        ("PAJN", "081353", 5, 50, 0, None),
        ("RJSK", "081330", None, None, 0, None),
        ("KEST", "081335", 22, None, 0, 61),
        ("KAMW", "081353", 12, 117, 0, None),
        ("KAMW", "081353", 10, 100, 0, None),
        ("KALO", "081354", 18, 178, 9, None),
        ("KALO", "081354", 19, 189, 5, 37),
    ),
    "collective2.txt": (
        ("KDMH", "312354", 0, 0, None, None),
        ("KNAK", "312354", 1, 11, 0, None),
        ("KACY", "312354", -1, -6, 0, None),
        ("KAKQ", "312354", 2, 22, 0, None),
        ("KAPN", "312354", 1, 11, 0, None),
        ("KAVP", "312354", -3, -33, 0, None),
        ("KBTV", "312354", -5, -50, "T", 21),
        ("KBUF", "312354", 2, 22, 0, None),
        ("KCAR", "312354", -14, -139, 0, None),
        ("KCOS", "312354", 7, 72, 0, None),
        ("KCOU", "312354", 8, 78, 0, None),
        ("KCRW", "312354", 10, 100, 0, 18),
        ("KJAN", "312354", 14, 139, 0, None),
        ("KLEX", "312354", 9, 94, 0, None),
        ("KLYH", "312354", 3, 28, 0, None),
        ("KMVL", "312354", -7, -67, "T", None),
        ("KORH", "312354", -4, -44, 0, None),
        ("KPIA", "312354", 5, 50, 0, None),
        ("KPOV", "312355", 4, 40, 0, None),
        ("KPZQ", "312355", 0, 1, 0, None),
        ("KRFD", "312354", 2, 22, 0, None),
        ("KRIC", "312354", 3, 28, 0, None),
        ("KROA", "312354", 5, 50, 0, None),
        ("KROC", "312354", 2, 22, 0, None),
        ("KROS", "312355", -3, -33, 0, 14),
        ("KSBN", "312354", 3, 28, 0, None),
        ("KSEA", "312353", 7, 72, 0, None),
        ("KSUS", "312354", 6, 61, 0, None),
        ("KSYR", "312354", -2, -17, 0, 20),
        ("KTKC", "312355", 2, 18, None, 19),
        ("KWAL", "312354", 1, 11, 0, None),
        ("KDSM", "312354", 3, 28, 0, None),
        ("KFNB", "312353", 4, 39, 0, None),
        ("KFWA", "312354", 4, 44, 0, None),
        ("KGSO", "312354", 4, 39, 0, None),
    ),
    "first.txt": (
        ("KSPS", "302352", 25, 250, "T", None),
        ("KALO", "010001", 19, 189, 5, 37),
    ),
    "kawn.txt": (
        ("LFBA", "020100", 17, None, None, None),
        ("LFBD", "020100", 15, None, None, None),
        ("LFLL", "020100", 16, None, None, None),
    ),
    "kmwn.txt": (
        ("KMWN", "200350", -15, None, None, 65),
    ),
    "nullbyte.txt": (
        ("KNZY", "231401", 16, None, None, None),
    ),
    "rtd_bbb.txt": (
        ("MUCL", "090905", 29, None, None, None),
    ),
}  # fmt: skip
"""Station, day and time, body in whole Celsius, T group in tenths, P group in hundredths (T: trace), gust in knots.

A dry routine report of a station with a rain sensor (AO2) is 0. Where body and T group contradict each other, as in
the edited RJSK, neither is believed. Three lines of the collective have no readable head.
"""
REFUSED: Final = {"sa.txt": "none could be read"}
"""Not METAR: a bulletin of the older SA form."""


def test_every_bulletin_has_an_expectation() -> None:
    assert {file.name for file in shared("frames/weather/metar").iterdir()} == {*METARS, *REFUSED}


@pytest.mark.parametrize("file", METARS)
def test_every_bulletin_reads_as_written_down(file: str) -> None:
    found = observations(shared(f"frames/weather/metar/{file}").read_text("latin-1"), file, NEAR, Known())
    told = []
    for one in found:
        at = iso(one.measured_at)
        rain = "T" if one.trace else one.precip_hundredths_in
        told.append(
            (one.station, f"{at[8:10]}{at[11:13]}{at[14:16]}", one.temp_whole_c, one.temp_tenths_c, rain, one.gust_kt)
        )
    assert tuple(told) == METARS[file]


@pytest.mark.parametrize(("file", "why"), REFUSED.items())
def test_what_is_no_metar_is_refused_with_the_reason(file: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        observations(shared(f"frames/weather/metar/{file}").read_text("latin-1"), file, NEAR, Known())


def alerts(raw: bytes) -> object:
    """Alerts by id, those without a polygon, copies of an id, entries that are none."""
    found = nws_alerts.parse(raw)
    return len(found.alerts), sum(one.cells is None for one in found.alerts), found.doubled, found.skipped


def layers(raw: bytes) -> object:
    """When it was made, and the spans of temperature and rain."""
    found = nws_grid.parse(raw)
    spans = [len(found.layers[name].spans) for name in ("temperature", "quantitativePrecipitation")]
    return iso(found.updated_at), *spans


def periods(raw: bytes) -> object:
    """How many, and of the first temperature in Fahrenheit and chance of rain."""
    found = nws_grid.periods(raw)
    return (len(found), found[0].temp_f, found[0].rain_percent) if found else (0,)


def near(raw: bytes) -> object:
    """How many stations, and the nearest."""
    found = nws_places.stations(raw)
    return len(found), found[0].id


def point(raw: bytes) -> object:
    """The grid cell and the zone of time."""
    found = nws_places.point(raw)
    return found.office, found.x, found.y, found.zone


def listed(raw: bytes) -> object:
    """How many products, and what they are."""
    found = nws_places.products(raw)
    return len(found), {one.code for one in found}


def product(raw: bytes) -> object:
    """Kind, office and time of a product."""
    found = nws_places.product(raw)
    return found.code, found.office, iso(found.issued_at)


DOCUMENTS: Final[dict[str, tuple[Callable[[bytes], object], object]]] = {
    "official/alerts_active_status_actual_e2e.json": (alerts, (141, 140, 10, 1)),
    "official/alerts_national_real.json": (alerts, (393, 322, 3, 0)),
    "pynws_alerts_active_zone.json": (alerts, (1, 1, 0, 0)),
    "pynws_alerts_active_zone_second.json": (alerts, (2, 2, 0, 0)),
    "official/gridpoints_ALY_71_67_real.json": (layers, ("2026-07-15T18:27:58Z", 152, 14)),
    "official/gridpoints_FWD_89_104.json": (layers, ("2024-10-01T10:29:01Z", 191, 30)),
    "pynws_detailed_forecast.json": (layers, ("2022-02-04T03:15:41Z", 154, 27)),
    "official/gridpoints_ALY_71_67_hourly_real.json": (periods, (156, 83, 3)),
    "official/gridpoints_FWD_89_104_forecast.json": (periods, (5, 83, 30)),
    "pynws_gridpoints_forecast_empty_us.json": (periods, (0,)),
    "pynws_gridpoints_forecast_hourly_empty_us.json": (periods, (0,)),
    "pynws_gridpoints_forecast_hourly_si.json": (periods, (2, pytest.approx(77.9), 20)),  # 25.5 °C
    "pynws_gridpoints_forecast_hourly_us.json": (periods, (2, 78, 20)),
    "pynws_gridpoints_forecast_relative_icon_us.json": (periods, (2, 41, 20)),
    "pynws_gridpoints_forecast_si.json": (periods, (2, 41, 20)),  # 5 °C
    "pynws_gridpoints_forecast_strings_us.json": (periods, (1, 41, 20)),
    "pynws_gridpoints_forecast_us.json": (periods, (2, 41, 20)),
    "official/gridpoints_FWD_89_104_stations.json": (near, (72, "KDAL")),
    "official/stations_ALY_real.json": (near, (53, "KALB")),
    "pynws_gridpoints_stations.json": (near, (41, "KCMH")),
    "official/points_32.778_-96.796.json": (point, ("FWD", 89, 104, "America/Chicago")),
    "official/points_39.738_-104.985.json": (point, ("BOU", 63, 61, "America/Denver")),
    "official/points_ALY_real.json": (point, ("ALY", 71, 67, "America/New_York")),
    "pynws_points.json": (point, ("TAE", 58, 65, "America/New_York")),
    "official/products_types_AFD_locations_OKX.json": (listed, (73, {"AFD"})),
    "official/product_404.json": (product, ("AFD", "KFGZ", "2024-07-30T21:04:00Z")),
    "official/product_81724a6c.json": (product, ("AFD", "KALY", "2024-09-05T11:29:00Z")),
}
"""Times are those the markers of the recordings mean at 20:00 UTC on 15 July 2026."""
ELSEWHERE: Final = {"problems.json"}
"""Refusals, in the tests of the client."""


def test_every_document_has_an_expectation() -> None:
    folder = shared("frames/weather/nws")
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*.json")}
    assert {name for name in files if "obs" not in name} == {*DOCUMENTS, *ELSEWHERE}


@pytest.mark.parametrize("file", DOCUMENTS)
def test_every_document_reads_as_written_down(file: str) -> None:
    read, expected = DOCUMENTS[file]
    assert read(nws(file)) == expected


def test_an_expectation_counts_what_a_plain_look_at_the_document_counts() -> None:
    for name in ("official/gridpoints_FWD_89_104.json", "pynws_detailed_forecast.json"):
        stated = json.loads(nws(name))["properties"]
        assert layers(nws(name)) == (
            DOCUMENTS[name][1][0],  # type: ignore[index] # three values
            len(stated["temperature"]["values"]),
            len(stated["quantitativePrecipitation"]["values"]),
        )
