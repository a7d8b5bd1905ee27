"""The first answer of anything outside, told apart from what a session says to itself."""

from __future__ import annotations

import pytest

from engine.core.events import BooksStale, Due, Errand, LinkChanged, SourceReport, StatusChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Nanos
from engine.host.reach import NEWS, Reach

AT = Nanos(1)
MARKET = InstrumentId(KALSHI, "M")


def link(up: bool, channel: str = "market", why: str = "") -> LinkChanged:
    return LinkChanged(at=AT, venue=KALSHI, up=up, channel=channel, why=why)


def weather(**facts) -> SourceReport:
    return SourceReport(at=AT, source="iem", title="IEM", errands=(Errand(what="reports", **facts),))


@pytest.mark.parametrize(
    "event",
    [link(True), link(True, "directory"), weather(ok_at=AT), StatusChanged(at=AT, instrument=MARKET, status="open")],
    ids=lambda event: type(event).__name__,
)  # fmt: skip
def test_an_answer_is_reached(event) -> None:
    reach = Reach()
    reach.hear(event)
    assert reach.reached.is_set()


@pytest.mark.parametrize(
    "event",
    [Due(at=AT, what="beat"), link(True, "account"), link(False), weather(why="refused"),
     BooksStale(at=AT, venue=KALSHI, instruments=(), why="silence")],
    ids=lambda event: type(event).__name__,
)  # fmt: skip
def test_what_is_said_without_an_answer_is_not(event) -> None:
    reach = Reach()
    reach.hear(event)
    assert not reach.reached.is_set()


def test_who_was_silent_is_named_with_the_reason() -> None:
    reach = Reach()
    assert reach.words() == "no venue or weather service has answered yet"
    reach.hear(link(False, why="cannot be reached"))
    reach.hear(weather(why="no such host"))
    assert reach.words() == "kalshi (cannot be reached); IEM (no such host)"


def test_every_kind_of_news_is_an_event() -> None:
    from engine.core import events

    assert all(hasattr(events, name) for name in NEWS)
