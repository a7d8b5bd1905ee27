"""Momentum with a short-horizon model: taught, kept, asked, at its pace, and the same in a replay."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from engine.core import codec
from engine.core.commands import Annotate, Teach
from engine.core.ids import KALSHI, InstrumentId
from engine.core.snapshot import StrategyMemoryRow
from engine.core.units import Nanos
from engine.kernel.step import Kernel
from engine.strategies import horizon_model
from engine.strategies.horizon import Definition
from engine.strategies.horizon_model import Artifact, Linear, Source, Tuned
from engine.strategies.momentum import NAME, Momentum
from tests.engine.kernel.strategies.momentum_desk import STATION, Running, paper
from tests.engine.kernel.venue import SYMBOLS, opened

SAYS = Definition(names=("logit", "v"), cadence_s=1.0, horizon_s=30.0)


def lesson(shift: float, definition: Definition = SAYS) -> str:
    """Return a model that gives every move up the same chance."""
    n = (0.0,) * len(definition.names)
    return horizon_model.write(
        Artifact(
            definition=definition, definition_digest=definition.digest,
            source=Source(name="made up", digest="d", rows=2, moves=1, groups=1, first="a", last="b"),
            tuned=Tuned(seed=1, trials=1, parameters={}, brier=0.25),
            model=Linear(means=n, scales=(1.0,) * len(n), weights=n, shift=shift),
        )
    ).decode()  # fmt: skip


@pytest.mark.parametrize(("shift", "enters"), [(2.0, True), (-2.0, False)])
def test_a_classifier_that_is_switched_on_has_to_agree(shift, enters) -> None:
    session = paper(classifier="on", likely="0.6", theta="0.000001")
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(shift)), 1.0)
    assert "was given linear model" in session.said[-1].text
    session.lead()
    assert bool(session.orders()) is enters, (session.seat.reasons, [n.text for n in session.said][-5:])
    assert (session.seat.reasons.get("classifier", 0) > 0) is not enters


def test_a_classifier_without_a_model_or_of_another_pace_says_so_and_enters_nothing() -> None:
    session = paper(classifier="on")
    session.lead()
    assert session.seat.why.code == "no_model"
    slow = structs.replace(SAYS, cadence_s=10.0)
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(9.0, slow)), 1.0)
    session.lead()
    assert session.seat.why.code == "model_pace"
    assert session.orders() == []
    session.ask(Teach(strategy=NAME, name="classifier", body=""), 1.0)
    session.beat()
    session.run(2)
    assert session.seat.why.code == "no_model"


def test_a_model_is_kept_and_there_again_and_a_bad_one_changes_nothing() -> None:
    session = paper()
    body = lesson(1.0)
    session.ask(Teach(strategy=NAME, name="classifier", body=body), 1.0)
    session.run(1)
    kept = session.ledger.strategies["strategy_memory"][NAME, "classifier"]
    assert kept["body"] == body
    digest = session.momentum._advice.model.digest
    for bad, said in (
        ("{", "the model is no model of ours"),
        (body.replace('"format":1', '"format":7'), "is of format 7"),
        (lesson(1.0).replace(SAYS.digest, "0" * 24), "defines differently; train it again"),
        ("x" * 600_000, "longer than 512 KB"),
    ):
        session.ask(Teach(strategy=NAME, name="classifier", body=bad), 1.0)
        assert said in session.said[-1].text
    session.ask(Teach(strategy=NAME, name="moon", body=body), 1.0)
    assert "taught nothing by the name of 'moon'" in session.said[-1].text
    session.ask(Teach(strategy="nobody", name="classifier", body=body), 1.0)
    assert "there is no strategy" in session.said[-1].text
    assert session.momentum._advice.model.digest == digest
    rows = (StrategyMemoryRow(strategy=NAME, name="classifier", at=Nanos(1), body=body),)
    again = Running(opened(stations=(STATION,), strategy_memory=rows))
    assert again.momentum._advice.model.digest == digest


class Recorded(Running):
    """A session whose events are journalled with the digests of their effects."""

    def do(self, event: Any) -> list[Any]:
        """Step an event and write it down as the journal does."""
        effects = super().do(event)
        self.__dict__.setdefault("journal", []).append((codec.encode(event), codec.digest(effects)))
        return effects


def test_a_session_with_a_model_and_a_journal_replays_to_the_same_digests() -> None:
    session = Recorded()
    session.switch("paper")
    for name, value in {"maker_edge": "0", "volume": "5", "classifier": "on", "theta": "0.000001"}.items():
        session.tell(name, value)
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(2.0)), 1.0)
    session.lead()
    (first, *_) = session.orders()
    session.ask(Annotate(order=first.id, note="why not", tags=("replayed",)), 1.0)
    session.run(3)
    entry = session.state.diary.entries[first.id]
    assert (entry.tags, entry.fair is not None, "leader" in entry.reason) == (("replayed",), True, True)
    assert entry.report_age is not None
    fresh = Kernel(strategies=(Momentum(),))
    assert [codec.digest(fresh.step(codec.decode(body))) for body, _ in session.journal] == [
        digest for _, digest in session.journal
    ]


def test_a_cadence_that_is_told_is_the_pace_of_its_eyes_and_suits_a_model_of_that_pace() -> None:
    session = paper(classifier="on", likely="0.6", theta="0.000001")
    slow = structs.replace(SAYS, cadence_s=2.0)
    session.ask(Teach(strategy=NAME, name="classifier", body=lesson(2.0, slow)), 1.0)
    session.lead(seconds=3)
    assert session.seat.why.code == "model_pace"
    (event,) = session.momentum._events.values()
    event.entered[InstrumentId(KALSHI, SYMBOLS[1])] = (1.0, 0.5)
    session.tell("cadence", "2")
    session.lead()
    (event,) = session.momentum._events.values()
    assert event.memory_s == 40.0
    assert event.entered == {InstrumentId(KALSHI, SYMBOLS[1]): (1.0, 0.5)}, "what is held began when it began"
    assert session.seat.why.code != "model_pace"
