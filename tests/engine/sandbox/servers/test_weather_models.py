"""The simulated day's buckets, asked by our own clients through the worker process, with what can go wrong."""

from __future__ import annotations

import asyncio
import random

import h3
import numpy as np
import pytest

from engine.core.contract import Metric
from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import Cell
from engine.core.units import HOUR, MINUTE, Nanos
from engine.sandbox.outlook import window
from engine.sandbox.servers import weather_models
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sandbox.servers.weather import WeatherServer
from engine.sandbox.sky import minute_of, nanos_of
from engine.sources import gefs, grib_files, grib_index, hrrr
from engine.sources.forecasts import Wanted
from engine.sources.gefs import Gefs
from engine.sources.grib_files import Files
from engine.sources.grib_reader import GribReader
from engine.sources.hrrr import Hrrr
from engine.sources.http import Client, Manner
from engine.sources.modelled import Modelled
from engine.sources.rounds import Rounds
from tests.engine.sandbox.servers.plain import StillClock, world

pytest.importorskip("eccodes")
MANNER = Manner(every_s=0.0001, burst=500, at_once=4, tries=2, first_wait_s=0.01)


class Stage:
    """A world, its buckets, and our clients of them."""

    def __init__(self, clock: StillClock, server: WeatherServer, reader: GribReader, base: str) -> None:
        self.clock, self.server, self.reader = clock, server, reader
        self.clients = {name: self._client(name, f"{base}/{name}") for name in ("hrrr", "gefs")}
        self.files = {name: Files(client, reader, clock.now) for name, client in self.clients.items()}
        self.gefs = Gefs(self.files["gefs"])
        self.hrrr = Hrrr(self.files["hrrr"], self.gefs)
        self.home = server.world.skies[0]

    def _client(self, name: str, base: str) -> Client:
        async def sleep(_: float) -> None:
            await asyncio.sleep(0)

        return Client(name.upper(), base, self.clock.now, rng=random.Random(1), manner=MANNER, judge=grib_files.judge,
                      sleep=sleep)  # fmt: skip

    def window(self, metric: Metric = Metric.PRECIPITATION) -> Wanted:
        """Return the next rain window of the day, around home."""
        minute = window(self.home, minute_of(self.clock.at)) + 180
        cells = tuple(sorted(Cell(cell) for cell in h3.grid_disk(self.home.region.home.cell, 4)))
        return Wanted(metric, nanos_of(minute), nanos_of(minute + 180), cells)


def run(talk, **more):
    async def go():
        made, clock = world()
        server, reader = WeatherServer(made), GribReader()
        runner, port = await serve(server.models())
        stage = Stage(clock, server, reader, f"http://127.0.0.1:{port}")
        try:
            return await talk(stage)
        finally:
            for client in stage.clients.values():
                await client.close()
            await reader.close()
            await runner.cleanup()

    return asyncio.run(go())


