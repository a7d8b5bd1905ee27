"""Forecasts of the wanted stations and windows: the Weather Service's cells, and what models say of the hours before.

A model of the next eighteen hours says more of today than the service's grid, and nothing of tomorrow, which markets
list as well: a station's forecast is the model's hours and after their end the service's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport, NoAnswer
from engine.core.events import GridForecast, StationForecast
from engine.core.ids import NWS, StationId
from engine.core.units import HOUR, Nanos
from engine.sources import modelled, nws_grid
from engine.sources.joined import joined
from engine.sources.rounds import Rounds, Several

if TYPE_CHECKING:
    from engine.core.snapshot import StationRow
    from engine.sources.forecasts import Wanted
    from engine.sources.modelled import Modelled
    from engine.sources.nws_client import Nws
    from engine.sources.nws_places import Point

    Rows = Mapping[StationId, StationRow]

FORECASTS: Final = "forecasts"
MODELS: Final = modelled.WHAT
HOLDS: Final = 6 * HOUR
"""A model's hours stand before the Weather Service's for so long after it told them."""


@dataclass(slots=True)
class Foretelling:
    """What was foretold last, and by whom."""

    nws: Nws | None
    now: Callable[[], Nanos]
    rounds: Rounds
    emit: Callable[[StationForecast | GridForecast], object]
    models: Modelled | None = None
    windows: Callable[[], Iterable[Wanted]] = tuple
    """What models are asked for whole windows."""
    _points: dict[StationId, Point | None] = field(default_factory=dict)
    _runs: dict[StationId, Nanos] = field(default_factory=dict)
    _nearer: dict[StationId, StationForecast] = field(default_factory=dict)
    """The last of a model."""
    _further: dict[StationId, StationForecast] = field(default_factory=dict)
    """The last of the Weather Service."""

    async def of_grid(self, stations: Rows) -> None:
        """Emit the forecast of each station's cell where it was renewed.

        Raises
        ------
        NoAnswer, BadReport
            As the client's.
        """
        assert self.nws is not None
        several = Several()
        for station, row in list(stations.items()):
            try:
                await self._of_cell(self.nws, station, row)
            except (NoAnswer, BadReport) as e:  # some cells fail for days
                several.failed(e)
            else:
                several.answered += 1
        several.done()

    async def _of_cell(self, nws: Nws, station: StationId, row: StationRow) -> None:
        point = await self._point(nws, station, row)
        if point is None:
            return
        told = await nws.grid(point.office, point.x, point.y)
        made = nws_grid.station_forecast(told.value, station, told.asked_at)
        if made is not None and self._runs.get(station) != told.value.updated_at:
            self._runs[station] = told.value.updated_at
            self.rounds.of(NWS, FORECASTS).news_at = told.asked_at
            self._further[station] = made
            self._foretell(station)

    async def of_models(self, stations: Rows) -> None:
        """Emit what the models say anew, of stations and of windows."""
        assert self.models is not None
        for event in await self.models.ask(tuple(stations.values()), self.windows()):
            self.rounds.of(event.run.partition(" ")[0].lower(), MODELS).news_at = event.at
            if isinstance(event, StationForecast):
                self._nearer[event.station] = event
                self._foretell(event.station)
            else:
                self.emit(event)

    async def states(self, stations: Rows) -> tuple[str, ...]:
        """Return the states the stations lie in; the whole country where the service does not name them.

        Raises
        ------
        NoAnswer, BadReport
            As the client's.
        """
        assert self.nws is not None
        points = [await self._point(self.nws, station, row) for station, row in list(stations.items())]
        named = {point.forecast_zone[:2] for point in points if point is not None and point.forecast_zone}
        return tuple(sorted(named)) or ("",)

    def _foretell(self, station: StationId) -> None:
        model, further = self._nearer.get(station), self._further.get(station)
        if model is not None and self.now() - model.at <= HOLDS:
            self.emit(joined(model, further))
        elif further is not None:
            self.emit(further)

    async def _point(self, nws: Nws, station: StationId, row: StationRow) -> Point | None:
        """Return where a station lies in the grid; None where the service has no grid."""
        if station not in self._points:
            try:
                self._points[station] = (await nws.point(row.lat, row.lon)).value
            except NoAnswer as e:
                if e.status != 404:
                    raise
                self._points[station] = None
        return self._points[station]
