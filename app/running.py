"""A session of the terminal while it runs: what is opened with it, what follows it, and until when it stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app import opening, paths
from app.brakes import Brakes
from engine.core.effects import Level
from engine.store.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.bridge import Bridge
    from app.comeback import Comeback
    from app.crash_desk import CrashDesk
    from app.opening import Opening
    from app.window import Window
    from engine.core.errors import InvariantBroken
    from engine.core.ids import Topic
    from engine.core.units import Nanos


class Running:
    """Runs one session, or plays one that was recorded, in a window that stands.

    Parameters
    ----------
    leave : asyncio.Event
        Set when the terminal is to be left.
    reports : callable
        Returns what tells of crashes.
    report : callable
        Told of an exception nobody caught, and where it was raised.
    """

    def __init__(
        self,
        opening: Opening,
        leave: asyncio.Event,
        reports: Callable[[], CrashDesk],
        report: Callable[[BaseException, str], None],
    ) -> None:
        self.session: Session | None = None
        self.bridge: Bridge | None = None
        self.brakes = Brakes(lambda: self.session)
        self._opening = opening
        self._leave = leave
        self._reports = reports
        self._report = report

    async def trade(self, window: Window, mode: str, comeback: Comeback | None) -> None:
        """Run a session of a mode until the terminal is left. Raises ConfigError if it cannot be opened."""
        from app import at_start, boot, loglevels, memory, viewing
        from app.bridge import Bridge
        from app.plans import Plans
        from app.serving import Serving
        from widgets.frame import FrameClock

        loop, now = asyncio.get_running_loop(), self._opening.store.now
        safe = comeback is not None and comeback.safe
        if mode != "demo" and not await self._unlocked(window):
            return
        options = await self._opening.options(mode)
        clock = FrameClock(self.view, now=self.now, parent=window)
        profile, lock = self._opening.hold(mode)
        serving = Serving(now)

        def changed(topic: Topic) -> None:
            clock.mark(topic)
            serving.mark(topic)

        mark = changed if now.flag("api.on") else clock.mark
        session = self.session = boot.open_session(profile, options, loop, lock=lock, changed=mark, broken=self._broken)
        ring = self._opening.ring(profile)
        bridge = self.bridge = Bridge(session, window, clock, self._opening.store, ring)
        bridge.chain.verify()
        window.show_lag(lambda: _p99(loop), then=lambda: viewing.each_second(clock))
        window.show_logs(self._reports().program_log, self._reports().open_logs)
        for switch in comeback.switches(session.kernel.state) if comeback is not None else ():
            session.host.ask(switch)  # before the day begins: no strategy is asked in safe mode
        session.play(loop)
        Plans(window, None if safe else profile.plans, mode).restore(session.clock.now())
        bridge.alarms.alarms.start()
        helpers = [loop.create_task(self.brakes.watch(session)), loop.create_task(self._first_choice())]
        if not safe:
            helpers.append(loop.create_task(at_start.ask(now, session.kernel.state, session.host.ask)))
        if now.flag("updates.check"):
            from app import updates

            helpers.append(loop.create_task(updates.follow(window.tell)))
        who = self._opening.opened_by(mode)
        if who:
            window.tell(who, Level.WARN)
        events = loglevels.follow_events(session, self._opening.profile.logs, now.flag("log.events"))
        await serving.start(session, window, bridge, lambda: _p99(loop))
        try:
            with memory.calmed():
                await self._stay(window)
        finally:
            if events is not None:
                events.close()
            await serving.stop()
            for helper in helpers:
                helper.cancel()
            await bridge.alarms.alarms.stop()
            clock.stop()

    async def replay(self, window: Window, name: str) -> None:
        """Play a recorded session until the window is closed."""
        from app import memory, replaying
        from app.bridge import Bridge
        from widgets.frame import FrameClock

        loop = asyncio.get_running_loop()
        base = paths.profile(self._opening.args.profile)
        folders = [base.journals, Profile(base.folder / "desk").journals]
        path = replaying.find(folders, name)
        clock = FrameClock(self.view, now=self.now, parent=window)
        session = replaying.open_replay(base, path, loop, changed=clock.mark, lock=self._opening.lock)
        self.session = session
        self.bridge = Bridge(session, window, clock, self._opening.store)
        replaying.wire(session, window, clock)
        window.show_lag(lambda: _p99(loop))
        session.play(loop)
        first = loop.create_task(self._first_choice())
        try:
            with memory.calmed():
                await self._stay(window)
        finally:
            first.cancel()
            clock.stop()

    async def _unlocked(self, window: Window) -> bool:
        """Ask for the passphrases of files of keys that the desk needs; return whether it is still to be opened."""
        ring = self._opening.desk_ring()
        locked = [name for name in self._opening.venues() if ring.locked(name) and not ring.source_of(name)]
        args = self._opening.args
        if locked and (args.headless or args.exit_after is not None):  # nobody is there to type
            window.tell(f"keys that lie in a file are locked, so none are used: {', '.join(locked)}", Level.WARN)
        elif locked:
            from app.first_keys import FirstKeys

            await FirstKeys(window, ring, self._opening).unlock(locked, self._leave)
        return not self._leave.is_set()

    def view(self, topic: Topic) -> object:
        """Return the view of a topic as it is now; None where there is none."""
        from app import viewing

        return None if self.session is None else viewing.view(self.session, self.bridge, topic)

    def now(self) -> Nanos:
        """Return the session's time; zero before there is one."""
        from engine.core.units import Nanos

        return self.session.clock.now() if self.session is not None else Nanos(0)

    def live_orders(self) -> list[str]:
        """Return a line for each order that works at a venue for real money."""
        from app import leaving

        return [] if self.session is None else leaving.live_orders(self.session)

    def sending(self) -> list[str]:
        """Return a line for each thing that is on its way to a venue."""
        from app import leaving

        return [] if self.session is None else leaving.sending(self.session)

    async def _stay(self, window: Window) -> None:
        """Stay until the window is closed, the time is up, or (a demo day, headless) the day's work is done."""
        args = self._opening.args
        try:
            async with asyncio.timeout(args.exit_after):
                if opening.drives(args):
                    await self._work(window)
                else:
                    await self._leave.wait()
        except TimeoutError:
            pass
        if self.bridge is not None:
            from app import picturing

            await picturing.take(args, window, self.bridge)

    async def _work(self, window: Window) -> None:
        from app.headless import Driver

        if self.session is None or self.bridge is None:
            return
        driver = Driver(self.session, window, self.bridge)
        await driver.trade()
        await driver.settled()

    async def _first_choice(self) -> None:
        """Point the docks at a market as soon as there is one."""
        while self.bridge is not None and not self.bridge.turning.choose_first():  # noqa: ASYNC110 - it depends on the day
            await asyncio.sleep(0.05)

    def _broken(self, error: InvariantBroken) -> None:
        """The kernel stopped on a contradiction: it takes no further event, the screen stays."""
        self._report(error, "kernel")


def _p99(loop: asyncio.AbstractEventLoop) -> float | None:
    from app.qtloop import AtmxLoop

    lag = loop.lag() if isinstance(loop, AtmxLoop) else None
    return None if lag is None else lag.p99_ms
