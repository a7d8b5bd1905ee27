from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.maths import smile
from engine.maths.black_arrays import price
from engine.maths.smile import flat, natural
from engine.maths.surface import calendars, surface

K = np.linspace(-1.2, 1.2, 161)
ONE = st.tuples(st.floats(1e-3, 0.5), st.floats(-0.9, 0.9), st.floats(0.05, 1.0))


@settings(max_examples=30)
@given(st.lists(ONE, min_size=2, max_size=4), st.floats(0.0, 1.0))
def test_whatever_the_smiles_neither_calendars_nor_butterflies_are_free(laws, share) -> None:
    slices = [
        natural(theta, rho, part * smile.steepest_phi(theta, rho), 0.1 * (n + 1))
        for n, (theta, rho, part) in enumerate(laws)
    ]
    whole = surface(slices)
    times = sorted({*(one.years for one in slices), 0.1 + share * (slices[-1].years - 0.1)})
    before = np.zeros(K.size)
    for years in times:
        w = whole.variance(K, years)
        assert (w >= before - 1e-7 * (1.0 + before)).all()
        strikes = np.exp(K)
        calls = price(1.0, strikes, np.sqrt(w), 1.0)
        slopes = np.diff(calls) / np.diff(strikes)
        assert (np.diff(slopes) > -1e-6).all()
        before = w


def test_an_expiry_is_its_own_smile_where_that_is_sound() -> None:
    slices = [natural(0.01, -0.3, 2.0, 0.1), natural(0.03, -0.3, 2.0, 0.3)]
    whole = surface(slices[::-1])
    assert calendars(slices, K) == ()
    for one in slices:
        assert whole.vol(K, one.years) == pytest.approx(one.vol(K))
    assert whole.grid(K).shape == (2, K.size)


def test_between_expiries_the_forward_volatility_lies_between() -> None:
    whole = surface([flat(0.4, 0.1), flat(0.6, 0.3)])
    assert 0.4 < whole.vol(np.array([0.0]), 0.2)[0] < 0.6
    assert (np.diff([whole.variance(np.array([0.0]), t)[0] for t in np.linspace(0.1, 0.3, 9)]) > 0).all()


def test_a_later_smile_below_an_earlier_one_is_named_and_lifted() -> None:
    slices = [flat(0.8, 0.1), flat(0.4, 0.2)]
    (found,) = calendars(slices, K)
    assert (found.earlier, found.later) == (0, 1)
    assert found.short == pytest.approx(0.064 - 0.032)
    assert surface(slices).variance(K, 0.2) == pytest.approx(0.064)


@pytest.mark.parametrize("slices", [[], [flat(0.4, 0.1), flat(0.5, 0.1)]])
def test_a_surface_of_none_or_of_one_time_twice_is_refused(slices) -> None:
    with pytest.raises(ValueError, match="different times"):
        surface(slices)


@pytest.mark.parametrize("years", [0.05, 0.4])
def test_nothing_is_said_outside_of_the_expiries(years) -> None:
    with pytest.raises(ValueError, match="no volatility at"):
        surface([flat(0.4, 0.1), flat(0.6, 0.3)]).vol(K, years)
