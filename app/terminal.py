"""`atmx` without a command: opens the terminal and runs it to its end.

The window is painted first; profile, ledger and engine open behind it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from app import paths
from app.setting_store import Store
from app.settings import Source
from engine.core.effects import Level
from engine.core.errors import ConfigError, InputError, StoreError, Unavailable, UserError
from engine.store.profile import Lock, Profile
from engine.views import topics

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from app import boot
    from app.boot import Session
    from app.bridge import Bridge
    from app.comeback import Comeback
    from app.crash import LastResort
    from app.desktop import Desktop
    from app.habits import Memory
    from app.leaving import Leaving
    from app.logs import Logs
    from app.window import Window
    from engine.core.errors import InvariantBroken
    from engine.core.ids import Topic
    from engine.core.units import Nanos
    from engine.views.status import NoticeRow
    from widgets.crashsheet import CrashSheet
    from widgets.frame import FrameClock

KILL_EVERY_S: Final = 0.1
SIZE: Final = (1920, 1080)


def run(args: argparse.Namespace) -> int:
    """Open the terminal; return its exit code."""
    from app import crash, refuse
    from app.logs import open_logs

    refuse.check()
    profile = place(args).make()
    store = Store(profile.settings, typed=said(args))
    with open_logs(profile.logs) as logs, crash.faults(profile.logs):
        return _run(args, logs, store)


def said(args: argparse.Namespace) -> dict[str, str]:
    """Return what the command line says of settings, by key."""
    desk = "demo" if args.demo or args.headless else args.desk
    return {key: text for key, text in (("look.theme", args.theme), ("start.desk", desk)) if text}


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
    try:
        code = loop.run(terminal.main, terminal.report)
    finally:
        levels.end()
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


def place(args: argparse.Namespace) -> Profile:
    """Return the profile whose files a run writes: a replay has one of its own in it, as it runs beside a session."""
    profile = paths.profile(args.profile)
    return Profile(profile.folder / "replay") if args.replay else profile


class Terminal:
    """One run of the program."""

    def __init__(self, args: argparse.Namespace, logs: Logs, store: Store | None = None) -> None:
        self.args = args
        self._logs = logs
        self.store = store or Store(paths.profile(args.profile).settings, typed=said(args))
        """Settings of the profile; of a desk's own file where it has one."""
        self.began = time.monotonic()
        self.painted: float | None = None
        """Seconds until the first window was painted."""
        self.painted_at_ns: int | None = None
        """The same moment on the system's clock, for whoever started the process."""
        self.failure: UserError | StoreError | None = None
        self.session: Session | None = None
        self.window: Window | None = None
        self.bridge: Bridge | None = None
        self.crashes = 0
        """Exceptions nobody caught."""
        self._last: LastResort | None = None
        self._profile = place(args)
        self._lock = Lock(self._profile.lock)
        self._habits: Memory | None = None
        self._desktop: Desktop | None = None
        self._comeback: Comeback | None = None
        self._leaving: Leaving | None = None
        self._sheet: CrashSheet | None = None
        self._leave = asyncio.Event()
        self._size = _size(args.size)

    async def main(self) -> int:
        """Show the window, open the session, and stay until something says leave."""
        from app import leaving, single
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
        self._leaving = leaving.Leaving(window, self._live_orders, self._sending, self._cancel_all)
        self._leaving.left.connect(self._leave.set)
        window.closed.connect(self._leaving.ask)
        loop = asyncio.get_running_loop()
        helpers = [
            loop.create_task(self._comeback.beat()),
            loop.create_task(single.answer(self._profile.folder, window.come_up)),
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

        wanted = self.store.now.text("start.desk")
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

        window.choose(0)
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

        return hosts.SPLITTERS if self._safe() else self.store.now.text("start.docks")

    def _safe(self) -> bool:
        return self._comeback is not None and self._comeback.safe

    def report(self, error: BaseException, where: str) -> None:
        """Nobody caught an exception: halt trading, tell the trader, keep the screen."""
        from app.crash import LastResort

        if self._last is None:
            self._last = LastResort(
                self._profile.logs, halt=self._halt, reduce_only=self._reduce, tell=self._tell, lines=self._lines
            )
        self._last.report(error, where)
        self.crashes += 1

    async def _welcome(self, window: Window, note: str) -> str:
        """Offer the simulated day and the desk on one page; return the mode that was chosen."""
        from app import first_run

        page = first_run.page(str(self._profile.folder), window, self.store, note)
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
        from app import at_start, boot, loglevels, memory
        from app.bridge import Bridge
        from app.serving import Serving
        from widgets.frame import FrameClock

        loop = asyncio.get_running_loop()
        options = await self._options(mode)
        clock = FrameClock(self._view, now=self._now, parent=window)
        profile, lock = self._place(mode)
        serving = Serving(self.store.now)

        def changed(topic: Topic) -> None:
            clock.mark(topic)
            serving.mark(topic)

        mark = changed if self.store.now.flag("api.on") else clock.mark
        self.session = boot.open_session(profile, options, loop, lock=lock, changed=mark, broken=self._broken)
        self.bridge = Bridge(self.session, window, clock, self.store)
        self.bridge.chain.verify()
        window.show_lag(lambda: _p99(loop), then=lambda: _each_second(clock))
        window.show_logs(self._program_log, self._open_logs)
        for switch in self._comeback.switches(self.session.kernel.state) if self._comeback is not None else ():
            self.session.host.ask(switch)  # before the day begins: no strategy is asked in safe mode
        self.session.play(loop)
        self.bridge.alarms.alarms.start()
        helpers = [loop.create_task(self._watch_kill()), loop.create_task(self._first_choice())]
        state = self.session.kernel.state
        if not self._safe():
            helpers.append(loop.create_task(at_start.ask(self.store.now, state, self.session.host.ask)))
        if self.store.now.flag("updates.check"):
            from app import updates

            helpers.append(loop.create_task(updates.follow(window.tell)))
        self._say_mode(window, mode)
        events = loglevels.follow_events(self.session, self._profile.logs, self.store.now.flag("log.events"))
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
        clock = FrameClock(self._view, now=self._now, parent=window)
        session = replaying.open_replay(base, path, loop, changed=clock.mark, lock=self._lock)
        self.session = session
        self.bridge = Bridge(session, window, clock, self.store)
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

    async def _options(self, mode: str) -> boot.Options:
        """Return what the session is opened with; its venues are simulated ones, real ones on paper, or real ones."""
        from app import boot, wiring

        keyring, days = not self.args.headless, self.store.now.whole("data.keep_journals") // 86_400
        if mode == "demo":
            simulated = wiring.simulated(self.args.seed, self.args.speed)
            seed, speed = self.args.seed, self.args.speed
            day = boot.Options(
                demo=True, seed=seed, speed=speed, keyring=keyring, wiring=simulated, keep_journals_days=days
            )
            return self._recorded(day)
        live = mode == "live"
        place = self._place_of(mode)
        found = self._settings(place).now
        desk = await wiring.desk(place, live=live, addresses=self.args.endpoints, keyring=keyring, found=found)
        made = boot.Options(demo=False, live=live, keyring=keyring, wiring=desk, keep_journals_days=days)
        return self._recorded(made)

    def _recorded(self, options: boot.Options) -> boot.Options:
        """Add what the settings say of the recorder, and of what prices assets."""
        from engine.store.writer import Rotation

        now = self.store.now
        rotate = Rotation(now.whole("data.journal_file_mb") * 1_000_000, float(now.whole("data.journal_file_age")))
        room, packed = now.whole("data.journals_gb") * 1_000_000_000, now.whole("data.pack_journals") // 86_400
        table = now.texts("options.assets")
        return dataclasses.replace(options, rotate=rotate, journals_bytes=room, pack_days=packed, assets=table)

    def _settings(self, place: Profile) -> Store:
        """Return the settings of a desk: those of its own file where it has one, else the profile's."""
        if place is not self._profile and place.settings.exists():
            self.store = Store(place.settings, typed=said(self.args))
        return self.store

    def _say_mode(self, window: Window, mode: str) -> None:
        """Say who opened the live desk where it was no click: it is disarmed whatever that was."""
        source = self.store["start.desk"].source
        if mode == "live" and source in {Source.FILE, Source.ENVIRONMENT}:
            who = "TRADE_MODE in the environment" if source is Source.ENVIRONMENT else "start.desk of the settings"
            window.tell(f"The live desk was opened by {who}. It is disarmed: arm it in the menu.", Level.WARN)

    def _place_of(self, mode: str) -> Profile:
        """Return the profile of a mode: beside a simulated day's, unless the folder was named on purpose."""
        if mode == "demo" or self.args.profile is not None:
            return self._profile
        return Profile(self._profile.folder / "desk")

    def _place(self, mode: str) -> tuple[Profile, Lock]:
        """Return the profile of a mode, held."""
        profile = self._place_of(mode)
        if profile is self._profile:
            return profile, self._lock
        profile.make()
        lock = Lock(profile.lock)
        lock.take()
        return profile, lock

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
        if self.args.gallery is not None and self.bridge is not None:
            from app import gallery

            self.args.gallery.mkdir(parents=True, exist_ok=True)
            await gallery.take(window, self.args.gallery, self.bridge.clock)
        if self.args.shots is not None:
            from app import shots

            self.args.shots.mkdir(parents=True, exist_ok=True)
            extra = self.bridge.dialogs() if self.bridge is not None else {}
            await shots.take(window, self.args.shots, extra)
            await shots.over(window, self.args.shots)
            if self.args.headless and not self.args.replay and self.session is not None:
                await shots.halted(window, self.args.shots, self.session.kernel.state.session.account_name)

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

    async def _watch_kill(self) -> None:
        """Halt when another process asks for it by a file in the profile."""
        from app.commands.kill import FILE

        if self.session is None:
            return
        signal = self.session.profile.folder / FILE
        while True:
            if signal.exists():
                if self._halted():
                    signal.unlink(missing_ok=True)  # that is the answer, so it comes after the deed
                else:
                    self._halt("asked for by atmx kill in another process")
            await asyncio.sleep(KILL_EVERY_S)

    def _reduce(self, why: str) -> None:
        from engine.core.commands import ReduceOnly

        if self.session is not None:
            self.session.host.ask(ReduceOnly(on=True))

    def _tell(self, words: str, file: Path | None) -> None:
        """Say it where the trader looks, and on stderr."""
        from engine.views.status import NoticeRow

        where = "" if file is None else f" Report: {file.name}"
        sys.stderr.write(f"atmx: {words}{where}\n")
        if self.window is not None:
            row = NoticeRow(
                id=0, at=self._now(), level=int(Level.DANGER), code="CRASH", text=words + where, subject="", times=1
            )
            self.window.toasts.show_notice(row)
            if file is not None and not self.args.headless:
                self._show_report(self.window, words, file)

    def _show_report(self, window: Window, words: str, file: Path) -> None:
        from widgets.crashsheet import LONGEST, CrashSheet

        if self._sheet is None:
            self._sheet = CrashSheet(window)
            self._sheet.save_wanted.connect(self._save_report)
            self._sheet.folder_wanted.connect(self._open_logs)
        with file.open(encoding="utf-8", errors="replace") as report:
            self._sheet.show_report(words, report.read(LONGEST))

    def _save_report(self, text: str) -> None:
        from PySide6.QtWidgets import QFileDialog

        from widgets.files import FileDialog

        dialog = FileDialog(self._sheet, "Save the crash report")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile("atmx-crash.txt")
        dialog.fileSelected.connect(lambda path: self._saved_report(path, text))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: KILL works over it

    def _saved_report(self, path: str, text: str) -> None:
        from pathlib import Path

        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as e:
            if self.window is not None:
                self.window.tell(f"The report was not written: {e.strerror}", Level.WARN)

    def _open_logs(self) -> None:
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices

        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._profile.logs)))

    def _live_orders(self) -> list[str]:
        from app.leaving import live_orders

        return [] if self.session is None or self.session.host.stopped else live_orders(self.session)

    def _sending(self) -> list[str]:
        from app.leaving import sending

        return [] if self.session is None else sending(self.session)

    def _cancel_all(self) -> None:
        from engine.core.commands import CancelAll

        if self.session is not None:
            self.session.host.ask(CancelAll())

    def _program_log(self) -> list[NoticeRow]:
        """Return the program's own log for the dock, oldest first."""
        from engine.views.status import NoticeRow

        return [
            NoticeRow(id=n, at=line.at, level=line.level, code=line.logger, text=line.text, subject="", times=1)
            for n, line in enumerate(self._logs.recent())
        ]

    def _lines(self) -> list[str]:
        """Return the last log lines, for a crash report."""
        return [line.text for line in self._logs.recent()[-200:]]

    def _halt(self, why: str) -> None:
        from engine.core.commands import Halt

        if self.session is not None:
            self.session.host.ask(Halt(why=why))

    def _halted(self) -> bool:
        """Whether nothing opens any more; an engine that has stopped opens nothing, either."""
        session = self.session
        return session is None or session.host.stopped or bool(session.kernel.state.session.halted_by)

    def _broken(self, error: InvariantBroken) -> None:
        """The kernel stopped on a contradiction: it takes no further event, the screen stays."""
        self.report(error, "kernel")

    def _view(self, topic: Topic) -> object:
        from engine.host.charts import VIEWS
        from engine.host.clock import steady
        from engine.views import topics

        if self.session is None:
            return None
        if topic == topics.ALARMS:
            return None if self.bridge is None else self.bridge.alarms.alarms.view()
        if topic == topics.BACKTESTS:
            return None if self.bridge is None else self.bridge.backtests.view()
        if topic == topics.LATENCY:
            return self.session.host.latency.view(steady())
        if topic.view in VIEWS:
            return self.session.charts.view(topic)
        if topic in {topics.RECORDER, topics.REPLAY, topics.DECISIONS}:
            return self.session.extra(topic)
        return self.session.kernel.view(topic)

    def _now(self) -> Nanos:
        from engine.core.units import Nanos

        return self.session.clock.now() if self.session is not None else Nanos(0)

    async def _wind_up(self, window: Window) -> None:
        """Write everything, then say what was done."""
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
        document |= {"painted_at_ns": self.painted_at_ns, "rss_mb": memory.held_mb()}
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()


def _each_second(clock: FrameClock) -> None:
    """Have what is measured beside the kernel looked at again."""
    from engine.views import topics

    clock.mark(topics.LATENCY)
    clock.mark(topics.RECORDER)


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
