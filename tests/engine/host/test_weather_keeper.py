"""A session's reports in the archive: all of them, once, and none lost to a disk that takes no writes for a while."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from engine.core.events import Observed
from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, MINUTE, Nanos
from engine.core.when import instant
from engine.host.skies import Skies
from engine.host.weather_keeper import WeatherKeeper
from engine.kernel.following import Wanted
from engine.sources import services
from engine.store.archive import Archive
from tests.engine.host.fakes import Stand

OPENS = instant("2026-07-03T00:00:00Z")
MDW = StationId("KMDW")
ROW = StationRow(
    id=MDW, name="Midway", lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
)


def told(minute: int, kind: ReportKind = ReportKind.FIVE_MINUTE) -> Observed:
    at = Nanos(OPENS + minute * MINUTE)
    made = Reading(station=MDW, measured_at=at, kind=kind, source="IEM", raw=f"{minute}", temp_whole_c=20)
    return Observed(at=Nanos(at + MINUTE), reading=made)


def held(archive: Archive) -> list[str]:
    return [reading.raw for reading in archive.readings(MDW, OPENS, Nanos(OPENS + DAY))]


async def test_what_came_is_written_with_its_station_and_when_it_was_known(tmp_path: Path) -> None:
    keeper = WeatherKeeper(Archive(tmp_path / "weather"), [ROW])
    for minute in (5, 10, 10):
        keeper.hear(told(minute))
    await keeper.flush()
    assert held(keeper.archive) == ["5", "10"]
    assert keeper.waiting == 0
    assert {row["id"] for row in keeper.archive.rows("stations", Nanos(0))} == {MDW}
    assert [row["known_at"] for row in keeper.archive.rows("readings", Nanos(0))] == [told(5).at, told(10).at]
    await keeper.flush()
    assert held(keeper.archive) == ["5", "10"]


async def test_a_disk_that_takes_no_writes_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "weather"
    folder.write_text("a file where the folder should be")
    keeper = WeatherKeeper(Archive(folder), [ROW])
    keeper.hear(told(5))
    await keeper.flush()
    assert "cannot be made" in keeper.why
    assert keeper.waiting == 1
    folder.unlink()
    keeper.hear(told(10))
    await keeper.flush()
    assert (keeper.why, keeper.waiting) == ("", 0)
    assert held(keeper.archive) == ["5", "10"]


async def test_it_writes_by_itself_until_it_is_cancelled(tmp_path: Path) -> None:
    keeper = WeatherKeeper(Archive(tmp_path / "weather"), [ROW], every_s=0.001)
    keeper.hear(told(5))
    task = asyncio.create_task(keeper.run())
    for _ in range(2_000):
        if not keeper.waiting:
            break
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert held(keeper.archive) == ["5"]


async def test_a_session_records_failed_providers_too_and_what_waits_at_its_end(tmp_path: Path) -> None:
    stand = Stand()
    setup = services.Setup(
        places=dict.fromkeys(services.TITLES, "http://127.0.0.1:9"), failed={("five_minute", MDW): "too high"}
    )
    made = services.build(setup, stand.clock.now, random.Random(1))
    keeper = WeatherKeeper(Archive(tmp_path / "weather"), [ROW])
    skies = Skies(made, stand.host, asyncio.get_running_loop(), lambda _: Wanted(), keeper=keeper)
    skies.start()
    skies.follow.emit(told(5))
    skies.follow.emit(told(53, ReportKind.ROUTINE))
    assert skies.waiting == 1
    await skies.stop()
    assert held(keeper.archive) == ["5", "53"]
