"""Why all Up/Down lines are silent, found at once: against what each of them says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.maths.rolling import Regime
from engine.strategies import certainty_capture, convexity_fade, latency_arb, lp_extreme, strike_misalign
from engine.strategies.sight import Gate, Sight
from engine.strategies.updown_quiet import MAY_SPEAK, S4_TAU, gates
from tests.scale import scale

STRIKE = 68_000.0
ASKED = {
    False: (latency_arb, strike_misalign, lp_extreme),
    True: (certainty_capture, convexity_fade, strike_misalign, lp_extreme),
}
ASK = st.sampled_from([0.0, 0.01, 0.25, 1.0]) | st.floats(0.01, 0.99)
NEAR = st.floats(-0.04, 0.04)


@st.composite
def sights(draw: st.DrawFn) -> Sight:
    """Windows of every kind, many of them with offers about their value: there the lines begin to speak."""
    sight = Sight(STRIKE)
    far = draw(st.sampled_from([0.0, 30.0, 204.0, -204.0]) | st.floats(-400.0, 400.0))
    tau = draw(st.sampled_from([9.9, 10.0, 29.9, 30.0, 59.9, 60.0]) | st.floats(0.001, 900.0))
    sight.look(STRIKE + far, draw(st.sampled_from([0.0, 6e-5, 2e-4])), tau)
    if draw(st.booleans()):
        sight.up_ask, sight.down_ask = draw(ASK), draw(ASK)
    else:
        sight.up_ask, sight.down_ask = sight.p_up + draw(NEAR), sight.p_down + draw(NEAR)
    sight.regime = draw(st.sampled_from(Regime))
    sight.elapsed_s = draw(st.sampled_from([0.0, 15.0]) | st.floats(-1.0, 20.0))
    sight.vwap = draw(st.none() | st.just(STRIKE) | st.floats(67_900.0, 68_100.0))
    return sight


@pytest.mark.parametrize("book", [False, True], ids=["trade", "book"])
def test_a_number_stands_for_the_gates_of_all_who_are_asked_and_for_no_signal(book: bool) -> None:
    stands: dict[int, tuple[object, ...]] = {}

    @settings(max_examples=max(scale(3_000), 300), deadline=None)
    @given(sights())
    def holds(sight: Sight) -> None:
        said = tuple(module.decide(sight) for module in ASKED[book])
        number = gates(sight, book)
        if number == MAY_SPEAK:
            spoke = any(not isinstance(one, Gate) for one in said)
            reckoned = said[-2] in {Gate.NO_QUOTE, Gate.EDGE}  # the fourth's value, which is seldom asked for
            assert spoke or reckoned or not sight.sigma > 0.0 or sight.tau_s < S4_TAU
        else:
            assert all(isinstance(one, Gate) for one in said)
            assert stands.setdefault(number, said) == said

    holds()
    assert stands
    assert len(set(stands.values())) == len(stands)
