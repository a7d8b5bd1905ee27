"""What the models say, round by round: the forecasts of the wanted stations and windows that are news.

The models are asked in the order they are given, and the first that answers for a station or a window does for it; a
model that fails is passed over, and why is kept. What a model told before is not told again.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from engine.core.contract import Contract, Metric
from engine.core.errors import BadReport, NoAnswer
from engine.core.ids import Cell, StationId
from engine.core.units import MINUTE, Nanos
from engine.sources.forecasts import UNITS, NotCarried, Wanted
from engine.weather import cells

if TYPE_CHECKING:
    from engine.core.events import GridForecast, StationForecast
    from engine.core.snapshot import StationRow
    from engine.sources.forecasts import Forecasts
    from engine.sources.grib_reader import GribReader
    from engine.sources.rounds import Rounds

    Told = StationForecast | GridForecast

T = TypeVar("T")

AGAIN: Final = 5 * MINUTE
"""Between two rounds: what is out already costs no request, what is not costs a small one."""
RINGS: Final = 12
"""Of cells around a market's own: 469 cells, out to some 27 km."""
WHAT: Final = "model forecasts"
MISSING: Final = 404


@dataclass(slots=True)
class Modelled:
    """All models, asked together.

    Parameters
    ----------
    models : sequence of Forecasts
        The best first.
    reader : GribReader, optional
        Put to rest after each round, so that its process does not stay for minutes without work.
    rounds : Rounds
        Is told how each model does.
    """

    models: Sequence[Forecasts]
    now: Callable[[], Nanos]
    rounds: Rounds
    reader: GribReader | None = None
    _stations: dict[StationId, StationForecast] = field(default_factory=dict)
    _windows: dict[Wanted, GridForecast] = field(default_factory=dict)

    async def ask(self, rows: Sequence[StationRow], windows: Iterable[Wanted]) -> tuple[Told, ...]:
        """Return what is news of stations and windows; raises nothing that a model or a network does."""
        try:
            news: list[Told] = list(await self._of_stations(rows)) if rows else []
            wanted = tuple(dict.fromkeys(windows))
            self._windows = {window: told for window, told in self._windows.items() if window in wanted}
            for window in wanted:
                news += await self._of_window(window)
            return tuple(news)
        finally:
            if self.reader is not None:
                await self.reader.rest()

    async def _of_stations(self, rows: Sequence[StationRow]) -> list[StationForecast]:
        found: dict[StationId, StationForecast] = {}
        for model in self.models:
            left = [row for row in rows if StationId(row.id) not in found]
            if not left:
                break
            told = await self._asked(model, model.stations(left))
            found |= {one.station: one for one in told or ()}
        news = [one for station, one in found.items() if self._stations.get(station) is not one]
        self._stations |= found
        return news

    async def _of_window(self, window: Wanted) -> list[GridForecast]:
        for model in self.models:
            told = await self._asked(model, model.grid(window))
            if told is None:
                continue
            if self._windows.get(window) is told:
                return []
            self._windows[window] = told
            return [told]
        return []

    async def _asked(self, model: Forecasts, question: Coroutine[object, object, T]) -> T | None:
        """Return what a model answers; None where it does not carry it, fails, or is left alone after a failure."""
        mark = self.rounds.of(model.name.lower(), WHAT)
        if mark.rests(self.now()):
            question.close()
            return None
        try:
            told = await question
        except NotCarried:
            return None
        except (NoAnswer, BadReport) as e:
            mark.failed(self.now(), _passing(e))
            return None
        mark.answered(self.now(), news=False)
        return told


def _passing(error: NoAnswer | BadReport) -> NoAnswer | BadReport:
    """Return a failure as one that may pass where a file was not there: those of a run come out one by one."""
    if isinstance(error, NoAnswer) and error.status == MISSING:
        return NoAnswer(error.source, str(error), status=MISSING)
    return error


def windows(contracts: Iterable[Contract], now: Nanos, rings: int = RINGS) -> tuple[Wanted, ...]:
    """Return what forecasts would serve some contracts: one window each, at the cells around; nothing that is over.

    Contracts of one quantity and window share theirs.
    """
    found: dict[tuple[Metric, Nanos, Nanos], set[Cell]] = {}
    for contract in contracts:
        if contract.metric in UNITS and contract.closes > now:
            key = contract.metric, contract.opens, contract.closes
            found.setdefault(key, set()).update(cells.disk(contract.cell, rings))
    return tuple(
        Wanted(metric, opens, closes, tuple(sorted(inside))) for (metric, opens, closes), inside in found.items()
    )
