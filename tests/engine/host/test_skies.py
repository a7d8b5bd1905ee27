"""The weather put to a host: what is followed, what waits for room, what is told of the services."""

from __future__ import annotations

import asyncio
import random

from engine.core.commands import SelfTest
from engine.core.events import Alerted, Asked, Kept, Observed, SourceReport
from engine.core.ids import IEM, VISUAL_CROSSING
from engine.core.reading import Reading, ReportKind
from engine.core.units import Nanos
from engine.host import skies
from engine.host.host import MARKET_ROOM
from engine.host.skies import Skies
from engine.kernel.following import Wanted
from engine.sources import models, services
from engine.sources.http import Manner
from engine.sources.services import Setup
from tests.engine.host.fakes import Stand, news
from tests.engine.sandbox.servers.weather_stage import MDW, NYC, stage

NOWHERE = dict.fromkeys(services.TITLES, "http://127.0.0.1:9")


def reading(number: int) -> Observed:
    one = Reading(
        station=MDW, measured_at=Nanos(number), kind=ReportKind.FIVE_MINUTE, source="IEM", raw="", temp_whole_c=20
    )
    return Observed(at=Nanos(number), reading=one)


class Sky:
    """A host, and a sky over it whose wishes are set by hand."""

    def __init__(self, setup: Setup | None = None) -> None:
        self.stand = Stand()
        self.want = Wanted()
        self.asked: list[tuple[str, ...]] = []
        made = services.build(setup or Setup(places=NOWHERE), self.stand.clock.now, random.Random(1))
        self.skies = Skies(made, self.stand.host, asyncio.get_running_loop(), self._wanted)

    def _wanted(self, watched) -> Wanted:
        self.asked.append(tuple(watched))
        return self.want

    def reports(self, source: str = IEM) -> list[SourceReport]:
        seen = self.stand.kernel.seen
        return [event for event in seen if isinstance(event, SourceReport) and event.source == source]


async def test_each_service_that_is_on_is_told_of_before_anything_is_wanted() -> None:
    sky = Sky(Setup(places=NOWHERE, on=("iem", "visual_crossing")))
    sky.skies.start()
    await sky.stand.settle()
    assert [(e.source, e.host, e.stations) for e in sky.stand.kernel.seen] == [
        ("iem", "127.0.0.1:9", 0), ("visual_crossing", "127.0.0.1:9", 0),
    ]  # fmt: skip
    assert sky.reports(VISUAL_CROSSING)[0].refused == ("no key is given, so nothing is asked",)
    await sky.skies.stop()


async def test_what_fails_is_told_with_its_reason_and_when_it_is_tried_again(monkeypatch) -> None:
    monkeypatch.setattr(services, "LIVE", {name: services.LIVE[name].__class__(tries=1) for name in services.LIVE})
    async with stage() as made:
        sky = Sky(Setup(places=NOWHERE, on=("iem",)))
        sky.want = Wanted(tuple(made.rows(MDW)), (MDW,), ("EGLC",))
        sky.skies.start()
        await sky.stand.until(lambda: any(e.errands and e.errands[0].why for e in sky.reports()))
        last = sky.reports()[-1]
        assert (last.stations, last.errands[0].why) == (1, "IEM: cannot be reached")
        assert last.errands[0].next_at is not None
        assert last.refused == ("not in the list of stations: EGLC",)
        await sky.skies.stop()


async def test_events_that_may_change_what_is_wanted_are_looked_at_once(monkeypatch) -> None:
    monkeypatch.setattr(skies, "SETTLES_S", 0.01)
    async with stage() as made:
        sky = Sky()
        sky.skies.start()
        before = len(sky.asked)
        sky.want = Wanted(tuple(made.rows(MDW, NYC)))
        for _ in range(5):
            sky.stand.host.learn(Kept(at=Nanos(1), what="market:X"))
            sky.stand.host.learn(Asked(at=Nanos(1), command=SelfTest(), pressed_at=Nanos(0)))
        await sky.stand.until(lambda: len(sky.asked) > before)
        await sky.stand.settle()
        assert len(sky.asked) == before + 1
        await sky.stand.until(lambda: sky.reports()[-1].stations == 2)
        await sky.skies.stop()


