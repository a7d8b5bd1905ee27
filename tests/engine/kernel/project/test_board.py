"""What a board says of its market: it closes for the same reasons as the ladder beside it."""

from __future__ import annotations

import pytest

from engine.core.commands import Halt
from engine.core.events import StoreChanged
from engine.views import topics
from tests.engine.kernel.desk import Desk, high


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.list(high())
    return desk


def mood(desk: Desk) -> tuple[str, str]:
    view = desk.kernel.view(topics.board("HIGH"))  # type: ignore[arg-type]
    return view.state, view.refusing  # type: ignore[attr-defined]


def test_it_is_closed_while_its_ladder_is(desk: Desk) -> None:
    assert mood(desk) == ("live", "")
    desk.do(StoreChanged(at=desk.at, ok=False, why="no space left on device"))
    assert mood(desk) == ("stale", "STORAGE")
    desk.do(StoreChanged(at=desk.at, ok=True, why=""))
    desk.ask(Halt(why="kill switch"))
    assert mood(desk) == ("halted", "KILL")
