from __future__ import annotations

from decimal import Decimal

import pytest

from app import at_start, settings
from app.setting_list import STRATEGIES
from engine.core.commands import SetStrategy, StrategyState
from engine.core.ids import StrategyId
from tests.engine.kernel.desk import Desk
from tests.engine.kernel.venue import Session, opened


def read(tmp_path, **environ: str) -> settings.Settings:
    return settings.load(tmp_path / "none.toml", environ)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list()
    return made


async def put(desk: Desk, found: settings.Settings) -> None:
    await at_start.ask(found, desk.state, desk.ask)


def test_the_list_names_every_strategy_there_is() -> None:
    assert {StrategyId(name) for name, _, _ in STRATEGIES} == set(Desk().state.strategies.seats)


async def test_a_strategy_begins_as_the_environment_says_and_is_never_live(tmp_path, desk: Desk) -> None:
    await put(desk, read(tmp_path, STRAT_LATENCY_ARB="1", STRAT_CROSS_TF="shadow"))
    seats = desk.state.strategies.seats
    assert seats[StrategyId("latency_arb")].state is StrategyState.PAPER
    assert seats[StrategyId("cross_timeframe")].state is StrategyState.SHADOW
    assert seats[StrategyId("lp_extreme")].state is StrategyState.OFF
    await put(desk, read(tmp_path, STRAT_LATENCY_ARB="0"))
    assert seats[StrategyId("latency_arb")].state is StrategyState.OFF


async def test_a_strategy_that_halted_stays_halted(tmp_path, desk: Desk) -> None:
    desk.ask(SetStrategy(strategy=StrategyId("latency_arb"), to=StrategyState.SHADOW))
    desk.state.strategies.seats[StrategyId("latency_arb")].halted = "MARKOUT"
    assert list(at_start.strategies(read(tmp_path, STRAT_LATENCY_ARB="paper"), desk.state)) == []


async def test_the_fraction_of_the_environment_sets_the_stake_with_its_name_as_the_reason(tmp_path, desk: Desk) -> None:
    await put(desk, read(tmp_path, MAX_EXPOSURE_FRAC="0.05", ATMX_LIMITS_ORDER_QTY="300"))
    assert desk.state.limits["STRATEGIES_STAKE"] == Decimal("50.00")
    assert desk.state.limits["ORDER_QTY"] == 300
    assert "ATMX_LIMITS_ORDER_QTY in the environment" in desk.said[-2].text + desk.said[-1].text
    await put(desk, read(tmp_path, MAX_EXPOSURE_FRAC="0.05", ATMX_LIMITS_STRATEGIES_STAKE="7"))
    assert desk.state.limits["STRATEGIES_STAKE"] == 7


async def test_the_environment_loosens_nothing_while_a_position_is_held(tmp_path, desk: Desk) -> None:
    desk.place(qty=5)
    before = dict(desk.state.limits.values())
    await put(desk, read(tmp_path, MAX_EXPOSURE_FRAC="1", ATMX_LIMITS_AT_RISK="900"))
    assert desk.state.limits.values() == before
    assert desk.said[-1].text.endswith("(a position is held)")


async def test_what_is_so_already_is_not_asked_for(tmp_path, desk: Desk) -> None:
    said = len(desk.said)
    await put(desk, read(tmp_path, ATMX_LIMITS_ORDER_QTY="250", STRAT_LATENCY_ARB="off"))
    await put(desk, read(tmp_path))
    assert len(desk.said) == said


async def test_nothing_of_the_environment_arms_a_live_desk(tmp_path) -> None:
    session = Session(opened("live"))
    found = read(tmp_path, TRADE_MODE="live", MAX_EXPOSURE_FRAC="0.15", **{v: "1" for _, _, v in STRATEGIES})
    await at_start.ask(found, session.state, session.ask)
    assert session.state.session.armed_until is None
    states = {seat.state for seat in session.state.strategies.seats.values()}
    assert StrategyState.LIVE not in states


async def test_a_model_that_the_settings_name_is_given_and_one_that_cannot_be_read_is_told(
    tmp_path, desk: Desk
) -> None:
    file, told = tmp_path / "m.json", []
    found = read(tmp_path, ATMX_STRATEGIES_MOMENTUM_MODEL=str(file))
    assert list(at_start.model(found, told.append)) == []
    assert "the model cannot be read" in told[-1]
    file.write_text("x" * (512 * 1024 + 1))
    assert list(at_start.model(found, told.append)) == []
    assert "larger than 512 KB" in told[-1]
    file.write_text("{}")
    await put(desk, found)
    assert "the model is no model of ours" in desk.said[-1].text
