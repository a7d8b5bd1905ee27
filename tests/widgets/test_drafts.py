"""When a ladder asks what its order would cost: soon after the hand, at its own pace while only the market moves."""

from __future__ import annotations

from itertools import count

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer

from engine.views import topics as t
from tests.widgets import views_sample as sample
from widgets import drafts
from widgets.drafts import Drafts
from widgets.ladder import LadderPanel


@pytest.fixture
def asked():
    return []


@pytest.fixture
def one(qapp, asked):
    owner = QObject()
    yield Drafts(owner, lambda: asked.append(len(asked)), 1)
    owner.deleteLater()


def test_a_market_that_moves_asks_once_more_only_after_a_while(one, asked, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(drafts, "ANEW_MS", 60_000)
    one.changed()
    qtbot.waitUntil(lambda: asked == [0])
    one.moved()
    qtbot.wait(20)
    assert asked == [0]


def test_the_hand_is_answered_soon_whatever_the_market_waits_for(one, asked, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(drafts, "ANEW_MS", 60_000)
    one.changed()
    qtbot.waitUntil(lambda: asked == [0])
    one.moved()
    one.changed()
    qtbot.waitUntil(lambda: asked == [0, 1])


def test_the_first_move_after_a_quiet_time_is_asked_about_soon(one, asked, qtbot) -> None:
    one.moved()
    qtbot.waitUntil(lambda: asked == [0])


def test_a_ladder_that_is_drawn_all_the_time_still_asks(qtbot) -> None:
    panel, asked, turns = LadderPanel(), [], count(1)
    panel.draft.connect(asked.append)
    qtbot.addWidget(panel)
    panel.resize(420, 600)
    panel.set_instrument(sample.BOOK)
    view = sample.book()
    with qtbot.waitExposed(panel):
        panel.show()
    moving = QTimer(panel, interval=1)
    moving.timeout.connect(
        lambda: panel.render(t.ladder(sample.BOOK.symbol), replace(view, last=4000 + 100 * (next(turns) % 2)))
    )
    moving.start()
    qtbot.waitUntil(lambda: len(asked) > 1)
    moving.stop()
