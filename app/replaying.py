"""A recorded session in place of a running one: the same docks, fed from its journal, and nothing can leave.

It writes no ledger and no journal, opens no venue, and takes no command: whatever a dock asks for is refused here, in
one place, and said.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from typing_extensions import override

from app.boot import Session
from engine.core.effects import Level
from engine.core.errors import InputError, StoreError
from engine.core.units import Nanos
from engine.host.charts import Charts
from engine.host.clock import steady
from engine.host.cycle import Cycle
from engine.host.desks import Desks
from engine.host.host import Host
from engine.host.player import Player
from engine.host.recording import Recorder
from engine.host.transport import Transport
from engine.kernel.step import Kernel
from engine.store import database, journal, past
from engine.store.journal import Recording
from engine.store.profile import Lock, Profile
from engine.store.writer import Writer
from engine.views import topics
from engine.views.connections import ConnectionsView
from engine.views.status import SpineView
from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.window import Window
    from app.workspaces import Workspace
    from engine.core.commands import AnyCommand
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, Topic
    from engine.kernel.state import State
    from widgets.frame import Drawable, FrameClock
    from widgets.replaybar import ReplayAsk

REPLAY: Final = "replay"
FRAME_S: Final = 0.016
IDLE_S: Final = 0.1
BAR_EVERY_NS: Final = 100_000_000
LATEST: Final = "latest"
REFUSED: Final = "This is a replay: nothing is asked of the engine and nothing reaches a venue."


def find(folders: Sequence[Path], name: str) -> Path:
    """Return the journal a word stands for: a file, a session of these folders by its name, or ``latest``.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    known = sorted((one for folder in folders for one in journal.sessions(folder)), key=lambda one: one.stem)
    if name == LATEST and known:
        return known[-1]
    path = Path(name)
    if path.is_file():
        return path
    named = [one for one in known if one.stem.startswith(name)] if name else []
    found = [one for one in named if one.stem == name] or named
    if len(found) == 1:
        return found[0]
    if found:
        msg = f"{name} stands for {len(found)} sessions: {', '.join(one.stem for one in found[:4])}"
        raise InputError(msg)
    msg = f"{name} is no journal and no session of {folders[0]}"
    raise InputError(msg)


def ledger_of(path: Path, mode: str, salt: str) -> Path:
    """Return the ledger that a session wrote: beside its journal, with the same salt; a file that is not there if none.

    A journal from elsewhere says nothing of the ledgers here, and record 3 of another one is another market's.
    """
    profile = Profile(path.resolve().parent.parent)
    found = profile.ledger(mode)
    if found is not None and path.resolve().parent == profile.journals:
        with suppress(StoreError, sqlite3.Error), database.reader(found) as connection:
            kept = connection.execute("SELECT value FROM meta WHERE key = 'salt'").fetchone()
            if kept is not None and kept[0] == salt:
                return found
    return path.with_name(f"the ledger of {path.stem}")


class WatchedKernel(Kernel):
    """The kernel of a replay as docks see it: whichever the player has now, in the mode of a replay."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._player = transport.player

    @property
    @override
    def state(self) -> State:  # type: ignore[override]
        """What the kernel knows where the replay stands."""
        return self._player.kernel.state

    @override
    def step(self, event: Event) -> list[AnyEffect]:
        """Refuse: only the player steps."""
        msg = "a replay takes no event from outside"
        raise TypeError(msg)

    @override
    def view(self, topic: Topic) -> object:
        """Return the view of a topic, its mode the replay's."""
        found = self._player.kernel.view(topic)
        if isinstance(found, SpineView):
            return replace(found, mode=REPLAY, now=self._transport.now)
        if isinstance(found, ConnectionsView):
            return replace(found, mode=REPLAY)
        return found


class ReplayHost(Host):
    """Takes nothing in: a command is refused and said, what comes from outside is not there."""

    refused: Callable[[AnyCommand], None] | None = None
    """Told what a dock asked for."""

    @override
    def ask(self, command: AnyCommand) -> None:
        if self.refused is not None:
            self.refused(command)

    @override
    def emit(self, event: Event) -> bool:
        return False

    @override
    def insist(self, event: Event) -> None:
        return

    @override
    def learn(self, event: Event) -> None:
        return

    @override
    def kept(self, what: Sequence[str]) -> None:
        return


class ReplayClock:
    """The clock of the transport."""

    speed = 1.0

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def now(self) -> Nanos:
        """Return the time of the replay."""
        return self._transport.now

    def wait(self, until: Nanos) -> float:
        """Return no time: nothing is waited for."""
        return 0.0


