"""The weather followed, against the simulated services."""

from __future__ import annotations

import asyncio
import random

from engine.core.events import Observed, StationForecast
from engine.core.ids import IEM, NWS, Cell
from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.sandbox.servers.faults import Fault
from engine.sources import http
from engine.sources.follow import CLIMATES, REPORTS, Follow
from engine.sources.foretelling import FORECASTS
from engine.sources.iem_client import Iem
from engine.weather.climate_day import window_at
from tests.engine.sandbox.servers.weather_stage import MANNER, MDW, NYC, Stage, stage
from tests.engine.sources.desk import Desk, serving, text


def follow(talk, **more):
    """Run a talk with a `Follow` and the list of what it emits."""

    async def go():
        async with stage() as made:
            heard: list = []
            facts = {"iem": made.iem, "nws": made.nws, **more}
            task = Follow(now=made.clock.now, emit=heard.append, sleep=made.sleep, **facts)
            task.want(made.rows(MDW, NYC), official=[MDW])
            return await talk(made, task, heard)

    return asyncio.run(go())


def observed(heard, kind: ReportKind | None = None):
    return [e for e in heard if isinstance(e, Observed) and kind in (None, e.reading.kind)]


def test_the_first_round_brings_the_running_day_and_the_forecasts() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        await task.once()
        opens, _ = window_at(made.clock.at, -6)
        midway = [e for e in observed(heard, ReportKind.ROUTINE) if e.reading.station == MDW]
        assert sum(e.reading.measured_at >= opens for e in midway) == 13
        assert min(e.reading.measured_at for e in midway) < opens  # what straddles midnight
        assert all(e.at == made.clock.at for e in heard)
        assert {e.station for e in heard if isinstance(e, StationForecast)} == {MDW, NYC}
        assert {key for key, one in task.rounds.by.items() if one.ok_at and key[0]} == {
            (IEM, REPORTS), (IEM, CLIMATES), (NWS, FORECASTS),
        }  # fmt: skip

    follow(talk)


def test_nothing_is_told_twice() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        await task.once()
        many = len(heard)
        made.clock.move(30)
        await task.once()
        assert len(heard) == many
        made.clock.move(3_600)
        await task.once()
        fresh = heard[many:]
        assert {e.reading.station for e in observed(fresh, ReportKind.ROUTINE)} == {MDW, NYC}
        assert len([e for e in fresh if isinstance(e, StationForecast)]) == 2
        assert len(observed(fresh, ReportKind.ROUTINE)) == 2
        assert len(observed(fresh, ReportKind.FIVE_MINUTE)) in range(20, 26)

    follow(talk)


def test_the_task_comes_back_at_the_stations_minutes_and_finds_the_official_report() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        _, closes = window_at(made.clock.at, -6)
        made.clock.at = Nanos(closes - HOUR)

        official_is_out = asyncio.Event()

        def hear(event) -> None:
            heard.append(event)
            if observed([event], ReportKind.CLIMATE) and event.reading.measured_at == closes:
                official_is_out.set()

        task.emit = hear
        running = asyncio.ensure_future(task.run())
        await asyncio.wait_for(official_is_out.wait(), 20)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        official = observed(heard, ReportKind.CLIMATE)[-1]
        assert (official.reading.station, official.reading.measured_at) == (MDW, closes)
        assert official.at > closes
        routine = [e for e in observed(heard, ReportKind.ROUTINE) if e.reading.station == MDW]
        assert len({e.reading.measured_at for e in routine}) == len(routine)

    follow(talk)


def test_where_the_mesonet_fails_reports_come_from_the_weather_service() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        made.world.desk.add(Fault(kind="error", venue="weather", match="asos.py", count=0, value=503))
        await task.once()
        assert {e.reading.source for e in observed(heard)} == {"NWS", "CLI"}
        assert {e.reading.station for e in observed(heard)} == {MDW, NYC}
        assert task.rounds.of(NWS, REPORTS).why == ""
        assert task.rounds.of(IEM, REPORTS).why == "IEM: HTTP 503 to /cgi-bin/request/asos.py"

    follow(talk)


def test_what_is_down_is_said_and_left_alone_ever_longer() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        made.world.desk.add(Fault(kind="maintenance", venue="weather", count=0))
        waits = [await task._try(REPORTS, task._reports) for _ in range(6)]
        assert waits == [30, 60, 120, 240, 480, 900]
        assert task.rounds.of(NWS, REPORTS).why == "NWS: HTTP 503 to /stations/KMDW/observations"
        assert heard == []
        made.world.desk.clear()
        assert await task._try(REPORTS, task._reports) < 301
        assert {(one.why, one.failures) for _, one in task.rounds.by.items() if one.ok_at} == {("", 0)}

    follow(talk)


