"""A session without a window or a ledger, for its journal alone: wired as the terminal's is on paper, and never asked.

It reads a profile's settings and keys and writes nothing there, so that it runs beside a terminal of that profile.
Nobody presses anything and no strategy is switched on, so nothing is ever sent.
"""

from __future__ import annotations

import asyncio
import dataclasses
import heapq
import os
from typing import TYPE_CHECKING, Final, NamedTuple

import resources
from app import outset
from app.wiring import DeskWiring, Wired
from engine.core.errors import ConfigError, InputError, StoreError, Unavailable
from engine.core.events import Opened
from engine.core.ids import VISUAL_CROSSING
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import SECOND, Nanos
from engine.host import playback
from engine.host.clock import Clock, DayClock, WallClock, steady
from engine.host.counting import Counted
from engine.host.cycle import Cycle
from engine.host.desks import Desks
from engine.host.host import Host
from engine.host.reach import Reach
from engine.host.replay import replay
from engine.host.skies import Skies
from engine.kernel import following, forgetting
from engine.kernel.step import Kernel
from engine.options import assets
from engine.store import journal
from engine.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.boot import Options
    from app.wiring import Wiring
    from engine.core.errors import InvariantBroken
    from engine.core.events import Event
    from engine.store.profile import Profile

PATIENCE_S: Final = 10.0
"""How long the disk may take no writes before the recording ends."""
WRITING_S: Final = 30.0
"""For writing what waits at the end."""


class Taken(NamedTuple):
    """What was recorded: as much as a replay of the file finds."""

    events: int
    effects: int
    digest: str
    seconds: float
    """Real ones."""
    stopped: str
    """Why the engine stopped by itself; empty when it did not."""


