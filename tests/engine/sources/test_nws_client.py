"""What api.weather.gov is asked, against a server of a few lines, and what its other documents say."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import StationId
from engine.core.when import instant, iso
from engine.sources import nws_client, nws_places
from engine.sources.http import Manner
from engine.sources.nws_client import Nws
from tests.engine.sources.desk import Clock, Desk, client, serving, text
from tests.engine.sources.recorded import nws
from tests.shared import shared

NOON = instant("2026-07-03T12:00:00Z")
MDW = StationId("KMDW")


def talk(desk: Desk, ask):
    async def go():
        async with serving(desk) as base:
            asker = client(base, Clock(NOON), Manner(every_s=0.001, tries=3), judge=nws_client.judge)
            try:
                return await ask(Nws(asker))
            finally:
                await asker.close()

    return asyncio.run(go())


def problem(status: int, **said) -> object:
    body = json.dumps({"type": "https://api.weather.gov/problems/X", "status": status, **said})

    def reply(_):
        from aiohttp import web

        return web.Response(text=body, status=status, content_type="application/problem+json")

    return reply


def test_a_stations_reports_of_a_window() -> None:
    desk = Desk(text('{"features": []}'))
    told = talk(desk, lambda service: service.observations(MDW, NOON, instant("2026-07-03T13:00:00Z")))
    (asked,) = desk.asked
    assert asked.path == "/stations/KMDW/observations"
    assert dict(asked.query) == {"start": "2026-07-03T12:00:00Z", "end": "2026-07-03T13:00:00Z", "limit": "500"}
    assert (told.value.readings, told.known_at) == ((), NOON)


def test_alerts_are_asked_for_as_a_whole_or_by_area() -> None:
    desk = Desk(text('{"features": []}'))
    talk(desk, lambda service: service.alerts())
    talk(desk, lambda service: service.alerts(area="NY"))
    assert [dict(asked.query) for asked in desk.asked] == [{"status": "actual"}, {"status": "actual", "area": "NY"}]


def test_coordinates_have_at_most_four_decimals_and_no_zeros_behind() -> None:
    desk = Desk(text(nws("official/points_32.778_-96.796.json")))
    told = talk(desk, lambda service: service.point(32.77800001, -96.7960))
    assert desk.asked[0].path == "/points/32.778,-96.796"
    assert (told.value.office, told.value.x, told.value.y) == ("FWD", 89, 104)
    assert (told.value.forecast_zone, told.value.county, told.value.zone) == ("TXZ119", "TXC113", "America/Chicago")


def test_only_zones_of_this_service_are_asked_for() -> None:
    shape = {"geometry": {"type": "Polygon", "coordinates": [[[-88, 41], [-87, 41], [-87, 42]]]}}
    desk = Desk(text(json.dumps(shape)))
    told = talk(desk, lambda service: service.outline("https://api.weather.gov/zones/county/ILC031"))
    assert desk.asked[0].path == "/zones/county/ILC031"
    assert len(told.value) > 100
    for url in ("http://10.0.0.1/admin", "https://evil.example/zones/../x", "zones/county/../../x"):
        with pytest.raises(NoAnswer, match="no zone"):
            talk(desk, lambda service, url=url: service.outline(url))
    assert len(desk.asked) == 1


def test_names_cannot_leave_their_place_in_an_address() -> None:
    desk = Desk(text("{}"))
    with pytest.raises(NoAnswer, match="nothing is called"):
        talk(desk, lambda service: service.latest(StationId("../alerts")))
    assert desk.asked == []


def test_who_names_nobody_is_told_what_to_do() -> None:
    with pytest.raises(NoAnswer, match="name a contact in the settings"):
        talk(Desk(text("<html>Access Denied</html>", 403)), lambda service: service.alerts())


def test_a_problem_is_told_in_its_own_words_once() -> None:
    desk = Desk(problem(404, title="Data Unavailable For Requested Point", detail="Unable for there"))
    with pytest.raises(NoAnswer, match="refuses: Unable for there") as caught:
        talk(desk, lambda service: service.point(51.5, 0))
    assert (caught.value.lasting, len(desk.asked)) == (True, 1)


@pytest.mark.parametrize("status", [500, 503])
def test_a_problem_that_may_pass_is_asked_again(status: int) -> None:
    desk = Desk(problem(status, title="Unexpected Problem"), text('{"features": []}'))
    assert talk(desk, lambda service: service.alerts()).value.alerts == ()


def test_recorded_problems_last_or_pass_by_their_status() -> None:
    for said in json.loads(shared("frames/weather/nws/problems.json").read_text()):
        body = text(said["body_html"], 403) if "body_html" in said else problem(said["status"], **{
            key: value for key, value in said["body"].items() if key not in ("type", "status")})  # fmt: skip
        with pytest.raises(NoAnswer) as caught:
            talk(Desk(body), lambda service: service.alerts())
        assert caught.value.lasting == (said["status"] in (403, 404))


def test_recorded_stations_near_a_cell_come_in_order_of_distance() -> None:
    for file, count in (("official/stations_ALY_real.json", 53), ("official/gridpoints_FWD_89_104_stations.json", 72),
                        ("pynws_gridpoints_stations.json", 41)):  # fmt: skip
        found = nws_places.stations(nws(file))
        assert len(found) == count
        metres = [near.metres for near in found if near.metres is not None]
        assert metres == sorted(metres)
    assert nws_places.stations(nws("official/stations_ALY_real.json"))[0].id == "KALB"


def test_recorded_points() -> None:
    offices = [nws_places.point(nws(file)).office for file in (
        "official/points_32.778_-96.796.json", "official/points_39.738_-104.985.json", "official/points_ALY_real.json",
        "pynws_points.json")]  # fmt: skip
    assert offices == ["FWD", "BOU", "ALY", "TAE"]


def test_recorded_products() -> None:
    listed = nws_places.products(nws("official/products_types_AFD_locations_OKX.json"))
    assert (listed[0].code, listed[0].office, iso(listed[0].issued_at)) == ("AFD", "KOKX", "2024-08-06T18:08:00Z")
    assert [p.issued_at for p in listed] == sorted((p.issued_at for p in listed), reverse=True)
    found = nws_places.product(nws("official/product_81724a6c.json"))
    assert (found.code, iso(found.issued_at)) == ("AFD", "2024-09-05T11:29:00Z")
    assert "AREA FORECAST DISCUSSION" in found.text
    assert nws_places.product(nws("official/product_404.json")).text == "This is short text, just for testing."


def test_what_is_none_of_them_is_refused() -> None:
    for read in (nws_places.point, nws_places.stations, nws_places.products, nws_places.product):
        for body in (b"", b"[]", b"{}", b'{"@graph": 1}', b'{"properties": {"gridId": 3}}'):
            with pytest.raises(BadReport):
                read(body)
