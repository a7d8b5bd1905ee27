"""The past piece by piece, against the simulated services and against tables written by hand."""

from __future__ import annotations

import asyncio
import random
from datetime import date

import pytest

from engine.core.errors import BadReport, NoAnswer
from engine.core.reading import ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import at_minute, instant, utc_day
from engine.sandbox.servers.doors import serve
from engine.sources import harvest, iem_client, visual_crossing_client
from engine.sources.harvest import Harvest, pieces
from engine.sources.http import Client
from engine.sources.iem_client import Iem
from engine.sources.nws_client import Nws
from engine.sources.visual_crossing_client import VisualCrossing
from tests.engine.sandbox.servers.weather_stage import MANNER, MDW, NYC, Stage, stage
from tests.engine.sources.desk import Clock, Desk, client, serving, text

D = date


def row(name: str, minute: int = 53) -> StationRow:
    return StationRow(
        id=name, name=name, lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=minute
    )


def test_reports_and_minutes_are_asked_for_by_day_and_statements_by_year_or_month() -> None:
    rows = (row("KMDW"), row("KNYC"))
    asos = pieces("asos", rows, D(2026, 7, 1), D(2026, 7, 3))
    assert [(one.first, one.last, len(one.stations)) for one in asos] == [
        (D(2026, 7, n),) * 2 + (2,) for n in (1, 2, 3)
    ]
    cli = pieces("cli", rows, D(2025, 12, 30), D(2026, 1, 2))
    assert [(one.first, one.last, one.stations[0].id) for one in cli] == [
        (D(2025, 12, 30), D(2025, 12, 31), "KMDW"), (D(2025, 12, 30), D(2025, 12, 31), "KNYC"),
        (D(2026, 1, 1), D(2026, 1, 2), "KMDW"), (D(2026, 1, 1), D(2026, 1, 2), "KNYC"),
    ]  # fmt: skip
    dsm = pieces("dsm", rows[:1], D(2025, 11, 30), D(2026, 1, 1))
    assert [(one.first, one.last) for one in dsm] == [
        (D(2025, 11, 30), D(2025, 11, 30)), (D(2025, 12, 1), D(2025, 12, 31)), (D(2026, 1, 1), D(2026, 1, 1)),
    ]  # fmt: skip
    many = pieces("asos", [row(f"K{n:03}") for n in range(250)], D(2026, 7, 1), D(2026, 7, 1))
    assert [len(one.stations) for one in many] == [120, 120, 10]


def test_a_piece_is_known_by_its_question_and_final_when_nothing_more_can_come() -> None:
    (one,) = pieces("asos", [row("KMDW")], D(2026, 7, 3), D(2026, 7, 3))
    assert one.key == "asos 2026-07-03 2026-07-03 KMDW"
    assert not one.final(Nanos(one.closes + 2 * HOUR))
    assert one.final(Nanos(one.closes + 3 * HOUR))
    (late,) = pieces("one_minute", [row("KMDW")], D(2026, 7, 3), D(2026, 7, 3))
    assert not late.final(Nanos(late.closes + 2 * DAY))


def staged(talk):
    async def go():
        async with stage() as made:
            return await talk(made, Harvest(made.iem, made.nws, made.clock.now))

    return asyncio.run(go())


def test_every_source_of_the_simulated_services_is_read() -> None:
    async def talk(made: Stage, work: Harvest) -> None:
        rows = made.rows(MDW, NYC)
        today = utc_day(made.clock.at)
        before = date.fromordinal(today.toordinal() - 2)
        (asos,) = pieces("asos", rows, before, before)
        crop = await work.take(asos)
        kinds = {r.kind for r in crop.readings}
        assert {ReportKind.ROUTINE, ReportKind.FIVE_MINUTE} <= kinds
        assert {r.station for r in crop.readings} == {MDW, NYC}
        assert all(asos.opens <= r.measured_at < asos.closes for r in crop.readings)
        assert crop.missing == ()
        (minute,) = pieces("one_minute", rows, before, before)
        found = await work.take(minute)
        assert len(found.minutes) == 2 * 1_440
        assert found.missing == ()
        week = date.fromordinal(today.toordinal() - 6)
        for source in ("cli", "cf6", "dsm"):
            told = [await work.take(one) for one in pieces(source, made.rows(MDW), week, before)]
            days = {daily.day: daily.high_f for crop in told for _, daily in crop.daily}
            assert len(days) >= 3, source
            assert all(isinstance(high, int) for high in days.values())
        (nws,) = pieces("nws", made.rows(MDW), before, before)
        assert len([r for r in (await work.take(nws)).readings if r.kind is ReportKind.ROUTINE]) == 24
        old = date.fromordinal(today.toordinal() - 40)
        with pytest.raises(NoAnswer, match="no longer kept"):
            await work.take(pieces("nws", made.rows(MDW), old, old)[0])

    staged(talk)