class Recorder:
    """Records one session into a file that was not there.

    Parameters
    ----------
    path : Path
        The journal to be.
    profile : Profile
        Whose settings the options are of.
    options : Options
        As the terminal's are; never live ones.
    stop : asyncio.Event
        Ends it.

    Raises
    ------
    InputError
        If the file is there already.
    ConfigError
        If the settings name nothing that could be recorded.
    StoreError
        If the file cannot be written.
    """

    def __init__(self, path: Path, profile: Profile, options: Options, stop: asyncio.Event) -> None:
        if options.live:
            raise InputError("a recording never trades: it has no live desk")
        self._path, self._stop = path, stop
        self._loop = asyncio.get_running_loop()
        self._began = steady()
        self._stopped = self._trouble = ""
        self._patience: asyncio.TimerHandle | None = None
        self._reach = Reach()
        wiring = _quiet(options.wiring)
        _claim(path)
        self._writer = Writer(None, path, on_kept=self._on_kept, on_trouble=self._on_trouble)
        try:
            self._writer.start()
            self._open(profile, options, wiring)
        except BaseException:
            self._writer.stop()
            journal.remove(path)
            raise

    def _open(self, profile: Profile, options: Options, wiring: Wiring | None) -> None:
        """Open the session as the terminal does, over no ledger."""
        stations = tuple(StationRow(**facts) for facts in resources.load_stations())
        day = outset.day_of(options, stations, Nanos(0)) if options.demo else None
        clock: Clock = WallClock() if day is None else DayClock(day.start, options.speed or day.speed)
        snapshot = Snapshot(
            profile=str(profile.folder), mode=options.mode, account_name=options.mode, stations=stations,
            venues=() if wiring is None else wiring.rows, assets=assets.read(options.assets),
            markets_kept=forgetting.OVER,
        )  # fmt: skip
        kernel = Kernel()
        self._counted = Counted(kernel, self._writer)
        host = self._host = Host(
            self._counted, self._counted, clock, self._loop, changed=lambda _: None, broken=self._on_broken
        )
        wired = Wired(venues=()) if wiring is None else wiring.connect(clock, snapshot)
        self._desks = Desks(wired.venues, host, self._loop)
        host.listen(self._reach.hear)
        host.open(Opened(at=clock.now(), snapshot=outset.completed(snapshot, day)))
        outset.take_up(kernel, wired, host)
        self._events: Iterator[Event] = iter(()) if wiring is None else wiring.events(clock, snapshot)
        if day is not None:
            self._events = heapq.merge(day.events(), self._events, key=lambda event: event.at)
        self._cycle = Cycle(wired.wishes, self._desks.venues, host)
        state = kernel.state
        self._skies = None if wired.weather is None else Skies(
            wired.weather, host, self._loop,
            lambda watched: following.wanted(state, watched), (), lambda: following.contracts(state),
        )  # fmt: skip

    async def run(self, seconds: float | None, wait_s: float) -> Taken:
        """Record until told to stop, or for some real seconds; return what the file holds.

        Raises
        ------
        Unavailable
            If nothing was reached within `wait_s` (no file is left then), or the disk takes no more (what was written
            is left).
        """
        tasks: list[asyncio.Task[None] | asyncio.Task[int]] = [
            self._loop.create_task(playback.play(self._events, self._host), name="day"),
            self._loop.create_task(self._cycle.run(), name="discovery"),
        ]
        for task in tasks:
            task.add_done_callback(outset.ended)
        tasks.append(self._loop.create_task(self._reached_within(wait_s), name="patience"))
        self._desks.start()
        if self._skies is not None:
            self._skies.start()
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            pass
        finally:
            whole = await self._end(tasks)
        return self._taken(whole)

    async def _end(self, tasks: list[asyncio.Task[None] | asyncio.Task[int]]) -> bool:
        """End what runs, step and write what waits; return whether all of it is in the file."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._desks.stop()
        if self._skies is not None:
            await self._skies.stop()
        self._host.stop()
        if self._patience is not None:
            self._patience.cancel()
        return await asyncio.to_thread(self._writer.stop, WRITING_S)

    def _taken(self, whole: bool) -> Taken:
        counted = self._counted
        if not self._reach.reached.is_set() and not self._stopped:
            journal.remove(self._path)  # it holds what we said ourselves, and would be in the way of the next attempt
            raise Unavailable(f"nothing was reached, and nothing was recorded: {self._reach.words()}")
        if not whole or self._writer.tally.lost:
            rows = ((one.seq, one.at, one.kind, one.body, one.digest) for one in journal.Recording(self._path))
            held, why = replay(rows, Kernel()).events, self._trouble or "it was not written in time"
            raise Unavailable(f"{self._path} holds the first {held} of {counted.events} events: {why}")
        seconds = (steady() - self._began) / SECOND
        return Taken(counted.events, counted.effects, counted.digest, seconds, self._stopped)

    async def _reached_within(self, wait_s: float) -> None:
        """End a recording of nothing."""
        try:
            async with asyncio.timeout(wait_s):
                await self._reach.reached.wait()
        except TimeoutError:
            self._stop.set()

    def _on_broken(self, error: InvariantBroken) -> None:
        self._stopped = str(error)
        self._stop.set()

    def _on_kept(self, what: list[str]) -> None:
        self._loop.call_soon_threadsafe(self._host.kept, what)

    def _on_trouble(self, ok: bool, why: str) -> None:
        self._loop.call_soon_threadsafe(self._troubled, ok, why)

    def _troubled(self, ok: bool, why: str) -> None:
        """End where the disk stays full; one that takes writes again soon costs nothing."""
        self._trouble = why
        self._host.store_changed(ok, why)
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if ok else self._loop.call_later(PATIENCE_S, self._stop.set)


def _quiet(wiring: Wiring | None) -> Wiring | None:
    """Return the wiring of a desk that takes nothing from a terminal beside it: no archive, no paid-for allowance."""
    if not isinstance(wiring, DeskWiring):
        return wiring
    asked = tuple(name for name in wiring.weather.on if name != VISUAL_CROSSING)
    if not (wiring.endpoints or asked):
        raise ConfigError("venues.on and weather.on are empty in the settings: there is nothing to record; --demo has")
    return dataclasses.replace(wiring, weather=dataclasses.replace(wiring.weather, on=asked, key="", recorded=False))


def _claim(path: Path) -> None:
    """Make the file, its owner's alone, so that no other recording writes into it."""
    for left in (path.with_name(f"{path.name}-wal"), *journal.parts(path)[1:]):
        if left.exists():
            raise InputError(f"{path}: {left.name} lies there of another recording")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as e:
        raise InputError(f"{path} is there already, and is not written over") from e
    except OSError as e:
        msg = f"{path} cannot be written ({e.strerror})"
        raise StoreError(msg) from e
