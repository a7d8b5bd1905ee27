"""Same journal, same effects: a simulated afternoon with our own orders in it, stepped again from its journal."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from engine.core import codec
from engine.core.commands import Flatten, Place
from engine.core.effects import Changed
from engine.core.events import Asked, Canceled, Due, Kept, LinkChanged
from engine.core.ids import EMBEDDED, OrderId, embedded
from engine.core.units import HOUR, Nanos, Side
from engine.host.replay import replay
from engine.kernel.step import Kernel
from engine.views import topics
from tests.engine.kernel.demo import played
from tests.engine.kernel.desk import NOON, Desk


@pytest.fixture(scope="module")
def afternoon() -> Desk:
    """Four simulated hours with everything a trader and an operator can do."""
    return played(4)


def test_the_afternoon_has_everything_in_it(afternoon: Desk) -> None:
    kinds = {type(e).__name__ for e in afternoon.events}
    assert {"Opened", "Asked", "Observed", "StationForecast", "GridForecast", "Due", "Kept"} <= kinds
    asked = {type(e.command).__name__ for e in afternoon.events if isinstance(e, Asked)}
    assert {"Place", "CreateMarket", "Halt", "Release", "ReduceOnly", "SetLimit", "Rule", "Flatten"} <= asked
    outcomes = {row.verdict.outcome for row in afternoon.state.settlements}
    assert {"YES", "NO", "DISPUTED"} <= outcomes
    assert any(row.supersedes is not None for row in afternoon.state.settlements)
    assert len(afternoon.state.fills) > 20


def test_a_journal_stepped_again_has_the_same_effects(afternoon: Desk) -> None:
    found = replay(afternoon.journal, Kernel())
    assert (found.differs_at, found.stopped, found.events) == (None, "", len(afternoon.events))
    assert found.digest == replay(afternoon.journal, Kernel()).digest


def test_the_replayed_kernel_shows_the_same_views(afternoon: Desk) -> None:
    again = Kernel()
    replay(afternoon.journal, again)
    for topic in (topics.SPINE, topics.MARKETS, topics.ORDERS, topics.FILLS, topics.PNL, topics.SETTLEMENTS):
        assert again.view(topic) == afternoon.kernel.view(topic), topic


def test_every_event_survives_the_journal_unchanged(afternoon: Desk) -> None:
    for event in afternoon.events:
        assert codec.decode(codec.encode(event)) == event


def test_a_changed_event_is_seen_where_it_is(afternoon: Desk) -> None:
    number = next(
        n for n, e in enumerate(afternoon.events) if isinstance(e, Asked) and isinstance(e.command, Place) and n > 200
    )
    event = afternoon.events[number]
    other = codec.encode(Asked(at=event.at, command=Flatten(), pressed_at=event.pressed_at))
    rows = [r if r[0] != number + 1 else (*r[:3], other, r[4]) for r in afternoon.journal]
    assert replay(rows[: number + 3], Kernel()).differs_at == number + 1


def test_views_out_of_date_are_named_once_and_last(afternoon: Desk) -> None:
    kernel = Kernel()
    for event in afternoon.events[:400]:
        effects = kernel.step(event)
        changed = [e.topic for e in effects if isinstance(e, Changed)]
        assert len(set(changed)) == len(changed)
        assert all(isinstance(e, Changed) for e in effects[len(effects) - len(changed) :])


def test_looking_changes_nothing(afternoon: Desk) -> None:
    """Views and previews between events leave the digests as they were."""
    kernel = Kernel()

    def look(event) -> None:
        for topic in (topics.SPINE, topics.MARKETS, topics.GATES, topics.SETTLEMENTS, topics.PNL):
            kernel.view(topic)
        market = next(iter(kernel.state.exchange.markets), None)
        if market is not None:
            place = Place(instrument=embedded(market, 0), side=Side.BUY, qty=Decimal(5))
            kernel.preview(place)
            kernel.view(topics.ladder(f"{market}/0"))
            kernel.view(topics.board(market))
            kernel.view(topics.cells(market))

    assert replay(afternoon.journal[:400], kernel, each=look).differs_at is None


DIGEST = """
from engine.host.replay import replay
from engine.kernel.step import Kernel
from tests.engine.kernel.demo import played
print(replay(played(2).journal, Kernel()).digest)
"""


def test_effects_do_not_depend_on_the_order_of_sets() -> None:
    """Texts hash differently in every process; two of them decide alike."""
    root = Path(__file__).parents[3]
    given = os.environ | {"PYTHONPATH": str(root)}
    digests = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", DIGEST]
        done = subprocess.run(command, cwd=root, env=given | {"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1


def test_time_never_runs_backwards_in_the_kernel() -> None:
    desk = Desk()
    desk.do(LinkChanged(at=Nanos(NOON + HOUR), venue=EMBEDDED, up=True))
    desk.do(LinkChanged(at=NOON, venue=EMBEDDED, up=True))
    assert desk.state.now == NOON + HOUR


def test_news_of_orders_that_are_not_ours_and_of_unknown_timers_is_harmless() -> None:
    desk = Desk()
    desk.do(Canceled(at=desk.at, order=OrderId("o-9")))
    assert desk.said[-1].text == "Canceled for order o-9, which is not ours"
    before = len(desk.said)
    for what in ("close:NOWHERE", "settle:NOWHERE", "nothing", ""):
        desk.do(Due(at=desk.at, what=what))
    desk.do(Kept(at=desk.at, what="nothing"))
    assert len(desk.said) == before
