from __future__ import annotations

import copy

import pytest
from msgspec.structs import replace

from engine.core.commands import Watch
from engine.core.effects import Changed, Follow
from engine.core.events import (
    Listed,
)
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Payoff
from engine.kernel import watching
from engine.views import topics
from tests.engine.kernel.venue import FAMILY, SYMBOLS, Session, instrument

ONE = InstrumentId(KALSHI, SYMBOLS[0])


@pytest.fixture
def session() -> Session:
    return Session()


def test_the_feed_follows_what_is_watched_and_what_we_have_something_in(session) -> None:
    assert not session.sent(Follow)
    session.ask(Watch(what=f"kalshi/{SYMBOLS[3]}"))
    assert session.sent(Follow)[-1].instruments == (InstrumentId(KALSHI, SYMBOLS[3]),)
    order = session.place()
    assert {one.symbol for one in session.sent(Follow)[-1].instruments} == {SYMBOLS[0], SYMBOLS[3]}
    session.ask(Watch(what=FAMILY))
    assert len(session.sent(Follow)[-1].instruments) == 4
    session.trade(order, 10)
    session.ask(Watch(what=FAMILY, on=False))
    session.ask(Watch(what=f"kalshi/{SYMBOLS[3]}", on=False))
    assert session.sent(Follow)[-1].instruments == (ONE,)
    session.ask(Watch(what="nowhere/X"))
    assert session.codes()[-1] == "WATCH"


def test_a_watched_family_that_grows_is_followed_whole(session) -> None:
    session.ask(Watch(what=FAMILY))
    fifth = replace(instrument(0), id=InstrumentId(KALSHI, "KXHIGHCHI-26NOV21-B9"))
    grown = replace(session.state.families[FAMILY], members=(*session.state.families[FAMILY].members, fifth.id))
    session.do(Listed(at=session.at, family=grown, instruments=(fifth,)))
    assert fifth.id in session.sent(Follow)[-1].instruments


def test_a_book_that_nobody_follows_any_more_is_stale_and_its_docks_are_told(session) -> None:
    session.ask(Watch(what=FAMILY))
    session.quote()
    assert not session.state.listings[ONE].stale
    effects = session.ask(Watch(what=FAMILY, on=False))
    assert session.state.listings[ONE].stale == "nobody follows it now"
    assert topics.ladder(SYMBOLS[0]) in {one.topic for one in effects if isinstance(one, Changed)}


def test_a_book_that_one_of_two_lets_go_stays_the_other_s(session) -> None:
    for who in ("ladder 1", "ladder 2", "ladder 2"):
        session.ask(Watch(what=FAMILY, who=who))
    session.quote()
    session.ask(Watch(what=FAMILY, on=False, who="ladder 1"))
    session.ask(Watch(what=FAMILY, on=False))  # who never watched it
    assert not session.state.listings[ONE].stale
    assert len(session.sent(Follow)[-1].instruments) == 4
    session.ask(Watch(what=FAMILY, on=False, who="ladder 2"))
    assert session.state.listings[ONE].stale == "nobody follows it now"
    assert session.sent(Follow)[-1].instruments == ()


def test_an_order_in_a_book_that_nobody_follows_is_refused_and_says_what_to_do(session) -> None:
    session.ask(Watch(what=FAMILY))
    session.quote()
    session.ask(Watch(what=FAMILY, on=False))
    said = "nobody follows it now; name its series in the settings of the feeds, and its venue is asked for it"
    assert session.place().why == f"BOOK_STALE — the book is stale: {said}"
    perpetual = replace(session.state.listings[ONE].instrument, payoff=Payoff.LINEAR, underlying="BTC")
    unseen = watching.why_stale(replace_listing(session.state.listings[ONE], perpetual))
    assert unseen == "nobody follows it now; look at it in a ladder, or at its chain, and its venue is asked for it"


def replace_listing(listing, terms):
    other = copy.copy(listing)
    other.instrument = terms
    return other
