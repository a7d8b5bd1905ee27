from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Arm, SetParameter, SetStrategy, StrategyState
from engine.core.ids import StrategyId
from engine.core.snapshot import StrategyDayRow
from engine.core.units import DAY, Money, Nanos
from engine.kernel.strategies import switching
from engine.strategies import readiness
from engine.strategies.said import Remember
from engine.views import topics
from tests.engine.kernel.strategies.desk import NAME, Cheap, Running
from tests.engine.kernel.venue import opened


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


def test_what_it_asked_to_be_remembered_comes_back_with_its_time():
    session = Running()
    session.switch("paper")
    session.cheap.on_quote = lambda context, market: (Remember(NAME, "pace", "7 s"),)  # type: ignore[method-assign]
    session.quote()
    at = session.at
    session.run(1)
    told = []
    Cheap.recall = lambda self, *what: told.append(what) or "30 hours old"  # type: ignore[method-assign, assignment]
    try:
        session.crash()
    finally:
        del Cheap.recall  # type: ignore[attr-defined]
    assert told == [(NAME, "pace", "7 s", at)]
    assert any("30 hours old" in note.text for note in session.said)


def test_what_cannot_be_used_of_it_is_told_and_the_session_goes_on():
    session = Running()
    session.ledger.strategies["strategy_memory"] = {
        (NAME, "pace"): {"strategy": NAME, "name": "pace", "at": 1, "body": "{"},
        ("gone", "pace"): {"strategy": "gone", "name": "pace", "at": 1, "body": ""},
    }

    def broken(*_: object) -> str:
        msg = "its pace is no pace"
        raise ValueError(msg)

    Cheap.recall = broken  # type: ignore[method-assign, assignment]
    try:
        session.crash()
    finally:
        del Cheap.recall  # type: ignore[attr-defined]
    assert any("is not used: its pace is no pace" in note.text for note in session.said)


def test_a_strategy_that_has_not_earned_it_is_not_live():
    session = Running(opened("live"))
    session.cheap.unready = lambda *_: "29 of 30 clean days"  # type: ignore[method-assign]
    session.ask(Arm(typed="LIVE desk"))
    session.switch("live", "LIVE desk")
    assert session.seat.state.value == "off"
    assert "29 of 30 clean days" in session.said[-1].text


def test_days_count_when_it_was_asked_and_blind_and_are_kept():
    session = Running()
    session.switch("paper")
    session.run(50)
    session.cheap.blind = True
    session.run(600)
    session.run(1)
    day = session.seat.real.day(session.at)
    assert 60 <= day.asked <= 66
    assert day.blind == day.asked - 5
    session.crash()
    kept = session.seat.real.day(session.at)
    assert kept.asked == 60, "counts go to disk every ten minutes"
    assert [d.up for d in switching.days(session.seat, Nanos(session.at + DAY))] == [1.0 - kept.blind / kept.asked]


def test_who_looks_at_a_line_makes_no_day_of_it():
    """A day without anything would be one that it was not up on, and in place of one that it earned on paper."""
    day = Running().at // DAY
    earned = StrategyDayRow(
        strategy=NAME, day=day, realised=Money(Decimal(3)), fees=Money(Decimal(0)), fills=2, orders=2, asked=100
    )
    session = Running(opened("live", earned=(earned,)))
    tomorrow = Nanos(session.at + DAY)
    before = switching.days(session.seat, tomorrow)
    session.kernel.view(topics.STRATEGIES)
    session.kernel.view(topics.strategy(NAME))
    assert switching.days(session.seat, tomorrow) == before


def test_days_on_the_paper_desk_count_for_the_live_one():
    start = Running().at // DAY
    earned = tuple(
        StrategyDayRow(
            strategy=NAME, day=start - n, realised=Money(Decimal(10 + n % 3)), fees=Money(Decimal(1)), fills=3,
            orders=4, asked=100, blind=n % 2, halts=0,
        )
        for n in range(1, 32)
    )  # fmt: skip
    session = Running(opened("live", earned=earned))
    told = []
    session.cheap.unready = lambda name, days, bankroll: told.append((days, bankroll)) or ""  # type: ignore[method-assign]
    session.ask(Arm(typed="LIVE desk"))
    session.switch("live", "LIVE desk")
    ((days, bankroll),) = told
    assert len(days) == 31
    assert [day.up for day in days[-2:]] == [1.0, 0.99]
    assert readiness.ready(days, bankroll) is True
    assert session.seat.state.value == "live"
    assert session.seat.real.days.keys() <= {start}, "they are not live results"
