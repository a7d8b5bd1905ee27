from __future__ import annotations

import pytest

from engine.core.errors import BadReport, NoAnswer
from engine.core.events import Errand
from engine.core.units import SECOND, Nanos
from engine.sources.rounds import Rounds, patience

AT = Nanos(1_783_000_000 * SECOND)


def later(seconds: float) -> Nanos:
    return Nanos(AT + round(seconds * SECOND))


@pytest.mark.parametrize(
    ("error", "failures", "seconds"),
    [
        (NoAnswer("X", "x"), 1, 30),
        (NoAnswer("X", "x"), 3, 120),
        (BadReport("x", ""), 9, 900),
        (NoAnswer("X", "x", again_s=7_000), 1, 7_000),
        (NoAnswer("X", "x", again_s=1), 2, 60),
        (NoAnswer("X", "x", lasting=True), 1, 3_600),
    ],
)
def test_what_fails_is_left_alone_ever_longer_or_as_long_as_it_says(error, failures, seconds) -> None:
    assert patience(error, failures) == seconds


def test_an_answer_ends_the_failures_and_only_news_makes_it_newer() -> None:
    rounds = Rounds()
    one = rounds.of("iem", "reports")
    assert one.failed(AT, NoAnswer("IEM", "IEM: cannot be reached")) == 30
    assert (one.why, one.rests(AT), one.rests(later(30))) == ("IEM: cannot be reached", True, False)
    one.answered(later(40), news=True)
    one.answered(later(50), news=False)
    assert (one.failures, one.why, one.ok_at, one.news_at) == (0, "", later(50), later(40))
    assert not one.rests(later(50))


def test_a_clock_that_is_set_back_leaves_nobody_alone_for_the_days_it_went() -> None:
    one = Rounds().of("iem", "reports")
    one.failed(AT, NoAnswer("IEM", "x"))
    assert one.rests(later(1))
    assert not one.rests(later(-86_400))


def test_what_is_left_alone_is_due_when_that_ends_and_all_else_with_its_round() -> None:
    rounds = Rounds()
    rounds.of("iem", "reports").failed(AT, NoAnswer("IEM", "x", again_s=600))
    rounds.of("nws", "reports").answered(AT, news=True)
    rounds.of("nws", "alerts")
    rounds.due("reports", later(60))
    assert rounds.errands("iem") == (Errand(what="reports", next_at=later(600), why="x"),)
    assert rounds.errands("nws") == (
        Errand(what="reports", ok_at=AT, news_at=AT, next_at=later(60)),
        Errand(what="alerts"),
    )
    rounds.again()
    assert not rounds.of("iem", "reports").rests(AT)