def test_a_session_reads_what_the_simulated_models_say() -> None:
    async def talk(stage: Stage):
        rows = [stage.home.region.home, stage.server.world.skies[1].region.home]
        rounds = Rounds()
        asked = Modelled((stage.hrrr, stage.gefs), stage.clock.now, rounds, stage.reader)
        wanted = stage.window()
        told = await asked.ask(rows, [wanted])
        again = await asked.ask(rows, [wanted])
        return stage, wanted, told, again, stage.reader.started

    stage, wanted, (station, grid), again, started = run(talk)
    assert again == ()
    assert started == 1
    assert (station.station, grid.metric, len(grid.cells)) == ("KMDW", Metric.PRECIPITATION, 61)
    assert station.spread.startswith("GEFS")
    assert grid.spread.endswith("runs of HRRR")
    model = stage.server.runs._runs
    newest = next(
        Nanos(stage.clock.at - stage.clock.at % HOUR - ago * HOUR) for ago in range(6)
        if f"HRRR {(stage.clock.at // HOUR - ago) % 24:02d}Z" == grid.run
    )  # fmt: skip
    hours = grib_index.run_hours(wanted.opens, wanted.closes, newest)
    fallen = model.rain(newest, *hours).sample(*wanted.places(), wanted.radius_km)
    around = np.array([cell.around.mean for cell in grid.cells])
    assert around == pytest.approx(fallen.mean, abs=0.02)
    hour = station.hours[3]
    field = model.kelvin(newest, int((hour.valid_at - newest) // HOUR))
    home = stage.home.region.home
    kelvin = field.at(np.array([home.lat]), np.array([home.lon]))[0]
    assert hour.p50 == pytest.approx(kelvin * 1.8 - 459.67, abs=0.02)


def test_members_of_the_coarse_ensemble_are_read() -> None:
    async def talk(stage: Stage):
        opens = Nanos(stage.clock.at - stage.clock.at % (3 * HOUR) + 3 * HOUR)
        wanted = Wanted(Metric.PRECIPITATION, opens, Nanos(opens + 3 * HOUR), stage.window().cells[:3])
        members = ("c00", "p01", "p30")
        return await Gefs(stage.files["gefs"], members).grid(wanted)

    event = run(talk)
    assert (event.spread, len(event.cells)) == ("3 members", 3)
    assert all(cell.p10 <= cell.p50 <= cell.p90 for cell in event.cells)


def test_a_run_that_is_late_is_waited_for_with_the_one_before() -> None:
    async def talk(stage: Stage):
        wanted = stage.window()
        first = await stage.hrrr.grid(wanted)
        stage.server.runs.order({"late": "120"})
        stage.clock.move(3 * 3_600)
        later = await stage.hrrr.grid(stage.window())
        return stage.clock.at, first.run, later.run

    at, _, later = run(talk)
    assert later == f"HRRR {(at // HOUR - 3) % 24:02d}Z"


def test_a_range_cut_short_and_an_index_out_of_step_are_seen_and_asked_for_again() -> None:
    async def talk(stage: Stage):
        def fresh() -> Hrrr:
            return Hrrr(Files(stage.clients["hrrr"], stage.reader, stage.clock.now))

        rows = [stage.home.region.home]
        stage.server.runs.order({"cut": "1"})
        one = await fresh().stations(rows)
        stage.server.runs.order({"stale": "1"})
        other = await fresh().stations(rows)
        stage.server.runs.order({"stale": "1000"})
        with pytest.raises((BadReport, NoAnswer)):
            await fresh().stations(rows)
        return [hour.p50 for hour in one[0].hours], [hour.p50 for hour in other[0].hours]

    one, other = run(talk)
    assert one == other


def test_what_no_bucket_has_is_no_such_key() -> None:
    async def talk(stage: Stage):
        now = stage.clock.at
        newest = Nanos(now - now % HOUR)
        paths = [hrrr.path(newest, 18), hrrr.path(Nanos(newest + HOUR), 0), hrrr.path(Nanos(newest - 3 * HOUR), 60)]
        paths += ["hrrr.20269999/conus/hrrr.t00z.wrfsfcf00.grib2", "etc/passwd", gefs.path(newest, 3, "p77")]
        return [await stage.files["hrrr"].there(path) for path in paths]

    assert run(talk) == [False] * 6


def test_files_of_a_run_come_out_hour_after_hour_and_totals_of_a_day_are_named_in_days() -> None:
    async def talk(stage: Stage):
        run_at = Nanos(stage.clock.at - stage.clock.at % (6 * HOUR))
        stage.clock.at = Nanos(run_at + 55 * MINUTE)
        files = stage.files["hrrr"]
        there = [await files.there(hrrr.path(run_at, hour)) for hour in (1, 5, 6, 48)]
        stage.clock.at = Nanos(run_at + 3 * HOUR)
        answer = await stage.clients["hrrr"].get(f"{hrrr.path(run_at, 24)}.idx")
        zero = await stage.clients["hrrr"].get(f"{hrrr.path(run_at, 0)}.idx")
        return there, answer.body.decode(), zero.body.decode()

    there, index, zero = run(talk)
    assert there == [True, True, False, False]
    assert "APCP:surface:0-1 day acc fcst:" in index
    assert "APCP:surface:23-24 hour acc fcst:" in index
    assert ":anl:" in zero
    assert "APCP" not in zero


def test_a_bucket_that_is_busy_is_asked_again() -> None:
    async def talk(stage: Stage):
        stage.server.world.desk.add(Fault(kind="error", value=503, count=1))
        return await stage.hrrr.stations([stage.home.region.home])

    assert len(run(talk)) == 1


def test_without_eccodes_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weather_models, "able", lambda: False)

    async def talk(stage: Stage):
        with pytest.raises(NoAnswer, match="none of its last 6 runs"):
            await stage.hrrr.stations([stage.home.region.home])

    run(talk)


def test_the_door_refuses_what_is_no_number() -> None:
    async def talk(stage: Stage):
        for asked in ({"late": "-1"}, {"cut": "x"}):
            with pytest.raises(ValueError, match=r"negative|invalid literal"):
                stage.server.runs.order(asked)

    run(talk)
