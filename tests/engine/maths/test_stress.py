from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.maths import payoff, stress
from engine.maths.payoff import CALL, PUT, Leg

SPOT = 68_910.0
STRADDLE = [Leg(kind, -1.0, 7e4, 0.1, 0.5) for kind in (CALL, PUT)]


def test_nothing_changed_is_nothing_gained() -> None:
    found = stress.grid(STRADDLE, SPOT)
    assert found.shape == (len(stress.SHIFTS), len(stress.MOVES))
    assert found[stress.SHIFTS.index(0.0), stress.MOVES.index(0.0)] == pytest.approx(0.0, abs=1e-9)


@given(st.floats(-0.5, 1.0), st.floats(-0.4, 0.4), st.floats(0.0, 60.0))
def test_a_cell_is_the_result_there_less_the_result_now(move, shift, days) -> None:
    (cell,) = stress.grid(STRADDLE, SPOT, (move,), (shift,), days)[0:1, 0]
    there = payoff.result(STRADDLE, np.array([SPOT * (1 + move)]), days / 365, shift)
    assert cell == pytest.approx(there[0] - payoff.result(STRADDLE, np.array([SPOT]))[0])


def test_who_sold_a_straddle_fears_moves_and_volatility_and_waits_gladly() -> None:
    found = stress.shocks(STRADDLE, SPOT)
    by_name = {one.shock.name: one.change for one in found}
    assert found[0].shock.name in {"crash", "short squeeze"}
    assert by_name["crash"] < 0.0 < by_name["nothing moves for a week"]
    assert by_name["volatility jumps"] < 0.0 < by_name["volatility gives way"]
    assert [one.change for one in found] == sorted(by_name.values())


def test_a_move_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no price is left"):
        stress.grid(STRADDLE, SPOT, (-1.0,), (0.0,))
