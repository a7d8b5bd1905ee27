"""Which services a session asks, and what comes of trying them."""

from __future__ import annotations

import random

import pytest

from engine.core.ids import IEM, NWS, VISUAL_CROSSING, StationId
from engine.core.units import Nanos
from engine.sandbox.servers.doors import serve
from engine.sandbox.servers.faults import Fault
from engine.sources import services
from engine.sources.http import Manner
from engine.sources.services import Setup, build, probe
from tests.engine.sandbox.servers.weather_stage import stage

NOW = Nanos(1_783_000_000_000_000_000)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(services, "LIVE", {name: Manner(every_s=0.01, tries=1) for name in services.TITLES})


def test_only_what_is_on_is_asked_and_visual_crossing_only_with_a_key() -> None:
    rng = random.Random(1)
    assert set(build(Setup(), lambda: NOW, rng).clients) == {IEM, NWS}
    made = build(Setup(on=(NWS, VISUAL_CROSSING), key="secret", daily_records=500), lambda: NOW, rng)
    assert (made.iem, set(made.clients)) == (None, {NWS, VISUAL_CROSSING})
    assert made.crossing is not None
    assert made.crossing.allowance == 500
    assert "secret" not in repr(made.setup)
    assert made.host(NWS) == "api.weather.gov"


def test_stations_minutes_reach_those_who_read_reports() -> None:
    made = build(Setup(), lambda: NOW, random.Random(1), {StationId("KMDW"): 53})
    assert made.iem is not None
    assert made.nws is not None
    assert made.iem.minutes == made.nws.minutes == {"KMDW": 53}


async def test_each_is_tried_with_something_small() -> None:
    async with stage() as made:
        runner, port = await serve(made.server.crossing())
        iem, nws = made.addresses
        places = {IEM: iem, NWS: nws, VISUAL_CROSSING: f"http://127.0.0.1:{port}/timeline"}
        try:
            found = {one.name: one for one in await probe(Setup(places=places), made.clock.now, random.Random(1))}
            assert found[IEM].ok
            assert found[IEM].detail.startswith("answers in")
            assert found[NWS].ok
            assert found[VISUAL_CROSSING].detail == "not asked without a key"
            made.world.desk.add(Fault(kind="error", venue="weather", match="asos.py", count=0, value=503))
            made.world.desk.add(Fault(kind="garble", venue="weather", match="/points", count=0))
            keyed = Setup(places=places, key="ABCD1234")
            again = {one.name: one for one in await probe(keyed, made.clock.now, random.Random(1))}
            assert (again[IEM].ok, again[IEM].detail) == (False, "IEM: HTTP 503 to /cgi-bin/request/asos.py")
            assert not again[NWS].ok
            assert again[VISUAL_CROSSING].ok
            assert "ABCD1234" not in str(again)
        finally:
            await runner.cleanup()
