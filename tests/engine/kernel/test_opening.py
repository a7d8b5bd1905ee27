from __future__ import annotations

import pytest

from engine.core.errors import InvariantBroken
from engine.core.events import Opened
from tests.engine.kernel.desk import FRESH, NOON, Desk


def test_a_session_is_opened_once() -> None:
    desk = Desk()
    with pytest.raises(InvariantBroken, match="opened twice"):
        desk.do(Opened(at=NOON, snapshot=FRESH))