@pytest.mark.parametrize("body", ["no JSON", '{"queryCost": -9e9, "days": [{"datetime": "2026-07-03"}]}'])
def test_what_an_answer_of_visual_crossing_cost_counts_though_it_cannot_be_used(body: str) -> None:
    async def go() -> float:
        clock = Clock(instant("2026-07-05T12:00:00Z"))
        async with serving(Desk(text(body))) as base:
            asker = client(base, clock)
            work = Harvest(Iem(asker), Nws(asker), clock.now, VisualCrossing(asker, "key"), 288.0)
            (piece,) = pieces("visual_crossing", [row("KMDW")], D(2026, 7, 3), D(2026, 7, 3))
            with pytest.raises(BadReport):
                await work.take(piece)
            with pytest.raises(NoAnswer, match="are used up"):
                await work.take(piece)
            await asker.close()
        return work.spent

    assert asyncio.run(go()) == 288.0


def test_rows_of_visual_crossing_are_those_of_the_station_within_what_may_be_spent() -> None:
    async def talk(made: Stage, work: Harvest) -> None:
        runner, port = await serve(made.server.crossing())
        one = Client(
            "Visual Crossing", f"http://127.0.0.1:{port}/timeline", made.clock.now, rng=random.Random(1), manner=MANNER,
            judge=visual_crossing_client.judge(made.clock.now),
        )  # fmt: skip
        try:
            before = date.fromordinal(utc_day(made.clock.at).toordinal() - 2)
            first, second = pieces("visual_crossing", made.rows(MDW, NYC), before, before)
            with pytest.raises(NoAnswer, match="no key is given"):
                await work.take(first)
            work.crossing, work.allowance = VisualCrossing(one, "key"), 288.0
            crop = await work.take(first)
            assert {(r.station, r.source, r.kind) for r in crop.readings} == {(MDW, "VC", ReportKind.FIVE_MINUTE)}
            assert len(crop.readings) > 50  # those that lie on a whole degree Celsius, as the feed has them
            assert work.spent == 288
            with pytest.raises(NoAnswer, match="the 288 records that may be spent are used up"):
                await work.take(first)
            work.allowance = 1_000.0
            with pytest.raises(NoAnswer, match="once an hour"):
                await work.take(second)
        finally:
            await one.close()
            await runner.cleanup()

    staged(talk)


def test_the_running_day_has_no_gap_after_now() -> None:
    async def talk(made: Stage, work: Harvest) -> None:
        today = utc_day(made.clock.at)
        (asos,) = pieces("asos", made.rows(MDW), today, today)
        crop = await work.take(asos)
        assert crop.readings
        assert crop.missing == ()
        assert not asos.final(made.clock.at)

    staged(talk)


def asked(source: str, body: str, now: str = "2026-07-20T00:00:00Z"):
    """Return what comes of one question about 3 July at Midway."""

    async def go():
        async with serving(Desk(text(body))) as base:
            one = client(base, Clock(instant(now)))
            work = Harvest(Iem(one, {MDW: 53}), Nws(one), lambda: instant(now))
            try:
                return await work.take(pieces(source, [row("KMDW")], D(2026, 7, 3), D(2026, 7, 3))[0])
            finally:
                await one.close()

    return asyncio.run(go())


def hour(n: int) -> Nanos:
    return Nanos(at_minute(D(2026, 7, 3), 0, 0) + n * HOUR)


def test_hours_without_a_routine_report_are_gaps() -> None:
    lines = [f"MDW,2026-07-03 {n:02}:53,74.00,5.00,M,0.00,M,M,M" for n in range(24) if n not in (3, 4, 23)]
    head = "station,valid,tmpf,sknt,gust,p01i,peak_wind_gust,peak_wind_time,metar"
    crop = asked("asos", "\n".join([head, *lines]) + "\n")
    assert [(gap.opens, gap.closes) for gap in crop.missing] == [(hour(3), hour(5)), (hour(23), hour(24))]
    nothing = asked("asos", head + "\n")
    assert [(gap.opens, gap.closes) for gap in nothing.missing] == [(hour(0), hour(24))]
    assert nothing.missing[0].why == "no routine report up to 2026-07-04T00:00:00Z"


def test_short_rests_of_minutes_are_no_gap() -> None:
    head = "station,station_name,valid(UTC),tmpf,dwpf,sknt,gust_sknt,precip"
    away = {*range(100, 109), *range(200, 215), 700}
    rows = [f"MDW,M,2026-07-03 {n // 60:02}:{n % 60:02},{'M' if n == 700 else 70},M,M,M,M" for n in range(1_440)]
    body = "\n".join([head, *(line for n, line in enumerate(rows) if n not in away or n == 700)]) + "\n"
    crop = asked("one_minute", body)
    assert [(gap.opens, gap.closes) for gap in crop.missing] == [
        (Nanos(hour(0) + 200 * MINUTE), Nanos(hour(0) + 215 * MINUTE))
    ]


def test_a_table_that_breaks_off_is_no_answer() -> None:
    head = "station,valid,tmpf,sknt,gust,p01i,peak_wind_gust,peak_wind_time,metar"
    with pytest.raises(NoAnswer, match="breaks off"):
        asked("asos", f"{head}\nMDW,2026-07-03 00:53,74.00")


def test_a_day_that_has_ended_without_a_statement_is_a_gap_later() -> None:
    assert len(asked("cli", '{"results": []}').missing) == 1
    assert asked("cli", '{"results": []}', now="2026-07-04T12:00:00Z").missing == ()


def test_the_sources_have_their_pace() -> None:
    assert set(harvest.LATE) == set(harvest.SOURCES)
    assert harvest.AT_ONCE["asos"] == iem_client.MOST_STATIONS
