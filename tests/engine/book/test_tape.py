from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book.tape import Tape
from engine.core.units import MINUTE, SECOND, Side

TAKER = st.sampled_from([Side.BUY, Side.SELL, None])
TRADES = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 9), st.integers(1, 50), TAKER), max_size=80)


@given(TRADES, st.integers(0, 60))
def test_a_tape_says_what_counting_the_trades_again_says(trades, later) -> None:
    tape = Tape(60, slots=6)
    now = 0
    kept = []
    for at, price, lots, taker in trades:
        horizon = max(now, at) // 10
        if at // 10 > horizon - 6:
            kept.append((at, price, lots, taker))
        now = max(now, at)
        tape.add(at, price, lots, taker)
    now += later
    within = [t for t in kept if t[0] // 10 > now // 10 - 6]
    flow = tape.flow(now)
    total = sum(lots for _, _, lots, _ in within)
    assert (flow.trades, flow.lots) == (len(within), total)
    assert flow.signed == sum(lots if taker is Side.BUY else -lots for _, _, lots, taker in within if taker is not None)
    assert flow.vwap == (sum(p * n for _, p, n, _ in within) / total if within else None)
    prices = {}
    for _, price, lots, _ in within:
        prices[price] = prices.get(price, 0) + lots
    assert tape.at_prices(now) == prices


def test_rates_are_by_the_second() -> None:
    tape = Tape(MINUTE)
    for second in range(30):
        tape.add(1_000 * MINUTE + second * SECOND, 4_300, 200, Side.SELL)
    flow = tape.flow(1_000 * MINUTE + 30 * SECOND)
    assert flow.per_second == pytest.approx(0.5)
    assert flow.lots_per_second == pytest.approx(100)
    assert (flow.signed, flow.vwap) == (-6_000, 4_300)


def test_a_long_silence_leaves_nothing() -> None:
    tape = Tape(MINUTE)
    tape.add(1_000 * MINUTE, 4_300, 200, Side.BUY)
    assert tape.flow(2_000 * MINUTE) == (0, 0, 0, None, 0.0, 0.0)
    tape.add(1_000 * MINUTE, 4_300, 200, Side.BUY)
    assert tape.flow(2_000 * MINUTE).trades == 0


def test_a_cleared_tape_is_empty() -> None:
    tape = Tape(MINUTE)
    tape.add(5 * MINUTE, 4_300, 200, Side.BUY)
    tape.clear()
    assert tape.flow(5 * MINUTE).trades == 0
    assert not tape.at_prices(5 * MINUTE)
