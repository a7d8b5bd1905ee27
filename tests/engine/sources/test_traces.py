"""Five-minute rows within a day's allowance, and followed with the rest of the weather."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resources
from engine.core.errors import BadReport, NoAnswer
from engine.core.events import Observed
from engine.core.ids import VISUAL_CROSSING as CROSSING
from engine.core.ids import StationId
from engine.core.reading import ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, SECOND, Nanos
from engine.core.when import instant
from engine.sandbox.servers.doors import serve
from engine.sources import visual_crossing_client
from engine.sources.follow import ROWS, Follow
from engine.sources.http import Client
from engine.sources.traces import Traces
from engine.sources.visual_crossing_client import VisualCrossing
from tests.engine.sandbox.servers.weather_stage import MANNER, MDW, NYC, stage
from tests.engine.sources.desk import Clock, Desk, client, serving, text

NOON = instant("2026-07-03T12:00:00Z")
AUS = StationId("KAUS")
NOBODY = VisualCrossing(None, "key")  # type: ignore[arg-type]  # nothing is asked of it


def traces(at: Nanos, allowance: float = 1_000.0, **more) -> Traces:
    made = Traces(NOBODY, lambda: at, allowance)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_a_small_key_spreads_its_few_questions_over_the_rest_of_the_day() -> None:
    one = traces(NOON, 1_000.0)
    assert one.wait_s([MDW]) == 12 * 3_600 / 3  # three days of rows
    one._turn_day()
    one.spent = 900.0
    assert one.wait_s([MDW]) == 12 * 3_600
    assert one.room == pytest.approx(0.1)


def test_a_large_one_asks_about_each_station_every_five_minutes() -> None:
    assert traces(NOON, 1e9).wait_s([MDW, AUS]) == 150
    assert traces(NOON, 1e9).wait_s([]) == 300


@pytest.mark.parametrize(
    "body", ['{"queryCost": 24, "days": [{"datetime": "2026-07-03"}]}', '{"queryCost": -9e9, "days": []}', "no JSON"]
)
def test_an_answer_that_cannot_be_used_was_charged_all_the_same(body: str) -> None:
    async def go() -> float:
        clock = Clock(NOON)
        async with serving(Desk(text(body))) as base:
            asker = client(base, clock)
            one = Traces(VisualCrossing(asker, "key"), clock.now, 1_000.0)
            with pytest.raises(BadReport):
                await one.ask(MDW)
            await asker.close()
        return one.room

    assert asyncio.run(go()) == pytest.approx(1 - 0.288)


def test_a_service_whose_answers_cannot_be_used_is_not_asked_beyond_the_allowance() -> None:
    async def go() -> float:
        clock = Clock(NOON)
        async with serving(Desk(text("no JSON"))) as base:
            asker = client(base, clock)
            one = Traces(VisualCrossing(asker, "key"), clock.now, 300.0)
            task = Follow(None, None, clock.now, [].append, crossing=one)
            task.want([StationRow(**row) for row in resources.load_stations() if row["id"] == MDW])
            wait = await task._try(ROWS, task._rows)
            await asker.close()
        return wait

    assert asyncio.run(go()) == pytest.approx(12 * 3_600, abs=60)


def test_a_new_day_has_all_of_its_allowance() -> None:
    clock = [NOON]
    one = Traces(NOBODY, lambda: clock[0], 1_000.0)
    assert one.room == 1.0
    one.spent = 1_000.0
    assert one.room == 0.0
    clock[0] = Nanos(NOON + DAY)
    assert one.room == 1.0


@given(st.integers(0, 10**6), st.integers(0, DAY // SECOND - 1), st.integers(1, 400))
def test_what_is_left_lasts_until_the_end_of_the_day(allowance: int, second: int, stations: int) -> None:
    one = traces(Nanos(NOON - 12 * HOUR + second * SECOND), float(allowance) + 1)
    wait = one.wait_s([StationId(f"K{n:03d}") for n in range(stations)])
    left = DAY / SECOND - second
    assert wait >= min(300 / stations, left)
    assert left / wait * 288 <= max(allowance + 1, 288) + 1e-6 or wait >= left


def test_central_park_is_never_asked_for_and_the_others_take_turns() -> None:
    one = traces(NOON)
    assert one.wanted([NYC, MDW, AUS]) == [AUS, MDW]
    one._asked[AUS] = NOON
    assert one.wanted([NYC, MDW, AUS]) == [MDW, AUS]


async def test_rows_join_what_is_followed_and_stop_at_the_allowance() -> None:
    async with stage() as made:
        runner, port = await serve(made.server.crossing())
        judge = visual_crossing_client.judge(made.clock.now)
        client = Client(
            "Visual Crossing", f"http://127.0.0.1:{port}/timeline", made.clock.now, rng=random.Random(1),
            manner=MANNER, judge=judge, sleep=made.sleep,
        )  # fmt: skip
        heard: list[Observed] = []
        crossing = Traces(VisualCrossing(client, "desk"), made.clock.now, 600.0)
        task = Follow(None, None, made.clock.now, heard.append, sleep=made.sleep, crossing=crossing)
        try:
            task.want(made.rows(MDW, NYC))
            await task.once()
            first = len(heard)
            assert {(e.reading.station, e.reading.kind, e.reading.source) for e in heard} == {
                (MDW, ReportKind.FIVE_MINUTE, "VC")
            }
            assert all(e.reading.relayed for e in heard)
            await task.once()
            assert len(heard) == first
            made.clock.move(3 * HOUR / SECOND)
            await task.once()
            assert first < len(heard) <= first + 37
            assert 0 < crossing.spent <= 3 * 288
            assert task.rounds.of(CROSSING, ROWS).why == ""
            for _ in range(60):
                if not task.rounds.of(CROSSING, ROWS).why:
                    await task.once()
            assert task.rounds.of(CROSSING, ROWS).why == "Visual Crossing: today's allowance is used up"
        finally:
            await client.close()
            await runner.cleanup()


async def test_a_key_that_is_not_taken_is_a_lasting_failure() -> None:
    async with stage() as made:
        runner, port = await serve(made.server.crossing())
        client = Client(
            "Visual Crossing", f"http://127.0.0.1:{port}/timeline", made.clock.now, rng=random.Random(1),
            manner=MANNER, judge=visual_crossing_client.judge(made.clock.now), sleep=made.sleep,
        )  # fmt: skip
        try:
            crossing = Traces(VisualCrossing(client, ""), made.clock.now, 600.0)
            with pytest.raises(NoAnswer, match="does not take the key") as refused:
                await crossing.ask(MDW)
            assert refused.value.lasting
        finally:
            await client.close()
            await runner.cleanup()
