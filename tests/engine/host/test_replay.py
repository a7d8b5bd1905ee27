from __future__ import annotations

import pytest

from engine.core import codec
from engine.core.effects import Level, Notice
from engine.core.errors import InvariantBroken
from engine.host.replay import JournalRow, replay
from tests.engine.host.fakes import Answers, news


def said(number: int) -> list[Notice]:
    return [Notice(level=Level.INFO, text=str(number))]


def kernel() -> Answers:
    made = Answers()
    made.answer = lambda event: said(event.at)  # type: ignore[assignment,return-value]
    return made


def row(number: int, digest: bytes | None = None) -> JournalRow:
    event = news(number)
    found = codec.digest(said(number)) if digest is None else digest
    return number, event.at, "LinkChanged", codec.encode(event), found


ROWS = [row(n) for n in range(1, 6)]


def test_the_same_effects_are_found_the_same() -> None:
    stepped = kernel()
    found = replay(ROWS, stepped)
    assert (found.events, found.effects, found.differs_at, found.stopped) == (5, 5, None, "")
    assert stepped.seen == [news(n) for n in range(1, 6)]
    assert found.seconds >= 0
    assert found.digest == replay(ROWS, kernel()).digest


def test_the_first_difference_is_named_and_the_rest_is_stepped_all_the_same() -> None:
    wrong = [ROWS[0], row(2, b"x" * 16), ROWS[2], row(4, b"y" * 16), ROWS[4]]
    found = replay(wrong, kernel())
    assert (found.events, found.differs_at, found.stopped) == (5, 2, "")


@pytest.mark.parametrize("body", [b"", b"\x81", b"garbage", codec.encode(news(3))[:-4]])
def test_a_journal_with_a_body_that_cannot_be_read_ends_there_and_says_so(body: bytes) -> None:
    cut = [*ROWS[:2], (3, 3, "LinkChanged", body, b""), *ROWS[3:]]
    found = replay(cut, kernel())
    assert (found.events, found.differs_at) == (2, None)
    assert "unreadable journal row" in found.stopped


def failing() -> Answers:
    made = Answers()

    def answer(event):
        if event.at == 3:
            raise InvariantBroken("the books do not balance")
        return said(event.at)

    made.answer = answer
    return made


def test_a_journal_that_ended_in_a_failure_ends_in_the_same_one() -> None:
    found = replay([*ROWS[:2], row(3, b"")], failing())
    assert (found.events, found.differs_at) == (2, None)
    assert found.stopped == "event 3 failed (InvariantBroken: the books do not balance)"


def test_a_failure_that_the_journal_does_not_know_is_a_difference() -> None:
    found = replay(ROWS, failing())
    assert (found.events, found.differs_at) == (2, 3)


def test_each_event_is_told_after_it_was_stepped() -> None:
    stepped, told = kernel(), []
    replay(ROWS, stepped, each=lambda event: told.append((event.at, len(stepped.seen))))
    assert told == [(n, n) for n in range(1, 6)]


def test_an_empty_journal_is_the_same() -> None:
    assert replay([], kernel()).differs_at is None
