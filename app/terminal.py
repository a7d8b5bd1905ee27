"""`atmx` without a command: opens the terminal and runs it to its end.

The window is painted first; profile, ledger and engine open behind it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from app import opening, paths
from app.brakes import Brakes
from app.setting_store import Store
from app.trace import Tracing
from engine.core.effects import Level
from engine.core.errors import ConfigError, InputError, StoreError, Unavailable, UserError
from engine.store.profile import Profile
from engine.views import topics

if TYPE_CHECKING:
    import argparse

    from app.boot import Session
    from app.bridge import Bridge
    from app.comeback import Comeback
    from app.crash_desk import CrashDesk
    from app.desktop import Desktop
    from app.habits import Memory
    from app.leaving import Leaving
    from app.logs import Logs
    from app.window import Window
    from engine.core.errors import InvariantBroken
    from engine.core.ids import Topic
    from engine.core.units import Nanos

SIZE: Final = (1920, 1080)
REST_AFTER_S: Final = 0.5
"""After the first painting, before docks are made that nobody has asked for: the session opens first."""
BETWEEN_S: Final = 0.03
"""From one of them to the next."""


def run(args: argparse.Namespace) -> int:
    """Open the terminal; return its exit code."""
    from app import crash, refuse
    from app.logs import open_logs

    refuse.check()
    profile = opening.place(args).make()
    store = Store(profile.settings, typed=opening.said(args))
    with open_logs(profile.logs) as logs, crash.faults(profile.logs):
        return _run(args, logs, store)


def _run(args: argparse.Namespace, logs: Logs, store: Store) -> int:
    _choose_platform(args.headless or args.shots is not None or args.gallery is not None)
    from PySide6.QtWidgets import QApplication

    from app import dressing, loop
    from app.loglevels import Levels
    from app.logs import hear_qt
    from widgets import focus

    hear_qt()
    app = QApplication.instance() or QApplication(["atmx"])
    if isinstance(app, QApplication):
        app.setApplicationName("atmx")
        dressing.follow(app, store)
        focus.Focus(app)
    terminal = Terminal(args, logs, store)
    levels = Levels()
    levels.follow(store)
    if args.trace is not None:
        terminal.tracing.begin(args.trace)
    terminal.tracing.follow(store)
    try:
        code = loop.run(terminal.main, terminal.report)
    finally:
        levels.end()
        terminal.tracing.end()
    if terminal.failure is not None:
        raise terminal.failure
    return code


def _choose_platform(headless: bool) -> None:
    """Draw offscreen when asked to; refuse in words where there is no screen."""
    if headless:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not shown:
        msg = "there is no screen (DISPLAY is not set); --headless runs the same session without one"
        raise Unavailable(msg)


class Terminal:
    """One run of the program."""

    def __init__(self, args: argparse.Namespace, logs: Logs, store: Store | None = None) -> None:
        self.args = args
        self._logs = logs
        self.opening = opening.Opening(args, store)
        self.began = time.monotonic()
        self.painted: float | None = None
        """Seconds until the first window was painted."""
        self.painted_at_ns: int | None = None
        """The same moment on the system's clock, for whoever started the process."""
        self.painted_cpu_s: float | None = None
        """Processor time until then: what a busy machine does not change much."""
        self.failure: UserError | StoreError | None = None
        self.session: Session | None = None
        self.window: Window | None = None
        self.bridge: Bridge | None = None
        self.crashes = 0
        """Exceptions nobody caught."""
        self._profile = self.opening.profile
        self._lock = self.opening.lock
        self._brakes = Brakes(lambda: self.session)
        self._crash_desk: CrashDesk | None = None
        self._habits: Memory | None = None
        self._desktop: Desktop | None = None
        self._comeback: Comeback | None = None
        self._leaving: Leaving | None = None
        self._leave = asyncio.Event()
        self._size = _size(args.size)
        self.tracing = Tracing(self._profile.logs, self._say)
        """Where the time goes, while somebody asks."""

    async def main(self) -> int:
        """Show the window, open the session, and stay until something says leave."""
        from app import memory, single
        from app.comeback import Comeback
        from app.window import Window

        try:
            self._profile.make()
            self._lock.take()  # who comes second is turned away before there is anything to see
        except Unavailable as e:
            return await self._second(e)
        except (UserError, StoreError) as e:
            self.failure = e
            return 2
        self._comeback = Comeback(self._profile.folder, safe=self.args.safe, watched=not self.args.headless)
        window = self.window = Window(self._now, self._docks())
        window.resize(*self._size)
        self._restore(window)
        window.show()
        await asyncio.sleep(0)
        window.repaint()
        self.painted = time.monotonic() - self.began
        self.painted_at_ns = time.time_ns()
        self.painted_cpu_s = round(time.process_time(), 3)
        memory.painted()
        from app import leaving

        self._leaving = leaving.Leaving(window, self._live_orders, self._sending, self._brakes.cancel_all)
        self._leaving.left.connect(self._leave.set)
        window.closed.connect(self._leaving.ask)
        window.registry.offer("window.trace", self.tracing.switch)
        loop = asyncio.get_running_loop()
        helpers = [
            loop.create_task(self._comeback.beat()),
            loop.create_task(single.answer(self._profile.folder, window.come_up)),
            loop.create_task(_make_the_rest(window)),
        ]
        try:
            await self._sessions(window)
        except (UserError, StoreError) as e:
            self.failure = e
            return 2
        finally:
            for helper in helpers:
                helper.cancel()
            await self._wind_up(window)
        return 0

    async def _second(self, taken: Unavailable) -> int:
        """Another process holds the profile: have its window come up, or say who it is."""
        from app import single

        if not self.args.headless and await single.ask(self._profile.folder):
            sys.stdout.write("atmx is running on this profile already: its window was brought to the front\n")
            return 0
        self.failure = taken
        return 2

    async def _sessions(self, window: Window) -> None:
        """Run the session that was asked for, on the command line or on the first page."""
        if self.args.replay:
            await self._run_replay(window, self.args.replay)
            return
        from app import comeback

        wanted = self.opening.store.now.text("start.desk")
        mode = "" if wanted == "ask" else wanted
        note = self._comeback.words() if self._comeback is not None else ""
        while not self._leave.is_set():
            chosen = mode or await self._welcome(window, note)
            if self._leave.is_set():
                return
            if chosen == "live" and self._safe():
                mode, note = "", comeback.NO_LIVE
                continue
            try:
                await self._run_session(window, chosen)
            except ConfigError as e:
                if mode:
                    raise
                note = str(e)  # what can be mended outside is told where the choice is made again
            else:
                return

    def _restore(self, window: Window) -> None:
        """Put the window as it was left; in safe mode as it was made."""
        from app import habits, layout
        from app.desktop import Desktop
        from app.hotkeys import Hotkeys
        from app.watching import Watching

        hotkeys = Hotkeys(window, self._profile.hotkeys)
        window.registry.offer("window.hotkeys", hotkeys.edit)
        if self.args.reset_layout:
            layout.forget(self._profile.layout)
        if not self._safe():
            hotkeys.restore()
        Watching(window, None if self._safe() else self._profile.watchlists).restore()
        self._habits = habits.Memory(window, None if self._safe() else self._profile.habits)
        self._habits.restore()
        self._desktop = Desktop(window, None if self._safe() else self._profile.layout)
        window.arrange_with(self._desktop)
        wrong = self._desktop.restore() or window.without_docks
        if not self.args.size and window.placed() is not None:  # else no window system, or a size that was asked for
            window.put(self._desktop.main or layout.WindowLayout(width=SIZE[0], height=SIZE[1]))
        if wrong:
            window.tell(wrong, Level.WARN)
        if self._comeback is not None and self._comeback.words():
            window.banner.say(self._comeback.words)

    def _docks(self) -> str:
        """Return which dock host is wanted; the one that is always there in safe mode."""
        from app import hosts

        return hosts.SPLITTERS if self._safe() else self.opening.store.now.text("start.docks")

    def _safe(self) -> bool:
        return self._comeback is not None and self._comeback.safe

    def report(self, error: BaseException, where: str) -> None:
        """Nobody caught an exception: halt trading, tell the trader, keep the screen."""
        self._reports().report(error, where)
        self.crashes += 1

    def _reports(self) -> CrashDesk:
        """Return what tells of crashes; made when first wanted, as the window comes before it."""
        from app.crash_desk import CrashDesk

        if self._crash_desk is None:
            self._crash_desk = CrashDesk(
                self._profile.logs,
                self._logs,
                self._brakes,
                window=lambda: self.window,
                now=self._now,
                watched=not self.args.headless,
            )
        return self._crash_desk

    async def _welcome(self, window: Window, note: str) -> str:
        """Offer the simulated day and the desk on one page; return the mode that was chosen."""
        from app import first_run

        page = first_run.page(str(self._profile.folder), window, self.opening.store, note)
        page.show()
        page.setFocus()
        started = asyncio.Event()
        chosen = ["demo"]

        def desk(mode: str) -> None:
            chosen[0] = mode
            started.set()

        page.started.connect(started.set)
        for begins in (page.started, page.desk_wanted):
            begins.connect(lambda: window.coach.begin())
        page.desk_wanted.connect(desk)
        waits = [asyncio.ensure_future(e.wait()) for e in (started, self._leave)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        page.hide()
        page.deleteLater()
        return chosen[0]

    async def _run_session(self, window: Window, mode: str) -> None:
        from app import at_start, boot, loglevels, memory, viewing
        from app.bridge import Bridge
        from app.plans import Plans
        from app.serving import Serving
        from widgets.frame import FrameClock

        loop = asyncio.get_running_loop()
        options = await self.opening.options(mode)
        clock = FrameClock(self.view, now=self._now, parent=window)
        profile, lock = self.opening.hold(mode)
        serving = Serving(self.opening.store.now)

        def changed(topic: Topic) -> None:
            clock.mark(topic)
            serving.mark(topic)

        mark = changed if self.opening.store.now.flag("api.on") else clock.mark
        self.session = boot.open_session(profile, options, loop, lock=lock, changed=mark, broken=self._broken)
        self.bridge = Bridge(self.session, window, clock, self.opening.store)
        self.bridge.chain.verify()
        window.show_lag(lambda: _p99(loop), then=lambda: viewing.each_second(clock))
        window.show_logs(self._reports().program_log, self._reports().open_logs)
        for switch in self._comeback.switches(self.session.kernel.state) if self._comeback is not None else ():
            self.session.host.ask(switch)  # before the day begins: no strategy is asked in safe mode
        self.session.play(loop)
        Plans(window, None if self._safe() else profile.plans, mode).restore(self.session.clock.now())
        self.bridge.alarms.alarms.start()
        helpers = [loop.create_task(self._brakes.watch(self.session)), loop.create_task(self._first_choice())]
        state = self.session.kernel.state
        if not self._safe():
            helpers.append(loop.create_task(at_start.ask(self.opening.store.now, state, self.session.host.ask)))
        if self.opening.store.now.flag("updates.check"):
            from app import updates

            helpers.append(loop.create_task(updates.follow(window.tell)))
        who = self.opening.opened_by(mode)
        if who:
            window.tell(who, Level.WARN)
        events = loglevels.follow_events(self.session, self._profile.logs, self.opening.store.now.flag("log.events"))
        await serving.start(self.session, window, self.bridge, lambda: _p99(loop))
        try:
            with memory.calmed():
                await self._stay(window)
        finally:
            if events is not None:
                events.close()
            await serving.stop()
            for helper in helpers:
                helper.cancel()
            await self.bridge.alarms.alarms.stop()
            clock.stop()

    async def _run_replay(self, window: Window, name: str) -> None:
        """Play a recorded session until the window is closed."""
        from app import memory, replaying
        from app.bridge import Bridge
        from widgets.frame import FrameClock

        loop = asyncio.get_running_loop()
        base = paths.profile(self.args.profile)
        folders = [base.journals, Profile(base.folder / "desk").journals]
        path = replaying.find(folders, name)
        clock = FrameClock(self.view, now=self._now, parent=window)
        session = replaying.open_replay(base, path, loop, changed=clock.mark, lock=self._lock)
        self.session = session
        self.bridge = Bridge(session, window, clock, self.opening.store)
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

    async def _stay(self, window: Window) -> None:
        """Stay until the window is closed, the time is up, or (headless) the day's work is done."""
        try:
            async with asyncio.timeout(self.args.exit_after):
                if self.args.headless and not self.args.replay:
                    await self._work(window)
                else:
                    await self._leave.wait()
        except TimeoutError:
            pass
        if self.bridge is not None:
            from app import picturing

            await picturing.take(self.args, window, self.bridge)

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

    def _say(self, words: str) -> None:
        """Say it at the foot of the window; before there is one and after it, on stderr."""
        if self.window is not None:
            self.window.tell(words)
        else:
            sys.stderr.write(f"atmx: {words}\n")

    def _live_orders(self) -> list[str]:
        from app.leaving import live_orders

        return [] if self.session is None else live_orders(self.session)

    def _sending(self) -> list[str]:
        from app.leaving import sending

        return [] if self.session is None else sending(self.session)

    def _broken(self, error: InvariantBroken) -> None:
        """The kernel stopped on a contradiction: it takes no further event, the screen stays."""
        self.report(error, "kernel")

    def view(self, topic: Topic) -> object:
        """Return the view of a topic as it is now; None where there is none."""
        from app import viewing

        return None if self.session is None else viewing.view(self.session, self.bridge, topic)

    def _now(self) -> Nanos:
        from engine.core.units import Nanos

        return self.session.clock.now() if self.session is not None else Nanos(0)

    async def _wind_up(self, window: Window) -> None:
        """Write everything, then say what was done."""
        self.tracing.end()
        if self._leaving is not None:
            self._leaving.end()
        if self._desktop is not None:
            self._desktop.save()
        if self._habits is not None:
            self._habits.save()
        if self.bridge is not None:
            self.bridge.backtests.stop()
        if self.session is not None:
            await self.session.leave()
            if self.args.json:
                self._print(self.session)
        if self._comeback is not None:
            self._comeback.end()
        self._lock.free()
        window.wind_up()

    def _print(self, session: Session) -> None:
        if self.args.replay:
            found = session.extra(topics.REPLAY)
            sys.stdout.write(json.dumps(msgspec.to_builtins(found)) + "\n")
            return
        from app import memory, report
        from app.commands import chain

        found = chain.verify(session.ledger, session.vault)
        document = report.of_session(session, chain_ok=found.ok, seconds=time.monotonic() - self.began)
        document |= {
            "painted_at_ns": self.painted_at_ns,
            "painted_cpu_s": self.painted_cpu_s,
            "rss_mb": memory.held_mb(),
        }
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()


async def _make_the_rest(window: Window) -> None:
    """Make the docks of workspaces that were not seen yet, one a turn, so that none holds a frame for long."""
    from app import memory

    await asyncio.sleep(REST_AFTER_S)
    for one in tuple(window.workspaces):
        while not one.is_made and one in window.workspaces:  # a clone may be deleted meanwhile
            one.make_one()
            await asyncio.sleep(BETWEEN_S)
    memory.settled()


def _p99(loop: asyncio.AbstractEventLoop) -> float | None:
    from app.qtloop import AtmxLoop

    lag = loop.lag() if isinstance(loop, AtmxLoop) else None
    return None if lag is None else lag.p99_ms


def _size(text: str) -> tuple[int, int]:
    if not text:
        return SIZE
    wide, cross, high = text.partition("x")
    if not (cross and wide.isdecimal() and high.isdecimal() and int(wide) >= 800 and int(high) >= 600):
        msg = f"--size is width x height of at least 800x600, was {text!r}"
        raise InputError(msg)
    return int(wide), int(high)
