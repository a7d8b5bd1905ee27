"""Why a line of the registry is silent: what halts it goes before the first condition of its signal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Halt, SetStrategy, StrategyState
from engine.core.units import DAY, SECOND, Nanos
from engine.risk.two_tier import Gate
from engine.strategies.momentum import NAME, Momentum
from engine.views import topics
from engine.views.strategies import StrategyLine
from tests.engine.kernel.strategies.updown_desk import BEGINS, Desk
from tests.engine.kernel.venue import Session, opened

STRIKE = 68_000.0
LINES = ("latency_arb", "certainty_capture", "convexity_fade", "strike_misalign", "lp_extreme")
LOST = "Up/Down has lost 3 % of the bankroll today; it goes on at 00:00 UTC"


def looking(to: str = "paper") -> Desk:
    """Five lines on a window whose offers have followed the price."""
    desk = Desk()
    for n in range(21):
        desk.trade_at(BEGINS - 20 * SECOND + n * SECOND, STRIKE * (1 + 6e-5 * (n % 2)), 1e-6)
    for name in LINES:
        desk.switch(name, to)
    desk.to(BEGINS + 60 * SECOND)
    desk.quote_up(0.60, 0.52)
    desk.trade_at(BEGINS + 61 * SECOND, STRIKE + 4.0, 1e-6)
    return desk


def rows(desk: Desk) -> dict[str, StrategyLine]:
    return {row.name: row for row in desk.kernel.view(topics.STRATEGIES).rows}


def test_a_loss_of_the_day_is_told_before_the_condition_of_the_signal() -> None:
    desk = looking()
    assert [row.why for name, row in rows(desk).items() if name in LINES and row.why.startswith("halted")] == []
    desk.engine._halts.begin(True, Gate.DAILY_LOSS, desk.state.now)
    found = rows(desk)
    assert [(found[name].held, found[name].why) for name in LINES] == [(LOST, f"halted: {LOST}")] * len(LINES)
    assert {found[name].halted for name in LINES} == {""}, "no switch ends it"
    assert found["cross_timeframe"].why == "", "a line that is off is not halted"


def test_it_is_told_between_windows_as_well_and_not_once_the_day_is_over() -> None:
    desk = looking()
    desk.engine._halts.begin(True, Gate.DAILY_LOSS, desk.state.now)
    desk.to(BEGINS + 400 * SECOND)
    assert desk.engine.focus(desk.state.now) is None
    assert rows(desk)["latency_arb"].why == f"halted: {LOST}"
    desk.state.now = Nanos(desk.state.now // DAY * DAY + DAY)
    assert rows(desk)["latency_arb"].held == ""


@pytest.mark.parametrize(("to", "held"), [("paper", "trading is halted by you"), ("shadow", "")])
def test_a_halt_of_trading_is_told_of_what_sends(to: str, held: str) -> None:
    desk = looking(to)
    desk.ask(Halt(why="enough"))
    row = rows(desk)["latency_arb"]
    assert row.held == held
    assert row.why.startswith("halted: ") is bool(held)


def test_its_own_halt_goes_before_both() -> None:
    desk = looking()
    desk.engine._halts.begin(True, Gate.DAILY_LOSS, desk.state.now)
    desk.seat("latency_arb").halted = "31 fills within 60 s"
    row = rows(desk)["latency_arb"]
    assert (row.halted, row.why) == ("31 fills within 60 s", "halted: 31 fills within 60 s")


class Trending(Session):
    """A session of the momentum line alone."""

    def registry(self) -> tuple[Any, ...]:
        return (Momentum(),)


@pytest.mark.parametrize(("lost", "held"), [(2_000, "the day's loss has reached its limit"), (0, "")])
def test_a_momentum_line_that_lost_its_day_says_so_first(lost: int, held: str) -> None:
    session = Trending(opened())
    session.ask(SetStrategy(strategy=NAME, to=StrategyState.PAPER))
    session.state.strategies.seats[NAME].real.day(session.state.now).realised = Decimal(-lost)
    session.run(2)
    row = session.kernel.view(topics.STRATEGIES).rows[0]
    assert (row.held, row.why.startswith("halted: ")) == (held, bool(held))
