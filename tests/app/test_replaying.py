"""A recorded session in the same docks: played, sought and stepped through by hand, and nothing can leave."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint

from app import replaying
from engine.core import codec
from engine.core.errors import InputError
from engine.core.ids import VenueId
from engine.host.snapshots import Snapshot
from engine.kernel.step import Kernel
from engine.store import database, journal, migrations
from engine.store.journal import Recording
from engine.views import topics
from tests.app.program import program
from tests.engine.host.recorded import EVENTS, write
from widgets.toasts import Toast


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    profile = tmp_path_factory.mktemp("profile")
    (profile / "journal").mkdir()
    write(profile / "journal" / "20260703T150000Z.db")
    return profile


def goes_on(kernel: Kernel, path: Path, position: int) -> bool:
    """Whether a kernel that screens have looked at does from here on what was recorded."""
    again = Snapshot(position, kernel).kernel()
    return all(codec.digest(again.step(one.event())) == one.digest for one in Recording(path).read(position))


async def test_a_session_is_replayed_in_its_docks_and_nothing_leaves(loop, folder, no_sockets) -> None:
    before = sorted(path.name for path in folder.iterdir())
    async with program(folder, "--replay", "latest") as one:
        await one.until(lambda: one.window.mode == "replay")
        window, session = one.window, one.terminal.session
        assert isinstance(session, replaying.ReplaySession)
        transport, bar = session.transport, one.window.replay
        assert bar.isVisible()
        assert window.windowTitle() == "atmx — REPLAY"
        assert session.kernel.view(topics.SPINE).mode == "replay"
        await one.until(lambda: not transport.player.scanning)

        one.click(bar.step)
        await one.until(lambda: transport.seeking is None)
        assert transport.player.position == 2

        line = bar.line  # the middle of the session, by the mouse
        one.click(line, QPoint(line.width() // 2, 24))
        await one.until(lambda: transport.seeking is None and transport.player.position > 100)
        there = transport.player.position
        assert goes_on(transport.player.kernel, session.journal, there)

        one.click(bar.fill)
        await one.until(lambda: transport.seeking is None and transport.player.position != there)
        one.click(bar.decision)
        await one.until(lambda: transport.seeking is None)
        assert transport.player.position in {taken.position for taken in transport.player.taken}

        one.type(bar.go, "15:00:10")
        bar.go.returnPressed.emit()
        await one.until(lambda: transport.seeking is None)
        assert transport.player.position == transport.player.place(transport.player.times[0] + 10_000_000_000)
        one.type(bar.go, "noon")
        bar.go.returnPressed.emit()
        assert bar.go.wrong

        state = session.kernel.state
        known = state.events
        window.risk.kill.held.emit()
        await one.breathe()
        assert (state.session.halted_by, state.events) == ("", known), "a replay takes no command"
        assert any("nothing is asked of the engine" in words for words in said(window))
        with pytest.raises(TypeError, match="no event from outside"):
            session.kernel.step(next(iter(Recording(session.journal))).event())

        bar.speed.chosen.emit("1000")
        one.click(bar.play)
        await one.until(lambda: transport.player.position == EVENTS)
        await one.until(lambda: not transport.playing)
        assert transport.view().stopped == ""

        found = transport.decisions()
        assert found.complete
        assert found.different == found.out_of_order == 0
        assert found.summary == f"same {found.recorded} decisions"
    assert sorted(path.name for path in folder.iterdir()) == sorted({*before, "replay", "logs"})
    assert not list(folder.rglob("ledger*")), "a replay writes no ledger"


def said(window) -> list[str]:
    return [toast.row.text for toast in window.findChildren(Toast)]


def test_a_session_is_found_by_its_name_a_part_of_it_or_its_file(tmp_path) -> None:
    names = ("20260703T130000Z", "20260703T150000Z", "20260704T150000Z")
    for name in names:
        journal.create(tmp_path / f"{name}.db").close()
    assert replaying.find([tmp_path], "latest").stem == names[2]
    assert replaying.find([tmp_path], names[0]).stem == names[0]
    assert replaying.find([tmp_path], "20260704").stem == names[2]
    assert replaying.find([tmp_path], str(tmp_path / f"{names[1]}.db")).stem == names[1]
    with pytest.raises(InputError, match="stands for 2 sessions"):
        replaying.find([tmp_path], "20260703")
    with pytest.raises(InputError, match="no journal and no session"):
        replaying.find([tmp_path], "yesterday")
    with contextlib.suppress(InputError):
        replaying.find([tmp_path / "none"], "latest")


def test_a_replay_reads_the_ledger_that_its_session_wrote_and_no_other(tmp_path) -> None:
    """Record 3 of the demo's ledger was exported as the evidence of record 3 of a replayed live session."""

    def ledger(folder: Path, name: str) -> str:
        (folder / "journal").mkdir(parents=True, exist_ok=True)
        migrations.apply(folder / name)
        with database.reader(folder / name) as connection:
            return str(connection.execute("SELECT value FROM meta WHERE key = 'salt'").fetchone()[0])

    demo, live = ledger(tmp_path, "ledger-paper.db"), ledger(tmp_path / "desk", "ledger.db")
    assert demo != live
    mine, desks = tmp_path / "journal" / "a.db", tmp_path / "desk" / "journal" / "a.db"
    assert replaying.ledger_of(mine, "demo", demo) == tmp_path / "ledger-paper.db"
    assert replaying.ledger_of(desks, "live", live) == tmp_path / "desk" / "ledger.db"
    for path, mode, salt in (
        (mine, "demo", live), (mine, "live", live), (desks, "paper", live), (mine, "replay", demo),
        (tmp_path / "a.db", "demo", demo), (tmp_path / "none" / "journal" / "a.db", "demo", demo),
    ):  # fmt: skip
        assert not replaying.ledger_of(path, mode, salt).exists(), (path, mode)


