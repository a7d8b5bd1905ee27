"""The sample of docs/strategies.md, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine.core.ids import KALSHI, InstrumentId
from engine.kernel.strategies import context as contexts
from engine.views import topics
from tests.engine.kernel.strategies.desk import Running, books
from tests.engine.kernel.venue import SYMBOLS

PAGE = Path(__file__).parents[4] / "docs" / "strategies.md"
ONE = InstrumentId(KALSHI, SYMBOLS[0])


def sample() -> Any:
    """Execute the page's one block of Python and return the strategy's class."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    names: dict[str, Any] = {}
    exec(compile(blocks[0], str(PAGE), "exec"), names)
    return names["CheapBracket"]


class Sampled(Running):
    """A session with the sample; the weather thinks what a test says."""

    chance: float | None = None

    def registry(self) -> Any:
        return (sample()(),)

    @property
    def seat(self) -> Any:
        return next(iter(self.state.strategies.seats.values()))

    def switch(self, to: str, typed: str = "", gap: float = 3.0) -> None:
        from engine.core.commands import SetStrategy, StrategyState

        self.ask(SetStrategy(strategy=self.seat.name, to=StrategyState(to), typed=typed), gap)

    def orders(self) -> list[Any]:
        return [one for one in self.state.register if one.place.strategy == self.seat.name]

    def row(self) -> Any:
        return self.kernel.view(topics.STRATEGIES).rows[0]


@pytest.fixture
def session(monkeypatch) -> Sampled:
    made = Sampled(ready=False)
    made.connect()
    made.list(station="KMDW")
    made.quote(books(4_000, 4_200))
    made.run(3)
    monkeypatch.setattr(contexts.weathering, "chance", lambda _state, _listing: made.chance)
    return made


def test_the_sample_says_why_it_is_silent(session):
    session.switch("paper")
    session.quote(books(4_000, 4_200))
    assert session.row().code == "no_opinion"
    session.chance = 0.45
    session.quote(books(4_000, 4_200))
    assert session.row().code == "edge"
    assert session.row().edge == pytest.approx(3.0)
    assert session.orders() == []


def test_the_sample_buys_what_is_cheap_and_pauses(session):
    from engine.core.events import Observed
    from tests.engine.kernel.desk import report

    session.do(Observed(at=session.at, reading=report(session.at)))
    session.switch("paper", gap=0.1)
    session.chance = 0.55
    session.quote(books(4_000, 4_200))
    session.run(1)
    bought = [one for one in session.orders() if one.place.instrument == ONE]
    assert [(one.place.price, one.place.qty) for one in bought] == [(4_200, 5)], session.row().why
    session.quote(books(4_000, 4_200))
    assert session.row().code == "pause"
