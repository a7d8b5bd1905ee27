"""The smile of an expiry: through the market, kept while it stands, of the forward as it is now."""

from __future__ import annotations

import numpy as np
import pytest

from engine.maths import smile
from engine.options import smiles
from engine.options.smiles import Points

YEARS, FORWARD = 27 / 365, 70_000.0
STRIKES = np.arange(50_000.0, 95_000.0, 2_500.0)
LAW = smile.natural(0.015, -0.25, 1.1, YEARS)


def points(moved: float = 0.0, forward: float = FORWARD) -> Points:
    vol = LAW.vol(np.log(STRIKES / FORWARD)) + moved
    return Points(YEARS, forward, STRIKES, vol - 0.005, vol + 0.005, vol)


def test_it_goes_through_the_market_and_is_kept_while_that_stands() -> None:
    found = smiles.fitted(points())
    assert found is not None
    assert found.free
    assert smiles.vols(found, STRIKES, FORWARD) == pytest.approx(points().mark, abs=2e-4)
    assert smiles.fitted(points(smiles.STEADY / 2), found) is found
    assert smiles.fitted(points(0.01), found) is not found
    assert smiles.fitted(points(forward=FORWARD * 1.01), found) is not found


def test_marks_stand_in_where_a_side_is_missing_and_nothing_is_made_of_nothing() -> None:
    nothing = np.full(STRIKES.shape, np.nan)
    found = smiles.fitted(points()._replace(bid=nothing))
    assert found is not None
    assert smiles.vols(found, STRIKES, FORWARD) == pytest.approx(points().mark, abs=2e-4)
    assert smiles.fitted(points()._replace(bid=nothing, mark=nothing)) is None


def test_a_forward_that_moved_moves_the_smile_with_it() -> None:
    found = smiles.fitted(points())
    assert found is not None
    up = smiles.vols(found, STRIKES * 1.001, FORWARD * 1.001)
    assert up == pytest.approx(smiles.vols(found, STRIKES, FORWARD))
