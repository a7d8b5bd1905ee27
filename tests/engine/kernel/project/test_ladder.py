"""What a ladder says of its market: its state, the gate that closes it, and why."""

from __future__ import annotations

import pytest

from engine.core.commands import Halt
from engine.core.events import StoreChanged
from engine.kernel import control
from engine.views import topics
from tests.engine.kernel.desk import Desk


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.list()
    return desk


def mood(desk: Desk) -> tuple[str, str, str]:
    view = desk.kernel.view(topics.ladder("RAIN/0"))
    return view.state, view.refusing, view.why  # type: ignore[attr-defined]


def test_an_open_market_is_live(desk: Desk) -> None:
    assert mood(desk) == ("live", "", "")


def test_a_halt_by_hand_is_named_with_its_reason(desk: Desk) -> None:
    desk.ask(Halt(why="kill switch"))
    assert mood(desk) == ("halted", "KILL", "halted by you (kill switch)")


def test_a_halt_by_a_limit_names_the_limit_s_gate(desk: Desk) -> None:
    desk.state.limits.set("DAILY_LOSS", desk.state.total)  # any day stands below it
    control.halt(desk.state, "DAILY_LOSS", "the day stands at −$30.12, the limit is −$30")
    assert mood(desk) == ("halted", "DAILY_LOSS", "the day stands at −$30.12, the limit is −$30")


def test_a_full_disk_closes_it_without_a_halt(desk: Desk) -> None:
    desk.do(StoreChanged(at=desk.at, ok=False, why="no space left on device"))
    assert mood(desk) == ("stale", "STORAGE", "The disk takes no writes.")
