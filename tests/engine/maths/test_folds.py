from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths.folds import walk_forward

DAYS = st.integers(1, 50)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(-5, 400), DAYS, DAYS, DAYS, st.integers(0, 5))
def test_no_day_is_trained_on_and_tested(start, length, train, test, step, embargo) -> None:
    end = start + timedelta(length)
    folds = walk_forward(start, end, train, test, step, embargo)
    for n, fold in enumerate(folds):
        assert fold.train_start == start + timedelta(n * step)
        assert (fold.train_end - fold.train_start).days == train - 1
        assert (fold.test_start - fold.train_end).days == 1 + embargo
        assert (fold.test_end - fold.test_start).days == test - 1
        assert fold.test_end <= end
    missed = start + timedelta(len(folds) * step + train + embargo + test - 1)
    assert missed > end


@pytest.mark.parametrize("bad", [(0, 7, 7, 0), (42, 0, 7, 0), (42, 7, 0, 0), (42, 7, 7, -1)])
def test_lengths_are_days(bad) -> None:
    with pytest.raises(ValueError, match="days must"):
        walk_forward(date(2026, 1, 1), date(2026, 12, 31), *bad)
