from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.risk.two_tier import (
    EQUAL,
    LEAST,
    PACED,
    PROFILES,
    SEED,
    Gate,
    OwnStanding,
    PortfolioLimits,
    Sized,
    Standing,
    StrategyLimits,
    size,
)

NAMES = st.sampled_from(sorted(SEED))
MONEY = st.floats(0.0, 300.0)


def ask(strategy="latency_arb", part=0.02, own=None, limits=SEED, **all_) -> Sized:
    standing = Standing(**{"bankroll": 1_000.0, "feed_age_ms": 0, **all_})
    return size(strategy, part, standing, own or OwnStanding(), limits)


@given(NAMES, st.floats(0.0, 1.0), MONEY, MONEY, st.sampled_from(sorted(PROFILES)))
def test_what_is_granted_passes_no_limit(strategy, part, exposure, mine, profile) -> None:
    limits = PROFILES[profile]
    said = ask(strategy, part, OwnStanding(exposure=mine), limits, exposure=exposure)
    if said.gate is Gate.PASS:
        own = limits[strategy]
        assert 1.0 - 1e-9 <= said.money <= min(part, own.per_trade) * 1_000.0 + 1e-9
        assert mine + said.money <= own.total * 1_000.0 + 1e-9
        assert exposure + said.money <= 150.0 + 1e-9


@given(NAMES, st.floats(0.001, 0.1), st.integers(1, 60))
def test_asking_again_and_again_ends_at_the_limit(strategy, part, times) -> None:
    spent = 0.0
    for n in range(times):
        said = ask(strategy, part, OwnStanding(exposure=spent, orders=n), exposure=spent)
        if said.gate is Gate.PASS:
            spent += said.money
    assert spent <= SEED[strategy].total * 1_000.0 + 1e-9


@pytest.mark.parametrize(
    ("more", "gate"),
    [
        ({}, Gate.PASS),
        ({"halted": True, "daily_pnl": -99.0}, Gate.HALTED),
        ({"daily_pnl": -30.0, "weekly_pnl": -80.0}, Gate.DAILY_LOSS),
        ({"daily_pnl": -29.99}, Gate.PASS),
        ({"weekly_pnl": -80.0, "feed_age_ms": None}, Gate.WEEKLY_LOSS),
        ({"weekly_pnl": -79.99}, Gate.PASS),
        ({"feed_age_ms": None, "exposure": 150.0}, Gate.STALE),
        ({"feed_age_ms": 5_001}, Gate.STALE),
        ({"feed_age_ms": 5_000}, Gate.PASS),
        ({"exposure": 150.0, "strategy": "none such"}, Gate.PORTFOLIO),
        ({"exposure": 149.5}, Gate.MIN_SIZE),
        ({"strategy": "none such"}, Gate.UNKNOWN_STRATEGY),
        ({"own": OwnStanding(ms_since_last=199, orders=50)}, Gate.COOLDOWN),
        ({"own": OwnStanding(ms_since_last=200)}, Gate.PASS),
        ({"own": OwnStanding(orders=50, exposure=80.0)}, Gate.MAX_ORDERS),
        ({"own": OwnStanding(orders=49)}, Gate.PASS),
        ({"own": OwnStanding(exposure=80.0)}, Gate.STRATEGY_EXPOSURE),
        ({"part": 0.0}, Gate.MIN_SIZE),
        ({"bankroll": 0.0}, Gate.DAILY_LOSS),
    ],
)
def test_the_first_gate_that_fails_is_told(more, gate) -> None:
    assert ask(**more).gate is gate


DAY, WEEK = -0.03 * 1_000.0 + EQUAL, -0.08 * 1_000.0 + EQUAL
ALL, MINE = 0.15 * 1_000.0 - EQUAL, 0.08 * 1_000.0 - EQUAL


@pytest.mark.parametrize(
    ("more", "gate"),
    [
        ({"daily_pnl": DAY}, Gate.DAILY_LOSS),
        ({"daily_pnl": math.nextafter(DAY, 0.0)}, Gate.PASS),
        ({"weekly_pnl": WEEK}, Gate.WEEKLY_LOSS),
        ({"weekly_pnl": math.nextafter(WEEK, 0.0)}, Gate.PASS),
        ({"exposure": ALL}, Gate.PORTFOLIO),
        ({"exposure": math.nextafter(ALL, 0.0)}, Gate.MIN_SIZE),
        ({"own": OwnStanding(exposure=MINE)}, Gate.STRATEGY_EXPOSURE),
        ({"own": OwnStanding(exposure=math.nextafter(MINE, 0.0))}, Gate.MIN_SIZE),
    ],
)
def test_a_limit_holds_to_the_last_digit(more, gate) -> None:
    assert ask(**more).gate is gate


@pytest.mark.parametrize(
    ("bankroll", "gate"), [(LEAST - EQUAL, Gate.PASS), (math.nextafter(LEAST - EQUAL, 0.0), Gate.MIN_SIZE)]
)
def test_the_least_order_is_worth_sending(bankroll, gate) -> None:
    all_ = Standing(bankroll=bankroll, feed_age_ms=0)
    whole = {"s": StrategyLimits(1.0, 1.0, 0, 1)}
    assert size("s", 1.0, all_, OwnStanding(), whole, PortfolioLimits(exposure=1.0)).gate is gate


def test_the_halt_of_losses_is_the_one_that_was_set() -> None:
    all_ = Standing(bankroll=1_000.0, feed_age_ms=0, daily_pnl=-40.0)
    tight, wide = PortfolioLimits(daily_halt=-0.01), PortfolioLimits(daily_halt=-0.05)
    assert size("latency_arb", 0.02, all_, OwnStanding(), SEED, tight).gate is Gate.DAILY_LOSS
    assert size("latency_arb", 0.02, all_, OwnStanding(), SEED, wide).gate is Gate.PASS


def test_the_paced_profile_waits_longer_and_orders_less() -> None:
    assert SEED.keys() == PACED.keys()
    assert all(PACED[name].cooldown_ms > SEED[name].cooldown_ms for name in SEED)
    assert all(PACED[name].max_orders < SEED[name].max_orders for name in SEED)


@pytest.mark.parametrize(
    "more",
    [{"part": math.nan}, {"exposure": math.inf}, {"daily_pnl": math.nan}, {"bankroll": -1.0}, {"bankroll": math.inf}],
)
def test_nonsense_is_refused(more) -> None:
    with pytest.raises(ValueError, match=r"no size|bankroll"):
        ask(**more)
