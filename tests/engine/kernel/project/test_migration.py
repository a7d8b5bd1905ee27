"""Where the centre of an event has been: a point a minute, only where every price was known."""

from __future__ import annotations

import pytest

from engine.core.units import HOUR, MINUTE, Nanos
from engine.kernel.project import migration

NOW = Nanos(100 * HOUR + 30 * 10**9)


def at(minutes: float) -> Nanos:
    return Nanos(NOW - round(minutes * MINUTE))


def test_the_centre_is_that_of_the_shares_and_moves_with_them() -> None:
    low, high = [(at(60), 80.0), (at(10), 20.0)], [(at(60), 80.0), (at(10), 60.0)]
    found = migration.trail((low, high), (80.0, 84.0), NOW)
    assert len(found) == 31
    assert found[0] == (Nanos(100 * HOUR - 29 * MINUTE), 82.0)
    assert found[-1] == (NOW, 83.0)
    assert [value for _, value in found] == sorted(value for _, value in found)
    assert migration.per_hour(found) == pytest.approx(1.0 / ((found[-1][0] - found[0][0]) / HOUR))


def test_moments_without_a_price_are_left_out_and_a_short_trail_has_no_speed() -> None:
    low, high = [(at(60), 50.0)], [(at(3.9), 50.0)]
    found = migration.trail((low, high), (80.0, 84.0), NOW)
    assert [NOW - when for when, _ in found] == [3 * MINUTE + 30 * 10**9, 2 * MINUTE + 30 * 10**9, MINUTE + 30 * 10**9,
                                                30 * 10**9, 0]  # fmt: skip
    assert migration.per_hour(found) is None


def test_of_nothing_there_is_nothing() -> None:
    assert migration.trail((), (), NOW) == ()
    assert migration.trail(([],), (80.0,), NOW) == ()
    assert migration.trail(([(at(60), 0.0)], [(at(60), 0.0)]), (80.0, 84.0), NOW) == ()
    assert migration.per_hour(()) is None
