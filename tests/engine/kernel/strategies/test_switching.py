from __future__ import annotations

import pytest

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import StrategyId
from engine.views import topics
from tests.engine.kernel.strategies.desk import NAME, Running


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("limit", "99", "must lie between 100 and 9900 ticks"),
        ("limit", "9901", "must lie between"),
        ("limit", "40.5", "is a whole number"),
        ("lots", "nan", "must lie between 1 and 1000 shares"),
        ("lots", "many", "is a number"),
        ("rest", "maybe", "is on or off"),
        ("leg", "UP", "is one of YES, NO"),
        ("nothing", "1", "has no parameter 'nothing'"),
    ],
)
def test_a_parameter_outside_of_its_range_is_refused_in_a_sentence(name, value, words):
    session = Running()
    before = dict(session.cheap.values[NAME])
    session.told(name, value)
    assert words in session.said[-1].text
    assert session.cheap.values[NAME] == before


@pytest.mark.parametrize(
    ("name", "value", "kept"), [("limit", "100", 100), ("lots", "2.5", 2.5), ("rest", "on", True), ("leg", "NO", "NO")]
)
def test_a_parameter_is_told_kept_and_restored(name, value, kept):
    session = Running()
    session.told(name, value)
    session.run(1)
    assert session.cheap.values[NAME][name] == kept
    session.crash()
    assert session.cheap.values[NAME][name] == kept
    detail = session.kernel.view(topics.strategy(NAME))
    assert next(one.value for one in detail.parameters if one.name == name) == value


def test_a_kept_parameter_that_is_out_of_range_now_falls_back_and_is_told():
    session = Running()
    session.told("limit", "200")
    session.run(1)
    session.ledger.strategies["parameters"][NAME, "limit"]["value"] = "7"
    session.crash()
    assert session.cheap.values[NAME]["limit"] == 4_000
    assert any("its kept limit must lie between" in note.text for note in session.said)


def test_what_it_was_switched_to_is_kept():
    session = Running()
    session.switch("shadow")
    session.run(1)
    session.crash()
    assert session.seat.state is StrategyState.SHADOW


def test_a_strategy_that_does_not_exist_is_told_as_that():
    session = Running()
    session.ask(SetStrategy(strategy=StrategyId("nobody"), to=StrategyState.PAPER))
    assert session.said[-1].text == "there is no strategy 'nobody'"
    session.ask(SetParameter(strategy=StrategyId("nobody"), name="x", value="1"))
    assert session.said[-1].text == "nobody has no parameter 'x'"
    assert session.kernel.view(topics.strategy("nobody")) is None
