from __future__ import annotations

import gc
import math
import tracemalloc
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import rolling
from engine.maths.rolling import Classifier, Regime, Volatility, Vwap

GAPS = st.lists(st.tuples(st.integers(0, 5_000), st.floats(-0.01, 0.01)), min_size=1, max_size=60)
TRADES = st.lists(
    st.tuples(st.integers(0, 40_000), st.floats(1.0, 1e5), st.one_of(st.just(0.0), st.floats(1e-4, 1e3))),
    min_size=1, max_size=80,
)  # fmt: skip


@given(GAPS, st.floats(0.5, 0.99))
def test_volatility_is_the_weighted_sum_over_all_samples(gaps, decay) -> None:
    kept = Volatility(decay, min_samples=3)
    at, price = 0, 100.0
    last: tuple[int, float] | None = None
    squares: list[float] = []
    for gap, r in gaps:
        at, price = at + gap, price * math.exp(r)
        made = kept.add(at, price)
        if last is None:
            last = (at, price)
        elif at - last[0] >= 1_000:
            squares.append(math.log(price / last[1]) ** 2 / ((at - last[0]) / 1_000))
            last = (at, price)
            assert made
        else:
            assert not made
    weights = [decay**n for n in range(len(squares))][::-1]
    plain = sum(w * x for w, x in zip(weights, squares, strict=True)) / sum(weights) if squares else 0.0
    assert kept.samples == len(squares)
    assert kept.divided == pytest.approx(math.sqrt(plain), rel=1e-6, abs=1e-12)
    assert kept.undivided <= kept.divided + 1e-15
    assert kept.sigma == (max(kept.divided, kept.floor) if len(squares) >= 3 else 0.0)


def test_ten_equal_samples_show_the_whole_truth_not_two_thirds_of_it() -> None:
    kept = Volatility()
    for n in range(11):
        kept.add(1_000 * n, 68_000.0 + 20.0 * (n % 2))
    assert kept.valid
    assert kept.sigma == pytest.approx(math.log(68_020 / 68_000))
    assert kept.undivided / kept.sigma == pytest.approx(0.679, abs=1e-3)


def test_a_silent_market_has_the_floor() -> None:
    kept = Volatility()
    for n in range(11):
        kept.add(1_000 * n, 100.0)
    assert kept.sigma == kept.floor == pytest.approx(5.3403e-5, rel=1e-4)


def test_the_way_across_a_gap_is_not_a_return() -> None:
    kept = Volatility()
    kept.add(0, 100.0)
    assert not kept.add(60_001, 200.0)
    assert kept.add(61_001, 200.0)
    assert (kept.samples, kept.divided) == (1, 0.0)


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_price_is_left_out(price) -> None:
    kept, average = Volatility(), Vwap()
    kept.add(0, 100.0)
    assert not kept.add(1_000, price)
    average.add(0, price, 1.0)
    assert len(average) == 0
    assert kept.add(2_000, 101.0)


@pytest.mark.parametrize("bad", [(0.0, 0.3), (1.1, 0.3), (0.9, -0.1)])
def test_a_decay_is_a_share(bad) -> None:
    with pytest.raises(ValueError, match="no volatility"):
        Volatility(bad[0], floor_annual=bad[1])


@given(TRADES, st.integers(1, 60_000))
def test_the_average_is_that_of_the_trades_in_the_window(trades, window) -> None:
    kept, plain, at = Vwap(window), deque(), 0
    for gap, price, size in trades:
        at += gap
        kept.add(at, price, size)
        plain.append((at, price, size))
        while plain[0][0] < at - window:
            plain.popleft()
        volume = sum(size for _, _, size in plain)
        assert len(kept) == len(plain)
        if volume > 0.0:
            assert kept.value == pytest.approx(sum(p * s for _, p, s in plain) / volume, rel=1e-4)
        else:
            assert kept.value is None


def test_a_silent_feed_forgets_by_the_clock() -> None:
    kept, ticks = Vwap(), Classifier()
    kept.add(0, 100.0, 1.0)
    for n in range(12):
        ticks.tick(n, True)
    assert ticks.regime is Regime.TREND
    kept.roll(60_001)
    ticks.roll(31_000)
    assert kept.value is None
    assert (ticks.regime, len(ticks)) == (Regime.AMBIGUOUS, 0)


def test_sums_are_made_anew_before_rounding_shows() -> None:
    kept = Vwap(10)
    for n in range(rolling.RECOUNT + 5):
        kept.add(100 * n, 1e9 if n < rolling.RECOUNT - 1 else 1.0, 1e9 if n < 10 else 1.0)
    assert kept.value == 1.0
    assert kept._evicted < 10


@given(st.lists(st.tuples(st.integers(0, 3_000), st.booleans()), max_size=80), st.integers(1, 30_000))
def test_the_regime_is_that_of_the_ticks_in_the_window(ticks, window) -> None:
    kept, plain, at = Classifier(window), deque(), 0
    for gap, rise in ticks:
        at += gap
        kept.tick(at, rise)
        plain.append((at, rise))
        while plain[0][0] < at - window:
            plain.popleft()
    found, up = kept.counted(), sum(rise for _, rise in plain)
    assert (found.ticks, found.up) == (len(plain), up)
    assert found.up_prevails == (up > len(plain) - up)
    if len(plain) < 10 or 0.60 <= found.dominant < 0.75:
        assert found.regime is Regime.AMBIGUOUS
    else:
        assert found.regime is (Regime.TREND if found.dominant >= 0.75 else Regime.RANGE)


def test_only_changes_of_price_are_ticks() -> None:
    kept = Classifier()
    for n, price in enumerate([100.0, 100.0, 101.0, 101.0, 100.5]):
        kept.add(n, price)
    assert (len(kept), kept.up) == (2, 1)


def test_a_sample_makes_no_container() -> None:
    volatility, average, ticks = Volatility(), Vwap(), Classifier()

    def feed(first: int, last: int) -> None:
        for n in range(first, last):
            price = 100.0 + (n % 7)
            volatility.add(n * 1_000, price)
            average.add(n * 1_000, price, 1.0)
            ticks.add(n * 1_000, price)

    feed(0, 500)
    gc.collect()
    tracemalloc.start()
    feed(500, 1_000)
    _, before = tracemalloc.get_traced_memory()
    feed(1_000, 5_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 2_000
