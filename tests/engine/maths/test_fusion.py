from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import fusion

SHARES = st.lists(st.floats(0.05, 1.0), min_size=3, max_size=6).map(lambda w: [x / sum(w) for x in w])


@given(SHARES, st.randoms(use_true_random=False))
def test_the_order_of_the_brackets_does_not_matter(p, random) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    market = [(x + 0.1) / (1 + 0.1 * len(p)) for x in p]

    def run(places: list[int]) -> dict[int, float]:
        state = fusion.walk(fusion.start([p[i] for i in places], 0.05), 1e-4, 10.0)
        state = fusion.see_market(state, [market[i] for i in places], [0.02] * len(p))
        state = fusion.see_weather(state, [p[i] for i in places], 50.0)
        return dict(zip(places, state.p, strict=True))

    plain, shuffled = run(list(range(len(p)))), run(order)
    assert [plain[i] for i in order] == pytest.approx([shuffled[i] for i in order], abs=1e-9)


@given(SHARES, st.integers(1, 60))
def test_it_converges_to_what_is_seen_and_stays_a_distribution(p, times) -> None:
    state = fusion.start([1.0 / len(p)] * len(p), 0.1)
    for _ in range(times):
        state = fusion.see_market(fusion.walk(state, 1e-4, 1.0), p, [0.01] * len(p))
        assert sum(state.p) == pytest.approx(1.0)
        assert np.linalg.eigvalsh(state.covariance).min() > 0.0
    assert np.isfinite(state.z).all()
    if times > 30:
        assert list(state.p) == pytest.approx(p, abs=0.02)


def test_the_market_weighs_more_with_volume_but_never_all() -> None:
    weights = [fusion.market_weight(v, 0.0) for v in (0.0, 10.0, 1e3, 1e30)]
    assert weights == sorted(weights)
    assert weights[0] == 0.5
    assert weights[-1] == 0.95
    assert fusion.market_weight(0.0, 0.0, base=-50.0) == 0.05
