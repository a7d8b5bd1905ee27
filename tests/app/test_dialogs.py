"""Keys and arming, opened from the terminal: what they show of the session, and that nothing is kept by accident."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app import accounts
from app.dialogs import Dialogs
from engine.core.commands import Arm
from engine.core.effects import Level
from engine.core.events import LinkChanged, Pictured
from engine.core.ids import KALSHI
from engine.core.units import Nanos
from engine.venues import registry
from tests.app.program import CALM, Program, program
from widgets.arming import ArmDialog
from widgets.keys import Given, KeysDialog

AT = Nanos(1)
NOWHERE = {"rest": "http://127.0.0.1:9/trade-api/v2", "socket": "ws://127.0.0.1:9/trade-api/ws/v2"}


async def with_dead_kalshi(desk: Program) -> Dialogs:
    """Make a day a paper desk whose Kalshi nobody answers for; return what opens its dialogs of keys."""
    await desk.ready()
    session = desk.terminal.session
    session.mode, session.endpoints = "paper", {KALSHI: registry.endpoints(KALSHI, given=NOWHERE)}
    return desk.bridge.accounts


@pytest.mark.limit(30)
async def test_a_simulated_day_takes_no_keys_and_cannot_be_armed(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        dialogs = desk.bridge.accounts
        dialogs.open_keys("kalshi")
        assert desk.window.findChild(KeysDialog) is None
        dialogs.arm()
        dialog = desk.window.findChild(ArmDialog)
        await desk.until(lambda: dialog.words() != "")
        assert any("demo session" in text for text in dialog.in_the_way())
        assert not dialog.hold.isEnabled()
        dialog.reject()


@pytest.mark.limit(30)
async def test_keys_that_are_none_are_refused_and_a_dead_venue_is_told(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        dialogs = await with_dead_kalshi(desk)
        dialogs.open_keys("binance")
        assert desk.window.findChild(KeysDialog) is None
        dialogs.open_keys("kalshi")
        dialog = desk.window.findChild(KeysDialog)
        assert dialog.source.text().startswith("No keys")
        assert dialog.isVisible()
        assert QApplication.activeModalWidget() is None  # KILL works over it
        dialog.given.emit(Given("kalshi", {"key_id": "x", "private_key": "not a key"}, "session", ""))
        assert [good for _, good in dialog.found.lines] == [False]
        dialogs.test("kalshi")
        await desk.until(lambda: any("no keys are given" in text for text, _ in dialog.found.lines))
        assert not any(good for _, good in dialog.found.lines)
        dialog.forgotten.emit("kalshi")
        assert dialog.source.text().startswith("No keys")
        dialog.reject()
        dialogs.open_keys("iem")
        dialogs.open_keys("visual_crossing")
        dialog = dialogs.keys
        assert dialog.windowTitle() == "Keys: Visual Crossing"
        assert dialog.source.text() == "No key: it is not asked."
        dialogs.test("visual_crossing")
        await desk.until(lambda: dialog.found.lines == (("no key is given: it is not asked", False),))
        dialog.reject()


@pytest.mark.limit(30)
async def test_what_a_test_finds_is_told_once_the_keys_are_closed(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        dialogs = await with_dead_kalshi(desk)
        dialogs.open_keys("kalshi")
        first = dialogs.keys
        dialogs.open_keys("polymarket")
        assert not first.isVisible()
        dialogs.open_keys("kalshi")
        dialogs.keys.tested.emit("kalshi")
        dialogs.keys.reject()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        await desk.until(lambda: "kalshi" in dialogs.tests)
        await desk.until(lambda: any(t.row.level >= Level.WARN for t in desk.window.toasts.toasts))


class Reads:
    """A gateway of the test: pictures its account, or does not."""

    def __init__(self, picture: Pictured | None) -> None:
        self.picture_of = picture
        self.emit = None

    async def run(self, emit) -> None:

        self.emit = emit
        emit(LinkChanged(at=AT, venue=KALSHI, up=False, channel="account", why="401"))
        await asyncio.Event().wait()

    async def picture(self, orders) -> None:
        if self.picture_of is not None:
            self.emit(self.picture_of)


async def test_what_an_account_says_is_told_in_sentences(monkeypatch) -> None:
    good = Pictured(at=AT, venue=KALSHI, asked_at=AT, positions=(), cash=12)  # type: ignore[arg-type]
    assert await accounts._read(Reads(good)) == [
        ("free cash read now: 12.00", True),
        ("positions: 0", True),
        ("working orders: 0", True),
    ]
    bad = Pictured(at=AT, venue=KALSHI, asked_at=AT, ok=False, why="the keys are not taken")
    assert await accounts._read(Reads(bad)) == [("the account cannot be read: the keys are not taken", False)]
    monkeypatch.setattr(accounts, "PATIENCE_S", 0.01)
    ((text, ok),) = await accounts._read(Reads(None))
    assert not ok
    assert text.endswith("did not answer within 0.01 s: 401")


@pytest.mark.limit(30)
async def test_programs_order_only_while_the_arming_lasts_at_which_that_was_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ATMX_API_ON", "1")
    monkeypatch.setenv("ATMX_API_ORDERS", "1")
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        await desk.until(lambda: (tmp_path / "api" / "order.token").exists())
        assert any(segment.key == "api" for segment in desk.window.status.facts())
        dialogs, session = desk.bridge.accounts, desk.terminal.session.kernel.state.session
        dialogs.arm()
        dialog = desk.window.findChild(ArmDialog)
        assert dialog.programs.isVisible()
        assert dialog.programs.value() == "no"
        session.armed_until = Nanos(10)
        assert not dialogs.programs_may_order()
        session.armed_until = None
        dialog.programs.set_value("yes")
        dialog.intent.emit(Arm(typed="not the words"))
        assert not dialogs.programs_may_order()
        session.armed_until = Nanos(20)
        assert dialogs.programs_may_order()
        session.armed_until = None
        assert not dialogs.programs_may_order()
        session.armed_until = Nanos(30)  # another arming: nobody was asked
        assert not dialogs.programs_may_order()
        dialogs.arm()
        dialog.programs.set_value("yes")
        dialog.intent.emit(Arm(typed="not the words"))
        await desk.until(lambda: not desk.terminal.session.host.waiting)
        assert not dialogs.programs_may_order(), (
            "it was refused: the arming before it stands, with what was said at that"
        )
        session.armed_until = Nanos(40)
        assert dialogs.programs_may_order()
        session.armed_until = None
        dialogs.arm()
        assert dialog.programs.value() == "no"
        dialog.reject()
    assert not list((tmp_path / "api").iterdir())
