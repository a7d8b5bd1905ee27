"""Walk-forward windows: train on some days, test on the next, step on; no day on both sides, none split."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

TRAIN, TEST, STEP = 42, 7, 7


class Fold(NamedTuple):
    """First and last days, both included."""

    train_start: date
    train_end: date
    test_start: date
    test_end: date


def walk_forward(
    start: date, end: date, train: int = TRAIN, test: int = TEST, step: int = STEP, embargo: int = 0
) -> list[Fold]:
    """Return all windows that fit between two days, both included.

    Parameters
    ----------
    start, end : date
        Nothing fits when `end` is before `start`.
    train, test, step : int, days, > 0
    embargo : int, days, >= 0
        Left out between training and test, where a label would reach from one into the other.

    Raises
    ------
    ValueError
        If a length is not positive or the embargo negative.
    """
    if min(train, test, step) <= 0 or embargo < 0:
        msg = f"days must be positive: train {train}, test {test}, step {step}, embargo {embargo}"
        raise ValueError(msg)
    folds = []
    for shift in range(0, (end - start).days + 1, step):
        train_end = start + timedelta(shift + train - 1)
        test_start = train_end + timedelta(1 + embargo)
        fold = Fold(start + timedelta(shift), train_end, test_start, test_start + timedelta(test - 1))
        if fold.test_end > end:
            break
        folds.append(fold)
    return folds
