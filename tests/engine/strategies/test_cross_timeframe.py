from __future__ import annotations

from engine.maths.binary import digital
from engine.strategies.cross_timeframe import CAP, Elsewhere, decide
from engine.strategies.sight import Gate, Outcome, Sight, Signal

SPOT, STRIKE = 68_030.0, 68_000.0
SIGMA = 6e-5


def seen(up_ask=0.0, down_ask=0.0) -> Sight:
    sight = Sight(STRIKE)
    sight.look(SPOT, SIGMA, 120.0)
    sight.up_ask, sight.down_ask = up_ask, down_ask
    return sight


def priced(strike: float, tau_s: float, sigma: float = SIGMA) -> Elsewhere:
    return Elsewhere(digital(SPOT, strike, sigma, tau_s).p_up, strike, tau_s)


OTHERS = [priced(68_010.0, 600.0), priced(67_950.0, 3_000.0)]
DEAR = digital(SPOT, STRIKE, 1.5 * SIGMA, 120.0).p_up
"""Of this window's Up share at half as much volatility again: less sure of Up, so too cheap."""


def test_a_window_with_the_others_volatility_does_not_deviate() -> None:
    assert decide(seen(0.5, 0.5), priced(STRIKE, 120.0).price, OTHERS) is Gate.DEVIATION


def test_the_side_that_is_cheap_at_the_others_volatility_is_bought() -> None:
    said = decide(seen(DEAR, 1.0 - DEAR), DEAR, OTHERS)
    assert isinstance(said, Signal)
    assert said.side is Outcome.UP
    assert said.fair > said.price
    assert 0.3 <= said.confidence <= 0.7
    assert 0.0 < said.size <= CAP
    calm = digital(SPOT, STRIKE, 0.6 * SIGMA, 120.0).p_up
    said = decide(seen(calm, 1.0 - calm), calm, OTHERS)
    assert said.side is Outcome.DOWN


def test_each_market_is_read_with_its_own_strike() -> None:
    misread = [one._replace(strike=STRIKE) for one in OTHERS]
    assert decide(seen(DEAR, 1.0 - DEAR), DEAR, misread) != decide(seen(DEAR, 1.0 - DEAR), DEAR, OTHERS)


def test_one_other_horizon_makes_no_curve_and_impossible_prices_do_not_count() -> None:
    impossible = Elsewhere(0.6, 69_000.0, 900.0)
    assert decide(seen(0.5, 0.5), 0.6, OTHERS[:1]) is Gate.SURFACE
    assert decide(seen(0.5, 0.5), 0.6, [OTHERS[0], impossible]) is Gate.SURFACE
    assert decide(seen(0.5, 0.5), 1.0, OTHERS) is Gate.SURFACE


def test_without_an_offer_or_an_edge_it_is_silent() -> None:
    assert decide(seen(), DEAR, OTHERS) is Gate.NO_QUOTE
    assert decide(seen(0.99, 0.99), DEAR, OTHERS) is Gate.EDGE


def test_without_volatility_it_is_silent() -> None:
    sight = seen(0.5, 0.5)
    sight.look(SPOT, 0.0, 120.0)
    assert decide(sight, DEAR, OTHERS) is Gate.SIGMA
