"""How each kind of question to each service does: when it was answered, when it said something new, when it is due.

A service that fails is left alone ever longer; how long, it may say itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport, NoAnswer
from engine.core.events import Errand
from engine.core.units import SECOND, Nanos

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_WAIT_S, LONGEST_WAIT_S, LASTING_WAIT_S = 30.0, 900.0, 3_600.0
MOST_FAILURES: Final = 16
NOBODY: Final = frozenset({0, 403, 429, 502, 503, 504})
"""Statuses that say nothing of what was asked for; 0 is no answer at all."""


@dataclass(slots=True)
class Round:
    """How one kind of question does."""

    ok_at: Nanos | None = None
    news_at: Nanos | None = None
    next_at: Nanos | None = None
    why: str = ""
    """Why it was not answered, in one sentence; empty while it is."""
    failures: int = 0
    failed_at: Nanos | None = None
    """When it last was not answered."""

    def answered(self, at: Nanos, *, news: bool) -> None:
        """Take in that an answer came."""
        self.failures, self.why, self.ok_at, self.next_at = 0, "", at, None
        if news:
            self.news_at = at

    def failed(self, at: Nanos, error: NoAnswer | BadReport) -> float:
        """Take in that none came; return for how many seconds the service is left alone."""
        self.failures, self.failed_at = min(self.failures + 1, MOST_FAILURES), at
        self.why = str(error) if isinstance(error, NoAnswer) else f"what came cannot be read: {error}"
        wait = patience(error, self.failures)
        self.next_at = Nanos(at + round(wait * SECOND))
        return wait

    def rests(self, at: Nanos) -> bool:
        """Whether it failed and is to be left alone still; on a clock that was set back since, it is asked."""
        return bool(self.why) and self.next_at is not None and (self.failed_at or 0) <= at < self.next_at


@dataclass(slots=True)
class Rounds:
    """All of them, by service and kind."""

    by: dict[tuple[str, str], Round] = field(default_factory=dict)

    def of(self, source: str, what: str) -> Round:
        """Return one of them; it begins when it is first asked for."""
        return self.by.setdefault((source, what), Round())

    def due(self, what: str, at: Nanos) -> None:
        """Take in when a kind is asked again: of a service that is left alone for longer, no earlier than that."""
        for (_, kind), one in self.by.items():
            if kind == what and (one.ok_at is not None or one.why) and not (one.why and (one.next_at or 0) > at):
                one.next_at = at

    def again(self) -> None:
        """Leave no service alone any more."""
        for one in self.by.values():
            if one.why:
                one.next_at = None

    def errands(self, source: str) -> tuple[Errand, ...]:
        """Return how a service does, kind by kind, as an event tells it."""
        return tuple(self._errands(source))

    def _errands(self, source: str) -> Iterator[Errand]:
        for (name, what), one in self.by.items():
            if name == source:
                yield Errand(what=what, ok_at=one.ok_at, news_at=one.news_at, next_at=one.next_at, why=one.why)


@dataclass(slots=True)
class Several:
    """The questions of one round, station by station: what one station lacks hinders no other."""

    answered: int = 0
    error: NoAnswer | BadReport | None = None

    def failed(self, error: NoAnswer | BadReport) -> None:
        """Take in that a question was not answered.

        Raises
        ------
        NoAnswer
            That one, if the service answers nobody: it is not asked for the rest.
        """
        if isinstance(error, NoAnswer) and (error.status in NOBODY or error.again_s is not None):
            raise error
        self.error = self.error or error

    def done(self) -> None:
        """End the round.

        Raises
        ------
        NoAnswer, BadReport
            The first failure, if nothing was answered.
        """
        if self.error is not None and not self.answered:
            raise self.error


def patience(error: NoAnswer | BadReport, failures: int) -> float:
    """Return for how long a service is left alone after so many failures in a row, seconds."""
    if isinstance(error, NoAnswer) and error.lasting:
        return LASTING_WAIT_S
    wait = min(FIRST_WAIT_S * 2.0 ** (failures - 1), LONGEST_WAIT_S)
    stated = error.again_s if isinstance(error, NoAnswer) else None
    return max(wait, stated or 0.0)
