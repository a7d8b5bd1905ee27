"""The weather of a session: what matters is followed, what comes is put to the kernel, how the services do is told.

::

    Listed, a market of our own, the trader's look ─► wanted ─► Follow ─ emit ─► waits for room ─► host
                                                                  └─ heard ─► SourceReport ─► host

Reports and forecasts wait for room in the inbox instead of being refused, so that none is lost and none keeps a quote
waiting. Services never end the session: a failure of ours is told, and following starts again after a pause.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.events import Asked, Kept, Listed, Observed, SourceReport, StatusChanged
from engine.core.ids import VISUAL_CROSSING, StationId, VenueId
from engine.host.vitals import Vital
from engine.sources import modelled, own_file, visual_crossing
from engine.sources.alert_news import AlertNews
from engine.sources.follow import Follow
from engine.sources.own_file import OwnFile
from engine.weather import providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.contract import Contract
    from engine.core.events import Event
    from engine.core.reading import Reading
    from engine.host.host import Host
    from engine.host.weather_keeper import WeatherKeeper
    from engine.kernel.following import Wanted
    from engine.sources.services import Services

CHANGES: Final = frozenset({Listed, StatusChanged, Asked, Kept})
"""Events after which other stations may be wanted."""
SETTLES_S: Final = 0.2
"""After such an event, others mostly follow."""
ROOM: Final = 256
"""Events of the outside that may wait before the weather does."""
BURST: Final = 32
PAUSE_S: Final = 0.02
RESTART_S: Final = 5.0
LONGEST_RESTART_S: Final = 300.0
WATCHED: Final = 8
"""Stations the trader looked at last that stay followed."""


class Skies:
    """Follows the weather for one session.

    Parameters
    ----------
    wanted : callable
        Which stations the markets and these codes ask for, as the kernel knows now.
    known : iterable of Reading
        What an earlier session was told.
    contracts : callable
        What the models are asked whole windows for.
    keeper : WeatherKeeper, optional
        Records every report, those of failed providers too: what they are worth may change.
    """

    def __init__(
        self,
        services: Services,
        host: Host,
        loop: asyncio.AbstractEventLoop,
        wanted: Callable[[Iterable[str]], Wanted],
        known: Iterable[Reading] = (),
        contracts: Callable[[], Iterable[Contract]] = tuple,
        keeper: WeatherKeeper | None = None,
    ) -> None:
        self.services = services
        self.keeper = keeper
        self.vital = Vital("weather")
        self._titles = services.titles()
        self._host = host
        self._loop = loop
        self._ask = wanted
        self._contracts = contracts
        self._wanted: Wanted | None = None
        self._watched: deque[str] = deque(maxlen=WATCHED)
        self._looks: asyncio.TimerHandle | None = None
        self._outbox: deque[Event] = deque()
        self._more = asyncio.Event()
        self._said: dict[VenueId, SourceReport] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.follow = Follow(
            services.iem,
            services.nws,
            host.clock.now,
            self._emit,
            warned=AlertNews(host.clock.now, self._emit),
            areas=services.setup.areas,
            crossing=services.crossing,
            heard=self._heard,
            rounds=services.rounds,
        )
        if services.models is not None:
            told = self.follow.foretelling
            told.models = services.models.asked
            told.windows = lambda: modelled.windows(self._contracts(), host.clock.now())
        where = services.setup.private_file
        self.own = None if where is None else OwnFile(where, host.clock.now)
        told_before = tuple(known)
        self.follow.know(told_before)
        if self.own is not None:
            self.own.know(told_before)
        host.listen(self._hear)

    @property
    def waiting(self) -> int:
        """Events that wait for room."""
        return len(self._outbox)

    def start(self) -> None:
        """Follow what is wanted now, and whatever will be."""
        self._look()
        self._heard()
        self._tasks = [
            self._loop.create_task(self._keep_up(), name="weather"),
            self._loop.create_task(self._pump(), name="weather to the host"),
        ]
        if self.own is not None:
            self._tasks.append(self._loop.create_task(self._look_at(self.own), name="the station file of our own"))
        if self.keeper is not None:
            self._tasks.append(self._loop.create_task(self.keeper.run(), name="weather to the archive"))

    def cancel(self) -> None:
        """Stop at once; connections are left to the end of the program."""
        if self._looks is not None:
            self._looks.cancel()
            self._looks = None
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """End every task and close every connection; what waits comes again with the next session."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.keeper is not None:
            await self.keeper.flush()
        await self.services.close()

    def watch(self, station: str) -> None:
        """Follow a station that the trader looks at, too."""
        if station not in self._watched:
            self._watched.append(station)
            self._look()

    def ask_now(self) -> None:
        """Ask every service now, also those that are left alone for a while."""
        self.follow.again()

    def _hear(self, event: Event) -> None:
        if type(event) in CHANGES and self._looks is None and self._tasks:
            self._looks = self._loop.call_later(SETTLES_S, self._look)

    def _look(self) -> None:
        """Follow what is wanted by now, where that changed."""
        if self._looks is not None:
            self._looks.cancel()
            self._looks = None
        found = self._ask((*self.services.setup.stations, *self._watched))
        if found != self._wanted:
            self._wanted = found
            self.follow.want(found.stations, found.official, found.windows)
            self._heard()

    def _emit(self, event: Event) -> None:
        if type(event) is Observed:
            if self.keeper is not None:
                self.keeper.hear(event)
            if providers.refused(event.reading, self.services.setup.failed):
                return
        self._outbox.append(event)
        self._more.set()

    async def _pump(self) -> None:
        """Put what came to the host as it finds room."""
        while True:
            await self._more.wait()
            self._more.clear()
            taken = 0
            while self._outbox:
                if len(self._host.market) > ROOM or not self._host.emit(self._outbox[0]):
                    await asyncio.sleep(PAUSE_S)
                    continue
                self._outbox.popleft()
                taken += 1
                if taken % BURST == 0:
                    await asyncio.sleep(0)

    async def _keep_up(self) -> None:
        pause = RESTART_S
        while True:
            self.vital.began()
            what = "following the weather ended, and starts again"
            try:
                await self.follow.run()
            except Exception as e:  # noqa: BLE001 - the supervisor: whatever it was, the rest of the session goes on
                what = "following the weather failed, and starts again"
                self._loop.call_exception_handler({"message": what, "exception": e})
            self.vital.ended(what)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RESTART_S)

    async def _look_at(self, own: OwnFile) -> None:
        """Tell the rows of a station file of one's own as they are written."""
        while True:
            for reading in await own.look():
                self._emit(Observed(at=self._host.clock.now(), reading=reading))
            self._heard()
            await asyncio.sleep(own_file.EVERY_S)

    def _heard(self) -> None:
        """Tell how each service does, where that changed."""
        for name in self._titles:
            report = self._report(name)
            before = self._said.get(name)
            if before is None or replace(report, at=before.at) != before:
                self._said[name] = report
                self._host.insist(report)

    def _report(self, name: VenueId) -> SourceReport:
        client = self.services.clients.get(name)
        stations = () if self._wanted is None else self._wanted.stations
        codes = [StationId(row.id) for row in stations]
        crossing = self.services.crossing if name == VISUAL_CROSSING else None
        return SourceReport(
            at=self._host.clock.now(),
            source=name,
            title=self._titles[name],
            errands=self.follow.rounds.errands(name),
            stations=0 if client is None else len(codes) if crossing is None else len(crossing.wanted(codes)),
            requests=0 if client is None else client.requests,
            unchanged=0 if client is None else client.not_modified,
            room=None if crossing is None else round(crossing.room, 3),
            host=self.services.host(name),
            keys=self.services.setup.keys if name == VISUAL_CROSSING else "",
            refused=tuple(self._refused(name, codes)),
        )

    def _refused(self, name: VenueId, codes: list[StationId]) -> list[str]:
        """Return what is not asked of a service or not used, and why."""
        if name in self.services.setup.models:
            from engine.sources.models import NOTES  # loaded with the models, where there are any

            return [NOTES[name]] if name in NOTES else []
        failed = self._failed("visual_crossing" if name == VISUAL_CROSSING else "five_minute", codes)
        if name == VISUAL_CROSSING:
            if self.services.crossing is None:
                return ["no key is given, so nothing is asked"]
            return [*(why for code in codes if (why := visual_crossing.refused(code))), *failed]
        unknown = () if self._wanted is None else self._wanted.unknown
        why = "" if self.keeper is None else self.keeper.why
        return [
            *([f"not in the list of stations: {', '.join(unknown)[:120]}"] if unknown else []),
            *([own] if (own := "" if self.own is None else self.own.why) else []),
            *([f"reports cannot be put into the archive: {why}"] if why else []),
            *failed,
        ]

    def _failed(self, provider: str, codes: list[StationId]) -> list[str]:
        """Return the stations at which a provider's rows are not used."""
        setup = self.services.setup
        return [
            f"rows of {provider.replace('_', ' ')} at {code} are not used: {why}"
            for code in codes
            if (why := setup.failed.get((provider, code)))
        ]
