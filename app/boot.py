"""Composition root: profile → store → kernel → host → venues or day; undone in reverse.

The window is no part of it: a session runs the same without one.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

import resources
from app import outset
from app.failing import Failure
from app.wiring import Wired
from engine.core.commands import CreateMarket
from engine.core.errors import ConfigError, StoreError
from engine.core.events import Asked, Opened
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import Nanos
from engine.host import playback
from engine.host.charts import Charts
from engine.host.clock import Clock, DayClock, WallClock, steady
from engine.host.cycle import Cycle
from engine.host.desks import Desks
from engine.host.host import Host
from engine.host.recording import Recorder
from engine.kernel import following, forgetting
from engine.kernel.step import Kernel
from engine.options import assets
from engine.store import checkpoint, database, journal, load, migrations, packing, past, pruning
from engine.store.checkpoint import Checkpoint
from engine.store.profile import LEDGERS, Lock, Profile
from engine.store.records import Head
from engine.store.writer import Writer
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from app.wiring import Wiring
    from engine.core.errors import InvariantBroken
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, Topic, VenueId
    from engine.host.skies import Skies
    from engine.host.stranded import Stranded
    from engine.store.checkpoint import Vault
    from engine.store.tally import Rotation

KEEP_JOURNALS_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a session is opened with."""

    demo: bool
    seed: int = 0
    speed: float = 0.0
    keyring: bool = True
    """Keep the checkpoint's key in the system's keyring where there is one."""
    live: bool = False
    """The live ledger and real gateways; begins disarmed."""
    wiring: Wiring | None = None
    """Its venues; None for a session with our own exchange alone."""
    keep_journals_days: int = KEEP_JOURNALS_DAYS
    journals_bytes: int | None = None
    """What all journals may take; None leaves that to their age."""
    rotate: Rotation | None = None
    """When a journal goes on in a file of its own."""
    assets: tuple[str, ...] = ()
    """What prices each asset, as `engine.options.assets` writes it; none is the program's own table."""
    pack_days: int | None = None
    """Sessions older than this are packed; None packs none."""

    @property
    def mode(self) -> str:
        """Return ``demo``, ``live`` or ``paper``."""
        return "demo" if self.demo else "live" if self.live else "paper"


