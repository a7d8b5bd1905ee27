"""JMA through Open-Meteo: made by its documented answers, since none was recorded."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Metric
from engine.core.errors import BadReport, NoAnswer
from engine.core.units import HOUR, SECOND, Nanos
from engine.sources import open_meteo
from engine.sources.forecasts import NotCarried, Wanted
from engine.sources.open_meteo import CREDIT, NOTE, OpenMeteo, parse
from tests.engine.sources.bucket import CELLS, MDW, NYC, RUN
from tests.engine.sources.desk import Clock, Desk, client, serving, text

START = RUN // SECOND


def place(*degrees: float | None, unit: str = "°F", start: int = START, time: str = "unixtime") -> dict:
    times = [start + 3600 * n for n in range(len(degrees))]
    return {
        "latitude": 41.8, "longitude": -87.75, "hourly_units": {"time": time, "temperature_2m": unit},
        "hourly": {"time": times, "temperature_2m": list(degrees)},
    }  # fmt: skip


def answer(*places: dict) -> bytes:
    return json.dumps(places[0] if len(places) == 1 else list(places)).encode()


def talk(desk: Desk, ask, at: Nanos = RUN):
    async def go():
        async with serving(desk) as base:
            clock = Clock(at)
            asker = client(base, clock, judge=open_meteo.judge)
            try:
                return await ask(OpenMeteo(asker, clock.now))
            finally:
                await asker.close()

    return asyncio.run(go())


def test_stations_are_asked_for_together_in_our_units() -> None:
    desk = Desk(text(answer(place(80.0, 82.0), place(70.0, None))))
    found = talk(desk, lambda model: model.stations([MDW, NYC]))
    (asked,) = desk.asked
    assert asked.path == "/jma"
    assert dict(asked.query) == {
        "latitude": "41.7841,40.7789", "longitude": "-87.7551,-73.9692", "hourly": "temperature_2m",
        "temperature_unit": "fahrenheit", "timeformat": "unixtime", "forecast_days": "3",
    }  # fmt: skip
    assert [(one.station, [hour.p50 for hour in one.hours]) for one in found] == [("KMDW", [80, 82]), ("KNYC", [70])]
    assert {one.credit for one in found} == {CREDIT}


def test_one_station_comes_alone_and_hours_that_are_over_are_left_out() -> None:
    desk = Desk(text(answer(place(70.0, 71.0, 72.0, 73.0))))
    (found,) = talk(desk, lambda model: model.stations([MDW]), at=Nanos(RUN + 2 * HOUR + HOUR // 2))
    assert [hour.p50 for hour in found.hours] == [72, 73]
    desk = Desk(text(answer(place(70.0))))
    assert talk(desk, lambda model: model.stations([MDW]), at=Nanos(RUN + 9 * HOUR)) == ()


def test_what_has_not_changed_is_the_same_answer() -> None:
    async def ask(model: OpenMeteo) -> bool:
        return await model.stations([MDW]) is await model.stations([MDW])

    assert talk(Desk(text(answer(place(80.0)))), ask)


def test_a_refusal_is_told_in_its_own_words_once() -> None:
    desk = Desk(text('{"error": true, "reason": "Latitude must be in range"}', 400))
    with pytest.raises(NoAnswer, match="refuses: Latitude must be in range") as caught:
        talk(desk, lambda model: model.stations([MDW]))
    assert (caught.value.lasting, len(desk.asked)) == (True, 1)


@pytest.mark.parametrize(
    "body",
    [b"<html>", answer(place(80.0, unit="°C")), answer(place(80.0, time="iso8601")), answer(place(80.0), place(81.0)),
     json.dumps({**place(80.0), "hourly": {"time": [1], "temperature_2m": []}}).encode(), b"{}"],
)  # fmt: skip
def test_another_answer_is_refused(body: bytes) -> None:
    with pytest.raises(BadReport):
        parse(body, 1)


@given(st.binary() | st.lists(st.floats() | st.none()).map(lambda rows: answer(place(*rows))))
def test_no_bytes_raise_anything_but_bad_report(raw: bytes) -> None:
    with suppress(BadReport):
        assert all(abs(value) < 200 for one in parse(raw, 1) for value in one.values())


def test_cells_are_refused_and_the_licence_is_stated() -> None:
    wanted = Wanted(Metric.TEMP_MAX, RUN, Nanos(RUN + 24 * HOUR), CELLS)
    with pytest.raises(NotCarried, match="asked for stations, not for cells"):
        talk(Desk(text("")), lambda model: model.grid(wanted))
    assert "non-commercial" in NOTE
