"""Alerts at work: from a view to a server, quiet when they should be, kept over a restart, and no secret on disk."""

from __future__ import annotations

import json
import sys
import wave
from decimal import Decimal

import msgspec
import pytest
from PySide6.QtGui import QIcon

from app import alarm_file, ringing
from app.alarms import Alarms
from app.key_kinds import NTFY, WEBHOOK
from app.keys import KeyRing
from app.redact import Secrets
from engine.core.units import Money
from engine.core.when import instant
from engine.views import topics
from engine.views.alarms import BELOW, Hours, Kind, Rule
from tests.engine.host.test_messengers import Reading
from tests.engine.sources.desk import serving, text
from tests.widgets import account_views as views

DAY = Rule(id="", kind=Kind.PNL, field="day", way=BELOW, level=Decimal(-100), channels=("webhook", "sound"))
NIGHT = instant("2026-07-03T04:00:00Z")  # 23:00 in Chicago
NOON = instant("2026-07-03T17:00:00Z")
CHICAGO = Hours(on=True, zone="America/Chicago")


class World:
    """What surrounds the rules: a result that falls when told to, clocks that move when told to."""

    def __init__(self, folder) -> None:
        self.folder, self.result, self.seconds, self.wall = folder, Decimal(0), 0.0, NOON
        self.toasts, self.changes, self.asked = [], [], []
        self.ring = KeyRing(folder, None, {}, Secrets())

    def view(self, topic):
        self.asked.append(topic)
        return views.spine(day=Money(self.result)) if topic == topics.SPINE else None

    def alarms(self) -> Alarms:
        found = Alarms(
            self.folder, view=self.view, now=lambda: NOON, changed=self.changes.append, ring=self.ring,
            tray=ringing.Tray(QIcon()), toast=self.toasts.append, steady=lambda: self.seconds, wall=lambda: self.wall,
        )  # fmt: skip
        found.here.player = ()  # a machine without one
        return found

    async def fall(self, alarms, to=-150):
        """Let the result be well at one look and fallen at the next."""
        for value in (0, to):
            self.result, self.seconds = Decimal(value), self.seconds + 1_000
            await alarms.look()


@pytest.fixture
def world(tmp_path, qapp):
    return World(tmp_path)


async def test_a_result_that_falls_reaches_a_webhook_and_the_history_says_so(world) -> None:
    desk = Reading(text("{}"))
    async with serving(desk) as base:
        world.ring.keep(WEBHOOK, {"url": f"{base}/canary-path"}, "session")
        alarms = world.alarms()
        await alarms.read_keys()
        assert alarms.put_rule(DAY) == ""
        await world.fall(alarms)
        await alarms.messengers["webhook"]._task
        (line,) = alarms.view().history
        await alarms.stop()
    assert [(b["kind"], b["text"]) for b in desk.bodies] == [("pnl", "PnL of the day -150 $, at or below -100")]
    assert (line.told, line.times) == ("webhook, sound", 1)
    assert [toast.text for toast in world.toasts] == [line.text]
    assert topics.ALARMS in world.changes


async def test_only_views_that_a_rule_needs_are_fetched(world) -> None:
    alarms = world.alarms()
    await alarms.look()
    assert world.asked == []
    alarms.put_rule(DAY)
    await alarms.look()
    assert world.asked == [topics.SPINE]
    await alarms.stop()


@pytest.mark.parametrize(
    ("urgent", "passes", "told"),
    [(False, True, "quiet hours"), (True, True, "screen only"), (True, False, "quiet hours")],
)
async def test_in_quiet_hours_only_what_may_is_told_and_all_is_kept(world, urgent, passes, told) -> None:
    alarms = world.alarms()
    world.wall = NIGHT
    assert alarms.set_hours(msgspec.structs.replace(CHICAGO, urgent_passes=passes)) == ""
    alarms.put_rule(msgspec.structs.replace(DAY, urgent=urgent, channels=("webhook",)))
    await world.fall(alarms)
    assert [line.told for line in alarms.view().history] == [told]
    assert alarms.view().quiet
    await alarms.stop()


async def test_a_mute_ends_by_itself_or_when_it_is_ended(world) -> None:
    alarms = world.alarms()
    alarms.put_rule(msgspec.structs.replace(DAY, channels=()))
    alarms.mute(3_600)
    await world.fall(alarms)
    assert alarms.view().muted_s == 1_600
    world.seconds += 1_600
    assert alarms.view().muted_s is None
    await world.fall(alarms)
    alarms.mute(3_600)
    alarms.mute(0)
    await world.fall(alarms)
    assert [line.told for line in alarms.view().history] == ["screen only", "screen only", "muted"]
    await alarms.stop()


async def test_a_channel_that_is_off_or_has_no_key_is_passed_over(world) -> None:
    alarms = world.alarms()
    alarms.put_rule(DAY)
    alarms.switch("sound", on=False)
    await world.fall(alarms)
    assert alarms.view().history[0].told == "screen only"
    states = {line.name: line.state for line in alarms.view().channels}
    assert states == {"sound": "off", "tray": "missing", "telegram": "no key", "ntfy": "no key", "webhook": "no key"}
    await alarms.stop()