@dataclass(slots=True)
class Session:
    """A running engine and everything it holds."""

    profile: Profile
    mode: str
    kernel: Kernel
    host: Host
    writer: Writer
    ledger: Path
    journal: Path
    lock: Lock
    vault: Vault | None
    """The system's keyring; None where the key is a file of the profile."""
    clock: Clock
    events: Iterator[Event]
    """Of the simulated day; empty without one."""
    desks: Desks
    cycle: Cycle
    charts: Charts
    """What charts show: sampled for whoever looks."""
    skies: Skies | None = None
    """Who follows the weather; None where the session tells its own."""
    endpoints: Mapping[VenueId, object] = field(default_factory=dict)
    """Where its venues are; empty for simulated ones."""
    tasks: list[asyncio.Task[None] | asyncio.Task[int]] = field(default_factory=list)
    recorder: Recorder | None = None
    """What its dock shows of the journals."""
    failure: Failure | None = None
    """What becomes of it when its kernel fails; None in a replay."""
    packs: list[Path] = field(default_factory=list)
    """Files of earlier sessions that are to be packed, beside everything else."""
    closing: bool = False
    began: int = field(default_factory=steady)
    """On the steady clock."""

    def extra(self, topic: Topic) -> object:
        """Return a view that is neither the kernel's nor the charts': of the recorder; None of any other."""
        return self.recorder.view() if topic == topics.RECORDER and self.recorder is not None else None

    def stranded(self) -> Stranded | None:
        """Return the orders that were at work when the kernel failed; None while it has not."""
        return None if self.failure is None else self.failure.stranded

    def play(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the simulated day, if there is one, the venues and the weather."""
        self.tasks.append(loop.create_task(playback.play(self.events, self.host), name="day"))
        self.tasks.append(loop.create_task(self.cycle.run(), name="discovery"))
        for task in self.tasks:
            task.add_done_callback(outset.ended)
        self.desks.start()
        if self.skies is not None:
            self.skies.start()
        if self.packs:
            loop.run_in_executor(None, packing.tidy, self.packs, lambda: self.closing)

    async def leave(self) -> bool:
        """Let what is on its way to a venue arrive, then close."""
        await self.desks.stop()
        if self.skies is not None:
            await self.skies.stop()
        safe = self.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)  # cancelled just now
        return safe

    def close(self) -> bool:
        """Step what waits, write it, let the profile go; return whether everything is on disk."""
        self.closing = True
        for task in self.tasks:
            task.cancel()
        if self.skies is not None:
            self.skies.cancel()
        self.charts.stop()
        self.host.stop()
        safe = self.writer.stop()
        self.lock.free()
        return safe


def open_session(
    profile: Profile,
    options: Options,
    loop: asyncio.AbstractEventLoop,
    *,
    changed: Callable[[Topic], None],
    broken: Callable[[InvariantBroken], None],
    lock: Lock | None = None,
) -> Session:
    """Open a profile and start its engine.

    A `lock` that is held already is the session's from here on.

    Raises
    ------
    Unavailable
        If another process uses the profile.
    StoreError
        If the ledger is damaged or too new; nothing was changed then.
    """
    profile.make()
    if lock is None:
        lock = Lock(profile.lock)
        lock.take()
    try:
        return _opened(profile, options, loop, lock, changed, broken)
    except BaseException:
        lock.free()
        raise


def _opened(
    profile: Profile,
    options: Options,
    loop: asyncio.AbstractEventLoop,
    lock: Lock,
    changed: Callable[[Topic], None],
    broken: Callable[[InvariantBroken], None],
) -> Session:
    mode = options.mode
    ledger = profile.folder / LEDGERS[mode]
    migrations.apply(ledger)
    _same_kind(ledger, mode)
    vault = checkpoint.keyring() if options.keyring else None
    mark = Checkpoint(ledger, checkpoint.make_key(profile.folder, vault))
    stations = tuple(StationRow(**facts) for facts in resources.load_stations())
    rows = () if options.wiring is None else options.wiring.rows
    empty = Snapshot(
        profile=str(profile.folder), mode=mode, account_name=mode, stations=stations, venues=rows,
        assets=assets.read(options.assets), markets_kept=forgetting.OVER,
    )  # fmt: skip
    snapshot = load.load(ledger, empty, checkpoint=mark)
    if snapshot.chain_ok:
        mark.conclude(Head(snapshot.chain_next, snapshot.chain_head))
    if options.live:
        snapshot = replace(snapshot, earned=load.earned(profile.folder / LEDGERS["paper"]))
    pruning.readings(ledger)
    pruning.features(ledger)
    day = outset.day_of(options, stations, _last_moment(profile, snapshot)) if options.demo else None
    clock: Clock = WallClock() if day is None else DayClock(day.start, options.speed or day.speed)
    path = journal.new_session(profile.journals, Nanos(WallClock().now()))

    def kept(what: list[str]) -> None:
        loop.call_soon_threadsafe(host.kept, what)

    def trouble(ok: bool, why: str) -> None:
        loop.call_soon_threadsafe(host.store_changed, ok, why)

    writer = Writer(
        ledger,
        path,
        on_kept=kept,
        on_trouble=trouble,
        checkpoint=mark,
        rotate=options.rotate,
    )
    kernel = Kernel()
    failure = Failure(kernel, writer, changed, broken)
    host = Host(
        kernel, writer, clock, loop, changed=changed, broken=failure, spare=kernel.prepare, foresee=kernel.foresee
    )
    writer.start()
    try:
        days, most = options.keep_journals_days, options.journals_bytes
        journal.expire(profile.journals, WallClock().now(), days, keep=path, most_bytes=most)
        wired = Wired(venues=()) if options.wiring is None else options.wiring.connect(clock, snapshot)
        desks = Desks(wired.venues, host, loop)
        host.open(Opened(at=clock.now(), snapshot=outset.completed(snapshot, day)))
        failure.opened(ledger, host, desks)
        outset.take_up(kernel, wired, host)
    except BaseException:
        writer.stop()
        raise
    known = {row.contract.id for row in snapshot.markets}
    told = iter(()) if options.wiring is None else options.wiring.events(clock, snapshot)
    events = told if day is None else heapq.merge(_unlisted(day.events(), known), told, key=lambda event: event.at)
    cycle = Cycle(wired.wishes, desks.venues, host)
    skies = _skies(kernel, wired, host, loop, snapshot, profile)
    where = {} if options.wiring is None else options.wiring.endpoints
    charts = _charts(kernel, loop, changed, profile, ledger, clock)
    parts = (profile, mode, kernel, host, writer, ledger, path, lock, vault, clock, events, desks, cycle, charts)
    recorder = Recorder(writer, profile.journals, path, options.keep_journals_days)
    session = Session(*parts, skies=skies, endpoints=where, recorder=recorder, failure=failure)
    if options.pack_days is not None:
        session.packs = packing.due(profile.journals, WallClock().now(), options.pack_days, keep=path)
    return session


def _same_kind(ledger: Path, mode: str) -> None:
    """Keep simulated and real markets apart.

    Raises
    ------
    ConfigError
        If the ledger is of a session of another kind.
    """
    with database.reader(ledger) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'mode'").fetchone()
    if found is not None and found[0] != mode:
        words = {"demo": "a simulated day", "paper": "a paper desk", "live": "a live desk"}
        held = words.get(found[0], found[0])
        msg = f"{ledger} holds {held}; {words.get(mode, mode)} needs another folder (--profile)"
        raise ConfigError(msg)


def _skies(
    kernel: Kernel,
    wired: Wired,
    host: Host,
    loop: asyncio.AbstractEventLoop,
    snapshot: Snapshot,
    profile: Profile,
) -> Skies | None:
    """Return who follows the weather of a session, knowing what an earlier one was told, and records it."""
    if wired.weather is None:
        return None
    from engine.host.skies import Skies
    from engine.host.weather_keeper import WeatherKeeper
    from engine.store.archive import Archive

    state = kernel.state
    keeper = WeatherKeeper(Archive(profile.weather), snapshot.stations) if wired.weather.setup.recorded else None
    return Skies(
        wired.weather,
        host,
        loop,
        lambda watched: following.wanted(state, watched),
        snapshot.readings,
        lambda: following.contracts(state),
        keeper=keeper,
    )


def _charts(
    kernel: Kernel,
    loop: asyncio.AbstractEventLoop,
    changed: Callable[[Topic], None],
    profile: Profile,
    ledger: Path,
    clock: Clock,
) -> Charts:
    """Return what samples markets for charts, and reads back from disk what came before."""

    def read(instrument: InstrumentId, before: int, scale: float, lot: float) -> past.Past:
        return past.trades(ledger, profile.journals, instrument, before, scale, lot)

    return Charts(kernel.state, loop, changed, read, pace=getattr(clock, "speed", 1.0))


def _unlisted(events: Iterator[Event], known: set[str]) -> Iterator[Event]:
    """Leave out the listing of markets that an earlier session of the same day has listed."""
    for event in events:
        if isinstance(event, Asked) and isinstance(event.command, CreateMarket) and event.command.contract.id in known:
            continue
        yield event


def _last_moment(profile: Profile, snapshot: Snapshot) -> Nanos:
    """Return the newest time of an earlier demo session: its journal's, or else the ledger's; 0 without one."""
    moments = [row.at for row in snapshot.pnl] + [row.at for row in snapshot.settlements]
    moments += [row.created_at for row in snapshot.markets] + [row.measured_at for row in snapshot.readings]
    moments += [row.at for row in snapshot.orders[-1:]] + [row.at for row in snapshot.fills[-1:]]
    for path in reversed(journal.sessions(profile.journals)):
        try:
            found = journal.extent(path)
        except (OSError, StoreError):  # cut off or just begun when the program was killed: the ledger knows enough
            continue
        if found is not None:
            moments.append(Nanos(found[1]))
            break
    return Nanos(max(moments, default=0))
