from __future__ import annotations

from itertools import pairwise

from engine.core.effects import Wake
from engine.core.events import Due, Opened
from engine.core.units import MINUTE, Nanos
from engine.kernel.step import Kernel
from tests.engine.kernel.desk import FRESH, NOON, Desk


def test_opening_asks_for_the_first_beat_and_each_beat_for_the_next() -> None:
    kernel = Kernel()
    wakes = [e for e in kernel.step(Opened(at=NOON, snapshot=FRESH)) if isinstance(e, Wake)]
    assert wakes == [Wake(due=Nanos(NOON + FRESH.beat), what="beat")]
    at = wakes[0].due
    effects = kernel.step(Due(at=at, what="beat"))
    assert [e for e in effects if isinstance(e, Wake)] == [Wake(due=Nanos(at + FRESH.beat), what="beat")]


def test_the_curve_is_kept_once_a_minute_after_the_first_fill() -> None:
    desk = Desk()
    desk.list()
    desk.run(Nanos(desk.at + 3 * MINUTE))
    assert not any(row.table == "pnl" for keep in desk.rows for row in keep.rows)
    desk.place(qty=10)
    desk.run(Nanos(desk.at + 3 * MINUTE))
    kept = [row.values["at"] for keep in desk.rows for row in keep.rows if row.table == "pnl"]
    assert len(kept) in {2, 3}
    assert all(later - one >= MINUTE for one, later in pairwise(kept))
