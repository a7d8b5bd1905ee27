"""Follow the weather at the wanted stations: reports, forecasts, official climate reports and alerts, as they come.

Reports come from the Mesonet, all stations in one question; where it does not answer, or says nothing of a station any
more, they come from the Weather Service, station by station. Official climate reports come from there where the Mesonet
does not answer. Five-minute rows come from Visual Crossing where there is a key. Everything is emitted once, stamped
with when we knew it. A service that fails is left alone ever longer and the others go on; nothing a service or a
network does ends the task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from engine.core.errors import BadReport, NoAnswer
from engine.core.events import Observed
from engine.core.ids import IEM, NWS, StationId
from engine.core.ids import VISUAL_CROSSING as CROSSING
from engine.core.reading import ReportKind
from engine.core.units import DAY, HOUR, MINUTE, SECOND, Nanos
from engine.core.when import utc_day
from engine.sources import cycle, iem_client, modelled, official
from engine.sources.alerting import Alerting
from engine.sources.foretelling import FORECASTS, MODELS, Foretelling
from engine.sources.rounds import Rounds, Several
from engine.weather.climate_day import window_at

if TYPE_CHECKING:
    from engine.core.reading import Reading
    from engine.core.snapshot import StationRow
    from engine.sources.iem_client import Iem
    from engine.sources.nws_client import Nws
    from engine.sources.traces import Traces
    from engine.weather.alerts import Alerts

    Emit = Callable[[Any], object]
    Warned = Callable[[Alerts], object]
    Step = Callable[[], Awaitable[None]]

S = TypeVar("S")

REPORTS, CLIMATES, ALERTS = "reports", "climate reports", "alerts"
ROWS: Final = "five-minute rows"
OWNER: Final = {FORECASTS: NWS, ALERTS: NWS, ROWS: CROSSING}
"""Who answers what only one service does."""
AGAIN: Final = {CLIMATES: 10 * MINUTE, FORECASTS: 20 * MINUTE, ALERTS: MINUTE, MODELS: modelled.AGAIN}
IDLE_S: Final = 3_600.0
"""Between two rounds while no station is wanted; wanting one ends it."""
LATE: Final = 2 * HOUR
"""How far back each question reaches: corrections and late reports."""
BACK: Final = 7 * HOUR
"""How far before the running day the first question reaches: what straddles its midnight."""
AHEAD: Final = HOUR
"""What says that it was measured later than this from now was not, or a clock is wrong."""
CLIMATE_UNTIL: Final = 16 * HOUR
"""A climate report is looked for so long after the end of its day."""
CORRECTED: Final = HOUR
"""Between two looks for a correction of one that is out."""


@dataclass(slots=True)
class Follow:
    """Keeps asking until cancelled.

    Parameters
    ----------
    emit : callable
        Takes `Observed`, `StationForecast` and `GridForecast`.
    warned : callable, optional
        Takes the alerts and where they lie, when either changed; the same object each time.
    heard : callable, optional
        Called after each round, when `rounds` says more than before.
    """

    iem: Iem | None
    nws: Nws | None
    now: Callable[[], Nanos]
    emit: Emit
    warned: Warned | None = None
    areas: tuple[str, ...] = ()
    """States such as ``NY`` whose alerts are wanted; those of the stations when empty."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    crossing: Traces | None = None
    heard: Callable[[], object] | None = None
    rounds: Rounds = field(default_factory=Rounds)
    """How each service does, kind by kind."""
    foretelling: Foretelling = field(init=False)
    """Who is asked for forecasts; models are given to it."""
    _stations: dict[StationId, StationRow] = field(default_factory=dict)
    _official: dict[StationId, str] = field(default_factory=dict)
    _news: cycle.News = field(default_factory=cycle.News)
    _windows: tuple[tuple[StationId, Nanos, Nanos], ...] = ()
    _since: dict[StationId, Nanos] = field(default_factory=dict)
    _look_at: dict[tuple[StationId, Nanos], Nanos] = field(default_factory=dict)
    """When to look again for the report of a day, by its end: for a correction of one that is out."""
    _alerting: Alerting | None = None
    _reported: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once reports were asked for."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Prepare to ask for forecasts and alerts."""
        self.foretelling = Foretelling(self.nws, self.now, self.rounds, self.emit)
        self._alerting = None if self.nws is None else Alerting(self.nws)

    def want(
        self,
        stations: Sequence[StationRow],
        official: Iterable[StationId] = (),
        windows: Iterable[tuple[StationId, Nanos, Nanos]] = (),
    ) -> None:
        """Replace the stations followed; of the `official` ones climate reports are looked for too.

        Of `windows`, from and to an instant, a station's reports are asked for however long ago they were.
        """
        self._stations = {StationId(row.id): row for row in stations}
        self._official = {station: f"CLI{station[1:]}" for station in official if station in self._stations}
        self._windows = tuple(window for window in windows if window[0] in self._stations)
        self._wake()

    def know(self, readings: Iterable[Reading]) -> None:
        """Take readings of an earlier session for told."""
        self._news.know(readings)

    def again(self) -> None:
        """Ask for everything now, also those that are left alone."""
        self.rounds.again()
        self._wake()

    async def run(self) -> None:
        """Ask, and ask again; return when cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for what, step in self._steps():
                tasks.create_task(self._loop(what, step), name=f"follow {what}")

    async def once(self) -> None:
        """Ask for everything one time, whatever its cycle."""
        for what, step in self._steps():
            await self._try(what, step)

    def _steps(self) -> list[tuple[str, Step]]:
        """Return what there is to ask for, and how."""
        steps: list[tuple[str, Step]] = []
        if self.iem is not None or self.nws is not None:
            steps += [(REPORTS, self._reports), (CLIMATES, self._climates)]
        if self.nws is not None:
            steps.append((FORECASTS, self._forecasts))
        if self.nws is not None and self.warned is not None:
            steps.append((ALERTS, self._alerts))
        if self.crossing is not None:
            steps.append((ROWS, self._rows))
        if self.foretelling.models is not None:
            steps.append((MODELS, self._modelled))
        return steps

    def _wake(self) -> None:
        """Let every loop go round at once, those that are asking right now when they are done."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _loop(self, what: str, step: Step) -> None:
        while True:
            changed = self._changed
            wait = await self._try(what, step)
            await self._pause(wait, changed)

    async def _try(self, what: str, step: Step) -> float:
        """Do one round; return the seconds until the next."""
        if not self._stations:  # nothing was asked, so nobody has answered
            return IDLE_S
        try:
            await step()
        except (NoAnswer, BadReport) as e:
            wait = self.rounds.of(OWNER.get(what, ""), what).failed(self.now(), e)
            if what == ROWS:  # what failed may have been charged
                wait = max(wait, self._wait_s(what))
        else:
            self.rounds.of(OWNER.get(what, ""), what).answered(self.now(), news=False)
            wait = self._wait_s(what)
        self.rounds.due(what, Nanos(self.now() + round(wait * SECOND)))
        if what == REPORTS:
            self._reported.set()
        if self.heard is not None:
            self.heard()
        return wait

    def _wait_s(self, what: str) -> float:
        if what == ROWS and self.crossing is not None:
            return self.crossing.wait_s(tuple(self._stations))
        if what != REPORTS:
            return AGAIN[what] / SECOND
        minutes = {station: row.routine_minute for station, row in self._stations.items()}
        return (cycle.due(self.now(), minutes, self._news.latest) - self.now()) / SECOND

    async def _pause(self, seconds: float, changed: asyncio.Event) -> None:
        """Wait, or until other stations are wanted."""
        woken = asyncio.ensure_future(changed.wait())
        slept = asyncio.ensure_future(self.sleep(seconds))
        try:
            await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            slept.cancel()

    async def _answered(self, source: str, what: str, question: Awaitable[int]) -> None:
        """Await a question that tells how much of its answer was news, and note how its service did.

        Raises
        ------
        NoAnswer, BadReport
            As the question's.
        """
        try:
            told = await question
        except (NoAnswer, BadReport) as e:
            self.rounds.of(source, what).failed(self.now(), e)
            raise
        self.rounds.of(source, what).answered(self.now(), news=told > 0)

    async def _reports(self) -> None:
        """Emit the new reports of all stations."""
        now = self.now()
        self._news.forget(now, min((opens for _, opens, _ in self._windows), default=None))
        asked = {station: self._from(station, now) for station in self._stations}
        long_ago = tuple(one for one, since in asked.items() if since < now - cycle.KEPT)  # by themselves: long answers
        lately = tuple(one for one in asked if one not in long_ago)
        for group in (*iem_client.groups(long_ago), *iem_client.groups(lately)):
            since = {station: asked[station] for station in group if station in self._stations}
            if not await self._first(REPORTS, partial(self._from_iem, group)):
                assert self.nws is not None
                await self._answered(NWS, REPORTS, self._from_nws(since, self.nws))
            elif self.nws is not None and not self.rounds.of(NWS, REPORTS).rests(now):
                await self._of_silent({one: at for one, at in since.items() if self._is_silent(one)}, self.nws)

    def _is_silent(self, station: StationId) -> bool:
        """Whether a routine report of a station is overdue: it may be the Mesonet that stands still, and not it."""
        return self.now() - self._news.latest.get(station, 0) > HOUR + cycle.GIVEN_UP

    async def _of_silent(self, since: Mapping[StationId, Nanos], nws: Nws) -> None:
        """Look at the Weather Service for stations that the Mesonet answers nothing of; it answered, so none is missed.

        A service of which no question is answered notes why, and is left alone for a while.
        """
        if since:
            with suppress(NoAnswer, BadReport):
                await self._answered(NWS, REPORTS, self._from_nws(since, nws))

    async def _first(self, what: str, question: Callable[[Iem], Awaitable[int]]) -> bool:
        """Ask the Mesonet, unless it is left alone; False where the Weather Service has to be asked instead.

        Raises
        ------
        NoAnswer, BadReport
            As the question's, where there is nobody else to ask.
        """
        if self.iem is None or (self.nws is not None and self.rounds.of(IEM, what).rests(self.now())):
            return False
        try:
            await self._answered(IEM, what, question(self.iem))
        except (NoAnswer, BadReport):
            if self.nws is None:
                raise
            return False
        return True

    async def _from_iem(self, group: Sequence[StationId], iem: Iem) -> int:
        now = self.now()
        since = min(self._from(station, now) for station in group)
        told = await iem.observations(group, since, Nanos(now + MINUTE), kinds=iem_client.ALL)
        return self._tell(told.value.readings, told.known_at, () if told.value.cut_short else group)

    async def _from_nws(self, asked: Mapping[StationId, Nanos], nws: Nws) -> int:
        """Emit what is new of stations since an instant each, and return how much that is."""
        news, several = 0, Several()
        for station, since in asked.items():
            if station not in self._stations:
                continue
            try:
                told = await nws.observations(station, since)
            except (NoAnswer, BadReport) as e:
                several.failed(e)
                continue
            several.answered += 1
            whole = self.iem is None or since >= self.now() - cycle.KEPT  # it tells of a day or two, and no more
            news += self._tell(told.value.readings, told.known_at, [station] if whole else [])
        several.done()
        return news

    def _from(self, station: StationId, now: Nanos) -> Nanos:
        """Return from when on reports of a station are asked for: the first time its whole running day.

        Where a window is wanted that began before, all since then, or since the station was last heard.
        """
        row = self._stations.get(station)
        first = window_at(now, row.utc_offset_hours)[0] - BACK if row is not None else now - BACK
        heard = self._news.latest.get(station, 0) - LATE
        first = min([first, *(max(opens, heard) for name, opens, _ in self._windows if name == station)])
        return Nanos(max(self._since.get(station, first), first))

    def _tell(self, readings: Iterable[Reading], known_at: Nanos, asked: Sequence[StationId]) -> int:
        """Emit what is new and return how much that is.

        From now on only what came lately is asked for of those whose answer was whole; of one that was silent, once
        more, all since it was last heard: what it held back may come with what it says now.
        """
        now = self.now()
        before = {station: self._news.latest.get(station) for station in asked}
        news = self._news.take(r for r in readings if r.station in self._stations and self._is_news(r, now))
        for reading in news:
            self.emit(Observed(at=known_at, reading=reading))
        first: dict[StationId, Nanos] = {}
        for reading in news:
            if reading.kind is ReportKind.ROUTINE:
                first.setdefault(reading.station, reading.measured_at)
        for station, heard in before.items():
            back = station in self._since and station in first and first[station] - (heard or 0) > LATE
            self._since[station] = (heard or Nanos(0)) if back else Nanos(self.now() - LATE)
        return len(news)

    def _is_news(self, reading: Reading, now: Nanos) -> bool:
        """Whether a reading is of a time that is asked for: lately, or in a window that is wanted."""
        at = reading.measured_at
        if at > now + AHEAD:
            return False
        wanted = (opens <= at <= closes + AHEAD for name, opens, closes in self._windows if name == reading.station)
        return at > now - cycle.KEPT or any(wanted)

    async def _rows(self) -> None:
        """Emit the new five-minute rows of the station whose turn it is; the station's own reports come first."""
        assert self.crossing is not None
        if self.iem is not None or self.nws is not None:
            await self._reported.wait()
        for station in self.crossing.wanted(tuple(self._stations))[:1]:
            told = await self.crossing.ask(station)
            if self._tell(told.value.readings(), told.known_at, []):
                self.rounds.of(CROSSING, ROWS).news_at = told.known_at

    async def _climates(self) -> None:
        """Emit the final climate report of each official station's last day, once it is out, and corrections.

        And those of days that windows are of, however long they are over, looked for once an hour.
        """
        several = Several()
        for station, closes in self._days():
            row = self._stations.get(station)
            if row is None or 0 < self._look_at.get((station, closes), 0) - self.now() <= CORRECTED:
                continue
            day = utc_day(Nanos(closes - DAY + DAY // 2))
            wanted = official.Wanted(station, row.name, self._official[station], day, closes)
            try:
                await self._official_of(wanted)
            except (NoAnswer, BadReport) as e:
                several.failed(e)
            else:
                several.answered += 1
                if self.now() - closes > CLIMATE_UNTIL:
                    self._look_at[station, closes] = Nanos(self.now() + CORRECTED)
        several.done()

    def _days(self) -> list[tuple[StationId, Nanos]]:
        """Return the days whose climate reports are looked for, by station and end."""
        found: list[tuple[StationId, Nanos]] = []
        for station in sorted(self._official):
            row = self._stations.get(station)
            if row is None:
                continue
            last = window_at(self.now(), row.utc_offset_hours)[0]
            ends = {to for name, since, to in self._windows if name == station and to - since == DAY and to < last}
            if self.now() - last <= CLIMATE_UNTIL or any(
                to == last for name, _, to in self._windows if name == station
            ):
                ends.add(last)
            found += [(station, end) for end in sorted(ends) if window_at(end, row.utc_offset_hours)[0] == end]
        return found

    async def _official_of(self, wanted: official.Wanted) -> None:
        if not await self._first(CLIMATES, partial(self._climate, official.from_iem, wanted)):
            assert self.nws is not None
            await self._answered(NWS, CLIMATES, self._climate(official.from_nws, wanted, self.nws))

    async def _climate(
        self, ask: Callable[[S, official.Wanted], Awaitable[official.Found]], of: official.Wanted, service: S
    ) -> int:
        """Emit a report where a service has it; return whether it is news."""
        news = 0
        for reading, known_at in await ask(service, of):
            if reading.high_f is not None and reading.low_f is not None:  # one that lacks them is sent again
                self._look_at[of.station, of.closes] = Nanos(self.now() + CORRECTED)
            news += self._tell([reading], known_at, [])
        return news

    async def _forecasts(self) -> None:
        """Emit the forecasts of the Weather Service that were renewed."""
        await self.foretelling.of_grid(self._stations)

    async def _modelled(self) -> None:
        """Emit what the models say anew."""
        await self.foretelling.of_models(self._stations)

    async def _alerts(self) -> None:
        """Tell which alerts are in force where that has changed."""
        if self._alerting is None or self.warned is None:
            return
        areas = self.areas or await self.foretelling.states(self._stations)
        if await self._alerting.ask(areas, self.now()):
            self.rounds.of(NWS, ALERTS).news_at = self.now()
            self.warned(self._alerting.known)
