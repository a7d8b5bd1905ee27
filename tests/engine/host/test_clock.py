from __future__ import annotations

import pytest

from engine.core.units import HOUR, SECOND, Nanos
from engine.host import clock
from engine.host.clock import DayClock, WallClock


class Hands:
    """The machine's two clocks, set by hand."""

    def __init__(self) -> None:
        self.wall = 1_000 * SECOND
        self.steady = 77 * SECOND


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands()
    monkeypatch.setattr(clock.time, "time_ns", lambda: made.wall)
    monkeypatch.setattr(clock.time, "monotonic_ns", lambda: made.steady)
    return made


def test_the_wall_clock_tells_the_wall_s_time(hands: Hands) -> None:
    wall = WallClock()
    assert wall.now() == hands.wall
    hands.wall += 3 * SECOND
    assert wall.now() == hands.wall
    assert wall.wait(Nanos(hands.wall + SECOND // 2)) == 0.5
    assert wall.wait(Nanos(hands.wall - SECOND)) == 0.0


def test_a_wall_clock_that_is_set_back_never_runs_backwards(hands: Hands) -> None:
    wall = WallClock()
    first = wall.now()
    hands.wall -= 24 * HOUR
    assert wall.now() == first
    hands.wall += 24 * HOUR
    assert wall.now() == first
    hands.wall += SECOND
    assert wall.now() == first + SECOND


def test_a_wall_clock_that_is_set_back_goes_on_at_half_the_pace_until_the_wall_has_caught_up(hands: Hands) -> None:
    wall = WallClock()
    first = wall.now()
    hands.wall -= HOUR
    assert wall.now() == first
    for _ in range(10):
        hands.wall += 60 * SECOND
        hands.steady += 60 * SECOND
        wall.now()
    assert wall.now() == first + 300 * SECOND
    assert wall.wait(Nanos(first + 310 * SECOND)) == 20.0
    last = wall.now()
    for _ in range(120):
        hands.wall += 60 * SECOND
        hands.steady += 60 * SECOND
        assert wall.now() > last
        last = wall.now()
    assert last == hands.wall
    assert wall.wait(Nanos(last + SECOND)) == 1.0


def test_a_day_clock_runs_as_fast_as_it_is_told_by_the_steady_clock(hands: Hands) -> None:
    day = DayClock(Nanos(5 * HOUR), 120.0)
    assert day.now() == 5 * HOUR
    hands.steady += SECOND
    hands.wall -= 24 * HOUR  # the wall says nothing here
    assert day.now() == 5 * HOUR + 120 * SECOND
    assert day.wait(Nanos(5 * HOUR + 360 * SECOND)) == 2.0
    assert day.wait(Nanos(5 * HOUR)) == 0.0


@pytest.mark.parametrize("speed", [0.25, 1.0, 120.0, 3_600.0])
def test_a_day_clock_never_runs_backwards(hands: Hands, speed: float) -> None:
    day, last = DayClock(Nanos(0), speed), Nanos(0)
    for step in (0, 1, 7, 999, SECOND, 3 * HOUR):
        hands.steady += step
        assert day.now() >= last
        last = day.now()


def test_steady_is_the_machine_s_monotonic_time(hands: Hands) -> None:
    assert clock.steady() == hands.steady
