"""Follow the weather at the wanted stations: reports, forecasts, official climate reports and alerts, as they come.

Reports come from the Mesonet, all stations in one question; where it does not answer they come from the Weather
Service, station by station. Everything is emitted once, stamped with when we knew it. A service that fails is left
alone ever longer and the others go on; nothing a service or a network does ends the task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport, NoAnswer
from engine.core.events import Observed, StationForecast
from engine.core.ids import StationId
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.core.when import utc_day
from engine.sources import cli, cycle, iem_client, nws_grid
from engine.weather.alerts import Alerts, Cells
from engine.weather.climate_day import window_at

if TYPE_CHECKING:
    from engine.core.reading import Reading
    from engine.core.snapshot import StationRow
    from engine.sources.iem_client import Iem
    from engine.sources.nws_client import Nws
    from engine.sources.nws_places import Point

    Emit = Callable[[Observed | StationForecast], object]
    Warned = Callable[[Alerts], object]

REPORTS, CLIMATES, FORECASTS, ALERTS = "reports", "climate reports", "forecasts", "alerts"
AGAIN: Final = {CLIMATES: 10 * MINUTE, FORECASTS: 20 * MINUTE, ALERTS: MINUTE}
FIRST_WAIT_S, LONGEST_WAIT_S, LASTING_WAIT_S = 30.0, 900.0, 3_600.0
LATE: Final = 2 * HOUR
"""How far back each question reaches: corrections and late reports."""
BACK: Final = 7 * HOUR
"""How far before the running day the first question reaches: what straddles its midnight."""
CLIMATE_UNTIL: Final = 16 * HOUR
"""A climate report is looked for so long after the end of its day."""
OUTLINES_AT_ONCE: Final = 30


@dataclass(slots=True)
class State:
    """How one task does."""

    ok_at: Nanos | None = None
    why: str = ""
    """Why it does not, in one sentence; empty while it does."""
    failures: int = 0


@dataclass(slots=True)
class Follow:
    """Keeps asking until cancelled.

    Parameters
    ----------
    emit : callable
        Takes `Observed` and `StationForecast`.
    warned : callable, optional
        Takes the alerts and where they lie, when either changed; the same object each time.
    """

    iem: Iem | None
    nws: Nws | None
    now: Callable[[], Nanos]
    emit: Emit
    warned: Warned | None = None
    areas: tuple[str, ...] = ()
    """States such as ``NY`` whose alerts are wanted; all when empty."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    states: dict[str, State] = field(default_factory=dict)
    _stations: dict[StationId, StationRow] = field(default_factory=dict)
    _official: frozenset[StationId] = frozenset()
    _news: cycle.News = field(default_factory=cycle.News)
    _since: dict[StationId, Nanos] = field(default_factory=dict)
    _points: dict[StationId, Point | None] = field(default_factory=dict)
    _runs: dict[StationId, Nanos] = field(default_factory=dict)
    _closed: dict[StationId, Nanos] = field(default_factory=dict)
    _alerts_known: Alerts = field(default_factory=Alerts)
    _told: frozenset[str] = frozenset()
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def want(self, stations: Sequence[StationRow], official: Sequence[StationId] = ()) -> None:
        """Replace the stations followed; of the `official` ones climate reports are looked for too."""
        self._stations = {StationId(row.id): row for row in stations}
        self._official = frozenset(official) & set(self._stations)
        self._changed.set()

    async def run(self) -> None:
        """Ask, and ask again; return when cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._loop(REPORTS, self._reports))
            if self.iem is not None:
                tasks.create_task(self._loop(CLIMATES, self._climates))
            if self.nws is not None:
                tasks.create_task(self._loop(FORECASTS, self._forecasts))
                if self.warned is not None:
                    tasks.create_task(self._loop(ALERTS, self._alerts))

    async def once(self) -> None:
        """Ask for everything one time, whatever its cycle."""
        steps = [(REPORTS, self._reports), (CLIMATES, self._climates), (FORECASTS, self._forecasts)]
        for what, step in [*steps, (ALERTS, self._alerts)]:
            await self._try(what, step)

    async def _loop(self, what: str, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            self._changed.clear()
            wait = await self._try(what, step)
            await self._pause(wait)

    async def _try(self, what: str, step: Callable[[], Awaitable[None]]) -> float:
        """Do one round; return the seconds until the next."""
        state = self.states.setdefault(what, State())
        try:
            await step()
        except (NoAnswer, BadReport) as e:
            state.failures = min(state.failures + 1, 16)
            state.why = str(e)
            return _patience(e, state.failures)
        state.failures, state.why, state.ok_at = 0, "", self.now()
        if what != REPORTS:
            return AGAIN[what] / SECOND
        minutes = {station: row.routine_minute for station, row in self._stations.items()}
        return (cycle.due(self.now(), minutes, self._news.latest) - self.now()) / SECOND

    async def _pause(self, seconds: float) -> None:
        """Wait, or until other stations are wanted."""
        changed = asyncio.ensure_future(self._changed.wait())
        slept = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({changed, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            slept.cancel()

    async def _reports(self) -> None:
        """Emit the new reports of all stations."""
        self._news.forget(self.now())
        for group in iem_client.groups(tuple(self._stations)):
            try:
                await self._from_iem(group)
            except (NoAnswer, BadReport):
                if self.nws is None:
                    raise
                await self._from_nws(group)

    async def _from_iem(self, group: Sequence[StationId]) -> None:
        if self.iem is None:
            raise NoAnswer(iem_client.NAME, "the Mesonet is not asked")
        now = self.now()
        since = min(self._from(station, now) for station in group)
        told = await self.iem.observations(group, since, Nanos(now + MINUTE), kinds=iem_client.ALL)
        self._tell(told.value.readings, told.known_at, group)

    async def _from_nws(self, group: Sequence[StationId]) -> None:
        assert self.nws is not None
        now = self.now()
        for station in group:
            told = await self.nws.observations(station, self._from(station, now))
            self._tell(told.value.readings, told.known_at, [station])

    def _from(self, station: StationId, now: Nanos) -> Nanos:
        """Return from when on reports of a station are asked for: its whole running day the first time."""
        opens = window_at(now, self._stations[station].utc_offset_hours)[0]
        return Nanos(max(self._since.get(station, Nanos(opens - BACK)), opens - BACK))

    def _tell(self, readings: Sequence[Reading], known_at: Nanos, asked: Sequence[StationId]) -> None:
        """Emit what is new; from now on these stations are asked for what came lately."""
        for reading in self._news.take(r for r in readings if r.station in self._stations):
            self.emit(Observed(at=known_at, reading=reading))
        for station in asked:
            self._since[station] = Nanos(self.now() - LATE)

    async def _climates(self) -> None:
        """Emit the final climate report of the last day of each official station, once it is out."""
        if self.iem is None:
            return
        for station in sorted(self._official):
            row = self._stations.get(station)
            if row is None:
                continue
            closes = window_at(self.now(), row.utc_offset_hours)[0]
            if self._closed.get(station) == closes or self.now() - closes > CLIMATE_UNTIL:
                continue
            day = utc_day(Nanos(closes - DAY + DAY // 2))
            told = await self.iem.climate_texts(f"CLI{station[1:]}", day, day + timedelta(days=3))
            for report in cli.for_station(told.value, station, row.name):
                made = cli.reading(report, station, closes) if report.day == day else None
                for reading in self._news.take([made] if made is not None else []):
                    self._closed[station] = closes
                    self.emit(Observed(at=told.known_at, reading=reading))

    async def _forecasts(self) -> None:
        """Emit the forecast of each station's cell where it was renewed."""
        if self.nws is None:
            return
        for station, row in list(self._stations.items()):
            point = await self._point(station, row)
            if point is None:
                continue
            told = await self.nws.grid(point.office, point.x, point.y)
            made = nws_grid.station_forecast(told.value, station, told.asked_at)
            if made is not None and self._runs.get(station) != told.value.updated_at:
                self._runs[station] = told.value.updated_at
                self.emit(made)

    async def _point(self, station: StationId, row: StationRow) -> Point | None:
        """Return where a station lies in the grid; None where the service has no grid."""
        if station not in self._points:
            assert self.nws is not None
            try:
                self._points[station] = (await self.nws.point(row.lat, row.lon)).value
            except NoAnswer as e:
                if e.status != 404:
                    raise
                self._points[station] = None
        return self._points[station]

    async def _alerts(self) -> None:
        """Tell which alerts are in force, and fetch some of the outlines that are still missing."""
        if self.nws is None or self.warned is None:
            return
        answers = [(await self.nws.alerts(area=area)).value for area in self.areas or ("",)]
        paths = {code: path for answer in answers for code, path in answer.paths.items()}
        known = self._alerts_known
        known.replace(alert for answer in answers for alert in answer.alerts)
        missing = [code for code in known.missing() if code in paths][:OUTLINES_AT_ONCE]
        for code in missing:
            known.set_zone(code, await self._outline(paths[code]))
        told = frozenset(alert.id for alert in known.standing(self.now()))
        if missing or told != self._told:
            self._told = told
            self.warned(known)

    async def _outline(self, path: str) -> Cells:
        """Return a zone's cells; none where it has no outline, so that it is not asked for again."""
        assert self.nws is not None
        try:
            return (await self.nws.outline(path)).value
        except BadReport:
            return frozenset()
        except NoAnswer as e:
            if not e.lasting:
                raise
            return frozenset()


def _patience(error: NoAnswer | BadReport, failures: int) -> float:
    """Return for how long a service is left alone after so many failures in a row, seconds."""
    if isinstance(error, NoAnswer) and error.lasting:
        return LASTING_WAIT_S
    wait = min(FIRST_WAIT_S * 2.0 ** (failures - 1), LONGEST_WAIT_S)
    stated = error.again_s if isinstance(error, NoAnswer) else None
    return max(wait, stated or 0.0)
