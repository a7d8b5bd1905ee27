"""Alerts at work: the rules are looked at once a second beside the kernel, and what they find goes out.

Nothing of it enters the kernel or its journal: a replay is the same whatever rules there are. One view is fetched a
turn of the loop, and only views that a rule needs. Quiet hours and waits go by the wall's clock, also on a simulated
day; what is written of an alert is the session's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject

from app import alarm_file, ringing
from app.key_kinds import CHANNELS as KEYED
from engine.alarms import hours as quiet_hours
from engine.alarms.judging import Fired, Watch
from engine.core.effects import Level
from engine.core.errors import InputError
from engine.core.ids import VenueId
from engine.core.units import Nanos
from engine.core.when import iso
from engine.host.clock import WallClock
from engine.host.messengers import Messenger, Note, Ntfy, Telegram, Webhook
from engine.views import topics
from engine.views.alarms import (
    CHANNEL_WORDS,
    CHANNELS,
    MOST_RULES,
    AlarmsView,
    ChannelLine,
    FiredLine,
    Hours,
    Rule,
    RuleLine,
    refusal,
)
from engine.views.status import NoticeRow

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from app.keys import KeyRing
    from engine.core.ids import Topic

LOOK_EVERY_S: Final = 1.0
SAVE_HISTORY_S: Final = 5.0
NAME: Final = 60
WALL: Final = WallClock()

log = logging.getLogger(__name__)


class Alarms(QObject):
    """The rules of one profile, and their channels.

    Parameters
    ----------
    folder : Path
        Of the profile.
    view : callable
        Returns the view of a topic.
    now : callable
        The session's clock.
    changed : callable
        Told the topic of the dock when it is out of date.
    ring : KeyRing
        Where the keys of channels are.
    tray : Tray
    toast : callable
        Shows a notice in the window's corner.
    silent : str
        Why nothing may leave this machine; empty where it may.
    steady, wall : callable
        Seconds on a steady clock; the time of day.
    """

    def __init__(
        self,
        folder: Path,
        *,
        view: Callable[[Topic], object],
        now: Callable[[], Nanos],
        changed: Callable[[Topic], None],
        ring: KeyRing,
        tray: ringing.Tray,
        toast: Callable[[NoticeRow], None],
        silent: str = "",
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], Nanos] = WALL.now,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder, self._view_of, self._now, self._ring = folder, view, now, ring
        self._steady, self._wall, self._toast, self._silent = steady, wall, toast, silent
        self.here = ringing.Here(tray, folder / "sounds")
        self._mark = changed
        self._kept, self.note = alarm_file.load(folder / alarm_file.RULES)
        self._history = alarm_file.load_history(folder / alarm_file.HISTORY)
        self._next = 1 + max((line.id for line in self._history), default=0)
        self._unsaved = False
        self._muted_until: float | None = None
        self._last: dict[str, Nanos] = {}
        self._found: dict[str, str] = {}
        """Channel to what its last test said."""
        self._wrong: dict[str, str] = {}
        """Channel to what is wrong with its keys."""
        self.messengers = {
            str(name): Messenger(CHANNEL_WORDS[str(name)], changed=self._changed, now=self._wall) for name in KEYED
        }
        self._watch = Watch()
        self._watch.take(self._kept.rules)
        self._tasks: set[asyncio.Task[None]] = set()

    # Its life

    def start(self) -> None:
        """Look from now on."""
        self._spawn(self._run())

    async def stop(self) -> None:
        """Look no more, give up what waits, and write what was told."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for messenger in self.messengers.values():
            await messenger.stop()
        self.here.tray.hide()
        self._save_history()

    async def look(self) -> None:
        """Look at every rule once."""
        views: dict[Topic, object] = {}
        for topic in sorted(self._watch.topics(), key=str):
            views[topic] = self._view_of(topic)
            await asyncio.sleep(0)  # the loop turns between two views: an order on its way waits for one at most
        for fired in self._watch.look(views, self._steady()):
            self._tell(fired)
        if self._watch.standings:
            self._changed()

    async def read_keys(self) -> None:
        """Read the keys of all channels anew; a keyring may ask somebody, so in a thread."""
        loop = asyncio.get_running_loop()
        for name, messenger in self.messengers.items():
            try:
                found = await loop.run_in_executor(None, self._ring.keys, VenueId(name))
            except InputError as e:
                messenger.keys, self._wrong[name] = None, str(e)
                continue
            self._wrong.pop(name, None)
            messenger.keys = found if isinstance(found, Telegram | Ntfy | Webhook) else None
            for secret in () if messenger.keys is None else messenger.keys.secrets():
                self._ring.secrets.hide(secret)
        self._changed()

    # What the dock asks for

    def put_rule(self, rule: Rule) -> str:
        """Add a rule, or change the one of its id; return why it cannot be, or nothing."""
        rules = {one.id: one for one in self._kept.rules}
        if not rule.id:
            taken = {int(one[1:]) for one in rules if one[1:].isdecimal()}
            rule = msgspec.structs.replace(rule, id=f"r{1 + max(taken, default=0)}")
        why = refusal(rule)
        if not why and rule.id not in rules and len(rules) >= MOST_RULES:
            why = f"there are {MOST_RULES} rules already: delete one first"
        if why:
            return why
        rules[rule.id] = rule
        return self._keep(rules=list(rules.values()))

    def delete_rule(self, rule_id: str) -> str:
        """Delete a rule; return why the file could not be written, or nothing."""
        return self._keep(rules=[one for one in self._kept.rules if one.id != rule_id])

    def set_hours(self, hours: Hours) -> str:
        """Set the quiet hours; return why they cannot be, or nothing."""
        return quiet_hours.refusal(hours) or self._keep(hours=hours)

    def switch(self, channel: str, on: bool) -> str:
        """Switch a channel on or off."""
        return self._keep(off=[name for name in self._kept.off if name != channel] + ([] if on else [channel]))

    def mute(self, seconds: float) -> None:
        """Let nothing be heard for a while; 0 ends that."""
        self._muted_until = self._steady() + seconds if seconds > 0 else None
        self._changed()

    def clear_history(self) -> None:
        """Forget what was told."""
        self._history.clear()
        self._unsaved = True
        self._save_history()
        self._changed()

    def test(self, channel: str) -> None:
        """Send a message through a channel, whatever the hours."""
        self._spawn(self.tested(channel))

    async def tested(self, channel: str) -> None:
        """Send a test message and note what came of it."""
        note = Note("atmx test", "This is a test of an alert channel.", iso(self._wall()), kind="test")
        messenger = self.messengers.get(channel)
        if messenger is None:
            why = await self.here.ring(channel, note.title, note.text, urgent=note.urgent)
            self._found[channel] = why or "test: told"
        elif self._silent:
            self._found[channel] = self._silent
        else:
            self._found[channel] = "testing…"
            self._changed()
            await self.read_keys()
            self._found[channel] = (await messenger.test(note))[1]
        self._changed()

    def view(self) -> AlarmsView:
        """Return the dock's view."""
        now, steady = self._wall(), self._steady()
        muted = None if self._muted_until is None else self._muted_until - steady
        return AlarmsView(
            rules=tuple(self._rule_line(one, steady) for one in self._kept.rules),
            channels=tuple(self._channel_line(name) for name in CHANNELS),
            history=tuple(reversed(self._history)),
            hours=self._kept.hours,
            quiet=quiet_hours.quiet(self._kept.hours, now),
            muted_s=muted if muted is not None and muted > 0 else None,
            note=self.note,
        )

    # Inside

    async def _run(self) -> None:
        await self.read_keys()
        saved = self._steady()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()
            if self._steady() - saved >= SAVE_HISTORY_S:
                saved = self._steady()
                self._save_history()

    def _changed(self) -> None:
        self._mark(topics.ALARMS)

    def _tell(self, fired: Fired) -> None:
        rule, at = fired.rule, self._now()
        name = (rule.name or rule.words())[:NAME]
        told = self._silenced(rule) or self._send(fired, name)
        line = FiredLine(
            id=self._next,
            at=at,
            rule=rule.id,
            name=name,
            text=fired.text[:400],
            urgent=rule.urgent,
            times=fired.times,
            told=told,
        )
        self._next += 1
        self._last[rule.id] = at
        self._history = [*self._history[-alarm_file.MOST_HISTORY + 1 :], line]
        self._unsaved = True
        level = Level.DANGER if rule.urgent else Level.WARN
        self._toast(
            NoticeRow(id=0, at=at, level=int(level), code="ALERT", text=line.text, subject=name, times=fired.times)
        )
        log.info("alert %s: %s (%s)", name, fired.brief, told)

    def _silenced(self, rule: Rule) -> str:
        """Return why a rule is not to be heard now; empty when it is."""
        if rule.urgent and self._kept.hours.urgent_passes:
            return ""
        if self._muted_until is not None and self._steady() < self._muted_until:
            return "muted"
        return "quiet hours" if quiet_hours.quiet(self._kept.hours, self._wall()) else ""

    def _send(self, fired: Fired, name: str) -> str:
        rule = fired.rule
        note = Note(name, fired.text, iso(self._now()), rule.kind.value, rule.urgent, fired.times)
        went = []
        for channel in rule.channels:
            messenger = self.messengers.get(channel)
            if channel in self._kept.off or (messenger is not None and messenger.keys is None):
                continue
            went.append(channel)
            if messenger is None:
                self._spawn(self._here(channel, note, fired.brief))
            else:
                messenger.put(note)
        return ", ".join(went) or "screen only"

    async def _here(self, channel: str, note: Note, brief: str) -> None:
        await self.here.ring(channel, note.title, brief, urgent=note.urgent)
        self._changed()

    def _keep(self, rules: list[Rule] | None = None, hours: Hours | None = None, off: list[str] | None = None) -> str:
        old = self._kept
        self._kept = alarm_file.Kept(
            rules=old.rules if rules is None else rules,
            hours=hours or old.hours,
            off=old.off if off is None else off,
        )
        self._watch.take(self._kept.rules)
        self._changed()
        try:
            alarm_file.save(self._folder / alarm_file.RULES, self._kept)
        except OSError as e:
            self.note = f"{alarm_file.RULES} was not written: {e.strerror}"
            return self.note
        self.note = ""
        return ""

    def _save_history(self) -> None:
        if not self._unsaved:
            return
        try:
            alarm_file.save_history(self._folder / alarm_file.HISTORY, self._history)
            self._unsaved = False
        except OSError as e:
            log.warning("The history of alerts was not written: %s", e)

    def _rule_line(self, rule: Rule, steady: float) -> RuleLine:
        one = self._watch.standings[rule.id]
        state = "off" if not rule.on else "waiting" if not one.looked else "no data" if not one.known else "watching"
        if state == "watching" and any(one.held.values()):
            state = "holds"
        wait = one.quiet_until - steady if one.wait_s else 0.0
        return RuleLine(
            rule=rule,
            state=state,
            value=one.value if rule.on else "",
            times=one.times,
            last_at=self._last.get(rule.id),
            held_back=len(one.waiting) + one.more,
            wait_s=wait if wait > 0 else None,
        )

    def _channel_line(self, name: str) -> ChannelLine:
        off = name in self._kept.off
        messenger = self.messengers.get(name)
        said = self._found.get(name, "")
        if messenger is None:
            return self.here.line(name, off=off, said=said)
        state = "no key" if messenger.keys is None else "off" if off else "ready"
        if state == "ready":
            state = "sending" if messenger.waiting else "failing" if messenger.why else "ready"
        dropped = f"{messenger.dropped} given up, too many waited" if messenger.dropped else ""
        detail = self._wrong.get(name) or messenger.why or said or dropped
        return ChannelLine(
            name=name, title=messenger.title, state=state, detail=detail, sent=messenger.sent,
            failed=messenger.failed, waiting=messenger.waiting, last_at=messenger.last_at, keyed=True,
        )  # fmt: skip

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            task.get_loop().call_exception_handler({"message": "an alert failed", "exception": error})
