"""What the Mesonet is asked, against a server of a few lines."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import StationId
from engine.core.when import instant
from engine.sources import iem_client
from engine.sources.http import Manner
from engine.sources.iem_client import Iem
from tests.engine.sources.desk import Clock, Desk, client, serving, text

NOON = instant("2026-07-03T12:00:00Z")
OPENS, CLOSES = instant("2026-07-03T05:00:20Z"), instant("2026-07-04T05:00:00Z")
MDW, PANC = StationId("KMDW"), StationId("PANC")
BODY = """station,valid,tmpf,sknt,gust,p01i,peak_wind_gust,peak_wind_time,metar
MDW,2026-07-03 06:53,74.00,5.00,M,T,M,M,KMDW 030653Z 20005KT 10SM CLR 23/18 A3001 RMK AO2 P0000 T02330178
"""


def talk(desk: Desk, ask):
    """Return what comes of a talk with the service."""

    async def go():
        async with serving(desk) as base:
            asker = client(base, Clock(NOON), Manner(every_s=0.001, tries=3), judge=iem_client.judge)
            try:
                return await ask(Iem(asker, {MDW: 53}))
            finally:
                await asker.close()

    return asyncio.run(go())


def test_one_question_for_all_stations_of_a_window_whose_end_is_exclusive() -> None:
    desk = Desk(text(BODY))
    told = talk(desk, lambda service: service.observations([MDW, PANC], OPENS, CLOSES))
    (asked,) = desk.asked
    assert asked.path == "/cgi-bin/request/asos.py"
    assert asked.query.getall("station") == ["MDW", "PANC"]  # the service strips the K itself, and no other letter
    assert (asked.query["sts"], asked.query["ets"]) == ("2026-07-03T05:00:00Z", "2026-07-04T05:00:00Z")
    assert (asked.query["format"], asked.query["tz"]) == ("onlycomma", "UTC")
    assert asked.query.getall("report_type") == ["3", "4"]  # not the five-minute rows
    assert [r.station for r in told.value.readings] == ["KMDW"]
    assert told.known_at == NOON


def test_a_body_that_broke_off_is_asked_for_again() -> None:
    desk = Desk(text(BODY + "MDW,2026-07-03 07:5"), text(BODY))
    told = talk(desk, lambda service: service.observations([MDW], OPENS, CLOSES))
    assert (len(desk.asked), told.value.cut_short) == (2, False)


def test_a_body_that_always_breaks_off_is_taken_as_it_is() -> None:
    desk = Desk(text(BODY + "MDW,2026-07-03 07:5"))
    told = talk(desk, lambda service: service.observations([MDW], OPENS, CLOSES))
    assert (len(desk.asked), told.value.cut_short, len(told.value.readings)) == (3, True, 1)


def test_an_unknown_station_is_an_empty_table_and_no_error() -> None:
    told = talk(Desk(text(BODY.splitlines()[0])), lambda service: service.observations([MDW], OPENS, CLOSES))
    assert told.value.readings == ()


def test_the_services_throttle_is_waited_out_though_it_names_no_time() -> None:
    desk = Desk(text("Too many requests from your IP address, slow down.", 429), text(BODY))
    assert talk(desk, lambda service: service.observations([MDW], OPENS, CLOSES)).value.readings


def test_what_is_wrong_with_a_question_is_said_once_in_the_services_words() -> None:
    desk = Desk(text("<html><b>Unknown variable\nX specified</b></html>", 422))
    with pytest.raises(NoAnswer) as caught:
        talk(desk, lambda service: service.one_minute([MDW], OPENS, CLOSES))
    assert str(caught.value) == "Test refuses: Unknown variable X specified"
    assert len(desk.asked) == 1


def test_an_error_page_with_a_good_status_is_no_table() -> None:
    with pytest.raises(BadReport, match="no header"):
        talk(Desk(text("ERROR: server over capacity")), lambda service: service.observations([MDW], OPENS, CLOSES))


def test_minutes() -> None:
    desk = Desk(text("station,station_name,valid(UTC),tmpf,dwpf\nMDW,CHICAGO,2026-07-03 06:00,74,63\n"))
    told = talk(desk, lambda service: service.one_minute([MDW], OPENS, CLOSES))
    assert desk.asked[0].query["tz"] == "UTC"
    assert told.value.rows[0].temp_f == 74


def test_texts_of_a_product() -> None:
    desk = Desk(text("\001\nKMDW DS 03/07 871455/ 660412// 87/ 66//0021509/45/00/=\n\003"))
    told = talk(desk, lambda service: service.summaries("DSMMDW", date(2026, 7, 3), date(2026, 7, 5), NOON))
    assert dict(desk.asked[0].query) == {
        "pil": "DSMMDW", "fmt": "text", "limit": "500", "sdate": "2026-07-03", "edate": "2026-07-05", "order": "asc",
    }  # fmt: skip
    assert told.value.days[0].high_f == 87


def test_no_text_yet_is_nothing_and_no_error() -> None:
    desk = Desk(text("ERROR: Could not Find: DSMMDW"))
    told = talk(desk, lambda service: service.summaries("DSMMDW", date(2026, 7, 3), date(2026, 7, 5), NOON))
    assert told.value.days == ()
    days = talk(desk, lambda service: service.climate_texts("CLIMDW", date(2026, 7, 3), date(2026, 7, 5)))
    assert days.value == ()


PAGE = "\n<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Back at noon.</body></html>"


def test_a_web_page_is_not_the_word_that_there_is_no_text() -> None:
    for ask in (
        lambda service: service.summaries("DSMMDW", date(2026, 7, 3), date(2026, 7, 5), NOON),
        lambda service: service.climate_texts("CLIMDW", date(2026, 7, 3), date(2026, 7, 5)),
    ):
        with pytest.raises(BadReport, match="web page"):
            talk(Desk(text(PAGE)), ask)


def test_a_product_is_a_name_and_nothing_else() -> None:
    desk = Desk(text(""))
    with pytest.raises(NoAnswer, match="no product"):
        talk(desk, lambda service: service.texts("CLI&x=1", date(2026, 7, 3), date(2026, 7, 5)))
    assert desk.asked == []


def test_years_and_networks() -> None:
    row = '{"results":[{"station":"KMDW","valid":"2026-07-02","high":88,"product":"202607030646-KLOT-CDUS43-CLIMDW"}]}'
    desk = Desk(text(row))
    assert talk(desk, lambda service: service.climate(MDW, 2026)).value[0].high_f == 88
    assert talk(desk, lambda service: service.months(MDW, 2026)).value[0].source == "IEM CF6"
    assert [request.path for request in desk.asked] == ["/json/cli.py", "/json/cf6.py"]
    place = '{"features":[{"id":"MDW","geometry":{"coordinates":[-87.75,41.78]},"properties":{}}]}'
    assert talk(Desk(text(place)), lambda service: service.network("IL_ASOS")).value[0].id == MDW


def test_many_stations_are_several_questions() -> None:
    many = [StationId(f"K{n:03d}") for n in range(250)]
    assert [len(group) for group in iem_client.groups(many)] == [120, 120, 10]
