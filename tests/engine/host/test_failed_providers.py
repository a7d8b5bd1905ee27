"""Rows of a provider that failed its check at a station: not asked for, not put to the kernel, and said."""

from __future__ import annotations

import asyncio
import random

from engine.core.events import Observed
from engine.core.ids import VISUAL_CROSSING, StationId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import Nanos
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