class ReplaySession(Session):
    """A session that plays what another one recorded."""

    transport: Transport
    changed: Callable[[Topic], None]
    moved: Callable[[], None]
    """Called when every view is out of date."""
    told: Callable[[], None]
    """Called now and then while the clock moves."""

    @override
    def play(self, loop: asyncio.AbstractEventLoop) -> None:
        self.tasks.append(loop.create_task(self._run(), name="replay"))

    @override
    async def leave(self) -> bool:
        return self.close()

    @override
    def close(self) -> bool:
        for task in self.tasks:
            task.cancel()
        self.charts.stop()
        self.host.stop()
        self.lock.free()
        return True

    @override
    def extra(self, topic: Topic) -> object:
        if topic == topics.REPLAY:
            return self.transport.view()
        if topic == topics.DECISIONS:
            return self.transport.decisions()
        return super().extra(topic)

    async def _run(self) -> None:
        """Drive the transport for as long as the session is open."""
        told, drawn = 0, tuple[object, ...]()
        while True:
            busy = self.transport.tick(steady())
            for topic in self.transport.take_changed():
                self.changed(topic)
            if self.transport.moved:
                self.transport.moved = False
                self._turn()
            stands = self.transport.stands()
            if stands != drawn and steady() - told >= BAR_EVERY_NS:
                told, drawn = steady(), stands
                for topic in (topics.REPLAY, topics.DECISIONS, topics.SPINE):
                    self.changed(topic)
                self.told()
            await asyncio.sleep(FRAME_S if busy else IDLE_S)

    def do(self, asked: ReplayAsk) -> str:
        """Do what the bar asks for; return a sentence where that cannot be, else nothing."""
        transport, value = self.transport, asked.value
        match asked.what:
            case "play":
                transport.play(steady())
            case "pause":
                transport.pause()
            case "speed":
                transport.set_speed(int(value), steady())
            case "step":
                transport.step()
            case "share":
                transport.seek_share(value)
            case "time":
                transport.seek_time(int(value))
            case "position":
                transport.seek(int(value))
            case "bookmark":
                transport.bookmark()
            case "decision":
                return "" if transport.step_decision() else "There is no decision ahead, as far as is known."
            case "fill":
                return "" if transport.next_fill() else "There is no fill ahead, as far as is known."
            case "next" | "previous":
                found = transport.jump(1 if asked.what == "next" else -1)
                return "" if found else "There is no bookmark that way, as far as is known."
            case _:
                return f"A replay cannot {asked.what}."
        return ""

    def _turn(self) -> None:
        """Another kernel is played: charts begin anew, and every view is asked for again."""
        self.charts.stop()
        self.charts = _charts(self)
        self.moved()


def open_replay(
    profile: Profile,
    path: Path,
    loop: asyncio.AbstractEventLoop,
    *,
    changed: Callable[[Topic], None],
    lock: Lock,
) -> ReplaySession:
    """Open a journal to be played.

    Raises
    ------
    InputError
        If nothing of it can be read.
    StoreError
        If it is no journal.
    """
    player = Player(Recording(path))
    transport = Transport(player, path.stem)
    player.seek(1)  # with its first event the kernel knows the session's ledger
    kernel, clock = WatchedKernel(transport), ReplayClock(transport)
    writer = Writer(None, None, on_kept=lambda _: None, on_trouble=lambda *_: None)
    host = ReplayHost(kernel, writer, clock, loop, changed=changed, broken=lambda _: None)
    desks = Desks((), host, loop)
    known = player.kernel.state
    ledger = ledger_of(path, known.session.mode, known.salt)
    charts = Charts(player.kernel.state, loop, changed)
    session = ReplaySession(
        profile, REPLAY, kernel, host, writer, ledger, path, lock, None, clock, iter(()), desks,
        Cycle((), desks.venues, host), charts, recorder=Recorder(None, profile.journals, None, None),
    )  # fmt: skip
    session.transport, session.changed = transport, changed
    session.moved = session.told = lambda: None
    session.charts = _charts(session)
    return session


def _charts(session: ReplaySession) -> Charts:
    """Return what samples the kernel that is played; what came before is read from the journal."""

    def read(instrument: InstrumentId, before: int, scale: float, lot: float) -> past.Past:
        return past.trades(session.ledger, session.journal.parent, instrument, before, scale, lot)

    loop = asyncio.get_running_loop()
    return Charts(session.transport.player.kernel.state, loop, session.changed, read)


def wire(session: ReplaySession, window: Window, clock: FrameClock) -> None:
    """Let the bar drive the session, docks wear the violet corner, and a refused command be said."""
    said = ""

    def refused(_command: AnyCommand) -> None:
        window.tell(REFUSED, Level.WARN)

    def asked(wanted: ReplayAsk) -> None:
        wrong = session.do(wanted)
        if wrong:
            window.tell(wrong)
        clock.mark(topics.REPLAY)

    def moved() -> None:
        parts: list[Drawable] = [*window.panels_made(), window.top, window.risk, window.status, window.halt, window]
        for topic in {topic for part in parts for topic in part.topics()}:
            clock.mark(topic)

    def tell_time() -> None:
        nonlocal said
        words = formats.utc(session.clock.now())
        if words != said:
            said = words
            for panel in window.panels_made():
                panel.set_replay(words)

    def joined(one: Workspace) -> None:
        for panel in one.docks.values():  # made while the replay stands, they would wait for its next second
            panel.set_replay(said)

    if isinstance(session.host, ReplayHost):
        session.host.refused = refused
    window.adopted.connect(joined)
    session.moved, session.told = moved, tell_time
    window.replay.asked.connect(asked)
