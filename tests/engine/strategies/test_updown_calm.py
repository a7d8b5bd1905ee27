"""The region in which no Up/Down line says anything else: wherever one goes in it, every gate is what it was."""

from __future__ import annotations

from math import nextafter

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.units import SECOND, Nanos
from engine.strategies.sight import Sight
from engine.strategies.updown_calm import around
from engine.strategies.updown_quiet import gates
from tests.engine.strategies.test_updown_quiet import STRIKE, sights
from tests.scale import scale

NOW = Nanos(1_800_000_000 * SECOND)
PART = st.sampled_from([0.0, 0.001, 0.5, 0.999, 1.0]) | st.floats(0.0, 1.0)


def between(low: float, high: float, part: float) -> float:
    """Return a number between two, neither of which is one of them."""
    return min(max(low + part * (high - low), nextafter(low, high)), nextafter(high, low))


@settings(max_examples=scale(5_000), deadline=None)
@given(sights(), PART, PART, PART, PART)
def test_every_gate_is_what_it_was(sight: Sight, price: float, time: float, sigma: float, average: float) -> None:
    sight.opening_s = 15.0
    calm = around(sight, NOW)
    if calm is None:
        return
    numbers = [gates(sight, book) for book in (False, True)]
    gone = int(time * (calm.until - 1 - NOW)) / SECOND
    sight.elapsed_s += gone
    if calm.above:
        sight.vwap = between(calm.below, calm.above, average)
        assert calm.holds(sight.vwap)
    sight.look(
        between(calm.low, calm.high, price), between(calm.calmest, calm.wildest, sigma), sight.tau_s - gone
    )  # fmt: skip
    assert [gates(sight, book) for book in (False, True)] == numbers


def quiet(**more: float) -> Sight:
    sight = Sight(STRIKE)
    sight.look(STRIKE + 10.0, 6e-5, 200.0)
    sight.up_ask, sight.down_ask, sight.elapsed_s = 0.56, 0.46, 100.0
    for name, value in more.items():
        setattr(sight, name, value)
    return sight


def test_an_ordinary_second_lies_in_it() -> None:
    calm = around(quiet(), NOW)
    assert calm is not None
    assert calm.until > NOW + SECOND
    assert calm.low < STRIKE + 9.5 < STRIKE + 10.5 < calm.high


def test_there_is_none_where_nothing_is_sure() -> None:
    sight = quiet()
    for more in (
        {"up_ask": sight.p_up - 0.03}, {"down_ask": sight.p_down - 0.02}, {"tau_s": 10.0}, {"v": 0.0}, {"z": 1.5},
        {"elapsed_s": 1.0, "vwap": STRIKE + 500.0}, {"elapsed_s": -1.0, "vwap": STRIKE}, {"elapsed_s": 1.0},
    ):  # fmt: skip
        assert around(quiet(**more), NOW) is None
    assert around(quiet(elapsed_s=1.0, vwap=STRIKE), NOW) is not None
