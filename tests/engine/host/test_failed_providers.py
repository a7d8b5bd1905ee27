"""Rows of a provider that failed its check at a station: not asked for, not put to the kernel, and said."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from engine.core.events import Observed
from engine.core.ids import IEM, VISUAL_CROSSING, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import Nanos
from engine.core.when import instant
from engine.host.skies import Skies
from engine.kernel.following import Wanted
from engine.sources import services
from tests.engine.host.fakes import Stand

MDW, AUS = StationId("KMDW"), StationId("KAUS")
FAILED = {("five_minute", MDW): "too high", ("visual_crossing", AUS): "leans"}


def row(name: StationId) -> StationRow:
    return StationRow(
        id=name, name=name, lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
    )


def observed(station: StationId, kind: ReportKind) -> Observed:
    return Observed(
        at=Nanos(1), reading=Reading(station=station, measured_at=Nanos(1), kind=kind, source="IEM", raw="")
    )


def test_their_rows_are_left_out_where_they_failed_and_nowhere_else() -> None:
    async def go() -> None:
        stand = Stand()
        setup = services.Setup(key="k", failed=FAILED)
        made = services.build(setup, stand.clock.now, random.Random(1))
        wanted = Wanted(stations=(row(MDW), row(AUS)), official=())
        skies = Skies(made, stand.host, asyncio.get_running_loop(), lambda _: wanted)
        for station, kind in ((MDW, ReportKind.FIVE_MINUTE), (MDW, ReportKind.ROUTINE), (AUS, ReportKind.FIVE_MINUTE)):
            skies.follow.emit(observed(station, kind))
        assert skies.waiting == 2
        assert made.crossing is not None
        assert made.crossing.wanted([MDW, AUS]) == [MDW]
        skies._look()
        said = {name: skies._report(name).refused for name in services.TITLES}
        assert "rows of visual crossing at KAUS are not used: leans" in said[VISUAL_CROSSING]
        assert "rows of five minute at KMDW are not used: too high" in said["iem"]
        await made.close()

    asyncio.run(go())


def test_rows_of_a_file_of_ones_own_are_put_to_the_kernel(tmp_path: Path) -> None:
    async def go() -> None:
        stand = Stand()
        stand.clock.at = instant("2026-07-03T12:00:00Z")
        mine = tmp_path / "mine.csv"
        mine.write_text("station,time,value,unit,quality\nKMDW,2026-07-03T11:00Z,80,F,\nKMDW,noon,80,F,\n")
        places = dict.fromkeys(services.TITLES, "http://127.0.0.1:9")
        made = services.build(services.Setup(places=places, private_file=mine), stand.clock.now, random.Random(1))
        skies = Skies(made, stand.host, asyncio.get_running_loop(), lambda _: Wanted())
        skies.start()
        for _ in range(2_000):
            if skies.own is not None and skies.own.why and not skies.waiting:
                break
            await asyncio.sleep(0.005)
        await stand.settle()
        heard = [event.reading.kind for event in stand.kernel.seen if isinstance(event, Observed)]
        assert heard == [ReportKind.PRIVATE]
        assert "mine.csv: line 3: no time: 'noon'" in skies._report(IEM).refused
        await skies.stop()

    asyncio.run(go())
