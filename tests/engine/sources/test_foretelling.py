"""Forecasts of stations out of two hands: what is told when either has news."""

from __future__ import annotations

from msgspec.structs import replace

from engine.core.events import GridForecast, StationForecast
from engine.core.ids import NWS, StationId
from engine.core.reading import HourQuantiles
from engine.core.units import HOUR, Nanos
from engine.sources.foretelling import FORECASTS, HOLDS, MODELS, Foretelling
from engine.sources.modelled import Modelled
from engine.sources.rounds import Rounds
from tests.engine.sandbox.servers.weather_stage import MDW, NYC, stage
from tests.engine.sources.test_modelled import DAY, Model


class Today(Model):
    """A model of the stage's own day, which reaches Midway alone."""

    def __init__(self, at: Nanos) -> None:
        super().__init__("HRRR", ("KMDW",))
        self.at = at

    async def stations(self, rows):
        hours = (HourQuantiles(valid_at=self.at, p10=70.0, p50=72.0, p90=74.0),)
        return tuple(replace(event, at=self.at, hours=hours) for event in await super().stations(rows))


async def test_a_model_joins_the_services_hours_and_gives_way_when_it_is_old() -> None:
    async with stage() as made:
        heard: list = []
        rows = {StationId(row.id): row for row in made.rows(MDW, NYC)}
        rounds = Rounds()
        told = Foretelling(made.nws, made.clock.now, rounds, heard.append)
        await told.of_grid(rows)
        grid = {e.station: e.run for e in heard}
        assert set(grid) == {MDW, NYC}
        assert rounds.of(NWS, FORECASTS).news_at
        heard.clear()
        model = Today(made.clock.now())
        told.models = Modelled((model,), made.clock.now, rounds)
        told.windows = lambda: (DAY,)
        await told.of_models(rows)
        (station, window) = sorted(heard, key=lambda e: isinstance(e, GridForecast))
        assert isinstance(station, StationForecast)
        assert (station.station, station.run) == (MDW, f"HRRR 12Z + {grid[MDW]}")
        assert len(station.hours) > 1
        assert isinstance(window, GridForecast)
        assert rounds.of("hrrr", MODELS).news_at
        heard.clear()
        made.clock.at = Nanos(made.clock.at + HOLDS + HOUR)
        await told.of_grid(rows)
        assert {e.station: "HRRR" in e.run for e in heard} == {MDW: False, NYC: False}


async def test_states_are_those_of_the_zones_and_else_the_whole_country() -> None:
    async with stage() as made:
        told = Foretelling(made.nws, made.clock.now, Rounds(), print)
        assert await told.states({MDW: made.rows(MDW)[0]}) == ("",)  # the simulated country names no zones
