from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.rls import Row

NUMBER = st.floats(-3.0, 3.0)


@given(st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=30))
def test_without_forgetting_it_is_ridge_regression(rows) -> None:
    row = Row([0.0, 0.0], prior=100.0, forgets=1.0)
    for a, b, y in rows:
        row.learn([a, b], y)
    x = np.array([[a, b] for a, b, _ in rows])
    y = np.array([y for *_, y in rows])
    ridge = np.linalg.solve(x.T @ x + np.eye(2) / 100.0, x.T @ y)
    assert row.theta == pytest.approx(ridge, abs=1e-6)


def test_it_forgets_what_is_long_past() -> None:
    row = Row([0.0], forgets=0.9)
    for _ in range(200):
        row.learn([1.0], 1.0)
    for _ in range(200):
        row.learn([1.0], -1.0)
    assert row.predict([1.0]) == pytest.approx(-1.0, abs=1e-6)
