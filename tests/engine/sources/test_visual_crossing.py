from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import StationId
from engine.core.units import DAY, SECOND, Nanos
from engine.core.when import instant
from engine.sources import visual_crossing, visual_crossing_client
from engine.sources.http import Manner
from engine.sources.visual_crossing_client import VisualCrossing
from tests.engine.sources.desk import Clock, Desk, client, serving, text
from tests.shared import shared

MDW, NYC = StationId("KMDW"), StationId("KNYC")
OPENS = instant("2026-01-18T06:00:00Z")
CLOSES = Nanos(OPENS + DAY)
DAYS = date(2026, 1, 18), date(2026, 1, 19)


def minute(n: int, temp, **more):
    return {"datetimeEpoch": OPENS // SECOND + 300 * n, "temp": temp, "dew": 20.0, "stations": ["KMDW"], **more}


def body(*minutes, cost: float = 288.0) -> bytes:
    """Return a made-up answer of the documented shape: minutes lie in hours, hours in days."""
    hours = [{"datetimeEpoch": OPENS // SECOND, "minutes": list(minutes)}]
    return json.dumps(
        {"queryCost": cost, "timezone": "UTC", "days": [{"datetime": "2026-01-18", "hours": hours}]}
    ).encode()


def test_rows_know_their_station_and_their_age() -> None:
    found = visual_crossing.trace(
        body(minute(0, 35.6), minute(1, 35.6), minute(2, 37.4, stations=["KMDW", "KORD"])), MDW
    )
    first, second, third = found.slots
    assert (first.locked, first.filled, first.age_s) == (True, False, 0)
    assert (second.filled, second.age_s) == (True, 300)
    assert (third.locked, third.filled) == (False, False)
    assert found.cost == 288


def test_a_row_of_a_year_that_no_journal_holds_is_left_out() -> None:
    far = minute(1, 37.4) | {"datetimeEpoch": 99_999_999_999_999}
    assert [slot.at for slot in visual_crossing.trace(body(minute(0, 35.6), far), MDW).slots] == [OPENS]


def test_a_filled_or_a_mixed_row_never_raises_a_high() -> None:
    rows = [minute(0, 35.6), minute(1, 35.6), minute(2, 50.0, stations=["KORD"]), minute(3, 51.0, stations=None)]
    found = visual_crossing.trace(body(*rows), MDW)
    assert found.high_f(OPENS, CLOSES) == 35.6
    assert [reading.temp_whole_c for reading in found.readings()] == [2]


def test_a_day_is_used_when_it_is_whole_locked_and_not_mostly_filled() -> None:
    whole = [minute(n, 35.6 if n % 2 else 33.8) for n in range(288)]
    assert visual_crossing.trace(body(*whole), MDW).usable(OPENS, CLOSES)
    assert not visual_crossing.trace(body(*whole[:-1]), MDW).usable(OPENS, CLOSES)
    assert not visual_crossing.trace(body(*whole[:-1], minute(287, 35.6, stations=["KORD"])), MDW).usable(OPENS, CLOSES)
    hourly = [minute(n, 35.6 if n // 12 % 2 else 33.8) for n in range(288)]
    assert not visual_crossing.trace(body(*hourly), MDW).usable(OPENS, CLOSES)


def test_central_park_is_refused_with_the_reason() -> None:
    with pytest.raises(BadReport, match="KNYC reports once an hour"):
        visual_crossing.trace(body(minute(0, 35.6)), NYC)
    assert visual_crossing.refused(MDW) == ""


def test_recorded_days_are_mixtures_of_stations() -> None:
    folder = shared("frames/weather/visualcrossing")
    counts = {}
    for file in sorted(folder.iterdir()):
        found = visual_crossing.days(file.read_bytes())
        counts[file.name[15:17]] = len(found)
        assert not any(visual_crossing.locked(day.stations, NYC) for day in found)
    assert counts == {"fl": 3, "il": 14, "ny": 14}
    ny = visual_crossing.days((folder / "visualCrossing_ny_2026-01-18_to_2026-01-31.json").read_bytes())
    assert (ny[0].day, ny[0].high_f) == (date(2026, 1, 18), 34.6)  # the official high was 36
    with pytest.raises(BadReport, match="without minutes"):
        visual_crossing.trace((folder / "visualCrossing_il_2026-01-18_to_2026-01-31.json").read_bytes(), MDW)


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["days", "hours", "minutes", "datetime", "datetimeEpoch"]), inner)))  # fmt: skip
def test_no_document_raises_anything_but_bad_report(made) -> None:
    for read in (visual_crossing.days, lambda raw: visual_crossing.trace(raw, MDW)):
        with suppress(BadReport):
            read(json.dumps({"days": [made]}).encode())


def talk(desk: Desk, ask, times: int = 1):
    async def go():
        clock, found = Clock(instant("2026-01-19T18:00:00Z")), []
        async with serving(desk) as base:
            judge = visual_crossing_client.judge(clock.now)
            asker = client(base, clock, Manner(every_s=0.001, tries=3), judge=judge)
            for _ in range(times):
                try:
                    found.append(await ask(VisualCrossing(asker, "very-secret")))
                except NoAnswer as e:
                    found.append(e)
            await asker.close()
        return found

    return asyncio.run(go())


def test_the_question_locks_the_station() -> None:
    desk = Desk(text(body(minute(0, 35.6))))
    (told,) = talk(desk, lambda service: service.trace(MDW, *DAYS))
    (asked,) = desk.asked
    assert asked.path == "/stn:KMDW/2026-01-18/2026-01-19"
    assert asked.query["options"] == "useobs,minuteinterval_5,nonulls"
    assert (asked.query["maxStations"], asked.query["maxDistance"], asked.query["timezone"]) == ("1", "0", "Z")
    assert told.value.slots[0].temp_f == 35.6


def test_a_refused_station_costs_nothing() -> None:
    desk = Desk(text("{}"))
    (refusal,) = talk(desk, lambda service: service.trace(NYC, *DAYS))
    assert (refusal.lasting, desk.asked) == (True, [])


def test_a_used_up_allowance_is_waited_for_until_midnight_utc() -> None:
    desk = Desk(text("Maximum daily cost exceeded", 429))
    first, second = talk(desk, lambda service: service.trace(MDW, *DAYS), times=2)
    assert first.again_s == 6 * 3_600
    assert second.again_s == pytest.approx(6 * 3_600, abs=5)
    assert len(desk.asked) == 1


def test_being_busy_is_waited_out() -> None:
    desk = Desk(text("Maximum concurrency exceeded", 429), text(body(minute(0, 35.6))))
    assert talk(desk, lambda service: service.trace(MDW, *DAYS))[0].value.slots


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (401, "No account found with API key very-secret", "does not take the key"),
        (400, "Bad API Request:Invalid location", "does not understand"),
        (404, "Request did not match an endpoint.", "does not understand"),
    ],
)
def test_what_lasts_is_told_without_the_key(status: int, said: str, why: str) -> None:
    desk = Desk(text(said, status))
    (refusal,) = talk(desk, lambda service: service.trace(MDW, *DAYS))
    assert why in str(refusal)
    assert "secret" not in f"{refusal!r}{VisualCrossing(None, 'very-secret')!r}"
    assert (refusal.lasting, len(desk.asked)) == (True, 1)
