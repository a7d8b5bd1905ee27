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
    WHOLE,
    Gate,
    OwnStanding,
    PortfolioLimits,
    Sized,
    Standing,
    StrategyLimits,
    room,
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


def left(strategy="latency_arb", own=None, limits=SEED, whole=WHOLE, **all_) -> float | None:
    """Return the room, having held it against what `size` grants where neither clock nor signal stands in the way."""
    standing = Standing(**{"bankroll": 1_000.0, "feed_age_ms": 0, **all_})
    own = own or OwnStanding()
    found = room(limits[strategy], standing, own, whole)
    said = size(strategy, 1e6, standing, own, limits, whole)
    assert found == (said.money if said.gate is Gate.PASS else None)
    return found


@given(
    NAMES, st.sampled_from(sorted(PROFILES)), st.floats(0.0, 2_000.0), MONEY, MONEY, st.floats(-90.0, 9.0),
    st.floats(-90.0, 9.0), st.integers(0, 60), st.booleans(),
)  # fmt: skip
def test_the_room_is_the_most_that_is_granted(
    strategy, profile, bankroll, exposure, mine, day, week, orders, halted
) -> None:
    left(
        strategy, OwnStanding(exposure=mine, orders=orders), PROFILES[profile],
        bankroll=bankroll, exposure=exposure, daily_pnl=day, weekly_pnl=week, halted=halted,
    )  # fmt: skip


def test_the_room_is_the_least_of_three() -> None:
    assert left() == 20.0
    assert left(own=OwnStanding(exposure=65.0)) == 15.0
    assert left(exposure=140.0) == 10.0
    assert left(own=OwnStanding(exposure=79.0), exposure=149.5) is None
    assert left(whole=PortfolioLimits(exposure=0.005)) == 5.0
    assert left(whole=PortfolioLimits(daily_halt=-0.01), daily_pnl=-15.0) is None


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
    wide = {"latency_arb": StrategyLimits(1.0, 0.08, 200, 50)}
    assert (left(**more) is None) is (gate is not Gate.PASS)
    left(limits=wide, **more)


def test_what_is_left_to_the_last_order_and_the_least_one() -> None:
    assert left(own=OwnStanding(orders=49)) == 20.0
    assert left(own=OwnStanding(orders=50)) is None
    assert left(halted=True) is None
    one = {"latency_arb": StrategyLimits(1.0, 1.0, 0, 1)}
    whole = PortfolioLimits(exposure=1.0)
    assert left(limits=one, whole=whole, bankroll=LEAST - EQUAL) == LEAST - EQUAL
    assert left(limits=one, whole=whole, bankroll=math.nextafter(LEAST - EQUAL, 0.0)) is None
    tiny = {"latency_arb": StrategyLimits(1.0, 1e-10, 0, 1)}
    assert left(limits=tiny, whole=whole) is None


@pytest.mark.parametrize("name", ["bankroll", "exposure", "daily_pnl", "weekly_pnl"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nonsense_leaves_no_room(name, value) -> None:
    standing = Standing(**({"bankroll": 1_000.0, "feed_age_ms": 0} | {name: value}))
    assert room(SEED["latency_arb"], standing, OwnStanding()) is None
    assert room(SEED["latency_arb"], Standing(bankroll=1_000.0), OwnStanding(exposure=value)) is None


@pytest.mark.parametrize("more", [{}, {"daily_pnl": 99.0, "weekly_pnl": 99.0}, {"exposure": -900.0}])
def test_less_than_nothing_leaves_no_room(more) -> None:
    fields = {"daily_pnl": 900.0, "weekly_pnl": 900.0} | more
    assert room(SEED["latency_arb"], Standing(bankroll=-100.0, **fields), OwnStanding(exposure=-900.0)) is None
    assert room(SEED["latency_arb"], Standing(bankroll=0.0, **fields), OwnStanding()) is None


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
