"""Live only after computed readiness: each bar decides alone, and what cannot be computed does not pass."""

from __future__ import annotations

import pytest

from engine.strategies.readiness import Day, checks, drawdown, ready, sharpe

GOOD = [Day(10.0 if i % 3 else -2.0, traded=True, clean=True, up=1.0) for i in range(30)]


def passed(days: list[Day]) -> dict[str, bool]:
    return {check.name: check.passed for check in checks(days, 1_000.0)}


def test_thirty_good_days_are_enough() -> None:
    assert ready(GOOD, 1_000.0)
    assert all(passed(GOOD).values())


def test_no_days_pass_nothing_but_say_what_is_unknown() -> None:
    found = checks([], 1_000.0)
    assert not any(check.passed for check in found)
    assert [check.found for check in found] == [0.0, None, None, None, None]


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("clean days", GOOD[1:]),
        ("clean days", [GOOD[0]._replace(clean=False), *GOOD[1:]]),
        ("clean days", [GOOD[0]._replace(traded=False), *GOOD[1:]]),
        (
            "Sharpe",
            [Day(0.0 if i % 2 else 1e-9, True, True, 1.0) for i in range(15)] + [Day(-1.0, True, True, 1.0)] * 15,
        ),
        ("days won", [Day(100.0 if i % 2 else -1.0, True, True, 1.0) for i in range(40)]),
        ("drawdown", [*GOOD, Day(-400.0, True, True, 1.0), *GOOD]),
        ("uptime", [*GOOD[:-1], GOOD[-1]._replace(up=0.5)]),
    ],
)
def test_each_bar_decides(name: str, days: list[Day]) -> None:
    assert not passed(days)[name]
    assert not ready(days, 1_000.0)


def test_bars_are_passed_where_the_design_says() -> None:
    """Uptime and days at their figure; the others beyond it."""
    edge = [Day(1.0 if i < 11 else -1.0, True, True, 0.99) for i in range(20)]
    assert checks(edge, 1_000.0)[4].passed
    assert checks(edge, 1_000.0)[2].found == pytest.approx(0.55)
    assert not checks(edge, 1_000.0)[2].passed


def test_sharpe_of_days_that_do_not_vary_is_unknown() -> None:
    assert sharpe([5.0] * 10) is None
    assert sharpe([5.0]) is None
    assert sharpe([1.0, 3.0]) == pytest.approx(2.0 / 2.0**0.5 * 365**0.5)


def test_days_without_a_trade_brought_nothing_and_are_days_of_the_ratio() -> None:
    idle = Day(0.0, traded=False, clean=True, up=1.0)
    results = [1.0, 3.0, 0.0, 0.0, 0.0]
    found = checks([Day(1.0, True, True, 1.0), Day(3.0, True, True, 1.0), idle, idle, idle], 1_000.0)[1]
    assert found.found == sharpe(results)
    assert found.found < sharpe(results[:2])
    assert found.n == 5


def test_days_on_which_it_did_not_run_are_days_of_the_ratio_too() -> None:
    some = [Day(1.0, True, True, 1.0, number=7), Day(3.0, True, True, 1.0, number=11)]
    found = checks(some, 1_000.0)
    assert (found[1].found, found[1].n) == (sharpe([1.0, 0.0, 0.0, 0.0, 3.0]), 5)
    assert found[4].found == 1.0, "what did not run was not down"


def test_a_line_that_trades_one_day_in_ten_does_not_pass_by_leaving_the_others_out() -> None:
    days = [GOOD[i // 10] if not i % 10 else Day(0.0, False, True, 1.0) for i in range(300)]
    assert checks(days, 1_000.0)[1].found < 0.45 * sharpe([day.result for day in days if day.traded])


def test_drawdown_is_from_the_high_before_it() -> None:
    assert drawdown([100.0, -220.0, 500.0], 1_000.0) == pytest.approx(220.0 / 1_100.0)
    assert drawdown([], 1_000.0) == 0.0


def test_a_bankroll_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="bankroll"):
        checks(GOOD, 0.0)
