"""Every view, of a kernel that knows nothing, of one that has just opened, and of a simulated day under way."""

from __future__ import annotations

import pytest

from engine.core.ids import Topic
from engine.core.units import HOUR, Nanos
from engine.kernel.project import router
from engine.kernel.step import Kernel
from engine.views import topics
from engine.views.board import BoardView
from engine.views.ladder import LadderView
from engine.views.station import SourceView
from engine.views.weather import CellsView, StationView
from tests.engine.kernel.demo import played
from tests.engine.kernel.desk import Desk

RUNNING = frozenset({"updown", "quoter", "rfq", "toxicity", "hedging", "option_quoter"})
"""Of strategies: there is nothing to see while none runs."""
SINGLE = [Topic(name) for name in router._SINGLE if name not in RUNNING]


def keyed(desk: Desk) -> dict[Topic, type]:
    """Every topic with a key that this session has something for, and the view that answers it."""
    found: dict[Topic, type] = {topics.cells(""): CellsView}
    for market in desk.state.exchange.markets.values():
        found[topics.board(market.id)] = BoardView
        found[topics.cells(market.id)] = CellsView
        found[topics.source(market.id)] = SourceView
        found[topics.station(market.contract.stations[0].id, market.id)] = StationView
        found |= {topics.ladder(f"{market.id}/{o}"): LadderView for o in market.contract.tradable}
    found |= {topics.station(code): StationView for code in desk.state.observed.stations()}
    return found


@pytest.fixture(scope="module", params=[1, 4], ids=["after one hour", "after four hours"])
def desk(request: pytest.FixtureRequest) -> Desk:
    return played(request.param)


@pytest.mark.parametrize("topic", SINGLE, ids=lambda topic: topic.view)
def test_a_view_is_there_before_anything_happened(topic: Topic) -> None:
    assert Kernel().view(topic) is not None
    assert Desk().kernel.view(topic) is not None


@pytest.mark.parametrize("name", [*router._KEYED, "nonsense"])
@pytest.mark.parametrize("key", ["", "NOWHERE", "NOWHERE/0", "/", "x/y/z", "🌧", "KMDW "])
def test_what_does_not_exist_has_no_view_and_the_map_is_blank(name: str, key: str) -> None:
    for kernel in (Kernel(), Desk().kernel):
        found = kernel.view(Topic(name, key))
        assert found is None or (isinstance(found, CellsView) and found.market is None)


def test_every_topic_has_its_view_on_a_day_under_way(desk: Desk) -> None:
    for topic in SINGLE:
        assert desk.kernel.view(topic) is not None
    for topic, kind in keyed(desk).items():
        assert isinstance(desk.kernel.view(topic), kind), topic


def test_views_are_values_and_looking_twice_gives_the_same(desk: Desk) -> None:
    for topic in (*SINGLE, *keyed(desk)):
        assert desk.kernel.view(topic) == desk.kernel.view(topic), topic


def test_views_follow_time_without_events(desk: Desk) -> None:
    """A session that hears nothing for a day still draws everything."""
    quiet = played(0.5, trades=False)
    quiet.run(Nanos(quiet.at + 30 * HOUR))
    for topic in (*SINGLE, *keyed(quiet)):
        assert quiet.kernel.view(topic) is not None
    assert desk.at > 0
