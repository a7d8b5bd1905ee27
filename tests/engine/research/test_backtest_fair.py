"""The value that a backtest's fills are scored by: what the strategy itself held a share to be worth."""

from __future__ import annotations

import pytest

from engine.core.commands import SetParameter, StrategyState
from engine.core.ids import StrategyId
from engine.core.when import instant
from engine.research import backtest
from engine.sandbox.session import PureSession
from tests.engine.kernel.desk import STATIONS


def test_a_fill_is_scored_by_what_its_strategy_held_a_share_to_be_worth() -> None:
    """An edge has the fee taken off it, and counts from the limit: a price that filled better says nothing of it."""
    desk = backtest._Desk()
    desk.session = session = PureSession(
        7, instant("2026-07-03T15:00:00Z"), STATIONS, rate=0.3, coin_rate=0.6, heard=desk.hear
    )
    session.run(330)
    for line in ("latency_arb", "certainty_capture"):
        session.ask(SetParameter(strategy=StrategyId(line), name="least_edge", value="0.005"))
    session.switch(StrategyState.PAPER)
    session.run(700)
    orders = [one for one in session.state.register if one.place.strategy and one.trades and one.fair is not None]
    assert orders
    held = sorted(one.fair for one in orders for _ in one.trades)
    rows = [row for row in desk.fills if row.strategy in {str(one.place.strategy) for one in orders}]
    assert sorted(row.fair for row in rows) == pytest.approx(held)