async def test_a_replay_of_a_session_from_elsewhere_exports_no_ledger_of_here(
    loop, folder, tmp_path, no_sockets
) -> None:
    shutil.copytree(folder / "journal", tmp_path / "journal")
    migrations.apply(tmp_path / "ledger-paper.db")
    async with program(tmp_path, "--replay", "latest") as one:
        await one.until(lambda: one.window.mode == "replay")
        one.window.ledger_wanted.emit("fills")
        await one.until(lambda: any("The fills was not written" in words for words in said(one.window)))
    assert not list(tmp_path.rglob("*.csv"))


async def test_docks_made_while_a_replay_stands_say_so(loop, folder, no_sockets) -> None:
    async with program(folder, "--replay", "latest") as one:
        await one.until(lambda: one.window.mode == "replay")
        await one.until(lambda: all(space.is_made for space in one.window.workspaces))
        await one.breathe(0.3)
        bare = [panel.title for panel in one.window.panels_made() if not panel._header.corner]
        assert bare == []


async def test_the_test_buttons_of_keys_and_channels_reach_nothing_from_a_replay(loop, folder, no_sockets) -> None:
    async with program(folder, "--replay", "latest") as one:
        await one.until(lambda: one.window.mode == "replay")
        dialogs, alarms = one.bridge.accounts, one.bridge.alarms.alarms
        dialogs.ring.keep(VenueId("webhook"), {"url": "http://127.0.0.1:9/canary"}, "session")
        dialogs.ring.keep(VenueId("visual_crossing"), {"key": "CANARY1CANARY2CANARY3CAN"}, "session")
        for name in ("kalshi", "binance", "visual_crossing", "webhook"):
            dialogs.test(name)
            await one.breathe()
            assert dialogs.tests == {}
        assert any("no keys are tried and no message is sent" in words for words in said(one.window))
        await alarms.tested("webhook")
        (line,) = [line for line in alarms.view().channels if line.name == "webhook"]
        assert line.detail == "This is a replay: no keys are tried and no message is sent."
        assert alarms.messengers["webhook"].keys is None, "no key was read for it"
