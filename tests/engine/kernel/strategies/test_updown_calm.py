"""No Up/Down line says anything else for being asked anew: two sessions live through the same, and one always asks."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.events import BookDelta
from engine.core.units import SECOND, Lots, Side, Ticks
from tests.engine.kernel.strategies.test_updown_laid import NAMES, STRIKE, Idle, by_chance, warm
from tests.engine.kernel.strategies.updown_desk import BEGINS
from tests.scale import scale

PARTS = 4
NEVER = 10**9
FEWEST = 20
"""So many have events that ask nobody."""


class Desk(Idle):
    """One in which nobody is asked where nothing can have changed, or one in which all are always asked."""

    def __init__(self, *, always: bool) -> None:
        self.always, self.spared = always, 0
        super().__init__(idle=False)

    def do(self, event: Any) -> list[Any]:
        for seen in self.engine.windows.values():
            if self.always:
                seen.wait, seen.calm = NEVER, None
            elif seen.calm is not None:
                self.spared += seen.calm.used
                seen.calm.used = False
        return super().do(event)


def lived(seed: int, *, always: bool) -> Desk:
    """Whatever happens to a window, with many changes of prices and books that call for nothing between."""
    desk = Desk(always=always)
    if seed % 2:
        by_chance(desk, seed)
        return desk
    warm(desk)
    for name in NAMES[: seed % 5 + 1]:
        desk.switch(name)
    desk.quote_up(0.56, 0.55)
    for n in range(150):
        at = BEGINS + (n + 1) * 2 * SECOND if seed % 4 else max(desk.at, BEGINS) + SECOND // 10
        desk.trade_at(at, STRIKE + (n * seed % 37) / 10.0 + n / 5.0, 1e-5)
        price, lots = Ticks(100 * (1 + n % 40)), Lots(10**9 * (n % 3))
        desk.do(BookDelta(at=desk.at, instrument=desk.windows[0], side=Side.BUY, price=price, lots=lots))
    return desk


def test_the_oracles_delay_is_another() -> None:
    """Half a minute less is left from then on: the fifth finds it too little, where it found the strike too near."""

    def told(*, always: bool) -> Desk:
        desk = Desk(always=always)
        warm(desk)
        desk.told("latency_arb", "oracle_delay_s", "30")
        desk.switch("lp_extreme")
        desk.quote_up(0.56, 0.55)
        for n in range(20):
            desk.trade_at(BEGINS + 230 * SECOND + n * SECOND // 10, STRIKE + n / 100.0, 1e-5)
        desk.told("latency_arb", "oracle_delay_s", "0")
        for n in range(60, 200):
            desk.trade_at(BEGINS + 230 * SECOND + n * SECOND // 10, STRIKE + n / 1_000.0, 1e-5)
        return desk

    one, other = told(always=False), told(always=True)
    assert one.spared
    assert one.did == other.did
    assert one.left() == other.left()


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_not_asked_anew_is_what_it_was(part: int) -> None:
    spared = 0
    for seed in range(part, max(scale(200), FEWEST), PARTS):
        one, other = lived(seed, always=False), lived(seed, always=True)
        assert one.did == other.did
        assert one.left() == other.left()
        assert other.spared == 0
        spared += one.spared
    assert spared
