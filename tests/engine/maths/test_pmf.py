from __future__ import annotations

import json
import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.maths import pmf
from tests.shared import shared

PRICE = st.integers(1, 99).map(lambda c: c / 100)
PRICES = st.lists(PRICE, min_size=2, max_size=12)
METHOD = st.sampled_from(sorted(pmf.METHODS))


def cases(name: str):
    return json.loads(shared("golden/models.json").read_text(encoding="utf-8"))["models"][name]["cases"]


@given(PRICES, METHOD)
def test_what_a_method_gives_is_a_distribution(prices, method) -> None:
    p = pmf.devig(prices, method)
    assume(p is not None)
    assert len(p) == len(prices)
    assert all(0.0 <= x <= 1.0 for x in p)
    assert math.fsum(p) == pytest.approx(1.0, abs=1e-9)


@given(PRICES, METHOD)
def test_no_method_changes_the_order_of_outcomes(prices, method) -> None:
    p = pmf.devig(prices, method)
    assume(p is not None)
    ranked = sorted(zip(prices, p, strict=True))
    assert all(a <= b + 1e-9 for (_, a), (_, b) in pairwise(ranked))


@given(PRICES, METHOD)
def test_prices_that_sum_to_one_are_left_alone(prices, method) -> None:
    fair = pmf.normalise(prices)
    assume(math.fsum(fair) >= 1.0 and max(fair) < 1.0)  # below 1 by a rounding Shin's method is not defined
    assert pmf.devig(fair, method) == pytest.approx(fair, abs=1e-7)


@given(PRICES)
def test_only_additive_and_shin_are_ever_undefined_inside_0_and_1(prices) -> None:
    assert {m for m in pmf.METHODS if pmf.devig(prices, m) is None} <= {"additive", "shin"}
    assert (pmf.devig(prices, "shin") is None) == (math.fsum(prices) < 1.0)


@given(PRICES, METHOD, st.integers(0, 12))
def test_a_dead_outcome_stays_dead_and_changes_no_other(prices, method, where) -> None:
    at = min(where, len(prices))
    with_dead = pmf.devig([*prices[:at], 0.0, *prices[at:]], method)
    without = pmf.devig(prices, method)
    assert with_dead == (None if without is None else (*without[:at], 0.0, *without[at:]))


@given(PRICES)
def test_the_spread_holds_every_method(prices) -> None:
    bands = pmf.spread(prices)
    for method in pmf.METHODS:
        p = pmf.devig(prices, method)
        if p is not None:
            assert all(low <= x <= high for x, (low, high) in zip(p, bands, strict=True))


def test_an_even_line_has_no_spread_and_a_lopsided_one_has() -> None:
    even, lopsided = pmf.spread([0.52, 0.52]), pmf.spread([0.05, 0.99])
    assert max(high - low for low, high in even) < 1e-9
    assert max(high - low for low, high in lopsided) > 0.01


def test_longshots_lose_more_under_shin_and_power_than_under_shares() -> None:
    prices = [0.05, 0.30, 0.72]
    shares, power, shin = (pmf.devig(prices, m)[0] for m in ("multiplicative", "power", "shin"))
    assert power < shares
    assert shin < shares


def test_shins_share_of_insiders_solves_his_equation() -> None:
    """With two outcomes Shin's method takes the same amount off both, as the additive one does."""
    prices = [0.62, 0.43]
    assert pmf.devig(prices, "shin") == pytest.approx(pmf.devig(prices, "additive"), abs=1e-9)


def test_prices_none_can_read_are_refused() -> None:
    with pytest.raises(ValueError, match="within 0 and 1"):
        pmf.devig([0.5, 1.2])
    with pytest.raises(ValueError, match="no such method"):
        pmf.devig([0.5, 0.5], "guess")
    assert pmf.devig([0.0, 0.0]) is None
    assert pmf.spread([]) is None
    assert pmf.devig([1.0, 0.5], "power") is None


def test_weights_that_are_none_are_refused() -> None:
    for weights in ([], [0.0, 0.0], [1.0, -0.1], [math.nan, 1.0], [math.inf, 1.0]):
        with pytest.raises(ValueError, match="weights must be"):
            pmf.normalise(weights)


@given(PRICES, st.floats(0, 1))
def test_pools_of_an_opinion_with_itself_are_that_opinion(prices, share) -> None:
    p = pmf.normalise(prices)
    assert pmf.blend(p, p, share) == pytest.approx(p, abs=1e-12)
    assert pmf.pool(p, p, share) == pytest.approx(p, abs=1e-3)


def test_every_pool_of_the_reference() -> None:
    for case in cases("kalshi.log_pool"):
        given_ = case["in"]
        got = pmf.pool(given_["p_mkt"], given_["p_wx"], given_["w_mkt"])
        assert got == pytest.approx(case["out"]["p"], abs=1e-9), case["name"]


def test_every_centre_of_the_reference() -> None:
    for case in cases("kalshi.center_of_mass"):
        if "error" in case["out"]:
            with pytest.raises(ValueError, match="weights must be"):
                pmf.centre(case["in"]["b"], case["in"]["p"])
            continue
        got = pmf.centre(case["in"]["b"], case["in"]["p"])
        assert got == pytest.approx((case["out"]["mu"], case["out"]["var"]), abs=1e-9), case["name"]


def test_five_cents_off_is_coherent_and_six_are_not() -> None:
    assert pmf.coherent([0.5, 0.55])
    assert pmf.coherent([0.5, 0.45])
    assert not pmf.coherent([0.5, 0.56])