async def test_a_station_the_trader_looks_at_is_wanted_too_and_not_for_ever() -> None:
    sky = Sky(Setup(places=NOWHERE, stations=("KORD",)))
    for number in range(skies.WATCHED + 1):
        sky.skies.watch(f"K{number:03d}")
        sky.skies.watch(f"K{number:03d}")
    assert len(sky.asked) == skies.WATCHED + 1
    assert sky.asked[0] == ("KORD", "K000")
    assert sky.asked[-1] == ("KORD", *(f"K{number:03d}" for number in range(1, skies.WATCHED + 1)))


async def test_reports_wait_for_room_and_none_is_lost() -> None:
    sky = Sky()
    sky.skies.start()
    await sky.stand.settle()
    for number in range(MARKET_ROOM):
        assert sky.stand.host.emit(news(number))
    many = 3 * skies.ROOM
    for number in range(many):
        sky.skies._emit(reading(number))
    await sky.stand.until(lambda: sky.skies.waiting == 0)
    await sky.stand.settle()
    told = [event.reading.measured_at for event in sky.stand.kernel.seen if isinstance(event, Observed)]
    assert told == list(range(many))
    assert sky.stand.host.market.refused == 0
    await sky.skies.stop()


async def test_a_failure_of_ours_is_told_and_following_starts_again(monkeypatch) -> None:
    monkeypatch.setattr(skies, "RESTART_S", 0.01)
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    sky = Sky()

    sky.skies.follow.iem = object()  # type: ignore[assignment]  # what no service can bring about
    async with stage() as made:
        sky.want = Wanted(tuple(made.rows(MDW)))
        sky.skies.start()
        await sky.stand.until(lambda: len(told) > 1)
        assert told[0] == "following the weather failed, and starts again"
        await sky.skies.stop()


async def test_alerts_are_told_of_the_stations_states(monkeypatch) -> None:
    monkeypatch.setattr(services, "LIVE", {name: services.LIVE[name].__class__(every_s=0.01) for name in services.LIVE})
    async with stage() as made:
        for _ in range(72):
            if any(True for _ in made.server.archive.raining()):
                break
            made.clock.move(600)
        iem, nws = made.addresses
        sky = Sky(Setup(places={**NOWHERE, "iem": iem, "nws": nws}, on=("nws",)))
        sky.stand.clock.at = made.clock.at
        sky.want = Wanted(tuple(made.rows(MDW)))
        sky.skies.start()
        await sky.stand.until(lambda: any(isinstance(event, Alerted) for event in sky.stand.kernel.seen))
        assert all(event.cells for event in sky.stand.kernel.seen if isinstance(event, Alerted))
        await sky.skies.stop()


async def test_models_are_told_of_as_services_are(monkeypatch) -> None:
    manners = {name: Manner(tries=1) for name in models.ORDER}
    monkeypatch.setattr(models, "_MANNERS", manners)
    async with stage() as made:
        setup = Setup(places=NOWHERE | {"hrrr": "http://127.0.0.1:9/hrrr"}, on=(), models=("hrrr",))
        sky = Sky(setup)
        sky.stand.clock.at = made.clock.at
        sky.want = Wanted(tuple(made.rows(MDW)))
        sky.skies.start()
        await sky.stand.until(lambda: any(e.errands and e.errands[0].why for e in sky.reports("hrrr")))
        last = sky.reports("hrrr")[-1]
        assert (last.title, last.host, last.stations) == ("HRRR", "127.0.0.1:9", 1)
        assert (last.errands[0].what, last.errands[0].why) == ("model forecasts", "HRRR: cannot be reached")
        await sky.skies.stop()


async def test_what_a_model_is_asked_for_under_conditions_is_said(monkeypatch) -> None:
    monkeypatch.setattr(models, "_MANNERS", {name: Manner(tries=1) for name in models.ORDER})
    nowhere = dict.fromkeys(models.ORDER, "http://127.0.0.1:9/x")
    sky = Sky(Setup(places=NOWHERE | nowhere, on=(), models=("jma", "ecmwf")))
    sky.skies.start()
    await sky.stand.settle()
    assert "non-commercial use only" in sky.reports("jma")[0].refused[0]
    assert sky.reports("ecmwf")[0].refused == ()
    await sky.skies.stop()
