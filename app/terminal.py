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

from app import opening
from app.running import Running
from app.setting_store import Store
from app.trace import Tracing
from engine.core.effects import Level
from engine.core.errors import ConfigError, InputError, StoreError, Unavailable, UserError
from engine.views import topics

if TYPE_CHECKING:
    import argparse

    from app.boot import Session
    from app.bridge import Bridge
    from app.comeback import Comeback
    from app.crash_desk import CrashDesk
    from app.desktop import Desktop
    from app.first_keys import FirstKeys
    from app.habits import Memory
    from app.leaving import Leaving
    from app.logs import Logs
    from app.window import Window
    from engine.core.ids import Topic

SIZE: Final = (1920, 1080)


def run(args: argparse.Namespace) -> int:
    """Open the terminal; return its exit code."""
    from app import crash, refuse
    from app.logs import open_logs

    refuse.check()
    opening.check(args)
    opening.room(args)
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
        self.window: Window | None = None
        self.crashes = 0
        """Exceptions nobody caught."""
        self._profile = self.opening.profile
        self._lock = self.opening.lock
        self._crash_desk: CrashDesk | None = None
        self._habits: Memory | None = None
        self._desktop: Desktop | None = None
        self._comeback: Comeback | None = None
        self._leaving: Leaving | None = None
        self._first_keys: FirstKeys | None = None
        self._leave = asyncio.Event()
        self._running = Running(self.opening, self._leave, self._reports, self.report)
        self._size = _size(args.size)
        self.tracing = Tracing(self._profile.logs, self._say)
        """Where the time goes, while somebody asks."""

    @property
    def session(self) -> Session | None:
        """The session; None before there is one."""
        return self._running.session

    @property
    def bridge(self) -> Bridge | None:
        """Between the session and the window; None before there is a session."""
        return self._running.bridge

    def view(self, topic: Topic) -> object:
        """Return the view of a topic as it is now; None where there is none."""
        return self._running.view(topic)

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
        window = self.window = Window(self._running.now, self._docks())
        window.resize(*self._size)
        self._restore(window)
        window.show()
        await asyncio.sleep(0)
        window.repaint()
        self.painted = time.monotonic() - self.began
        self.painted_at_ns = time.time_ns()
        self.painted_cpu_s = round(time.process_time(), 3)
        memory.painted()
        from app import idle_docks, leaving

        running = self._running
        self._leaving = leaving.Leaving(window, running.live_orders, running.sending, running.brakes.cancel_all)
        self._leaving.left.connect(self._leave.set)
        window.closed.connect(self._leaving.ask)
        window.registry.offer("window.trace", self.tracing.switch)
        loop = asyncio.get_running_loop()
        helpers = [
            loop.create_task(self._comeback.beat()),
            loop.create_task(single.answer(self._profile.folder, window.come_up)),
            loop.create_task(idle_docks.make(window)),
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
            await self._running.replay(window, self.args.replay)
            return
        from app import comeback, first_run

        wanted = self.opening.store.now.text("start.desk")
        mode = "" if wanted == "ask" else wanted
        note = self._comeback.words() if self._comeback is not None else ""
        while not self._leave.is_set():
            chosen = mode or await first_run.ask(
                str(self._profile.folder), window, self.opening.store, note, self._leave, self._offer_keys
            )
            if self._leave.is_set():
                return
            if chosen == "live" and self._safe():
                mode, note = "", comeback.NO_LIVE
                continue
            if self._first_keys is not None and self._first_keys.keys is not None:
                self._first_keys.keys.reject()  # what it says of desks is over once one opens
            try:
                await self._running.trade(window, chosen, self._comeback)
            except ConfigError as e:
                if mode:
                    raise
                note = str(e)  # what can be mended outside is told where the choice is made again
            else:
                return

    def _offer_keys(self) -> None:
        """Have keys given before a desk is opened, which is when it takes them."""
        from app.first_keys import FirstKeys

        if self.window is None:
            return
        if self._first_keys is None:
            self._first_keys = FirstKeys(self.window, self.opening.desk_ring(), self.opening)
        self._first_keys.choose()

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
                self._running.brakes,
                window=lambda: self.window,
                now=self._running.now,
                watched=not self.args.headless,
            )
        return self._crash_desk

    def _say(self, words: str) -> None:
        """Say it at the foot of the window; before there is one and after it, on stderr."""
        if self.window is not None:
            self.window.tell(words)
        else:
            sys.stderr.write(f"atmx: {words}\n")

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


def _size(text: str) -> tuple[int, int]:
    if not text:
        return SIZE
    wide, cross, high = text.partition("x")
    if not (cross and wide.isdecimal() and high.isdecimal() and int(wide) >= 800 and int(high) >= 600):
        msg = f"--size is width x height of at least 800x600, was {text!r}"
        raise InputError(msg)
    return int(wide), int(high)
