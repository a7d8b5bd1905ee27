from __future__ import annotations

import pytest

from engine.core.commands import Watch
from engine.core.effects import Notice, Resnap
from engine.core.events import (
    Asked,
    BooksStale,
    LinkChanged,
    LinkReport,
)
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Nanos
from tests.engine.kernel.venue import FACTS, FAMILY, SYMBOLS, Session

ONE, TWO = (InstrumentId(KALSHI, SYMBOLS[n]) for n in (0, 1))


@pytest.fixture
def session() -> Session:
    return Session()


def watch(session: Session, what: str) -> Asked:
    return Asked(at=session.at, command=Watch(what=what), pressed_at=Nanos(0))


def stale(session: Session, one: InstrumentId = ONE) -> str:
    return session.state.listings[one].stale


def test_a_link_that_goes_down_makes_every_book_of_its_venue_stale(session) -> None:
    session.drop("market", "the venue closed it")
    assert {one.stale for one in session.state.listings.values()} == {"the venue closed it"}
    assert not session.sent(Resnap)  # nothing can be asked
    session.connect("market")
    assert stale(session)
    session.quote()
    assert not stale(session)


def test_a_silent_link_makes_its_books_stale(session) -> None:
    session.do(watch(session, FAMILY))
    session.run(FACTS.stale_after_s - 5)
    assert not stale(session)
    session.run(8)
    assert "silent" in stale(session)


def test_frames_that_are_no_quotes_show_that_a_link_lives(session) -> None:
    session.do(watch(session, FAMILY))
    for _ in range(10):
        session.run(20)
        session.beat()
    assert not stale(session)
    frames = session.state.desks[KALSHI].report.frames
    for _ in range(4):
        session.run(10)
        session.do(LinkReport(at=session.at, venue=KALSHI, frames=frames))
    assert "silent" in stale(session)


def test_a_clock_that_is_wrong_is_told_once(session) -> None:
    for skew in (900.0, -1_100.0, -1_300.0, 0.0, 2_000.0):
        session.do(LinkReport(at=session.at, venue=KALSHI, skew_ms=skew))
    assert session.codes().count("CLOCK") == 2


def test_a_book_that_does_not_come_is_asked_for_again_every_few_seconds(session) -> None:
    session.do(watch(session, FAMILY))
    session.do(BooksStale(at=session.at, venue=KALSHI, instruments=(ONE, TWO), why="a gap"))
    asked = len(session.sent(Resnap))
    session.run(4)
    assert len(session.sent(Resnap)) == asked
    session.run(8)
    assert [set(e.instruments) for e in session.sent(Resnap)[asked:]] == [{ONE, TWO}, {ONE, TWO}]


@pytest.mark.parametrize("up", [True, False])
def test_what_is_wrong_with_a_venues_list_of_markets_is_told_and_leaves_its_books_alone(session, up) -> None:
    why = "left out, since they cannot be read: KX-1: no number"
    told = session.do(LinkChanged(at=session.at, venue=KALSHI, up=up, channel="directory", why=why))
    assert [(one.code, one.text) for one in told if isinstance(one, Notice)] == [
        ("LISTING", f"Kalshi's list of markets: {why}")
    ]
    assert not stale(session)
    told = session.do(LinkChanged(at=session.at, venue=KALSHI, up=True, channel="directory"))
    assert not [one for one in told if isinstance(one, Notice)]
