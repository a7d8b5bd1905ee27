"""The simulated day's NBM, ECMWF and JMA, asked by our own clients."""

from __future__ import annotations

import asyncio
import random

import h3
import numpy as np
import pytest

from engine.core.contract import Metric
from engine.core.errors import NoAnswer
from engine.core.ids import Cell
from engine.core.units import DAY, HOUR, Nanos
from engine.sandbox.servers import weather_blends
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.weather import WeatherServer
from engine.sources import ecmwf, ecmwf_index, grib_files, grib_index, open_meteo
from engine.sources.ecmwf import Ecmwf
from engine.sources.forecasts import Wanted
from engine.sources.grib_files import Files
from engine.sources.grib_reader import GribReader
from engine.sources.http import Client, Manner
from engine.sources.nbm import Nbm
from engine.sources.open_meteo import OpenMeteo
from tests.engine.sandbox.servers.plain import StillClock, world

MANNER = Manner(every_s=0.0001, burst=500, at_once=4, tries=2, first_wait_s=0.01)


class Stage:
    """A world and our clients of its blends."""

    def __init__(self, clock: StillClock, server: WeatherServer, reader: GribReader, base: str) -> None:
        self.clock, self.server = clock, server
        self.home = server.world.skies[0].region.home
        self.clients = {
            "nbm": self._client("NBM", f"{base}/nbm", grib_files.judge),
            "ecmwf": self._client("ECMWF", f"{base}/ecmwf", grib_files.judge),
            "jma": self._client("JMA", f"{base}/open-meteo", open_meteo.judge),
        }
        self.nbm = Nbm(Files(self.clients["nbm"], reader, clock.now, parse=grib_index.parse))
        files = Files(self.clients["ecmwf"], reader, clock.now, index=ecmwf.index, parse=ecmwf_index.parse)
        self.ecmwf = Ecmwf(files, members=(1, 2, 3))
        self.jma = OpenMeteo(self.clients["jma"], clock.now)
        self.cells = tuple(sorted(Cell(cell) for cell in h3.grid_disk(self.home.cell, 1)))

    def _client(self, name, base, judge) -> Client:
        async def sleep(_: float) -> None:
            await asyncio.sleep(0)

        return Client(name, base, self.clock.now, rng=random.Random(1), manner=MANNER, judge=judge, sleep=sleep)


def run(talk):
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


def test_percentiles_of_a_day_and_of_rain_are_read_from_the_blend() -> None:
    pytest.importorskip("eccodes")

    async def talk(stage: Stage):
        tomorrow = Nanos(stage.clock.at // DAY * DAY + DAY + 6 * HOUR)
        day = Wanted(Metric.TEMP_MAX, tomorrow, Nanos(tomorrow + DAY), stage.cells)
        six = Nanos(stage.clock.at // (6 * HOUR) * 6 * HOUR + 6 * HOUR)
        rain = Wanted(Metric.PRECIPITATION, six, Nanos(six + 6 * HOUR), stage.cells)
        return await stage.nbm.grid(day), await stage.nbm.grid(rain)

    warm, wet = run(talk)
    assert (len(warm.cells), warm.spread) == (7, "percentiles of NBM")
    assert all(one.p10 < one.p50 < one.p90 for one in warm.cells)
    assert all(40 < one.p50 < 120 for one in warm.cells)
    assert all(0 <= one.p10 <= one.p50 <= one.p90 for one in wet.cells)


def test_hours_and_members_are_read_from_the_global_model() -> None:
    pytest.importorskip("eccodes")

    async def talk(stage: Stage):
        opens = Nanos(stage.clock.at // (3 * HOUR) * 3 * HOUR + 3 * HOUR)
        rain = Wanted(Metric.PRECIPITATION, opens, Nanos(opens + 6 * HOUR), stage.cells)
        return await stage.ecmwf.stations([stage.home]), await stage.ecmwf.grid(rain)

    (station,), wet = run(talk)
    assert station.station == "KMDW"
    assert station.credit == ecmwf.CREDIT
    assert len(station.hours) >= 16
    assert wet.spread == "3 members"
    assert all(one.p10 <= one.p90 for one in wet.cells)


def test_hours_of_places_are_those_of_the_sky_near_them() -> None:
    async def talk(stage: Stage):
        rows = [stage.home, stage.server.world.skies[1].region.home]
        both, one = await stage.jma.stations(rows), await stage.jma.stations(rows[:1])
        with pytest.raises(NoAnswer, match="refuses: Parameters"):
            await stage.clients["jma"].get("jma", [("latitude", "91"), ("longitude", "0")])
        sky = stage.server.world.skies[0]
        return both, one, sky, stage.clock.at

    both, one, sky, at = run(talk)
    assert len(both) == 2
    assert both[0].station == "KMDW"
    assert one[0].hours == both[0].hours
    hour = both[0].hours[0]
    assert hour.valid_at > at - HOUR
    minute = hour.valid_at // (60 * 10**9)
    home = [(sky.region.home.lat, sky.region.home.lon)]
    truth = sky.temperature(
        sky.region.plane(home), sky.region.inland(home), np.array([float(minute)]), sky.local(minute)[0]
    )
    assert hour.p50 == pytest.approx(float(truth[0, 0]), abs=0.06)


@pytest.mark.parametrize(
    ("bucket", "path"),
    [
        ("nbm", "blend.20260703/05/qmd/blend.t05z.qmd.f012.co.grib2"),  # no run of the blend
        ("nbm", "blend.20261399/06/qmd/blend.t06z.qmd.f012.co.grib2"),
        ("nbm", "blend.20260703/06/qmd/blend.t06z.qmd.f000.co.grib2"),
        ("ecmwf", "20260703/06z/ifs/0p25/oper/20260703060000-3h-oper-fc.grib2"),
        ("ecmwf", "20260703/00z/ifs/0p25/oper/20260703000000-4h-oper-fc.grib2"),
        ("hrrr", "blend.20260703/06/qmd/blend.t06z.qmd.f012.co.grib2"),
    ],
)
def test_what_no_bucket_has_is_no_key(bucket: str, path: str) -> None:
    assert weather_blends.key(bucket, path) is None