def test_alerts_are_told_when_they_change() -> None:
    warned: list = []

    async def talk(made: Stage, task: Follow, heard: list) -> None:
        for _ in range(72):
            if any(True for _ in made.server.archive.raining()):
                break
            made.clock.move(600)
        await task.once()
        made.clock.move(6)
        await task.once()
        known, *more = warned
        assert len(more) <= 1  # told once, unless the rain moved on meanwhile
        assert all(known.on(Cell(spot.row.cell), made.clock.at) for spot, _ in made.server.archive.raining())
        assert known.missing() == ()

    follow(talk, warned=warned.append)


def test_a_station_without_a_grid_has_no_forecast_and_hinders_no_other() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        (row,) = made.rows("KSEA")
        task.want([row, *made.rows(MDW)])
        await task.once()
        assert {e.station for e in heard if isinstance(e, StationForecast)} == {MDW}
        assert task.rounds.of(NWS, FORECASTS).why == ""

    follow(talk)


def test_other_stations_are_asked_for_at_once() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        task.want([])
        slow = asyncio.Event()
        task.sleep = lambda _: slow.wait()
        running = asyncio.ensure_future(task.run())
        await asyncio.sleep(0.1)
        assert heard == []
        task.want(made.rows(MDW))
        for _ in range(200):
            if any(isinstance(e, StationForecast) for e in heard) and observed(heard):
                break
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert {e.reading.station for e in observed(heard)} == {MDW}

    follow(talk)


def test_a_day_that_is_long_over_is_not_looked_for() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        opens, _ = window_at(made.clock.at, -6)
        made.clock.at = Nanos(opens + 17 * HOUR + MINUTE)
        asked = made.iem.client.requests
        await task._climates()
        assert made.iem.client.requests == asked
        assert DAY > 17 * HOUR

    follow(talk)


def test_official_reports_come_from_the_weather_service_while_the_mesonet_fails() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        _, opens = window_at(made.clock.at, -6)
        made.clock.at = Nanos(opens + 12 * HOUR)
        made.world.desk.add(Fault(kind="error", venue="weather", match="cgi-bin", count=0, value=503))
        await task.once()
        (official,) = [e.reading for e in observed(heard, ReportKind.CLIMATE)]
        assert (official.station, official.measured_at, official.source) == (MDW, opens, "CLI")
        assert task.rounds.of(NWS, CLIMATES).ok_at
        assert task.rounds.of(IEM, CLIMATES).why

    follow(talk)


def test_a_web_page_of_the_mesonet_is_no_word_that_the_official_report_is_not_out() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        _, opens = window_at(made.clock.at, -6)
        made.clock.at = Nanos(opens + 12 * HOUR)
        async with serving(Desk(text("<!DOCTYPE html><html><body>Back at noon.</body></html>"))) as base:
            task.iem = Iem(http.Client("IEM", base, made.clock.now, rng=random.Random(1), manner=MANNER))
            await task._climates()
            await task.iem.client.close()
        assert [e.reading.high_f is not None for e in observed(heard, ReportKind.CLIMATE)] == [True]
        assert "web page" in task.rounds.of(IEM, CLIMATES).why

    follow(talk)


HEADER = "station,valid,tmpf,sknt,gust,p01i,peak_wind_gust,peak_wind_time,metar\n"


def test_stations_of_which_the_mesonet_says_nothing_any_more_are_looked_for_at_the_weather_service() -> None:
    """A feed that stands still answers like one of which nothing is new."""

    async def talk(made: Stage, task: Follow, heard: list) -> None:
        opens, _ = window_at(made.clock.at, -6)
        async with serving(Desk(text(HEADER))) as base:
            task.iem = Iem(http.Client("IEM", base, made.clock.now, rng=random.Random(1), manner=MANNER))
            await task._reports()
            told = [e.reading for e in observed(heard, ReportKind.ROUTINE)]
            assert {one.source for one in told} == {"NWS"}
            assert sum(one.station == MDW and one.measured_at >= opens for one in told) == 13  # of the running day
            many = made.nws.client.requests
            made.clock.move(20 * 60)
            await task._reports()
            assert made.nws.client.requests == many  # none is overdue by now
            made.clock.move(2 * 3_600)
            await task._reports()
            later = [e.reading for e in observed(heard, ReportKind.ROUTINE)][len(told) :]
            assert {one.station for one in later} == {MDW, NYC}
            assert min(one.measured_at for one in later) > max(one.measured_at for one in told if one.station == MDW)
            await task.iem.client.close()
        assert task.rounds.of(IEM, REPORTS).why == ""

    follow(talk)


