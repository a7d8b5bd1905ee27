"""The simulated weather services, asked by our own clients and by a plain one."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import pytest

from engine.core.errors import NoAnswer
from engine.core.ids import StationId
from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.core.when import utc_day
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sources import cli, iem_client, nws_grid, visual_crossing_client
from engine.sources.http import Client
from engine.sources.visual_crossing_client import VisualCrossing
from engine.weather.climate_day import high, window_at
from tests.engine.sandbox.servers.weather_stage import MANNER, MDW, NYC, Stage, stage


def run(talk):
    async def go():
        async with stage() as made:
            return await talk(made)

    return asyncio.run(go())


def test_the_mesonets_table_reads_as_the_simulated_day() -> None:
    async def talk(made: Stage) -> None:
        opens, closes = window_at(made.clock.at, -6)
        told = await made.iem.observations([MDW, NYC], opens, closes)
        spot = made.server.archive.spots[MDW]
        want = made.server.archive.readings(spot, opens, closes, frozenset({ReportKind.ROUTINE, ReportKind.SPECIAL}))
        got = [r for r in told.value.readings if r.station == MDW]
        assert [(r.measured_at, r.kind, r.temp_tenths_c) for r in got] == [
            (r.measured_at, r.kind, r.temp_tenths_c) for r in want
        ]
        assert high(got, opens, closes).bound == high(want, opens, closes).bound
        assert len(got) >= 13
        assert {r.station for r in told.value.readings} == {MDW, NYC}
        assert not told.value.cut_short

    run(talk)


def test_five_minute_rows_come_with_whole_celsius_only() -> None:
    async def talk(made: Stage) -> None:
        since = Nanos(made.clock.at - HOUR)
        told = await made.iem.observations([MDW], since, made.clock.at, kinds=iem_client.FIVE_MINUTE)
        assert len(told.value.readings) >= 11
        assert {r.kind for r in told.value.readings} == {ReportKind.FIVE_MINUTE}
        assert all(r.temp_tenths_c is None and r.temp_whole_c is not None for r in told.value.readings)

    run(talk)


def test_nothing_is_told_before_it_was_reported() -> None:
    async def talk(made: Stage) -> None:
        opens, closes = window_at(made.clock.at, -6)
        before = await made.iem.observations([MDW], opens, closes)
        made.clock.move(3_600)
        after = await made.iem.observations([MDW], opens, closes)
        assert max(r.measured_at for r in before.value.readings) < made.clock.at - HOUR
        assert len(after.value.readings) > len(before.value.readings)
        assert after.changed

    run(talk)


def test_what_has_not_changed_is_not_sent_again() -> None:
    async def talk(made: Stage) -> None:
        opens, closes = window_at(made.clock.at, -6)
        first = await made.iem.observations([MDW], opens, closes)
        made.clock.move(1)
        second = await made.iem.observations([MDW], opens, closes)
        assert (second.changed, second.known_at) == (False, first.known_at)
        assert made.iem.client.not_modified == 1
        async with made.session.get(f"{made.addresses[0]}/geojson/network.py") as answer:
            stamp = answer.headers["Last-Modified"]
        async with made.session.get(
            f"{made.addresses[0]}/geojson/network.py", headers={"If-Modified-Since": stamp}
        ) as answer:
            assert answer.status == 304

    run(talk)


def test_the_table_keeps_the_services_habits() -> None:
    async def talk(made: Stage) -> None:
        base = f"{made.addresses[0]}/cgi-bin/request/asos.py"
        times = "sts=2026-07-03T06:00Z&ets=2026-07-03T12:00Z"
        async with made.session.get(f"{base}?station=KMDW&data=tmpf&format=comma&{times}") as answer:
            lines = (await answer.text()).splitlines()
        assert [line.startswith("#DEBUG") for line in lines[:6]] == [True] * 5 + [False]
        assert lines[5] == "station,valid,tmpf"
        assert lines[6].startswith("MDW,")
        async with made.session.get(f"{base}?station=NOPE&data=tmpf&format=onlycomma&{times}") as answer:
            assert (answer.status, await answer.text()) == (200, "station,valid,tmpf\n")
        async with made.session.get(f"{base}?station=MDW&sts=never&ets=soon") as answer:
            assert answer.status == 422
        async with made.session.get(f"{base}?{times}") as answer:
            assert answer.status == 400

    run(talk)


def test_the_official_report_comes_in_the_night_and_settles() -> None:
    async def talk(made: Stage) -> None:
        opens, closes = window_at(made.clock.at, -6)
        day = utc_day(Nanos(opens + DAY // 2))
        early = await made.iem.climate_texts("CLIMDW", day, day + timedelta(days=3))
        assert all(report.day < day for report in early.value)
        made.clock.at = Nanos(closes + 2 * HOUR)
        told = await made.iem.climate_texts("CLIMDW", day, day + timedelta(days=3))
        (made_reading,) = [cli.reading(r, MDW, closes) for r in told.value if r.day == day]
        row = (await made.iem.climate(MDW, 2026)).value[-1]
        summary = (await made.iem.summaries("DSMMDW", day, day + timedelta(days=3), made.clock.at)).value.days[-1]
        listed = (await made.nws.products("CLI", "MDW")).value[0]
        product = (await made.nws.product(listed.id)).value
        assert made_reading is not None
        assert cli.parse(product.text)[0].high_f == made_reading.high_f
        assert {made_reading.high_f, row.high_f, summary.high_f} == {made_reading.high_f}
        assert (row.day, summary.day, row.final(closes)) == (day, day, True)

    run(talk)


def test_minutes_come_a_day_later() -> None:
    async def talk(made: Stage) -> None:
        since = Nanos(made.clock.at - 25 * HOUR)
        told = await made.iem.one_minute([MDW], since, made.clock.at)
        assert len(told.value.rows) == 60
        assert all(row.temp_f is not None for row in told.value.rows)

    run(talk)


def test_the_weather_service_has_reports_and_rows_without_one() -> None:
    async def talk(made: Stage) -> None:
        since = Nanos(made.clock.at - 3 * HOUR)
        midway = (await made.nws.observations(MDW, since)).value.readings
        park = (await made.nws.observations(NYC, since)).value.readings
        assert {r.kind for r in midway} >= {ReportKind.ROUTINE, ReportKind.FIVE_MINUTE}
        assert ReportKind.FIVE_MINUTE not in {r.kind for r in park}  # Central Park reports hourly
        assert (await made.nws.latest(MDW)).value.readings[0] == midway[-1]

    run(talk)


def test_a_stations_forecast_lies_on_the_simulated_one() -> None:
    async def talk(made: Stage) -> None:
        spot = made.server.archive.spots[MDW]
        point = (await made.nws.point(spot.row.lat, spot.row.lon)).value
        grid = (await made.nws.grid(point.office, point.x, point.y)).value
        forecast = nws_grid.station_forecast(grid, MDW, made.clock.at)
        hour = Nanos(made.clock.at - made.clock.at % HOUR)
        truth = made.world.outlook.station(spot.sky, spot.index, hour)
        assert forecast is not None
        assert [h.valid_at for h in forecast.hours] == [h.valid_at for h in truth.hours]
        assert all(abs(a.p50 - b.p50) < 0.02 for a, b in zip(forecast.hours, truth.hours, strict=True))
        near = (await made.nws.stations(point.office, point.x, point.y)).value
        assert near[0].id == MDW

    run(talk)


def test_places_outside_are_refused_in_the_services_words() -> None:
    async def talk(made: Stage) -> None:
        with pytest.raises(NoAnswer, match="Unable to provide data"):
            await made.nws.point(51.5, 0.0)
        with pytest.raises(NoAnswer, match="not recognized"):
            await made.nws.client.get("stations/KMDW/observations", [("cachebuster", "1")])
        async with made.session.get(f"{made.addresses[1]}/points/41.784161,-87.7", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (301, "/points/41.7842,-87.7")
        async with made.session.get(f"{made.addresses[1]}/alerts/active", headers={"User-Agent": ""}) as answer:
            assert answer.status == 403

    run(talk)


def test_rain_that_pours_is_warned_of() -> None:
    async def talk(made: Stage) -> None:
        for _ in range(72):
            if any(True for _ in made.server.archive.raining()):
                break
            made.clock.move(600)
        (spot, _), *_ = made.server.archive.raining()
        alerts = (await made.nws.alerts()).value.alerts
        assert f"Flash Flood Warning around {spot.row.name}" in {alert.headline for alert in alerts}
        assert all(alert.cells and alert.over_at > made.clock.at - 30 * MINUTE for alert in alerts)

    run(talk)


@pytest.mark.parametrize("kind", ["throttle", "error", "drop"])
def test_the_fault_desk_stands_before_both(kind: str) -> None:
    async def talk(made: Stage) -> None:
        made.world.desk.add(Fault(kind=kind, venue="weather", value=503 if kind == "error" else 0))
        assert (await made.nws.alerts()).known_at > 0
        made.world.desk.add(Fault(kind=kind, venue="weather", value=503 if kind == "error" else 0))
        assert (await made.iem.network("SIM_ASOS")).value
        assert len(made.world.desk.acted) == 2
        made.world.desk.add(Fault(kind="maintenance", venue="weather", count=0))
        with pytest.raises(NoAnswer):
            await made.iem.climate(StationId("KMDW"), 2026)

    run(talk)


def test_visual_crossing_serves_a_locked_station_until_the_allowance_is_used_up() -> None:
    async def talk(made: Stage) -> None:
        runner, port = await serve(made.server.crossing())
        judge = visual_crossing_client.judge(made.clock.now)
        asker = Client(
            "VC", f"http://127.0.0.1:{port}/timeline", made.clock.now, rng=random.Random(1), manner=MANNER, judge=judge
        )
        service = VisualCrossing(asker, "key")
        opens, closes = window_at(Nanos(made.clock.at - DAY), -6)
        first, last = utc_day(opens), utc_day(closes)
        told = await service.trace(MDW, first, last)
        truth = made.server.archive.degrees(made.server.archive.spots[MDW], opens, closes, 5)
        assert told.value.high_f(opens, closes) == max(round(degree.celsius * 1.8 + 32, 1) for degree in truth)
        assert told.value.cost == len(told.value.slots)
        assert all(slot.locked for slot in told.value.slots)
        with pytest.raises(NoAnswer, match="once an hour"):
            await service.trace(NYC, first, last)
        for _ in range(2):
            with suppress(NoAnswer):
                await service.trace(MDW, first - timedelta(days=14), first)
        with pytest.raises(NoAnswer, match=r"allowance is used up|left alone"):
            await service.trace(MDW, first - timedelta(days=14), first)
        await asker.close()
        await runner.cleanup()

    run(talk)
