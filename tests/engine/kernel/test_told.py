"""What a ladder, a board and the positions show is told when it becomes otherwise, not only with the next price."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Arm, CancelAll, Disarm, ReduceOnly, SetLimit
from engine.core.effects import Changed
from engine.core.events import ChainChecked, Event, LinkReport
from engine.core.ids import KALSHI, Topic
from engine.views import topics
from tests.engine.kernel.venue import FAMILY, SYMBOLS, Session, opened

WATCHED = (topics.board(FAMILY), topics.POSITIONS, topics.SCENARIOS, *(topics.ladder(symbol) for symbol in SYMBOLS))
ARM = Arm(typed="LIVE desk")


class Watched(Session):
    """A session whose told topics are noted."""

    def do(self, event: Event) -> list[Any]:
        effects = super().do(event)
        self.told = getattr(self, "told", set()) | {one.topic for one in effects if isinstance(one, Changed)}
        return effects

    def views(self) -> dict[Topic, object]:
        """What is watched, as it stands now."""
        return {topic: self.kernel.view(topic) for topic in WATCHED}


def told(session: Watched, act: Callable[[Watched], object]) -> tuple[set[Topic], set[Topic]]:
    """Return the watched topics that say something else after an act, and those that were told."""
    before, session.told = session.views(), set()
    act(session)
    after = session.views()
    return {topic for topic in WATCHED if before[topic] != after[topic]}, session.told


@pytest.fixture
def armed() -> Watched:
    session = Watched(opened("live"))
    session.ask(ARM)
    return session


def alive(session: Watched) -> None:
    """Let a second pass in which the link tells that it lives."""
    session.run(1)
    session.beat()


ACTS: dict[str, Callable[[Watched], object]] = {
    "armed anew": lambda s: (s.ask(Disarm(why="lunch")), s.ask(ARM)),
    "disarmed": lambda s: s.ask(Disarm(why="lunch")),
    "reduce-only": lambda s: s.ask(ReduceOnly(on=True)),
    "a limit of the day that is reached": lambda s: s.ask(SetLimit(gate="DAILY_LOSS", value=Decimal(0))),
    "the account's link is cut": lambda s: s.drop("account"),
    "the account is read again": lambda s: (s.drop("account"), s.connect("account"), s.run(2)),
    "the market's link is cut": lambda s: s.drop("market"),
    "the chain does not verify": lambda s: s.do(ChainChecked(at=s.at, ok=False, records=1, proved=0, text="x")),
    "the venue's clock is wrong": lambda s: s.do(LinkReport(at=s.at, venue=KALSHI, frames=s.at, skew_ms=9_000.0)),
    "an order rests": lambda s: s.place(),
    "an order is lost": lambda s: (setattr(s, "sends", lambda *_: None), s.place(), [alive(s) for _ in range(25)]),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_says_something_else_is_told(armed, act) -> None:
    changed, heard = told(armed, act)
    assert changed <= heard


@pytest.mark.parametrize("how", [lambda s: s.ask(CancelAll()), lambda s: s.ask(Disarm(why="x"))])
def test_an_order_that_ends_is_told(armed, how) -> None:
    armed.place(index=1)
    changed, heard = told(armed, lambda s: (how(s), s.run(2)))
    assert topics.board(FAMILY) in changed
    assert changed <= heard
