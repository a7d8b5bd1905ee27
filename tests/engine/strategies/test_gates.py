"""What holds for every Up/Down strategy, and the first gate that fails of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.rolling import Regime
from engine.strategies import certainty_capture, convexity_fade, latency_arb, lp_extreme, strike_misalign
from engine.strategies.sight import Gate, Outcome, Sight, Signal, quoted

STRIKE = 68_000.0
ALL = (latency_arb, certainty_capture, convexity_fade, strike_misalign, lp_extreme)
CAPS = {
    "latency_arb": 0.02,
    "certainty_capture": 0.05,
    "convexity_fade": 0.005,
    "strike_misalign": 0.02,
    "lp_extreme": 0.02,
}
EDGES = {
    "latency_arb": 0.03,
    "certainty_capture": 0.02,
    "convexity_fade": 0.02,
    "strike_misalign": 0.02,
    "lp_extreme": 0.02,
}
ASK = st.just(0.0) | st.floats(0.01, 0.99)


def seen(spot=STRIKE, sigma=6e-5, tau_s=120.0, **more) -> Sight:
    sight = Sight(STRIKE)
    sight.look(spot, sigma, tau_s)
    for name, value in more.items():
        setattr(sight, name, value)
    return sight


@st.composite
def sights(draw) -> Sight:
    spot = draw(st.floats(67_800.0, 68_200.0))
    return seen(
        spot,
        draw(st.sampled_from([0.0, 6e-5, 2e-4])),
        draw(st.floats(0.0, 300.0)),
        up_ask=draw(ASK),
        down_ask=draw(ASK),
        regime=draw(st.sampled_from(Regime)),
        elapsed_s=draw(st.floats(-1.0, 20.0)),
        vwap=draw(st.none() | st.floats(67_900.0, 68_100.0)),
    )


def mirrored(sight: Sight) -> Sight:
    """The same window with Up and Down exchanged: spot and average on the other side of the strike."""
    other = seen(
        STRIKE * STRIKE / sight.spot,
        sight.sigma,
        sight.tau_s,
        up_ask=sight.down_ask,
        down_ask=sight.up_ask,
        regime=sight.regime,
        elapsed_s=sight.elapsed_s,
    )
    other.vwap = None if sight.vwap is None else STRIKE * STRIKE / sight.vwap
    return other


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.NAME)
@given(sight=sights())
def test_a_signal_is_of_a_side_that_is_offered_below_its_value(module, sight) -> None:
    said = module.decide(sight)
    if isinstance(said, Gate):
        return
    assert sight.sigma > 0.0
    assert quoted(said.price)
    assert said.price == sight.ask(said.side)
    assert said.edge == said.fair - said.price >= EDGES[module.NAME]
    assert 0.0 < said.size <= CAPS[module.NAME]
    assert 0.0 < said.confidence <= 1.0
    assert said.passive == (module is lp_extreme)


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.NAME)
@given(sight=sights())
def test_looking_twice_changes_nothing(module, sight) -> None:
    assert module.decide(sight) == module.decide(sight)


@given(sight=sights(), tie=st.booleans())
def test_the_leader_is_followed_on_the_side_that_is_better_offered(sight, tie) -> None:
    if tie and 0.0 < sight.p_down - sight.p_up + sight.up_ask < 1.0:
        sight.down_ask = sight.p_down - (sight.p_up - sight.up_ask)
    said, side = latency_arb.decide(sight), sight.better()
    if sight.sigma <= 0.0 or sight.tau_s < latency_arb.LEAST_TAU_S:
        assert isinstance(said, Gate)
    elif side is None:
        assert said is Gate.NO_QUOTE
    elif sight.fair(side) - sight.ask(side) < latency_arb.LEAST_EDGE:
        assert said is Gate.EDGE
    else:
        assert isinstance(said, Signal)
        assert (said.side, said.fair, said.price) == (side, sight.fair(side), sight.ask(side))


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.NAME)
def test_without_volatility_nobody_trades(module) -> None:
    assert module.decide(seen(sigma=0.0, up_ask=0.1, down_ask=0.1, vwap=STRIKE + 50, elapsed_s=1.0)) is Gate.SIGMA


@given(sights())
def test_up_and_down_are_judged_alike(sight) -> None:
    """A far leader mirrored is the same leader on the other side, but for the drift of half a variance."""
    said, other = certainty_capture.decide(sight), certainty_capture.decide(mirrored(sight))
    if isinstance(said, Signal) and isinstance(other, Signal):
        assert said.side is other.side.other
        assert said.edge == pytest.approx(other.edge, abs=2e-3)


GATES = [
    (latency_arb, {"tau_s": 0.5, "up_ask": 0.1}, Gate.TAU),
    (latency_arb, {}, Gate.NO_QUOTE),
    (latency_arb, {"up_ask": 1.0, "down_ask": 0.0}, Gate.NO_QUOTE),
    (latency_arb, {"up_ask": 0.49, "down_ask": 0.52}, Gate.EDGE),
    (certainty_capture, {"spot": 68_020.0, "up_ask": 0.5}, Gate.Z),
    (certainty_capture, {"spot": 68_120.0, "tau_s": 40.0, "down_ask": 0.1}, Gate.NO_QUOTE),
    (certainty_capture, {"spot": 68_120.0, "tau_s": 40.0, "up_ask": 0.99}, Gate.EDGE),
    (convexity_fade, {"regime": Regime.TREND, "up_ask": 0.4}, Gate.REGIME),
    (convexity_fade, {"tau_s": 29.9, "up_ask": 0.4}, Gate.TAU),
    (convexity_fade, {"spot": 68_204.1, "up_ask": 0.4}, Gate.DISTANCE),
    (convexity_fade, {}, Gate.NO_QUOTE),
    (convexity_fade, {"up_ask": 0.49, "down_ask": 0.5}, Gate.EDGE),
    (strike_misalign, {"elapsed_s": 15.1, "vwap": 68_020.0}, Gate.WINDOW),
    (strike_misalign, {"elapsed_s": -0.1, "vwap": 68_020.0}, Gate.WINDOW),
    (strike_misalign, {"elapsed_s": 5.0}, Gate.VWAP),
    (strike_misalign, {"elapsed_s": 5.0, "vwap": 68_020.0, "tau_s": 9.9}, Gate.TAU),
    (strike_misalign, {"elapsed_s": 5.0, "vwap": 68_002.0}, Gate.DP),
    (strike_misalign, {"elapsed_s": 5.0, "vwap": 68_020.0, "down_ask": 0.2}, Gate.NO_QUOTE),
    (strike_misalign, {"elapsed_s": 5.0, "vwap": 68_020.0, "up_ask": 0.9}, Gate.EDGE),
    (lp_extreme, {"tau_s": 59.9}, Gate.TAU),
    (lp_extreme, {"spot": 68_070.0, "regime": Regime.TREND}, Gate.REGIME),
    (lp_extreme, {"spot": 68_020.0, "down_ask": 0.02}, Gate.Z),
    (lp_extreme, {"spot": 68_070.0, "down_ask": 0.25}, Gate.ASK),
    (lp_extreme, {"spot": 68_100.0, "down_ask": 0.03}, Gate.EDGE),
]


EDGES_OF_GATES = [
    (latency_arb, {"tau_s": 1.0, "up_ask": 0.1}, Signal),
    (convexity_fade, {"tau_s": 30.0, "up_ask": 0.4}, Signal),
    (convexity_fade, {"spot": 68_204.0, "sigma": 2e-3, "up_ask": 0.4}, Signal),
    (strike_misalign, {"elapsed_s": 15.0, "vwap": 68_020.0, "up_ask": 0.4}, Signal),
    (strike_misalign, {"elapsed_s": 0.0, "vwap": 68_020.0, "up_ask": 0.4}, Signal),
    (strike_misalign, {"elapsed_s": 5.0, "vwap": 68_020.0, "tau_s": 10.0, "up_ask": 0.4}, Signal),
    (lp_extreme, {"tau_s": 60.0, "spot": 68_050.0, "down_ask": 0.02}, Signal),
    (lp_extreme, {"spot": 68_070.0, "down_ask": 0.0}, Gate),
]


@pytest.mark.parametrize(("module", "more", "kind"), EDGES_OF_GATES)
def test_a_gate_lets_its_own_threshold_through(module, more, kind) -> None:
    assert isinstance(module.decide(seen(**more)), kind)


@pytest.mark.parametrize("module", [certainty_capture, lp_extreme], ids=lambda module: module.NAME)
def test_exactly_one_and_a_half_deviations_are_far_enough(module) -> None:
    sight = seen(68_070.0, up_ask=0.5, down_ask=0.01)
    sight.z = 1.5
    assert module.decide(sight) is not Gate.Z
    sight.z = 1.4999
    assert module.decide(sight) is Gate.Z


@pytest.mark.parametrize(("module", "more", "gate"), GATES)
def test_the_first_gate_that_fails_is_told(module, more, gate) -> None:
    assert module.decide(seen(**more)) is gate


def test_the_average_above_the_strike_means_up() -> None:
    said = strike_misalign.decide(seen(tau_s=295.0, elapsed_s=5.0, vwap=68_020.0, up_ask=0.5, down_ask=0.3))
    assert said.side is Outcome.UP
    said = strike_misalign.decide(seen(tau_s=295.0, elapsed_s=5.0, vwap=67_980.0, up_ask=0.3, down_ask=0.5))
    assert said.side is Outcome.DOWN


@given(st.floats(67_900.0, 68_100.0), st.floats(0.5, 0.99))
def test_the_losing_side_can_be_bid_for(spot, share) -> None:
    """The stake of the other formula is nothing wherever this strategy looks."""
    sight = seen(spot, up_ask=0.0, down_ask=0.0)
    far = Outcome.DOWN if sight.z > 0 else Outcome.UP
    ask = sight.fair(far) * share
    said = lp_extreme.decide(seen(spot, up_ask=ask, down_ask=ask))
    if isinstance(said, Signal):
        assert said.size >= 0.001
        assert max(said.fair - (1 - said.fair) * (1 - ask) / ask, 0.0) == 0.0


@given(st.floats(0.03, 0.3), st.floats(0.0, 0.2), st.floats(0.02, 0.25))
def test_a_posted_bid_rests(fair, bid, ask) -> None:
    at = lp_extreme.post_at(fair, bid, ask, 0.01)
    if at is not None:
        assert 0.01 - 1e-9 <= at <= ask - 0.01 + 1e-9
        assert at <= fair - 0.02 + 1e-9


def test_where_nothing_would_rest_nothing_is_posted() -> None:
    assert lp_extreme.post_at(0.05, 0.0, 0.01, 0.01) is None


@pytest.mark.parametrize(("z", "part"), [(1.5, 0.01), (2.5, 0.01), (2.6, 0.03), (3.0, 0.03), (3.1, 0.05)])
def test_the_further_the_more(z, part) -> None:
    assert certainty_capture.cap(z) == part


def test_time_over_all_is_decided() -> None:
    sight = seen(STRIKE, tau_s=0.0)
    assert (sight.z, sight.p_up, sight.p_down) == (0.0, 1.0, 0.0)
    sight.look(STRIKE - 1.0, 6e-5, 0.0)
    assert (sight.p_up, sight.p_down) == (0.0, 1.0)
    with pytest.raises(ValueError, match="no value"):
        sight.look(0.0, 6e-5, 1.0)


@given(sights())
def test_s4_finds_the_average_too_near_the_strike_exactly_where_its_shift_is_too_small(sight: Sight) -> None:
    found = strike_misalign.decide(sight)
    if found in {Gate.SIGMA, Gate.WINDOW, Gate.VWAP, Gate.TAU} or sight.vwap is None:
        return
    small = abs(strike_misalign.shift(sight, sight.vwap)) < strike_misalign.LEAST_DP
    assert (found is Gate.DP) == small
