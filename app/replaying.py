"""A recorded session in place of a running one: the same docks, fed from its journal, and nothing can leave.

It writes no ledger and no journal, opens no venue, and takes no command: whatever a dock asks for is refused here, in
one place, and said.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from typing_extensions import override

from app.boot import Session
from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.host.charts import Charts
from engine.host.clock import steady
from engine.host.cycle import Cycle
from engine.host.desks import Desks
from engine.host.host import Host
from engine.host.player import Player
from engine.host.transport import Transport
from engine.kernel.step import Kernel
from engine.store import journal, past
from engine.store.journal import Recording
from engine.store.profile import Lock, Profile
from engine.store.writer import Writer
from engine.views import topics
from engine.views.listed import ConnectionsView
from engine.views.status import SpineView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.core.commands import AnyCommand
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, Topic
    from engine.kernel.state import State

REPLAY: Final = "replay"
FRAME_S: Final = 0.016
IDLE_S: Final = 0.1
BAR_EVERY_NS: Final = 100_000_000
LATEST: Final = "latest"
REFUSED: Final = "This is a replay: nothing is asked of the engine and nothing reaches a venue."


def find(folder: Path, name: str) -> Path:
    """Return the journal a word stands for: a file, a session of a folder by its name, or ``latest``.

    Raises
    ------
    InputError
        If there is none.
    """
    from pathlib import Path

    known = journal.sessions(folder)
    named = [one for one in known if name in {one.stem, one.name} or one.stem.startswith(name)]
    if name == LATEST and known:
        return known[-1]
    exact = [one for one in named if one.stem == name] or named
    if len(exact) == 1:
        return exact[0]
    if len(exact) > 1:
        msg = f"{name} stands for {len(exact)} sessions of {folder}: {', '.join(one.stem for one in exact[:4])}…"
        raise InputError(msg)
    path = Path(name)
    if path.is_file():
        return path
    msg = f"{name} is no session of {folder} and no journal"
    raise InputError(msg)


class WatchedKernel(Kernel):
    """The kernel of a replay as docks see it: whichever the player has now, in the mode of a replay."""

    def __init__(self, player: Player) -> None:
        self._player = player

    @property
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
        if isinstance(found, SpineView | ConnectionsView):
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
        told = 0
        while True:
            busy = self.transport.tick(steady())
            for topic in self.transport.take_changed():
                self.changed(topic)
            if self.transport.moved:
                self.transport.moved = False
                self._turn()
            if steady() - told >= BAR_EVERY_NS:
                told = steady()
                for topic in (topics.REPLAY, topics.DECISIONS, topics.SPINE):
                    self.changed(topic)
            await asyncio.sleep(FRAME_S if busy else IDLE_S)

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
    kernel, clock = WatchedKernel(player), ReplayClock(transport)
    writer = Writer(None, None, on_kept=lambda _: None, on_trouble=lambda *_: None)
    host = ReplayHost(kernel, writer, clock, loop, changed=changed, broken=lambda _: None)
    desks = Desks((), host, loop)
    ledger = profile.ledger("demo") or profile.folder
    charts = Charts(player.kernel.state, loop, changed)
    session = ReplaySession(
        profile, REPLAY, kernel, host, writer, ledger, path, lock, None, clock, iter(()), desks,
        Cycle((), desks.venues, host), charts,
    )  # fmt: skip
    session.transport, session.changed, session.moved = transport, changed, lambda: None
    session.charts = _charts(session)
    return session


def _charts(session: ReplaySession) -> Charts:
    """Return what samples the kernel that is played; what came before is read from the journal."""

    def read(instrument: InstrumentId, before: int, scale: float, lot: float) -> past.Past:
        return past.trades(session.ledger, session.journal.parent, instrument, before, scale, lot)

    loop = asyncio.get_running_loop()
    return Charts(session.transport.player.kernel.state, loop, session.changed, read)
