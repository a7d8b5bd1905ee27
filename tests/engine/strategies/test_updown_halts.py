from __future__ import annotations

import pytest

from engine.core.ids import StrategyId
from engine.core.units import DAY, SECOND, Nanos
from engine.risk.two_tier import Gate
from engine.strategies.updown_halts import Halts

NOW = Nanos(20_000 * DAY + 9 * 3_600 * SECOND)
"""A Friday, nine in the morning."""
S1 = StrategyId("latency_arb")


def test_a_days_loss_halts_until_midnight_and_a_weeks_until_monday() -> None:
    halts = Halts()
    halts.begin(True, Gate.DAILY_LOSS, NOW)
    midnight = Nanos(20_001 * DAY)
    assert halts.at(True, Nanos(midnight - 1)) is Gate.DAILY_LOSS
    assert (halts.at(True, midnight), halts.at(False, NOW)) == (None, None)
    halts.begin(True, Gate.WEEKLY_LOSS, NOW)
    monday = Nanos(20_003 * DAY)
    assert halts.at(True, Nanos(monday - 1)) is Gate.WEEKLY_LOSS
    assert halts.at(True, monday) is None
    halts.begin(True, Gate.DAILY_LOSS, NOW)
    assert halts.at(True, Nanos(monday - 1)) is Gate.WEEKLY_LOSS, "the longer one stays"


def test_no_other_gate_halts() -> None:
    halts = Halts()
    for gate in set(Gate) - {Gate.DAILY_LOSS, Gate.WEEKLY_LOSS}:
        halts.begin(True, gate, NOW)
    halts.begin(True, None, NOW)
    assert halts.at(True, NOW) is None


def test_a_halt_is_remembered_once_and_taken_up_again() -> None:
    halts, later = Halts(), Halts()
    assert halts.remember(S1) == []
    halts.begin(False, Gate.DAILY_LOSS, NOW)
    assert halts.remember(S1) == [], "of the shadow nothing is kept"
    halts.begin(True, Gate.DAILY_LOSS, NOW)
    (kept,) = halts.remember(S1)
    assert halts.remember(S1) == []
    later.recall(kept.body)
    assert later.at(True, NOW) is Gate.DAILY_LOSS
    assert later.remember(S1) == []
    for wrong in ("", "[]", '{"gate":"none","until":1}', '{"gate":"daily_loss"}'):
        with pytest.raises(ValueError, match="cannot be read"):
            later.recall(wrong)