def test_a_station_that_is_silent_everywhere_fails_no_round() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        async with serving(Desk(text(HEADER))) as base:
            task.iem = Iem(http.Client("IEM", base, made.clock.now, rng=random.Random(1), manner=MANNER))
            made.world.desk.add(Fault(kind="error", venue="weather", match="stations", count=0, value=503))
            await task._try(REPORTS, task._reports)
            many = made.nws.client.requests
            await task._try(REPORTS, task._reports)
            assert made.nws.client.requests == many  # it is left alone
            await task.iem.client.close()
        assert (task.rounds.of(IEM, REPORTS).why, task.rounds.of(NWS, REPORTS).why != "") == ("", True)
        assert heard == []

    follow(talk)


def test_a_mesonet_that_failed_is_left_alone_until_it_is_asked_for() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        made.world.desk.add(Fault(kind="error", venue="weather", match="asos.py", count=3, value=503))
        await task._try(REPORTS, task._reports)
        many = made.iem.client.requests
        await task._try(REPORTS, task._reports)
        assert made.iem.client.requests == many
        assert task.rounds.of(IEM, REPORTS).next_at > made.clock.at
        told = {(e.reading.station, e.reading.measured_at, e.reading.kind) for e in observed(heard)}
        many_told = len(observed(heard))
        task.again()
        await task._try(REPORTS, task._reports)
        assert made.iem.client.requests > many
        assert task.rounds.of(IEM, REPORTS).why == ""
        more = observed(heard)[many_told:]
        again = [(e.reading.station, e.reading.measured_at, e.reading.kind) for e in more]
        assert not told & set(again)  # the same reports from another source are no news
        assert {station for station, _, kind in again} == {NYC}  # the Mesonet has rows of it that the other has not

    follow(talk)


def test_what_an_earlier_session_told_is_not_told_again() -> None:
    before: list = []

    async def talk(made: Stage, task: Follow, heard: list) -> None:
        await task.once()
        before.extend(e.reading for e in observed(heard))
        fresh = Follow(iem=made.iem, nws=made.nws, now=made.clock.now, emit=heard.append, sleep=made.sleep)
        fresh.want(made.rows(MDW, NYC), official=[MDW])
        fresh.know(before)
        heard.clear()
        await fresh.once()
        assert observed(heard) == []

    follow(talk)


def test_a_change_while_it_asks_is_not_slept_over() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        slept: list[float] = []

        async def never(seconds: float) -> None:
            slept.append(seconds)
            await asyncio.Event().wait()

        task.sleep = never
        asking = task.iem

        class Slow:
            async def observations(self, *args, **more):
                task.want(made.rows(MDW, NYC), official=[MDW])  # somebody lists a market right now
                task.iem = asking
                return await asking.observations(*args, **more)

        task.iem = Slow()  # type: ignore[assignment]
        task.want(made.rows(MDW))
        running = asyncio.ensure_future(task.run())
        for _ in range(400):
            if {e.reading.station for e in observed(heard, ReportKind.ROUTINE)} == {MDW, NYC}:
                break
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert {e.reading.station for e in observed(heard, ReportKind.ROUTINE)} == {MDW, NYC}

    follow(talk)


def test_a_station_or_a_cell_that_fails_hinders_no_other() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        task.iem = None
        made.world.desk.add(Fault(kind="error", venue="weather", match="stations/KMDW", count=0, value=500))
        made.world.desk.add(Fault(kind="error", venue="weather", match="gridpoints/SIM/0,0", count=0, value=500))
        await task.once()
        assert {e.reading.station for e in observed(heard, ReportKind.ROUTINE)} == {NYC}
        assert {e.station for e in heard if isinstance(e, StationForecast)} == {NYC}
        assert (task.rounds.of(NWS, REPORTS).why, task.rounds.of(NWS, FORECASTS).why) == ("", "")
        task.want(made.rows(MDW))
        await task.once()
        assert task.rounds.of(NWS, REPORTS).why == "NWS: HTTP 500 to /stations/KMDW/observations"
        assert task.rounds.of(NWS, FORECASTS).why == "NWS: HTTP 500 to /gridpoints/SIM/0,0"

    follow(talk)


def test_a_service_that_answers_nobody_is_not_asked_station_by_station() -> None:
    async def talk(made: Stage, task: Follow, heard: list) -> None:
        task.iem = None
        made.world.desk.add(Fault(kind="maintenance", venue="weather", count=0))
        before = made.nws.client.requests
        await task._try(REPORTS, task._reports)
        assert made.nws.client.requests - before == MANNER.tries

    follow(talk)
