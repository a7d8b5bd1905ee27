from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import smile
from engine.maths.black_arrays import price
from engine.maths.smile import STEEPEST, Slice, at_delta, breaks, butterfly_free, durrleman, flat, natural, skew

THETA = st.floats(1e-4, 2.0)
RHO = st.floats(-0.95, 0.95)
SHARE = st.floats(0.01, 1.0)


@given(THETA, RHO, SHARE)
def test_a_natural_smile_within_its_bounds_has_convex_calls(theta, rho, share) -> None:
    """By theorem; here by the prices themselves, between a tenth and ten times the forward."""
    law = natural(theta, rho, share * smile.steepest_phi(theta, rho), 1.0)
    assert butterfly_free(law)
    strikes = np.linspace(0.1, 10.0, 400)
    calls = price(1.0, strikes, law.vol(np.log(strikes)), 1.0)
    assert breaks(strikes, calls).size == 0


def test_axel_vogts_smile_is_found_out() -> None:
    """The published example of an SVI smile whose density is below 0 at k = 0.8."""
    vogt = Slice(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153, 1.0)
    assert not butterfly_free(vogt)
    assert durrleman(vogt, np.array([0.8]))[0] < 0.0
    strikes = np.exp(np.linspace(0.5, 1.2, 200))
    assert breaks(strikes, price(1.0, strikes, vogt.vol(np.log(strikes)), 1.0)).size > 0


def test_wings_that_are_too_steep_are_found_out() -> None:
    assert not butterfly_free(Slice(0.1, STEEPEST, 0.1, 0.0, 0.1, 1.0))


@given(THETA, RHO, SHARE, st.floats(0.05, 0.45))
def test_the_strike_of_a_delta_has_that_delta(theta, rho, share, delta) -> None:
    law = natural(theta, rho, share * 0.5 * smile.steepest_phi(theta, rho), 0.5)
    for wanted in (delta, -delta):
        k = at_delta(law, wanted)
        root = math.sqrt(float(law.variance(np.array([k]))[0]))
        d1 = -k / root + 0.5 * root
        found = 0.5 * math.erfc(-d1 / math.sqrt(2.0))
        assert found == pytest.approx(wanted if wanted > 0 else 1.0 + wanted, abs=1e-6) or abs(k) > 5.99


def test_puts_dearer_than_calls_are_skew_above_nothing() -> None:
    assert skew(natural(0.02, -0.4, 3.0, 0.1)) > 0.0 > skew(natural(0.02, 0.4, 3.0, 0.1))
    assert skew(flat(0.5, 0.1)) == 0.0


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: flat(0.0, 1.0), "flat smile"),
        (lambda: flat(0.5, math.inf), "flat smile"),
        (lambda: natural(0.0, 0.0, 1.0, 1.0), "no smile"),
        (lambda: natural(0.1, 1.0, 1.0, 1.0), "no smile"),
        (lambda: at_delta(flat(0.5, 1.0), 1.0), "delta"),
        (lambda: breaks(np.array([2.0, 1.0]), np.array([1.0, 2.0])), "rise"),
    ],
)
def test_what_is_none_is_refused(made, words) -> None:
    with pytest.raises(ValueError, match=words):
        made()


def test_a_butterfly_that_costs_less_than_nothing_is_named_by_its_strike() -> None:
    strikes = np.array([90.0, 100.0, 110.0, 120.0])
    assert breaks(strikes, np.array([14.0, 9.0, 3.0, 2.0])).tolist() == [100.0]
    assert breaks(strikes, np.array([14.0, 8.0, 4.0, 2.0])).tolist() == []
    assert breaks(strikes, np.array([14.0, 8.0, 9.0, 8.5])).tolist() == [110.0]