async def test_rules_hours_and_history_are_there_after_a_restart_and_no_secret_is(world) -> None:
    world.ring.keep(WEBHOOK, {"url": "https://example.org/canary-path", "token": "canary-token"}, "session")
    first = world.alarms()
    await first.read_keys()
    first.put_rule(msgspec.structs.replace(DAY, channels=()))
    first.set_hours(CHICAGO)
    await world.fall(first)
    await first.stop()
    second = world.alarms()
    view = second.view()
    assert [line.rule.id for line in view.rules] == ["r1"]
    assert (view.hours, len(view.history)) == (CHICAGO, 1)
    assert "canary" not in "".join(path.read_text() for path in world.folder.glob("*.json"))
    second.clear_history()
    assert alarm_file.load_history(world.folder / alarm_file.HISTORY) == []
    assert second.delete_rule("r1") == ""
    assert second.view().rules == ()


async def test_a_test_says_what_came_of_it_and_shows_no_token(world) -> None:
    alarms = world.alarms()
    words = '{"error":"bad canary-bearer for canary-topic"}'
    async with serving(Reading(text(words, 403))) as base:
        world.ring.keep(NTFY, {"topic": "canary-topic", "server": base, "token": "canary-bearer"}, "session")
        await alarms.tested("ntfy")
    line = next(one for one in alarms.view().channels if one.name == "ntfy")
    assert (line.state, line.detail, line.failed) == ("failing", "ntfy refused (403: bad … for …)", 1)
    await alarms.tested("sound")
    line = next(one for one in alarms.view().channels if one.name == "sound")
    assert line.failed == 1
    assert "no program that plays sounds" in line.detail
    await alarms.stop()


async def test_what_is_wrong_with_a_key_is_said_beside_its_channel(world) -> None:
    world.ring.environ = {"ATMX_WEBHOOK_URL": "http://example.org/canary"}
    alarms = world.alarms()
    await alarms.read_keys()
    line = next(one for one in alarms.view().channels if one.name == "webhook")
    assert (line.state, line.detail) == ("no key", "the address has to begin with https://")
    await alarms.stop()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Input data was truncated"),
        ('{"schema":9}', "its schema is 9"),
        ('{"schema":1,"rules":[{"id":"r1","kind":"price","field":"bid"}]}', "choose what it looks at"),
        ('{"schema":1,"rules":[{"id":"r1","kind":"pnl","field":"day","level":"NaN"}]}', "give a level"),
        ('{"schema":1,"hours":{"zone":"Mars"}}', "no such time zone"),
        ('{"schema":1,"webhook":"https://canary"}', "unknown field"),
        (
            json.dumps({"schema": 1, "rules": [{"id": str(n), "kind": "pnl", "field": "day"} for n in range(201)]}),
            "200",
        ),
        (" " * ((1 << 20) + 1), "larger than"),
    ],
)
def test_a_file_that_cannot_be_used_is_set_aside_and_said(world, content, why) -> None:
    path = world.folder / alarm_file.RULES
    path.write_text(content)
    alarms = world.alarms()
    assert why in alarms.view().note
    assert alarms.view().rules == ()
    assert path.with_name("alerts.json.bad-1").read_text() == content


def test_rules_are_bounded_and_a_bad_one_changes_nothing(world) -> None:
    alarms = world.alarms()
    assert alarms.put_rule(msgspec.structs.replace(DAY, level=None)).startswith("PnL: give a level")
    for _ in range(200):
        assert alarms.put_rule(DAY) == ""
    assert alarms.put_rule(DAY) == "there are 200 rules already: delete one first"
    ids = [line.rule.id for line in alarms.view().rules]
    assert len(set(ids)) == 200
    assert alarms.set_hours(Hours(zone="Mars")).startswith("no such time zone")


def test_the_sounds_are_short_wave_files_that_end_in_silence(tmp_path) -> None:
    for urgent, tones in ringing.TONES.items():
        path = tmp_path / "tone.wav"
        path.write_bytes(ringing.sound(tones))
        with wave.open(str(path)) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(0.16 * len(tones), abs=0.01)
            frames = file.readframes(file.getnframes())
        assert max(abs(int.from_bytes(frames[i : i + 2], "little", signed=True)) for i in range(0, 8_000, 2)) > 5_000
        assert abs(int.from_bytes(frames[-2:], "little", signed=True)) < 100
        assert urgent in {True, False}


def test_a_player_gets_the_file_and_its_failure_is_told(tmp_path) -> None:
    heard = tmp_path / "heard"
    script = f"import pathlib,sys; pathlib.Path({str(heard)!r}).write_bytes(pathlib.Path(sys.argv[1]).read_bytes())"
    assert ringing.play((sys.executable, "-c", script), tmp_path / "sounds", urgent=True) == ""
    assert heard.read_bytes() == ringing.sound(ringing.TONES[True])
    failing = ringing.play((sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "sounds", urgent=True)
    assert failing.endswith("ended with 3")
    missing = ringing.play((str(tmp_path / "nobody"),), tmp_path / "sounds", urgent=False)
    assert missing == "the sound was not played (FileNotFoundError)"
